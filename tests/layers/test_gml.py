"""GML as it may be written: spellings, references, extensions, and what is broken in it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from layers.arrays import Float64, Mesh
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import citygml
from layers.gml.cutting import frame_of, members_in
from layers.gml.numbers import numbers

OPENING = (
    '<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:bldg="http://www.opengis.net/citygml/building/2.0" xmlns:ade="https://example.org/ade/1.0"'
    ' xmlns:veg="http://www.opengis.net/citygml/vegetation/2.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' xmlns:app="http://www.opengis.net/citygml/appearance/2.0"'
    ' xmlns:gen="http://www.opengis.net/citygml/generics/2.0">'
)
SQUARE = "0 0 1 4 0 1 4 4 1 0 4 1 0 0 1"


def model(*members: str, head: str = "", name: str = "core:cityObjectMember") -> str:
    inside = "".join(f"<{name}>{member}</{name}>" for member in members)
    return f"{OPENING}{head}{inside}</core:CityModel>"


def building(content: str, id: str = "b") -> str:
    return f'<bldg:Building gml:id="{id}">{content}</bldg:Building>'


def polygon(positions: str = f"<gml:posList>{SQUARE}</gml:posList>", id: str = "p", more: str = "") -> str:
    ring = f'<gml:LinearRing gml:id="{id}r">{positions}</gml:LinearRing>'
    return f'<gml:Polygon gml:id="{id}"><gml:exterior>{ring}</gml:exterior>{more}</gml:Polygon>'


def tag(name: str, content: str, id: str = "") -> str:
    said = f' gml:id="{id}"' if id else ""
    return f"<{name}{said}>{content}</{name}>"


def surfaces(*members: str) -> str:
    inside = "".join(
        f'<gml:surfaceMember xlink:href="{member}"/>'
        if not member.startswith("<")
        else f"<gml:surfaceMember>{member}</gml:surfaceMember>"
        for member in members
    )
    return f"<gml:MultiSurface>{inside}</gml:MultiSurface>"


def lod2(*members: str, name: str = "bldg:lod2MultiSurface") -> str:
    return f"<{name}>{surfaces(*members)}</{name}>"


def read(path: Path, text: str | bytes, **options: Any) -> LayerData:
    file = path / "city.gml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    layer = citygml.read(file, ReadOptions(**options))[0]
    assert b"".join(piece.data for piece in layer.pieces) == file.read_bytes()
    assert layer.report.dropped == 0
    return layer


def mesh(layer: LayerData) -> Mesh:
    assert isinstance(layer.drawable, Mesh)
    return layer.drawable


def corners(layer: LayerData) -> list[Float64]:
    """The corners of each polygon."""
    found = mesh(layer)
    return np.split(found.vertices, found.surface_start[1:-1])


def codes(layer: LayerData) -> list[str]:
    return [warning.code for warning in layer.report.warnings]


# --- coordinates ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "positions",
    [
        f"<gml:posList>{SQUARE}</gml:posList>",
        f'<gml:posList srsDimension="3">\n\t{SQUARE}  </gml:posList>',
        f"<gml:posList>{SQUARE[:8]}<!-- no number -->{SQUARE[8:]}</gml:posList>",
        "<gml:posList>0.0 -0 1e0 +4 0 1. 4.00000000000000000 4 1 0 4 1 0 0 1</gml:posList>",
        "".join(f"<gml:pos>{p}</gml:pos>" for p in ("0 0 1", "4 0 1", "4 4 1", "0 4 1", "0 0 1")),
        "<gml:coordinates>0,0,1 4,0,1 4,4,1 0,4,1 0,0,1</gml:coordinates>",
        '<gml:coordinates decimal="," cs=";">0,0;0;1 4,0;0;1 4;4;1 0;4;1 0;0;1</gml:coordinates>',
        "".join(
            f"<gml:pointProperty><gml:Point><gml:pos>{p}</gml:pos></gml:Point></gml:pointProperty>"
            for p in ("0 0 1", "4 0 1", "4 4 1", "0 4 1", "0 0 1")
        ),
    ],
)
def test_a_ring_is_the_same_however_it_is_spelt(tmp_path: Path, positions: str) -> None:
    layer = read(tmp_path, model(building(lod2(polygon(positions)))))
    assert np.array_equal(corners(layer)[0], [[0, 0, 1], [4, 0, 1], [4, 4, 1], [0, 4, 1]])
    assert codes(layer) == []


def test_a_ring_that_does_not_end_where_it_begins_is_closed_and_told_of(tmp_path: Path) -> None:
    layer = read(tmp_path, model(building(lod2(polygon(f"<gml:posList>{SQUARE[:-6]}</gml:posList>")))))
    assert len(corners(layer)[0]) == 4
    assert layer.report.repaired == 1 and len(codes(layer)) == 1


def test_rings_of_two_numbers_a_point_lie_at_height_0(tmp_path: Path) -> None:
    flat = '<gml:posList srsDimension="2">0 0 3 0 3 3 0 3 0 0 0 0</gml:posList>'
    layer = read(tmp_path, model(building(lod2(polygon(flat), polygon(id="q")))))
    assert corners(layer)[0].shape == (5, 3) and not corners(layer)[0][:, 2].any()
    assert np.array_equal(corners(layer)[1][:, 2], [1, 1, 1, 1])


def test_a_hole_comes_behind_the_outer_ring_wherever_it_is_written(tmp_path: Path) -> None:
    hole = "<gml:posList>1 1 1 1 2 1 2 2 1 1 1 1</gml:posList>"
    inner = f"<gml:interior><gml:LinearRing>{hole}</gml:LinearRing></gml:interior>"
    layer = read(tmp_path, model(building(lod2(polygon(more=inner)))))
    assert len(corners(layer)[0]) == 7
    assert mesh(layer).ring_end.nonzero()[0].tolist() == [3, 6]


@pytest.mark.parametrize(
    "bad", ["0 0 1 4 0 x 4 4 1", "NaN 0 1 4 0 1 4 4 1", "0 0 9e9 4 0 1 4 4 1", "0 0 1 4 0", ""]
)
def test_a_polygon_without_sound_coordinates_is_told_of_and_others_open(tmp_path: Path, bad: str) -> None:
    broken = polygon(f"<gml:posList>{bad}</gml:posList>", "q")
    layer = read(tmp_path, model(building(lod2(broken, polygon()))))
    assert len(corners(layer)) == 1
    assert codes(layer) == ["bad_geometry"] and layer.report.unsupported == 1


def test_numbers_are_those_that_python_reads() -> None:
    random = np.random.default_rng(4)
    values = (random.normal(size=500) * 10.0 ** random.integers(-6, 9, 500)).tolist()
    texts = [f"{value:.{digits}f}" for value, digits in zip(values, random.integers(0, 17, 500), strict=True)]
    for some in (texts, [text for text in texts if len(text) < 16]):
        found = numbers([" ".join(some[:100]), "", "\n".join(some[100:])])
        assert found.values.tolist() == list(map(float, some))
        assert found.counts.tolist() == [min(100, len(some)), 0, len(some) - 100]


# --- references ----------------------------------------------------------------------------------


def test_references_are_followed_forward_backward_and_into_other_members(tmp_path: Path) -> None:
    wall = tag("bldg:boundedBy", tag("bldg:WallSurface", lod2(polygon()), "w"))
    solid = tag("bldg:lod2Solid", tag("gml:Solid", tag("gml:exterior", surfaces("#p"))))
    for content in (wall + solid, solid + wall):
        layer = read(tmp_path, model(building(content)))
        found = mesh(layer)
        assert len(found.geometry_object) == 1 and len(corners(layer)) == 1
        assert found.type_names[found.surface_type[0]] == "WallSurface"
    neighbour = building(lod2("#p"), "n")
    for members in ((neighbour, building(wall)), (building(wall), neighbour)):
        layer = read(tmp_path, model(*members))
        assert len(corners(layer)) == 2 and np.array_equal(corners(layer)[0], corners(layer)[1])
        assert codes(layer) == []


def test_a_boundary_surface_that_refers_into_the_solid_gives_it_its_type(tmp_path: Path) -> None:
    solid = f"<gml:Solid><gml:exterior>{surfaces(polygon())}</gml:exterior></gml:Solid>"
    roof = f"<bldg:boundedBy><bldg:RoofSurface>{lod2('#p')}</bldg:RoofSurface></bldg:boundedBy>"
    layer = read(tmp_path, model(building(f"<bldg:lod2Solid>{solid}</bldg:lod2Solid>{roof}")))
    assert len(corners(layer)) == 1
    assert mesh(layer).type_names[mesh(layer).surface_type[0]] == "RoofSurface"


def test_a_flipped_surface_is_seen_from_the_other_side(tmp_path: Path) -> None:
    flipped = (
        '<gml:OrientableSurface orientation="-"><gml:baseSurface xlink:href="#p"/></gml:OrientableSurface>'
    )
    layer = read(tmp_path, model(building(lod2(polygon(), flipped))))
    assert np.array_equal(corners(layer)[1], corners(layer)[0][::-1])
    assert mesh(layer).surface_normal[:, 2].tolist() == [1, -1]


@pytest.mark.parametrize(
    ("href", "code"), [("#nothing", "broken_link"), ("other.gml#p", "remote_link"), ("#loop", "link_loop")]
)
def test_references_that_lead_nowhere_are_told_of(tmp_path: Path, href: str, code: str) -> None:
    loop = '<gml:MultiSurface gml:id="loop"><gml:surfaceMember xlink:href="#loop"/></gml:MultiSurface>'
    content = lod2(polygon(), href) + tag("bldg:lod1MultiSurface", loop if href == "#loop" else "")
    layer = read(tmp_path, model(building(content)))
    assert code in codes(layer)
    assert len(corners(layer)) == 1


def test_a_tree_stands_where_its_reference_point_is(tmp_path: Path) -> None:
    def tree(shape: str, id: str, x: int) -> str:
        point = tag("core:referencePoint", tag("gml:Point", f"<gml:pos>{x} 50 7</gml:pos>"))
        matrix = tag("core:transformationMatrix", "2 0 0 1 0 2 0 0 0 0 2 0 0 0 0 1")
        placed = tag("veg:lod2ImplicitRepresentation", tag("core:ImplicitGeometry", matrix + shape + point))
        return tag("veg:SolitaryVegetationObject", placed, id)

    own = surfaces(polygon()).replace("<gml:MultiSurface", '<gml:MultiSurface gml:id="shape"')
    first = tree(f"<core:relativeGMLGeometry>{own}</core:relativeGMLGeometry>", "t", 100)
    second = tree('<core:relativeGMLGeometry xlink:href="#shape"/>', "u", 200)
    third = tree("<core:libraryObject>oak.obj</core:libraryObject>", "v", 300)
    layer = read(tmp_path, model(second, first, third))
    assert corners(layer)[1].tolist() == [[101, 50, 9], [109, 50, 9], [109, 58, 9], [101, 58, 9]]
    assert (corners(layer)[0] - corners(layer)[1] == (100, 0, 0)).all()
    assert codes(layer) == ["library_object"] and layer.report.warnings[0].object == "v"


# --- objects -------------------------------------------------------------------------------------


def test_what_an_object_without_id_is_called_stays_the_same_and_ids_given_twice_are_told_of(
    tmp_path: Path,
) -> None:
    text = model("<bldg:Building/>", building("", "b"), building("", "b"))
    layer = read(tmp_path, text)
    at = text.index("<core:cityObjectMember>")
    assert [feature.id for feature in layer.features] == [f"Building@{at}.0", "b", "b~2"]
    assert codes(layer) == ["duplicate_id"] and layer.report.repaired == 1


def test_lod_4_is_lod_3_with_an_interior_and_told_apart_where_both_are(tmp_path: Path) -> None:
    inside = lod2(polygon(), name="bldg:lod4MultiSurface")
    assert read(tmp_path, model(building(inside))).features[0].lods == "3"
    both = inside + lod2(polygon(id="q"), name="bldg:lod3MultiSurface")
    assert read(tmp_path, model(building(both))).features[0].lods == "3,3.3"


def test_extensions_are_attributes_surfaces_or_objects_of_their_own(tmp_path: Path) -> None:
    content = (
        "<ade:owner>City</ade:owner>"
        '<ade:survey><ade:Survey gml:id="s"><ade:year>2020</ade:year></ade:Survey></ade:survey>'
        + tag("bldg:boundedBy", tag("ade:GlassRoof", lod2(polygon())))
        + tag("ade:antenna", tag("ade:Antenna", lod2(polygon(id="q"), name="ade:lod2Geometry"), "a"))
    )
    layer = read(tmp_path, model(building(content)))
    assert [(f.id, f.type, f.parent, f.surfaces) for f in layer.features] == [
        ("b", "Building", None, "+GlassRoof:1"),
        ("a", "+Antenna", "b", ""),
    ]
    assert orjson.loads(layer.features[0].attributes) == {"owner": "City", "survey": {"year": "2020"}}


def test_materials_and_textures_of_several_themes_are_all_there(tmp_path: Path) -> None:
    def look(theme: str, data: str) -> str:
        member = f"<app:surfaceDataMember>{data}</app:surfaceDataMember>"
        return f"<app:Appearance><app:theme>{theme}</app:theme>{member}</app:Appearance>"

    ring = '<app:textureCoordinates ring="#pr">0 0 1 0 1 1 0 1 0 0</app:textureCoordinates>'
    places = tag("app:TexCoordList", ring)
    image = f'<app:imageURI>wall.jpg</app:imageURI><app:target uri="#p">{places}</app:target>'
    red = "<app:diffuseColor>1 0 0</app:diffuseColor><app:target>#p</app:target><app:target>#q</app:target>"
    shared = look("paint", f"<app:X3DMaterial>{red}</app:X3DMaterial>")
    own = look("photo", f"<app:ParameterizedTexture>{image}</app:ParameterizedTexture>")
    content = f"<app:appearance>{own}</app:appearance>" + lod2(polygon(), polygon(id="q"))
    head = f"<app:appearanceMember>{shared}</app:appearanceMember>"
    layer = read(tmp_path, model(building(content), head=head))
    assert layer.themes == ["paint", "photo"]
    found = mesh(layer)
    assert found.surface_look is not None and found.vertex_uv is not None
    assert found.surface_look.tolist() == [[1, 0, 1], [0, 0, -1]]
    assert layer.looks[0].color == (1, 0, 0) and layer.looks[1].picture is not None
    assert found.vertex_uv[:4, 0].tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert np.isnan(found.vertex_uv[4:, 0]).all() and np.isnan(found.vertex_uv[:, 1]).all()


# --- files ---------------------------------------------------------------------------------------


def test_comments_sections_and_many_features_in_a_member_are_cut_right(tmp_path: Path) -> None:
    odd = building(
        "<gml:name><![CDATA[</core:cityObjectMember>]]></gml:name><!-- </bldg:Building> -->", "a>b"
    )
    text = model(odd, head="<!-- <core:cityObjectMember> --><?x </core:CityModel>?>")
    layer = read(tmp_path, text)
    assert [feature.id for feature in layer.features] == ["a>b"]
    assert orjson.loads(layer.features[0].attributes)["name"] == "</core:cityObjectMember>"
    many = model(building("", "a") + building("", "b"), name="gml:featureMembers")
    layer = read(tmp_path, many)
    assert [piece.feature for piece in layer.pieces if piece.role.startswith("member")] == [0, 1]


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1252"])
def test_names_are_read_in_the_encoding_that_the_file_names(tmp_path: Path, encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?>" + model(building("<gml:name>Straße</gml:name>"))
    layer = read(tmp_path, text.encode(encoding))
    assert orjson.loads(layer.features[0].attributes)["name"] == "Straße"


def test_a_member_that_is_no_xml_is_kept_and_told_of(tmp_path: Path) -> None:
    layer = read(tmp_path, model(building("<bldg:class>1</bldg:function>", "bad"), building("", "good")))
    assert [feature.id for feature in layer.features] == ["good"]
    assert codes(layer) == ["bad_member"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (model(building(""))[:-30], "not whole"),
        ('<!DOCTYPE a [<!ENTITY b "b">]>' + model(), "document type"),
        ("<?xml version='1.0' encoding='UTF-16'?>" + model(), "encoding"),
        ("<html/>", "not a city model"),
        ("<a" * 50_000, "not whole"),
        (model("<!--" * 20_000), "not whole"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read(tmp_path, text)


def test_every_beginning_of_a_file_is_refused_or_read_in_no_time(tmp_path: Path) -> None:
    text = model(building(lod2(polygon())), head="<!-- x --><gml:name>a</gml:name>").encode()
    for end in range(len(OPENING), len(text)):
        with pytest.raises(ReadError):
            frame = frame_of(text[:end], "city.gml")
            list(members_in(text[:end], frame, "city.gml"))


@pytest.mark.parametrize("text", [b'{"a":' * 50_000, b"a='" * 50_000, b'a="b" ' * 50_000 + b'"'])
def test_a_tag_that_never_ends_is_told_at_once(text: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(ReadError, match="no outermost element"):
        frame_of(b"<" + text, "city.gml")
    assert time.process_time() - begun < 1
