"""The attribute table: one layer's objects, sorted, filtered and edited in place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.dialogs.attribute import EditJson
from app.editing import editing
from app.fields import Index, ValueDelegate, enters
from app.labels import counted, empty_state, thousands
from app.panel import Panel
from app.rows import Numbers, Rows
from app.session import Session
from layers.errors import CitystrataError
from layers.expression import BadExpression
from layers.records import Changes
from layers.tables import write_table
from layers.values import Value

FILTER_HINT = "Filter, e.g. measuredHeight > 30 and type == 'Building'"
FILTER_HELP = (
    "<b>Filter</b> by any of the columns:<br>"
    "<code>measuredHeight &gt; 30 and roofType in ('1000', '1010')</code><br>"
    "<code>name like 'St. %' or name is none</code><br>"
    "Texts stand in single quotes, names with unusual characters in double quotes:<br>"
    '<code>"+noise-max" &gt; 55</code>'
)
NO_LAYER = ("No layer is chosen", "Choose a layer in the list to see its objects here.")
NO_OBJECTS = ("No table", "The current layer has no objects with attributes.")
#: Columns wider than this are cut at first; dragging shows more.
WIDEST = 280
SAMPLE = 100


class AttributeTable(Panel):
    """Filter, count and the rows of the current layer; selecting follows the view and leads it."""

    fly_requested = Signal(list)  # fids

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._editing = editing(session)
        self._following = False
        self._hidden: frozenset[str] = frozenset()
        self.rows = Rows(session, self)
        self.view = TableView()
        self.view.setModel(self.rows)
        # Titles do not show the selection; asking about it costs a call per cell when all is selected.
        self.view.horizontalHeader().setSelectionModel(QItemSelectionModel(self.rows, self.view))
        self.view.setItemDelegate(
            ValueDelegate(self.rows.field, self._commit, self._edit_json, session.problem.emit, self.view)
        )
        self.view.selectionModel().selectionChanged.connect(self._lead_selection)
        self.view.horizontalHeader().sectionClicked.connect(self._sort)
        self.view.copied.connect(self.copy)
        self.view.doubleClicked.connect(self._on_double_click)
        self._build()
        self.rows.modelReset.connect(self._on_reset)
        self.rows.layoutChanged.connect(self._on_reordered)
        session.opened.connect(self.refresh)
        session.current_layer_changed.connect(self.refresh)
        session.selection_changed.connect(self._follow_selection)
        session.project_changed.connect(self._on_project_changed)
        theme.current().changed.connect(self._tint)
        self._tint()
        self.refresh()

    def _fill(self) -> None:
        layer = self._session.current_layer
        self.rows.show_layer(layer)
        has_rows = layer is not None and self.rows.total > 0
        self._stack.setCurrentIndex(2 if has_rows else 0 if layer is None else 1)
        for widget in (self.filter, self._columns, self._export):
            widget.setEnabled(has_rows)
        self._show_name()

    def copy(self) -> None:
        """Copy the selected rows, as shown, to paste into a spreadsheet."""
        rows = sorted({index.row() for index in self.view.selectionModel().selectedRows()})
        if rows:
            lines = ["\t".join(self._titles()), *("\t".join(self._texts(row)) for row in rows)]
            QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
            self._session.message.emit(f"Copied {counted(len(rows), 'row')}")

    def export(self, path: Path) -> None:
        """Write the rows that are shown to a CSV file."""
        try:
            write_table(path, self._titles(), (self._texts(row) for row in range(self.rows.rowCount())))
        except CitystrataError as error:
            self._session.problem.emit(error.sentence())
        else:
            self._session.message.emit(f"Wrote {counted(self.rows.rowCount(), 'row')} to {path.name}")

    def _build(self) -> None:
        self._name = QLabel()
        self._name.setObjectName("heading")
        self.filter = QLineEdit(placeholderText=FILTER_HINT, clearButtonEnabled=True)
        self.filter.setAccessibleName("Filter")
        self.filter.setToolTip(FILTER_HELP)
        self.filter.textChanged.connect(self._apply_filter)
        self._count = QLabel()
        self._count.setObjectName("muted")
        self._columns = _button("Choose the columns that are shown")
        self._columns.clicked.connect(self._choose_columns)
        self._export = _button("Write the rows that are shown to a CSV file")
        self._export.clicked.connect(self._ask_and_export)
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 6, 12, 6)
        bar.setSpacing(8)
        bar.addWidget(self._name)
        bar.addWidget(self.filter, 1)
        for widget in (self._count, self._columns, self._export):
            bar.addWidget(widget)
        self.problem = QLabel(wordWrap=True)
        self.problem.setObjectName("problem")
        self.problem.setContentsMargins(12, 0, 12, 6)
        self.problem.hide()
        self._stack = QStackedWidget()
        for page in (empty_state(*NO_LAYER), empty_state(*NO_OBJECTS), self.view):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.problem)
        layout.addWidget(self._stack)

    # -- filter, order, columns --------------------------------------------------------------

    def _apply_filter(self, text: str) -> None:
        try:
            self.rows.set_filter(text)
        except BadExpression as error:
            self.problem.setText(_explained(error))
        else:
            self.problem.clear()
        bad = bool(self.problem.text())
        self.problem.setVisible(bad)
        self.filter.setProperty("problem", bad)
        self.filter.style().unpolish(self.filter)
        self.filter.style().polish(self.filter)

    def _sort(self, column: int) -> None:
        self.rows.sort(column, self.view.horizontalHeader().sortIndicatorOrder())

    def _choose_columns(self) -> None:
        menu = StayingMenu(self)
        for key in self.rows.keys:
            action = menu.addAction(key)
            action.setCheckable(True)
            action.setChecked(key not in self._hidden)
            action.toggled.connect(lambda on, key=key: self.show_column(key, on))
        menu.exec(self._columns.mapToGlobal(QPoint(0, self._columns.height())))

    def show_column(self, key: str, on: bool) -> None:
        """Show or hide a column, in whatever layer has it."""
        self._hidden = self._hidden - {key} if on else self._hidden | {key}
        self.view.setColumnHidden(self.rows.keys.index(key), not on)

    def _on_reset(self) -> None:
        """Another layer, or other columns: the filter is applied anew, widths follow the content."""
        for at, key in enumerate(self.rows.keys):
            self.view.setColumnHidden(at, key in self._hidden)
        self._apply_filter(self.filter.text())
        metrics = self.view.fontMetrics()
        for at in range(self.rows.columnCount()):
            texts = [str(self.rows.index(row, at).data()) for row in range(min(SAMPLE, self.rows.rowCount()))]
            texts.append(f"{self.rows.keys[at]}  ▲")
            width = max(metrics.horizontalAdvance(text) for text in texts) + 28
            self.view.setColumnWidth(at, min(max(width, 70), WIDEST))
        self._on_reordered()

    def _on_reordered(self) -> None:
        shown, total = self.rows.rowCount(), self.rows.total
        narrowed = f"{thousands(shown)} of {thousands(total)}"
        self._count.setText(narrowed if shown != total else counted(total, "object"))
        self._follow_selection()

    # -- selection ---------------------------------------------------------------------------

    def _lead_selection(self) -> None:
        if not self._following:
            rows = [index.row() for index in self.view.selectionModel().selectedRows()]
            self._following = True
            self._session.select(self.rows.fids_of(rows))
            self._following = False

    def _follow_selection(self, *_args: object) -> None:
        if self._following or self.is_stale:
            return
        rows = self.rows.rows_of(self._session.selection)
        self._following = True
        self.view.selectionModel().select(
            self._ranges(rows),
            QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows,
        )
        self._following = False
        if len(rows):
            current = self.rows.index(int(rows[0]), max(self.view.currentIndex().column(), 0))
            self.view.selectionModel().setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.view.scrollTo(current)

    def _ranges(self, rows: Numbers) -> QItemSelection:
        """Rows as a selection, neighbours joined, so that selecting all is one range."""
        selection = QItemSelection()
        last = self.rows.columnCount() - 1
        for part in np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1) if len(rows) else ():
            selection.select(self.rows.index(int(part[0]), 0), self.rows.index(int(part[-1]), last))
        return selection

    def _on_double_click(self, index: Index) -> None:
        """A double click on what cannot be edited flies there."""
        if not index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.fly_requested.emit(self.rows.fids_of([index.row()]))

    # -- edits -------------------------------------------------------------------------------

    def _commit(self, index: Index, value: Value) -> None:
        self._editing.set_attribute(self.rows.fids_of([index.row()]), self.rows.keys[index.column()], value)

    def _edit_json(self, index: Index) -> None:
        field = self.rows.field(index)
        if field is not None:
            dialog = EditJson(field, self)
            if dialog.exec():
                self._commit(index, dialog.value)

    def _on_project_changed(self, changes: Changes) -> None:
        if self.is_stale or self.rows.is_out_of_date(self._session.current_layer):
            self.refresh()
        else:
            self.rows.follow(changes)
            self._show_name()

    def _show_name(self) -> None:
        layer = self._session.current_layer
        self._name.setText(layer.name if layer else "")

    # -- out ---------------------------------------------------------------------------------

    def _ask_and_export(self) -> None:
        name = f"{self._name.text()}.csv"
        chosen, _ = QFileDialog.getSaveFileName(self, "Export rows", name, "CSV table (*.csv)")
        if chosen:
            self.export(Path(chosen))

    def _shown_columns(self) -> Iterable[int]:
        return (at for at in range(self.rows.columnCount()) if not self.view.isColumnHidden(at))

    def _titles(self) -> list[str]:
        return [self.rows.keys[at] for at in self._shown_columns()]

    def _texts(self, row: int) -> list[str]:
        return [self.rows.text(row, at) for at in self._shown_columns()]

    def _tint(self) -> None:
        self._columns.setIcon(theme.current().icon("table"))
        self._export.setIcon(theme.current().icon("export"))
        self.problem.setStyleSheet(f"color: {theme.current().colours.danger};")


class TableView(QTableView):
    """Rows to select and cells to edit; copying and selecting all mean the table while it has the focus."""

    copied = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Attribute table")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setStyleSheet("QTableView::item { padding: 0 5px; }")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        self.horizontalHeader().setSortIndicatorShown(True)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setSectionsClickable(True)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )

    def event(self, event: QEvent) -> bool:
        """Keep the keys for copying and selecting all from the window's commands."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (
                event.matches(QKeySequence.StandardKey.Copy)
                or event.matches(QKeySequence.StandardKey.SelectAll)
            )
        ):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy rows; Enter edits the current cell."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
        elif enters(event) and self.state() != QAbstractItemView.State.EditingState:
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class StayingMenu(QMenu):
    """A menu that stays open while boxes are ticked."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tick the box under the mouse."""
        action = self.activeAction()
        if action is not None and action.isCheckable():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)


def _button(tip: str) -> QToolButton:
    button = QToolButton()
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button


def _explained(error: BadExpression) -> str:
    """What is wrong with a filter, in few words."""
    text = f"At {error.where}: {error.found}"
    if error.allowed:
        text += f"; expected {error.allowed}"
    return f"{text}. {error.do}." if error.do else f"{text}."
