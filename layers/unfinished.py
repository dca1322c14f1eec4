"""Imports that were cut off: what they had read is kept beside the project, and they can be gone on with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from layers import cache
from layers.data import ReadOptions
from layers.request import REQUEST_FILE, Request
from layers.source import Source


@dataclass(frozen=True)
class Unfinished:
    """An import that was cut off; importing the same again goes on where it stopped."""

    source: Source
    options: ReadOptions


def unfinished(project: Path) -> list[Unfinished]:
    """The imports into a project that were cut off and whose files are still there."""
    found = []
    for folder in cache.kept_folders(project):
        try:
            request = msgspec.json.decode((folder / REQUEST_FILE).read_bytes(), type=Request)
        except (OSError, msgspec.DecodeError):
            continue  # nothing that there would be to go on with
        source = Source(Path(request.path), request.tiles)
        if request.wanted == "everything" and all(file.exists() for file in source.files):
            options = ReadOptions(kind=request.kind, crs=request.crs, field_map=request.field_map)
            found.append(Unfinished(source, options))
    return found
