"""Arrays carried to where a layer is put: a move is a matrix, so nothing is read again.

What was made of the source stays as it is in the cache, and the moved arrays lie in a folder below it. So a
layer that is moved often loses no precision, and undo finds the very bits.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers import cache, tiling
from layers.album import ALBUM
from layers.arrays import CityTiles, Drawable, Float64, ImagePyramid, PointTree, Scan, TerrainPyramid
from layers.blocks import blocks_of
from layers.cache import CacheMissing
from layers.data import Progress
from layers.joining import widen
from layers.merging import as_they_are, planned
from layers.placement import Placement, turned_normals
from layers.project import Project
from layers.records import Layer
from layers.siting import stamp
from layers.stored import mapped, write
from layers.tones import block_tones

#: Vertices that are moved at a time.
AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Carry:
    """The way of points in the project's CRS from one placement of their layer to another."""

    before: Placement
    after: Placement

    def __call__(self, points: Float64) -> Float64:
        """(n, 3) points where they are after it."""
        return self.after.put(self.before.take_back(np.asarray(points))) if len(points) else points

    @property
    def is_shift(self) -> bool:
        """Whether nothing is turned or scaled on the way."""
        return bool(np.array_equal(self.before.matrix(), self.after.matrix()))

    @property
    def shift(self) -> Float64:
        """(3,) where the origin comes to lie; the whole way where `is_shift`."""
        there: Float64 = self(np.zeros((1, 3)))[0]
        return there

    def turned(self, normals: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 3) unit normals after it."""
        matrix = self.after.matrix() @ np.linalg.inv(self.before.matrix())
        return normals if self.is_shift else turned_normals(normals, matrix)


def carry(project: Project, layer: Layer, staged: Path, progress: Progress) -> bool:
    """Carry the arrays of a layer to where it is put now; False where they must be made of its source.

    `staged` is an empty folder for the work.
    """
    home = cache.layer_folder(project.path.absolute(), layer.uid)
    before = _placement_of(project, layer, cache.made_of(home))
    if before is None:
        return False
    try:
        drawable = cache.load(home, project.stamp(replace(layer, placement=before)))
    except CacheMissing:
        return False
    way = Carry(before, layer.placement)
    if not _can_be_carried(drawable, way):
        return False
    out = staged / cache.PLACED
    progress(0.0, "moving")
    with _scratch(staged) as scratch:
        _save(drawable, way, home, out, scratch, progress)
    cache.put_stamp(out, type(drawable).__name__, project.stamp(layer))
    cache.adopt(out, home / cache.PLACED)
    return True


def boxes_of(project: Project, layer: Layer) -> Float64 | None:
    """(n, 6) boxes of a layer's objects as its arrays have them, NaN where they have none."""
    drawable = project.drawable(layer)
    boxes = np.full((layer.object_count, 6), np.nan)
    if isinstance(drawable, Scan) and layer.object_count == 1 and len(drawable.vertices):
        boxes[0] = (*drawable.vertices.min(axis=0), *drawable.vertices.max(axis=0))
        return boxes
    if not isinstance(drawable, CityTiles):
        return None
    boxes[drawable.entry_object] = np.asarray(drawable.entry_box).reshape(-1, 6)
    widen(boxes, ~np.isnan(boxes[:, 0]), np.arange(len(boxes)), project.parents(layer))
    return boxes


def _placement_of(project: Project, layer: Layer, made_of: str) -> Placement | None:
    """By which placement arrays were made; None where they differ in more than where the layer was put."""
    plain = stamp(layer.source_sha256, layer.crs, project.place.crs, Placement())
    if not made_of or not made_of.startswith(plain):
        return None
    found = Placement.from_text(made_of[len(plain) :].strip())
    now = layer.placement
    return found if (found.offset, found.swapped) == (now.offset, now.swapped) else None


def _can_be_carried(drawable: Drawable, way: Carry) -> bool:
    if isinstance(drawable, PointTree):
        return way.is_shift  # its cells lie along the axes
    return isinstance(drawable, CityTiles | Scan | TerrainPyramid | ImagePyramid)


@contextmanager
def _scratch(staged: Path) -> Iterator[Path]:
    folder = staged / "carried"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _save(drawable: Drawable, way: Carry, home: Path, out: Path, scratch: Path, progress: Progress) -> None:
    """Write the moved arrays; what stays as it is is shared with those that were made of the source."""
    if isinstance(drawable, CityTiles):
        moved = _city(drawable, way, scratch)
        plan = planned([moved], [0], as_they_are(moved))
        tiling.save(plan, lambda _part, name: np.asarray(getattr(moved, name)), out, progress)
        _share(home / ALBUM, out / ALBUM)
        return
    changed: dict[str, NDArray[Any]] = {}
    if isinstance(drawable, Scan):
        changed = {"vertices": way(drawable.vertices)}
    elif isinstance(drawable, PointTree):
        shift = way.shift
        changed = {
            "box": drawable.box + shift,
            "offset": drawable.offset + shift,
            "height_range": drawable.height_range + shift[2],
        }
    _share(home, out, {f"{name}.npy" for name in changed})
    for name, array in changed.items():  # rasters stay in their own CRS and are moved when they are drawn
        write(out / f"{name}.npy", len(array), [array])


def _city(city: CityTiles, way: Carry, scratch: Path) -> CityTiles:
    """City objects moved, still in the order they had."""
    path, count = scratch / "vertices.npy", len(city.vertices)
    starts = range(0, max(count, 1), AT_ONCE)
    write(path, count, (np.asarray(way(city.vertices[start : start + AT_ONCE])) for start in starts))
    vertices = mapped(path)
    found = replace(
        city,
        vertices=vertices,
        points=way(city.points),
        surface_normal=way.turned(city.surface_normal),
        entry_box=tiling.boxes_of_runs(vertices, city.entry_vertex),
        album=None,
    )
    base, shape, area, error = blocks_of(found)
    found = replace(found, block_base=base, block_shape=shape, block_area=area, block_error=error)
    return found if found.block_tone is None else replace(found, block_tone=block_tones(found))


def _share(source: Path, target: Path, without: frozenset[str] | set[str] = frozenset()) -> None:
    """The files of a folder in another one too, without taking room again where the disk can do so."""
    if not source.is_dir():
        return
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.name in without or path.name in (cache.PLACED, cache.STAMP):
            continue
        if path.is_dir():
            _share(path, target / path.name)
            continue
        with suppress(OSError):
            os.link(path, target / path.name)
            continue
        shutil.copyfile(path, target / path.name)
