"""Zoning check and indicators from the window alone: forms, verdicts, volumes in the view, charts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from rasterio import Affine

from app.analysisform import AnalysisForm
from app.askfields import TextAnswer
from app.askobjects import LayerAnswer
from app.charts import ChartView
from app.plotpanel import PlotPanel
from app.resultsummary import VerdictCard
from app.session import Session
from app.spokenfield import SpokenField
from app.window import Window
from layers.importing import import_files
from layers.results import INDICATORS, VIOLATIONS
from tests.analysis.planned import make_plan, rectangle
from tests.app.snapshots import drawn, over
from tests.cities import imported_here
from tests.rasters import write
from tests.towns import ORIGIN

LEFT = Qt.MouseButton.LeftButton
LAYERS = {
    "plots": {
        "A": ("Polygon", rectangle(0, 0, 20, 20), {"maxHeight": 7}),
        "B": ("Polygon", rectangle(20, 0, 40, 20), {"maxHeight": 7}),
    }
}


def asked(qtbot: QtBot, window: Window, name: str, question: str) -> AnalysisForm:
    """The form of an analysis, with the layer of plots chosen as the answer to a question."""
    window.ask_analysis(name)
    form = window.findChildren(AnalysisForm)[-1]
    layer = form.fields[(question,)]
    assert isinstance(layer, LayerAnswer)
    assert [layer.box.itemText(at) for at in range(layer.box.count())] == ["None", "plots"]
    layer.box.setCurrentIndex(1)
    qtbot.waitUntil(lambda: form.inputs is not None, timeout=10_000)
    return form


@pytest.fixture
def planned(qtbot: QtBot, tmp_path: Path, opened: Callable[[Path], Window]) -> Window:
    """The window on two plots with a building each."""
    with imported_here():
        make_plan(tmp_path, {"mill": (2, 2, 10, 6, 0, 10), "hut": (25, 5, 5, 5, 0, 3)}, LAYERS).close()
    window = opened(tmp_path / "plan.city.gpkg")
    drawn(qtbot, window)
    return window


@pytest.fixture
def plots(planned: Window) -> PlotPanel:
    """The panel of rules of that window."""
    planned.actions_["dock_rules"].trigger()
    panel = planned.arrangement.docks["rules"].widget()
    assert isinstance(panel, PlotPanel) and panel.isVisible() and panel.plots is None
    return panel


def click(
    qtbot: QtBot, window: Window, *place: float, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Click a place of the plan in the view."""
    x, y, z = place
    qtbot.mouseClick(window.canvas, LEFT, held, over(window, 0, (x, y, z)))


def type_in(qtbot: QtBot, field: SpokenField, text: str) -> None:
    """Type into a field as people do, and press Enter."""
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_a_click_on_a_plot_shows_its_rules_and_what_is_typed_is_kept_and_undone(
    qtbot: QtBot, planned: Window, plots: PlotPanel
) -> None:
    project = planned.session.project
    click(qtbot, planned, 17, 3, 0)
    assert plots.title.text() == "A" and "400 m²" in plots.where.text()
    assert plots.fields["height"].text() == "7 m" and plots.fields["coverage"].text() == ""
    type_in(qtbot, plots.fields["height"], "20 ft")
    type_in(qtbot, plots.fields["coverage"], "10 %")
    assert plots.fields["height"].text() == "6.096 m" and "40 m² covered" in plots.allowance.text()
    plot = project.find("A")[0]
    assert plot.attributes["maxHeight"] == 6.096 and plot.attributes["maxCoverage"] == 0.1
    type_in(qtbot, plots.fields["coverage"], "10")
    assert "not understood" in plots.problem.text() and plots.fields["coverage"].text() == "10"
    planned.actions_["undo"].trigger()
    planned.actions_["undo"].trigger()
    assert plots.fields["height"].text() == "7 m"
    type_in(qtbot, plots.fields["height"], "")
    assert "maxHeight" not in project.object(plot.fid).attributes and not plots.problem.text()


def test_a_building_chooses_its_plot_and_several_get_a_rule_in_one_step(
    qtbot: QtBot, planned: Window, plots: PlotPanel
) -> None:
    project = planned.session.project
    click(qtbot, planned, 7, 5, 10)
    assert plots.title.text() == "A" and planned.session.selection.tolist() == [project.find("mill")[0].fid]
    type_in(qtbot, plots.fields["height"], "9")
    click(qtbot, planned, 35, 15, 0, held=Qt.KeyboardModifier.ShiftModifier)
    assert plots.title.text() == "2 plots" and plots.fields["height"].placeholderText() == "different"
    steps = len(project.history())
    type_in(qtbot, plots.fields["setback"], "3")
    assert len(project.history()) == steps + 1
    assert [project.find(name)[0].attributes["setback"] for name in "AB"] == [3, 3]


def test_what_stands_on_a_plot_is_checked_and_a_click_on_a_verdict_goes_there(
    qtbot: QtBot, planned: Window, plots: PlotPanel
) -> None:
    click(qtbot, planned, 17, 3, 0)
    qtbot.mouseClick(plots.check, LEFT)
    qtbot.waitUntil(lambda: planned.analysing.shown is not None, timeout=30_000)
    cards = planned.results.glance.findChildren(VerdictCard)
    assert [card.property("verdict") for card in cards] == ["fail"]
    planned.session.select([])
    before = planned.canvas.camera
    qtbot.mouseClick(cards[0], LEFT)
    assert planned.session.selection.tolist() == [planned.session.project.find("mill")[0].fid]
    qtbot.waitUntil(lambda: planned.canvas.camera != before, timeout=5000)


def test_the_form_begins_with_the_one_layer_that_has_rules_and_says_what_is_not_understood(
    qtbot: QtBot, planned: Window
) -> None:
    planned.ask_analysis("zoning")
    form = planned.findChildren(AnalysisForm)[-1]
    answers = {name: form.fields[(name,)].value() for name in ("plots", "lines", "axes", "sun_areas")}
    assert answers == {"plots": "plots", "lines": "", "axes": "", "sun_areas": ""}
    qtbot.waitUntil(lambda: form.sentence.startswith("About 2 plots"), timeout=10_000)
    height = form.fields[("height",)]
    assert isinstance(height, TextAnswer)
    height.line.setText("20 bananas")
    qtbot.waitUntil(lambda: "bananas" in form.sentence, timeout=10_000)
    height.line.setText("")
    layer = form.fields[("plots",)]
    assert isinstance(layer, LayerAnswer)
    layer.box.setCurrentIndex(0)
    qtbot.waitUntil(lambda: form.sentence.startswith("No areas are chosen yet."), timeout=10_000)


def test_a_permit_and_its_indicators(
    qtbot: QtBot, planned: Window, settled: Callable[[Session], None]
) -> None:
    window = planned
    form = asked(qtbot, window, "zoning", "plots")
    qtbot.mouseClick(form.run_button, LEFT)
    qtbot.waitUntil(lambda: window.analysing.shown is not None, timeout=30_000)
    assert window.analysing.shown is not None
    result = window.analysing.shown.result
    assert result.tables[VIOLATIONS].texts("name") == ["mill"]

    def said() -> list[str]:
        return [label.text() for label in window.results.glance.findChildren(QLabel)]

    qtbot.waitUntil(lambda: "FAIL" in said(), timeout=10_000)
    assert "PASS" in said() and len(window.results.glance.findChildren(VerdictCard)) == 2
    settled(window.session)
    assert {"Breaks a rule", "Envelope of what may be built"} <= {
        row.label for row in window.session.scene.legend()
    }
    form = asked(qtbot, window, "indicators", "areas")
    qtbot.mouseClick(form.run_button, LEFT)
    shown = window.analysing.shown
    qtbot.waitUntil(lambda: window.analysing.shown is not shown, timeout=30_000)
    assert window.analysing.shown is not None and INDICATORS in window.analysing.shown.result.tables

    def charts() -> list[str]:
        return [chart.accessibleName() for chart in window.results.glance.findChildren(ChartView)]

    qtbot.waitUntil(lambda: any(name.startswith("Built volume") for name in charts()), timeout=10_000)


def test_a_flight_to_a_plot_goes_to_the_ground(
    qtbot: QtBot, tmp_path: Path, opened: Callable[[Path], Window]
) -> None:
    """Plots have no heights: their boxes lie at zero, they themselves on the terrain."""
    with imported_here():
        project = make_plan(tmp_path, {"hut": (25, 5, 5, 5, 90, 93)}, LAYERS)
        corner = Affine(2, 0, ORIGIN[0] - 30, 0, -2, ORIGIN[1] + 60)
        heights = np.full((60, 60), 90.0, np.float32)
        import_files(project, [write(tmp_path / "ground.tif", heights, transform=corner, crs="EPSG:28992")])
        project.close()
    window = opened(tmp_path / "plan.city.gpkg")
    drawn(qtbot, window)
    window.flights.to_objects([window.session.project.find("A")[0].fid])
    qtbot.waitUntil(lambda: abs(window.canvas.camera.target[2] - 90.0) < 5.0, timeout=5000)
