"""The vertices of a CityJSON text as world coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.errors import ReadError
from layers.nested import NotNested, nested

LARGEST_COORDINATE = 1e8
#: Below this, a list is decoded quicker than its text is taken apart.
FEW_BYTES = 1 << 14
BYTES_AT_ONCE = 1 << 19

LIST = msgspec.json.Decoder(list[tuple[float, float, float]])

Transform = tuple[Float64, Float64]


def vertices_of(raw: msgspec.Raw, transform: Transform, path: Path) -> Float64:
    """(n, 3) of `vertex * scale + translate`."""
    text = bytes(raw)
    parts = [np.empty((0, 3))]
    try:
        if len(text) > FEW_BYTES:
            parts += [_placed(_whole_numbers(part), transform, path) for part in _stretches(text)]
            return np.concatenate(parts)
    except NotNested:
        pass  # Decimals, or a fault that is named below.
    try:
        return _placed(np.array(LIST.decode(text), np.float64).reshape(-1, 3), transform, path)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ReadError(
            "The vertices of the file are broken",
            where=str(path),
            found=str(error),
            allowed="a list of [x, y, z]",
        ) from error


def _placed(numbers: NDArray[Any], transform: Transform, path: Path) -> Float64:
    scale, translate = transform
    with np.errstate(over="ignore", invalid="ignore"):
        vertices: Float64 = numbers * scale
        vertices += translate
    largest = np.abs(vertices).max(initial=0)
    if not largest < LARGEST_COORDINATE:  # which NaN is not, either
        raise ReadError(
            "Coordinates are beyond any place on Earth",
            where=str(path),
            found=f"{largest:.3g}",
            allowed="below 100 000 000",
        )
    return vertices


def _whole_numbers(text: bytes) -> NDArray[np.int64]:
    found = nested(text, 2)
    if (found.counts[1] != 3).any():
        raise NotNested("a vertex has not three coordinates")
    return found.numbers.reshape(-1, 3)


def _stretches(text: bytes) -> Iterator[bytes]:
    """The list in shorter lists, cut after a vertex."""
    if not (text.startswith(b"[") and text.endswith(b"]")):
        raise NotNested("it is no list")
    begin, end = 1, len(text) - 1
    while begin < end:
        cut = text.find(b"]", begin + BYTES_AT_ONCE, end) + 1 or end
        yield b"[%s]" % text[begin:cut].lstrip(b", \t\r\n")
        begin = cut
