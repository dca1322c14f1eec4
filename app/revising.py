"""Edited objects of imported layers on their way into the scene, without all the others of their layers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app import loading
from app.jobs import Job
from layers.records import Layer
from layers.runs import Int64
from viewer.prepared import Revision

if TYPE_CHECKING:
    from app.session import Session

#: Where more objects than this have been edited since their layer was drawn, all of it is drawn anew.
MOST = 2_000


class Revising(QObject):
    """Knows which objects have other shapes since their layers were drawn, and has these drawn anew."""

    shown = Signal(int)  # objects of a layer have just come into the scene
    failed = Signal(int)  # the objects of a layer cannot be drawn by themselves

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._edited: dict[int, Int64] = {}  # fids, by layer
        self._coming: dict[int, Job] = {}
        self._stale: set[int] = set()  # edited while they were on their way

    @property
    def to_come(self) -> int:
        """Of how many layers objects are on their way."""
        return len(self._coming)

    def forget(self, layer: int | None = None) -> None:
        """A layer (or every one) is drawn anew as a whole, or is gone."""
        for number in [*self._edited] if layer is None else [layer]:
            self._edited.pop(number, None)
            if number in self._coming:
                self._coming.pop(number).drop()
            self._stale.discard(number)

    def take(self, layer: Layer, fids: Int64) -> bool:
        """Draw these objects of a layer as they are now; False where all of it must be drawn anew."""
        edited = np.union1d(self._edited.get(layer.id, fids[:0]), fids)
        is_imported = layer.partner is None and not layer.is_drawn
        if not is_imported or len(edited) > MOST or not self._session.scene.can_revise(layer.id):
            return False
        self._edited[layer.id] = edited
        if layer.id in self._coming:
            self._stale.add(layer.id)
        else:
            self._begin(layer)
        return True

    def _begin(self, layer: Layer) -> None:
        fids = self._edited[layer.id]
        title = f"Drawing {len(fids):,} objects of {layer.name}"
        work = partial(loading.revise, self._session.project, layer, fids)
        job = self._session.jobs.ask(
            title, work, partial(self._on_done, layer), partial(self._on_failed, layer)
        )
        self._coming[layer.id] = job

    def _on_done(self, layer: Layer, revision: Revision) -> None:
        del self._coming[layer.id]
        if layer.id in self._stale:
            self._stale.discard(layer.id)
            self._begin(layer)
        self._session.panes.revise(revision)
        self.shown.emit(layer.id)
        self._session.scene_changed.emit()

    def _on_failed(self, layer: Layer, _error: object) -> None:
        del self._coming[layer.id]
        self.forget(layer.id)
        self.failed.emit(layer.id)
