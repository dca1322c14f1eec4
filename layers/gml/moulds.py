"""Members of a city model that are written alike: one is parsed, the others are cast in its mould.

    <core:cityObjectMember><bldg:Building gml:id="b" condensed-values="3"><bldg:lod2Solid>…

Once polygons and attributes are taken out, the texts of most members differ in nothing but ids and the
numbers of what was taken out: they hold the same city objects with the same geometries. There are moulds
only of what consists of runs of polygons, and is met again; any other member is parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from layers.gml.condense import POLYGONS, Condensed
from layers.gml.geometries import Geometry, Part, Run
from layers.gml.objects import Extraction, GmlObject, Member
from layers.gml.plain import VALUES
from layers.gml.shapes import Noted

if TYPE_CHECKING:
    from lxml.etree import _Element

#: A file with more kinds of members than this is not remembered.
MOST_KINDS = 4096
_MARKS = (f" {POLYGONS}=", f" {VALUES}=")
#: Where an id or a number stands that is not said: behind the values of a member comes an empty one.
_NOWHERE = -1
#: The text of a member without what varies.
Key: TypeAlias = "tuple[str, ...]"


class _Shape(NamedTuple):
    """A geometry: where its id stands, and which runs its shells are made of."""

    type: str
    lod: str
    id: int
    srs_name: str
    cuts_terrain: bool
    solids: list[list[list[int]]]


class _Thing(NamedTuple):
    """A city object: where its id and the number of its attributes stand."""

    type: str
    element: _Element  # of the one that was parsed
    id: int
    attributes: int
    parent: int  # among those of the member
    shapes: list[_Shape]


@dataclass(frozen=True)
class Mould:
    """What members of one kind hold."""

    things: list[_Thing]
    runs: list[tuple[int, bool]]  # where their numbers stand, and whether they are seen from the other side
    noted: list[int | tuple[int, list[int]]]  # a run, or where an id stands and the runs that have it

    def cast(self, values: Sequence[str], offset: int, batch: Extraction) -> None:
        """Put a member with these values, which begins there in the file, to a batch."""
        shapes = batch.shapes
        runs = [shapes.run(values[place], None, flipped) for place, flipped in self.runs]
        for noted in self.noted:
            if isinstance(noted, int):
                shapes.noted.append(runs[noted])
            else:
                shapes.noted.append((values[noted[0]], [runs[number] for number in noted[1]]))
        member = Member(offset)
        for thing in self.things:
            item = GmlObject(values[thing.id], thing.type, thing.element)
            if thing.parent != _NOWHERE:
                item.parent = member.objects[thing.parent]
            if thing.attributes != _NOWHERE:
                item.attributes = shapes.values(values[thing.attributes])
            for type, lod, id, srs_name, cuts_terrain, solids in thing.shapes:
                shells: list[list[list[Part]]] = [
                    [[runs[number] for number in shell] for shell in solid] for solid in solids
                ]
                item.geometries.append(
                    Geometry(type, lod, shells, [], values[id], srs_name, None, cuts_terrain)
                )
            member.objects.append(item)
        batch.members.append(member)


class Moulds:
    """The moulds of the members of one file."""

    def __init__(self, gml: str, parse: Callable[[str], Sequence[_Element]], shapeless: str = "") -> None:
        """`gml` is the prefix of GML; `parse` gives the elements of members from their text."""
        self._id = f" {gml}:id="
        self._parse = parse
        self._shapeless = shapeless
        self._fixed: dict[Key, list[int]] = {}  # the places of values that have to be alike, too
        self._met: set[Key] = set()
        self._moulds: dict[Key, Mould | None] = {}  # of what was met again; None where there can be none

    def add(self, text: str, offsets: Sequence[int], batch: Extraction) -> bool:
        """Put the members of a text, which begin there in the file, to a batch; False if it holds others."""
        condensed = batch.shapes.condensed
        assert condensed is not None
        texts = [] if condensed.faces or condensed.hrefs else _members(text, len(offsets))
        found = [self._found(member, condensed) for member in texts]
        if texts and _are_plain([value for one in found if one is not None for value in one[1]]):
            text = "".join([member for member, one in zip(texts, found, strict=True) if one is None])
        else:
            found = [None] * len(offsets)
        elements = self._parse(text) if None in found else ()
        if len(elements) != found.count(None):
            return False
        parsed = iter(elements)
        for offset, one in zip(offsets, found, strict=True):
            if one is None:
                batch.add(next(parsed), offset)
            else:
                one[0].cast(one[1], offset, batch)
        return True

    def _found(self, text: str, condensed: Condensed) -> tuple[Mould, list[str]] | None:
        """The mould of a member and the values in it; None where it has to be parsed."""
        parts = text.split('"')
        values, key = parts[1::2], tuple(parts[::2])
        fixed = self._fixed.get(key)
        if fixed is None:
            fixed = self._fixed[key] = self._places(key)
        if fixed:
            key += tuple([values[place] for place in fixed])
        mould = self._moulds.get(key)
        if mould is None:
            if key in self._moulds or not self._is_met_again(key):
                return None
            mould = self._moulds[key] = self._made(parts, condensed)
        values.append("")
        return None if mould is None else (mould, values)

    def _places(self, texts: Key) -> list[int]:
        """The places of values that are neither ids nor numbers of what was taken out."""
        varying = (self._id, *_MARKS)
        return [place for place, said in enumerate(texts[:-1]) if not said.endswith(varying)]

    def _is_met_again(self, key: Key) -> bool:
        """Whether there was a member like this before: what is there once needs no mould."""
        if key in self._met:
            return True
        if len(self._met) >= MOST_KINDS:
            self._met.clear()
            self._fixed.clear()
            self._moulds.clear()
        self._met.add(key)
        return False

    def _made(self, parts: Sequence[str], condensed: Condensed) -> Mould | None:
        """The mould of a member, whose text is in pieces; None where it holds what cannot be cast."""
        told, places = list(parts), {"": _NOWHERE}
        for place, said in enumerate(parts[:-1:2]):
            if said.endswith(self._id):
                told[2 * place + 1] = f"what stands at {place}"
            places[told[2 * place + 1]] = place
        elements = self._parse('"'.join(told))
        if len(elements) != 1:
            return None
        heard: list[object] = []
        bare = replace(condensed, values=[{} for _ in condensed.values])
        batch = Extraction(lambda *what: heard.append(what), self._shapeless, bare)
        member = batch.add(elements[0], 0)
        shapes = batch.shapes
        if heard or member.appearances or shapes.has_links or len(shapes.texts.texts) > len(bare.rings):
            return None
        try:
            return _mould(member.objects, shapes.noted, places)
        except KeyError:
            return None  # something is no run, or is not where it can be found


def _members(text: str, count: int) -> list[str]:
    """The texts of so many members with the same tag; none where they are written otherwise."""
    name = text[1:].partition(">")[0]
    opening, closing = f"<{name}>", f"</{name}>"
    texts = text.split(closing)
    if len(texts) != count + 1 or texts.pop().strip() or "<!" in text or "<?" in text:
        return []
    if not all(member.lstrip().startswith(opening) for member in texts):
        return []
    return [member + closing for member in texts]


def _are_plain(values: Sequence[str]) -> bool:
    """Whether values of XML attributes are what they look like."""
    text = "".join(values)
    return not text or (text.isascii() and text.isprintable() and not any(sign in text for sign in "<>&"))


def _mould(objects: Sequence[GmlObject], noted: Sequence[Noted], places: Mapping[str, int]) -> Mould | None:
    """The mould of a member that holds these objects; KeyError where it cannot be cast."""
    runs = [what for what in noted if isinstance(what, Run)]
    numbers: dict[int, int] = {id(run): number for number, run in enumerate(runs)}
    things: list[_Thing] = []
    for item in objects:
        if item.attributes or item.surfaces or item.bounding:
            return None
        said = item.element.get(VALUES, "")
        parent = _NOWHERE if item.parent is None else objects.index(item.parent)
        shapes: list[_Shape] = []
        for found in item.geometries:
            if found.lines or found.placed is not None:
                return None
            solids = [[[numbers[id(part)] for part in shell] for shell in solid] for solid in found.solids]
            shapes.append(
                _Shape(found.type, found.lod, places[found.id], found.srs_name, found.cuts_terrain, solids)
            )
        things.append(_Thing(item.type, item.element, places[item.id], places[said], parent, shapes))
    kept: list[int | tuple[int, list[int]]] = [
        numbers[id(what)]
        if isinstance(what, Run)
        else (places[what[0]], [numbers[id(part)] for part in what[1]])
        for what in noted
    ]
    seen = [(places[f"{run.numbers.start} {run.numbers.stop}"], run.flipped) for run in runs]
    return Mould(things, seen, kept)
