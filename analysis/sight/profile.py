"""The profile along a line: what stands and lies on it, as upright slices, exact as the model is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.sight.lineofsight import Line
from analysis.sight.section import Section
from layers.arrays import Float64
from layers.columns import Mask
from layers.results import Table
from layers.runs import Int64, ranges

#: Slices narrower than this are left out: what stands upright has no width in a section.
NARROWEST_M = 1e-6
#: A line of sight that sags is drawn in so many pieces.
PIECES = 48
#: What a slice is of.
GROUND, OBJECT, PLANT, SIGHT = "ground", "object", "plant", "sight"
#: What of it stands in one of two states only.
NEW, GONE = "new", "gone"
#: Name of the table, and its columns of numbers: distances along the line and heights, metres.
PROFILE = "profile"
COLUMNS = ("d0", "d1", "low0", "low1", "high0", "high1")


@dataclass(frozen=True)
class Slices:
    """Parts of a section between two distances: low and high ends at both; low NaN: down to the ground."""

    key: Int64  # (k,) what each is of
    distance_m: Float64  # (k, 2)
    low: Float64  # (k, 2) world
    high: Float64  # (k, 2)

    def some(self, wanted: Mask) -> Slices:
        """Only these."""
        return Slices(self.key[wanted], self.distance_m[wanted], self.low[wanted], self.high[wanted])


def joined(parts: Sequence[Slices]) -> Slices:
    """Slices of several sections as one."""
    names = ("key", "distance_m", "low", "high")
    return Slices(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def slices(section: Section, key_of: Int64, is_ground: Mask) -> Slices:
    """The pieces of a section as what lies between them.

    `key_of` (m,) says what each triangle is a part of. Under ground all is ground (`is_ground`, of every
    triangle); of other things what lies between their uppermost faces and the next below, pair by pair.
    """
    wide = np.ptp(section.distance_m, axis=1) > NARROWEST_M
    section = section.some(np.flatnonzero(wide))
    ground = is_ground[section.triangle]
    below = section.some(np.flatnonzero(ground))
    floor = Slices(key_of[below.triangle], below.distance_m, np.full((len(below), 2), np.nan), below.z)
    parts = [floor]
    things = section.some(np.flatnonzero(~ground))
    keys = key_of[things.triangle]
    parts += [_between(key, things.some(np.flatnonzero(keys == key))) for key in np.unique(keys).tolist()]
    return joined(parts)


def _between(key: int, section: Section) -> Slices:
    """What lies between the faces of one thing."""
    breaks = np.unique(np.round(section.distance_m / NARROWEST_M).astype(np.int64))
    begin, end = np.round(section.distance_m.T / NARROWEST_M).astype(np.int64)
    first = np.searchsorted(breaks, begin)
    spans = np.searchsorted(breaks, end) - first
    piece = np.repeat(np.arange(len(section)), spans)
    stretch = ranges(first, spans)  # the stretch between two breaks that a piece passes
    places = breaks * NARROWEST_M
    both = np.column_stack((places[stretch], places[stretch + 1]))
    (d0, d1), (z0, z1) = section.distance_m[piece].T, section.z[piece].T
    z = z0[:, None] + ((z1 - z0) / (d1 - d0))[:, None] * (both - d0[:, None])
    order = np.lexsort((-z.mean(axis=1), stretch))
    stretch, both, z = stretch[order], both[order], z[order]
    rank = np.arange(len(stretch)) - np.searchsorted(stretch, stretch)
    top = np.flatnonzero(rank % 2 == 0)
    low = np.full((len(top), 2), np.nan)
    has = np.flatnonzero(top + 1 < len(stretch))
    has = has[stretch[top[has] + 1] == stretch[top[has]]]
    low[has] = z[top[has] + 1]
    return Slices(np.full(len(top), key), both[top], low, z[top])


def profile_rows(
    parts: Sequence[tuple[Slices, str]],
    line: Line,
    name: str,
    title_of: Callable[[int], str],
    kind_of: Callable[[int], str],
) -> Table:
    """Slices as rows, each part with its state (NEW, GONE or ""), and the line of sight among them."""
    found = joined([part for part, _ in parts])
    pieces = PIECES if line.bend.per_m2 > 0 else 1
    at = np.linspace(0.0, line.length_m, pieces + 1)
    sight = np.column_stack((at[:-1], at[1:]))
    unknown = np.full_like(sight, np.nan)
    slice_numbers = np.column_stack((found.distance_m, found.low, found.high))
    numbers = np.concatenate((slice_numbers, np.column_stack((sight, unknown, line.heights(sight)))))
    keys = found.key.tolist()
    kinds = {key: kind_of(key) for key in set(keys)}
    titles = {key: title_of(key) for key in set(keys)}
    return Table(
        {
            "line": [name] * len(numbers),
            "kind": [*(kinds[key] for key in keys), *[SIGHT] * pieces],
            "name": [*(titles[key] for key in keys), *[""] * pieces],
            "state": [*(state for part, state in parts for _ in part.key), *[""] * pieces],
            "fid": np.concatenate((np.maximum(found.key, -1), np.full(pieces, -1))),
            **{column: numbers[:, at] for at, column in enumerate(COLUMNS)},
        }
    )


def stacked(tables: list[Table]) -> Table:
    """Tables of the same columns, one below the other."""
    first = tables[0].columns
    return Table(
        {
            name: [text for table in tables for text in table.texts(name)]
            if isinstance(first[name], list)
            else np.concatenate([np.asarray(table.columns[name]) for table in tables])
            for name in first
        }
    )
