"""Scenes made of a few triangles, whose sky can be written down."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from layers.arrays import Float64, Int32

#: As good as infinite beside walls of some ten metres.
HALF_LENGTH_M = 10_000.0


@dataclass(frozen=True)
class Scene:
    """Triangles in the world."""

    vertices: Float64  # (n, 3)
    triangles: Int32  # (m, 3)


#: An open plain.
NOTHING = Scene(np.zeros((0, 3)), np.zeros((0, 3), np.int32))


def of_quads(corners: Float64) -> Scene:
    """Four-cornered faces (n, 4, 3) as triangles."""
    first = 4 * np.arange(len(corners))[:, None]
    triangles = np.concatenate((first + np.array([0, 1, 2]), first + np.array([0, 2, 3]))).astype(np.int32)
    return Scene(corners.reshape(-1, 3).astype(float), triangles)


def joined(*scenes: Scene) -> Scene:
    """Several scenes as one."""
    starts = np.cumsum([0, *(len(scene.vertices) for scene in scenes)])
    triangles = [scene.triangles + start for scene, start in zip(scenes, starts[:-1], strict=True)]
    return Scene(
        np.concatenate([scene.vertices for scene in scenes]), np.concatenate(triangles).astype(np.int32)
    )


def wall(
    start: tuple[float, float], end: tuple[float, float], height_m: float, base_m: float = 0.0
) -> Float64:
    """The corners (1, 4, 3) of an upright wall."""
    (x0, y0), (x1, y1) = start, end
    top = base_m + height_m
    return np.array([[[x0, y0, base_m], [x1, y1, base_m], [x1, y1, top], [x0, y0, top]]])


def parallel_walls(height_m: float, distances_m: list[float], toward: tuple[float, float]) -> Scene:
    """Endless walls across the direction `toward`, at these distances from the origin."""
    east, north = toward
    walls = [
        wall(
            (away * east - HALF_LENGTH_M * north, away * north + HALF_LENGTH_M * east),
            (away * east + HALF_LENGTH_M * north, away * north - HALF_LENGTH_M * east),
            height_m,
        )
        for away in distances_m
    ]
    return of_quads(np.concatenate(walls))


def courtyard(side_m: float, height_m: float, turn_deg: float) -> Scene:
    """Four walls around the origin."""
    angles = np.radians(turn_deg + 45.0 + 90.0 * np.arange(5))
    corners = np.column_stack((np.cos(angles), np.sin(angles))) * side_m / np.sqrt(2)
    walls = [wall(tuple(a), tuple(b), height_m) for a, b in pairwise(corners)]
    return of_quads(np.concatenate(walls))


def of_heights(heights: Float64, step_m: float = 1.0) -> Scene:
    """A raster of heights, rows from the north, as triangles between the middles of its cells.

    The middle of cell (row, column) is vertex row * columns + column, at x = column + 0.5 and
    y = rows - row - 0.5, times the step.
    """
    rows, columns = heights.shape
    row, column = np.indices(heights.shape)
    places = (column.ravel() + 0.5, rows - row.ravel() - 0.5)
    vertices = np.column_stack([np.multiply(places, step_m).T, heights.ravel()]).astype(float)
    number = row * columns + column
    a, b, c, d = (
        part.ravel() for part in (number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:])
    )
    triangles = np.concatenate((np.column_stack((a, c, d)), np.column_stack((a, d, b))))
    return Scene(vertices, triangles.astype(np.int32))
