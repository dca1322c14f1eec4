"""The panel of results: what it lists, shows and says, and what can be done with a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from analysis.analysis import analysis_of
from analysis.survey import quantities_with_change
from app import reporting
from app.analysing import Analysing
from app.dialogs.compare import NOTHING_SHARED, CompareResults
from app.lines import ASIDE
from app.resultanswer import CLOUDLESS, answers_of, small_tables, warnings_of
from app.resultcharts import further_charts
from app.resultpanel import ResultPanel
from app.resultsummary import VerdictCard
from app.resulttable import columns_in_order, in_two_lines, order_of, tables_of
from app.resulttext import cell_text, column_title, numbers_of
from app.session import Session
from layers.edit import Edit
from layers.results import FINDINGS, OBSERVERS, SIGHTLINES, VIEWS, Pedigree, Quantity, Result, Table
from layers.written import unbroken
from tests.app.panels import Show, show
from tests.app.yard import TODAY, fid, judged_yards, yard

__all__ = ["judged_yards", "show", "yard"]

LIMITS = ("Trees are left out", "Warning: place 1 is below the terrain")


@pytest.fixture(scope="module")
def yards(judged_yards: Path) -> Path:
    return judged_yards


@pytest.fixture
def analysing(yard: Session) -> Analysing:
    return Analysing(yard)


@pytest.fixture
def panel(yard: Session, analysing: Analysing, show: Show) -> ResultPanel:
    made = ResultPanel(yard, analysing)
    show(made)
    return made


@pytest.fixture
def judged(qtbot: QtBot, analysing: Analysing, panel: ResultPanel) -> ResultPanel:
    """The panel with the verdict shown."""
    panel.list.setCurrentRow(1)
    qtbot.waitUntil(lambda: analysing.shown is not None and analysing.shown.result.kind == "rules")
    return panel


def words(card: VerdictCard) -> set[str]:
    return {label.text() for label in card.findChildren(QLabel)}


def test_without_results_it_says_what_to_do(panel: ResultPanel, analysing: Analysing) -> None:
    for result in analysing.results:
        analysing.remove(result)
    assert any("menu Analyse" in label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def test_a_verdict_stands_large_with_its_numbers(judged: ResultPanel) -> None:
    assert judged.list.item(1).data(ASIDE) == "FAIL" and judged.list.item(0).data(ASIDE) == ""
    (card,) = judged.glance.findChildren(VerdictCard)
    assert {"FAIL", "School yard", "100.0\u202f%", "50.0\u202f%"} <= words(card)


def test_another_quantity_is_drawn_when_it_is_chosen(judged: ResultPanel, analysing: Analysing) -> None:
    before = judged.glance.quantity.findData("sunlight_h_before")
    judged.glance.quantity.setCurrentIndex(before)
    assert analysing.shown is not None and analysing.shown.quantity is not None
    assert analysing.shown.quantity.name == "sunlight_h_before"
    assert analysing.shown.date == TODAY, "the view goes to the date that is spoken of"


def test_a_row_of_the_table_selects_its_object(judged: ResultPanel, yard: Session) -> None:
    judged.table.which.setCurrentIndex(judged.table.which.findData("surfaces"))
    judged.table.view.selectRow(0)
    assert yard.selection.tolist() == [fid(yard, "yard")]


def test_what_is_wrong_comes_first_and_a_row_is_flown_to(judged: ResultPanel, yard: Session) -> None:
    names = ("layer", "fid", "object_id", "code", "fault", "surface", "text", "x", "y", "z")
    quantity = Quantity("faulty", "Faults", "", 0, words=("sound", "faulty"))
    texts = ("object_id", "code", "fault", "surface", "text")
    table = Table({name: ["a"] if name in texts else np.array([1]) for name in names})
    assert columns_in_order(table, found("soundness", quantity))[:3] == ["code", "fault", "object_id"]
    judged.table.which.setCurrentIndex(judged.table.which.findData("surfaces"))
    flown: list[list[int]] = []
    judged.fly_requested.connect(lambda fids: flown.append(list(fids)))
    judged.table.view.activated.emit(judged.table.rows.index(0, 0))
    assert flown == [[fid(yard, "yard")]] == [yard.selection.tolist()]


def test_from_faults_one_gets_to_their_repair(
    judged: ResultPanel, analysing: Analysing, yard: Session, qtbot: QtBot
) -> None:
    assert not judged.remedy.isVisible(), "sunlight cannot be repaired"
    layer = next(layer for layer in yard.project.layers if layer.kind == "city")
    quantity = Quantity("faulty", "Faults", "", 0, low=0.0, high=1.0, words=("sound", "faulty"))
    names = ("layer", "fid", "geometry", "surface")
    numbers = {name: np.array([layer.id if name == "layer" else 1]) for name in names}
    surfaces = Table({**numbers, "object_id": ["a"], "area_m2": np.ones(1), "faulty": np.ones(1)})
    made = replace(found("soundness", quantity, surfaces=surfaces), verdict="fail")
    with yard.project.edit("Keep") as edit:
        number = edit.add_result(made)
    analysing.show(number)
    qtbot.waitUntil(judged.remedy.isVisible)
    yard.set_current_layer(None)
    with qtbot.waitSignal(judged.remedy_requested) as asked:
        judged.remedy.click()
    assert asked.args == ["repair"] and yard.current_layer == layer


def test_rows_are_sorted_with_nothing_last() -> None:
    values = np.array([2.0, np.nan, 3.0, 1.0])
    assert order_of(values, descending=False).tolist() == [3, 0, 2, 1]
    assert order_of(values, descending=True).tolist() == [2, 0, 3, 1]
    assert order_of(["b", "a"], descending=False).tolist() == [1, 0]


def found(kind: str, quantity: Quantity, **parts: Any) -> Result:
    return Result(kind, kind, {}, Pedigree("", "", ()), (quantity,), **parts)


def test_shadows_of_several_times_are_told_one_by_one() -> None:
    """Their areas lie over each other: there is neither a sum nor a mean."""
    times = ["2026-03-21T09:00:00+01:00", "2026-03-21T12:00:00+01:00"]
    shapes = Table({"wkb": ["", ""], "time": times, "area_m2": np.array([3636.7, 2392.1])})
    bands = Table({"hours": np.array([3.0]), "longer_h": np.array([6.0]), "area_m2": np.array([906.0])})
    quantity = Quantity("area_m2", "Shadow", "m²", 1)
    result = found("shadow", quantity, shapes=shapes, tables={"together": shapes, "bands": bands})
    assert numbers_of(result, quantity) is None
    by_time, lasting = small_tables(result)
    assert by_time.titles == ("At", "Shadow")
    assert [row[0] for row in by_time.rows] == ["2026-03-21 09:00", "2026-03-21 12:00"]
    assert lasting.titles[0].endswith("up to 6 h longer") and lasting.rows[0][0] == "3 h or more"


def test_who_takes_the_sun_is_said_first() -> None:
    hours = Table(
        {
            "date": ["2026-03-21"] * 4,
            "time": ["11:45", "12:15", "12:45", "13:15"],
            "state": ["sun", "shade", "shade", "sun"],
            "name": ["", "Tower", "Tower", "Tower"],
            "taken_share": np.array([0.0, 0.9, 0.8, 0.1]),
        }
    )
    blockers = Table(
        {
            "fid": np.arange(10),
            "object_id": [f"b{at}" for at in range(10)],
            "name": ["Tower", *[f"House {at}" for at in range(1, 10)]],
            "taken_h": np.array([1.9, *np.full(9, 0.06)]),
            "sole_h": np.array([1.8, *np.zeros(9)]),
        }
    )
    surfaces = Table({"area_m2": np.array([1.0, 3.0]), "sunlight_h": np.array([4.0, 2.0])})
    quantity = Quantity("sunlight_h", "Sunlight on 2026-03-21", "h")
    tables = {"hours": hours, "blockers": blockers}
    result = found("blame", quantity, surfaces=surfaces, tables=tables)
    sentence = answers_of(result)[0].replace("\u202f", " ")
    assert sentence == (
        "Tower takes 1.9 h, mostly 12:00–13:00; without it there would be 4.3 h of sunlight. "
        "There is 2.5 h now."
    )
    assert further_charts(result)[0].title == "Who takes the sun"


def test_a_cloudless_year_is_called_an_upper_bound() -> None:
    buildings = Table({"name": ["Hall", "Tower"], "total_kwh": np.array([600.0, 400.0])})
    result = found(
        "solar", Quantity("total_kwh_m2", "Irradiation", "kWh/m²"), tables={"buildings": buildings}
    )
    total, each, warning = answers_of(result)
    assert total.startswith("1\u202f000\u202fkWh per year") and "Hall: 600" in each and warning == CLOUDLESS


def test_what_a_plan_takes_of_the_light_is_said_of_what_stood_before() -> None:
    columns = {"name": ["Hall", "Tower"], "total_kwh": np.array([600.0, 400.0])}
    quantity = Quantity("total_kwh_m2", "Irradiation", "kWh/m²")

    def said(*before: float) -> str:
        table = Table({**columns, "total_kwh_before": np.array(before)})
        return answers_of(found("solar", quantity, tables={"buildings": table}))[1].replace("\u202f", " ")

    assert said(800.0, 450.0) == "That is 250 kWh (20.0 %) less than before."
    assert said(500.0, np.nan) == "That is 100 kWh (20.0 %) more than before on what stood before, too."
    assert "before" not in said(np.nan, np.nan)


def test_what_changed_is_told_on_the_first_page_and_shares_differ_by_points() -> None:
    def said(quantity: Quantity, now: tuple[float, ...], before: tuple[float, ...]) -> str:
        columns = {quantity.name: np.array(now), f"{quantity.name}_before": np.array(before)}
        areas = {"area_m2": np.array([1.0, 3.0, 9.0])}
        both = quantities_with_change([quantity], compare=True)
        result = replace(found("sunlight", quantity, surfaces=Table(columns | areas)), quantities=both)
        (sentence,) = answers_of(result)
        return sentence.replace("\u202f", " ")

    sunlight, share = Quantity("sunlight_h", "Sunlight", "h"), Quantity("enough_pct", "Area with 2 h", "%", 0)
    seen = Quantity("seen_fraction", "Seen", "", words=("Not seen", "Seen"))
    nothing = float("nan")
    assert said(sunlight, (2.0, 4.0, 8.0), (4.0, 4.0, nothing)) == (
        "Sunlight: 3.5 h on average, 4.0 h before: 0.5 h less."
    )
    assert said(sunlight, (2.0, 4.0, nothing), (2.0, 4.0, 1.0)) == "Sunlight: 3.5 h on average, as before."
    assert said(share, (60.0, 60.0, nothing), (40.0, 40.0, 1.0)) == (
        "Area with 2 h: 60 % on average, 40 % before: 20 % points more."
    )
    assert said(seen, (1.0, 0.0, nothing), (1.0, 1.0, 1.0)) == (
        "Seen: 25 % on average, 100 % before: 75 % points less."
    )
    units = [each.unit for each in quantities_with_change([share, sunlight], compare=True)]
    assert units == ["%", "%", "% points", "h", "h", "h"]
    assert column_title("sky_pct_change") == "Sky, change (% points)"


def test_numbers_come_before_words_and_the_verdict_before_all() -> None:
    names = ("object_id", "surface_type", "area_m2", "sunlight_h", "name")
    quantity = Quantity("sunlight_h", "Sunlight", "h")
    table = Table({name: np.ones(1) if name[-2:] in ("_h", "m2") else ["x"] for name in names})
    shown = columns_in_order(table, found("sunlight", quantity))
    assert shown == ["name", "sunlight_h", "object_id", "surface_type", "area_m2"]
    verdicts = Table(
        {"name": ["x"], "rule": ["y"], "after": np.ones(1), "reason": ["z"], "verdict": ["fail"]}
    )
    shown = columns_in_order(verdicts, found("rules", quantity))
    assert shown == ["verdict", "name", "after", "reason", "rule"]
    assert in_two_lines("Or longer by up to (h)") == "Or longer by\nup to (h)"


def test_findings_are_said_and_not_listed_as_a_table() -> None:
    places = Table({"name": ["place 1"], "x": np.zeros(1), "y": np.zeros(1), "z": np.ones(1)})
    lines = Table({"name": ["a"], "visible": np.zeros(1), "blocked_by": ["Tower"], "x0": np.zeros(1)})
    tables = {
        FINDINGS: Table({"sentence": ["Tower breaks the view by 11.4 m.", "It is new."]}),
        OBSERVERS: places,
        SIGHTLINES: lines,
        VIEWS: places,
    }
    result = found("sightline", Quantity("excess_m", "Too high", "m"), tables=tables)
    assert answers_of(result) == ["Tower breaks the view by 11.4\u00a0m.", "It is new."]
    assert list(tables_of(result)) == [SIGHTLINES, OBSERVERS]
    assert columns_in_order(lines, result) == ["name", "visible", "blocked_by", "x0"]
    assert cell_text(0.0, 1, "visible") == "no"


def test_a_headline_stands_before_the_verdict_and_once(panel: ResultPanel) -> None:
    sentence = "Tower breaks the view by 11.4 m."
    verdicts = Table(
        {"name": ["Church"], "verdict": ["fail"], "reason": [sentence], "after": np.array([11.4])}
    )
    tables = {FINDINGS: Table({"sentence": [sentence]}), "verdicts": verdicts}
    panel.glance.show_result(found("protectedview", Quantity("room_m", "Left", "m"), tables=tables), None)
    said = [label for label in panel.glance.findChildren(QLabel) if label.text() == unbroken(sentence)]
    (card,) = panel.glance.findChildren(VerdictCard)
    assert len(said) == 1 and "FAIL" in words(card)


def test_ids_for_names_do_not_widen_the_first_page(qtbot: QtBot, panel: ResultPanel) -> None:
    uuid = "b24a24f2-1eb4-4f0c-9a53-5f8f1c2d7e10"
    sentence = f"{uuid} breaks the protected view by 25.2 m."
    verdicts = Table(
        {
            "name": [f"Parish church of St. Kilian from {uuid}"],
            "verdict": ["too close"],
            "rule": [f"Nothing rises into the view of {uuid * 2}"],
            "reason": ["2 rules are broken, by up to 1.25 m"],
            "before": ["3.5 rules of the plot"],
            "after": ["25.2 m above the ground"],
            "threshold": ["at most 20.0 m in all"],
        }
    )
    tables = {FINDINGS: Table({"sentence": [sentence]}), "verdicts": verdicts}
    panel.glance.resize(300, 700)
    panel.glance.show()
    panel.glance.show_result(found("protectedview", Quantity("room_m", "Left", "m"), tables=tables), None)
    qtbot.wait(50)
    page = panel.glance.area.widget()
    assert page.width() <= panel.glance.area.viewport().width()
    for label in panel.glance.findChildren(QLabel):
        if label.isVisible():
            right = label.mapTo(page, label.rect().topRight()).x()
            assert right < page.width() and label.width() >= label.minimumSizeHint().width(), label.text()


def test_what_is_doubtful_is_warned_of() -> None:
    assert not warnings_of(found("isovist", Quantity("a", "A", "")))
    doubtful = replace(found("isovist", Quantity("a", "A", "")), pedigree=Pedigree("", "", (), limits=LIMITS))
    assert warnings_of(doubtful) == ["Warning: place 1 is below the terrain"]


def test_the_origin_says_method_error_and_what_was_asked(judged: ResultPanel, yard: Session) -> None:
    text = judged.origin.toPlainText()
    for part in ("Method", "How exact", "BR 209", "2035-07-01 (plan)", "sun azimuth", "SHA-256"):
        assert part in text, part
    assert "has changed" not in text

    def change(edit: Edit) -> None:
        edit.set_valid(fid(yard, "tower"), "2036-01-01")

    yard.run_edit("Later", change)
    assert "The city has changed since" in judged.origin.toPlainText()


def test_hiding_gives_the_city_its_own_colours_back(
    qtbot: QtBot, judged: ResultPanel, analysing: Analysing
) -> None:
    qtbot.mouseClick(judged.shown, Qt.MouseButton.LeftButton)
    assert analysing.shown is None
    qtbot.mouseClick(judged.shown, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: analysing.shown is not None)


def test_deleting_can_be_undone(
    qtbot: QtBot, judged: ResultPanel, analysing: Analysing, yard: Session
) -> None:
    assert judged.current is not None
    analysing.remove(judged.current)
    assert judged.list.count() == 1 and analysing.shown is None
    yard.undo()
    assert judged.list.count() == 2
    qtbot.waitUntil(lambda: analysing.shown is not None and analysing.shown.result.kind == "rules")


def test_another_result_is_read_from_its_beginning_and_looked_at(
    qtbot: QtBot, judged: ResultPanel, analysing: Analysing
) -> None:
    judged.show_origin()
    looked_at: list[Result] = []
    judged.look_requested.connect(looked_at.append)
    row = judged.list.visualItemRect(judged.list.item(0)).center()
    qtbot.mouseClick(judged.list.viewport(), Qt.MouseButton.LeftButton, pos=row)
    qtbot.waitUntil(lambda: bool(looked_at))
    assert analysing.shown is not None and looked_at[0] is analysing.shown.result
    assert judged.glance.isVisible() and not judged.origin.isVisible()


def test_running_again_gives_the_same_beside_the_old(
    qtbot: QtBot, judged: ResultPanel, analysing: Analysing, yard: Session
) -> None:
    assert judged.current is not None
    old = yard.project.result(judged.current.id)
    analysing.rename(judged.current, "The view is kept")
    analysing.rerun(judged.current)
    qtbot.waitUntil(lambda: judged.list.count() == 3, timeout=20_000)
    assert analysing.shown is not None
    new = analysing.shown.result
    assert new.id != old.id and new.title == old.title, "of its own answer, whatever the old one was called"
    assert new.points.numbers("sunlight_h").tolist() == old.points.numbers("sunlight_h").tolist()


def test_a_result_is_exported_in_a_job(
    qtbot: QtBot, judged: ResultPanel, yard: Session, tmp_path: Path, settled: Callable[[Session], None]
) -> None:
    assert judged.current is not None
    reporting.run_export(yard, judged.current, tmp_path / "yard.csv")
    settled(yard)
    text = (tmp_path / "yard.csv").read_text("utf-8")
    assert "sunlight_h" in text.splitlines()[0]


def test_two_results_are_compared_surface_by_surface(
    qtbot: QtBot, judged: ResultPanel, analysing: Analysing, yard: Session
) -> None:
    rules = analysis_of("rules")
    today = rules.Inputs(fids=(fid(yard, "yard"),), date=TODAY, compare=False, spacing_m=2.0)
    analysing.run("rules", today)
    qtbot.waitUntil(lambda: judged.list.count() == 3, timeout=20_000)
    newest, _, planned = analysing.results
    dialog = CompareResults(yard, analysing, planned)
    qtbot.addWidget(dialog)
    assert dialog.other.currentData() == newest.id, "another one of its kind comes first"
    qtbot.waitUntil(lambda: "1 surface in both" in dialog.words.text(), timeout=5000)
    assert dialog.words.text().startswith("Mean ") and ": -" in dialog.words.text()
    dialog.other.setCurrentIndex(1)
    qtbot.waitUntil(lambda: dialog.words.text() == NOTHING_SHARED, timeout=5000)
