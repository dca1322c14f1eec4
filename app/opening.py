"""The questions of opening and importing: which files, as how many layers, in which CRS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFileDialog,
    QMessageBox,
    QWidget,
)

from app.dialogs import show_beside
from app.dialogs.crs import CrsQuestion
from app.labels import thousands
from app.session import Session
from layers.data import ReadOptions
from layers.decoding import MissingCrs
from layers.formats import FORMATS
from layers.project import ENDING

OK, CANCEL = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel
#: From so many files on a person is asked whether they are tiles of one layer.
MANY_FILES = 8
PROJECT_FILTER = f"Citystrata project (*{ENDING})"


def is_named_project(path: Path) -> bool:
    """Whether a file is a project of ours, by its name."""
    return path.name.endswith(ENDING)


def open_filter() -> str:
    """The filter of the open dialog: everything readable first, then one line per format."""
    every = {ending for format in FORMATS for ending in format.ENDINGS}
    rows = [f"Everything readable ({_globs([ENDING, *sorted(every)])})", PROJECT_FILTER]
    rows += [f"{format.TITLE} ({_globs(format.ENDINGS)})" for format in FORMATS]
    return ";;".join([*rows, "All files (*)"])


def _globs(endings: Sequence[str]) -> str:
    return " ".join(f"*{ending}" for ending in endings)


def ask_files(parent: QWidget, title: str, folder: str = "") -> list[Path]:
    """The files a person chooses to open."""
    names, _ = QFileDialog.getOpenFileNames(parent, title, folder, open_filter())
    return [Path(name) for name in names]


def ask_folder(parent: QWidget, title: str) -> Path | None:
    """The folder a person chooses."""
    name = QFileDialog.getExistingDirectory(parent, title)
    return Path(name) if name else None


def ask_project_path(parent: QWidget, title: str, name: str = "City") -> Path | None:
    """Where a project should be kept, with our ending."""
    chosen, _ = QFileDialog.getSaveFileName(parent, title, f"{name}{ENDING}", PROJECT_FILTER)
    if not chosen:
        return None
    return Path(chosen if chosen.endswith(ENDING) else f"{chosen.removesuffix('.gpkg')}{ENDING}")


class TilesQuestion(QMessageBox):
    """Are these many files the tiles of one layer?"""

    def __init__(self, paths: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        count = thousands(len(paths))
        self.setWindowTitle("One layer or many?")
        self.setText(f"<b>{count} files of one kind</b>")
        self.setInformativeText("Are they the tiles of one layer, or a layer each?")
        self.one = self.addButton("One layer", QMessageBox.ButtonRole.AcceptRole)
        self.many = self.addButton(f"{count} layers", QMessageBox.ButtonRole.NoRole)
        self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.one)


def are_like_tiles(paths: Sequence[Path]) -> bool:
    """Whether there are many files, and all of one kind."""
    return len(paths) >= MANY_FILES and len({path.suffix.lower() for path in paths}) == 1


def ask_tiles(parent: QWidget, session: Session, files: list[Path]) -> None:
    """Ask whether files that lie side by side are one layer or many, and read them."""
    question = TilesQuestion(files, parent)

    def answer() -> None:
        if question.clickedButton() is question.one:
            session.import_tiles(files)
        elif question.clickedButton() is question.many:
            session.import_files(files)

    question.finished.connect(answer)
    show_beside(question)


def ask_crs(parent: QWidget, session: Session, path: Path, missing: MissingCrs) -> None:
    """Ask in which CRS a file is, and read it."""
    question = CrsQuestion(path.name, missing, session.jobs, parent)
    question.accepted.connect(lambda: session.import_files([path], {path: ReadOptions(crs=question.crs)}))
    show_beside(question)
