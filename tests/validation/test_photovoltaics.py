"""The performance ratio that is assumed for modules, against PVWatts (Dobos 2014) in three climates."""

from __future__ import annotations

import numpy as np
import pytest
from pvlib.inverter import pvwatts as inverter
from pvlib.iotools import read_epw
from pvlib.irradiance import get_extra_radiation, get_total_irradiance
from pvlib.location import Location
from pvlib.pvsystem import pvwatts_dc, pvwatts_losses
from pvlib.temperature import TEMPERATURE_MODEL_PARAMETERS, sapm_cell

from analysis.pv import Modules
from tests.conftest import real
from tests.validation.record import record

CLIMATES = {
    "Amsterdam": "reference/pvlib/NLD_Amsterdam062400_IWEC.epw",
    "Chicago": "reference/epw/chicago.epw",
    "Zug": "reference/cea-zug/weather.epw",
}
TILT_DEG, SOUTH_DEG = 35.0, 180.0
#: Of crystalline silicon, per °C (PVWatts' standard module).
TEMPERATURE_COEFFICIENT = -0.0047


@pytest.mark.parametrize("place", CLIMATES)
def test_the_assumed_performance_ratio(place: str) -> None:
    weather, where = read_epw(real(CLIMATES[place]))
    sun = Location(where["latitude"], where["longitude"], altitude=where["altitude"]).get_solarposition(
        weather.index
    )
    plane = get_total_irradiance(
        TILT_DEG,
        SOUTH_DEG,
        sun.apparent_zenith,
        sun.azimuth,
        weather.dni,
        weather.ghi,
        weather.dhi,
        dni_extra=get_extra_radiation(weather.index),
        model="haydavies",
    ).poa_global.fillna(0.0)
    roof = TEMPERATURE_MODEL_PARAMETERS["sapm"]["close_mount_glass_glass"]
    cells = sapm_cell(plane, weather.temp_air, weather.wind_speed, **roof)
    direct_current = pvwatts_dc(plane, cells, 1.0, TEMPERATURE_COEFFICIENT)
    delivered = inverter(direct_current * (1 - pvwatts_losses() / 100), 1.0)
    ratio = float(delivered.sum() / (plane.sum() / 1000))
    record(
        "Photovoltaics",
        f"the performance ratio assumed for modules on roofs, {Modules().performance_ratio:.2f}",
        reference="PVWatts 5 (Dobos 2014, doi:10.2172/1158421) by pvlib, standard losses, close to the roof",
        quantity="difference",
        found=Modules().performance_ratio - ratio,
        tolerance=0.05,
        note=f"{place}: {ratio:.3f}",
    )
    assert np.isfinite(ratio)
