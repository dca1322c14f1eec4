"""Pits and mounds in terrain of triangles: exact volumes, no gaps, and triangles elsewhere as they were."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from layers.arrays import Float64
from layers.modelling.earthworks import Earthwork
from layers.modelling.outlines import Outline
from layers.modelling.trenching import GRID_M, trenched
from layers.shapes import Shape
from layers.standing import Standing
from tests.layers.modelling.footprints import PLACE, at_place, outlines

SIDE = 60.0


def hills(seed: int, count: int = 14) -> Shape:
    """A terrain of triangles about the place where outlines are, with hills of some metres."""
    rng = np.random.default_rng(seed)
    steps = np.linspace(-SIDE, SIDE, count)
    plan = np.array([(x, y) for x in steps for y in steps])
    inner = (np.abs(plan) < SIDE).all(axis=1)
    plan[inner] = np.round(plan[inner] + rng.uniform(-3, 3, (inner.sum(), 2)), 3)
    z = np.round(3 * np.sin(plan[:, 0] / 17) + 2 * np.cos(plan[:, 1] / 11) + rng.normal(0, 0.2, len(plan)), 3)
    triangles = Delaunay(plan).simplices
    corners = plan[triangles]
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    triangles[ax * by < ay * bx] = triangles[ax * by < ay * bx][:, ::-1]
    vertices = np.column_stack((plan + PLACE, z))
    return Shape(
        [{"type": "CompositeSurface", "lod": "1", "boundaries": [[t] for t in triangles.tolist()]}], vertices
    )


def ground(shape: Shape) -> tuple[Float64, np.ndarray]:
    (geometry,) = shape.geometries
    return shape.vertices, np.array([face[0] for face in geometry["boundaries"]], np.int32)


def below(shape: Shape) -> float:
    """The volume between the terrain and height 0, by its triangles."""
    vertices, triangles = ground(shape)
    a, b, c = (vertices[triangles[:, at]] for at in range(3))
    (ax, ay, _), (bx, by, _) = (b - a).T, (c - a).T
    return float(((ax * by - ay * bx) / 2 * (a + b + c)[:, 2] / 3).sum())


def rim(shape: Shape) -> Counter[tuple[int, int]]:
    """The edges at which the terrain ends; every other one is met once from each side."""
    _, triangles = ground(shape)
    edges = Counter(edge for ring in triangles.tolist() for edge in pairwise([*ring, ring[0]]))
    assert max(edges.values()) == 1
    return Counter(edge for edge in edges if edge[::-1] not in edges)


@settings(max_examples=25, deadline=None)
@given(
    outlines(),
    st.sampled_from((3.0, 0.5, -2.0)),
    st.sampled_from((0.0, 0.4, 1.5)),
    st.integers(0, 5),
)
def test_volumes_are_exact_and_the_terrain_has_no_gaps(
    outline: Outline, depth_m: float, slope: float, seed: int
) -> None:
    before, earth = hills(seed), Earthwork(outline, depth_m, slope)
    found = trenched(before, earth)
    assert found is not None
    after, moved = found
    of = (moved.cut_m3, moved.fill_m3)[depth_m < 0]
    grid = outline.area_m2 * GRID_M  # corners are kept to the grid, on slopes of up to 1:3
    assert of == pytest.approx(abs(earth.volume_m3), rel=1e-3, abs=grid / 2)
    assert below(before) - below(after) == pytest.approx(math.copysign(of, depth_m), rel=1e-3, abs=grid)
    low, high = before.vertices.min(axis=0), before.vertices.max(axis=0)
    for one, other in rim(after):
        plan = after.vertices[[one, other], :2]
        at_low, at_high = (np.abs(plan - end[:2]).max(axis=0) < 1e-3 for end in (low, high))
        assert at_low.any() or at_high.any()


def test_the_floor_lies_as_deep_as_it_should_and_elsewhere_nothing_is_changed() -> None:
    before = hills(1)
    outline = Outline.of(at_place([(-10, -8), (12, -8), (12, 9), (-10, 9)]))
    after, _ = trenched(before, Earthwork(outline, 2.0, 1.0)) or (None, None)
    assert after is not None
    rng = np.random.default_rng(0)
    places = rng.uniform(-SIDE / 2, SIDE / 2, (400, 2)) + PLACE
    was, now = Standing(*ground(before)).heights(places), Standing(*ground(after)).heights(places)
    assert np.allclose(was - now, Earthwork(outline, 2.0, 1.0).moved_m(places), atol=2e-3)
    kept = {tuple(map(tuple, before.vertices[ring])) for ring in ground(before)[1]}
    same = {tuple(map(tuple, after.vertices[ring])) for ring in ground(after)[1]}
    assert len(kept & same) > 0.6 * len(kept)


def test_beside_the_terrain_nothing_is_dug() -> None:
    outline = Outline.of(at_place([(100, 100), (110, 100), (110, 110), (100, 110)]))
    assert trenched(hills(1), Earthwork(outline, 2.0, 1.0)) is None
