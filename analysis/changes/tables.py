"""The lists of what changed, as results hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from analysis.changes.cases import Cases, Measured
from analysis.changes.shells import volumes_of
from analysis.changes.state import State, layers_in
from analysis.changes.traits import Members, Trait, ids_of
from analysis.changes.wholes import Wholes
from analysis.checked import surface_rows
from analysis.matching import Matching
from layers.arrays import Float64
from layers.columns import Mask
from layers.project import Project
from layers.results import BEFORE, CHANGE, Table, Values
from layers.runs import Int64

#: What a row of the list of changes says has happened.
APPEARED, VANISHED, SPLIT, MERGED = "appeared", "vanished", "split", "merged"
GEOMETRY, ATTRIBUTES, BOTH = "geometry changed", "attributes changed", "geometry and attributes changed"
#: Of a later snapshot.
SUCCEEDS = "succeeds"
#: Of colours: gone, changed, new.
GONE, CHANGED, NEW = -1.0, 0.0, 1.0
TYPES_FIRST = 3


@dataclass(frozen=True)
class Found:
    """All that was found of city objects and other things with rows."""

    project: Project
    before: Wholes
    after: Wholes
    matching: Matching
    cases: Cases
    sizes: Measured
    members: Members
    traits: Sequence[Trait]
    kept: int  # wholes that stand in both states as they are
    tolerance_m: float

    @cached_property
    def has_moved(self) -> Mask:
        """(n,) cases whose geometry changed."""
        found: Mask = self.sizes.distance_m > self.tolerance_m
        return found

    @cached_property
    def properties(self) -> dict[int, list[str]]:
        """The names of what else differs, by case."""
        found: dict[int, list[str]] = {}
        for trait in self.traits:
            for case in np.unique(self.members.case[trait.pair]).tolist():
                found.setdefault(case, []).append(trait.name)
        for case in np.flatnonzero(self.sizes.retyped).tolist():
            found.setdefault(case, []).append("semantic surfaces")
        for name, cases in (
            ("parts gone", self.members.vanished_case), ("new parts", self.members.appeared_case)
        ):  # fmt: skip
            for case in np.unique(cases).tolist():
                found.setdefault(case, []).append(name)
        return found

    @property
    def unchanged(self) -> int:
        """How many wholes are as they were."""
        pairs = np.arange(self.cases.pairs)
        other = np.isin(pairs, list(self.properties))
        return self.kept + int((~self.has_moved[pairs] & ~other).sum())


@dataclass
class _Row:
    change: str
    group: int
    before: int = -1  # rows of wholes
    after: int = -1
    case: int = -1


def change_rows(found: Found) -> Table:
    """A row per object that changed; of what was split or merged one per piece."""
    rows = list(_rows(found))
    before = np.array([row.before for row in rows], np.int64)
    after = np.array([row.after for row in rows], np.int64)
    case = np.array([row.case for row in rows], np.int64)
    one, other = found.before, found.after
    is_there = after >= 0

    def of(side: Wholes, values: Sequence[str], at: Int64) -> list[str]:
        return [values[row] if row >= 0 else "" for row in at.tolist()]

    ids = [of(one, one.ids, before), of(other, other.ids, after)]
    types = [of(one, one.types, before), of(other, other.types, after)]
    layers = [
        [side.layers[int(side.layer_at[row])].name if row >= 0 else "" for row in at.tolist()]
        for side, at in ((one, before), (other, after))
    ]
    plans = np.empty(len(rows), object)
    plans[is_there] = other.covers[after[is_there]]
    plans[~is_there] = one.covers[before[~is_there]]
    middle = shapely.centroid(plans)
    height, volume = (_values(found, values, before, after, case) for values in ("height_m", "volume_m3"))
    columns: dict[str, Values] = {
        "change": [row.change for row in rows],
        "object_id": [new or old for old, new in zip(*ids, strict=True)],
        "before_id": ids[0],
        "type": [new or old for old, new in zip(*types, strict=True)],
        "layer": [new or old for old, new in zip(*layers, strict=True)],
        "before_layer": layers[0],
        "told_by": _told_by(found, rows),
        "score": _of(found.cases.score, case),
        "distance_m": _of(found.sizes.distance_m, case),
        **_pairs("height_m", height),
        **_pairs("volume_m3", volume),
        "surfaces": _surfaces(found, case),
        "attributes": [", ".join(found.properties.get(number, ())) for number in case.tolist()],
        "group": np.array([row.group for row in rows], np.int64),
        "fid": np.where(is_there, _fids(other, after), _fids(one, before)),
        "before_fid": _fids(one, before),
        "x": shapely.get_x(middle),
        "y": shapely.get_y(middle),
        "wkb": _hexadecimal(plans),
    }
    return Table(columns)


def _rows(found: Found) -> list[_Row]:
    """What happened, the most of it first: gone and new, split and merged, changed."""
    rows: list[_Row] = []
    for row in found.matching.appeared.tolist():
        rows.append(_Row(APPEARED, len(rows), after=row))
    for row in found.matching.vanished.tolist():
        rows.append(_Row(VANISHED, len(rows), before=row))
    for number, group in enumerate(found.matching.groups):
        at, case = len(rows), found.cases.pairs + number
        if group.is_split:
            rows += [_Row(SPLIT, at, group.before[0], row, case) for row in group.after]
        else:
            rows += [_Row(MERGED, at, row, group.after[0], case) for row in group.before]
    pairs = found.cases.pairs
    is_said = np.isin(np.arange(pairs), list(found.properties))
    moved = found.has_moved[:pairs]
    changed = np.flatnonzero(moved | is_said)
    # What moved farthest comes first, what is only said anew last.
    far = np.nan_to_num(np.where(moved, found.sizes.distance_m[:pairs], 0.0)[changed], posinf=np.inf)
    for case in changed[np.argsort(-far, kind="stable")].tolist():
        change = BOTH if moved[case] and is_said[case] else GEOMETRY if moved[case] else ATTRIBUTES
        one, other = int(found.cases.before[case]), int(found.cases.after[case])
        rows.append(_Row(change, len(rows), one, other, case))
    return rows


def _fids(side: Wholes, at: Int64) -> Int64:
    found = np.full(len(at), -1, np.int64)
    found[at >= 0] = side.fid[at[at >= 0]]
    return found


def _of(values: Float64, case: Int64) -> Float64:
    found = np.full(len(case), np.nan)
    found[case >= 0] = values[case[case >= 0]]
    found[np.isinf(found)] = np.nan
    return found


def _values(found: Found, name: str, before: Int64, after: Int64, case: Int64) -> Float64:
    """(r, 2) a measure before and after; what has no counterpart is measured alone."""
    values = np.full((len(case), 2), np.nan)
    known = case >= 0
    values[known] = getattr(found.sizes, name)[case[known]]
    for column, side, at in ((0, found.before, before), (1, found.after, after)):
        alone = ~known & (at >= 0)
        values[alone, column] = ALONE[name](side, at[alone])
    return values


def _heights(side: Wholes, rows: Int64) -> Float64:
    low, high = side.ends
    found: Float64 = (high - low)[rows] * side.unit[2]
    return found


#: How each measure is taken of what stands in one state only.
ALONE = {"height_m": _heights, "volume_m3": volumes_of}


def _pairs(name: str, values: Float64) -> dict[str, Values]:
    return {
        name: values[:, 1],
        f"{name}{BEFORE}": values[:, 0],
        f"{name}{CHANGE}": values[:, 1] - values[:, 0],
    }


def _told_by(found: Found, rows: Sequence[_Row]) -> list[str]:
    told = found.cases.is_told
    return ["" if row.case < 0 else "id" if told[row.case] else "footprint" for row in rows]


def _surfaces(found: Found, case: Int64) -> list[str]:
    """How many surfaces of which semantic type moved."""
    counts: dict[int, Counter[str]] = {}
    for number in (1, 0):  # those that are there now come first
        side = found.sizes.moved[number]
        for at, name in zip(side.case.tolist(), side.type, strict=True):
            if number == 1 or at not in counts:
                counts.setdefault(at, Counter())[name or "surface"] += 1
    return [
        ", ".join(f"{count} {name}" for name, count in counts[number].most_common())
        if number in counts
        else ""
        for number in case.tolist()
    ]


def _hexadecimal(plans: np.ndarray[tuple[int], np.dtype[np.object_]]) -> list[str]:
    return ["" if text is None else str(text) for text in shapely.to_wkb(plans, hex=True).tolist()]


def attribute_rows(found: Found) -> Table:
    """A row per attribute that differs."""
    members = found.members
    pair = np.concatenate([np.zeros(0, np.int64), *(trait.pair for trait in found.traits)])
    order = np.argsort(members.case[pair], kind="stable")
    names = [trait.name for trait in found.traits for _ in range(len(trait.pair))]
    before = [text for trait in found.traits for text in trait.before]
    after = [text for trait in found.traits for text in trait.after]
    fids = [members.before[pair][order], members.after[pair][order]]
    ids = [ids_of(found.project, some) for some in fids]
    at = order.tolist()
    return Table(
        {
            "object_id": ids[1],
            "before_id": ids[0],
            "property": [names[row] for row in at],
            "from": [before[row] for row in at],
            "to": [after[row] for row in at],
            "fid": fids[1],
            "before_fid": fids[0],
            "whole": found.after.fid[found.cases.after[members.case[pair][order]]],
        }
    )


def doubtful_rows(found: Found) -> Table:
    """A row per pair that may be the same object: for people to say."""
    pairs, same = found.matching.doubtful, found.matching.same
    taken = set(zip(same.before.tolist(), same.after.tolist(), strict=True))
    asked = zip(pairs.before.tolist(), pairs.after.tolist(), strict=True)
    plans = found.after.covers[pairs.after]
    return Table(
        {
            "object_id": [found.after.ids[row] for row in pairs.after.tolist()],
            "before_id": [found.before.ids[row] for row in pairs.before.tolist()],
            "score": pairs.score,
            "taken_as": ["the same" if pair in taken else "different" for pair in asked],
            "fid": found.after.fid[pairs.after],
            "before_fid": found.before.fid[pairs.before],
            "x": shapely.get_x(shapely.centroid(plans)),
            "y": shapely.get_y(shapely.centroid(plans)),
        }
    )


def layer_rows(project: Project, before: State, after: State) -> Table:
    """A row per layer that shows in only one of the states; snapshots of one series stand for each other."""
    one, other = (layers_in(project, state) for state in (before, after))
    gone, new = [layer for layer in one if layer not in other], [layer for layer in other if layer not in one]
    series = {(layer.kind, layer.series): layer.name for layer in gone if layer.epoch}
    rows = [(layer, series.get((layer.kind, layer.series), "") if layer.epoch else "") for layer in new]
    followed = {before for _, before in rows}
    rows += [(layer, layer.name) for layer in gone if layer.name not in followed]
    return Table(
        {
            "change": [
                VANISHED if layer in gone else SUCCEEDS if before else APPEARED for layer, before in rows
            ],
            "name": [layer.name for layer, _ in rows],
            "before_layer": [before for _, before in rows],
            "holds": [layer.kind for layer, _ in rows],
            "epoch": [layer.epoch or "" for layer, _ in rows],
        }
    )


def surface_table(found: Found) -> Table:
    """The surfaces of what came and went, and those that moved."""
    kinds: dict[tuple[int, int], float] = {}
    for side, rows, kind in (
        (found.before, found.matching.vanished, GONE),
        (found.after, found.matching.appeared, NEW),
    ):
        has_surfaces = np.array([side.city(family) is not None for family in side.families], bool)
        chosen = np.isin(side.member_row, rows[has_surfaces[side.layer_at[rows]]])
        fids, layer = side.member_fid[chosen], side.layer_at[side.member_row[chosen]]
        ids = [side.layers[at].id for at in layer.tolist()]
        kinds |= dict.fromkeys(zip(ids, fids.tolist(), strict=True), kind)
    away: dict[tuple[int, int, int], float] = {}
    for moved in found.sizes.moved:
        keys = zip(moved.fid.tolist(), moved.geometry.tolist(), moved.surface.tolist(), strict=True)
        away |= dict(zip(keys, moved.distance_m.tolist(), strict=True))
        kinds |= dict.fromkeys(zip(moved.layer.tolist(), moved.fid.tolist(), strict=True), CHANGED)
    table = surface_rows(found.project, list(kinds))
    layers, fids, geometries, surfaces = (
        table.numbers(name).astype(int).tolist() for name in ("layer", "fid", "geometry", "surface")
    )
    change = np.array([kinds[pair] for pair in zip(layers, fids, strict=True)], np.float64)
    places = zip(fids, geometries, surfaces, strict=True)
    distance = np.array([away.get(place, np.nan) for place in places], np.float64)
    table = Table({**table.columns, "changed": change, "distance_m": distance})
    return _some(table, (change != CHANGED) | np.isfinite(distance))


def _some(table: Table, chosen: Mask) -> Table:
    at = np.flatnonzero(chosen)
    return Table(
        {
            name: [values[row] for row in at.tolist()] if isinstance(values, list) else values[at]
            for name, values in table.columns.items()
        }
    )
