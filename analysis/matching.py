"""Which objects of one state of a city are which of another: said by people or ids, else told by footprints.

one-to-one   the footprints cover each other; how alike they, their heights and their middles are is a
             score from 0 to 1
split        several of the later ones together cover an earlier one better than any of them
merged       the same the other way round
doubtful     what may be the same, but not surely: for people to decide
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from analysis.changes.overlap import Edges, Footprints, Things, areas, likeness, overlaps
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.runs import Int64

#: Footprints that overlap by this share of what both cover are surely of the same object.
SURE_IOU = 0.7
#: A piece lies in the whole that it is split from, or merged into, with this share of its footprint at least.
INSIDE = 0.7
#: The pieces cover this share of the whole at least.
COVERED = 0.5
#: Together they fit better than the best of them alone by this share of what both cover.
BETTER = 0.05
#: What was split or merged is as high as it was, by this share: else it was built anew.
AS_HIGH = 0.5
#: Scores from which on two are the same, are taken to be, and may be.
SAME, TAKEN, PERHAPS = 0.6, 0.5, 0.25
#: Another one that is as good, but for this, makes the best one doubtful.
CLOSE = 0.1
#: Corners of footprints that are no farther apart are alike.
EQUAL_M = 0.05
#: Points and lines are looked for again within so many metres.
REACH_M = 2.0


@dataclass(frozen=True)
class Pairs:
    """Objects before and after, by their rows."""

    before: Int64  # (k,)
    after: Int64  # (k,)
    score: Float64  # (k,) 1 where people or ids say so
    is_told: Mask  # (k,) whether it is people or ids that say so

    def __len__(self) -> int:
        return len(self.before)

    def some(self, chosen: Mask | Int64) -> Pairs:
        """Some of them."""
        return Pairs(self.before[chosen], self.after[chosen], self.score[chosen], self.is_told[chosen])


@dataclass(frozen=True)
class Group:
    """One that is now several, or several that are now one."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    score: float  # what both together cover, as a share of what either does

    @property
    def is_split(self) -> bool:
        """Whether it is one that is now several."""
        return len(self.before) == 1


@dataclass(frozen=True)
class Matching:
    """What became of each object; every row is in one of these, doubtful pairs aside."""

    same: Pairs
    groups: tuple[Group, ...]
    vanished: Int64  # rows before
    appeared: Int64  # rows after
    doubtful: Pairs  # the best first; some of them are taken to be the same


def matched(
    before: Things,
    after: Things,
    told: tuple[Int64, Int64] | None = None,
    apart: Sequence[tuple[int, int]] = (),
    progress: Progress = never_stop,
) -> Matching:
    """Find the objects before again among those after.

    `told` are rows before and after that are the same, as people or ids say, each of them once; `apart`
    pairs of rows that are not, as people say.
    """
    none = np.zeros(0, np.int64)
    told = (none, none) if told is None else told
    free_before, free_after = np.ones(len(before), bool), np.ones(len(after), bool)
    settled = _alike(before, after, *told)
    free_before[told[0][settled]] = free_after[told[1][settled]] = False
    told_before, told_after = (
        np.isin(np.arange(len(before)), told[0]),
        np.isin(np.arange(len(after)), told[1]),
    )
    equal = _equal(before, after, free_before & ~told_before, free_after & ~told_after, apart)
    _take(free_before, free_after, equal)
    edges = overlaps(before, after, np.flatnonzero(free_before), np.flatnonzero(free_after), progress)
    edges = edges.some(~_are_among(edges.before, edges.after, apart))
    free_before &= ~told_before
    free_after &= ~told_after
    best = _best(before, after, edges, free_before, free_after)
    pairs = [_told(*told), equal, best]
    _take(free_before, free_after, best)
    partner = _partners(pairs, len(before), len(after))
    groups = [
        group
        for group in _gathered(edges, partner[0], free_before, free_after)
        if _is_as_high(before, after, group)
    ]
    _leave(groups, free_before, free_after, partner)
    merged = _gathered(edges.turned(), partner[1], free_after, free_before)
    merged = [Group(group.after, group.before, group.score) for group in merged]
    merged = [group for group in merged if _is_as_high(before, after, group)]
    _leave(merged, free_before, free_after, partner)
    groups += merged
    left, doubtful = _rest(before, after, edges, free_before, free_after)
    pairs.append(left)
    _take(free_before, free_after, left)
    near = _near(before, after, free_before, free_after, apart)
    pairs.append(near)
    _take(free_before, free_after, near)
    same = _joined(pairs)
    grouped_before = np.array([row for group in groups for row in group.before], np.int64)
    grouped_after = np.array([row for group in groups for row in group.after], np.int64)
    same = same.some(~np.isin(same.before, grouped_before) & ~np.isin(same.after, grouped_after))
    return Matching(same, tuple(groups), np.flatnonzero(free_before), np.flatnonzero(free_after), doubtful)


def doubted(found: Matching, is_doubted: Mask) -> Matching:
    """The same, but for some of the pairs (k,) taken to be the same: they are different, and doubtful."""
    pairs = found.same.some(is_doubted)
    return Matching(
        found.same.some(~is_doubted),
        found.groups,
        np.sort(np.append(found.vanished, pairs.before)),
        np.sort(np.append(found.appeared, pairs.after)),
        _joined([found.doubtful, pairs]),
    )


# --- pairs ----------------------------------------------------------------------------------------


def _alike(before: Things, after: Things, one: Int64, other: Int64) -> Mask:
    """Which of the pairs that are told need no further look: the same box, and as large."""
    mine, yours = before.footprint[one], after.footprint[other]
    moved = np.abs(shapely.bounds(mine) - shapely.bounds(yours)).max(axis=1, initial=0.0)
    grown = np.abs(areas(mine) - areas(yours))
    found: Mask = ~(moved > 0.1) & (grown <= 0.02 * areas(mine) + 1e-9)
    return found


def _are_among(before: Int64, after: Int64, pairs: Sequence[tuple[int, int]]) -> Mask:
    """Which pairs of rows are among some."""
    known = set(pairs)
    if not known:
        return np.zeros(len(before), bool)
    return np.array([pair in known for pair in zip(before.tolist(), after.tolist(), strict=True)], bool)


# --- one to one -----------------------------------------------------------------------------------


def _told(one: Int64, other: Int64) -> Pairs:
    return Pairs(one, other, np.ones(len(one)), np.ones(len(one), bool))


def _equal(
    before: Things, after: Things, free_before: Mask, free_after: Mask, apart: Sequence[tuple[int, int]]
) -> Pairs:
    """Those whose footprints are alike corner by corner, and like no others: nothing overlaps them better."""
    one, other = np.flatnonzero(free_before), np.flatnonzero(free_after)
    tree = shapely.STRtree(after.footprint[other])
    asking, met = tree.query(before.footprint[one])
    mine, yours = one[asking], other[met]
    likely = before.pool[mine] == after.pool[yours]
    mine, yours = mine[likely], yours[likely]
    same = shapely.equals_exact(before.footprint[mine], after.footprint[yours], EQUAL_M)
    same &= shapely.area(before.footprint[mine]) > 0
    mine, yours = mine[same], yours[same]
    alone = (np.bincount(mine, minlength=1)[mine] == 1) & (np.bincount(yours, minlength=1)[yours] == 1)
    alone &= ~_are_among(mine, yours, apart)
    mine, yours = mine[alone], yours[alone]
    score = likeness(before, after, mine, yours, np.ones(len(mine)))
    return Pairs(mine, yours, score, np.zeros(len(mine), bool))


def _best(before: Things, after: Things, edges: Edges, free_before: Mask, free_after: Mask) -> Pairs:
    """Those that surely are the same by their footprints: each the one that is most like the other."""
    edges = edges.some(free_before[edges.before] & free_after[edges.after])
    edges = edges.some(edges.iou >= SURE_IOU)
    score = likeness(before, after, edges.before, edges.after, edges.iou)
    order = np.argsort(-score, kind="stable")
    is_best = np.ones(len(score), bool)
    for rows in (edges.before, edges.after):
        first = np.zeros(len(score), bool)
        first[order[np.unique(rows[order], return_index=True)[1]]] = True
        is_best &= first
    chosen = np.flatnonzero(is_best)
    return Pairs(edges.before[chosen], edges.after[chosen], score[chosen], np.zeros(len(chosen), bool))


def _take(free_before: Mask, free_after: Mask, pairs: Pairs) -> None:
    free_before[pairs.before] = free_after[pairs.after] = False


def _leave(
    groups: Sequence[Group], free_before: Mask, free_after: Mask, partner: tuple[Int64, Int64]
) -> None:
    """Note that what is in a group is in no other one."""
    for group in groups:
        one, other = list(group.before), list(group.after)
        free_before[one] = free_after[other] = False
        partner[0][one], partner[1][other] = -1, -1


def _joined(pairs: Sequence[Pairs]) -> Pairs:
    names = Pairs.__dataclass_fields__
    return Pairs(*(np.concatenate([getattr(part, name) for part in pairs]) for name in names))


def _partners(pairs: Sequence[Pairs], befores: int, afters: int) -> tuple[Int64, Int64]:
    """The row that each row is paired with, or -1."""
    one, other = np.full(befores, -1), np.full(afters, -1)
    for found in pairs:
        one[found.before], other[found.after] = found.after, found.before
    return one, other


# --- one to several -------------------------------------------------------------------------------


def _gathered(edges: Edges, partner: Int64, free_before: Mask, free_after: Mask) -> list[Group]:
    """Those before that are several after: with a partner already, or with none."""
    is_own = partner[edges.before] == edges.after
    is_piece = free_after[edges.after] & (edges.shared >= INSIDE * edges.area_after)
    edges = edges.some((is_own | is_piece) & (free_before[edges.before] | (partner[edges.before] >= 0)))
    order = np.lexsort((-edges.shared, edges.before))
    rows, first = np.unique(edges.before[order], return_index=True)
    found: list[Group] = []
    taken: set[int] = set()
    for row, members in zip(rows.tolist(), np.split(order, first)[1:], strict=True):
        own = [at for at in members.tolist() if int(edges.after[at]) not in taken]
        if len(own) < 2:
            continue
        shared, after = edges.shared[own], edges.after[own]
        whole = float(edges.area_before[own[0]])
        alone = (
            edges.iou[own].max() if partner[row] < 0 else edges.iou[own][after == partner[row]].max(initial=0)
        )
        together = float(shared.sum())
        iou = together / (whole + float(edges.area_after[own].sum()) - together)
        if together >= COVERED * whole and iou >= alone + BETTER:
            found.append(Group((row,), tuple(sorted(after.tolist())), iou))
            taken |= set(after.tolist())
    return found


def _is_as_high(before: Things, after: Things, group: Group) -> bool:
    """Whether a whole and its pieces are so alike in height that one may be made of the other."""
    heights = [
        float(np.max((things.high_z - things.low_z)[list(rows)]))
        for things, rows in ((before, group.before), (after, group.after))
    ]
    return not min(heights) < AS_HIGH * max(heights)


# --- what is left ---------------------------------------------------------------------------------


def _rest(
    before: Things, after: Things, edges: Edges, free_before: Mask, free_after: Mask
) -> tuple[Pairs, Pairs]:
    """Of those that are left, the pairs that are taken to be the same, and all that are doubtful."""
    edges = edges.some(free_before[edges.before] & free_after[edges.after])
    score = likeness(before, after, edges.before, edges.after, edges.iou)
    pairs = Pairs(edges.before, edges.after, score, np.zeros(len(score), bool))
    pairs = pairs.some(np.argsort(-score, kind="stable"))
    pairs = pairs.some(pairs.score >= PERHAPS)
    seen_before: dict[int, float] = {}
    seen_after: dict[int, float] = {}
    taken, doubtful = np.zeros(len(pairs), bool), np.zeros(len(pairs), bool)
    rows = zip(pairs.before.tolist(), pairs.after.tolist(), pairs.score.tolist(), strict=True)
    for at, (one, other, likely) in enumerate(rows):
        is_first = one not in seen_before and other not in seen_after
        rivals = max(seen_before.get(one, 0.0), seen_after.get(other, 0.0))
        taken[at] = is_first and likely >= TAKEN
        doubtful[at] = likely < SAME or rivals > 0
        if taken[at]:
            seen_before[one] = seen_after[other] = likely
    doubtful |= _is_close(pairs, taken)
    return pairs.some(taken), pairs.some(doubtful)


def _is_close(pairs: Pairs, taken: Mask) -> Mask:
    """Which of those taken have a rival that is nearly as good."""
    found = np.zeros(len(pairs), bool)
    for name in ("before", "after"):
        rows = getattr(pairs, name)
        best = np.zeros(int(rows.max(initial=-1)) + 1)
        np.maximum.at(best, rows[~taken], pairs.score[~taken])
        found |= taken & (best[rows] >= pairs.score - CLOSE) & (best[rows] > 0)
    return found


def _near(
    before: Things, after: Things, free_before: Mask, free_after: Mask, apart: Sequence[tuple[int, int]]
) -> Pairs:
    """Points and lines that are no farther from each other than anything else, and near."""
    one = np.flatnonzero(free_before & _is_thin(before.footprint))
    other = np.flatnonzero(free_after & _is_thin(after.footprint))
    none = np.zeros(0, np.int64)
    if not len(one) or not len(other):
        return Pairs(none, none, np.zeros(0), np.zeros(0, bool))
    tree = shapely.STRtree(after.footprint[other])
    asking, met = tree.query(before.footprint[one], predicate="dwithin", distance=REACH_M)
    mine, yours = one[asking], other[met]
    allowed = (before.pool[mine] == after.pool[yours]) & ~_are_among(mine, yours, apart)
    mine, yours = mine[allowed], yours[allowed]
    away = shapely.hausdorff_distance(before.footprint[mine], after.footprint[yours])
    order = np.argsort(away, kind="stable")
    order = order[away[order] <= REACH_M]
    for rows in (mine, yours):
        order = order[np.sort(np.unique(rows[order], return_index=True)[1])]
    score = 1.0 - away[order] / REACH_M
    return Pairs(mine[order], yours[order], score, np.zeros(len(order), bool))


def _is_thin(footprints: Footprints) -> Mask:
    there = ~shapely.is_missing(footprints) & ~shapely.is_empty(footprints)
    found: Mask = there & (shapely.get_dimensions(footprints) < 2)
    return found
