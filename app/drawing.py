"""Layers on their way into the scene: prepared in jobs, then added on the interface thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app import loading
from app.jobs import THREADS
from app.revising import Revising
from layers.errors import CitystrataError
from layers.history import GONE
from layers.records import Changes, Layer
from layers.shaperows import FOOTPRINT, SHAPE
from viewer.scene import Prepared

if TYPE_CHECKING:
    from app.session import Session


class Drawing(QObject):
    """Brings the layers of a session's project into its scene, a few at a time."""

    shown = Signal(int)  # a layer has just come into the scene
    lost = Signal(object)  # CitystrataError: a layer cannot be drawn as it is; `again` tries anew

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._waiting: list[int] = []
        self._coming: set[int] = set()
        self._lost: set[int] = set()
        self._stale: set[int] = set()
        self._made_of: dict[int, object] = {}  # what the shape of each drawn layer depends on
        self._revising = Revising(session)
        self._revising.shown.connect(self.shown)
        self._revising.failed.connect(self._bring_whole)

    @property
    def is_busy(self) -> bool:
        """Whether layers, or edited objects, are on their way."""
        return self.to_come + self._revising.to_come > 0

    @property
    def to_come(self) -> int:
        """How many layers are on their way."""
        return len(self._waiting) + len(self._coming)

    def forget(self) -> None:
        """Another project is open, or none."""
        self._waiting.clear()
        self._made_of.clear()
        self._revising.forget()
        for layers in (self._coming, self._lost, self._stale):
            layers.clear()

    def bring_all(self) -> None:
        """Bring every layer that is not in the scene yet."""
        known = {*self._session.scene.layer_ids, *self._coming, *self._waiting, *self._lost}
        self._waiting += [layer.id for layer in self._session.project.layers if layer.id not in known]
        self._bring_next()

    def again(self) -> None:
        """Try once more to draw what could not be drawn."""
        self._lost.clear()
        self.bring_all()

    def drop_reshaped(self) -> None:
        """Layers that were put elsewhere, and pipes whose fields now come from elsewhere, are drawn anew.

        They stay as they are until then, but where nothing is at its place any more.
        """
        scene, project = self._session.scene, self._session.project
        has_moved = scene.layer_ids and (scene.origin != project.place.origin).any()
        for layer in project.layers:
            if layer.id in self._made_of and (has_moved or _makings(layer) != self._made_of[layer.id]):
                del self._made_of[layer.id]
                if has_moved:
                    scene.remove(layer.id)
                elif layer.id in self._coming:
                    self._stale.add(layer.id)
                elif layer.id not in self._waiting:
                    self._waiting.append(layer.id)

    def bring_again(self, changes: Changes) -> None:
        """Draw anew the objects that have other shapes, or their layers; they stay as they are until then.

        What is gone is hidden, but where a layer is made of what was drawn by hand alone.
        """
        if not changes.keys & {SHAPE, FOOTPRINT, GONE}:
            return
        fids, drawn_by_hand = changes.fids, not changes.keys & {SHAPE, FOOTPRINT}
        for layer in self._session.project.layers:
            holder = self._session.project.any_layer(layer.objects_layer)
            first, behind = np.searchsorted(fids, (holder.first_fid, holder.first_fid + holder.object_count))
            if first == behind or layer.id in self._waiting or (drawn_by_hand and not holder.is_drawn):
                continue
            if layer.id in self._coming:
                self._stale.add(layer.id)
            elif layer.id in self._session.scene.layer_ids and not self._revising.take(
                layer, fids[first:behind]
            ):
                self._waiting.append(layer.id)
        self._bring_next()

    def _bring_whole(self, layer: int) -> None:
        self._waiting.append(layer)
        self._bring_next()

    def _bring_next(self) -> None:
        present = {layer.id: layer for layer in self._session.project.layers}
        while self._waiting and len(self._coming) < THREADS:
            layer = present.get(self._waiting.pop(0))
            if layer is not None:
                self._bring(layer, len(self._waiting))

    def _bring(self, layer: Layer, more: int) -> None:
        self._coming.add(layer.id)
        self._revising.forget(layer.id)
        title = f"Drawing {layer.name}" + (f" and {more} more" if more else "")
        work = partial(loading.draw, self._session.project, layer, title)
        failed = partial(self._on_lost, layer.id)
        self._session.jobs.run(title, work, partial(self._on_prepared, layer.id), failed, is_lost=False)

    def _on_prepared(self, layer: int, prepared: Prepared) -> None:
        self._coming.discard(layer)
        if layer in self._session.scene.layer_ids:
            self._session.scene.remove(layer)
        self._session.scene.add(prepared)
        if layer in self._stale:  # edited while it was on its way
            self._stale.discard(layer)
            self._waiting.append(layer)
        self._made_of[layer] = _makings(prepared.layer)
        self.shown.emit(layer)
        self._session.scene_changed.emit()
        self.drop_reshaped()  # it may have been put elsewhere meanwhile
        self.bring_all()

    def _on_lost(self, layer: int, error: CitystrataError) -> None:
        self._coming.discard(layer)
        self._lost.add(layer)
        self.lost.emit(error)
        self._bring_next()


def _makings(layer: Layer) -> object:
    """What the drawn shape of a layer depends on, besides its file."""
    return layer.placement, layer.style.get("field_map")
