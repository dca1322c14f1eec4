"""Scenarios in the window: begun, looked at, compared, merged, all by clicks; edits go into them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QListWidgetItem, QMessageBox
from pytestqt.qtbot import QtBot

from app.askfields import YesAnswer
from app.dialogs.scenario import ScenarioForm
from app.exporting import run_export
from app.lines import ASIDE, KEY, SECOND_LINE
from app.window import Window
from layers.data import WriteOptions
from layers.scenarios import add, editable, remove
from tests.app.snapshots import drawn, town, two_dates
from tests.towns import box

__all__ = ["town", "two_dates"]

LEFT = Qt.MouseButton.LeftButton


def begin(qtbot: QtBot, window: Window, name: str) -> int:
    """Begin a scenario as a person does."""
    window.show_dock("scenarios", True)
    qtbot.mouseClick(window.time.panel.new, LEFT)
    form = next(form for form in window.findChildren(ScenarioForm) if form.isVisible())
    form.name.setFocus()
    form.name.selectAll()
    qtbot.keyClicks(form.name, name)
    qtbot.keyClick(form.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.situation.scenario_name == name, timeout=3000)
    found = window.session.situation.scenario
    assert found is not None
    return found


def fid(window: Window, name: str) -> int:
    """An object of 2022."""
    layer = next(layer for layer in window.session.project.layers if layer.name == "Town 2022")
    found = window.session.project.by_id(name, layer.id)
    assert found is not None
    return found.fid


def change_all(window: Window, scenario: int) -> None:
    """Raise the inn, take the mill away and build a tower."""
    project = window.session.project
    layer = next(layer for layer in project.layers if layer.name == "Town 2022")
    inn, mill = fid(window, "inn"), fid(window, "mill")

    def change(edit: object) -> None:
        copy = editable(project, edit, [inn], scenario)[inn]
        edit.set_geometry(copy, box((80, 0, 20, 20, 0, 10)))
        remove(project, edit, [mill], scenario)
        add(project, edit, scenario, "Building", box((120, 0, 10, 10, 0, 60)), id="tower", base=layer.id)

    assert window.session.run_edit("Plan", change)


def rows(window: Window) -> dict[str, QListWidgetItem]:
    items = window.time.panel.list
    return {items.item(row).text(): items.item(row) for row in range(items.count())}


def test_a_scenario_is_begun_from_what_is_shown_and_the_window_says_so(qtbot: QtBot, town: Window) -> None:
    town.timeline.show_date("2022")
    qtbot.waitUntil(lambda: town.session.situation.date == "2022-01-01", timeout=3000)
    number = begin(qtbot, town, "Tower")
    known = town.session.project.scenario(number)
    assert (known.epoch, known.status, known.parent) == ("2022-01-01", "proposed", None)
    assert town.windowTitle().startswith("Tower – ")
    assert "scenario Tower (proposed)" in town.notices.scenario.text
    assert "Tower (proposed)" in town.session.situation.title
    change_all(town, number)
    row = rows(town)["Tower"]
    assert row.data(SECOND_LINE).startswith("proposed · 1 changed, 1 new, 1 removed")
    assert row.data(ASIDE) == "looked at"
    drawn(qtbot, town)
    assert town.session.scene.box[1, 2] == pytest.approx(60, abs=0.1)
    town.notices.scenario.hide()
    town.session.situation.set_date("2023-01-01")
    assert town.notices.scenario.text == ""  # closed, it stays so while the same scenario is looked at
    town.notices.scenario.acted.emit()
    assert town.session.situation.scenario is None and town.notices.scenario.text == ""
    assert town.windowTitle().startswith("town")


def test_a_double_click_looks_and_a_click_compares_with_the_city_as_it_is(qtbot: QtBot, town: Window) -> None:
    number = begin(qtbot, town, "Tower")
    change_all(town, number)
    items = town.time.panel.list
    items.itemActivated.emit(rows(town)["The city as it is"])
    assert town.session.situation.scenario is None
    items.setCurrentItem(rows(town)["Tower"])
    qtbot.mouseClick(town.time.panel.compare, LEFT)
    assert [showing.scenario for showing in town.session.comparing.showings] == [None, number]
    assert town.session.situation.scenario == number  # the active view is that of the plan
    heads = [head.what.text() for head in town.time.heads.heads]
    assert "Tower" in heads[1] and "Tower" not in heads[0]


def test_a_plan_is_compared_with_the_city_at_its_own_date_and_the_sun_leaves_that_alone(
    qtbot: QtBot, town: Window
) -> None:
    town.timeline.show_date("2016")
    qtbot.waitUntil(lambda: town.session.situation.date == "2016-01-01", timeout=3000)
    number = begin(qtbot, town, "Tower")
    town.session.situation.set_date(None)
    town.time.scenarios.compare(town.session.project.scenario(number))
    showings = town.session.comparing.showings
    assert [(one.date, one.scenario) for one in showings] == [("2016-01-01", None), (None, number)]
    town.session.comparing.end()
    town.session.situation.set_scenario(number)
    town.commands.compare("row", True)
    assert town.session.comparing.showings == showings
    town.set_sun(True)
    assert town.session.comparing.showings == showings
    town.set_sun(False)


@pytest.mark.parametrize("name", ["sunlight", "solar", "visibility", "protectedview"])
def test_of_a_plan_one_asks_what_it_takes_from_the_city_as_it_is(
    qtbot: QtBot, town: Window, name: str
) -> None:
    town.timeline.show_date("2016")
    qtbot.waitUntil(lambda: town.session.situation.date == "2016-01-01", timeout=3000)
    begin(qtbot, town, "Tower")
    town.session.situation.set_date(None)
    form = town.ask_analysis(name)

    def told() -> tuple[object, ...]:
        asked = ("compare", "scenario", "compare_scenario", "date", "compare_date")
        return tuple(form.fields[each,].tells() for each in asked)

    assert told() == (True, "Tower", "", "2016-01-01", "2016-01-01")
    compare = form.fields["compare",]
    assert isinstance(compare, YesAnswer)
    for _ in range(2):
        compare.box.click()
    assert told() == (True, "Tower", "", "2016-01-01", "2016-01-01"), "no other date is asked about"
    form.reject()


def test_a_scenario_is_merged_once_it_is_confirmed_and_that_is_undone(qtbot: QtBot, town: Window) -> None:
    number = begin(qtbot, town, "Tower")
    change_all(town, number)
    before = town.session.project.object(fid(town, "inn"))
    question = town.time.scenarios.ask_merge(town.session.project.scenario(number))
    assert "1 changed, 1 new, 1 removed" in question.informativeText()
    role = QMessageBox.ButtonRole.AcceptRole
    button = next(each for each in question.buttons() if question.buttonRole(each) == role)
    said: list[str] = []
    town.session.message.connect(said.append)
    qtbot.mouseClick(button, LEFT)
    project = town.session.project
    assert any(
        re.fullmatch(r"Tower is built; what is new lies in .+ \(drawn\); Ctrl\+Z takes it back", each)
        for each in said
    )
    assert project.scenario(number).status == "built" and town.session.situation.scenario is None
    assert project.find("tower") and project.box([fid(town, "inn")])[5] == pytest.approx(10)
    town.actions_["undo"].trigger()
    assert project.scenario(number).status == "proposed"
    assert project.object(fid(town, "inn")) == before and project.box([before.fid])[5] == pytest.approx(7)
    assert town.session.situation.scenario == number, "one is back where one merged it"
    town.actions_["redo"].trigger()
    assert project.scenario(number).status == "built" and town.session.situation.scenario is None


def test_a_duplicate_goes_its_own_way_and_what_is_deleted_comes_back(qtbot: QtBot, town: Window) -> None:
    number = begin(qtbot, town, "Tower")
    change_all(town, number)
    project, scenarios = town.session.project, town.time.scenarios
    scenarios.duplicate(project.scenario(number))
    other = town.session.situation.scenario
    assert other not in (None, number) and town.session.situation.scenario_name == "Tower (2)"
    assert rows(town)["Tower (2)"].data(SECOND_LINE).startswith("proposed · 1 changed, 1 new, 1 removed")
    town.session.run_edit("Approve", lambda edit: edit.set_scenario(other, status="approved"))
    assert rows(town)["Tower"].data(SECOND_LINE).startswith("proposed")
    scenarios.delete(project.scenario(other))
    assert "Tower (2)" not in rows(town) and town.session.situation.scenario is None
    town.actions_["undo"].trigger()
    assert rows(town)["Tower (2)"].data(KEY) == other


def test_a_branch_keeps_its_origin_from_being_deleted(qtbot: QtBot, town: Window) -> None:
    first = begin(qtbot, town, "Tower")
    second = begin(qtbot, town, "Tower with trees")
    assert town.session.project.scenario(second).parent == first
    said: list[str] = []
    town.session.problem.connect(said.append)
    town.time.scenarios.delete(town.session.project.scenario(first))
    assert "Tower with trees branches from it" in said[0] and "Tower" in rows(town)


def test_status_is_set_in_the_menu_and_only_own_layers_are_exported(
    qtbot: QtBot, town: Window, tmp_path: Path
) -> None:
    number = begin(qtbot, town, "Tower")
    change_all(town, number)
    town.time.panel.list.setCurrentItem(rows(town)["Tower"])
    menu = town.time.panel.menu()
    status = next(action.menu() for action in menu.actions() if action.text() == "Status")
    next(action for action in status.actions() if action.text() == "Approved").trigger()
    assert town.session.project.scenario(number).status == "approved"
    assert "(approved)" in town.notices.scenario.text
    (layer,) = town.time.scenarios.layers_of(town.session.project.scenario(number))
    out = tmp_path / "plan.city.json"
    run_export(town.session, layer, WriteOptions(out=out))
    qtbot.waitUntil(out.exists, timeout=10_000)
    assert b'"tower"' in out.read_bytes() and b'"school"' not in out.read_bytes()


def test_what_puts_whole_layers_right_leaves_the_city_as_it_is_alone(qtbot: QtBot, town: Window) -> None:
    begin(qtbot, town, "Tower")
    said: list[str] = []
    town.session.problem.connect(said.append)
    town.session.set_current_layer(next(one.id for one in town.session.project.layers if one.kind == "city"))
    town.actions_["heights"].trigger()
    assert "you look at the scenario Tower" in said[0]


def test_names_are_used_once_and_dates_are_dates(qtbot: QtBot, town: Window) -> None:
    begin(qtbot, town, "Tower")
    form = town.time.scenarios.ask_new()
    form.name.setText("Tower")
    assert "already" in form.sentence
    form.name.setText("Park")
    form.epoch.setText("soon")
    assert "Write the date" in form.sentence
    form.reject()
    QApplication.processEvents()
