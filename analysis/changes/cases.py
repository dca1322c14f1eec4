"""What became of each whole, measured: how far its surfaces moved, how much higher and larger it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from analysis.changes.datum import Datum, datum_between
from analysis.changes.overlap import Footprints
from analysis.changes.shells import (
    AT_ONCE,
    Shells,
    common_lods,
    deviations_between,
    lod_bits,
    lods_of,
    shells_of,
)
from analysis.changes.wholes import Wholes
from analysis.matching import Matching
from layers.arrays import Float64
from layers.columns import NONE, Mask
from layers.data import Progress, never_stop, part_of
from layers.runs import Int64
from layers.tin import TIN

#: Surfaces have other semantic types when this share of their area has, and so much of a square metre.
RETYPED = 0.01


@dataclass(frozen=True)
class Cases:
    """What is the same in both states: pairs first, then what was split, then what was merged."""

    before: Int64  # (p,) rows, by case
    before_case: Int64  # (p,)
    after: Int64  # (q,)
    after_case: Int64  # (q,)
    pairs: int  # so many of the cases are pairs, all others groups
    score: Float64  # (n,)
    is_told: Mask  # (n,)

    def __len__(self) -> int:
        return len(self.score)

    @property
    def sides(self) -> tuple[tuple[Int64, Int64], tuple[Int64, Int64]]:
        """Rows and their cases, before and after."""
        return (self.before, self.before_case), (self.after, self.after_case)


def cases_of(matching: Matching) -> Cases:
    """The pairs and groups of a matching."""
    same, groups = matching.same, matching.groups
    sides = (
        _numbered(same.before, [group.before for group in groups]),
        _numbered(same.after, [group.after for group in groups]),
    )
    return Cases(
        *sides[0],
        *sides[1],
        pairs=len(same),
        score=np.append(same.score, [group.score for group in groups]),
        is_told=np.append(same.is_told, np.zeros(len(groups), bool)),
    )


def _numbered(single: Int64, groups: Sequence[Sequence[int]]) -> tuple[Int64, Int64]:
    """All rows, and the case of each: first those alone, then those in groups."""
    sizes = [1] * len(single) + [len(group) for group in groups]
    rows = np.concatenate([single, *(np.array(group, np.int64) for group in groups)])
    return rows, np.repeat(np.arange(len(sizes)), sizes)


@dataclass(frozen=True)
class Moved:
    """The polygons that show the cases in one state, and how far each is from the other state."""

    layer: Int64  # (s,) id
    fid: Int64  # (s,)
    geometry: Int64  # (s,)
    surface: Int64  # (s,)
    case: Int64  # (s,)
    type: list[str]  # semantic
    distance_m: Float64  # (s,)


@dataclass(frozen=True)
class Measured:
    """What was measured of every case (n,)."""

    distance_m: Float64  # by which its surfaces moved at most; NaN where there are none to compare
    height_m: Float64  # (n, 2) before and after, from foot to top
    volume_m3: Float64  # (n, 2); NaN where it is not closed
    retyped: Mask  # whether surfaces have other semantic types now, though they are where they were
    moved: tuple[Moved, Moved]  # what moved by more than the tolerance
    datums: tuple[Datum, ...]
    coarser: int  # cases that were compared in a coarser level of detail than the finest of one state


def measured(
    before: Wholes, after: Wholes, cases: Cases, tolerance_m: float, progress: Progress = never_stop
) -> Measured:
    """Measure all cases, without the offsets in height that whole layers have."""
    unit, count = before.unit, len(cases)
    heights = [
        _ends(side, rows, case, count) * unit[2]
        for side, (rows, case) in zip((before, after), cases.sides, strict=True)
    ]
    shift, datums = _datums(before, after, cases, *heights)
    found = _Surfaces(before, after, cases, tolerance_m)
    for first in range(0, count, AT_ONCE):
        last = min(first + AT_ONCE, count)
        found.measure(first, last, shift[first:last], part_of(progress, first / count, last / count))
    distance = np.fmax(found.distance_m, _plain_distance(before, after, cases, shift / unit[2], unit))
    return Measured(
        distance,
        np.column_stack([ends[:, 1] - ends[:, 0] for ends in heights]),
        found.volume_m3,
        found.retyped & ~(distance > tolerance_m),
        (_joined(found.moved[0]), _joined(found.moved[1])),
        datums,
        int((found.lod != NONE).sum()),
    )


class _Surfaces:
    """What is measured of surfaces, in one stretch of cases after the other.

    Terrain of triangles is left out: it is compared as ground, however it is cut.
    """

    def __init__(self, before: Wholes, after: Wholes, cases: Cases, tolerance_m: float) -> None:
        count = len(cases)
        self.distance_m = np.full(count, np.nan)
        self.volume_m3 = np.full((count, 2), np.nan)
        self.retyped = np.zeros(count, bool)
        self.moved: tuple[list[Moved], list[Moved]] = [], []
        self._sides, self._cases, self._tolerance_m = (before, after), cases, tolerance_m
        self._lods = lods_of(self._sides)
        self._types = sorted({"", *(n for s in self._sides for f in s.families for n in s.types_of(f))})
        bits = [
            _of_case(lod_bits(side, self._lods)[rows], case, count)
            for side, (rows, case) in zip(self._sides, cases.sides, strict=True)
        ]
        self.lod = common_lods(bits[0], bits[1])
        self._has_surfaces = np.ones(count, bool)
        is_ground = np.array([name == TIN for name in before.types], bool)
        self._has_surfaces[cases.before_case[is_ground[cases.before]]] = False

    def measure(self, first: int, last: int, shift: Float64, progress: Progress) -> None:
        """Measure the cases from `first` up to `last`, the later ones lowered by `shift`."""
        shells = [self._shells(number, first, last) for number in range(2)]
        self.volume_m3[first:last] = np.column_stack([shell.volumes() for shell in shells])
        areas = [shell.areas_by_type() for shell in shells]
        apart = np.abs(areas[0] - areas[1]).max(axis=1, initial=0.0)
        large = np.maximum(areas[0].sum(axis=1), areas[1].sum(axis=1))
        self.retyped[first:last] = apart > np.maximum(RETYPED * large, RETYPED)
        away = deviations_between(shells[0], shells[1].raised(-shift), progress)
        for shell, found, into in zip(shells, away, self.moved, strict=True):
            np.fmax.at(self.distance_m, first + shell.owner, found)
            into.append(_moved(shell, found, first, self._tolerance_m))

    def _shells(self, number: int, first: int, last: int) -> Shells:
        """The shells of a stretch of cases in one state, in metres."""
        side, (rows, case) = self._sides[number], self._cases.sides[number]
        inside = np.flatnonzero((case >= first) & (case < last) & self._has_surfaces[case])
        lod = self.lod[first:last]
        found = shells_of(side, rows[inside], case[inside] - first, lod, self._lods, self._types)
        return found.scaled(side.unit)


def _of_case(bits: Int64, case: Int64, count: int) -> Int64:
    found = np.zeros(count, np.int64)
    np.bitwise_or.at(found, case, bits)
    return found


def _ends(side: Wholes, rows: Int64, case: Int64, count: int) -> Float64:
    """(n, 2) the lowest and the highest place of every case; NaN where it has none."""
    low, high = side.ends
    found = np.full((count, 2), np.nan)
    np.fmin.at(found[:, 0], case, low[rows])
    np.fmax.at(found[:, 1], case, high[rows])
    return found


def _datums(
    before: Wholes, after: Wholes, cases: Cases, ends_before: Float64, ends_after: Float64
) -> tuple[Float64, tuple[Datum, ...]]:
    """By how much each case is higher for its layers alone, and what is known of these."""
    shift = np.zeros(len(cases))
    found = []
    first = [np.zeros(len(cases), np.int64) for _ in range(2)]
    first[0][cases.before_case] = before.layer_at[cases.before]
    first[1][cases.after_case] = after.layer_at[cases.after]
    both = first[0] * max(len(after.layers), 1) + first[1]
    for pair in np.unique(both).tolist():
        one, other = before.layers[pair // len(after.layers)], after.layers[pair % len(after.layers)]
        if one.id == other.id or one.is_drawn or other.is_drawn:
            continue
        mine = np.flatnonzero(both == pair)
        alone = mine[mine < cases.pairs]
        rise = ends_after[alone] - ends_before[alone]
        datum = datum_between(one, other, rise[:, 0], rise[:, 1])
        shift[mine] = datum.offset_m
        found.append(datum)
    return shift, tuple(found)


def _plain_distance(before: Wholes, after: Wholes, cases: Cases, rise: Float64, unit: Float64) -> Float64:
    """(n,) how far apart what has no surfaces is: points, lines, areas; NaN for all else."""
    found = np.full(len(cases), np.nan)
    rows = [
        np.flatnonzero(np.array([layer.kind != "city" for layer in side.layers], bool)[side.layer_at[mine]])
        for side, mine in ((before, cases.before), (after, cases.after))
    ]
    at = rows[0][cases.before_case[rows[0]] < cases.pairs]
    if not len(at):
        return found
    case = cases.before_case[at]
    after_row = np.full(len(cases), NONE)
    after_row[cases.after_case] = cases.after
    one, other = before.own_plan(cases.before[at]), after.own_plan(after_row[case])
    found[case] = plans_apart(one, other, rise[case], unit)
    return found


def plans_apart(before: Footprints, after: Footprints, rise: Float64, unit: Float64) -> Float64:
    """(k,) metres by which the corners of geometries are apart at most; of other ones (P. Hausdorff) flat.

    `rise` is taken from the heights of the later ones; `unit` are metres per unit of x, y and z.
    """
    found = (
        np.nan_to_num(shapely.hausdorff_distance(shapely.force_2d(before), shapely.force_2d(after))) * unit[0]
    )
    counts = [shapely.get_num_coordinates(some) for some in (before, after)]
    for at in np.flatnonzero((counts[0] == counts[1]) & (counts[0] > 0)).tolist():
        one, other = (shapely.get_coordinates(some[at], include_z=True) * unit for some in (before, after))
        other[:, 2] -= rise[at] * unit[2]
        ways = [np.linalg.norm(np.nan_to_num(one - way), axis=1).max() for way in (other, other[::-1])]
        found[at] = min(ways)
    missing = shapely.is_missing(before) != shapely.is_missing(after)
    found[missing] = np.inf
    found[shapely.is_missing(before) & shapely.is_missing(after)] = np.nan
    return np.asarray(found, np.float64)


def _moved(shell: Shells, distance: Float64, first: int, tolerance_m: float) -> Moved:
    """The polygons of the cases that changed."""
    far = np.zeros(len(shell.row) - 1)
    np.maximum.at(far, shell.owner, distance)
    at = np.flatnonzero((distance > tolerance_m) & (far[shell.owner] > tolerance_m))
    return Moved(
        shell.layer[at],
        shell.fid[at],
        shell.geometry[at],
        shell.surface[at],
        first + shell.owner[at],
        [shell.types[code] for code in shell.type[at].tolist()],
        distance[at],
    )


def _joined(parts: Sequence[Moved]) -> Moved:
    names = ("layer", "fid", "geometry", "surface", "case", "distance_m")
    arrays = {
        name: np.concatenate(
            [np.zeros(0, np.int64 if name != "distance_m" else float), *(getattr(p, name) for p in parts)]
        )
        for name in names
    }
    return Moved(type=[name for part in parts for name in part.type], **arrays)
