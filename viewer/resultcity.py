"""The values of a result on the polygons of a city: which colour each has, near by and from afar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64, UInt8
from layers.results import Table
from viewer.detail import WALL_STEEPNESS
from viewer.faces import Index, Mask, spans
from viewer.picture import Float32
from viewer.resultscale import Scale

#: What the result does not speak of is pale: so much of this grey.
PALE, PALE_SHARE = 226.0, 0.78


@dataclass(frozen=True, eq=False)
class Painted:
    """Colours that polygons have in the place of their own."""

    colors: UInt8  # (s, 3)
    known: Mask  # (s,) others are pale
    top: Float32  # (k, 3) of the block that stands for an entry from afar; NaN where pale
    side: Float32  # (k, 3)

    def polygons(self, own: Float32, surfaces: Index) -> Float32:
        """The colours of polygons that would have their `own` (n, 3) otherwise."""
        return np.where(self.known[surfaces, None], self.colors[surfaces], paled(own))

    def tops(self, own: Float32, entries: Index | slice) -> Float32:
        """The colours of the tops of entries."""
        found = self.top[entries]
        return np.where(np.isnan(found), paled(own), found)

    def sides(self, own: Float32, entries: Index | slice) -> Float32:
        """The colours of their sides."""
        found = self.side[entries]
        return np.where(np.isnan(found), paled(own), found)


def paled(colors: Float32) -> Float32:
    """Colours that step back."""
    grey = colors.mean(axis=-1, keepdims=True)
    return np.asarray(PALE * PALE_SHARE + (1 - PALE_SHARE) * grey + 0 * colors, np.float32)


def surfaces_of(city: CityTiles, first_fid: int, rows: Table) -> Index:
    """The polygon of a layer that each row of a result speaks of, -1 for none."""
    position = np.asarray(rows.columns["fid"], np.int64) - first_fid
    entry_of = np.full(int(city.entry_object.max(initial=0)) + 2, -1, np.int64)
    entry_of[city.entry_object] = np.arange(len(city.entry_object))
    inside = (position >= 0) & (position < len(entry_of))
    entry = np.where(inside, entry_of[np.where(inside, position, -1)], -1)
    entries = np.unique(entry[entry >= 0])
    geometries = spans(city.entry_geometry[entries], city.entry_geometry[entries + 1])
    owner = np.repeat(entries, np.diff(city.entry_geometry)[entries])
    surfaces = spans(city.geometry_surface[geometries], city.geometry_surface[geometries + 1])
    counts = np.diff(city.geometry_surface)[geometries]
    keys = _key(
        np.repeat(owner, counts),
        np.repeat(np.asarray(city.geometry_index)[geometries], counts),
        np.asarray(city.surface_index, np.int64)[surfaces],
    )
    order = np.argsort(keys)
    asked = _key(entry, np.asarray(rows.columns["geometry"]), np.asarray(rows.columns["surface"]))
    at = np.minimum(np.searchsorted(keys[order], asked), max(len(keys) - 1, 0))
    if not len(keys):
        return np.full(len(asked), -1, np.int64)
    found = surfaces[order[at]]
    return np.where((entry >= 0) & (keys[order[at]] == asked), found, -1)


def _key(entry: Index, geometry: NDArray[np.integer], surface: NDArray[np.integer]) -> Index:
    """One number for an object, a geometry in it, and a polygon in that."""
    return (entry.astype(np.int64) << 36) | (geometry.astype(np.int64) << 28) | surface.astype(np.int64)


def painted(city: CityTiles, surfaces: Index, values: Float64, scale: Scale) -> Painted:
    """The colours of a city, some of whose polygons have values."""
    known = np.zeros(len(city.surface_type), bool)
    colors = np.zeros((len(known), 3), np.uint8)
    there = surfaces >= 0
    chosen, values = surfaces[there], values[there]
    known[chosen] = True
    colors[chosen] = scale.colors(values)
    geometry = np.searchsorted(city.geometry_surface, chosen.astype(np.int32), side="right") - 1
    entry = np.searchsorted(city.entry_geometry, geometry.astype(np.int32), side="right") - 1
    up = np.asarray(city.surface_normal)[chosen, 2] > WALL_STEEPNESS
    upright = np.abs(np.asarray(city.surface_normal)[chosen, 2]) <= WALL_STEEPNESS
    count = len(city.entry_object)
    top = _means(entry[up], values[up], count, scale)
    side = _means(entry[upright], values[upright], count, scale)
    return Painted(colors, known, np.where(np.isnan(top), side, top), np.where(np.isnan(side), top, side))


def _means(entry: Index, values: Float64, count: int, scale: Scale) -> Float32:
    """The colour of the mean value of each entry, NaN where it has none."""
    finite = np.isfinite(values)
    sums = np.bincount(entry[finite], values[finite], count)
    counts = np.bincount(entry[finite], minlength=count)
    found = np.full((count, 3), np.nan, np.float32)
    has = counts > 0
    found[has] = scale.colors(sums[has] / counts[has])
    return found
