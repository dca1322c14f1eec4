"""Another date of a large city: how long until the picture shows it.

Every building has a date since when it stands. As in the window the first picture is one in motion; all
detail follows at rest. Beside it, the ghosts of the buildings that do not stand yet.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.drawing import frame_ms, milliseconds_since, opened, rest_ms
from benchmarks.figure import BUILDINGS, Figure, in_child, show
from benchmarks.project import city_project

#: There and back, by steps of years and of a century.
DATES = ("1950", "1960", "1990", "1991", "2020", "1920", "2024", "1950", "2024", "1985")
ROUNDS = 2
SWITCH_MS = 500


def measured(path: str) -> dict[str, Any]:
    """Switching without and with ghosts; times in milliseconds."""
    found: dict[str, Any] = {}
    with opened(Path(path)) as (_project, scene, _layer):
        rest_ms(scene)
        for name, ghosts in (("without ghosts", False), ("with ghosts", True)):
            scene.ghosts, scene.moving = ghosts, True
            scene.set_date("2000")
            frame_ms(scene)
            times = []
            for date in DATES:
                start = perf_counter()
                scene.set_date(date)
                frame_ms(scene)
                times.append(milliseconds_since(start))
            found[name] = {"times": times, "rest": rest_ms(scene)}
    return found


def main() -> int:
    """Measure and print."""
    path = city_project(BUILDINGS)
    rounds = [in_child(__spec__.name, "measured", path) for _ in range(ROUNDS)]
    figures = []
    for name in rounds[0]:
        best = min((one[name] for one in rounds), key=lambda one: float(np.median(one["times"])))
        note = f"slowest {max(best['times']):.0f} ms; all detail {best['rest']:.0f} ms later"
        what = f"another date of {BUILDINGS:,} buildings, {name}"
        figures.append(Figure(what, float(np.median(best["times"])), SWITCH_MS, " ms", note))
    return show(*figures, times_ms={name: rounds[-1][name]["times"] for name in rounds[-1]})


if __name__ == "__main__":
    sys.exit(main())
