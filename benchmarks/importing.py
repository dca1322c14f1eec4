"""Importing a city into a project: its memory, and how much quicker the project opens again.

The peer of reopening is importing the same file, in the same run; both in a program that is running.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.city import city_file
from benchmarks.figure import Figure, fastest, in_child, show
from benchmarks.memory import MEGABYTE

BUILDINGS = 100_000
PICTURE = (1280, 800)


def reopen(project_path: str) -> float:
    """Seconds from opening the project to its first picture."""
    from layers.project import Project
    from viewer.scene import Scene

    start = perf_counter()
    with Project.open(Path(project_path)) as project:
        scene = Scene(project, size=PICTURE)
        for layer in project.layers:
            scene.load(layer, project.drawable(layer))
        scene.settle()
        picture = scene.frame()
        elapsed = perf_counter() - start
        assert picture.std() > 0, "the picture is empty"
        scene.close()
    return elapsed


def main() -> int:
    """Measure and print."""
    path = city_file(BUILDINGS)
    size_mb = path.stat().st_size / MEGABYTE
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "city.city.gpkg")
        imported = in_child("benchmarks.project", "timed_import", path, project)
        seconds, peak = imported["seconds"], imported["peak_mb"]
        reopened = fastest({"reopen": partial(in_child, __spec__.name, "reopen", project)})["reopen"]
    return show(
        Figure(
            "reopening to the first picture / importing",
            reopened / seconds,
            0.2,
            " ×",
            f"{reopened:.2f} s, importing {seconds:.2f} s",
        ),
        Figure(
            "peak memory while importing",
            peak,
            6 * size_mb + 300,
            " MB",
            f"{peak / size_mb:.1f} × the file",
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
