"""As many surfaces come in as a file has: told in the import report, held against independent counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers import formats
from layers.arrays import CityTiles
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from layers.report import Report
from tests.cities import imported_here
from tests.conftest import real
from tests.counts import polygons

FILES = (
    "citygml/njam/zurich-lod2-citygml1.xml",
    "citygml/nrw-lod2/LoD2_32_280_5657_1_NW.gml",
    "cityjson/delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json",
)


@pytest.mark.parametrize("name", FILES)
def test_a_report_says_how_many_surfaces_came_in(name: str, tmp_path: Path) -> None:
    path = real(name)
    with Project.create(tmp_path / "p.city.gpkg") as project, imported_here():
        layers = import_files(project, [path])
        drawn = [project.drawable(layer) for layer in layers]
        there = polygons(formats.detect(path).NAME, path)
        told = sum(layer.report["polygons"] for layer in layers)
        assert told == there == sum(len(each.surface_type) for each in drawn if isinstance(each, CityTiles))


def test_parts_of_a_large_city_are_added_up(tmp_path: Path) -> None:
    path = real(FILES[2])
    with Project.create(tmp_path / "p.city.gpkg") as project, imported_here():
        (layer,) = import_files(project, [path], ReadOptions(part_bytes=path.stat().st_size // 5))
        assert layer.report["polygons"] == polygons("cityjson", path)


def test_a_report_of_before_counts_none() -> None:
    assert Report.from_dict({"read": 2, "warnings": [], "more_warnings": 0}) == Report(read=2)
