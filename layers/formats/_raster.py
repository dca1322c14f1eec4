"""Rasters through GDAL, window by window: one file, or many that are tiles of one raster."""

from __future__ import annotations

import atexit
import math
import os
import shutil
import tempfile
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from layers.cache import need_room
from layers.crs import LOCAL, crs_text, crs_title, parse_crs
from layers.data import Box, ReadOptions
from layers.errors import PlaceError, ReadError
from layers.place import fits
from layers.pyramid import BLOCK, Cells, Index, Span
from layers.report import Report
from layers.stored import Float64
from layers.terrain import outline

Raster = Any  # rasterio.DatasetReader; rasterio has no types
Opened = OrderedDict[Path, Raster]

MAX_CELLS, MAX_SIDE = 4_000_000_000, 500_000  # refused above
MAX_BLOCK_BYTES = 512 * 2**20  # what one tile or strip may need when unpacked
MAX_BANDS = 1000  # of the finest spectra there are; each takes memory before anything of it is read
LARGE_BLOCK_BYTES = 32 * 2**20  # of such blocks only one at a time
GDAL_CACHE_MB = "128"
MOST_OPEN = 16  # files per thread
SNAP = 0.01  # of a cell: tiles this far off their common grid are taken to lie on it
EARTH_RADIUS_M = 6_371_000.0


@contextmanager
def gdal_sentences(path: Path) -> Iterator[None]:
    """GDAL's complaints become sentences."""
    import rasterio  # type: ignore[import-untyped]  # it has none
    from rasterio._err import CPLE_BaseError  # type: ignore[import-untyped]  # it has none

    try:
        yield
    except (rasterio.errors.RasterioError, CPLE_BaseError, ValueError) as error:
        raise ReadError("This raster could not be read", where=path.name, found=_first_line(error)) from error


def _first_line(error: Exception) -> str:
    text = str(error.__cause__ or error).strip() or type(error).__name__
    return text.splitlines()[0][:200]


def _open(path: Path, driver: str) -> Raster:
    import rasterio

    warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)
    return rasterio.open(path, driver=driver)


@dataclass(frozen=True)
class Said:
    """What a file says of its cells."""

    type: str
    bands: int
    crs: str | None  # WKT
    unit: str  # of heights, as it is written there
    local: bool  # it does not say where it lies
    palette: bool
    affine: Float64  # from its cells to the CRS
    size: tuple[int, int]  # rows, columns
    block_shape: tuple[int, int]
    has_large_blocks: bool


@dataclass(frozen=True)
class Tile:
    """One file of a raster, and where it lies in it."""

    path: Path
    rows: Span
    columns: Span


@dataclass
class Mosaic:
    """A raster in one file or in several that share one grid of cells."""

    driver: str
    tiles: list[Tile]
    size: tuple[int, int]  # rows, columns
    affine: Float64
    first: Said  # by the first file
    one_at_a_time: bool  # its blocks are large, or every file is read from its beginning
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _files: Opened = field(default_factory=OrderedDict)
    _files_here: threading.local = field(default_factory=threading.local)

    @classmethod
    def of_files(cls, paths: Sequence[Path], driver: str, check: Callable[[Raster, Path], None]) -> Mosaic:
        """Look into the files; `check` refuses those that cannot be used."""
        os.environ.setdefault("GDAL_CACHEMAX", GDAL_CACHE_MB)  # read by GDAL when it opens the first file
        said = [_looked_at(path, driver, check) for path in paths]
        first = said[0]
        for path, other in zip(paths, said, strict=True):
            _check_alike(first, other, path, paths[0])
        corner = np.array(
            [
                _offset(first.affine, other.affine, path, paths[0])
                for path, other in zip(paths, said, strict=True)
            ]
        )
        begin = corner - corner.min(axis=0)
        end = begin + [other.size for other in said]
        rows, columns = end.max(axis=0).tolist()
        _check_size((rows, columns), paths)
        tiles = [
            Tile(path, (top, bottom), (left, right))
            for path, (top, left), (bottom, right) in zip(paths, begin.tolist(), end.tolist(), strict=True)
        ]
        top, left = corner.min(axis=0).tolist()
        a, b, c, d, e, f = first.affine
        affine = np.array([a, b, c + a * left + b * top, d, e, f + d * left + e * top])
        one_at_a_time = driver != "GTiff" or any(other.has_large_blocks for other in said)
        return cls(driver, tiles, (rows, columns), affine, first, one_at_a_time)

    @property
    def piece(self) -> tuple[int, int]:
        """Rows and columns that are read best at once."""
        _rows, columns = self.size
        high, wide = self.first.block_shape
        if wide >= min(columns, 64 * BLOCK) and high < BLOCK:  # strips, or lines of text
            whole = min(-(-columns // BLOCK), 1024) * BLOCK
            return min(4 * BLOCK, 2**22 // whole // BLOCK * BLOCK), whole
        return 4 * BLOCK, 64 * BLOCK

    def read(
        self, rows: Span, columns: Span, whole: Cells, cells: Callable[[Raster, Any], tuple[Cells, Cells]]
    ) -> None:
        """Fill a window from all files in it; `cells` gives those of a file, and which of them count."""
        from rasterio.windows import Window  # type: ignore[import-untyped]  # it has none

        first, last = np.array([rows[0], columns[0]]), np.array([rows[1], columns[1]])
        meets = (self._spans[..., 0] < last) & (self._spans[..., 1] > first)
        for number in np.flatnonzero(meets.all(axis=1)):
            tile = self.tiles[number]
            top, bottom = max(rows[0], tile.rows[0]), min(rows[1], tile.rows[1])
            left, right = max(columns[0], tile.columns[0]), min(columns[1], tile.columns[1])
            window = Window(left - tile.columns[0], top - tile.rows[0], right - left, bottom - top)
            with gdal_sentences(tile.path), self._lock if self.one_at_a_time else nullcontext():
                found, counts = cells(self._raster(tile.path), window)
            target = whole[top - rows[0] : bottom - rows[0], left - columns[0] : right - columns[0]]
            np.copyto(target, found, where=counts.reshape(counts.shape + (1,) * (found.ndim - counts.ndim)))

    @cached_property
    def _spans(self) -> Index:
        """(n, 2, 2) rows and columns of all tiles."""
        return np.array([(tile.rows, tile.columns) for tile in self.tiles])

    def facts(self) -> dict[str, object]:
        """What `info` tells of any raster."""
        a, b, _c, d, e, _f = self.affine.tolist()
        rows, columns = self.size
        return {
            "size": [columns, rows],
            "cells": columns * rows,
            "cell_size": [math.hypot(a, d), math.hypot(b, e)],
            "local": self.first.local,
        }

    def _raster(self, path: Path) -> Raster:
        """The open file, this thread's own unless only one at a time may read."""
        opened: Opened = self._files
        if not self.one_at_a_time:
            opened = self._files_here.__dict__.setdefault("files", OrderedDict())
        if path not in opened:
            opened[path] = _open(path, self.driver)
            if len(opened) > MOST_OPEN:
                opened.popitem(last=False)[1].close()
        opened.move_to_end(path)
        return opened[path]


def _looked_at(path: Path, driver: str, check: Callable[[Raster, Path], None]) -> Said:
    with gdal_sentences(path), _open(path, driver) as raster:
        _check_blocks(raster, path)
        check(raster, path)
        return _said(raster)


def _said(raster: Raster) -> Said:
    return Said(
        type=raster.dtypes[0],
        bands=raster.count,
        crs=raster.crs.to_wkt() if raster.crs is not None else None,
        unit=(raster.units[0] or "").strip(),
        local=raster.transform.is_identity,
        palette=raster.colorinterp[0].name == "palette",
        affine=_affine(raster),
        size=(raster.height, raster.width),
        block_shape=raster.block_shapes[0],
        has_large_blocks=_block_bytes(raster) > LARGE_BLOCK_BYTES,
    )


def _affine(raster: Raster) -> Float64:
    affine = np.array(tuple(raster.transform)[:6], dtype=np.float64)
    a, b, _c, d, e, _f = affine
    if not np.isfinite(affine).all() or a * e - b * d == 0:
        raise ReadError("This raster does not say where its cells lie", found=f"transform {affine.tolist()}")
    return affine


def _offset(affine: Float64, other: Float64, path: Path, first: Path) -> tuple[int, int]:
    """Rows and columns from the first cell of a raster to that of another with the same cells."""
    turn = affine[[0, 1, 3, 4]].reshape(2, 2)
    own = other[[0, 1, 3, 4]].reshape(2, 2)
    if not np.allclose(own, turn, rtol=1e-6, atol=np.abs(turn).max() * 1e-6):
        raise ReadError(
            "These rasters cannot become one layer: their cells differ in size",
            where=path.name,
            found=f"cells of {_cell_text(own)}",
            allowed=f"{_cell_text(turn)}, as in {first.name}",
            do="Import the rasters of each resolution as a layer of their own",
        )
    column, row = np.linalg.solve(turn, other[[2, 5]] - affine[[2, 5]])
    if not max(abs(column - round(column)), abs(row - round(row))) < SNAP:
        raise ReadError(
            "These rasters cannot become one layer: their cells do not lie on one grid",
            where=path.name,
            found=f"shifted by {column % 1:.2f} and {row % 1:.2f} cells against {first.name}",
            do="Import them as layers of their own",
        )
    return round(row), round(column)


def _cell_text(turn: Float64) -> str:
    wide, high = np.hypot(*turn)
    return f"{wide:.6g} × {high:.6g}"


def _check_alike(first: Said, said: Said, path: Path, first_path: Path) -> None:
    for title, wanted, found in (
        ("coordinate reference system", first.crs, said.crs),
        ("bands", first.bands, said.bands),
        ("unit", first.unit, said.unit),
    ):
        if found != wanted:
            raise ReadError(
                f"These rasters cannot become one layer: they differ in {title}",
                where=path.name,
                found=str(found or "none")[:80],
                allowed=f"{str(wanted or 'none')[:80]}, as in {first_path.name}",
                do="Import them as layers of their own",
            )


def _check_size(size: tuple[int, int], paths: Sequence[Path]) -> None:
    rows, columns = size
    if rows * columns > MAX_CELLS or max(size) > MAX_SIDE:
        raise ReadError(
            "This raster is too large" if len(paths) == 1 else "These rasters span too large an area",
            where=paths[0].name,
            found=f"{columns} × {rows} cells",
            allowed=f"{MAX_CELLS:,} cells, and {MAX_SIDE:,} in a row",
            do="Cut it into tiles, or resample it to larger cells",
        )


def _block_bytes(raster: Raster) -> int:
    shapes: list[tuple[int, int]] = raster.block_shapes
    return max(
        int(rows * columns * np.dtype(kind).itemsize)
        for (rows, columns), kind in zip(shapes, raster.dtypes, strict=True)
    )


def _check_blocks(raster: Raster, path: Path) -> None:
    _check_size((raster.height, raster.width), [path])
    if raster.count > MAX_BANDS:
        raise ReadError(
            "This raster has too many bands",
            where=path.name,
            found=f"{raster.count:,}",
            allowed=f"{MAX_BANDS:,}",
            do="It is probably damaged; ask for the file again",
        )
    for kind in raster.dtypes:
        if np.dtype(kind).kind not in "iuf":
            raise ReadError(
                "This raster holds neither heights nor colours",
                where=path.name,
                found=f"cells of type {kind}",
            )
    block = _block_bytes(raster)
    if block > MAX_BLOCK_BYTES:
        raise ReadError(
            "This raster cannot be read piece by piece",
            where=path.name,
            found=f"one block of {block / 2**20:.0f} MiB",
            allowed=f"{MAX_BLOCK_BYTES / 2**20:.0f} MiB",
            do="Rewrite it with tiles, for example gdal_translate -co TILED=YES",
        )


def holds_picture(path: Path, driver: str) -> bool:
    """Whether a file holds colours, not heights."""
    with gdal_sentences(path), _open(path, driver) as raster:
        return is_picture(raster)


def is_picture(raster: Raster) -> bool:
    """Whether the bands are colours: three or more, a palette, or one band of bytes."""
    colours = {interpretation.name for interpretation in raster.colorinterp}
    kind = np.dtype(raster.dtypes[0])
    in_colours = raster.count >= 3 and kind in (np.uint8, np.uint16)
    return bool(colours & {"red", "palette"} or in_colours or kind == np.uint8)


def raster_crs(mosaic: Mosaic, report: Report) -> str | None:
    """The CRS that the raster names, unless its cells cannot lie there."""
    if mosaic.first.crs is None:
        return None
    try:
        found = crs_text(parse_crs(mosaic.first.crs))
    except PlaceError as error:
        report.warn("crs", "", f"the raster's CRS is not understood: {error.sentence()}")
        return None
    if not fits(found, box_of(mosaic, 0.0, 0.0)):
        report.warn("crs", "", f"the cells do not fit the CRS that the file names, {crs_title(found)}")
        return None
    return found


def box_of(mosaic: Mosaic, low: float, high: float) -> Box:
    """The box around the raster's cells."""
    x0, y0, x1, y1 = outline(mosaic.affine, *mosaic.size)
    return x0, y0, low, x1, y1, high


def cell_m(mosaic: Mosaic, crs: str | None) -> tuple[float, float]:
    """Width and height of a cell in metres; of degrees, those in the middle of the raster."""
    a, b, _c, d, e, _f = mosaic.affine
    if crs in (None, LOCAL):
        return math.hypot(a, d), math.hypot(b, e)
    parsed = parse_crs(str(crs))
    unit = float(parsed.axis_info[0].unit_conversion_factor) if parsed.axis_info else 1.0
    if not parsed.is_geographic:
        return math.hypot(a, d) * unit, math.hypot(b, e) * unit
    _x0, y0, _low, _x1, y1, _high = box_of(mosaic, 0.0, 0.0)
    north = EARTH_RADIUS_M * unit
    east = north * max(math.cos((y0 + y1) / 2 * unit), 0.01)
    return math.hypot(a * east, d * north), math.hypot(b * east, e * north)


def is_placed(mosaic: Mosaic, crs: str | None, options: ReadOptions) -> bool:
    """Whether it is known where the raster lies; if not, a person will be asked and it is read again."""
    return bool(crs or mosaic.first.local or options.project_crs == LOCAL)


def scratch_folder(options: ReadOptions, name: str, needed: float) -> Path:
    """The folder for a pyramid of about so many bytes; refused where there is no room for it."""
    parent = options.scratch
    if parent is None:
        parent = Path(tempfile.mkdtemp(prefix="citystrata-"))
        atexit.register(shutil.rmtree, parent, ignore_errors=True)
    parent.mkdir(parents=True, exist_ok=True)
    need_room(parent, needed, "for the tiles of this raster", "the raster")
    return parent / name
