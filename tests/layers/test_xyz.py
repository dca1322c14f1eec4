"""Point clouds as text: columns by their names or their number, bad lines told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layers.arrays import Cloud
from layers.data import LayerData, ReadOptions, never_stop
from layers.errors import ReadError
from layers.formats import _xyz_points, asciigrid, detect, xyz
from layers.moving import Move
from layers.octree_index import index
from layers.pointfiles import PointFiles
from layers.report import Report
from tests.clouds import whole
from tests.conftest import real


def read(path: Path) -> LayerData:
    assert detect(path) is xyz
    (layer,) = xyz.read(path, ReadOptions())
    return layer


def points(layer: LayerData, tmp_path: Path) -> Cloud:
    assert isinstance(layer.points, PointFiles)
    return whole(index(layer.points, Move(None, None), tmp_path / "index", Report(), never_stop))


@pytest.mark.parametrize(("name", "count", "attributes"), [
    ("heritage/photogrammetry/Example.asc", 7817, ("intensity", "rgb")),
    ("pointcloud/pdal/with_edgeofflightline.txt", 10000, ()),
    ("multitemporal/autzen-bmx/autzen-bmx-cc.txt", 103, ("intensity", "classification", "return_number")),
])  # fmt: skip
def test_real_files_have_the_points_of_their_lines(
    name: str, count: int, attributes: tuple[str, ...], tmp_path: Path
) -> None:
    layer = read(real(name))
    assert (layer.facts["points"], layer.report.read, layer.report.dropped) == (count, count, 0)
    lines = [line.replace(",", " ").split() for line in real(name).read_text().splitlines()]
    expected = np.array([line[:3] for line in lines if len(line) > 3 and line[0][-1].isdigit()], float)
    cloud = points(layer, tmp_path)
    assert len(cloud.points) == count
    assert np.abs(np.sort(cloud.points, axis=0) - np.sort(expected, axis=0)).max() < 1e-3
    assert isinstance(layer.points, PointFiles) and set(layer.points.files[0].attributes) == set(attributes)


def test_columns_without_names_are_told_by_their_number(tmp_path: Path) -> None:
    path = tmp_path / "scan.pts"
    path.write_text("2\n85000.5 446000.5 1.25 -2048 255 0 10\n85001.5 446001.5 2.25 2047 1 2 3\n")
    cloud = points(read(path), tmp_path)
    assert np.sort(cloud.points, axis=0).tolist() == [[85000.5, 446000.5, 1.25], [85001.5, 446001.5, 2.25]]
    assert cloud.rgb is not None and cloud.intensity is not None
    assert sorted(map(tuple, cloud.rgb.tolist())) == [(1, 2, 3), (255, 0, 10)]
    assert sorted(cloud.intensity.tolist()) == [0, 4095]


def test_bad_lines_are_told_and_the_others_read(tmp_path: Path) -> None:
    path = tmp_path / "scan.xyz"
    path.write_text("1 2 3\n" * 60 + "4 5\nend of scan\n7 8 9\n")
    layer = read(path)
    assert layer.facts["points"] == 61
    assert [(w.text, w.outcome) for w in layer.report.warnings] == [
        ("2 lines are no points of 3 numbers", "unsupported")
    ]


def test_large_files_are_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_xyz_points, "BLOCK_BYTES", 1000)
    path = tmp_path / "scan.xyz"
    numbers = np.arange(3000).reshape(-1, 3)
    path.write_text("".join(f"{x} {y} {z}\n" for x, y, z in numbers))
    layer = read(path)
    assert isinstance(layer.points, PointFiles) and len(layer.points.files[0].stretches) > 5
    assert np.abs(np.sort(points(layer, tmp_path).points, axis=0) - numbers).max() < 1e-3


def test_grids_tables_and_prose_are_no_clouds(tmp_path: Path) -> None:
    grid = tmp_path / "grid.asc"
    grid.write_text("ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2\n3 4\n")
    assert detect(grid) is asciigrid
    for name, text in (
        ("a.txt", "Dear reader,\n1 2 3\n"),
        ("b.xyz", "1 2\n3 4\n"),
        ("c.pts", "1 2 3\n1 2 3 4\n"),
    ):
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(ReadError):
            detect(path)
