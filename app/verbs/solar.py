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
    surveyed_from,
    told,
    values_of,
)
from app.verbs.options import Option, add_options, given, options_of
from app.verbs.verb import Answer, Verb
from layers.weather import TOO_FAR_KM

CLEAR_SKY = "clear-sky"
#: What falls on a building in a year; of two states, what fell before and by how much that differs.
FALLS = {"total_kwh": "light, kWh", "total_kwh_before": "before", "total_kwh_change": "change"}
#: Shares of light that things reflect.
ALBEDOS = {"ground": 0.2, "wall": 0.3, "roof": 0.2, "water": 0.06, "vegetation": 0.25}
GIVEN = (
    Option("year", "year", "YYYY", "of the cloudless year; default 2025", int),
    Option(
        "mode",
        "mode",
        "",
        "rays to bins of the sun's path, or to every hour's place",
        choices=("binned", "exact"),
    ),
    Option("sky", "sky", "", "how the light of the sky is spread", choices=("perez1990", "perez1993")),
    Option("bounces", "bounces", "N", "how often light is reflected; default 1", int),
    Option("threshold", "least_kwh_m2", "KWH_M2", "least irradiation for modules; default 800", float),
    Option("coverage", "coverage_pct", "PCT", "of that area under modules; default 80", float),
    Option("efficiency", "efficiency_pct", "PCT", "of modules; default 20", float),
    Option("performance-ratio", "performance_pct", "PCT", "of the plant; default 80", float),
    Option("losses", "losses_pct", "PCT", "further losses; default 0", float),
    *(
        Option(f"albedo-{what}", f"albedo_{what}", "0…1", f"share it reflects; default {default}", float)
        for what, default in ALBEDOS.items()
    ),
)


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
    add_options(parser, GIVEN)
    add("--months", action="store_true", help="the months of every point, not of surfaces only")
    add("--no-trees", action="store_true", help="as if there were no vegetation")
    add_states(parser, "--date")
    add_results(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    answers = {
        **surveyed_from(arguments),
        "weather": "" if arguments.weather == CLEAR_SKY else arguments.weather,
        "vegetation": not arguments.no_trees,
        "points_by_month": arguments.months,
        "far_weather": arguments.far_weather,
        **given(arguments, GIVEN),
    }
    result, said = measured(arguments, "solar", answers, {**OPTIONS, **options_of(GIVEN)})
    headings = {
        "name": "object",
        "area_m2": "m²",
        "total_kwh_m2": "kWh/m²",
        **FALLS,
        "usable_area_m2": "usable m²",
        "pv_kwp": "kWp",
        "pv_kwh": "kWh",
    }
    buildings = result.tables["buildings"]
    shown = {name: words for name, words in headings.items() if name in buildings.columns}
    lines = [
        result.title,
        *lines_of(buildings, shown),
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
