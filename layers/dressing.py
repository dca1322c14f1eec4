"""What becomes of the looks that a reader found: tones of polygons, and the album beside the arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from layers.album import ALBUM
from layers.arrays import Drawable, Mesh, Scan
from layers.data import LayerData, Progress, never_stop
from layers.developing import Images, album_of
from layers.looks import Look, Picture
from layers.merging import Joined
from layers.report import Report
from layers.stored import array_path, let_go, mapped
from layers.tiling import tiled
from layers.tones import surface_tones

#: The looks of a part of a city, until all parts are joined.
LOOKS = "looks.json"
#: Themes beyond so many are not drawn; they are kept in the source.
MOST_THEMES = 8
#: Polygons whose looks are counted at a time.
AT_ONCE = 1 << 22


class Looked(msgspec.Struct):
    """Looks as they are saved."""

    looks: list[Look]
    themes: list[str]


def dressed(drawable: Drawable, layer: LayerData, folder: Path, progress: Progress = never_stop) -> Drawable:
    """What is drawn of a layer, with its album where it has looks; its images lie in or below `folder`."""
    if isinstance(drawable, Scan):
        return _dressed_scan(drawable, layer, folder, progress)
    if not isinstance(drawable, Mesh):
        return drawable
    images = Images(layer.looks, folder)
    tiles = tiled(_toned(drawable, layer, images))
    if tiles.surface_look is None:
        return tiles
    album = album_of(layer.looks, layer.themes[: tiles.themes - 1], images, progress)
    _tell(images, layer.looks, tiles.surface_look, layer.report)
    return replace(tiles, album=album)


def toned(mesh: Mesh, layer: LayerData, folder: Path) -> Mesh:
    """Polygons with the mean colours of their looks."""
    return _toned(mesh, layer, Images(layer.looks, folder))


def _toned(mesh: Mesh, layer: LayerData, images: Images) -> Mesh:
    if mesh.surface_look is None:
        return mesh
    look = mesh.surface_look[:, : MOST_THEMES + 1]
    if not layer.looks or look.max(initial=-1) < 0 or look.max() >= len(layer.looks):
        return replace(mesh, surface_look=None, vertex_uv=None)
    uv = mesh.vertex_uv
    if uv is None:
        uv = np.full((len(mesh.vertices), look.shape[1], 2), np.nan, np.float32)
    mesh = replace(mesh, surface_look=look, vertex_uv=uv[:, : look.shape[1]])
    used = [layer.looks[number].picture for number in np.unique(look[look >= 0]).tolist()]
    thumbs = images.thumbs(dict.fromkeys(picture for picture in used if picture is not None))
    return replace(mesh, surface_tone=surface_tones(mesh, layer.looks, thumbs))


def _dressed_scan(scan: Scan, layer: LayerData, folder: Path, progress: Progress) -> Scan:
    look = scan.triangle_look
    if look is None or not layer.looks or look.max(initial=-1) >= len(layer.looks):
        return replace(scan, uv=None, triangle_look=None)
    images = Images(layer.looks, folder)
    album = album_of(layer.looks, (), images, progress)
    _tell(images, layer.looks, look, layer.report)
    return replace(scan, album=album)


def _tell(images: Images, looks: Sequence[Look], used: NDArray[np.int32], report: Report) -> None:
    """Report the images that are not to be had, and how many polygons are without."""
    if not images.faults:
        return
    first = used.reshape(len(used), -1)[:, 0]
    counts = np.zeros(len(looks) + 1, np.int64)
    for begin in range(0, len(first), AT_ONCE):
        counts += np.bincount(first[begin : begin + AT_ONCE] + 1, minlength=len(counts))
    surfaces: Counter[Picture] = Counter()
    for look, count in zip(looks, counts[1:].tolist(), strict=True):
        if look.picture is not None:
            surfaces[look.picture] += count
    images.tell(report, surfaces)


# --- large cities ---------------------------------------------------------------------------------


def save_looks(folder: Path, layer: LayerData, mesh: Mesh) -> None:
    """Leave the looks of a part of a city, whose polygons are these, beside its arrays."""
    if mesh.surface_look is not None:
        looked = Looked(layer.looks, layer.themes[: mesh.surface_look.shape[1] - 1])
        Path(folder, LOOKS).write_bytes(msgspec.json.encode(looked))


@dataclass(frozen=True)
class LooksOfParts:
    """The looks of all parts of a city."""

    looks: list[Look]
    themes: list[str]
    joined: Joined

    def save_album(self, arrays: Path, folder: Path, report: Report, progress: Progress) -> None:
        """Make the album of the whole city; its images lie in or below `folder`."""
        images = Images(self.looks, folder)
        album_of(self.looks, self.themes, images, progress).save(arrays / ALBUM)
        used = mapped(array_path(arrays, "surface_look"))
        _tell(images, self.looks, used, report)
        let_go(used)


def joined_looks(folders: Sequence[Path]) -> LooksOfParts | None:
    """The looks of parts as those of a whole; None where no part has any."""
    every = [_looked(folder) for folder in folders]
    looks = list(dict.fromkeys(look for part in every if part for look in part.looks))
    if not looks:
        return None
    number = {look: at for at, look in enumerate(looks)}
    themes = list(dict.fromkeys(theme for part in every if part for theme in part.themes))
    columns = ["", *themes[:MOST_THEMES]]
    codes, places = [], []
    for part in every:
        mine = ["", *part.themes] if part else []
        codes.append(np.array([*(number[look] for look in (part.looks if part else ())), -1], np.int32))
        places.append(np.array([mine.index(name) if name in mine else -1 for name in columns], np.int32))
    return LooksOfParts(looks, columns[1:], Joined(codes, places))


def _looked(part: Path) -> Looked | None:
    path = part / LOOKS
    if not path.exists():
        return None
    return msgspec.json.decode(path.read_bytes(), type=Looked)
