"""Shapes moved, turned, scaled, set on the ground and repeated; places drawn to corners, edges and lines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.buildings import building
from layers.modelling.moving import grid, in_line, middle, moved, placed, scaled, turned
from layers.modelling.roofs import Roof
from layers.modelling.snapping import CORNER, EDGE, FREE, GRID, PARALLEL, SQUARE, Snapper
from layers.shapes import SOURCE, Shape
from tests.layers.modelling.footprints import PLACE, RECTANGLE, L, at_place, volumes_of


@pytest.fixture
def house() -> Shape:
    return building([at_place(RECTANGLE)], 12, 5, Roof("hip"))


def test_four_quarter_turns_are_none_and_halves_keep_the_volume(house: Shape) -> None:
    about = PLACE + 3
    shape = house
    for _ in range(4):
        shape = turned(shape, 90, about)
    assert np.abs(shape.vertices - house.vertices).max() < 1e-9
    one = turned(house, 90, about).vertices - [*about, 0]
    assert np.allclose(one, (house.vertices - [*about, 0])[:, [1, 0, 2]] * (-1, 1, 1), atol=1e-9)
    assert volumes_of(turned(house, 33, about)) == pytest.approx(volumes_of(house), rel=1e-6)


def test_scaling_along_an_axis_keeps_the_point_and_multiplies_the_volume(house: Shape) -> None:
    shape = turned(house, 30, middle(house))
    longer = scaled(shape, (2, 1, 1.5), middle(shape), axis_deg=30)
    for lod, volume in volumes_of(shape).items():
        assert volumes_of(longer)[lod] == pytest.approx(3 * volume, rel=1e-6)
    assert is_at(middle(longer), middle(shape))
    for factors in (0, -1, math.nan, (1, 1, -2)):
        with pytest.raises(EditError, match="cannot be scaled"):
            scaled(house, factors, middle(house))
    with pytest.raises(EditError, match="would not be a sound shape"):
        scaled(house, 1e-4, middle(house))


def test_what_is_still_in_the_source_is_not_left_behind(house: Shape) -> None:
    part = Shape([*house.geometries, {"type": SOURCE, "place": 2}], house.vertices)
    with pytest.raises(EditError, match="not made of surfaces"):
        moved(part, (1, 2))


def test_a_house_stands_on_a_slope_by_its_lowest_highest_or_mean_corner(house: Shape) -> None:
    def slope(places: Float64) -> Float64:
        return 20 + 0.1 * (places[:, 0] - PLACE[0])

    for on, level in (("lowest", 20.0), ("highest", 21.0), ("mean", 20.5)):
        stands = placed(house, slope, on)
        assert stands.vertices[:, 2].min() == pytest.approx(level)
        assert np.ptp(stands.vertices[:, 2]) == pytest.approx(np.ptp(house.vertices[:, 2]))
    with pytest.raises(EditError, match="corners lie beside the terrain"):
        placed(house, lambda places: np.where(places[:, 0] > PLACE[0] + 1, np.nan, 3.0))
    with pytest.raises(EditError, match="allowed: lowest, highest, mean"):
        placed(house, slope, "somehow")


def test_copies_stand_in_rows_and_columns_and_along_a_line(house: Shape) -> None:
    copies = list(grid(house, 2, 3, along=(15, 1), across=(0, 20, 1)))
    assert len(copies) == 6
    assert copies[5].vertices - house.vertices == pytest.approx(
        np.tile((30, 22, 1), (len(house.vertices), 1))
    )
    line = at_place([(0, 0), (40, 0), (40, 40)])
    places = [middle(copy)[:2] - PLACE for copy in in_line(house, line, 5)]
    assert np.allclose(places, [(0, 0), (20, 0), (40, 0), (40, 20), (40, 40)], atol=1e-6)
    *_, last = in_line(house, line, 5, is_turned=True)
    assert np.ptp(last.vertices, axis=0) == pytest.approx(np.ptp(house.vertices, axis=0)[[1, 0, 2]], abs=1e-6)
    for rows, columns in ((0, 3), (200, 200)):
        with pytest.raises(EditError, match="so many copies"):
            next(grid(house, rows, columns, (1, 0), (0, 1)))
    with pytest.raises(EditError, match="along this line"):
        next(in_line(house, line, 1))


def test_a_place_is_drawn_to_a_corner_then_an_edge_then_the_grid() -> None:
    shape = building([at_place(L)], 12, 5)
    snapper = Snapper.of([shape], reach_m=0.5, grid_m=1.0)
    corner = snapper.snap(near(9.7, 0.3))
    assert corner.to == CORNER and is_at(corner.place, near(10, 0))
    edge = snapper.snap(near(6.2, 0.3))
    assert edge.to == EDGE and is_at(edge.place, near(6.2, 0))
    top = snapper.snap([*(near(0.1, 0.1)), 17.2])
    assert top.to == CORNER and is_at(top.place, [*PLACE, 17])
    far = snapper.snap(near(6.2, 2.1))
    assert far.to == GRID and is_at(far.place, np.round(near(6.2, 2.1)))
    assert Snapper.of([], 0.5).snap(PLACE).to == FREE


def test_a_line_is_set_parallel_or_square_to_an_edge() -> None:
    shape = building([at_place(RECTANGLE, 17)], 12, 5)
    snapper = Snapper.of([shape], reach_m=0.5)
    start = at_place([(20, 20)], 17)[0]
    for end, kind, exact in (
        ((30, 20.3), PARALLEL, (30.0045, 20)),
        ((19.8, 30), SQUARE, (20, 30)),
        ((25, 24), FREE, (25, 24)),
    ):
        found = snapper.in_line(start, at_place([end], 17)[0], edges=shape_edge(shape))
        assert found.to == kind
        if kind == FREE:
            assert is_at(found.place, at_place([exact], 17)[0])
        else:
            turn = at_place([exact], 17)[0] - start
            way = found.place - start
            assert abs(way[0] * turn[1] - way[1] * turn[0]) < 1e-2


def is_at(place: ArrayLike, other: ArrayLike) -> bool:
    """Whether two places of the map are one, to a micrometre."""
    return bool(np.abs(np.asarray(place) - np.asarray(other)).max() < 1e-6)


def near(x: float, y: float) -> Float64:
    """A place by metres from where the houses stand."""
    found: Float64 = at_place([(x, y)])[0]
    return found


def shape_edge(shape: Shape) -> Float64:
    """The edge that runs along the rectangle's long side."""
    return at_place([(0, 0), (10, 0)], 17)[None]
