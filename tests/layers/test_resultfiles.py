"""Results as files: every format opens elsewhere, says the same numbers, and carries the pedigree."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from layers import wkb
from layers.arrays import CityTiles
from layers.errors import WriteError
from layers.exporting import export_layer
from layers.project import Project
from layers.resultfiles import check_out, endings_for, export_result
from layers.results import Grid, Pedigree, Quantity, Result, Table
from tests.cities import import_here
from tests.conftest import real

AUDIT = "52.0° N 4.4° E, 2024-03-21T12:00+01:00, azimuth 166.1°, altitude 37.6°"
ERROR = "± 0.1 h"


def model(folder: Path) -> Path:
    """Two boxes; all walls of the first are one semantic surface, the second has no semantics."""
    corners = [[x, y, z] for z in (0, 5000) for x, y in ((0, 0), (10_000, 0), (10_000, 4000), (0, 4000))]
    faces = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    semantics = {
        "surfaces": [{"type": "WallSurface"}, {"type": "RoofSurface", "sunlight_h": 99, "slope": 0}],
        "values": [[None, 1, 0, 0, 0, 0]],
    }
    solid = {"type": "Solid", "lod": "2", "boundaries": [[[face] for face in faces]]}
    text = json.dumps(
        {
            "type": "CityJSON",
            "version": "2.0",
            "transform": {"scale": [0.001] * 3, "translate": [84_000.0, 447_000.0, 0.0]},
            "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
            "CityObjects": {
                "first": {"type": "Building", "geometry": [{**solid, "semantics": semantics}]},
                "second": {"type": "Building", "attributes": {"a": 1.50}, "geometry": [solid]},
            },
            "vertices": corners,
        },
        indent=1,
    )
    path = folder / "boxes.city.json"
    path.write_text(text)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.city.gpkg") as found:
        import_here(found, model(tmp_path))
        yield found


def result(project: Project) -> Result:
    """Hours on all polygons but the ground of both boxes, and points of a grid beside them."""
    fids = [int(fid) for fid in project.fids(project.layers[0])]
    places = [(fid, surface) for fid in fids for surface in range(1, 6)]
    surfaces = Table(
        {
            "layer": np.full(10, project.layers[0].id, np.int32),
            "fid": np.array([fid for fid, _ in places]),
            "object_id": [project.object(fid).id for fid, _ in places],
            "geometry": np.zeros(10, np.int32),
            "surface": np.array([surface for _, surface in places], np.int32),
            "surface_id": [f"{fid}/0/{surface}" for fid, surface in places],
            "surface_type": ["RoofSurface" if surface == 1 else "WallSurface" for _, surface in places],
            "area_m2": np.array([40.0, 50, 20, 50, 20] * 2),
            "tilt_deg": np.array([0.0, 90, 90, 90, 90] * 2),
            "azimuth_deg": np.array([0.0, 180, 90, 0, 270] * 2),
            "sunlight_h": np.array([8.0, 6, 4, 0, 3] * 2),
            "energy_kwh": np.array([10.0, 1, 2, 3, 4] * 2),
        }
    )
    points = Table(
        {
            **{"x": np.array([84_001.0, 84_003, 84_001]), "y": np.array([447_003.0, 447_003, 447_001])},
            "z": np.zeros(3),
            "sunlight_h": np.array([1.5, np.nan, 3.0]),
        }
    )
    return Result(
        "sunlight",
        "Sunlight",
        {"day": "2024-03-21"},
        Pedigree("Rays", "1.0", (("boxes", "a" * 64),), (AUDIT,), ERROR, ("No trees",), {"rays": 10}),
        (Quantity("sunlight_h", "Sunlight", "h"), Quantity("energy_kwh", "Energy", "kWh")),
        surfaces,
        points,
        Table({"wkb": [wkb.polygon([np.array([[84e3, 447e3], [84001, 447e3], [84e3, 447002]])]).hex()],
               "caster": ["first"], "area_m2": np.array([1.0])}),
        {"months": Table({"month": np.arange(1, 4), "sunlight_h": np.array([1.0, 2.5, 3.0])})},
        Grid(84_000.0, 447_004.0, 2.0, 2, 2, np.array([0, 1, 2])),
        "2024-03-21T12:00:00+01:00",
    )  # fmt: skip


def gdal(*words: object) -> str:
    """What a program of GDAL, another reader than ours, says."""
    if shutil.which(str(words[0])) is None:
        pytest.skip(f"{words[0]} (gdal-bin) is not installed")
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True).stdout


def features(path: Path, layer: str) -> list[Any]:
    """The features that GDAL finds."""
    found = json.loads(gdal("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", path, layer))
    return list(found["features"])


def test_csv_has_the_columns_that_scripts_expect_and_its_pedigree_beside(
    project: Project, tmp_path: Path
) -> None:
    export_result(project, result(project), tmp_path / "sun.csv")
    with (tmp_path / "sun.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:7] == [
        "object_id", "surface_id", "surface_type", "area_m2", "tilt_deg", "azimuth_deg", "sunlight_h",
    ]  # fmt: skip
    assert [float(row["sunlight_h"]) for row in rows[:5]] == [8, 6, 4, 0, 3] and rows[0]["layer"] == "boxes"
    beside = {path.name for path in tmp_path.glob("sun.*")}
    assert beside == {"sun.csv", "sun.points.csv", "sun.shapes.csv", "sun.months.csv", "sun.pedigree.json"}
    with (tmp_path / "sun.shapes.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["wkt"].startswith("POLYGON ((84000 447000")
    pedigree = json.loads((tmp_path / "sun.pedigree.json").read_text())
    assert pedigree["sun"] == [AUDIT] and pedigree["error"] == ERROR and pedigree["crs"] == "EPSG:7415"
    assert pedigree["inputs"] == [{"name": "boxes", "sha256": "a" * 64}]


def test_json_is_one_document(project: Project, tmp_path: Path) -> None:
    export_result(project, result(project), tmp_path / "sun.json")
    found = json.loads((tmp_path / "sun.json").read_text())
    assert [row["surface_type"] for row in found["surfaces"][:2]] == ["RoofSurface", "WallSurface"]
    assert found["points"][1]["sunlight_h"] is None and found["months"][1]["sunlight_h"] == 2.5
    assert found["pedigree"]["sun"] == [AUDIT] and found["pedigree"]["parameters"] == {"day": "2024-03-21"}


def test_a_geopackage_opens_in_gdal_with_polygons_where_the_surfaces_are(
    project: Project, tmp_path: Path
) -> None:
    export_result(project, result(project), tmp_path / "sun.gpkg")
    path = tmp_path / "sun.gpkg"
    said = gdal("ogrinfo", "-so", "-al", path)
    assert re.findall("Layer name: (.*)", said) == ["surfaces", "shapes", "points", "months", "pedigree"]
    assert "Extent: (84000.000000, 447000.000000) - (84010.000000, 447004.000000)" in said
    assert "Amersfoort / RD New" in said and "sunlight_h: Real" in said
    roof = features(path, "surfaces")[0]
    assert roof["properties"]["surface_type"] == "RoofSurface" and roof["properties"]["sunlight_h"] == 8
    assert [84010, 447004, 5] in roof["geometry"]["coordinates"][0]
    assert features(path, "shapes")[0]["properties"]["caster"] == "first"
    facts = {item["properties"]["part"]: item["properties"]["value"] for item in features(path, "pedigree")}
    assert facts["error"] == ERROR and facts["sun"] in ([AUDIT], json.dumps([AUDIT], ensure_ascii=False))


def test_geojson_opens_in_gdal(project: Project, tmp_path: Path) -> None:
    export_result(project, replace(result(project), surfaces=Table(), points=Table()), tmp_path / "s.geojson")
    (shape,) = features(tmp_path / "s.geojson", "s")
    assert shape["properties"] == {"caster": "first", "area_m2": 1.0}
    assert "Amersfoort / RD New" in gdal("ogrinfo", "-so", "-al", tmp_path / "s.geojson")
    assert json.loads((tmp_path / "s.geojson").read_text())["pedigree"]["error"] == ERROR


def test_a_raster_has_the_values_in_their_cells(project: Project, tmp_path: Path) -> None:
    export_result(project, result(project), tmp_path / "sun.tif")
    with rasterio.open(tmp_path / "sun.tif") as raster:
        assert (
            raster.crs.to_epsg() == 28992 and raster.res == (2, 2) and raster.descriptions == ("sunlight_h",)
        )
        np.testing.assert_array_equal(raster.read(1), [[1.5, np.nan], [3.0, np.nan]])
        assert next(raster.sample([(84_001.0, 447_001.0)]))[0] == 3.0
        assert json.loads(raster.tags()["PEDIGREE"])["sun"] == [AUDIT]
    with pytest.raises(WriteError, match="Only what was computed on the ground"):
        export_result(project, replace(result(project), grid=None), tmp_path / "none.tif")


def test_cityjson_gets_the_values_and_keeps_every_other_byte(project: Project, tmp_path: Path) -> None:
    said = export_result(project, result(project), tmp_path / "out.city.json")
    assert "2 semantic surfaces of boxes" in said and "5 polygons have no semantic surface" in said
    before, after = (tmp_path / name for name in ("boxes.city.json", "out.city.json"))
    found = json.loads(after.read_text())
    wall, roof = found["CityObjects"]["first"]["geometry"][0]["semantics"]["surfaces"]
    # The mean over the area of the four walls that are one surface; energy is their sum.
    assert wall == {
        "type": "WallSurface",
        "sunlight_h": round((6 * 50 + 4 * 20 + 3 * 20) / 140, 6),
        "energy_kwh": 10,
    }
    assert roof == {"type": "RoofSurface", "sunlight_h": 8.0, "slope": 0, "energy_kwh": 10.0}
    for surface in found["CityObjects"]["first"]["geometry"][0]["semantics"]["surfaces"]:
        surface.pop("energy_kwh")
    del wall["sunlight_h"]
    roof["sunlight_h"] = 99
    assert found == json.loads(before.read_text())
    is_ours = re.compile(r'"(sunlight_h|energy_kwh)"|"(slope|type)":')
    kept, was = (
        [line for line in path.read_text().splitlines() if not is_ours.search(line)]
        for path in (after, before)
    )
    assert kept == was


@pytest.mark.parametrize("name", ["railway-seq/delft_subset.city.jsonl", "cjio/DH_01_subs.city.json"])
def test_real_city_models_take_values_and_stay_what_they_are(tmp_path: Path, name: str) -> None:
    source = real(f"cityjson/{name}")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, source)
        layer = project.layers[0]
        table = every_surface(project)
        quantity = Quantity("sunlight_h", "Sunlight", "h")
        hours = Result("sunlight", "All", {}, Pedigree("", "", ()), (quantity,), table)
        out = tmp_path / source.name
        export_result(project, hours, out, layer=layer.name)
        export_result(project, hours, tmp_path / "sun.gpkg")
        areas = features(tmp_path / "sun.gpkg", "surfaces")
    assert len(areas) == len(table) and all(item["geometry"] for item in areas)
    assert without_hours(out) == without_hours(source)
    assert out.read_text().count('"sunlight_h"') > 50


def every_surface(project: Project) -> Table:
    """A row for every polygon of the first layer."""
    layer = project.layers[0]
    city = project.drawable(layer)
    assert isinstance(city, CityTiles)
    counts = np.diff(city.entry_surface)
    geometry = np.repeat(city.geometry_index, np.diff(city.geometry_surface))
    position = np.repeat(city.entry_object, counts)
    rows = len(position)
    return Table(
        {
            "layer": np.full(rows, layer.id),
            "fid": layer.first_fid + position.astype(np.int64),
            "geometry": geometry,
            "surface": np.asarray(city.surface_index),
            "area_m2": np.ones(rows),
            "sunlight_h": np.arange(rows) % 10 / 3,
        }
    )


def without_hours(path: Path) -> list[Any]:
    """What a city model says, but for the hours."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: kept(inner) for key, inner in value.items() if key != "sunlight_h"}
        return [kept(inner) for inner in value] if isinstance(value, list) else value

    lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    return [kept(json.loads(line)) for line in lines if line.strip()]


def test_the_main_geojson_can_be_drawn_and_the_others_are_named(project: Project, tmp_path: Path) -> None:
    found = result(project)
    nowhere = Table({**found.surfaces.columns, "geometry": np.full(len(found.surfaces), -1)})
    said = export_result(project, replace(found, surfaces=nowhere, shapes=Table()), tmp_path / "sun.geojson")
    features = json.loads((tmp_path / "sun.geojson").read_text())["features"]
    assert len(features) == len(found.points) and all(one["geometry"]["type"] == "Point" for one in features)
    assert (
        said.endswith("10 surfaces in sun.surfaces.geojson") and (tmp_path / "sun.surfaces.geojson").exists()
    )
    assert "in sun.points.csv" in export_result(project, found, tmp_path / "sun.csv")


def test_files_are_overwritten_only_when_asked(project: Project, tmp_path: Path) -> None:
    (tmp_path / "sun.points.csv").write_text("mine")
    with pytest.raises(WriteError, match=r"There is a file of that name already.*sun\.points\.csv"):
        export_result(project, result(project), tmp_path / "sun.csv")
    assert not (tmp_path / "sun.csv").exists()
    export_result(project, result(project), tmp_path / "sun.csv", overwrite=True)
    assert (tmp_path / "sun.points.csv").read_text() != "mine"


def test_projects_and_what_was_read_are_never_overwritten(project: Project, tmp_path: Path) -> None:
    shutil.copyfile(project.path, tmp_path / "renamed.gpkg")
    (tmp_path / "linked.gpkg").hardlink_to(project.path)
    (tmp_path / "weather.csv").write_text("1")
    (tmp_path / "sun.csv").symlink_to(tmp_path / "boxes.city.json")
    found = replace(result(project), inputs={"weather": str(tmp_path / "weather.csv"), "where": "x" * 5000})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    for name, why in (
        ("p.city.gpkg", "is a Citystrata project"),
        ("linked.gpkg", "is a Citystrata project"),
        ("renamed.gpkg", "is a Citystrata project"),
        ("boxes.city.json", "The layer 'boxes' comes from this file"),
        ("sun.csv", "The layer 'boxes' comes from this file"),
        ("weather.csv", "This file is read here"),
    ):
        with pytest.raises(WriteError, match=why):
            export_result(project, found, tmp_path / name, overwrite=True)
        with pytest.raises(WriteError, match=why):
            check_out(project, tmp_path / name, True, found.inputs)
    for name in ("p.city.gpkg", "boxes.city.json"):
        with pytest.raises(WriteError, match="never overwritten"):
            export_layer(project, project.layers[0], tmp_path / name)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}


def test_what_cannot_be_exported_is_a_sentence(project: Project, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"does not name a format.*allowed: \.gpkg"):
        export_result(project, result(project), tmp_path / "sun.xlsx")
    with pytest.raises(WriteError, match="nothing in this result"):
        export_result(project, Result("x", "X", {}, Pedigree("", "", ())), tmp_path / "x.csv")
    with pytest.raises(WriteError, match="in the format that the layer came in"):
        export_result(project, result(project), tmp_path / "x.city.jsonl")
    elsewhere = result(project)
    columns = {**elsewhere.surfaces.columns, "geometry": np.full(len(elsewhere.surfaces), -1)}
    ground = replace(elsewhere, surfaces=Table(columns))
    with pytest.raises(WriteError, match="None of the values"):
        export_result(project, ground, tmp_path / "ground.city.json")
    assert not (tmp_path / "ground.city.json").exists()
    assert [ending for ending, _ in endings_for(replace(result(project), grid=None))] == [
        ".gpkg", ".csv", ".json", ".geojson", ".city.json", ".city.jsonl",
    ]  # fmt: skip
