"""What CityJSON says once every number is looked up: for comparing files that number things differently."""

from __future__ import annotations

from typing import Any

DECIMALS = 6


def meaning(models: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The objects of a CityJSON model, or of a sequence's header and features, by their ids."""
    header = models[0]
    found: dict[str, dict[str, Any]] = {}
    for model in models:
        look = _Look(header, model)
        for id, item in model["CityObjects"].items():
            found[id] = look.city_object(item)
    return found


class _Look:
    """Looks numbers up in one model or feature."""

    def __init__(self, header: dict[str, Any], model: dict[str, Any]) -> None:
        self.header = header
        self.transform = header.get("transform")
        self.vertices = [self._point(vertex) for vertex in model.get("vertices", [])]
        self.appearance = model.get("appearance") or {}
        self.templates = header.get("geometry-templates") or {}

    def _point(self, vertex: list[float]) -> tuple[float, ...]:
        if self.transform is None:
            return tuple(round(float(v), DECIMALS) for v in vertex)
        scale, translate = self.transform["scale"], self.transform["translate"]
        return tuple(round(v * s + t, DECIMALS) for v, s, t in zip(vertex, scale, translate, strict=True))

    def city_object(self, item: dict[str, Any]) -> dict[str, Any]:
        """The object with its type as 2.0 names it, and its geometries looked up."""
        kept = {key: value for key, value in item.items() if key not in ("geometry", "address", "type")}
        kept["type"] = item["type"].removeprefix("+")
        if item.get("geometry"):
            kept["geometry"] = [self.geometry(geometry) for geometry in item["geometry"]]
        addresses = item.get("address", [])
        for address in [addresses] if isinstance(addresses, dict) else addresses:
            place = {"location": self.geometry(address["location"])} if "location" in address else {}
            kept.setdefault("address", []).append({**address, **place})
        return kept

    def geometry(self, geometry: dict[str, Any]) -> dict[str, Any]:
        """A geometry with coordinates, materials and textures in the place of their numbers."""
        same = ("type", "semantics", "transformationMatrix")
        kept: dict[str, Any] = {key: geometry[key] for key in same if key in geometry}
        if "lod" in geometry:
            kept["lod"] = str(geometry["lod"])
        kept["boundaries"] = _each(geometry["boundaries"], lambda n: _at(self.vertices, n))
        if "template" in geometry:
            kept["template"] = self._template(geometry["template"])
        return kept | self._looks(geometry)

    def _template(self, number: int) -> Any:
        template = self.templates["templates"][number]
        look = _Look(self.header, self.header)
        look.vertices = [tuple(vertex) for vertex in self.templates["vertices-templates"]]
        return look.geometry(template)

    def _looks(self, geometry: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        materials, textures = geometry.get("material"), geometry.get("texture")
        for name, theme in (materials or {}).items() if isinstance(materials, dict) else ():
            found[f"material {name}"] = {
                key: _each(value, lambda n: _at(self.appearance.get("materials"), n))
                for key, value in theme.items()
            }
        for name, theme in (textures or {}).items():
            found[f"texture {name}"] = self._ring(theme["values"])
        return found

    def _ring(self, values: Any) -> Any:
        if any(isinstance(value, list) for value in values):
            return [self._ring(value) for value in values]
        texture = _at(self.appearance.get("textures"), values[0])
        corners = [_at(self.appearance.get("vertices-texture"), n) for n in values[1:]]
        return None if texture is None or None in corners else (texture, corners)


def _each(nested: Any, look_up: Any) -> Any:
    if isinstance(nested, list):
        return [_each(value, look_up) for value in nested]
    return None if nested is None else look_up(nested)


def _at(values: list[Any] | None, number: Any) -> Any:
    """The value of a number; None where it names nothing."""
    there = isinstance(number, int) and values is not None and 0 <= number < len(values)
    return values[number] if there and values is not None else None
