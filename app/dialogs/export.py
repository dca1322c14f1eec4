"""Export: in which format, CRS and level of detail; below, what such a file cannot hold of the layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QScrollArea, QWidget

from app.dialogs.attribute import Asking
from app.jobs import Question
from app.labels import add_row
from app.session import Session
from layers import formats
from layers.data import WriteOptions
from layers.errors import CitystrataError
from layers.exporting import forms_of, goes_back, holder_of
from layers.losses import Loss, losses
from layers.project import Project
from layers.records import Layer
from layers.writers import dxf
from layers.writers._sections import LINE, line_from

PAUSE_MS = 200
AS_IT_IS = "As it is"
NOTHING = "The file holds all of the layer."


@dataclass(frozen=True)
class Choice:
    """A format that is offered: what it is called, how the names of its files end."""

    title: str
    endings: tuple[str, ...]


class ExportLayer(Asking):
    """Format, CRS and level of detail of a file, and what it cannot hold."""

    def __init__(self, session: Session, layer: Layer, parent: QWidget | None = None) -> None:
        super().__init__(f"Export layer {layer.name}", parent)
        self._session = session
        self._layer = holder_of(session.project, layer)
        self.missing: list[str] = []
        self._looking = Question(session.jobs, "Looking what the file can hold", self)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._look)
        self._choices = _choices(session.project, self._layer)
        self.format = QComboBox()
        self.format.addItems([choice.title for choice in self._choices])
        self.crs = QLineEdit(placeholderText=self._layer.crs or "")
        self.lod = QComboBox()
        self.lod.addItems([AS_IT_IS, *_lods(session.project, self._layer)])
        self.section = QLineEdit(placeholderText=f"{LINE} in the CRS of the file; empty: footprints")
        self._said = QLabel(wordWrap=True)
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._said.setContentsMargins(8, 6, 8, 6)
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        around = QScrollArea(widgetResizable=True)
        around.setWidget(self._said)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(12)
        self._form.setVerticalSpacing(8)
        add_row(self._form, "Format", self.format)
        add_row(self._form, "CRS", self.crs)
        if self.lod.count() > 2:
            add_row(self._form, "Level of detail", self.lod)
        add_row(self._form, "Section along", self.section)
        self._layout.addLayout(self._form)
        self._layout.addWidget(QLabel("What the file cannot hold"))
        self._layout.addWidget(around)
        self._finish()
        self._name_ok("Choose file…")
        self.resize(560, 420)
        self.format.currentIndexChanged.connect(self._look_soon)
        self.lod.currentIndexChanged.connect(self._look_soon)
        self.crs.textChanged.connect(self._look_soon)
        self.section.textChanged.connect(self._look_soon)
        self._look()

    @property
    def ending(self) -> str:
        """How the name of the file ends."""
        return self._choice.endings[0]

    @property
    def stem(self) -> str:
        """How the name of the file may begin."""
        if self.ending.startswith("."):
            name = Path(self._layer.source_path).name or self._layer.name
            own = [end for end in formats.by_name(self._layer.source_format).ENDINGS if name.endswith(end)]
            return name.removesuffix(max(own, key=len, default="")) or self._layer.name
        return ""  # the ending is the whole name

    @property
    def filter(self) -> str:
        """What a window for choosing a file shows."""
        return f"{self._choice.title} ({' '.join(f'*{ending}' for ending in self._choice.endings)})"

    def options(self, out: Path) -> WriteOptions:
        """What was asked for, for a file of that name."""
        lod = self.lod.currentText()
        line = self.section.text().strip() if self._is_drawing else ""
        return WriteOptions(
            crs=self.crs.text().strip() or None,
            lod=None if lod == AS_IT_IS else lod,
            out=out,
            section=line_from(line) if line else (),
        )

    @property
    def _choice(self) -> Choice:
        return self._choices[self.format.currentIndex()]

    @property
    def _is_drawing(self) -> bool:
        return self._choice.endings == dxf.ENDINGS and self._layer.kind == "city"

    def _look_soon(self) -> None:
        self._looking.drop()
        self._say(self.sentence, False)
        self._pause.start()

    def _look(self) -> None:
        self._form.setRowVisible(self.section, self._is_drawing)
        try:
            options = self.options(Path(f"{self.stem}{self.ending}"))
        except CitystrataError as error:
            self._refuse(error)
            return
        self._say("Looking what the file can hold…", False)
        find = partial(_found, self._layer, options)
        self._session.look(self._looking, self._layer.object_count, find, self._take, self._refuse)

    def _take(self, found: list[Loss]) -> None:
        self.missing = [loss.text for loss in found]
        self._said.setText("\n\n".join(self.missing) or NOTHING)
        self._say("The layer in the project stays as it is.", True)

    def _refuse(self, error: CitystrataError) -> None:
        self.missing = []
        self._said.clear()
        self._say(error.sentence(), False)


def _found(layer: Layer, options: WriteOptions, project: Project) -> list[Loss]:
    return losses(project, layer, options)


def _choices(project: Project, layer: Layer) -> list[Choice]:
    """The layer's own format where its source goes back into it, then all others."""
    own = formats.by_name(layer.source_format)
    found = []
    if goes_back(project, layer, WriteOptions(out=Path(f"x{own.ENDINGS[0]}"))):
        found.append(Choice(f"{own.TITLE}, as it came but for edits", own.ENDINGS))
    for form in forms_of(layer):
        if not found or set(form.ENDINGS) != set(found[0].endings):
            found.append(Choice(form.TITLE, form.ENDINGS))
    return found


def _lods(project: Project, layer: Layer) -> list[str]:
    """The levels of detail that objects of the layer have."""
    rows = project.query("SELECT DISTINCT lods FROM object WHERE layer = ? AND gone = 0", (layer.id,))
    return sorted({lod for (text,) in rows for lod in text.split(",") if lod})
