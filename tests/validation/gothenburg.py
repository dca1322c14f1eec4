"""The measuring site GVC in Gothenburg: surface, canopy, weather and what was measured in six directions.

Three days of July 2010 (Lindberg & Grimmond 2011). The rasters have cells of 2 m. Trees reach from a
quarter of their height up, as in SOLWEIG, and let 3 % of the light through.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import rasterio
from numpy.typing import NDArray

from analysis.casters import Casters
from analysis.site import Site, site_at
from layers.arrays import Float64
from tests.conftest import real
from tests.validation.scenes import Scene, joined, of_heights, of_quads

FOLDER = "reference/gvc-validation"
DAYS = ("20100707", "20100710", "20100712")
#: Directions that were measured, with the normal of each sensor.
SENSORS = {
    "Kdown": (0, 0, 1),
    "Kup": (0, 0, -1),
    "Ks": (0, -1, 0),
    "Kn": (0, 1, 0),
    "Kw": (-1, 0, 0),
    "Ke": (1, 0, 0),
}
STEP_M, SENSOR_M, TRUNK = 2.0, 1.1, 0.25
THROUGH_LEAVES, THROUGH_BARE = 0.03, 0.5
FROM = {
    "Kdown": "from above",
    "Kup": "from below",
    "Ks": "from the south",
    "Kn": "from the north",
    "Kw": "from the west",
    "Ke": "from the east",
}
#: What SOLWEIG uses there for walls and cobble stone (parametersforsolweig_GVC.json).
ALBEDO = 0.2
#: Hours of the clock of the measurements, ahead of UTC; their values are those of the full hour.
UTC_OFFSET_H = 1


@dataclass(frozen=True)
class Measured:
    """The hours for which there are measurements, (h,) each."""

    times: NDArray[np.datetime64]  # UTC
    ghi: Float64  # on a roof near by, W/m²
    dni: Float64
    dhi: Float64
    irradiance: dict[str, Float64]  # at the sensors


def site() -> Site:
    return site_at(11.9825, 57.6889, 60.0)


def raster(name: str) -> Float64:
    with rasterio.open(real(f"{FOLDER}/{name}_GVC_1m.tif")) as source:
        found: Float64 = source.read(1).astype(float)
        return found


def place() -> tuple[float, float]:
    """Of the sensors, metres east and north of the rasters' corner in the south-west."""
    east, north = json.loads(real(f"{FOLDER}/poi.geojson").read_bytes())["geometry"]["coordinates"]
    with rasterio.open(real(f"{FOLDER}/DSM_GVC_1m.tif")) as source:
        return east - source.bounds.left, north - source.bounds.bottom


def casters() -> Casters:
    """Ground and buildings as triangles between the middles of cells, trees as boxes on cells."""
    surface = of_heights(raster("DSM"), STEP_M)
    trees = canopy(raster("CDSM"), raster("DEM"))
    whole = joined(surface, trees)
    opaque, count = len(surface.triangles), len(whole.triangles)
    through = np.zeros((count, 2), np.float32)
    through[opaque:] = THROUGH_LEAVES, THROUGH_BARE
    # One plant: however many cells of it a ray crosses, 3 % of the light come through.
    fid = np.where(np.arange(count) < opaque, -1, 0)
    return Casters.of(whole.vertices, whole.triangles, fid, through)


def canopy(height_m: Float64, ground_m: Float64) -> Scene:
    row, column = np.nonzero(height_m > 0)
    tall, foot = height_m[row, column], ground_m[row, column]
    west, south = column * STEP_M, (len(height_m) - row - 1) * STEP_M
    low, high = foot + TRUNK * tall, foot + tall
    ring = [(west, south), (west + STEP_M, south), (west + STEP_M, south + STEP_M), (west, south + STEP_M)]
    bottom = [np.column_stack((*corner, low)) for corner in ring]
    top = [np.column_stack((*corner, high)) for corner in ring]
    sides = [
        np.stack((bottom[a], bottom[b], top[b], top[a]), axis=1) for a, b in ((0, 1), (1, 2), (2, 3), (3, 0))
    ]
    return of_quads(np.concatenate((np.stack(bottom, axis=1), np.stack(top, axis=1), *sides)))


def sensors() -> tuple[Float64, Float64]:
    """Six points at one place, 1.1 m above the ground, and their normals."""
    east, north = place()
    ground = raster("DEM")
    height = ground[len(ground) - 1 - int(north // STEP_M), int(east // STEP_M)] + SENSOR_M
    return np.tile((east, north, height), (len(SENSORS), 1)), np.array(list(SENSORS.values()), float)


def measured() -> Measured:
    """Weather and measurements of the same hours."""
    weather = {key: values for day in DAYS for key, values in _weather(day)}
    with real(f"{FOLDER}/measurements_gvc.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    keys = [(row["date"], int(row["hour"])) for row in rows]
    light = np.array([weather[key] for key in keys])
    times = np.array(
        [
            np.datetime64(f"{day[:4]}-{day[4:6]}-{day[6:]}T{hour:02d}:00", "ms")
            - np.timedelta64(UTC_OFFSET_H, "h")
            for day, hour in keys
        ]
    )
    values = {name: np.array([float(row[name]) for row in rows]) for name in SENSORS}
    return Measured(times, light[:, 0], light[:, 1], light[:, 2], values)


def _weather(day: str) -> Iterator[tuple[tuple[str, int], tuple[float, float, float]]]:
    """Global, direct normal and diffuse irradiance by day and hour (UMEP's columns Kdn, Kdir, Kdiff)."""
    for line in real(f"{FOLDER}/MetFile{day}_Prepared.txt").read_text("utf-8").splitlines()[1:]:
        values = line.split()
        if values:
            yield (day, int(values[2])), (float(values[14]), float(values[22]), float(values[21]))
