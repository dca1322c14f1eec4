"""City objects brought into the order of one quadtree, from memory or from many folders on disk.

Array by array, stretch by stretch: however large the city is, little more than one stretch is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CITY_ROWS, KEY_BITS, CityTiles, Float64, Int32, Rows
from layers.errors import ReadError
from layers.runs import Int64, ranges, starts
from layers.stored import array_path, let_go, mapped

Array = NDArray[Any]
Keys = NDArray[np.uint64]
#: Gives the array of a name as one of the parts has it.
Read = Callable[[int, str], Array]
#: Gives some items of one of the parts.
Take = Callable[[int, Int64], Array]

SMALLEST_SQUARE_M = 1.0
#: Vertices of the stretch that is in memory at a time; of everything else there are fewer.
VERTICES_AT_ONCE = 1 << 20
MOST_ITEMS = int(np.iinfo(np.int32).max)
#: Files that are open at a time; systems allow about a thousand.
MOST_OPEN = 256

LEVELS = ("entry", "geometry", "surface", "vertex", "triangle")
#: Arrays whose numbers are codes of names.
CODES_OF: Mapping[str, str] = MappingProxyType({"surface_type": "type_names", "geometry_lod": "lod_names"})


class Folders:
    """The arrays of parts on disk, mapped; what was read of them does not stay in memory."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._open: dict[tuple[int, str], Array] = {}

    def __call__(self, part: int, name: str) -> Array:
        """The array `name` of a part."""
        found = self._open.get((part, name))
        if found is None:
            if len(self._open) >= MOST_OPEN:
                self._open.clear()
            found = self._open[part, name] = mapped(array_path(self._folders[part], name))
        return found


class Joined(NamedTuple):
    """How the looks of parts become those of all."""

    codes: list[Int32]  # per part: what its own looks are now, and -1 behind them
    columns: list[Int32]  # per part: which column of its own is each theme now; -1 where it has none


@dataclass(frozen=True)
class Plan:
    """All entries in their new order, and where each lies in its part."""

    square: Float64
    key: Keys
    object: Int32  # position in the layer
    part: Int32
    first: dict[str, Int32]  # per level: first item in the part
    count: dict[str, Int32]  # per level: number of items
    names: dict[str, tuple[str, ...]]
    codes: dict[str, list[Int32]]  # per kind of names and part: what its own codes are now
    points: list[int]  # of each part
    lines: list[int]
    looks: Joined | None  # where any part has looks

    def arrays(self, read: Read) -> Iterator[tuple[str, int, Iterable[Array]]]:
        """Names, rows and pieces of all arrays."""
        entries = len(self.object)
        rows = {level: int(self.count[level].sum(dtype=np.int64)) for level in LEVELS}
        if max(rows.values()) > MOST_ITEMS:
            raise ReadError(
                "The layer is too large to be drawn",
                found=f"{rows['vertex']:,} vertices",
                allowed=f"{MOST_ITEMS:,}",
                do="Import it as several layers",
            )
        yield "square", 3, [self.square]
        yield "entry_key", entries, [self.key]
        yield "entry_object", entries, [self.object]
        for name, kind in CITY_ROWS.items():
            level = kind.level
            if kind.below:
                yield name, rows[level] + 1, self._starts(name, level, read)
            elif kind.of_looks:
                if self.looks is not None:
                    yield name, rows[level], self._looked(name, kind, self.looks, read)
            elif name not in ("entry_key", "entry_object"):
                yield name, rows[level], self._pieces(name, level, read)
        every = range(len(self.points))
        yield "points", sum(self.points), (read(part, "points") for part in every)
        before = starts(np.array(self.points)).astype(np.int32)
        yield "lines", sum(self.lines), (read(part, "lines") + before[part] for part in every)

    def _pieces(self, name: str, level: str, read: Read) -> Iterator[Array]:
        """An array with one item per item of a level, stretch by stretch."""
        codes = self.codes.get(CODES_OF.get(name, ""))
        shift = starts(self.count["vertex"])[:-1] - self.first["vertex"] if name == "triangles" else None

        def take(part: int, at: Int64) -> Array:
            array = read(part, name)
            values = np.take(np.asarray(array), at, axis=0)
            let_go(array)
            return codes[part][values] if codes else values

        for first, last in self._stretches():
            piece = self._gathered(level, first, last, take)
            if shift is not None:
                piece += np.repeat(shift[first:last], self.count[level][first:last])[:, None]
            yield piece

    def _looked(self, name: str, kind: Rows, looks: Joined, read: Read) -> Iterator[Array]:
        """An array of what polygons look like, stretch by stretch."""
        nothing = {"surface_look": -1, "vertex_uv": np.nan}.get(name, 0)
        shape = kind.shape_of(len(looks.columns[0]))

        def take(part: int, at: Int64) -> Array:
            values = np.full((len(at), *shape), nothing, kind.dtype)
            there = np.flatnonzero(looks.columns[part] >= 0)
            if len(there):
                array = read(part, name)
                mine = np.take(np.asarray(array), at, axis=0)[:, looks.columns[part][there]]
                let_go(array)
                values[:, there] = looks.codes[part][mine] if name == "surface_look" else mine
            return values

        for first, last in self._stretches():
            yield self._gathered(kind.level, first, last, take)

    def _starts(self, name: str, level: str, read: Read) -> Iterator[Int32]:
        """An array that says where the items of the level below begin, stretch by stretch."""

        def take(part: int, at: Int64) -> Array:
            array = read(part, name)
            lengths: Int32 = np.take(array, at + 1) - np.take(array, at)
            let_go(array)
            return lengths

        end = np.zeros(1, np.int32)
        yield end
        for first, last in self._stretches():
            ends = end + np.cumsum(self._gathered(level, first, last, take), dtype=np.int32)
            yield ends
            end = ends[-1:] if len(ends) else end

    def _gathered(self, level: str, first: int, last: int, take: Take) -> Array:
        """The items of a stretch of entries, whatever parts they lie in."""
        counts, begin = self.count[level][first:last], self.first[level][first:last]
        part = self.part[first:last]
        by_part = np.argsort(part, kind="stable")
        owners, cuts = np.unique(part[by_part], return_index=True)
        if len(owners) < 2:
            return take(int(owners[0]) if len(owners) else 0, ranges(begin, counts))
        taken = [
            take(owner, ranges(begin[mine], counts[mine]))
            for owner, mine in zip(owners.tolist(), np.split(by_part, cuts[1:]), strict=True)
        ]
        place = np.empty(len(part), np.int64)
        place[by_part] = starts(counts[by_part])[:-1]
        return np.take(np.concatenate(taken), ranges(place, counts), axis=0)

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Ranges of entries with about VERTICES_AT_ONCE vertices, at least one range."""
        begin = starts(self.count["vertex"])
        first = 0
        while first < len(self.object) or first == 0:
            last = int(np.searchsorted(begin, begin[first] + VERTICES_AT_ONCE, "right")) - 1
            last = max(last, min(first + 1, len(self.object)))
            yield first, last
            first = max(last, 1)


def planned(parts: Iterable[CityTiles], offsets: Sequence[int], looks: Joined | None = None) -> Plan:
    """The order of all entries of some parts, whose objects begin at `offsets` in the layer.

    Without `looks`, those of the one part there is stay as they are.
    """
    objects, boxes, owners, points, lines = [], [], [], [], []
    first: dict[str, list[Int32]] = {level: [] for level in LEVELS}
    count: dict[str, list[Int32]] = {level: [] for level in LEVELS}
    named: dict[str, list[tuple[str, ...]]] = {name: [] for name in CODES_OF.values()}
    for number, (tiles, offset) in enumerate(zip(parts, offsets, strict=True)):
        entries = len(tiles.entry_object)
        objects.append(tiles.entry_object + np.int32(offset))
        boxes.append(np.array(tiles.entry_box))
        owners.append(np.full(entries, number, np.int32))
        begins = (np.arange(entries + 1, dtype=np.int32), tiles.entry_geometry, tiles.entry_surface)
        for level, begin in zip(LEVELS, (*begins, tiles.entry_vertex, tiles.entry_triangle), strict=True):
            first[level].append(np.array(begin[:-1]))
            count[level].append(np.diff(begin))
        points.append(len(tiles.points))
        lines.append(len(tiles.lines))
        for name, all_names in named.items():
            all_names.append(getattr(tiles, name))
    names = {
        "type_names": tuple(dict.fromkeys(name for part in named["type_names"] for name in part)),
        "lod_names": tuple(sorted({name for part in named["lod_names"] for name in part})),
    }
    object, box = np.concatenate(objects), np.concatenate(boxes)
    square = square_around(box)
    key = keys_of(box, square)
    order = np.lexsort((object, key))
    return Plan(
        square,
        key[order],
        object[order],
        np.concatenate(owners)[order],
        {level: np.concatenate(first[level])[order] for level in LEVELS},
        {level: np.concatenate(count[level])[order] for level in LEVELS},
        names,
        {name: [_codes(part, names[name]) for part in named[name]] for name in names},
        points,
        lines,
        looks,
    )


def plan_of(tiles: CityTiles, entries: Int64) -> Plan:
    """Some entries of a layer, ascending, as they are, without loose points and lines."""
    begins = (tiles.entry_geometry, tiles.entry_surface, tiles.entry_vertex, tiles.entry_triangle)
    levels = list(zip(LEVELS[1:], begins, strict=True))
    return Plan(
        np.array(tiles.square),
        tiles.entry_key[entries],
        tiles.entry_object[entries],
        np.zeros(len(entries), np.int32),
        {"entry": entries.astype(np.int32), **{level: begin[entries] for level, begin in levels}},
        {
            "entry": np.ones(len(entries), np.int32),
            **{level: begin[entries + 1] - begin[entries] for level, begin in levels},
        },
        {name: getattr(tiles, name) for name in CODES_OF.values()},
        {},
        [],
        [],
        as_they_are(tiles),
    )


def as_they_are(*parts: CityTiles) -> Joined | None:
    """The looks of parts that are all from one album, or have none."""
    themes = max(part.themes for part in parts)
    if not themes:
        return None
    last = max(int(part.surface_look.max(initial=-1)) for part in parts if part.surface_look is not None)
    codes = np.r_[0 : last + 1, -1].astype(np.int32)
    columns = [np.where(np.arange(themes) < part.themes, np.arange(themes), -1) for part in parts]
    return Joined([codes] * len(parts), [column.astype(np.int32) for column in columns])


def _codes(own: Sequence[str], names: Sequence[str]) -> Int32:
    """Where own names stand among those of all parts."""
    return np.array([names.index(name) for name in own], np.int32)


def square_around(boxes: Float64) -> Float64:
    """Corner and side of the smallest square that holds the middles of all boxes."""
    if not len(boxes):
        return np.array([0.0, 0.0, SMALLEST_SQUARE_M])
    middles = boxes[:, :, :2].mean(axis=1)
    low = middles.min(axis=0)
    side = max(float((middles.max(axis=0) - low).max()), SMALLEST_SQUARE_M)
    return np.array([*low, side])


def keys_of(boxes: Float64, square: Float64) -> Keys:
    """The Morton keys of the middles of boxes: the bits of x and y in turn, y first."""
    cells = 1 << KEY_BITS
    place = (boxes[:, :, :2].mean(axis=1) - square[:2]) / square[2] * cells
    x, y = np.clip(place, 0, cells - 1).astype(np.uint64).T
    return _spread(x) | _spread(y) << np.uint64(1)


def _spread(bits: Keys) -> Keys:
    """Numbers of up to 32 bits with a zero before each bit."""
    for shift, keep in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        bits = (bits | bits << np.uint64(shift)) & np.uint64(keep)
    return bits
