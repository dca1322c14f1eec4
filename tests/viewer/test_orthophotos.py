"""Orthophotos of several dates stand for each other, flat and laid on terrain, in one view and in a swipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layers.data import ReadOptions
from layers.importing import import_files
from layers.pictures import read_png
from layers.project import Project
from tests.cities import imported_here
from tests.rasters import NORTH, WEST, hilly, write
from viewer.arrangement import Arrangement
from viewer.camera import Camera
from viewer.shot import taken
from viewer.showing import Showing
from viewer.studio import Take

SIZE = (241, 160)
CRS = "EPSG:25832"
COLORS = {"2010": (210, 30, 30), "2020": (30, 30, 210)}
ABOVE = Camera(np.array([WEST + 60.0, NORTH - 40.0, 0.0]), 60, 0, 90)


def photo(path: Path, color: tuple[int, int, int]) -> Path:
    return write(path, np.tile(np.array(color, np.uint8)[:, None, None], (1, 80, 120)), crs=CRS)


def is_of(picture: np.ndarray, year: str) -> bool:
    """Whether all of a part of a picture has the hue of the photo of a year."""
    red, blue = picture[..., 0].astype(int), picture[..., 2].astype(int)
    return bool(((red > blue + 60) if year == "2010" else (blue > red + 60)).all())


@pytest.mark.parametrize("is_laid", [False, True])
def test_each_view_shows_the_photo_of_its_date(tmp_path: Path, is_laid: bool) -> None:
    with Project.create(tmp_path / "p.city.gpkg", crs=CRS) as project, imported_here():
        if is_laid:
            import_files(project, [write(tmp_path / "ground.tif", hilly(80, 120).astype("f4") / 20, crs=CRS)])
        for year, color in COLORS.items():
            path = photo(tmp_path / f"{year}.tif", color)
            import_files(project, [path], ReadOptions(crs=CRS), name="Photo", epoch=f"{year}-05-01")
        assert {layer.series for layer in project.layers if layer.kind == "image"} == {"Photo"}
        shown = [Showing("2012-01-01"), Showing("2024-01-01")]
        take = Take(camera=ABOVE, marks=False)
        out = tmp_path / "picture.png"
        for showing, year in zip(shown, COLORS, strict=True):
            taken(project, out, SIZE, take, [showing])
            assert is_of(read_png(out)[60:100, 60:180, :3], year)
        taken(project, out, SIZE, take, shown, arrangement=Arrangement("swipe", 0.5))
        picture = read_png(out)[..., :3]
        assert is_of(picture[60:75, 60:100], "2010") and is_of(picture[60:75, 140:180], "2020")
        # Before the first of them there is none.
        taken(project, out, SIZE, take, [Showing("2005-01-01")])
        bare = read_png(out)[60:100, 60:180, :3]
        assert not is_of(bare, "2010") and not is_of(bare, "2020")
