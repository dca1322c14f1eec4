"""Comparisons on paper: asked for, then drawn and written by another process."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QFileDialog, QWidget

from analysis.situated import ALL_DATES
from app.commanded import commanded
from app.dialogs import show_beside
from app.dialogs.printing import PrintingForm, Wanted
from app.jobs import Work
from app.livesun import LiveSun
from app.printed.comparison import ASPECTS
from app.reporting import file_name, with_ending
from app.session import Session
from layers.epochs import date_in
from viewer.camera import Camera
from viewer.shot import camera_text
from viewer.showing import Showing


def ask_printing(
    parent: QWidget, session: Session, sun: LiveSun, done: Callable[[Path, int], object]
) -> PrintingForm:
    """Ask how the comparison is printed and where; in the end `done` is told of the file and its pages."""
    form = PrintingForm(session, parent)

    def write() -> None:
        out = _ask_path(parent, session, form.wanted)
        if out is not None:
            run_printing(session, sun, form.wanted, out, done)

    form.accepted.connect(write)
    show_beside(form)
    return form


def _ask_path(parent: QWidget, session: Session, wanted: Wanted) -> Path | None:
    ending, kinds = (".png", "PNG picture (*.png)") if wanted.is_picture else (".pdf", "PDF document (*.pdf)")
    name = file_name(wanted.title or f"{session.project.title}, compared", ending)
    chosen, _ = QFileDialog.getSaveFileName(parent, "Print the comparison", name, kinds)
    return with_ending(chosen, ending) if chosen else None


def run_printing(
    session: Session, sun: LiveSun, wanted: Wanted, out: Path, done: Callable[[Path, int], object]
) -> None:
    """Print the views as they are now, in a job."""
    request = request_of(session, sun, wanted, out)
    session.jobs.run(f"Printing {out.name}", partial(_print, request, out), partial(done, out))


def request_of(session: Session, sun: LiveSun, wanted: Wanted, out: Path) -> list[str]:
    """The same as one would ask of the command line."""
    showings = session.comparing.showings
    names = [_name_of(session, showing) for showing in showings]
    options = ["--compare", ",".join(names), "--paper", wanted.paper, f"--camera={_camera(session)}"]
    if wanted.fits:
        options.append("--fit")
    if any(showing.color_by for showing in showings):
        options.append(f"--color-by={','.join(showing.color_by or '' for showing in showings)}")
    if wanted.title:
        options.append(f"--title={wanted.title}")
    if sun.is_on and sun.time is not None:
        options += ["--sun", f"{np.datetime_as_string(sun.time, 's')}Z"]
    # The dialog has asked already whether a file may be overwritten.
    options += ["--out", str(out.absolute()), "--overwrite", "--json"]
    return ["report", str(session.project.path.absolute()), *options]


def _name_of(session: Session, showing: Showing) -> str:
    """A situation as the command line calls it: an epoch or a date, a scenario at a date, or all."""
    project = session.project
    names = {known.id: known.name for known in project.scenarios}
    date = date_in(project, *showing.situation) or ""
    if showing.scenario is not None:
        return ":".join(filter(None, (names[showing.scenario], date)))
    epochs = {epoch.date: epoch.name for epoch in project.epochs}
    return epochs.get(date, date) or ALL_DATES


def _camera(session: Session) -> str:
    """From where one looks, so wide that all that is seen in the window is on paper."""
    panes = session.panes
    area = panes.area(panes.active)
    there = ASPECTS[len(panes.showings)]
    camera: Camera = panes.camera.widened(max(1.0, area.width / max(area.height, 1) / there))
    return camera_text(camera)


def _print(request: list[str], out: Path, work: Work) -> int:
    return int(commanded(request, work, "The comparison could not be printed", out)["pages"])
