"""LAZ 1.4 (ASPRS, LASzip): the points of a cloud that are shown, of all classes and places that are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, PointTree
from layers.clip import Clip
from layers.crs import LOCAL, parse_crs
from layers.errors import WriteError
from layers.formats._las_header import read_header
from layers.octree import unpacked
from layers.writers._lasrecords import shown_records, source_of
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

if TYPE_CHECKING:
    import laspy

NAME = "laz"
TITLE = "LAZ point cloud"
ENDINGS = (".laz", ".las")
KINDS = ("points", "heritage")
HOLDS = Holds()

PLAIN, COLOURED = 6, 7  # point formats
#: Whose records tell of the octree of a COPC file.
COPC = "copc"
#: Steps of coordinates that were moved: millimetres, or as much in degrees.
STEP_M, STEP_DEGREES = 1e-3, 1e-8
#: Return numbers that four bits hold.
MOST_RETURNS = 15


def write(path: Path, going: Outgoing) -> None:
    """The points that are shown: as they came where they stay where they are, else as they are drawn."""
    source = source_of(going)
    if source is not None:
        header = _header_of(source, going)
        _write(path, going, header, _as_they_came(going, source, header))
        return
    tree = going.drawable
    if not isinstance(tree, PointTree):
        raise WriteError("The layer has no points", where=going.layer.name)
    header = _header(going, tree)
    _write(path, going, header, _records(going, tree, header))


def _write(
    path: Path, going: Outgoing, header: laspy.LasHeader, records: Iterator[laspy.PackedPointRecord]
) -> None:
    import laspy

    is_laz = not (going.options.out or path).name.lower().endswith(".las")
    with (
        path.open("wb") as file,
        laspy.open(
            file,
            mode="w",
            header=header,
            do_compress=is_laz,
            laz_backend=laspy.LazBackend.Lazrs if is_laz else None,
            closefd=False,
        ) as writer,
    ):
        for some in records:
            writer.write_points(some)
        if not writer.header.point_count:
            raise WriteError(
                "None of the points of the layer is shown",
                where=going.layer.name,
                do="Show some of its classes, or take the clip away",
            )


def _header_of(source: Path, going: Outgoing) -> laspy.LasHeader:
    """The header of a file that was found to be sound, without what told of its octree."""
    import laspy

    read_header(source)
    with source.open("rb") as file:
        header = laspy.LasHeader.read_from(file)
    header.vlrs = [record for record in header.vlrs if record.user_id != COPC]
    header.generating_software = "Citystrata"
    if header.parse_crs() is None and going.crs not in (None, LOCAL) and header.point_format.id >= PLAIN:
        header.add_crs(parse_crs(str(going.crs)))
    return header


def _as_they_came(
    going: Outgoing, source: Path, header: laspy.LasHeader
) -> Iterator[laspy.PackedPointRecord]:
    """The records of the points that are shown, every byte as it was."""
    import laspy

    kind = header.point_format.dtype()
    for records in shown_records(going, source):
        if len(records):
            whole = np.ascontiguousarray(records).reshape(-1).view(kind)
            yield laspy.PackedPointRecord(whole, header.point_format)


def _header(going: Outgoing, tree: PointTree) -> laspy.LasHeader:
    import laspy

    header = laspy.LasHeader(point_format=COLOURED if tree.has("rgb") else PLAIN, version="1.4")
    header.generating_software = "Citystrata"
    if going.crs in (None, going.project.place.crs):
        header.scales, header.offsets = np.array(tree.scale), np.array(tree.offset)
    else:
        corner = going.mover(going.crs)(np.asarray(tree.box[0]))
        in_degrees = going.crs != LOCAL and parse_crs(str(going.crs)).is_geographic
        flat = STEP_DEGREES if in_degrees else STEP_M
        header.scales = np.array([flat, flat, STEP_M])
        header.offsets = np.floor(corner.min(axis=0))
    if going.crs not in (None, LOCAL):
        header.add_crs(parse_crs(str(going.crs)))
    return header


def _records(
    going: Outgoing, tree: PointTree, header: laspy.LasHeader
) -> Iterator[laspy.ScaleAwarePointRecord]:
    """The points of each node that are shown."""
    import laspy

    style, move = going.layer.style, going.mover(going.crs)
    clip, hidden = Clip.of(style), [int(code) for code in style.get("hidden_classes") or ()]
    nodes = np.flatnonzero((np.asarray(tree.count) > 0) & clip.may_show(np.asarray(tree.box))).tolist()
    for done, node in enumerate(nodes):
        going.options.progress(done / len(nodes), f"points, block {done + 1} of {len(nodes)}")
        columns = unpacked(tree.block(node), tree.attributes)
        world: Float64 = columns["place"] * np.asarray(tree.scale) + np.asarray(tree.offset)
        shown = clip.shows(world)
        if hidden and "classification" in columns:
            shown &= ~np.isin(columns["classification"], hidden)
        if not shown.any():
            continue
        cells = np.rint((move(world[shown]) - header.offsets) / header.scales)
        records = laspy.ScaleAwarePointRecord.zeros(int(shown.sum()), header=header)
        records.X, records.Y, records.Z = _whole(cells, going).T
        _fill(records, {name: values[shown] for name, values in columns.items()})
        yield records


def _whole(cells: Float64, going: Outgoing) -> NDArray[np.int32]:
    if not (np.abs(cells) < 2**31).all():
        raise WriteError("The points lie too far apart for a LAZ file", where=going.layer.name)
    return cells.astype(np.int32)


def _fill(records: laspy.ScaleAwarePointRecord, columns: dict[str, NDArray[np.generic]]) -> None:
    """What the points have beside their places."""
    if "intensity" in columns:
        records.intensity = columns["intensity"]
    if "classification" in columns:
        records.classification = columns["classification"]
    if "return_number" in columns:
        number = np.minimum(columns["return_number"].astype(np.uint8), MOST_RETURNS)
        records.return_number = records.number_of_returns = number
    if "rgb" in columns:
        # Eight bits as sixteen: 255 becomes 65535.
        records.red, records.green, records.blue = (columns["rgb"].astype(np.uint16) * 257).T
