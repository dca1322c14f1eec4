"""`citystrata export`: a layer into a file, and before that what the file cannot hold of it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.verbs.verb import Answer, Progress, Verb, add_project, chosen_layer
from layers.data import WriteOptions
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
    parser.add_argument(
        "--section", metavar="X,Y;X,Y;…", type=_line, default=(),
        help="to DXF: a section along this line, in the CRS of the file, instead of footprints",
    )  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="even where there is such a file already")
    parser.add_argument(
        "--losses", action="store_true", help="only say what the file could not hold; write nothing"
    )


def _line(text: str) -> tuple[tuple[float, float], ...]:
    from layers.writers._sections import line_from

    return line_from(text)


def _run(arguments: argparse.Namespace) -> Answer:
    # Brings every format with it, which no other verb needs in this process.
    from layers.exporting import check_free, export_layer, holder_of
    from layers.losses import losses

    out: Path = arguments.out
    with Progress() as progress, Project.open(arguments.project, read_only=True) as project:
        layer = chosen_layer(project, arguments.layer)
        options = WriteOptions(
            arguments.crs, arguments.lod, out, arguments.section, arguments.overwrite, progress
        )
        if not arguments.losses:
            check_free(project, holder_of(project, layer), options)
        found = losses(project, layer, options)
        values: dict[str, Any] = {
            "layer": layer.name,
            "out": str(out),
            "losses": [asdict(loss) for loss in found],
        }
        if arguments.losses:
            nothing = "The file would hold all of the layer."
            return Answer(values, tuple(loss.text for loss in found) or (nothing,))
        how = export_layer(
            project, layer, out, options.crs, options.lod, options.section, progress, options.overwrite
        )
    # Of a file that was refused nothing is lost.
    for loss in found:
        print(f"note: {loss.text}", file=sys.stderr)
    written = Source(out, tuple(layer.facts.get("tiles") or ()) if out.is_dir() else ())
    values |= {"how": how, "bytes": written.size}
    return Answer(values, (f"{layer.name}: {how}. File: {out}",))


VERB = Verb(
    "export",
    "Write a layer to a file; to its own format, only what was edited differs from the source.",
    "citystrata export delft.city.gpkg --layer delft corrected.city.json",
    _arguments,
    _run,
)
