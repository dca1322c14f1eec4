"""Light found for one pixel in every square of some, and spread over the others.

A pixel has the light of its square where it lies in the plane of what the square shows; elsewhere that
of the square next to it whose plane fits best. So edges of surfaces stay sharp.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Int32, UInt8
from viewer.depths import STEP, Depths
from viewer.faces import Index, Mask
from viewer.picture import Float32

#: Squares whose light differs by less than this are all alike.
ALIKE = 0.04
#: How far from a plane a pixel may be to lie in it, in steps of the depth buffer and as part of its slope.
OFF_STEPS, OFF_SLOPE = 8.0, 0.5
#: Tones are whole numbers of this part, so that they can be multiplied quickly.
PARTS_BITS = 7
#: No tone is larger: times the brightest colour it still is a number of sixteen bits.
MOST = np.float32(257)
#: Pixels and rows of squares worked on at once.
AT_ONCE, ROWS_AT_ONCE = 16_384, 8


class CoarseTones:
    """The tones of a picture, square by square; row 0 is the lowest."""

    def __init__(self, depths: Depths, side: int) -> None:
        self._depths, self._side = depths, side
        height, width = depths.buffer.shape
        self._rows = np.minimum(np.arange(0, height, side) + side // 2, height - 1)
        self._columns = np.minimum(np.arange(0, width, side) + side // 2, width - 1)
        self._shape = len(self._rows), len(self._columns)
        self._pixels = (self._rows[:, None] * width + self._columns).ravel()
        self._depth = depths.buffer.reshape(-1)[self._pixels]
        self._shown = np.flatnonzero(self._depth < 1.0)
        self._tones = np.full((len(self._pixels), 3), 1 << PARTS_BITS, np.uint16)
        #: The plane each shows: its depth at row and column 0, to the right and up, and how exact it is.
        self._planes = np.zeros((len(self._pixels), 4), np.float32)
        self._planes[:, 0], self._planes[:, 3] = self._depth, 1 / (OFF_STEPS * STEP)

    def shown(self) -> Index:
        """The pixels whose tones are wanted."""
        found: Index = self._pixels[self._shown]
        return found

    def fill(self, tones: Float32, slopes: Float32) -> None:
        """Their tones (3, n), and how the depth changes about them (2, n)."""
        self._tones[self._shown] = np.minimum(np.rint(tones.T * np.float32(1 << PARTS_BITS)), MOST)
        right, up = slopes
        row, column = np.divmod(self.shown(), self._depths.buffer.shape[1])
        allowed = OFF_SLOPE * (np.abs(right) + np.abs(up)) + OFF_STEPS * STEP
        corner = self._depth[self._shown] - right * column - up * row
        self._planes[self._shown] = np.stack((corner, right, up, 1 / allowed), axis=-1)

    def apply(self, pixels: UInt8) -> None:
        """Multiply the colours of a picture (h, w, 3) with them."""
        height, width, _ = pixels.shape
        flat, side = pixels.reshape(-1, 3), self._side
        others, squares = self._others()
        colors = _times(self._tones[squares], flat[others])
        tones = self._tones.reshape(*self._shape, 3)
        for first in range(0, self._shape[0], ROWS_AT_ONCE):
            some = np.repeat(tones[first : first + ROWS_AT_ONCE], side, axis=1)[:, :width]
            some = np.repeat(some, side, axis=0)
            part = pixels[first * side : min((first + ROWS_AT_ONCE) * side, height)]
            part[:] = _times(some[: len(part)], part)
        flat[others] = colors

    def _others(self) -> tuple[Index, Index]:
        """Pixels that do not lie in the plane of their square, and the square whose light they have."""
        mixed = self._pixels_of(self._uneven())
        found, chosen = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for first in range(0, len(mixed), AT_ONCE):
            pixels = mixed[first : first + AT_ONCE]
            row, column = np.divmod(pixels.astype(np.int32), np.int32(self._depths.buffer.shape[1]))
            place = np.stack((column, row, self._depths.buffer.reshape(-1)[pixels])).astype(np.float32)
            own = row // self._side * np.int32(self._shape[1]) + column // self._side
            lost = np.flatnonzero(self._misfit(own, place) > 1)
            found.append(pixels[lost])
            chosen.append(self._fitting(row[lost], column[lost], place[:, lost]))
        return np.concatenate(found), np.concatenate(chosen)

    def _fitting(self, row: Int32, column: Int32, place: Float32) -> Index:
        """Of the four squares around pixels the one whose plane they miss the least."""
        best, chosen = np.full(len(row), np.inf, np.float32), np.zeros(len(row), np.int64)
        i, j = ((at - self._side // 2) // self._side for at in (row, column))
        for up in (0, 1):
            above = np.clip(i + up, 0, self._shape[0] - 1) * np.int32(self._shape[1])
            for right in (0, 1):
                square = above + np.clip(j + right, 0, self._shape[1] - 1)
                misfit = self._misfit(square, place)
                better = misfit < best
                np.copyto(best, misfit, where=better)
                np.copyto(chosen, square, where=better)
        return chosen

    def _misfit(self, square: Int32, place: Float32) -> Float32:
        """How far pixels, as columns, rows and depths (3, n), are off the planes of squares; 1 is allowed."""
        corner, right, up, exactness = self._planes[square].T
        off = right * place[0]
        off += up * place[1]
        off += corner
        off -= place[2]
        off *= exactness
        return np.asarray(np.abs(off, out=off))

    def _uneven(self) -> Mask:
        """The squares that differ from a neighbour."""
        tone = self._tones[:, 1].reshape(self._shape).astype(np.int16)
        uneven = np.zeros(self._shape, bool)
        for mine, other in (
            ((slice(None), slice(1, None)), (slice(None), slice(-1))),
            ((slice(1, None), slice(None)), (slice(-1), slice(None))),
        ):
            differs = np.abs(tone[mine] - tone[other]) > ALIKE * (1 << PARTS_BITS)
            uneven[mine] |= differs
            uneven[other] |= differs
        return uneven

    def _pixels_of(self, squares: Mask) -> Index:
        """The pixels of some squares."""
        height, width = self._depths.buffer.shape
        every = np.repeat(np.repeat(squares, self._side, axis=1)[:, :width], self._side, axis=0)[:height]
        return np.flatnonzero(every)


def _times(tones: NDArray[np.uint16], colors: UInt8) -> UInt8:
    """Colours times tones; the tones are used up."""
    tones *= colors
    tones >>= np.uint16(PARTS_BITS)
    return np.minimum(tones, np.uint16(255), out=tones).astype(np.uint8)
