"""Rasters become terrain: the right heights at the right places, holes stay holes, pictures are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from layers.arrays import Grid
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import asciigrid, geotiff
from layers.place import Place, project_crs_for
from layers.terrain import extent, height_at, surface
from tests.conftest import real

DOM = "terrain/nrw-dom1/dom1_32_356_5699_1_nw_2020.tif"
TASMANIA = "terrain/startinpy-dem/dem_01.tif"
HILLS = "terrain/dem-hills/dem-hills.tiff"
SRTM = "terrain/srtm-asc/SRTMGL3_40.09_-105.55_40.209999999999994_-105.35000000000001.asc"
SNIEZKA = "reference/viewshed-caha/dsm.tif"


def stay(points: np.ndarray) -> np.ndarray:
    return points


def grid_of(layer: LayerData) -> Grid:
    assert isinstance(layer.drawable, Grid)
    return layer.drawable


def read(path: Path) -> LayerData:
    module = geotiff if path.suffix.startswith(".tif") else asciigrid
    (layer,) = module.read(path, ReadOptions())
    return layer


def small(heights: list[list[float]], cell: float = 1.0) -> Grid:
    array = np.array(heights, dtype=np.float32)
    return Grid(array, np.array([cell, 0, 100.0, 0, -cell, 200.0]))


@pytest.mark.parametrize("name", [DOM, TASMANIA, HILLS, SNIEZKA, "terrain/opengeos-dsm/dsm.tif"])
def test_heights_are_those_that_rasterio_reads(name: str) -> None:
    layer = read(real(name))
    with rasterio.open(real(name)) as raster:
        expected = raster.read(1, masked=True)
        bounds = raster.bounds
    heights = grid_of(layer).heights
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


def test_a_fill_value_beyond_float32_is_a_hole() -> None:
    """NODATA -1.7e308: as float32 it would be minus infinity."""
    layer = read(real(TASMANIA))
    assert (layer.box or ())[2] == 0.0
    assert (layer.box or ())[5] == 971.0
    assert not np.isinf(grid_of(layer).heights).any()


def test_an_unknown_datum_does_not_stop_the_reading() -> None:
    layer = read(real(HILLS))
    assert layer.crs is not None
    assert "Delambre" in layer.crs
    assert layer.box is not None
    project = project_crs_for(layer.crs, layer.box)
    vertices, _triangles = surface(grid_of(layer), Place(project, np.zeros(3)).mover(layer.crs), 10_000)
    assert np.isfinite(vertices).all()


def test_an_ascii_grid_without_crs_says_so() -> None:
    layer = read(real(SRTM))
    assert layer.crs is None
    assert (layer.facts["min_height"], layer.facts["max_height"]) == (1943.0, 3286.0)
    assert height_at(grid_of(layer), -105.45, 40.15) == pytest.approx(2600, abs=700)


def test_geographic_terrain_is_placed_in_metres() -> None:
    """The highest cell of the Lisbon raster, against PROJ."""
    from pyproj import Transformer

    layer = read(real("terrain/lisbon/LisbonElevation.tif"))
    grid = grid_of(layer)
    assert layer.crs == "EPSG:4326"
    vertices, _ = surface(grid, Place("EPSG:3763", np.zeros(3)).mover("EPSG:4326"), 10**6)
    row, column = np.unravel_index(int(np.nanargmax(grid.heights)), grid.heights.shape)
    a, _b, c, _d, e, f = grid.affine
    to_portugal = Transformer.from_crs("EPSG:4326", "EPSG:3763", always_xy=True)
    x, y = to_portugal.transform(a * (column + 0.5) + c, e * (row + 0.5) + f)
    assert vertices[int(np.argmax(vertices[:, 2]))] == pytest.approx(
        (x, y, np.nanmax(grid.heights)), abs=1e-6
    )


def test_a_surface_faces_up_and_covers_the_cell_centres() -> None:
    grid = grid_of(read(real(DOM)))
    vertices, triangles = surface(grid, stay, 250_000)
    assert len(vertices) <= 260_000
    p, q, r = (vertices[triangles[:, i]] for i in range(3))
    up = np.cross(q - p, r - p)[:, 2]
    assert (up > 0).all()
    assert up.sum() / 2 == pytest.approx(999 * 999)  # from the first to the last cell centre
    assert vertices.dtype == np.float64
    assert triangles.dtype == np.int32


@pytest.mark.parametrize("hole", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_square_with_one_hole_keeps_a_triangle(hole: tuple[int, int]) -> None:
    heights = [[1.0, 2.0], [3.0, 4.0]]
    heights[hole[0]][hole[1]] = np.nan
    vertices, triangles = surface(small(heights), stay, 100)
    assert (vertices.shape, triangles.shape) == ((3, 3), (1, 3))
    p, q, r = vertices[triangles[0]]
    assert np.cross(q - p, r - p)[2] == pytest.approx(1.0)


def test_rasters_stored_from_the_south_face_up_too() -> None:
    grid = Grid(np.zeros((3, 4), np.float32), np.array([1.0, 0, 0, 0, 1.0, 0]))
    vertices, triangles = surface(grid, stay, 100)
    p, q, r = (vertices[triangles[:, i]] for i in range(3))
    assert (np.cross(q - p, r - p)[:, 2] > 0).all()


def test_heights_between_cells_are_linear_and_outside_there_are_none() -> None:
    grid = small([[0.0, 10.0], [20.0, 30.0]])
    assert height_at(grid, 101.0, 199.0) == 15.0  # the corner between all four
    assert height_at(grid, 100.5, 199.5) == 0.0  # a cell's centre
    assert height_at(grid, 100.0, 200.0) == 0.0  # half a cell further out, the outermost cell counts
    found = height_at(grid, [99.9, 101.0, 102.1, 101.0], [199.0, 200.1, 199.0, 197.9])
    assert np.isnan(found).all()
    assert np.isnan(height_at(small([[0.0, np.nan], [20.0, 30.0]]), 101.0, 199.0))
    assert extent(grid) == (100.0, 198.0, 0.0, 102.0, 200.0, 30.0)


def test_heights_at_cell_centres_are_the_raster() -> None:
    path = real(SNIEZKA)
    grid = grid_of(read(path))
    with rasterio.open(path) as raster:
        places = [raster.xy(row, column) for row, column in ((0, 0), (60, 100), (174, 222))]
        expected = [values[0] for values in raster.sample(places)]
    found = height_at(grid, [x for x, _y in places], [y for _x, y in places])
    assert found == pytest.approx(
        [np.nan if value < -1e30 else value for value in expected], nan_ok=True, abs=1e-3
    )


def write(path: Path, array: Any, **more: Any) -> Path:
    bands = array if array.ndim == 3 else array[np.newaxis]
    shape = {"count": bands.shape[0], "height": bands.shape[1], "width": bands.shape[2]}
    profile = {
        "driver": "GTiff",
        "dtype": bands.dtype,
        "transform": Affine(1, 0, 356000, 0, -1, 5700000),
        **shape,
    }
    with rasterio.open(path, "w", **{**profile, **more}) as raster:
        raster.write(bands)
    return path


def test_a_picture_is_not_terrain(tmp_path: Path) -> None:
    photo = write(tmp_path / "photo.tif", np.zeros((3, 8, 8), np.uint8), photometric="RGB")
    with pytest.raises(ReadError, match="picture, not terrain"):
        read(photo)


def test_usual_fill_values_are_holes_even_undeclared(tmp_path: Path) -> None:
    heights = np.full((4, 4), 12.5, np.float32)
    heights[1, 2] = -9999
    layer = read(write(tmp_path / "dem.tif", heights))
    assert np.argwhere(np.isnan(grid_of(layer).heights)).tolist() == [[1, 2]]
    assert [warning.code for warning in layer.report.warnings] == ["fill_value"]


def test_scaled_whole_numbers_become_metres(tmp_path: Path) -> None:
    path = write(tmp_path / "dem.tif", np.full((4, 4), 1234, np.int16))
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.1,), (100.0,)
    assert grid_of(read(path)).heights[0, 0] == pytest.approx(223.4)


def test_heights_declared_in_feet_become_metres(tmp_path: Path) -> None:
    path = write(tmp_path / "dem.tif", np.full((4, 4), 100, np.float32), crs="EPSG:2263")
    with rasterio.open(path, "r+") as raster:
        raster.units = ("US survey foot",)
    layer = read(path)
    assert grid_of(layer).heights[0, 0] == pytest.approx(30.48006)
    assert layer.facts["height_unit"] == "metre"
    assert layer.box is not None
    assert layer.box[5] == pytest.approx(30.48006)


def test_a_large_raster_is_thinned_and_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    options = {"tiled": True, "compress": "deflate", "sparse_ok": True, "crs": "EPSG:25832", "nodata": 0}
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint8", count=1, width=9000, height=9000,
        transform=Affine(1, 0, 356000, 0, -1, 5709000), **options,
    ) as raster:  # fmt: skip
        raster.write(np.full((256, 256), 7, np.uint8), 1, window=((0, 256), (0, 256)))
    layer = read(path)
    assert grid_of(layer).heights.shape == (4500, 4500)
    assert extent(grid_of(layer))[:2] == (356000.0, 5700000.0)
    assert "thinned" in [warning.code for warning in layer.report.warnings]


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
