"""Rasters become terrain: the right heights at the right places, holes stay holes, pictures are refused."""

from __future__ import annotations

import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import asciigrid, geotiff
from layers.relief import Source, build_terrain
from layers.terrain import TerrainPyramid, extent, height_at, triangles_of
from tests.conftest import real
from tests.rasters import hilly, made, write

DOM = "terrain/nrw-dom1/dom1_32_356_5699_1_nw_2020.tif"
TASMANIA = "terrain/startinpy-dem/dem_01.tif"
HILLS = "terrain/dem-hills/dem-hills.tiff"
SRTM = "terrain/srtm-asc/SRTMGL3_40.09_-105.55_40.209999999999994_-105.35000000000001.asc"
SNIEZKA = "reference/viewshed-caha/dsm.tif"


def terrain_of(layer: LayerData) -> TerrainPyramid:
    assert isinstance(layer.drawable, TerrainPyramid)
    return layer.drawable


def finest(terrain: TerrainPyramid) -> np.ndarray:
    rows, columns = terrain.size.tolist()
    return terrain.heights_at(0, np.arange(rows)[:, None], np.arange(columns))


def read(path: Path, **options: Any) -> LayerData:
    module = geotiff if path.suffix.startswith(".tif") else asciigrid
    (layer,) = module.read(path, ReadOptions(project_crs="local", **options))
    return layer


@pytest.mark.parametrize("name", [DOM, TASMANIA, HILLS, SNIEZKA, "terrain/opengeos-dsm/dsm.tif"])
def test_heights_are_those_that_rasterio_reads(name: str) -> None:
    layer = read(real(name))
    with rasterio.open(real(name)) as raster:
        expected = raster.read(1, masked=True)
        bounds = raster.bounds
    heights = finest(terrain_of(layer))
    assert np.array_equal(np.isnan(heights), np.ma.getmaskarray(expected))
    assert np.array_equal(heights[~np.isnan(heights)], expected.compressed().astype(np.float32))
    assert layer.box is not None
    assert (layer.box[0], layer.box[1], layer.box[3], layer.box[4]) == pytest.approx(tuple(bounds))
    assert layer.kind == "terrain"
    assert layer.linked


def test_the_facts_of_an_official_surface_model() -> None:
    layer = read(real(DOM))
    assert layer.crs == "EPSG:25832"
    assert layer.facts["size"] == [1000, 1000]
    assert layer.facts["cell_size"] == [1.0, 1.0]
    assert layer.facts["min_height"] == pytest.approx(87.29)
    assert layer.facts["max_height"] == pytest.approx(167.74)
    assert layer.facts["unit"] == "metre"


def test_info_reads_heights_without_making_tiles(tmp_path: Path) -> None:
    layer = read(real(DOM), only_facts=True, scratch=tmp_path / "scratch")
    assert (layer.box or ())[2::3] == pytest.approx((87.29, 167.74))
    assert layer.drawable is None
    assert not (tmp_path / "scratch").exists()


def test_a_fill_value_beyond_float32_is_a_hole() -> None:
    """NODATA -1.7e308: as float32 it would be minus infinity."""
    layer = read(real(TASMANIA))
    assert (layer.box or ())[2] == 0.0
    assert (layer.box or ())[5] == 971.0
    assert not np.isinf(finest(terrain_of(layer))).any()


def test_an_ascii_grid_without_crs_says_so() -> None:
    layer = read(real(SRTM))
    assert layer.crs is None
    assert (layer.facts["min_height"], layer.facts["max_height"]) == (1943.0, 3286.0)
    assert height_at(terrain_of(layer), -105.45, 40.15) == pytest.approx(2600, abs=700)


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (1, 90), (65, 65), (129, 300), (200, 67)])
def test_a_pyramid_holds_every_cell_and_knows_how_wrong_its_levels_are(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    heights = hilly(*shape)
    heights[(heights > 12) & (heights < 14)] = np.nan
    terrain = made(tmp_path, heights, piece=(64, 128))
    heights = heights.astype(np.float32)
    assert np.array_equal(finest(terrain), heights, equal_nan=True)
    for level in terrain.levels:
        k, (down, across) = level.number, terrain.tiles(level.number)
        missed = np.abs(drawn(terrain, k) - heights)
        for row, column in np.ndindex(down, across):
            number = int(terrain.tile_numbers(k, np.array(row), np.array(column)))
            cells = tuple(slice(at * 64 << k, ((at + 1) * 64 << k) + 1) for at in (row, column))
            known = heights[cells][np.isfinite(heights[cells])]
            if len(known):
                assert terrain.tile_range[number].tolist() == [known.min(), known.max()]
            shown = missed[cells][np.isfinite(missed[cells])]
            assert shown.max(initial=0) <= terrain.tile_error[number] + 1e-3


def drawn(terrain: TerrainPyramid, level: int) -> np.ndarray:
    """The triangles of a level at every finest cell."""
    this, (rows, columns) = terrain.levels[level], terrain.size.tolist()
    cells = terrain.heights_at(level, np.arange(this.rows)[:, None], np.arange(this.columns)).astype(float)
    (i, v), (j, u) = (
        between(count, level, last) for count, last in ((this.rows, rows), (this.columns, columns))
    )
    below, right = np.minimum(i + 1, this.rows - 1), np.minimum(j + 1, this.columns - 1)
    a, b, c, d = (cells[np.ix_(r, q)] for r in (i, below) for q in (j, right))
    u, v = u[None, :], v[:, None]
    with np.errstate(invalid="ignore"):
        upper, lower = a * (1 - u) + b * (u - v) + d * v, a * (1 - v) + c * (v - u) + d * u
    return np.where(u >= v, upper, lower)


def between(count: int, level: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """For every finest row: the row of a level before it, and how far on it lies to the next."""
    at = np.minimum(np.arange(count) << level, rows - 1)
    before = np.clip(np.searchsorted(at, np.arange(rows), side="right") - 1, 0, max(count - 2, 0))
    after = at[np.minimum(before + 1, count - 1)]
    return before, (np.arange(rows) - at[before]) / np.maximum(after - at[before], 1)


def test_shading_comes_from_the_finest_cells_at_every_level(tmp_path: Path) -> None:
    terrain = made(tmp_path, hilly(513, 513))
    mean = [
        terrain.normals_of(level.number, np.arange(level.rows), np.arange(level.columns))[..., 2].mean()
        for level in terrain.levels[:4]
    ]
    assert mean == pytest.approx([mean[0]] * 4, rel=0.01)
    slope = made(tmp_path / "slope", np.arange(100.0)[:, None] + np.zeros(80))  # falls to the north
    for level in (0, 1, 2):
        normals = slope.normals_of(level, np.arange(3, 6), np.arange(2, 4)).reshape(-1, 3)
        assert normals == pytest.approx(np.tile([0, -2 / 5**0.5, 1 / 5**0.5], (6, 1)), abs=0.01)


@pytest.mark.parametrize("hole", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_square_with_one_hole_keeps_a_triangle(hole: tuple[int, int]) -> None:
    known = np.ones((2, 2), bool)
    known[hole] = False
    (triangle,) = triangles_of(known)
    assert set(triangle.tolist()) == {0, 1, 2, 3} - {2 * hole[0] + hole[1]}
    x, y = triangle % 2, -(triangle // 2)
    turn = (x[1] - x[0]) * (y[2] - y[0]) - (y[1] - y[0]) * (x[2] - x[0])
    assert turn == 1  # counter-clockwise, rows going south


def test_heights_between_cells_are_linear_and_outside_there_are_none(tmp_path: Path) -> None:
    terrain = made(tmp_path / "whole", np.array([[0.0, 10.0], [20.0, 30.0]]))
    assert height_at(terrain, 101.0, 199.0) == 15.0  # the corner between all four
    assert height_at(terrain, 100.5, 199.5) == 0.0  # a cell's centre
    assert height_at(terrain, 100.0, 200.0) == 0.0  # half a cell further out, the outermost cell counts
    found = height_at(terrain, [99.9, 101.0, 102.1, 101.0], [199.0, 200.1, 199.0, 197.9])
    assert np.isnan(found).all()
    assert extent(terrain) == (100.0, 198.0, 0.0, 102.0, 200.0, 30.0)
    holey = made(tmp_path / "holey", np.array([[0.0, np.nan], [20.0, 30.0]]))
    assert np.isnan(height_at(holey, 101.0, 199.0))


def test_heights_of_many_places_across_blocks_are_exact(tmp_path: Path) -> None:
    heights = hilly(150, 210).astype(np.float32)
    terrain = made(tmp_path, heights)
    random = np.random.default_rng(5)
    x, y = random.uniform(100.5, 309.5, 5000), random.uniform(50.5, 199.5, 5000)
    u, v = x - 100.5, 199.5 - y
    j, i = np.floor(u).astype(int), np.floor(v).astype(int)
    square = heights[i[:, None, None] + [[0], [1]], j[:, None, None] + [0, 1]].astype(float)
    across = square[..., 0] + (u - j)[:, None] * (square[..., 1] - square[..., 0])
    assert height_at(terrain, x, y) == pytest.approx(across[:, 0] + (v - i) * (across[:, 1] - across[:, 0]))


def test_tiles_with_gaps_become_one_terrain(tmp_path: Path) -> None:
    heights = hilly(120, 150).astype(np.float32)
    paths = []
    for row, column in ((0, 0), (0, 50), (60, 100)):
        place = Affine(2, 0, 356000 + 2 * column, 0, -2, 5700000 - 2 * row)
        part = heights[row : row + 60, column : column + 50]
        paths.append(write(tmp_path / f"{row}-{column}.tif", part, transform=place, crs="EPSG:25832"))
    (layer,) = geotiff.read_tiles(paths, ReadOptions())
    found = finest(terrain_of(layer))
    expected = heights.copy()
    expected[:60, 100:], expected[60:, :100] = np.nan, np.nan
    assert np.array_equal(found, expected, equal_nan=True)
    assert layer.facts["size"] == [150, 120]


@pytest.mark.parametrize(
    ("transform", "crs", "sentence"),
    [
        (Affine(1, 0, 356100, 0, -1, 5700000), "EPSG:25832", "differ in size.*1 × 1.*2 × 2, as in first.tif"),
        (Affine(2, 0, 356101, 0, -2, 5700000), "EPSG:25832", "not lie on one grid.*0.50"),
        (Affine(2, 0, 356100, 0, -2, 5700000), "EPSG:25833", "coordinate reference system"),
        (Affine(2, 0, 456100000, 0, -2, 5700000), "EPSG:25832", "too large an area"),
    ],
)
def test_tiles_that_do_not_fit_are_refused(
    tmp_path: Path, transform: Affine, crs: str, sentence: str
) -> None:
    cells = np.ones((9, 9), np.float32)
    place = Affine(2, 0, 356000, 0, -2, 5700000)
    first = write(tmp_path / "first.tif", cells, transform=place, crs="EPSG:25832")
    other = write(tmp_path / "other.tif", cells, transform=transform, crs=crs)
    with pytest.raises(ReadError, match=sentence):
        geotiff.read_tiles([first, other], ReadOptions())


def test_a_pyramid_cut_off_is_finished_by_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights = hilly(400, 300).astype(np.float32)
    affine, asked = np.array([1.0, 0, 0, 0, -1, 0]), []

    def part(rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
        asked.append(rows)
        if rows[0] >= 192 and len(asked) < 9:
            raise ReadError("The power is gone")
        return heights[slice(*rows), slice(*columns)]

    source = Source((400, 300), affine, (1.0, 1.0), (64, 320), part)
    monkeypatch.setattr("layers.pyramid.SAVE_EVERY_S", 0.0)
    with pytest.raises(ReadError, match="power"):
        build_terrain(tmp_path, source, lambda fraction: None)
    before = len(asked)
    asked += [(0, 0)] * 9
    build_terrain(tmp_path, source, lambda fraction: None)
    again = asked[before + 9 :]
    assert again == [(192, 256), (256, 320), (320, 384), (384, 400)]
    terrain, whole = TerrainPyramid.load(tmp_path), made(tmp_path / "whole", heights)
    for name in ("heights", "heights_place", "relief", "tile_range", "tile_error"):
        assert np.array_equal(getattr(terrain, name), getattr(whole, name), equal_nan=name == "heights"), name


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory a process took")
def test_a_large_raster_is_read_in_little_memory(tmp_path: Path) -> None:
    """8000 × 8000 cells, 256 MB when unpacked, in the import process."""
    path = tmp_path / "large.tif"
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, width=8000, height=8000, tiled=True,
        compress="deflate", crs="EPSG:25832", transform=Affine(1, 0, 356000, 0, -1, 5709000), sparse_ok=True,
    ) as raster:  # fmt: skip
        tile = (hilly(256, 256) + 100).astype(np.float32)
        for at in range(0, 8000 - 256, 1024):
            raster.write(tile, 1, window=((at, at + 256), (at, at + 256)))
    program = (
        "import re, sys; from pathlib import Path; from layers.data import ReadOptions;"
        "from layers.formats import geotiff;"
        "layer, = geotiff.read(Path(sys.argv[1]), ReadOptions(scratch=Path(sys.argv[2])));"
        "print(layer.box[5], re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path, tmp_path / "scratch"],
        capture_output=True,
        text=True,
        check=True,
    )
    highest, kilobytes = map(float, done.stdout.split())
    assert highest == pytest.approx(float(tile.max()))
    assert kilobytes < 400_000


def test_heights_at_cell_centres_are_the_raster() -> None:
    path = real(SNIEZKA)
    grid = terrain_of(read(path))
    with rasterio.open(path) as raster:
        places = [raster.xy(row, column) for row, column in ((0, 0), (60, 100), (174, 222))]
        expected = [values[0] for values in raster.sample(places)]
    found = height_at(grid, [x for x, _y in places], [y for _x, y in places])
    assert found == pytest.approx(
        [np.nan if value < -1e30 else value for value in expected], nan_ok=True, abs=1e-3
    )


def test_a_picture_is_not_terrain(tmp_path: Path) -> None:
    photo = write(tmp_path / "photo.tif", np.zeros((3, 8, 8), np.uint8), photometric="RGB")
    assert (geotiff.read(photo, ReadOptions(crs="EPSG:25832"))[0].kind) == "image"
    with pytest.raises(ReadError, match="picture, not terrain"):
        read(photo, kind="terrain")


def test_bytes_are_heights_where_the_person_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "dem.tif", np.full((4, 4), 7, np.uint8))
    assert read(path).kind == "image"
    assert finest(terrain_of(read(path, kind="terrain"))).tolist() == [[7.0] * 4] * 4


def test_usual_fill_values_are_holes_even_undeclared(tmp_path: Path) -> None:
    heights = np.full((4, 4), 12.5, np.float32)
    heights[1, 2] = -9999
    layer = read(write(tmp_path / "dem.tif", heights))
    assert np.argwhere(np.isnan(finest(terrain_of(layer)))).tolist() == [[1, 2]]
    assert [warning.code for warning in layer.report.warnings] == ["fill_value"]


def test_scaled_whole_numbers_become_metres(tmp_path: Path) -> None:
    path = write(tmp_path / "dem.tif", np.full((4, 4), 1234, np.int16))
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.1,), (100.0,)
    assert finest(terrain_of(read(path)))[0, 0] == pytest.approx(223.4)


def test_heights_declared_in_feet_become_metres(tmp_path: Path) -> None:
    path = write(tmp_path / "dem.tif", np.full((4, 4), 100, np.float32), crs="EPSG:2263")
    with rasterio.open(path, "r+") as raster:
        raster.units = ("US survey foot",)
    layer = read(path)
    assert finest(terrain_of(layer))[0, 0] == pytest.approx(30.48006)
    assert layer.facts["height_unit"] == "metre"
    assert layer.box is not None
    assert layer.box[5] == pytest.approx(30.48006)


def test_a_raster_that_no_memory_can_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="float32",
        count=1,
        width=100_000,
        height=100_000,
        tiled=True,
        sparse_ok=True,
        transform=Affine(2, 0, 9, 0, -2, 9),
    ):
        pass
    assert path.stat().st_size < 10_000_000
    with pytest.raises(ReadError, match=r"too large.*100000 × 100000"):
        read(path)


@pytest.mark.parametrize("strip", [1, 10**6])
def test_a_small_file_that_declares_a_huge_raster_takes_no_memory(tmp_path: Path, strip: int) -> None:
    """10^6 × 10^6 cells of 4 bytes in a file of 200."""
    tags = [
        (256, 4, 10**6),
        (257, 4, 10**6),
        (258, 3, 32),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
    ]
    tags += [(278, 4, strip), (279, 4, 100), (339, 3, 3)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    path = tmp_path / "huge.tif"
    path.write_bytes(struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(104))
    tracemalloc.start()
    with pytest.raises(ReadError):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_damaged_rasters_are_refused_in_a_sentence(tmp_path: Path) -> None:
    whole = real(DOM).read_bytes()
    cut = tmp_path / "cut.tif"
    for length in (4, 100, 5_000, len(whole) // 2):
        cut.write_bytes(whole[:length])
        with pytest.raises(ReadError):
            read(cut)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "ncols 100000\nnrows 100000\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3\n",
            "promises more heights",
        ),
        ("ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 0\n1 2\n3 4\n", "."),
        ("ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2\nx y\n", "line 7.*x y"),
        (
            "ncols 2\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -9999\n-9999 -9999\n",
            "no heights",
        ),
        ("1 2 3\n4 5 6\n", "not an ASCII grid"),
    ],
)
def test_damaged_ascii_grids_are_refused_in_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "grid.asc"
    path.write_text(text)
    with pytest.raises(ReadError, match=sentence):
        read(path)


def test_a_list_of_points_is_no_ascii_grid() -> None:
    path = real("heritage/photogrammetry/Example.asc")
    assert asciigrid.can_read(path.read_bytes()[:65536], path) == 0


def test_a_raster_of_more_bands_than_any_spectrum_has_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "bands.tif", np.zeros((1001, 1, 1), np.uint8))
    for kind in (None, "terrain", "image"):
        with pytest.raises(ReadError, match="too many bands"):
            geotiff.read(path, ReadOptions(kind=kind))
