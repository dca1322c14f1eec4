"""What is taken out of the text before it is parsed comes out as if it had been parsed."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers import xmlsafe
from layers.arrays import Mesh
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import citygml
from layers.gml import cutting
from layers.gml.condense import FACES, POLYGONS, Condenser
from layers.gml.cutting import Cut, Frame, frame_of
from layers.gml.reader import Reader
from tests.conftest import real
from tests.layers.test_citygml import MODELS
from tests.layers.test_gml import OPENING, SQUARE, building, lod2, model, polygon, surfaces, tag

POSITIONS = f'<gml:posList srsDimension="3"> {SQUARE}\n</gml:posList>'
HOLE = f"<gml:interior><gml:LinearRing><gml:posList>{SQUARE}</gml:posList></gml:LinearRing></gml:interior>"


def wall(*polygons: str, id: str = "w", more: str = "") -> str:
    return tag("bldg:boundedBy", tag("bldg:WallSurface", more + lod2(*polygons), id))


#: Contents of a building, and how many polygons are taken out of them.
CONTENTS = {
    wall(polygon()): 1,
    wall(polygon(POSITIONS)).replace("><", ">\r\n\t <"): 1,
    wall(polygon(), more="<gml:name>north</gml:name><bldg:class>1000</bldg:class>"): 1,
    wall(polygon(), id="") + wall(polygon(id="q"), id="v") + lod2("#p", "#q", name="bldg:lod2Solid"): 2,
    wall(polygon(), more=wall(polygon(id="q"), id="v")): 2,
    wall(polygon(), polygon(id="q"), "#p"): 2,
    lod2(polygon(), polygon(id="q"), polygon(id="r", more=HOLE), polygon(id="s")): 3,
    lod2(polygon()) + "<!-- " + wall(polygon(id="q")) + " -->": 2,
    wall(polygon("<gml:posList>0 0 0 1 x 0 1 1 0 0 0 0</gml:posList>")): 1,
    wall(polygon("<gml:posList>0 0 0 1 0 0 1 1 0</gml:posList>")): 1,
    wall(polygon("<gml:posList>0 0 &#48; 1 0 0 1 1 0 0 0 0</gml:posList>")): 0,
    wall(polygon('<gml:posList srsDimension="2">0 0 1 0 1 1 0 0</gml:posList>')): 0,
    wall(polygon()).replace("<gml:Polygon ", '<gml:Polygon xmlns:gml="elsewhere" '): 0,
    wall(polygon()) + f'<gml:name {POLYGONS}="0 1"/>': 0,
    wall(polygon()) + "<gml:name><![CDATA[" + wall(polygon()) + "]]></gml:name>": 2,
    tag("bldg:lod2Geometry", tag("gml:MultiGeometry", surfaces(polygon()))): 1,
    tag("ade:part", tag("ade:Thing", wall(polygon()), "t")): 1,
    tag("ade:part", tag("ade:Thing", wall(polygon()))): 1,
    tag("bldg:lod2Solid", tag("gml:OrientableSurface", surfaces(polygon())[18:-19])): 1,
}


def both(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a file gives the same either way."""
    short = citygml.read(path, ReadOptions())
    monkeypatch.setattr(Reader, "condenses", False)
    whole = citygml.read(path, ReadOptions())
    assert list(map(_told, short)) == list(map(_told, whole))
    for one, other in zip(short, whole, strict=True):
        if isinstance(one.drawable, Mesh) and isinstance(other.drawable, Mesh):
            for name in (field.name for field in fields(Mesh)):
                np.testing.assert_equal(getattr(one.drawable, name), getattr(other.drawable, name))


def _told(layer: LayerData) -> tuple[object, ...]:
    return layer.features, layer.pieces, layer.facts, repr(layer.report), layer.looks, layer.themes


@pytest.mark.parametrize("name", MODELS)
def test_real_files_are_read_alike(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    both(real(name), monkeypatch)


@pytest.mark.parametrize("content", CONTENTS)
def test_all_spellings_are_read_alike(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "city.gml"
    path.write_text(model(building(content), building("", "b2")), "utf-8")
    both(path, monkeypatch)


@pytest.mark.parametrize(("content", "polygons"), CONTENTS.items())
def test_only_what_is_plain_is_taken_out(content: str, polygons: int) -> None:
    found = Condenser(OPENING.encode(), "UTF-8").condensed(building(content).encode())
    assert (0 if found is None else len(found[1].rings)) == polygons
    if found is not None and "<!--" not in content:
        assert len(found[0]) < len(building(content))


def test_surfaces_of_version_3_are_taken_out_whatever_their_prefix() -> None:
    opening = (
        '<CityModel xmlns="http://www.opengis.net/citygml/3.0" xmlns:gml="http://www.opengis.net/gml/3.2"'
        ' xmlns:con="http://www.opengis.net/citygml/construction/3.0">'
    )
    surface = tag("con:WallSurface", lod2(polygon(), name="lod2MultiSurface"), "w")
    found = Condenser(opening.encode(), "ISO-8859-1").condensed(tag("boundary", surface).encode())
    assert found is not None
    assert found[0] == f'<boundary {FACES}="0 1"/>'
    assert found[1].faces == [("WallSurface", "w", "2", None)]
    assert Condenser(opening.encode(), "Shift_JIS").condensed(tag("boundary", surface).encode()) is None


#: Attributes of a building, and how many objects of two have theirs taken out.
ATTRIBUTES = {
    "<bldg:class>1000</bldg:class><bldg:yearOfConstruction>1950 </bldg:yearOfConstruction>": 1,
    '<gml:name>Haus "Süd"</gml:name><bldg:measuredHeight uom="#m"> 12.5\n</bldg:measuredHeight>': 1,
    '<gml:name codeSpace="x">true</gml:name> <bldg:function></bldg:function><!-- no --><bldg:usage/>': 1,
    '<gen:stringAttribute name="A">\r\n<gen:value>b\tc</gen:value>\r\n</gen:stringAttribute>\r\n': 1,
    '<gen:intAttribute name="A"><gen:value>7</gen:value></gen:intAttribute>' * 2: 0,
    '<gen:measureAttribute name="Ä"><gen:value uom="m">1e3</gen:value></gen:measureAttribute>': 1,
    '<gen:doubleAttribute name="A"><gen:value>none</gen:value></gen:doubleAttribute>': 1,
    '<gen:intAttribute name=""><gen:value>+7</gen:value></gen:intAttribute>': 1,
    "<gen:stringAttribute><gen:value>7</gen:value></gen:stringAttribute><bldg:class>1\r\n2</bldg:class>": 1,
    "<bldg:class>a &amp; b</bldg:class>": 0,
    "<bldg:class>a]]>b</bldg:class>": 0,
    "<bldg:class>a\x01b</bldg:class>": 0,
    "<bldg:class>a\uffffb</bldg:class>": 0,
    "<bldg:class><![CDATA[1000]]></bldg:class>": 0,
    '<bldg:class xlink:href="#x">1</bldg:class>': 0,
    "<bldg:class><bldg:value>1</bldg:value></bldg:class>": 0,
    "<unknown:class>1000</unknown:class>": 0,
    "<bldg:lod>2</bldg:lod>": 0,
    "<bldg:address>Here 1</bldg:address>": 0,
    '<gen:stringAttribute name="A">text</gen:stringAttribute>': 0,
    '<bldg:class>1</bldg:class><gen:stringAttribute name="A"/><bldg:class>2</bldg:class>': 1,
    "<!-- " + building("<bldg:class>1</bldg:class>", "b3") + " --><bldg:class>1</bldg:class>": 1,
    tag("bldg:consistsOfBuildingPart", tag("bldg:BuildingPart", "<bldg:class>1</bldg:class>", "p")): 1,
    tag("bldg:boundedBy", tag("bldg:WallSurface", "<bldg:class>1</bldg:class>", "w")): 0,
    tag("ade:part", tag("ade:Thing", "<gml:name>1</gml:name>", "t")): 0,
}


@pytest.mark.parametrize("attributes", ATTRIBUTES)
def test_attributes_are_read_alike(attributes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "city.gml"
    path.write_bytes(model(building(attributes + lod2(polygon())), building("", "b2")).encode("utf-8"))
    both(path, monkeypatch)


@pytest.mark.parametrize(("attributes", "objects"), ATTRIBUTES.items())
def test_only_plain_attributes_are_taken_out(attributes: str, objects: int) -> None:
    found = Condenser(OPENING.encode(), "UTF-8").condensed(building(attributes).encode())
    assert (0 if found is None else len(found[1].values)) == objects


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "windows-1252"])
def test_attributes_beyond_ascii_are_read_alike_in_any_encoding(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = model(building("<gml:name>Süd</gml:name><bldg:class>é</bldg:class>" + lod2(polygon())))
    path = tmp_path / "city.gml"
    path.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?>\n{city}'.encode(encoding))
    both(path, monkeypatch)
    path.write_bytes(path.read_bytes().replace("é".encode(encoding), b"\xff\xfe"))  # not UTF-8
    both(path, monkeypatch)


#: Polygons that somebody asks for by their id, or that have something of their own.
ASKED = (
    lod2(polygon(), polygon(id="q"), polygon(id="r"), name="bldg:lod2Solid")
    + wall("#q", id="w")
    + wall("#p", "#r", id="v"),
    lod2(polygon(), polygon(id="q"), polygon(id="p")) + lod2("#p", name="bldg:lod1MultiSurface"),
    wall(polygon(), polygon(id="q"), polygon(id="r")) + lod2("#q", name="bldg:lod2MultiSurface"),
    lod2(polygon(), polygon("<gml:posList>0 0 0 1 x 0 1 1 0 0 0 0</gml:posList>", id="q"), polygon(id="r")),
    lod2(polygon(), polygon(id="q"), polygon(id="r", more=HOLE), polygon(id="s"), polygon(id="t")),
)


@pytest.mark.parametrize("content", ASKED)
def test_polygons_that_are_asked_for_one_by_one_are_read_alike(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "city.gml"
    path.write_text(model(building(content), building(lod2("#q"), "b2")), "utf-8")
    both(path, monkeypatch)


def renamed(content: str, number: int) -> str:
    """The same with other ids, and references to them."""
    return re.sub(r'(gml:id="|href="#)', rf"\g<1>n{number}", content)


#: What the ids of a member may say that stands among others written alike.
IDS = ("b", "b 1", "b&amp;1", "ß", "", "b\t1", "b>1", "what stands at 0")


@pytest.mark.parametrize("content", [*CONTENTS, *ATTRIBUTES, *ASKED])
def test_members_that_are_written_alike_are_read_alike(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "city.gml"
    path.write_text(model(*(renamed(building(content), number) for number in range(5))), "utf-8")
    both(path, monkeypatch)


@pytest.mark.parametrize("id", IDS)
def test_any_id_among_members_that_are_written_alike_is_read_alike(
    id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = lod2(polygon(id=""), name="bldg:lod2Solid").replace(
        "<gml:MultiSurface>", "<gml:MultiSurface gml:id='m'>"
    )
    path = tmp_path / "city.gml"
    members = [
        *(building(content, f"b{number}") for number in range(4)),
        building(content, id),
        building(content),
    ]
    path.write_text(model(*members), "utf-8")
    both(path, monkeypatch)


def test_of_members_that_are_written_alike_two_are_parsed_and_what_is_another_is_parsed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[bytes] = []

    def parse(data: bytes, where: str, encoding: str | None = None) -> Any:
        parsed.append(data)
        return whole(data, where, encoding)

    whole = xmlsafe.parse
    members = [renamed(building("<bldg:class>1</bldg:class>" + lod2(polygon())), n) for n in range(50)]
    members[30] = building(lod2(polygon()) + "<bldg:class>1</bldg:class>", "other")
    path = tmp_path / "city.gml"
    path.write_text(model(*members), "utf-8")
    monkeypatch.setattr(xmlsafe, "parse", parse)
    reader = citygml.gathered(path, lambda _fraction, _text: None)
    assert len(reader.features) == 50
    texts = b"".join(parsed[-2:])  # behind those of the file's head: the mould's, and of what has none
    assert [texts.count(id) for id in (b'"n0b"', b'"n1b"', b'"n2b"', b'"other"')] == [1, 0, 0, 1]


def test_elements_with_the_same_tag_end_where_they_would_end_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opening = OPENING.encode()
    frame = frame_of(opening, "city.gml")
    plain = building("<bldg:class>1</bldg:class>")
    for odd in ODD_MEMBERS:
        text = (model(plain, plain, plain)[:-17] + odd + model(plain, plain)[len(OPENING) :]).encode()
        monkeypatch.undo()
        found = _cuts(text, frame)
        monkeypatch.setattr(cutting, "_alike", lambda *_: iter(()))
        assert found == _cuts(text, frame)
        assert found


def _cuts(text: bytes, frame: Frame) -> list[Cut] | str:
    try:
        return list(cutting.members_in(text, frame, "city.gml"))
    except ReadError as error:
        return str(error)


#: What may stand between members that are alike.
ODD_MEMBERS = (
    "",
    "\n words \n",
    "<!-- <core:cityObjectMember> -->",
    "<?x </core:cityObjectMember> ?>",
    "<core:cityObjectMember/>",
    "<core:cityObjectMember a='b'><a/></core:cityObjectMember>",
    "<core:cityObjectMember><a/></core:cityObjectMember >",
    "<core:cityObjectMember>core:cityObjectMember</core:cityObjectMember>",
    "<core:cityObjectMember><core:cityObjectMember/></core:cityObjectMember>",
    "<core:cityObjectMember><core:cityObjectMembers/></core:cityObjectMember>",
    "<core:cityObjectMember><![CDATA[</core:cityObjectMember>]]></core:cityObjectMember>",
    "<core:cityObjectMember><a b='</core:cityObjectMember>'/></core:cityObjectMember>",
    "<core:cityObjectMember><a></core:cityObjectMember><core:cityObjectMember>",
    "</core:cityObjectMember>",
    "<core:cityObjectMember>",
)
