"""The materials of an OBJ file: a library beside it (.mtl), and a folder of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from layers import safefile
from layers.album import JPEG, Album
from layers.outfile import check_kept
from layers.project import Project


class Library:
    """Materials, each described once, and the pictures they use."""

    def __init__(self, obj: Path, album: Album | None) -> None:
        self.path = obj.with_suffix(".mtl")
        self._folder = obj.parent / f"{word(obj.stem)}_images"
        self._album = album
        self._texts: dict[str, str] = {}
        self._pictures: dict[int, str] = {}

    def of_kind(self, title: str, color: str) -> str:
        """The name of the material of a kind of surface or object, of a colour "#rrggbb"."""
        shares = [part / 255 for part in bytes.fromhex(color.lstrip("#"))]
        return self._kept(word(title), shares, 1.0, "")

    def of_look(self, look: int, has_places: bool) -> str:
        """The name of the material of a look; with its picture where polygons have places in it."""
        album = self._album
        assert album is not None
        number = int(album.picture[look]) if has_places else -1
        picture = f"map_Kd {self._picture(number)}\n" if number >= 0 else ""
        name = f"{word(album.names[look] or 'look')}_{look}{'' if has_places else '_plain'}"
        return self._kept(name, (album.color[look] / 255).tolist(), float(album.opacity[look]), picture)

    def _kept(self, name: str, color: list[float], opacity: float, picture: str) -> str:
        shares = " ".join(f"{share:.4f}" for share in color)
        text = f"newmtl {name}\nKd {shares}\nKs 0 0 0\nd {opacity:.4g}\nillum 1\n{picture}\n"
        self._texts.setdefault(name, text)
        return name

    def _picture(self, number: int) -> str:
        """The path of a picture from the library."""
        if number not in self._pictures:
            assert self._album is not None
            ending = "jpg" if self._album.encoded(number).startswith(JPEG) else "png"
            self._pictures[number] = f"{self._folder.name}/{number}.{ending}"
        return self._pictures[number]

    def check(self, project: Project, overwrite: bool) -> None:
        """Refuse files that are there already, unless they may be replaced."""
        for name in (self.path.name, *self._pictures.values()):
            check_kept(project, self.path.parent / name, overwrite)

    def save(self) -> None:
        """Write the pictures, then the library that names them."""
        for number, name in self._pictures.items():
            assert self._album is not None
            self._folder.mkdir(exist_ok=True)
            _write(self.path.parent / name, self._album.encoded(number))
        _write(self.path, "".join(self._texts.values()).encode())


def _write(path: Path, data: bytes) -> None:
    def fill(file: IO[bytes]) -> None:
        file.write(data)

    safefile.write_whole(path, fill)


def word(name: str) -> str:
    """A name without gaps, as programs read those of materials and of pictures."""
    return "_".join(name.split()) or "none"
