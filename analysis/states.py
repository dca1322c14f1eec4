"""Which states of the city are looked at: one, or two that are compared as before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.asked import asked
from analysis.situation import Situation
from layers.project import Project

#: The questions of the state that another one is compared with.
COMPARED = ("compare_date", "compare_scenario", "compare_without")


@dataclass(frozen=True)
class States:
    """The questions of every analysis that looks at the city at a date."""

    date: str = asked("", "City of", "date", group="State")
    scenario: str = asked("", "Scenario", "scenario", group="State")
    compare: bool = asked(False, "Compare with another state", "yes", group="State")
    compare_date: str = asked("", "City before, of", "date", group="State", when=("compare", True))
    compare_scenario: str = asked("", "Before, scenario", "scenario", group="State", when=("compare", True))
    without: str = asked("", "Without", "expression", help="objects that are left out", group="More")
    compare_without: str = asked("", "Before, without", "expression", group="More", when=("compare", True))


def situations(states: States) -> tuple[Situation, ...]:
    """The state looked at, then the one it is compared with, if any."""
    now = Situation(states.date, states.without, states.scenario)
    before = Situation(states.compare_date, states.compare_without, states.compare_scenario)
    return (now, before) if states.compare else (now,)


def is_compared(states: States) -> bool:
    """Whether there is a state before that differs: one city is not compared with itself."""
    return len(set(situations(states))) > 1


def situations_told(inputs: Mapping[str, Any]) -> tuple[Situation, ...]:
    """The same of the inputs that a result keeps: the state looked at, then the one before, if any."""
    now, before = (
        Situation(*(str(inputs.get(f"{prefix}{name}") or "") for name in ("date", "without", "scenario")))
        for prefix in ("", "compare_")
    )
    return (now, before) if inputs.get("compare", "compare_date" in inputs) else (now,)


def states_title(project: Project, states: Sequence[Situation]) -> str:
    """The states of the city in a title, by the names of epochs: "plan 2035 against today"."""
    names = {epoch.date: epoch.name for epoch in project.epochs}
    said = []
    for state in states:
        name = state.scenario or names.get(state.date, state.date) or "all dates"
        said.append(f"{name} without {state.without}" if state.without else name)
    return " against ".join(said)
