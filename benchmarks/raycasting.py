"""Rays against the engine called directly, two threads against one, against VTK's best locator.

The city is a generated one of 10,000 buildings; rays start from a grid on its roofs and walls. Times are
the best of several, taken in turns. Also: how long it takes to gather what casts shadow and to lay points.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import Figure, fastest, in_child, show
from benchmarks.project import city_project

if TYPE_CHECKING:
    from analysis.rays import Rays
    from analysis.receivers import Receivers
    from layers.arrays import Float64

BUILDINGS = 10_000
SPACING_M = 3.0
#: Directions of the sky that all points are held against, and rays for VTK, which casts one after another.
DIRECTIONS, VTK_RAYS = 12, 4_000
SHARE, THREADS_GAIN, VTK_GAIN = 0.9, 1.8, 35.0
GATHER_S, LAY_S, BUILD_S = 1.0, 8.0, 2.0
SUN = np.array([0.48, -0.64, 0.6])


def measured(path: str) -> dict[str, Any]:
    """All of it in one process."""
    from analysis.casters import casters
    from analysis.facades import on_surfaces
    from analysis.rays import Rays
    from layers.project import Project

    with Project.open(Path(path), read_only=True) as project:
        start = perf_counter()
        cast = casters(project)
        gather_s = perf_counter() - start
        start = perf_counter()
        receivers = on_surfaces(project, spacing_m=SPACING_M)
        lay_s = perf_counter() - start
    build_s = fastest({"build": lambda: _timed(lambda: Rays(cast.vertices, cast.triangles))})["build"]
    rays = Rays(cast.vertices, cast.triangles, threads=2)
    return {
        "gather_s": gather_s,
        "lay_s": lay_s,
        "build_s": build_s,
        "triangles": len(cast.triangles),
        "points": len(receivers),
        **_rates(rays, receivers),
        "vtk": _vtk_rate(cast.vertices[cast.triangles], receivers.points),
    }


def _timed(do: Any) -> float:
    start = perf_counter()
    do()
    return perf_counter() - start


def _rates(rays: Rays, receivers: Receivers) -> dict[str, float]:
    """Rays per second: of the engine called directly, and through `Rays` on one and two threads."""
    alone, starts = rays.on_one_thread(), rays.starts(receivers.points)
    ways = _sky(DIRECTIONS)
    reach = np.full(len(starts), 1e30, np.float32)

    def raw(directions: Float64) -> None:
        for way in directions.astype(np.float32):
            rays._scene.run(starts.local, way[None], dists=reach, query="OCCLUDED")

    one = SUN[None]
    seconds = fastest(
        {
            "raw sun": lambda: _timed(lambda: raw(one)),
            "sun": lambda: _timed(lambda: alone.blocked(starts, SUN)),
            "sun on two": lambda: _timed(lambda: rays.blocked(starts, SUN)),
            "raw sky": lambda: _timed(lambda: raw(ways)),
            "sky": lambda: _timed(lambda: alone.visible(starts, None, ways)),
            "sky on two": lambda: _timed(lambda: rays.visible(starts, None, ways)),
        },
        rounds=3,
    )
    return {
        name: len(starts) * (len(ways) if "sky" in name else 1) / second for name, second in seconds.items()
    }


def _sky(count: int) -> Float64:
    """Directions spread over the upper half of the sky."""
    number = np.arange(count) + 0.5
    height, turn = number / count, number * 2.399963
    flat = np.sqrt(1 - height**2)
    return np.column_stack((flat * np.cos(turn), flat * np.sin(turn), height))


def _vtk_rate(corners: Float64, points: Float64) -> float:
    """Rays per second of vtkStaticCellLocator, which is asked one by one."""
    from vtkmodules.vtkCommonCore import reference
    from vtkmodules.vtkCommonDataModel import vtkStaticCellLocator

    locator = vtkStaticCellLocator()
    locator.SetDataSet(_polygons(corners))
    locator.BuildLocator()
    middle = corners.reshape(-1, 3).mean(axis=0)
    random = np.random.default_rng(0)
    some = points[random.choice(len(points), VTK_RAYS, replace=False)] - middle
    ends = some + SUN * 5_000
    at, where, local = [0.0] * 3, reference(0.0), [0.0] * 3
    start = perf_counter()
    for one, end in zip(some.tolist(), ends.tolist(), strict=True):
        locator.IntersectWithLine(one, end, 1e-9, where, at, local, reference(0))
    return VTK_RAYS / (perf_counter() - start)


def _polygons(corners: Float64) -> Any:
    """Triangles (m, 3, 3) as VTK has them, about their middle."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    flat = corners.reshape(-1, 3)
    points, cells, found = vtkPoints(), vtkCellArray(), vtkPolyData()
    points.SetData(numpy_to_vtk(flat - flat.mean(axis=0), deep=True))
    offsets = np.arange(0, len(flat) + 1, 3, dtype=np.int64)
    numbers = np.arange(len(flat), dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(numbers, deep=True))
    found.SetPoints(points)
    found.SetPolys(cells)
    return found


def main() -> int:
    """Measure and print."""
    found = in_child(__spec__.name, "measured", city_project(BUILDINGS))
    city = f"{BUILDINGS:,} buildings, {found['triangles']:,} triangles"
    cores = os.cpu_count() or 1
    million = {name: found[name] / 1e6 for name in found if "sun" in name or "sky" in name}
    return show(
        Figure(
            f"rays to the sun, as part of the engine's own rate, {city}",
            found["sun"] / found["raw sun"],
            SHARE,
            note=f"{million['sun']:.1f} of {million['raw sun']:.1f} M rays/s on one thread",
            at_least=True,
        ),
        Figure(
            "rays to the sky, as part of the engine's own rate",
            found["sky"] / found["raw sky"],
            SHARE,
            note=f"{million['sky']:.1f} of {million['raw sky']:.1f} M rays/s on one thread",
            at_least=True,
        ),
        Figure(
            "two threads against one, rays to the sky",
            found["sky on two"] / found["sky"],
            THREADS_GAIN,
            note=f"{million['sky on two']:.1f} M rays/s, {cores} cores",
            at_least=True,
        ),
        Figure(
            "one thread against vtkStaticCellLocator, rays to the sun",
            found["sun"] / found["vtk"],
            VTK_GAIN,
            note=f"VTK {found['vtk'] / 1e6:.3f} M rays/s",
            at_least=True,
        ),
        Figure(f"gathering what casts shadow, {city}", found["gather_s"], GATHER_S, " s"),
        Figure("building the tree of rays", found["build_s"], BUILD_S, " s"),
        Figure(
            f"laying points on surfaces, {SPACING_M:g} m apart",
            found["lay_s"],
            LAY_S,
            " s",
            f"{found['points']:,} points",
        ),
        rates=million,
    )


if __name__ == "__main__":
    sys.exit(main())
