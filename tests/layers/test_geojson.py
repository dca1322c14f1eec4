"""GeoJSON and GeoPackage: the same records in and out, and edits that touch one feature."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers import wkb
from layers.data import LayerData, ReadOptions, WriteOptions
from layers.errors import ReadError
from layers.formats import geojson, geopackage
from layers.jsontext import raw_members
from tests.conftest import DATA, real

FILES = sorted(DATA.rglob("*.geojson"))
PIPES = "utilities/wntr-ky4/ky4_pipes.geojson"


def read(path: Path, kind: str | None = None) -> LayerData:
    (layer,) = geojson.read(path, ReadOptions(kind=kind))
    return layer


def written(tmp_path: Path, *features: dict[str, Any], **members: Any) -> Path:
    path = tmp_path / "network.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": features}))
    return path


def pipe(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"diameter": 0.3, **properties}, "geometry": geometry}


def line(*positions: list[float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": list(positions)}


def edited(layer: LayerData, number: int, after: dict[str, bytes]) -> bytes:
    pieces = ((piece, number if piece.feature == number else None) for piece in layer.pieces)
    return b"".join(geojson.rewrite(pieces, lambda _: after))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_feature_is_there_and_every_byte_a_piece(path: Path) -> None:
    layer, source = read(path, "heritage"), json.loads(path.read_bytes())
    features = source.get("features", [source])
    assert len(layer.features) == len(features)
    assert layer.report.dropped == 0
    assert b"".join(piece.data for piece in layer.pieces) == path.read_bytes()
    for feature, raw in zip(layer.features, features, strict=True):
        assert json.loads(feature.attributes) == raw["properties"]
        first = raw["geometry"]["coordinates"]
        while isinstance(first[0], list):
            first = first[0]
        assert wkb.read(feature.geometry or b"").coordinates[0, : len(first)].tolist() == first
    same = geojson.rewrite(
        ((piece, piece.feature) for piece in layer.pieces),
        lambda number: raw_members(layer.features[number].attributes),
    )
    assert b"".join(same) == path.read_bytes()


def test_a_network_is_taken_for_pipes_and_its_fields_are_found() -> None:
    layer = read(real(PIPES))
    assert (layer.kind, layer.crs) == ("pipes", "EPSG:3547")
    assert layer.facts["field_map"] == {
        "diameter_m": "diameter [m]",
        "from_node": "start_node_name",
        "to_node": "end_node_name",
    }
    assert layer.features[0].id == "P-1"


def test_roads_are_pipes_only_when_a_person_says_so() -> None:
    roads = real("cityjson/capetown-cput/roads-cput_proj.geojson")
    layer = read(roads)
    assert layer.kind == "vector"
    assert Counter(item.type for item in layer.features) == {"Line": 97, "Area": 9}
    assert len(read(roads, "pipes").features) == len(layer.features) == 106


def test_one_edit_changes_bytes_of_one_value() -> None:
    path = real(PIPES)
    layer, source = read(path), path.read_bytes()
    after = raw_members(layer.features[7].attributes)
    text = edited(layer, 7, after | {"roughness": b"91.50"})
    at = next(i for i, (a, b) in enumerate(zip(source, text, strict=False)) if a != b)
    start = source.index(layer.pieces[7].data)
    assert start < at < start + len(layer.pieces[7].data)
    assert text.replace(b'"roughness": 91.50', b'"roughness": 150.0') == source
    added = edited(layer, 7, after | {"laid": b"1974"})
    assert added.replace(b', "laid": 1974', b"") == source


def test_properties_that_are_null_become_an_object_when_needed(tmp_path: Path) -> None:
    path = written(tmp_path, pipe(line([0, 0], [1, 1])) | {"properties": None})
    layer = read(path, "pipes")
    assert edited(layer, 0, {}) == path.read_bytes()
    assert b'"properties": {"name":"x"}' in edited(layer, 0, {"name": b'"x"'})


def test_without_a_crs_the_numbers_decide(tmp_path: Path) -> None:
    assert read(written(tmp_path, pipe(line([4.3, 52.1], [4.4, 52.2])))).crs == "EPSG:4326"
    assert read(written(tmp_path, pipe(line([81000, 455000], [81010, 455000])))).crs is None
    said = {"type": "name", "properties": {"name": "EPSG:28992"}}
    assert read(written(tmp_path, pipe(line([1, 2], [3, 4])), crs=said)).crs == "EPSG:28992"


def test_bad_features_are_named_and_good_ones_open(tmp_path: Path) -> None:
    far = pipe(line([0, 0], [1e300, 1]))
    short = pipe(line([0], [1, 1]))
    odd = pipe({"type": "Circle", "coordinates": [0, 0]})
    layer = read(
        written(tmp_path, pipe(line([0, 0], [1, 1])), far, short, odd, {"type": "x", "properties": 5})
    )
    codes = [warning.code for warning in layer.report.warnings]
    assert sorted(codes) == [
        "coordinate-out-of-range",
        "feature-unreadable",
        "geometry-type",
        "geometry-unreadable",
    ]
    assert [feature.geometry is not None for feature in layer.features] == [True, False, False, False]
    assert layer.report.dropped == 1


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'{"type":"FeatureCollection","features":[',
        b'{"a":' + b"[" * 10_000,
        b'{"type":"Topology"}',
    ],
)
def test_damaged_files_are_refused_in_a_sentence(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "bad.geojson"
    path.write_bytes(text)
    with pytest.raises(ReadError):
        read(path)


def test_validity_comes_from_the_attributes(tmp_path: Path) -> None:
    path = written(tmp_path, pipe(line([0, 0], [1, 1]), bouwjaar=1974, validTo="2030-05-01T00:00:00Z"))
    (feature,) = read(path).features
    assert (feature.valid_from, feature.valid_to) == ("1974-01-01", "2030-05-01")


def test_dates_that_only_the_project_knows_are_written_too(tmp_path: Path) -> None:
    layer = read(written(tmp_path, pipe(line([0, 0], [1, 1]), bouwjaar=1974), pipe(line([0, 0], [2, 2]))))
    layer.features[1].valid_from, layer.features[0].valid_to = "1950-01-01", "2030-01-01"
    out = tmp_path / "out.geojson"
    geojson.write(out, layer, WriteOptions())
    again = [(feature.valid_from, feature.valid_to) for feature in read(out).features]
    assert again == [("1974-01-01", "2030-01-01"), ("1950-01-01", None)]


# ---------------------------------------------------------------- GeoPackage


def test_a_geopackage_holds_what_the_geojson_held(tmp_path: Path) -> None:
    layer = read(real(PIPES))
    out = tmp_path / "out.gpkg"
    geopackage.write(out, layer, WriteOptions())
    (again,) = geopackage.read(out, ReadOptions())
    assert (again.kind, again.crs, again.name) == ("pipes", "EPSG:3547", "ky4_pipes")
    assert [feature.geometry for feature in again.features] == [
        feature.geometry for feature in layer.features
    ]
    for before, after in zip(layer.features, again.features, strict=True):
        assert json.loads(before.attributes).items() <= json.loads(after.attributes).items()


def test_gdal_opens_the_geopackage_without_a_warning(tmp_path: Path) -> None:
    mixed = [
        pipe(line([0, 0, 1], [1, 1, 2]), Diameter="x", laid="2020-01-01", parts=[1]),
        pipe({"type": "Point", "coordinates": [5, 5]}, ok=True, id=7),
        pipe(None),
    ]
    out = tmp_path / "out.gpkg"
    geopackage.write(out, read(written(tmp_path, *mixed, crs=None)), WriteOptions())
    answer = subprocess.run(
        ["ogrinfo", "-al", str(out)], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stderr == ""
    assert "Feature Count: 3" in answer.stdout
    assert "LINESTRING Z (0 0 1,1 1 2)" in answer.stdout
    assert "laid: Date" in answer.stdout
    assert "parts (String) = [1]" in answer.stdout


def test_writing_in_another_crs_moves_the_geometry(tmp_path: Path) -> None:
    out = tmp_path / "out.geojson"
    geojson.write(out, read(real(PIPES)), WriteOptions(crs="EPSG:4326"))
    moved = read(out)
    assert moved.crs == "EPSG:4326"
    x, y, z = wkb.read(moved.features[0].geometry or b"").coordinates[0]
    assert (-86 < x < -85, 37 < y < 39, np.isnan(z)) == (True, True, True)


def test_a_strangers_database_cannot_run_anything(tmp_path: Path) -> None:
    out = tmp_path / "out.gpkg"
    geopackage.write(out, read(real(PIPES)), WriteOptions())
    with sqlite3.connect(out) as connection:
        connection.execute("ALTER TABLE ky4_pipes RENAME TO hidden")
        connection.execute("CREATE VIEW ky4_pipes AS SELECT *, load_extension('evil') AS bad FROM hidden")
    connection.close()
    with pytest.raises(ReadError, match="load_extension"):
        geopackage.read(out, ReadOptions())


@pytest.mark.parametrize("cut", [100, 4096, 20_000])
def test_a_truncated_geopackage_is_refused(tmp_path: Path, cut: int) -> None:
    whole, out = tmp_path / "whole.gpkg", tmp_path / "cut.gpkg"
    geopackage.write(whole, read(real(PIPES)), WriteOptions())
    out.write_bytes(whole.read_bytes()[:cut])
    with pytest.raises(ReadError):
        geopackage.read(out, ReadOptions())


def test_an_empty_table_says_so() -> None:
    with pytest.raises(ReadError, match="no features"):
        geopackage.read(real("reference/goteborg/pois.gpkg"), ReadOptions())


# ---------------------------------------------------------------- well-known binary

SHAPES = [
    wkb.point(1, 2),
    wkb.point(1, 2, 3),
    wkb.line(np.array([[0.0, 0, 0], [1, 1, 1]])),
    wkb.polygon([np.array([[0.0, 0], [4, 0], [4, 4]]), np.array([[1.0, 1], [2, 1], [2, 2], [1, 1]])]),
    wkb.multi_point(np.array([[0.0, 0, 5], [1, 1, 5]])),
    wkb.multi_line([np.array([[0.0, 0], [1, 1]]), np.array([[2.0, 2], [3, 3], [4, 5]])]),
    wkb.multi_polygon([[np.array([[0.0, 0, 1], [1, 0, 1], [0, 1, 1]])]]),
]


@pytest.mark.parametrize("data", SHAPES)
def test_shapes_come_back_and_every_truncation_is_refused(data: bytes) -> None:
    assert wkb.write(wkb.read(data)) == data
    assert wkb.from_blob(wkb.blob(data, 28992, (0, 0, 0, 4, 4, 0))) == data
    for end in range(len(data)):
        with pytest.raises(ReadError):
            wkb.read(data[:end])


def test_the_older_dialect_and_big_endian_are_read() -> None:
    ewkb = bytes.fromhex("01010000a0407100000000000000002440000000000000344000000000000039c0")
    big = bytes.fromhex("0000000bb94024000000000000403400000000000040390000000000000000000000000000")
    assert wkb.read(ewkb).coordinates.tolist() == [[10, 20, -25]]
    assert wkb.read(big).coordinates.tolist() == [[10, 20, 25]]


def test_a_count_that_promises_too_much_is_refused_before_it_is_believed() -> None:
    with pytest.raises(ReadError, match="promised"):
        wkb.read(bytes.fromhex("0102000000ffffffff"))


def test_lists_that_are_nested_too_deep_are_told_in_a_sentence(tmp_path: Path) -> None:
    deep = "[" * 20_000 + "]" * 20_000
    path = tmp_path / "deep.geojson"
    feature = f'{{"type": "Feature", "geometry": {deep}}}'
    path.write_text(f'{{"type": "FeatureCollection", "features": [{feature}]}}')
    with pytest.raises(ReadError, match="it is nested too deep"):
        read(path)
