"""`citystrata visibility`: what of roofs, walls and ground is seen from places, or along a path."""

from __future__ import annotations

import argparse

from analysis.visibility import Inputs
from app.verbs.asking import (
    add_objects,
    add_surfaces,
    check_wanted,
    lines_of,
    measured,
    rows_of,
    surveyed_from,
    told,
    values_of,
)
from app.verbs.looking import LOOKING_OPTIONS, add_from, add_seeing, looking_from, range_from
from app.verbs.options import Option, add_options, given, options_of
from app.verbs.verb import Answer, Verb
from layers.results import FINDINGS, Result, Table

GIVEN = (
    Option("step", "path_spacing_m", "M", "distance of viewing places on the path; default 25", float),
    Option("radius", "radius_m", "M", "how far one looks, on the map; default no limit", float),
    Option("azimuth", "azimuth_deg", "DEG", "middle of the view, clockwise from true north", float),
    Option("width", "width_deg", "DEG", "width of the view; default 360, all around", float),
    Option("target-height", "target_height_m", "M", "above the ground, of what is to be seen there", float),
    Option("terrain", "terrain", "LAYER", "with --on raster; default the uppermost terrain raster"),
)
NAMED = {
    **LOOKING_OPTIONS,
    **options_of(GIVEN),
    "low_deg": "--altitudes",
    "high_deg": "--altitudes",
    "surfaces": "--on roofs, walls or windows",
    "objects": "--bare",
    "method": "--as-gdal",
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_from(parser)
    add = parser.add_argument
    add("--path", action="store_true", help="along the path through these places, one after the other")
    add_options(parser, GIVEN)
    add(
        "--altitudes",
        metavar="LOW,HIGH",
        type=range_from("LOWEST,HIGHEST in degrees above the horizon, as -10,30"),
        help="lowest and highest altitude of the view in degrees; default -90,90",
    )
    add_surfaces(
        parser, "raster", about=", or all within the radius; raster: every cell of the terrain there"
    )
    add_objects(parser)
    add("--bare", action="store_true", help="with --on raster: the terrain alone, no buildings and trees")
    add("--as-gdal", action="store_true", help="with --on raster: by the method of gdal_viewshed, to compare")
    add_seeing(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    answers = {
        **surveyed_from(arguments),
        **looking_from(arguments),
        **given(arguments, GIVEN),
        "path": arguments.path,
        "objects": not arguments.bare,
        "method": "gdal" if arguments.as_gdal else "lines",
    }
    if arguments.altitudes is not None:
        answers["low_deg"], answers["high_deg"] = arguments.altitudes
    check_wanted(Inputs, answers, NAMED)
    result, said = measured(arguments, "visibility", answers, NAMED)
    findings = result.tables.get(FINDINGS, Table({"sentence": []}))
    lines = [result.title, *findings.texts("sentence"), *_tables(result), *told(result), *said]
    values = {**values_of(arguments, result), "surfaces": rows_of(result.surfaces)}
    return Answer(values, tuple(lines))


def _tables(result: Result) -> list[str]:
    """The objects of which most is seen, and what is seen from each place."""
    changed = {"seen_m2_before": "before, m²", "seen_m2_change": "change, m²"}
    lines = []
    for name, headings in (
        ("objects", {"name": "object", "area_m2": "m²", "seen_m2": "seen, m²", "seen_fraction": "share"}),
        ("places", {"name": "from", "seen_m2": "seen, m²", "seen_pct": "%"}),
    ):
        table = result.tables.get(name, Table())
        if len(table):
            more = {column: title for column, title in changed.items() if column in table.columns}
            lines += lines_of(table, headings | more)
    return lines


VERB = Verb(
    "visibility",
    "What of roofs, walls and ground is seen from places, or along a path.",
    "citystrata visibility town.city.gpkg --from 548310,5494410 --radius 500 --out seen.gpkg",
    _arguments,
    _run,
)
