"""Who may be who in two states, and who is: as people say, as copies, by an attribute, by id."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np

from analysis.changes.wholes import Wholes
from analysis.matching import Pairs
from layers.arrays import Float64
from layers.columns import Mask
from layers.epochs import BASE
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64

#: Objects of layers that do not stand for each other may have the same id only so near.
NEAR_M = 25.0
#: Within one layer other ids mean other objects, unless they are as alike as this.
ALIKE = 0.9
#: An id, and the date or time behind it that says of which version it is.
VERSION = re.compile(r"(.+?)[_@]\d{4}-\d\d-\d\d(?:[T_ ].*)?$", re.ASCII)


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


def renamed(before: Wholes, after: Wholes, pairs: Pairs) -> Mask:
    """Which pairs are of one layer, that says when both stand, under other ids, and are not quite alike.

    One was built where another one stood: in snapshots they would be the same building, rebuilt.
    """
    one, other = (
        np.array([layer.id for layer in side.layers], np.int64)[side.layer_at[rows]]
        for side, rows in ((before, pairs.before), (after, pairs.after))
    )
    return np.asarray((one == other) & ~pairs.is_told & (pairs.score < ALIKE))


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
