"""CityJSON sequences: read line by line, split from models and merged into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.data import WriteOptions
from layers.errors import CitystrataError, ReadError, WriteError
from tests.cities import FOLDER, each_openable, layer_of, mesh_of, raw_models, read_layer, write_model
from tests.conftest import real
from tests.meaning import meaning

HEADER: dict[str, Any] = {
    "type": "CityJSON",
    "version": "2.0",
    "transform": {"scale": [1, 1, 1], "translate": [0, 0, 0]},
    "CityObjects": {},
    "vertices": [],
}
TRIANGLE = {"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 2]]]}
CORNERS = [[0, 0, 0], [9, 0, 0], [0, 9, 0]]


def feature(id: str, **more: Any) -> dict[str, Any]:
    """A feature with one building of one triangle."""
    item = {"type": "Building", "geometry": [TRIANGLE]}
    return {"type": "CityJSONFeature", "id": id, "CityObjects": {id: item}, "vertices": CORNERS, **more}


def save(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    return path


def as_sequence(
    folder: Path, source: Path, crs: str | None = None, lod: str | None = None
) -> list[dict[str, Any]]:
    out = folder / "out.city.jsonl"
    write_model(out, read_layer(source), WriteOptions(crs, lod))
    return raw_models(out)


def as_model(folder: Path, source: Path) -> dict[str, Any]:
    out = folder / "out.city.json"
    write_model(out, read_layer(source), WriteOptions())
    return raw_models(out)[0]


@each_openable
def test_written_as_a_sequence_and_back_it_means_the_same(name: str, tmp_path: Path) -> None:
    if name == "val3dity-cj/invalid_schema_cityjson_2.json":
        with pytest.raises(WriteError, match="names vertex 22"):
            as_sequence(tmp_path, FOLDER / name)
        return
    layer = layer_of(name)
    write_model(tmp_path / "out.city.jsonl", layer, WriteOptions())
    models = raw_models(tmp_path / "out.city.jsonl")
    source = meaning(raw_models(FOLDER / name))
    assert meaning(models) == source
    assert models[0]["CityObjects"] == {} and models[0]["vertices"] == []
    for found in models[1:]:
        assert found["type"] == "CityJSONFeature" and found["id"] in found["CityObjects"]
        tied = {id for item in found["CityObjects"].values() for id in item.get("parents", [])}
        assert tied & source.keys() <= found["CityObjects"].keys(), "a feature brings its parts"
    assert meaning([as_model(tmp_path, tmp_path / "out.city.jsonl")]) == source
    again = read_layer(tmp_path / "out.city.jsonl")
    assert sorted(f.id for f in again.features) == sorted(f.id for f in layer.features)
    assert len(mesh_of(again).triangles) == len(mesh_of(layer).triangles)


def test_materials_and_textures_stay_with_their_features(tmp_path: Path) -> None:
    source = real("cityjson/cjio/rotterdam_subset.json")
    models = as_sequence(tmp_path, source)
    whole = raw_models(source)[0]["appearance"]
    assert "appearance" not in models[0]
    for found in models[1:]:
        assert len(found["appearance"]["textures"]) < len(whole["textures"])
        used = {n for ring in _rings(found, "texture") for n in ring[1:]}
        assert used == set(range(len(found["appearance"]["vertices-texture"])))
    merged = as_model(tmp_path, tmp_path / "out.city.jsonl")
    assert len(merged["appearance"]["textures"]) == len(
        {json.dumps(texture, sort_keys=True) for texture in whole["textures"]}
    )


def _rings(model: dict[str, Any], look: str) -> list[list[int]]:
    found: list[list[int]] = []

    def visit(values: list[Any]) -> None:
        if any(isinstance(value, list) for value in values):
            for value in values:
                visit(value)
        elif values[0] is not None:
            found.append(values)

    for item in model["CityObjects"].values():
        for geometry in item["geometry"]:
            for theme in geometry.get(look, {}).values():
                visit(theme["values"])
    return found


def test_templates_stand_in_the_header(tmp_path: Path) -> None:
    source = real("cityjson/railway-seq/geometry_templates.city.json")
    models = as_sequence(tmp_path, source)
    assert models[0]["geometry-templates"] == raw_models(source)[0]["geometry-templates"]
    assert all("geometry-templates" not in model for model in models[1:])


def test_a_feature_may_have_templates_of_its_own(tmp_path: Path) -> None:
    def templates(size: int) -> dict[str, Any]:
        return {"templates": [TRIANGLE], "vertices-templates": [[0, 0, 0], [size, 0, 0], [0, size, 0]]}

    instance = {
        "type": "GeometryInstance",
        "template": 0,
        "boundaries": [1],
        "transformationMatrix": np.eye(4).ravel().tolist(),
    }
    tree = {"type": "SolitaryVegetationObject", "geometry": [instance]}
    lines = (
        {**HEADER, "geometry-templates": templates(1)},
        feature("a", CityObjects={"a": tree}),
        feature("b", CityObjects={"b": tree}, **{"geometry-templates": templates(5)}),
        feature("c", CityObjects={"c": tree}),
    )
    source = save(tmp_path / "in.city.jsonl", *lines)
    mesh = mesh_of(read_layer(source))
    assert mesh.vertices[1::3, 0].tolist() == [10, 14, 10]
    model = as_model(tmp_path, source)
    assert [item["geometry"][0]["template"] for item in model["CityObjects"].values()] == [0, 1, 0]
    again = mesh_of(read_layer(tmp_path / "out.city.json"))
    assert np.array_equal(again.vertices, mesh.vertices)


def test_objects_that_are_tied_come_in_one_feature(tmp_path: Path) -> None:
    model = {
        **HEADER,
        "CityObjects": {
            "part": {"type": "BuildingPart", "parents": ["house"]},
            "tree": {"type": "SolitaryVegetationObject"},
            "house": {"type": "Building", "parents": ["block"]},
            "hut": {"type": "Building"},
            "block": {"type": "CityObjectGroup", "children": ["house", "hut", "gone"]},
            "ring1": {"type": "+X", "parents": ["ring2"]},
            "ring2": {"type": "+X", "parents": ["ring1"]},
        },
        "+unknown": {"kept": True},
    }
    source = tmp_path / "in.city.json"
    source.write_text(json.dumps(model))
    header, *features = as_sequence(tmp_path, source)
    assert header["+unknown"] == {"kept": True}
    assert {found["id"]: list(found["CityObjects"]) for found in features} == {
        "block": ["part", "house", "hut", "block"],
        "tree": ["tree"],
        "ring1": ["ring1", "ring2"],
    }


def test_what_features_say_beside_the_standard_reaches_the_model(tmp_path: Path) -> None:
    source = save(tmp_path / "in.city.jsonl", HEADER, feature("a", **{"+survey": 2024}), feature("b"))
    assert as_model(tmp_path, source)["+survey"] == 2024


def test_a_sequence_is_one_line_for_each_part_whatever_the_source_looked_like(tmp_path: Path) -> None:
    item = {"type": "Building", "attributes": {"note": "two\nlines", "n": [1, 2]}, "+x": {"y": [1]}}
    source = tmp_path / "in.city.json"
    source.write_text(json.dumps({**HEADER, "CityObjects": {"a": item}}, indent=2))
    assert as_sequence(tmp_path, source)[1]["CityObjects"]["a"] == item
    assert (tmp_path / "out.city.jsonl").read_bytes().count(b"\n") == 2


def test_a_whole_model_on_one_line_is_read(tmp_path: Path) -> None:
    whole = {**HEADER, "CityObjects": feature("a")["CityObjects"], "vertices": CORNERS}
    layer = read_layer(save(tmp_path / "in.city.jsonl", whole, feature("b")))
    assert [item.id for item in layer.features] == ["a", "b"]
    assert len(mesh_of(layer).triangles) == 2
    assert len(as_model(tmp_path, tmp_path / "in.city.jsonl")["vertices"]) == 6


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf%s\r\n\r\n%s\r\n", b"\n%s\n\n \n%s", b"%s\n%s"])
def test_marks_blank_lines_and_line_ends_are_kept(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "in.city.jsonl"
    path.write_bytes(text % (json.dumps(HEADER).encode(), json.dumps(feature("a")).encode()))
    layer = read_layer(path)
    assert layer.report.read == 1
    assert b"".join(piece.data for piece in layer.pieces) == path.read_bytes()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([feature("a")], "The sequence has no header"),
        ([HEADER, HEADER], 'line 2): "type": "CityJSON"; allowed: "CityJSONFeature"'),
        ([HEADER, feature("a"), feature("a")], "'a' is given to two city objects"),
        ([HEADER, feature("a"), {"type": "CityJSONFeature"}], "line 3): no member"),
        ([{**HEADER, "version": "3.0"}], '"version": "3.0"'),
    ],
)
def test_a_broken_sequence_is_refused_with_its_line(
    tmp_path: Path, lines: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(ReadError) as caught:
        read_layer(save(tmp_path / "in.city.jsonl", *lines))
    assert words in caught.value.sentence()


def test_a_sequence_in_another_crs_or_of_one_lod(tmp_path: Path) -> None:
    name = "railway-seq/delft_subset.city.jsonl"
    layer = layer_of(name)
    header = as_sequence(tmp_path, FOLDER / name, crs="EPSG:28992")[0]
    assert header["metadata"]["referenceSystem"].endswith("/28992")
    again = read_layer(tmp_path / "out.city.jsonl")
    assert len(mesh_of(again).triangles) == len(mesh_of(layer).triangles)
    assert again.box == pytest.approx(layer.box, abs=2e-3)
    lod = layer.features[-1].lods.split(",")[0]
    models = as_sequence(tmp_path, FOLDER / name, lod=lod)
    lods = {g["lod"] for m in models for o in m["CityObjects"].values() for g in o.get("geometry", [])}
    assert lods == {lod}
    with pytest.raises(CitystrataError):
        as_sequence(tmp_path, FOLDER / name, lod="9")
