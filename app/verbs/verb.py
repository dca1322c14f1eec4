"""What every verb of the command line has: words for its help, arguments, and an answer."""

from __future__ import annotations

import argparse
import math
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from layers.cache import cache_folder
from layers.errors import UsageError
from layers.placement import TILTS_DEG, UNITS_M
from layers.project import ENDING, Project
from layers.records import Layer
from layers.written import counted, grouped

if TYPE_CHECKING:
    from analysis.analysis import Estimate

SECONDS_BETWEEN_NOTES = 2.0
#: What takes longer is said before.
LONG_S = 30.0
#: Says that the city is looked at as it is, in no scenario.
AS_IT_IS = "base"


@dataclass(frozen=True)
class Answer:
    """What a verb found or did: plain values for `--json`, lines for people, an exit status."""

    values: Any
    lines: tuple[str, ...] = ()
    status: int = 0


@dataclass(frozen=True)
class Verb:
    """One verb: its name, one line and an example for its help, its arguments, what it does."""

    name: str
    summary: str
    example: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Answer]


class Progress:
    """Progress on standard error: one line that changes on a terminal, now and then a line elsewhere."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._last = time.monotonic()
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def __call__(self, fraction: float, text: str) -> None:
        """Say how far the work is, at most ten times a second; a log is not told what has yet to begin."""
        now = time.monotonic()
        if fraction <= 0 and not self._is_terminal:
            return
        if now - self._last < (0.1 if self._is_terminal else SECONDS_BETWEEN_NOTES):
            return
        self._last = now
        line = f"{fraction:4.0%} {text}"
        if self._is_terminal:
            print(f"\r{line:<{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(line)
        else:
            print(line, file=sys.stderr, flush=True)

    def announce(self, found: Estimate) -> None:
        """Say how much there is to do, where that takes long."""
        if found.seconds < LONG_S:
            return
        self.end()
        rays = f", {grouped(found.rays)} rays" if found.rays else ""
        minutes = max(round(found.seconds / 60), 1)
        effort = f"{counted(found.points, found.what)}{rays}: some {grouped(minutes)} min"
        print(f"About {effort}. Ctrl+C ends it.", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Clear the line."""
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr, flush=True)
            self._width = 0


def add_project(parser: argparse.ArgumentParser) -> None:
    """The project as first argument."""
    parser.add_argument("project", metavar="P", type=Path, help="the project, a file ending in .city.gpkg")


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Which objects: a layer and an expression."""
    parser.add_argument("--layer", metavar="NAME", help="the layer; needed when several have objects")
    parser.add_argument(
        "--where", metavar="EXPR", help='which objects, such as "measuredHeight > 30"; default all'
    )


def chosen_layer(project: Project, name: str | None) -> Layer:
    """The layer of that name, or the only one that has objects."""
    if name is not None:
        return project.layer(name)
    own = [layer for layer in project.layers if layer.partner is None and layer.scenario is None]
    having = [layer for layer in own if layer.object_count] if len(own) > 1 else own
    if len(having) == 1:
        return having[0]
    raise UsageError(
        "It is not clear which layer is meant",
        allowed=", ".join(f"--layer {layer.name!r}" for layer in having or project.layers) or "no layer yet",
    )


@contextmanager
def new_project(path: Path) -> Iterator[None]:
    """Whatever stops the making of a new project, Ctrl-C too, takes away what is there of it."""
    is_new = not path.exists()
    if is_new and not path.name.endswith(ENDING):
        raise UsageError(
            "The name of a project ends in .city.gpkg",
            found=path.name,
            do=f"Call it {path.name.split('.')[0] or 'town'}{ENDING}",
        )
    try:
        yield
    except BaseException:
        if is_new:
            for left in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
                left.unlink(missing_ok=True)
            shutil.rmtree(cache_folder(path), ignore_errors=True)
        raise


def size_from(text: str) -> tuple[int, int]:
    """Width and height in pixels from "1600x1000"."""
    found = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", text)
    if not found:
        raise UsageError("The size is not understood", found=repr(text), allowed="WIDTHxHEIGHT, as 1600x1000")
    return int(found[1]), int(found[2])


def pair_from(text: str, what: str) -> tuple[str, str]:
    """Name and value from "NAME=VALUE"."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise UsageError(f"{what} is not understood", found=repr(text), allowed="NAME=VALUE")
    return name.strip(), value


def triple_from(text: str, what: str) -> tuple[float, float, float]:
    """Three numbers from "X,Y,Z", or X and Y with no height."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (2, 3) or not all(map(math.isfinite, numbers)):
        raise UsageError(f"{what} is not understood", found=repr(text), allowed="X,Y,Z or X,Y")
    x, y, z = (*numbers, 0.0)[:3]
    return x, y, z


def add_upright(parser: argparse.ArgumentParser) -> None:
    """The unit of a model, and which way is up in it."""
    parser.add_argument("--unit", choices=UNITS_M, help="the unit of the coordinates of a model or scan")
    parser.add_argument("--up", choices=TILTS_DEG, help="which axis of a model or scan points upwards")


def table(rows: list[list[str]]) -> tuple[str, ...]:
    """Rows as aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    return tuple(
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
    )
