"""City models and CityJSON sequences into each other: features merged, models split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import orjson

from layers import citymodel
from layers.arrays import Float64
from layers.renumber import Kept, Number, Renumbering, looked_up, unchanged
from layers.upgrade import Model, ids_of, templates_of

#: Members of a feature that its city model has in another form.
FEATURE_MEMBERS = frozenset(("type", "id", "CityObjects", "vertices", "appearance", "geometry-templates"))
APPEARANCE_LISTS = ("materials", "textures", "vertices-texture")


def from_text(text: bytes) -> Model:
    """A CityJSON sequence as one CityJSON 2.0 model."""
    lines = (line for line in text.split(b"\n") if line.strip())
    header = citymodel.decode(next(lines))
    return citymodel.finished(merged(header, (citymodel.decode(line) for line in lines)))


def joined(models: Sequence[Model]) -> Model:
    """CityJSON 2.0 models of one CRS as one."""
    first = models[0]
    scale = np.min([model["transform"]["scale"] for model in models], axis=0)
    translate = np.array(first["transform"]["translate"], np.float64)
    for model in models:
        points = citymodel.points_of(model)
        model["vertices"] = np.rint((points - translate) / scale).astype(np.int64)
        if isinstance(model.get("metadata"), dict):
            model["metadata"].pop("geographicalExtent", None)  # it was that of one of them
    first["transform"] = {"scale": scale.tolist(), "translate": translate.tolist()}
    return merged(first, models[1:])


class Appearance:
    """Materials, textures and texture vertices gathered from several models, equal ones once."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Any]] = {name: [] for name in APPEARANCE_LISTS}
        self.rest: dict[str, Any] = {}
        self._known: dict[tuple[str, bytes], int] = {}

    def take(self, appearance: Any) -> dict[str, list[int] | range]:
        """Add what an appearance holds; gives the new numbers of its lists."""
        own = appearance if isinstance(appearance, dict) else {}
        for name, value in own.items():
            if name not in APPEARANCE_LISTS:
                self.rest.setdefault(name, value)
        vertices = self.lists["vertices-texture"]
        first = len(vertices)
        vertices.extend(own.get("vertices-texture") or [])
        return {
            "materials": [self._number("materials", item) for item in own.get("materials") or []],
            "textures": [self._number("textures", item) for item in own.get("textures") or []],
            "vertices-texture": range(first, len(vertices)),
        }

    def _number(self, name: str, item: Any) -> int:
        key = name, orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
        if key not in self._known:
            self._known[key] = len(self.lists[name])
            self.lists[name].append(item)
        return self._known[key]

    def as_member(self) -> dict[str, Any]:
        """The appearance of the whole."""
        return {**self.rest, **{name: items for name, items in self.lists.items() if items}}


def merged(header: Model, features: Iterable[Model]) -> Model:
    """One model of a sequence's header and features, of the version the header names."""
    merger = _Merger(header)
    for part in chain((header,), features):
        merger.add(part)
    return merger.model()


class _Merger:
    """Gathers the parts of a sequence; every part numbers its vertices and appearance from 0."""

    def __init__(self, header: Model) -> None:
        self._whole = {**header, "CityObjects": {}}
        self._vertices: list[Float64] = []
        self._vertex_count = 0
        self._appearance = Appearance()
        self._header_templates = templates_of(header)
        self._templates: list[dict[str, Any]] = []
        self._template_vertices: list[Any] = []

    def add(self, part: Model) -> None:
        own = self._appearance.take(part.get("appearance"))
        count = len(part["vertices"])
        look = Renumbering(
            material=looked_up(own["materials"], "material"),
            texture=looked_up(own["textures"], "texture"),
            texture_vertex=looked_up(own["vertices-texture"], "texture vertex"),
        )
        whole = replace(
            look,
            vertex=looked_up(range(self._vertex_count, self._vertex_count + count), "vertex"),
            template=looked_up(self._add_templates(part, look), "template"),
        )
        for id, item in part["CityObjects"].items():
            whole.renumber(id, item)
            self._whole["CityObjects"][id] = item
        for name, value in part.items():
            if name not in FEATURE_MEMBERS:
                self._whole.setdefault(name, value)
        self._vertices.append(part["vertices"])
        self._vertex_count += count

    def _add_templates(self, part: Model, look: Renumbering) -> range:
        """Take a part's templates; gives the numbers of those its objects mean: its own or the header's."""
        first, own = len(self._templates), templates_of(part)
        vertices = part["geometry-templates"].get("vertices-templates") or [] if own else []
        shifted = range(len(self._template_vertices), len(self._template_vertices) + len(vertices))
        look = replace(look, vertex=looked_up(shifted, "template vertex"))
        for number, template in enumerate(own):
            look.renumber(f"template {number}", {"geometry": [template]})
        self._templates.extend(own)
        self._template_vertices.extend(vertices)
        return range(first, len(self._templates)) if own else range(len(self._header_templates))

    def model(self) -> Model:
        """All that was added."""
        whole = self._whole
        whole["vertices"] = np.concatenate(self._vertices)
        if appearance := self._appearance.as_member():
            whole["appearance"] = appearance
        if self._templates:
            whole["geometry-templates"] = {
                **whole.get("geometry-templates", {}),
                "templates": self._templates,
                "vertices-templates": self._template_vertices,
            }
        return whole


def split(model: Model) -> Iterator[Model]:
    """The header of a sequence, then a feature for every object with its parts."""
    look = _Look(model)
    for number, template in enumerate(templates_of(model)):
        look.renumbering.renumber(f"template {number}", {"geometry": [template]})
    header = {**model, "CityObjects": {}, "vertices": []}
    header["appearance"] = look.appearance() or look.rest
    yield {name: value for name, value in header.items() if name != "appearance" or value}
    for ids in _connected(model["CityObjects"]):
        yield _feature(model, ids)


class _Look:
    """The part of a model's appearance that some of its geometries use."""

    def __init__(self, model: Model, vertex: Number = unchanged) -> None:
        whole = model.get("appearance")
        whole = whole if isinstance(whole, dict) else {}
        self.rest = {name: value for name, value in whole.items() if name not in APPEARANCE_LISTS}
        self._lists = {name: whole.get(name) or [] for name in APPEARANCE_LISTS}
        self._kept = {
            "materials": Kept(len(self._lists["materials"]), "material"),
            "textures": Kept(len(self._lists["textures"]), "texture"),
            "vertices-texture": Kept(len(self._lists["vertices-texture"]), "texture vertex"),
        }
        self.renumbering = Renumbering(
            vertex=vertex,
            material=self._kept["materials"],
            texture=self._kept["textures"],
            texture_vertex=self._kept["vertices-texture"],
        )

    def appearance(self) -> dict[str, Any]:
        """What was used, by its new numbers; nothing when nothing was."""
        used = {
            name: [self._lists[name][old] for old in kept.kept]
            for name, kept in self._kept.items()
            if kept.kept
        }
        return {**self.rest, **used} if used else {}


def _feature(model: Model, ids: list[str]) -> Model:
    objects = {id: model["CityObjects"][id] for id in ids}
    vertices = Kept(len(model["vertices"]), "vertex")
    look = _Look(model, vertices)
    for id, item in objects.items():
        look.renumbering.renumber(id, item)
    parts = {part for item in objects.values() for part in ids_of(item, "children")}
    parts |= {id for id, item in objects.items() if any(p in objects for p in ids_of(item, "parents"))}
    feature = {
        "type": "CityJSONFeature",
        "id": next((id for id in ids if id not in parts), ids[0]),
        "CityObjects": objects,
        "vertices": model["vertices"][vertices.kept],
    }
    appearance = look.appearance()
    return {**feature, "appearance": appearance} if appearance else feature


def _connected(objects: dict[str, Any]) -> Iterator[list[str]]:
    """Ids of objects that are tied by parents and children, in the order of the model."""
    ties: dict[str, list[str]] = {id: [] for id in objects}
    for id, item in objects.items():
        for other in (*ids_of(item, "parents"), *ids_of(item, "children")):
            if other in objects:
                ties[id].append(other)
                ties[other].append(id)
    place = {id: number for number, id in enumerate(objects)}
    seen: set[str] = set()
    for id in objects:
        if id in seen:
            continue
        family, waiting = {id}, [id]
        while waiting:
            found = set(ties[waiting.pop()]) - family
            family |= found
            waiting.extend(found)
        seen |= family
        yield sorted(family, key=place.__getitem__)
