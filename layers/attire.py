"""What edited shapes wear: the looks of the objects that they were made of, face by face.

Where an object still has all the corners it had, each keeps its place in its image. Else a face takes the
look of the one in whose plane it lies, and places in the image go on along that plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CITY_ROWS, CityTiles, Float64

#: Faces this far from one plane lie in it: metres, and the cosine of the angle between them.
_IN_PLANE_M, _IN_PLANE = 0.05, 0.9995
#: Corners so near each other are one.
_SAME_M = 1e-3
#: What stands for no look.
_NOTHING: Mapping[str, float] = {"surface_look": -1, "vertex_uv": np.nan}


@dataclass(frozen=True)
class Wardrobe:
    """The arrays of the layer whose looks edited shapes wear, and the fid of its first object."""

    tiles: CityTiles
    first_fid: int


def dressed(edited: CityTiles, base: CityTiles, of: Mapping[int, int]) -> CityTiles:
    """Edited objects in the looks of those of `base`; `of` says by their positions whose each one wears."""
    if base.surface_look is None:
        return edited
    looks: dict[str, Any] = {}
    counts = {"surface": len(edited.surface_type), "vertex": len(edited.vertices)}
    for name, rows in CITY_ROWS.items():
        if rows.of_looks and getattr(base, name) is not None:
            shape = (counts.get(rows.level, len(edited.entry_object)), *rows.shape_of(base.themes))
            looks[name] = np.full(shape, _NOTHING.get(name, 0), rows.dtype)
    entries = np.flatnonzero(np.isin(base.entry_object, list(of.values())))
    entry_of = dict(zip(base.entry_object[entries].tolist(), entries.tolist(), strict=True))
    for entry, position in enumerate(edited.entry_object.tolist()):
        before = entry_of.get(of.get(position, -1))
        if before is None:
            continue
        if _same_corners(base, before, edited, entry):
            for name, values in looks.items():
                level = CITY_ROWS[name].level
                values[_rows_of(edited, entry, level)] = getattr(base, name)[_rows_of(base, before, level)]
        else:
            _by_planes(looks, edited, entry, base, before)
    return replace(edited, **looks)


def _rows_of(city: CityTiles, entry: int, level: str) -> slice:
    """Where the items of a level lie that belong to an entry."""
    if level == "entry":
        return slice(entry, entry + 1)
    begin, end = getattr(city, f"entry_{level}")[entry : entry + 2].tolist()
    return slice(begin, end)


def _same_corners(base: CityTiles, before: int, edited: CityTiles, entry: int) -> bool:
    """Whether an object has the geometries, polygons and rings it had, wherever they are."""
    found = []
    for city, at in ((base, before), (edited, entry)):
        surfaces, corners = _rows_of(city, at, "surface"), _rows_of(city, at, "vertex")
        sizes = np.diff(city.surface_vertex[surfaces.start : surfaces.stop + 1])
        found.append((sizes, city.surface_index[surfaces], city.ring_end[corners]))
    return all(map(np.array_equal, *found)) and not _is_renamed(
        base.vertices[_rows_of(base, before, "vertex")], edited.vertices[_rows_of(edited, entry, "vertex")]
    )


def _is_renamed(before: Float64, now: Float64) -> bool:
    """Whether corners are where others were: what was cut may have as many, each in another's place.

    What was moved, turned or made larger as a whole has the same corners, wherever they came to lie.
    """
    was, become = before - before.mean(axis=0), now - now.mean(axis=0)
    left, sizes, right = np.linalg.svd(was.T @ become)
    turn = left @ np.diag((1.0, 1.0, np.sign(np.linalg.det(left @ right)))) @ right
    scale = float(sizes.sum() / max((was**2).sum(), _SAME_M**2))
    if np.abs(scale * was @ turn - become).max() < _SAME_M:
        return False
    stays = (np.abs(before - now) < _SAME_M).all(axis=1)
    held = {tuple(place) for place in np.round(before / _SAME_M).astype(np.int64).tolist()}
    at = np.round(now[~stays] / _SAME_M).astype(np.int64).tolist()
    return any(tuple(place) in held for place in at)


# --- faces that are others ------------------------------------------------------------------------


def _by_planes(looks: Mapping[str, Any], edited: CityTiles, entry: int, base: CityTiles, before: int) -> None:
    """Give each face of an entry the look of the face of an entry of `base` in whose plane it lies."""
    assert base.surface_look is not None
    there = _rows_of(base, before, "surface")
    worn = np.arange(there.start, there.stop)[(base.surface_look[there] >= 0).any(axis=1)]
    if not len(worn):
        return
    looks["block_tone"][entry] = base.block_tone[before] if base.block_tone is not None else 0
    first = base.vertices[base.surface_vertex[worn]]
    mine = _rows_of(edited, entry, "surface")
    for surface in range(mine.start, mine.stop):
        normal = edited.surface_normal[surface].astype(np.float64)
        corners = slice(*edited.surface_vertex[surface : surface + 2].tolist())
        places = edited.vertices[corners]
        off = np.abs((first - places.mean(axis=0)) @ normal)
        near = worn[(base.surface_normal[worn] @ normal > _IN_PLANE) & (off < _IN_PLANE_M)]
        if len(near):
            source = _nearest(base, near, places)
            looks["surface_look"][surface] = base.surface_look[source]
            if base.surface_tone is not None:
                looks["surface_tone"][surface] = base.surface_tone[source]
            if base.vertex_uv is not None:
                looks["vertex_uv"][corners] = _continued(base, source, places)


def _nearest(base: CityTiles, surfaces: NDArray[np.int64], places: Float64) -> int:
    """That of some faces in one plane whose box has the most in common with places, or is the nearest."""
    low, high = places.min(axis=0), places.max(axis=0)

    def apart(surface: int) -> tuple[float, float]:
        corners = base.vertices[slice(*base.surface_vertex[surface : surface + 2].tolist())]
        shared = np.minimum(high, corners.max(axis=0)) - np.maximum(low, corners.min(axis=0))
        gap = float(np.linalg.norm(np.minimum(shared, 0.0)))
        return gap, -float(np.sort(np.maximum(shared, 0.0))[1:].prod())

    found: list[int] = surfaces.tolist()
    return min(found, key=apart)


def _continued(base: CityTiles, surface: int, places: Float64) -> NDArray[np.float32]:
    """(n, t, 2) where places in the plane of a face lie in its images, as its own corners say."""
    assert base.vertex_uv is not None
    corners = slice(*base.surface_vertex[surface : surface + 2].tolist())
    held, uv = base.vertices[corners], base.vertex_uv[corners].astype(np.float64)
    middle = held.mean(axis=0)
    _, _, axes = np.linalg.svd(held - middle, full_matrices=False)  # the first two span the plane
    known = np.column_stack(((held - middle) @ axes[:2].T, np.ones(len(held))))
    wanted = np.column_stack(((places - middle) @ axes[:2].T, np.ones(len(places))))
    found = np.full((len(places), base.themes, 2), np.nan)
    for theme in range(base.themes):
        if not np.isnan(uv[:, theme]).any():
            found[:, theme] = wanted @ np.linalg.lstsq(known, uv[:, theme], rcond=None)[0]
    return found.astype(np.float32)
