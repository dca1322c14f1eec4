"""What of a city stands in one of two states only: whole objects with their parts, and who is told to be who.

Objects that stand in both states are the same, as everything is in the project once; those that were copied
into a scenario are the copies of what they replace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from analysis.changes.state import State
from analysis.matching import Footprints, Things
from analysis.situation import state_of
from analysis.standing import standing
from layers.arrays import CityTiles, Float64
from layers.checks.layer import metres
from layers.columns import NONE, Mask
from layers.epochs import BASE
from layers.footprint import plans_of
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64

#: Objects of layers that do not stand for each other may have the same id only so near.
NEAR_M = 25.0
#: An id, and the date or time behind it that says of which version it is.
VERSION = re.compile(r"(.+?)[_@]\d{4}-\d\d-\d\d(?:[T_ ].*)?$", re.ASCII)


@dataclass(frozen=True)
class Family:
    """The objects of one layer that are in one state and not, or not as they are, in the other."""

    layer: Layer
    root: Int64  # (n,) positions of the wholes, ascending
    member: Int64  # (m,) positions of the wholes and their parts, ascending
    of: Int64  # (m,) the row of the whole that each belongs to


class Wholes:
    """What is to be found again, of all layers: a row for each whole."""

    def __init__(self, project: Project, families: Sequence[Family]) -> None:
        self.project = project
        self.families = tuple(families)
        self.layers = tuple(family.layer for family in families)
        counts = [len(family.root) for family in families]
        self.start = np.cumsum([0, *counts])
        self.layer_at = np.repeat(np.arange(len(families)), counts)  # (n,) into layers
        self.fid = _together(family.layer.first_fid + family.root for family in families)  # (n,)
        self.member_fid = _together(family.layer.first_fid + family.member for family in families)  # (m,)
        self.member_row = _together(
            family.of + begin for family, begin in zip(families, self.start.tolist(), strict=False)
        )  # (m,)

    def __len__(self) -> int:
        return len(self.fid)

    @cached_property
    def unit(self) -> Float64:
        """(3,) metres per unit of the project's coordinates."""
        return metres(self.project)

    def city(self, family: Family) -> CityTiles | None:
        """The arrays of a layer of city objects; None for other layers."""
        drawable = self.project.drawable(family.layer) if family.layer.kind == "city" else None
        return drawable if isinstance(drawable, CityTiles) else None

    def types_of(self, family: Family) -> tuple[str, ...]:
        """The semantic types of the surfaces of a layer."""
        city = self.city(family)
        return () if city is None else city.type_names

    def values(self, key: str) -> list[object]:
        """A value of every whole."""
        return [
            value
            for family in self.families
            for value in self.project.values(family.layer, key).taken(family.root).tolist()
        ]

    @cached_property
    def ids(self) -> list[str]:
        """The id of every whole."""
        return [str(value) for value in self.values("id")]

    @cached_property
    def types(self) -> list[str]:
        """The type of every whole."""
        return [str(value) for value in self.values("type")]

    @cached_property
    def plans(self) -> Footprints:
        """(m,) what GIS programs see of every member, with heights where they have any."""
        parts = [
            plans_of(self.project, family.layer, family.layer.first_fid + family.member)
            for family in self.families
        ]
        return np.concatenate([np.empty(0, object), *parts])

    @cached_property
    def boxes(self) -> Float64:
        """(m, 2, 3) around every member; NaN where it has no geometry."""
        found = np.full((len(self.member_fid), 2, 3), np.nan)
        begin = 0
        for family in self.families:
            rows = slice(begin, begin + len(family.member))
            if (city := self.city(family)) is not None:
                entry = entries_by_object(city, family.layer.object_count)[family.member]
                there = np.flatnonzero(entry != NONE)
                found[begin + there] = np.asarray(city.entry_box)[entry[there]]
            else:
                found[rows] = _boxes_of(self.plans[rows])
            begin += len(family.member)
        return found

    @cached_property
    def ends(self) -> tuple[Float64, Float64]:
        """(n,) the lowest and the highest place of every whole; NaN where it has none."""
        low, high = np.full(len(self), np.inf), np.full(len(self), -np.inf)
        np.fmin.at(low, self.member_row, self.boxes[:, 0, 2])
        np.fmax.at(high, self.member_row, self.boxes[:, 1, 2])
        has_none = ~(high >= low)
        low[has_none] = high[has_none] = np.nan
        return low, high

    @cached_property
    def covers(self) -> Footprints:
        """(n,) what each whole covers, flat; None where it has no geometry."""
        return covered(self.plans, self.member_row, len(self))

    def things(self, pools: Int64) -> Things:
        """The wholes as they are matched."""
        return Things(self.covers, *self.ends, pools)

    def own_plan(self, rows: Int64) -> Footprints:
        """What GIS programs see of some wholes themselves, without their parts."""
        at = np.full(len(self), NONE)
        is_whole = self.member_fid == self.fid[self.member_row]
        at[self.member_row[is_whole]] = np.flatnonzero(is_whole)
        found: Footprints = self.plans[at[rows]]
        return found


def entries_by_object(city: CityTiles, count: int) -> Int64:
    """The entry of each object of a layer, or NONE."""
    found = np.full(count, NONE, np.int64)
    found[city.entry_object] = np.arange(len(city.entry_object))
    return found


def _together(parts: Iterable[Int64]) -> Int64:
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _boxes_of(plans: Footprints) -> Float64:
    """(n, 2, 3) boxes of geometries; z is NaN where they have no heights."""
    flat = shapely.bounds(plans)
    places, owner = shapely.get_coordinates(plans, include_z=True, return_index=True)
    low, high = np.full(len(plans), np.inf), np.full(len(plans), -np.inf)
    np.fmin.at(low, owner, places[:, 2])
    np.fmax.at(high, owner, places[:, 2])
    found: Float64 = np.column_stack((flat[:, :2], low, flat[:, 2:], high)).reshape(-1, 2, 3)
    found[~np.isfinite(found)] = np.nan
    return found


def covered(plans: Footprints, owner: Int64, count: int) -> Footprints:
    """(count,) what the flat geometries of each owner cover together; None where there is none."""
    there = np.flatnonzero(~shapely.is_missing(plans))
    flat, owner = shapely.force_2d(plans[there]), owner[there]
    found = np.full(count, None, object)
    times = np.bincount(owner, minlength=count)
    alone = times[owner] == 1
    single = flat[alone]
    is_area = shapely.get_dimensions(single) == 2
    faulty = is_area & ~shapely.is_valid(single)
    single[faulty] = shapely.make_valid(single[faulty], method="structure", keep_collapsed=False)
    found[owner[alone]] = single
    order = np.argsort(owner, kind="stable")
    order = order[~alone[order]]
    rows, first = np.unique(owner[order], return_index=True)
    for row, members in zip(rows.tolist(), np.split(order, first)[1:], strict=True):
        parts = flat[members]
        if (shapely.get_dimensions(parts) == 2).any():
            parts = shapely.make_valid(parts, method="structure", keep_collapsed=False)
        found[row] = shapely.union_all(parts)
    return found


# --- what is in one state and not in the other ----------------------------------------------------


def compared(project: Project, before: State, after: State) -> tuple[Wholes, Wholes, int]:
    """What is to be found again of both states, and how many wholes stand unchanged in both."""
    one, other = (state_of(project, state.situation) for state in (before, after))
    sides: tuple[list[Family], list[Family]] = [], []
    kept = 0
    for layer in project.layers:
        if not layer.object_count or layer.partner is not None:
            continue
        parents = np.asarray(project.parents(layer), np.int64)
        was = _standing(project, layer, before, one[layer.id][0])
        stays = _standing(project, layer, after, other[layer.id][0])
        root = roots(parents)
        differs = np.zeros(layer.object_count, bool)
        np.logical_or.at(differs, root, was != stays)
        is_root = root == np.arange(layer.object_count)
        kept += int((was & stays & is_root & ~differs).sum())
        for found, stands in zip(sides, (was, stays), strict=True):
            member = np.flatnonzero(stands & differs[root])
            wholes, of = np.unique(root[member], return_inverse=True)
            if len(wholes):
                found.append(Family(layer, wholes, member, of.reshape(-1)))
    return Wholes(project, sides[0]), Wholes(project, sides[1]), kept


def _standing(project: Project, layer: Layer, state: State, stands: Mask) -> Mask:
    if not state.shows(layer):
        return np.zeros(layer.object_count, bool)
    return standing(project, layer, state.situation, stands)


def roots(parents: Int64) -> Int64:
    """The position of the whole that each object belongs to; its own where it is one."""
    found = np.arange(len(parents))
    above = parents
    while (has_parent := above != NONE).any():
        found[has_parent] = above[has_parent]
        above = np.where(has_parent, parents[above], NONE)
    return found


# --- who may be who, and who is -------------------------------------------------------------------


def series_of(project: Project, layer: Layer) -> Hashable:
    """What layers that stand for each other have in common."""
    number = layer.facts.get(BASE, layer.id)
    base = next((found for found in project.layers if found.id == number), layer)
    return (base.kind, base.series) if base.epoch else base.id


def pools(project: Project, before: Wholes, after: Wholes, is_by_layer: bool) -> tuple[Int64, Int64]:
    """Numbers of those that may be the same: of one type, and in layers that may show the same things.

    City objects may be in any layer of such; all others in those that stand for each other, or that are
    compared as layers.
    """
    known: dict[Hashable, int] = {}

    def numbers(side: Wholes) -> Int64:
        shown = [
            layer.kind if is_by_layer or layer.kind == "city" else series_of(project, layer)
            for layer in side.layers
        ]
        keys = zip((shown[at] for at in side.layer_at.tolist()), side.types, strict=True)
        return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)

    return numbers(before), numbers(after)


def told(project: Project, before: Wholes, after: Wholes, key: str, is_by_layer: bool) -> tuple[Int64, Int64]:
    """Rows that are the same: as people say, as copies of the same, by an attribute, by id."""
    pairs = _Told(before, after)
    rows_before, rows_after = _rows_by_fid(before), _rows_by_fid(after)
    for (one, other), verdict in project.verdicts.items():
        for first, second in ((one, other), (other, one)) if verdict == "same" else ():
            if first in rows_before and second in rows_after:
                pairs.add(rows_before[first], rows_after[second])
    origin = _origins(project)
    pairs.join([origin(fid) for fid in before.fid.tolist()], [origin(fid) for fid in after.fid.tolist()])
    if key:
        pairs.join(_names(before, key), _names(after, key))
    lineage: list[list[Hashable]] = [
        ["" if is_by_layer else series_of(project, layer) for layer in side.layers]
        for side in (before, after)
    ]
    boxes = [_whole_boxes(side) for side in (before, after)]

    def plausible(one: int, other: int) -> bool:
        first, second = lineage[0][int(before.layer_at[one])], lineage[1][int(after.layer_at[other])]
        if first == second:
            return True
        gap = np.maximum(boxes[0][one, 0] - boxes[1][other, 1], boxes[1][other, 0] - boxes[0][one, 1])
        return bool((gap <= NEAR_M).all())

    pairs.join(before.ids, after.ids, plausible)
    pairs.join(_unversioned(before), _unversioned(after), plausible)
    return np.array(pairs.before, np.int64), np.array(pairs.after, np.int64)


def _names(side: Wholes, key: str) -> list[str | None]:
    """What an attribute calls each whole; None where it does not."""
    return [None if value in (None, "") else str(value) for value in side.values(key)]


def _unversioned(side: Wholes) -> list[str | None]:
    """Ids without the date that versions of one object end in (CityGML 3.0, 7.13); None for all others."""
    return [found[1] if (found := VERSION.match(id)) else None for id in side.ids]


def apart(project: Project, before: Wholes, after: Wholes) -> list[tuple[int, int]]:
    """Pairs of rows that people say are different."""
    rows_before, rows_after = _rows_by_fid(before), _rows_by_fid(after)
    return [
        (rows_before[first], rows_after[second])
        for (one, other), verdict in project.verdicts.items()
        for first, second in ((one, other), (other, one))
        if verdict == "different" and first in rows_before and second in rows_after
    ]


class _Told:
    """Pairs of rows, each row in one pair."""

    def __init__(self, before: Wholes, after: Wholes) -> None:
        self.before: list[int] = []
        self.after: list[int] = []
        self._free = np.ones(len(before), bool), np.ones(len(after), bool)

    def add(self, one: int, other: int) -> None:
        if self._free[0][one] and self._free[1][other]:
            self.before.append(one)
            self.after.append(other)
            self._free[0][one] = self._free[1][other] = False

    def join(
        self,
        before: Sequence[Hashable],
        after: Sequence[Hashable],
        allows: Callable[[int, int], bool] = lambda _one, _other: True,
    ) -> None:
        """Add the pairs whose names are the same, where no others of their state have that name."""
        there, here = (
            _only(names, free) for names, free in zip((after, before), self._free[::-1], strict=True)
        )
        for name, one in here.items():
            if name in there and allows(one, there[name]):
                self.add(one, there[name])


def _only(names: Sequence[Hashable], free: Mask) -> Mapping[Hashable, int]:
    """The row of each name that only one of the free rows has."""
    found: dict[Hashable, int] = {}
    twice: set[Hashable] = set()
    for row in np.flatnonzero(free).tolist():
        name = names[row]
        if name is not None and found.setdefault(name, row) != row:
            twice.add(name)
    return {name: row for name, row in found.items() if name not in twice}


def _rows_by_fid(side: Wholes) -> dict[int, int]:
    return dict(zip(side.member_fid.tolist(), side.member_row.tolist(), strict=True))


def _whole_boxes(side: Wholes) -> Float64:
    """(n, 2, 2) around the wholes, flat; infinitely small where there is no geometry."""
    found = np.empty((len(side), 2, 2))
    found[:, 0], found[:, 1] = np.inf, -np.inf
    np.fmin.at(found[:, 0], side.member_row, side.boxes[:, 0, :2])
    np.fmax.at(found[:, 1], side.member_row, side.boxes[:, 1, :2])
    return found


def _origins(project: Project) -> Callable[[int], int]:
    """What gives the object that another one goes back to by way of what it stands for."""
    replaced = project.replaced

    def origin(fid: int) -> int:
        while fid in replaced:
            fid = replaced[fid]
        return fid

    return origin
