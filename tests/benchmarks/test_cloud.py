"""The generated scan: so many points, the same at every run, with all that a scanner sees."""

from __future__ import annotations

from pathlib import Path

import laspy
import numpy as np
import pytest

from benchmarks import cloud

POINTS = 60_000


@pytest.fixture
def tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.setattr(cloud, "TILE", 25_000)
    monkeypatch.setattr(cloud, "STRIP", 10_000)
    monkeypatch.setattr(cloud, "PER_SQUARE_METRE", 4)
    return cloud.write_cloud(tmp_path / "one", POINTS)


def test_tiles_hold_all_points_side_by_side(tiles: list[Path]) -> None:
    scans = [laspy.read(path) for path in tiles]
    assert len(scans) == 3 and sum(len(scan) for scan in scans) == POINTS
    boxes = np.array([(scan.header.mins[:2], scan.header.maxs[:2]) for scan in scans])
    assert boxes[0, 1, 0] <= boxes[1, 0, 0] + 1e-3 and boxes[0, 1, 1] <= boxes[2, 0, 1] + 1e-3
    density = POINTS / np.prod(np.ptp(boxes, axis=1), axis=1).sum()
    assert density == pytest.approx(cloud.PER_SQUARE_METRE, rel=0.05)


def test_points_have_colour_intensity_class_and_return(tiles: list[Path]) -> None:
    scan = laspy.read(tiles[0])
    assert scan.header.parse_crs().to_epsg() == 7415
    assert {cloud.GROUND, cloud.BUILDING} <= set(np.unique(scan.classification))
    assert (np.array(scan.return_number) <= np.array(scan.number_of_returns)).all()
    assert scan.red.max() > 255 and np.ptp(scan.intensity) > 100
    roofs = scan.z[scan.classification == cloud.BUILDING]
    assert np.median(roofs) > np.median(scan.z[scan.classification == cloud.GROUND]) + 3


def test_the_same_at_every_run(tiles: list[Path], tmp_path: Path) -> None:
    again = cloud.write_cloud(tmp_path / "two", POINTS)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in tiles]
