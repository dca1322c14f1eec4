"""Putting right what checks found, from the window: shapes repaired, layers and objects set on the ground."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QMessageBox, QWidget

from analysis.doctor import Inputs, Patient, examined, sentences
from app.jobs import Work
from app.session import Session
from layers.edit import Edit
from layers.importing import complete
from layers.placing import place_layer
from layers.records import Layer
from layers.remedies import Repairs, lifted, repairs
from layers.shapes import Shape

#: A shape is as much work to keep as so many values.
VALUES_PER_SHAPE = 20


def repair(session: Session, layer: Layer) -> None:
    """Repair what is safe in the geometries of a layer, as one step; in a job."""

    def work(work: Work) -> Repairs:
        with session.project.reader() as reader:
            complete(reader, [layer], work.progress)
            return repairs(reader, layer, progress=work.progress)

    def done(found: Repairs) -> None:
        if not found.shapes:
            session.message.emit(found.sentence())
            return
        _keep(session, f"Repair geometry of {layer.name}", found.shapes, found.sentence())

    session.jobs.run(f"Repairing {layer.name}", work, done)


def examine(session: Session, layer: Layer, parent: QWidget) -> None:
    """Hold the heights of a layer against the terrain, in a job, then offer to correct them."""

    def work(work: Work) -> Patient:
        with session.project.reader() as reader:
            wanted = [one for one in reader.layers if one.kind in ("city", "terrain")]
            complete(reader, wanted, work.progress)
            (patient,) = examined(reader, Inputs(layer=layer.name), work.progress)
            return patient

    session.jobs.run(f"Heights of {layer.name}", work, partial(_offer, session, parent))


def _offer(session: Session, parent: QWidget, patient: Patient) -> None:
    """Say what was found and ask what is to be done about it."""
    lifts = patient.lifts_m()
    said = list(sentences(patient))
    if not lifts and not patient.suspicions:
        session.message.emit(" ".join(said))
        return
    box = QMessageBox(parent)
    box.setWindowTitle("Height doctor")
    box.setText("\n\n".join(said))
    choices: dict[object, Callable[[], object]] = {}
    if patient.suspicions:
        button = box.addButton("Correct the layer", QMessageBox.ButtonRole.AcceptRole)
        choices[button] = partial(_correct_layer, session, patient)
    if lifts:
        button = box.addButton(f"Set {len(lifts)} objects on the ground", QMessageBox.ButtonRole.AcceptRole)
        choices[button] = partial(_set_down, session, patient, lifts)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.finished.connect(lambda _: choices.get(box.clickedButton(), lambda: None)())
    box.open()


def _correct_layer(session: Session, patient: Patient) -> None:
    layer, first = patient.layer, patient.suspicions[0]
    if patient.own_ground and first.kind == "offset":
        _set_down(session, patient, patient.raised_m(first))
        return
    placement = patient.placement(first)

    def change(edit: Edit) -> None:
        place_layer(edit, session.project, layer, placement)

    session.run_edit(f"Correct heights of {layer.name}", change, said=f"{layer.name} is corrected")


def _set_down(session: Session, patient: Patient, lifts: dict[int, float]) -> None:
    layer = patient.layer

    def work(work: Work) -> dict[int, Shape | None]:
        work.progress(0.0, "lifting")
        with session.project.reader() as reader:
            return lifted(reader, layer, lifts)

    said = f"{len(lifts)} objects of {layer.name} stand on the ground"
    label = f"Set objects of {layer.name} on the ground"
    session.jobs.run(label, work, lambda shapes: _keep(session, label, shapes, said))


def _keep(session: Session, label: str, shapes: dict[int, Shape | None], said: str) -> None:
    values = VALUES_PER_SHAPE * len(shapes)
    session.run_edit(label, lambda edit: edit.set_geometries(shapes), values=values, said=said)
