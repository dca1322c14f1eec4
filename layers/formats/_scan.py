"""Scanned meshes and photogrammetric clouds: what PLY and OBJ have in common after reading."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Cloud, Float64, Int32, Scan, UInt8
from layers.data import Box, LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import is_near_zero, layer_name
from layers.points import box_of, possible
from layers.report import Report

KINDS = ("heritage", "points")
#: What columns of colours are called.
RGB = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))


@dataclass(frozen=True)
class Raw:
    """What a file holds: vertices, polygons as one row of indices with their lengths, colours."""

    vertices: Float64  # (n, 3)
    corners: NDArray[np.int64]  # of all polygons, one after the other
    lengths: NDArray[np.int64]  # corners of each polygon
    rgb: UInt8 | None


def layer_of(
    path: Path,
    endings: tuple[str, ...],
    raw: Raw,
    report: Report,
    options: ReadOptions,
    facts: Mapping[str, object],
) -> list[LayerData]:
    """The layer: a mesh where there are polygons, else a cloud. Bad vertices and polygons are left out."""
    if not len(raw.vertices):
        raise ReadError("This scan holds no points", where=path.name)
    report.read = 1
    triangles = _fans(_good_polygons(raw, report))
    good = possible(raw.vertices)
    if not good.any():
        raise ReadError("No point of this scan has possible coordinates", where=path.name)
    if not good.all():
        report.warn("impossible_points", "", f"{int((~good).sum()):,} points have impossible coordinates")
    counts = {"points": len(raw.vertices), "triangles": len(triangles), "coloured": raw.rgb is not None}
    if not len(triangles):
        cloud = Cloud(raw.vertices[good], None if raw.rgb is None else raw.rgb[good])
        layer = layer_around(box_of(cloud.points), path, endings, report, options, {**facts, **counts})
        layer.points = cloud
        return [layer]
    scan = _mesh(raw, triangles, good)
    layer = layer_around(box_of(scan.vertices), path, endings, report, options, {**facts, **counts})
    layer.drawable = scan
    return [layer]


def layer_around(
    box: Box | None,
    path: Path,
    endings: tuple[str, ...],
    report: Report,
    options: ReadOptions,
    facts: Mapping[str, object],
) -> LayerData:
    """The layer of a scan in a box, without the scan."""
    local = options.crs is None and box is not None and is_near_zero(box)
    kind = options.kind if options.kind in KINDS else KINDS[0]
    found = {**facts, "local": local}
    return LayerData(layer_name(path, endings), kind, options.crs, report, box=box, linked=True, facts=found)


def _good_polygons(raw: Raw, report: Report) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Corners and lengths of the polygons whose corners all exist and have a place."""
    starts = np.concatenate(([0], np.cumsum(raw.lengths)))
    exists = (raw.corners >= 0) & (raw.corners < len(raw.vertices))
    exists &= possible(raw.vertices)[np.where(exists, raw.corners, 0)]
    missing = np.diff(np.concatenate(([0], np.cumsum(~exists)))[starts])
    good = (missing == 0) & (raw.lengths >= 3)
    if not good.all():
        report.dropped += int((~good).sum())
        report.warn("bad_faces", "", f"{report.dropped:,} faces have missing corners and are left out")
    return raw.corners[np.repeat(good, raw.lengths)], raw.lengths[good]


def _fans(polygons: tuple[NDArray[np.int64], NDArray[np.int64]]) -> Int32:
    """Triangles around the first corner of each polygon; scans hold triangles and small quads."""
    corners, lengths = polygons
    if not len(lengths):
        return np.empty((0, 3), np.int32)
    first = np.cumsum(lengths) - lengths
    each = lengths - 2
    inside = np.arange(int(each.sum())) - np.repeat(np.cumsum(each) - each, each)
    start = np.repeat(first, each)
    picked_corners = np.stack((start, start + inside + 1, start + inside + 2), axis=-1)
    return np.asarray(corners[picked_corners], dtype=np.int32)


def _mesh(raw: Raw, triangles: Int32, good: NDArray[np.bool_]) -> Scan:
    if good.all():
        return Scan(raw.vertices, triangles, raw.rgb)
    renumbered = (np.cumsum(good) - 1).astype(np.int32)
    rgb = raw.rgb[good] if raw.rgb is not None else None
    return Scan(raw.vertices[good], renumbered[triangles], rgb)


def colours(channels: list[NDArray[Any]]) -> UInt8 | None:
    """Red, green and blue as bytes, from bytes, 16-bit numbers, or fractions."""
    if len(channels) != 3:
        return None
    stored = np.stack(channels, axis=-1)
    if stored.dtype == np.uint8:
        return stored
    largest = float(np.nanmax(stored)) if stored.size else 0.0
    scale = 255.0 if largest <= 1.0 and stored.dtype.kind == "f" else 1 / 256 if largest > 255 else 1.0
    return np.clip(np.nan_to_num(stored * scale), 0, 255).round().astype(np.uint8)


def numbers(text: bytes) -> Float64:
    """All numbers of a text, separated by white space; ValueError when one is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, dtype=np.float64, sep=" ")
        except DeprecationWarning as error:
            raise ValueError("a word where a number should be") from error
