"""City models in stretches that are read on their own: by several processes, and never all at once."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from layers.data import Box
from layers.errors import ReadError

#: What a stretch is: a file, features of a sequence, city objects of one member, or text to be kept as it is.
FILE, FEATURES, OBJECTS, TEXT = "file", "features", "objects", "text"


class Stretch(msgspec.Struct, frozen=True):
    """Bytes of a file. All stretches of a file in order are the file."""

    path: str
    begin: int
    end: int
    holds: str = FILE
    header: str = ""  # the file that says what all stretches share, where this one does not
    vertices: str = ""  # the file of the vertices that all objects share
    places: str = ""  # the file of the places in images that all objects share
    in_degrees: bool = False  # whether those may be longitudes and latitudes
    tile: str = ""  # the name of the tile that begins here
    crs: str | None = None  # that all tiles are in, where one begins here

    @property
    def size(self) -> int:
        """How many bytes."""
        return self.end - self.begin

    def read(self) -> bytes:
        """The bytes."""
        with open(self.path, "rb") as file:
            file.seek(self.begin)
            return file.read(self.size)


class Outline(msgspec.Struct, frozen=True):
    """What is known of a file before its objects are read."""

    crs: str | None
    stretches: list[Stretch]
    box: Box | None = None  # around its vertices, where that was found on the way

    def of_tile(self, name: str) -> Outline:
        """The outline of one tile among others in the same CRS."""
        first = replace(self.stretches[0], tile=name, crs=self.crs)
        return replace(self, stretches=[first, *self.stretches[1:]])


def different_crs(path: Path, found: str | None, expected: str | None) -> ReadError:
    """Tiles that do not fit together."""
    return ReadError(
        "The tiles are in different CRSs",
        where=str(path),
        found=found or "none",
        allowed=expected or "none",
        do="Import them as a layer each, or name the CRS of all with --crs",
    )


def texts(path: Path, begin: int, end: int, size: int) -> list[Stretch]:
    """Bytes to be kept as they are, in stretches of that size."""
    return [Stretch(str(path), at, min(at + size, end), TEXT) for at in range(begin, end, size)]
