"""A window of its own process, in the middle of a drag: `python -m tests.app.dragged PROJECT FOLDER FID`.

It draws nothing new: it takes hold of a building in the scenario Tower, drags it, says so, and waits.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.settings import Settings
from app.window import Window

#: How long it may take until everything is drawn, and until somebody kills it, milliseconds.
READY_MS, WAIT_MS = 60_000, 120_000
STEP_MS = 50


def main(project: Path, folder: Path, fid: int) -> None:
    """Open, take hold, drag, and wait."""
    app = QApplication(["citystrata"])
    window = Window(Settings(folder / "settings.ini"), folder / "untitled")
    window.resize(1280, 800)
    window.show()
    window.open_paths([project])
    for _ in range(READY_MS // STEP_MS):
        QTest.qWait(STEP_MS)
        if window.session.is_open and not window.session.is_loading:
            break
    window.session.situation.set_scenario(window.session.project.scenario("Tower").id)
    window.session.select([fid])
    window.actions_["model_move"].trigger()
    tool = window.modelling.desk.tool
    assert tool is not None
    canvas = window.canvas
    (place, _), *_ = tool.knobs()  # type: ignore[attr-defined]
    x, y, _ = canvas.camera.project(np.array([place]), canvas.width(), canvas.height())[0].tolist()
    at = QPoint(round(x), round(y))
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at)
    for step in range(1, 8):
        QTest.mouseMove(canvas, at + QPoint(6 * step, 0))
        QTest.qWait(20)
    assert tool.is_ready  # a ghost of it stands elsewhere
    print("dragging", flush=True)
    QTest.qWait(WAIT_MS)
    app.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
