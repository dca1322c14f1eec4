"""Validating a CityJSON file or sequence: its syntax, the rules of the specification, its shapes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from layers.conformance import WARNINGS, Conformance, Finding
from layers.errors import ReadError
from layers.validity import Validity

#: The official validator's program; it is asked too where it is installed.
OFFICIAL = "cjval"
OFFICIAL_SECONDS = 300
_SECTION = re.compile(r"^=== (\w+) ===$")


class _Repeated(ValueError):
    """A JSON object has two members of one name."""


def validate(path: Path) -> list[Finding]:
    """Everything that is wrong with a file, warnings among it."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ReadError("The file could not be read", where=str(path), found=error.strerror or "") from error
    except UnicodeDecodeError as error:
        return [Finding("json_syntax", "", "", f"the file is not UTF-8: byte {error.start}")]
    if not text.strip():
        raise ReadError("The file is empty", where=str(path), do="Ask for the file again")
    try:
        found = list(_document(_parsed(text)))
    except (ValueError, RecursionError) as error:
        if not _is_sequence(text):
            return [Finding("json_syntax", "", "", _told(error))]
        return list(_sequence(text))
    return [*found, *_officially(path, text, found)]


def _parsed(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_members, parse_constant=_no_constant)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise _Repeated(f"a JSON object has two members {repeated!r}")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _told(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the JSON is nested too deep"
    return str(error)


def _document(document: Any, header: Mapping[str, Any] | None = None) -> Iterator[Finding]:
    if not isinstance(document, dict):
        yield Finding("schema", "", "", "the file holds no JSON object")
        return
    found = list(Conformance(document, header).findings())
    yield from found
    if all(finding.is_warning for finding in found):
        yield from Validity(document, header).findings()


def _is_sequence(text: str) -> bool:
    """Whether the first line is a JSON object of its own."""
    lines = text.lstrip().split("\n", 1)
    try:
        return len(lines) == 2 and isinstance(_parsed(lines[0]), dict)
    except (ValueError, RecursionError):
        return False


def _sequence(text: str) -> Iterator[Finding]:
    """A header line, then one feature a line."""
    header: Mapping[str, Any] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            document = _parsed(line)
        except (ValueError, RecursionError) as error:
            yield Finding("json_syntax", "", f"line {number}", _told(error))
            continue
        if header is None and isinstance(document, dict) and document.get("type") == "CityJSON":
            header = document
            yield from _document(document)
        elif header is None:
            yield Finding(
                "schema", "", f"line {number}", "the first line must be a CityJSON object with the transform"
            )
            return
        else:
            yield from _document(document, header)


def _officially(path: Path, text: str, ours: list[Finding]) -> Iterator[Finding]:
    """What the official validator says beyond our own findings, where it is installed.

    It would fetch the schemas of extensions from the network, so it is not asked about files that have any.
    """
    program = shutil.which(OFFICIAL)
    if program is None or '"extensions"' in text:
        return
    try:
        answer = subprocess.run(
            [program, str(path.absolute())], capture_output=True, text=True, timeout=OFFICIAL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    known = {finding.code for finding in ours}
    code = ""
    for line in answer.stdout.splitlines():
        section = _SECTION.match(line.strip())
        if section:
            code = section[1]
        elif code and code not in known and line.strip() not in ("", "ok") and _is_official(code):
            yield Finding(code, "", "", f"{OFFICIAL}: {line.strip()}")


def _is_official(code: str) -> bool:
    return code in WARNINGS or code in (
        "json_syntax", "schema", "parents_children_consistency", "wrong_vertex_index",
        "semantics_array", "textures", "materials",
    )  # fmt: skip
