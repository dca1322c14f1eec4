"""What ten times as many buildings cost: frames, memory, picking, for three sizes of the city.

Each size is its own peer: a figure may grow by half when the city becomes ten times as large.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks.figure import BUILDINGS, Figure, in_child, show
from benchmarks.project import city_project, import_cost

GROWTH = 1.5
ROUNDS = 2


def best(answers: list[dict[str, Any]]) -> dict[str, float]:
    """The figures of one size: the worst station of the best round."""
    stations = answers[0]["stations"]
    frame = max(min(median(a["stations"][s]["frames_ms"]) for a in answers) for s in stations)
    pick = max(min(median(a["stations"][s]["picks_ms"]) for a in answers) for s in stations)
    return {"frame_ms": frame, "pick_ms": pick, "memory_mb": min(a["peak_mb"] for a in answers)}


def main() -> int:
    """Measure and print."""
    sizes = (BUILDINGS // 100, BUILDINGS // 10, BUILDINGS)
    answers: dict[int, list[dict[str, Any]]] = {size: [] for size in sizes}
    for _ in range(ROUNDS):
        for size in sizes:
            answers[size].append(in_child("benchmarks.drawing", "measured", city_project(size)))
    curve = {size: best(answers[size]) for size in sizes}
    figures = []
    for what, key, unit in (
        ("frame in motion", "frame_ms", "ms"),
        ("memory", "memory_mb", "MB"),
        ("pick", "pick_ms", "ms"),
    ):
        for smaller, size in pairwise(sizes):
            values = curve[smaller][key], curve[size][key]
            figures.append(
                Figure(
                    f"{what}, {size:,} against {smaller:,} buildings",
                    values[1] / values[0],
                    GROWTH,
                    " ×",
                    f"{values[0]:.3g} to {values[1]:.3g} {unit}",
                )
            )
    seconds = [import_cost(city_project(size))["seconds"] for size in sizes]
    return show(
        *figures, sizes=sizes, import_s=seconds, **{k: [curve[n][k] for n in sizes] for k in curve[sizes[0]]}
    )


if __name__ == "__main__":
    sys.exit(main())
