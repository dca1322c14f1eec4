"""Rules of CityGML that shapes do not show: ids, references, names of elements."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.gml.conformance import conformance
from layers.gml.vocabulary import is_known
from tests.conftest import DATA, real

HEAD = (
    '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
    '<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:bldg="http://www.opengis.net/citygml/building/2.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' xmlns:app="http://www.opengis.net/citygml/appearance/2.0" xmlns:own="http://city.example/ade">'
)
SOUND = (
    '<bldg:Building gml:id="Gebäude_1.a-b"><bldg:measuredHeight uom="m">7</bldg:measuredHeight><own:any/>'
    '<bldg:lod1Solid xlink:href="#solid"/></bldg:Building>'
    '<bldg:Building gml:id="B2"><bldg:lod1Solid><gml:Solid gml:id="solid"/></bldg:lod1Solid></bldg:Building>'
)


def found_in(tmp_path: Path, members: str) -> list[tuple[str, str]]:
    """Codes and the objects they are about."""
    path = tmp_path / "model.gml"
    members = f"<core:cityObjectMember>{members}</core:cityObjectMember>"
    path.write_text(f"{HEAD}{members}</core:CityModel>", encoding="iso-8859-1")
    return [(found.code, found.object) for found in conformance(path)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ('"Gebäude_1.a-b"', '"1a"', [("id_syntax", "1a")]),
        ('"Gebäude_1.a-b"', '"a b"', [("id_syntax", "a b")]),
        ('"B2"', '"Gebäude_1.a-b"', [("duplicate_id", "Gebäude_1.a-b")]),
        ('"#solid"', '"#sold"', [("broken_link", "Gebäude_1.a-b")]),
        ('"#solid"', '"other.gml#sold"', []),
        ("measuredHeight", "measuredHeigth", [("unknown_element", "Gebäude_1.a-b")]),
        ("measuredHeight", "fillingSurface", [("unknown_element", "Gebäude_1.a-b")]),  # of 3.0
        ("bldg:measuredHeight", "app:measuredHeight", [("unknown_element", "Gebäude_1.a-b")]),  # of buildings
        ("<own:any/>", "<bldg:theme/>", [("unknown_element", "Gebäude_1.a-b")]),
        ("<own:any/>", "<app:target>#none</app:target>", [("broken_target", "Gebäude_1.a-b")]),
        ("<own:any/>", "<own:any>", [("xml_syntax", "")]),
    ],
)
def test_each_rule_is_told_with_its_object(
    tmp_path: Path, before: str, after: str, expected: list[tuple[str, str]]
) -> None:
    assert found_in(tmp_path, SOUND.replace(before, after) if before else SOUND) == expected


@pytest.mark.parametrize("path", sorted(DATA.glob("citygml/ogc3/**/*.gml")), ids=lambda path: path.name)
def test_official_examples_keep_them(path: Path) -> None:
    assert conformance(path) == []


@pytest.mark.parametrize(
    ("name", "code", "count"),
    [
        ("citygml4j/invalid_building_v3.gml", "id_syntax", 1),  # as the file says of itself
        ("potsdam-lod1/Potsdam_LoD1.gml", "id_syntax", 61),  # gml:ids that are UUIDs and begin with a digit
        ("lyon-vaulx/sandbox_houses_003.gml", "unknown_element", 1),  # <bldg:MultiSurface>
        ("nrw-lod2/LoD2_32_280_5657_1_NW.gml", "", 0),
    ],
)
def test_files_of_cities(name: str, code: str, count: int) -> None:
    assert [found.code for found in conformance(real(f"citygml/{name}"))] == [code] * count


def test_names_are_those_of_their_version() -> None:
    assert is_known("{http://www.opengis.net/citygml/building/1.0}lod4MultiSurface")
    assert not is_known("{http://www.opengis.net/citygml/building/3.0}measuredHeight")
    assert not is_known("{http://www.opengis.net/citygml/building/2.0}lod5Solid")
    assert is_known("{http://www.opengis.net/citygml/tunnel/2.0}RoofSurface")
    assert not is_known("{http://www.opengis.net/citygml/building/3.0}RoofSurface")
    assert is_known("{http://www.opengis.net/citygml/construction/3.0}RoofSurface")
    assert not is_known("{http://www.opengis.net/citygml/2.0}Building")
