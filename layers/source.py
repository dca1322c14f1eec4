"""What is imported: one file, or many tiles of one format that become one layer."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from layers.errors import ReadError
from layers.records import Layer

#: A folder of more files than this is not one layer.
MOST_FILES = 200_000
BYTES_AT_ONCE = 4 << 20


@dataclass(frozen=True)
class Source:
    """A file, or a folder and the names of the tiles in it."""

    path: Path
    names: tuple[str, ...] = ()  # of the tiles, below the folder; () for a file

    @classmethod
    def of_files(cls, paths: Sequence[Path]) -> Source:
        """These files as the tiles of one layer; they may lie in different folders."""
        whole = [path.absolute() for path in paths]
        folder = Path(os.path.commonpath([path.parent for path in whole]))
        return cls(folder, tuple(path.relative_to(folder).as_posix() for path in whole))

    @property
    def files(self) -> tuple[Path, ...]:
        """The file itself, or its tiles."""
        return tuple(self.path / name for name in self.names) if self.names else (self.path,)

    @cached_property
    def size(self) -> int:
        """Bytes in all files; those that are not there count nothing."""
        return sum(file.stat().st_size for file in self.files if file.exists())

    @cached_property
    def sha256(self) -> str:
        """The content hash of the file; of tiles, that of their names and content hashes."""
        return self.hashed(lambda _fraction: None)

    def hashed(self, progress: Callable[[float], None]) -> str:
        """`sha256`, found while telling how far that is."""
        hashes, done = [], 0
        for file in self.files:
            found = hashlib.sha256()
            for block in _blocks(file):
                found.update(block)
                done += len(block)
                progress(done / self.size)
            hashes.append(found.hexdigest())
        if self.names:
            lines = (f"{found} {name}\n" for found, name in zip(hashes, self.names, strict=True))
            hashes = [hashlib.sha256("".join(lines).encode()).hexdigest()]
        self.__dict__["sha256"] = hashes[0]
        return hashes[0]


def is_gone(layer: Layer) -> bool:
    """Whether a layer is linked to files of which one is no longer there."""
    tiles = tuple(layer.facts.get("tiles") or ())
    return layer.linked and not all(file.exists() for file in Source(Path(layer.source_path), tiles).files)


def files_below(folder: Path) -> Iterator[Path]:
    """The files in a folder and in the folders within it, but for hidden ones, by name."""
    found = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith("."):
                continue
            found += 1
            if found > MOST_FILES:
                raise ReadError(
                    "There are too many files in the folder", where=str(folder), allowed=f"{MOST_FILES:,}"
                )
            yield Path(parent, name)


def below(folder: Path, name: str) -> Path:
    """The tile of that name in a folder; a name that leads out of it is refused."""
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ReadError("The name of a tile leads out of its folder", where=str(folder), found=name)
    return folder / name


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BYTES_AT_ONCE):
            yield block
