"""What geometries of GML are made of, as they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(slots=True, eq=False)
class SemanticSurface:
    """A boundary surface, an opening in one, or an area of a road: what polygons are."""

    id: str
    type: str
    element: _Element | None = None
    parent: SemanticSurface | None = None  # of an opening


@dataclass(slots=True, eq=False)
class Polygon:
    """A polygon: numbers of its rings in `Texts`, the outer one first."""

    id: str
    rings: list[int]
    surface: SemanticSurface | None = None
    flipped: bool = False  # it is seen from the other side


class Link(NamedTuple):
    """Polygons that are written elsewhere."""

    href: str
    surface: SemanticSurface | None = None
    flipped: bool = False


@dataclass(slots=True, eq=False)
class Run:
    """Polygons of one ring that follow each other; each is made once somebody asks for it."""

    numbers: range  # of the texts of their rings
    ids: list[str | None]  # by these numbers
    surface: SemanticSurface | None = None
    flipped: bool = False
    known: list[Polygon] | None = None  # what was asked for, and may have changed since

    def polygons(self) -> list[Polygon]:
        """Each of the polygons, the same ones whenever they are asked for."""
        if self.known is None:
            begin, end = self.numbers.start, self.numbers.stop
            self.known = [
                Polygon(id or "", [number], self.surface, self.flipped)
                for number, id in zip(self.numbers, self.ids[begin:end], strict=True)
            ]
        return self.known


#: What a shell is made of.
Part: TypeAlias = Polygon | Link | Run


def each(parts: Iterable[Part]) -> Iterator[Polygon | Link]:
    """All polygons and references one by one."""
    for part in parts:
        if isinstance(part, Run):
            yield from part.polygons()
        else:
            yield part


@dataclass(slots=True, eq=False)
class Geometry:
    """One geometry of an object; `type` is CityJSON's.

    What has surfaces is solids of shells of polygons, a MultiSurface one solid of one shell.
    """

    type: str
    lod: str
    solids: list[list[list[Part]]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # numbers of texts: lines, or points
    id: str = ""
    srs_name: str = ""  # where it has its own
    placed: Placed | None = None
    cuts_terrain: bool = False  # a terrain intersection curve, which is not drawn

    def polygons(self) -> Iterator[Polygon | Link]:
        """All polygons in order."""
        for shells in self.solids:
            for shell in shells:
                yield from each(shell)


class Placed(NamedTuple):
    """Where an implicit geometry stands (OGC 12-019, 8.3)."""

    matrix: list[float]  # 16 numbers, row by row
    anchor: int  # number of the text of its reference point


@dataclass(slots=True)
class Texts:
    """Lists of coordinates, still text, each by its number."""

    texts: list[str] = field(default_factory=list)
    dimensions: dict[int, int] = field(default_factory=dict)  # of those that say their own
    ring_ids: dict[str, int] = field(default_factory=dict)

    def add(self, text: str) -> int:
        """Keep a text; gives its number."""
        self.texts.append(text)
        return len(self.texts) - 1
