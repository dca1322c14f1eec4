"""Places in a form: picked in the view, typed, from camera and selection; and which objects are meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from analysis.spelling import place_from
from app.analysisform import AnalysisForm
from app.askfields import AskField, ChoiceAnswer
from app.askobjects import ObjectsAnswer
from app.askplaces import PlaceList, PlacesAnswer
from app.askpoints import PointsAnswer
from app.session import Session
from app.window import Window
from tests.app.yard import PLAN, TODAY, fid, yards

__all__ = ["yards"]

LEFT = Qt.MouseButton.LeftButton
#: Lower left corner of the city.
X0, Y0 = 84_000.0, 446_000.0


@pytest.fixture
def yard_window(qtbot: QtBot, yards: Path, opened: Callable[[Path], Window]) -> Window:
    """The window on a copy of the yard, seen from above, at rest."""
    window = opened(yards)
    window.timeline.show_date("2025-07-01")
    canvas = window.canvas
    canvas.set_camera(
        replace(canvas.camera.viewed("top"), target=np.array((X0 + 15, Y0 + 15, 0.0)), distance_m=120.0)
    )
    qtbot.waitUntil(lambda: not window.session.scene.needs_frame, timeout=10_000)
    return window


@pytest.fixture
def ask(qtbot: QtBot, yard_window: Window) -> Callable[[str], AnalysisForm]:
    def ask(name: str) -> AnalysisForm:
        yard_window.ask_analysis(name)
        form: AnalysisForm = yard_window.findChildren(AnalysisForm)[-1]
        return form

    return ask


def places(form: AnalysisForm, name: str = "places") -> PlacesAnswer:
    field = form.fields[(name,)]
    assert isinstance(field, PlacesAnswer)
    return field


def objects(form: AnalysisForm, name: str) -> ObjectsAnswer:
    field = next(found for names, found in form.fields.items() if name in names)
    assert isinstance(field, ObjectsAnswer)
    return field


def drag_down(lines: PlaceList) -> None:
    """Move the first line below the last one, as a drop does."""
    top = QModelIndex()
    assert lines.model().moveRow(top, 0, top, lines.count())


def click(qtbot: QtBot, window: Window, x: float, y: float, z: float) -> None:
    """Click the picture where a place of the city is drawn."""
    canvas = window.canvas
    at = canvas.camera.project(np.array([[X0 + x, Y0 + y, z]]), canvas.width(), canvas.height())[0]
    qtbot.mouseClick(canvas, LEFT, pos=QPoint(round(at[0]), round(at[1])))


def test_places_are_spelled_with_commas_semicolons_or_spaces() -> None:
    assert place_from("84005.2, 446010.5") == (84005.2, 446010.5)
    assert place_from(" 1 2  3.5 ") == (1.0, 2.0, 3.5)
    assert place_from("84005,2; 446010,5; 12,25") == (84005.2, 446010.5, 12.25)
    for text in ("", "12", "1, 2, 3, 4", "here, there", "1, nan", "1; "):
        assert place_from(text) is None, text


def test_clicks_in_the_view_are_places_and_select_nothing_until_escape(
    qtbot: QtBot, yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    form = ask("sightline")
    field = places(form)
    assert "No place is given yet" in field.problem and form.sentence.startswith("Still to be filled in")
    said = next(label for label in field.findChildren(QLabel) if label.text() == field.problem)
    assert said.objectName() == "hint" and form.run_button.isEnabled(), "no scolding before one has begun"
    qtbot.mouseClick(form.run_button, LEFT)
    assert form.isVisible() and said.objectName() == "problem" and not form.run_button.isEnabled()
    qtbot.mouseClick(field.pick, LEFT)
    click(qtbot, yard_window, 5, 10, 0.0)
    click(qtbot, yard_window, 15, 35, 8.0)  # the roof of the school
    first, second = field.value()
    assert first == pytest.approx((X0 + 5, Y0 + 10, 0.0), abs=0.2)
    assert second == pytest.approx((X0 + 15, Y0 + 35, 8.0), abs=0.2)
    assert len(yard_window.session.selection) == 0
    qtbot.keyClick(yard_window, Qt.Key.Key_Escape)
    assert not field.pick.isChecked() and form.isVisible()
    qtbot.waitUntil(form.isActiveWindow, timeout=5000)  # what is typed next is for the form
    click(qtbot, yard_window, 15, 35, 8.0)
    assert len(field.value()) == 2 and yard_window.session.selection.tolist() == [
        fid(yard_window.session, "school")
    ]


def test_only_one_field_asks_the_view_and_a_closed_form_asks_no_more(
    qtbot: QtBot, yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    form = ask("sightline")
    here, there = places(form), places(form, "targets")
    here.pick.click()
    there.pick.click()
    assert there.pick.isChecked() and not here.pick.isChecked()
    click(qtbot, yard_window, 5, 10, 0.0)
    assert (len(here.list.texts), len(there.list.texts)) == (0, 1)
    form.reject()
    assert yard_window.canvas.picking == "" and not yard_window.canvas.pins


def test_lines_are_typed_changed_and_removed(
    qtbot: QtBot, yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    field = places(ask("sightline"))
    field.add([(X0, Y0), (X0 + 1, Y0, 2.0)])
    field.type_one()
    assert not field.check() and field.problem.startswith("Line 3 is no place: nothing; allowed: X, Y")
    field.list.item(2).setText(f"{X0 + 2} {Y0}")
    assert field.check() and field.value() == ((X0, Y0), (X0 + 1, Y0, 2.0), (X0 + 2, Y0))
    field.list.setCurrentRow(1)
    qtbot.keyClick(field.list, Qt.Key.Key_Delete)
    assert field.value() == ((X0, Y0), (X0 + 2, Y0))
    drag_down(field.list)
    assert field.value() == ((X0 + 2, Y0), (X0, Y0))
    hint = next(label for label in field.findChildren(QLabel) if label.text().startswith("x, y on"))
    qtbot.waitUntil(lambda: field.list.geometry().bottom() < hint.geometry().top(), timeout=2000)


def test_the_line_after_a_removed_one_is_chosen_and_a_place_that_is_there_twice_is_remarked(
    qtbot: QtBot, yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    field = places(ask("sightline"))
    field.add([(X0 + 1, Y0), (X0 + 2, Y0), (X0 + 1, Y0), (X0 + 3, Y0)])
    assert field.check() and field.problem == "Line 3 is the same place as line 1"
    field.list.setCurrentRow(1)
    qtbot.keyClick(field.list, Qt.Key.Key_Delete)
    qtbot.keyClick(field.list, Qt.Key.Key_Delete)
    qtbot.keyClick(field.list, Qt.Key.Key_Delete)
    assert field.value() == ((X0 + 1, Y0),) and field.check() and field.problem == ""


def test_places_outside_the_city_are_refused_and_those_inside_a_building_are_remarked(
    qtbot: QtBot, yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    form = ask("isovist")
    field = places(form)
    field.add([(999_999.0, Y0, 2.0)])
    assert not field.check() and field.problem.startswith("Line 1 lies outside the city: 915.8 km away")
    field.show_value([(X0 - 1000, Y0)])
    assert not field.check() and "give its height too" in field.problem
    field.show_value([(X0 + 15, Y0 + 35, 0.0)])  # the middle of the school
    assert field.check()
    qtbot.waitUntil(lambda: form.sentence.startswith("Place 1 lies inside School"), timeout=10_000)
    assert form.run_button.isEnabled()


def test_the_wheel_scrolls_the_form_and_changes_no_choice(
    qtbot: QtBot, yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    form = ask("visibility")
    form.resize(form.width(), 420)
    bar = form.findChildren(QScrollArea)[0].verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=5000)
    choice = form.fields[("on",)]
    assert isinstance(choice, ChoiceAnswer)
    at = QPointF(choice.box.rect().center())
    wheel = QWheelEvent(
        at, choice.box.mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(choice.box, wheel)
    assert choice.value() == "surfaces" and bar.value() > 0


@pytest.mark.parametrize("name", ["visibility", "sightline", "exposure", "isovist", "windowview"])
def test_a_plan_that_is_shown_is_compared_with_what_stands_today(
    qtbot: QtBot, yard_window: Window, name: str
) -> None:
    def answers() -> list[object]:
        fields = yard_window.ask_analysis(name).fields
        return [fields[(key,)].value() for key in ("date", "compare", "compare_date")]

    assert answers()[:2] == [TODAY, False]
    yard_window.timeline.show_date(PLAN)
    qtbot.waitUntil(lambda: yard_window.session.situation.date == PLAN, timeout=5000)
    assert answers() == [PLAN, True, TODAY]


def test_the_keys_are_for_the_city_once_an_analysis_runs(
    qtbot: QtBot, yard_window: Window, settled: Callable[[Session], None]
) -> None:
    window = yard_window
    window.find_box.setFocus()
    form = window.ask_analysis("isovist")
    places(form).add([(X0 + 5, Y0 + 10, 0.0)])
    qtbot.mouseClick(form.run_button, LEFT)
    qtbot.waitUntil(lambda: window.analysing.shown is not None, timeout=20_000)
    qtbot.waitUntil(window.canvas.hasFocus, timeout=5000)
    settled(window.session)


def test_no_window_is_looked_out_of_before_one_is_picked(
    qtbot: QtBot, ask: Callable[[str], AnalysisForm]
) -> None:
    form = ask("windowview")
    qtbot.mouseClick(form.run_button, LEFT)
    assert form.isVisible() and "No point is given yet" in form.fields[("points",)].problem
    form.fields[("on",)].show_value("surfaces")
    assert form.fields[("points",)].check(), "now nobody asks for one"


def test_an_exposure_without_an_object_does_not_run(
    qtbot: QtBot, yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    form = ask("exposure")
    target = objects(form, "target_fids")
    assert target.way.currentText() == "None yet" and "No object is chosen yet" in target.problem
    qtbot.mouseClick(form.run_button, LEFT)
    assert form.isVisible() and "or not right: Chosen objects" in form.sentence and not form.inputs


def test_the_camera_and_the_selection_are_places(
    yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    session = yard_window.session
    field = places(ask("sightline"))
    field.add_camera()
    assert field.value()[0][2] == pytest.approx(yard_window.canvas.camera.eye[2] - 1.6, abs=0.01)
    session.select([fid(session, "school")])
    field.add_selection()
    assert field.value()[1] == pytest.approx((X0 + 15, Y0 + 35, 0.0))


def test_what_is_selected_is_what_is_looked_at(
    yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    session = yard_window.session
    session.select([fid(session, "school")])
    form = ask("sightline")
    towards = form.fields[("towards",)]
    assert isinstance(towards, ChoiceAnswer) and towards.value() == "surfaces"
    assert objects(form, "to_fids").value() == ("", (fid(session, "school"),))


def test_of_two_questions_about_objects_each_takes_what_fits_when_told_to(
    yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    session = yard_window.session
    school, yard = fid(session, "school"), fid(session, "yard")
    session.select([school, yard])
    form = ask("exposure")
    target, streets = objects(form, "target_fids"), objects(form, "fids")
    assert target.value() == ("", (school,)) and streets.value() == ("", (yard,))
    session.select([fid(session, "tower")])
    assert target.value() == ("", (school,)), "a click in the view changes neither"
    assert not streets.take.isEnabled(), "a tower is no street"
    target.take.click()
    assert target.value() == ("", (fid(session, "tower"),)) and streets.value() == ("", (yard,))


def test_a_window_is_picked_with_the_side_it_looks_to(
    qtbot: QtBot, yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    points = ask("windowview").fields[("points",)]
    assert isinstance(points, PointsAnswer)
    points.pick.click()
    click(qtbot, yard_window, 15, 35, 8.0)
    ((x, y, z, *looks_to),) = points.value()
    assert (x, y, z) == pytest.approx((X0 + 15, Y0 + 35, 8.0), abs=0.2) and looks_to == [0.0, 0.0, 1.0]
    assert len(yard_window.session.selection) == 0


def test_the_facade_that_was_clicked_is_looked_out_of(
    qtbot: QtBot, yard_window: Window, ask: Callable[[str], AnalysisForm]
) -> None:
    click(qtbot, yard_window, 15, 35, 8.0)
    assert yard_window.session.selection.tolist() == [fid(yard_window.session, "school")]
    form = ask("windowview")
    ((*place, nx, ny, nz),) = form.fields[("points",)].value()
    assert place == pytest.approx([X0 + 15, Y0 + 35, 8.0], abs=0.2) and (nx, ny, nz) == (0.0, 0.0, 1.0)
    on = form.fields[("on",)]
    assert isinstance(on, ChoiceAnswer) and on.value() == "points"


def test_who_walks_looks_from_there(yard_window: Window, ask: Callable[[str], AnalysisForm]) -> None:
    yard_window.canvas.set_walking(True)
    ((x, y, z),) = places(ask("sightline")).value()
    eye = yard_window.canvas.camera.eye
    assert (x, y, z + 1.6) == pytest.approx(tuple(eye), abs=0.01)


def test_an_empty_number_is_the_usual_answer(ask: Callable[[str], AnalysisForm]) -> None:
    form = ask("windowview")
    field: AskField = form.fields[("azimuth_deg",)]
    assert field.value() == -1.0
    field.show_value(30.0)
    assert field.value() == 30.0
