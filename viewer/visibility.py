"""What of a city is shown: selected, hidden, isolated, and what stands at a date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Int32
from layers.epochs import state_at
from viewer.columns import NO_OBJECT, Columns
from viewer.faces import Mask
from viewer.view import Shown

if TYPE_CHECKING:
    from layers.project import Project


class Visibility:
    """By fid, for all layers together; parts follow what they are a part of."""

    def __init__(self) -> None:
        self.selected: tuple[int, ...] = ()
        self.hidden: set[int] = set()
        self.isolated: set[int] | None = None
        self.date: str | None = None
        self.ghosts = True

    def states(self, project: Project) -> dict[int, tuple[Mask, Mask]]:
        """Per layer, what stands at the date and what does not; nothing without a date."""
        return state_at(project, self.date) if self.date is not None else {}

    def shown(self, columns: Columns, state: tuple[Mask, Mask] | None) -> Shown:
        """What of one layer is drawn, and how."""
        shown = Shown.all(columns.count)
        if state is not None and len(state[0]) == len(shown.visible):
            shown.visible = _with_parents(columns, state[0])
            shown.ghost = ~shown.visible if self.ghosts else np.zeros_like(shown.visible)
        hidden = _positions(columns, self.hidden)
        shown.visible[hidden] = shown.ghost[hidden] = False
        if self.isolated is not None and columns.count:
            kept = np.zeros_like(shown.visible)
            kept[_positions(columns, self.isolated)] = True
            shown.visible &= kept
            shown.ghost &= kept
        shown.selected = _positions(columns, self.selected)
        return shown


def _with_parents(columns: Columns, visible: Mask) -> Mask:
    """A part is there no longer than what it is a part of."""
    found = visible.copy()
    if columns.count == 0:
        return found
    while True:
        before = found.copy()
        found &= np.where(columns.parents == NO_OBJECT, True, before[columns.parents])
        if (found == before).all():
            return found


def _positions(columns: Columns, fids: Iterable[int]) -> Int32:
    """Where these objects and all their parts are in a layer."""
    first, count = columns.first_fid, columns.count
    mine = np.array([fid - first for fid in fids if 0 <= fid - first < count], np.int32)
    return columns.family(mine) if len(mine) else mine
