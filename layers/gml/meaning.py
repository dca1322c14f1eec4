"""Semantic surfaces of a geometry as CityJSON has them: a list of them, and which one each polygon is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from layers.conformance import SURFACES
from layers.gml.attributes import attributes_of
from layers.gml.geometries import SemanticSurface
from layers.gml.objects import is_value

#: Polygons of a batch by number, nested as the boundaries of their geometry are.
Tree = list[Any]
_RESERVED = frozenset(("type", "id", "parent", "children"))


def each(tree: Tree, make: Callable[[int], Any]) -> list[Any]:
    """The same nested lists with what is made of each number."""
    return [each(part, make) if isinstance(part, list) else make(part) for part in tree]


class Meanings:
    """Makes the semantics of geometries."""

    def __init__(self) -> None:
        self._members: dict[int, dict[str, Any]] = {}

    def of(
        self, type: str, tree: Tree, surface_of: Callable[[int], SemanticSurface | None]
    ) -> dict[str, Any] | None:
        """The member "semantics" of a geometry of an object of that type; None when it has no surfaces."""
        numbers: dict[int, int] = {}
        surfaces: list[dict[str, Any]] = []

        def number(surface: SemanticSurface) -> int:
            known = numbers.get(id(surface))
            if known is None:
                known = numbers[id(surface)] = len(surfaces)
                surfaces.append({**self._of(surface, type)})
                if surface.parent is not None:
                    parent = number(surface.parent)
                    surfaces[known]["parent"] = parent
                    surfaces[parent].setdefault("children", []).append(known)
            return known

        def value(polygon: int) -> int | None:
            surface = surface_of(polygon)
            return None if surface is None else number(surface)

        values = each(tree, value)
        return {"surfaces": surfaces, "values": values} if surfaces else None

    def _of(self, surface: SemanticSurface, type: str) -> dict[str, Any]:
        """Type, id and attributes of a surface."""
        found = self._members.get(id(surface))
        if found is None:
            found = {"type": surface.type}
            if surface.id:
                found["id"] = surface.id
            if surface.element is not None:
                said = attributes_of(part for part in surface.element if is_value(part))
                found |= {f"{key}_" if key in _RESERVED else key: value for key, value in said.items()}
            self._members[id(surface)] = found
        allowed = next((names for family, names in SURFACES.items() if type.startswith(family)), frozenset())
        if allowed and surface.type not in allowed and not surface.type.startswith("+"):
            return {**found, "type": f"+{surface.type}"}
        return found
