"""Several views of the demo city in one picture, each of its own date, while all cameras move as one.

Beside them the same orbit in one view of the same size, measured in turns. What counts is the time that all
cores of the processor spend on a frame: other work on the machine does not add to it, and where there is none
a frame takes no longer.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.drawing import middle_of, milliseconds_since, orbit
from benchmarks.figure import Figure, in_child, show

SIZE = (1280, 800)
FRAMES, ROUNDS, WARM = 40, 3, 4
#: Ten pictures per second.
FRAME_MS = 100
#: Four views share out what one may draw: they cost little more.
MOST_DEARER = 1.6
#: Where the line of a swipe is, or how much is seen of the second view: no city is drawn for it.
PUT_TOGETHER_MS = 20
DATES = ("1950", "1990", "2020", None)
WAYS = {"one view": ("row", 1), "four views": ("grid", 4), "swipe": ("swipe", 2), "onion skin": ("onion", 2)}


def make_project(path: str) -> str:
    """The demo city; in a process of its own."""
    from app.demo import make_demo

    make_demo(Path(path), Path(path).with_name("files"), lambda _fraction, _text: None)
    return path


def measured(path: str) -> dict[str, Any]:
    """The orbit in every arrangement, and how long its parts take to be put together anew."""
    from layers.project import Project
    from viewer.arrangement import Arrangement
    from viewer.panes import Panes
    from viewer.scene import prepare
    from viewer.showing import Showing

    found: dict[str, Any] = {}
    with Project.open(Path(path)) as project:
        panes = Panes(project, SIZE)
        for layer in reversed(project.layers):
            panes.lead.add(prepare(layer, project.drawable(layer), project.place, project))
        for name, (way, count) in WAYS.items():
            panes.arrange(Arrangement(way), [Showing(date) for date in DATES[:count]])
            start = perf_counter()
            panes.bring_all()
            brought = milliseconds_since(start)
            panes.fit()
            panes.settle()
            panes.frame()
            panes.moving = True
            times, waits = [], []
            for camera in orbit(panes.camera, middle_of(panes.lead), FRAMES):
                panes.camera = camera
                start, spent = perf_counter(), process_time()
                panes.frame()
                waits.append(milliseconds_since(start))
                times.append((process_time() - spent) * 1000)
            panes.moving = False
            start = perf_counter()
            panes.frame()
            rest = milliseconds_since(start)
            start = perf_counter()
            panes.arrangement = panes.arrangement.moved(0.6)
            panes.frame()
            again = milliseconds_since(start)
            found[name] = {
                "frames": times[WARM:],
                "waits": waits[WARM:],
                "rest": rest,
                "again": again,
                "brought": brought,
            }
        panes.close()
    return found


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = in_child(__spec__.name, "make_project", Path(folder) / "demo.city.gpkg")
        rounds = [in_child(__spec__.name, "measured", path) for _ in range(ROUNDS)]
    usual = {name: min(float(np.median(one[name]["frames"])) for one in rounds) for name in WAYS}
    figures = []
    for name in list(WAYS)[1:]:
        slow = min(float(np.percentile(one[name]["frames"], 95)) for one in rounds)
        wait = min(float(np.median(one[name]["waits"])) for one in rounds)
        note = f"95 % within {slow:.0f} ms; one view {usual['one view']:.0f} ms; by the clock {wait:.0f} ms"
        title = f"processor time for a frame of the demo city in motion, {name}"
        figures.append(Figure(title, usual[name], FRAME_MS, " ms", note))
    figures.append(
        Figure(
            "four views against one view of the same size, processor time for a frame in motion",
            usual["four views"] / usual["one view"],
            MOST_DEARER,
            " ×",
        )
    )
    for name in ("swipe", "onion skin"):
        again = min(one[name]["again"] for one in rounds)
        figures.append(Figure(f"the line or the share moved, {name}", again, PUT_TOGETHER_MS, " ms"))
    return show(*figures, frames_ms={name: rounds[-1][name]["frames"] for name in WAYS})


if __name__ == "__main__":
    sys.exit(main())
