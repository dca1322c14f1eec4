"""Irradiation of a year with reflections, sensor by sensor, against Radiance under the same sky.

Every thirtieth day of the year stands for thirty. Both get the same patches of sky (Perez 1993) and the
same suns, so that only geometry, visibility and reflection are compared.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from analysis.casters import Casters
from analysis.fineness import BINNED
from analysis.light import Light, light_of
from analysis.site import site_at
from analysis.sky import sky
from layers.arrays import Float64
from layers.weather import read_weather
from tests.conftest import real
from tests.validation import quarter, radiance
from tests.validation.ours import received
from tests.validation.record import ONLY_FOR_THE_PAGE, record

RADIANCE = "Radiance 6 (Ward 1994, doi:10.1145/192161.192286) through pyradiance, rtrace"
WEATHER = "reference/pvlib/NLD_Amsterdam062400_IWEC.epw"
EVERY_DAYS = 30


@cache
def a_year() -> Light:
    weather = read_weather(real(WEATHER))
    chosen = (np.arange(len(weather.times)) // 24) % EVERY_DAYS == EVERY_DAYS // 2
    return light_of(
        site_at(4.77, 52.3),
        weather.times[chosen],
        EVERY_DAYS * weather.dni[chosen],
        EVERY_DAYS * weather.dhi[chosen],
        np.zeros(chosen.sum(), np.int64),
        np.ones(1, bool),
        model="perez1993",
    )


def traced(folder: Path, reflections: int) -> Float64:
    """kWh/m² at the sensors in Radiance."""
    light = a_year()
    shining = light.beam > 0
    assert light.radiance is not None
    scene, albedo = quarter.scene()
    suns, patches = radiance.irradiation(
        folder,
        scene,
        albedo,
        *quarter.sensors(),
        sky(),
        light.radiance[0],
        light.sun[shining],
        light.beam[shining],
        reflections,
    )
    return suns + patches


@pytest.mark.parametrize("reflections", [0, 1, pytest.param(2, marks=ONLY_FOR_THE_PAGE)])
def test_every_sensor(tmp_path: Path, reflections: int) -> None:
    scene, albedo = quarter.scene()
    casters = Casters.of(scene.vertices, scene.triangles)
    points, normals = quarter.sensors()
    theirs = traced(tmp_path, reflections)
    ours = received(casters, a_year(), points, normals, albedo, reflections)
    off = ours.total[:, 0] / theirs - 1
    share = (ours.reflected / ours.total)[:, 0]
    what = ("without reflection", "with one reflection", "with two reflections")[reflections]
    record(
        "Irradiation among buildings",
        f"irradiation of a year {what}, {len(points)} sensors in a courtyard, on roofs, walls and ground",
        reference=RADIANCE,
        quantity="largest deviation of any sensor",
        found=100 * float(np.abs(off).max()),
        tolerance=3.0,
        unit="%",
        note=f"root mean square {100 * np.sqrt((off**2).mean()):.2f} %, mean {100 * off.mean():+.2f} %; "
        f"reflected is up to {100 * share.max():.0f} % of the total",
    )
    if reflections == 1:
        quick = received(casters, a_year(), points, normals, albedo, reflections, BINNED)
        off = quick.total[:, 0] / theirs - 1
        record(
            "Irradiation among buildings",
            "the same in the quick mode for whole districts",
            reference=RADIANCE,
            quantity="root mean square deviation of the sensors",
            found=100 * float(np.sqrt((off**2).mean())),
            tolerance=5.0,
            unit="%",
            note=f"largest {100 * np.abs(off).max():.1f} %, mean {100 * off.mean():+.2f} %",
        )
