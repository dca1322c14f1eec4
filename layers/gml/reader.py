"""Reads the members of a city model in batches, and gathers rows, pieces of the file, and shapes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import orjson

from layers import xmlsafe
from layers.arrays import Float64, Mesh
from layers.crs import is_geographic
from layers.data import HEAD, MEMBER, Feature, Piece, Progress
from layers.epochs import city_validity, validity
from layers.errors import ReadError
from layers.gml.appearance import Appearances
from layers.gml.batches import RING_NOT_CLOSED, Batch, gather, placed_rings
from layers.gml.codes import CodeLists
from layers.gml.condense import Condensed, condenser_of
from layers.gml.coordinates import Lines, lines_of
from layers.gml.cutting import Cut, Text, forget, mapped, with_ids
from layers.gml.geometries import Geometry, Polygon, SemanticSurface
from layers.gml.header import Header, is_feature
from layers.gml.links import settle
from layers.gml.moulds import Moulds
from layers.gml.objects import Extraction, GmlObject
from layers.gml.shapes import GEOMETRIES
from layers.moving import Move
from layers.polygons import Gathered
from layers.report import Outcome, Report
from layers.srsnames import crs_and_order

if TYPE_CHECKING:
    from lxml.etree import _Element

#: Text that is parsed at once: its tree takes some ten times as much.
BATCH_BYTES = 1 << 19
#: The element of each member, by where it begins.
Elements: TypeAlias = "dict[int, _Element]"
#: What becomes of what is told.
_OUTCOMES: dict[str, Outcome] = {
    "duplicate_id": "repaired",
    "arc": "noted",
    "not_gml": "repaired",
    RING_NOT_CLOSED: "repaired",
}


class Reader:
    """Gathers what the members of one file, or of stretches of it, hold."""

    #: Whether polygons are taken out of the text before it is parsed: surfaces have no element then.
    condenses = True

    def __init__(self, path: Path, header: Header, shapeless: str = "") -> None:
        """Things in a name space that holds `shapeless` are read without their geometries."""
        self._shapeless = shapeless
        self.codes = CodeLists()
        self.begin(path, header)
        self.report = Report()
        self.features: list[Feature] = []
        self.pieces: list[Piece] = []
        self.gathered = Gathered()
        self.surfaces: dict[str, int] = {}
        self.cuts_of_terrain = 0  # terrain intersection curves
        self.of_lod4 = 0  # objects
        self.appearances = Appearances(self.tell)
        self._ids: set[str] = set()
        self._moves: dict[str, Move] = {}

    def begin(self, path: Path, header: Header) -> None:
        """Go on with this file, of which that is known."""
        self.path, self.header = path, header
        self._condenser = condenser_of(header.frame.opening, header.frame.encoding)
        self.codes.begin(path)
        self._moulds = Moulds(self._condenser.gml, self._short_elements, self._shapeless)

    def tell(self, code: str, id: str, text: str) -> None:
        """Note what is not as it could be."""
        sentence = f"{text[:1].upper()}{text[1:].rstrip('.')}."
        self.report.warn(code, id, sentence, _OUTCOMES.get(code, "unsupported"))

    def add(self, text: Text, cuts: Iterable[Cut], offset: int, progress: Progress) -> None:
        """Take the members that a text holds, which begins there in the file, and all that stands between."""
        at, size = 0, max(1, len(text))
        for group in _grouped(cuts):
            if not at and not offset:
                self.add_text(bytes(text[: group[0].begin]), HEAD)
                at = group[0].begin
            begin, at = at, self._add_group(text, group, at, offset)
            forget(text, begin, at)
            progress(at / size, f"{len(self.features)} objects")
        if at < len(text):
            self.add_text(bytes(text[at:]), "" if at or offset else HEAD)

    def add_text(self, data: bytes, role: str = "") -> None:
        """Keep bytes that are no object's."""
        self.pieces.append(Piece(data, role=role))

    def share(self, text: Text, only: set[str] | None = None) -> None:
        """Take what the file says of the looks of polygons of all members; of those in `only`, when given."""
        frame = self.header.frame
        for cut in self.header.shared:
            root = xmlsafe.parse(
                frame.whole(bytes(text[cut.begin : cut.end])), self.path.name, frame.encoding
            )
            for appearance in root.iterfind("*/{*}Appearance"):
                self.appearances.add(appearance, only)

    def _add_group(self, text: Text, cuts: Sequence[Cut], at: int, offset: int) -> int:
        """Take some members; gives where in the text they end."""
        members = [cut for cut in cuts if is_feature(cut)]
        data = _joined(text, members)
        self.codes.note(data)
        short = self._condenser.condensed(data) if self.condenses else None
        batch = self._put_back(short, members, offset) if short is not None else None
        if batch is None:
            batch = self._extracted(self._parsed(text, members, data, offset), offset)
        first = len(self.features)
        firsts: dict[int, tuple[int, int]] = {}
        for member in batch.members:
            firsts[member.offset - offset] = first, len(member.objects)
            first += len(member.objects)
        for cut in cuts:
            begins, count = firsts.get(cut.begin, (None, 0))
            if count:
                piece = Piece(bytes(text[at : cut.end]), cut.begin - at, begins, f"{MEMBER}{count}")
            else:
                piece = Piece(bytes(text[at : cut.end]))
            self.pieces.append(piece)
            at = cut.end
        self._take(batch)
        return at

    def _put_back(
        self, short: tuple[str, Condensed], members: Sequence[Cut], offset: int
    ) -> Extraction | None:
        """What members hold whose text was shortened; None where it has to be read as it stands."""
        told: list[tuple[str, str, str]] = []
        batch = Extraction(lambda *what: told.append(what), self._shapeless, short[1])
        try:
            is_done = self._moulds.add(short[0], [offset + cut.begin for cut in members], batch)
        except ReadError:
            return None
        if not is_done or not batch.shapes.is_whole:
            return None
        for what in told:
            self.tell(*what)
        batch.teller.tell, batch.shapes.condensed = self.tell, None  # other text is as it stands in the file
        return batch

    def _short_elements(self, members: str) -> Sequence[_Element]:
        """The elements of members that were shortened."""
        frame = self.header.frame
        return list(xmlsafe.parse(frame.whole(members.encode("latin-1")), self.path.name, frame.encoding))

    def _extracted(self, elements: Elements, offset: int) -> Extraction:
        """What members hold."""
        batch = Extraction(self.tell, self._shapeless)
        for begin, element in elements.items():
            batch.add(element, offset + begin)
        return batch

    def _elements(self, members: bytes, cuts: Sequence[Cut]) -> Elements:
        """The element of each member; none when they are not as many."""
        frame = self.header.frame
        root = xmlsafe.parse(frame.whole(members), self.path.name, frame.encoding)
        if len(root) != len(cuts):
            return {}
        return {cut.begin: element for cut, element in zip(cuts, root, strict=True)}

    def _parsed(self, text: Text, cuts: Sequence[Cut], members: bytes, offset: int) -> Elements:
        """The elements of members whose text is as it stands in the file, one by one where it has to be."""
        try:
            found = self._elements(members, cuts)
        except ReadError as error:
            found = {}
            if len(cuts) == 1:
                at = f"byte {offset + cuts[0].begin:,}"
                self.tell("bad_member", "", f"the member at {at} is kept but cannot be read: {error.found}")
        if found or len(cuts) <= 1:
            return found
        for cut in cuts:
            found |= self._parsed(text, [cut], bytes(text[cut.begin : cut.end]), offset)
        return found

    # --- a batch ---------------------------------------------------------------------------------

    def _take(self, batch: Extraction) -> None:
        items = [item for member in batch.members for item in member.objects]
        self._name(items)
        self.of_lod4 += settle(batch, lambda ids: self._fetch(batch, ids), self.tell)
        written = lines_of(batch.shapes.texts, self.header.dimension)
        lines = self._placed(written, items)
        self.cuts_of_terrain += sum(geometry.cuts_terrain for item in items for geometry in item.geometries)
        first = len(self.features)
        number = len(self.gathered.batches)
        found = self._gather(items, first, written, lines)
        for member in batch.members:
            for appearance in member.appearances:
                self.appearances.add(appearance)
        self.appearances.dress(found, number, batch.shapes)
        for item in items:
            self._add_feature(item)

    def _gather(self, items: Sequence[GmlObject], first: int, written: Lines, lines: Lines) -> Batch | None:
        def placed(geometry: Geometry, target: Lines) -> dict[int, int]:
            return placed_rings(geometry, written, target, self.in_degrees)

        return gather(items, first, lines, self.gathered, self.tell, placed)

    def _name(self, items: Sequence[GmlObject]) -> None:
        """See to it that every id is there once."""
        ids = {item.id for item in items}
        if len(ids) == len(items) and ids.isdisjoint(self._ids):
            self._ids |= ids
            return
        for item in items:
            if item.id in self._ids:
                self._rename(item)
            self._ids.add(item.id)

    def _rename(self, item: GmlObject) -> None:
        said, number = item.id, 2
        while f"{said}~{number}" in self._ids:
            number += 1
        item.id = f"{said}~{number}"
        self.tell(
            "duplicate_id", item.id, f"the gml:id {said!r} is given again; this one is called {item.id!r}"
        )

    def _add_feature(self, item: GmlObject) -> None:
        attributes = item.attributes
        start, end = city_validity(attributes)
        if start is None and end is None:
            start, end = validity(attributes)
        lods = {geometry.lod for geometry in item.geometries}
        self.features.append(
            Feature(
                item.id,
                item.type,
                orjson.dumps(attributes) if attributes else b"{}",
                None if item.parent is None else item.parent.id,
                start,
                end,
                lods=",".join(sorted(filter(None, lods))),
                surfaces=self._counted(item.surfaces) if item.surfaces else "",
            )
        )

    def _counted(self, surfaces: Sequence[SemanticSurface]) -> str:
        """How many of each type an object has; they are counted with those of all others, too."""
        counts: dict[str, int] = {}
        for surface in surfaces:
            counts[surface.type] = counts.get(surface.type, 0) + 1
        for name, count in counts.items():
            self.surfaces[name] = self.surfaces.get(name, 0) + count
        return ",".join(f"{name}:{count}" for name, count in counts.items())

    @property
    def in_degrees(self) -> bool:
        """Whether x and y are longitude and latitude."""
        return is_geographic(self.header.reference.crs)

    def _placed(self, written: Lines, items: Sequence[GmlObject]) -> Lines:
        """The same lines with x east and y north, all in the CRS of the file."""
        reference = self.header.reference
        points = reference.placed(written.points)
        if points is written.points:
            points = points.copy()
        for name, rings in _foreign(items, self.header.srs_name).items():
            for ring in rings:
                begin = int(written.first[ring])
                end = begin + int(written.count[ring])
                points[begin:end] = self._moved(name, written.points[begin:end])
        return Lines(points, written.first, written.count, written.closed, written.sound)

    def _moved(self, srs_name: str, points: Float64) -> Float64:
        """Points of another srsName than the file's in the CRS of the file."""
        main = self.header.reference
        own = crs_and_order(srs_name, points, self.header.anchors)
        if own.crs is None or main.crs is None:
            return main.placed(points)
        move = self._moves.setdefault(own.crs, Move(own.crs, main.crs))
        return move(own.placed(points))

    def _fetch(self, batch: Extraction, ids: set[str]) -> None:
        """Read the geometries that are referred to from other members."""
        frame, where = self.header.frame, self.path.name
        with mapped(self.path) as text:
            for begin, end in with_ids(text, ids, frame.encoding, where):
                root = xmlsafe.parse(frame.whole(bytes(text[begin:end])), where, frame.encoding)
                for element in root:
                    if element.tag in GEOMETRIES:
                        deque(batch.shapes.geometries(element, ""), 0)

    def mesh(self) -> Mesh:
        """All shapes as triangles, with their looks."""
        self.appearances.wear(self.gathered.batches)
        return self.gathered.mesh(self.in_degrees)


def _grouped(cuts: Iterable[Cut]) -> Iterator[list[Cut]]:
    """Members that follow each other, together some BATCH_BYTES."""
    group: list[Cut] = []
    size = 0
    for cut in cuts:
        group.append(cut)
        size += cut.end - cut.begin
        if size >= BATCH_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _joined(text: Text, cuts: Sequence[Cut]) -> bytes:
    """The text of some members; at one go where only white space can be between them."""
    if cuts and not b"".join([text[a.end : b.begin] for a, b in pairwise(cuts)]).strip():
        return bytes(text[cuts[0].begin : cuts[-1].end])
    return b"".join([text[cut.begin : cut.end] for cut in cuts])


def _foreign(items: Sequence[GmlObject], srs_name: str) -> dict[str, set[int]]:
    """The rings and lines of geometries that name another CRS than their file."""
    found: dict[str, set[int]] = {}
    for item in items:
        for geometry in item.geometries:
            if geometry.srs_name and geometry.srs_name != srs_name:
                rings = found.setdefault(geometry.srs_name, set())
                rings.update(geometry.lines)
                for polygon in geometry.polygons():
                    if isinstance(polygon, Polygon):
                        rings.update(polygon.rings)
    return found
