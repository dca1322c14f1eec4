"""The list of changes of a result: filtered by kind, browsed in the view, doubtful pairs decided."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.changerows import DOUBTFUL, TITLES, ChangeRows
from app.labels import counted, narrow
from app.lines import TwoLines
from app.session import Session
from layers.results import CHANGES, Result

ALL = "All changes"
MOST_DETAILS = 6


class ChangeList(QWidget):
    """What changed, one row each; a row that is chosen is flown to."""

    fly_requested = Signal(object)  # fids
    views_wanted = Signal(object)  # Result: both of its states are to be seen

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._result: Result | None = None
        self._following = False
        self.kinds = narrow(QComboBox())
        self.kinds.setAccessibleName("Which changes")
        self.words = QLineEdit(placeholderText="Find in the list", clearButtonEnabled=True)
        self.rows = ChangeRows()
        self.view = QListView()
        self.view.setModel(self.rows)
        self.view.setItemDelegate(TwoLines(self.view))
        self.view.setAccessibleName("Changes")
        self.view.setUniformItemSizes(True)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._count, self.details = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self._count.setObjectName("muted")
        self.details.setObjectName("muted")
        self.details.setContentsMargins(12, 6, 12, 6)
        self.both = QPushButton("Show both")
        self.both.setObjectName("small")
        self.both.setToolTip("Swipe between the two states in the view")
        self.same, self.different = QPushButton("The same"), QPushButton("Different")
        self.decide = QWidget()
        self._build()
        self.kinds.currentIndexChanged.connect(lambda _at: self._narrow())
        self.words.textChanged.connect(lambda _text: self._narrow())
        self.view.selectionModel().currentChanged.connect(self._on_row)
        self.view.clicked.connect(self._go_to)
        self.view.activated.connect(self._go_to)
        self.both.clicked.connect(lambda: self.views_wanted.emit(self._result))
        self.same.clicked.connect(partial(self._say, "same"))
        self.different.clicked.connect(partial(self._say, "different"))
        session.project_changed.connect(lambda _changes: self._know())

    def _build(self) -> None:
        top, below, decide = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(self.decide)
        for row in (top, below, decide):
            row.setContentsMargins(12, 6, 12, 6)
            row.setSpacing(6)
        top.addWidget(self.kinds, 1)
        top.addWidget(self.words, 1)
        below.addWidget(self._count, 1)
        below.addWidget(self.both)
        question = QLabel("Are they the same object?")
        question.setObjectName("heading")
        decide.addWidget(question, 1)
        for button in (self.same, self.different):
            button.setObjectName("small")
            decide.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addLayout(below)
        column.addWidget(self.view, 1)
        column.addWidget(self.details)
        column.addWidget(self.decide)

    def show_result(self, result: Result) -> None:
        """Turn to a result; those without a list of changes show none."""
        if result is self._result or CHANGES not in result.tables:
            return
        self._result = result
        self.rows.show(result)
        self.kinds.blockSignals(True)
        self.kinds.clear()
        found = self.rows.kinds()
        self.kinds.addItem(f"{ALL} ({sum(n for kind, n in found.items() if kind != DOUBTFUL)})", "")
        for kind, count in found.items():
            self.kinds.addItem(f"{TITLES.get(kind, kind).capitalize()} ({count})", kind)
        self.kinds.blockSignals(False)
        self.words.clear()
        self._narrow()
        self._know()

    def select(self, fids: NDArray[np.int64]) -> None:
        """Mark the row of what was selected elsewhere."""
        row = self.rows.row_of(fids) if self.isVisible() else None
        if row is not None and row != self.view.currentIndex().row():
            self._following = True
            self.view.setCurrentIndex(self.rows.index(row))
            self._following = False

    def _narrow(self) -> None:
        self.rows.narrow(str(self.kinds.currentData() or ""), self.words.text())
        self._say_count()
        self.details.hide()
        self.decide.setVisible(self.rows.kind == DOUBTFUL and not self._session.project.read_only)
        self._enable()

    def _know(self) -> None:
        if self._session.is_open and self._result is not None:
            self.rows.know(self._session.project.verdicts)
            self._say_count()

    def _say_count(self) -> None:
        """How many changes there are in how many rows, and that decisions count from the next run on."""
        rows, changes = self.rows.rowCount(), self.rows.changes
        decided = self.rows.decided if self.rows.kind == DOUBTFUL else 0
        rest = f" · {decided} decided, which counts once it is run again" if decided else ""
        found = counted(changes, "pair" if self.rows.kind == DOUBTFUL else "change")
        in_rows = f" in {counted(rows, 'row')}" if changes != rows else ""
        self._count.setText(f"{found}{in_rows}{rest}")

    def _on_row(self, now: QModelIndex, _before: QModelIndex) -> None:
        lines = self.rows.details(now.row()).split("\n") if now.isValid() else []
        more = [f"and {len(lines) - MOST_DETAILS} more"] if len(lines) > MOST_DETAILS else []
        self.details.setText("\n".join([*lines[:MOST_DETAILS], *more]))
        self.details.setToolTip("\n".join(lines) if more else "")
        self.details.setVisible(any(lines))
        self._enable()
        if now.isValid() and not self._following:
            self._session.select(self.rows.fids(now.row()))
            self._go_to(now)

    def _go_to(self, index: QModelIndex) -> None:
        if index.isValid() and not self._following:
            self.fly_requested.emit(np.array(self.rows.fids(index.row()), np.int64))

    def _enable(self) -> None:
        is_pair = self.rows.pair(self.view.currentIndex().row()) is not None
        for button in (self.same, self.different):
            button.setEnabled(is_pair)

    def _say(self, verdict: str) -> None:
        """Keep what a person says of a pair, and go on to the next one."""
        row = self.view.currentIndex().row()
        pair = self.rows.pair(row)
        if pair is None:
            return
        names = " and ".join(self._session.project.object(fid).id for fid in pair)
        words = "the same" if verdict == "same" else "different"
        if (
            self._session.run_edit(f"{names} are {words}", lambda edit: edit.set_identity(*pair, verdict))
            and row + 1 < self.rows.rowCount()
        ):
            self.view.setCurrentIndex(self.rows.index(row + 1))
