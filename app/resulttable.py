"""The tables of a result in the window: sorted by any column; a click selects the object, two fly to it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.labels import counted, narrow
from app.resulttext import DRAWN, INNER, VERDICTS, cell_text, column_title, digits_of
from layers.results import CHANGES, INDICATORS, OBSERVERS, SIGHTLINES, VIOLATIONS, Result, Table, Values

Index = QModelIndex | QPersistentModelIndex
#: Where tables of a result have their name from, in the order they are offered.
NAMES = {
    VERDICTS: "Verdicts",
    "surfaces": "Surfaces",
    "points": "Points",
    "shapes": "Shapes",
    OBSERVERS: "Viewing places",
    SIGHTLINES: "Lines of sight",
    "breaks": "What rises into the view",
    "corridors": "Corridors",
    "silhouette": "Change of the silhouette",
    CHANGES: "Changes",
    VIOLATIONS: "What breaks the rules",
    "plots": "Plots",
    "buildings": "Buildings",
    "comparison": "Situations side by side",
    INDICATORS: "Indicators",
    "attributes": "Attributes said anew",
    "doubtful": "Doubtful pairs",
    "layers": "Layers that came or went",
    "earth": "Earth moved",
    "clouds": "Distances of clouds",
}
#: Columns are no wider, those that name the object and those of other words; numbers as wide as they are.
WIDEST_NAME, WIDEST = 190, 260
ANY_WIDTH = 1_000
#: Sentences are wrapped, in tables that are not longer than this; all other rows are one line high.
SENTENCE, MOST_WRAPPED = 60, 50
#: What a row is about; what is said of the surface rather than of the result; both before and after numbers.
KEYS = (
    *("change", "property", "from", "to"),
    *("plot", "indicator", "situation"),
    *("code", "fault", "verdict", "caster", "date", "time", "line", "name", "place", "landmark", "object_id"),
    *("month", "part", "direction", "hours", "visible", "blocked_by"),
)
#: Tables of what is wrong: a row that is chosen is flown to, as those of changes are.
OF_FAULTS = (VIOLATIONS, VERDICTS)
VERDICT_NUMBERS = ("before", "after", "threshold", "reason")
#: Where lines of sight begin, end and are blocked.
PLACES = ("x0", "y0", "z0", "x1", "y1", "z1", "at_x", "at_y", "at_z")
ABOUT = ("area_m2", "tilt_deg", "azimuth_deg", "error", "surfaces", *PLACES, "x", "y", "z")
#: These come last, whatever else there is.
LAST = ("points", "shapes", OBSERVERS)


def tables_of(result: Result) -> dict[str, Table]:
    """The tables of a result that people read and that have rows, by name, the verdicts first."""
    every = {**result.tables, "surfaces": result.surfaces, "points": result.points, "shapes": result.shapes}
    places = list(every)

    def rank(name: str) -> tuple[bool, bool, bool, int]:
        return name != VERDICTS, name in LAST, name == "surfaces", places.index(name)

    return {name: every[name] for name in sorted(every, key=rank) if len(every[name]) and name not in DRAWN}


def columns_in_order(table: Table, result: Result) -> list[str]:
    """The columns for people: what a row is about, quantities, other numbers, words, what the surface is."""
    names = [name for name in table.columns if name not in INNER]
    keys = [name for name in KEYS if name in names]
    if "name" in keys and "object_id" in keys:
        keys.remove("object_id")
    quantities = [found.name for found in result.quantities]

    def rank(name: str) -> tuple[int, int]:
        if name in keys:
            return 0, keys.index(name)
        if name in VERDICT_NUMBERS and "verdict" in names:
            return 1, VERDICT_NUMBERS.index(name)
        if name in quantities:
            return 2, quantities.index(name)
        return (5 if name in ABOUT else 4 if isinstance(table.columns[name], list) else 3), 0

    return sorted(names, key=rank)


def in_two_lines(title: str) -> str:
    """A long title in two lines, so that columns of numbers are narrow."""
    places = [at for at, letter in enumerate(title) if letter == " "]
    if len(title) < 10 or not places:
        return title
    middle = min(places, key=lambda at: abs(at - len(title) / 2))
    return f"{title[:middle]}\n{title[middle + 1 :]}"


class ResultRows(QAbstractTableModel):
    """The rows of one table, in the order of one of its columns."""

    def __init__(self) -> None:
        super().__init__()
        self._table = Table()
        self._names: list[str] = []
        self._titles: list[str] = []
        self._digits: list[int] = []
        self._order: NDArray[np.intp] = np.empty(0, np.intp)

    def show(self, table: Table, result: Result) -> None:
        """Turn to another table."""
        self.beginResetModel()
        self._table = table.shown(lambda name: digits_of(name, result.quantities, table))
        self._names = columns_in_order(self._table, result)
        self._titles = [column_title(name, result.quantities) for name in self._names]
        self._digits = [digits_of(name, result.quantities, table) for name in self._names]
        self._order = np.arange(len(table))
        self.endResetModel()

    def fid(self, row: int) -> int | None:
        """The object that a row is about, if it is about one."""
        if "fid" not in self._table.columns:
            return None
        found = float(self._table.columns["fid"][self._order[row]])
        return int(found) if found >= 0 else None

    def rows_of(self, fids: NDArray[np.int64]) -> NDArray[np.intp]:
        """The rows that are about some objects."""
        if "fid" not in self._table.columns:
            return np.empty(0, np.intp)
        return np.flatnonzero(np.isin(self._table.numbers("fid")[self._order], fids))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # as Qt declares it
        """How many rows there are."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # as Qt declares it
        """How many columns are shown."""
        return 0 if parent.isValid() else len(self._names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell: numbers at the right, as exact as they are."""
        value = self._table.columns[self._names[index.column()]][self._order[index.row()]]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(value, self._digits[index.column()], self._names[index.column()])
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(value, str):
            return cell_text(value, 0)
        if role == Qt.ItemDataRole.TextAlignmentRole and not isinstance(value, str):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return in_two_lines(self._titles[section])
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return self._titles[section]
        return None

    def widest(self, column: int) -> int:
        """How wide a column may be: numbers are never cut."""
        if not isinstance(self._table.columns[self._names[column]], list):
            return ANY_WIDTH
        return WIDEST_NAME if self._names[column] in ("caster", "name", "object_id") else WIDEST

    @property
    def has_sentences(self) -> bool:
        """Whether a column holds texts that are too long for one line."""
        shown = (self._table.columns[name] for name in self._names)
        return any(isinstance(texts, list) and max(map(len, texts), default=0) > SENTENCE for texts in shown)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Bring the rows into the order of a column; what has no value comes last."""
        if not 0 <= column < len(self._names):
            return
        self.layoutAboutToBeChanged.emit()
        self._order = order_of(
            self._table.columns[self._names[column]], order == Qt.SortOrder.DescendingOrder
        )
        self.layoutChanged.emit()


def order_of(values: Values, descending: bool) -> NDArray[np.intp]:
    """The order of some values; NaN last both ways, equal ones as they came."""
    if isinstance(values, list):
        found = sorted(range(len(values)), key=values.__getitem__, reverse=descending)
        return np.array(found, np.intp)
    keys = np.asarray(values, np.float64)
    return np.argsort(-keys if descending else keys, kind="stable")


class ResultTable(QWidget):
    """A choice of the result's tables, and the rows of one."""

    chosen = Signal(int)  # fid of the row that was clicked
    fly_requested = Signal(object)  # fids of the row that was clicked twice, or where Enter was pressed

    def __init__(self) -> None:
        super().__init__()
        self._result: Result | None = None
        self._following = False
        self.which = narrow(QComboBox())
        self.which.setAccessibleName("Which table")
        self.which.currentIndexChanged.connect(self._on_which)
        self._count = QLabel()
        self._count.setObjectName("muted")
        self.rows = ResultRows()
        self.view = QTableView()
        self.view.setModel(self.rows)
        self.view.setSortingEnabled(True)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setShowGrid(False)
        self.view.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # ids and lines differ at their ends
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(26)
        self.view.selectionModel().currentRowChanged.connect(self._on_row)
        self.view.activated.connect(self._on_activated)
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 8, 12, 8)
        bar.addWidget(self.which)
        bar.addStretch()
        bar.addWidget(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.view, 1)

    def show_result(self, result: Result) -> None:
        """Turn to a result."""
        self._result = result
        kept = self.which.currentData()
        self.which.blockSignals(True)
        self.which.clear()
        for name in tables_of(result):
            self.which.addItem(NAMES.get(name, column_title(name)), name)
        self.which.setCurrentIndex(max(self.which.findData(kept), 0))
        self.which.blockSignals(False)
        self._on_which()

    def select(self, fids: NDArray[np.int64]) -> None:
        """Mark the first row that is about objects which were selected elsewhere."""
        found = self.rows.rows_of(fids)
        self._following = True
        if len(found) and self.view.currentIndex().row() not in found:
            self.view.selectRow(int(found[0]))
        elif not len(found):
            self.view.clearSelection()
        self._following = False

    def _on_which(self) -> None:
        if self._result is None:
            return
        table = tables_of(self._result).get(str(self.which.currentData()), Table())
        self._following = True
        self.view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.rows.show(table, self._result)
        self._following = False
        self._count.setText(counted(len(table), "row"))
        self.view.resizeColumnsToContents()
        for column in range(self.rows.columnCount()):
            wide = min(self.view.columnWidth(column) + 4, self.rows.widest(column))
            self.view.setColumnWidth(column, wide)
        self.view.setWordWrap(len(table) <= MOST_WRAPPED and self.rows.has_sentences)
        if self.view.wordWrap():
            self.view.resizeRowsToContents()

    def _on_row(self, now: QModelIndex, _before: QModelIndex) -> None:
        fid = self.rows.fid(now.row()) if now.isValid() else None
        if fid is None or self._following:
            return
        self.chosen.emit(fid)
        if self.which.currentData() in OF_FAULTS:
            self.fly_requested.emit(np.array([fid], np.int64))

    def _on_activated(self, index: QModelIndex) -> None:
        fid = self.rows.fid(index.row())
        if fid is not None:
            self.chosen.emit(fid)
            self.fly_requested.emit(np.array([fid], np.int64))
