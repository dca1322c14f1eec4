"""The numbers by which geometries name vertices, materials, textures and templates, given anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from layers.errors import WriteError
from layers.flatten import MALFORMED, BadGeometry, fault_of
from layers.upgrade import geometries_of

Number = Callable[[int], int]


class Kept:
    """New numbers in the order in which the old ones are first met; `kept` are the old ones."""

    def __init__(self, limit: int, what: str) -> None:
        self._limit, self._what = limit, what
        self._new: dict[int, int] = {}

    def __call__(self, old: int) -> int:
        """The new number of an old one."""
        _check(old, self._limit, self._what)
        return self._new.setdefault(old, len(self._new))

    @property
    def kept(self) -> list[int]:
        """The old numbers by the new ones."""
        return list(self._new)


def looked_up(new: Sequence[int], what: str) -> Number:
    """New numbers by the old ones."""

    def number(old: int) -> int:
        _check(old, len(new), what)
        return new[old]

    return number


def _check(old: int, limit: int, what: str) -> None:
    if not isinstance(old, int) or not 0 <= old < limit:
        raise BadGeometry(f"it names {what} {old}, there are {limit}")


def unchanged(old: int) -> int:
    """The same number."""
    return old


@dataclass(frozen=True)
class Renumbering:
    """New numbers for all that a geometry refers to."""

    vertex: Number = unchanged
    material: Number = unchanged
    texture: Number = unchanged
    texture_vertex: Number = unchanged
    template: Number = unchanged

    def renumber(self, id: str, item: dict[str, Any]) -> None:
        """Give a city object's geometries their new numbers."""
        try:
            for geometry in geometries_of(item):
                self.renumber_geometry(geometry)
        except MALFORMED as error:
            raise WriteError(
                f"The geometry of city object {id[:80]!r} cannot be written anew",
                found=fault_of(error),
                do="Export the layer to the format it came from; that keeps it as it is",
            ) from error

    def renumber_geometry(self, geometry: dict[str, Any]) -> None:
        """Give one geometry its new numbers."""
        geometry["boundaries"] = _nested(geometry["boundaries"], self.vertex)
        if "template" in geometry:
            geometry["template"] = self.template(geometry["template"])
        for theme in _themes(geometry, "material"):
            for key in theme.keys() & {"value", "values"}:
                theme[key] = _nested(theme[key], _or_none(self.material))
        for theme in _themes(geometry, "texture"):
            theme["values"] = self._textured(theme.get("values"))

    def _textured(self, values: Any) -> Any:
        """Texture values: a ring is the number of its texture, then those of its texture vertices."""
        if not isinstance(values, list):
            return None
        if any(isinstance(value, list) for value in values):
            return [self._textured(value) for value in values]
        texture = _nested(values[:1], _or_none(self.texture))
        ring = [*texture, *_nested(values[1:], _or_none(self.texture_vertex))]
        return [None] if None in ring else ring


def _themes(geometry: dict[str, Any], which: str) -> Iterator[dict[str, Any]]:
    themes = geometry.get(which)
    if isinstance(themes, dict):
        yield from (theme for theme in themes.values() if isinstance(theme, dict))


def _or_none(number: Number) -> Callable[[int], int | None]:
    """As `number`, but a material or texture that is not there is none, as it was when drawn."""

    def number_or_none(old: int) -> int | None:
        try:
            return number(old)
        except BadGeometry:
            return None

    return number_or_none


def vertex_numbers(item: dict[str, Any]) -> Iterator[int]:
    """The vertices that the geometries of a city object name."""
    waiting = [geometry["boundaries"] for geometry in geometries_of(item)]
    while waiting:
        for value in waiting.pop():
            if isinstance(value, list):
                waiting.append(value)
            elif value is not None:
                yield value


def _nested(values: Any, number: Callable[[int], int | None]) -> Any:
    """Nested lists with a new number for each number; null stays."""
    if isinstance(values, list):
        return [_nested(value, number) for value in values]
    return None if values is None else number(values)
