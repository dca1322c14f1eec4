"""Orthophotos: told apart from terrain, every pixel in its colour and place; bad ones refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio import Affine
from rasterio.enums import ColorInterp

from layers import summary
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import geotiff
from layers.images import ImagePyramid
from tests.cities import imported_here
from tests.rasters import NORTH, WEST, write

CRS = "EPSG:25832"


def read(path: Path, **options: Any) -> LayerData:
    (layer,) = geotiff.read(path, ReadOptions(**options))
    return layer


def image_of(layer: LayerData) -> ImagePyramid:
    assert layer.kind == "image"
    assert layer.linked
    assert isinstance(layer.drawable, ImagePyramid)
    return layer.drawable


def finest(image: ImagePyramid) -> np.ndarray:
    rows, columns = image.size.tolist()
    return image.window(0, (0, rows), (0, columns))


def colors(rows: int, columns: int) -> np.ndarray:
    """Three bands in which every pixel differs from its neighbours."""
    y, x = np.mgrid[0:rows, 0:columns]
    return np.stack((x % 251, y % 241, (x * 7 + y * 13) % 239)).astype(np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (64, 64), (65, 200), (300, 129)])
def test_every_pixel_keeps_its_colour(tmp_path: Path, shape: tuple[int, int]) -> None:
    bands = colors(*shape)
    layer = read(write(tmp_path / "photo.tif", bands, crs=CRS, photometric="RGB"))
    found = finest(image_of(layer))
    assert np.array_equal(np.moveaxis(found[..., :3], -1, 0), bands)
    assert (found[..., 3] == 255).all()
    assert layer.crs == CRS
    assert layer.box == (WEST, NORTH - shape[0], 0.0, WEST + shape[1], NORTH, 0.0)
    assert (layer.facts["size"], layer.facts["bands"]) == ([shape[1], shape[0]], 3)


def test_coarser_pixels_are_means_of_what_is_covered(tmp_path: Path) -> None:
    bands = colors(130, 150)
    bands[:, 40:50, 60:90] = 0
    image = image_of(read(write(tmp_path / "photo.tif", bands, crs=CRS, nodata=0, photometric="RGB")))
    assert finest(image)[45, 70].tolist() == [0, 0, 0, 0]
    four = bands[:, 20:22, 30:32].reshape(3, 4).mean(axis=1)
    assert image.window(1, (10, 11), (15, 16))[0, 0, :3] == pytest.approx(four, abs=0.51)
    assert image.window(1, (22, 23), (35, 36))[0, 0, 3] == 0
    edge = image.window(2, (9, 10), (15, 16))[0, 0]  # half of it in the hole
    whole = bands[:, 36:40, 60:64].reshape(3, 16).mean(axis=1)
    assert edge[:3] == pytest.approx(whole, abs=1.5)


def test_colours_between_pixels_are_linear(tmp_path: Path) -> None:
    bands = np.zeros((3, 2, 2), np.uint8)
    bands[0] = [[0, 100], [0, 100]]
    image = image_of(read(write(tmp_path / "photo.tif", bands, crs=CRS, photometric="RGB")))
    column, row = image.to_pixels(
        np.array([[WEST + 0.5, NORTH - 1], [WEST + 1, NORTH - 1], [WEST + 3, NORTH]])
    )
    found = image.at(0, column, row)
    assert found[:, 0].tolist() == [0, 50, 0]
    assert found[:, 3].tolist() == [255, 255, 0]
    assert image.in_grid(0, column, row)[0].tolist() == image.at(0, column, row[:1])[:].tolist()
    assert image.covers(np.array([[WEST + 1, NORTH - 1], [WEST + 3, NORTH]])).tolist() == [True, False]


def test_a_fourth_band_covers_only_when_it_says_so(tmp_path: Path) -> None:
    bands = np.concatenate((colors(20, 30), np.full((1, 20, 30), 7, np.uint8)))
    infrared = write(tmp_path / "infrared.tif", bands, crs=CRS, photometric="RGB", alpha="unspecified")
    assert (finest(image_of(read(infrared)))[..., 3] == 255).all()
    covering = write(tmp_path / "covering.tif", bands, crs=CRS, photometric="RGB")
    with rasterio.open(covering, "r+") as raster:
        raster.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    assert (finest(image_of(read(covering)))[..., 3] == 7).all()


def test_deep_grey_and_paletted_pictures_are_shown_in_bytes(tmp_path: Path) -> None:
    deep = write(tmp_path / "deep.tif", colors(90, 90).astype(np.uint16) * 16, crs=CRS)
    found = finest(image_of(read(deep)))[..., :3].astype(int)
    expected = np.moveaxis(colors(90, 90), 0, -1).astype(float)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99
    assert (found.min(), found.max()) == (0, 255)
    grey = write(tmp_path / "grey.tif", colors(9, 9)[0], crs=CRS)
    found = finest(image_of(read(grey)))
    assert (found[..., 0] == colors(9, 9)[0]).all()
    assert (found[..., :3] == found[..., :1]).all()
    paletted = write(tmp_path / "paletted.tif", colors(9, 9)[0] % 2, crs=CRS)
    with rasterio.open(paletted, "r+") as raster:
        raster.write_colormap(1, {0: (10, 20, 30, 255), 1: (200, 100, 50, 255)})
    found = finest(image_of(read(paletted)))
    assert found[0, :2, :3].tolist() == [[10, 20, 30], [200, 100, 50]]


def test_one_band_of_numbers_is_terrain_unless_the_person_says_it_is_a_picture(tmp_path: Path) -> None:
    path = write(tmp_path / "dem.tif", np.linspace(0, 900, 400).reshape(20, 20).astype(np.int16), crs=CRS)
    assert read(path).kind == "terrain"
    grey = finest(image_of(read(path, kind="image")))
    assert (grey[0, 0, 0], grey[-1, -1, 0]) == (0, 255)


def test_tiles_become_one_picture(tmp_path: Path) -> None:
    bands, paths = colors(40, 70), []
    for column in (0, 30):
        place = Affine(1, 0, WEST + column, 0, -1, NORTH)
        part = bands[:, :, column : column + 40]
        paths.append(write(tmp_path / f"{column}.tif", part, transform=place, crs=CRS, photometric="RGB"))
    (layer,) = geotiff.read_tiles(paths, ReadOptions())
    assert np.array_equal(np.moveaxis(finest(image_of(layer))[..., :3], -1, 0), bands)


def test_a_picture_of_nothing_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "none.tif", np.zeros((3, 8, 8), np.uint8), crs=CRS, nodata=0, photometric="RGB")
    with pytest.raises(ReadError, match="empty"):
        read(path)


def test_info_tells_of_a_picture_without_making_tiles(tmp_path: Path) -> None:
    path = write(tmp_path / "photo.tif", colors(30, 40), crs=CRS, photometric="RGB")
    with imported_here():
        found = summary.of_file(path)
    assert (found.format, found.crs) == ("geotiff", CRS)
    assert found.extent == [WEST, NORTH - 30, 0.0, WEST + 40, NORTH, 0.0]
    scratch = tmp_path / "scratch"
    assert read(path, only_facts=True, scratch=scratch).drawable is None
    assert not scratch.exists()
