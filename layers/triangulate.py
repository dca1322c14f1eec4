"""Polygons in space to triangles, many at once.

Rings of the same length are handled together as (k, n, 3) blocks: convex ones are fanned,
simple concave ones clipped ear by ear in step with each other, the rest (holes, long rings,
rings no ear was found in) go one by one through earcut.
"""

from __future__ import annotations

from dataclasses import dataclass

import mapbox_earcut
import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

LONGEST_BLOCK_RING = 10
BLOCK_ROWS = 4096


@dataclass(frozen=True)
class Triangulation:
    """Triangles over corner numbers, the polygon of each, and the polygons' unit normals."""

    triangles: Int32  # (m, 3)
    polygon: Int32  # (m,)
    normals: NDArray[np.float32]  # (p, 3), zero where degenerate


def triangulate(corners: Float64, ring_lengths: Int64, polygon_rings: Int64) -> Triangulation:
    """Triangles of polygons given as consecutive rings of consecutive corners.

    `corners` (n, 3) world; `ring_lengths` (r,); `polygon_rings` (p,) rings of each polygon,
    outer ring first.
    """
    ring_start = np.concatenate(([0], np.cumsum(ring_lengths)))
    first_ring = np.concatenate(([0], np.cumsum(polygon_rings)))[:-1]
    outer_start = ring_start[first_ring]
    outer_length = ring_lengths[first_ring]
    normals = np.zeros((len(polygon_rings), 3))
    triangles: list[Int64] = []
    owners: list[Int64] = []
    single: list[int] = np.flatnonzero((polygon_rings > 1) & (outer_length >= 3)).tolist()
    plain = polygon_rings == 1
    for length in np.unique(outer_length):
        if length < 3:
            continue
        members = np.flatnonzero(outer_length == length)
        for chunk in range(0, len(members), 65536):
            polygons = members[chunk : chunk + 65536]
            block = _block(corners, outer_start[polygons], int(length))
            normals[polygons] = normal = _newell(block)
            simple = plain[polygons]
            convex = simple & _is_convex(block, normal)
            local, which = _fan(int(np.count_nonzero(convex)), int(length))
            starts = outer_start[polygons[convex]]
            triangles.append(local + starts[which, None])
            owners.append(polygons[convex][which])
            concave = np.flatnonzero(simple & ~convex)
            if length > LONGEST_BLOCK_RING:
                single.extend(polygons[concave].tolist())
                continue
            for rows in np.array_split(concave, max(1, len(concave) // BLOCK_ROWS)):
                if len(rows) == 0:
                    continue
                clipped, done = _clip_ears(_flatten(block[rows], normal[rows]))
                good = polygons[rows[done]]
                triangles.append((clipped[done] + outer_start[good][:, None, None]).reshape(-1, 3))
                owners.append(np.repeat(good, length - 2))
                single.extend(polygons[rows[~done]].tolist())
    for polygon in single:
        rings = ring_lengths[first_ring[polygon] : first_ring[polygon] + polygon_rings[polygon]]
        start = int(outer_start[polygon])
        part = corners[start : start + int(rings.sum())]
        found = _earcut(part, rings, normals[polygon]) + start
        triangles.append(found)
        owners.append(np.full(len(found), polygon, np.int64))
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    np.divide(normals, length, out=normals, where=length > 0)
    return _ordered(triangles, owners, normals)


def _ordered(triangles: list[Int64], owners: list[Int64], normals: Float64) -> Triangulation:
    if not triangles:
        return Triangulation(np.empty((0, 3), np.int32), np.empty(0, np.int32), normals.astype(np.float32))
    polygon = np.concatenate(owners).astype(np.int32)
    order = np.argsort(polygon, kind="stable")
    return Triangulation(
        np.concatenate(triangles).astype(np.int32)[order], polygon[order], normals.astype(np.float32)
    )


def _block(corners: Float64, starts: Int64, length: int) -> Float64:
    """Rings of one length as (k, length, 3), each relative to its first corner."""
    block: Float64 = corners[starts[:, None] + np.arange(length)]
    return block - block[:, :1]


def _newell(block: Float64) -> Float64:
    """Newell's normal of each ring, twice its area long (any plane, any shape)."""
    following = np.concatenate((block[:, 1:], block[:, :1]), axis=1)
    normal: Float64 = _cross(block, following).sum(axis=1)
    return normal


def _cross(a: Float64, b: Float64) -> Float64:
    # np.cross is several times slower on small last axes.
    return np.stack(
        (
            a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1],
            a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2],
            a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0],
        ),
        axis=-1,
    )


def _is_convex(block: Float64, normal: Float64) -> Bool:
    if block.shape[1] == 3:
        return np.ones(len(block), np.bool_)
    edge = np.concatenate((block[:, 1:], block[:, :1]), axis=1) - block
    before = np.concatenate((edge[:, -1:], edge[:, :-1]), axis=1)
    turn = (_cross(before, edge) * normal[:, None, :]).sum(axis=-1)
    # A thousandth of a percent of the ring's own area: rounding of coordinates, not a dent.
    limit = -1e-5 * (normal * normal).sum(axis=-1)
    convex: Bool = (turn >= limit[:, None]).all(axis=1)
    return convex


def _fan(count: int, length: int) -> tuple[Int64, Int64]:
    fan = np.stack((np.zeros(length - 2, np.int64), np.arange(1, length - 1), np.arange(2, length)), axis=-1)
    which = np.repeat(np.arange(count), length - 2)
    return np.tile(fan, (count, 1)), which


def _flatten(block: Float64, normal: Float64) -> Float64:
    """Rings seen along their normal's largest axis, turning anticlockwise: (k, n, 2)."""
    axis = np.abs(normal).argmax(axis=1)
    u = np.array([1, 2, 0])[axis]
    v = np.array([2, 0, 1])[axis]
    flip = np.take_along_axis(normal, axis[:, None], 1)[:, 0] < 0
    u, v = np.where(flip, v, u), np.where(flip, u, v)
    rows = np.arange(len(block))[:, None]
    columns = np.arange(block.shape[1])[None, :]
    return np.stack((block[rows, columns, u[:, None]], block[rows, columns, v[:, None]]), axis=-1)


def _clip_ears(flat: Float64) -> tuple[Int64, Bool]:
    """Ear clipping of k rings in step: triangles (k, n - 2, 3), and which rings came out whole."""
    count, length, _ = flat.shape
    left = np.tile(np.arange(length), (count, 1))
    triangles = np.zeros((count, length - 2, 3), np.int64)
    done = np.ones(count, np.bool_)
    rows = np.arange(count)
    for step in range(length - 2):
        here = np.take_along_axis(flat, left[:, :, None], 1)
        before, after = np.roll(here, 1, axis=1), np.roll(here, -1, axis=1)
        turn = _cross2(here - before, after - here)
        ear: Bool = turn > 0
        if left.shape[1] > 3:
            ear &= ~_holds_a_corner(before, here, after)
        else:
            ear[:] = True
        done &= ear.any(axis=1)
        at = ear.argmax(axis=1)
        size = left.shape[1]
        triangles[:, step] = np.stack(
            (left[rows, (at - 1) % size], left[rows, at], left[rows, (at + 1) % size]), axis=-1
        )
        if size > 3:
            keep = np.arange(size)[None, :] != at[:, None]
            left = left[keep].reshape(count, size - 1)
    return triangles, done


def _holds_a_corner(a: Float64, b: Float64, c: Float64) -> Bool:
    """(k, n): whether any other corner of the ring lies in or on the triangle a b c."""
    p = b[:, None, :, :]  # every corner against every ear
    ab = _cross2((b - a)[:, :, None], p - a[:, :, None])
    bc = _cross2((c - b)[:, :, None], p - b[:, :, None])
    ca = _cross2((a - c)[:, :, None], p - c[:, :, None])
    inside = (ab >= 0) & (bc >= 0) & (ca >= 0)
    size = b.shape[1]
    eye = np.eye(size, dtype=np.bool_)
    own = eye | np.roll(eye, 1, axis=1) | np.roll(eye, -1, axis=1)
    # A corner at the same place as one of the ear's own (a keyhole) does not block it.
    same = np.zeros_like(inside)
    for own_corner in (a, b, c):
        same |= (np.abs(p - own_corner[:, :, None]) < 1e-9).all(axis=-1)
    blocked: Bool = np.any(inside & ~own[None] & ~same, axis=2)
    return blocked


def _cross2(a: Float64, b: Float64) -> Float64:
    found: Float64 = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return found


def _earcut(corners: Float64, rings: Int64, normal: Float64) -> Int64:
    if not np.any(normal) or not np.isfinite(normal).all():
        return np.empty((0, 3), np.int64)
    flat = _flatten((corners - corners[0])[None], normal[None])[0]
    ends = np.cumsum(rings).astype(np.uint32)
    found = mapbox_earcut.triangulate_float64(np.ascontiguousarray(flat), ends)
    triangles = np.asarray(found, np.int64).reshape(-1, 3)
    # earcut does not promise an orientation: turn every triangle the ring's way.
    a, b, c = (flat[triangles[:, i]] for i in range(3))
    backwards = _cross2(b - a, c - a) < 0
    triangles[backwards] = triangles[backwards][:, ::-1]
    return triangles
