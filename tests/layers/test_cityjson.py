"""CityJSON read and written: every real file, older versions, odd values, other CRSs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from pyproj import Transformer

from layers import formats
from layers.data import LayerData, ReadOptions, WriteOptions
from layers.errors import CitystrataError, ReadError, WriteError
from tests.cities import (
    FOLDER,
    REFUSED,
    each_openable,
    layer_of,
    mesh_of,
    raw_counts,
    raw_models,
    read_layer,
    write_model,
)
from tests.conftest import real
from tests.meaning import meaning


def small(objects: str, vertices: str = "[[0,0,0],[9,0,0],[0,9,0],[0,0,9]]", more: str = "") -> bytes:
    """A CityJSON 2.0 text with the given objects."""
    return (
        '{"type":"CityJSON","version":"2.0","transform":{"scale":[1,1,1],"translate":[85000,446000,0]},'
        f'"CityObjects":{{{objects}}},"vertices":{vertices}{more}}}'
    ).encode()


def opened(folder: Path, data: bytes) -> LayerData:
    path = folder / "in.city.json"
    path.write_bytes(data)
    return read_layer(path)


def written(folder: Path, layer: LayerData, crs: str | None = None, lod: str | None = None) -> dict[str, Any]:
    out = folder / "out.city.json"
    write_model(out, layer, WriteOptions(crs, lod))
    model: dict[str, Any] = json.loads(out.read_bytes())
    return model


# --- reading --------------------------------------------------------------------------------------


@each_openable
def test_every_real_file_opens_whole_and_counts_as_its_json_does(name: str) -> None:
    layer = layer_of(name)
    types, lods, surfaces = raw_counts(FOLDER / name)
    assert layer.report.dropped == 0
    assert Counter(feature.type for feature in layer.features) == types
    assert Counter(lod for f in layer.features for lod in f.lods.split(",") if lod) == lods
    assert layer.facts["surfaces"] == surfaces
    assert b"".join(piece.data for piece in layer.pieces) == (FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_file_is_refused_with_a_sentence_that_names_the_fault(name: str) -> None:
    with pytest.raises(ReadError) as caught:
        formats.read(real(f"cityjson/{name}"), ReadOptions())
    sentence = caught.value.sentence()
    assert REFUSED[name] in sentence
    assert Path(name).name in sentence


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        ('"a":{"type":"Building","attributes":{"x":"\\ud800"}}', "malformed"),
        ('"a":{"type":"Building","attributes":{"x":1e400}}', "City object 'a' cannot be read"),
        ('"a":{"type":"Building","attributes":[1]}', "its attributes are not an object"),
        ('"a":5', "City object 'a' cannot be read"),
        ('"a":{"type":"Building","parents":"b"}', "City object 'a' cannot be read"),
        ('"a":{"type":"Building"},"b":{"type":"Road"},"a":{"type":"Road"}', "'a' is given to two"),
        ('"A":{"type":"Building"},"\\u0041":{"type":"Road"}', "'A' is given to two"),
        ('"a":{"type":"Building","attributes":{"x":' + "[" * 2000 + "]" * 2000 + "}}", "nested too deeply"),
        ('"a":{"type":"Building"}},"CityObjects":{"b":{"type":"Road"}', 'two members "CityObjects"'),
    ],
)
def test_what_cannot_be_kept_is_refused(tmp_path: Path, objects: str, words: str) -> None:
    with pytest.raises(ReadError) as caught:
        opened(tmp_path, small(objects))
    assert words in caught.value.sentence()


def test_bytes_that_are_no_utf_8_are_refused_where_they_would_be_shown(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="City object 'a' cannot be read"):
        opened(tmp_path, small('"a":{"type":"Building","attributes":{"x":"?"}}').replace(b"?", b"\xff"))


@pytest.mark.parametrize(
    "geometry",
    [
        '{"type":"MultiSurface","lod":"1","boundaries":[[[0,1,7]]]}',
        '{"type":"MultiSurface","lod":"1","boundaries":[[[0,1,-1]]]}',
        '{"type":"MultiSurface","lod":"1","boundaries":[[[0,1,1.5]]]}',
        '{"type":"MultiSurface","lod":"1","boundaries":[[[0,1,99999999999999999999]]]}',
        '{"type":"MultiSurface","lod":"1","boundaries":[[[[0,1,2]]]]}',
        '{"type":"MultiSurface","lod":"1","boundaries":[[]]}',
        '{"type":"MultiSurface","lod":"1","boundaries":"abc"}',
        '{"type":"MultiSurface","lod":"1"}',
        '{"type":"Sphere","lod":"1","boundaries":[]}',
        '{"type":"MultiPoint","lod":"1","boundaries":[[0]]}',
        '{"type":"GeometryInstance","template":0,"boundaries":[0],"transformationMatrix":[1]}',
        "null",
    ],
)
def test_a_geometry_that_cannot_be_drawn_is_kept_and_named(tmp_path: Path, geometry: str) -> None:
    good = '{"type":"MultiSurface","lod":"2","boundaries":[[[0,1,2]]]}'
    layer = opened(tmp_path, small(f'"a":{{"type":"Building","geometry":[{geometry},{good}]}}'))
    assert (layer.report.read, layer.report.dropped, layer.report.unsupported) == (1, 0, 1)
    assert layer.report.warnings[0].text.startswith("Geometry 1 of 'a' is kept but cannot be drawn: ")
    assert len(mesh_of(layer).triangles) == 1


@pytest.mark.parametrize(
    "item",
    [
        '{"type":"Building"}',
        '{"type":"Building","geometry":null,"attributes":null,"parents":null,"children":null}',
        '{"type":"Building","geometry":[]}',
        '{"type":"+Pagoda","parents":["a"],"children":["a"]}',
        '{"type":"Building","geometry":[{"type":"MultiSurface","lod":"1","boundaries":[]}]}',
        '{"type":"Building","geometry":[{"type":"MultiSurface","lod":"1","boundaries":[[[0,1,2],[]]]}]}',
        '{"type":"Building","geometry":[{"type":"MultiSurface","lod":"1","boundaries":[[[0]],[[0,1]],[[]]]}]}',
        '{"type":"Building","geometry":[{"type":"MultiLineString","lod":"0","boundaries":[[0,1,2],[0],[]]}]}',
    ],
)
def test_sparse_and_degenerate_objects_are_no_fault(tmp_path: Path, item: str) -> None:
    layer = opened(tmp_path, small(f'"a":{item},"{"x" * 100_000}":{item}'))
    assert (layer.report.read, layer.report.dropped, layer.report.unsupported) == (2, 0, 0)
    assert {feature.attributes for feature in layer.features} == {b"{}"}


def test_nulls_in_semantics_stand_for_whole_shells_and_solids(tmp_path: Path) -> None:
    shells = "[[[[[0,1,2]],[[0,2,1]]]],[[[[0,1,3]]],[[[0,2,3]],[[1,2,3]]]]]"
    values = "[null,[null,[1,null]]]"
    kinds = '[{"type":"RoofSurface"},{"type":"WallSurface"},{"type":"a,b:c"}]'
    layer = opened(
        tmp_path,
        small(
            f'"a":{{"type":"Building","geometry":[{{"type":"MultiSolid","lod":"2","boundaries":{shells},'
            f'"semantics":{{"surfaces":{kinds},"values":{values}}}}}]}}'
        ),
    )
    mesh = mesh_of(layer)
    assert [mesh.type_names[code] for code in mesh.surface_type] == ["", "", "", "WallSurface", ""]
    assert layer.facts["surfaces"] == {"RoofSurface": 1, "WallSurface": 1, "a,b:c": 1}
    assert layer.report.warnings == []


@pytest.mark.parametrize(
    ("said", "crs"),
    [
        ("https://www.opengis.net/def/crs/EPSG/0/7415", "EPSG:7415"),
        ("urn:ogc:def:crs:EPSG::28992", "EPSG:28992"),
        ("urn:ogc:def:crs:EPSG:9.6:7415", "EPSG:7415"),
        ("urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::7837", "EPSG:25832+7837"),
        ("EPSG:25832+7837", "EPSG:25832+7837"),
        ("http://www.opengis.net/gml/srs/epsg.xml#25832", "EPSG:25832"),
        ("https://www.opengis.net/def/crs/OGC/1.3/CRS84", "OGC:CRS84"),
        ("the town's own", None),
    ],
)
def test_crs_names_are_understood(tmp_path: Path, said: str, crs: str | None) -> None:
    more = f',"metadata":{{"referenceSystem":"{said}"}}'
    assert opened(tmp_path, small('"a":{"type":"Building"}', more=more)).crs == crs


def test_a_city_in_degrees_has_true_normals(tmp_path: Path) -> None:
    """A gently sloping roof is seen from above, though its height changes more than its degrees do."""
    roof = '{"type":"MultiSurface","lod":"2","boundaries":[[[0,1,2,3]]]}'
    model = json.loads(small(f'"a":{{"type":"Building","geometry":[{roof}]}}'))
    model["transform"] = {"scale": [1e-7, 1e-7, 0.01], "translate": [4.3, 52.1, 0]}
    model["vertices"] = [[0, 0, 0], [1000, 0, 0], [1000, 1000, 100], [0, 1000, 100]]
    model["metadata"] = {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/4979"}
    mesh = mesh_of(opened(tmp_path, json.dumps(model).encode()))
    slope = np.degrees(np.arccos(mesh.surface_normal[0, 2]))
    assert slope == pytest.approx(np.degrees(np.arctan(1 / 11.132)), abs=0.01)


# --- writing --------------------------------------------------------------------------------------


@each_openable
def test_written_anew_it_means_the_same(name: str, tmp_path: Path) -> None:
    layer = layer_of(name)
    model = written(tmp_path, layer)
    assert (model["type"], model["version"]) == ("CityJSON", "2.0")
    assert meaning([model]) == meaning(raw_models(FOLDER / name))
    again = read_layer(tmp_path / "out.city.json")
    before, after = mesh_of(layer), mesh_of(again)
    assert np.array_equal(before.triangles, after.triangles)
    assert np.allclose(before.vertices, after.vertices, rtol=0, atol=1e-6)
    assert [feature.lods for feature in again.features] == [feature.lods for feature in layer.features]


CJIO = """
import json, sys
from cjio import cityjson
upgrade, *paths = sys.argv[1:]
for path in paths:
    with open(path, encoding="utf-8") as file:
        model = cityjson.reader(file)
    if upgrade == "yes":
        model.upgrade_version("2.0", 3)
    model.check_version()
    objects = {id: [item["type"], item.get("parents")] for id, item in model.j["CityObjects"].items()}
    print(json.dumps({"objects": objects, "epsg": model.get_epsg()}))
"""


def cjio_reads(*paths: Path, upgrade: bool = False) -> list[dict[str, Any]]:
    """What cjio finds in files; in a process of its own, for it changes how json writes numbers."""
    pytest.importorskip("cjio")
    flag = "yes" if upgrade else "no"
    found = subprocess.run(
        [sys.executable, "-c", CJIO, flag, *map(str, paths)], capture_output=True, text=True, timeout=60
    )
    assert found.returncode == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]


def kinds(model: dict[str, Any]) -> dict[str, list[Any]]:
    return {id: [item["type"], item.get("parents")] for id, item in model["CityObjects"].items()}


def test_cjio_reads_what_is_written(tmp_path: Path) -> None:
    names = [
        "3dfier-testarea/testarea.json",
        "cjio/delft.json",
        "cjio/dummy.json",
        "cjio/multi_lod.json",
        "cjio/rotterdam_subset.json",
        "cjseq-bertt/euromast.json",
        "cjseq-bertt/paris_tower.city.jsonl",
        "cjval-texture/data/japanese.city.json",
        "railway-seq/delft_subset.city.jsonl",
        "val3dity-cj/601_1.json",
        "website/noise_data.city.json",
    ]
    outs = [tmp_path / f"{number}.city.json" for number in range(len(names))]
    for name, out in zip(names, outs, strict=True):
        write_model(out, layer_of(name), WriteOptions())
    for name, out, found in zip(names, outs, cjio_reads(*outs), strict=True):
        layer = layer_of(name)
        types = Counter(kind.removeprefix("+") for kind, _parents in found["objects"].values())
        assert types == Counter(feature.type.removeprefix("+") for feature in layer.features), name
        assert layer.crs in (None, f"EPSG:{found['epsg']}"), name
        assert found["objects"] == kinds(raw_models(out)[0]), name


def test_cjio_upgrades_to_the_same(tmp_path: Path) -> None:
    names = ["cjseq-bertt/euromast.json", "val3dity-cj/601_1.json", "cjio/mt-1.json"]
    theirs = cjio_reads(*(real(f"cityjson/{name}") for name in names), upgrade=True)
    for name, found in zip(names, theirs, strict=True):
        ours = written(tmp_path, layer_of(name))
        assert kinds(ours) == found["objects"]
        crs = ours.get("metadata", {}).get("referenceSystem")
        assert crs == (found["epsg"] and f"https://www.opengis.net/def/crs/EPSG/0/{found['epsg']}")


OLD: dict[str, Any] = {
    "type": "CityJSON",
    "version": "1.0",
    "+note": {"kept": 1.50},
    "extensions": {"Noise": {"url": "https://x.org/noise.ext.json", "version": "1.0"}},
    "metadata": {
        "referenceSystem": "urn:ogc:def:crs:EPSG::7415",
        "datasetTitle": "Old town",
        "datasetPointOfContact": {"contactName": "Ann", "emailAddress": "ann@x.org", "address": "Main St 1"},
        "citymodelIdentifier": "id-7",
        "spatialRepresentationType": ["vector"],
    },
    "CityObjects": {
        "house": {
            "type": "Building",
            "address": {"CountryName": "NL", "location": {"type": "MultiPoint", "lod": 1, "boundaries": [3]}},
            "geometry": [{"type": "MultiSurface", "lod": 2.2, "boundaries": [[[0, 1, 2]]]}],
        },
        "pier": {"type": "BridgeConstructionElement", "parents": ["bridge"]},
        "bridge": {"type": "Bridge", "children": ["pier"]},
        "block": {"type": "CityObjectGroup", "members": ["house", "gone"]},
    },
    "vertices": [
        [85000.125, 446000.5, 1.25],
        [85009.125, 446000.5, 1.25],
        [85000.125, 446009.5, 1],
        [0, 0, 0],
    ],
}


def test_version_1_0_becomes_2_0_step_by_step(tmp_path: Path) -> None:
    model = written(tmp_path, opened(tmp_path, json.dumps(OLD).encode()))
    objects = model["CityObjects"]
    assert model["metadata"] == {
        "referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415",
        "title": "Old town",
        "pointOfContact": {
            "contactName": "Ann",
            "emailAddress": "ann@x.org",
            "address": {"address": "Main St 1"},
        },
        "identifier": "id-7",
        "spatialRepresentationType": ["vector"],
    }
    assert objects["block"] == {"type": "CityObjectGroup", "children": ["house", "gone"]}
    assert objects["house"]["parents"] == ["block"]
    assert objects["house"]["address"][0]["location"]["lod"] == "1"
    assert objects["house"]["geometry"][0]["lod"] == "2.2"
    assert objects["pier"]["type"] == "BridgeConstructiveElement"
    assert (model["+note"], model["extensions"]) == (OLD["+note"], OLD["extensions"])
    assert all(isinstance(number, int) for vertex in model["vertices"] for number in vertex)
    assert meaning([model])["house"]["geometry"][0]["boundaries"][0][0][0] == (85000.125, 446000.5, 1.25)


def test_the_stand_in_for_generic_objects_of_1_1_becomes_native(tmp_path: Path) -> None:
    url = "https://www.cityjson.org/extensions/download/generic.ext.json"
    model = json.loads(small('"a":{"type":"+GenericCityObject"}'))
    model |= {"version": "1.1", "extensions": {"Generic": {"uri": url, "version": "1.0"}}}
    found = written(tmp_path, opened(tmp_path, json.dumps(model).encode()))
    assert (found["CityObjects"]["a"]["type"], found["extensions"]) == ("GenericCityObject", {})
    model["extensions"] = {"Generic": {"uri": "https://x.org/mine.json", "version": "1.0"}}
    found = written(tmp_path, opened(tmp_path, json.dumps(model).encode()))
    assert found["CityObjects"]["a"]["type"] == "+GenericCityObject"
    assert found["extensions"]["Generic"]["url"] == "https://x.org/mine.json"


def test_numbers_of_attributes_keep_their_digits(tmp_path: Path) -> None:
    attributes = '{"a":1.50,"b":-0.0,"c":123456789012345678901234567890,"d":"\\u00e9\\/","e":1E5}'
    layer = opened(tmp_path, small(f'"a":{{"type":"Building","attributes": {attributes} ,"+x":[ 2.0 ]}}'))
    written(tmp_path, layer)
    text = (tmp_path / "out.city.json").read_text()
    assert f'"attributes":{attributes}' in text
    assert '"+x":[2.0]' in text


def test_one_lod_is_written_alone_with_its_own_vertices(tmp_path: Path) -> None:
    layer = layer_of("cjio/multi_lod.json")
    model = written(tmp_path, layer, lod="1.3")
    assert {g["lod"] for item in model["CityObjects"].values() for g in item["geometry"]} == {"1.3"}
    used = {n for item in model["CityObjects"].values() for n in np.ravel(_flat(item["geometry"]))}
    assert used == set(range(len(model["vertices"])))
    whole = meaning([written(tmp_path, layer)])
    for id, item in meaning([model]).items():
        assert item["geometry"] == [g for g in whole[id]["geometry"] if g["lod"] == "1.3"]
    with pytest.raises(WriteError, match=r"No city object of the layer has LoD 3; allowed: 1\.2, 1\.3, 2\.2"):
        written(tmp_path, layer, lod="3")


def _flat(nested: Any) -> list[int]:
    if isinstance(nested, dict):
        nested = nested["boundaries"]
    return [nested] if isinstance(nested, int) else [n for part in nested for n in _flat(part)]


@pytest.mark.parametrize(("crs", "step"), [("EPSG:4979", 1e-9), ("EPSG:25831", 0.001)])
def test_in_another_crs_every_vertex_is_where_proj_says(tmp_path: Path, crs: str, step: float) -> None:
    layer = layer_of("cjio/rotterdam_one.json")
    assert layer.crs == "EPSG:7415"
    model = written(tmp_path, layer, crs=crs)
    again = read_layer(tmp_path / "out.city.json")
    assert (again.crs, model["transform"]["scale"][:2]) == (crs, [step, step])
    old = mesh_of(layer).vertices
    x, y = Transformer.from_crs("EPSG:28992", crs, always_xy=True).transform(old[:, 0], old[:, 1])
    moved = mesh_of(again).vertices
    # PROJ may move positions a few tenths of a millimetre with the heights.
    assert np.abs(moved[:, :2] - np.stack((x, y), axis=-1)).max() <= 5 * step
    assert model["metadata"]["geographicalExtent"] == pytest.approx(
        [*moved.min(axis=0), *moved.max(axis=0)], abs=1e-9
    )


def test_templates_are_written_out_before_they_are_moved(tmp_path: Path) -> None:
    layer = layer_of("railway-seq/geometry_templates.city.json")
    model = written(tmp_path, layer, crs="EPSG:28992")
    assert "geometry-templates" not in model
    again = read_layer(tmp_path / "out.city.json")
    assert np.allclose(mesh_of(again).vertices, mesh_of(layer).vertices, atol=1e-3)
    assert [f.lods for f in again.features] == [f.lods for f in layer.features]


def test_stated_extents_of_objects_follow_their_parts(tmp_path: Path) -> None:
    points = '{"type":"MultiPoint","lod":"1","boundaries":[1,3]}'
    part = f'{{"type":"BuildingPart","parents":["a"],"geometry":[{points}]}}'
    house = '{"type":"Building","children":["p"],"geographicalExtent":[0,0,0,1,1,1]}'
    more = ',"metadata":{"referenceSystem":"https://www.opengis.net/def/crs/EPSG/0/7415"}'
    layer = opened(tmp_path, small(f'"a":{house},"p":{part}', more=more))
    model = written(tmp_path, layer, crs="EPSG:28992")
    assert model["CityObjects"]["a"]["geographicalExtent"] == [85000, 446000, 0, 85009, 446000, 9]


@pytest.mark.parametrize(
    ("crs", "words"),
    [("EPSG:99999", "not known"), ("nowhere", "not known")],
)
def test_a_crs_that_cannot_be_written_is_refused(tmp_path: Path, crs: str, words: str) -> None:
    with pytest.raises(CitystrataError, match=words):
        written(tmp_path, layer_of("cjio/rotterdam_one.json"), crs=crs)


def test_a_layer_that_lies_nowhere_has_no_other_crs(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="lies nowhere"):
        written(tmp_path, layer_of("cjio/multi_lod.json"), crs="EPSG:28992")


def test_a_reference_to_nothing_is_refused_when_numbers_must_change(tmp_path: Path) -> None:
    layer = layer_of("val3dity-cj/invalid_schema_cityjson_2.json")
    assert orjson.loads(real("cityjson/val3dity-cj/invalid_schema_cityjson_2.json").read_bytes())
    written(tmp_path, layer)
    with pytest.raises(WriteError, match="'id-1' cannot be written anew: it names vertex 22, there are 4"):
        written(tmp_path, layer, lod="1")
