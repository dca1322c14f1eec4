"""Where triangles cross, lie upon each other, or enclose a point; nearer than a tolerance is touching."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64

Bool = NDArray[np.bool_]
Index = NDArray[np.intp]

#: Up to so many triangles, all pairs of boxes are compared at once.
FEW = 1200
#: Points times triangles that are looked at together.
AT_ONCE = 1 << 20
#: A direction along no wall or roof: rays graze nothing.
AWAY = np.array([0.4472135, 0.1827391, 0.8755191])
_NEAR_ZERO = 1e-12


def near_pairs(one: Float64, other: Float64 | None, within: float) -> tuple[Index, Index]:
    """Pairs of triangles (n, 3, 3) whose boxes come closer than `within`; of one set each pair once."""
    low, high = one.min(axis=1) - within, one.max(axis=1)
    low_b, high_b = (low + within, high) if other is None else (other.min(axis=1), other.max(axis=1))
    if len(low) * len(low_b) <= FEW**2:
        meet = (low[:, None] <= high_b).all(axis=2) & (low_b <= high[:, None] + within).all(axis=2)
        a, b = np.nonzero(np.triu(meet, 1) if other is None else meet)
    else:
        from shapely import STRtree, box

        boxes = box(low_b[:, 0], low_b[:, 1], high_b[:, 0], high_b[:, 1])
        mine = box(low[:, 0], low[:, 1], high[:, 0] + within, high[:, 1] + within)
        a, b = STRtree(boxes).query(mine)
        meet = (low[a, 2] <= high_b[b, 2]) & (low_b[b, 2] <= high[a, 2] + within)
        if other is None:
            meet &= a < b
        a, b = a[meet], b[meet]
    return a, b


def crossing(one: Float64, other: Float64, within: float) -> Bool:
    """Which of n pairs of triangles (n, 3, 3) pass through each other along more than `within`."""
    found: Bool = np.isfinite(crossings(one, other, within)[:, 0])
    return found


def crossings(one: Float64, other: Float64, within: float) -> Float64:
    """(n, 3) the middle of the line along which two triangles (n, 3, 3) pass through each other.

    NaN where that is no longer than `within`.
    T. Möller, A fast triangle-triangle intersection test, doi:10.1080/10867651.1997.10487472.
    """
    normal_a, normal_b = _normals(one), _normals(other)
    off_a = np.einsum("nij,nj->ni", one - other[:, :1], normal_b)
    off_b = np.einsum("nij,nj->ni", other - one[:, :1], normal_a)
    through = _both_sides(off_a, within) & _both_sides(off_b, within)
    line = np.cross(normal_a, normal_b)
    through &= np.linalg.norm(line, axis=1) > _NEAR_ZERO
    found = np.full((len(one), 3), np.nan)
    at = np.flatnonzero(through)
    if len(at):
        length = np.linalg.norm(line[at], axis=1)[:, None]
        direction = line[at] / length
        start = one[at, :1]
        low_a, high_a = _interval(np.einsum("nij,nj->ni", one[at] - start, direction), off_a[at])
        low_b, high_b = _interval(np.einsum("nij,nj->ni", other[at] - start, direction), off_b[at])
        low, high = np.maximum(low_a, low_b)[:, None], np.minimum(high_a, high_b)[:, None]
        # From the start, which is in the plane of the first, to the plane of the second within it.
        there = -off_a[at, :1] * np.cross(direction, normal_a[at]) / length
        middle = start[:, 0] + there + (low + high) / 2 * direction
        found[at] = np.where(high - low > within, middle, np.nan)
    return found


def inwards(one: Float64, other: Float64, depth: float) -> Float64:
    """(n, 3) the way from where two faces (n, 3, 3) meet to what is so deep behind both of them.

    NaN where they look into opposite directions.
    """
    normal_a, normal_b = _normals(one), _normals(other)
    along = normal_a + normal_b
    share = np.einsum("ni,ni->n", along, normal_a)[:, None]
    safe = np.where(share > _NEAR_ZERO, share, np.nan)
    way: Float64 = -depth * along / safe
    return way


def upon_each_other(one: Float64, other: Float64, within: float) -> Bool:
    """Which of n pairs of triangles lie in one plane and share area."""
    from shapely import area, intersection, length, polygons

    normal = _normals(other)
    off = np.abs(np.einsum("nij,nj->ni", one - other[:, :1], normal)).max(axis=1)
    turned = np.abs(np.einsum("ni,ni->n", _normals(one), normal))
    found = np.zeros(len(one), np.bool_)
    at = np.flatnonzero((off <= within) & (turned > 0.99))
    if len(at):
        u, v = plane_axes(normal[at])

        def seen(corners: Float64) -> NDArray[np.object_]:
            moved = corners - other[at, :1]
            x, y = np.einsum("nij,nj->ni", moved, u), np.einsum("nij,nj->ni", moved, v)
            return np.asarray(polygons(np.stack((x, y), axis=-1)))

        mine, yours = seen(one[at]), seen(other[at])
        shared = area(intersection(mine, yours))
        found[at] = shared > within * np.minimum(length(mine), length(yours))
    return found


def inside(points: Float64, triangles: Float64, within: float) -> Bool:
    """Which points (k, 3) lie within closed triangles (n, 3, 3), farther than `within` from all of them."""
    found = np.zeros(len(points), np.bool_)
    step = max(1, AT_ONCE // max(len(triangles), 1))
    for start in range(0, len(points), step):
        found[start : start + step] = _inside(points[start : start + step], triangles, within)
    return found


def _inside(points: Float64, triangles: Float64, within: float) -> Bool:
    edge_a, edge_b = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    normal = _normals(triangles)
    from_first = points[:, None] - triangles[None, :, 0]  # (k, n, 3)
    off = np.einsum("knj,nj->kn", from_first, normal)
    u, v = _weights(from_first - off[..., None] * normal, edge_a, edge_b)
    on_it = (np.abs(off) <= within) & (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9)
    slope = normal @ AWAY
    safe = np.where(np.abs(slope) > _NEAR_ZERO, slope, 1.0)
    along = np.where(np.abs(slope) > _NEAR_ZERO, -off / safe, -1.0)
    u, v = _weights(from_first + along[..., None] * AWAY, edge_a, edge_b)
    hits = (along > 0) & (u >= 0) & (v >= 0) & (u + v <= 1)
    found: Bool = (hits.sum(axis=1) % 2 == 1) & ~on_it.any(axis=1)
    return found


def _weights(offset: Float64, edge_a: Float64, edge_b: Float64) -> tuple[Float64, Float64]:
    """How much of each edge leads to the points of a triangle's plane."""
    aa, ab, bb = ((x * y).sum(axis=1) for x, y in ((edge_a, edge_a), (edge_a, edge_b), (edge_b, edge_b)))
    pa, pb = np.einsum("knj,nj->kn", offset, edge_a), np.einsum("knj,nj->kn", offset, edge_b)
    area = aa * bb - ab * ab
    area = np.where(np.abs(area) > _NEAR_ZERO, area, np.inf)
    return (bb * pa - ab * pb) / area, (aa * pb - ab * pa) / area


def plane_axes(normals: Float64) -> tuple[Float64, Float64]:
    """Two axes in the plane of each (n, 3) normal; what turns anticlockwise about it does so in them."""
    helper = np.zeros_like(normals)
    helper[np.arange(len(normals)), np.abs(normals).argmin(axis=1)] = 1.0
    u = np.cross(helper, normals)
    u /= np.linalg.norm(u, axis=1)[:, None]
    return u, np.cross(normals, u)


def _normals(triangles: Float64) -> Float64:
    found = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    length = np.linalg.norm(found, axis=1)[:, None]
    unit: Float64 = np.divide(found, length, out=np.zeros_like(found), where=length > _NEAR_ZERO)
    return unit


def _both_sides(off: Float64, within: float) -> Bool:
    found: Bool = (off.min(axis=1) < -within) & (off.max(axis=1) > within)
    return found


def _interval(along: Float64, off: Float64) -> tuple[Float64, Float64]:
    """Where triangles with corners on both sides of a plane meet it, along the line of both planes."""
    # The corner that is alone on its side: both edges from it cross.
    above = off > 0
    alone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), (~above).argmax(axis=1))
    rows = np.arange(len(off))
    ends = []
    for step in (1, 2):
        other = (alone + step) % 3
        share = off[rows, alone] / (off[rows, alone] - off[rows, other])
        ends.append(along[rows, alone] + share * (along[rows, other] - along[rows, alone]))
    return np.minimum(*ends), np.maximum(*ends)
