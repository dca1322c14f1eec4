"""Where a tileset's files are: in a folder, or in a zip archive (.3tz). Nothing outside is ever opened."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from layers.errors import ReadError
from layers.looks import path_within
from layers.smallfile import read_whole
from layers.zipsafe import Archive

MOST_BYTES = 1 << 30


class Store(Protocol):
    """Files by their names below the root."""

    #: Whether files of images can be opened by their names later on.
    is_folder: bool

    def read(self, name: str) -> bytes:
        """The bytes of a file; ReadError says why there are none."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""
        ...


class Folder:
    """The files below a folder."""

    is_folder = True

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        path = path_within(self._root, name)
        if path is None:
            raise ReadError("It names a file outside its folder, which is not opened", where=name)
        if not path.is_file():
            raise ReadError("The file is missing", where=name)
        return read_whole(path, "content", MOST_BYTES)

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""
        path = path_within(self._root, name)
        return path is not None and path.is_file()


class Zipped:
    """The files of an archive, below the folder in it that holds the tileset."""

    is_folder = False

    def __init__(self, archive: Archive, root: str = "") -> None:
        self._archive, self._root = archive, root
        self._names = frozenset(archive.names)

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        if not self.has(name):
            raise ReadError("The file is missing", where=name)
        if self._archive.size(self._root + name) > MOST_BYTES:
            raise ReadError("The content is too large", where=name)
        return self._archive.read(self._root + name)

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return self._root + name in self._names


def below(folder: str, uri: str) -> str:
    """The name, from the root, of what a file in `folder` calls `uri`; ReadError when it is elsewhere."""
    parts = urlsplit(uri)
    if parts.scheme or parts.netloc:
        raise ReadError("It lies elsewhere, and nothing is fetched from the network", where=uri)
    name = posixpath.normpath(posixpath.join(folder, unquote(parts.path).replace("\\", "/")))
    if name.startswith(("/", "..")) or name == "." or ":" in name:
        raise ReadError("It names a file outside its folder, which is not opened", where=uri)
    return name
