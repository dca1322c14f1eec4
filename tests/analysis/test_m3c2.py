"""M3C2 on planes whose distance is known, and on clouds of a project."""

from __future__ import annotations

from pathlib import Path

import laspy
import numpy as np
import pytest

from analysis import change
from analysis.changes.m3c2 import CONFIDENCE, Scales, m3c2
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project

pytestmark = pytest.mark.usefixtures("read_here")


def plane(normal: np.ndarray, away: float, seed: int, rough: float = 0.0) -> np.ndarray:
    """Points of a plane, away from the one through 0 along its normal."""
    random = np.random.default_rng(seed)
    normal = normal / np.linalg.norm(normal)
    along = np.linalg.svd(normal[None])[2][1:]
    flat = random.uniform(-20, 20, (6000, 2)) @ along
    return flat + normal * (away + random.normal(0, rough, (6000, 1)) if rough else away)


@pytest.mark.parametrize("normal", [(0.0, 0.0, 1.0), (1.0, 0.0, 0.2), (0.3, -0.5, 0.8)])
def test_the_distance_of_planes_is_along_their_normal(normal: tuple[float, float, float]) -> None:
    across = np.array(normal)
    found = m3c2(np.zeros((1, 3)), plane(across, 0, 1), plane(across, 0.7, 2), Scales(2, 2, 5))
    assert found.distance_m[0] == pytest.approx(0.7)
    assert found.normal[0] == pytest.approx(across / np.linalg.norm(across))
    assert found.is_significant[0] and found.detection_m[0] == pytest.approx(0, abs=1e-6)


def test_what_can_be_told_depends_on_roughness_and_number() -> None:
    up = np.array((0.0, 0.0, 1.0))
    cores = np.column_stack((np.random.default_rng(4).uniform(-15, 15, (200, 2)), np.zeros(200)))
    one, other = plane(up, 0, 1, 0.1), plane(up, 0, 2, 0.1)
    found = m3c2(cores, one, other, Scales(3, 2, 5), registration_m=0.01)
    expected = CONFIDENCE * (np.sqrt((found.spread_m**2 / found.count).sum(axis=1)) + 0.01)
    assert found.detection_m == pytest.approx(expected)
    assert found.spread_m.mean() == pytest.approx(0.1, rel=0.05)
    # Nothing moved: with 5 % and the registration's share on top, hardly any place is told to have.
    assert found.is_significant.mean() < 0.08


def test_where_a_cloud_has_no_points_nothing_is_told() -> None:
    up = np.array((0.0, 0.0, 1.0))
    beside = [(sign * 1e6, other * 1e6, 0.0) for sign in (-1, 0, 1) for other in (-1, 0, 1)]
    found = m3c2(np.array(beside), plane(up, 0, 1), plane(up, 9, 2), Scales(2, 2, 5))
    assert np.isnan(found.distance_m).all() and not found.is_significant.any()


def test_clouds_of_two_dates(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    with Project.create(tmp_path / "clouds.city.gpkg") as project:
        for date, rise in (("2010", 0.0), ("2023", 0.4)):
            places = np.column_stack((random.uniform(0, 60, (20_000, 2)), random.normal(rise, 0.02, 20_000)))
            places[places[:, 0] > 30, 2] -= rise
            cloud = laspy.create(point_format=0, file_version="1.2")
            cloud.header.scales, cloud.header.offsets = (0.001,) * 3, (356_000, 5_700_000, 0)
            cloud.xyz = places + np.array((356_000, 5_700_000, 30))
            cloud.write(tmp_path / f"{date}.las")
            options = ReadOptions(crs="EPSG:25832")
            import_files(project, [tmp_path / f"{date}.las"], options, name="scan", epoch=f"{date}-01-01")
        result = change.run(project, change.Inputs(compare_date="2010-01-01", date="2023-01-01"))
    away, west = result.points.numbers("m3c2_m"), result.points.numbers("x") < 356_028
    assert np.median(away[west]) == pytest.approx(0.4, abs=0.01)
    east = result.points.numbers("x") > 356_032
    assert np.median(away[east]) == pytest.approx(0.0, abs=0.01)
    assert result.points.numbers("significant")[west].mean() == 1.0
    assert len(result.surfaces) == 1 and result.surfaces.texts("object_id") == ["point cloud"]
