"""How panels change attributes: one undoable step each, with the reason the person keeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject, Signal

from app.labels import counted
from app.session import Session
from layers import codelists
from layers.bulk import VALIDITY, Plan
from layers.codelists import Codes, Vocabulary
from layers.edit import Edit
from layers.records import CityObject, Fids, Layer
from layers.scenarios import editable
from layers.values import Value


class Editing(QObject):
    """The edits that the panels of one window make; ask `editing(session)` for it."""

    why_changed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._why = ""
        self._vocabularies: dict[str, Vocabulary] = {}

    @property
    def why(self) -> str:
        """The reason that goes with the next edits."""
        return self._why

    @why.setter
    def why(self, reason: str) -> None:
        if reason != self._why:
            self._why = reason
            self.why_changed.emit(reason)

    def set_attribute(self, fids: Fids, name: str, value: Value) -> bool:
        """Give an attribute of these objects a value; the two dates of validity are set the same way."""

        def change(edit: Edit, meant: Fids) -> None:
            if name not in VALIDITY:
                edit.set_attributes(meant, name, [value] * len(meant))
            elif name == "valid_from":
                edit.set_validity(meant, valid_from=cast("str | None", value or None))
            else:
                edit.set_validity(meant, valid_to=cast("str | None", value or None))

        return self._change(f"Set {name} of {self._named(fids)}", fids, change)

    def remove_attribute(self, fids: Fids, name: str) -> bool:
        """Take an attribute of these objects away."""
        label = f"Remove {name} from {self._named(fids)}"
        return self._change(label, fids, lambda edit, meant: edit.remove_attributes(meant, name))

    def carry_out(self, plan: Plan) -> bool:
        """Make a planned bulk edit true."""
        said = f"{plan.label}: {counted(plan.objects, 'object')} changed"

        def change(edit: Edit) -> None:
            others = self._copies(edit, plan.fids)
            (plan.of_others(others) if others else plan).write(edit)

        return self._session.run_edit(plan.label, change, self._why, plan.values, said)

    def _change(self, label: str, fids: Fids, change: Callable[[Edit, Fids], None]) -> bool:
        """Change objects as one step; in the scenario that is looked at their copies, which are selected."""
        others: dict[int, int] = {}

        def make(edit: Edit) -> None:
            others.update(self._copies(edit, fids))
            change(edit, list(others.values()) if others else fids)

        done = self._session.run_edit(label, make, self._why, len(fids))
        if done and any(fid != copy for fid, copy in others.items()):
            self._session.select(others.values())
        return done

    def _copies(self, edit: Edit, fids: Fids) -> dict[int, int]:
        """What is meant by objects in the scenario that is looked at; nothing in the city as it is."""
        scenario = self._session.situation.scenario
        if scenario is None:
            return {}
        with self._session.project.reader() as reader:  # this may be another thread
            return editable(reader, edit, fids, scenario)

    def codes(self, item: CityObject, name: str, value: Value = None) -> Codes:
        """The codes an attribute may take, () when any value will do."""
        return codelists.codes_for(item.type, name, (value,), self._vocabulary(item.layer))

    def label(self, item_type: str, layer: int, name: str, value: Value) -> str:
        """What a coded value means, '' when it is no code."""
        return codelists.label(item_type, name, value, self._vocabulary(layer))

    def layer_of(self, item: CityObject) -> Layer | None:
        """The present layer that an object belongs to; the one that holds it before one that shows it."""
        present = self._session.project.layers
        own = [each for each in present if each.id == item.layer]
        return next(iter([*own, *(each for each in present if each.objects_layer == item.layer)]), None)

    def _vocabulary(self, number: int) -> Vocabulary:
        """The codes that came with a layer's source file, or lie beside it."""
        layer = next((each for each in self._session.project.layers if each.objects_layer == number), None)
        if layer is None or not layer.source_path:
            return {}
        if layer.uid not in self._vocabularies:
            beside = codelists.beside(Path(layer.source_path))
            self._vocabularies[layer.uid] = {**codelists.told(layer.facts), **beside}
        return self._vocabularies[layer.uid]

    def _named(self, fids: Fids) -> str:
        return (
            self._session.project.object(int(fids[0])).id if len(fids) == 1 else counted(len(fids), "object")
        )


def editing(session: Session) -> Editing:
    """The one Editing of a session."""
    found = session.findChild(Editing)
    return found if isinstance(found, Editing) else Editing(session)


def why_not_editable(session: Session) -> str:
    """Why nothing can be changed, '' when it can."""
    if not session.is_open:
        return "No project is open."
    return f"Read-only: {session.project.read_only_reason}" if session.project.read_only else ""
