"""Reflected light against closed forms: nothing is lost, nothing is made."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.casters import Casters
from analysis.fineness import BINNED, EXACT, Fineness
from analysis.irradiation import Spots
from analysis.pieces import NOTHING, Albedo, Pieces
from analysis.receivers import LIFT_M
from analysis.reflection import reflected, ways_over
from layers.arrays import Float64
from layers.data import Progress
from tests.analysis.test_irradiation import canyon
from tests.validation.record import record

FLAT = np.array([(0.0, 0.0, 1.0)])


def albedo(casters: Casters, share: float, ground: float = 0.0) -> Albedo:
    """The same share everywhere, and one for the ground."""
    return Albedo(np.full(casters.opaque, share), lambda places: np.full(len(places), ground))


def box() -> Casters:
    """A closed room of 8 by 6 by 4 metres."""
    corners = np.array([(x, y, z) for z in (0, 4) for x, y in ((0, 0), (8, 0), (8, 6), (0, 6))], float)
    faces = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
    return Casters.of(
        corners, np.array([t for a, b, c, d in faces for t in ((a, b, c), (a, c, d))], np.int32)
    )


def same_everywhere(spots: Spots, _progress: Progress) -> Float64:
    """Every piece gets 1 kWh/m²."""
    return np.ones((len(spots), 1), np.float32)


@pytest.mark.parametrize("bounces", [1, 2, 5])
def test_in_a_closed_room_each_reflection_passes_on_its_share(bounces: int) -> None:
    """All surfaces get 1 and reflect r: what comes back is r + r² + … exactly, wherever one is."""
    points = np.array([(1.0, 1.0, LIFT_M), (4.0, 3.0, 2.0), (8 - LIFT_M, 5.0, 3.0)])
    normals = np.array([(0.0, 0.0, 1.0), (0.6, 0.0, 0.8), (-1.0, 0.0, 0.0)])
    room = box()
    found = reflected(
        room,
        albedo(room, 0.5),
        Spots(points, np.arange(3), normals),
        np.ones((3, 1), np.float32),
        np.zeros(3),
        same_everywhere,
        bounces=bounces,
    )
    record(
        "Irradiation among buildings",
        f"light in a closed room is neither lost nor made over {bounces} reflections",
        reference="r + r² + … for surfaces that all get 1 and reflect r",
        quantity="largest relative difference",
        found=float(np.abs(found.light[:, 0] / sum(0.5**k for k in range(1, bounces + 1)) - 1).max()),
        tolerance=1e-6,
    )


@pytest.mark.parametrize("height", [1.0, 4.0, 10.0])
@pytest.mark.parametrize("fineness, within", [(BINNED, 0.05), (EXACT, 0.01)], ids=["binned", "exact"])
def test_a_wall_gets_the_light_of_the_street_by_its_view_of_it(
    height: float, fineness: Fineness, within: float
) -> None:
    """Only the floor of an endless street sends light: (1 - z/√(z² + w²))/2 of it comes to a wall."""
    width = 10.0
    street = canyon(width, 20.0)
    spots = Spots(
        np.array([(LIFT_M - width / 2, 0.0, height)]), np.zeros(1, np.int64), np.array([(1.0, 0, 0)])
    )
    found = reflected(
        street, albedo(street, 0.0, ground=1.0), spots, np.ones((1, 1), np.float32), np.zeros(1),
        same_everywhere, fineness,
    )  # fmt: skip
    record(
        "Irradiation among buildings",
        f"a street lights a wall {height:g} m above it by its view of it, with {fineness.ways} rays",
        reference="(1 - z/√(z² + w²)) / 2, street 10 m wide",
        quantity="difference of the share of the street's light",
        found=float(found.light[0, 0]) - (1 - height / np.hypot(height, width)) / 2,
        tolerance=within,
    )


def test_open_ground_reflects_half_of_it_onto_a_wall() -> None:
    """Albedo / 2 × what the ground gets: every downward ray meets it, near or far."""
    nothing = Casters.of(np.empty((0, 3)), np.empty((0, 3), np.int32))
    spots = Spots(np.array([(0.0, 0.0, 5.0)]), np.zeros(1, np.int64), np.array([(1.0, 0.0, 0.0)]))
    found = reflected(
        nothing, albedo(nothing, 0.0, ground=0.2), spots, np.ones((1, 1), np.float32), np.zeros(1),
        same_everywhere, EXACT,
    )  # fmt: skip
    assert found.light[0, 0] == pytest.approx(0.1, rel=0.01)


def test_pieces_take_the_light_of_the_points_on_them() -> None:
    """Two walls face each other; the points on one got 3, so the other gets it back by its view."""
    corners = np.array([(0, -50, -50), (0, 50, -50), (0, 50, 50), (0, -50, 50)], float)
    both = np.concatenate([corners, corners + np.array((1.0, 0.0, 0.0))])
    walls = Casters.of(both, np.array([(0, 1, 2), (0, 2, 3), (4, 6, 5), (4, 7, 6)], np.int32))
    across, up = np.meshgrid(np.arange(-49.0, 50, 2), np.arange(-49.0, 50, 2))
    there = np.column_stack((np.full(across.size, 1 - LIFT_M), across.ravel(), up.ravel()))
    points = np.concatenate([[(LIFT_M, 20.0, -20.0)], there])
    row = np.concatenate([[0], np.ones(len(there), np.int64)])
    light = np.where(row == 1, 3.0, 0.0).astype(np.float32)[:, None]

    def dark(spots: Spots, _progress: Progress) -> Float64:
        return np.zeros((len(spots), 1), np.float32)

    found = reflected(
        walls, albedo(walls, 0.5), Spots(points, row, np.array([(1.0, 0, 0), (-1.0, 0, 0)])), light,
        np.full(len(points), -50.0), dark, EXACT,
    )  # fmt: skip
    assert found.light[0, 0] == pytest.approx(1.5, rel=0.01)


def test_both_sides_of_a_surface_are_pieces_of_their_own() -> None:
    street = canyon(10.0, 20.0)
    pieces = Pieces(street, np.zeros((1, 3)), BINNED)
    ways = np.array([[(1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)]], np.float32)
    points = np.array([(0.0, 0.0, 5.0), (10.0, 0.0, 5.0), (0.0, 0.0, 5.0)])
    met = pieces.look(points, ways, np.zeros(3))
    assert met.piece[0] != met.piece[1]
    assert met.piece[0] // 2 == met.piece[1] // 2
    assert met.piece[2] == NOTHING
    assert met.place + street.rays.origin == pytest.approx(np.array([(5.0, 0, 5), (5.0, 0, 5)]))


def test_ways_are_spread_by_their_cosine() -> None:
    """Their mean is that of the cosine over the half sphere: 2/3 along the normal."""
    normals = np.array([(0.0, 0.0, 1.0), (0.6, -0.48, 0.64)])
    ways = ways_over(normals, np.zeros(2), 64)
    assert np.linalg.norm(ways, axis=2) == pytest.approx(1.0)
    assert ways.mean(axis=0) == pytest.approx(normals * 2 / 3, abs=0.02)
