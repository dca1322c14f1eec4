"""`citystrata validate`: whether a CityJSON file keeps the rules and its shapes are sound."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from app.verbs.verb import Answer, Verb
from layers.conformance import Finding
from layers.validation import validate

MOST_LINES = 50


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="a CityJSON file or sequence")


def _run(arguments: argparse.Namespace) -> Answer:
    found = validate(arguments.file)
    errors = [finding for finding in found if not finding.is_warning]
    warnings = [finding for finding in found if finding.is_warning]
    values = {
        "valid": not errors,
        "errors": [asdict(finding) for finding in errors],
        "warnings": [asdict(finding) for finding in warnings],
    }
    lines = [_line(finding) for finding in [*errors, *warnings][:MOST_LINES]]
    if len(found) > MOST_LINES:
        lines.append(f"… and {len(found) - MOST_LINES} more; --json lists them")
    verdict = "valid" if not errors else f"not valid: {len(errors)} error{'s' * (len(errors) != 1)}"
    lines.append(verdict + (f", {len(warnings)} warnings" if warnings else ""))
    return Answer(values, tuple(lines), 0 if not errors else 1)


def _line(finding: Finding) -> str:
    where = ", ".join(filter(None, (finding.object, finding.surface)))
    return f"{'warning' if finding.is_warning else 'error'} {finding.code} {where}: {finding.text}".replace(
        " :", ":"
    )


VERB = Verb(
    "validate",
    "Check a CityJSON file against the specification and its solids for soundness, with codes.",
    "citystrata validate delft.city.json --json",
    _arguments,
    _run,
)
