"""How long the window's event loop is held up while a city of 100 000 buildings is imported.

A heartbeat every few milliseconds stands for what a person does; what it is late is how long one
turn of the loop took. The peer is the same window with nothing to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.city import city_file
from benchmarks.figure import Figure, show

BUILDINGS = 100_000
HEARTBEAT_MS = 4
LIMIT_MS = 100
IDLE_S = 5
PATIENCE_S = 600


@contextmanager
def display() -> Iterator[None]:
    """The screen there is, or a virtual one."""
    if os.environ.get("DISPLAY") or not shutil.which("Xvfb"):
        os.environ.setdefault("QT_QPA_PLATFORM", "" if os.environ.get("DISPLAY") else "offscreen")
        yield
        return
    read, write = os.pipe()
    # It ends with its last client, this process.
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"]
    subprocess.Popen([*command, "-terminate"], pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as answer:
        os.environ["DISPLAY"] = f":{answer.readline().strip()}"
    yield


def turns_ms(run_until: Callable[[Callable[[], None]], None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How late each heartbeat was while `run_until(quit)` ran the event loop."""
    from PySide6.QtCore import QEventLoop, Qt, QTimer

    beats: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(HEARTBEAT_MS)
    timer.timeout.connect(lambda: beats.append(perf_counter()))
    loop = QEventLoop()
    timer.start()
    run_until(loop.quit)
    loop.exec()
    timer.stop()
    return np.maximum(np.diff(beats) * 1000 - HEARTBEAT_MS, 0)


def main() -> int:
    """Measure and print."""
    path = city_file(BUILDINGS)
    with display(), tempfile.TemporaryDirectory() as folder:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        from app.settings import Settings
        from app.window import Window

        application = QApplication([])
        window = Window(Settings(Path(folder) / "settings.ini"), Path(folder) / "untitled")
        window.resize(1280, 800)
        window.show()
        idle = turns_ms(lambda end: QTimer.singleShot(IDLE_S * 1000, end))
        problems: list[str] = []
        window.session.problem.connect(problems.append)

        def import_city(end: Callable[[], None]) -> None:
            window.session.drawing.shown.connect(lambda _layer: end())
            window.session.problem.connect(lambda _text: end())
            QTimer.singleShot(PATIENCE_S * 1000, end)
            window.session.import_files([path])

        start = perf_counter()
        busy = turns_ms(import_city)
        took = perf_counter() - start
        imported = not problems and len(window.session.project.layers) == 1
        window.close()
        application.shutdown()
    if not imported:
        raise RuntimeError(f"the city was not imported: {problems}")
    worst, usual = np.percentile(busy, 99.9), np.percentile(idle, 99.9)
    return show(
        Figure(
            "turns of the event loop from import to view of 100,000 buildings, 99.9th percentile",
            float(worst),
            LIMIT_MS,
            " ms",
            f"longest {busy.max():.0f} ms in {took:.0f} s; with nothing to do {usual:.1f} ms",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
