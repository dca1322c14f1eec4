"""A city of a million buildings: opened, orbited near and far, at rest; memory, and what others need.

The yardstick is a plain VTK scene of one actor with 150 000 triangles, drawn in turns with ours at the
same size. PyVista and F3D get all triangles of the city, or as many of them as memory holds.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.figure import BUILDINGS, Figure, in_child, show
from benchmarks.memory import available_mb
from benchmarks.peers import YARDSTICK_TRIANGLES
from benchmarks.project import city_project

ROUNDS = 2
YARDSTICK_FRAMES, PEER_FRAMES = 60, 3
OPEN_S, REST_MS, MEMORY_MB = 5, 2000, 2500
#: What others need per triangle while they read and draw, in megabytes.
PEER_MB = {"pyvista": 250e-6, "f3d": 500e-6}


def yardstick_ms(path: Path) -> list[float]:
    """The frames of the plain scene, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        in_child("benchmarks.peers", "write_triangles", path, folder, YARDSTICK_TRIANGLES)
        times: list[float] = in_child("benchmarks.peers", "plain_vtk", folder, YARDSTICK_FRAMES)["frames_ms"]
    return times


def peer(name: str, path: Path) -> tuple[dict[str, Any], int]:
    """What another program measures with as many of the triangles as it can hold, and how many those are."""
    most = int(available_mb() * 0.8 / PEER_MB[name])
    while True:
        with tempfile.TemporaryDirectory() as folder:
            count = in_child("benchmarks.peers", "write_triangles", path, folder, most)
            try:
                if name == "f3d":
                    in_child("benchmarks.peers", "write_glb", folder)
                return in_child("benchmarks.peers", name, folder, PEER_FRAMES), count
            except RuntimeError:
                if count < YARDSTICK_TRIANGLES:
                    raise
                most = count // 2


def main() -> int:
    """Measure and print."""
    path = city_project(BUILDINGS)
    yard: list[float] = []
    rounds: list[dict[str, Any]] = []
    for _ in range(ROUNDS):
        yard += yardstick_ms(path)
        rounds.append(in_child("benchmarks.drawing", "measured", path))
    yard_ms = median(yard)
    last = rounds[-1]
    city = f"{BUILDINGS:,} buildings"
    figures = [
        Figure(
            f"from opening {city} to the first full picture", min(r["open_s"] for r in rounds), OPEN_S, " s"
        )
    ]
    for station in last["stations"]:
        times = np.concatenate([r["stations"][station]["frames_ms"] for r in rounds])
        usual, slow = float(np.median(times)), float(np.percentile(times, 95))
        said = f"{usual:.0f} ms, yardstick {yard_ms:.0f} ms"
        resting = min(r["stations"][station]["rest_ms"] for r in rounds)
        figures += [
            Figure(
                f"orbit around {station}, {city}: median frame / yardstick", usual / yard_ms, 1, " ×", said
            ),
            Figure("… 95th percentile / yardstick's median", slow / yard_ms, 2, " ×", f"{slow:.0f} ms"),
            Figure("… refined at rest", resting, REST_MS, " ms"),
        ]
    figures.append(
        Figure(f"memory with {city}, after flying", max(r["peak_mb"] for r in rounds), MEMORY_MB, " MB")
    )
    far_ms = median(last["stations"]["the whole city"]["frames_ms"])
    for name, title in (("pyvista", "PyVista"), ("f3d", "F3D")):
        answer, triangles = peer(name, path)
        frame_ms = median(answer["frames_ms"])
        figures.append(
            Figure(
                f"frames of {city}, faster than {title}",
                frame_ms / far_ms,
                30,
                " ×",
                f"{title} {frame_ms:,.0f} ms with {triangles:,} triangles, {answer['memory_mb']:,.0f} MB,"
                f" first picture after {answer['first_s']:.0f} s",
                at_least=True,
            )
        )
    series = {name: rounds[-1]["stations"][name]["frames_ms"] for name in last["stations"]}
    return show(*figures, yardstick_ms=yard_ms, frames_ms=series)


if __name__ == "__main__":
    sys.exit(main())
