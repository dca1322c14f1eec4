"""The looks of polygons as the appearance of CityJSON: materials and textures by theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.gml.meaning import Tree, each
from layers.looks import Look
from layers.polygons import Polygons
from layers.runs import numbered, starts

#: Steps of places in an image.
FINEST_UV = 1e-7
_DEFAULT = "default"


class Dressing:
    """Gives geometries the materials and textures that the polygons of their batches have."""

    def __init__(self, batches: Sequence[Polygons], looks: Sequence[Look], themes: Sequence[str]) -> None:
        self._themes = [theme or _DEFAULT for theme in themes]
        self._materials: list[dict[str, Any]] = []
        self._textures: list[dict[str, Any]] = []
        self._number = [self._add(look) for look in looks]
        self._is_texture = [look.picture is not None for look in looks]
        self._looks = [_columns(batch.looks, len(themes)) for batch in batches]
        self._polygons = [starts(batch.polygon_rings).tolist() for batch in batches]
        self._rings = [starts(batch.rings).tolist() for batch in batches]
        self._lay(batches, len(themes))

    def _add(self, look: Look) -> int:
        """Take a look; gives its number among the textures or the materials."""
        if look.picture is not None:
            path = look.picture.path
            kind = "PNG" if path.lower().endswith(".png") else "JPG"
            self._textures.append({"type": kind, "image": path, "wrapMode": look.wrap})
            return len(self._textures) - 1
        name = look.name or f"material {len(self._materials)}"
        material = {"name": name, "diffuseColor": list(look.color), "transparency": look.transparency}
        self._materials.append(material)
        return len(self._materials) - 1

    def _lay(self, batches: Sequence[Polygons], themes: int) -> None:
        """Number the places in images, those of all batches and themes together."""
        columns = [
            uv if uv.ndim == 2 else uv[:, theme + 1]
            for batch in batches
            if (uv := batch.uv) is not None
            for theme in range(1 if uv.ndim == 2 else themes)
        ]
        laid = np.concatenate([np.empty((0, 2), np.float32), *columns])
        known = np.isfinite(laid).all(axis=1)
        number, places = numbered(np.rint(laid[known].astype(np.float64) / FINEST_UV).astype(np.int64))
        numbers = np.full(len(laid), -1, np.int64)
        numbers[known] = number
        self._places: list[list[float]] = np.round(places * FINEST_UV, 7).tolist()
        self._corners: list[list[list[int]]] = []  # by batch and theme
        at = 0
        for batch in batches:
            count = 0 if batch.uv is None else 1 if batch.uv.ndim == 2 else themes
            size = len(batch.corners)
            self._corners.append(
                [numbers[at + n * size : at + (n + 1) * size].tolist() for n in range(count)]
            )
            at += count * size

    def dress(self, geometry: dict[str, Any], tree: Tree, batch: int) -> None:
        """Put the members "material" and "texture" to a geometry with these polygons."""
        for column, looks in enumerate(self._looks[batch]):
            theme = self._themes[column]

            def material(polygon: int, looks: list[int] = looks) -> int | None:
                look = looks[polygon]
                return None if look < 0 or self._is_texture[look] else self._number[look]

            def texture(polygon: int, looks: list[int] = looks, column: int = column) -> list[Any]:
                return self._texture(looks[polygon], polygon, batch, column)

            materials = each(tree, material)
            if _has(materials):
                geometry.setdefault("material", {})[theme] = {"values": materials}
            textures = each(tree, texture)
            if _has(textures):
                geometry.setdefault("texture", {})[theme] = {"values": textures}

    def _texture(self, look: int, polygon: int, batch: int, column: int) -> list[Any]:
        """The texture of each ring of a polygon, and the places of its corners in it."""
        polygons, rings, corners = self._polygons[batch], self._rings[batch], self._corners[batch]
        found: list[Any] = []
        for ring in range(polygons[polygon], polygons[polygon + 1]):
            places = corners[column][rings[ring] : rings[ring + 1]] if column < len(corners) else []
            is_laid = look >= 0 and self._is_texture[look] and bool(places) and min(places) >= 0
            found.append([self._number[look], *places] if is_laid else [None])
        return found

    def appearance(self) -> dict[str, Any] | None:
        """The member "appearance" of the model; None when nothing has a look."""
        if not self._materials and not self._textures:
            return None
        found: dict[str, Any] = {}
        if self._materials:
            found["materials"] = self._materials
        if self._textures:
            found |= {"textures": self._textures, "vertices-texture": self._places}
        return found


def _columns(looks: NDArray[np.int32] | None, themes: int) -> list[list[int]]:
    """The looks of the polygons of a batch, theme by theme."""
    if looks is None:
        return []
    if looks.ndim == 1:
        return [looks.tolist()]
    return [looks[:, theme + 1].tolist() for theme in range(themes)]


def _has(values: Any) -> bool:
    """Whether nested lists hold anything but nulls."""
    return any(map(_has, values)) if isinstance(values, list) else values is not None
