"""Views as rays: all around an eye in cells, or in a picture with a true field of view.

Cells all around are as wide in azimuth as they are high in altitude, and count by their solid angle; those
of a picture are its pixels, which count by the solid angle that each one covers of the sphere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.landcover import KINDS
from analysis.sky import directions
from layers.arrays import Float64, UInt8
from layers.columns import Mask
from layers.runs import Int64
from layers.views import View


@dataclass(frozen=True)
class Cells:
    """Directions in rows and columns, row by row."""

    rows: int
    columns: int
    ways: Float64  # (rows * columns, 3) unit vectors in the project's grid
    weight: Float64  # (rows * columns,) steradian

    def __len__(self) -> int:
        return len(self.ways)

    @property
    def is_even(self) -> Mask:
        """Half of the cells: those of one colour of a chessboard."""
        number = np.arange(len(self.ways))
        return np.asarray((number // self.columns + number % self.columns) % 2 == 0)


def around(azimuth_deg: float, step_deg: float) -> Cells:
    """All directions, 4π: rows from the nadir up, columns from -180 to 180° off an azimuth of the grid."""
    rows, columns = round(180 / step_deg), round(360 / step_deg)
    edges = np.radians(-90 + 180 * np.arange(rows + 1) / rows)
    altitude = np.degrees((edges[:-1] + edges[1:]) / 2)
    off = -180 + 360 * (np.arange(columns) + 0.5) / columns
    ways = directions(np.tile(azimuth_deg + off, rows), np.repeat(altitude, columns))
    weight = np.diff(np.sin(edges)) * 2 * np.pi / columns
    return Cells(rows, columns, ways, np.repeat(weight, columns))


def in_picture(view: View, columns: int) -> Cells:
    """The pixels of a view, so many from left to right: rows from the top."""
    rows = max(round(columns / view.aspect), 1)
    forward = np.subtract(view.to, view.eye)
    forward /= np.linalg.norm(forward)
    level = np.hypot(forward[0], forward[1])
    right = np.array((forward[1], -forward[0], 0.0)) / level if level > 0 else np.array((1.0, 0.0, 0.0))
    up = np.cross(right, forward)
    wide = np.tan(np.radians(view.fov_deg) / 2)
    pixel = 2 * wide / columns
    x = (np.arange(columns) + 0.5) * pixel - wide
    y = (rows / 2 - np.arange(rows) - 0.5) * pixel
    plane = forward + x[None, :, None] * right + y[:, None, None] * up
    length = np.sqrt((plane**2).sum(axis=2))
    return Cells(rows, columns, (plane / length[..., None]).reshape(-1, 3), (pixel**2 / length**3).ravel())


def shares(kind: UInt8, weight: Float64) -> Float64:
    """Shares (6,) of what is seen, by kind (n,) and solid angle (n,); none where nothing is looked at."""
    sums = np.bincount(kind, weight, len(KINDS))
    whole = weight.sum()
    return np.asarray(sums / whole if whole > 0 else np.full(len(KINDS), np.nan), np.float64)


def halves_differ(kind: UInt8, weight: Float64, is_even: Mask) -> float:
    """How far the shares of every second ray alone are from those of all, at most."""
    half = shares(kind[is_even], weight[is_even])
    return float(np.nanmax(np.abs(half - shares(kind, weight)), initial=0.0))


def before_facade(ways: Float64, normal: Float64 | None) -> Mask:
    """Which directions (n, 3) lie before a facade with a normal (3,); without one, all of them."""
    if normal is None:
        return np.ones(len(ways), bool)
    # Added up in one order on every machine.
    along: Float64 = ways[:, 0] * normal[0] + ways[:, 1] * normal[1] + ways[:, 2] * normal[2]
    return np.asarray(along > 0)


def upright_runs(cells: Int64) -> Int64:
    """Runs (k, 4) of cells (rows, columns) with the same number: column, first row, end, the number."""
    rows = []
    for column in range(cells.shape[1]):
        values = cells[:, column]
        starts = np.append(0, np.flatnonzero(np.diff(values)) + 1)
        ends = np.append(starts[1:], len(values))
        rows += [(column, start, end, values[start]) for start, end in zip(starts, ends, strict=True)]
    return np.array(rows, np.int64).reshape(-1, 4)
