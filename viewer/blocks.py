"""Blocks: upright boxes that stand for buildings seen from afar, one by one or many together."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Int32, UInt8
from viewer.aim import Aim
from viewer.light import DAY

Float32 = NDArray[np.float32]

#: Sides that would be drawn lower than this are left away.
LOWEST_PX = 0.6
FOOT_SHADE = np.float32(0.86)
TOP_LIGHT = DAY.on(np.array([[0.0, 0.0, 1.0]], np.float32))
#: Of a block's corners as (length, width) signs, counter-clockwise; side i lies between corner i and i + 1.
SIGNS = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32)
OUTWARD = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)], np.float32)
TWO_TRIANGLES = np.array([0, 1, 2, 0, 2, 3], np.int32)


@dataclass(frozen=True)
class Blocks:
    """Where blocks stand, in local coordinates, and their colours without light."""

    base: Float32  # (n, 4) middle x, y, foot z, top z
    shape: Float32  # (n, 4) half length, half width, cosine and sine of the length's direction
    top: Float32  # (n, 3) colour 0 … 255
    side: Float32  # (n, 3)

    def __add__(self, other: Blocks) -> Blocks:
        return Blocks(
            *(np.concatenate((getattr(self, item.name), getattr(other, item.name))) for item in fields(self))
        )

    def is_same(self, other: Blocks) -> bool:
        """Whether all are alike."""
        return all(
            np.array_equal(getattr(self, item.name), getattr(other, item.name)) for item in fields(self)
        )

    def stretch(self, first: int, last: int) -> Blocks:
        """Those from `first` to before `last`."""
        return Blocks(*(getattr(self, item.name)[first:last] for item in fields(self)))

    def faces(self, aim: Aim | None, tops: bool = True, sides: bool = True) -> tuple[Float32, Int32, UInt8]:
        """Vertices (local), triangles and colours of what the camera sees; without one, of all sides."""
        parts = []
        if tops:
            parts.append(self._tops())
        if sides:
            parts.append(self._sides(aim))
        points = np.concatenate([part[0] for part in parts]) if parts else np.empty((0, 3), np.float32)
        colors = np.concatenate([part[1] for part in parts]) if parts else np.empty((0, 3), np.uint8)
        first = np.arange(0, len(points), 4, dtype=np.int32)
        return points, (first[:, None] + TWO_TRIANGLES).reshape(-1, 3), colors

    def _corners(self) -> Float32:
        """(n, 4, 2) x, y of the corners, counter-clockwise."""
        half = SIGNS * self.shape[:, None, :2]
        cos, sin = self.shape[:, 2, None], self.shape[:, 3, None]
        x = half[..., 0] * cos - half[..., 1] * sin + self.base[:, 0, None]
        y = half[..., 0] * sin + half[..., 1] * cos + self.base[:, 1, None]
        corners: Float32 = np.stack((x, y), axis=-1)
        return corners

    def _tops(self) -> tuple[Float32, UInt8]:
        points = np.empty((len(self.base), 4, 3), np.float32)
        points[..., :2] = self._corners()
        points[..., 2] = self.base[:, 3, None]
        lit = np.minimum(self.top * TOP_LIGHT, 255).astype(np.uint8)
        return points.reshape(-1, 3), np.repeat(lit, 4, axis=0)

    def _sides(self, aim: Aim | None) -> tuple[Float32, UInt8]:
        """The sides that the camera sees, and that are high enough to be seen."""
        x, y = self._outward()
        high = self.base[:, 3] - self.base[:, 2]
        if aim is None:
            seen = np.ones((len(self.base), 4), bool)
        else:
            seen = (
                self._turned(aim, x, y) & (high * aim.view.stretch > LOWEST_PX * self._pixel_m(aim))[:, None]
            )
        block, side = np.nonzero(seen)
        low_high = self.base[block][:, 2:]
        corners = self._corners()
        one, other = corners[block, side], corners[block, (side + 1) % 4]
        points = np.empty((len(block), 4, 3), np.float32)
        points[:, 0, :2] = points[:, 3, :2] = one
        points[:, 1, :2] = points[:, 2, :2] = other
        points[:, :2, 2] = low_high[:, 0, None]
        points[:, 2:, 2] = low_high[:, 1, None]
        normals = np.zeros((len(block), 3), np.float32)
        normals[:, 0], normals[:, 1] = x[block, side], y[block, side]
        lit = np.minimum(self.side[block] * DAY.on(normals), 255)
        colors = np.empty((len(block), 4, 3), np.uint8)
        colors[:, :2] = (lit * FOOT_SHADE)[:, None]
        colors[:, 2:] = lit[:, None]
        return points.reshape(-1, 3), colors.reshape(-1, 3)

    def _outward(self) -> tuple[Float32, Float32]:
        """(n, 4) x and (n, 4) y of the normals of the four sides."""
        cos, sin = self.shape[:, 2, None], self.shape[:, 3, None]
        return OUTWARD[:, 0] * cos - OUTWARD[:, 1] * sin, OUTWARD[:, 0] * sin + OUTWARD[:, 1] * cos

    def _turned(self, aim: Aim, x: Float32, y: Float32) -> NDArray[np.bool_]:
        """(n, 4) which sides are turned to the camera, given their normals."""
        camera = aim.view.camera
        if camera.parallel:
            forward = camera.basis[2]
            return np.asarray(x * forward[0] + y * forward[1] < 0)
        to_eye = _local_eye(aim)[:2] - self.base[:, :2]
        reach = (np.abs(OUTWARD) @ self.shape[:, :2].T).T  # from the middle to the side
        return np.asarray(x * to_eye[:, 0, None] + y * to_eye[:, 1, None] > reach)

    def _pixel_m(self, aim: Aim) -> Float32 | float:
        """What a pixel covers at each of them."""
        camera = aim.view.camera
        size = 2 * camera.half_height / aim.view.height
        if camera.parallel:
            return size * camera.distance_m
        away = self.base[:, (0, 1, 3)] - _local_eye(aim)
        pixel: Float32 = np.sqrt(np.einsum("ij,ij->i", away, away)) * np.float32(size)
        return pixel


def _local_eye(aim: Aim) -> Float32:
    """The eye from the origin, in heights that are not stretched."""
    eye = (aim.view.camera.eye - aim.view.origin).astype(np.float32)
    eye[2] /= aim.view.stretch
    return eye
