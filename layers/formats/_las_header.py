"""The header of a LAS or LAZ file, checked against the file's size before any decoder sees it.

Decoders believe the counts in a header: a false one makes them reserve memory without end, loop
for minutes, or abort the process. Here every count is compared with the bytes there are.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from layers.data import Box
from layers.errors import ReadError

MARK = b"LASF"
#: The smallest header of each version 1.x.
HEADER_BYTES = (227, 227, 227, 235, 375)
#: The smallest record of each point format.
RECORD_BYTES = (20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67)
MAX_RECORD_DATA = 2**20  # larger extended records are not read; none that we need is
VARIABLE_CHUNKS = 0xFFFFFFFF
#: Where decoding may begin anywhere, it begins at every so many-th point.
ANY_CHUNK = 1_000_000
#: Where red, green and blue begin in the point formats that have them.
COLOUR_AT = {2: 20, 3: 28, 5: 28, 7: 30, 8: 30, 10: 30}
_VLR = struct.Struct("<2x16sHH32x")
_EVLR = struct.Struct("<2x16sHQ32x")
_LASZIP = struct.Struct("<HHBBHIIqqH")
_DO = "Get the file again, or repair it with the program that wrote it"


@dataclass(frozen=True)
class Record:
    """A (extended) variable length record: whose, which, and its bytes."""

    user: str
    id: int
    data: bytes


@dataclass(frozen=True)
class Header:
    """What the header says, found to be possible."""

    version: str
    point_format: int
    compressed: bool
    points: int
    scale: tuple[float, float, float]
    offset: tuple[float, float, float]
    box: Box  # as it is written, true or not
    points_start: int  # byte
    record_bytes: int  # of a point
    chunk_points: int  # that are compressed together; of files without such chunks, any number
    laszip: bytes  # the LASzip record
    records: tuple[Record, ...]


def attributes_of(header: Header) -> tuple[str, ...]:
    """What the points have beside their places."""
    colours = ("rgb",) if header.point_format in COLOUR_AT else ()
    return ("intensity", *colours, "classification", "return_number")


def read_header(path: Path) -> Header:
    """The header of the file, or an error that names the count that cannot be true."""
    with path.open("rb") as file:
        return _Checker(path, file).header()


class _Checker:
    """Walks through the parts of one file in their order."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self.file = path, file
        self.size = path.stat().st_size
        self.head = file.read(max(HEADER_BYTES))

    def header(self) -> Header:
        if self.head[:4] != MARK or len(self.head) < HEADER_BYTES[0]:
            raise self.refuse(
                "This is not a LAS or LAZ file", f"{self.size:,} bytes", "a LAS header of 227 bytes"
            )
        major, minor = self.head[24], self.head[25]
        if major != 1 or minor >= len(HEADER_BYTES):
            raise self.refuse("This LAS version is not known", f"{major}.{minor}", "1.0 to 1.4")
        header_bytes, points_start, record_count = struct.unpack_from("<HII", self.head, 94)
        self.check("header size", header_bytes, HEADER_BYTES[minor], self.size)
        self.check("start of the points", points_start, header_bytes, self.size)
        records = self.records(header_bytes, points_start, record_count, _VLR)
        extended_start, extended_count, points = 0, 0, struct.unpack_from("<I", self.head, 107)[0]
        if minor >= 4:
            extended_start, extended_count, many = struct.unpack_from("<QIQ", self.head, 235)
            points = many or points
        if extended_count:
            self.check("start of the extended records", extended_start, points_start, self.size)
            records += self.records(extended_start, self.size, extended_count, _EVLR)
        stored_format, record_bytes = struct.unpack_from("<BH", self.head, 104)
        point_format, compressed = stored_format & 0x3F, stored_format >= 0x40
        self.check("point format", point_format, 0, len(RECORD_BYTES) - 1)
        self.check("bytes per point", record_bytes, RECORD_BYTES[point_format], 0xFFFF)
        laszip, chunk_points = b"", VARIABLE_CHUNKS
        if compressed:
            laszip, chunk_points = self.check_chunks(records, points_start, record_bytes, points)
        else:
            room = (extended_start if extended_count else self.size) - points_start
            self.check("number of points", points, 0, room // record_bytes)
        scale, offset = self.scale_and_offset()
        high_x, low_x, high_y, low_y, high_z, low_z = struct.unpack_from("<6d", self.head, 179)
        return Header(
            version=f"{major}.{minor}",
            point_format=point_format,
            compressed=compressed,
            points=points,
            scale=scale,
            offset=offset,
            box=(low_x, low_y, low_z, high_x, high_y, high_z),
            points_start=points_start,
            record_bytes=record_bytes,
            chunk_points=ANY_CHUNK if chunk_points == VARIABLE_CHUNKS else chunk_points,
            laszip=laszip,
            records=tuple(records),
        )

    def records(self, start: int, end: int, count: int, layout: struct.Struct) -> list[Record]:
        """The records between two positions of the file, none reaching beyond the end."""
        kind = "variable length records" if layout is _VLR else "extended records"
        self.check(f"number of {kind}", count, 0, (end - start) // layout.size)
        found: list[Record] = []
        position = start
        for _ in range(count):
            self.file.seek(position)
            head = self.file.read(layout.size)
            if len(head) < layout.size:
                raise self.refuse(f"The {kind} are cut off", f"{len(found)}", f"{count}")
            user, number, length = layout.unpack(head)
            position += layout.size
            self.check(f"length of a record among the {kind}", length, 0, end - position)
            data = self.file.read(length) if length <= MAX_RECORD_DATA else b""
            found.append(Record(user.split(b"\0")[0].decode("ascii", "replace"), number, data))
            position += length
        return found

    def check_chunks(
        self, records: list[Record], points_start: int, record_bytes: int, points: int
    ) -> tuple[bytes, int]:
        """Checks the LASzip record and the chunk table against the bytes between them.

        Gives the record, and how many points a chunk has.
        """
        data = next((r.data for r in records if (r.user, r.id) == ("laszip encoded", 22204)), b"")
        if len(data) < _LASZIP.size:
            raise self.refuse("This LAZ file does not say how it is compressed", "no LASzip record", "one")
        *_versions, chunk_points, _special, _bytes, items = _LASZIP.unpack_from(data)
        self.check("number of LASzip items", items, 1, (len(data) - _LASZIP.size) // 6)
        item_bytes = sum(struct.unpack_from("<H", data, _LASZIP.size + 6 * i + 2)[0] for i in range(items))
        self.check("bytes per point in the LASzip record", item_bytes, record_bytes, record_bytes)
        self.check("points per chunk", chunk_points, 1, VARIABLE_CHUNKS)
        first_chunk = points_start + 8
        self.check("start of the first chunk", first_chunk, 0, self.size)
        (table,) = struct.unpack("<q", self.at(points_start, 8))
        if table == -1:  # written as a stream: the position stands at the end
            (table,) = struct.unpack("<q", self.at(self.size - 8, 8))
        self.check("position of the chunk table", table, first_chunk, self.size - 8)
        _version, chunks = struct.unpack("<II", self.at(table, 8))
        # the first point of every chunk is stored uncompressed
        self.check("number of chunks", chunks, 0, (table - first_chunk) // record_bytes)
        if chunk_points != VARIABLE_CHUNKS:
            self.check("number of points", points, 0, chunks * chunk_points)
        return data, chunk_points

    def scale_and_offset(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        values = struct.unpack_from("<6d", self.head, 131)
        if not all(math.isfinite(value) for value in values) or not all(values[:3]):
            raise self.refuse("The scale of the coordinates is not usable", f"{values}", "finite, not zero")
        return (values[0], values[1], values[2]), (values[3], values[4], values[5])

    def at(self, position: int, length: int) -> bytes:
        self.file.seek(position)
        data = self.file.read(length)
        if len(data) < length:
            raise self.refuse("This LAZ file is cut off", f"{self.size:,} bytes", f"{position + length:,}")
        return data

    def check(self, what: str, found: int, lowest: int, highest: int) -> None:
        """Refuses a number of the header that does not fit the file."""
        if not lowest <= found <= highest:
            allowed = f"{lowest:,} to {highest:,}" if lowest <= highest else "no room in this file"
            raise self.refuse(f"The header of this point cloud is damaged: {what}", f"{found:,}", allowed)

    def refuse(self, what: str, found: str, allowed: str) -> ReadError:
        return ReadError(what, where=self.path.name, found=found, allowed=allowed, do=_DO)
