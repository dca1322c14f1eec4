"""Members of a city model as shorter texts: plain polygons, which are most of it, are taken out beforehand.

    <bldg:boundedBy><bldg:WallSurface gml:id="w">… such a polygon  →  <bldg:boundedBy condensed-faces="0 7"/>
    <gml:surfaceMember><gml:Polygon gml:id="p">… one ring          →  <… condensed-polygons="7 9"/>
    <gml:surfaceMember xlink:href="#p"/>                           →  <… condensed-links="0 5"/>

What follows each other becomes one element, which says what stood there: polygons 7 and 8. So there are
few elements left to be parsed and looked at. Whatever is written in another way stays as it is.

Nobody but the parser gets to see these texts. Where not all that was taken out of one is put back, because
it stands in a comment or where nobody looks for geometries, the text is read as it stands in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from layers.gml.names import (
    CITYGML,
    GML,
    SURFACE_NAMES,
    XLINK_HREF,
    object_type,
    once,
    shape_of,
    split,
    surface_type,
)
from layers.gml.plain import PlainValues

#: The attributes that tell what stood where an element is.
FACES, POLYGONS, LINKS = "condensed-faces", "condensed-polygons", "condensed-links"
_MARK = " condensed-"
_BOUNDS = ("boundedBy", "boundary")
_ENCODINGS = re.compile(r"utf-?8|(us-)?ascii|iso-8859-\d+|(windows-|cp)125\d", re.IGNORECASE)
_NAMESPACE = re.compile(rb"""\sxmlns(?::([\w.-]+))?\s*=\s*(?:"([^"]*)"|'([^']*)')""")
#: What may stand between tags: white space, and text that means nothing there.
_GAP = "[^<]*+"
_BLANKS = r"[ \t\r\n]++"
#: What makes an id another one than is written.
_ODD = ("<", "&", " ", "\t", "\n", "\r")

#: Type, id and LoD of the semantic surface that a polygon alone is, and the id of the MultiSurface around it.
Face: TypeAlias = "tuple[str, str | None, str, str | None]"


@dataclass(slots=True)
class Condensed:
    """The plain polygons of a text, by number, and references to others."""

    rings: list[str] = field(default_factory=list)  # the coordinates of the only ring
    ring_ids: list[str | None] = field(default_factory=list)
    ids: list[str | None] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)  # of those that are surfaces, which come first
    hrefs: list[str] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)  # the first attributes of objects

    @property
    def size(self) -> int:
        """How much was taken out."""
        return len(self.rings) + len(self.hrefs) + len(self.values)

    @property
    def is_plain(self) -> bool:
        """Whether ids mean what they look like."""
        ids = (self.ids, self.ring_ids, (face[1] for face in self.faces), (face[3] for face in self.faces))
        texts = ["".join(filter(None, some)) for some in (*ids, self.hrefs)]
        is_odd = any(sign in text for text in texts for sign in _ODD)
        return not is_odd and all(map(str.isascii, texts))

    def add(self, columns: list[list[str]]) -> None:
        """Take polygons that the groups of a pattern found; groups that found nothing are None."""
        *face, ids, ring_ids, rings = columns
        self.ids += ids
        self.ring_ids += ring_ids
        self.rings += rings
        if face:
            types, own_ids, _, lods, set_ids = face
            self.faces += zip(map(_local, types), own_ids, map(_lod, lods), set_ids, strict=True)


def numbers_of(said: str) -> range:
    """The numbers of what stood where an element is, as its attribute says them."""
    begin, _, end = said.partition(" ")
    return range(int(begin), int(end))


@once
def _local(tag: str) -> str:
    """A tag without its prefix."""
    return tag.rpartition(":")[2]


@once
def _lod(tag: str) -> str:
    """The LoD in the tag of a property."""
    return shape_of(_local(tag)).lod


class Condenser:
    """Shortens members of files that begin alike; what it remembers makes it faster, nothing else."""

    def __init__(self, opening: bytes, encoding: str) -> None:
        """`opening` is the tag of the outermost element."""
        self._patterns: dict[tuple[str, str], re.Pattern[str]] = {}
        self._spaces = {
            (found[1] or b"").decode(): (found[2] or found[3] or b"").decode("utf-8", "replace")
            for found in _NAMESPACE.finditer(opening)
        }
        gml = next((prefix for prefix, space in self._spaces.items() if prefix and space in GML), "")
        self.gml = re.escape(gml) if _ENCODINGS.fullmatch(encoding) else ""  # its prefix; "" reads nothing
        self._is_bounded = False  # whether there were boundary surfaces lately
        self._values = PlainValues(self.gml, self._spaces, encoding)
        xlink = split(XLINK_HREF)[0]
        self._xlink = re.escape(
            next((prefix for prefix, space in self._spaces.items() if space == xlink), "")
        )
        self._bounds = [
            f"{prefix}:{name}".lstrip(":")
            for prefix, space in self._spaces.items()
            if space.startswith(CITYGML)
            for name in _BOUNDS
        ]

    def condensed(self, text: bytes) -> tuple[str, Condensed] | None:
        """A shorter text, whose signs are its bytes, and what was taken out; None when that is nothing."""
        if not self.gml:
            return None
        # Signs beyond ASCII are left as they are, whatever they mean.
        whole = text.decode("latin-1")
        found = None if self._is_bounded else self._taken(whole, ())
        if found is None or self._has_bounds(found[0]):
            self._is_bounded = self._has_bounds(whole)
            found = self._taken(whole, self._bounds if self._is_bounded else ())
        short, marks, taken = found
        if not marks or short.count(_MARK) != marks or "xmlns" in short or not taken.is_plain:
            return None
        if "&" in whole and "&" in "".join(taken.rings):
            return None
        return short, taken

    def _has_bounds(self, text: str) -> bool:
        return any(f"{name}>" in text for name in _BOUNDS) and any(f"<{tag}>" in text for tag in self._bounds)

    def _taken(self, short: str, bounds: Sequence[str]) -> tuple[str, int, Condensed]:
        """A text without what is plain, how many marks stand there instead, and what was taken out."""
        taken, marks = Condensed(), 0
        member, triangle = f"{self.gml}:surfaceMember", f"{self.gml}:Triangle"
        kinds = (*((FACES, tag, f"<{tag}>") for tag in bounds), (POLYGONS, member, f"<{member}>"))
        for mark, tag, sign in (*kinds, (POLYGONS, triangle, f"<{triangle}"), (LINKS, member, f"<{member} ")):
            if sign in short:
                between, *columns = _columns(short, self._pattern(mark, tag))
                if mark == LINKS:
                    first = len(taken.hrefs)
                    taken.hrefs += columns[0]
                else:
                    first = len(taken.rings)
                    taken.add(columns)
                short, more = _marked(between, f"<{tag} {mark}=", first)
                marks += more
        short, taken.values = self._values.taken(short)
        # What was there is probably there again; what comes first leaves little to be looked at.
        self._bounds.sort(key=lambda tag: (FACES, tag) not in self._patterns)
        return short, marks + len(taken.values), taken

    def _pattern(self, mark: str, tag: str) -> re.Pattern[str]:
        """What is taken out and has this tag, or is in something that has."""
        found = self._patterns.get((mark, tag))
        if found is None:
            found = self._patterns[mark, tag] = _joined(self._tags(mark, tag))
        return found

    def _tags(self, mark: str, tag: str) -> Iterable[str]:
        gml = self.gml
        named = rf'(?:{_BLANKS}{gml}:id="([^"]*+)")?+'
        if mark == LINKS:
            return (rf'<{tag}{_BLANKS}{self._xlink}:href="([^"]*+)"[ \t\r\n]*+/>',)
        if mark == FACES:
            prefix, _, name = tag.rpartition(":")
            names = "|".join(self._surface_names(prefix if name == "boundedBy" else None))
            return _face(tag, names or "(?!)", gml, named)
        if tag.endswith("Triangle"):
            return _polygon(gml, "Triangle", named)
        return (f"<{tag}>", *_polygon(gml, "Polygon", named), f"</{tag}>")

    def _surface_names(self, only: str | None) -> Iterator[str]:
        """The tags of semantic surfaces of CityGML; of those that have this prefix, when one is given."""
        for prefix, space in self._spaces.items():
            if only in (None, prefix):
                for name in SURFACE_NAMES:
                    tag = f"{{{space}}}{name}"
                    if surface_type(tag) == name and not object_type(tag):
                        yield re.escape(f"{prefix}:{name}".lstrip(":"))


@lru_cache(maxsize=16)
def condenser_of(opening: bytes, encoding: str) -> Condenser:
    """The condenser of files that begin with this tag: parts and tiles that are alike are read with one."""
    return Condenser(opening, encoding)


def _columns(text: str, pattern: re.Pattern[str]) -> list[list[str]]:
    """The text between what is found, and what each group of the pattern found."""
    parts = pattern.split(text)
    each = pattern.groups + 1
    return [parts[number::each] for number in range(each)]


def _marked(between: list[str], tag: str, first: int) -> tuple[str, int]:
    """A text with one element for all that was found without anything between, and how many of these."""
    found: list[str] = []
    begin = number = first
    for number, rest in enumerate(between, first):
        if rest or number == first:
            if begin < number:
                found.append(f'{tag}"{begin} {number}"/>')
            found.append(rest)
            begin = number
    if begin < number:
        found.append(f'{tag}"{begin} {number}"/>')
    return "".join(found), len(found) // 2


def _polygon(gml: str, name: str, named: str) -> tuple[str, ...]:
    """The tags of a polygon of one ring."""
    return (
        f"<{gml}:{name}{named}>",
        f"<{gml}:exterior>",
        f"<{gml}:LinearRing{named}>",
        f'<{gml}:posList(?:{_BLANKS}srsDimension="3")?+>([^<]*+)</{gml}:posList>',
        f"</{gml}:LinearRing>",
        f"</{gml}:exterior>",
        f"</{gml}:{name}>",
    )


def _face(tag: str, names: str, gml: str, named: str) -> tuple[str, ...]:
    """The tags of a boundary surface that is one polygon; plain attributes of it mean nothing here."""
    plain = rf"(?:<([\w.:-]++)>[^<]++</\3>{_GAP})*+"
    return (
        f"<{tag}>",
        f"<({names}){named}>",
        plain + r"<((?:[\w.-]++:)?+lod[0-4][A-Z]\w*+)>",
        f"<{gml}:MultiSurface{named}>",
        f"<{gml}:surfaceMember>",
        *_polygon(gml, "Polygon", named),
        f"</{gml}:surfaceMember>",
        f"</{gml}:MultiSurface>",
        r"</\4>",
        r"</\1>",
        f"</{tag}>",
    )


def _joined(tags: Iterable[str]) -> re.Pattern[str]:
    """These tags, one behind the other."""
    return re.compile("".join(tag + _GAP for tag in tags), re.ASCII)
