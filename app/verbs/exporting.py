"""`citystrata export`: a layer back into a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.verbs.verb import Answer, Verb, add_project, chosen_layer
from layers.project import Project


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument(
        "out", metavar="OUT", type=Path, help="the file to write; its ending names the format"
    )
    parser.add_argument("--layer", metavar="NAME", help="the layer; needed when several have objects")
    parser.add_argument("--crs", metavar="EPSG", help="write in another CRS")
    parser.add_argument("--lod", metavar="L", help="write only this level of detail")


def _run(arguments: argparse.Namespace) -> Answer:
    # Brings every format with it, which no other verb needs in this process.
    from layers.exporting import export_layer

    with Project.open(arguments.project, read_only=True) as project:
        layer = chosen_layer(project, arguments.layer)
        how = export_layer(project, layer, arguments.out, arguments.crs, arguments.lod)
    values = {
        "layer": layer.name,
        "out": str(arguments.out),
        "how": how,
        "bytes": arguments.out.stat().st_size,
    }
    return Answer(values, (f"{layer.name}: {how}. File: {arguments.out}",))


VERB = Verb(
    "export",
    "Write a layer to a file; to its own format, only what was edited differs from the source.",
    "citystrata export delft.city.gpkg --layer delft corrected.city.json",
    _arguments,
    _run,
)
