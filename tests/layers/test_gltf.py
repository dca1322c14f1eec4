"""glTF: arrays in all their forms, places, features, attributes, looks; damage in a sentence."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import DracoPy
import numpy as np
import orjson
import pytest
import trimesh

from layers.arrays import Mesh, Scan
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import gltf
from tests.models import CORNERS, SQUARE, Model, f4, featured, square_model

TABLE: dict[str, list[Any]] = {
    "gml_id": ["b1", "b2"],
    "feature_type": ["bldg:Building", "brid:Bridge"],
    "height": [16.1, 3.5],
    "storeys": [3, 1],
    "listed": [True, False],
    "more": ['{"owner": "city", "years": [1950, 1999]}', "plain"],
}


def read(tmp_path: Path, model: Model | bytes, name: str = "model.glb", **options: Any) -> LayerData:
    path = tmp_path / name
    path.write_bytes(model if isinstance(model, bytes) else model.glb())
    return gltf.read(path, ReadOptions(**options))[0]


def scan_of(layer: LayerData) -> Scan:
    assert isinstance(layer.drawable, Scan)
    return layer.drawable


def mesh_of(layer: LayerData) -> Mesh:
    assert isinstance(layer.drawable, Mesh)
    return layer.drawable


def test_y_up_becomes_z_up_and_nodes_are_placed(tmp_path: Path) -> None:
    model = square_model(
        translation=[10, 20, 30], scale=[2, 2, 2], rotation=[0, np.sqrt(0.5), 0, np.sqrt(0.5)]
    )
    scan = scan_of(read(tmp_path, model))
    # A quarter turn about y takes x to -z: the square lies to the north of its corner, turned.
    assert scan.vertices == pytest.approx(
        np.array([[10, -30, 20], [10, -28, 20], [8, -28, 20], [8, -30, 20]])
    )
    assert scan.triangles.tolist() == [[0, 1, 2], [0, 2, 3]]


def test_a_mirrored_node_still_faces_outwards(tmp_path: Path) -> None:
    scan = scan_of(read(tmp_path, square_model(scale=[-1, 1, 1])))
    a, b, c = scan.vertices[scan.triangles[0]]
    assert np.cross(b - a, c - a)[2] > 0


def test_strided_sparse_and_whole_numbered_places_are_those_that_are_meant(tmp_path: Path) -> None:
    model = Model()
    mixed = np.zeros(4, np.dtype([("place", "<f4", 3), ("other", "<u4")]))
    mixed["place"] = SQUARE
    strided = model.view(mixed.tobytes(), byteStride=16)
    accessor = {"bufferView": strided, "componentType": 5126, "count": 4, "type": "VEC3"}
    moved = f4([[5, 0, -1]])
    accessor["sparse"] = {
        "count": 1,
        "indices": {"bufferView": model.view(np.array([2], np.uint8).tobytes()), "componentType": 5121},
        "values": {"bufferView": model.view(moved.tobytes())},
    }
    mesh = model.mesh()
    model.json["accessors"].append(accessor)
    model.json["meshes"][mesh]["primitives"][0]["attributes"]["POSITION"] = len(model.json["accessors"]) - 1
    model.node(mesh=mesh)
    assert scan_of(read(tmp_path, model)).vertices[:, 0].tolist() == [0, 1, 5, 0]

    quantized = Model()
    whole = np.rint(SQUARE * 1000).astype(np.int16)
    quantized.node(mesh=quantized.mesh(whole.astype(np.int16)), scale=[0.001, 0.001, 0.001])
    assert scan_of(read(tmp_path, quantized)).vertices[2] == pytest.approx([1, 1, 0])


@pytest.mark.parametrize(
    ("mode", "corners", "triangles"),
    [
        (5, [0, 1, 3, 2], [[0, 1, 3], [1, 2, 3]]),
        (6, [0, 1, 2, 3], [[0, 1, 2], [0, 2, 3]]),
        (4, None, [[0, 1, 2]]),
    ],
)
def test_strips_and_fans_are_triangles(
    tmp_path: Path, mode: int, corners: list[int] | None, triangles: list[list[int]]
) -> None:
    model = Model()
    indices = None if corners is None else np.array(corners, np.uint16)
    model.node(mesh=model.mesh(SQUARE, indices, {"mode": mode}))
    assert scan_of(read(tmp_path, model)).triangles.tolist() == triangles


def test_features_become_city_objects_with_their_attributes(tmp_path: Path) -> None:
    layer = read(tmp_path, featured(TABLE), crs="EPSG:7415")
    assert layer.kind == "city"
    assert [(item.id, item.type) for item in layer.features] == [("b1", "Building"), ("b2", "Bridge")]
    first, second = (orjson.loads(item.attributes) for item in layer.features)
    assert (first["height"], first["storeys"], first["listed"]) == (16.1, 3, True)
    assert first["more"] == {"owner": "city", "years": [1950, 1999]}
    assert second["more"] == "plain"
    mesh = mesh_of(layer)
    # The two triangles of each square are one surface.
    assert len(mesh.surface_type) == 2
    assert mesh.geometry_object.tolist() == [0, 1]


def test_semantic_surfaces_parents_and_lods_come_back(tmp_path: Path) -> None:
    model = featured(
        {"id": ["a", "b"], "type": ["Building", "BuildingPart"], "parent": ["", "a"], "lod": ["2.2", "2.2"]}
    )
    table = model.metadata({"type": ["WallSurface", "RoofSurface"]}, "surface")
    primitive = model.json["meshes"][0]["primitives"][0]
    primitive["attributes"]["_FEATURE_ID_1"] = model.accessor(np.repeat([1, 0], 4).astype(np.float32))
    primitive["extensions"]["EXT_mesh_features"]["featureIds"].append(
        {"featureCount": 2, "attribute": 1, "propertyTable": table, "label": "surface"}
    )
    layer = read(tmp_path, model, crs="EPSG:7415")
    assert [(f.id, f.parent, f.lods, f.surfaces) for f in layer.features] == [
        ("a", None, "2.2", "RoofSurface:1"),
        ("b", "a", "2.2", "WallSurface:1"),
    ]
    assert orjson.loads(layer.features[0].attributes) == {}


def test_instances_are_placed_and_are_features(tmp_path: Path) -> None:
    model = Model()
    table = model.metadata({"name": ["oak", "elm", "ash"]})
    places = f4([[0, 0, 0], [10, 0, 0], [20, 0, 0]])
    scale = f4([[1, 1, 1], [2, 2, 2], [1, 1, 1]])
    model.node(
        mesh=model.mesh(),
        extensions={
            "EXT_mesh_gpu_instancing": {
                "attributes": {"TRANSLATION": model.accessor(places), "SCALE": model.accessor(scale)}
            },
            "EXT_instance_features": {"featureIds": [{"featureCount": 3, "propertyTable": table}]},
        },
    )
    layer = read(tmp_path, model)
    assert [orjson.loads(item.attributes)["name"] for item in layer.features] == ["oak", "elm", "ash"]
    assert mesh_of(layer).vertices[:, 0].max() == 21
    assert mesh_of(layer).vertices[:, 1].max() == 2


def test_the_older_way_of_features_is_understood(tmp_path: Path) -> None:
    model = Model()
    names = b"northsouth"
    table = {
        "class": "house",
        "count": 2,
        "properties": {
            "side": {
                "bufferView": model.view(names),
                "stringOffsetBufferView": model.view(np.array([0, 5, 10], "<u4").tobytes()),
            }
        },
    }
    model.json["extensions"] = {
        "EXT_feature_metadata": {
            "schema": {"classes": {"house": {"properties": {"side": {"type": "STRING"}}}}},
            "featureTables": {"houses": table},
        }
    }
    said = {"featureIdAttributes": [{"featureTable": "houses", "featureIds": {"constant": 1, "divisor": 0}}]}
    model.node(mesh=model.mesh(more={"extensions": {"EXT_feature_metadata": said}}))
    layer = read(tmp_path, model)
    assert [orjson.loads(item.attributes)["side"] for item in layer.features] == ["north", "south"]
    assert mesh_of(layer).geometry_object.tolist() == [1]


def test_materials_and_images_are_looks(tmp_path: Path) -> None:
    model = Model()
    uv = f4([[0, 1], [1, 1], [1, 0], [0, 0]])
    model.json |= {
        "materials": [
            {
                "name": "brick",
                "alphaMode": "BLEND",
                "pbrMetallicRoughness": {
                    "baseColorFactor": [1, 0.21404114, 0, 0.25],
                    "baseColorTexture": {"index": 0},
                },
            }
        ],
        "textures": [{"source": 0, "sampler": 0}],
        "samplers": [{"wrapS": 33071}],
        "images": [{"uri": "images/brick%20wall.png"}],
    }
    model.node(mesh=model.mesh(more={"material": 0}, TEXCOORD_0=model.accessor(uv)))
    layer = read(tmp_path, model)
    (look,) = layer.looks
    assert look.picture is not None
    assert (look.picture.path, look.wrap, look.name) == ("images/brick wall.png", "clamp", "brick")
    # Linear 0.214 is half as bright on a screen (sRGB).
    assert look.color == pytest.approx((1, 0.5, 0), abs=1e-4)
    assert look.transparency == 0.75
    scan = scan_of(layer)
    assert scan.uv is not None and scan.uv.tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert scan.triangle_look is not None and scan.triangle_look.tolist() == [0, 0]


def test_a_model_written_with_its_place_lands_there(tmp_path: Path) -> None:
    model = square_model()
    model.json["asset"]["extras"] = {
        "citystrata": {"crs": "EPSG:7415", "origin": [85000.25, 446000.5, 3.125]}
    }
    layer = read(tmp_path, model)
    assert layer.crs == "EPSG:7415"
    assert layer.box == (85000.25, 446000.5, 3.125, 85001.25, 446001.5, 3.125)


def test_buffers_in_the_text_and_beside_it_are_read_but_none_outside_the_folder(tmp_path: Path) -> None:
    model = square_model()
    model.glb()
    inside = tmp_path / "inside"
    (inside / "data").mkdir(parents=True)
    (inside / "data" / "a.bin").write_bytes(model.bytes)
    (tmp_path / "a.bin").write_bytes(model.bytes)
    for uri in (
        "data/a.bin",
        "data:application/octet-stream;base64," + base64.b64encode(model.bytes).decode(),
    ):
        model.json["buffers"][0]["uri"] = uri
        assert len(scan_of(read(inside, json.dumps(model.json).encode(), "a.gltf")).triangles) == 2
    for uri in ("../a.bin", str(tmp_path / "a.bin"), "file:///etc/passwd", "http://example.org/a.bin"):
        model.json["buffers"][0]["uri"] = uri
        with pytest.raises(ReadError, match="outside its folder"):
            read(inside, json.dumps(model.json).encode(), "a.gltf")


def compressed(stream: bytes) -> Model:
    """A model whose one mesh is compressed with Draco."""
    model = Model()
    empty = (
        {"componentType": 5126, "count": 1, "type": "VEC3"},
        {"componentType": 5125, "count": 3, "type": "SCALAR"},
    )
    model.json["accessors"] += empty
    said = {"bufferView": model.view(stream), "attributes": {"POSITION": 0}}
    primitive = {
        "attributes": {"POSITION": 0},
        "indices": 1,
        "extensions": {"KHR_draco_mesh_compression": said},
    }
    model.json["meshes"].append({"primitives": [primitive]})
    model.node(mesh=0)
    return model


def test_what_is_compressed_with_draco_comes_out_again(tmp_path: Path) -> None:
    ball = trimesh.creation.icosphere(3)
    scan = scan_of(read(tmp_path, compressed(DracoPy.encode(ball.vertices, ball.faces.astype(np.uint32)))))
    assert (len(scan.vertices), len(scan.triangles)) == (len(ball.vertices), len(ball.faces))
    # 14 bits over two metres; y up became z up.
    assert np.linalg.norm(scan.vertices, axis=1) == pytest.approx(np.ones(len(scan.vertices)), abs=3e-4)


@pytest.mark.parametrize("at", range(11, 60, 3))
def test_a_draco_stream_with_enlarged_numbers_is_told(tmp_path: Path, at: int) -> None:
    ball = trimesh.creation.icosphere(1)
    stream = bytearray(DracoPy.encode(ball.vertices, ball.faces.astype(np.uint32)))
    stream[at : at + 5] = b"\xff\xff\xff\xff\x0f"
    with pytest.raises(ReadError, match="Draco"):
        read(tmp_path, compressed(bytes(stream)))


def test_what_cannot_be_unpacked_is_told_with_the_reason_and_the_rest_opens(tmp_path: Path) -> None:
    model = square_model()
    packed = model.view(b"not read", extensions={"EXT_meshopt_compression": {}})
    broken = {
        "KHR_draco_mesh_compression": {"bufferView": model.view(b"not it"), "attributes": {"POSITION": 0}}
    }
    for extensions, view in (({}, packed), (broken, None)):
        accessor = {"componentType": 5126, "count": 4, "type": "VEC3"}
        model.json["accessors"].append(accessor | ({} if view is None else {"bufferView": view}))
        bad = {"attributes": {"POSITION": len(model.json["accessors"]) - 1}, "extensions": extensions}
        model.json["meshes"][0]["primitives"].append(bad)
    layer = read(tmp_path, model)
    assert len(scan_of(layer).triangles) == 2
    assert layer.report.unsupported == 2
    meshopt, draco = (warning.text for warning in layer.report.warnings)
    assert "compressed with meshopt, which is not read" in meshopt
    assert "Draco stream does not begin as one" in draco


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"accessors": [{"componentType": 5126, "count": 2**31, "type": "VEC3", "bufferView": 0}]}, "beyond"),
        ({"accessors": [{"componentType": 5126, "count": 2**31, "type": "VEC3"}]}, "has none"),
        ({"bufferViews": [{"buffer": 0, "byteOffset": 0, "byteLength": 2**40}]}, "beyond its buffer"),
        ({"nodes": [{"children": [0]}]}, "in two places|there is nothing"),
        ({"nodes": [{"mesh": 7}]}, "mesh 7 is missing"),
        ({"asset": {"version": "1.0"}}, "version of glTF"),
        ({"meshes": "many"}, "damaged"),
    ],
)
def test_damage_is_told_in_a_sentence(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    model = square_model()
    model.json |= change
    with pytest.raises(ReadError, match=f"(?i){sentence}"):
        read(tmp_path, model)


def test_corners_that_are_nowhere_take_their_triangles_with_them(tmp_path: Path) -> None:
    model = Model()
    places = SQUARE.copy()
    places[3, 0] = np.nan
    model.node(mesh=model.mesh(places, CORNERS))
    layer = read(tmp_path, model)
    assert (len(scan_of(layer).triangles), layer.report.dropped) == (1, 1)


def test_nodes_that_name_each_other_a_thousandfold_are_visited_once(tmp_path: Path) -> None:
    model = Model()
    mesh = model.mesh()
    for number in range(60):
        model.node(mesh=mesh, children=[number + 1, number + 1] if number < 59 else [])
    assert len(scan_of(read(tmp_path, model)).triangles) == 120


def test_glb_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    assert gltf.can_read(b"glTF\2\0\0\0", tmp_path / "x.bin") == 100
    assert gltf.can_read(b'{"asset": {}}', tmp_path / "x.gltf") == 90
    assert gltf.can_read(b'{"type": "FeatureCollection"}', tmp_path / "x.json") == 0
