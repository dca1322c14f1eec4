"""Tiles that cannot be read: all of a folder are found at once and told in one answer."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.errors import CitystrataError, ReadError
from layers.workers import Workers, cores, serve

if TYPE_CHECKING:
    from layers.source import Source

#: Processes that read tiles at the same time; more would be quicker, but take too much memory.
MOST_READERS = 8


class BrokenTiles(ReadError):
    """Some tiles of a source cannot be read, others can."""

    def __init__(self, parts: Mapping[str, str], reasons: Mapping[str, str], sound: Sequence[str]) -> None:
        """`reasons` says why, in a sentence for each tile; `sound` are the names of the others."""
        super().__init__(**parts)
        self.reasons, self.sound = dict(reasons), tuple(sound)

    @classmethod
    def of(cls, source: Source, reasons: Mapping[str, str]) -> BrokenTiles:
        """What to say of the tiles of a source that are broken."""
        parts = {
            "what": f"{len(reasons):,} of {len(source.names):,} tiles cannot be read",
            "where": str(source.path),
            "found": " ".join(f"{name}: {reason}" for name, reason in reasons.items()),
            "do": "Ask for them again, or go on without them: --skip-broken",
        }
        return cls(parts, reasons, [name for name in source.names if name not in reasons])


def broken_tiles(
    format: str, source: Source, crs: str | None, scratch: Path, tell: Callable[[float], None]
) -> dict[str, str]:
    """The tiles that cannot be read on their own, by name, each with the reason as a sentence.

    Every tile is read, on all cores; a decoder that crashes says no more than that of its tile.
    """
    files = source.files
    tasks = [
        {"path": str(file), "format": format, "crs": crs, "scratch": str(scratch / f"tile{number}")}
        for number, file in enumerate(files)
    ]
    found: dict[int, str] = {}
    with Workers("layers.broken", min(cores(), MOST_READERS, len(files))) as workers:
        for done, (number, answer) in enumerate(workers.each(tasks), start=1):
            if isinstance(answer, ReadError):
                found[number] = _reason(answer)
            tell(done / len(files))
    return {source.names[number]: found[number] for number in sorted(found)}


def _reason(error: CitystrataError) -> str:
    """Why a tile could not be read, without its name and what to do."""
    return ReadError(error.what, found=error.found).sentence()


def work(task: dict[str, Any]) -> dict[str, Any]:
    """Read one tile."""
    from layers import formats
    from layers.data import ReadOptions

    scratch = Path(task["scratch"])
    options = ReadOptions(crs=task["crs"], only_facts=True, scratch=scratch)
    formats.by_name(task["format"]).read(Path(task["path"]), options)
    gc.collect()
    return {}


if __name__ == "__main__":
    gc.disable()
    serve(work)
