"""A small town as a project: houses, a bridge, trees and streets on sloping ground, one house demolished."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from layers.importing import import_files
from layers.project import Project
from tests import rasters

CRS = "EPSG:25832"
WEST, NORTH = rasters.WEST, rasters.NORTH
#: The ground rises by this for each metre to the east.
SLOPE = 0.05
FACES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
HOUSE_SIDE_M, HOUSE_HEIGHT_M = 10.0, 8.0
SIZE_M = 200


def make_town(folder: Path, terrain: bool = True, semantics: bool = True, turned: bool = False) -> Path:
    """Write the files, read them into a project, and give its path.

    House A stands at (50, 50) metres from the lower left corner of the raster; B touches its east side and
    was demolished in 2000; a bridge spans 100 to 120 east; a lime and a spruce stand at 150 and 170 east; a
    street lies across, 5 cm above the ground.
    """
    town = _Town(semantics, turned)
    town.body("A", "Building", (50, 50), HOUSE_SIDE_M, HOUSE_HEIGHT_M)
    town.body("B", "Building", (60, 50), HOUSE_SIDE_M, HOUSE_HEIGHT_M, validTo="2000-01-01")
    town.body("deck", "Bridge", (100, 60), 20.0, 1.0, above=5.0)
    town.body("lime", "SolitaryVegetationObject", (150, 50), 6.0, 9.0, species="Tilia cordata")
    town.body("spruce", "SolitaryVegetationObject", (170, 50), 6.0, 9.0, species="Picea abies")
    town.body("hedge", "PlantCover", (150, 100), 6.0, 2.0, transmissivity=0.2)
    town.lawn("lawn", "PlantCover", 120)
    town.lawn("street", "Road", 80)
    path = town.write(folder / "town.city.json")
    heights = np.broadcast_to((np.arange(SIZE_M) + 0.5) * SLOPE, (SIZE_M, SIZE_M)).astype(np.float32)
    with Project.create(folder / "town.city.gpkg") as project:
        import_files(project, [path])
        if terrain:
            import_files(project, [rasters.write(folder / "ground.tif", heights, crs=CRS)])
        return project.path


def at(x: float, y: float, z: float) -> tuple[float, float, float]:
    """A point of the town in the project, z above the ground."""
    return WEST + x, NORTH - SIZE_M + y, SLOPE * x + z


class _Town:
    def __init__(self, semantics: bool, turned: bool) -> None:
        self._semantics, self._turned = semantics, turned
        self._objects: dict[str, dict[str, Any]] = {}
        self._vertices: list[list[int]] = []

    def body(
        self,
        id: str,
        type: str,
        corner: tuple[float, float],
        side: float,
        height: float,
        above: float = 0.0,
        **attributes: Any,
    ) -> None:
        """A box whose lower left corner stands on the ground, or so far above it."""
        x, y = corner
        ring = ((x, y), (x + side, y), (x + side, y + side), (x, y + side))
        foot = SLOPE * x + above
        first = len(self._vertices)
        self._vertices += [_millimetres(*place, z) for z in (foot, foot + height) for place in ring]
        faces = [face[::-1] if self._turned else face for face in FACES]
        solid: dict[str, Any] = {
            "type": "Solid",
            "lod": "2",
            "boundaries": [[[[first + k for k in face]] for face in faces]],
        }
        if self._semantics and type == "Building":
            names = ("GroundSurface", "RoofSurface", "WallSurface")
            solid["semantics"] = {
                "surfaces": [{"type": name} for name in names],
                "values": [[0, 1, 2, 2, 2, 2]],
            }
        self._objects[id] = {"type": type, "attributes": attributes, "geometry": [solid]}

    def lawn(self, id: str, type: str, y: float) -> None:
        """A strip along the ground, 4 m wide and 5 cm above it."""
        first = len(self._vertices)
        ring = ((10, y), (190, y), (190, y + 4), (10, y + 4))
        self._vertices += [_millimetres(*place, SLOPE * place[0] + 0.05) for place in ring]
        face = {
            "type": "MultiSurface",
            "lod": "2",
            "boundaries": [[[first, first + 1, first + 2, first + 3]]],
        }
        self._objects[id] = {"type": type, "geometry": [face]}

    def write(self, path: Path) -> Path:
        city = {
            "type": "CityJSON",
            "version": "2.0",
            "transform": {"scale": [0.001] * 3, "translate": [WEST, NORTH - SIZE_M, 0]},
            "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
            "CityObjects": self._objects,
            "vertices": self._vertices,
        }
        path.write_text(json.dumps(city), encoding="utf-8")
        return path


def _millimetres(x: float, y: float, z: float) -> list[int]:
    return [round(x * 1000), round(y * 1000), round(z * 1000)]
