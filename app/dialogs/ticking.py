"""What windows share that list objects to be put right: each with a tick, one step for those that have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.dialogs.attribute import Asking
from app.editing import editing
from app.labels import add_row
from app.session import Session
from layers.records import Changes, Layer

FID = Qt.ItemDataRole.UserRole
STALE = "The layer has changed since this was found. Close the window and look again."
#: How wide the column of ids is at most, and the room for a tick beside them.
WIDEST, ROOM = 190, 28
#: Lists of so many rows are no higher than those, of so few no lower either.
FEW, FEWEST, ROW_PADDING = 12, 6, 10
#: A shape is as much work to keep as so many values.
VALUES_PER_SHAPE = 20

Fly = Callable[[list[int]], object]


@dataclass(frozen=True)
class Row:
    """One object of a list, its words by column."""

    fid: int
    words: tuple[str, ...]
    is_ticked: bool = False


class Ticking(Asking):
    """Words, lists of objects, why, and a button for those that are ticked; Close is the default."""

    def __init__(self, session: Session, layer: Layer, title: str, fly: Fly, parent: QWidget | None) -> None:
        """`fly` flies to objects."""
        super().__init__(f"{title} of {layer.name}", parent)
        self._session, self._layer, self._fly = session, layer, fly
        self._editing = editing(session)
        self.ticks: QTreeWidget | None = None
        self.why = QLineEdit(self._editing.why, placeholderText="Optional, for the history")
        session.opened.connect(self.reject)
        session.project_changed.connect(self._on_changed)

    @property
    def ticked(self) -> list[int]:
        """The objects that are ticked."""
        return [int(item.data(0, FID)) for item in items(self.ticks) if item.checkState(0) == _state(True)]

    def _add_words(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            words = QLabel(sentence, wordWrap=True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._layout.addWidget(words)

    def _add_list(self, heading: str, titles: Iterable[str], rows: Iterable[Row]) -> QTreeWidget:
        """A list of objects: a click selects one, a double click or Enter flies there."""
        words = QLabel(heading)
        words.setObjectName("heading")
        table = QTreeWidget()
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setAlternatingRowColors(True)
        table.setHeaderLabels(list(titles))
        table.setAccessibleName(heading)
        for row in rows:
            item = QTreeWidgetItem(list(row.words))
            item.setData(0, FID, row.fid)
            for column, text in enumerate(row.words):
                item.setToolTip(column, text)
            table.addTopLevelItem(item)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # ids differ at their ends
        for column in range(table.columnCount() - 1):  # the last one takes the rest
            table.resizeColumnToContents(column)
        table.setColumnWidth(0, min(table.columnWidth(0) + ROOM, WIDEST))
        table.header().setStretchLastSection(True)
        table.currentItemChanged.connect(self._on_row)
        table.itemActivated.connect(lambda item: self._fly([int(item.data(0, FID))]))
        self._layout.addWidget(words)
        self._layout.addWidget(table, 1)
        _no_higher_than_rows(table)
        return table

    def _add_ticks(self, heading: str, titles: Iterable[str], rows: list[Row]) -> None:
        """The list of what is done when it is ticked, and two buttons that tick all or nothing."""
        self.ticks = self._add_list(heading, titles, rows)
        for item, row in zip(items(self.ticks), rows, strict=True):
            item.setCheckState(0, _state(row.is_ticked))
        self.ticks.itemChanged.connect(self._tell)
        bar = QHBoxLayout()
        for text, on in (("Tick all", True), ("Tick none", False)):
            button = QPushButton(text)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, on=on: self._tick_all(on))
            bar.addWidget(button)
        bar.addStretch()
        self._layout.addLayout(bar)
        form = QFormLayout()
        add_row(form, "Why", self.why)
        self._layout.addLayout(form)

    def _close_first(self, verb: str) -> None:
        """Put the buttons below: Enter closes, only a click or Tab does it."""
        self._finish()
        kinds = QDialogButtonBox.StandardButton
        self._name_ok(verb)
        ok, close = self._buttons.button(kinds.Ok), self._buttons.button(kinds.Cancel)
        close.setText("Close")
        ok.setAutoDefault(False)
        ok.setDefault(False)
        ok.setVisible(self.ticks is not None)
        close.setDefault(True)
        close.setFocus()
        self._tell()

    def _explain(self) -> str:
        """What would be done now."""
        raise NotImplementedError

    def _tell(self, *_args: object) -> None:
        if self.ticks is not None:
            self._say(self._explain(), bool(self.ticked))

    def _tick_all(self, on: bool) -> None:
        for item in items(self.ticks):
            item.setCheckState(0, _state(on))

    def _on_row(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None) -> None:
        if item is not None:
            self._session.select([int(item.data(0, FID))])

    def _on_changed(self, changes: Changes) -> None:
        if len(changes.fids) or self._layer.id in changes.layers:
            self._go_stale()

    def _go_stale(self) -> None:
        """What was found no longer holds."""
        self.ticks = None
        self._say(STALE, False)

    def _reason(self) -> str:
        self._editing.why = self.why.text().strip()
        return self._editing.why


def items(table: QTreeWidget | None) -> list[QTreeWidgetItem]:
    """The rows of a list, from the top."""
    if table is None:
        return []
    found = (table.topLevelItem(at) for at in range(table.topLevelItemCount()))
    return [item for item in found if item is not None]


def _no_higher_than_rows(table: QTreeWidget) -> None:
    """A list of few rows leaves the room to others."""
    rows = table.topLevelItemCount()
    if 0 < rows <= FEW:
        row = max(table.sizeHintForRow(0), table.fontMetrics().height() + ROW_PADDING)
        height = table.header().sizeHint().height() + rows * row + ROW_PADDING
        table.setMaximumHeight(height)
        if rows <= FEWEST:
            table.setMinimumHeight(height)
            table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


def _state(on: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
