"""CityGML as a CityJSON model: valid, the same when read again, and the same as its other versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers import citymodel
from layers.arrays import Mesh
from layers.citymodel import encode, points_of
from layers.conformance import Conformance
from layers.data import LayerData, ReadOptions
from layers.formats import citygml, cityjson
from layers.gml import reader
from layers.gml.model import from_text
from layers.project import Project
from layers.upgrade import Model
from tests.cities import import_here
from tests.conftest import real
from tests.layers.test_gmlpatch import each_gml

PAIRS = [
    "Building_LOD0-EPSG25832.gml",
    "Building_LOD1-EPSG25832.gml",
    "Building_LOD1-LocalEngineeringCRS.gml",
    "Building_LOD2-EPSG25832.gml",
    "Building_and_garage_LOD2-EPSG25832.gml",
]
NEAR = 2e-7  # half a step of the finest vertices, twice


def model_of(name: str) -> Model:
    return from_text(real(name).read_bytes())


def layer_of(path: Path) -> LayerData:
    read = citygml.read if path.suffix in (".gml", ".xml") else cityjson.read
    return read(path, ReadOptions(crs="local"))[0]


@each_gml
def test_a_model_is_valid_and_is_the_same_city_when_it_is_read_again(name: str, tmp_path: Path) -> None:
    source = real(name)
    model = from_text(source.read_bytes(), "local")
    text = encode(model)
    document = json.loads(text)
    assert [finding for finding in Conformance(document).findings() if not finding.is_warning] == []
    out = tmp_path / "out.city.json"
    out.write_bytes(text)
    before, after = layer_of(source), layer_of(out)
    assert [feature.id for feature in before.features] == [feature.id for feature in after.features]
    for one, other in zip(before.features, after.features, strict=True):
        assert one.lods in (other.lods, "")
    assert before.report.dropped == after.report.dropped == 0
    assert isinstance(before.drawable, Mesh)
    assert isinstance(after.drawable, Mesh)
    assert len(before.drawable.surface_type) == len(after.drawable.surface_type)
    assert np.abs(before.drawable.vertices - after.drawable.vertices).max(initial=0.0) < NEAR


def building(id: str, ring: str) -> str:
    """A member with a building of one polygon; of none when there is no ring."""
    polygon = f"""<bldg:lod1MultiSurface><gml:MultiSurface><gml:surfaceMember><gml:Polygon><gml:exterior>
        <gml:LinearRing><gml:posList>{ring}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>
        </gml:surfaceMember></gml:MultiSurface></bldg:lod1MultiSurface>"""
    inside = polygon if ring else ""
    return f'<cityObjectMember><bldg:Building gml:id="{id}">{inside}</bldg:Building></cityObjectMember>'


@pytest.mark.parametrize("batch_bytes", [1, 1 << 18])
@pytest.mark.parametrize("others", [[""], ["1 2 here 4 5 6 7 8 9"], ["", "1 2 here", ""]])
def test_a_model_keeps_its_geometry_whatever_stands_around_it(
    batch_bytes: int, others: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BATCH_BYTES", batch_bytes)
    around = [building(f"other-{number}", ring) for number, ring in enumerate(others)]
    house = building("house", "0 0 0 10 0 0 10 10 0 0 0 0")
    for members in ([house, *around], [*around, house], around):
        text = f"""<CityModel xmlns="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml"
            xmlns:bldg="http://www.opengis.net/citygml/building/2.0">{"".join(members)}</CityModel>"""
        found = from_text(text.encode(), "local")["CityObjects"]
        assert len(found) == len(members)
        shown = [id for id, item in found.items() if item.get("geometry")]
        assert shown == (["house"] if house in members else [])


def corners(model: Model) -> Any:
    """Every boundary as coordinates."""
    points = np.round(points_of(model), 6).tolist()

    def placed(boundary: Any) -> Any:
        return [placed(part) for part in boundary] if isinstance(boundary, list) else tuple(points[boundary])

    return placed


def city(model: Model) -> dict[str, Any]:
    """What a model says, whatever the order of its vertices and surfaces."""
    placed = corners(model)
    found = {}
    for id, item in model["CityObjects"].items():
        attributes = json.loads(encode(item.get("attributes", {})))
        geometries = [
            {
                "type": geometry["type"],
                "lod": geometry["lod"],
                "boundaries": placed(geometry["boundaries"]),
                "semantics": meanings(geometry),
            }
            for geometry in item.get("geometry", [])
        ]
        found[id] = {"type": item["type"], "attributes": attributes, "geometry": geometries}
    return found


def meanings(geometry: dict[str, Any]) -> Any:
    """The semantic surface of each polygon."""
    semantics = geometry.get("semantics")
    if semantics is None:
        return None

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(part) for part in value]
        return (
            None if value is None else {k: v for k, v in semantics["surfaces"][value].items() if k != "name"}
        )

    return named(semantics["values"])


def test_a_hundred_buildings_are_those_of_their_cityjson() -> None:
    ours = city(model_of("citygml/citygml4j/lod2_buildings_v3.gml"))
    theirs = citymodel.from_text(real("cityjson/citygml4j-cj/lod2_buildings_v2.json").read_bytes())
    assert ours == city(theirs)


@pytest.mark.parametrize("name", PAIRS)
def test_the_versions_of_a_building_are_the_same(name: str) -> None:
    old = city(model_of(f"citygml/ogc3/{name}"))
    new = city(model_of(f"citygml/ogc3/CityGMLv3/{name}"))
    for item in old.values():
        year = item["attributes"].pop("yearOfConstruction", None)
        if year is not None:  # 3.0 has dates where 2.0 has years
            item["attributes"]["dateOfConstruction"] = f"{year}-01-01"
    assert old == new


def test_textures_have_the_places_of_their_corners() -> None:
    source = real("citygml/plateau-yokosuka/bldg/52397519_bldg_6697_op.gml")
    text = source.read_bytes()
    model = from_text(text)
    textures = model["appearance"]["textures"]
    assert [(source.parent / texture["image"]).exists() for texture in textures] == [True] * 3
    rings = 0
    for item in model["CityObjects"].values():
        for geometry in item.get("geometry", []):
            for theme, use in geometry.get("texture", {}).items():
                assert theme == "rgbTexture"
                for polygon, places in zip(geometry["boundaries"][0], use["values"][0], strict=True):
                    for ring, place in zip(polygon, places, strict=True):
                        assert place == [None] or len(place) == len(ring) + 1
                        rings += place != [None]
    assert rings == text.count(b"<app:textureCoordinates")


def test_addresses_stand_beside_the_attributes_and_have_their_place() -> None:
    model = model_of("citygml/ogc3/CityGMLv3/Building_LOD2-EPSG25832.gml")
    (building,) = (item for item in model["CityObjects"].values() if item["type"] == "Building")
    ((address,),) = (building["address"],)
    assert "address" not in building["attributes"]
    assert (address["Locality"], address["Postcode"]) == ("Eggenstein-Leopoldshafen", "76344")
    assert points_of(model)[address["location"]["boundaries"]].tolist() == [[458880.0, 5438352.6, 112.0]]


def test_what_cityjson_has_no_type_for_keeps_its_type_and_family() -> None:
    model = model_of("citygml/ogc3/Road_over_Bridge_CityGML3.0_LOD2_with_CityObjectRelations.gml")
    items = model["CityObjects"].values()
    sections = [item for item in items if item.get("attributes", {}).get("sourceType") == "+Section"]
    assert len(sections) == 3
    for section in sections:
        assert section["type"] == "CityObjectGroup"
        assert section["attributes"]["sourceParent"] in model["CityObjects"]
        members = [model["CityObjects"][id] for id in section["children"]]
        assert {item["attributes"]["sourceType"] for item in members} == {"+TrafficSpace"}


def test_objects_of_a_project_have_the_geometries_of_the_model(tmp_path: Path) -> None:
    source = real("citygml/ogc3/CityGMLv3/Building_and_garage_LOD2-EPSG25832.gml")
    model = from_text(source.read_bytes())
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_here(project, source)
        for item in project.objects(layer):
            theirs = model["CityObjects"][item.id].get("geometry", [])
            ours = project.geometries(item.fid)
            assert [geometry["type"] for geometry in ours] == [geometry["type"] for geometry in theirs]
            for one, other in zip(ours, theirs, strict=True):
                assert one.get("semantics") == other.get("semantics")
                assert len(one["boundaries"]) == len(other["boundaries"])
            assert f'gml:id="{item.id}"' in project.source_text(item.fid)[:400]
