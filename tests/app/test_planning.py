"""Zoning check and indicators from the window alone: forms, verdicts, volumes in the view, charts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.analysisform import AnalysisForm
from app.askobjects import LayerAnswer
from app.charts import ChartView
from app.resultsummary import VerdictCard
from app.session import Session
from app.window import Window
from layers.results import INDICATORS, VIOLATIONS
from tests.analysis.planned import make_plan, rectangle
from tests.cities import imported_here

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


def test_a_permit_and_its_indicators(
    qtbot: QtBot, window: Window, tmp_path: Path, settled: Callable[[Session], None]
) -> None:
    with imported_here():
        make_plan(tmp_path, {"mill": (2, 2, 10, 6, 0, 10), "hut": (25, 5, 5, 5, 0, 3)}, LAYERS).close()
    window.open_paths([tmp_path / "plan.city.gpkg"])
    qtbot.waitUntil(lambda: window.session.is_open, timeout=5000)
    settled(window.session)
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
