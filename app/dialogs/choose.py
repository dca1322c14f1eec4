"""Select by expression: the objects of a layer that match, alone or with what is selected."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QWidget

from app.dialogs.attribute import Asking
from app.formula import FormulaField
from app.jobs import Question
from app.labels import add_row, counted, thousands
from app.session import NOBODY, Session
from layers.errors import CitystrataError
from layers.expression import Expression, parse
from layers.project import Project
from layers.records import Layer

PAUSE_MS = 200
EXAMPLE = "measuredHeight > 30 and type == 'Building'"

Fids = NDArray[np.int64]
#: How what matches and what is selected come together.
WAYS: dict[str, Callable[[Fids, Fids], Fids]] = {
    "These alone": lambda found, _selected: found,
    "These, and what is selected": lambda found, selected: np.concatenate((selected, found)),
    "Of what is selected, these": lambda found, selected: selected[np.isin(selected, found)],
    "What is selected, without these": lambda found, selected: selected[~np.isin(selected, found)],
}


class SelectWhere(Asking):
    """An expression, how many objects it finds, and what becomes of the selection."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Select by expression", parent)
        self._session = session
        layer = session.current_layer
        assert layer is not None, "offered only while a layer is current"
        self._layer: Layer = layer
        self._found = NOBODY
        self._looking = Question(session.jobs, "Looking for objects", self)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._look)
        self._names = list(session.project.attribute_types(layer))
        self.formula = FormulaField(self._names, "Expression", EXAMPLE)
        self.formula.line.textChanged.connect(self._look_soon)
        self.way = QComboBox()
        self.way.addItems(list(WAYS) if len(session.selection) else list(WAYS)[:1])
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        add_row(form, "Of", QLabel(f"{layer.name}, {counted(session.project.count(layer), 'object')}"))
        add_row(form, "where", self.formula)
        add_row(form, "Select", self.way)
        self._layout.addLayout(form)
        self._finish()
        self._name_ok("Select")
        self.resize(620, 200)
        self._look()

    def accept(self) -> None:
        """Select."""
        if len(self._found):
            self._session.select(WAYS[self.way.currentText()](self._found, self._session.selection))
            super().accept()

    def _look_soon(self) -> None:
        self._found = NOBODY
        self._looking.drop()
        self._say(self.sentence, False)
        self._pause.start()

    def _look(self) -> None:
        if not self.formula.text.strip():
            self._say("Write what the objects have in common. Texts stand in single quotes.", False)
            return
        try:
            expression = parse(self.formula.text)
            expression.check(self._names)
        except CitystrataError as error:
            self._refuse(error)
            return
        self._say("Looking through all objects…", False)
        find = partial(_matching, self._layer, expression)
        self._session.look(self._looking, self._layer.object_count, find, self._take, self._refuse)

    def _take(self, found: Fids) -> None:
        self._found = found
        every = counted(self._session.project.count(self._layer), "object")
        self._say(f"{thousands(len(found))} of {every} match.", len(found) > 0)

    def _refuse(self, error: CitystrataError) -> None:
        self._say(error.sentence(), False)


def _matching(layer: Layer, where: Expression, project: Project) -> Fids:
    project.store_values(layer)
    return project.fids(layer, where)
