"""Shapes moved, turned, scaled, set on the ground, and repeated."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.bodies import checked
from layers.shapes import SOURCE, Shape

#: Gives the height of the ground at places (n, 2); NaN where there is none.
Heights = Callable[[Float64], Float64]
#: Corners that are no higher over the lowest one are its foot, metres.
_FOOT_M = 0.01
MOST_COPIES = 10_000


def moved(shape: Shape, by: ArrayLike) -> Shape:
    """The shape elsewhere: by so many metres east, north, and up."""
    return checked(replace(_whole(shape), vertices=shape.vertices + _way(by)))


def _way(by: ArrayLike) -> Float64:
    """(3,) a way that may have been given without its height."""
    given, way = np.asarray(by, np.float64), np.zeros(3)
    way[: len(given)] = given
    return way


def turned(shape: Shape, angle_deg: float, about: ArrayLike) -> Shape:
    """The shape turned anticlockwise (seen from above) about a place (x, y)."""
    place = np.asarray(about, np.float64)[:2]
    vertices = shape.vertices.copy()
    vertices[:, :2] = _rotated(vertices[:, :2] - place, angle_deg) + place
    return checked(replace(_whole(shape), vertices=vertices))


def scaled(shape: Shape, factors: ArrayLike, about: ArrayLike, axis_deg: float = 0.0) -> Shape:
    """The shape scaled about a point (x, y, z) that stays where it is.

    `factors`: one, or one along an axis turned anticlockwise from east, one across it, and one upwards.
    """
    by = np.broadcast_to(np.asarray(factors, np.float64), 3)
    if not (np.isfinite(by).all() and (by > 0).all()):
        found = ", ".join(f"{factor:g}" for factor in by)
        raise EditError("The shape cannot be scaled", found=found, allowed="factors above 0")
    point = np.asarray(about, np.float64)
    vertices = shape.vertices - point
    vertices[:, :2] = _rotated(_rotated(vertices[:, :2], -axis_deg) * by[:2], axis_deg)
    vertices[:, 2] *= by[2]
    return checked(replace(_whole(shape), vertices=vertices + point))


def _rotated(places: Float64, angle_deg: float) -> Float64:
    """Places (n, 2) turned anticlockwise; whole quarters are exact."""
    quarter, rest = divmod(angle_deg, 90.0)
    c, s = math.cos(math.radians(rest)), math.sin(math.radians(rest))
    for _ in range(int(quarter) % 4):
        c, s = -s, c
    found: Float64 = places @ np.array([[c, s], [-s, c]])
    return found


def _whole(shape: Shape) -> Shape:
    """The shape itself; refused where a part of it lies in its source and would stay behind."""
    if any(geometry.get("type") == SOURCE for geometry in shape.geometries):
        raise EditError(
            "The shape cannot be moved",
            found="a part that is not made of surfaces",
            allowed="surfaces and solids",
            do="Move its layer instead",
        )
    return shape


def middle(shape: Shape) -> Float64:
    """(3,) the middle of its box, on its foot: what one turns and scales about."""
    low, high = shape.vertices.min(axis=0), shape.vertices.max(axis=0)
    return np.array([*((low + high) / 2)[:2], low[2]])


def _foot(corners: Float64) -> Float64:
    """(m, 2) where the lowest of some corners are."""
    z = corners[:, 2]
    return corners[z <= z.min() + _FOOT_M, :2]


def rise_m(corners: Float64, way: Float64, heights: Heights) -> float:
    """How much higher the ground below the foot of a body is at the end of a way; 0 where it is not known."""
    foot = _foot(corners)
    here, there = heights(foot), heights(foot + way[:2])
    return float(there.min() - here.min()) if np.isfinite((here, there)).all() else 0.0


def placed(shape: Shape, heights: Heights, on: str = "lowest") -> Shape:
    """The shape moved up or down so that its foot is as high as the ground at its corners.

    `on`: "lowest" (no corner floats), "highest" (none is buried), or "mean".
    """
    ways: Mapping[str, Callable[[Float64], float]] = {"lowest": np.min, "highest": np.max, "mean": np.mean}
    if on not in ways:
        raise EditError("There is no such way to stand", found=repr(on), allowed=", ".join(ways))
    ground = heights(_foot(shape.vertices))
    if np.isnan(ground).any():
        raise EditError(
            "The shape cannot be placed on the ground",
            found=f"{int(np.isnan(ground).sum())} of its {len(ground)} corners lie beside the terrain",
            do="Move it onto the terrain",
        )
    return moved(shape, (0.0, 0.0, float(ways[on](ground)) - float(shape.vertices[:, 2].min())))


def grid(shape: Shape, rows: int, columns: int, along: ArrayLike, across: ArrayLike) -> Iterator[Shape]:
    """Copies in rows and columns, the shape itself first.

    `along`: from column to column, `across`: from row to row; metres east and north (and up).
    """
    if rows < 1 or columns < 1 or rows * columns > MOST_COPIES:
        raise EditError(
            "There cannot be so many copies",
            found=f"{rows} × {columns}",
            allowed=f"1 to {MOST_COPIES} in all",
        )
    right, up = _way(along), _way(across)
    for row in range(rows):
        for column in range(columns):
            yield moved(shape, row * up + column * right)


def in_line(shape: Shape, line: ArrayLike, count: int, is_turned: bool = False) -> Iterator[Shape]:
    """Copies with their middles at even distances along a line (n, 2), its ends included.

    Turned, each looks along the line as the shape itself looks east.
    """
    corners = np.asarray(line, np.float64)[:, :2]
    lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    if not 2 <= count <= MOST_COPIES or not lengths.sum() > 0:
        raise EditError(
            "There cannot be copies along this line",
            found=f"{count} copies on {lengths.sum():.2f} m",
            allowed=f"2 to {MOST_COPIES} copies",
        )
    ends = np.concatenate(([0.0], np.cumsum(lengths)))
    centre = middle(shape)
    for at in np.linspace(0, ends[-1], count).tolist():
        piece = min(int(np.searchsorted(ends, at, "right")) - 1, len(lengths) - 1)
        along = (corners[piece + 1] - corners[piece]) / lengths[piece]
        place = corners[piece] + (at - ends[piece]) * along
        angle = math.degrees(math.atan2(along[1], along[0]))
        copy = turned(shape, angle, centre) if is_turned else shape
        yield moved(copy, place - centre[:2])
