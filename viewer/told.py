"""What several views tell of one result: each what it says of the view's own situation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layers.epochs import date_in
from layers.results import BEFORE, CHANGE, Result
from viewer.color import LegendEntry

if TYPE_CHECKING:
    from layers.project import Project
    from viewer.scene import Scene

#: A date, None for all, and the id of a scenario, None for the city as it is.
State = tuple[str | None, int | None]


@dataclass(frozen=True, eq=False)
class Told:
    """A result, the quantity that was chosen, and the states of the city that it compares."""

    result: Result | None = None
    quantity: str | None = None  # None: the first one
    states: tuple[State, ...] = ()  # the one looked at, then the one before, if any

    def put_on(self, project: Project, scenes: Sequence[Scene]) -> None:
        """Colour scenes by the result; one alone by the quantity that was chosen."""
        for scene in scenes:
            quantity = self.quantity if len(scenes) == 1 else self._own(project, scene.situation)
            if scene.shows[0] is not self.result or scene.shows[1] != quantity:
                scene.show_result(self.result, quantity)

    def _own(self, project: Project, situation: State) -> str | None:
        """What is said of a situation where the quantity has values of both states; else the chosen one."""
        names = [] if self.result is None else [each.name for each in self.result.quantities]
        chosen = self.quantity or next(iter(names), "")
        now = chosen.removesuffix(BEFORE)
        side = self._side(project, situation)
        if side is None or chosen.endswith(CHANGE) or not {now, now + BEFORE} <= set(names):
            return self.quantity
        return now + BEFORE if side else now

    def _side(self, project: Project, situation: State) -> int | None:
        """Which of the two states a situation is; None: neither. Scenarios tell them apart at any date."""
        states = [(date_in(project, *state), state[1]) for state in self.states]
        own = date_in(project, *situation), situation[1]
        scenarios = [scenario for _, scenario in states]
        if len(states) != 2 or states[0] == states[1]:
            return None
        if own in states:
            return states.index(own)
        differ = scenarios[0] != scenarios[1]
        return scenarios.index(own[1]) if differ and own[1] in scenarios else None


def legend_of(scenes: Sequence[Scene]) -> list[LegendEntry]:
    """What the colours mean; of several scenes without numbers, as each has its own.

    Values before and after have the same colours, and are told once.
    """
    if len(scenes) == 1:
        return scenes[0].legend()
    scales = [scene.result_scale for scene in scenes]
    known = [scale for scale in scales if scale is not None]
    first = next((scale for scale in known if not scale.quantity.name.endswith(BEFORE)), None)
    found: dict[str, dict[LegendEntry, None]] = {}
    for scene, scale in zip(scenes, scales, strict=True):
        for entry in scene.legend():
            row = replace(entry, count=0, unit="", layer=0)
            if first is not None and scale is not None and row.heading == scale.heading:
                row = replace(row, heading=first.heading)
            found.setdefault(row.heading, {})[row] = None
    return [row for rows in found.values() for row in rows]
