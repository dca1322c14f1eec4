"""Laser scans: each from where its scanner stood and as it was turned, with colours; damage in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pye57
import pytest

from layers.arrays import Cloud, PointTree
from layers.data import LayerData, ReadOptions, never_stop
from layers.errors import ReadError
from layers.formats import e57
from layers.importing import import_files
from layers.moving import Move
from layers.octree_index import index
from layers.pointfiles import PointFiles
from layers.project import Project
from layers.report import Report
from tests.clouds import whole
from tests.conftest import real

CRY = "heritage/e57-cry"


def read(path: Path, **options: object) -> LayerData:
    (layer,) = e57.read(path, ReadOptions(**options))  # type: ignore[arg-type]
    return layer


def points(layer: LayerData, tmp_path: Path) -> Cloud:
    assert isinstance(layer.points, PointFiles)
    return whole(index(layer.points, Move(None, None), tmp_path / "index", Report(), never_stop))


def sorted_rows(points: np.ndarray) -> np.ndarray:
    return points[np.lexsort(points.T[::-1])]


@pytest.mark.parametrize(("name", "count"), [
    ("bunnyInt19", 30571), ("tinyCartesianFloatRgb", 2090), ("tiny_pc_with_extension", 1),
    ("tiny_spherical", 180), ("cartesian_invalid_state_single", 1), ("integer_intensity", 2),
])  # fmt: skip
def test_points_are_those_that_the_reference_reader_finds(name: str, count: int, tmp_path: Path) -> None:
    path = real(f"{CRY}/{name}.e57")
    data = pye57.E57(str(path)).read_scan(0, ignore_missing_fields=True)
    expected = np.column_stack([data[f"cartesian{axis}"] for axis in "XYZ"])
    cloud = points(read(path), tmp_path)
    assert len(cloud.points) == len(expected) == count
    # A tree keeps places to a millimetre and less. Axis by axis: rows whose x is rounded change places.
    assert np.abs(np.sort(cloud.points, axis=0) - np.sort(expected, axis=0)).max() < 1e-3


def test_scans_are_turned_and_moved_to_where_they_were_made(tmp_path: Path) -> None:
    path = tmp_path / "two.e57"
    file = pye57.E57(str(path), mode="w")
    # A quarter turn about the vertical, then about x; by hand where a point ahead of the scanner lies.
    half = np.sqrt(0.5)
    poses = [((half, 0, 0, half), (100.0, 200.0, 3.0)), ((half, half, 0, 0), (0.0, 0.0, 0.0))]
    for rotation, translation in poses:
        ahead = {
            f"cartesian{axis}": np.array([value]) for axis, value in zip("XYZ", (1.0, 2.0, 3.0), strict=True)
        }
        colours = {
            f"color{name}": np.array([value], np.uint8)
            for name, value in zip(("Red", "Green", "Blue"), (255, 128, 0), strict=True)
        }
        file.write_scan_raw(
            {**ahead, **colours}, rotation=np.array(rotation), translation=np.array(translation)
        )
    file.close()
    layer = read(path)
    cloud = points(layer, tmp_path)
    assert sorted_rows(cloud.points) == pytest.approx(np.array([(1, -3, 2), (98, 201, 6)]), abs=1e-3)
    assert cloud.rgb is not None and cloud.rgb.tolist() == [[255, 128, 0]] * 2
    records = [orjson.loads(feature.attributes) for feature in layer.features]
    assert [record["standpoint"] for record in records] == [[100.0, 200.0, 3.0], [0.0, 0.0, 0.0]]
    assert layer.facts["scans"] == 2


def test_a_pose_without_a_rotation_only_moves(tmp_path: Path) -> None:
    layer = read(real("heritage/e57-pye57/translationWithoutRotation.e57"))
    assert layer.box == (4, 5, 6, 5, 6, 6)


def test_intensities_use_the_range_that_the_file_names(tmp_path: Path) -> None:
    cloud = points(read(real(f"{CRY}/integer_intensity.e57")), tmp_path)  # -66 and 66
    assert cloud.intensity is not None
    assert sorted(cloud.intensity.tolist()) == [0, 65535]


def test_what_has_no_place_and_what_is_not_shown_is_told() -> None:
    report = read(real(f"{CRY}/cartesian_invalid_state_single.e57")).report
    assert report.warnings[0].text.startswith("2 of 3 points of scan 1 have no place")
    report = read(real(f"{CRY}/tiny_pc_and_images.e57")).report
    assert (report.unsupported, report.dropped) == (1, 0)
    assert report.warnings[0].text == "4 photographs in the file are not shown"


@pytest.mark.parametrize(("name", "reason"), [
    ("corrupt_crc", "This E57 file is damaged.*checksum mismatch"),
    ("empty_pc", "No scan of this file holds a point"),
])  # fmt: skip
def test_damaged_and_empty_files_are_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read(real(f"{CRY}/{name}.e57"))


def test_a_scan_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.e57"
    path.write_bytes(real(f"{CRY}/bunnyInt19.e57").read_bytes()[:100_000])
    with pytest.raises(ReadError, match="damaged"):
        read(path)


def test_scans_are_records_in_a_project(tmp_path: Path) -> None:
    with Project.create(tmp_path / "scans.city.gpkg") as project:
        (layer,) = import_files(project, [real(f"{CRY}/tinyCartesianFloatRgb.e57")])
        assert isinstance(project.drawable(layer), PointTree)
        (scan,) = project.objects(layer)
        assert (layer.kind, scan.type, scan.attributes["points"]) == ("points", "Scan", 2090)
        assert project.box([scan.fid]) == pytest.approx(layer.box, abs=0.01)
