"""What of a city is shown: selected, hidden, isolated, and what stands at a date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Int32
from layers.columns import Mask
from layers.epochs import state_at
from viewer.columns import Columns
from viewer.view import Shown

if TYPE_CHECKING:
    from layers.project import Project

Fids = NDArray[np.int64]
NOBODY: Fids = np.empty(0, np.int64)


#: Kinds of layers whose signs stand for what no eye sees: monuments in registers, pipes below ground.
UNSEEN = ("heritage", "pipes")


class Visibility:
    """By fid, for all layers together; parts follow what they are a part of."""

    def __init__(self) -> None:
        self.selected = self.hidden = NOBODY
        self.isolated: Fids | None = None
        self.date: str | None = None
        self.scenario: int | None = None
        self.ghosts = True
        self.outlined = False  # ghosts are outlines alone
        self.as_seen = False  # as an eye sees it: without ghosts and signs

    def select(self, fids: Iterable[int]) -> None:
        """Mark these objects."""
        self.selected = fids_of(fids)

    def hide(self, fids: Iterable[int]) -> None:
        """Hide these objects as well."""
        both = np.sort(np.concatenate((self.hidden, fids_of(fids))), kind="stable")
        self.hidden = both[np.diff(both, prepend=-1) > 0]

    def isolate(self, fids: Iterable[int] | None) -> None:
        """Show these objects alone; None ends it."""
        self.isolated = None if fids is None else fids_of(fids)

    def show_all(self) -> None:
        """Bring hidden objects back."""
        self.hidden, self.isolated = NOBODY, None

    def follow(self, other: Visibility) -> bool:
        """Take over all but the date from another one; whether anything has changed."""
        kept = ("selected", "hidden", "isolated", "ghosts", "outlined", "as_seen")
        changed = [name for name in kept if getattr(self, name) is not getattr(other, name)]
        for name in changed:
            setattr(self, name, getattr(other, name))
        return bool(changed)

    def states(self, project: Project) -> dict[int, tuple[Mask, Mask]]:
        """Per layer, what stands at the date in the scenario, and what are ghosts."""
        return state_at(project, self.date, self.scenario_in(project))

    def scenario_in(self, project: Project) -> int | None:
        """The scenario, as long as the project has it."""
        is_there = any(scenario.id == self.scenario for scenario in project.scenarios)
        return self.scenario if is_there else None

    def shown(self, columns: Columns, state: tuple[Mask, Mask] | None, kind: str = "") -> Shown:
        """What of one layer, of a kind, is drawn, and how."""
        shown = Shown.all(columns.count)
        if state is not None and len(state[0]) == len(shown.visible) and not state[0].all():
            shown.visible = columns.with_parents(state[0]) if columns.count else state[0].copy()
            has_ghosts = self.ghosts and not self.as_seen
            shown.ghost = (
                (state[0] | state[1]) & ~shown.visible if has_ghosts else np.zeros_like(shown.visible)
            )
        hidden = _positions(columns, self.hidden)
        shown.visible[hidden] = shown.ghost[hidden] = False
        if self.isolated is not None and columns.count:
            kept = np.zeros_like(shown.visible)
            kept[_positions(columns, self.isolated)] = True
            shown.visible &= kept
            shown.ghost &= kept
        if self.as_seen and kind in UNSEEN:
            shown.visible[:] = shown.ghost[:] = False
        shown.selected = _positions(columns, self.selected)
        shown.outlined = self.outlined
        return shown


def fids_of(fids: Iterable[int]) -> Fids:
    """Objects as an array, whatever they come in."""
    return fids.astype(np.int64) if isinstance(fids, np.ndarray) else np.fromiter(fids, np.int64)


def _positions(columns: Columns, fids: Fids) -> Int32:
    """Where these objects and all their parts are in a layer."""
    places = fids - columns.first_fid
    mine = places[(places >= 0) & (places < columns.count)].astype(np.int32)
    return columns.family(mine) if len(mine) else mine
