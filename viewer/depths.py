"""Where pixels lie in the world, and which way what they show faces: told from the depth buffer alone.

What a depth buffer holds is linear over the pixels of a plane, in perspective and in parallel views.
So its differences are exact, and neighbours that go on in one line with a pixel lie in its plane.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from viewer.faces import Index
from viewer.picking import View2D, stretched
from viewer.picture import Float32

#: The step between two numbers that a depth buffer can hold, with some room.
STEP = 2.0**-23
#: Differences are taken so far apart that they are mistaken by no more than this, as a slope.
NOISE = 0.008
FARTHEST_APART = 8
#: Neighbours that miss the line by more than so many steps do not lie in the plane.
OFF_STEPS = 6.0


@dataclass(frozen=True, eq=False)
class Depths:
    """A depth buffer with what it was drawn from; row 0 is the lowest."""

    buffer: Float32  # (h, w) from 0, the near plane, to 1, the far plane, where nothing is
    view: View2D  # its width and height are those of the buffer
    eye: Float64  # (3,) world, as drawn; in a parallel view wherever depths are counted from
    near: float
    far: float = np.inf

    def shown(self, first: int, last: int) -> Index:
        """The pixels (row times width plus column) of some rows that show something."""
        width = self.view.width
        found: Index = np.flatnonzero(self.buffer[first:last].reshape(-1) < 1.0)
        found += first * width
        return found

    def _aside(self, pixels: Index) -> tuple[Float32, Float32]:
        """How far right of and above the middle of the picture, in pixels."""
        row, column = np.divmod(pixels.astype(np.int32), np.int32(self.view.width))
        right = column.astype(np.float32) + np.float32(0.5 - self.view.width / 2)
        return right, row.astype(np.float32) + np.float32(0.5 - self.view.height / 2)

    @property
    def _pixel(self) -> float:
        """The side of a pixel, at a distance of 1 m or in a parallel view wherever."""
        camera = self.view.camera
        return 2 * camera.half_height / self.view.height * (camera.distance_m if camera.parallel else 1.0)

    def distances(self, pixels: Index) -> Float64:
        """Metres from the eye along the view."""
        depth = self.buffer.reshape(-1)[pixels].astype(np.float64)
        if self.view.camera.parallel:
            return np.asarray(self.near + depth * (self.far - self.near))
        return np.asarray(1.0 / (1.0 / self.near - depth * (1.0 / self.near - 1.0 / self.far)))

    def sizes(self, distances: Float64) -> Float64:
        """Metres that a pixel covers, and metres by which its distance may be mistaken, (2, n)."""
        if self.view.camera.parallel:
            flat = (self._pixel, (self.far - self.near) * STEP)
            return np.repeat(np.array(flat)[:, None], len(distances), axis=1)
        blur = distances * distances * ((1.0 / self.near - 1.0 / self.far) * STEP)
        return np.stack((distances * self._pixel, blur))

    def places(self, pixels: Index, distances: Float64) -> Float64:
        """World points (n, 3) that so distant pixels show; heights are the true ones."""
        camera, view = self.view.camera, self.view
        right, up = self._aside(pixels)
        reach = self._pixel if camera.parallel else distances * self._pixel
        across, over = right * reach, up * reach
        found = np.empty((len(pixels), 3))
        for axis in range(3):
            part = camera.basis[:, axis]
            found[:, axis] = self.eye[axis] + across * part[0] + over * part[1] + distances * part[2]
        return found if view.stretch == 1.0 else stretched(found, view.origin, 1.0 / view.stretch)

    def slopes(self, pixels: Index) -> Float32:
        """How much the numbers of the buffer change from pixel to pixel, to the right and up, (2, n)."""
        depth = self.buffer.reshape(-1)[pixels]
        apart = self._apart(depth)
        return np.stack([self._slope(pixels, depth, apart, along) for along in (1, self.view.width)])

    def normals(self, pixels: Index, slope: Float32) -> Float32:
        """Unit normals (3, n) in the world, towards the eye, of pixels with their slopes."""
        camera = self.view.camera
        depth = self.buffer.reshape(-1)[pixels]
        right, up = self._aside(pixels)
        seen = np.empty((3, len(pixels)), np.float32)
        if camera.parallel:
            range_m = self.far - self.near
            for axis in (0, 1):
                np.multiply(slope[axis], np.float32(range_m / self._pixel), out=seen[axis])
            seen[2] = -1.0
        else:
            # One over the distance is linear over a plane, and so is the depth: this is minus its slope.
            scale = np.float32(1.0 / self.near - 1.0 / self.far)
            nearness = depth.astype(np.float64)
            nearness *= -(1.0 / self.near - 1.0 / self.far)
            nearness += 1.0 / self.near
            seen[2] = -nearness.astype(np.float32)
            for axis, aside in ((0, right), (1, up)):
                np.multiply(slope[axis], scale, out=seen[axis])
                seen[2] -= aside * seen[axis]
                seen[axis] *= np.float32(1.0 / self._pixel)
        turn = (camera.basis * (1.0, 1.0, self.view.stretch)).T.astype(np.float32)
        found: Float32 = turn @ seen
        found /= np.sqrt(np.einsum("in,in->n", found, found))
        return found

    def _apart(self, depth: Float32) -> Index | int:
        """How many pixels apart depths are compared, so that their steps are not seen."""
        if self.view.camera.parallel:
            noise = np.float32(STEP * (self.far - self.near) / self._pixel / NOISE)
            return int(np.clip(np.ceil(noise), 1, FARTHEST_APART))
        scale = STEP / self._pixel / NOISE
        worst = scale * (self.far / self.near - 1.0)
        if worst <= 1.0:
            return 1
        end = self.far / (self.far - self.near)  # where the depth of what is infinitely far would be
        return np.clip(np.ceil(scale / (end - depth.astype(np.float64))), 1, FARTHEST_APART).astype(np.int64)

    def _slope(self, pixels: Index, depth: Float32, apart: Index | int, along: int) -> Float32:
        """How much the depth changes from pixel to pixel, from the neighbours that lie in its plane."""
        slope, off = self._slope_over(pixels, depth, apart, along)
        if isinstance(apart, int) and apart == 1:
            return slope
        lost = np.flatnonzero(off > np.float32(OFF_STEPS * STEP))
        if len(lost):  # the plane is smaller than that
            slope[lost], _ = self._slope_over(pixels[lost], depth[lost], 1, along)
        return slope

    def _slope_over(
        self, pixels: Index, depth: Float32, apart: Index | int, along: int
    ) -> tuple[Float32, Float32]:
        """The slope, and how far the neighbours it was taken from miss the line."""
        flat, step = self.buffer.reshape(-1), np.asarray(apart) * along
        back, back2, on, on2 = (np.take(flat, pixels + way * step, mode="clip") for way in (-1, -2, 1, 2))
        slope = (on - back) * np.float32(0.5)
        off = np.abs(back + on - 2 * depth)
        for near, next_one, sign in ((back, back2, -1), (on, on2, 1)):
            miss = np.abs(depth - 2 * near + next_one)
            # Outlines stand off their plane: where the three are no line, the neighbours alone count.
            better = miss + np.float32(2 * STEP) < off
            np.copyto(slope, (next_one - near) * np.float32(sign), where=better)
            np.copyto(off, miss, where=better)
        slope /= np.float32(1) if isinstance(apart, int) and apart == 1 else np.asarray(apart, np.float32)
        return slope, off
