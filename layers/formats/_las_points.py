"""The points of LAS and LAZ files, stretch by stretch, as columns. Only importing processes come here."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import lazrs  # type: ignore[import-untyped]  # it has none
import numpy as np
from numpy.typing import NDArray

from layers.errors import ReadError
from layers.formats._las_header import COLOUR_AT, Header, read_header
from layers.formats._laz_layers import check_layers, head_bytes
from layers.octree import Frame
from layers.pointfiles import POINTS_AT_ONCE, Decoded, Stretch

#: From this format on, flags have more bits and classes a byte of their own.
NEW_FORMATS = 6
KEPT = (
    lazrs.SELECTIVE_DECOMPRESS_XY_RETURNS_CHANNEL
    | lazrs.SELECTIVE_DECOMPRESS_Z
    | lazrs.SELECTIVE_DECOMPRESS_INTENSITY
    | lazrs.SELECTIVE_DECOMPRESS_CLASSIFICATION
    | lazrs.SELECTIVE_DECOMPRESS_RGB
)

Records = NDArray[np.uint8]


def decode(stretch: Stretch) -> Iterator[Decoded]:
    """Blocks of the points of a stretch."""
    path = Path(stretch.path)
    header = read_header(path)
    with path.open("rb") as file, sentences(path):
        file.seek(header.points_start)
        for data in blocks(file, header, stretch):
            yield decoded_records(data, header)


def blocks(file: BinaryIO, header: Header, stretch: Stretch, everything: bool = False) -> Iterator[Records]:
    """The records of a stretch, from a file that stands where the points begin; with `everything`, whole."""
    kept = lazrs.SELECTIVE_DECOMPRESS_ALL if everything else KEPT
    if not header.compressed:
        return _stored(file, header, stretch)
    if lazrs.LazVlr(header.laszip).uses_variable_size_chunks():
        return iter([_in_uneven_chunks(file, header, stretch, kept)])
    return _in_even_chunks(file, header, stretch, kept)


def _counts(stretch: Stretch) -> Iterator[int]:
    for start in range(0, stretch.count, POINTS_AT_ONCE):
        yield min(POINTS_AT_ONCE, stretch.count - start)


def _stored(file: BinaryIO, header: Header, stretch: Stretch) -> Iterator[Records]:
    file.seek(stretch.first * header.record_bytes, 1)
    for count in _counts(stretch):
        data = np.fromfile(file, np.uint8, count * header.record_bytes)
        if len(data) < count * header.record_bytes:
            raise EOFError("the file ends before the last point")
        yield data


def _in_even_chunks(file: BinaryIO, header: Header, stretch: Stretch, kept: int) -> Iterator[Records]:
    _check_even_chunks(file, header, stretch)
    decompressor = lazrs.LasZipDecompressor(file, header.laszip, lazrs.DecompressionSelection(kept))
    if stretch.first:
        decompressor.seek(stretch.first)
    for count in _counts(stretch):
        data = np.empty(count * header.record_bytes, np.uint8)
        decompressor.decompress_many(data)
        yield data


def _check_even_chunks(file: BinaryIO, header: Header, stretch: Stretch) -> None:
    """Refuse chunks of a stretch that say they hold more than they do."""
    length, start = head_bytes(header), file.tell()
    if not length:
        return
    table = np.array(lazrs.read_chunk_table(file, lazrs.LazVlr(header.laszip)), np.int64)
    starts = file.tell() + np.cumsum(table[:, 1]) - table[:, 1]
    each = max(int(table[0, 0]), 1)
    for number in range(stretch.first // each, min(-(-(stretch.first + stretch.count) // each), len(table))):
        file.seek(int(starts[number]))
        check_layers(file.read(length), int(table[number, 1]), header)
    file.seek(start)


def _in_uneven_chunks(file: BinaryIO, header: Header, stretch: Stretch, kept: int) -> Records:
    """All chunks that a stretch reaches into; the decompressor cannot find them by itself."""
    table = np.array(lazrs.read_chunk_table(file, lazrs.LazVlr(header.laszip)), np.int64)
    ends = np.cumsum(table[:, 0])
    if (table < 0).any() or ends[-1] != header.points:
        raise ValueError("the chunk table does not fit the number of points")
    begin = int(np.searchsorted(ends, stretch.first, side="right"))
    end = int(np.searchsorted(ends, stretch.first + stretch.count)) + 1
    chunks = table[begin:end]
    file.seek(int(table[:begin, 1].sum()), 1)
    data = np.empty(int(chunks[:, 0].sum()) * header.record_bytes, np.uint8)
    decompress(file.read(int(chunks[:, 1].sum())), header, data, chunks, kept)
    skipped = (stretch.first - int(ends[begin] - table[begin, 0])) * header.record_bytes
    return data[skipped : skipped + stretch.count * header.record_bytes]


def decompress(
    data: bytes, header: Header, records: Records, chunks: NDArray[np.int64], kept: int = KEPT
) -> None:
    """Decompress whole chunks; of each, (points, bytes)."""
    ends = np.cumsum(chunks[:, 1])
    for end, size in zip(ends.tolist(), chunks[:, 1].tolist(), strict=True):
        check_layers(data[end - size : end][: head_bytes(header)], size, header)
    selection = lazrs.DecompressionSelection(kept)
    table = [(points, size) for points, size in chunks.tolist()]
    lazrs.decompress_points_with_chunk_table(data, header.laszip, records, table, selection)


def decoded_records(data: Records, header: Header) -> Decoded:
    """The points in decompressed records."""
    records = data.view(record_type(header))
    return Decoded(_places(records), Frame(header.scale, header.offset), columns_of(records, header))


def record_type(header: Header) -> np.dtype[np.void]:
    """The parts of a record that are used."""
    new = header.point_format >= NEW_FORMATS
    parts: dict[str, tuple[str, int]] = {
        "x": ("<i4", 0),
        "y": ("<i4", 4),
        "z": ("<i4", 8),
        "intensity": ("<u2", 12),
        "returns": ("u1", 14),
        "class": ("u1", 16 if new else 15),
    }
    if header.point_format in COLOUR_AT:
        parts["rgb"] = ("(3,)<u2", COLOUR_AT[header.point_format])
    return np.dtype(
        {
            "names": list(parts),
            "formats": [kind for kind, _at in parts.values()],
            "offsets": [at for _kind, at in parts.values()],
            "itemsize": header.record_bytes,
        }
    )


def _places(records: NDArray[np.void]) -> NDArray[np.int32]:
    places = np.empty((len(records), 3), np.int32)
    for axis, name in enumerate("xyz"):
        places[:, axis] = records[name]
    return places


def columns_of(records: NDArray[np.void], header: Header) -> dict[str, NDArray[Any]]:
    """The attributes of points."""
    new = header.point_format >= NEW_FORMATS
    columns = {
        "intensity": np.ascontiguousarray(records["intensity"]),
        "classification": records["class"] & (0xFF if new else 0x1F),
        "return_number": records["returns"] & (0x0F if new else 0x07),
    }
    if header.point_format in COLOUR_AT:
        columns["rgb"] = np.ascontiguousarray(records["rgb"])
    return columns


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """What the decoder raises on damaged data, as a sentence."""
    try:
        yield
    except (lazrs.LazrsError, ValueError, struct.error, EOFError) as error:
        raise _damaged(path, error) from error
    except BaseException as error:
        if type(error).__module__ == "pyo3_runtime":  # a panic in Rust has no class to import
            raise _damaged(path, error) from error
        raise


def _damaged(path: Path, error: BaseException) -> ReadError:
    found = (str(error) or type(error).__name__).splitlines()[0][:200]
    return ReadError(
        "The points of this cloud are damaged",
        where=path.name,
        found=found,
        do="Get the file again, or repair it with the program that wrote it",
    )
