"""Formats whose files come in zip archives too."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layers.data import ReadOptions
from layers.errors import ReadError
from layers.zipsafe import START, Archive

#: More layers than this nobody wants at once.
MOST_SOURCES = 1000


def members(head: bytes, path: Path, *endings: str) -> tuple[str, ...]:
    """The names in a zip archive that end so; () when it is none, or a damaged one."""
    if not head.startswith(START):
        return ()
    try:
        with Archive(path) as archive:
            return tuple(name for name in archive.names if name.lower().endswith(endings))
    except ReadError:
        return ()


@contextmanager
def unpacked(path: Path, options: ReadOptions, ending: str) -> Iterator[Path]:
    """A folder of ours with what an archive holds, for as long as its files of that ending are read."""
    if options.scratch is not None:
        options.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.scratch) as name, Archive(path) as archive:
        count = sum(name.lower().endswith(ending) for name in archive.names)
        if count > MOST_SOURCES:
            raise ReadError(
                "There are too many files of one kind in the archive",
                where=path.name,
                found=f"{count:,} {ending}",
                allowed=f"{MOST_SOURCES:,}",
                do="Unpack it, and import those that are needed",
            )
        archive.unpack(Path(name))
        yield Path(name)
