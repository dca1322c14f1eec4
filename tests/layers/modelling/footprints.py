"""Footprints for tests: named ones, and random ones by Hypothesis, all on a real map's coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from layers.arrays import Float64
from layers.modelling.bodies import Body, body_of
from layers.modelling.outlines import Outline
from layers.shapes import Shape

PLACE = np.array([565_012.3, 5_933_456.7])
L = [(0, 0), (10, 0), (10, 4), (4, 4), (4, 10), (0, 10)]
T = [(0, 0), (12, 0), (12, 4), (8, 4), (8, 10), (4, 10), (4, 4), (0, 4)]
U = [(0, 0), (12, 0), (12, 10), (8, 10), (8, 4), (4, 4), (4, 10), (0, 10)]
RECTANGLE = [(0, 0), (10, 0), (10, 6), (0, 6)]
YARD = [[(0, 0), (14, 0), (14, 12), (0, 12)], [(5, 5), (9, 5), (9, 7), (5, 7)]]
NAMED = {"rectangle": [RECTANGLE], "L": [L], "T": [T], "U": [U], "yard": YARD}


def at_place(ring: Any, turn_deg: float = 0.0) -> Float64:
    """A ring turned and moved to where real cities are."""
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    found: Float64 = np.asarray(ring, np.float64) @ np.array([[c, s], [-s, c]]) + PLACE
    return found


def volumes_of(shape: Shape) -> dict[str, float]:
    """The volume of each level of detail, cubic metres."""
    return {str(g["lod"]): local(shape, at).volume_m3 for at, g in enumerate(shape.geometries)}


def local(shape: Shape, geometry: int = -1) -> Body:
    """A body of a shape near the origin, where volumes lose no digits."""
    return body_of(shape.geometries[geometry], shape.vertices - shape.vertices[0])


@st.composite
def outlines(draw: st.DrawFn, holes: bool = True) -> Outline:
    """Random outlines: rectangles in a row or joined at random, or stars; turned; perhaps with a yard."""
    turn = draw(st.sampled_from((0.0, 30.0, 17.3)) | st.floats(0, 90))
    rings = [_star(draw)] if draw(st.booleans()) else _rooms(draw, holes)
    return Outline.of(*(at_place(ring, turn) for ring in rings))


def _star(draw: st.DrawFn) -> Float64:
    count = draw(st.integers(3, 9))
    radii = np.array(draw(st.lists(st.floats(4, 20), min_size=count, max_size=count)))
    angles = 2 * np.pi * (np.arange(count) + 0.3 * draw(st.floats(0, 1))) / count
    return np.column_stack((radii * np.cos(angles), radii * np.sin(angles)))


def _rooms(draw: st.DrawFn, holes: bool) -> list[Float64]:
    """Rectangles on a grid of half a metre that share area with one before them."""
    from shapely import box, unary_union

    halves = st.integers(-20, 20).map(lambda n: n / 2)
    sizes = st.integers(6, 30).map(lambda n: n / 2)
    shape = box(0, 0, draw(sizes), draw(sizes))
    for _ in range(draw(st.integers(0, 3))):
        x, y = draw(halves), draw(halves)
        other = box(x, y, x + draw(sizes), y + draw(sizes))
        if shape.intersection(other).area >= 1:
            shape = unary_union((shape, other))
    rings = [np.array(shape.exterior.coords[:-1])]
    if holes:
        rings += [np.array(hole.coords[:-1]) for hole in shape.interiors]
    return rings
