"""A small quarter of boxes on flat ground, far out in its grid, as a scene and as triangles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from layers.arrays import Float64, Int32
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from tests.boxes import Box, write_boxes
from viewer.scene import Scene, prepare

#: Where float32 has steps of half a metre.
EAST, NORTH = 415_000.0, 5_453_000.0
GROUND = Box((EAST, NORTH), 300.0, 300.0, 0.0, -1.0, 0.0)
HOUSES = [
    Box((EAST - 20, NORTH - 10), 14.0, 9.0, 0.4, 0.0, 11.0),
    Box((EAST + 12, NORTH + 6), 10.0, 10.0, 1.1, 0.0, 31.0),
    Box((EAST + 40, NORTH - 25), 30.0, 8.0, -0.3, 0.0, 6.0),
    Box((EAST - 8, NORTH + 30), 9.0, 22.0, 0.0, 0.0, 17.0),
    Box((EAST - 45, NORTH + 15), 6.0, 6.0, 0.7, 0.0, 24.0),
]
BOXES = [GROUND, *HOUSES]
#: World coordinates of the corner that boxes are placed from.
CORNER = np.array([85_000.0, 447_000.0, 0.0])
MIDDLE = CORNER + np.array([EAST, NORTH, 0.0])
#: Two triangles for every side of a box, facing outward.
TRIANGLES = np.array(
    [t for a, b, c, d in ((3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
     for t in ((a, b, c), (a, c, d))], np.int32
)  # fmt: skip


def triangles() -> tuple[Float64, Int32]:
    """Vertices (world) and triangles of all boxes, as the file has them, to the millimetre."""
    vertices = np.concatenate([np.round(box.corners, 3) + CORNER for box in BOXES])
    cells = np.concatenate([TRIANGLES + 8 * number for number in range(len(BOXES))])
    return vertices, cells.astype(np.int32)


@contextmanager
def quarter(folder: Path, size: tuple[int, int]) -> Iterator[tuple[Project, Scene]]:
    """The boxes as a project and a scene."""
    with Project.create(folder / "quarter.city.gpkg") as project:
        import_files(project, [write_boxes(folder / "quarter.city.jsonl", BOXES)], ReadOptions())
        scene = Scene(project, size)
        for layer in project.layers:
            scene.add(prepare(layer, project.drawable(layer), project.place, project))
        try:
            yield project, scene
        finally:
            scene.close()
