"""Attributes written back to CityGML: what was edited is another, every other byte is as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import importing
from layers.data import ReadOptions
from layers.exporting import export_layer
from layers.gml.attributes import attributes_of
from layers.gml.cutting import HEAD, frame_of, members_in
from layers.gml.edits import Edits, Head
from layers.gml.header import is_feature
from layers.gml.objects import is_value
from layers.gml.patch import changed, things
from layers.project import Project
from tests.cities import import_here
from tests.conftest import DATA, real

#: Members of each file, and objects of each member, that are edited.
MEMBERS, OBJECTS = 1, 2
NEW = {"Note <&>": 'Größe "x" & <y> 東京', "floors": 3, "share": 0.25, "tags": ["a", "b"], "roofType": "1070"}


def gml_files() -> Iterator[str]:
    for path in sorted(DATA.rglob("*.*ml")):
        if path.suffix in (".gml", ".xml") and b"opengis.net/citygml/" in path.read_bytes()[:HEAD]:
            yield path.relative_to(DATA).as_posix()


each_gml = pytest.mark.parametrize("name", list(gml_files()) or ["citygml"])


def members_of(data: bytes) -> tuple[Head, list[bytes]]:
    frame = frame_of(data[:HEAD], "test")
    cuts = [cut for cut in members_in(data, frame, "test") if is_feature(cut)]
    head = Head(data[: cuts[0].begin] if cuts else data)
    return head, [data[cut.begin : cut.end] for cut in cuts]


def read(head: Head, member: bytes) -> list[dict[str, Any]]:
    """The attributes of each city object in a member."""
    found = things(Edits(head, member).elements[0])
    return [attributes_of(part for part in thing if is_value(part)) for thing in found]


def edits_of(attributes: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The attributes with some added, all changed, lists and sets grown, all removed."""
    yield {**attributes, **NEW}
    yield {key: _other(value) for key, value in attributes.items()}
    yield {key: [*value, value[0]] if isinstance(value, list) else value for key, value in attributes.items()}
    yield {}


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return f"{value} neu".strip()
    if isinstance(value, dict):
        return {key: _other(part) for key, part in value.items()}
    return [_other(part) for part in value] if isinstance(value, list) else value + 1


def same(one: Any, other: Any) -> bool:
    """Whether GML says the same: there a list of one value is that value."""
    if isinstance(one, list) and isinstance(other, list) and len(one) != 1:
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, list) or isinstance(other, list):
        return same(*(item[0] if isinstance(item, list) else item for item in (one, other)))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


@each_gml
def test_objects_say_what_they_were_told_and_others_say_what_they_did(name: str) -> None:
    head, members = members_of(real(name).read_bytes())
    for member in members[:MEMBERS]:
        before = read(head, member)
        assert changed(head, member, before) == member
        for number in range(min(len(before), OBJECTS)):
            for wanted in edits_of(before[number]):
                now = [*before[:number], wanted, *before[number + 1 :]]
                assert same(read(head, changed(head, member, now)), now)


@each_gml
def test_the_same_bytes_come_out_and_an_edit_adds_its_element_alone(name: str, tmp_path: Path) -> None:
    source = real(name)
    data = source.read_bytes()
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, source)
        layer = project.layers[-1]
        assert sha256(exported(project, tmp_path)) == sha256(data)
        items = list(project.objects(layer))
        if not items:
            return
        item = items[len(items) // 2]
        with project.edit("Add") as edit:
            edit.set_attribute(item.fid, "Note", "checked & found <right>")
        out = exported(project, tmp_path)
        added = added_to(data, out)
        assert b"checked &amp; found &lt;right&gt;" in added
        assert added.count(b"\n") <= 1
        assert "checked &amp; found &lt;right&gt;" in project.source_text(item.fid)
        project.undo()
        with project.edit("Add to all") as edit:
            for item in items:
                edit.set_attribute(item.fid, "Note", "checked")
        assert exported(project, tmp_path).count(b"checked") >= len(items)
        project.undo()
        assert sha256(exported(project, tmp_path)) == sha256(data)


def test_a_file_that_is_read_in_parts_is_written_back_too(tmp_path: Path) -> None:
    source = real("citygml/nrw-lod2/LoD2_32_280_5657_1_NW.gml")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = importing.import_files(project, [source], ReadOptions(part_bytes=700_000))[0]
        item = list(project.objects(layer))[-1]
        with project.edit("Add") as edit:
            edit.set_attribute(item.fid, "Note", "checked")
        added = added_to(source.read_bytes(), exported(project, tmp_path))
        assert b"checked" in added
        assert project.source_text(item.fid).count("checked") == 1
        project.undo()
        assert sha256(exported(project, tmp_path)) == sha256(source.read_bytes())


def test_tiles_are_written_back_each_to_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    folder.mkdir()
    for year in ("2016", "2022"):
        tile = real(f"multitemporal/hamburg-2016-2022/{year}/LoD2_576_5950_1_HH.xml")
        text = tile.read_bytes().replace(b"DE_DHHN2016_NH", b"DE_DHHN92_NH")
        (folder / f"{year}.xml").write_bytes(text)
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = importing.import_files(project, [folder])[0]
        item = list(project.objects(layer))[-1]
        with project.edit("Add") as edit:
            edit.set_attribute(item.fid, "Note", "checked")
        export_layer(project, layer, tmp_path / "out")
    first, second = sorted(folder.iterdir())
    assert (tmp_path / "out" / first.name).read_bytes() == first.read_bytes()
    assert b"checked" in added_to(second.read_bytes(), (tmp_path / "out" / second.name).read_bytes())


def added_to(before: bytes, after: bytes) -> bytes:
    """What stands in one place of a text more than before; everything else must be the same."""
    size = min(len(before), len(after))
    one, other = np.frombuffer(before, np.uint8)[:size], np.frombuffer(after, np.uint8)[:size]
    begin = int(np.argmax(one != other)) if (one != other).any() else size
    added = len(after) - len(before)
    assert before[begin:] == after[begin + added :]
    return after[begin : begin + added]


def exported(project: Project, folder: Path) -> bytes:
    out = folder / "out.gml"
    city = next(layer for layer in project.layers if layer.kind == "city")
    export_layer(project, city, out, overwrite=True)
    return out.read_bytes()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


HEADS = {
    version: (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        f'<core:CityModel xmlns:core="http://www.opengis.net/citygml/{version}"'
        f' xmlns:gml="http://www.opengis.net/gml{"/3.2" if version == "3.0" else ""}"'
        f' xmlns:bldg="http://www.opengis.net/citygml/building/{version}">\n'
    ).encode()
    for version, encoding in (("1.0", "ISO-8859-1"), ("2.0", "windows-1252"), ("3.0", "UTF-8"))
}
MEMBER = b"""<core:cityObjectMember>
  <bldg:Building gml:id="b">
    <gml:name>House</gml:name>
    <bldg:function>1000</bldg:function>
  </bldg:Building>
</core:cityObjectMember>"""

plain_text = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30).map(str.strip),
    st.sampled_from(("true", "false")),
)
values = st.one_of(
    plain_text, st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False)
)
keys = plain_text.filter(lambda key: bool(key) and key not in ("address", "name", "function"))


@given(
    version=st.sampled_from(sorted(HEADS)), fields=st.dictionaries(keys, values, max_size=4), name=plain_text
)
def test_any_text_and_number_comes_back_in_any_encoding(
    version: str, fields: dict[str, Any], name: str
) -> None:
    head = Head(HEADS[version])
    wanted = {"name": name, "function": "1000", **fields}
    out = changed(head, MEMBER, [wanted])
    ((back),) = read(head, out)
    assert back == {key: value for key, value in wanted.items() if value != "" or key in back}
    assert changed(head, out, [{"name": "House", "function": "1000"}]).count(b"\n") == MEMBER.count(b"\n")


@given(
    values=st.dictionaries(
        keys, st.one_of(values, st.dictionaries(keys, values, min_size=1, max_size=3)), max_size=3
    )
)
def test_sets_of_attributes_come_back(values: dict[str, Any]) -> None:
    for version in ("2.0", "3.0"):
        head = Head(HEADS[version])
        ((back),) = read(head, changed(head, MEMBER, [{"all": values}]))
        assert back == {"all": values}


def only(out: bytes) -> str:
    """The lines that are not those of the member as it was."""
    before = MEMBER.decode().split("\n")
    return "\n".join(line.strip() for line in out.decode().split("\n") if line not in before)


@pytest.mark.parametrize(
    ("version", "wanted", "lines"),
    [
        ("2.0", {"yearOfConstruction": 1985}, "<bldg:yearOfConstruction>1985</bldg:yearOfConstruction>"),
        ("2.0", {"measuredHeight": 5.5}, '<bldg:measuredHeight uom="m">5.5</bldg:measuredHeight>'),
        (
            "2.0",
            {"storeyHeightsAboveGround": [3.0, 2.5]},
            '<bldg:storeyHeightsAboveGround uom="m">3.0 2.5</bldg:storeyHeightsAboveGround>',
        ),
        ("2.0", {"creationDate": "2024-05-01"}, "<core:creationDate>2024-05-01</core:creationDate>"),
        (
            "3.0",
            {"dateOfConstruction": "1985-01-01"},
            '<construction:dateOfConstruction xmlns:construction="http://www.opengis.net/citygml/construction/3.0">'
            "1985-01-01</construction:dateOfConstruction>",
        ),
        (
            "2.0",
            {"Owner": "City"},
            '<generics:stringAttribute xmlns:generics="http://www.opengis.net/citygml/generics/2.0"'
            ' name="Owner">'
            "<generics:value>City</generics:value></generics:stringAttribute>",
        ),
        (
            "3.0",
            {"Rooms": 4},
            '<core:genericAttribute xmlns:generics="http://www.opengis.net/citygml/generics/3.0">'
            "<generics:IntAttribute><generics:name>Rooms</generics:name><generics:value>4</generics:value>"
            "</generics:IntAttribute></core:genericAttribute>",
        ),
    ],
)
def test_what_the_class_has_is_its_own_element_and_all_else_generic(
    version: str, wanted: dict[str, Any], lines: str
) -> None:
    head = Head(HEADS[version])
    now = {"name": "House", "function": "1000", **wanted}
    out = changed(head, MEMBER, [now])
    assert only(out) == lines
    assert read(head, out) == [json.loads(json.dumps(now))] or version == "3.0"


def test_an_address_is_written_as_xal() -> None:
    address = [
        {"Country": "NL", "Locality": "Delft", "ThoroughfareName": "Oude Delft", "ThoroughfareNumber": "1"}
    ]
    for version in HEADS:
        head = Head(HEADS[version])
        out = changed(head, MEMBER, [{"name": "House", "function": "1000", "address": address}])
        assert b"xalAddress" in out
        assert read(head, out)[0]["address"] == address
        longer = [{**address[0], "Postcode": "2611"}]
        again = changed(head, out, [{"name": "House", "function": "1000", "address": longer}])
        assert read(head, again)[0]["address"] == longer


def test_new_properties_stand_where_the_schema_wants_them() -> None:
    head = Head(HEADS["2.0"])
    now = {"storeysAboveGround": 2, "class": "1", "creationDate": "2024-01-01", "x": "y", "usage": "2"}
    out = changed(head, MEMBER, [{"name": "House", "function": "1000", **now}]).decode()
    order = ["gml:name>", "creationDate>", "stringAttribute", "class>", "function>", "usage>", "storeysAbove"]
    places = [out.index(f":{name}" if ":" not in name else name) for name in order]
    assert places == sorted(places)


def test_line_ends_comments_and_cdata_stay() -> None:
    head = Head(HEADS["2.0"])
    member = MEMBER.replace(b"<gml:name>", b"<!-- <gml:name>no</gml:name> --><gml:name>").replace(
        b"<bldg:function>1000", b"<bldg:function><![CDATA[</x>]]>"
    )
    member = member.replace(b"\n", b"\r\n")
    out = changed(head, member, [{"name": "Haus", "function": "</x>", "new": 1}])
    assert out.count(b"\n") == out.count(b"\r\n")
    assert b"<!-- <gml:name>no</gml:name> --><gml:name>Haus</gml:name>" in out
    assert b"<![CDATA[</x>]]>" in out
