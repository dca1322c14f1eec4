"""The rows of one layer as Qt's model: columns are read when they are first looked at, then kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor

from app import theme
from app.editing import editing, why_not_editable
from app.fields import Field, Index, code_text
from app.jobs import Question
from app.session import FEW, Session
from layers.bulk import VALIDITY
from layers.columns import Column
from layers.expression import RESERVED, Expression, parse
from layers.functions import KIND
from layers.project import Project
from layers.records import Changes, Layer
from layers.values import TYPE_TITLES, Value, format_value, plain_text, subject, type_for_editing, type_of

NOWHERE = QModelIndex()
FIXED = ("id", "type")
LAST = ("parent", "lods", *VALIDITY)

SELECTABLE = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
EDITABLE = SELECTABLE | Qt.ItemFlag.ItemIsEditable

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Rows(QAbstractTableModel):
    """Objects of a layer in the order and choice of the table."""

    columns_read = Signal(list)  # names of columns that have come
    order_changed = Signal()  # other rows, another order, or on the way to one
    refused = Signal(object)  # CitystrataError of a filter that could not be carried out

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._editing = editing(session)
        self._layer: Layer | None = None
        self._types: dict[str, str] = {}
        self._first_fid = 0
        self._columns: dict[str, Column] = {}
        self._old: set[str] = set()  # columns to be read anew; until then they are shown as they were
        self._order: Numbers = np.empty(0, np.int64)  # position in the layer of each row
        self._filter: Expression | None = None
        self._sorting: tuple[str, bool] | None = None
        self._marked: Mask | None = None
        self._there = 0
        self._reading = Question(session.jobs, "Reading the table", self)
        self._ordering = Question(session.jobs, "Sorting the table", self)
        # Cells are painted one by one; the columns they miss are read together.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._read_columns)
        self._wanted: set[str] = set()
        self.keys: list[str] = []

    @property
    def total(self) -> int:
        """How many objects are in the layer."""
        return self._there

    @property
    def _count(self) -> int:
        """How many positions the layer has, those of what is gone too."""
        return self._layer.object_count if self._layer is not None else 0

    @property
    def is_busy(self) -> bool:
        """Whether rows are on their way to another order or choice."""
        return self._ordering.is_open

    def show_layer(self, layer: Layer | None) -> None:
        """Turn to a layer."""
        self.beginResetModel()
        if layer is None or self._layer is None or layer.id != self._layer.id:
            self._filter = self._sorting = None
        self._forget()
        self._layer = layer
        self._types = self._session.project.attribute_types(layer) if layer else {}
        self._first_fid = self._session.project.any_layer(layer.objects_layer).first_fid if layer else 0
        self.keys = [*FIXED, *(name for name in self._types if name not in RESERVED), *LAST] if layer else []
        self._order = _there(layer, self._session.project) if layer else np.arange(0)
        self._there = len(self._order)
        self.endResetModel()
        if self._filter is not None or self._sorting is not None:
            self._reorder()

    def is_out_of_date(self, layer: Layer | None) -> bool:
        """Whether this is another layer, or attributes came or went."""
        if layer is None or self._layer is None:
            return layer is not self._layer
        same = (layer.id, layer.object_count) == (self._layer.id, self._layer.object_count)
        return not same or self._session.project.attribute_types(layer) != self._types

    def follow(self, changes: Changes) -> None:
        """Take in what an edit, undo or redo changed."""
        first = np.searchsorted(changes.fids, self._first_fid)
        if first == len(changes.fids) or changes.fids[first] >= self._first_fid + self._count:
            return
        self._old |= changes.keys & self._columns.keys()
        if self._filter is not None and self._filter.names & changes.keys:
            self._reorder()
        self._repaint()

    def set_filter(self, text: str) -> None:
        """Show the objects that match; BadExpression leaves the rows as they are."""
        expression = parse(text) if text.strip() else None
        if expression is not None:
            expression.check(self.keys)
        if expression != self._filter:
            self._filter = expression
            self._reorder()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column; -1 is the order of the layer."""
        descending = order == Qt.SortOrder.DescendingOrder
        self._sorting = (self.keys[column], descending) if 0 <= column < len(self.keys) else None
        self._reorder()

    def fids_of(self, rows: Sequence[int] | Numbers) -> Numbers:
        """The objects of these rows."""
        return self._first_fid + self._order[np.asarray(rows, np.int64)]

    def rows_of(self, fids: Numbers) -> Numbers:
        """The rows, in order, that show these objects."""
        return np.flatnonzero(self._mask(fids)[self._order])

    def mark(self, fids: Numbers | None) -> None:
        """Paint the rows of these objects as selected: too many for Qt to keep them one by one."""
        self._marked = self._mask(fids) if fids is not None else None
        self._repaint()

    def texts(self, rows: Sequence[int] | Numbers, keys: Sequence[str], project: Project) -> list[list[str]]:
        """Some rows as plain text, for spreadsheets; may be asked in any thread."""
        assert self._layer is not None
        positions = self._order[np.asarray(rows, np.int64)]
        columns = [project.values(self._layer, key)[positions] for key in keys]
        return [[plain_text(value) for value in row] for row in zip(*columns, strict=True)]

    def field(self, index: Index) -> Field | None:
        """What editing a cell is about; None where nothing can be edited."""
        key = self.keys[index.column()]
        if not self._is_editable(key):
            return None
        item = self._session.project.object(int(self.fids_of([index.row()])[0]))
        value = item.row().get(key)
        type = "date" if key in VALIDITY else type_for_editing(type_of(value), self._types.get(key))
        return Field(subject(key, item.type, item.id), type, value, self._editing.codes(item, key, value))

    # -- what Qt asks ------------------------------------------------------------------------

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """How many rows are shown."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """How many columns there are."""
        return 0 if parent.isValid() else len(self.keys)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Attributes and validity can be edited in a writable project."""
        return EDITABLE if self._is_editable(self.keys[index.column()]) else SELECTABLE

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Names of the columns, with the type as tooltip."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.keys):
            return None
        key = self.keys[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return key
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{key} · {TYPE_TITLES[self._types.get(key, 'text')]}"
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell; empty until its column is there."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown(index.row(), self.keys[index.column()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            number = KIND.get(type(self._value(index.row(), self.keys[index.column()]))) == "number"
            side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and not self._is_editable(self.keys[index.column()]):
            return QColor(theme.current().colours.muted)
        if role == Qt.ItemDataRole.BackgroundRole and self._marked is not None:
            is_marked = self._marked[self._order[index.row()]]
            return QColor(theme.current().colours.accent_soft) if is_marked else None
        return None

    # -- inside ------------------------------------------------------------------------------

    def _shown(self, row: int, key: str) -> str:
        value = self._value(row, key)
        if self._layer is None or key in RESERVED or value is None:
            return format_value(value)
        type = self._value(row, "type")
        meaning = self._editing.label(str(type or ""), self._layer.objects_layer, key, value)
        return code_text(format_value(value), meaning)

    def _is_editable(self, key: str) -> bool:
        return (key not in RESERVED or key in VALIDITY) and not why_not_editable(self._session)

    def _value(self, row: int, key: str) -> Value:
        column = self._column(key)
        return None if column is None else column[int(self._order[row])]

    def _column(self, key: str) -> Column | None:
        """A column of the whole layer; of a large one as it was read last, while it is read anew."""
        if key not in self._columns or key in self._old:
            assert self._layer is not None
            if self.total <= FEW:
                self._columns[key] = self._session.project.values(self._layer, key)
                self._old.discard(key)
            else:
                self._wanted.add(key)
                self._soon.start()
        return self._columns.get(key)

    def _read_columns(self) -> None:
        if self._layer is not None and not self._reading.is_open:
            read = partial(_columns, self._layer, sorted(self._wanted))
            self._session.look(self._reading, self.total, read, self._take_columns)

    def _take_columns(self, columns: dict[str, Column]) -> None:
        new = [key for key in columns if key not in self._columns]
        self._columns |= columns
        self._wanted -= columns.keys()
        self._old -= columns.keys()
        self._repaint()
        self.columns_read.emit(new)
        if self._wanted:
            self._soon.start()

    def _forget(self) -> None:
        self._reading.drop()
        self._ordering.drop()
        self._columns.clear()
        self._wanted.clear()
        self._old.clear()
        self._marked = None

    def _repaint(self) -> None:
        if self._order.size:
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def _mask(self, fids: Numbers) -> Mask:
        """Which objects of the layer these are."""
        positions = fids - self._first_fid
        mask = np.zeros(self._count, bool)
        mask[positions[(positions >= 0) & (positions < self._count)]] = True
        return mask

    def _reorder(self) -> None:
        if self._layer is None:
            return
        read = partial(_order, self._layer, self._filter, self._sorting)
        self._session.look(self._ordering, self.total, read, self._take_order, self.refused.emit)
        if self.is_busy:
            self.order_changed.emit()

    def _take_order(self, order: Numbers) -> None:
        self.layoutAboutToBeChanged.emit()
        self._order = order
        self.changePersistentIndexList(
            self.persistentIndexList(), [NOWHERE] * len(self.persistentIndexList())
        )
        self.layoutChanged.emit()
        self.order_changed.emit()


def _columns(layer: Layer, keys: Sequence[str], project: Project) -> dict[str, Column]:
    """Columns of a layer, made first where they are not stored yet."""
    project.store_values(layer)
    return {key: project.values(layer, key) for key in keys}


def _order(
    layer: Layer, where: Expression | None, sorting: tuple[str, bool] | None, project: Project
) -> Numbers:
    """The positions of a layer's objects that match, in the order of a column."""
    project.store_values(layer)
    if sorting is None and where is None:
        return _there(layer, project)
    chosen = project.matching(layer, where) if where is not None else ~project.gone(layer)
    if sorting is None:
        return np.flatnonzero(chosen)
    key, descending = sorting
    order = project.values(layer, key).order(descending)
    return order[chosen[order]]


def _there(layer: Layer, project: Project) -> Numbers:
    """The positions of a layer's own objects that are not gone."""
    return np.flatnonzero(~project.gone(layer)) if layer.object_count else np.arange(0)
