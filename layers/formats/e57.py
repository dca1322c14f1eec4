"""Laser scans as E57 (ASTM E2807-11): several in a file, each from where its scanner stood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from layers.crs import crs_text, parse_crs
from layers.data import Box, Feature, LayerData, ReadOptions
from layers.errors import PlaceError, ReadError
from layers.formats import _e57_points
from layers.formats._e57_points import MOST_POINTS_PER_BYTE, Scan
from layers.formats._files import layer_name
from layers.formats._scan import layer_around
from layers.heritage import RECORD_TYPE
from layers.pointfiles import PointFile, PointFiles, Stretch, as_box, box_in_world
from layers.report import Report

NAME = "e57"
TITLE = "E57 laser scans"
ENDINGS = (".e57",)
KINDS = ("points", "heritage")

MARK = b"ASTM-E57"
#: Parts of a scan that are kept in the file and not drawn.
_DRAWN = {
    *_e57_points.CARTESIAN, *_e57_points.SPHERICAL, *_e57_points.COLOURS, *_e57_points.INVALID,
    *_e57_points.CLASSES, _e57_points.INTENSITY, "isIntensityInvalid", "isColorInvalid",
    "rowIndex", "columnIndex", "returnIndex", "returnCount", "timeStamp", "isTimeStampInvalid",
}  # fmt: skip


def can_read(head: bytes, path: Path) -> int:
    """Surely when it begins with ASTM-E57."""
    return 100 if head.startswith(MARK) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """All scans of the file as one cloud, with a record for each scan."""
    options.progress(0.0, "reading the scans")
    report = Report()
    with _e57_points.opened(path) as file:
        scans = _e57_points.scans_of(file)
        crs = options.crs or _crs_of(file, report)
        _count_images(file, report)
    source, boxes = _cloud(path, scans, report, options)
    _say_what_is_left_out(scans, report)
    facts = {"scans": len(scans), "points": source.points, "coloured": _some(scans, "rgb")}
    layer = layer_around(source.box, path, ENDINGS, report, options, facts)
    layer.kind = options.kind if options.kind in KINDS else KINDS[0]
    layer.crs = crs
    layer.facts["local"] = bool(layer.facts["local"]) and crs is None
    layer.points = source
    type = RECORD_TYPE if layer.kind == "heritage" else "Scan"
    layer.features = [_record(scan, type, path, boxes.get(scan.number)) for scan in scans]
    report.read = len(scans)
    return [layer]


def _cloud(
    path: Path, scans: Sequence[Scan], report: Report, options: ReadOptions
) -> tuple[PointFiles, dict[int, Box]]:
    """The points of all scans, still in their file, and the box of each scan."""
    most = MOST_POINTS_PER_BYTE * path.stat().st_size
    files, boxes, first = [], {}, 0
    for scan in scans:
        if scan.count > most:
            raise ReadError(
                "This E57 file is damaged",
                where=f"{path.name}, scan {scan.number + 1}",
                found=f"{scan.count:,} points",
                allowed=f"no more than fit into {path.stat().st_size:,} bytes",
            )
        if not scan.count or not scan.places:
            what = "holds no points" if not scan.count else "holds no coordinates"
            report.warn("empty_scan", _id(scan), f"scan {scan.number + 1} {what}", "unsupported")
            continue
        options.progress(0.5 * scan.number / len(scans), "reading the scans")
        stretch = Stretch(_e57_points.NAME, str(path), first, scan.count, scan.count)
        first += scan.count
        box = _surveyed(stretch, scan, report)
        if box is not None:
            boxes[scan.number] = box
            low_high = np.reshape(box, (2, 3))
            files.append(PointFile(path, scan.count, low_high, None, scan.attributes, (stretch,)))
    if not files:
        raise ReadError("No scan of this file holds a point with a place", where=path.name)
    return PointFiles(tuple(files)), boxes


def _surveyed(stretch: Stretch, scan: Scan, report: Report) -> Box | None:
    """The box around the points of a scan that have a place; None when none has."""
    boxes, kept = [], 0
    for block in stretch.decoded():
        good = block.good
        stored = block.stored if good is None else block.stored[good]
        kept += len(block.stored)
        box = box_in_world(block.frame, stored)
        boxes += [] if box is None else [np.reshape(box, (2, 3))]
    if kept < scan.count:
        text = f"{scan.count - kept:,} of {scan.count:,} points of scan {scan.number + 1} have no place"
        report.warn("no_echo", _id(scan), f"{text}: no echo came back to the scanner")
    if not boxes:
        return None
    low, high = np.min([box[0] for box in boxes], axis=0), np.max([box[1] for box in boxes], axis=0)
    return as_box(np.array([low, high]))


def _record(scan: Scan, type: str, path: Path, box: Box | None) -> Feature:
    """The record of a scan: which device made it, where it stood."""
    attributes: dict[str, Any] = {"name": f"{layer_name(path, ENDINGS)}, scan {scan.number + 1}"}
    attributes.update(scan.facts)
    attributes["points"] = scan.count
    attributes["standpoint"] = list(scan.pose.translation)
    return Feature(_id(scan), type, orjson.dumps(attributes), box=box)


def _id(scan: Scan) -> str:
    return f"scan {scan.number + 1}"


def _some(scans: Sequence[Scan], attribute: str) -> bool:
    return any(attribute in scan.attributes for scan in scans)


def _crs_of(file: Any, report: Report) -> str | None:
    """The CRS that the file names, as WKT."""
    root = file.root
    text = str(root["coordinateMetadata"].value()).strip() if root.isDefined("coordinateMetadata") else ""
    if not text:
        return None
    try:
        return crs_text(parse_crs(text))
    except PlaceError as error:
        report.warn("crs", "", f"the CRS of the file is not understood: {error.sentence()}")
        return None


def _count_images(file: Any, report: Report) -> None:
    root = file.root
    images = root["images2D"].childCount() if root.isDefined("images2D") else 0
    if images:
        report.warn("images", "", f"{images:,} photographs in the file are not shown", "unsupported")


def _say_what_is_left_out(scans: Sequence[Scan], report: Report) -> None:
    others = sorted({name for scan in scans for name in scan.fields if name not in _DRAWN})
    if others:
        report.warn("fields", "", f"these values of points are not used: {', '.join(others)}")
