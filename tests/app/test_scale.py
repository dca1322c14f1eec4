"""The window on a town of twelve thousand objects: the same work, in threads and on arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.dialogs.choose import SelectWhere
from app.opening import TilesQuestion
from app.session import FEW, Session
from app.settings import Settings
from app.window import Window
from layers.columns import Column
from layers.edit import Edit
from layers.importing import import_files
from layers.project import Project
from tests.app.blocks import write_city
from tests.app.test_window import drop

COUNT = 12_000
Settled = Callable[[Session], None]


def wait_for(condition: Callable[[], bool]) -> None:
    """Let events pass until something holds."""
    until = monotonic() + 30
    while not condition():
        assert monotonic() < until
        QTest.qWait(10)


@pytest.fixture(scope="module")
def open_town(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """The window with a project of twelve thousand boxes in two levels of detail."""
    assert COUNT > FEW, "a town small enough to be looked through at once tests nothing here"
    folder = tmp_path_factory.mktemp("town")
    path = folder / "town.city.gpkg"
    with Project.create(path) as project:
        import_files(project, [write_city(folder / "town.city.json", COUNT, lods=("1.2", "2.2"))])
    window = Window(Settings(folder / "settings.ini"), folder / "untitled")
    window.resize(1280, 800)
    window.show()
    window.open_paths([path])
    wait_for(lambda: window.session.is_open and not window.session.is_loading)
    yield window
    window.close()
    window.deleteLater()


@pytest.fixture
def town(open_town: Window) -> Iterator[Window]:
    """The same as at first for every test: nothing selected, hidden or changed."""
    yield open_town
    session = open_town.session
    session.show_all()
    session.select([])
    open_town.table.filter.clear()
    open_town.table.rows.sort(-1)
    session.go_to(session.project.history()[0].step)
    wait_for(lambda: not session.is_loading)


def layer_fids(town: Window) -> np.ndarray[Any, np.dtype[np.int64]]:
    return town.session.project.fids(town.session.project.layers[0])


def shown(town: Window) -> int:
    """How many objects the view shows."""
    return town.session.scene.shown_objects[0]


def done(town: Window) -> list[str]:
    """What counts of the history."""
    return [step.label for step in town.session.project.history() if not step.undone]


def cell(town: Window, row: int, key: str) -> str:
    return str(town.table.rows.index(row, town.table.rows.keys.index(key)).data())


def test_the_table_sorts_and_filters_without_a_list_of_all_rows(
    qtbot: QtBot, town: Window, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_list = Column.tolist

    def small_list(column: Column) -> list[Any]:
        assert column.size < COUNT, "a list of all rows was made"
        return as_list(column)

    monkeypatch.setattr(Column, "tolist", small_list)
    town.show_dock("table", True)
    rows = town.table.rows
    qtbot.waitUntil(lambda: cell(town, COUNT - 1, "id") == f"house-{COUNT - 1}", timeout=10_000)
    town.table._sort(rows.keys.index("measuredHeight"))
    town.table._sort(rows.keys.index("measuredHeight"))
    settled(town.session)
    town.table.filter.setText(f"measuredHeight > {COUNT - 7} and roofType == '1000'")
    qtbot.waitUntil(lambda: rows.rowCount() == 5 and not rows.is_busy, timeout=10_000)
    assert {cell(town, row, "roofType").split(" ")[0] for row in range(5)} == {"1000"}
    assert town.table._count.text() == f"5 of {COUNT:,}".replace(",", "\u202f")


def test_objects_are_selected_by_an_expression_and_followed_everywhere(
    qtbot: QtBot, town: Window, settled: Settled
) -> None:
    town.show_dock("table", True)
    dialog = SelectWhere(town.session, town)
    qtbot.addWidget(dialog)
    dialog.formula.line.setText("roofType == '1000'")
    qtbot.waitUntil(lambda: "match" in dialog.sentence, timeout=10_000)
    dialog.accept()
    settled(town.session)
    assert len(town.session.selection) == COUNT / 2
    assert "6\u202f000 selected" in town.statusBar().selection.text()  # type: ignore[attr-defined]
    roof = town.inspector.attributes.tree.topLevelItem(1)
    height = town.inspector.attributes.tree.topLevelItem(0)
    assert roof is not None and height is not None
    assert roof.text(1).startswith("1000") and height.text(1) == "<different values>"
    # Every second row is selected: too many stretches for Qt, so they are marked.
    assert town.table.view.selectionModel().selection().count() == 0
    marked = [town.table.rows._marked[row] for row in range(4)]  # type: ignore[index]
    assert marked == [False, True, False, True]


def test_many_objects_are_hidden_isolated_and_shown_again(town: Window) -> None:
    fids = layer_fids(town)
    town.session.select(fids[:11_000])
    town.actions_["hide"].trigger()
    assert shown(town) == 1_000 and len(town.session.selection) == 0
    town.actions_["show_all"].trigger()
    assert shown(town) == COUNT
    town.session.select(fids[::2])
    town.actions_["isolate"].trigger()
    assert shown(town) == COUNT / 2
    town.actions_["show_all"].trigger()
    assert shown(town) == COUNT


def test_an_edit_of_everything_is_one_job_and_the_colours_follow_it(town: Window, settled: Settled) -> None:
    box = town.styles.colour_by
    box.setCurrentIndex(box.findData("attribute:roofType"))
    box.activated.emit(box.currentIndex())

    def counts() -> dict[str, int]:
        return {entry.label.split(" ")[0]: entry.count for entry in town.session.scene.legend()}

    assert counts() == {"1000": COUNT / 2, "1030": COUNT / 2}
    town.session.select(layer_fids(town))
    settled(town.session)
    town.inspector.attributes._editing.set_attribute(town.session.selection, "roofType", "1010")
    assert len(town.session.jobs.long) == 1
    settled(town.session)
    assert counts() == {"1010": COUNT}
    town.session.undo()
    settled(town.session)
    assert counts() == {"1000": COUNT / 2, "1030": COUNT / 2}
    assert done(town) == ["Import town.city.json", "Style of town"]


def test_a_long_edit_that_is_stopped_leaves_nothing(qtbot: QtBot, town: Window, settled: Settled) -> None:
    town.inspector.attributes._editing.set_attribute(layer_fids(town), "roofType", "1010")
    job = town.session.jobs.long[0]
    with qtbot.waitSignal(town.session.message) as said:
        job.cancel()
    assert said.args == ["Stopped as you asked. Nothing was changed."]
    settled(town.session)
    roofs = town.session.project.values(town.session.project.layers[0], "roofType")
    assert set(roofs[np.arange(COUNT)]) == {"1000", "1030"}
    assert done(town) == ["Import town.city.json"]


def test_levels_of_detail_and_dates_switch(qtbot: QtBot, town: Window, settled: Settled) -> None:
    fids = layer_fids(town)

    def give_dates(edit: Edit) -> None:
        edit.set_validity(fids[:8000], valid_to="1990-01-01")
        edit.set_validity(fids[8000:], valid_from="1990-01-01")

    town.styles._lod.setCurrentIndex(town.styles._lod.findData("1.2"))
    town.styles._lod.activated.emit(town.styles._lod.currentIndex())
    assert town.session.project.layers[0].lod == "1.2" and shown(town) == COUNT
    town.session.run_edit("Dates", give_dates, values=COUNT)
    settled(town.session)
    assert town.timeline.isVisible()
    town.timeline.ghosts.setChecked(False)
    for day, count in ((date(1989, 12, 1), 8000), (date(1990, 2, 1), COUNT - 8000)):
        town.timeline.track.set_date(day)
        qtbot.waitUntil(lambda day=day: town.session.situation.date == day.isoformat(), timeout=2000)
        assert shown(town) == count
    town.timeline.use_date.setChecked(False)


def test_a_dropped_folder_of_tiles_becomes_one_layer(
    window: Window, settled: Settled, tmp_path: Path
) -> None:
    folder = tmp_path / "Tiles"
    folder.mkdir()
    for number in range(3):
        write_city(folder / f"tile-{number}.city.json", 4, first=4 * number)
    (folder / "readme.txt").write_text("not a tile", encoding="utf-8")
    drop(window, folder)
    settled(window.session)
    (layer,) = window.session.project.layers
    assert (layer.name, layer.object_count) == ("Tiles", 12)


def test_many_files_may_be_the_tiles_of_one_layer(
    qtbot: QtBot, window: Window, settled: Settled, tmp_path: Path
) -> None:
    paths = [write_city(tmp_path / f"{number}.city.json", 1, first=number) for number in range(9)]
    window.open_paths(paths)
    question = window.findChildren(TilesQuestion)[0]
    question.one.click()
    qtbot.waitUntil(lambda: window.session.is_open, timeout=5000)
    settled(window.session)
    assert [layer.object_count for layer in window.session.project.layers] == [9]
