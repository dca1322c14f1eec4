"""Layers on their way into the scene: prepared in jobs, then added on the interface thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import loading
from app.jobs import THREADS
from layers.errors import CitystrataError
from layers.records import Layer
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
        self._mapped: dict[int, object] = {}  # where the fields of drawn pipes come from

    @property
    def is_busy(self) -> bool:
        """Whether layers are on their way."""
        return self.to_come > 0

    @property
    def to_come(self) -> int:
        """How many layers are on their way."""
        return len(self._waiting) + len(self._coming)

    def forget(self) -> None:
        """Another project is open, or none."""
        self._waiting.clear()
        self._mapped.clear()
        for layers in (self._coming, self._lost):
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

    def drop_remapped(self) -> None:
        """Pipes whose fields now come from elsewhere have another shape: they are drawn anew."""
        for layer in self._session.project.layers:
            if layer.id in self._mapped and layer.style.get("field_map") != self._mapped[layer.id]:
                del self._mapped[layer.id]
                self._session.scene.remove(layer.id)

    def _bring_next(self) -> None:
        present = {layer.id: layer for layer in self._session.project.layers}
        while self._waiting and len(self._coming) < THREADS:
            layer = present.get(self._waiting.pop(0))
            if layer is not None:
                self._bring(layer, len(self._waiting))

    def _bring(self, layer: Layer, more: int) -> None:
        self._coming.add(layer.id)
        title = f"Drawing {layer.name}" + (f" and {more} more" if more else "")
        work = partial(loading.draw, self._session.project, layer, title)
        failed = partial(self._on_lost, layer.id)
        self._session.jobs.run(title, work, partial(self._on_prepared, layer.id), failed)

    def _on_prepared(self, layer: int, prepared: Prepared) -> None:
        self._coming.discard(layer)
        self._session.scene.add(prepared)
        if prepared.layer.kind == "pipes":
            self._mapped[layer] = prepared.layer.style.get("field_map")
        self.shown.emit(layer)
        self._session.scene_changed.emit()
        self._bring_next()

    def _on_lost(self, layer: int, error: CitystrataError) -> None:
        self._coming.discard(layer)
        self._lost.add(layer)
        self.lost.emit(error)
        self._bring_next()
