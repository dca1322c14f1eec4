"""Scans in PLY and OBJ: as trimesh reads them, in both byte orders and ASCII; damage in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from layers.arrays import Cloud, Scan
from layers.data import LayerData, ReadOptions, never_stop
from layers.errors import ReadError
from layers.formats import obj, ply
from layers.moving import Move
from layers.octree_index import index
from layers.pointfiles import PointFiles
from tests.clouds import whole
from tests.conftest import real

GARGOYLE = "heritage/3dhop/gargo.ply"
LAURANA = "heritage/vcg/Laurana50k.ply"
CAGE = "heritage/3dhop/cage.ply"
PHOTOGRAMMETRY = "heritage/photogrammetry/Example.ply"
DELFT = "cityjson/3dfier-testarea/testarea.obj"


def read(path: Path, **options: object) -> LayerData:
    module = ply if path.suffix == ".ply" else obj
    (layer,) = module.read(path, ReadOptions(**options))  # type: ignore[arg-type]
    return layer


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(("name", "points", "faces"), [
    (GARGOYLE, 25002, 50000), (LAURANA, 27861, 49954), (CAGE, 1968, 2488),
])  # fmt: skip
def test_scanned_meshes_are_those_that_trimesh_reads(name: str, points: int, faces: int) -> None:
    layer, expected = read(real(name)), trimesh.load(real(name), process=False)
    scan = layer.drawable
    assert isinstance(scan, Scan)
    assert (len(scan.vertices), len(scan.triangles)) == (points, faces)
    assert np.array_equal(scan.vertices, expected.vertices)
    assert np.array_equal(scan.triangles, expected.faces)
    assert scan.rgb is not None
    assert np.array_equal(scan.rgb, expected.visual.vertex_colors[:, :3])
    assert (layer.kind, layer.crs, layer.facts["local"], layer.linked) == ("heritage", None, True, True)


def test_a_photogrammetric_cloud_in_ascii_has_its_colours() -> None:
    layer, expected = read(real(PHOTOGRAMMETRY), kind="points"), trimesh.load(real(PHOTOGRAMMETRY))
    cloud = layer.points
    assert isinstance(cloud, Cloud)
    assert layer.kind == "points"
    assert len(cloud.points) == 7817
    assert cloud.points == pytest.approx(np.asarray(expected.vertices))
    assert cloud.rgb is not None
    assert cloud.rgb[0].tolist() == [134, 149, 148]


def test_a_cloud_with_an_empty_table_of_faces_is_a_cloud(tmp_path: Path) -> None:
    path = real("heritage/photogrammetry/Example_colors.ply")
    layer, expected = read(path), trimesh.load(path)
    assert isinstance(layer.points, PointFiles)  # it is binary: its points can be read from any one on
    found = whole(index(layer.points, Move(None, None), tmp_path / "index", layer.report, never_stop))
    assert found.rgb is not None
    assert len(found.points) == layer.facts["points"] == len(expected.vertices)
    assert np.abs(np.sort(found.points, axis=0) - np.sort(expected.vertices, axis=0)).max() < 1e-6
    assert np.array_equal(np.sort(found.rgb[:, 0]), np.sort(expected.colors[:, 0]))


def test_an_obj_in_national_coordinates_keeps_every_millimetre() -> None:
    layer = read(real(DELFT), crs="EPSG:7415", kind="heritage")
    scan = layer.drawable
    assert isinstance(scan, Scan)
    lines = real(DELFT).read_text().splitlines()
    vertices = [line.split()[1:] for line in lines if line.startswith("v ")]
    faces = [
        [int(part.split("/")[0]) - 1 for part in line.split()[1:]] for line in lines if line.startswith("f ")
    ]
    assert np.array_equal(scan.vertices, np.array(vertices, dtype=np.float64))
    assert np.array_equal(scan.triangles, np.array(faces))
    assert layer.facts["objects"] == 570
    assert (layer.crs, layer.facts["local"]) == ("EPSG:7415", False)


@pytest.mark.parametrize("order", ["<", ">"])
def test_binary_faces_of_different_lengths(tmp_path: Path, order: str) -> None:
    kind = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    header = (
        f"ply\nformat {kind} 1.0\nelement vertex 5\nproperty double x\nproperty double y\nproperty float z\n"
        "element face 2\nproperty uchar material\nproperty list uchar ushort vertex_index\nend_header\n"
    )
    places = np.array(
        [(i, i * i, i / 2) for i in range(5)],
        dtype=[("x", order + "f8"), ("y", order + "f8"), ("z", order + "f4")],
    )
    faces = (
        b"\7\3"
        + np.array([0, 1, 2], order + "u2").tobytes()
        + b"\7\4"
        + np.array([1, 2, 3, 4], order + "u2").tobytes()
    )
    scan = read(written(tmp_path, "a.ply", header.encode() + places.tobytes() + faces)).drawable
    assert isinstance(scan, Scan)
    assert scan.vertices[3].tolist() == [3.0, 9.0, 1.5]
    assert scan.triangles.tolist() == [[0, 1, 2], [1, 2, 3], [1, 3, 4]]


PLY_HEAD = "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
FACES = "element face 2\nproperty list uchar int vertex_indices\nend_header\n"
SQUARE = "0 0 0\n1 0 0\n1 1 0\n0 1 0\n"


def test_ascii_faces_of_different_lengths(tmp_path: Path) -> None:
    scan = read(written(tmp_path, "a.ply", PLY_HEAD + FACES + SQUARE + "4 0 1 2 3\n3 0 1 2\n")).drawable
    assert isinstance(scan, Scan)
    assert scan.triangles.tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 2]]


def test_a_face_with_a_missing_corner_is_left_out_and_said(tmp_path: Path) -> None:
    layer = read(written(tmp_path, "a.ply", PLY_HEAD + FACES + SQUARE + "3 0 1 99\n3 0 1 2\n"))
    assert isinstance(layer.drawable, Scan)
    assert layer.drawable.triangles.tolist() == [[0, 1, 2]]
    assert layer.report.dropped == 1


def test_a_vertex_that_is_nowhere_takes_its_faces_with_it(tmp_path: Path) -> None:
    square = SQUARE.replace("0 0 0", "nan 0 0")
    layer = read(written(tmp_path, "a.ply", PLY_HEAD + FACES + square + "3 0 1 2\n3 1 2 3\n"))
    scan = layer.drawable
    assert isinstance(scan, Scan)
    assert len(scan.vertices) == 3
    assert scan.triangles.tolist() == [[0, 1, 2]]
    assert [warning.code for warning in layer.report.warnings] == ["bad_faces", "impossible_points"]


def test_obj_faces_count_backwards_and_carry_textures(tmp_path: Path) -> None:
    text = (
        "# a square\nmtllib square.mtl\nv 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 1 1 0 0 0 1\nvt 0 0\n"
        "f -3/1 -2/1/1 -1//1\n"
        "v 0 1 0 1 1 1\nf 1 3 4\n"
    )
    layer = read(written(tmp_path, "a.obj", text))
    scan = layer.drawable
    assert isinstance(scan, Scan)
    assert scan.triangles.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert scan.rgb is not None
    assert scan.rgb.tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]
    assert "square.mtl" in layer.report.warnings[0].text


def test_an_obj_without_faces_is_a_cloud(tmp_path: Path) -> None:
    assert isinstance(read(written(tmp_path, "a.obj", "v 1 2 3\nv 4 5 6\n")).points, Cloud)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.ply", "ply\n", "no complete PLY header"),
        ("a.ply", PLY_HEAD.replace("vertex 4", "vertex 4000000000") + "end_header\n0 0 0\n", "promises more"),
        ("a.ply", PLY_HEAD.replace("vertex 4", "vertex -4") + "end_header\n0 0 0\n", "promises more"),
        ("a.ply", PLY_HEAD.replace("vertex 4", "vertex many") + "end_header\n", "not understood.*many"),
        (
            "a.ply",
            PLY_HEAD.replace("float x", "complex x") + "end_header\n" + SQUARE,
            "not understood.*complex",
        ),
        ("a.ply", PLY_HEAD.replace("ascii", "xml") + "end_header\n" + SQUARE, "encoding is not known"),
        (
            "a.ply",
            PLY_HEAD.replace("float x", "float w") + "end_header\n" + SQUARE,
            "no vertices with x, y and z",
        ),
        ("a.ply", PLY_HEAD + "end_header\n" + SQUARE.replace("1 1", "one one"), "damaged"),
        ("a.ply", PLY_HEAD + FACES + SQUARE + "3 0 1 2\n900000000 1\n", "damaged"),
        ("a.ply", PLY_HEAD + FACES + SQUARE + "-3 0 1 2\n3 0 1 2\n", "damaged"),
        ("a.obj", "f 1 2 3\n", "no points"),
        ("a.obj", "v 1 2\nv 3 4\n", "vertices of 2 numbers"),
        ("a.obj", "v 1 2 3\nv 3 4 x\n", "not understood"),
        ("a.obj", "v 1 2 3\nf a b c\n", "not understood"),
        ("a.obj", "v inf 2 3\nv nan 4 5\n", "possible coordinates"),
    ],
)
def test_damaged_scans_are_refused_in_a_sentence(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    with pytest.raises(ReadError, match=sentence):
        read(written(tmp_path, name, text))


def test_a_cut_off_scan_is_refused(tmp_path: Path) -> None:
    data = real(GARGOYLE).read_bytes()
    for part in (0.0001, 0.01, 0.5, 0.999):
        with pytest.raises(ReadError):
            read(written(tmp_path, "cut.ply", data[: int(len(data) * part)]))
