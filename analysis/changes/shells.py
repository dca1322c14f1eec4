"""The polygons that show objects, row by row, in one level of detail that both states have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from analysis.abreast import abreast
from analysis.changes.deviation import deviations
from analysis.changes.wholes import Family, Wholes, entries_by_object
from layers.arrays import Float64
from layers.blocks import lod_number
from layers.columns import NONE, Mask
from layers.data import Progress, never_stop, part_of
from layers.lods import geometries_at
from layers.runs import Int64, ranges, starts, totals

#: Levels of detail are counted in the bits of a number.
MOST_LODS = 62
#: What looks up and down of a closed shell covers the same, but for this share.
OPEN = 0.02
#: Rows that one thread compares in one go.
ROWS_AT_ONCE = 1_000
#: Wholes that are measured in one go.
AT_ONCE = 20_000


@dataclass(frozen=True)
class Shells:
    """Polygons of some rows, in the order of the rows."""

    row: Int64  # (k + 1,) first polygon
    layer: Int64  # (s,) id
    fid: Int64  # (s,) of the object that each polygon belongs to
    geometry: Int64  # (s,) position in the object's geometry list
    surface: Int64  # (s,) position in the geometry
    type: Int64  # (s,) into types
    polygon: Int64  # (s + 1,) first corner
    corners: Float64  # (n, 3)
    is_ring: Mask  # (s,) whether it is one ring without holes
    face: Int64  # (s + 1,) first triangle
    triangles: Float64  # (t, 3, 3)
    types: tuple[str, ...]

    @property
    def owner(self) -> Int64:
        """(s,) the row of each polygon."""
        return np.repeat(np.arange(len(self.row) - 1), np.diff(self.row))

    def raised(self, by: Float64) -> Shells:
        """The same, every row higher by so much (k,)."""
        rise = np.zeros((len(by), 3))
        rise[:, 2] = by
        owner = self.owner
        return replace(
            self,
            corners=self.corners + np.repeat(rise[owner], np.diff(self.polygon), axis=0),
            triangles=self.triangles + np.repeat(rise[owner], np.diff(self.face), axis=0)[:, None],
        )

    def scaled(self, unit: Float64) -> Shells:
        """The same in metres, given metres per unit of x, y and z."""
        if (unit == 1.0).all():
            return self
        return replace(self, corners=self.corners * unit, triangles=self.triangles * unit)

    def volumes(self) -> Float64:
        """(k,) m³ within each shell, by what of it looks up and down; NaN where it is not closed."""
        rows = len(self.row) - 1
        owner = np.repeat(self.owner, np.diff(self.face))
        a, b, c = (self.triangles[:, at] for at in range(3))
        level = ((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])) / 2
        low = np.full(rows, np.inf)
        np.minimum.at(low, owner, self.triangles[..., 2].min(axis=1, initial=np.inf))
        height = self.triangles[..., 2].mean(axis=1) - low[owner] if len(owner) else np.zeros(0)
        volume = np.bincount(owner, level * height, rows)
        left = np.abs(np.bincount(owner, level, rows))
        whole = np.bincount(owner, np.abs(level), rows)
        closed = (whole > 0) & (left <= OPEN * whole)
        return np.where(closed, np.abs(volume), np.nan)

    def areas_by_type(self) -> Float64:
        """(k, types) m² of the surfaces of each semantic type."""
        sides = self.triangles[:, 1:] - self.triangles[:, :1]
        area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1) / 2
        polygon = np.repeat(np.arange(len(self.type)), np.diff(self.face))
        key = self.owner[polygon] * len(self.types) + self.type[polygon]
        rows = len(self.row) - 1
        return totals(key, area, rows * len(self.types)).reshape(rows, -1)


def deviations_between(
    before: Shells, after: Shells, progress: Progress = never_stop
) -> tuple[Float64, Float64]:
    """Metres by which the polygons of each side are away from the shell of the same row of the other."""
    sides = [
        (side.row, side.polygon, side.corners, side.is_ring, side.face, side.triangles)
        for side in (before, after)
    ]
    count = len(before.row) - 1
    ends = [*range(0, count, ROWS_AT_ONCE), count]

    def away(one: int, other: int, progress: Progress) -> Float64:
        parts = abreast(
            lambda ends: deviations(*ends, sides[one], sides[other]),
            list(pairwise(ends)),
            progress,
            "how far surfaces moved",
        )
        return np.concatenate([np.zeros(0), *parts])

    return away(0, 1, part_of(progress, 0.0, 0.5)), away(1, 0, part_of(progress, 0.5, 1.0))


# --- levels of detail -----------------------------------------------------------------------------


def lods_of(sides: Sequence[Wholes]) -> tuple[str, ...]:
    """All levels of detail of the layers, the coarsest first."""
    cities = [side.city(family) for side in sides for family in side.families]
    names = {name for city in cities if city is not None for name in city.lod_names}
    return tuple(sorted(names, key=lod_number))[:MOST_LODS]


def lod_bits(side: Wholes, lods: Sequence[str]) -> Int64:
    """(n,) the levels of detail of each whole, a bit for each of `lods`."""
    found = np.zeros(len(side), np.int64)
    for family, start in zip(side.families, side.start.tolist(), strict=False):
        city = side.city(family)
        if city is None:
            continue
        bits = np.array([1 << lods.index(name) if name in lods else 0 for name in city.lod_names], np.int64)
        entry = entries_by_object(city, family.layer.object_count)[family.member]
        there = np.flatnonzero(entry != NONE)
        begin, end = city.entry_geometry[entry[there]], city.entry_geometry[entry[there] + 1]
        geometries = ranges(begin, end - begin)
        row = start + np.repeat(family.of[there], end - begin)
        np.bitwise_or.at(found, row, bits[np.asarray(city.geometry_lod)[geometries]])
    return found


def common_lods(before: Int64, after: Int64) -> Int64:
    """Per pair the number of the finest level that both have; NONE: the finest of each will do."""
    both = before & after
    finest = [np.floor(np.log2(np.maximum(bits, 1))).astype(np.int64) for bits in (before, after, both)]
    differs = (finest[0] != finest[1]) & (both > 0)
    found: Int64 = np.where(differs, finest[2], NONE)
    return found


# --- the polygons themselves ----------------------------------------------------------------------


def shells_of(
    side: Wholes, rows: Int64, rank: Int64, lod: Int64, lods: Sequence[str], types: Sequence[str]
) -> Shells:
    """The polygons of some rows (p,) as shells (k,): `rank` (p,) says of which each is a part.

    `lod` (k,) is the level of detail of each shell, a number into `lods`; NONE: the finest.
    """
    parts = [
        part
        for number, family in enumerate(side.families)
        if (part := _picked(side, number, family, rows, rank, lod, lods, types)) is not None
    ]
    names = ("rank", "layer", "fid", "geometry", "surface", "type", "sizes", "is_ring", "faces")
    columns = {
        name: np.concatenate(
            [np.zeros(0, bool if name == "is_ring" else np.int64), *(p[name] for p in parts)]
        )
        for name in names
    }
    corners = np.concatenate([np.zeros((0, 3)), *(part["corners"] for part in parts)])
    triangles = np.concatenate([np.zeros((0, 3, 3)), *(part["triangles"] for part in parts)])
    order = np.argsort(columns["rank"], kind="stable")
    first_corner, first_face = starts(columns["sizes"]), starts(columns["faces"])
    columns = {name: values[order] for name, values in columns.items()}
    return Shells(
        row=starts(np.bincount(columns["rank"], minlength=len(lod))),
        polygon=starts(columns["sizes"]),
        corners=corners[ranges(first_corner[order], columns["sizes"])],
        face=starts(columns["faces"]),
        triangles=triangles[ranges(first_face[order], columns["faces"])],
        types=tuple(types),
        **{name: columns[name] for name in ("layer", "fid", "geometry", "surface", "type", "is_ring")},
    )


def volumes_of(side: Wholes, rows: Int64) -> Float64:
    """(p,) m³ within each of some rows, by its finest level of detail; NaN where it is not closed."""
    lods = lods_of((side,))
    types = sorted({"", *(name for family in side.families for name in side.types_of(family))})
    found = np.full(len(rows), np.nan)
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        lod = np.full(len(some), NONE, np.int64)
        shells = shells_of(side, some, np.arange(len(some)), lod, lods, types).scaled(side.unit)
        found[first : first + len(some)] = shells.volumes()
    return found


def _picked(
    side: Wholes,
    number: int,
    family: Family,
    rows: Int64,
    ranks: Int64,
    lod: Int64,
    lods: Sequence[str],
    types: Sequence[str],
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]] | None:
    """The polygons of the rows of one layer."""
    city = side.city(family)
    if city is None:
        return None
    rank_of = np.full(len(family.root), NONE, np.int64)
    mine = np.flatnonzero(side.layer_at[rows] == number)
    rank_of[rows[mine] - side.start[number]] = ranks[mine]
    rank = rank_of[family.of]
    entry = entries_by_object(city, family.layer.object_count)[family.member]
    there = np.flatnonzero((rank != NONE) & (entry != NONE))
    rank, entry = rank[there], entry[there]
    counts = city.entry_geometry[entry + 1] - city.entry_geometry[entry]
    geometries = ranges(city.entry_geometry[entry], counts)
    rank, entry = np.repeat(rank, counts), np.repeat(entry, counts)
    finest = geometries_at(city, side.project.parents(family.layer), "")
    code = np.array([lods.index(name) if name in lods else NONE for name in city.lod_names], np.int64)
    wanted = lod[rank]
    own = code[np.asarray(city.geometry_lod)[geometries]]
    kept = np.where(wanted == NONE, finest[geometries], own == wanted)
    geometries, rank, entry = geometries[kept], rank[kept], entry[kept]
    counts = city.geometry_surface[geometries + 1] - city.geometry_surface[geometries]
    surfaces = ranges(city.geometry_surface[geometries], counts)
    rank, entry, geometries = (np.repeat(values, counts) for values in (rank, entry, geometries))
    sizes, faces = (np.diff(begin)[surfaces] for begin in (city.surface_vertex, city.surface_triangle))
    corners = ranges(city.surface_vertex[surfaces], sizes)
    names = np.array([types.index(name) for name in city.type_names], np.int64)
    rings = (
        np.add.reduceat(np.append(city.ring_end, False), city.surface_vertex[:-1]) if len(sizes) else sizes
    )
    return {
        "rank": rank,
        "layer": np.full(len(surfaces), family.layer.id, np.int64),
        "fid": family.layer.first_fid + np.asarray(city.entry_object)[entry].astype(np.int64),
        "geometry": np.asarray(city.geometry_index)[geometries].astype(np.int64),
        "surface": np.asarray(city.surface_index)[surfaces].astype(np.int64),
        "type": names[np.asarray(city.surface_type)[surfaces]],
        "sizes": sizes.astype(np.int64),
        "is_ring": np.asarray(rings)[surfaces] <= 1 if len(sizes) else np.zeros(0, bool),
        "faces": faces.astype(np.int64),
        "corners": np.asarray(city.vertices)[corners],
        "triangles": np.asarray(city.vertices)[
            np.asarray(city.triangles)[ranges(city.surface_triangle[surfaces], faces)]
        ],
    }
