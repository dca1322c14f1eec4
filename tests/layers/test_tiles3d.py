"""3D Tiles: the finest content of each place, exactly where it stands, with its attributes."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from pyproj import Transformer

from layers.arrays import Cloud, Mesh, Scan
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import detect, find, tiles3d
from tests.conftest import real
from tests.models import Model, f4, featured, instances, square_model, tile

SHINJUKU = "tiles3d/plateau-3dtiles/13104_shinjuku-ku_pref_2025_citygml_1_op_bldg_3dtiles_lod{}.zip"
TAMANA = "tiles3d/plateau-3dtiles/43206_tamana-shi_city_2024_citygml_2_op_brid_3dtiles_lod3.zip"
DELAWARE = "tiles3d/delaware/tileset.json"
IMPLICIT = "tiles3d/3dtiles-samples/1.1/SparseImplicitQuadtree/tileset.json"
BOX = {"box": [0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9]}


def made(folder: Path, root: dict[str, Any], files: dict[str, bytes], **asset: str) -> Path:
    said = {"asset": {"version": "1.1", **asset}, "geometricError": 9, "root": {**_tile(), **root}}
    for name, data in {"tileset.json": json.dumps(said).encode(), **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "tileset.json"


def _tile(**said: Any) -> dict[str, Any]:
    return {"boundingVolume": BOX, "geometricError": 1, **said}


def shifted(east: float) -> list[float]:
    return [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, east, 0, 0, 1]


def read(path: Path, **options: Any) -> LayerData:
    return tiles3d.read(path, ReadOptions(**options))[0]


def mesh_of(layer: LayerData) -> Mesh:
    assert isinstance(layer.drawable, Mesh)
    return layer.drawable


def scan_of(layer: LayerData) -> Scan:
    assert isinstance(layer.drawable, Scan)
    return layer.drawable


@pytest.mark.parametrize(("name", "objects"), [(SHINJUKU.format(1), 1), (SHINJUKU.format(2), 1), (TAMANA, 3)])
def test_real_tiles_hold_the_objects_that_their_tables_name(name: str, objects: int) -> None:
    path = real(name)
    assert detect(path) is tiles3d
    layer = read(path)
    assert (layer.kind, layer.crs, len(layer.features)) == ("city", "EPSG:4979", objects)
    assert layer.report.dropped == layer.report.unsupported == 0
    with zipfile.ZipFile(path) as archive:
        region = json.loads(archive.read("tileset.json"))["root"]["boundingVolume"]["region"]
    vertices = mesh_of(layer).vertices
    found = np.concatenate((vertices.min(axis=0), vertices.max(axis=0)))
    west, south, east, north = np.degrees(region[:4])
    # The tiles' own corners are rounded to some centimetres.
    assert found[[0, 1, 3, 4]] == pytest.approx([west, south, east, north], abs=5e-7)
    assert found[[2, 5]] == pytest.approx(region[4:], abs=0.05)


def test_a_vertex_of_a_real_tile_lands_where_pyproj_by_hand_puts_it() -> None:
    with zipfile.ZipFile(real(SHINJUKU.format(2))) as archive:
        data = archive.read("data/data0.glb")
    size = struct.unpack_from("<I", data, 12)[0]
    said = json.loads(data[20 : 20 + size])
    binary = data[28 + size :]
    accessor = said["accessors"][said["meshes"][0]["primitives"][0]["attributes"]["POSITION"]]
    view = said["bufferViews"][accessor["bufferView"]]
    x, y, z = struct.unpack_from("<3f", binary, view["byteOffset"] + accessor["byteOffset"])
    east, up, south = said["nodes"][1]["translation"]
    # y up to z up, then from the middle of the Earth.
    by_hand = Transformer.from_crs(4978, 4979, always_xy=True).transform(x + east, -(z + south), y + up)
    layer = read(real(SHINJUKU.format(2)))
    away = (mesh_of(layer).vertices - by_hand) * (90_000, 111_000, 1)
    assert np.linalg.norm(away, axis=1).min() < 1e-3


def test_a_real_tileset_that_is_compressed_opens_whole() -> None:
    layer = read(real(DELAWARE))
    assert (layer.kind, layer.crs, len(layer.features)) == ("city", "EPSG:4979", 22532)
    assert (layer.report.dropped, layer.report.unsupported) == (0, 0)
    counts = 0
    for file in (real(DELAWARE).parent / "content").glob("*.b3dm"):
        data = file.read_bytes()
        (size,) = struct.unpack_from("<I", data, 28 + 20 + 12)
        said = json.loads(data[68 : 68 + size])
        counts += sum(said["accessors"][one["indices"]]["count"] for one in said["meshes"][0]["primitives"])
    mesh = mesh_of(layer)
    # Corners on one line need no triangles of their own once surfaces are put together.
    assert 0.99 * counts < 3 * len(mesh.triangles) <= counts
    west, south, east, north = np.degrees(
        json.loads(real(DELAWARE).read_text())["root"]["boundingVolume"]["region"][:4]
    )
    assert layer.box is not None
    assert west - 0.01 < layer.box[0] < layer.box[3] < east + 0.01
    assert south - 0.01 < layer.box[1] < layer.box[4] < north + 0.01


def test_implicit_tiles_are_those_that_the_bits_say() -> None:
    path = real(IMPLICIT)
    layer = read(path)
    assert layer.facts["contents"] == len(list(path.parent.glob("content/*.glb"))) == 32
    assert layer.facts["missing"] == 0
    # Every tile has a side of 1/32, in its place by its name.
    places = {
        tuple(np.floor(v[:2] * 32).astype(int))
        for v in scan_of(layer).vertices.reshape(-1, 4, 3).mean(axis=1)
    }
    named = {tuple(map(int, p.stem.split("__")[1].split("_"))) for p in path.parent.glob("content/*.glb")}
    assert places == named


def test_a_finer_tile_stands_for_a_coarser_one_and_added_ones_stand_beside_it(tmp_path: Path) -> None:
    files = {"coarse.glb": square_model().glb(), "fine.glb": square_model(scale=[3, 3, 3]).glb()}
    for refine, triangles in (("REPLACE", 2), ("ADD", 4)):
        root = {
            "refine": refine,
            "content": {"uri": "coarse.glb"},
            "children": [_tile(content={"uri": "fine.glb"})],
        }
        assert len(scan_of(read(made(tmp_path / refine, root, files))).triangles) == triangles


def test_a_coarser_content_is_taken_where_the_finer_one_is_missing(tmp_path: Path) -> None:
    root = {
        "refine": "REPLACE",
        "content": {"uri": "coarse.glb"},
        "children": [_tile(content={"uri": "gone.glb"})],
    }
    layer = read(made(tmp_path, root, {"coarse.glb": square_model().glb()}))
    assert len(scan_of(layer).triangles) == 2
    assert [(warning.code, warning.object) for warning in layer.report.warnings] == [
        ("missing_content", "gone.glb")
    ]
    assert (layer.report.unsupported, layer.report.dropped) == (1, 0)


def test_transforms_of_tiles_and_other_tilesets_add_up(tmp_path: Path) -> None:
    inner = json.dumps(
        {
            "asset": {"version": "1.0"},
            "geometricError": 1,
            "root": _tile(transform=shifted(30), content={"url": "a.glb"}),
        }
    ).encode()
    root = {
        "transform": shifted(500),
        "children": [_tile(transform=shifted(70), content={"uri": "sub/inner.json"})],
    }
    layer = read(made(tmp_path, root, {"sub/inner.json": inner, "sub/a.glb": square_model().glb()}))
    assert scan_of(layer).vertices[:, 0].min() == 600


def test_a_tileset_within_itself_ends(tmp_path: Path) -> None:
    root = {
        "content": {"uri": "a.glb"},
        "children": [_tile(content={"uri": "tileset.json"})],
        "refine": "ADD",
    }
    layer = read(made(tmp_path, root, {"a.glb": square_model().glb()}))
    assert "contains itself" in layer.report.warnings[0].text


def test_batch_tables_are_attributes(tmp_path: Path) -> None:
    model = featured({"unused": ["x", "y"]})
    primitive = model.json["meshes"][0]["primitives"][0]
    primitive["attributes"] = {
        "POSITION": primitive["attributes"]["POSITION"],
        "_BATCHID": primitive["attributes"]["_FEATURE_ID_0"],
    }
    del primitive["extensions"], model.json["extensions"]
    feature = {"BATCH_LENGTH": 2, "RTC_CENTER": [100, 200, 300]}
    batch = {
        "id": ["b1", "b2"],
        "height": [4.5, 9.5],
        "extensions": {
            "3DTILES_batch_table_hierarchy": {
                "classes": [
                    {"name": "Wall", "length": 2, "instances": {"color": ["red", "blue"]}},
                    {"name": "House", "length": 1, "instances": {"owner": ["city"]}},
                ],
                "instancesLength": 3,
                "classIds": [0, 0, 1],
                "parentIds": [2, 2, 2],
            }
        },
    }
    root = {"content": {"uri": "a.b3dm"}}
    layer = read(made(tmp_path, root, {"a.b3dm": tile(b"b3dm", feature, batch, model.glb())}))
    assert [item.id for item in layer.features] == ["b1", "b2"]
    assert [orjson.loads(item.attributes) for item in layer.features] == [
        {"height": 4.5, "class": "Wall", "color": "red", "owner": "city"},
        {"height": 9.5, "class": "Wall", "color": "blue", "owner": "city"},
    ]
    assert mesh_of(layer).vertices[:, :3].min(axis=0).tolist() == [100, 200, 300]


def test_instances_points_and_composites(tmp_path: Path) -> None:
    places = f4([[0, 0, 0], [50, 0, 0]]).tobytes()
    trees = instances(
        {"INSTANCES_LENGTH": 2, "POSITION": {"byteOffset": 0}, "SCALE": [1.0, 2.0]},
        {"kind": ["oak", "elm"]},
        square_model().glb(),
        places,
    )
    quantized = np.array([[0, 0, 0], [65535, 65535, 65535]], "<u2").tobytes()
    cloud = tile(
        b"pnts",
        {
            "POINTS_LENGTH": 2,
            "POSITION_QUANTIZED": {"byteOffset": 0},
            "QUANTIZED_VOLUME_OFFSET": [10, 20, 30],
            "QUANTIZED_VOLUME_SCALE": [1, 2, 4],
            "CONSTANT_RGBA": [1, 2, 3, 255],
        },
        None,
        b"",
        quantized,
    )
    inner = trees + cloud
    composite = struct.pack("<4s3I", b"cmpt", 1, 16 + len(inner), 2) + inner
    path = made(tmp_path, {"content": {"uri": "a.cmpt"}}, {"a.cmpt": composite})
    city, points = tiles3d.read(path, ReadOptions())
    assert [orjson.loads(item.attributes)["kind"] for item in city.features] == ["oak", "elm"]
    assert mesh_of(city).vertices[:, 0].max() == 52
    assert isinstance(points.points, Cloud)
    assert points.points.points.tolist() == [[10, 20, 30], [11, 22, 34]]
    assert points.points.rgb is not None and points.points.rgb.tolist() == [[1, 2, 3]] * 2
    # The cache of the points alone is made again by asking for them.
    (again,) = tiles3d.read(path, ReadOptions(kind="points"))
    assert isinstance(again.points, Cloud)
    assert np.array_equal(again.points.points, points.points.points)


def test_an_object_in_several_tiles_is_one(tmp_path: Path) -> None:
    files = {
        "a.glb": featured({"gml_id": ["b1", "b2"]}).glb(),
        "b.glb": featured({"gml_id": ["b2", "b3"]}).glb(),
    }
    children = [_tile(content={"uri": name}) for name in files]
    layer = read(made(tmp_path, {"children": children}, files))
    assert [item.id for item in layer.features] == ["b1", "b2", "b3"]
    assert sorted(mesh_of(layer).geometry_object.tolist()) == [0, 1, 2]


def test_a_folder_is_one_source_with_all_its_files(tmp_path: Path) -> None:
    path = made(
        tmp_path, {"content": {"uri": "x/a.glb"}}, {"x/a.glb": square_model().glb(), "notes.txt": b"."}
    )
    for given in (path, tmp_path):
        form, source, _others = find(given)
        assert form is tiles3d
        assert sorted(source.names) == ["tileset.json", "x/a.glb"]


@pytest.mark.parametrize(
    "uri", ["../a.glb", "/etc/passwd", "http://example.org/a.glb", "file:///etc/passwd", "x/../../a.glb"]
)
def test_nothing_outside_the_folder_is_opened(tmp_path: Path, uri: str) -> None:
    (tmp_path / "a.glb").write_bytes(square_model().glb())
    path = made(tmp_path / "inside", {"content": {"uri": uri}}, {})
    with pytest.raises(ReadError, match=r"outside its folder|elsewhere"):
        read(path)


def test_an_archive_that_leads_out_of_itself_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tileset.json", "{}")
        archive.writestr("../canary", "x")
    with pytest.raises(ReadError, match=r"leads out of it.*canary"):
        detect(path).read(path, ReadOptions())
    assert not (tmp_path.parent / "canary").exists()


def test_what_is_missing_or_compressed_is_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="all 1 contents are missing"):
        read(made(tmp_path, {"content": {"uri": "gone.glb"}}, {}))
    with pytest.raises(ReadError, match="no kind that is known"):
        read(made(tmp_path, {"content": {"uri": "a.glb"}}, {"a.glb": b"what is this"}))


@pytest.mark.parametrize("cut", [4, 12, 40, 200])
def test_a_tile_that_ends_early_is_told(tmp_path: Path, cut: int) -> None:
    model: Model = square_model()
    data = tile(b"b3dm", {"BATCH_LENGTH": 0}, None, model.glb())[:cut]
    with pytest.raises(ReadError):
        read(made(tmp_path, {"content": {"uri": "a.b3dm"}}, {"a.b3dm": data}))
