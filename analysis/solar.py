"""Solar irradiation of surfaces, ground and points: direct, diffuse and reflected, by month; and what
photovoltaic modules on roofs would yield of it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.albedo import Albedos, albedo_of
from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.clearsky import clear_sky
from analysis.energy import BinningError, Energy, binning_error, energy_on
from analysis.fineness import BINNED, EXACT, Fineness
from analysis.irradiation import Spots
from analysis.light import Light, light_by_month
from analysis.naming import Naming, subject
from analysis.obstacles import Casters
from analysis.pv import Modules
from analysis.receivers import Receivers
from analysis.site import Site, site_of
from analysis.solartables import Found, points_table, quantities, surfaces_table, tables
from analysis.states import situations, states_title
from analysis.sun import audit_lines, sun_at
from analysis.survey import (
    Surveyed,
    casters_for,
    finished,
    point_count,
    receivers_of,
    standing_rows,
    versions,
)
from layers.arrays import Float64
from layers.data import Progress, never_stop, part_of
from layers.errors import UsageError
from layers.project import Project
from layers.results import WARNING, Pedigree, Result
from layers.weather import TOO_FAR_KM, Weather, read_weather
from layers.written import grouped

NAME = "solar"
TITLE = "Solar energy"
HELP = "Irradiation of roofs, walls and ground over a year, and what photovoltaic modules yield of it."

#: Light from lower than this is not looked for far away.
LOWEST_DEG = 1.0
#: Rays per point and state, and per second and core, for estimates.
RAYS_PER_POINT, EXACT_RAYS_PER_POINT, RAYS_PER_SECOND = 170, 4_000, 3.0e6
#: Weather from farther away is told, from still farther away is warned of.
FAR_KM, DOUBTFUL_KM = 30.0, 150.0
METHOD = (
    "Rays from each point, once for all hours (daylight coefficients, Tregenza and Waters 1983). Sun: "
    "{sun}; the angle of incidence is exact in every hour. Sky: {sky}, with the light of {model} in the sky "
    "of every hour; the light around the sun comes from where the sun is. Reflected light: {reflected}. "
    "Weather: {weather}, {hours} hours with light, sun positions by NREL's SPA."
)
MODEL_NAMES = {"perez1990": "Perez et al. 1990", "perez1993": "Perez et al. 1993 (all-weather)"}


@dataclass(frozen=True)
class Inputs(Surveyed):
    """What is asked."""

    spacing_m: float = asked(2.0, "Distance of points", "number", unit="m", low=0.1, high=100, group="Where")
    weather: str = asked(
        "",
        "Weather",
        "file",
        help="hours of a year; none: a year without clouds",
        choices=((".epw", "EPW"), (".csv", "TMY3 or PVGIS"), (".json", "PVGIS")),
        group="Weather",
    )
    far_weather: bool = asked(
        False,
        "Weather from far away is meant",
        "yes",
        help=f"more than {TOO_FAR_KM:g} km",
        group="More",
    )
    year: int = asked(
        2025,
        "Year",
        "whole",
        low=1900,
        high=2100,
        help="of the cloudless year; files have their own",
        group="Weather",
        when=("weather", ""),
    )
    sky: str = asked(
        "perez1990",
        "Light of the sky",
        "choice",
        choices=tuple(MODEL_NAMES.items()),
        group="More",
    )
    mode: str = asked(
        "binned",
        "Rays to the sun",
        "choice",
        choices=(("binned", "To 160 bins of its path"), ("exact", "To its place in every hour (slow)")),
        group="More",
    )
    bounces: int = asked(
        1, "Reflections", "whole", low=0, high=8, help="how often light is reflected", group="Reflection"
    )
    albedo_ground: float = asked(0.20, "Albedo of ground", "number", low=0, high=0.95, group="Reflection")
    albedo_wall: float = asked(0.30, "Albedo of walls", "number", low=0, high=0.95, group="Reflection")
    albedo_roof: float = asked(0.20, "Albedo of roofs", "number", low=0, high=0.95, group="Reflection")
    albedo_water: float = asked(0.06, "Albedo of water", "number", low=0, high=0.95, group="Reflection")
    albedo_vegetation: float = asked(0.25, "Albedo of plants", "number", low=0, high=0.95, group="Reflection")
    least_kwh_m2: float = asked(
        800.0,
        "Modules where there is at least",
        "number",
        unit="kWh/m²",
        low=0,
        high=5000,
        help="on roofs, a year",
        group="Photovoltaics",
    )
    coverage_pct: float = asked(
        80.0, "They cover", "number", unit="%", low=0, high=100, help="of that area", group="Photovoltaics"
    )
    efficiency_pct: float = asked(
        20.0, "Their efficiency", "number", unit="%", low=0, high=100, group="Photovoltaics"
    )
    performance_pct: float = asked(
        80.0,
        "Performance ratio",
        "number",
        unit="%",
        low=0,
        high=100,
        help="of the plant, as in IEC 61724",
        group="Photovoltaics",
    )
    losses_pct: float = asked(
        0.0,
        "Further losses",
        "number",
        unit="%",
        low=0,
        high=100,
        help="soiling, ageing, cables, if the ratio leaves them out",
        group="Photovoltaics",
    )
    points_by_month: bool = asked(False, "Keep the months of every point", "yes", group="More")

    @property
    def fineness(self) -> Fineness:
        """How finely it is looked at."""
        return EXACT if self.mode == "exact" else BINNED

    @property
    def albedos(self) -> Albedos:
        """What reflects how much."""
        return Albedos(
            self.albedo_ground,
            self.albedo_wall,
            self.albedo_roof,
            self.albedo_water,
            self.albedo_vegetation,
        )

    @property
    def modules(self) -> Modules:
        """The photovoltaic modules."""
        shares = (self.coverage_pct, self.efficiency_pct, self.performance_pct, self.losses_pct)
        return Modules(self.least_kwh_m2, *(percent / 100 for percent in shares))


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    points = point_count(project, inputs)
    each = EXACT_RAYS_PER_POINT if inputs.mode == "exact" else RAYS_PER_POINT
    rays = points * each * len(situations(inputs))
    return Estimate(points, rays, rays / RAYS_PER_SECOND / (os.cpu_count() or 1))


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """Irradiation of the points that are asked for, in one state of the city or in two."""
    started = time.perf_counter()
    if inputs.spacing_m <= 0:
        raise UsageError("The distance of points must be larger than 0", found=f"{inputs.spacing_m:g} m")
    receivers = receivers_of(project, inputs, progress)
    site = site_of(project, np.asarray(receivers.box).reshape(2, 3).mean(axis=0))
    weather = read_weather(Path(inputs.weather)) if inputs.weather else clear_sky(site, inputs.year)
    check_distance(weather, site, inputs.far_weather)
    light = light_by_month(site, weather, inputs.sky)
    spots = Spots(receivers.points, receivers.row.astype(np.int64), receivers.row_normal)
    states: list[Casters] = []
    energies: list[Energy] = []
    stood = []
    wanted = situations(inputs)
    for number, situation in enumerate(wanted):
        casters = casters_for(project, inputs, situation, receivers, LOWEST_DEG, progress)
        albedo = albedo_of(project, situation, casters, inputs.albedos, receivers.box)
        ground_m = ground_beneath(receivers, casters)
        told = part_of(progress, number / len(wanted), (number + 1) / len(wanted))
        energies.append(
            energy_on(spots, casters, light, albedo, ground_m, inputs.fineness, inputs.bounces, told)
        )
        states.append(casters)
        stood.append(standing_rows(project, receivers, situation))
    error = None if inputs.mode == "exact" else binning_error(spots, states[0], light, energies[0].direct)
    found = Found(receivers, energies, stood, inputs.modules, weather)
    surfaces = surfaces_table(found)
    of = subject(Naming(project), surfaces)
    source = weather.source if inputs.weather else f"cloudless year {inputs.year}"
    return finished(
        NAME,
        f"{of}: {TITLE.lower()}, {source}, {states_title(project, wanted)}",
        inputs,
        site,
        _pedigree(inputs, receivers, states, energies, light, weather, site, error, started),
        quantities=quantities(inputs.compare),
        surfaces=surfaces,
        points=points_table(found, inputs.points_by_month),
        tables=tables(project, found),
        grid=receivers.grid,
    )


def check_distance(weather: Weather, site: Site, far_weather: bool) -> None:
    """Refuse weather of another part of the world, unless that is meant."""
    far = weather.distance_km(site.longitude, site.latitude)
    if far is not None and far > TOO_FAR_KM and not far_weather:
        raise UsageError(
            "The weather is that of a place too far away",
            found=f"{grouped(far)} km",
            allowed=f"up to {grouped(TOO_FAR_KM)} km",
            do="Take weather of the region; if it is meant, add --far-weather, or say so in the form",
        )


def ground_beneath(receivers: Receivers, casters: Casters) -> Float64:
    """(n,) the height of open ground beneath points: the foot of their object, or of all there is."""
    lowest = casters.vertices[casters.triangles[: casters.opaque], 2].min(axis=1, initial=np.inf)
    fids = casters.fid[: casters.opaque]
    objects, which = np.unique(fids, return_inverse=True)
    foot = np.full(len(objects), np.inf)
    np.minimum.at(foot, which, lowest)
    own = np.full(len(receivers.fid), np.nan)
    if len(objects):
        place = np.minimum(np.searchsorted(objects, receivers.fid), len(objects) - 1)
        own = np.where((objects[place] == receivers.fid) & (receivers.fid >= 0), foot[place], np.nan)
    floor = min(float(lowest.min(initial=np.inf)), float(receivers.points[:, 2].min()))
    return np.minimum(np.where(np.isnan(own), floor, own)[receivers.row], receivers.points[:, 2])


def _pedigree(
    inputs: Inputs,
    receivers: Receivers,
    states: Sequence[Casters],
    energies: Sequence[Energy],
    light: Light,
    weather: Weather,
    site: Site,
    error: BinningError | None,
    started: float,
) -> Pedigree:
    used = dict.fromkeys(item for state in states for item in state.inputs)
    if weather.sha256:
        used[(weather.source, weather.sha256)] = None
    noons = bright_hours(weather)
    numbers = {
        "points": len(receivers),
        "rays": sum(energy.rays for energy in energies),
        "triangles": sum(len(state.triangles) for state in states),
        "reflecting_pieces": sum(energy.pieces for energy in energies),
        "hours_with_light": len(light.beam),
        "ghi_kwh_m2": weather.yearly_ghi_kwh_m2,
        "seconds": time.perf_counter() - started,
    }
    if error is not None:
        numbers |= {"binning_rmse_kwh_m2": error.rmse_kwh_m2, "binning_rmse_pct": 100 * error.share}
    return Pedigree(
        method=_method(inputs, light, weather),
        version=versions("pvlib"),
        inputs=tuple(used),
        sun=audit_lines(sun_at(site, noons)),
        error=_error(inputs, error),
        limits=_limits(inputs, receivers, states, weather, site),
        numbers=numbers,
    )


def bright_hours(weather: Weather) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """The brightest hours of the weather's first, middle and last day, for the audit."""
    days = (weather.times + np.timedelta64(round(60 * weather.utc_offset_h), "m")).astype("datetime64[D]")
    found = []
    for day in (days[0], days[len(days) // 2], days[-1]):
        mine = np.flatnonzero(days == day)
        found.append(weather.times[mine[weather.ghi[mine].argmax()]])
    return np.array(found)


def _method(inputs: Inputs, light: Light, weather: Weather) -> str:
    fine = inputs.fineness
    albedo = inputs.albedos
    reflected = "none"
    if inputs.bounces:
        reflected = (
            f"{inputs.bounces} reflection{'s' * (inputs.bounces > 1)} by matt surfaces, {fine.ways} rays "
            f"spread by the cosine from one point in each {fine.shared_m:g} m, to pieces of "
            f"{fine.piece_m:g} m (ground {fine.ground_piece_m:g} m) that get sun and sky of their own; "
            f"albedo of ground {albedo.ground:g}, walls {albedo.wall:g}, roofs {albedo.roof:g}, water "
            f"{albedo.water:g}, plants {albedo.vegetation:g}"
        )
    return METHOD.format(
        sun=(
            f"rays to {fine.sun_bins} positions spread evenly over its path in the year"
            if fine.sun_bins
            else f"a ray to its place in each of {len(light.sunny)} hours"
        ),
        sky=(
            f"{fine.sky} directions of equal solid angle"
            if fine.sky
            else "the 145 patches of Tregenza, seen through the rays to the sun's path where such pass them"
        ),
        model=MODEL_NAMES[inputs.sky],
        reflected=reflected,
        weather=f"{weather.format} {weather.source} {weather.title}".strip(),
        hours=len(light.beam),
    )


def _error(inputs: Inputs, error: BinningError | None) -> str:
    text = (
        "Rays go to every position of the sun: nothing is binned"
        if error is None
        else (
            f"Binning the sun's path changes the direct irradiation of a year at single points by "
            f"{error.rmse_kwh_m2:.2g} kWh/m² ({100 * error.share:.2g} % of its mean, root mean square), "
            f"found against rays to all {error.positions} positions of the sun at {error.points} of them"
        )
    )
    return f"{text}. Weather of other years, and what the model of the city leaves out, are not part of this."


def _limits(
    inputs: Inputs, receivers: Receivers, states: Sequence[Casters], weather: Weather, site: Site
) -> tuple[str, ...]:
    notes = dict.fromkeys(
        (*receivers.notes, *(note for state in states for note in state.notes), *weather.notes)
    )
    found = [
        *notes,
        "The sun is the point at its centre; all surfaces are matt; nothing is mirrored",
        f"What is so far away that it hides only light from lower than {LOWEST_DEG:g}° is left out",
    ]
    far = weather.distance_km(site.longitude, site.latitude)
    if far is not None and far > FAR_KM:
        doubt = f"{WARNING}the weather may be quite another: it" if far > DOUBTFUL_KM else "The weather"
        found.insert(0, f"{doubt} is that of a place {far:.0f} km away")
    if inputs.bounces:
        found.append("What several points in a few metres get reflected is that of one of them")
        if not any(state.terrain for state in states):
            found.append("There is no terrain: open ground is level, at the foot of each building")
    if inputs.vegetation and any(state.opaque < len(state.triangles) for state in states):
        found.append("Trees let light through by the month, and reflect none")
    return tuple(found)
