"""Putting right what checks found, from the window: looked for in a job, then listed and asked about."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from analysis.doctor import Inputs, Patient, examined
from app.dialogs import show_beside
from app.dialogs.heights import CorrectHeights
from app.dialogs.repair import Diagnosis, RepairGeometry
from app.dialogs.ticking import Fly
from app.jobs import Work
from app.session import Session
from layers.data import part_of
from layers.importing import complete
from layers.records import Layer
from layers.remedies import left, repairs

#: Looking for what can be repaired takes this share of the time, looking for what stays the rest.
REPAIRS_SHARE = 0.3


def repair(session: Session, layer: Layer, fly: Fly, view: QWidget | None = None) -> None:
    """Find what is safe to repair in the geometries of a layer and what stays, in a job; then ask."""

    def work(work: Work) -> Diagnosis:
        with session.project.reader() as reader:
            complete(reader, [layer], work.progress)
            found = repairs(reader, layer, progress=part_of(work.progress, 0.0, REPAIRS_SHARE))
            stays = tuple(left(reader, layer, found, part_of(work.progress, REPAIRS_SHARE, 1.0)))
            ids = {item.fid: item.id for item in reader.objects(fids=list(found.shapes))}
            return Diagnosis(found, stays, ids)

    def done(found: Diagnosis) -> None:
        show_beside(RepairGeometry(session, layer, found, fly, view), view)

    session.jobs.run(f"Looking what can be repaired in {layer.name}", work, done)


def examine(session: Session, layer: Layer, fly: Fly, view: QWidget | None = None) -> None:
    """Hold the heights of a layer against the terrain, in a job; then ask what is to be corrected."""

    def work(work: Work) -> tuple[Patient, dict[int, str]]:
        with session.project.reader() as reader:
            wanted = [one for one in reader.layers if one.kind in ("city", "terrain")]
            complete(reader, wanted, work.progress)
            (patient,) = examined(reader, Inputs(layer=layer.name), work.progress)
            off = patient.feet.fid[patient.off].tolist()
            return patient, {item.fid: item.id for item in reader.objects(fids=off)}

    def done(found: tuple[Patient, dict[int, str]]) -> None:
        show_beside(CorrectHeights(session, *found, fly, view), view)

    session.jobs.run(f"Heights of {layer.name}", work, done)
