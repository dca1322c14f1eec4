"""Where the sun stands: NREL's Solar Position Algorithm (SPA), by pvlib, for any place and time.

I. Reda and A. Andreas, Solar Energy 76(5), 577-589 (2004), DOI 10.1016/j.solener.2003.12.003:
uncertainty ± 0.0003° from the year -2000 to 6000. Azimuths are clockwise from true north; altitudes
are those of the sun's centre, with refraction unless they are called true.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.site import Site, site_of
from analysis.sky import directions
from layers.arrays import Float64
from layers.project import Project

Times = NDArray[np.datetime64]  # UTC, datetime64[ms]

#: Temperature for refraction where none is given, °C, the one of SPA's users since its publication.
TEMPERATURE_C = 12.0
#: Refraction at sunrise and sunset, degrees (SPA's atmos_refract).
HORIZON_REFRACTION_DEG = 0.5667
#: True altitude of the sun's centre when its upper edge is on the horizon: refraction and 16' radius.
RISE_ALTITUDE_DEG = -0.8333


@dataclass(frozen=True)
class Air:
    """What refraction depends on."""

    pressure_hpa: float
    temperature_c: float = TEMPERATURE_C


def standard_air(height_m: float) -> Air:
    """Pressure of the ICAO standard atmosphere at a height."""
    return Air(1013.25 * (1 - 2.25577e-5 * min(height_m, 11_000.0)) ** 5.25588)


@dataclass(frozen=True)
class SunPositions:
    """The sun at a site at several times, all (n,)."""

    site: Site
    times: Times  # UTC
    azimuth_deg: Float64  # clockwise from true north
    altitude_deg: Float64  # as it is seen, with refraction
    true_altitude_deg: Float64  # without

    @property
    def azimuth_in_grid_deg(self) -> Float64:
        """Clockwise from grid north."""
        return (self.azimuth_deg - self.site.convergence_deg) % 360

    @cached_property
    def directions_in_grid(self) -> Float64:
        """Unit vectors (n, 3) towards the sun as it is seen, in the project's grid."""
        return directions(self.azimuth_in_grid_deg, self.altitude_deg)

    @property
    def up(self) -> NDArray[np.bool_]:
        """When its centre is seen above the horizon."""
        return self.altitude_deg > 0


def sun_at(site: Site, times: Times, air: Air | None = None, delta_t_s: float | None = None) -> SunPositions:
    """The sun at a site at times in UTC (n,).

    Without `air` the standard atmosphere at the site's height; without `delta_t_s` (terrestrial
    minus universal time) the polynomials of Espenak and Meeus.
    """
    times = np.atleast_1d(times).astype("datetime64[ms]")
    azimuth, altitude, true_altitude, _ = spa(
        times,
        np.full(len(times), site.longitude),
        np.full(len(times), site.latitude),
        site.height_m,
        air,
        delta_t_s,
    )
    return SunPositions(site, times, azimuth, altitude, true_altitude)


def spa(
    times: Times,
    longitude: Float64,
    latitude: Float64,
    height_m: float,
    air: Air | None = None,
    delta_t_s: float | None = None,
) -> tuple[Float64, Float64, Float64, Float64]:
    """Azimuth, altitude, altitude without refraction (degrees) and equation of time (minutes), all (n,)."""
    from pvlib import spa as nrel

    air = air or standard_air(height_m)
    seconds = times.astype("datetime64[ms]").astype(np.int64) / 1000.0
    delta_t = delta_t_of(times) if delta_t_s is None else np.full(len(times), delta_t_s)
    _, _, altitude, true_altitude, azimuth, equation_of_time = nrel.solar_position_numpy(
        seconds,
        latitude,
        longitude,
        height_m,
        air.pressure_hpa,
        air.temperature_c,
        delta_t,
        HORIZON_REFRACTION_DEG,
        1,
    )
    return azimuth, altitude, true_altitude, equation_of_time


def delta_t_of(times: Times) -> Float64:
    """Terrestrial minus universal time in seconds."""
    from pvlib import spa as nrel

    months = times.astype("datetime64[M]").astype(np.int64)
    found: Float64 = np.asarray(nrel.calculate_deltat(1970 + months // 12, months % 12 + 1), np.float64)
    return found


def sun_over(project: Project, box: Float64, times: Times) -> SunField:
    """The sun over a whole box (minx, miny, … maxz) of the project, at times in UTC (n,)."""
    corners = np.array([[box[x], box[y], box[2]] for y in (1, 4) for x in (0, 3)], np.float64)
    return SunField(
        box, np.stack([sun_at(site_of(project, corner), times).directions_in_grid for corner in corners])
    )


@dataclass(frozen=True)
class SunField:
    """Directions to the sun that vary over a city: 1 km is a hundredth of a degree.

    They are interpolated between the corners of a box, which over 50 km is within 0.001° (see tests).
    """

    box: Float64  # (6,)
    corners: Float64  # (4, n, 3): south-west, south-east, north-west, north-east

    def directions(self, points: Float64, number: int) -> Float64:
        """Unit vectors (m, 3) to the sun in the grid, at points (m, 3), for one of the times."""
        east, north = (
            (points[:, axis] - self.box[axis]) / max(self.box[axis + 3] - self.box[axis], 1e-9)
            for axis in (0, 1)
        )
        weights = np.stack(
            [(1 - east) * (1 - north), east * (1 - north), (1 - east) * north, east * north], axis=1
        )
        found = weights @ self.corners[:, number]
        unit: Float64 = found / np.linalg.norm(found, axis=1, keepdims=True)
        return unit


@dataclass(frozen=True)
class Day:
    """The sun on one local date; times in UTC, None where it does not happen."""

    date: str  # ISO
    start: np.datetime64  # local midnight
    end: np.datetime64  # the next
    noon: np.datetime64 | None  # transit: the sun on the meridian
    noon_altitude_deg: float
    sunrise: np.datetime64 | None  # upper edge, true altitude -0.8333°
    sunset: np.datetime64 | None

    @property
    def is_polar_day(self) -> bool:
        """Whether the sun never sets."""
        return self.sunrise is None and self.sunset is None and self.noon_altitude_deg > 0

    @property
    def is_polar_night(self) -> bool:
        """Whether the sun never rises."""
        return self.sunrise is None and self.sunset is None and self.noon_altitude_deg <= 0
