"""Writing a layer to a file, from the window: the dialog and the job."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from app.jobs import Work
from app.session import Session
from layers import formats
from layers.exporting import export_layer
from layers.project import Project
from layers.records import Layer


def export_filter(layer: Layer) -> str:
    """The formats a layer may be written in, its own first."""
    own = formats.by_name(layer.source_format)
    others = [form for form in formats.FORMATS if form is not own and layer.kind in form.KINDS]
    rows = [own, *(form for form in others if formats.writer(form))]
    return ";;".join(f"{form.TITLE} ({' '.join(f'*{ending}' for ending in form.ENDINGS)})" for form in rows)


def ask_export_path(parent: QWidget, layer: Layer) -> Path | None:
    """Where a layer should be written."""
    name = Path(layer.source_path).name or layer.name
    chosen, _ = QFileDialog.getSaveFileName(parent, f"Export layer {layer.name}", name, export_filter(layer))
    return Path(chosen) if chosen else None


def run_export(session: Session, layer: Layer, path: Path) -> None:
    """Write the layer in a job; the sentence about how comes as a message."""
    work = partial(_export, session.project.path, layer, path)
    session.jobs.run(f"Writing {path.name}", work, lambda how: session.message.emit(f"{path.name}: {how}"))


def _export(project: Path, layer: Layer, path: Path, work: Work) -> str:
    work.progress(0.0, f"Writing {path.name}")
    with Project.open(project, read_only=True) as reader:
        return export_layer(reader, layer, path)
