"""Options of verbs that are inputs of an analysis by another name, in one table: argument, help, answer."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """One option, --NAME; nothing is answered where it is not given."""

    name: str  # without the dashes, as "least-spell"
    input: str  # of the analysis
    metavar: str
    about: str
    read: Callable[[str], Any] = str
    choices: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What the parsed arguments call it."""
        return self.name.replace("-", "_")


STOREY_HEIGHT = Option(
    "storey-height", "storey_height_m", "M", "where no storeys are stated; default 3", float
)


def add_options(parser: argparse.ArgumentParser, options: Sequence[Option]) -> None:
    """All options of a table."""
    for one in options:
        if one.choices:
            parser.add_argument(f"--{one.name}", choices=one.choices, help=one.about)
        else:
            parser.add_argument(f"--{one.name}", metavar=one.metavar, type=one.read, help=one.about)


def given(arguments: argparse.Namespace, options: Sequence[Option]) -> dict[str, Any]:
    """The inputs that were given."""
    values = {one.input: getattr(arguments, one.key) for one in options}
    return {name: value for name, value in values.items() if value is not None}


def options_of(options: Sequence[Option]) -> dict[str, str]:
    """By which option each input is given."""
    return {one.input: f"--{one.name}" for one in options}
