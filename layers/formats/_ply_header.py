"""The header of a PLY file: its tables, their columns, and whether the file can hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layers.errors import ReadError

MAX_HEADER = 65536
START = re.compile(rb"ply[ \t]*\r?\n")
#: How numbers are stored, by the encoding's name; "" is text.
ENCODINGS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip


@dataclass(frozen=True)
class Property:
    """One value of each record, or a list when `count_type` says how its length is stored."""

    name: str
    type: str
    count_type: str = ""


@dataclass
class Element:
    """A table of the file: its columns, and its lists as (lengths, all values in a row)."""

    name: str
    count: int
    properties: list[Property]

    def smallest_record(self, text: bool) -> int:
        """The least bytes that a record can need."""
        if text:
            return 2 * len(self.properties)  # a digit and a space
        return sum(np.dtype(prop.count_type or prop.type).itemsize for prop in self.properties)


@dataclass(frozen=True)
class Header:
    """What the header says."""

    encoding: str
    elements: tuple[Element, ...]
    textures: tuple[str, ...]
    body: int  # first byte behind the header

    @property
    def byte_order(self) -> str:
        """As numpy writes it; "" for text."""
        return ENCODINGS[self.encoding]


def read_header(data: NDArray[np.uint8], path: Path) -> Header:
    """The header of a file, refused when it promises more than the file holds."""
    head = data[:MAX_HEADER].tobytes()
    end = re.search(rb"(?m)^end_header[ \t]*\r?\n", head)
    if not START.match(head) or end is None:
        raise ReadError("This is not a PLY file", where=path.name, found="no complete PLY header")
    encoding, elements, textures = _parsed(head[: end.start()].decode("latin-1"), path)
    _check_counts(elements, len(data) - end.end(), encoding, path)
    return Header(encoding, tuple(elements), tuple(textures), end.end())


def _parsed(text: str, path: Path) -> tuple[str, list[Element], list[str]]:
    """Encoding, elements and names of textures."""
    encoding, elements, textures = "", [], []
    for line in text.splitlines():
        words = line.split()
        try:
            match words:
                case ["format", kind, *_]:
                    encoding = kind
                case ["comment", "TextureFile", *name]:
                    textures.append(" ".join(name))
                case ["element", name, count]:
                    elements.append(Element(name, int(count), []))
                case ["property", "list", count_type, kind, name]:
                    elements[-1].properties.append(Property(name, _TYPES[kind], _TYPES[count_type]))
                case ["property", kind, name]:
                    elements[-1].properties.append(Property(name, _TYPES[kind]))
        except (ValueError, KeyError, IndexError) as error:
            raise ReadError(
                "A line of the PLY header is not understood", where=path.name, found=line[:80]
            ) from error
    if encoding not in ENCODINGS:
        raise ReadError(
            "This PLY encoding is not known",
            where=path.name,
            found=encoding or "none",
            allowed=", ".join(ENCODINGS),
        )
    return encoding, elements, textures


def _check_counts(elements: list[Element], room: int, encoding: str, path: Path) -> None:
    for element in elements:
        need = element.count * element.smallest_record(encoding == "ascii")
        if element.count < 0 or need > room + 1:
            raise ReadError(
                "This scan's header promises more than the file holds",
                where=path.name,
                found=f"{element.count:,} records of {element.name}, at least {need:,} bytes",
                allowed=f"{room:,} bytes",
                do="Get the file again; it seems to be cut off",
            )
        room -= need
