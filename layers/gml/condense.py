"""Members of a city model as shorter texts: plain polygons, which are most of it, are taken out beforehand.

    <gml:surfaceMember><gml:Polygon gml:id="p">… one ring, one posList    <gml:surfaceMember condensed="7 9"/>
    <bldg:boundedBy><bldg:WallSurface gml:id="w">… such a polygon         <bldg:boundedBy condensed="0 7"/>

What follows each other becomes one element, which says which polygons stood there: numbers 7 and 8. So
there are few elements left to be parsed and looked at. Whatever is written in another way stays as it is.
Nobody but the parser gets to see these texts; where not all that was taken out of one is put back, because
it stands in a comment or where nobody looks for geometries, the text is read as it stands in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from layers.gml.names import CITYGML, GML, SURFACE_NAMES, object_type, once, shape_of, surface_type

if TYPE_CHECKING:
    from lxml.etree import _Element

#: The attribute that tells which polygons stood where an element is.
MARK = "condensed"
_ENCODINGS = re.compile(r"utf-?8|(us-)?ascii|iso-8859-\d+|(windows-|cp)125\d", re.IGNORECASE)
_NAMESPACE = re.compile(rb"""\sxmlns(?::([\w.-]+))?\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_BLANK = r"[ \t\r\n]"


#: Type, id and LoD of the semantic surface that a polygon alone is, and the id of the MultiSurface around it.
Face: TypeAlias = "tuple[str, str | None, str, str | None]"


@dataclass(slots=True)
class Condensed:
    """The plain polygons of a text, by number."""

    rings: list[str] = field(default_factory=list)  # the coordinates of the only ring
    ring_ids: list[str | None] = field(default_factory=list)
    ids: list[str | None] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)  # of those that are surfaces, which come first

    def add(self, columns: list[list[str]]) -> None:
        """Take what the groups of a pattern found; groups that found nothing are None."""
        *face, ids, ring_ids, rings = columns
        self.ids += ids
        self.ring_ids += ring_ids
        self.rings += rings
        if face:
            types, own_ids, _, lods, set_ids = face
            self.faces += zip(map(_local, types), own_ids, map(_lod, lods), set_ids, strict=True)


def numbers_in(element: _Element) -> range | None:
    """The numbers of the polygons that stood where an element is; mostly none."""
    said = element.get(MARK)
    return None if said is None else range(*map(int, said.split()))


@once
def _local(tag: str) -> str:
    """A tag without its prefix."""
    return tag.rpartition(":")[2]


@once
def _lod(tag: str) -> str:
    """The LoD in the tag of a property."""
    return shape_of(_local(tag)).lod


class Condenser:
    """Shortens the members of one file."""

    def __init__(self, opening: bytes, encoding: str) -> None:
        """`opening` is the tag of the outermost element."""
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._spaces = {
            (found[1] or b"").decode(): (found[2] or found[3] or b"").decode("utf-8", "replace")
            for found in _NAMESPACE.finditer(opening)
        }
        gml = next((prefix for prefix, space in self._spaces.items() if prefix and space in GML), "")
        self._gml = re.escape(gml) if _ENCODINGS.fullmatch(encoding) else ""
        self._bounds = [
            f"{prefix}:{name}".lstrip(":")
            for prefix, space in self._spaces.items()
            if space.startswith(CITYGML)
            for name in ("boundedBy", "boundary")
        ]

    def condensed(self, text: bytes) -> tuple[bytes, Condensed] | None:
        """A shorter text, and what was taken out of it; None when that is nothing."""
        if not self._gml:
            return None
        taken = Condensed()
        # Signs beyond ASCII are left as they are, whatever they mean.
        short, marks = text.decode("latin-1"), 0
        for tag in (*self._bounds, f"{self._gml}:surfaceMember", f"{self._gml}:Triangle"):
            if f"<{tag}>" not in short and (tag[-1] != "e" or f"<{tag} " not in short):
                continue
            pattern = self._patterns.get(tag) or self._patterns.setdefault(tag, self._pattern(tag))
            between, *columns = _columns(short, pattern)
            first = len(taken.rings)
            taken.add(columns)
            short, more = _marked(between, tag, first)
            marks += more
        # What was there is probably there again; what comes first leaves little to be looked at.
        self._bounds.sort(key=lambda tag: tag not in self._patterns)
        if not marks or short.count(f' {MARK}="') != marks or "xmlns" in short:
            return None
        return short.encode("latin-1"), taken

    def _pattern(self, tag: str) -> re.Pattern[str]:
        """What is taken out and has this tag, or is in something that has."""
        gml = self._gml
        named = rf'(?:{_BLANK}++{gml}:id="([\w.:{{}}-]++)")?+'
        if tag == f"{gml}:surfaceMember":
            return _between(f"<{tag}>", *_polygon(gml, "Polygon", named), f"</{tag}>")
        if tag == f"{gml}:Triangle":
            return _between(*_polygon(gml, "Triangle", named))
        prefix, _, name = tag.rpartition(":")
        names = "|".join(self._surface_names(prefix if name == "boundedBy" else None))
        return _face(tag, names or "(?!)", gml, named)

    def _surface_names(self, only: str | None) -> Iterator[str]:
        """The tags of semantic surfaces of CityGML; of those that have this prefix, when one is given."""
        for prefix, space in self._spaces.items():
            if only in (None, prefix):
                for name in SURFACE_NAMES:
                    tag = f"{{{space}}}{name}"
                    if surface_type(tag) == name and not object_type(tag):
                        yield re.escape(f"{prefix}:{name}".lstrip(":"))


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
                found.append(f'<{tag} {MARK}="{begin} {number}"/>')
            found.append(rest)
            begin = number
    if begin < number:
        found.append(f'<{tag} {MARK}="{begin} {number}"/>')
    return "".join(found), len(found) // 2


def _polygon(gml: str, name: str, named: str) -> tuple[str, ...]:
    """The tags of a polygon of one ring."""
    return (
        f"<{gml}:{name}{named}>",
        f"<{gml}:exterior>",
        f"<{gml}:LinearRing{named}>",
        rf'<{gml}:posList(?:{_BLANK}++srsDimension="3")?+>([^<&]*+)</{gml}:posList>',
        f"</{gml}:LinearRing>",
        f"</{gml}:exterior>",
        f"</{gml}:{name}>",
    )


def _face(tag: str, names: str, gml: str, named: str) -> re.Pattern[str]:
    """A boundary surface that is one polygon, and has at most plain attributes, which are not looked at."""
    plain = rf"(?:<([\w.:-]++)>[^<&]++</\3>{_BLANK}*+)*+"
    return _between(
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


def _between(*tags: str) -> re.Pattern[str]:
    """Tags with nothing between them."""
    return re.compile("".join(f"{tag}{_BLANK}*+" for tag in tags), re.ASCII)
