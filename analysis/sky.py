"""The sky in patches: Tregenza's 145 and Reinhart's subdivisions of them.

P. R. Tregenza, Lighting Research and Technology 19(1), 13-14 (1987), DOI 10.1177/096032718701900103.
Patches are numbered from the horizon up, in each row clockwise from north, the first one centred on
north. Directions are x east, y north, z up, in whatever frame the normals are given in; in a project
that is its grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64

Ints = NDArray[np.int64]

#: Patches in each row of Tregenza's sky below the one patch around the zenith.
TREGENZA_ROWS = (30, 30, 24, 24, 18, 12, 6)
#: Each patch is summed up from cells of about this size, for surfaces that see only part of it.
CELL_DEG = 1.0
#: Normals for which factors are counted at once: few enough to stay in the processor's cache.
NORMALS_AT_ONCE = 4


@dataclass(frozen=True)
class Cells:
    """Small cells of patches, in the order of the patches."""

    patch: Ints  # (m,)
    vectors: Float64  # (m, 3) integral of the direction over the cell, steradian
    directions: Float64  # (m, 3) unit vectors
    solid_angle_sr: Float64  # (m,)


@dataclass(frozen=True)
class Sky:
    """Patches of the sky, (n,)."""

    azimuth_deg: Float64  # of the middle
    altitude_deg: Float64
    row: Ints  # from the horizon up
    row_edges_deg: Float64  # (rows + 1,) altitudes
    row_counts: Ints  # (rows,) patches per row

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def solid_angle_sr(self) -> Float64:
        """Of each patch; 2π in all."""
        low, high = np.radians(self.row_edges_deg[self.row]), np.radians(self.row_edges_deg[self.row + 1])
        found: Float64 = 2 * np.pi * (np.sin(high) - np.sin(low)) / self.row_counts[self.row]
        return found

    @cached_property
    def directions(self) -> Float64:
        """Unit vectors (n, 3) to the middle of each patch."""
        return directions(self.azimuth_deg, self.altitude_deg)

    @cached_property
    def row_starts(self) -> Ints:
        """The first patch of each row."""
        return np.concatenate([[0], np.cumsum(self.row_counts)[:-1]])

    @cached_property
    def cells(self) -> Cells:
        """The patches in small cells."""
        return _cells(self)

    def patch_of(self, ways: Float64) -> Ints:
        """The patch in which each direction (m, 3) lies, -1 below the horizon."""
        ways = np.asarray(ways, np.float64)
        altitude = np.degrees(np.arctan2(ways[:, 2], np.hypot(ways[:, 0], ways[:, 1])))
        azimuth = np.degrees(np.arctan2(ways[:, 0], ways[:, 1]))
        row = np.clip(np.searchsorted(self.row_edges_deg, altitude, "right") - 1, 0, len(self.row_counts) - 1)
        count = self.row_counts[row]
        column = np.floor(azimuth * count / 360 + 0.5).astype(np.int64) % count
        return np.where(altitude < 0, -1, self.row_starts[row] + column)

    def factors(self, normals: Float64) -> Float64:
        """Cosine-weighted solid angle (m, n) of each patch as surfaces with these normals (m, 3) see it.

        The part of a patch behind the surface does not count; all of them sum to π(1 + cos tilt)/2.
        """
        normals = np.asarray(normals, np.float64)
        starts = np.searchsorted(self.cells.patch, np.arange(len(self)))
        found = np.empty((len(normals), len(self)))
        for start in range(0, len(normals), NORMALS_AT_ONCE):
            part = slice(start, start + NORMALS_AT_ONCE)
            cosines = np.maximum(normals[part] @ self.cells.vectors.T, 0.0)
            found[part] = np.add.reduceat(cosines, starts, axis=1)
        return found

    def horizon_factors(self, normals: Float64) -> Float64:
        """Weights (m, n) of a bright line along the horizon: the lowest row only, all sum to sin tilt.

        The line is of even radiance; each patch has the part over its azimuths, in closed form.
        """
        count = int(self.row_counts[0])
        tilt_sine = np.hypot(normals[:, 0], normals[:, 1])
        azimuth = np.arctan2(normals[:, 0], normals[:, 1])
        edges = (np.arange(count + 1) - 0.5) * 2 * np.pi / count
        away = (edges[None, :] - azimuth[:, None] + np.pi) % (2 * np.pi) - np.pi
        # The antiderivative of max(0, cos φ) / 2 from -π on, with a whole turn adding one.
        upto = (np.sin(np.clip(away, -np.pi / 2, np.pi / 2)) + 1) / 2
        share = np.diff(upto, axis=1) % 1.0
        found = np.zeros((len(normals), len(self)))
        found[:, :count] = share * tilt_sine[:, None]
        return found


def directions(azimuth_deg: Float64, altitude_deg: Float64) -> Float64:
    """Unit vectors (n, 3), x east, y north, z up, of azimuths clockwise from north and altitudes."""
    azimuth, altitude = np.radians(azimuth_deg), np.radians(altitude_deg)
    flat = np.cos(altitude)
    return np.stack([flat * np.sin(azimuth), flat * np.cos(azimuth), np.sin(altitude)], axis=-1)


@lru_cache(maxsize=4)
def sky(division: int = 1) -> Sky:
    """Tregenza's 145 patches, or with each of them but the uppermost in `division`² (2: 577, 4: 2305).

    C. F. Reinhart, Daylight availability and manual lighting control in office buildings (2001).
    """
    counts = np.array([count * division for count in TREGENZA_ROWS for _ in range(division)] + [1])
    height = 90 / (len(TREGENZA_ROWS) * division + 0.5)
    edges = np.append(np.arange(len(counts)) * height, 90.0)
    row = np.repeat(np.arange(len(counts)), counts)
    column = np.concatenate([np.arange(count) for count in counts])
    altitude = (edges[:-1] + edges[1:]) / 2
    altitude[-1] = 90.0
    return Sky(column * 360 / counts[row], altitude[row], row, edges, counts)


def _cells(patches: Sky) -> Cells:
    number, vectors, solid = [], [], []
    for row, count in enumerate(patches.row_counts):
        low, high = patches.row_edges_deg[row], patches.row_edges_deg[row + 1]
        tall = int(np.ceil((high - low) / CELL_DEG))
        wide = int(np.ceil(360 / count * np.cos(np.radians(low)) / CELL_DEG))
        heights = np.radians(np.linspace(low, high, tall + 1))
        first = patches.row_starts[row]
        for column in range(count):
            turns = np.radians((column + np.linspace(-0.5, 0.5, wide + 1)) * 360 / count)
            cell, angle = _integrals(turns, heights)
            number.append(np.full(len(cell), first + column))
            vectors.append(cell)
            solid.append(angle)
    vector = np.concatenate(vectors)
    return Cells(
        np.concatenate(number),
        vector,
        vector / np.linalg.norm(vector, axis=1, keepdims=True),
        np.concatenate(solid),
    )


def _integrals(turns: Float64, heights: Float64) -> tuple[Float64, Float64]:
    """Integrals of the direction (m, 3) and solid angles (m,) of cells between azimuths and altitudes."""
    flat = np.diff(heights / 2 + np.sin(2 * heights) / 4)  # of cos² altitude
    up = np.diff(np.sin(heights) ** 2 / 2)  # of sin altitude cos altitude
    east, north, width = np.diff(-np.cos(turns)), np.diff(np.sin(turns)), np.diff(turns)
    cells = np.stack(
        [np.outer(flat, east).ravel(), np.outer(flat, north).ravel(), np.outer(up, width).ravel()], axis=1
    )
    return cells, np.outer(np.diff(np.sin(heights)), width).ravel()
