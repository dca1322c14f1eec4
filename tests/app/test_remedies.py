"""Putting right from the window: repaired and lifted objects are seen at once, and undo puts them back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app import remedies
from app.dialogs.heights import CorrectHeights
from app.dialogs.repair import RepairGeometry
from app.dialogs.ticking import STALE, Ticking, items
from app.session import Session
from layers.arrays import CityTiles
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from layers.records import Layer
from layers.remedies import repairs
from tests.analysis.test_doctor import terrain, town
from tests.app.blocks import write_city
from tests.conftest import real

Settled = Callable[[Session], None]
Dialog = TypeVar("Dialog", bound=Ticking)


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


def shown(qtbot: QtBot, kind: type[Dialog]) -> Dialog:
    """The window that has opened."""

    def found() -> list[Dialog]:
        return [
            each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()
        ]

    qtbot.waitUntil(lambda: bool(found()), timeout=20_000)
    return found()[0]


def test_what_is_repaired_is_listed_first_and_is_one_step(
    session: Session, qtbot: QtBot, settled: Settled, tmp_path: Path
) -> None:
    layer = opened(session, qtbot, settled, turned(tmp_path))
    drawn: list[int] = []
    flown: list[list[int]] = []
    session.drawing.shown.connect(drawn.append)
    remedies.repair(session, layer, flown.append)
    window = shown(qtbot, RepairGeometry)
    assert session.project.can_undo.label != f"Repair geometry of {layer.name}", "nothing is done unasked"  # type: ignore[union-attr]
    assert window.ticked == [layer.first_fid] and window.stays is None
    assert window.sentence == "1 object would be repaired: shells turned (1)."
    assert window.ticks is not None
    (row,) = items(window.ticks)
    window.ticks.itemActivated.emit(row, 0)
    assert row.text(0) == "house-0" and flown == [[layer.first_fid]]
    row.setCheckState(0, Qt.CheckState.Unchecked)
    assert window.sentence == "Nothing is ticked." and not button(window, "Repair").isEnabled()
    row.setCheckState(0, Qt.CheckState.Checked)
    window.why.setText("survey")
    with qtbot.waitSignal(session.message, timeout=20_000) as told:
        button(window, "Repair").click()
    assert told.args == ["1 object repaired: shells turned (1)."]
    qtbot.waitUntil(lambda: drawn == [layer.id], timeout=20_000)
    assert layer.id in session.scene.layer_ids
    step = session.project.can_undo
    assert step is not None and (step.label, step.why) == (f"Repair geometry of {layer.name}", "survey")
    assert not repairs(session.project, layer).shapes
    session.undo()
    qtbot.waitUntil(lambda: len(drawn) == 2, timeout=20_000)
    assert len(repairs(session.project, layer).shapes) == 1
    settled(session)


def test_faults_that_stay_are_listed_with_the_reason(
    session: Session, qtbot: QtBot, settled: Settled, tmp_path: Path
) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_files(project, [real("cityjson/val3dity-cj/denhaag_random_5.city.jsonl")], ReadOptions())
    layer = opened(session, qtbot, settled, tmp_path / "p.city.gpkg")
    remedies.repair(session, layer, lambda _fids: None)
    window = shown(qtbot, RepairGeometry)
    assert window.stays is not None
    rows = items(window.stays)
    assert {(row.text(1)[:3], row.text(2)) for row in rows} == {
        ("203", "corners would have to move, which changes the shape"),
        ("601", "one of the parts would have to be moved or cut"),
    }
    window.stays.setCurrentItem(rows[0])
    assert len(session.selection) == 1
    window.close()


def test_heights_are_corrected_only_where_somebody_ticks(
    session: Session, qtbot: QtBot, settled: Settled, tmp_path: Path
) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_files(project, [terrain(tmp_path)], ReadOptions(crs="EPSG:7415"))
        import_files(project, [town(tmp_path, {3: 5.0, 7: 6.0})])
    layer = opened(session, qtbot, settled, tmp_path / "p.city.gpkg")
    remedies.examine(session, layer, lambda _fids: None)
    window = shown(qtbot, CorrectHeights)
    assert window.ticked == []
    set_down = button(window, "Set what is ticked on the ground")
    assert not set_down.isEnabled() and not set_down.isDefault() and button(window, "Close").isDefault()
    rows = items(window.ticks)
    assert [row.text(0) for row in rows] == ["house-7", "house-3"]
    before = highest(session, layer)
    rows[1].setCheckState(0, Qt.CheckState.Checked)
    set_down.click()
    qtbot.waitUntil(lambda: session.project.can_undo.label.startswith("Set objects"), timeout=20_000)  # type: ignore[union-attr]
    settled(session)
    assert before - highest(session, layer) == pytest.approx(0.0, abs=8.0)
    assert session.project.shapes(layer).keys() == {layer.first_fid + 3}


def test_the_button_says_by_how_much_it_moves_the_layer(
    session: Session, qtbot: QtBot, settled: Settled, tmp_path: Path
) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_files(project, [terrain(tmp_path)], ReadOptions(crs="EPSG:7415"))
        import_files(project, [town(tmp_path, dict.fromkeys(range(25), 43.0))])
    layer = opened(session, qtbot, settled, tmp_path / "p.city.gpkg")
    before = highest(session, layer)
    remedies.examine(session, layer, lambda _fids: None)
    window = shown(qtbot, CorrectHeights)
    assert (
        window.whole is not None
        and window.whole.text().replace("&", "") == "Lower the whole layer by 43.00 m"
    )
    window.whole.click()
    qtbot.waitUntil(lambda: session.project.can_undo.label.startswith("Correct"), timeout=20_000)  # type: ignore[union-attr]
    settled(session)
    assert highest(session, session.project.layer(layer.id)) == pytest.approx(before - 43.0, abs=0.01)


def test_what_was_found_before_an_edit_is_not_carried_out(
    session: Session, qtbot: QtBot, settled: Settled, tmp_path: Path
) -> None:
    layer = opened(session, qtbot, settled, turned(tmp_path))
    remedies.repair(session, layer, lambda _fids: None)
    window = shown(qtbot, RepairGeometry)
    session.run_edit("Edit", lambda edit: edit.set_attribute(layer.first_fid, "name", "x"))
    assert window.sentence == STALE and not button(window, "Repair").isEnabled()
    window.close()


def button(window: Ticking, text: str) -> QPushButton:
    return next(each for each in window.findChildren(QPushButton) if each.text().replace("&", "") == text)


def highest(session: Session, layer: Layer) -> float:
    city = session.project.drawable(layer)
    assert isinstance(city, CityTiles)
    return float(np.asarray(city.vertices)[:, 2].max())
