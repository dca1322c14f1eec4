"""`citystrata sun`: where the sun stands, at a place or over a project."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.days import Day, day_of
from analysis.localtime import local, local_iso, moment_from, offset_of, utc_iso
from analysis.site import SITE, TIME_ZONE, Site, place_from, site_at, site_of
from analysis.sun import (
    REFERENCE,
    Conditions,
    SunPositions,
    algorithm,
    audit_lines,
    standard_conditions,
    sun_at,
)
from app.verbs.verb import Answer, Verb
from layers.errors import UsageError
from layers.project import Project
from layers.timezones import zone_named


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("project", metavar="P", nargs="?", type=Path, help="a project: the sun over it, in its own grid")
    add("--at", metavar="LON,LAT", help="a place in degrees, east and north positive")
    add("--object", metavar="ID", help="with a project: the place of this object; default its middle")
    add(
        "--time",
        metavar="ISO",
        help="such as 2026-03-21T12:00 on the clocks of the place, or with its offset or Z; default now",
    )
    add("--zone", metavar="NAME", help="time zone, such as Europe/Amsterdam; default that of the place")
    add("--height", metavar="M", type=float, help="height above sea level; default 0, or the object's")
    add("--pressure", metavar="HPA", type=float, help="air pressure for refraction")
    add("--temperature", metavar="C", type=float, help="air temperature for refraction")
    add("--delta-t", metavar="S", type=float, help="terrestrial minus universal time, in seconds")
    add(
        "--place",
        metavar="LON,LAT[,DEG]",
        help="tell a project without CRS where it lies, and the true azimuth of its y axis; kept in it",
    )
    add("--keep-zone", metavar="NAME", help="set the time zone of a project; kept in it")


def _run(arguments: argparse.Namespace) -> Answer:
    if (arguments.project is None) == (arguments.at is None):
        raise UsageError("It is not clear where the sun is looked at", allowed="--at LON,LAT, or a project P")
    if arguments.project is None:
        return _at_place(arguments)
    return _over_project(arguments)


def _at_place(arguments: argparse.Namespace) -> Answer:
    """A bare place: in the conditions of NREL's table of reference positions unless others are given."""
    longitude, latitude, _ = place_from(arguments.at)
    site = site_at(longitude, latitude, arguments.height or 0.0, arguments.zone or "")
    return _answer(site, arguments, REFERENCE)


def _over_project(arguments: argparse.Namespace) -> Answer:
    _keep(arguments)
    with Project.open(arguments.project, read_only=True) as project:
        site = site_of(project, _point(project, arguments.object))
    if arguments.height is not None:
        site = replace(site, height_m=arguments.height)
    if arguments.zone:
        site = replace(site, zone=zone_named(arguments.zone).key, zone_reason="as given")
    return _answer(site, arguments, standard_conditions(site.height_m))


def _keep(arguments: argparse.Namespace) -> None:
    """Write place and time zone into the project, as one step."""
    if not arguments.place and not arguments.keep_zone:
        return
    if arguments.place:
        place_from(arguments.place)
    zone = zone_named(arguments.keep_zone).key if arguments.keep_zone else None
    with Project.open(arguments.project) as project, project.edit("Set the place of the project") as edit:
        if arguments.place:
            edit.set_project(SITE, arguments.place)
        if zone:
            edit.set_project(TIME_ZONE, zone)


def _point(project: Project, id: str | None) -> np.ndarray | None:
    if id is None:
        return None
    found = project.by_id(id)
    box = project.box([found.fid]) if found else None
    if box is None:
        raise UsageError("There is no such object, or it lies nowhere", where=str(project.path), found=id)
    return np.array([(box[i] + box[i + 3]) / 2 for i in range(3)])


def _answer(site: Site, arguments: argparse.Namespace, conditions: Conditions) -> Answer:
    given = {
        "pressure_hpa": arguments.pressure,
        "temperature_c": arguments.temperature,
        "delta_t_s": arguments.delta_t,
    }
    conditions = replace(conditions, **{key: value for key, value in given.items() if value is not None})
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    moment = moment_from(arguments.time or now, site)
    sun = sun_at(site, np.array([moment.utc]), conditions)
    day = day_of(site, local(moment.utc, site).date())
    lines = [
        f"azimuth     {sun.azimuth_deg[0]:.4f}° from true north",
        f"altitude    {sun.altitude_deg[0]:.4f}°, without refraction {sun.true_altitude_deg[0]:.4f}°",
        f"day         {_course(day, site)}",
        audit_lines(sun)[0],
    ]
    if moment.note:
        lines.append(f"note        {moment.note}")
    return Answer(_values(sun, day, moment.note), tuple(lines))


def _values(sun: SunPositions, day: Day, note: str) -> dict[str, Any]:
    site, time = sun.site, sun.times[0]
    return {
        "azimuth_deg": round(float(sun.azimuth_deg[0]), 6),
        "altitude_deg": round(float(sun.altitude_deg[0]), 6),
        "utc": utc_iso(time),
        "local": local_iso(time, site),
        "offset": offset_of(time, site),
        "algorithm": algorithm(sun.conditions),
        "true_altitude_deg": round(float(sun.true_altitude_deg[0]), 6),
        "azimuth_in_grid_deg": round(float(sun.azimuth_in_grid_deg[0]), 6),
        "convergence_deg": round(site.convergence_deg, 6),
        "longitude": round(site.longitude, 7),
        "latitude": round(site.latitude, 7),
        "height_m": round(site.height_m, 3),
        "zone": site.zone,
        "zone_reason": site.zone_reason,
        "sunrise": None if day.sunrise is None else local_iso(day.sunrise, site),
        "noon": local_iso(day.noon, site),
        "sunset": None if day.sunset is None else local_iso(day.sunset, site),
        "daylight_h": round(day.hours, 4),
        "note": note or day.note,
        "audit": audit_lines(sun)[0],
    }


def _course(day: Day, site: Site) -> str:
    """As in "06:41 rise, 12:49 noon 38.1° high, 18:58 set, 12.3 h in all"."""
    times = (
        (day.sunrise, "rise"),
        (day.noon, f"noon {day.noon_altitude_deg:.1f}° high"),
        (day.sunset, "set"),
    )
    told = [f"{local(time, site):%H:%M} {name}" for time, name in times if time is not None]
    return ", ".join([*told, f"{day.hours:.1f} h in all", *([day.note] if day.note else [])])


VERB = Verb(
    "sun",
    "Where the sun stands: azimuth, altitude, rise, noon and set, at a place or over a project.",
    "citystrata sun --at 4.36,52.01 --time 2026-03-21T12:00",
    _arguments,
    _run,
)
