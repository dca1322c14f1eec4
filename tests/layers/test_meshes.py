"""Meshes of all kinds: surfaces put together again, materials, what stands beside a file, STL, terrain."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import orjson
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from layers.arrays import Mesh, Scan
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import obj, ply, quantizedmesh, stl
from layers.meshes.beside import beside
from layers.meshes.facets import facets
from layers.meshes.mtl import materials
from layers.polygons import Polygons, mesh_of
from tests.conftest import real
from tests.layers.test_scans import written

DELFT = "cityjson/3dfier-testarea/testarea.{}"
TERRAIN = "terrain/quantized-mesh/9_533_383.terrain"
CUBE = trimesh.creation.box((10, 5, 3))


def polygons_of(mesh: trimesh.Trimesh, alone: bool = False) -> tuple[Mesh, list[int]]:
    vertices, triangles = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64)
    count = len(triangles)
    found = facets(vertices, triangles, np.zeros(count, np.int64), np.full(count, alone))
    batch = Polygons(
        corners=vertices[found.corners],
        rings=found.rings,
        polygon_rings=found.polygon_rings,
        types=np.zeros(len(found.polygon_rings), np.int32),
        polygons=np.array([len(found.polygon_rings)]),
        objects=np.zeros(1, np.int32),
        lods=np.zeros(1, np.int32),
        places=np.zeros(1, np.int32),
        outlined=np.ones(1, np.bool_),
    )
    again = mesh_of([batch], ("",), ("",), np.empty((0, 3)), np.empty((0, 2), np.int32))
    return again, sorted(found.rings.tolist())


def area_of(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.triangles[:, corner]] for corner in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_a_box_of_triangles_has_six_sides_in_national_coordinates_too() -> None:
    moved = CUBE.copy()
    moved.apply_translation((85000.123, 446000.456, 3.789))
    for box in (CUBE, moved):
        again, rings = polygons_of(box)
        assert rings == [4] * 6
        assert area_of(again) == pytest.approx(box.area, rel=1e-9)


def test_a_plate_with_a_hole_keeps_its_hole() -> None:
    ring = trimesh.creation.annulus(1, 2, 1, sections=8)
    again, rings = polygons_of(ring)
    assert Counter(rings) == {4: 16, 8: 4}
    assert len(again.surface_type) == 18
    assert area_of(again) == pytest.approx(ring.area, rel=1e-9)


def test_what_is_round_or_wears_an_image_stays_as_it_is() -> None:
    ball = trimesh.creation.icosphere(3, radius=2)
    assert polygons_of(ball)[1] == [3] * len(ball.faces)
    assert polygons_of(CUBE, alone=True)[1] == [3] * 12


@given(st.lists(st.lists(st.integers(0, 7), min_size=3, max_size=3), min_size=1, max_size=14))
def test_any_triangles_become_polygons_of_the_same_area(triangles: list[list[int]]) -> None:
    mesh = trimesh.Trimesh(
        CUBE.vertices, [t for t in triangles if len(set(t)) == 3] or [[0, 1, 2]], process=False
    )
    again, rings = polygons_of(mesh)
    assert min(rings) >= 3
    assert area_of(again) == pytest.approx(mesh.area, rel=1e-6)


def test_an_obj_of_a_city_holds_the_objects_of_its_cityjson() -> None:
    (layer,) = obj.read(real(DELFT.format("obj")), ReadOptions(crs="EPSG:7415"))
    same = orjson.loads(real(DELFT.format("json")).read_bytes())["CityObjects"]
    assert layer.kind == "city"
    assert {item.id: item.type for item in layer.features} == {id: each["type"] for id, each in same.items()}
    assert any("WallSurface" in item.surfaces for item in layer.features)
    assert layer.report.dropped == 0
    lines = real(DELFT.format("obj")).read_text().splitlines()
    vertices = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], np.float64)
    faces = np.array(
        [[int(w.split("/")[0]) - 1 for w in line.split()[1:]] for line in lines if line[:2] == "f "]
    )
    assert isinstance(layer.drawable, Mesh)
    expected = trimesh.Trimesh(vertices, faces, process=False).area
    # Nearly flat neighbours are one surface, which is cut into triangles anew.
    assert area_of(layer.drawable) == pytest.approx(expected, rel=1e-4)


OBJ = """mtllib lib/a.mtl
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
o shed
usemtl tiles
f 1/1 2/2 3/3
usemtl plain
f 1/-3 3/-1 4//
"""
MTL = """newmtl tiles
Kd 0.5 0.25 0
d 0.25
map_Kd -clamp on -s 1 1 1 -bm 0.5 ..\\images\\clay tiles.jpg
newmtl plain
Kd 1 0 0
Tr 0.5
"""


def test_materials_of_an_obj_are_looks_with_their_images(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.mtl").write_text(MTL)
    (layer,) = obj.read(written(tmp_path, "a.obj", OBJ), ReadOptions())
    tiles, plain = layer.looks
    assert (tiles.color, tiles.transparency, tiles.wrap) == ((0.5, 0.25, 0), 0.75, "clamp")
    assert tiles.picture is not None and tiles.picture.path == "lib/../images/clay tiles.jpg"
    assert (plain.color, plain.transparency, plain.picture) == ((1, 0, 0), 0.5, None)
    scan = layer.drawable
    assert isinstance(scan, Scan) and scan.uv is not None and scan.triangle_look is not None
    assert scan.uv[scan.triangles[0]].tolist() == [[0, 0], [1, 0], [1, 1]]
    assert np.isnan(scan.uv[scan.triangles[1, 2]]).all()
    assert scan.triangle_look.tolist() == [0, 1]


def test_objects_of_an_obj_are_city_objects_when_the_person_says_so(tmp_path: Path) -> None:
    (layer,) = obj.read(written(tmp_path, "a.obj", OBJ), ReadOptions(kind="city"))
    assert [(item.id, item.type) for item in layer.features] == [("shed", "GenericCityObject")]


def test_an_obj_says_its_crs_and_its_surfaces_by_name(tmp_path: Path) -> None:
    text = "# x y z of EPSG:28992+5709\n" + OBJ.replace("tiles", "RoofSurface").replace(
        "plain", "WallSurface"
    )
    twice = text + text[text.index("o shed") :].replace("shed", "barn")
    (layer,) = obj.read(written(tmp_path, "a.obj", twice), ReadOptions())
    assert layer.crs == "EPSG:7415"
    assert [(item.id, item.type, item.surfaces) for item in layer.features] == [
        (name, "Building", "RoofSurface:1,WallSurface:1") for name in ("shed", "barn")
    ]


@pytest.mark.parametrize("said", ["../a.mtl", "/etc/passwd", "C:\\a.mtl", "\\\\host\\a.mtl"])
def test_no_library_outside_the_folder_is_opened(tmp_path: Path, said: str) -> None:
    (tmp_path / "a.mtl").write_text(MTL)
    (tmp_path / "inside").mkdir()
    with pytest.raises(ReadError, match="outside"):
        materials(tmp_path / "inside", said)


def test_a_ply_with_an_image_over_its_faces(tmp_path: Path) -> None:
    text = (
        "ply\nformat ascii 1.0\ncomment TextureFile skin.png\nelement vertex 4\n"
        "property float x\nproperty float y\nproperty float z\nelement face 2\n"
        "property list uchar int vertex_indices\nproperty list uchar float texcoord\nend_header\n"
        "0 0 0\n1 0 0\n1 1 0\n0 1 0\n"
        "3 0 1 2 6 0 0 1 0 1 1\n3 0 2 3 6 0.5 0.5 1 1 0 1\n"
    )
    (layer,) = ply.read(written(tmp_path, "a.ply", text), ReadOptions())
    scan = layer.drawable
    assert isinstance(scan, Scan) and scan.uv is not None and scan.triangle_look is not None
    assert scan.uv[scan.triangles].tolist() == [[[0, 0], [1, 0], [1, 1]], [[0.5, 0.5], [1, 1], [0, 1]]]
    assert scan.vertices[scan.triangles[1]].tolist() == [[0, 0, 0], [1, 1, 0], [0, 1, 0]]
    assert [look.picture.path for look in layer.looks if look.picture] == ["skin.png"]


def read_stl(path: Path) -> tuple[LayerData, Scan]:
    (layer,) = stl.read(path, ReadOptions())
    assert isinstance(layer.drawable, Scan)
    return layer, layer.drawable


@pytest.mark.parametrize("form", ["stl", "stl_ascii"])
def test_stl_is_what_trimesh_writes(tmp_path: Path, form: str) -> None:
    data = CUBE.export(file_type=form)
    path = written(tmp_path, "box.stl", data)
    head = path.read_bytes()
    assert stl.can_read(head, path) >= 90
    layer, scan = read_stl(path)
    assert (len(scan.vertices), len(scan.triangles)) == (8, 12)
    places = scan.vertices[scan.triangles]
    assert np.sort(places.ravel()) == pytest.approx(np.sort(CUBE.triangles.ravel()))
    assert layer.facts["encoding"] == ("binary" if form == "stl" else "ascii")


def test_an_stl_whose_count_is_enlarged_shows_what_is_there(tmp_path: Path) -> None:
    data = bytearray(CUBE.export(file_type="stl"))
    data[80:84] = b"\xff\xff\xff\xff"
    layer, scan = read_stl(written(tmp_path, "box.stl", bytes(data)))
    assert len(scan.triangles) == 12
    assert layer.report.warnings[0].code == "ends_early"


@pytest.mark.parametrize(
    ("name", "text", "shift", "crs"),
    [
        ("a_offset.xyz", "85000.5 446000.25 3\n", (85000.5, 446000.25, 3.0), None),
        ("a.offset", "offset: 85000, 446000\n", (85000.0, 446000.0, 0.0), None),
        ("a.xyz", "1 2 3\n4 5 6\n", None, None),  # a cloud
        ("a.prj", "EPSG:28992", None, "EPSG:28992"),
        ("a_wkt.prj", "not a crs", None, None),
        (
            "metadata.xml",
            "<ModelMetadata><SRS>EPSG:2154</SRS><SRSOrigin>843000,6521000,0</SRSOrigin></ModelMetadata>",
            (843000.0, 6521000.0, 0.0),
            "EPSG:2154",
        ),
        ("metadata.xml", '<!DOCTYPE x [<!ENTITY a "b">]><ModelMetadata/>', None, None),
        ("coords.txt", "WGS84 UTM 32N\n500000 5500000\n", (500000.0, 5500000.0, 0.0), "EPSG:32632"),
    ],
)
def test_what_stands_beside_a_mesh_says_where_it_lies(
    tmp_path: Path, name: str, text: str, shift: tuple[float, ...] | None, crs: str | None
) -> None:
    written(tmp_path, name, text)
    found = beside(tmp_path / "a.obj")
    assert (found.shift, found.crs) == (shift, crs)


def test_a_shift_is_added_and_told(tmp_path: Path) -> None:
    written(tmp_path, "a_offset.xyz", "85000 446000 0")
    written(tmp_path, "a.prj", "EPSG:28992")
    (layer,) = obj.read(written(tmp_path, "a.obj", OBJ), ReadOptions())
    assert (layer.crs, layer.facts["local"]) == ("EPSG:28992", False)
    assert layer.box == (85000, 446000, 0, 85001, 446001, 0)
    assert any("a_offset.xyz" in warning.text for warning in layer.report.warnings)


def test_a_tile_of_terrain_lies_in_its_place(tmp_path: Path) -> None:
    path = real(TERRAIN)
    city, terrain = quantizedmesh.read(path, ReadOptions())
    assert (city.crs, terrain.kind, terrain.partner) == ("EPSG:4979", "terrain", 0)
    assert [item.type for item in city.features] == ["TINRelief"]
    assert isinstance(city.drawable, Mesh)
    vertices = city.drawable.vertices
    side = 180 / 2**9
    west, south = -180 + 533 * side, -90 + 383 * side
    assert vertices.min(axis=0)[:2] == pytest.approx([west, south], abs=1e-9)
    assert vertices.max(axis=0)[:2] == pytest.approx([west + side, south + side], abs=1e-9)
    # The header's lowest and highest place, as float32.
    assert vertices[:, 2].min() == pytest.approx(206.34087, abs=1e-4)
    assert vertices[:, 2].max() == pytest.approx(787.943, abs=1e-4)
    packed = tmp_path / "9" / "533" / "383.terrain"
    packed.parent.mkdir(parents=True)
    packed.write_bytes(gzip.compress(path.read_bytes()))
    again = quantizedmesh.read(packed, ReadOptions())[0].drawable
    assert isinstance(again, Mesh)
    assert np.array_equal(again.vertices, vertices)


def test_terrain_that_does_not_say_where_it_lies_is_refused(tmp_path: Path) -> None:
    data = real(TERRAIN).read_bytes()
    with pytest.raises(ReadError, match="does not say where it lies"):
        quantizedmesh.read(written(tmp_path, "9_534_383.terrain", data), ReadOptions())
    with pytest.raises(ReadError, match="ends early"):
        quantizedmesh.read(written(tmp_path, "9_533_383.terrain", data[:500]), ReadOptions())


def test_a_word_among_the_numbers_of_an_obj_is_named(tmp_path: Path) -> None:
    path = tmp_path / "house.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 1 1 zwölf\nf 1 2 3\n", encoding="utf-8")
    with pytest.raises(ReadError, match="'zwölf' where a number should be"):
        obj.read(path, ReadOptions())
