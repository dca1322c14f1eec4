"""`citystrata export`: a layer back into a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.verbs.verb import Answer, Verb, add_project, chosen_layer
from layers.project import Project
from layers.source import Source


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument(
        "out", metavar="OUT", type=Path,
        help="the file to write; its ending names the format (for a layer of tiles also a folder)",
    )  # fmt: skip
    parser.add_argument("--layer", metavar="NAME", help="the layer; needed when several have objects")
    parser.add_argument("--crs", metavar="EPSG", help="write in another CRS")
    parser.add_argument("--lod", metavar="L", help="write only this level of detail")


def _run(arguments: argparse.Namespace) -> Answer:
    # Brings every format with it, which no other verb needs in this process.
    from layers.exporting import export_layer

    with Project.open(arguments.project, read_only=True) as project:
        layer = chosen_layer(project, arguments.layer)
        how = export_layer(project, layer, arguments.out, arguments.crs, arguments.lod)
    out: Path = arguments.out
    written = Source(out, tuple(layer.facts.get("tiles") or ()) if out.is_dir() else ())
    values = {"layer": layer.name, "out": str(out), "how": how, "bytes": written.size}
    return Answer(values, (f"{layer.name}: {how}. File: {out}",))


VERB = Verb(
    "export",
    "Write a layer to a file; to its own format, only what was edited differs from the source.",
    "citystrata export delft.city.gpkg --layer delft corrected.city.json",
    _arguments,
    _run,
)
