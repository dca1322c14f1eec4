"""What a file of a city model says of all its members: version, encoding, where its coordinates lie."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from layers import xmlsafe
from layers.arrays import Float64
from layers.data import Box
from layers.errors import ReadError
from layers.gml.condense import condenser_of
from layers.gml.coordinates import lines_of
from layers.gml.cutting import Cut, Frame, Text
from layers.gml.geometries import Texts
from layers.gml.objects import Extraction
from layers.srsnames import Anchor, Reference, anchors_in, crs_and_order, crs_as_said

#: Members that hold city objects, and those that hold what many of them share.
FEATURES = frozenset((b"cityObjectMember", b"featureMember", b"versionMember", b"versionTransitionMember"))
APPEARANCES = frozenset((b"appearanceMember",))
#: So much of the members is looked at to see where the coordinates lie.
SAMPLE_BYTES = 1 << 18
#: And so much where nothing but polygons that are plainly written is met.
PLAIN_BYTES = 1 << 16
MOST_SAMPLES = 64
#: What says something of the whole file is not larger.
MOST_SAID = 1 << 20
#: A model none of whose coordinates is larger is not meant to lie somewhere on Earth.
NEAR = 10_000.0
#: Signs that polygons may lie elsewhere than their numbers say, or not be there at all.
_MORE = (b"mplicit", b"srsName", b"<!")
_VERSION = re.compile(rb"http://www\.opengis\.net/citygml/(\d\.\d)")


@dataclass(frozen=True)
class Header:
    """What is told of all members."""

    frame: Frame
    version: str
    srs_name: str
    dimension: int  # 0 where it is not said
    reference: Reference
    anchors: dict[str, Anchor]
    sample: list[tuple[float, float, float]]  # some points as they stand in the file
    shared: list[Cut]  # members that say how polygons of all members look

    @property
    def is_near_zero(self) -> bool:
        """Whether coordinates are a designer's own."""
        return all(abs(x) < NEAR and abs(y) < NEAR for x, y, _z in self.sample)

    def in_crs(self, said: str | None) -> Header:
        """The same for a file of which a person says where it lies."""
        if not said:
            return self
        sample = np.array(self.sample).reshape(-1, 3)
        return replace(self, reference=crs_as_said(said, self.srs_name, sample, self.anchors))

    @property
    def box(self) -> Box | None:
        """Nearly the box around all points, as they lie in the CRS."""
        if not self.sample:
            return None
        points = self.reference.placed(np.array(self.sample))
        return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


def is_feature(cut: Cut) -> bool:
    """Whether a member holds city objects."""
    return cut.in_many or cut.name in FEATURES


def header_of(text: Text, frame: Frame, cuts: Sequence[Cut], path: Path) -> Header:
    """What a file says before, between and behind its members."""
    said = [cut for cut in cuts if not is_feature(cut) and cut.name not in APPEARANCES]
    texts = [bytes(text[cut.begin : cut.end]) for cut in said if cut.end - cut.begin <= MOST_SAID]
    root = xmlsafe.parse(frame.whole(b"".join(texts)), path.name, frame.encoding)
    envelope = next((part for part in root.iter("{*}Envelope")), None)
    srs_name, dimension = "", 0
    if envelope is not None:
        srs_name = envelope.get("srsName") or ""
        dimension = 2 if envelope.get("srsDimension") == "2" else 0
    sample, met = _sample(text, frame, cuts, path.name)
    srs_name = srs_name or met
    anchors = anchors_in(root)
    reference = crs_and_order(srs_name, sample, anchors)
    version = _VERSION.search(frame.opening)
    ends = (
        {int(at) for column in sample.T for at in (column.argmin(), column.argmax())}
        if len(sample)
        else set()
    )
    return Header(
        frame,
        version[1].decode() if version else "",
        srs_name,
        dimension,
        reference,
        anchors,
        [
            (x, y, z)
            for x, y, z in sample[
                [*sorted(ends), *range(0, len(sample), 1 + len(sample) // MOST_SAMPLES)]
            ].tolist()
        ],
        [cut for cut in cuts if cut.name in APPEARANCES],
    )


def _sample(text: Text, frame: Frame, cuts: Sequence[Cut], where: str) -> tuple[Float64, str]:
    """Some points as they stand in the file, and the first srsName among them."""
    condenser = condenser_of(frame.opening, frame.encoding)
    short = condenser.condensed(few := _members(text, cuts, PLAIN_BYTES))
    if short is not None and short[1].rings and not any(sign in few for sign in _MORE):
        lines = lines_of(Texts(short[1].rings))
        return lines.points[np.repeat(lines.sound, lines.count)], ""
    members = _members(text, cuts, SAMPLE_BYTES)
    short = condenser.condensed(members)
    condensed = None
    if short is not None:
        members, condensed = short[0].encode("latin-1"), short[1]
    try:
        root = xmlsafe.parse(frame.whole(members), where, frame.encoding)
    except ReadError:
        return np.empty((0, 3)), ""  # whoever reads the members says what is wrong with them
    batch = Extraction(lambda _code, _id, _text: None, condensed=condensed)
    for member in root:
        batch.add(member, 0)
    met = next((name for part in root.iter() if (name := part.get("srsName"))), "")
    lines = lines_of(batch.shapes.texts)
    relative = {
        ring
        for member in batch.members
        for item in member.objects
        for geometry in item.geometries
        if geometry.placed
        for polygon in geometry.polygons()
        for ring in getattr(polygon, "rings", ())
    }
    good = [n for n in np.flatnonzero(lines.sound).tolist() if n not in relative]
    return np.concatenate([np.empty((0, 3)), *(lines.line(n) for n in good)]), met


def _members(text: Text, cuts: Sequence[Cut], least: int) -> bytes:
    """The first city objects, so many bytes of them where there are as many."""
    chosen: list[bytes] = []
    for cut in cuts:
        if is_feature(cut) and (least > 0 or not chosen):
            chosen.append(bytes(text[cut.begin : cut.end]))
            least -= len(chosen[-1])
    return b"".join(chosen)


def is_city_model(opening: bytes) -> bool:
    """Whether an outermost tag is that of a city model."""
    name = opening[1:].split(None, 1)[0].rstrip(b"/>").rpartition(b":")[2]
    return name == b"CityModel" and _VERSION.search(opening) is not None
