"""Cloud-optimised point clouds (https://copc.io): LAZ files that are octrees already, read as such."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from layers.copcfile import CopcFile
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._las_header import MARK, Header, attributes_of, read_header
from layers.formats.las import KINDS as KINDS
from layers.formats.las import crs_of, facts_of
from layers.formats.las import read_tiles as read_tiles  # many trees become one
from layers.morton import Cube
from layers.octree import Frame
from layers.pointfiles import as_box
from layers.points import is_possible
from layers.report import Report
from layers.stored import Int32, Int64

NAME = "copc"
TITLE = "Cloud-optimised point cloud (COPC)"
ENDINGS = (".copc.laz",)

#: Where the info record's user and number stand, always.
_INFO_AT = 375 + 2
_INFO_MARK = b"copc".ljust(16, b"\0") + struct.pack("<H", 1)
_INFO = struct.Struct("<3d d d Q Q")  # centre, half side, spacing, root page: start and bytes
_INFO_DATA_AT = 375 + 54
ENTRY = np.dtype(
    [("level", "<i4"), ("cell", "<i4", (3,)), ("start", "<u8"), ("size", "<i4"), ("count", "<i4")]
)
#: Cells of deeper levels have no numbers that fit their keys.
DEEPEST = 20
#: A node of more points would need too much memory at once.
MOST_IN_NODE = 5_000_000
_PAGE = -1  # as a count: the entry is of another page


def can_read(head: bytes, path: Path) -> int:
    """Surely when the info record is where it must be; so comes before LAS, which could read it too."""
    return 100 if head[:4] == MARK and head[_INFO_AT : _INFO_AT + len(_INFO_MARK)] == _INFO_MARK else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The nodes of the file; their points are decoded when they are drawn."""
    report = Report()
    header = read_header(path)
    if not header.points:
        raise ReadError("This point cloud holds no points", where=path.name)
    with path.open("rb") as file:
        nodes = _Hierarchy(path, file, header).read()
    report.read = int(nodes.count.sum())
    if report.read < header.points:
        text = f"{header.points - report.read:,} points are in no node and are left out"
        report.warn("points_without_node", "", text)
        report.dropped = header.points - report.read
    box = as_box(nodes.box)
    crs = options.crs or crs_of(header, box, report)
    kind = options.kind if options.kind in KINDS else KINDS[0]
    facts = facts_of([header], box, crs)
    name = layer_name(path, ENDINGS)
    return [LayerData(name, kind, crs, report, points=nodes, box=box, linked=True, facts=facts)]


class _Hierarchy:
    """Reads the pages that say which nodes there are, and believes none that cannot be true."""

    def __init__(self, path: Path, file: BinaryIO, header: Header) -> None:
        self._path, self._file, self._header = path, file, header
        self._size = path.stat().st_size

    def read(self) -> CopcFile:
        """The nodes, those of one parent side by side."""
        header = self._header
        cube, spacing, first, size = self._info()
        entries = self._entries(first, size)
        self._check(entries)
        entries, parent = self._in_order(entries)
        box = np.reshape(header.box, (2, 3))
        if not is_possible(header.box) or (box[0] > box[1]).any():
            box = np.array([cube.low, np.array(cube.low) + cube.side_m])
        return CopcFile(
            path=self._path,
            points=int(entries["count"].sum()),
            box=box,
            frame=Frame(header.scale, header.offset),
            attributes=attributes_of(header),
            cube=cube,
            spacing=spacing,
            level=entries["level"].astype(np.uint8),
            cell=np.ascontiguousarray(entries["cell"]),
            parent=parent,
            start=entries["start"].astype(np.int64),
            size=np.ascontiguousarray(entries["size"]),
            count=np.ascontiguousarray(entries["count"]),
        )

    def _info(self) -> tuple[Cube, float, int, int]:
        """The cube of the root, its spacing, and the first page."""
        self._file.seek(_INFO_DATA_AT)
        data = self._file.read(_INFO.size)
        if len(data) < _INFO.size:
            raise self._refusal("the info record", f"{len(data)} bytes", f"{_INFO.size} bytes")
        x, y, z, half, spacing, first, size = _INFO.unpack(data)
        values = np.array([x, y, z, half, spacing])
        if not (np.isfinite(values).all() and half > 0 and spacing > 0):
            raise self._refusal("the cube of the root", f"{values.tolist()}", "finite, not empty")
        return Cube((x - half, y - half, z - half), 2 * half), spacing, first, size

    def _entries(self, first: int, size: int) -> NDArray[np.void]:
        """The entries of all pages; none is read twice."""
        waiting, seen, found = [(first, size)], set[int](), []
        while waiting:
            start, size = waiting.pop()
            if start in seen:
                raise self._refusal(
                    "a page of the hierarchy", f"page at byte {start:,} twice", "every page once"
                )
            seen.add(start)
            if size < 0 or size % ENTRY.itemsize or start + size > self._size:
                what = f"{size:,} bytes from byte {start:,}"
                raise self._refusal("a page of the hierarchy", what, f"a place in {self._size:,} bytes")
            self._file.seek(start)
            page = np.frombuffer(self._file.read(size), ENTRY)
            links = page["count"] == _PAGE
            waiting += zip(page["start"][links].tolist(), page["size"][links].tolist(), strict=True)
            found.append(page[~links])
        return np.concatenate(found)

    def _check(self, entries: NDArray[np.void]) -> None:
        """Refuses nodes that cannot be in the file."""
        level, cell, count = entries["level"], entries["cell"], entries["count"].astype(np.int64)
        if not len(entries) or (level < 0).any() or (level > DEEPEST).any():
            raise self._refusal("the levels of the nodes", _range_of(level), f"0 to {DEEPEST}")
        if (cell < 0).any() or (cell >= (1 << level.astype(np.int64))[:, None]).any():
            raise self._refusal("the cells of the nodes", _range_of(cell), "numbers within their level")
        if (count < 0).any() or (count > MOST_IN_NODE).any():
            raise self._refusal("the points of a node", _range_of(count), f"0 to {MOST_IN_NODE:,}")
        if count.sum() > self._header.points:
            raise self._refusal("the points of all nodes", f"{count.sum():,}", f"{self._header.points:,}")
        held = entries[count > 0]
        start, size = held["start"].astype(np.float64), held["size"].astype(np.float64)
        if (
            (size <= 0).any()
            or (start < self._header.points_start).any()
            or (start + size > self._size).any()
        ):
            raise self._refusal(
                "the place of a node", "one outside the points", f"within {self._size:,} bytes"
            )

    def _in_order(self, entries: NDArray[np.void]) -> tuple[NDArray[np.void], Int32]:
        """Entries level by level, within a level by parent; and the position of each one's parent."""
        level, code = entries["level"], codes(entries["cell"])
        order = np.lexsort((code, level))
        level, code = level[order], code[order]
        twin = (np.diff(level) == 0) & (np.diff(code) == 0)
        if twin.any() or level[0] != 0 or (len(level) > 1 and level[1] == 0):
            raise self._refusal("the nodes", "two of one cell, or no root", "every cell once")
        begin = np.searchsorted(level, np.arange(DEEPEST + 2))
        parent = np.full(len(level), -1, np.int32)
        for depth in range(1, int(level[-1]) + 1):
            above, here = slice(*begin[depth - 1 : depth + 1]), slice(*begin[depth : depth + 2])
            wanted = code[here] >> 3
            if not np.isin(wanted, code[above]).all():
                raise self._refusal("the nodes", f"one of level {depth} without a parent", "a tree")
            at = np.searchsorted(code[above], wanted)
            parent[here] = at + begin[depth - 1]
        return entries[order], parent

    def _refusal(self, what: str, found: str, allowed: str) -> ReadError:
        return ReadError(
            f"The hierarchy of this point cloud is damaged: {what}",
            where=self._path.name,
            found=found,
            allowed=allowed,
            do="Get the file again, or write it anew with the program that made it",
        )


def codes(cell: Int32) -> Int64:
    """(n,) numbers of cells in which those of one parent follow each other: parent = number // 8."""
    found = np.zeros(len(cell), np.int64)
    for bit in range(DEEPEST):
        for axis in range(3):
            found |= (cell[:, axis].astype(np.int64) >> bit & 1) << (3 * bit + axis)
    return found


def _range_of(values: NDArray[np.integer[Any]]) -> str:
    return f"{values.min():,} to {values.max():,}" if values.size else "none"
