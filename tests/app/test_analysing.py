"""An analysis from the window: its form, its run as a job, its result kept, shown, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from analysis import ANALYSES
from analysis.analysis import analysis_of
from analysis.asked import questions
from app.analysing import Analysing
from app.analysisform import AnalysisForm
from app.askfields import AskField, TextAnswer, YesAnswer
from app.beginnings import dates_to_compare
from app.canvas import Canvas
from app.notices import Notices
from app.session import Session
from layers.records import Epoch
from tests.app.yard import PLAN, TODAY, fid, yard, yards

__all__ = ["yard", "yards"]

Settled = Callable[[Session], None]
EPOCHS = (Epoch(1, "1950", "1950-01-01"), Epoch(2, "today", TODAY), Epoch(3, "plan", PLAN))


@pytest.fixture
def analysing(yard: Session) -> Analysing:
    return Analysing(yard)


@pytest.fixture
def ask(qtbot: QtBot, yard: Session, analysing: Analysing) -> Callable[[str], AnalysisForm]:
    canvas = Canvas(yard)
    qtbot.addWidget(canvas)

    def ask(name: str) -> AnalysisForm:
        form = AnalysisForm(yard, analysing, analysis_of(name), canvas)
        qtbot.addWidget(form)
        form.show()
        return form

    return ask


def field(form: AnalysisForm, name: str) -> AskField:
    return next(found for names, found in form.fields.items() if name in names)


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_has_a_form_that_asks_all_its_questions(
    name: str, ask: Callable[[str], AnalysisForm]
) -> None:
    form = ask(name)
    asked = {part for names in form.fields for part in names if part}
    assert asked == {found.name for found, _ in questions(form.analysis.Inputs)}
    assert form.windowTitle() == form.analysis.TITLE


def test_a_rule_is_asked_of_what_is_selected_between_today_and_the_plan(
    qtbot: QtBot, yard: Session, ask: Callable[[str], AnalysisForm]
) -> None:
    yard.select([fid(yard, "yard")])
    form = ask("rules")
    qtbot.waitUntil(lambda: "points" in form.sentence, timeout=10_000)
    inputs = form.inputs
    assert (inputs.fids, inputs.date, inputs.compare_date) == ((fid(yard, "yard"),), PLAN, TODAY)
    assert "600 points" in form.sentence and "about" in form.sentence  # 30 m x 20 m, one each metre
    assert not field(form, "points").is_asked, "a rule for areas asks for no windows"


def test_what_is_wrong_is_said_beside_its_field_and_nothing_runs(
    qtbot: QtBot, yard: Session, analysing: Analysing, ask: Callable[[str], AnalysisForm]
) -> None:
    yard.select([fid(yard, "yard")])
    form = ask("sunlight")
    spacing = field(form, "spacing_m")
    assert isinstance(spacing, TextAnswer)
    spacing.line.setText("0.01")
    qtbot.keyClick(form, Qt.Key.Key_Return)
    assert form.isVisible() and form.inputs is None and not form.run_button.isEnabled()
    assert spacing.problem.startswith("“Distance of points” cannot be this: 0.01; allowed: a number from 0.1")
    assert not yard.jobs.long and not analysing.results


def test_enter_runs_it_and_the_result_is_kept_shown_and_can_be_taken_back(
    qtbot: QtBot, yard: Session, analysing: Analysing, ask: Callable[[str], AnalysisForm], settled: Settled
) -> None:
    yard.select([fid(yard, "yard")])
    form = ask("rules")
    qtbot.keyClick(form, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: analysing.shown is not None, timeout=20_000)
    (result,) = analysing.results
    assert result.verdict == "fail", "430 m of building, 45 m high, right south of the yard"
    assert analysing.shown is not None and analysing.shown.result.id == result.id
    assert analysing.shown.date == PLAN
    assert yard.project.can_undo is not None and yard.project.can_undo.label.startswith("Keep result")
    yard.undo()
    assert analysing.results == () and analysing.shown is None
    yard.redo()
    assert [found.id for found in analysing.results] == [result.id]
    settled(yard)


def test_the_last_answers_are_offered_again(
    qtbot: QtBot, yard: Session, analysing: Analysing, ask: Callable[[str], AnalysisForm], settled: Settled
) -> None:
    yard.select([fid(yard, "school")])
    form = ask("skyview")
    for name, text in (("spacing_m", "5"), ("directions", "100")):
        answer = field(form, name)
        assert isinstance(answer, TextAnswer)
        answer.line.setText(text)
    qtbot.keyClick(form, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(analysing.results), timeout=20_000)
    assert len(yard.selection) == 0, "what is selected would hide the colours of the result"
    again = ask("skyview")
    assert (again.inputs.spacing_m, again.inputs.directions) == (5.0, 100)
    assert again.inputs.fids == (fid(yard, "school"),)
    assert ask("sunlight").inputs.fids == (fid(yard, "school"),)
    settled(yard)


def test_a_result_is_outdated_once_the_city_has_changed(
    qtbot: QtBot, yard: Session, analysing: Analysing, settled: Settled
) -> None:
    skyview = analysis_of("skyview")
    analysing.run("skyview", skyview.Inputs(fids=(fid(yard, "school"),), spacing_m=20.0, directions=100))
    qtbot.waitUntil(lambda: bool(analysing.results), timeout=20_000)
    (result,) = analysing.results
    analysing.rename(result, "School")
    assert not analysing.is_outdated(result.id)
    notices = Notices(yard, analysing)
    qtbot.addWidget(notices)
    yard.run_edit("Earlier", lambda edit: edit.set_valid(fid(yard, "tower"), "2020-01-01"))
    assert analysing.is_outdated(result.id)
    assert notices.outdated.text == "School: The city has changed since. Run it again to see what that means."
    yard.undo()
    assert not analysing.is_outdated(result.id) and not notices.outdated.text
    yard.redo()
    notices.outdated.acted.emit()
    qtbot.waitUntil(lambda: len(analysing.results) == 2 and analysing.shown is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not notices.outdated.text, timeout=20_000)
    settled(yard)


def test_a_check_begins_with_the_layer_that_is_chosen(
    yard: Session, ask: Callable[[str], AnalysisForm]
) -> None:
    city = next(layer for layer in yard.project.layers if layer.kind == "city")
    yard.select([])
    yard.set_current_layer(city.id)
    assert ask("doctor").inputs.layer == ask("soundness").inputs.layer == city.name
    yard.set_current_layer(None)
    assert ask("doctor").inputs.layer == ""


def test_a_plan_is_compared_with_what_is_shown_or_with_today() -> None:
    today = date(2026, 11, 22)
    assert dates_to_compare(EPOCHS, "", True, today) == (PLAN, TODAY)
    assert dates_to_compare(EPOCHS, "1980-01-01", True, today) == (PLAN, "1980-01-01")
    assert dates_to_compare(EPOCHS, PLAN, True, today) == (PLAN, TODAY)
    assert dates_to_compare(EPOCHS, "", False, today) == (TODAY, "1950-01-01")
    assert dates_to_compare((), "", True, today) == ("", "")


def test_to_compare_means_to_look_at_the_plan(yard: Session, ask: Callable[[str], AnalysisForm]) -> None:
    yard.select([fid(yard, "yard")])
    form = ask("sunlight")
    assert form.inputs.date == TODAY and not form.inputs.compare
    compare = field(form, "compare")
    assert isinstance(compare, YesAnswer)
    compare.box.click()
    form.check()
    assert (form.inputs.date, form.inputs.compare_date) == (PLAN, TODAY)


def test_what_cannot_be_computed_is_said_and_a_stopped_run_leaves_nothing(
    qtbot: QtBot, yard: Session, analysing: Analysing, settled: Settled
) -> None:
    told: list[str] = []
    yard.problem.connect(told.append)
    skyview = analysis_of("skyview")
    analysing.run("skyview", skyview.Inputs(where="name == 'nobody'"))
    qtbot.waitUntil(lambda: bool(told), timeout=90_000)
    assert told[0].startswith("There is nothing to measure on")
    analysing.run("skyview", skyview.Inputs(spacing_m=0.1, directions=100_000))
    (job,) = yard.jobs.long
    qtbot.waitUntil(lambda: job.fraction > 0, timeout=90_000)
    job.cancel()
    settled(yard)
    assert not analysing.results and len(told) == 1
