"""From the window alone: a viewing place and a church marked, a proposal, the verdict, picture and report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from app.analysisform import AnalysisForm
from app.askobjects import ObjectsAnswer
from app.askplaces import PlacesAnswer
from app.charts import ChartView
from app.resultsummary import VerdictCard
from app.session import Session
from app.window import Window
from layers.project import Project
from layers.results import VIEWS, VOLUMES
from layers.written import unbroken
from tests.analysis.town import SLOPE, at, make_town

TODAY, PLAN = "2025-07-01", "2035-07-01"
LEFT = Qt.MouseButton.LeftButton
#: Where the viewing place is clicked, east of the church A and the proposal B.
PLACE = (185.0, 55.0)


@pytest.fixture
def town(qtbot: QtBot, tmp_path: Path, opened: Callable[[Path], Window]) -> Window:
    """The window on a town in which B is proposed, seen from above, at rest."""
    path = make_town(tmp_path)
    with Project.open(path) as project:
        church, proposal = (project.by_id(name) for name in "AB")
        assert church is not None and proposal is not None
        with project.edit("A proposal") as edit:
            edit.set_attribute(church.fid, "name", "Church")
            edit.set_attribute(proposal.fid, "name", "Tower (proposed)")
            edit.set_valid(proposal.fid, "2035-01-01", None)
            edit.set_epoch("today", TODAY)
            edit.set_epoch("plan 2035", PLAN)
    window = opened(path)
    window.timeline.show_date(TODAY)
    canvas = window.canvas
    middle = np.array(at(115, 55, 0))
    canvas.set_camera(replace(canvas.camera.viewed("top"), target=middle, distance_m=260.0))
    qtbot.waitUntil(lambda: not window.session.scene.needs_frame, timeout=10_000)
    return window


def click(qtbot: QtBot, window: Window, x: float, y: float, above: float) -> None:
    """Click the picture where a place of the town is drawn."""
    canvas = window.canvas
    place = canvas.camera.project(np.array([at(x, y, above)]), canvas.width(), canvas.height())[0]
    qtbot.mouseClick(canvas, LEFT, pos=QPoint(round(place[0]), round(place[1])))


def test_a_viewing_place_and_a_church_give_a_verdict_with_picture_and_report(
    qtbot: QtBot,
    town: Window,
    tmp_path: Path,
    settled: Callable[[Session], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    click(qtbot, town, 55, 55, 8.0)  # the church
    assert [town.session.project.object(fid).id for fid in town.session.selection.tolist()] == ["A"]
    town.ask_analysis("protectedview")
    form = town.findChildren(AnalysisForm)[-1]
    places = form.fields[("places",)]
    assert isinstance(places, PlacesAnswer)
    qtbot.mouseClick(places.pick, LEFT)
    click(qtbot, town, *PLACE, 0.0)
    assert len(places.value()) == 1
    qtbot.waitUntil(lambda: form.inputs is not None, timeout=10_000)
    assert (form.inputs.date, form.inputs.compare_date) == (PLAN, TODAY)
    qtbot.mouseClick(form.run_button, LEFT)
    qtbot.waitUntil(lambda: town.analysing.shown is not None, timeout=30_000)
    assert town.analysing.shown is not None
    result = town.analysing.shown.result
    # From where was clicked: B begins at 60, the middle of the church is at 55.
    x = result.inputs["places"][0][0] - at(0, 0, 0)[0]
    eye, half = SLOPE * x + 1.6, (10.5 + 2.75) / 2
    excess = 11.0 - (eye + (half - eye) * (x - 60) / (x - 55))
    assert result.tables["breaks"].numbers("excess_m")[0] == pytest.approx(excess, abs=0.02)
    headline = unbroken(f"Tower (proposed) breaks the protected view by {excess:.1f} m.")

    def said() -> list[str]:
        return [label.text() for label in town.results.glance.findChildren(QLabel)]

    qtbot.waitUntil(lambda: headline in said(), timeout=10_000)
    assert "FAIL" in said() and town.results.glance.findChildren(VerdictCard)
    names = [chart.accessibleName() for chart in town.results.glance.findChildren(ChartView)]
    assert any(name.startswith("The skyline from") for name in names)
    assert len(result.tables[VOLUMES]) == 3 and len(result.tables[VIEWS]) == 1
    assert town.session.scene.legend()
    out = tmp_path / "view.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(out), ""))
    qtbot.mouseClick(town.results.report, LEFT)
    qtbot.waitUntil(out.exists, timeout=60_000)
    settled(town.session)
    assert out.read_bytes().startswith(b"%PDF") and pictures_in(out) >= 2


def test_nothing_is_estimated_before_a_landmark_is_chosen(qtbot: QtBot, town: Window) -> None:
    town.ask_analysis("protectedview")
    form = town.findChildren(AnalysisForm)[-1]
    places = form.fields[("places",)]
    places.show_value([at(*PLACE, 0.0)])
    qtbot.waitUntil(lambda: form.sentence.startswith("No landmark is given"), timeout=10_000)
    click(qtbot, town, 55, 55, 8.0)
    landmark = form.fields[("landmark", "landmark_fids")]
    assert isinstance(landmark, ObjectsAnswer)
    qtbot.mouseClick(landmark.take, LEFT)
    qtbot.waitUntil(lambda: form.sentence.startswith("About 1 viewing place"), timeout=10_000)


def test_what_is_found_is_listed_beside_an_open_form(qtbot: QtBot, town: Window) -> None:
    town.resize(1280, 800)
    form, find = town.ask_analysis("protectedview"), town.find_box
    for left in (1280 - form.width(), 0):
        form.move(town.mapToGlobal(QPoint(left, find.mapTo(town, QPoint(0, find.height())).y())))
        find.clear()
        town.actions_["find"].trigger()
        qtbot.keyClicks(find, "Church")
        qtbot.waitUntil(lambda: find.popup is not None and find.popup.isVisible(), timeout=5000)
        assert find.popup is not None
        shown = QRect(find.popup.mapToGlobal(QPoint(0, 0)), find.popup.size())
        assert not shown.intersects(form.frameGeometry())
        assert town.frameGeometry().contains(shown)
    form.close()


def pictures_in(path: Path) -> int:
    """How many pictures a PDF file has."""
    return path.read_bytes().count(b"/Subtype /Image")
