"""What an analysis asks for: the fields of a frozen dataclass, with titles, units and limits.

Form, command line, report and rerun follow from them. Fields hold JSON values only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Ask:
    """How one input is asked for.

    `kind` is one of number, whole, yes, text, choice, date, time, expression (which objects), fids
    (chosen objects), file (a path), points (list of [x, y, z, nx, ny, nz]), rules (name of a preset).
    """

    title: str
    kind: str
    unit: str = ""
    help: str = ""
    group: str = ""  # heading in the form
    low: float | None = None
    high: float | None = None
    choices: tuple[tuple[str, str], ...] = ()  # value, title


def asked(default: Any, title: str, kind: str, **more: Any) -> Any:
    """A field of an input dataclass: its default and how it is asked for."""
    return field(default=default, metadata={"ask": Ask(title, kind, **more)})


def questions(inputs: type[Any]) -> Sequence[tuple[Field[Any], Ask]]:
    """The fields of an input dataclass, in order, with how each is asked for."""
    return [(found, found.metadata["ask"]) for found in fields(inputs)]


def as_json(inputs: Any) -> Mapping[str, Any]:
    """Inputs as plain values, to be kept in a result."""
    return {found.name: getattr(inputs, found.name) for found in fields(inputs)}
