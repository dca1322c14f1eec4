"""Which states of the city are looked at: one, or two that are compared as before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.asked import asked
from analysis.situation import Situation
from layers.project import Project


@dataclass(frozen=True)
class States:
    """The questions of every analysis that looks at the city at a date."""

    date: str = asked("", "City of", "date", group="State")
    compare: bool = asked(False, "Compare with another state", "yes", group="State")
    compare_date: str = asked("", "City before, of", "date", group="State", when=("compare", True))
    without: str = asked("", "Without", "expression", help="objects that are left out", group="More")
    compare_without: str = asked("", "Before, without", "expression", group="More", when=("compare", True))


def situations(states: States) -> tuple[Situation, ...]:
    """The state looked at, then the one it is compared with, if any."""
    now = Situation(states.date, states.without)
    return (now, Situation(states.compare_date, states.compare_without)) if states.compare else (now,)


def states_title(project: Project, states: Sequence[Situation]) -> str:
    """The states of the city in a title, by the names of epochs: "plan 2035 against today"."""
    names = {epoch.date: epoch.name for epoch in project.epochs}
    said = []
    for state in states:
        name = names.get(state.date, state.date) or "all dates"
        said.append(f"{name} without {state.without}" if state.without else name)
    return " against ".join(said)
