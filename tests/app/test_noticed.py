"""What is said of layers once they lie among others: pipes without levels, and cities far apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.dialogs.mapping import FieldMapping
from app.noticed import far_apart
from app.session import Session
from app.window import Window
from layers.data import ReadOptions
from tests.app.blocks import write_city

Settled = Callable[[Session], None]
FAR_M = 100_000


def write_pipes(path: Path) -> Path:
    line = {"type": "LineString", "coordinates": [[4.35, 52.0], [4.351, 52.001]]}
    pipe = {"type": "Feature", "properties": {"diameter": 300, "conduit": "c1"}, "geometry": line}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [pipe]}))
    return path


def buttons(window: Window) -> dict[str, QPushButton]:
    found = window.notices.info.findChildren(QPushButton)
    return {each.text().replace("&", ""): each for each in found if each.isVisible()}


def test_pipes_without_levels_are_told_with_the_way_out(
    qtbot: QtBot, window: Window, settled: Settled, tmp_path: Path
) -> None:
    path = write_pipes(tmp_path / "mains.geojson")
    window.session.import_files([path], {path: ReadOptions(kind="pipes")})
    qtbot.waitUntil(lambda: "drawn at height 0" in window.notices.info.text, timeout=30_000)
    settled(window.session)
    for question in window.findChildren(FieldMapping):
        question.close()
    (mains,) = window.session.project.layers
    window.show_import_report(mains.id)
    report = window.importreport
    qtbot.waitUntil(lambda: report.rows.rowCount() == 2, timeout=5000)
    report.table.selectRow(0)
    said = str(report.rows.index(0, 2).data())
    assert "1 of 1 lines have no level" in said and "cover depth" in said
    qtbot.mouseClick(report.remedy, Qt.MouseButton.LeftButton)
    assert any(question.isVisible() for question in window.findChildren(FieldMapping))


def test_layers_far_apart_are_told_and_flown_to(
    qtbot: QtBot, window: Window, settled: Settled, tmp_path: Path
) -> None:
    window.open_paths([write_city(tmp_path / "here.city.json")])
    settled(window.session)
    assert not far_apart(window.session.project.layers)
    away = json.loads((tmp_path / "here.city.json").read_text())
    away["transform"]["translate"][0] += FAR_M
    (tmp_path / "there.city.json").write_text(json.dumps(away))
    window.open_paths([tmp_path / "there.city.json"])
    settled(window.session)
    qtbot.waitUntil(lambda: "apart" in window.notices.info.text, timeout=5000)
    assert "100 km" in window.notices.info.text
    ways = buttons(window)
    assert set(ways) == {"Show here", "Show there"}
    qtbot.mouseClick(ways["Show there"], Qt.MouseButton.LeftButton)
    there = next(layer for layer in window.session.project.layers if layer.name == "there")
    assert there.box is not None
    east = there.box[0]
    qtbot.waitUntil(lambda: abs(window.canvas.camera.target[0] - east) < 1000, timeout=5000)
    assert "Show here" in buttons(window), "one goes from one to the other"
