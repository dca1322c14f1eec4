"""Zip archives of strangers, opened with limits: the one place where they are.

An archive may not hold names that lead out of it, nor give more than a hundred times its own size, nor
more than 4 GiB; what comes out is counted as it comes, whatever the archive says of itself.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from layers.errors import ReadError

MOST_RATIO = 100
MOST_BYTES = 4 << 30
MOST_NAMES = 200_000
#: So many files are made on the disk; making more would take longer than anybody waits.
MOST_UNPACKED = 10_000
#: Deeper folders no disk has, and making them one within the other would end the process.
MOST_DEPTH, MOST_LETTERS = 60, 1000
#: So much may come out of an archive of any size: small files of zeros are no danger.
ALWAYS_BYTES = 4 << 20
BYTES_AT_ONCE = 1 << 20
START = b"PK\x03\x04"

# What the zip library raises on damaged archives, unknown methods and encrypted members.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


class Archive:
    """A zip archive, read within limits; a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._left = min(MOST_BYTES, max(ALWAYS_BYTES, MOST_RATIO * path.stat().st_size))
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGE as error:
            raise self._damaged(error) from error
        members = [item for item in self._zip.infolist() if not item.filename.endswith("/")]
        if len(members) > MOST_NAMES:
            raise self._refused("There are too many files in the archive", f"{len(members):,}")
        for item in members:
            name = item.filename
            if len(name) > MOST_LETTERS or name.count("/") + name.count("\\") > MOST_DEPTH:
                raise self._refused("A name in the archive is too long", f"{name[:40]}…")
        self._members = {_within(item.filename): item for item in members}
        if None in self._members:
            worst = next(item.filename for item in members if _within(item.filename) is None)
            raise self._refused("A name in the archive leads out of it", worst)

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._zip.close()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files, with / between folders, in the archive's order."""
        return tuple(name for name in self._members if name is not None)

    def size(self, name: str) -> int:
        """The bytes of a file, as the archive says."""
        return self._member(name).file_size

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        whole = io.BytesIO()
        for block in self.blocks(name):
            whole.write(block)
        return whole.getvalue()

    def head(self, name: str, count: int) -> bytes:
        """The first bytes of a file."""
        return next(self.blocks(name, count), b"")

    def blocks(self, name: str, at_once: int = BYTES_AT_ONCE) -> Iterator[bytes]:
        """The bytes of a file, some at a time."""
        member = self._member(name)
        if member.flag_bits & 1:
            raise self._refused("The archive is encrypted", name, "Unpack it with its password first")
        try:
            with self._zip.open(member) as file:
                while block := file.read(at_once):
                    self._left -= len(block)
                    if self._left < 0:
                        raise self._too_much()
                    yield block
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def unpack(self, folder: Path, names: tuple[str, ...] | None = None) -> None:
        """Write files, all of them unless `names` says which, below a folder that is ours."""
        wanted = self.names if names is None else names
        if len(wanted) > MOST_UNPACKED:
            found, do = f"{len(wanted):,} files", "Unpack it, and import those that are needed"
            raise self._refused("There are too many files to unpack in the archive", found, do)
        for name in wanted:
            out = folder / name
            try:
                out.parent.mkdir(parents=True, exist_ok=True)
                file = out.open("xb")
            except OSError as error:  # the same name twice, or a file where a folder should be
                raise self._refused("Two files in the archive are called alike", name) from error
            with file:
                for block in self.blocks(name):
                    file.write(block)

    def _member(self, name: str) -> zipfile.ZipInfo:
        member = self._members.get(name)
        if member is None:
            raise self._refused("A file is missing in the archive", name, "Ask for the archive again")
        return member

    def _damaged(self, error: Exception) -> ReadError:
        return ReadError(
            "The archive is damaged",
            where=self.path.name,
            found=str(error)[:100] or type(error).__name__,
            do="Ask for the file again",
        )

    def _too_much(self) -> ReadError:
        return ReadError(
            "The archive unpacks to far more than an honest one",
            where=self.path.name,
            allowed=f"{MOST_RATIO} times its size, and {MOST_BYTES >> 30} GiB",
        )

    def _refused(self, what: str, found: str, do: str = "") -> ReadError:
        return ReadError(what, where=self.path.name, found=found[:200], do=do)


def _within(name: str) -> str | None:
    """A member's name with / between folders; None when it leads out of the archive."""
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if not parts or plain.startswith("/") or ".." in parts or ":" in plain or "\0" in plain:
        return None
    return "/".join(parts)
