"""`citystrata validate`: whether a file keeps its rules and geometries are sound, in files and projects."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.verbs.verb import Answer, Progress, Verb
from layers import formats
from layers.checks import layer as of_layers
from layers.conformance import Finding
from layers.crs import LOCAL
from layers.data import ReadOptions
from layers.errors import PlaceError, ReadError, UsageError
from layers.formats import citygml
from layers.gml.conformance import conformance
from layers.importing import complete, import_files
from layers.project import Project
from layers.records import Layer
from layers.schema import is_project
from layers.validation import validate
from layers.written import counted

MOST_LINES = 50
#: Formats whose own rules are all checked.
BY_THE_RULES = ("cityjson", "cityjsonseq")
#: What is checked in other files.
SOME_RULES = "Checked: XML, ids, references, names of elements, shapes. Not checked: the full XML schema."
SHAPES_ONLY = "Checked: shapes. Not checked: the rules of the format they come from."


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="a city model in any format, or a project")
    parser.add_argument("--layer", metavar="NAME", help="of a project; default all city layers")


def _run(arguments: argparse.Namespace) -> Answer:
    path: Path = arguments.file
    form = "" if is_project(path) else _form(path)
    found = list(_findings(path, form, arguments.layer))
    errors = [finding for finding in found if not finding.is_warning]
    warnings = [finding for finding in found if finding.is_warning]
    values: dict[str, Any] = {
        "valid": not errors,
        "errors": [asdict(finding) for finding in errors],
        "warnings": [asdict(finding) for finding in warnings],
    }
    lines = [_line(finding) for finding in [*errors, *warnings][:MOST_LINES]]
    if len(found) > MOST_LINES:
        lines.append(f"… and {len(found) - MOST_LINES} more; --json lists them")
    if form not in BY_THE_RULES:
        values["checked"] = SOME_RULES if form == citygml.NAME else SHAPES_ONLY
        lines.append(values["checked"])
    verdict = "valid" if not errors else f"not valid: {counted(len(errors), 'error')}"
    lines.append(verdict + (f", {counted(len(warnings), 'warning')}" if warnings else ""))
    return Answer(values, tuple(lines), 0 if not errors else 1)


def _findings(path: Path, form: str, layer: str | None) -> Iterator[Finding]:
    if not form:
        with Project.open(path, read_only=True) as project:
            yield from _of_project(project, layer, path)
        return
    if layer is not None:
        raise UsageError("Only projects have layers to choose from", found=f"--layer {layer}")
    if form in BY_THE_RULES:
        yield from validate(path)
        return
    if "city" not in formats.by_name(form).KINDS:
        raise _nothing_to_check(path, formats.by_name(form).TITLE)
    if form == citygml.NAME:
        yield from conformance(path)
    with (
        tempfile.TemporaryDirectory() as folder,
        Project.create(Path(folder, "checked.city.gpkg")) as project,
    ):
        _import(project, path)
        yield from _of_project(project, None, path)


def _import(project: Project, path: Path) -> None:
    """Bring a file into a project of its own; where it lies on Earth does not matter."""
    with Progress() as progress:
        try:
            import_files(project, [path], progress=progress)
        except PlaceError:
            import_files(project, [path], ReadOptions(crs=LOCAL), progress=progress)


def _form(path: Path) -> str:
    """The name of a file's format; what only means to be CityJSON is checked by its rules all the same."""
    try:
        return formats.detect(path).NAME
    except ReadError:
        if path.suffix.lower() in (".json", ".jsonl"):
            return BY_THE_RULES[0]
        raise


def _nothing_to_check(path: Path, found: str) -> UsageError:
    return UsageError("There are no city objects to check in it", where=str(path), found=found)


def _of_project(project: Project, name: str | None, path: Path) -> Iterator[Finding]:
    layers = [layer for layer in project.layers if layer.kind == "city"]
    if name is not None:
        layers = [_city_layer(project.layer(name))]
    if not layers:
        kinds = ", ".join(dict.fromkeys(f"a layer of kind {layer.kind!r}" for layer in project.layers))
        raise _nothing_to_check(path, kinds or "no layer yet")
    with Progress() as progress:
        complete(project, layers, progress)
        for layer in layers:
            for found in of_layers.findings(project, layer, progress=progress):
                yield found.finding


def _city_layer(layer: Layer) -> Layer:
    if layer.kind != "city":
        raise UsageError(
            "Only city objects are checked", where=layer.name, found=f"a layer of kind {layer.kind!r}"
        )
    return layer


def _line(finding: Finding) -> str:
    where = ", ".join(filter(None, (finding.object, finding.surface)))
    return f"{'warning' if finding.is_warning else 'error'} {finding.code} {where}: {finding.text}".replace(
        " :", ":"
    )


VERB = Verb(
    "validate",
    "Check a city model against its rules, and its geometries for soundness, with codes.",
    "citystrata validate delft.city.json --json",
    _arguments,
    _run,
)
