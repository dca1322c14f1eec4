"""Scanned meshes and photogrammetric clouds: what PLY and OBJ have in common after reading."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Cloud, Float64, UInt8
from layers.data import Box, LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import is_near_zero, layer_name
from layers.points import box_of, possible
from layers.report import Report
from layers.runs import Int64, ranges
from layers.triangulate import triangulate

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


def cloud_of(
    path: Path,
    endings: tuple[str, ...],
    raw: Raw,
    report: Report,
    options: ReadOptions,
    facts: Mapping[str, object],
) -> list[LayerData]:
    """The layer of points that no polygon joins; impossible ones are left out."""
    check_points(raw, path)
    report.read = 1
    good = possible(raw.vertices)
    if not good.all():
        report.warn("impossible_points", "", f"{int((~good).sum()):,} points have impossible coordinates")
    cloud = Cloud(raw.vertices[good], None if raw.rgb is None else raw.rgb[good])
    counts = {"points": len(raw.vertices), "triangles": 0, "coloured": raw.rgb is not None}
    layer = layer_around(box_of(cloud.points), path, endings, report, options, {**facts, **counts})
    layer.points = cloud
    return [layer]


def check_points(raw: Raw, path: Path) -> None:
    """Refuse a scan that has no points, or none anywhere."""
    if not len(raw.vertices):
        raise ReadError("This scan holds no points", where=path.name)
    if not possible(raw.vertices).any():
        raise ReadError("No point of this scan has possible coordinates", where=path.name)


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


def triangles_of(raw: Raw, report: Report) -> tuple[Int64, Int64]:
    """Of which polygon each triangle is, and (m, 3) positions in the row of all corners.

    Polygons whose corners are missing or nowhere are left out.
    """
    starts = np.concatenate(([0], np.cumsum(raw.lengths)))
    exists = (raw.corners >= 0) & (raw.corners < len(raw.vertices))
    exists &= possible(raw.vertices)[np.where(exists, raw.corners, 0)]
    missing = np.diff(np.concatenate(([0], np.cumsum(~exists)))[starts])
    good = (missing == 0) & (raw.lengths >= 3)
    if not good.all():
        bad = int((~good).sum())
        report.warn("bad_faces", "", f"{bad:,} faces have missing corners and are left out", "dropped", bad)
    plain = np.flatnonzero(good & (raw.lengths == 3))
    positions = starts[plain][:, None] + np.arange(3)
    large = np.flatnonzero(good & (raw.lengths > 3))
    if not len(large):
        return plain, positions
    where = ranges(starts[large], raw.lengths[large])
    found = triangulate(
        raw.vertices[raw.corners[where]], raw.lengths[large].astype(np.int32), np.ones(len(large), np.int32)
    )
    owner = np.concatenate((plain, large[found.polygon]))
    order = np.argsort(owner, kind="stable")
    return owner[order], np.concatenate((positions, where[found.triangles]))[order]


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
    """All numbers of a text, separated by white space; ValueError, which names it, when one is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, dtype=np.float64, sep=" ")
        except (DeprecationWarning, ValueError) as error:
            said = next((word for word in text.split() if not _is_number(word)), b"")[:20]
            raise ValueError(f"{said.decode('utf-8', 'replace')!r} where a number should be") from error


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
