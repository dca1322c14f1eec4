"""How far surfaces are from others: by closed forms, and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.changes.deviation import _square_to_triangle
from analysis.changes.shells import Shells, deviations_between

coordinate = st.floats(-50, 50, allow_nan=False, width=32)
place = st.tuples(coordinate, coordinate, coordinate)


def shell(*rings: np.ndarray) -> Shells:
    """Convex polygons as one shell."""
    sizes = [len(ring) for ring in rings]
    count = np.zeros(len(rings), np.int64)
    fans = [ring[[[0, at, at + 1] for at in range(1, len(ring) - 1)]] for ring in rings]
    return Shells(
        row=np.array([0, len(rings)]),
        layer=count,
        fid=count,
        geometry=count,
        surface=np.arange(len(rings)),
        type=count,
        polygon=np.cumsum([0, *sizes]),
        corners=np.concatenate(rings).astype(np.float64),
        is_ring=np.ones(len(rings), bool),
        face=np.cumsum([0, *(size - 2 for size in sizes)]),
        triangles=np.concatenate(fans).astype(np.float64),
        types=("",),
    )


def square(x: float, z: float, side: float = 8.0) -> np.ndarray:
    return np.array([(x, 0, z), (x + side, 0, z), (x + side, side, z), (x, side, z)], np.float64)


@pytest.mark.parametrize(("x", "z"), [(0, 0.5), (0.3, 0.4), (3, 4), (0, 40)])
def test_a_square_moved_as_a_whole(x: float, z: float) -> None:
    there, back = deviations_between(shell(square(0, 0)), shell(square(x, z)))
    assert [there[0], back[0]] == pytest.approx([np.hypot(x, z)] * 2)


def test_a_smaller_square_lies_in_a_larger_one_but_not_the_other_way_round() -> None:
    large, small = shell(square(0, 0, 12)), shell(square(0, 0, 4))
    there, back = deviations_between(large, small)
    assert back[0] == pytest.approx(0, abs=1e-9) and there[0] == pytest.approx(8 * np.sqrt(2))


def test_what_has_no_counterpart_at_all_is_infinitely_far() -> None:
    nothing = shell(square(0, 0)).raised(np.zeros(1))
    empty = Shells(
        **{
            **{name: getattr(nothing, name) for name in nothing.__dataclass_fields__},
            **dict.fromkeys(("layer", "fid", "geometry", "surface", "type"), np.zeros(0, np.int64)),
            "row": np.zeros(2, np.int64),
            "polygon": np.zeros(1, np.int64),
            "corners": np.zeros((0, 3)),
            "is_ring": np.zeros(0, bool),
            "face": np.zeros(1, np.int64),
            "triangles": np.zeros((0, 3, 3)),
        }
    )
    there, back = deviations_between(nothing, empty)
    assert np.isinf(there[0]) and not len(back)


@given(st.permutations(range(4)), st.integers(0, 3), st.booleans())
def test_order_beginning_and_direction_of_rings_say_nothing(
    order: list[int], first: int, turned: bool
) -> None:
    rings = [square(10.0 * number, number) for number in range(4)]
    others = [np.roll(rings[number], first, axis=0)[:: -1 if turned else 1] for number in order]
    there, back = deviations_between(shell(*rings), shell(*others))
    assert there.max() == back.max() == 0.0


@settings(max_examples=60)
@given(place, st.tuples(place, place, place))
def test_places_and_triangles_by_brute_force(
    point: tuple[float, ...], corners: tuple[tuple[float, ...], ...]
) -> None:
    triangle = np.array(corners, np.float64)
    steps = np.linspace(0, 1, 81)
    v, w = (grid.ravel() for grid in np.meshgrid(steps, steps))
    inside = v + w <= 1 + 1e-12
    v, w = v[inside, None], w[inside, None]
    places = triangle[0] * (1 - v - w) + triangle[1] * v + triangle[2] * w
    nearest = np.linalg.norm(places - point, axis=1).min()
    found = np.sqrt(_square_to_triangle(*map(float, point), triangle))
    long = np.linalg.norm(triangle - np.roll(triangle, 1, axis=0), axis=1).max()
    assert nearest - long / 80 - 1e-6 <= found <= nearest + 1e-6
