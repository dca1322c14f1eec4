"""`citystrata info`: what is in a file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from app.verbs.verb import Answer, Progress, Verb
from layers import summary
from layers.project import ENDING, Project

MOST_WARNINGS = 20


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
        f"surfaces    {_counts(found.surfaces)}",
        f"attributes  {', '.join(f'{k} ({v})' for k, v in found.attributes.items()) or 'none'}",
    ]
    if found.points:
        lines.append(f"points      {found.points:,}")
    if found.epochs:
        epochs = (f"{epoch['name']} ({epoch['date']})" for epoch in found.epochs)
        lines.append(f"epochs      {', '.join(epochs)}")
    lines += [f"warning     {w['object']} {w['text']} [{w['code']}]" for w in found.warnings[:MOST_WARNINGS]]
    if len(found.warnings) > MOST_WARNINGS:
        lines.append(f"            and {len(found.warnings) - MOST_WARNINGS} more; --json lists them")
    return [*lines, f"dropped     {found.dropped}"]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"


VERB = Verb(
    "info",
    "What is in a file: format, CRS, extent, objects by type, LoDs, attributes, surfaces, warnings.",
    "citystrata info delft.city.json --json",
    _arguments,
    _run,
)
