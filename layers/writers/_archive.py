"""A 3D Tiles archive (3TZ 1.3): a zip file whose last entry tells where in it each other one is.

https://github.com/Maxar-Public/3d-tiles-archive-format
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

INDEX = "@3dtilesIndex1@"
ENTRY = struct.Struct("<16sQ")


class Archive:
    """An archive that is being written."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._places: dict[bytes, int] = {}

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._write_index()
        self._zip.close()

    def add(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Add a file."""
        info = zipfile.ZipInfo(name)  # without the time, so that the same city gives the same bytes
        info.compress_type = zipfile.ZIP_DEFLATED
        # As a whole: readers of such archives want the size to stand before the data.
        self._zip.writestr(info, b"".join(pieces))
        self._places[hashlib.md5(name.encode(), usedforsecurity=False).digest()] = info.header_offset

    def _write_index(self) -> None:
        """Hashes of names, as two numbers ascending, and where in the archive each file begins."""
        order = sorted(self._places, key=lambda name: struct.unpack("<QQ", name))
        info = zipfile.ZipInfo(INDEX)
        info.compress_type = zipfile.ZIP_STORED
        self._zip.writestr(info, b"".join(ENTRY.pack(name, self._places[name]) for name in order))
