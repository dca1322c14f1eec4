"""Repair of geometries: what would be done to which objects, and which faults stay and why."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QTreeWidget, QWidget

from app.dialogs.ticking import VALUES_PER_SHAPE, Fly, Row, Ticking
from app.labels import counted
from app.session import Session
from layers.checks.codes import CODES, SNAP_M
from layers.checks.layer import Found
from layers.records import Layer
from layers.remedies import Repairs, told, why_left

#: So many faults that stay are listed.
MOST_LISTED = 2_000


@dataclass(frozen=True)
class Diagnosis:
    """What can be repaired in a layer, what stays, and the ids of all that is concerned."""

    repairs: Repairs
    left: tuple[Found, ...]
    ids: dict[int, str]


class RepairGeometry(Ticking):
    """Lists what is safe to repair, all ticked, and below it what stays."""

    def __init__(
        self, session: Session, layer: Layer, found: Diagnosis, fly: Fly, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, layer, "Repair geometry", fly, parent)
        self._found = found
        self.stays: QTreeWidget | None = None
        repairs, left = found.repairs, [item for item in found.left if not item.finding.is_warning]
        self._add_words(self._words(len(left)))
        if repairs.shapes:
            rows = [Row(fid, (found.ids[fid], told(repairs.steps[fid])), True) for fid in repairs.shapes]
            heading = f"Safe to repair: {counted(len(rows), 'object')}"
            self._add_ticks(heading, ("Object", "What is done"), rows)
        if left:
            heading = f"Stays as it is: {counted(len(left), 'fault')}"
            if len(left) > MOST_LISTED:
                heading += f", the first {MOST_LISTED:,} of them"
            self.stays = self._add_list(
                heading, ("Object", "Fault", "Why it stays"), map(self._left, left[:MOST_LISTED])
            )
        self._close_first("Repair")
        self.resize(820 if left else 640, 640 if repairs.shapes or left else 160)

    def accept(self) -> None:
        """Repair what is ticked, as one step."""
        if not self.ticked:
            return
        repairs, layer = self._found.repairs.only(set(self.ticked)), self._layer
        done = self._session.run_edit(
            f"Repair geometry of {layer.name}",
            lambda edit: edit.set_geometries(repairs.shapes),
            self._reason(),
            values=VALUES_PER_SHAPE * len(repairs.shapes),
            said=repairs.sentence(),
        )
        if done:
            super().accept()

    def _words(self, left: int) -> list[str]:
        if not self._found.repairs.shapes and not left:
            return ["All geometries are sound: there is nothing to repair."]
        if not self._found.repairs.shapes:
            return ["No fault can be repaired without knowing what was meant; they are listed below."]
        return [
            "What is ticked is repaired as one step that can be undone. No corner moves by more than "
            f"{SNAP_M * 1000:g} mm, and nothing is taken that has an area."
        ]

    def _left(self, item: Found) -> Row:
        code = item.finding.code
        return Row(item.fid, (item.finding.object, f"{code} {CODES[code]}", why_left(code)))

    def _explain(self) -> str:
        repairs = self._found.repairs.only(set(self.ticked))
        if not repairs.shapes:
            return "Nothing is ticked."
        return repairs.sentence(is_done=False)
