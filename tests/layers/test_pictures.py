"""PNG pictures: written, read back, and refused when damaged."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from layers.errors import ReadError, WriteError
from layers.pictures import SIGNATURE, png_bytes, read_png, write_png


def picture(channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(1)
    smooth = np.linspace(0, 255, 31)[None, :, None] + np.zeros((17, 31, channels))
    return (smooth + rng.integers(0, 9, smooth.shape)).clip(0, 255).astype(np.uint8)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def filtered(image: np.ndarray, kind: int) -> bytes:
    """A PNG whose rows all use one of the five predictions."""
    height, width, channels = image.shape
    rows = image.reshape(height, -1).astype(int)
    left = np.hstack((np.zeros((height, channels), int), rows[:, :-channels]))
    above = np.vstack((np.zeros((1, width * channels), int), rows[:-1]))
    corner = np.vstack((np.zeros((1, width * channels), int), left[:-1]))
    guess = left + above - corner
    away = np.stack([abs(guess - part) for part in (left, above, corner)])
    paeth = np.choose(away.argmin(axis=0), (left, above, corner))
    predicted = (0 * rows, left, above, (left + above) // 2, paeth)[kind]
    coded = ((rows - predicted) % 256).astype(np.uint8)
    body = b"".join(bytes([kind]) + row.tobytes() for row in coded)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("channels", [3, 4])
def test_what_is_written_is_read_back(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "p.png"
    write_png(path, picture(channels))
    assert np.array_equal(read_png(path), picture(channels))
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.png"]


@pytest.mark.parametrize("kind", range(5))
def test_every_row_prediction_is_understood(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(filtered(picture(), kind))
    assert np.array_equal(read_png(path), picture())


def test_a_damaged_picture_is_refused_with_a_sentence(tmp_path: Path) -> None:
    whole, path, rng = png_bytes(picture()), tmp_path / "p.png", np.random.default_rng(4)
    damaged = [
        b"",
        b"GIF89a",
        whole[:20],
        whole[:-5],
        filtered(picture(), 0).replace(b"\x08\x02", b"\x10\x02"),
    ]
    for _ in range(100):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
        damaged.append(bytes(data))
    for data in damaged:
        path.write_bytes(data)
        with pytest.raises(ReadError, match="The picture could not be read"):
            read_png(path)


def test_a_picture_that_promises_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    for size in ((1 << 30, 1 << 30), (5_000, 5_000), (0, 7)):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
        path.write_bytes(SIGNATURE + header + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b""))
        with pytest.raises(ReadError):
            read_png(path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="could not be written"):
        write_png(tmp_path / "no" / "p.png", picture())
