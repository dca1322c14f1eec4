"""`citystrata solar`: irradiation of surfaces and ground over a year, and what modules yield of it."""

from __future__ import annotations

import argparse

from app.verbs.asking import (
    OPTIONS,
    add_results,
    add_states,
    add_surfaces,
    add_where,
    lines_of,
    measured,
    options_of,
    surveyed_from,
    told,
    values_of,
)
from app.verbs.verb import Answer, Verb
from layers.weather import TOO_FAR_KM

CLEAR_SKY = "clear-sky"
#: Options that are inputs of the analysis by another name.
GIVEN = {
    "year": "year",
    "mode": "mode",
    "sky": "sky",
    "bounces": "bounces",
    "threshold": "least_kwh_m2",
    "coverage": "coverage_pct",
    "efficiency": "efficiency_pct",
    "performance_ratio": "performance_pct",
    "losses": "losses_pct",
    "albedo_ground": "albedo_ground",
    "albedo_wall": "albedo_wall",
    "albedo_roof": "albedo_roof",
    "albedo_water": "albedo_water",
    "albedo_vegetation": "albedo_vegetation",
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_where(parser, spacing="2")
    add_surfaces(parser)
    add = parser.add_argument
    add(
        "--weather",
        metavar="FILE",
        required=True,
        help=f"EPW, TMY3 (.csv) or PVGIS (.csv, .json); {CLEAR_SKY} for a year without clouds",
    )
    add("--far-weather", action="store_true", help=f"even from farther than {TOO_FAR_KM:,.0f} km away")
    add("--year", metavar="YYYY", type=int, help="of the cloudless year; default 2025")
    add(
        "--mode", choices=("binned", "exact"), help="rays to bins of the sun's path, or to every hour's place"
    )
    add("--sky", choices=("perez1990", "perez1993"), help="how the light of the sky is spread")
    add("--bounces", metavar="N", type=int, help="how often light is reflected; default 1")
    for what, default in (
        ("ground", 0.2),
        ("wall", 0.3),
        ("roof", 0.2),
        ("water", 0.06),
        ("vegetation", 0.25),
    ):
        add(f"--albedo-{what}", metavar="0…1", type=float, help=f"share it reflects; default {default}")
    add("--threshold", metavar="KWH_M2", type=float, help="least irradiation for modules; default 800")
    add("--coverage", metavar="PCT", type=float, help="of that area under modules; default 80")
    add("--efficiency", metavar="PCT", type=float, help="of modules; default 20")
    add("--performance-ratio", metavar="PCT", type=float, help="of the plant; default 80")
    add("--losses", metavar="PCT", type=float, help="further losses; default 0")
    add("--months", action="store_true", help="the months of every point, not of surfaces only")
    add("--no-trees", action="store_true", help="as if there were no vegetation")
    add_states(parser, "--date")
    add_results(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    given = {name: getattr(arguments, option) for option, name in GIVEN.items()}
    answers = {
        **surveyed_from(arguments),
        "weather": "" if arguments.weather == CLEAR_SKY else arguments.weather,
        "vegetation": not arguments.no_trees,
        "points_by_month": arguments.months,
        "far_weather": arguments.far_weather,
        **{name: value for name, value in given.items() if value is not None},
    }
    result, said = measured(arguments, "solar", answers, {**OPTIONS, **options_of(GIVEN)})
    headings = {
        "name": "object",
        "area_m2": "m²",
        "total_kwh_m2": "kWh/m²",
        "usable_area_m2": "usable m²",
        "pv_kwp": "kWp",
        "pv_kwh": "kWh",
    }
    lines = [
        result.title,
        *lines_of(result.tables["buildings"], headings),
        f"Modules cover {result.inputs['coverage_pct']:g} % of the usable area; kWp and kWh are theirs.",
        *told(result),
        *said,
    ]
    return Answer({**values_of(arguments, result), "surfaces": len(result.surfaces)}, tuple(lines))


VERB = Verb(
    "solar",
    "Irradiation of roofs, walls and ground over a year, and what photovoltaic modules yield of it.",
    "citystrata solar town.city.gpkg --weather amsterdam.epw --out irradiation.gpkg",
    _arguments,
    _run,
)
