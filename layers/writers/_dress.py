"""What the polygons of a city model wear that is made of what is drawn: materials, and places in pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.album import JPEG, WRAPS, Album
from layers.arrays import Mesh
from layers.runs import Int64
from layers.writers._materials import looks_of
from layers.writers._pictures import Pictures

#: What the theme is called of a layer that has one, without a name.
THEME = "default"
WHITE = 255

#: The rings of each of some polygons, as numbers of their corners.
Polygons = list[list[list[int]]]


@dataclass(frozen=True)
class Theme:
    """What the polygons of a mesh wear in one theme; -1 is nothing."""

    name: str
    materials: Int64  # (s,) into those of the appearance
    textures: Int64  # (s,)
    places: Int64 | None  # (n,) of corners; None: no polygon has a picture

    def worn(self, surfaces: Int64, places: Polygons | None) -> Iterator[tuple[str, list[Any]]]:
        """What some polygons wear as members of a geometry, a value for each; `places` by their rings."""
        materials = self.materials[surfaces]
        if (materials >= 0).any():
            yield "material", [None if one < 0 else one for one in materials.tolist()]
        textures = self.textures[surfaces]
        if places is not None and (textures >= 0).any():
            yield (
                "texture",
                [
                    [[None] if one < 0 else [one, *ring] for ring in rings]
                    for one, rings in zip(textures.tolist(), places, strict=True)
                ],
            )


class Dress:
    """The appearance of a model, and what each polygon of a mesh wears of it, theme by theme.

    `corners` are those of the mesh that are written.
    """

    def __init__(self, mesh: Mesh, corners: Int64, album: Album | None, pictures: Pictures) -> None:
        self.themes: list[Theme] = []
        self._pictures = pictures
        self._materials: dict[int, dict[str, Any]] = {}  # by their looks
        self._textures: dict[int, dict[str, Any]] = {}
        self._places: list[NDArray[np.float32]] = []
        if album is not None and mesh.surface_look is not None:
            self._album, self._corners = album, corners
            # The first column is what is drawn unless a theme is asked for.
            columns = range(mesh.surface_look.shape[1])
            self.themes = [self._theme(mesh, column) for column in columns[1:] or columns]

    def appearance(self) -> dict[str, Any]:
        """The member of the model; empty where nothing is worn."""
        lists: dict[str, list[Any]] = {
            "materials": list(self._materials.values()),
            "textures": list(self._textures.values()),
            "vertices-texture": [pair for places in self._places for pair in places],
        }
        return {name: items for name, items in lists.items() if items}

    def _theme(self, mesh: Mesh, column: int) -> Theme:
        look, has_places = looks_of(mesh, self._album, column)
        # An image alone says all of a polygon; a colour beside it tints the image.
        is_white = (self._album.color == WHITE).all(axis=1) & (self._album.opacity >= 1)
        tints = ~np.append(is_white, True)[look]
        return Theme(
            (self._album.themes[column] if column else "") or THEME,
            _numbers(np.where(~has_places | tints, look, -1), self._materials, self._material),
            _numbers(np.where(has_places, look, -1), self._textures, self._texture),
            self._numbered(mesh, column, has_places) if has_places.any() else None,
        )

    def _numbered(self, mesh: Mesh, column: int, has_places: NDArray[np.bool_]) -> Int64:
        """The number of each corner's place in a picture, equal ones once; -1 of none."""
        assert mesh.vertex_uv is not None
        placed = self._corners[np.repeat(has_places, np.diff(mesh.surface_start))[self._corners]]
        pairs = np.ascontiguousarray(mesh.vertex_uv[placed, column], np.float32)
        each, which = np.unique(pairs.view(np.int64), return_inverse=True)
        found = np.full(len(mesh.vertices), -1, np.int64)
        found[placed] = which.ravel() + sum(map(len, self._places))
        self._places.append(each.view(np.float32).reshape(-1, 2))
        return found

    def _material(self, look: int) -> dict[str, Any]:
        album = self._album
        return {
            "name": album.names[look] or f"look {look}",
            "diffuseColor": np.round(album.color[look] / 255, 4).tolist(),
            "transparency": round(1 - float(album.opacity[look]), 4),
        }

    def _texture(self, look: int) -> dict[str, Any]:
        number = int(self._album.picture[look])
        return {
            "type": "JPG" if self._album.encoded(number).startswith(JPEG) else "PNG",
            "image": self._pictures.path_of(number),
            "wrapMode": WRAPS[self._album.wrap[look]],
        }


def _numbers(looks: Int64, known: dict[int, dict[str, Any]], made: Callable[[int], dict[str, Any]]) -> Int64:
    """The number of each look among those that are known, each of which is made once; -1 of none."""
    used = np.unique(looks[looks >= 0])
    for look in used.tolist():
        if look not in known:
            known[look] = made(look)
    order = {look: number for number, look in enumerate(known)}
    mine = np.array([order[look] for look in used.tolist()] + [-1], np.int64)
    return mine[np.where(looks >= 0, np.searchsorted(used, looks), len(used))]
