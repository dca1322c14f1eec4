"""How long the window does not answer while the largest city is edited, hidden, dated and coloured anew.

A heartbeat every few milliseconds stands for what a person does; what it is late is how long one turn
of the event loop took. The peer is the same window with nothing to do.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import BUILDINGS, Figure, show
from benchmarks.project import city_project, put_back
from benchmarks.responsiveness import IDLE_S, LIMIT_MS, PATIENCE_S, display, turns_ms

if TYPE_CHECKING:
    from app.window import Window
    from layers.edit import Edit

QUIET_S = 0.6  # longer than the pause before a picture is refined
MANY = 5000
Act = Callable[[], object]


def acts(window: Window) -> Iterator[tuple[str, Act]]:
    """What a person does, one after the other."""
    session = window.session
    layer = session.project.layers[0]
    fids = np.arange(layer.first_fid, layer.first_fid + layer.object_count)
    chosen = np.random.default_rng(11).choice(fids, MANY, replace=False)

    def set_layer(**what: Any) -> Act:
        return lambda: session.run_edit("Change the layer", lambda edit: edit.set_layer(layer.id, **what))

    def set_label(some: NDArray[np.int64], label: str) -> Act:
        def change(edit: Edit) -> None:
            for fid in some.tolist():
                edit.set_attribute(fid, "energyLabel", label)

        return lambda: session.run_edit("Correct the label", change, values=len(some))

    style = {**layer.style, "color_by": "attribute:energyLabel"}
    yield "colouring by an attribute", set_layer(style=style)
    yield "editing the attribute that colours", set_label(chosen[:1], "A")
    yield "undoing that", session.undo
    yield f"editing it in {MANY:,} objects", set_label(chosen, "G")
    yield "undoing that", session.undo
    yield f"selecting {MANY:,} objects", lambda: session.select(chosen)
    yield f"hiding {MANY:,} objects", lambda: session.hide(chosen)
    yield "showing all", session.show_all
    yield f"isolating {MANY:,} objects", lambda: session.isolate(chosen)
    yield "showing all again", session.show_all
    yield "switching to LoD 0", set_layer(lod="0")
    yield "switching back to LoD 2.2", set_layer(lod="2.2")
    yield "switching to another date", lambda: session.situation.set_date("1950-01-01")
    yield "switching back", lambda: session.situation.set_date("")


def main() -> int:
    """Measure and print."""
    path = city_project(BUILDINGS)
    figures: list[Figure] = []
    with display(), tempfile.TemporaryDirectory() as folder:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        from app.settings import Settings
        from app.window import Window

        application = QApplication([])
        window = Window(Settings(Path(folder) / "settings.ini"), Path(folder) / "untitled")
        window.resize(1600, 1000)
        window.show()
        idle = float(turns_ms(lambda end: QTimer.singleShot(IDLE_S * 1000, end)).max())
        problems: list[str] = []
        window.session.problem.connect(problems.append)

        def until_quiet(act: Act) -> Callable[[Act], None]:
            """Runs `act`; the loop ends when nothing has been on its way for a while."""

            def run(end: Act) -> None:
                start = perf_counter()
                state = {"quiet": start}

                def look() -> None:
                    now = perf_counter()
                    if is_busy(window):
                        state["quiet"] = now
                    if now - state["quiet"] > QUIET_S or now - start > PATIENCE_S:
                        timer.stop()
                        end()

                timer = QTimer(window)
                timer.setInterval(20)
                timer.timeout.connect(look)
                timer.start()
                QTimer.singleShot(0, act)

            return run

        opening = turns_ms(until_quiet(lambda: window.session.open_project(path)))
        figures.append(longest("opening", opening, idle))
        with put_back(window.session.project):
            for what, act in acts(window):
                figures.append(longest(what, turns_ms(until_quiet(act)), idle))
        window.close()
        application.shutdown()
    if problems:
        raise RuntimeError(f"the window had problems: {problems}")
    return show(*figures)


def is_busy(window: Window) -> bool:
    """Whether something is still on its way into the picture."""
    session = window.session
    if not session.is_open or session.is_loading:
        return True
    return session.scene.needs_frame or session.scene.is_drawing


def longest(what: str, turns: NDArray[np.float64], idle_ms: float) -> Figure:
    """How long the loop was held at most."""
    return Figure(
        f"{what}, {BUILDINGS:,} buildings: longest turn of the event loop",
        float(turns.max()),
        LIMIT_MS,
        " ms",
        f"99.9th percentile {np.percentile(turns, 99.9):.0f} ms; with nothing to do {idle_ms:.1f} ms",
    )


if __name__ == "__main__":
    sys.exit(main())
