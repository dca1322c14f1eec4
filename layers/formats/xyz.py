"""Point clouds as text: one point a line, as XYZ, PTS, ASC or TXT."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import _xyz_points
from layers.formats._files import layer_name
from layers.formats._scan import layer_around
from layers.formats._xyz_points import HEAD_BYTES, Layout, layout_of
from layers.pointfiles import PointFile, PointFiles, Stretch, box_in_world
from layers.report import Report

NAME = "xyz"
TITLE = "Point cloud as text"
ENDINGS = (".xyz", ".pts", ".asc", ".txt")
KINDS = ("points", "heritage")


def can_read(head: bytes, path: Path) -> int:
    """Likely when the lines are numbers, as many in each, and the first three are places."""
    if path.suffix.lower() not in ENDINGS or b"\0" in head:
        return 0
    return 70 if layout_of(head) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The points, still in their file."""
    report = Report()
    with path.open("rb") as file:
        layout = layout_of(file.read(HEAD_BYTES))
    if layout is None:
        raise ReadError("This text is no list of points", where=path.name, allowed="x, y, z on each line")
    cloud = _surveyed(path, layout, report, options)
    source = PointFiles((cloud,))
    facts = {"points": cloud.points, "columns": [name or "?" for name in layout.names]}
    layer = layer_around(source.box, path, ENDINGS, report, options, facts)
    layer.kind = options.kind if options.kind in KINDS else KINDS[0]
    layer.name = layer_name(path, ENDINGS)
    layer.points = source
    report.read = cloud.points
    unused = sum(not name for name in layout.names)
    if unused:
        report.warn("columns", "", f"{unused} columns of numbers are not used by a cloud")
    return [layer]


def _surveyed(path: Path, layout: Layout, report: Report, options: ReadOptions) -> PointFile:
    """What is in the file: where its blocks of lines begin, and the box around all points."""
    size = max(path.stat().st_size, 1)
    stretches, boxes, bad = [], [], 0
    for start, wrong, table in _xyz_points.tables(path, layout, layout.start):
        options.progress(0.5 * start / size, "reading points")
        bad += wrong
        if not len(table):
            continue
        stretches.append(Stretch(_xyz_points.NAME, str(path), start, len(table), len(table)))
        block = _xyz_points.decoded(table, layout)
        box = box_in_world(block.frame, block.stored if block.good is None else block.stored[block.good])
        boxes += [] if box is None else [np.reshape(box, (2, 3))]
    if not boxes:
        raise ReadError("No point of this cloud has possible coordinates", where=path.name)
    if bad:
        report.warn(
            "bad_lines", "", f"{bad:,} lines are no points of {layout.columns} numbers", "unsupported"
        )
    low_high = np.array([np.min([b[0] for b in boxes], axis=0), np.max([b[1] for b in boxes], axis=0)])
    points = sum(stretch.count for stretch in stretches)
    return PointFile(path, points, low_high, None, layout.attributes, tuple(stretches))
