"""The rows of one layer as Qt's model: columns are read when they are first shown, then kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PySide6.QtGui import QColor

from app import theme
from app.editing import editing, why_not_editable
from app.fields import Field, Index, code_text
from app.session import Session
from layers.bulk import VALIDITY
from layers.expression import RESERVED, Expression, parse
from layers.functions import KIND
from layers.records import Changes, Layer
from layers.values import TYPE_TITLES, Value, format_value, plain_text, subject, type_for_editing, type_of

NOWHERE = QModelIndex()
FIXED = ("id", "type")
LAST = ("parent", "lods", *VALIDITY)
#: Up to so many changed objects are looked up one by one; beyond, columns are read again.
FEW = 500

SELECTABLE = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
EDITABLE = SELECTABLE | Qt.ItemFlag.ItemIsEditable

Numbers = NDArray[np.int64]


class Rows(QAbstractTableModel):
    """Objects of a layer in the order and choice of the table."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._editing = editing(session)
        self._layer: Layer | None = None
        self._types: dict[str, str] = {}
        self._columns: dict[str, list[Any]] = {}
        self._fids: Numbers = np.empty(0, np.int64)
        self._order: Numbers = np.empty(0, np.int64)  # position in the layer of each row
        self._filter: Expression | None = None
        self._sorting: tuple[str, Qt.SortOrder] | None = None
        self.keys: list[str] = []

    @property
    def total(self) -> int:
        """How many objects the layer has."""
        return len(self._fids)

    def show_layer(self, layer: Layer | None) -> None:
        """Turn to a layer."""
        self.beginResetModel()
        if layer is None or self._layer is None or layer.id != self._layer.id:
            self._filter = self._sorting = None
        self._layer = layer
        self._columns.clear()
        self._types = self._session.project.attribute_types(layer) if layer else {}
        self._fids = self._session.project.fids(layer) if layer else np.empty(0, np.int64)
        self.keys = [*FIXED, *(name for name in self._types if name not in RESERVED), *LAST] if layer else []
        self._order = self._chosen_and_sorted()
        self.endResetModel()

    def is_out_of_date(self, layer: Layer | None) -> bool:
        """Whether this is another layer, or attributes came or went."""
        if layer is None or self._layer is None:
            return layer is not self._layer
        return layer.id != self._layer.id or self._session.project.attribute_types(layer) != self._types

    def follow(self, changes: Changes) -> None:
        """Take in what an edit, undo or redo changed."""
        touched = changes.fids[np.isin(changes.fids, self._fids)]
        if not len(touched):
            return
        if len(touched) <= FEW:
            self._patch(touched.tolist())
        else:
            self._columns.clear()
        if self._filter is not None and self._filter.names & changes.keys:
            self._reorder()
        elif self._order.size:
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

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
        self._sorting = (self.keys[column], order) if 0 <= column < len(self.keys) else None
        self._reorder()

    def fids_of(self, rows: Sequence[int]) -> list[int]:
        """The objects of these rows."""
        return [int(fid) for fid in self._fids[self._order[np.asarray(rows, np.int64)]]]

    def rows_of(self, fids: Iterable[int]) -> Numbers:
        """The rows, in order, that show these objects."""
        wanted = np.fromiter(fids, np.int64)
        return np.flatnonzero(np.isin(self._fids[self._order], wanted))

    def text(self, row: int, column: int) -> str:
        """A cell as plain text, for spreadsheets."""
        value = self._value(row, column)
        return plain_text(value)

    def field(self, index: Index) -> Field | None:
        """What editing a cell is about; None where nothing can be edited."""
        key = self.keys[index.column()]
        if not self._is_editable(key):
            return None
        item = self._session.project.object(self.fids_of([index.row()])[0])
        value = self._value(index.row(), index.column())
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
        """A cell."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            number = KIND.get(type(self._value(index.row(), index.column()))) == "number"
            side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and not self._is_editable(self.keys[index.column()]):
            return QColor(theme.current().colours.muted)
        return None

    # -- inside ------------------------------------------------------------------------------

    def _shown(self, row: int, column: int) -> str:
        value, key = self._value(row, column), self.keys[column]
        if self._layer is None or key in RESERVED or value is None:
            return format_value(value)
        type = self._column("type")[self._order[row]]
        return code_text(
            format_value(value), self._editing.label(type, self._layer.objects_layer, key, value)
        )

    def _is_editable(self, key: str) -> bool:
        return (key not in RESERVED or key in VALIDITY) and not why_not_editable(self._session)

    def _value(self, row: int, column: int) -> Value:
        value: Value = self._column(self.keys[column])[self._order[row]]
        return value

    def _column(self, key: str) -> list[Any]:
        """A column of the whole layer, read once."""
        if key not in self._columns:
            assert self._layer is not None
            values = self._session.project.column(self._layer, key)
            if key == "lods":
                lists = {text: text.split(",") if text else [] for text in set(values)}
                values = [lists[text] for text in values]
            self._columns[key] = list(values)
        return self._columns[key]

    def _position(self, fid: int) -> int | None:
        at = int(np.searchsorted(self._fids, fid))
        return at if at < len(self._fids) and self._fids[at] == fid else None

    def _patch(self, fids: Sequence[int]) -> None:
        for item in self._session.project.objects(fids=fids):
            row, position = item.row(), self._position(item.fid)
            assert position is not None
            for key, values in self._columns.items():
                values[position] = row.get(key)

    def _reorder(self) -> None:
        self.layoutAboutToBeChanged.emit()
        self._order = self._chosen_and_sorted()
        self.changePersistentIndexList(
            self.persistentIndexList(), [NOWHERE] * len(self.persistentIndexList())
        )
        self.layoutChanged.emit()

    def _chosen_and_sorted(self) -> Numbers:
        order = np.arange(len(self._fids))
        if self._filter is not None:
            columns = {name: self._column(name) for name in self._filter.names}
            order = order[np.array(self._filter.mask(columns, len(self._fids)), bool)]
        if self._sorting is not None and self._sorting[0] in self.keys:
            key, direction = self._sorting
            values = self._column(key)
            descending = direction == Qt.SortOrder.DescendingOrder
            ranked = sorted(order.tolist(), key=lambda at: sort_key(values[at]), reverse=descending)
            # Objects without a value come last in both directions.
            order = np.array(sorted(ranked, key=lambda at: values[at] is None), np.int64)
        return order


def sort_key(value: Value) -> tuple[int, Any]:
    """An order for values of any kind: numbers, texts, yes and no, then what has no order of its own."""
    kind = KIND.get(type(value))
    if kind == "number":
        return 0, value
    if kind == "text":
        return 1, str(value).casefold()
    return (2, value) if kind == "truth" else (3, format_value(value))
