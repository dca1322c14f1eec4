"""Older CityJSON to 2.0, one step per version (https://www.cityjson.org/dev/upgrade11/)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

Model = dict[str, Any]

#: Names that version 1.1 shortened.
METADATA_NAMES = {
    "citymodelIdentifier": "identifier",
    "datasetTitle": "title",
    "datasetReferenceDate": "referenceDate",
    "datasetPointOfContact": "pointOfContact",
}
GENERIC = "generic.ext.json"


def upgrade(model: Model) -> Model:
    """The same model as CityJSON 2.0; what no version defines stays as it is."""
    while model["version"] in STEPS:
        STEPS[model["version"]](model)
    _write_lods_as_text(model)
    return model


def crs_url(code: int) -> str:
    """How CityJSON names a CRS of the EPSG register."""
    return f"https://www.opengis.net/def/crs/EPSG/0/{code}"


def _from_1_0(model: Model) -> None:
    model["version"] = "1.1"
    objects = model["CityObjects"]
    for item in objects.values():
        if item.get("type") == "BridgeConstructionElement":
            item["type"] = "BridgeConstructiveElement"
        if isinstance(item.get("address"), dict):
            item["address"] = [item["address"]]
    for id, item in objects.items():
        if item.get("type") == "CityObjectGroup" and "members" in item:
            _make_members_children(objects, id, item)
    metadata = model.get("metadata")
    if isinstance(metadata, dict):
        model["metadata"] = _metadata_1_1(metadata)


def _make_members_children(objects: dict[str, Any], id: str, group: dict[str, Any]) -> None:
    group["children"] = group.pop("members")
    for child in ids_of(group, "children"):
        parents = objects[child].setdefault("parents", []) if child in objects else []
        if id not in parents:
            parents.append(id)


def _metadata_1_1(metadata: dict[str, Any]) -> dict[str, Any]:
    renamed = {METADATA_NAMES.get(name, name): value for name, value in metadata.items()}
    old = renamed.pop("crs", None)
    if isinstance(old, dict) and old.get("epsg"):
        renamed.setdefault("referenceSystem", f"urn:ogc:def:crs:EPSG::{old['epsg']}")
    found = re.search(r"EPSG:[^:]*:(\d+)$", str(renamed.get("referenceSystem", "")))
    if found:
        renamed["referenceSystem"] = crs_url(int(found[1]))
    return renamed


def _from_1_1(model: Model) -> None:
    model["version"] = "2.0"
    _make_generic_objects_native(model)
    for extension in (model.get("extensions") or {}).values():
        if isinstance(extension, dict) and "uri" in extension:
            extension.setdefault("url", extension.pop("uri"))
    metadata = model.get("metadata")
    contact = metadata.get("pointOfContact") if isinstance(metadata, dict) else None
    if isinstance(contact, dict) and isinstance(contact.get("address"), str):
        contact["address"] = {"address": contact["address"]}


def _make_generic_objects_native(model: Model) -> None:
    """Undo the extension that stood in for GenericCityObject in version 1.1."""
    extensions = model.get("extensions") or {}
    generic = extensions.get("Generic")
    if generic is not None and GENERIC not in str(generic):
        return
    extensions.pop("Generic", None)
    for item in model["CityObjects"].values():
        if item.get("type") == "+GenericCityObject":
            item["type"] = "GenericCityObject"


#: What brings a model of each older version one version further.
STEPS: dict[str, Callable[[Model], None]] = {"1.0": _from_1_0, "1.1": _from_1_1}


def _write_lods_as_text(model: Model) -> None:
    """LoDs were numbers in 1.0, and some writers never stopped."""
    for geometry in all_geometries(model):
        if isinstance(geometry.get("lod"), int | float):
            geometry["lod"] = str(geometry["lod"])


def all_geometries(model: Model) -> Iterator[dict[str, Any]]:
    """Every geometry: of objects, of the places of their addresses, of templates."""
    for item in model["CityObjects"].values():
        yield from geometries_of(item)
    yield from _dicts(templates_of(model))


def templates_of(model: Model) -> list[dict[str, Any]]:
    """The geometry templates there are."""
    templates = model.get("geometry-templates")
    found = templates.get("templates") if isinstance(templates, dict) else None
    return found if isinstance(found, list) else []


def geometries_of(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The geometries of a city object and of its addresses."""
    yield from own_geometries(item)
    addresses = item.get("address")
    for address in _dicts([addresses] if isinstance(addresses, dict) else addresses):
        if isinstance(address.get("location"), dict):
            yield address["location"]


def own_geometries(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The geometries of a city object; what is none is passed over."""
    yield from _dicts(item.get("geometry"))


def ids_of(item: dict[str, Any], key: str) -> list[str]:
    """The ids of an object's parents or children."""
    found = item.get(key)
    return [id for id in found if isinstance(id, str)] if isinstance(found, list) else []


def _dicts(values: Any) -> Iterator[dict[str, Any]]:
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, dict))
