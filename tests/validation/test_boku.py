"""The pattern of irradiation over roofs and yards of BOKU in Vienna, against SEBE (Lindberg et al. 2015).

SEBE's raster says kWh/m² of a time that nobody wrote down: 8.49 on open level ground, a clear day around
midsummer. So its pattern is compared: with a clear 21 June, and both as shares of open level ground.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import rasterio

from analysis.casters import Casters
from analysis.clearsky import irradiance
from analysis.fineness import EXACT
from analysis.irradiation import Irradiation, Spots
from analysis.light import light_of
from analysis.site import site_at
from layers.arrays import Float64
from tests.conftest import real
from tests.validation.record import record
from tests.validation.scenes import of_heights

FOLDER = "reference/sebe-boku"
SEBE = (
    "SEBE, doi:10.1016/j.solener.2015.03.001, example of UMEP's SEBE Visual, https://github.com/UMEP-dev/UMEP"
)
#: Every so-manieth cell is compared.
EVERY = 37
LIFT_M = 0.02
FINENESS = replace(EXACT, sky=1000)
#: Steeper cells stand for walls, which a raster has no area for.
STEEPEST_DEG = 45.0


def raster(name: str) -> tuple[Float64, float]:
    with rasterio.open(real(f"{FOLDER}/{name}.tif")) as source:
        return source.read(1).astype(float), float(source.transform.a)


def test_the_pattern_of_a_clear_day() -> None:
    heights, step_m = raster("BOKU-dsm-woveg-mod")
    theirs, _ = raster("Energyyearroof")
    scene = of_heights(heights, step_m)
    down, right = np.gradient(heights, step_m)
    normals = np.stack([-right, down, np.ones_like(heights)], axis=-1).reshape(-1, 3)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    is_roof = np.degrees(np.arccos(normals[:, 2])) < STEEPEST_DEG
    cells = np.arange(0, heights.size, EVERY)[is_roof[::EVERY]]

    site = site_at(16.337, 48.237, 100.0)
    start, end, hour = (
        np.datetime64("2015-06-21T02:30", "ms"),
        np.datetime64("2015-06-21T20:00", "ms"),
        np.timedelta64(1, "h"),
    )
    times = np.arange(start, end, hour)
    ghi, dni, dhi = irradiance(site, times)
    light = light_of(site, times, dni, dhi, np.zeros(len(times), np.int64), np.ones(1, bool))
    casters = Casters.of(scene.vertices, scene.triangles)
    spots = Spots(scene.vertices[cells] + LIFT_M * normals[cells], np.arange(len(cells)), normals[cells])
    ours = Irradiation(casters, light, FINENESS).on(spots).total[:, 0] * 1000 / ghi.sum()

    is_level = np.degrees(np.arccos(normals[:, 2])) < 2
    pattern = theirs.ravel()[cells] / np.percentile(theirs.ravel()[is_level], 99.9)
    record(
        "Irradiation among buildings",
        f"pattern over roofs and yards of BOKU, Vienna, {len(cells)} cells of 0.5 m",
        reference=SEBE,
        quantity="r²",
        found=np.corrcoef(ours, pattern)[0, 1] ** 2,
        tolerance=0.95,
        at_least=True,
        note="as shares of open level ground, a clear 21 June",
    )
    record(
        "Irradiation among buildings",
        "the same, sum of all cells",
        reference=SEBE,
        quantity="deviation",
        found=100 * float(ours.sum() / pattern.sum() - 1),
        tolerance=3.0,
        unit="%",
    )
