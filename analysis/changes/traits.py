"""Attributes of the same objects in two states: which differ, from what to what."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from analysis.changes.cases import Cases
from analysis.changes.overlap import Things
from analysis.changes.wholes import Wholes, covered
from analysis.matching import matched
from layers.arrays import Float64
from layers.columns import FEW, NONE, Column, Mask, listed
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64
from layers.values import Value, format_value

#: Numbers that differ by less, as a share of them, were written with other digits.
SAME_NUMBER = 1e-9


@dataclass(frozen=True)
class Trait:
    """One attribute that differs, in some pairs of objects."""

    name: str
    pair: Int64  # (k,) which of the pairs
    before: list[str]  # as people read it, '' where there was none
    after: list[str]


@dataclass(frozen=True)
class Members:
    """Which objects are compared with which: the wholes of pairs, and their parts."""

    before: Int64  # (n,) fids
    after: Int64  # (n,)
    case: Int64  # (n,)
    vanished: Int64  # fids of parts of what is still there
    vanished_case: Int64
    appeared: Int64
    appeared_case: Int64


def members_of(before: Wholes, after: Wholes, cases: Cases) -> Members:
    """Find the parts of every pair again, by ids, else by footprints."""
    one, other = cases.before[: cases.pairs], cases.after[: cases.pairs]
    parts = [_parts(side, rows) for side, rows in ((before, one), (after, other))]
    found = matched(parts[0][1], parts[1][1], _same_ids(before.project, parts))
    first, second = (fids for fids, _ in parts)
    return Members(
        np.concatenate((before.fid[one], first[found.same.before])),
        np.concatenate((after.fid[other], second[found.same.after])),
        np.concatenate((np.arange(cases.pairs), parts[0][1].pool[found.same.before])),
        first[np.setdiff1d(np.arange(len(first)), found.same.before)],
        parts[0][1].pool[np.setdiff1d(np.arange(len(first)), found.same.before)],
        second[np.setdiff1d(np.arange(len(second)), found.same.after)],
        parts[1][1].pool[np.setdiff1d(np.arange(len(second)), found.same.after)],
    )


def _parts(side: Wholes, rows: Int64) -> tuple[Int64, Things]:
    """The parts of some wholes, each in a pool of its whole's number among them."""
    pool = np.full(len(side), NONE, np.int64)
    pool[rows] = np.arange(len(rows))
    at = np.flatnonzero((pool[side.member_row] != NONE) & (side.member_fid != side.fid[side.member_row]))
    covers = covered(side.plans[at], np.arange(len(at)), len(at))
    low, high = side.boxes[at, 0, 2], side.boxes[at, 1, 2]
    return side.member_fid[at], Things(covers, low, high, pool[side.member_row[at]])


def _same_ids(project: Project, parts: Sequence[tuple[Int64, Things]]) -> tuple[Int64, Int64]:
    """The parts of one pair that have the same id, or are the same object."""
    keys = [
        {key: row for row, key in enumerate(zip(things.pool.tolist(), ids_of(project, fids), strict=True))}
        for fids, things in parts
    ]
    both = [(keys[0][key], row) for key, row in keys[1].items() if key in keys[0]]
    rows = np.array(both, np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def ids_of(project: Project, fids: Int64) -> list[str]:
    """The ids of objects of any layers."""
    layers = _layers(project)
    place = _places(layers, fids)
    found = np.full(len(fids), "", object)
    for at in np.unique(place).tolist():
        mine = np.flatnonzero(place == at)
        found[mine] = project.values(layers[at], "id").taken(fids[mine] - layers[at].first_fid).tolist()
    return [str(id) for id in found.tolist()]


def traits_between(project: Project, members: Members, ignored: Collection[str]) -> list[Trait]:
    """The attributes, and types, that differ between objects before and after."""
    return list(_differing(project, members.before, members.after, ignored))


def _layers(project: Project) -> list[Layer]:
    return [layer for layer in project.layers if layer.object_count and layer.partner is None]


def _differing(project: Project, before: Int64, after: Int64, ignored: Collection[str]) -> Iterator[Trait]:
    layers = _layers(project)
    place = [_places(layers, fids) for fids in (before, after)]
    combined = place[0] * len(layers) + place[1]
    for both in np.unique(combined).tolist():
        pairs = np.flatnonzero(combined == both)
        one, other = layers[both // len(layers)], layers[both % len(layers)]
        names = {"type": None, **project.attribute_types(one), **project.attribute_types(other)}
        for name in names:
            if name not in ignored:
                columns = [
                    project.values(layer, name).taken(fids[pairs] - layer.first_fid)
                    for layer, fids in ((one, before), (other, after))
                ]
                changed = np.flatnonzero(~are_same(*columns))
                if len(changed):
                    texts = [[told(value) for value in column.taken(changed).tolist()] for column in columns]
                    yield Trait(name, pairs[changed], *texts)


def _places(layers: list[Layer], fids: Int64) -> Int64:
    """Which of the layers each object is in."""
    order = np.argsort([layer.first_fid for layer in layers], kind="stable")
    first = np.array([layers[at].first_fid for at in order.tolist()], np.int64)
    found: Int64 = order[np.searchsorted(first, fids, side="right") - 1]
    return found


def told(value: Value) -> str:
    """A value as people read it; '' for none."""
    return "" if value is None else format_value(value)


def are_same(one: Column, other: Column) -> Mask:
    """Which values of two columns of one length are the same; 1 and 1.0 are."""
    known: dict[Hashable, int] = {}
    codes = [_codes(column, known) for column in (one, other)]
    numbers = [_numbers(column) for column in (one, other)]
    is_number = [~np.isnan(values) for values in numbers]
    with np.errstate(invalid="ignore"):
        close = np.abs(numbers[0] - numbers[1]) <= SAME_NUMBER * np.abs(numbers[0])
    same: Mask = np.where(is_number[0] & is_number[1], close, codes[0] == codes[1])
    same &= is_number[0] == is_number[1]
    return same


def _numbers(column: Column) -> Float64:
    return np.full(len(column), np.nan) if column.numbers is None else column.numbers


def _codes(column: Column, known: dict[Hashable, int]) -> Int64:
    """Numbers of all values that are not numbers themselves, the same for equal ones of all columns."""
    if column.codes is None:
        return np.full(len(column), NONE, np.int64)
    some, place = np.unique(column.codes, return_inverse=True)
    values = column.values if len(some) <= FEW else listed(column.values)
    table = np.array(
        [
            NONE if code == NONE else known.setdefault(_key(values[code]), len(known))
            for code in some.tolist()
        ],
        np.int64,
    )
    return table[place.reshape(-1)]


def _key(value: Value) -> Hashable:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
