"""A house around a courtyard, a house with a gable roof and a tower, with sensors on all of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from layers.arrays import Float64
from tests.validation.scenes import Scene, joined, of_quads, wall

GROUND, WALL, ROOF = 0.2, 0.3, 0.15
LIFT_M = 0.01

Rectangle = tuple[float, float, float, float]  # west, south, east, north
OUTER: Rectangle = (-20, -15, 20, 15)
COURT: Rectangle = (-9, -6, 9, 6)
GABLED: Rectangle = (32, -8, 42, 8)
TOWER: Rectangle = (-16, -45, -4, -33)
RING_M, EAVES_M, RIDGE_M, TOWER_M = 12.0, 5.0, 9.0, 30.0
#: The ground ends so far away.
REACH_M = 3_000.0


def scene() -> tuple[Scene, Float64]:
    """The triangles, and the share of light that each reflects."""
    parts = (
        (ground(), GROUND),
        (sides(OUTER, RING_M), WALL),
        (sides(COURT, RING_M), WALL),
        (ring(), ROOF),
        (sides(GABLED, EAVES_M), WALL),
        (gables(), WALL),
        (gable_roof(), ROOF),
        (sides(TOWER, TOWER_M), WALL),
        (flat(TOWER, TOWER_M), ROOF),
    )
    albedo = np.concatenate([np.full(len(part.triangles), grey) for part, grey in parts])
    return joined(*(part for part, _ in parts)), albedo


def ground() -> Scene:
    r = REACH_M
    return flat((-r, -r, r, r), 0.0)


def flat(area: Rectangle, height_m: float) -> Scene:
    west, south, east, north = area
    z = height_m
    return of_quads(np.array([[[west, south, z], [east, south, z], [east, north, z], [west, north, z]]]))


def sides(area: Rectangle, height_m: float) -> Scene:
    west, south, east, north = area
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return of_quads(np.concatenate([wall(a, b, height_m) for a, b in pairwise(corners)]))


def ring() -> Scene:
    (west, south, east, north), (w, s, e, n) = OUTER, COURT
    parts = ((west, south, east, s), (west, n, east, north), (west, s, w, n), (e, s, east, n))
    return joined(*(flat(part, RING_M) for part in parts))


def gables() -> Scene:
    west, south, east, north = GABLED
    middle = (west + east) / 2
    vertices = np.array(
        [
            corner
            for y in (south, north)
            for corner in ((west, y, EAVES_M), (east, y, EAVES_M), (middle, y, RIDGE_M))
        ]
    )
    return Scene(vertices.astype(float), np.array([[0, 1, 2], [3, 4, 5]], np.int32))


def gable_roof() -> Scene:
    west, south, east, north = GABLED
    middle = (west + east) / 2
    return of_quads(
        np.array(
            [
                [
                    [side, south, EAVES_M],
                    [middle, south, RIDGE_M],
                    [middle, north, RIDGE_M],
                    [side, north, EAVES_M],
                ]
                for side in (west, east)
            ]
        )
    )


def sensors() -> tuple[Float64, Float64]:
    """Points, lifted, and the normals of their surfaces."""
    rise = np.array([RIDGE_M - EAVES_M, 0, (GABLED[2] - GABLED[0]) / 2])
    east_roof = rise / np.linalg.norm(rise)
    west_roof = east_roof * [-1, 1, 1]
    up, east, west, north, south = (
        np.array(normal, float) for normal in ((0, 0, 1), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0))
    )
    placed = [
        *(((x, y, 0), up) for x, y in ((0, 0), (-6, 4), (7, -5), (26, 0), (0, -24), (-30, 5))),
        *(((COURT[0], 1, z), east) for z in (1.5, 6, 10.5)),
        *(((COURT[2], -2, z), west) for z in (1.5, 6, 10.5)),
        *(((3, COURT[1], z), north) for z in (1.5, 6, 10.5)),
        *(((-4, COURT[3], z), south) for z in (1.5, 6, 10.5)),
        ((OUTER[2], 2, 3), east),
        ((1, OUTER[1], 3), south),
        ((-10, OUTER[3], 8), north),
        ((GABLED[0], 1, 2.5), west),
        ((39, 0, 7.4), east_roof),
        ((35, 3, 7.4), west_roof),
        ((-15, 0, RING_M), up),
        ((-10, -39, TOWER_M), up),
        ((-10, TOWER[3], 20), north),
    ]
    points = np.array([place for place, _ in placed], float)
    normals = np.array([normal for _, normal in placed])
    return points + LIFT_M * normals, normals
