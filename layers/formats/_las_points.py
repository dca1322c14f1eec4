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


def decode(stretch: Stretch) -> Iterator[Decoded]:
    """Blocks of the points of a stretch."""
    path = Path(stretch.path)
    header = read_header(path)
    with path.open("rb") as file, sentences(path):
        read = _reader(file, header, stretch.first)
        for start in range(0, stretch.count, POINTS_AT_ONCE):
            yield decoded_records(read(min(POINTS_AT_ONCE, stretch.count - start)), header)


def _reader(file: BinaryIO, header: Header, first: int) -> Any:
    """Gives so many records more, beginning with the first of a stretch."""
    file.seek(header.points_start)
    if header.compressed:
        decompressor = lazrs.LasZipDecompressor(file, header.laszip, lazrs.DecompressionSelection(KEPT))
        if first:
            decompressor.seek(first)
    else:
        file.seek(first * header.record_bytes, 1)

    def read(count: int) -> NDArray[np.uint8]:
        data = np.empty(count * header.record_bytes, np.uint8)
        if header.compressed:
            decompressor.decompress_many(data)
        elif file.readinto(data.data) < len(data):  # type: ignore[attr-defined]  # files opened as bytes have it
            raise EOFError("the file ends before the last point")
        return data

    return read


def decoded_records(data: NDArray[np.uint8], header: Header) -> Decoded:
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
