"""Putting right from the window: repaired and lifted objects are seen at once, and undo puts them back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app import remedies
from app.session import Session
from layers.arrays import CityTiles
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from layers.records import Layer
from layers.remedies import repairs
from tests.analysis.test_doctor import terrain, town
from tests.app.blocks import write_city

Settled = Callable[[Session], None]


def opened(session: Session, qtbot: QtBot, settled: Settled, path: Path) -> Layer:
    session.open_project(path)
    qtbot.waitUntil(lambda: session.is_open, timeout=20_000)
    settled(session)
    return next(layer for layer in session.project.layers if layer.kind == "city")


def turned(folder: Path) -> Path:
    """Nine boxes, the first of which looks inwards; as a project."""
    path = write_city(folder / "city.city.json")
    model = json.loads(path.read_text(encoding="utf-8"))
    for face in model["CityObjects"]["house-0"]["geometry"][0]["boundaries"][0]:
        face[0].reverse()
    path.write_text(json.dumps(model), encoding="utf-8")
    with Project.create(folder / "p.city.gpkg") as project:
        import_files(project, [path])
    return folder / "p.city.gpkg"


def test_a_repair_is_one_step_and_is_drawn(
    session: Session, qtbot: QtBot, settled: Settled, tmp_path: Path
) -> None:
    layer = opened(session, qtbot, settled, turned(tmp_path))
    drawn: list[int] = []
    session.drawing.shown.connect(drawn.append)
    with qtbot.waitSignal(session.message, timeout=20_000) as told:
        remedies.repair(session, layer)
    assert told.args == ["1 object repaired: 1 shells turned."]
    qtbot.waitUntil(lambda: drawn == [layer.id], timeout=20_000)
    assert layer.id in session.scene.layer_ids
    step = session.project.can_undo
    assert step is not None and step.label == f"Repair geometry of {layer.name}"
    assert not repairs(session.project, layer).shapes
    session.undo()
    qtbot.waitUntil(lambda: len(drawn) == 2, timeout=20_000)
    assert len(repairs(session.project, layer).shapes) == 1
    settled(session)


def test_heights_are_offered_to_be_corrected(
    session: Session, qtbot: QtBot, settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_files(project, [terrain(tmp_path)], ReadOptions(crs="EPSG:7415"))
        import_files(project, [town(tmp_path, {3: 5.0})])
    layer = opened(session, qtbot, settled, tmp_path / "p.city.gpkg")
    asked: list[QMessageBox] = []
    monkeypatch.setattr(QMessageBox, "open", lambda box: asked.append(box))
    remedies.examine(session, layer, None)  # type: ignore[arg-type]  # nobody sees the question
    qtbot.waitUntil(lambda: bool(asked), timeout=20_000)
    (box,) = asked
    assert "1 float above it and 0 are sunk" in box.text()
    (button,) = (each for each in box.buttons() if each.text().startswith("Set 1"))
    before = highest(session, layer)
    button.click()
    qtbot.waitUntil(lambda: session.project.can_undo.label.startswith("Set objects"), timeout=20_000)  # type: ignore[union-attr]
    settled(session)
    assert before - highest(session, layer) == pytest.approx(0.0, abs=8.0)
    assert session.project.shapes(layer).keys() == {layer.first_fid + 3}


def highest(session: Session, layer: Layer) -> float:
    city = session.project.drawable(layer)
    assert isinstance(city, CityTiles)
    return float(np.asarray(city.vertices)[:, 2].max())
