"""Picking, selecting, editing, raising and undoing in a project of 100 000 buildings.

Picking is compared with vtkHardwareSelector on the same triangles in the same picture size.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.drawing import opened, rest_ms
from benchmarks.figure import PICTURE, Figure, in_child, show
from benchmarks.project import city_project, put_back

if TYPE_CHECKING:
    from layers.arrays import CityTiles
    from viewer.scene import Scene

TIMES = 30
#: Buildings that are raised, and within what time each is to be seen.
LIFTED, LIFTED_MS = 8, 300


def milliseconds(work: Callable[[int], object], arguments: Sequence[int]) -> tuple[float, float]:
    """The median and the longest time of `work` over the arguments."""
    took = []
    for argument in arguments:
        start = perf_counter()
        work(argument)
        took.append((perf_counter() - start) * 1000)
    return median(took), max(took)


def longest(took: tuple[float, float]) -> str:
    """What to say beside the median."""
    return f"longest {took[1]:.1f} ms"


def pixel_of(scene: Scene, tiles: CityTiles, position: int) -> tuple[float, float]:
    """Where the last surface of an object, part of its roof, is drawn."""
    entry = int(np.flatnonzero(tiles.entry_object == position)[0])
    surface = int(tiles.entry_surface[entry + 1]) - 1
    corners = tiles.vertices[tiles.surface_vertex[surface] : tiles.surface_vertex[surface + 1]]
    x, y, _depth = scene.camera.project(corners.mean(axis=0)[None], *PICTURE)[0]
    return float(x), float(y)


def main() -> int:
    """Measure and print."""
    from layers.arrays import CityTiles
    from layers.reworking import Workshop
    from viewer.prepared import revised

    path = city_project()
    with tempfile.TemporaryDirectory() as folder:
        in_child("benchmarks.peers", "write_triangles", path, folder)
        selector_ms = median(in_child("benchmarks.peers", "hardware_selector", folder, 5)["frames_ms"])
    with opened(path) as (project, scene, layer):
        city = project.drawable(layer)
        assert isinstance(city, CityTiles)
        rest_ms(scene)
        project.changed.connect(scene.on_changes)
        random = np.random.default_rng(5)
        fids = random.choice(project.fids(layer), TIMES, replace=False).tolist()

        def select(fid: int) -> None:
            project.object(fid)
            project.source_text(fid)
            scene.select([fid])

        def edit(fid: int) -> None:
            with project.edit("Correct the energy label") as step:
                step.set_attribute(fid, "energyLabel", "B+")

        def lift(fid: int) -> None:
            workshop = Workshop(project, None)
            shape = workshop.shape(fid)
            assert shape is not None
            with project.edit("Raise") as step:
                workshop.reshape(
                    step, {fid: replace(shape, vertices=shape.vertices + np.array([0.0, 0.0, 2.0]))}
                )
            with project.reader() as reader:
                scene.revise(revised(layer, np.array([fid]), reader))
            scene.frame()

        places = [pixel_of(scene, city, int(fid) - layer.first_fid) for fid in fids]
        selected = milliseconds(select, fids)
        edited = milliseconds(edit, fids)
        undone = milliseconds(lambda _: project.undo(), fids)
        with put_back(project):
            lifted = milliseconds(lift, fids[:LIFTED])
        scene.pick(*places[0])  # the first pick makes what the others use
        picked = milliseconds(lambda at: scene.pick(*places[at]), range(TIMES))
        hits = sum(scene.pick(x, y) is not None for x, y in places)
        project.changed.disconnect(scene.on_changes)
    assert hits > TIMES * 0.9, "the picks must hit something"
    limits = (("selecting", selected, 50), ("editing", edited, 50), ("undoing", undone, 50))
    return show(
        *(
            Figure(f"{what} one of 100,000 objects", value[0], limit, " ms", longest(value))
            for what, value, limit in limits
        ),
        Figure(
            "raising one of 100,000 buildings, until it is seen", lifted[0], LIFTED_MS, " ms", longest(lifted)
        ),
        Figure(
            "picking in 100,000 buildings",
            picked[0],
            5,
            " ms",
            f"{longest(picked)}; vtkHardwareSelector {selector_ms:.0f} ms, {picked[0] / selector_ms:.2g} ×",
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
