"""`citystrata info`: what is in a file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.verbs.verb import Answer, Progress, Verb
from layers import summary
from layers.project import ENDING, Project
from layers.report import told_once

#: Of one surface that a file names there may be many polygons, which is what a picture's legend counts.
SURFACES_COUNTED = " (as the file names them; a legend counts their polygons)"
MOST_WARNINGS = 20
MOST_ATTRIBUTES = 20


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="a city model, raster, point cloud, … or a project"
    )
    parser.add_argument("--crs", metavar="EPSG", help="where the file lies, when it does not say so itself")


def _run(arguments: argparse.Namespace) -> Answer:
    path: Path = arguments.file
    if path.name.endswith(ENDING) and path.is_file():
        with Project.open(path, read_only=True) as project:
            found = summary.of_project(project)
    else:
        progress = Progress()
        try:
            found = summary.of_file(path, arguments.crs, progress)
        finally:
            progress.end()
    return Answer(found.as_dict(), tuple(_lines(found)))


def _lines(found: summary.Summary) -> list[str]:
    extent = found.extent
    lines = [
        f"format      {found.format} {found.version or ''}".rstrip(),
        f"CRS         {found.crs or 'not stated'}",
        f"extent      {' '.join(f'{v:.3f}' for v in extent) if extent else 'none'}",
        f"objects     {_counts(found.objects)}",
        f"LoDs        {_counts(found.lods)}",
        f"surfaces    {_counts(found.surfaces)}{SURFACES_COUNTED if found.surfaces else ''}",
        f"attributes  {_attributes(found)}",
    ]
    if found.points:
        lines.append(f"points      {found.points:,}")
    if found.epochs:
        epochs = (f"{epoch['name']} ({epoch['date']})" for epoch in found.epochs)
        lines.append(f"epochs      {', '.join(epochs)}")
    if found.scenarios:
        scenarios = (f"{scenario['name']} ({scenario['status']})" for scenario in found.scenarios)
        lines.append(f"scenarios   {', '.join(scenarios)}")
    if len(found.layers) > 1:
        layers = (f"{layer['name']} ({layer['kind']}) {layer['objects']:,}" for layer in found.layers)
        lines.append(f"layers      {', '.join(layers)}")
    told = told_once(found.warnings)
    lines += [f"warning     {_warning(*item)}" for item in told[:MOST_WARNINGS]]
    if len(told) > MOST_WARNINGS:
        lines.append(f"            and {len(told) - MOST_WARNINGS} more; --json lists them")
    return [*lines, f"dropped     {found.dropped}"]


def _attributes(found: summary.Summary) -> str:
    named = [f"{name} ({type})" for name, type in found.attributes.items()]
    left = len(named) - MOST_ATTRIBUTES
    more = [f"… and {left:,} more; --json lists them"] if left > 0 else []
    return ", ".join([*named[:MOST_ATTRIBUTES], *more]) or "none"


def _warning(warning: dict[str, Any], count: int) -> str:
    who = f"{warning['object']} and {count - 1:,} more times:" if count > 1 else warning["object"]
    return f"{who} {warning['text']} [{warning['code']}]".strip()


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"


VERB = Verb(
    "info",
    "What is in a file: format, CRS, extent, objects by type, LoDs, attributes, surfaces, warnings.",
    "citystrata info delft.city.json --json",
    _arguments,
    _run,
)
