"""What stands while an analysis looks: the city at a date, with or without some of its objects."""

from __future__ import annotations

from dataclasses import dataclass

from layers.columns import Mask
from layers.epochs import iso_date, state_at
from layers.project import Project

#: Of the sun over the city of all dates.
ANY_YEAR = 2026
#: Kinds of layers that cast shadow; all others are left out.
CASTING = frozenset(("city", "terrain", "heritage"))


@dataclass(frozen=True)
class Situation:
    """A state of the city: two of them are compared as before and after."""

    date: str = ""  # ISO date of the city, '' = every object whenever it stands
    without: str = ""  # expression: objects that are left out, '' = none
    scenario: str = ""  # name of the one that is looked at, '' = the city as it is

    @property
    def year(self) -> int:
        """Of the sun over it, where no day is asked for."""
        date = iso_date(self.date) if self.date else None
        return int(date[:4]) if date else ANY_YEAR

    @property
    def title(self) -> str:
        """What it is called in tables and reports."""
        when = f"the city of {self.date}" if self.date else "the city, all dates"
        when += f", scenario {self.scenario}" if self.scenario else ""
        return f"{when} without {self.without}" if self.without else when


def state_of(project: Project, situation: Situation) -> dict[int, tuple[Mask, Mask]]:
    """Per layer id, which of its objects stand in a situation, and which are ghosts of other dates."""
    return state_at(project, situation.date or None, situation.scenario)
