"""Correction of heights: what floats or is sunk, to be ticked, and what is suspected of the whole layer."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QWidget

from analysis.doctor import Patient, sentences
from analysis.heightfaults import Suspicion
from app.dialogs.ticking import VALUES_PER_SHAPE, Fly, Row, Ticking
from app.jobs import Work
from app.labels import counted
from app.session import Session
from layers.edit import Edit
from layers.placing import place_layer
from layers.remedies import lifted
from layers.shapes import Shape

TITLES = ("Object", "It", "Above the terrain", "With its parts")
SOUND = "Nothing is to be corrected."


def whole_words(suspicion: Suspicion) -> str:
    """What would be done to the whole layer, and by how much."""
    if suspicion.swapped:
        return "Exchange x and y of the whole layer"
    if suspicion.height_scale != 1.0:
        return f"Multiply heights of the whole layer by {suspicion.height_scale:.4f}"
    how = "Lower" if suspicion.shift_m < 0 else "Raise"
    return f"{how} the whole layer by {abs(suspicion.shift_m):.2f} m"


class CorrectHeights(Ticking):
    """Lists what floats or is sunk, nothing of it ticked, and offers what is suspected of the layer."""

    def __init__(
        self,
        session: Session,
        patient: Patient,
        ids: dict[int, str],
        fly: Fly,
        parent: QWidget | None = None,
    ) -> None:
        """`ids` are those of what floats or is sunk."""
        super().__init__(session, patient.layer, "Correct heights", fly, parent)
        self._patient = patient
        self.whole: QPushButton | None = None
        off = patient.off
        is_sound = patient.is_tested and not off and not patient.suspicions
        self._add_words([*sentences(patient), *([SOUND] if is_sound else [])])
        if off:
            self._add_ticks(f"Not on the ground: {counted(len(off), 'object')}", TITLES, self._rows(ids))
        self._close_first("Set what is ticked on the ground")
        if patient.suspicions:
            self.whole = self._buttons.addButton(
                whole_words(patient.suspicions[0]), QDialogButtonBox.ButtonRole.ActionRole
            )
            self.whole.setAutoDefault(False)
            self.whole.setToolTip(patient.suspicions[0].text)
            self.whole.clicked.connect(self._correct_layer)
        self.resize(580, 520 if off else 200)

    def accept(self) -> None:
        """Set what is ticked on the ground, as one step."""
        if self.ticked:
            self._lift(self._patient.lifts_m(set(self.ticked)), len(self.ticked))
            super().accept()

    def _rows(self, ids: dict[int, str]) -> list[Row]:
        patient, feet = self._patient, self._patient.feet
        parts = np.bincount(feet.part_row, minlength=len(feet))
        states, gap_m = patient.states, patient.gap_m
        rows = []
        for row in sorted(patient.off, key=lambda row: -abs(gap_m[row])):
            fid = int(feet.fid[row])
            words = (ids[fid], states[row], f"{gap_m[row]:+.2f} m".replace("-", "−"), str(parts[row]))
            rows.append(Row(fid, words))
        return rows

    def _explain(self) -> str:
        count = len(self.ticked)
        if not count:
            return "Tick what is to be set on the ground. A double click flies there."
        return (
            f"{counted(count, 'object')} would move up or down as a whole, until the lowest corner is as "
            "high as the terrain. It can be undone."
        )

    def _go_stale(self) -> None:
        super()._go_stale()
        if self.whole is not None:
            self.whole.setEnabled(False)

    def _correct_layer(self) -> None:
        """Correct what is suspected of the whole layer, as one step."""
        patient, session = self._patient, self._session
        layer, first = patient.layer, patient.suspicions[0]
        if patient.own_ground and first.kind == "offset":
            raised = patient.raised_m(first)
            self._lift(raised, len(patient.feet))
        else:
            placement = patient.placement(first)

            def change(edit: Edit) -> None:
                place_layer(edit, session.project, layer, placement)

            label = f"Correct heights of {layer.name}"
            session.run_edit(label, change, self._reason(), said=f"{layer.name} is corrected")
        super().accept()

    def _lift(self, lifts: dict[int, float], count: int) -> None:
        session, layer, why = self._session, self._layer, self._reason()
        label = f"Set objects of {layer.name} on the ground"
        said = f"{counted(count, 'object stands', 'objects stand')} on the ground"

        def work(work: Work) -> dict[int, Shape | None]:
            work.progress(0.0, "lifting")
            with session.project.reader() as reader:
                return lifted(reader, layer, lifts)

        def keep(shapes: dict[int, Shape | None]) -> None:
            values = VALUES_PER_SHAPE * len(shapes)
            session.run_edit(label, lambda edit: edit.set_geometries(shapes), why, values, said)

        session.jobs.run(label, work, keep)
