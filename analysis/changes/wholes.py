"""What of a city stands in one of two states only: whole objects with their parts, and who is told to be who.

Objects that stand in both states are the same, as everything is in the project once; those that were copied
into a scenario are the copies of what they replace.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from analysis.changes.overlap import Footprints, Things
from analysis.changes.state import State
from analysis.situation import state_of
from analysis.standing import standing
from layers.arrays import CityTiles, Float64
from layers.checks.layer import metres
from layers.columns import NONE, Mask
from layers.footprint import plans_of
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64


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
