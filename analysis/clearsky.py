"""The weather of a year without clouds: the Ineichen and Perez model, by pvlib.

P. Ineichen and R. Perez, A new airmass independent formulation for the Linke turbidity coefficient,
Solar Energy 73(3), 151-157 (2002), DOI 10.1016/S0038-092X(02)00045-2; monthly turbidity by place from
the SoDa maps that pvlib brings (Remund et al. 2003).
"""

from __future__ import annotations

import numpy as np

from analysis.localtime import Times
from analysis.perez import air_mass, extraterrestrial
from analysis.site import Site
from analysis.sun import standard_conditions, sun_at
from layers.arrays import Float64
from layers.weather import Weather, day_of_year

#: Each hour is the mean of so many moments.
MOMENTS = 6


def clear_sky(site: Site, year: int) -> Weather:
    """Hourly irradiance of a cloudless year at a site, in the hours of its mean solar time zone."""
    offset = round(site.longitude / 15)
    start = np.datetime64(f"{year}-01-01", "ms") - np.timedelta64(offset, "h")
    hours = int(
        (np.datetime64(f"{year + 1}-01-01") - np.datetime64(f"{year}-01-01")) / np.timedelta64(1, "h")
    )
    middles = start + np.arange(hours) * np.timedelta64(1, "h") + np.timedelta64(30, "m")
    minutes = (np.arange(MOMENTS) + 0.5) * 60 / MOMENTS - 30
    moments = middles[:, None] + np.round(minutes * 60_000).astype("timedelta64[ms]")[None, :]
    ghi, dni, dhi = (
        values.reshape(hours, MOMENTS).mean(axis=1) for values in irradiance(site, moments.ravel())
    )
    return Weather(
        format="clear sky",
        source="Ineichen and Perez 2002",
        sha256="",
        title=site.title,
        longitude=site.longitude,
        latitude=site.latitude,
        height_m=site.height_m,
        utc_offset_h=float(offset),
        times=middles,
        step_h=1.0,
        is_instant=False,
        ghi=ghi,
        dni=dni,
        dhi=dhi,
        notes=("no clouds: an upper limit, not what to expect",),
    )


def irradiance(site: Site, times: Times) -> tuple[Float64, Float64, Float64]:
    """Global, direct normal and diffuse irradiance (n,) of a cloudless sky at times in UTC, W/m²."""
    from pvlib.clearsky import ineichen

    zenith = 90 - sun_at(site, times).altitude_deg
    pressure = standard_conditions(site.height_m).pressure_hpa / 1013.25
    with np.errstate(divide="ignore"):
        found = ineichen(
            zenith,
            air_mass(zenith) * pressure,
            linke_turbidity(site, times),
            altitude=site.height_m,
            dni_extra=extraterrestrial(day_of_year(times)),
        )
    ghi, dni, dhi = (np.nan_to_num(np.asarray(found[key], np.float64)) for key in ("ghi", "dni", "dhi"))
    return ghi, dni, dhi


def linke_turbidity(site: Site, times: Times) -> Float64:
    """How hazy the air of a place is over the year (n,): monthly values, with the days between."""
    import pandas as pd
    from pvlib.clearsky import lookup_linke_turbidity

    index = pd.DatetimeIndex(times, tz="UTC")
    return np.asarray(lookup_linke_turbidity(index, site.latitude, site.longitude), np.float64)
