"""Round bodies along lines, as triangles: pipes, shafts, pins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from viewer.faces import Index, spans

FEW_LINES, FINE_SIDES, COARSE_SIDES = 20_000, 12, 8


@dataclass(frozen=True)
class Solids:
    """Bodies one after the other; the vertices and triangles of a body are consecutive."""

    vertices: Float64  # (n, 3)
    normals: NDArray[np.float32]  # (n, 3)
    triangles: Int32  # (m, 3)
    triangle_body: Int32  # (m,)
    body_vertex: Index  # (bodies + 1,)

    def then(self, other: Solids) -> Solids:
        """These bodies and after them the others."""
        shift, bodies = len(self.vertices), len(self.body_vertex) - 1
        return Solids(
            np.concatenate((self.vertices, other.vertices)),
            np.concatenate((self.normals, other.normals)),
            np.concatenate((self.triangles, other.triangles + np.int32(shift))),
            np.concatenate((self.triangle_body, other.triangle_body + np.int32(bodies))),
            np.concatenate((self.body_vertex, other.body_vertex[1:] + shift)),
        )


def tubes(points: Float64, offsets: Index, radius_m: Float64) -> Solids:
    """A closed tube around each line; `radius_m` is per point, so that a tube may widen.

    Rings stand across the mean direction at each point, so that bends are mitred.
    """
    sides = FINE_SIDES if len(offsets) <= FEW_LINES else COARSE_SIDES
    counts = np.diff(offsets)
    across, above = _ring_axes(points, offsets)
    angle = np.arange(sides) * (2 * np.pi / sides)
    outward = (
        np.cos(angle)[None, :, None] * across[:, None, :] + np.sin(angle)[None, :, None] * above[:, None, :]
    )
    vertices = points[:, None, :] + radius_m[:, None, None] * outward
    first = spans(offsets[:-1], offsets[1:] - 1)  # points that begin a piece
    owner = np.repeat(np.arange(len(counts)), np.maximum(counts - 1, 0))
    walls = _walls(first, sides)
    caps = np.concatenate((_cap(offsets[:-1], sides, True), _cap(offsets[1:] - 1, sides, False)))
    cap_owner = np.tile(np.repeat(np.arange(len(counts)), sides - 2), 2)
    triangles = np.concatenate((walls, caps))
    body = np.concatenate((np.repeat(owner, 2 * sides), cap_owner))
    order = np.argsort(body, kind="stable")
    return Solids(
        vertices.reshape(-1, 3),
        outward.reshape(-1, 3).astype(np.float32),
        triangles[order].astype(np.int32),
        body[order].astype(np.int32),
        np.asarray(offsets, np.int64) * sides,
    )


def shafts(bottom: Float64, top_z: Float64, radius_m: Float64) -> Solids:
    """Upright cylinders."""
    top = np.column_stack((bottom[:, :2], top_z))
    points = np.stack((bottom, top), axis=1).reshape(-1, 3)
    return tubes(points, np.arange(len(bottom) + 1) * 2, np.repeat(radius_m, 2))


def pins(places: Float64, height_m: float) -> Solids:
    """Markers: a needle that stands on the place and carries a ball."""
    # Heights and radii along the axis, as parts of the whole height.
    profile = np.array(
        [(0.0, 0.004), (0.62, 0.02), (0.63, 0.05), (0.68, 0.13), (0.79, 0.185), (0.9, 0.14), (0.97, 0.06)]
    )
    profile = np.vstack((profile, (0.995, 0.01))) * height_m
    axis = np.column_stack((np.zeros((len(profile), 2)), profile[:, 0]))
    points = (places[:, None, :] + axis[None]).reshape(-1, 3)
    offsets = np.arange(len(places) + 1) * len(profile)
    return tubes(points, offsets, np.tile(profile[:, 1], len(places)))


def _ring_axes(points: Float64, offsets: Index) -> tuple[Float64, Float64]:
    """Two unit vectors across the line at every point; the first is level."""
    along = np.zeros_like(points)
    piece = np.diff(points, axis=0)
    if len(piece):
        piece[offsets[1:-1] - 1] = 0.0  # from the end of one line to the start of the next
        length = np.linalg.norm(piece, axis=1, keepdims=True)
        piece /= np.where(length > 0, length, 1.0)
        along[:-1] += piece
        along[1:] += piece
    length = np.linalg.norm(along, axis=1, keepdims=True)
    along = np.where(length > 1e-9, along / np.where(length > 0, length, 1.0), (1.0, 0.0, 0.0))
    across = np.column_stack((along[:, 1], -along[:, 0], np.zeros(len(along))))
    level = np.linalg.norm(across, axis=1, keepdims=True)
    across = np.where(level > 1e-6, across / np.where(level > 0, level, 1.0), (1.0, 0.0, 0.0))
    return across, np.cross(across, along)


def _walls(first: Index, sides: int) -> Index:
    """Two triangles per side between the ring at each point and the next."""
    here = np.arange(sides)
    there = (here + 1) % sides
    pattern = np.stack(
        (
            np.stack((here, there, here + sides), axis=-1),
            np.stack((there, there + sides, here + sides), axis=-1),
        ),
        axis=1,
    ).reshape(-1, 3)
    found: Index = (first[:, None, None] * sides + pattern[None]).reshape(-1, 3)
    return found


def _cap(points: Index, sides: int, is_start: bool) -> Index:
    """The disc that closes a tube, as a fan."""
    fan = np.column_stack((np.zeros(sides - 2, np.int64), np.arange(1, sides - 1), np.arange(2, sides)))
    if is_start:
        fan = fan[:, ::-1]
    found: Index = (np.asarray(points)[:, None, None] * sides + fan[None]).reshape(-1, 3)
    return found
