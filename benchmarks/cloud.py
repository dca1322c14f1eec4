"""A scanned city of N points as a folder of LAZ tiles, the same at every run.

    python -m benchmarks.cloud 500000000 FOLDER

Terrain, houses with roofs and walls, and trees with several returns, as an airborne scanner sees them:
lines of points across the flight, each with colour, intensity, class and return (LAS 1.4, format 7).
Tiles hold up to 50 million points, 50 to the square metre; one process per core writes them, strip by
strip in little memory.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from math import ceil, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

SEED = 20240502
CORNER = (154_000.0, 462_000.0)  # of the first tile, in EPSG:7415
PER_SQUARE_METRE = 50
TILE = 50_000_000
STRIP = 1_000_000  # points made at once
SCALE = 0.001
LOT_M, TREE_M = (22.0, 17.0), 14.0
GROUND, VEGETATION, BUILDING, WATER = 2, 5, 6, 9
#: Red, green, blue of each class, 0 to 1.
COLORS = {
    GROUND: (0.46, 0.45, 0.42),
    VEGETATION: (0.25, 0.42, 0.18),
    BUILDING: (0.62, 0.36, 0.28),
    WATER: (0.22, 0.33, 0.4),
}


def write_cloud(folder: Path, points: int) -> list[Path]:
    """Write the tiles; gives their paths."""
    count = ceil(points / TILE)
    side = ceil(sqrt(count))
    sizes = [points // count + (number < points % count) for number in range(count)]
    length_m = sqrt(sizes[0] / PER_SQUARE_METRE)
    folder.mkdir(parents=True, exist_ok=True)
    jobs = []
    for number, size in enumerate(sizes):
        corner = np.array(CORNER) + length_m * np.array((number % side, number // side))
        jobs.append((folder / f"tile-{number:03}.laz", size, corner, length_m))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_write_tile, *zip(*jobs, strict=True)))
    return [job[0] for job in jobs]


def _write_tile(path: Path, points: int, corner: Float64, length_m: float) -> None:
    """One tile, in strips from south to north."""
    import laspy  # type: ignore[import-untyped]  # it has no types
    from pyproj import CRS

    header = laspy.LasHeader(point_format=7, version="1.4")
    header.add_crs(CRS.from_epsg(7415))
    header.offsets, header.scales = np.array([*CORNER, 0.0]), np.full(3, SCALE)
    strips = ceil(points / STRIP)
    with laspy.open(path, "w", header=header, laz_backend=laspy.LazBackend.Lazrs) as writer:
        for strip in range(strips):
            size = points * (strip + 1) // strips - points * strip // strips
            low = corner + np.array((0.0, length_m * strip / strips))
            random = np.random.default_rng((SEED, *np.round(low).astype(int).tolist()))
            writer.write_points(_scanned(header, size, low, (length_m, length_m / strips), random))


def _scanned(
    header: object, count: int, low: Float64, extent_m: tuple[float, float], random: np.random.Generator
) -> object:
    """A strip as the scanner sees it, line by line."""
    import laspy

    lines = max(1, round(sqrt(count * extent_m[1] / extent_m[0])))
    line = np.arange(count) * lines // count
    # Back and forth across the flight, with a little unrest.
    across = (np.arange(count) * (lines / count)) % 1.0
    across = np.where(line % 2, 1 - across, across)
    x = low[0] + across * extent_m[0] + random.normal(0, 0.03, count)
    y = low[1] + (line + 0.5) / lines * extent_m[1] + random.normal(0, 0.03, count)
    np.clip(x, low[0], low[0] + extent_m[0], out=x)
    np.clip(y, low[1], low[1] + extent_m[1], out=y)
    z, kind, returns = surface_at(x, y, random)
    record = laspy.ScaleAwarePointRecord.zeros(count, header=header)
    record.x, record.y, record.z = x, y, z
    record.classification = kind
    record.number_of_returns = np.where(returns > 1, 3, 1)
    record.return_number = returns
    record.intensity = np.clip(random.normal(900 + 220 * (kind == BUILDING), 160, count), 20, 4000)
    record.gps_time = (low[1] - CORNER[1]) * 2e-2 + np.arange(count) * 2e-6
    shade = random.normal(1.0, 0.08, count) * (0.85 + 0.1 * np.sin(x / 31) * np.sin(y / 27))
    table = np.zeros((10, 3))
    for number, color in COLORS.items():
        table[number] = color
    for axis, name in enumerate(("red", "green", "blue")):
        # Eight bits, as cameras give them, in the upper byte.
        record[name] = (np.clip(table[kind, axis] * shade, 0, 1) * 255).astype(np.uint16) << 8
    return record


def surface_at(
    x: Float64, y: Float64, random: np.random.Generator
) -> tuple[Float64, NDArray[np.uint8], NDArray[np.uint8]]:
    """Height, class and number of the return of what the beams meet at places."""
    east, north = x - CORNER[0], y - CORNER[1]
    z = 12 + 8 * np.sin(east / 900) + 6 * np.cos(north / 700)
    kind = np.full(len(x), GROUND, np.uint8)
    returns = np.ones(len(x), np.uint8)
    river = np.abs(north - 320 - 160 * np.sin(east / 420)) < 30
    z[river], kind[river] = 5.0 + random.normal(0, 0.01, int(river.sum())), WATER
    land = ~river
    _trees(east, north, land, z, kind, returns, random)
    _houses(east, north, land, z, kind, returns, random)
    z += random.normal(0, 0.015, len(z))
    return z, kind, returns


def _houses(
    east: Float64,
    north: Float64,
    land: NDArray[np.bool_],
    z: Float64,
    kind: NDArray[np.uint8],
    returns: NDArray[np.uint8],
    random: np.random.Generator,
) -> None:
    """Gabled houses on most lots; some beams that pass close by meet a wall."""
    column, row = np.floor(east / LOT_M[0]).astype(np.int64), np.floor(north / LOT_M[1]).astype(np.int64)
    chance = hashed(column, row)
    along = np.abs(east / LOT_M[0] - column - 0.5) * LOT_M[0]
    aside = np.abs(north / LOT_M[1] - row - 0.5) * LOT_M[1]
    # Every sixth row is a street.
    built = land & (chance < 0.78) & (row % 6 != 0)
    reach, width = 6 + 3 * ((chance * 37) % 1), 4.0 + 1.2 * ((chance * 91) % 1)
    inside = built & (along < reach) & (aside < width)
    eaves = 5 + 14 * ((chance * 53) % 1) ** 3
    z[inside] += (eaves + (width - aside) * 0.8)[inside]
    by_wall = built & ~inside & (along < reach + 0.12) & (aside < width + 0.12)
    z[by_wall] += (eaves * random.random(len(eaves)))[by_wall]
    for array, value in ((kind, BUILDING), (returns, 1)):
        array[inside | by_wall] = value


def _trees(
    east: Float64,
    north: Float64,
    land: NDArray[np.bool_],
    z: Float64,
    kind: NDArray[np.uint8],
    returns: NDArray[np.uint8],
    random: np.random.Generator,
) -> None:
    """Round crowns on some places; a beam returns from their top, their inside, or the ground below."""
    column, row = np.floor(east / TREE_M).astype(np.int64), np.floor(north / TREE_M).astype(np.int64)
    chance = hashed(column + 7919, row)
    reach = 2 + 2.5 * ((chance * 41) % 1)
    away = np.hypot(
        east - (column + 0.4 + 0.2 * ((chance * 17) % 1)) * TREE_M,
        north - (row + 0.4 + 0.2 * ((chance * 29) % 1)) * TREE_M,
    )
    crown = np.flatnonzero(land & (chance < 0.35) & (away < reach))
    half = np.sqrt(reach[crown] ** 2 - away[crown] ** 2)
    deep = random.random(len(crown))
    number = 1 + (deep > 0.55).astype(np.uint8) + (deep > 0.85)
    middle = reach[crown] * 1.9
    height = np.where(number == 1, middle + half, middle + half * (1 - 2 * random.random(len(crown))))
    hit = number < 3
    returns[crown] = number
    z[crown[hit]] += height[hit]
    kind[crown[hit]] = VEGETATION


def hashed(column: Int64, row: Int64) -> Float64:
    """A number from 0 to 1 for each cell of a grid, always the same."""
    mixed = (column * 73_856_093) ^ (row * 19_349_663)
    mixed = (mixed ^ (mixed >> 13)) * 1_274_126_177
    return np.asarray((mixed & 0xFFFFF) / float(1 << 20))


def cloud_folder(points: int, folder: Path | None = None) -> Path:
    """The tiles in a temporary folder, written only once per machine."""
    path = (folder or Path(tempfile.gettempdir()) / "citystrata-benchmarks") / f"cloud-{points}"
    if not path.exists():
        partial_folder = path.with_name(f"{path.name}.partial")
        write_cloud(partial_folder, points)
        partial_folder.replace(path)
    return path


if __name__ == "__main__":
    write_cloud(Path(sys.argv[2]), int(sys.argv[1]))
