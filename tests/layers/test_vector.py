"""Areas, lines and points that are no network: how they lie, and what their attributes say in metres."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from layers.records import Layer
from layers.vector import AREA, LINE, POINT, measures, shapes

CRS = "EPSG:28992"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "city.city.gpkg", crs=CRS) as made:
        yield made


def imported(project: Project, tmp_path: Path, *features: dict[str, Any], **field_map: str) -> Layer:
    path = tmp_path / "shapes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (layer,) = import_files(project, [path], ReadOptions(crs=CRS, field_map=field_map))
    return layer


def feature(type: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    geometry = {"type": type, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
HOLE = [[4, 4], [4, 6], [6, 6], [4, 4]]


def test_corners_rings_and_parts_are_those_of_the_file(project: Project, tmp_path: Path) -> None:
    layer = imported(
        project,
        tmp_path,
        feature("MultiPolygon", [[SQUARE, HOLE], [[[20, 0], [21, 0], [21, 1], [20, 0]]]]),
        feature("LineString", [[0, 0, 3.5], [5, 5, 4.5], [0, 0, 3.5]]),
        feature("Point", [7, 8]),
    )
    assert layer.kind == "vector"
    found = shapes(project, layer)
    assert project.values(layer, "type").tolist() == ["Area", "Line", "Point"]
    assert found.part_kind.tolist() == [AREA, AREA, LINE, POINT]
    assert found.part_object.tolist() == [0, 0, 1, 2]
    assert found.part_start.tolist() == [0, 2, 3, 4, 5]
    assert np.diff(found.ring_start).tolist() == [4, 3, 3, 3, 1]
    assert np.isnan(found.corners[:10, 2]).all() and np.isnan(found.corners[-1, 2])
    assert found.corners[10:13].tolist() == [[0, 0, 3.5], [5, 5, 4.5], [0, 0, 3.5]]


def test_measures_come_in_metres_by_name_or_as_a_person_says(project: Project, tmp_path: Path) -> None:
    trees = (
        feature("Point", [1, 2], boomhoogte=12, kroon=400, soort="Tilia"),
        feature("Point", [3, 4], boomhoogte="8,5", kroon=None),
    )
    layer = imported(project, tmp_path, *trees, crown_m="kroon [cm]")
    found = measures(project, layer)
    assert found["height_m"].tolist() == [12.0, 8.5]
    assert found["crown_m"][0] == 4.0 and np.isnan(found["crown_m"][1])
    assert set(found) == {"height_m", "crown_m"}


def test_areas_over_pipes_come_in_as_outlines(project: Project, tmp_path: Path) -> None:
    def came(name: str, kind: str, *features: dict[str, Any]) -> Layer:
        path = tmp_path / f"{name}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return import_files(project, [path], ReadOptions(crs=CRS, kind=kind))[0]

    beforehand = came("beforehand", "vector", feature("Polygon", [SQUARE]))
    came("sewer", "pipes", feature("LineString", [[1, 1], [9, 9]], diameter=300))
    beside = [[x + 50, y] for x, y in SQUARE]
    assert came("dig", "vector", feature("Polygon", [SQUARE])).style == {"fill": False}
    assert came("elsewhere", "vector", feature("Polygon", [beside])).style == {}
    assert project.layer(beforehand.id).style == {}


def test_the_catchments_of_a_network_come_in_as_outlines(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "sewer.inp"
    path.write_text(
        "[JUNCTIONS]\nA 1\nB 2\n[CONDUITS]\nC A B 10 0.01\n[SUBCATCHMENTS]\nS R A 1\n"
        "[COORDINATES]\nA 0 0\nB 10 0\n[Polygons]\nS 0 0\nS 10 0\nS 10 10\n"
    )
    sewer, around = import_files(project, [path], ReadOptions(crs=CRS))
    assert (sewer.kind, sewer.style) == ("pipes", {})
    assert (around.kind, around.style) == ("vector", {"fill": False})
