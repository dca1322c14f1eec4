"""Picking, selecting, editing and undoing in a project of 100 000 buildings.

Picking is compared with vtkHardwareSelector on the same triangles in the same picture size.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.figure import Figure, show
from benchmarks.project import city_project

if TYPE_CHECKING:
    from layers.arrays import CityTiles
    from viewer.scene import Scene

SIZE = (1280, 800)
TIMES = 30


def milliseconds(work: Callable[[int], object], arguments: Sequence[int]) -> tuple[float, float]:
    """The median and the longest time of `work` over the arguments."""
    took = []
    for argument in arguments:
        start = perf_counter()
        work(argument)
        took.append((perf_counter() - start) * 1000)
    return median(took), max(took)


def hardware_selector_ms(city: CityTiles) -> float:
    """The median time that vtkHardwareSelector takes to name what is under one pixel."""
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  # brings the drawing of all these
    from vtkmodules.vtkCommonCore import vtkFloatArray, vtkPoints, vtkTypeInt64Array
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkRenderingCore import (
        vtkActor,
        vtkHardwareSelector,
        vtkPolyDataMapper,
        vtkRenderer,
        vtkRenderWindow,
    )

    points, cells, polygons = vtkPoints(), vtkCellArray(), vtkPolyData()
    local = np.asarray(city.vertices) - city.vertices[0]
    coordinates, corners = vtkFloatArray(), vtkTypeInt64Array()
    coordinates.SetNumberOfComponents(3)
    for array, values in (
        (coordinates, local.astype(np.float32)),
        (corners, city.triangles.astype(np.int64)),
    ):
        array.SetNumberOfTuples(values.size // array.GetNumberOfComponents())
        np.asarray(array)[...] = values.reshape(np.asarray(array).shape)
    points.SetData(coordinates)
    cells.SetData(3, corners)
    polygons.SetPoints(points)
    polygons.SetPolys(cells)
    mapper, actor, renderer, window = vtkPolyDataMapper(), vtkActor(), vtkRenderer(), vtkRenderWindow()
    mapper.SetInputData(polygons)
    actor.SetMapper(mapper)
    renderer.AddActor(actor)
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*SIZE)
    window.AddRenderer(renderer)
    window.Render()
    selector = vtkHardwareSelector()
    selector.SetRenderer(renderer)

    def select(x: int) -> object:
        selector.SetArea(x, 400, x, 400)
        return selector.Select()

    return milliseconds(select, range(600, 605))[0]


def pixel_of(scene: Scene, city: CityTiles, position: int) -> tuple[float, float]:
    """Where the last surface of an object, part of its roof, is drawn."""
    (entry,) = np.flatnonzero(city.entry_object == position)
    surface = city.entry_surface[entry + 1] - 1
    corners = city.vertices[city.surface_vertex[surface] : city.surface_vertex[surface + 1]]
    x, y, _depth = scene.camera.project(corners.mean(axis=0)[None], *SIZE)[0]
    return float(x), float(y)


def main() -> int:
    """Measure and print."""
    from layers.arrays import CityTiles
    from layers.project import Project
    from viewer.scene import Scene

    with Project.open(city_project()) as project:
        layer = project.layers[0]
        city = project.drawable(layer)
        assert isinstance(city, CityTiles)
        scene = Scene(project, SIZE)
        scene.load(layer, city)
        scene.settle()
        scene.frame()
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

        places = [pixel_of(scene, city, int(fid) - layer.first_fid) for fid in fids]
        selected = milliseconds(select, fids)
        edited = milliseconds(edit, fids)
        undone = milliseconds(lambda _: project.undo(), fids)
        scene.pick(*places[0])  # the first pick makes what the others use
        picked = milliseconds(lambda at: scene.pick(*places[at]), range(TIMES))
        hits = sum(scene.pick(x, y) is not None for x, y in places)
        selector_ms = hardware_selector_ms(city)
        project.changed.disconnect(scene.on_changes)
        scene.close()
    assert hits > TIMES * 0.9, "the picks must hit something"
    limits = (("selecting", selected, 50), ("editing", edited, 50), ("undoing", undone, 50))
    return show(
        *(
            Figure(f"{what} one of 100,000 objects", value[0], limit, " ms", f"longest {value[1]:.1f} ms")
            for what, value, limit in limits
        ),
        Figure(
            "picking in 100,000 buildings",
            picked[0],
            5,
            " ms",
            f"longest {picked[1]:.1f} ms; vtkHardwareSelector {selector_ms:.0f} ms,"
            f" {picked[0] / selector_ms:.2g} ×",
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
