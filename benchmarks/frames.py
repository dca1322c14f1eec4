"""A city of 10 000 buildings turning before the camera, against PyVista and F3D with their defaults.

All draw the same triangles at the same size, each in a process of its own, in turns.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import chain
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.drawing import actor_count, flown_ms, middle_of, opened, orbit, rest_ms
from benchmarks.figure import Figure, in_child, show
from benchmarks.project import city_project

BUILDINGS = 10_000
ROUNDS = 3
PEER_FRAMES = 12
MOST_ACTORS = 200


def ours(path: str) -> dict[str, Any]:
    """From opening the project to its first full picture, then once round the city."""
    start = perf_counter()
    with opened(Path(path)) as (_project, scene, _layer):
        rest_ms(scene)
        first_s = perf_counter() - start
        times = flown_ms(scene, orbit(scene.camera, middle_of(scene)))
        resting = rest_ms(scene)
        return {"first_s": first_s, "frames_ms": times, "rest_ms": resting, "actors": actor_count(scene)}


def main() -> int:
    """Measure and print."""
    path = city_project(BUILDINGS)
    answers: dict[str, list[dict[str, Any]]] = {"ours": [], "pyvista": [], "f3d": []}
    with tempfile.TemporaryDirectory() as folder:
        triangles = in_child("benchmarks.peers", "write_triangles", path, folder)
        in_child("benchmarks.peers", "write_glb", folder)
        for _ in range(ROUNDS):
            answers["ours"].append(in_child(__spec__.name, "ours", path))
            for peer in ("pyvista", "f3d"):
                answers[peer].append(in_child("benchmarks.peers", peer, folder, PEER_FRAMES))
    frame = {name: median(chain(*(one["frames_ms"] for one in some))) for name, some in answers.items()}
    first = {name: min(one["first_s"] for one in some) for name, some in answers.items()}
    actors = max(one["actors"] for one in answers["ours"])
    said = f"{frame['ours']:.0f} ms; {triangles:,} triangles"
    return show(
        Figure(
            "frames of 10,000 buildings in motion, faster than PyVista",
            frame["pyvista"] / frame["ours"],
            6,
            " ×",
            f"{said}; PyVista {frame['pyvista']:.0f} ms",
            at_least=True,
        ),
        Figure(
            "frames of 10,000 buildings in motion, faster than F3D",
            frame["f3d"] / frame["ours"],
            5,
            " ×",
            f"{said}; F3D {frame['f3d']:.0f} ms",
            at_least=True,
        ),
        Figure(
            "from opening 10,000 buildings to the first full picture",
            first["ours"],
            first["pyvista"],
            " s",
            f"PyVista {first['pyvista']:.2f} s, F3D {first['f3d']:.2f} s, both from prepared triangles",
        ),
        Figure("actors in the scene of 10,000 buildings", actors, MOST_ACTORS),
    )


if __name__ == "__main__":
    sys.exit(main())
