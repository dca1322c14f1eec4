"""What changed, in the window: asked from two views, listed, browsed, doubtful pairs decided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.analysisform import AnalysisForm
from app.changelist import ChangeList
from app.changerows import ChangeRows
from app.lines import ASIDE, FAINT, SECOND_LINE
from app.window import Window
from layers.importing import import_files
from layers.results import Table
from tests.app.snapshots import NOW, THEN, drawn, town, two_dates, write_city

__all__ = ["town", "two_dates"]

LEFT = Qt.MouseButton.LeftButton


def ask(qtbot: QtBot, window: Window) -> AnalysisForm:
    """Ask what changed, as the menu does."""
    window.actions_["analyse_change"].trigger()
    form = next(form for form in window.findChildren(AnalysisForm) if form.isVisible())
    qtbot.waitUntil(lambda: form.run_button.isEnabled(), timeout=5000)
    return form


def run(qtbot: QtBot, window: Window, form: AnalysisForm) -> ChangeList:
    """Run it, and wait for its list."""
    qtbot.mouseClick(form.run_button, LEFT)
    qtbot.waitUntil(lambda: window.analysing.shown is not None, timeout=60_000)
    found = window.results.changes
    qtbot.waitUntil(found.isVisible, timeout=3000)
    return found


def listed(changes: ChangeList) -> dict[str, tuple[str, str]]:
    rows = changes.rows
    indices = [rows.index(row) for row in range(rows.rowCount())]
    return {index.data(): (index.data(ASIDE), index.data(SECOND_LINE)) for index in indices}


def test_what_changed_between_two_views_is_listed_and_flown_to(qtbot: QtBot, town: Window) -> None:
    form = ask(qtbot, town)
    assert town.session.comparing.is_on  # one sees what is asked about
    answers = {name: form.fields[(name,)].value() for name in ("compare_date", "date")}
    assert answers == {"compare_date": "2016-01-01", "date": "2022-01-01"}
    changes = run(qtbot, town, form)
    found = listed(changes)
    assert {name: said for name, (said, _) in found.items()} == {
        "school": "appeared",
        "barn": "vanished",
        "mill": "geometry, attributes",
    }
    assert "higher by 6.00 m" in found["mill"][1] and "storeys" in found["mill"][1]
    assert town.session.comparing.is_on and town.session.situation.date == "2022-01-01"
    drawn(qtbot, town)
    before = town.canvas.camera
    row = list(found).index("mill")
    qtbot.mouseClick(
        changes.view.viewport(), LEFT, pos=changes.view.visualRect(changes.rows.index(row)).center()
    )
    qtbot.waitUntil(lambda: town.canvas.camera != before, timeout=3000)
    assert {town.session.project.object(fid).id for fid in town.session.selection} == {"mill"}
    assert "storeys: 2 → 4" in changes.details.text() and changes.details.isVisible()


def test_the_list_is_narrowed_by_kind_and_by_words(qtbot: QtBot, town: Window) -> None:
    changes = run(qtbot, town, ask(qtbot, town))
    kinds = [changes.kinds.itemText(row) for row in range(changes.kinds.count())]
    assert kinds[0] == "All changes (3)" and "Vanished (1)" in kinds
    assert "3 changes" in [label.text() for label in changes.findChildren(QLabel)]
    assert " · surfaces moved by up to 6.00 m · " in listed(changes)["mill"][1]
    changes.kinds.setCurrentIndex(kinds.index("Vanished (1)"))
    assert list(listed(changes)) == ["barn"]
    changes.kinds.setCurrentIndex(0)
    changes.words.setFocus()
    qtbot.keyClicks(changes.words, "scho")
    assert list(listed(changes)) == ["school"]


def test_both_states_of_a_result_are_shown_again(qtbot: QtBot, town: Window) -> None:
    changes = run(qtbot, town, ask(qtbot, town))
    town.session.comparing.end()
    qtbot.mouseClick(changes.both, LEFT)
    assert [showing.date for showing in town.session.comparing.showings] == ["2016-01-01", "2022-01-01"]


def test_people_say_whether_doubtful_pairs_are_the_same(qtbot: QtBot, town: Window, tmp_path: Path) -> None:
    def renamed(boxes: dict[str, tuple[float, ...]], word: str, shift: float) -> dict[str, tuple[float, ...]]:
        return {f"{word}-{name}": (box[0] + shift, *box[1:]) for name, box in boxes.items()}

    project = town.session.project
    for layer in project.layers:
        town.session.run_edit("Remove", lambda edit, layer=layer: edit.set_layer(layer.id, present=False))
    for year, boxes, shift in (("2016", THEN, 0.0), ("2022", NOW, 6.5)):
        file = write_city(tmp_path / f"moved-{year}.city.json", renamed(boxes, year, shift))
        import_files(project, [file], name="Moved", epoch=f"{year}-01-01")
    qtbot.waitUntil(lambda: not town.session.is_loading and len(town.session.ticks) == 2, timeout=20_000)
    changes = run(qtbot, town, ask(qtbot, town))
    kinds = [str(changes.kinds.itemData(row)) for row in range(changes.kinds.count())]
    if "doubtful" not in kinds:
        pytest.fail(f"no pair is doubtful: {kinds}")
    changes.kinds.setCurrentIndex(kinds.index("doubtful"))
    assert changes.decide.isVisible() and not changes.same.isEnabled()
    changes.view.setCurrentIndex(changes.rows.index(0))
    before, after = changes.rows.pair(0) or (0, 0)
    qtbot.mouseClick(changes.different, LEFT)
    assert project.verdicts[before, after] == "different"
    assert changes.rows.index(0).data(ASIDE) == "different" and not changes.rows.index(0).data(FAINT)
    assert "1 decided, which counts once it is run again" in changes._count.text()
    assert not town.notices.outdated.text, "the city is as it was"
    town.actions_["undo"].trigger()
    assert project.verdicts == {} and changes.rows.index(0).data(ASIDE) == "?"


def test_a_change_of_several_rows_is_counted_once() -> None:
    names = ("object_id", "before_id", "type", "layer", "attributes")
    columns = {"change": ["split", "split", "vanished"], **{name: ["a", "b", "c"] for name in names}}
    table = Table({**columns, "group": np.array([0.0, 0.0, 1.0])})
    rows = ChangeRows()
    rows._changes = table
    rows.narrow("", "")
    assert (rows.rowCount(), rows.changes) == (3, 2) == (3, sum(rows.kinds().values()))
