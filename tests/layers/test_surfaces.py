"""The surfaces of one object, counted and measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.arrays import CityTiles
from layers.project import Project
from layers.surfaces import surface_sums
from tests.houses import make_houses


def test_areas_are_true_areas_per_level_of_detail_and_type(tmp_path: Path) -> None:
    with Project.open(make_houses(tmp_path)) as project:
        mesh = project.drawable(project.layers[0])
        assert isinstance(mesh, CityTiles)
        (roof,) = surface_sums(mesh, 1)
    assert (roof.lod, roof.type, roof.count) == ("2", "RoofSurface", 1)
    assert roof.area == pytest.approx(9 * 15)
