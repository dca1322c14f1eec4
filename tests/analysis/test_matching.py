"""Finding objects again: by what is told, else by footprint, height and middle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box

from analysis.changes.overlap import Things
from analysis.matching import REACH_M, Matching, matched

NONE = np.zeros(0, np.int64)


def things(*shapes: object, top: float | list[float] = 10.0, pool: list[int] | None = None) -> Things:
    footprint = np.empty(len(shapes), object)
    footprint[:] = shapes
    high = np.broadcast_to(np.asarray(top, np.float64), len(shapes)).copy()
    return Things(footprint, np.zeros(len(shapes)), high, np.array(pool or [0] * len(shapes), np.int64))


def pairs(found: Matching) -> list[tuple[int, int]]:
    return sorted(zip(found.same.before.tolist(), found.same.after.tolist(), strict=True))


def test_what_lies_where_it_lay_is_the_same_however_high() -> None:
    before = things(box(0, 0, 10, 10), box(20, 0, 30, 10))
    after = things(box(20.3, 0, 30.3, 10), box(0, 0, 10, 10), top=[10.0, 25.0])
    found = matched(before, after)
    assert pairs(found) == [(0, 1), (1, 0)]
    assert not len(found.vanished) and not len(found.appeared) and not len(found.doubtful)


def test_what_lies_on_each_other_is_told_apart_by_height() -> None:
    garage_and_house = things(box(0, 0, 10, 10), box(0, 0, 10, 10), top=[3.0, 12.0])
    house_and_garage = things(box(0, 0, 10, 10), box(0, 0, 10, 10), top=[12.0, 3.0])
    assert pairs(matched(garage_and_house, house_and_garage)) == [(0, 1), (1, 0)]


def test_one_becomes_several_and_several_one() -> None:
    long, halves = box(0, 0, 30, 10), (box(0, 0, 14, 10), box(14, 0, 30, 10))
    split, merged = matched(things(long), things(*halves)), matched(things(*halves), things(long))
    assert [(group.before, group.after) for group in split.groups] == [((0,), (0, 1))]
    assert [(group.before, group.after) for group in merged.groups] == [((0, 1), (0,))]
    assert split.groups[0].is_split and not merged.groups[0].is_split
    assert split.groups[0].score == pytest.approx(1.0) and not len(split.same) and not len(split.appeared)


def test_a_tower_on_the_plots_of_two_houses_is_new() -> None:
    found = matched(things(box(0, 0, 14, 10), box(14, 0, 30, 10)), things(box(0, 0, 30, 10), top=45.0))
    assert not found.groups and not len(found.same) and found.appeared.tolist() == [0]
    assert len(found.doubtful) == 2


def test_a_house_that_kept_its_id_when_it_was_split_is_split_all_the_same() -> None:
    told = np.array([0]), np.array([1])
    found = matched(things(box(0, 0, 30, 10)), things(box(20, 0, 30, 10), box(0, 0, 20, 10)), told)
    assert [(group.before, group.after) for group in found.groups] == [((0,), (0, 1))]


def test_a_shed_beside_a_house_that_stayed_splits_nothing() -> None:
    found = matched(things(box(0, 0, 20, 20)), things(box(0, 0, 20, 20), box(20, 0, 22, 2)))
    assert pairs(found) == [(0, 0)] and found.appeared.tolist() == [1] and not found.groups


def test_what_is_half_rebuilt_is_doubtful_and_people_have_the_last_word() -> None:
    before, after = things(box(0, 0, 20, 10), top=9.0), things(box(5, 0, 30, 10), top=12.0)
    found = matched(before, after)
    assert pairs(found) == [(0, 0)]
    assert 0.5 <= found.doubtful.score[0] < 0.6
    apart = matched(before, after, apart=[(0, 0)])
    assert not len(apart.same) and apart.vanished.tolist() == [0] and apart.appeared.tolist() == [0]
    said = matched(before, after, (np.array([0]), np.array([0])))
    assert said.same.is_told.all() and not len(said.doubtful)


def test_ids_win_over_places() -> None:
    told = np.array([0]), np.array([1])
    found = matched(things(box(0, 0, 10, 10)), things(box(0, 0, 10, 10), box(500, 0, 510, 10)), told)
    assert pairs(found) == [(0, 1)] and found.appeared.tolist() == [0]


def test_only_what_is_of_one_pool_may_be_the_same() -> None:
    found = matched(things(box(0, 0, 10, 10), pool=[1]), things(box(0, 0, 10, 10), pool=[2]))
    assert not len(found.same)


def test_points_and_lines_are_found_again_near_by() -> None:
    before = things(Point(0, 0), LineString([(0, 5), (50, 5)]), Point(100, 0), None, pool=[0, 1, 0, 0])
    after = things(
        Point(0, REACH_M / 2), Point(0, REACH_M / 4), LineString([(0, 5.5), (50, 5.5)]), pool=[0, 0, 1]
    )
    found = matched(before, after)
    assert pairs(found) == [(0, 1), (1, 2)]
    assert found.vanished.tolist() == [2, 3] and found.appeared.tolist() == [0]


@given(
    st.lists(st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 30)] * 2), max_size=12),
    st.lists(st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 30)] * 2), max_size=12),
)
def test_every_object_is_in_one_place_and_the_way_back_finds_the_same(
    one: list[tuple[int, ...]], other: list[tuple[int, ...]]
) -> None:
    before, after = (things(*(box(x, y, x + w, y + d) for x, y, w, d in some)) for some in (one, other))
    found = matched(before, after)
    for side, left in (("before", found.vanished), ("after", found.appeared)):
        rows = [*getattr(found.same, side).tolist(), *left.tolist()]
        rows += [row for group in found.groups for row in getattr(group, side)]
        assert sorted(rows) == list(range(len(one if side == "before" else other)))
    sure = set(pairs(found)) - set(
        zip(found.doubtful.before.tolist(), found.doubtful.after.tolist(), strict=True)
    )
    if not found.groups and len(set(one)) == len(one) and len(set(other)) == len(other):
        back = matched(after, before)
        assert back.groups or sure <= {(b, a) for a, b in pairs(back)}


def test_a_city_against_itself_is_the_same() -> None:
    random = np.random.default_rng(3)
    corners = random.uniform(0, 500, (300, 2))
    city = things(*(box(x, y, x + 12, y + 9) for x, y in corners), top=random.uniform(3, 40, 300).tolist())
    found = matched(city, city)
    assert pairs(found) == [(row, row) for row in range(300)] and not len(found.doubtful)
