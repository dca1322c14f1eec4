"""The vertices of a CityJSON text as world coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.data import Box
from layers.errors import ReadError
from layers.nested import NotNested, nested

LARGEST_COORDINATE = 1e8
#: Below this, a list is decoded quicker than its text is taken apart.
FEW_BYTES = 1 << 14
BYTES_AT_ONCE = 1 << 19

SYNTAX = msgspec.json.Decoder(msgspec.Raw)
LIST = msgspec.json.Decoder(list[tuple[float, float, float]])

Transformation = tuple[Float64, Float64]


def vertices_of(raw: msgspec.Raw, transform: Transformation, path: Path) -> Float64:
    """(n, 3) of `vertex * scale + translate`."""
    text = bytes(raw) or b"[]"  # there may be none
    if len(text) <= FEW_BYTES:
        return _listed(text, transform, path)
    return np.concatenate([np.empty((0, 3)), *vertices_in(BytesIO(text), 0, len(text), transform, path)])


def vertices_in(
    file: IO[bytes], begin: int, end: int, transform: Transformation, path: Path
) -> Iterator[Float64]:
    """The vertices of the list that stands there in a file, some at a time."""
    for text in _stretches(file, begin, end):
        try:
            yield _placed(_whole_numbers(text), transform, path)
        except NotNested:
            yield _listed(text, transform, path)  # Decimals, or a fault that is named there.


def box_around(vertices: Float64) -> Box | None:
    """The box around them, if there are any."""
    if not len(vertices):
        return None
    return (*vertices.min(axis=0).tolist(), *vertices.max(axis=0).tolist())


def _listed(text: bytes, transform: Transformation, path: Path) -> Float64:
    try:
        return _placed(np.array(LIST.decode(text), np.float64).reshape(-1, 3), transform, path)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ReadError(
            "The vertices of the file are broken",
            where=str(path),
            found=str(error),
            allowed="a list of [x, y, z]",
        ) from error


def _placed(numbers: NDArray[Any], transform: Transformation, path: Path) -> Float64:
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
    try:
        SYNTAX.decode(text)
    except msgspec.DecodeError as error:
        raise NotNested("it is not JSON") from error
    found = nested(text, 2)
    if (found.counts[1] != 3).any():
        raise NotNested("a vertex has not three coordinates")
    return found.numbers.reshape(-1, 3)


def _stretches(file: IO[bytes], begin: int, end: int) -> Iterator[bytes]:
    """The list in shorter lists, cut after a vertex."""
    file.seek(begin)
    if file.read(1) != b"[":
        yield b"null"  # it is no list, which the decoder will say
        return
    text, left, comma = b"", end - begin - 2, b""
    while left:
        block = file.read(min(BYTES_AT_ONCE, left))
        left -= len(block)
        text += block
        cut = text.rfind(b"]") + 1 if left else len(text)
        if cut:
            yield b"[%s]" % text[:cut].lstrip().removeprefix(comma)
            text, comma = text[cut:], b","
