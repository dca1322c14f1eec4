"""Writing a layer or the view to a file, from the window: what is asked, and the job."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from app.dialogs.export import ExportLayer
from app.jobs import Work
from app.session import Session
from layers.data import WriteOptions
from layers.errors import WriteError
from layers.exporting import export_layer
from layers.outfile import keep_sources
from layers.project import Project
from layers.records import Layer


def ask_export(parent: QWidget, session: Session, layer: Layer) -> WriteOptions | None:
    """How and where a layer should be written, once it has been said what the file cannot hold."""
    dialog = ExportLayer(session, layer, parent)
    if not dialog.exec():
        return None
    name = f"{dialog.stem}{dialog.ending}"
    chosen, _ = QFileDialog.getSaveFileName(parent, f"Export layer {layer.name}", name, dialog.filter)
    if not chosen:
        return None
    # Whoever chose a file that is there was asked whether it may be replaced.
    return replace(dialog.options(Path(chosen)), overwrite=Path(chosen).exists())


def run_export(session: Session, layer: Layer, options: WriteOptions) -> None:
    """Write the layer in a job; the sentence about how comes as a message."""
    assert options.out is not None
    name = options.out.name
    work = partial(_export, session.project.path, layer, options)
    session.jobs.run(f"Writing {name}", work, lambda how: session.message.emit(f"{name}: {how}"))


def save_picture(parent: QWidget, session: Session, picture: QImage) -> None:
    """Ask for a file and save the view to it; a sentence says where it is, or why not."""
    name, _ = QFileDialog.getSaveFileName(parent, "Save picture", "city.png", "PNG picture (*.png)")
    if not name:
        return
    path = Path(name if name.lower().endswith(".png") else f"{name}.png")
    try:
        keep_sources(session.project, path)
    except WriteError as error:
        session.problem.emit(error.sentence())
        return
    if picture.save(str(path)):
        session.message.emit(f"The picture is in {path}")
    else:
        session.problem.emit(f"The picture could not be written ({path}). Choose another folder.")


def _export(project: Path, layer: Layer, options: WriteOptions, work: Work) -> str:
    assert options.out is not None
    work.progress(0.0, f"Writing {options.out.name}")
    with Project.open(project, read_only=True) as reader:
        return export_layer(
            reader,
            layer,
            options.out,
            options.crs,
            options.lod,
            options.section,
            work.progress,
            options.overwrite,
        )
