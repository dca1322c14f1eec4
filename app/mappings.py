"""What the fields of layers mean: as the person said of files like them, else asked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QWidget

from app.dialogs import show_beside
from app.dialogs.mapping import FieldMapping
from app.session import Session
from app.settings import Settings
from layers.pipe_fields import FIELDS, SHAPE_FIELDS
from layers.pipes import mapping_of, sample_of
from layers.records import Layer


class Mappings:
    """Knows where diameter, levels, heights and so on of layers come from, or asks."""

    def __init__(self, session: Session, settings: Settings, window: QWidget) -> None:
        self._session, self._settings, self._window = session, settings, window

    def settle(self, layers: Sequence[Layer]) -> None:
        """Read new layers as the person said of files with the same fields; ask once for new networks."""
        project, unknown = self._session.project, []
        for layer in layers:
            if not layer.facts.get("fields_guessed") or project.read_only:
                continue
            known = self._settings.field_map(project.attribute_types(layer))
            if known is None and layer.kind == "pipes":
                unknown.append(layer)
            elif known is not None and known != layer.facts.get("field_map"):
                self._map(layer, known)
        if unknown:
            self.ask(unknown[0])

    def ask(self, layer: Layer) -> None:
        """Ask where the fields of a layer come from."""
        sample = sample_of(self._session.project, layer)
        fields = SHAPE_FIELDS if layer.kind == "vector" else FIELDS
        guess = mapping_of(self._session.project, layer)
        question = FieldMapping(layer.name, fields, sample, guess, self._window)

        def keep() -> None:
            self._settings.keep_field_map(sample, question.mapping)
            if question.mapping != guess:
                self._map(layer, question.mapping)

        question.accepted.connect(keep)
        show_beside(question)

    def _map(self, layer: Layer, mapping: Mapping[str, str]) -> None:
        style = {**layer.style, "field_map": dict(mapping)}
        self._session.run_edit(f"Fields of {layer.name}", lambda edit: edit.set_layer(layer.id, style=style))
