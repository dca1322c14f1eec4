"""The materials of an OBJ file: a library beside it (.mtl), and a folder of pictures."""

from __future__ import annotations

from pathlib import Path

from layers.album import Album
from layers.outfile import check_kept
from layers.project import Project
from layers.writers._pictures import Pictures, word, write_bytes


class Library:
    """Materials, each described once, and the pictures they use."""

    def __init__(self, obj: Path, album: Album | None) -> None:
        self.path = obj.with_suffix(".mtl")
        self._album = album
        self._texts: dict[str, str] = {}
        self._pictures = Pictures(obj, (obj.suffix,), album)

    def of_kind(self, title: str, color: str) -> str:
        """The name of the material of a kind of surface or object, of a colour "#rrggbb"."""
        shares = [part / 255 for part in bytes.fromhex(color.lstrip("#"))]
        return self._kept(word(title), shares, 1.0, "")

    def of_look(self, look: int, has_places: bool) -> str:
        """The name of the material of a look; with its picture where polygons have places in it."""
        album = self._album
        assert album is not None
        number = int(album.picture[look]) if has_places else -1
        picture = f"map_Kd {self._pictures.path_of(number)}\n" if number >= 0 else ""
        name = f"{word(album.names[look] or 'look')}_{look}{'' if has_places else '_plain'}"
        return self._kept(name, (album.color[look] / 255).tolist(), float(album.opacity[look]), picture)

    def _kept(self, name: str, color: list[float], opacity: float, picture: str) -> str:
        shares = " ".join(f"{share:.4f}" for share in color)
        text = f"newmtl {name}\nKd {shares}\nKs 0 0 0\nd {opacity:.4g}\nillum 1\n{picture}\n"
        self._texts.setdefault(name, text)
        return name

    def check(self, project: Project, overwrite: bool) -> None:
        """Refuse files that are there already, unless they may be replaced."""
        check_kept(project, self.path, overwrite)
        self._pictures.check(project, overwrite)

    def save(self) -> None:
        """Write the pictures, then the library that names them."""
        self._pictures.save()
        write_bytes(self.path, "".join(self._texts.values()).encode())
