"""A new user and two files: Hamburg of 2016 and 2022 opened, swiped between, and what changed read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.analysisform import AnalysisForm
from app.dialogs.snapshot import SnapshotForm
from app.session import Session
from app.window import Window
from layers.results import FINDINGS
from tests.app.snapshots import drawn
from tests.conftest import real

TILE = "multitemporal/hamburg-2016-2022/{}/LoD2_576_5950_1_HH.xml"


def test_two_files_are_compared_from_the_window(
    qtbot: QtBot, window: Window, settled: Callable[[Session], None]
) -> None:
    for number, year in enumerate(("2016", "2022"), 1):
        window.open_paths([real(TILE.format(year))])
        qtbot.waitUntil(
            lambda number=number: window.session.is_open and len(window.session.project.layers) == number,
            timeout=60_000,
        )
        settled(window.session)
    window.notices.info.acted.emit()
    form = next(form for form in window.findChildren(SnapshotForm) if form.isVisible())
    assert (form.date.text(), form.other_date.text()) == ("2022", "2016")  # from the folders
    form.series.setText("Hamburg")
    form.accept()
    qtbot.waitUntil(lambda: len(window.session.ticks) == 2, timeout=5000)
    qtbot.keyClick(window.canvas, Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    drawn(qtbot, window)
    counts = [scene.shown_objects[0] for scene in window.session.panes.scenes]
    assert counts[0] > 0 and counts[1] > 0  # each side stands at its date, though entered later
    window.time.bar.changes.click()
    asked = next(form for form in window.findChildren(AnalysisForm) if form.isVisible())
    qtbot.waitUntil(lambda: asked.run_button.isEnabled(), timeout=10_000)
    asked.accept()
    qtbot.waitUntil(lambda: window.analysing.shown is not None, timeout=100_000)
    assert window.analysing.shown is not None
    findings = window.analysing.shown.result.tables[FINDINGS].texts("sentence")
    assert any("is not counted as a change" in sentence for sentence in findings)  # of the datum
    kinds = window.results.changes.rows.kinds()
    assert kinds.get("split") == 1 and sum(kinds.values()) > 1
