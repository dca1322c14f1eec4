"""The pictures of a layer's looks as files in a folder beside what is written."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from layers import safefile
from layers.album import JPEG, Album
from layers.formats._files import layer_name
from layers.outfile import check_kept
from layers.project import Project


class Pictures:
    """Pictures that a file names, each once, in a folder that is called as the file is."""

    def __init__(self, out: Path, endings: tuple[str, ...], album: Album | None) -> None:
        self._folder = out.parent / f"{word(layer_name(out, endings))}_images"
        self._album = album
        self._names: dict[int, str] = {}

    def path_of(self, number: int) -> str:
        """The path of a picture as the file says it."""
        if number not in self._names:
            ending = "jpg" if self._encoded(number).startswith(JPEG) else "png"
            self._names[number] = f"{self._folder.name}/{number}.{ending}"
        return self._names[number]

    def check(self, project: Project, overwrite: bool) -> None:
        """Refuse files that are there already, unless they may be replaced."""
        for name in self._names.values():
            check_kept(project, self._folder.parent / name, overwrite)

    def save(self) -> None:
        """Write those that were named."""
        for number, name in self._names.items():
            self._folder.mkdir(exist_ok=True)
            write_bytes(self._folder.parent / name, self._encoded(number))

    def _encoded(self, number: int) -> bytes:
        assert self._album is not None
        return self._album.encoded(number)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file that stands beside another one, whole or not at all."""

    def fill(file: IO[bytes]) -> None:
        file.write(data)

    safefile.write_whole(path, fill)


def word(name: str) -> str:
    """A name without gaps, as programs read those of materials and of pictures."""
    return "_".join(name.split()) or "none"
