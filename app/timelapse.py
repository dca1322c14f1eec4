"""Time-lapses of what the window shows: asked for, then drawn and written by another process."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from app.commanded import commanded
from app.dialogs import show_beside
from app.dialogs.timelapse import TimelapseForm, Wanted
from app.jobs import Work
from app.reporting import file_name, with_ending
from app.session import Session
from viewer.shot import camera_text


def ask_timelapse(parent: QWidget, session: Session, span: tuple[str, str]) -> TimelapseForm:
    """Ask what a time-lapse should be and where it should be written."""
    form = TimelapseForm(session, span, parent)

    def write() -> None:
        wanted = form.wanted
        out = _ask_path(parent, session, wanted) if wanted is not None else None
        if wanted is not None and out is not None:
            run_timelapse(session, wanted, out)

    form.accepted.connect(write)
    show_beside(form)
    return form


def _ask_path(parent: QWidget, session: Session, wanted: Wanted) -> Path | None:
    name = f"{session.project.title} {wanted.first[:4]}–{wanted.last[:4]}"
    if wanted.is_film:
        chosen, _ = QFileDialog.getSaveFileName(
            parent, "Time-lapse", file_name(name, ".mp4"), "MP4 film (*.mp4)"
        )
        return with_ending(chosen, ".mp4") if chosen else None
    chosen = QFileDialog.getExistingDirectory(parent, "Folder for the pictures")
    return Path(chosen) if chosen else None


def run_timelapse(session: Session, wanted: Wanted, out: Path) -> None:
    """Draw and write it in a job, as the view looks now."""
    request = request_of(session, wanted, out)

    def done(values: dict[str, object]) -> None:
        session.message.emit(f"{values['frames']} pictures are written. File: {out}")

    work = partial(_write, request, out)
    session.jobs.run(f"Writing {out.name}", work, done)


def request_of(session: Session, wanted: Wanted, out: Path) -> list[str]:
    """The same as one would ask of the command line."""
    showing = session.situation.showing
    options = ["--timelapse", f"{wanted.first}..{wanted.last}", "--frames", str(wanted.dates)]
    options += ["--between", str(wanted.between), "--rate", str(wanted.rate)]
    options += ["--size", "x".join(map(str, wanted.size)), f"--camera={camera_text(session.panes.camera)}"]
    if session.situation.scenario_name:
        options += ["--scenario", session.situation.scenario_name]
    if showing.color_by:
        options += ["--color-by", showing.color_by]
    if not session.scene.ghosts:
        options += ["--ghosts", "none"]
    elif session.scene.ghost_outlines:
        options += ["--ghosts", "outlines"]
    # The dialog has asked already whether a file may be overwritten.
    options += ["--out", str(out.absolute()), "--overwrite", "--json"]
    return ["render", str(session.project.path.absolute()), *options]


def _write(request: list[str], out: Path, work: Work) -> dict[str, object]:
    return commanded(request, work, "The time-lapse could not be written", out)
