"""What every analysis has, checked by a test: one file, one name in `analysis.ANALYSES`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from analysis import ANALYSES
from analysis.asked import questions
from analysis.standing import casting_layers
from layers.data import Progress
from layers.errors import UsageError
from layers.expression import parse
from layers.importing import complete
from layers.project import Project
from layers.results import Result


@dataclass(frozen=True)
class Estimate:
    """What a run will take, told before it starts."""

    points: int
    rays: int
    seconds: float  # on this machine
    warnings: tuple[str, ...] = ()  # what is odd about what is asked
    what: str = "point"  # that `points` counts


class Analysis(Protocol):
    """Module-level names of an analysis."""

    NAME: str  # short id, also the verb's
    TITLE: str  # in the menu
    HELP: str  # one sentence
    Inputs: type[Any]  # a frozen dataclass of `analysis.asked.asked` fields, with defaults for all

    def estimate(self, project: Project, inputs: Any) -> Estimate:
        """How much there is to do; quick."""

    def run(self, project: Project, inputs: Any, progress: Progress) -> Result:
        """Do it; `progress` may raise Cancelled."""


def analysis_of(name: str) -> Analysis:
    """The analysis of that name."""
    if name not in ANALYSES:
        raise UsageError("There is no such analysis", found=repr(name), allowed=", ".join(ANALYSES))
    found: Analysis = import_module(f"analysis.{name}")
    return found


def perform(
    analysis: Analysis,
    project: Project,
    inputs: Any,
    progress: Progress,
    announce: Callable[[Estimate], object] | None = None,
) -> Result:
    """Run an analysis, once its expressions are sound and what the cache lost is made again.

    `announce` is told first how much there is to do.
    """
    check_names(project, inputs)
    complete(project, casting_layers(project), progress)
    if announce is not None:
        announce(analysis.estimate(project, inputs))
    return analysis.run(project, inputs, progress)


def check_names(project: Project, inputs: Any) -> None:
    """Refuse expressions that name attributes which no layer has."""
    known = {
        name for layer in project.layers if layer.object_count for name in project.attribute_types(layer)
    }
    for field, ask in questions(type(inputs)):
        text = getattr(inputs, field.name)
        if ask.kind == "expression" and text:
            parse(text).check(known)
