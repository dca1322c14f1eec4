"""A city model as one CityJSON 2.0 dict, for writing it anew.

    {"type": "CityJSON", "version": "2.0", "transform": …, "CityObjects": {id: {…}}, "vertices": array, …}

Only what must change is decoded. Attributes and every member that CityJSON does not define stay
the text they were in the source. Vertices are an (n, 3) int64 array.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.conformance import FIRST_LEVEL, SECOND_LEVEL
from layers.errors import WriteError
from layers.flatten import BadGeometry
from layers.jsontext import BOM, compact, raw_members
from layers.points import LARGEST_COORDINATE
from layers.renumber import Kept, Renumbering
from layers.upgrade import Model, own_geometries, templates_of, upgrade

Int64 = NDArray[np.int64]

ROOT_MEMBERS = frozenset(
    ("type", "version", "id", "transform", "metadata", "extensions", "appearance", "geometry-templates")
)
OBJECT_MEMBERS = frozenset(
    ("type", "geometry", "parents", "children", "members", "address", "geographicalExtent")
)
MEMBER_ORDER = (
    "type",
    "version",
    "extensions",
    "transform",
    "metadata",
    "CityObjects",
    "vertices",
    "appearance",
    "geometry-templates",
)
#: Without a transform, coordinates get from 3 to 7 decimals: the fewest that keep them.
MOST_DECIMALS = 7
#: What CityJSON has no type for is a generic object, and keeps its type and whose part it was as attributes.
GENERIC, SOURCE_TYPE, SOURCE_PARENT = "GenericCityObject", "sourceType", "sourceParent"
_FAMILY = re.compile(r"Building|Bridge|Tunnel")
#: Beyond it float64 does not hold every whole number.
LARGEST_WHOLE = 2**53


def known_type(name: str, has_parent: bool) -> str:
    """The type as CityJSON 2.0 has it; a part that is nobody's part stands for itself."""
    if name in FIRST_LEVEL or (name in SECOND_LEVEL and has_parent):
        return name
    family = _FAMILY.match(name)
    return family[0] if name in SECOND_LEVEL and family else GENERIC


def from_text(text: bytes) -> Model:
    """A CityJSON text of any version as CityJSON 2.0."""
    return finished(decode(text))


def finished(model: Model) -> Model:
    """A decoded model as CityJSON 2.0, its members in the order of the specification."""
    use_points(model, model["vertices"])
    upgrade(model)
    return {**{key: model[key] for key in MEMBER_ORDER if key in model}, **model}


def decode(text: bytes) -> Model:
    """A CityJSON object or feature with its vertices as the numbers in the file, of the version it has."""
    root = raw_members(text.removeprefix(BOM))
    objects = raw_members(root.pop("CityObjects"))
    numbers = orjson.loads(root.pop("vertices", b"[]")) or []
    return {
        **_decoded(root, ROOT_MEMBERS),
        "CityObjects": {id: _decoded(raw_members(raw), OBJECT_MEMBERS) for id, raw in objects.items()},
        "vertices": np.array(numbers, np.float64).reshape(-1, 3),
    }


def _decoded(members: dict[str, bytes], known: frozenset[str]) -> dict[str, Any]:
    return {
        key: orjson.loads(value) if key in known else orjson.Fragment(compact(value))
        for key, value in members.items()
    }


def encode(model: Model) -> bytes:
    """The model as compact JSON."""
    try:
        return orjson.dumps(model, option=orjson.OPT_SERIALIZE_NUMPY)
    except orjson.JSONEncodeError as error:
        raise WriteError("The city model cannot be written anew", found=str(error)) from error


def use_points(model: Model, numbers: Float64) -> None:
    """Give a model the vertices that stood in its file: whole numbers with a transform, or coordinates."""
    has_transform = isinstance(model.get("transform"), dict)
    if (
        has_transform
        and np.array_equal(np.rint(numbers), numbers)
        and (np.abs(numbers) < LARGEST_WHOLE).all()
    ):
        model["vertices"] = numbers.astype(np.int64)
        return
    points = numbers
    if has_transform:
        points = numbers * model["transform"]["scale"] + model["transform"]["translate"]
    set_points(model, points, np.full(3, fitting_scale(points)))


def fitting_scale(points: Float64) -> float:
    """The step that keeps coordinates: from 3 to 7 decimals."""
    for decimals in range(3, MOST_DECIMALS):
        if np.allclose(np.round(points, decimals), points, rtol=0, atol=1e-9):
            return _power(-decimals)
    return _power(-MOST_DECIMALS)


def _power(exponent: int) -> float:
    """The float nearest to a power of ten: 10.0 ** -3 is not."""
    return float(f"1e{exponent}")


def power_below(value: float) -> float:
    """The largest power of ten that is not above a value."""
    return _power(math.floor(math.log10(value) + 1e-9))


def points_of(model: Model) -> Float64:
    """The coordinates of the vertices."""
    transform = model["transform"]
    points: Float64 = model["vertices"] * np.array(transform["scale"], np.float64) + transform["translate"]
    return points


def set_points(model: Model, points: Float64, scale: Float64) -> None:
    """Give a model new coordinates, rounded to whole multiples of `scale`."""
    if not (np.abs(points) < LARGEST_COORDINATE).all():
        raise BadGeometry("a coordinate is beyond any place on Earth")
    low = np.floor(points.min(axis=0)) if len(points) else np.zeros(3)
    model["transform"] = {"scale": scale.tolist(), "translate": low.tolist()}
    model["vertices"] = np.rint((points - low) / scale).astype(np.int64)


def lods_of(model: Model) -> list[str]:
    """The LoDs there are, those of instances by their templates."""
    found = {
        str(_lod(model, geometry))
        for item in model["CityObjects"].values()
        for geometry in own_geometries(item)
    }
    return sorted(found)


def _lod(model: Model, geometry: dict[str, Any]) -> str:
    if geometry.get("type") == "GeometryInstance":
        templates = templates_of(model)
        which = geometry.get("template")
        geometry = templates[which] if isinstance(which, int) and 0 <= which < len(templates) else {}
    return str(geometry.get("lod", "")) if isinstance(geometry, dict) else ""


def keep_lod(model: Model, lod: str) -> None:
    """Take away the geometries of every other LoD, and the vertices and templates only they used."""
    if lod not in lods_of(model):
        raise WriteError(
            f"No city object of the layer has LoD {lod}",
            allowed=", ".join(filter(None, lods_of(model))) or "none",
        )
    for item in model["CityObjects"].values():
        if item.get("geometry"):
            item["geometry"] = [g for g in own_geometries(item) if _lod(model, g) == lod]
    prune(model)


def prune(model: Model) -> None:
    """Take away the vertices and templates that nothing uses."""
    templates = templates_of(model)
    vertices = Kept(len(model["vertices"]), "vertex")
    used = Kept(len(templates), "template")
    renumbering = Renumbering(vertex=vertices, template=used)
    for id, item in model["CityObjects"].items():
        renumbering.renumber(id, item)
    model["vertices"] = model["vertices"][vertices.kept]
    if not used.kept:
        model.pop("geometry-templates", None)
    elif len(used.kept) < len(templates):
        model["geometry-templates"]["templates"] = [templates[old] for old in used.kept]
