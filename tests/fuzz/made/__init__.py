"""Sound files of formats, and forms of them, of which there are no small real ones: made, alike each time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.fuzz.made import meshes, rasters, texts, tilesets, vector, zipped

#: What names of made files begin with, so that they are never those of real ones.
PREFIX = "made/"
MADE: Mapping[str, Callable[[Path], Path]] = {
    **vector.MADE,
    **texts.MADE,
    **meshes.MADE,
    **rasters.MADE,
    **tilesets.MADE,
    **zipped.MADE,
}


@dataclass(frozen=True)
class Made:
    """What a maker wrote: what to open, and every file by its name below the same folder."""

    opened: str
    files: Mapping[str, bytes]


@cache
def made(name: str) -> Made:
    """The files of a made seed."""
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        opened = MADE[name.removeprefix(PREFIX)](folder)
        files = {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        return Made(opened.relative_to(folder).as_posix(), files)
