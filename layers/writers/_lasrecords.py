"""The records of LAS and LAZ files whose points are shown, every byte of them as it was.

A helper process decodes them, stretch by stretch, into a file of records; who writes puts a header before
them again. So GPS times, numbers of returns and all else that a cloud has not when it is drawn is kept.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.clip import Clip
from layers.formats._las_header import Header, read_header
from layers.moving import Move
from layers.octree import Frame
from layers.pointfiles import Stretch
from layers.workers import Answer, Helpers, Task, serve
from layers.writers.outgoing import Outgoing

FORMATS = ("las", "copc")
POINTS_AT_ONCE = 1_000_000
MODULE = "layers.writers._lasrecords"

Records = NDArray[np.uint8]


def source_of(going: Outgoing) -> Path | None:
    """The one file that a cloud was read from, where it says where its points are now."""
    layer = going.layer
    if layer.source_format not in FORMATS or layer.facts.get("tiles") or going.options.crs is not None:
        return None
    path = Path(layer.source_path)
    return path if layer.linked and layer.placement.is_as_read and path.is_file() else None


def shown_records(going: Outgoing, source: Path) -> Iterator[Records]:
    """The records of the points that are shown, (n, bytes of a record) at a time."""
    layer, header = going.layer, read_header(source)
    helpers = Helpers(MODULE, 1)
    try:
        with tempfile.TemporaryDirectory(prefix="citystrata-") as folder:
            out = Path(folder) / "records.bin"
            for first in range(0, header.points, POINTS_AT_ONCE):
                going.options.progress(first / header.points, f"{first:,} of {header.points:,} points")
                helpers.ask(
                    {
                        "path": str(source),
                        "out": str(out),
                        "first": first,
                        "count": min(POINTS_AT_ONCE, header.points - first),
                        "crs": [layer.crs, going.project.place.crs],
                        "style": {name: layer.style.get(name) for name in ("clip", "hidden_classes")},
                    }
                )
                yield np.fromfile(out, np.uint8).reshape(-1, header.record_bytes)
    finally:
        helpers.close()


def answer(task: Task) -> Answer:
    """Decode a stretch, and leave the records that are shown in a file."""
    # The decoder is loaded by helpers alone.
    from layers.formats._las_points import blocks, sentences

    path, style = Path(task["path"]), task["style"]
    header = read_header(path)
    stretch = Stretch("las", str(path), task["first"], task["count"], header.chunk_points)
    move, clip = Move(*task["crs"]), Clip.of(style)
    hidden = [int(code) for code in style.get("hidden_classes") or ()]
    with path.open("rb") as file, Path(task["out"]).open("wb") as out, sentences(path):
        file.seek(header.points_start)
        for data in blocks(file, header, stretch, everything=True):
            shown = _shown(data, header, move, clip, hidden)
            out.write(data.reshape(-1, header.record_bytes)[shown].tobytes())
    return {}


def _shown(data: Records, header: Header, move: Move, clip: Clip, hidden: list[int]) -> NDArray[Any]:
    from layers.formats._las_points import decoded_records

    points = decoded_records(data, header)
    shown = np.ones(len(points.stored), np.bool_)
    if clip:
        shown &= clip.shows(move(Frame(header.scale, header.offset).world(points.stored)))
    if hidden:
        shown &= ~np.isin(points.columns["classification"], hidden)
    return shown


if __name__ == "__main__":
    serve(answer)
