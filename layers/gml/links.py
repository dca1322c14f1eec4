"""References between geometries: followed, and what an object's surfaces and solids make together.

A solid whose shell refers to the polygons of the boundary surfaces (or the other way round) is one
geometry with semantics; boundary surfaces that are in no other geometry of their LoD make a MultiSurface.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from layers.gml.geometries import Geometry, Link, Part, Polygon, Run, each
from layers.gml.names import FINER, FINEST, INDOORS
from layers.gml.objects import Extraction, GmlObject

#: A reference leads to a reference … not more often than this.
MOST_STEPS = 16

#: Reads what has these gml:ids in the rest of the file into `Shapes.by_id`.
Fetch = Callable[[set[str]], None]
#: Hears a code, an object's id and a sentence.
Tell = Callable[[str, str, str], None]


def settle(batch: Extraction, fetch: Fetch, tell: Tell) -> int:
    """Follow all references of a batch, and put together what boundary surfaces make.

    Gives how many objects had LoD 4, which is called otherwise from here on.
    """
    items = [item for member in batch.members for item in member.objects]
    if batch.shapes.has_links:
        links = _Links(batch, tell)
        missing = links.missing(items)
        if missing:
            fetch(missing)
        for item in items:
            links.follow_boundaries(item)
        for item in items:
            links.follow(item)
    return sum([_assemble(item) for item in items])


class _Links:
    def __init__(self, batch: Extraction, tell: Tell) -> None:
        self.by_id = batch.shapes.by_id
        self._tell = tell

    def missing(self, items: Iterable[GmlObject]) -> set[str]:
        """The ids that are referred to and not known."""
        known, found = self.by_id, set[str]()
        for item in items:
            for polygons in _lists_of(item):
                for link in polygons:
                    if type(link) is Link and link.href[1:] not in known and link.href[:1] == "#":
                        found.add(link.href[1:])
        return found

    def follow_boundaries(self, item: GmlObject) -> None:
        """Put polygons for the references of boundary surfaces; those that were nobody's are theirs now."""
        for lod, polygons in item.bounding.items():
            if not any(type(polygon) is Link for polygon in polygons):
                continue
            found: list[Part] = []
            for polygon in polygons:
                if not isinstance(polygon, Link):
                    found.append(polygon)
                    continue
                for target in self._targets(polygon, item, 0):
                    if target.surface is None:
                        target.surface = polygon.surface
                    elif target.surface is not polygon.surface:
                        target = Polygon(target.id, target.rings, polygon.surface, target.flipped)
                    found.append(target)
            item.bounding[lod] = found

    def follow(self, item: GmlObject) -> None:
        """Put polygons for the references of an object's geometries."""
        for geometry in item.geometries:
            for shells in geometry.solids:
                for number, shell in enumerate(shells):
                    if any(type(polygon) is Link for polygon in shell):
                        shells[number] = self._shell(shell, item)

    def _shell(self, shell: list[Part], item: GmlObject) -> list[Part]:
        """A shell with the polygons that its references mean; mostly each is one polygon that is there."""
        found: list[Part] = []
        for polygon in shell:
            if isinstance(polygon, Link):
                known = self.by_id.get(polygon.href[1:], ())
                if (
                    len(known) == 1
                    and type(known[0]) is Polygon
                    and polygon.href[0] == "#"
                    and not polygon.flipped
                ):
                    found.append(known[0])
                else:
                    found += self._targets(polygon, item, 0)
            else:
                found.append(polygon)
        return found

    def _followed(self, parts: Iterable[Part], item: GmlObject, steps: int) -> Iterator[Polygon]:
        for polygon in each(parts):
            if isinstance(polygon, Polygon):
                yield polygon
            else:
                yield from self._targets(polygon, item, steps)

    def _targets(self, link: Link, item: GmlObject, steps: int) -> Iterator[Polygon]:
        """The polygons that a reference means."""
        known = self.by_id.get(link.href[1:]) if link.href[:1] == "#" else None
        if known is None or steps > MOST_STEPS:
            self._say_unknown(link, item, steps)
            return
        for polygon in self._followed(known, item, steps + 1):
            if link.flipped:
                yield Polygon(polygon.id, polygon.rings, polygon.surface, not polygon.flipped)
            else:
                yield polygon

    def _say_unknown(self, link: Link, item: GmlObject, steps: int) -> None:
        href = link.href[:200]
        if steps > MOST_STEPS:
            self._tell("link_loop", item.id, f"the reference {href!r} leads to itself")
        elif link.href[:1] == "#":
            self._tell("broken_link", item.id, f"nothing in the file has the gml:id that {href!r} refers to")
        else:
            self._tell("remote_link", item.id, f"the geometry at {href!r} is not in this file")


def _lists_of(item: GmlObject) -> Iterator[list[Part]]:
    """All lists of an object in which references may be."""
    yield from item.bounding.values()
    for geometry in item.geometries:
        for shells in geometry.solids:
            yield from shells


def _assemble(item: GmlObject) -> bool:
    """Name the LoDs, and add what the boundary surfaces make that no other geometry of their LoD shows.

    Gives whether one was LoD 4.
    """
    lods = {geometry.lod for geometry in item.geometries}.union(item.bounding)
    if INDOORS in lods:
        finest = FINER if FINEST in lods else FINEST
        for geometry in item.geometries:
            if geometry.lod == INDOORS:
                geometry.lod = finest
        if INDOORS in item.bounding:
            item.bounding[finest] = item.bounding.pop(INDOORS)
    for lod, polygons in item.bounding.items():
        shown = {
            id(polygon.rings)
            for geometry in item.geometries
            if geometry.lod == lod and geometry.placed is None
            for shells in geometry.solids
            for shell in shells
            for polygon in _asked(shell)
            if type(polygon) is Polygon
        }
        own: list[Part] = [
            polygon
            for polygon in _asked(polygons)
            if type(polygon) is Run or (type(polygon) is Polygon and id(polygon.rings) not in shown)
        ]
        if own:
            item.geometries.append(Geometry("MultiSurface", lod, [[own]]))
    item.bounding = {}
    return INDOORS in lods


def _asked(parts: list[Part]) -> Iterable[Part]:
    """The same with those polygons one by one that somebody asked for; nobody else refers to the others."""
    if not any(type(part) is Run and part.known is not None for part in parts):
        return parts
    return [
        polygon
        for part in parts
        for polygon in (part.known if type(part) is Run and part.known is not None else (part,))
    ]
