"""The mean colours of polygons that have looks, and of the blocks that stand for their objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64, Int32, Mesh, UInt8
from layers.looks import Look, Picture
from layers.runs import starts

Float32 = NDArray[np.float32]

#: Pictures made small, (h, w, 4), the top row first: enough to tell the colour of a place in them.
Thumbs = Mapping[Picture, UInt8]
#: What stands for a picture that is not there: hatched, light and dark.
HATCH = ((226, 219, 210), (178, 160, 150))
#: A picture is looked at half way from the corners of a polygon to its middle.
HALF_WAY = np.float32(0.5)
#: z of a unit normal from which on a polygon is a top, and down to which it is a side.
TOP, SIDE = 0.35, -0.7


def surface_tones(mesh: Mesh, looks: Sequence[Look], thumbs: Thumbs) -> UInt8:
    """(s, t, 3) mean colour of each polygon in each theme; of those without a look it means nothing."""
    assert mesh.surface_look is not None
    return np.stack(
        [_tones(mesh, theme, looks, thumbs) for theme in range(mesh.surface_look.shape[1])], axis=1
    )


def _tones(mesh: Mesh, theme: int, looks: Sequence[Look], thumbs: Thumbs) -> UInt8:
    assert mesh.surface_look is not None
    look = mesh.surface_look[:, theme]
    table = np.array([_flat_tone(each, thumbs) for each in looks] + [(0, 0, 0)], np.uint8)
    tones: UInt8 = table[look]
    counts = np.diff(mesh.surface_start)
    if mesh.vertex_uv is None:
        return tones
    pictured = np.array([each.picture in thumbs for each in looks] + [False], bool)[look] & (counts > 0)
    if not pictured.any():
        return tones
    corner = np.repeat(pictured, counts)
    uv, own = mesh.vertex_uv[corner, theme], counts[pictured]
    first = starts(own)[:-1]
    known = np.isfinite(uv).all(axis=1)
    uv = np.where(known[:, None], uv, 0)
    number = np.maximum(np.add.reduceat(known.astype(np.int64), first), 1)[:, None]
    middle = (np.add.reduceat(uv, first, axis=0) / number).astype(np.float32)
    of = np.repeat(np.arange(len(own)), own)
    places = uv + (middle[of] - uv) * HALF_WAY
    colors = _sampled(look[pictured][of], places, looks, thumbs)
    total = np.stack([np.bincount(of, colors[:, k] * known, len(own)) for k in range(3)], axis=-1)
    placed = np.logical_or.reduceat(known, first)
    tones[np.flatnonzero(pictured)[placed]] = (total / number + 0.5).astype(np.uint8)[placed]
    return tones


def _flat_tone(look: Look, thumbs: Thumbs) -> tuple[int, ...]:
    """The colour of a look as a whole."""
    if look.picture is not None and look.picture not in thumbs:
        return tuple((light + dark) // 2 for light, dark in zip(*HATCH, strict=True))
    return tuple(round(255 * min(max(part, 0.0), 1.0)) for part in look.shown)


def _sampled(look: Int32, places: Float32, looks: Sequence[Look], thumbs: Thumbs) -> Float32:
    """(n, 3) colours of looks with pictures at places (n, 2) in them."""
    found = np.zeros((len(look), 3), np.float32)
    order = np.argsort(look, kind="stable")
    cuts = np.flatnonzero(np.diff(look[order], prepend=-1))
    for mine in np.split(order, cuts[1:]):
        chosen = looks[int(look[mine[0]])]
        assert chosen.picture is not None
        thumb = thumbs[chosen.picture]
        height, width, _ = thumb.shape
        u, v = places[mine].T
        u, v = (np.clip(x, 0, 1) if chosen.wrap in ("none", "clamp", "border") else x % 1 for x in (u, v))
        column = np.clip(u * width, 0, width - 1).astype(np.int64)
        row = np.clip((1 - v) * height, 0, height - 1).astype(np.int64)
        found[mine] = thumb[row, column, :3]
    return found


def block_tones(tiles: CityTiles) -> UInt8:
    """(k, t, 2, 4) of the tops and the sides of each entry: mean colour, and how much of them has a look."""
    assert tiles.surface_look is not None and tiles.surface_tone is not None
    entries = len(tiles.entry_object)
    area = _areas(tiles)
    up = np.asarray(tiles.surface_normal)[:, 2]
    group = np.where(up > TOP, 0, np.where(up >= SIDE, 1, 2))
    owner = np.repeat(np.arange(entries), np.diff(tiles.entry_surface)) * 3 + group
    whole = np.maximum(np.bincount(owner, area, 3 * entries), 1e-12)
    found = np.zeros((entries, tiles.themes, 2, 4), np.uint8)
    for theme in range(tiles.themes):
        share = area * (tiles.surface_look[:, theme] >= 0)
        weight = np.bincount(owner, share, 3 * entries)
        rows = [
            np.bincount(owner, share * tiles.surface_tone[:, theme, k], 3 * entries)
            / np.maximum(weight, 1e-12)
            for k in range(3)
        ]
        every = np.stack((*rows, 255 * weight / whole), axis=-1).reshape(entries, 3, 4)
        found[:, theme] = np.clip(every[:, :2] + 0.5, 0, 255)
    return found


def _areas(tiles: CityTiles) -> Float64:
    """(s,) areas of polygons."""
    a, b, c = (tiles.vertices[tiles.triangles[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    size = np.sqrt(np.einsum("ij,ij->i", across, across)) / 2
    counts = np.diff(tiles.surface_triangle)
    owner = np.repeat(np.arange(len(counts)), counts)
    return np.bincount(owner, size, len(counts)).astype(np.float64)
