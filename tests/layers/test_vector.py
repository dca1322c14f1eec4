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
