"""PNG pictures as arrays: writing, and reading that no damaged file can crash."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from layers.arrays import UInt8
from layers.errors import ReadError
from layers.safefile import write_whole

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}  # colour type -> samples per pixel
MAX_PIXELS = 100_000_000


def png_bytes(picture: UInt8) -> bytes:
    """An (h, w, 3 or 4) array, top row first, as a PNG file."""
    height, width, channels = picture.shape
    rows = np.empty((height, 1 + width * channels), np.uint8)
    rows[:, 0] = 2  # each row as the difference to the one above: small files, one pass
    flat = picture.reshape(height, -1)
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    colour_type = {3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 1)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def write_png(path: Path, picture: UInt8) -> None:
    """Write a picture; the file is complete or not there."""
    data = png_bytes(picture)
    write_whole(path, lambda file: file.writelines((data,)))


def read_png(path: Path) -> UInt8:
    """The pixels of an 8-bit RGB or RGBA picture that is not interlaced, (h, w, 3 or 4)."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError("The picture could not be read", where=str(path), found=str(error)) from error
    try:
        return _decode(data)
    except (ValueError, struct.error, zlib.error) as error:
        raise ReadError(
            "The picture could not be read",
            where=str(path),
            found=str(error),
            allowed="a whole PNG with 8-bit RGB or RGBA colours, not interlaced",
        ) from error


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(SIGNATURE):
        raise ValueError("this is not a PNG file")
    at = len(SIGNATURE)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if length > len(data) - at - 12:
            raise ValueError("the file ends too early")
        body = data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(kind + body) != checksum:
            raise ValueError(f"the part {kind.decode('latin-1')} is damaged")
        yield kind, body
        at += 12 + length


def _decode(data: bytes) -> UInt8:
    parts = list(_chunks(data))
    if not parts or parts[0][0] != b"IHDR" or parts[-1][0] != b"IEND":
        raise ValueError("the file ends too early")
    width, height, depth, colour_type, _, _, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    if depth != 8 or colour_type not in CHANNELS or interlaced:
        raise ValueError(f"bit depth {depth}, colour type {colour_type}, interlacing {interlaced}")
    if not 0 < width * height <= MAX_PIXELS:
        raise ValueError(f"{width} by {height} pixels")
    channels = CHANNELS[colour_type]
    size = height * (1 + width * channels)
    unpack = zlib.decompressobj()
    raw = unpack.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"), size + 1)
    if len(raw) != size:
        raise ValueError("the pixels are not complete")
    rows = np.frombuffer(raw, np.uint8).reshape(height, -1)
    return _unfilter(rows[:, 0], rows[:, 1:], channels).reshape(height, width, channels)


def _unfilter(filters: UInt8, rows: UInt8, channels: int) -> UInt8:
    """Undo each row's prediction (PNG specification, section 9)."""
    out = np.zeros((rows.shape[0] + 1, rows.shape[1]), np.uint8)
    for index, (kind, row) in enumerate(zip(filters.tolist(), rows, strict=True)):
        above, line = out[index], out[index + 1]
        if kind == 0:
            line[:] = row
        elif kind == 1:
            np.cumsum(row.reshape(-1, channels), axis=0, dtype=np.uint8, out=line.reshape(-1, channels))
        elif kind == 2:
            np.add(row, above, out=line)
        elif kind in (3, 4):
            line[:] = _mean_row(row, above, channels) if kind == 3 else _paeth_row(row, above, channels)
        else:
            raise ValueError(f"unknown row filter {kind}")
    return out[1:]


def _mean_row(row: UInt8, above: UInt8, channels: int) -> list[int]:
    line = [0] * channels
    for value, up in zip(row.tolist(), above.tolist(), strict=True):
        line.append((value + (line[-channels] + up) // 2) & 255)
    return line[channels:]


def _paeth_row(row: UInt8, above: UInt8, channels: int) -> list[int]:
    line, over = [0] * channels, [0] * channels + above.tolist()
    for index, value in enumerate(row.tolist()):
        left, up, corner = line[-channels], over[index + channels], over[index]
        to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        best = left if to_left <= to_up and to_left <= to_corner else up if to_up <= to_corner else corner
        line.append((value + best) & 255)
    return line[channels:]
