"""Trees, roads, pits and mounds: sizes and volumes as geometry gives them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.earthworks import Earthwork, volumes
from layers.modelling.outlines import Outline
from layers.modelling.plants import CONIFER, DECIDUOUS, SIDES, tree
from layers.modelling.ways import road
from layers.shapes import Shape
from tests.layers.modelling.footprints import PLACE, L, at_place, local, outlines

#: Area of the octagon in a circle of radius 1.
OCTAGON = SIDES / 2 * math.sin(2 * math.pi / SIDES)


def frustum(one: float, other: float, height: float) -> float:
    return OCTAGON * height / 3 * (one**2 + one * other + other**2)


def test_a_conifer_is_a_trunk_and_a_frustum() -> None:
    shape = tree([*PLACE, 3], 20, 6, trunk_m=0.5, clear_m=2, kind=CONIFER)
    assert local(shape).volume_m3 == pytest.approx(frustum(0.25, 0.25, 2) + frustum(3, 0.12, 18), rel=1e-6)
    assert (shape.vertices[:, 2].min(), shape.vertices[:, 2].max()) == (3, 23)


def test_a_deciduous_tree_is_as_wide_as_its_crown_and_impossible_ones_are_refused() -> None:
    shape = tree([*PLACE, 3], 12, 8)
    assert np.ptp(shape.vertices, axis=0) == pytest.approx((8, 8, 12))
    assert shape.geometries[0]["type"] == "Solid"
    for numbers in ((0.1, 8), (12, 0.01), (math.nan, 8), (12, -3)):
        with pytest.raises(EditError, match="A tree cannot be so"):
            tree([*PLACE, 3], *numbers)
    with pytest.raises(EditError, match=f"allowed: {DECIDUOUS}, {CONIFER}"):
        tree([*PLACE, 3], 12, 8, kind="palm")


def plan_areas(shape: Shape) -> dict[str, float]:
    """Area seen from above by function, square metres; None looks down."""
    semantics = shape.geometries[0]["semantics"]
    found: dict[str, float] = {}
    for (ring,), value in zip(shape.geometries[0]["boundaries"], semantics["values"], strict=True):
        x, y, _ = (shape.vertices[ring] - shape.vertices[0]).T
        area = float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
        assert area > 0
        function = semantics["surfaces"][value]["function"][0]
        found[function] = found.get(function, 0) + area
    return found


def test_a_road_has_the_area_of_its_length_times_its_width() -> None:
    straight = road(at_place([(0, 0), (60, 80)]), 6, (2, 1.5), heights=4.0)
    assert plan_areas(straight) == pytest.approx({"1": 600, "2": 350}, rel=1e-6)
    # At a mitre the outer side gains what the inner side loses.
    bent = road(at_place([(0, 0), (50, 0), (50, 40)]), 6, 2, heights=4.0)
    assert plan_areas(bent) == pytest.approx({"1": 540, "2": 360}, rel=1e-6)
    assert len(bent.geometries[0]["boundaries"]) == 3


def test_a_road_follows_the_ground_along_its_line_and_is_level_across() -> None:
    def hills(places: Float64) -> Float64:
        return 5 + np.sin((places[:, 0] - PLACE[0]) / 15)

    shape = road(at_place([(0, 0), (50, 0), (80, 40)]), 6, 2, heights=hills)
    assert plan_areas(shape) == pytest.approx({"1": 600, "2": 400}, rel=1e-6)
    straight = shape.vertices[shape.vertices[:, 0] < PLACE[0] + 40]
    assert straight[:, 2] == pytest.approx(hills(straight[:, :2]))


def test_a_road_that_cannot_be_is_refused() -> None:
    for line, words in (
        ([(0, 0)], "no length"),
        ([(0, 0), (50, 0), (1, 1)], "turns back"),
        ([(0, 0), (3, 0), (3, 3), (0, 3)], "too sharply"),
        ([(0, 0), (50, 0), (50, 50), (25, 50), (25, -50)], "crosses itself"),
    ):
        with pytest.raises(EditError, match=words):
            road(at_place(line), 6, 2)
    with pytest.raises(EditError, match="leaves the terrain"):
        road(at_place([(0, 0), (50, 0)]), 6, heights=lambda places: np.full(len(places), np.nan))
    with pytest.raises(EditError, match="cannot be so wide"):
        road(at_place([(0, 0), (50, 0)]), 0)


def cells(outline: Outline, size_m: float) -> Float64:
    """(n, 2) centres of a grid's cells around an outline."""
    low, high = outline.places.min(axis=0) - 1, outline.places.max(axis=0) + 1
    x, y = (np.arange(a + size_m / 2, b, size_m) for a, b in zip(low, high, strict=True))
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def test_a_pit_is_a_frustum_and_a_deep_one_a_pyramid() -> None:
    square = [at_place([(0, 0), (20, 0), (20, 20), (0, 20)], 17)]
    assert Earthwork(square, 3, 2).volume_m3 == pytest.approx(3 / 3 * (400 + 20 * 8 + 64), rel=1e-9)
    assert Earthwork(square, -50, 2).volume_m3 == pytest.approx(400 * 5 / 3, rel=1e-9)
    assert Earthwork([at_place(L)], 2, 0).volume_m3 == pytest.approx(64 * 2, rel=1e-9)
    # A ditch of 4 m within two wings: its cross-section is a triangle.
    wings = Earthwork([at_place(L)], 9, 1)
    assert wings.run_m == pytest.approx(2)


@settings(max_examples=25)
@given(outlines(), st.sampled_from((1.0, -2.5)), st.sampled_from((0.0, 0.7, 2.0)))
def test_on_any_ground_a_grid_moves_as_much_as_the_outline_says(
    outline: Outline, depth_m: float, slope: float
) -> None:
    work = Earthwork(outline, depth_m, slope)
    places = cells(outline, 0.1)
    before = 30 + 0.2 * (places[:, 0] - PLACE[0]) + np.sin(places[:, 1])
    found = volumes(before, work.changed(before, places), 0.01)
    moved, other = (found.cut_m3, found.fill_m3) if depth_m > 0 else (found.fill_m3, found.cut_m3)
    assert other == 0
    # Upright sides fall between cells; sloping ones are met to a tenth of a per cent.
    border = outline.polygon.length * 0.1 * abs(depth_m) / 8
    assert moved == pytest.approx(work.volume_m3, rel=1e-3, abs=border if slope == 0 else 0)


def test_levelling_cuts_above_and_fills_below_as_far_as_the_sides_allow() -> None:
    outline = Outline.of(at_place([(0, 0), (40, 0), (40, 40), (0, 40)]))
    places = cells(outline, 0.5)
    before = 10 + 0.1 * (places[:, 0] - PLACE[0] - 20)
    work = Earthwork(outline, 5, 2)
    after = work.levelled(before, places, 10.0)
    inner = (np.abs(places - PLACE - 20) < 15).all(axis=1)
    assert np.abs(after[inner] - 10).max() < 1e-9
    outside = (np.abs(places - PLACE - 20) > 20).any(axis=1)
    assert np.array_equal(after[outside], before[outside])
    found = volumes(before, after, 0.25)
    assert found.cut_m3 == pytest.approx(found.fill_m3, rel=1e-9) and found.balance_m3 == pytest.approx(
        0, abs=1e-6
    )


def test_works_that_cannot_be_are_refused() -> None:
    for depth_m, slope in ((0, 1), (math.nan, 1), (2000, 1), (2, -1), (2, 1e6)):
        with pytest.raises(EditError):
            Earthwork([at_place(L)], depth_m, slope)
