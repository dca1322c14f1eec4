"""The points of a binary PLY file without faces, stretch by stretch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from layers.errors import ReadError
from layers.formats._ply_header import Header, read_header
from layers.formats._scan import RGB, colours
from layers.pointfiles import AS_IT_IS, POINTS_AT_ONCE, Decoded, PointFile, Stretch, surveyed

NAME = "ply"  # of the decoder


def point_file(path: Path, header: Header) -> PointFile | None:
    """A file of nothing but points that can be read from any one on; None where it is something else."""
    vertex = header.elements[0] if header.elements else None
    has_others = any(element.count for element in header.elements[1:])
    if vertex is None or vertex.name != "vertex" or has_others or not header.byte_order:
        return None
    kind = _record_type(header)
    if kind is None or not vertex.count:
        return None
    stretches = tuple(
        Stretch(NAME, str(path), first, min(POINTS_AT_ONCE, vertex.count - first), POINTS_AT_ONCE)
        for first in range(0, vertex.count, POINTS_AT_ONCE)
    )
    attributes = ("rgb",) if _colour_names(kind) else ()
    return PointFile(path, vertex.count, surveyed(path, stretches), None, attributes, stretches)


def decode(stretch: Stretch) -> Iterator[Decoded]:
    """Blocks of the points of a stretch."""
    path = Path(stretch.path)
    header = read_header(np.memmap(path, np.uint8, "r"), path)
    kind = _record_type(header)
    assert kind is not None, "such files have no stretches"
    for first in range(stretch.first, stretch.first + stretch.count, POINTS_AT_ONCE):
        count = min(POINTS_AT_ONCE, stretch.first + stretch.count - first)
        records = np.fromfile(path, kind, count, offset=header.body + first * kind.itemsize)
        if len(records) < count:
            raise ReadError("This scan ends early", where=path.name, found=f"{first + len(records):,} points")
        rgb = colours([records[name] for name in _colour_names(kind)])
        columns = {} if rgb is None else {"rgb": rgb}
        yield Decoded(
            np.stack([records[axis].astype(np.float64) for axis in "xyz"], axis=-1), AS_IT_IS, columns
        )


def _record_type(header: Header) -> np.dtype[np.void] | None:
    """How a vertex is stored, where all are stored alike."""
    properties = header.elements[0].properties
    names = [prop.name for prop in properties]
    if (
        any(prop.count_type for prop in properties)
        or len(set(names)) < len(names)
        or not set("xyz") <= set(names)
    ):
        return None
    return np.dtype([(prop.name, header.byte_order + prop.type) for prop in properties])


def _colour_names(kind: np.dtype[np.void]) -> tuple[str, ...]:
    """The columns of red, green and blue, if there are some."""
    return next((names for names in RGB if set(names) <= set(kind.names or ())), ())
