"""`citystrata import`: files into a project."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.noticed import noticed
from app.verbs.verb import Answer, Progress, Verb, add_upright, new_project, pair_from, triple_from
from layers import KINDS
from layers.data import ReadOptions
from layers.epochs import iso_date
from layers.errors import UsageError
from layers.importing import import_files
from layers.placement import TILTS_DEG, UNITS_M, Placement
from layers.project import Project
from layers.records import Layer
from layers.report import COUNTED, told_once
from layers.written import counted

MOST_WARNINGS = 5


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", metavar="FILE", nargs="+", type=Path, help="what to read; of a folder, the tiles in it"
    )
    parser.add_argument(
        "--into", metavar="P", type=Path, required=True, help="the project; made when it is not there"
    )
    parser.add_argument("--layer", metavar="NAME", help="what the (first) new layer is called")
    parser.add_argument(
        "--one-layer", action="store_true", help="the files are tiles: they become one layer together"
    )
    parser.add_argument(
        "--skip-broken", action="store_true", help="go on without those of many tiles that cannot be read"
    )
    parser.add_argument("--kind", choices=KINDS, help="what the files hold, when they do not show it")
    parser.add_argument("--epoch", metavar="DATE", help="the date of which the files are a snapshot")
    parser.add_argument(
        "--series",
        metavar="NAME",
        help="the snapshots that this one belongs to; without it, those of the same --layer",
    )
    parser.add_argument("--scenario", metavar="NAME", help="the layers stand in this scenario alone")
    parser.add_argument("--crs", metavar="EPSG", help="where the files lie; wins over what they say")
    parser.add_argument(
        "--offset", metavar="X,Y,Z",
        help="what is to be added to the files' coordinates, in their CRS, as scanners and modellers note it",
    )  # fmt: skip
    add_upright(parser)
    parser.add_argument(
        "--map", "--field", metavar="OURS=THEIRS", action="append", default=[], dest="fields",
        help='where a field of a network or of shapes comes from, as diameter_m="DIAM [mm]"',
    )  # fmt: skip


def _run(arguments: argparse.Namespace) -> Answer:
    epoch = iso_date(arguments.epoch) if arguments.epoch else None
    if arguments.epoch and epoch is None:
        raise UsageError(
            "The epoch is not a date", found=repr(arguments.epoch), allowed="YYYY-MM-DD or a year"
        )
    if arguments.series and epoch is None:
        raise UsageError("A snapshot in a series needs its date", do="Add --epoch DATE")
    fields = dict(pair_from(text, "--map") for text in arguments.fields)
    options = ReadOptions(kind=arguments.kind, crs=arguments.crs, field_map=fields)
    options.skip_broken = arguments.skip_broken
    if arguments.offset:
        options.placement = Placement(offset=triple_from(arguments.offset, "--offset"))
        options.placement.check()
    if arguments.unit or arguments.up:
        if arguments.offset:
            raise UsageError(
                "An offset is in the files' own coordinates",
                do="Import with --offset, then use the verb place",
            )
        tilt_deg = TILTS_DEG[arguments.up or "z"]
        options.placement = Placement(scale=UNITS_M[arguments.unit or "m"], tilt_deg=tilt_deg)
    path: Path = arguments.into
    progress = Progress()
    try:
        with new_project(path), Project.open(path) if path.exists() else Project.create(path) as project:
            layers = import_files(
                project,
                arguments.files,
                options,
                name=arguments.layer,
                epoch=epoch,
                series=arguments.series,
                scenario=project.scenario(arguments.scenario).id if arguments.scenario else None,
                as_one_layer=arguments.one_layer,
                progress=progress,
            )
            notes = {layer.id: [f"  {note.text}" for note in noticed(layer, project)] for layer in layers}
    finally:
        progress.end()
    return Answer(
        {"layers": [_values(layer, notes[layer.id]) for layer in layers]},
        tuple(line for layer in layers for line in (_line(layer), *_warnings(layer), *notes[layer.id])),
    )


def _values(layer: Layer, notes: Sequence[str]) -> dict[str, Any]:
    report = {k: layer.report[k] for k in (*COUNTED, "warnings")}
    return {
        "name": layer.name,
        "kind": layer.kind,
        "crs": layer.crs,
        **report,
        "noticed": [*map(str.strip, notes)],
    }


def _line(layer: Layer) -> str:
    report = layer.report
    line = f"{layer.name}: {layer.kind}, {layer.crs or 'no CRS'}"
    if layer.partner is not None:
        return f"{line}, drawn from objects of the layer before"
    drawn = f" with {counted(report['polygons'], 'surface')}" if report["polygons"] else ""
    line += f", {report['read']:,} read{drawn}, {report['dropped']} dropped"
    if report["repaired"] or report["unsupported"]:
        line += f", {report['repaired']} repaired, {report['unsupported']} unsupported"
    return line + (f", {counted(len(report['warnings']), 'warning')}" if report["warnings"] else "")


def _warnings(layer: Layer) -> list[str]:
    """What was noticed, as far as it fits on a screen."""
    found = [
        f"  {warning['text']}" + (f" ({count:,} times)" if count > 1 else "")
        for warning, count in told_once(layer.report["warnings"])
    ]
    left = len(found) - MOST_WARNINGS
    return found[:MOST_WARNINGS] + ([f"  … and {left:,} more; --json lists them"] if left > 0 else [])


VERB = Verb(
    "import",
    "Read files into a project, each as a layer, folders of tiles as one each, with a report.",
    "citystrata import delft.city.json dtm.tif --into delft.city.gpkg",
    _arguments,
    _run,
)
