"""CityGML as it is published: what is read agrees with what another way of counting finds in the files."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from lxml import etree

from layers.arrays import Mesh
from layers.data import LayerData, ReadOptions
from layers.formats import citygml
from layers.parts import grouped
from tests.conftest import DATA, real

FOLDERS = ("citygml", "multitemporal", "utilities")
#: City objects by their element, and the type they have as CityJSON; "+" before those it does not have.
CLASSES = {
    "Building": "Building",
    "BuildingPart": "BuildingPart",
    "BuildingInstallation": "BuildingInstallation",
    "BuildingFurniture": "BuildingFurniture",
    "Room": "BuildingRoom",
    "BuildingRoom": "BuildingRoom",
    "Storey": "BuildingStorey",
    "BuildingUnit": "BuildingUnit",
    "Bridge": "Bridge",
    "Tunnel": "Tunnel",
    "TunnelInstallation": "TunnelInstallation",
    "HollowSpace": "TunnelHollowSpace",
    "ReliefFeature": "+ReliefFeature",
    "TINRelief": "TINRelief",
    "Road": "Road",
    "Square": "TransportSquare",
    "Section": "+Section",
    "Intersection": "+Intersection",
    "TrafficSpace": "+TrafficSpace",
    "AuxiliaryTrafficSpace": "+AuxiliaryTrafficSpace",
    "WaterBody": "WaterBody",
    "LandUse": "LandUse",
    "CityObjectGroup": "CityObjectGroup",
    "GenericCityObject": "GenericCityObject",
    "Version": "+Version",
    "VersionTransition": "+VersionTransition",
}
OWN = "and contains(namespace-uri(), '/citygml/')"  # those of extensions have a "+" before their names
SURFACES = {
    "RoofSurface": ("RoofSurface", "lod0RoofEdge"),
    "GroundSurface": ("GroundSurface",),
    "WallSurface": ("WallSurface",),
    "ClosureSurface": ("ClosureSurface",),
    "InteriorWallSurface": ("InteriorWallSurface",),
    "FloorSurface": ("FloorSurface",),
    "CeilingSurface": ("CeilingSurface",),
    "WaterSurface": ("WaterSurface",),
    "TrafficArea": ("TrafficArea",),
    "AuxiliaryTrafficArea": ("AuxiliaryTrafficArea",),
    "Window": ("Window", "WindowSurface"),
    "Door": ("Door", "DoorSurface"),
}


def city_models() -> list[str]:
    """The files of the data folder that are city models."""
    found = (path for folder in FOLDERS for path in sorted((DATA / folder).rglob("*")))
    return [
        path.relative_to(DATA).as_posix()
        for path in found
        if path.suffix in (".gml", ".xml") and b"CityModel" in path.read_bytes()[:10_000]
    ]


MODELS = city_models() or ["citygml/nrw-lod2/LoD2_32_280_5657_1_NW.gml"]


def read(path: Path, **options: Any) -> LayerData:
    return citygml.read(path, ReadOptions(**options))[0]


def mesh(layer: LayerData) -> Mesh:
    assert isinstance(layer.drawable, Mesh)
    return layer.drawable


def counted(root: etree._Element, name: str, own: str = "") -> int:
    return int(root.xpath(f"count(//*[local-name()=$name {own}])", name=name))


@pytest.mark.parametrize("name", MODELS)
def test_as_many_objects_of_each_class_come_in_as_xpath_counts(name: str) -> None:
    path = real(name)
    root = etree.parse(path).getroot()
    layer = read(path)
    types = Counter(feature.type for feature in layer.features)
    for element, type in CLASSES.items():
        same = [other for other, its in CLASSES.items() if its == type]
        assert types[type] == sum(counted(root, other, OWN) for other in same), element
    surfaces = layer.facts["surfaces"]
    assert isinstance(surfaces, dict)
    for type, elements in SURFACES.items():
        assert surfaces.get(type, 0) == sum(counted(root, element) for element in elements), type
    assert layer.report.dropped == 0


@pytest.mark.parametrize("name", MODELS)
def test_every_polygon_is_there_once_where_nothing_is_referred_to(name: str) -> None:
    path = real(name)
    root = etree.parse(path).getroot()
    if root.xpath("//@*[local-name()='href']") or root.xpath("//*[local-name()='ImplicitGeometry']"):
        pytest.skip("some polygons of this file are used more than once")
    polygons = ["Polygon", "Triangle", "Rectangle", "PolygonPatch"]
    expected = sum(int(root.xpath("count(//*[local-name()=$n])", n=each)) for each in polygons)
    assert len(mesh(read(path)).surface_type) == expected


@pytest.mark.parametrize("name", MODELS)
def test_the_pieces_are_the_file_and_a_file_in_parts_is_the_same_as_whole(name: str, tmp_path: Path) -> None:
    path = real(name)
    whole = read(path)
    assert b"".join(piece.data for piece in whole.pieces) == path.read_bytes()
    size = max(3000, path.stat().st_size // 8)
    outline = citygml.outline(path, tmp_path, ReadOptions(part_bytes=size))
    groups = grouped(outline.stretches, size)
    parts = [citygml.read_part(path, group, ReadOptions())[0] for group in groups]
    assert outline.crs == whole.crs
    assert b"".join(p.data for part in parts for p in part.pieces) == path.read_bytes()
    assert list(chain.from_iterable(part.features for part in parts)) == whole.features
    vertices = np.concatenate([mesh(part).vertices for part in parts])
    assert np.array_equal(vertices, mesh(whole).vertices)


def test_every_member_knows_its_objects() -> None:
    layer = read(real("citygml/njam/zurich-lod2-citygml1.xml"))
    members = [piece for piece in layer.pieces if piece.role.startswith("member")]
    firsts = [(0, "member 2"), (2, "member 3"), (5, "member 2"), (7, "member 3")]
    assert [(piece.feature, piece.role) for piece in members] == firsts
    for piece in members:
        assert piece.data[piece.start :].lstrip().startswith(b"<") and piece.feature is not None
        assert layer.features[piece.feature].id.encode() in piece.data
        assert layer.features[piece.feature + 1].parent == layer.features[piece.feature].id


def test_a_solid_that_refers_to_its_boundary_surfaces_is_one_geometry_with_semantics() -> None:
    layer = read(real("citygml/nrw-lod2/LoD2_32_280_5657_1_NW.gml"))
    found = mesh(layer)
    assert len(found.geometry_object) == len(np.unique(found.geometry_object)) == 113
    names = Counter(np.array(found.type_names)[found.surface_type].tolist())
    assert names == {"WallSurface": 747, "RoofSurface": 181, "GroundSurface": 124, "ClosureSurface": 92}


def test_textures_are_on_the_polygons_of_buildings_that_appearances_name() -> None:
    layer = read(real("citygml/plateau-yokosuka/bldg/52397519_bldg_6697_op.gml"))
    found = mesh(layer)
    assert found.surface_look is not None and found.vertex_uv is not None
    assert [look.picture.path.rpartition("/")[2] for look in layer.looks if look.picture] == [
        "14201-bldg-110968-1.jpg",
        "14201-bldg-156842-1.jpg",
        "14201-bldg-158971-1.jpg",
    ]
    textured = found.surface_look[:, 0] >= 0
    of_corner = np.repeat(textured, np.diff(found.surface_start))
    assert textured.sum() == 335
    assert np.isfinite(found.vertex_uv[of_corner]).all() and np.isnan(found.vertex_uv[~of_corner]).all()
    assert 0 <= np.nanmin(found.vertex_uv) <= np.nanmax(found.vertex_uv) <= 1


@pytest.mark.parametrize(
    ("old_name", "new_name"),
    [
        ("Building_LOD0", "Building_LOD0"),
        ("Building_LOD1", "Building_LOD1"),
        ("Building_LOD1-Local", "Building_LOD1-Local"),
        ("Building_LOD2", "Building_LOD2"),
        ("Building_LOD4", "Building_LOD3"),
        ("Building_and_garage_LOD2", "Building_and_garage_LOD2"),
    ],
)
def test_a_building_is_the_same_in_both_versions_of_citygml(old_name: str, new_name: str) -> None:
    folder = real("citygml/ogc3")
    old = read(next(folder.glob(f"{old_name}[-E]*.gml")))
    new = read(next(folder.glob(f"CityGMLv3/{new_name}[-E]*.gml")))
    assert [(f.type, f.lods, f.surfaces) for f in old.features] == [
        (f.type, f.lods, f.surfaces) for f in new.features
    ]
    assert _corners(mesh(old)) == _corners(mesh(new))


def _corners(found: Mesh) -> Counter[tuple[str, tuple[tuple[float, ...], ...]]]:
    """The corners of each polygon with its semantic type, whatever their order."""
    ends = zip(found.surface_start[:-1].tolist(), found.surface_start[1:].tolist(), strict=True)
    corners = [tuple(sorted(map(tuple, found.vertices[a:b].round(6).tolist()))) for a, b in ends]
    return Counter(zip((found.type_names[code] for code in found.surface_type), corners, strict=True))


def test_the_hundred_buildings_are_those_of_the_cityjson_file() -> None:
    from layers.formats import cityjson

    gml = read(real("citygml/citygml4j/lod2_buildings_v3.gml"))
    json = cityjson.read(real("cityjson/citygml4j-cj/lod2_buildings_v2.json"), ReadOptions())[0]
    assert _corners(mesh(gml)) == _corners(mesh(json))
    by_id = {feature.id: (feature.type, orjson.loads(feature.attributes)) for feature in json.features}
    assert {f.id: (f.type, orjson.loads(f.attributes)) for f in gml.features} == by_id
