"""Appearances of CityGML: materials and textures, and the polygons that have them.

An Appearance (OGC 12-019, 9) names the polygons, or surfaces of several, by their gml:ids, and for textures
gives each corner of each ring its place in the image. In CityGML 3.0 the same stands one level deeper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Int32
from layers.gml.batches import Batch
from layers.gml.geometries import Part, Polygon, each
from layers.gml.names import split
from layers.gml.numbers import numbers, value_of
from layers.gml.shapes import Shapes
from layers.looks import Look, Picture
from layers.polygons import Float32, Polygons
from layers.runs import starts

if TYPE_CHECKING:
    from lxml.etree import _Element

#: What an X3DMaterial is where it does not say so (OGC 12-019, 9.5).
GREY = (0.8, 0.8, 0.8)
_KINDS = frozenset(("ParameterizedTexture", "X3DMaterial", "GeoreferencedTexture"))
MOST_STEPS = 4


class Wearing(NamedTuple):
    """That a surface wears a look, in a theme."""

    theme: int
    look: int
    rings: dict[str, str]  # by the id of each ring, the places of its corners in the image, as text


class _Dress(NamedTuple):
    """How the polygons of a batch look in one theme."""

    looks: Int32  # (p,)
    uv: Float32 | None  # (n, 2)


@dataclass
class Appearances:
    """All that a file says of the looks of its polygons."""

    tell: Callable[[str, str, str], None]
    themes: list[str] = field(default_factory=list)
    images: str = ""  # the way to the file's folder, from the folder of all tiles
    _looks: dict[Look, int] = field(default_factory=dict)
    _worn: dict[str, list[Wearing]] = field(default_factory=dict)
    _dresses: list[tuple[int, dict[int, _Dress]]] = field(default_factory=list)  # by number of the batch

    @property
    def looks(self) -> list[Look]:
        """The looks by number."""
        return list(self._looks)

    def add(self, appearance: _Element, only: set[str] | None = None) -> None:
        """Take one element Appearance; of its targets those in `only`, when that is given."""
        name = ""
        for part in appearance:
            if split(part.tag)[1] == "theme":
                name = (part.text or "").strip()
        if name not in self.themes:
            self.themes.append(name)
        theme = self.themes.index(name)
        for member in appearance:
            for data in member:
                kind = split(data.tag)[1]
                if kind in _KINDS:
                    self._add_data(data, kind, theme, name, only)

    def _add_data(self, data: _Element, kind: str, theme: int, name: str, only: set[str] | None) -> None:
        said = {split(part.tag)[1]: (part.text or "").strip() for part in data if not len(part)}
        if said.get("isFront") in ("false", "0"):
            return
        if kind == "GeoreferencedTexture":
            image = said.get("imageURI", "")[:200]
            self.tell(
                "georeferenced_texture",
                "",
                f"the texture {image!r} is laid by a map's place, which is not drawn",
            )
            return
        look = _material(said, name) if kind == "X3DMaterial" else _texture(said, name, self.images)
        number = self._looks.setdefault(look, len(self._looks))
        for target, rings in _targets(data):
            if target is not None and (only is None or target in only):
                self._worn.setdefault(target, []).append(Wearing(theme, number, rings))

    def dress(self, batch: Batch | None, number: int, shapes: Shapes) -> None:
        """Find out how the polygons of a batch, which is number `number` of those gathered, look."""
        if batch is None or not self._worn:
            return
        worn: dict[int, list[Wearing]] = {}
        for id in self._worn.keys() & shapes.by_id.keys():
            for polygon in _polygons(shapes.by_id[id], shapes, 0):
                worn.setdefault(id_of(polygon), []).extend(self._worn[id])
        if worn:
            self._dresses.append((number, self._dressed(batch, worn, shapes)))

    def _dressed(self, batch: Batch, worn: dict[int, list[Wearing]], shapes: Shapes) -> dict[int, _Dress]:
        found: dict[int, _Dress] = {}
        first_ring = starts(batch.polygons.polygon_rings).tolist()
        laid: list[tuple[int, int, str]] = []  # theme, ring of the batch, text
        chosen = batch.chosen()
        for place, polygon in enumerate(chosen):
            for wearing in worn.get(id_of(polygon), ()):
                if wearing.theme not in found:
                    found[wearing.theme] = _Dress(np.full(len(chosen), -1, np.int32), None)
                looks = found[wearing.theme].looks
                if looks[place] >= 0 and not wearing.rings:
                    continue  # a texture hides a material
                looks[place] = wearing.look
                rings = range(first_ring[place], first_ring[place + 1])
                laid += _laid(wearing, rings, batch, shapes)
        self._lay(laid, batch, found)
        return found

    def _lay(self, laid: Sequence[tuple[int, int, str]], batch: Batch, found: dict[int, _Dress]) -> None:
        """Give corners their places in the images."""
        values, counts = numbers([text for _theme, _ring, text in laid])
        first = starts(counts).tolist()
        begins, sizes = starts(batch.polygons.rings).tolist(), batch.polygons.rings.tolist()
        wrong = 0
        for at, (theme, ring, _text) in enumerate(laid):
            places = values[first[at] : first[at + 1]]
            size = sizes[ring]
            if len(places) % 2 or len(places) // 2 not in (size, size + 1) or not np.isfinite(places).all():
                wrong += 1
                continue
            dress = found[theme]
            if dress.uv is None:
                dress = found[theme] = _Dress(
                    dress.looks, np.full((len(batch.polygons.corners), 2), np.nan, np.float32)
                )
            assert dress.uv is not None
            uv = places.reshape(-1, 2)[:size]
            dress.uv[begins[ring] : begins[ring] + size] = uv[::-1] if batch.flipped[ring] else uv
        if wrong:
            self.tell(
                "texture_coordinates", "", f"{wrong} rings have more or fewer places in an image than corners"
            )

    def wear(self, batches: list[Polygons]) -> None:
        """Put what was found out to the batches."""
        for number, dresses in self._dresses:
            batches[number] = _worn_by(batches[number], dresses, len(self.themes), self._textured())

    def _textured(self) -> NDArray[np.bool_]:
        return np.array([look.picture is not None for look in self._looks], np.bool_)


def _worn_by(
    batch: Polygons, dresses: dict[int, _Dress], themes: int, textured: NDArray[np.bool_]
) -> Polygons:
    """A batch with its looks: of one theme as they are, of several what is drawn first, then each."""
    if themes == 1:
        return replace(batch, looks=dresses[0].looks, uv=dresses[0].uv)
    polygons, corners = len(batch.types), len(batch.corners)
    looks = np.full((polygons, themes + 1), -1, np.int32)
    uv = np.full((corners, themes + 1, 2), np.nan, np.float32)
    for theme, dress in dresses.items():
        looks[:, theme + 1] = dress.looks
        if dress.uv is not None:
            uv[:, theme + 1] = dress.uv
    # Drawn is the first theme with an image, else the first with a material.
    has = looks[:, 1:] >= 0
    has_image = has & textured[looks[:, 1:]]
    chosen = np.where(has_image.any(axis=1), has_image.argmax(axis=1), has.argmax(axis=1)) + 1
    looks[:, 0] = looks[np.arange(polygons), chosen]
    of_corner = np.repeat(chosen, np.add.reduceat(batch.rings, starts(batch.polygon_rings)[:-1]))
    uv[:, 0] = uv[np.arange(corners), of_corner]
    return replace(batch, looks=looks, uv=uv)


def id_of(polygon: Polygon) -> int:
    """What a polygon and its copies, which are seen from the other side, have in common."""
    return id(polygon.rings)


def _polygons(items: Iterable[Part], shapes: Shapes, steps: int) -> Iterator[Polygon]:
    for item in each(items):
        if isinstance(item, Polygon):
            yield item
        elif steps < MOST_STEPS:
            yield from _polygons(shapes.by_id.get(item.href[1:], ()), shapes, steps + 1)


def _laid(wearing: Wearing, rings: range, batch: Batch, shapes: Shapes) -> Iterator[tuple[int, int, str]]:
    """Which rings of a polygon have places in the image: theme, ring of the batch, text."""
    by_number = {shapes.texts.ring_ids.get(id, -1): text for id, text in wearing.rings.items()}
    for ring in rings:
        text = by_number.get(int(batch.rings[ring]))
        if text is None and len(rings) == len(wearing.rings) == 1:
            text = next(iter(wearing.rings.values()))  # the ring has no id, but there is only one
        if text is not None:
            yield wearing.theme, ring, text


def _targets(data: _Element) -> Iterator[tuple[str | None, dict[str, str]]]:
    """The ids of the surfaces that have a look, and the places of their corners in the image."""
    for part in data:
        name = split(part.tag)[1]
        if name == "target":
            # CityGML 1.0 and 2.0: the id in an attribute for textures, as text for materials.
            yield _id(part.get("uri") or part.text), dict(_ring_places(part))
        elif name == "textureParameterization":
            for association in part:
                said = {split(child.tag)[1]: child for child in association}
                if "target" in said:
                    yield _id(said["target"].text), dict(_ring_places(association))


def _ring_places(element: _Element) -> Iterator[tuple[str, str]]:
    """The places of corners in the image, by the id of the ring."""
    for places in element.iter("{*}TexCoordList"):
        # 3.0 writes coordinates and rings as elements in turn, before that rings are attributes.
        texts = [part.text or "" for part in places if split(part.tag)[1] == "textureCoordinates"]
        rings = [part.get("ring") or "" for part in places if split(part.tag)[1] == "textureCoordinates"]
        apart = [part.text or "" for part in places if split(part.tag)[1] == "ring"]
        for ring, text in zip(apart if len(apart) == len(texts) else rings, texts, strict=True):
            yield _id(ring) or "", text


def _id(reference: str | None) -> str | None:
    """The id that a reference within the file means."""
    text = (reference or "").strip()
    return text[1:] if text.startswith("#") else text or None


def _material(said: dict[str, str], theme: str) -> Look:
    color = [value_of(word) for word in said.get("diffuseColor", "").split()]
    shown = GREY
    if len(color) == 3 and None not in color:
        red, green, blue = (min(1.0, max(0.0, value or 0.0)) for value in color)
        shown = red, green, blue
    transparency = min(1.0, max(0.0, value_of(said.get("transparency")) or 0.0))
    return Look(shown, transparency, theme=theme, name=said.get("name", ""))


def _texture(said: dict[str, str], theme: str, images: str) -> Look:
    wrap = said.get("wrapMode") or "none"
    return Look(
        picture=Picture(images + said.get("imageURI", "")), wrap=wrap, theme=theme, name=said.get("name", "")
    )
