"""Where the sun stands: NREL's Solar Position Algorithm (SPA), by pvlib, for any place and time.

I. Reda and A. Andreas, Solar Energy 76(5), 577-589 (2004), DOI 10.1016/j.solener.2003.12.003:
uncertainty ± 0.0003° from the year -2000 to 6000. Azimuths are clockwise from true north; altitudes
are those of the sun's centre, with refraction unless they are called true.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from analysis.localtime import Times, local_iso, utc_iso
from analysis.site import BY_PLACE, Site, site_of
from analysis.sky import directions
from layers.arrays import Float64
from layers.project import Project

#: Refraction at sunrise and sunset, degrees (SPA's atmos_refract).
HORIZON_REFRACTION_DEG = 0.5667


@dataclass(frozen=True)
class Conditions:
    """What the sun's position depends on besides place and time."""

    pressure_hpa: float
    temperature_c: float
    #: Terrestrial minus universal time; None: by the polynomials of F. Espenak and J. Meeus (NASA 2006).
    delta_t_s: float | None = None

    @property
    def title(self) -> str:
        """As in "1013 hPa, 12 °C, ΔT by year"."""
        delta_t = "by year" if self.delta_t_s is None else f"{self.delta_t_s:g} s"
        return f"{self.pressure_hpa:.0f} hPa, {self.temperature_c:g} °C, ΔT {delta_t}"


#: Those of NREL's table of reference positions.
REFERENCE = Conditions(pressure_hpa=1000.0, temperature_c=10.0, delta_t_s=0.0)


def standard_conditions(height_m: float) -> Conditions:
    """Pressure of the ICAO standard atmosphere at a height, and pvlib's 12 °C."""
    return Conditions(1013.25 * (1 - 2.25577e-5 * min(max(height_m, -500.0), 11_000.0)) ** 5.25588, 12.0)


def algorithm(conditions: Conditions) -> str:
    """What positions are computed with, for pedigrees."""
    return f"NREL SPA (Reda and Andreas 2004), pvlib {version('pvlib')}; {conditions.title}"


@dataclass(frozen=True)
class SunPositions:
    """The sun at a site at several times, all (n,)."""

    site: Site
    conditions: Conditions
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


def sun_at(site: Site, times: Times, conditions: Conditions | None = None) -> SunPositions:
    """The sun at a site at times in UTC (n,); without conditions, in the standard ones of its height."""
    times = np.atleast_1d(times).astype("datetime64[ms]")
    conditions = conditions or standard_conditions(site.height_m)
    ones = np.ones(len(times))
    azimuth, altitude, true_altitude, _ = spa(
        times, site.longitude * ones, site.latitude * ones, site.height_m, conditions
    )
    return SunPositions(site, conditions, times, azimuth, altitude, true_altitude)


def spa(
    times: Times, longitude: Float64, latitude: Float64, height_m: float, conditions: Conditions
) -> tuple[Float64, Float64, Float64, Float64]:
    """Azimuth, altitude, altitude without refraction (degrees) and equation of time (minutes), all (n,)."""
    from pvlib import spa as nrel

    seconds = times.astype("datetime64[ms]").astype(np.int64) / 1000.0
    delta_t = conditions.delta_t_s
    _, _, altitude, true_altitude, azimuth, equation_of_time = nrel.solar_position_numpy(
        seconds,
        latitude,
        longitude,
        height_m,
        conditions.pressure_hpa,
        conditions.temperature_c,
        delta_t_of(times) if delta_t is None else np.full(len(times), delta_t),
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

    def weights(self, points: Float64) -> Float64:
        """What each corner counts at points (m, 3): (m, 4)."""
        east, north = (
            (points[:, axis] - self.box[axis]) / max(self.box[axis + 3] - self.box[axis], 1e-9)
            for axis in (0, 1)
        )
        return np.stack(
            [(1 - east) * (1 - north), east * (1 - north), (1 - east) * north, east * north], axis=1
        )

    def directions(self, points: Float64, number: int) -> Float64:
        """Unit vectors (m, 3) to the sun in the grid, at points (m, 3), for one of the times."""
        found = self.weights(points) @ self.corners[:, number]
        unit: Float64 = found / np.linalg.norm(found, axis=1, keepdims=True)
        return unit


def audit_lines(sun: SunPositions) -> tuple[str, ...]:
    """The sun audit line of each time: place, local time, UTC, azimuth, altitude, convergence, algorithm."""
    site = sun.site
    is_doubtful = site.zone_reason.startswith(f"{BY_PLACE},")
    zone = f"{site.zone} ({site.zone_reason})" if is_doubtful else site.zone
    how = algorithm(sun.conditions)
    return tuple(
        f"{site.title} · {local_iso(time, site)} {zone} = {utc_iso(time)} · "
        f"sun azimuth {azimuth:.3f}°, altitude {altitude:.3f}° · "
        f"grid convergence {site.convergence_deg:+.3f}° · {how}"
        for time, azimuth, altitude in zip(sun.times, sun.azimuth_deg, sun.altitude_deg, strict=True)
    )


def audit_line(site: Site, time: np.datetime64) -> str:
    """The sun audit line of one time in UTC."""
    return audit_lines(sun_at(site, np.array([time])))[0]
