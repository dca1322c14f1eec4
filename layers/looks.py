"""How polygons look by their file's own appearance: materials, and images laid over them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: What is drawn opaque although one can look through it takes on this colour: the sky in a pane.
CLEAR = (0.78, 0.86, 0.91)


@dataclass(frozen=True)
class Picture:
    """The image of a texture: a file beside the source, or the encoded bytes themselves."""

    path: str = ""  # as the source says it; in a tile of many, below the folder of all of them
    data: bytes = b""  # where the source holds the image (GLB)


@dataclass(frozen=True)
class Look:
    """A material (X3DMaterial, PBR base colour, MTL), with or without an image."""

    color: tuple[float, float, float] = (1.0, 1.0, 1.0)  # diffuse or base colour, 0 to 1
    transparency: float = 0.0  # 0 opaque, 1 not to be seen
    picture: Picture | None = None
    wrap: str = "wrap"  # none, wrap, mirror, clamp, border (CityGML 2.0, 9.4)
    theme: str = ""
    name: str = ""

    @property
    def shown(self) -> tuple[float, float, float]:
        """The colour it is drawn in, which is opaque: the clearer, the more that of CLEAR."""
        clear = min(max(self.transparency, 0.0), 1.0)
        red, green, blue = (a + (b - a) * clear for a, b in zip(self.color, CLEAR, strict=True))
        return red, green, blue


def path_within(folder: Path, said: str) -> Path | None:
    """The file that a source means by a path of its own; None when that lies outside the source's folder."""
    name = said.replace("\\", "/").strip()
    if not name or ":" in name or "\0" in name or name.startswith("/"):
        return None
    found = Path(folder, name).resolve()  # which follows links that lead elsewhere
    return found if found.is_relative_to(folder.resolve()) else None


def way_below(folder: Path, whole: Path) -> str:
    """The way from a folder to one below it, to be put before the names of files; '' to itself."""
    way = folder.relative_to(whole).as_posix() if folder.is_relative_to(whole) else "."
    return "" if way == "." else f"{way}/"
