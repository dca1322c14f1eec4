"""The attribute table: one layer's objects, sorted, filtered and edited in place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.dialogs.attribute import EditJson
from app.editing import editing
from app.fields import Index, ValueDelegate
from app.jobs import Question, Work
from app.labels import counted, empty_state, thousands
from app.panel import Panel
from app.rows import Numbers, Rows
from app.session import FEW, Session
from app.tableview import StayingMenu, TableView
from layers.errors import CitystrataError
from layers.expression import BadExpression
from layers.history import GONE
from layers.project import Project
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
#: More stretches of selected rows than this would make painting slow; they are marked another way.
MOST_RANGES = 500
#: A filter of a large layer waits until typing pauses.
PAUSE_MS = 250
WRITTEN_AT_ONCE = 5000


class AttributeTable(Panel):
    """Filter, count and the rows of the current layer; selecting follows the view and leads it."""

    fly_requested = Signal(object)  # fids

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._editing = editing(session)
        self._following = False
        self._hidden: frozenset[str] = frozenset()
        self._copying = Question(session.jobs, "Copying rows", self)
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
        self.rows.columns_read.connect(self._fit_columns)
        self.rows.order_changed.connect(self._on_reordered)
        self.rows.refused.connect(self._refuse)
        self._typing = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._typing.timeout.connect(lambda: self._apply_filter(self.filter.text()))
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
        rows = self.rows.rows_of(self._session.selection)
        keys = self._shown_keys()

        def take(lines: list[list[str]]) -> None:
            QGuiApplication.clipboard().setText("".join("\t".join(line) + "\n" for line in [keys, *lines]))
            self._session.message.emit(f"Copied {counted(len(lines), 'row')}")

        if len(rows):
            self._session.look(self._copying, len(rows), partial(self.rows.texts, rows, keys), take)

    def export(self, path: Path) -> None:
        """Write the rows that are shown to a CSV file, in a job."""
        rows, keys, project = np.arange(self.rows.rowCount()), self._shown_keys(), self._session.project

        def work(work: Work) -> None:
            with project.reader() as reader:
                write_table(path, keys, self._lines(rows, keys, reader, work))

        def done(_result: object) -> None:
            self._session.message.emit(f"Wrote {counted(len(rows), 'row')} to {path.name}")

        self._session.jobs.run(f"Writing {path.name}", work, done)

    def _lines(self, rows: Numbers, keys: list[str], reader: Project, work: Work) -> Iterator[list[str]]:
        """All rows as text, a few at a time."""
        for start in range(0, len(rows), WRITTEN_AT_ONCE):
            work.progress(start / len(rows), f"Writing {counted(len(rows), 'row')}")
            yield from self.rows.texts(rows[start : start + WRITTEN_AT_ONCE], keys, reader)

    def _build(self) -> None:
        self._name = QLabel()
        self._name.setObjectName("heading")
        self.filter = QLineEdit(placeholderText=FILTER_HINT, clearButtonEnabled=True)
        self.filter.setAccessibleName("Filter")
        self.filter.setToolTip(FILTER_HELP)
        self.filter.textChanged.connect(self._on_filter)
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

    def _on_filter(self, text: str) -> None:
        """Filter at once, or in a large layer when typing pauses."""
        if self.rows.total > FEW and text:
            self._typing.start()
        else:
            self._apply_filter(text)

    def _apply_filter(self, text: str) -> None:
        self._typing.stop()
        self._say_problem("")
        try:
            self.rows.set_filter(text)
        except BadExpression as error:
            self._refuse(error)

    def _refuse(self, error: CitystrataError) -> None:
        self._say_problem(_explained(error) if isinstance(error, BadExpression) else error.sentence())

    def _say_problem(self, text: str) -> None:
        self.problem.setText(text)
        bad = bool(text)
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
        self._fit_columns(self.rows.keys)
        self._on_reordered()

    def _fit_columns(self, keys: list[str]) -> None:
        """As wide as titles and first values need."""
        metrics = self.view.fontMetrics()
        for at in map(self.rows.keys.index, keys):
            texts = [str(self.rows.index(row, at).data()) for row in range(min(SAMPLE, self.rows.rowCount()))]
            texts.append(f"{self.rows.keys[at]}  ▲")
            width = max(metrics.horizontalAdvance(text) for text in texts) + 28
            self.view.setColumnWidth(at, min(max(width, 70), WIDEST))

    def _on_reordered(self) -> None:
        shown, total = self.rows.rowCount(), self.rows.total
        narrowed = f"{thousands(shown)} of {thousands(total)}"
        text = narrowed if shown != total else counted(total, "object")
        self._count.setText("Looking through all objects…" if self.rows.is_busy else text)
        self._follow_selection()

    # -- selection ---------------------------------------------------------------------------

    def _lead_selection(self) -> None:
        if not self._following:
            selected = self.view.selectionModel().selection()
            ranges = [selected.at(number) for number in range(selected.count())]
            rows = [np.arange(each.top(), each.bottom() + 1) for each in ranges]
            self.rows.mark(None)
            self._following = True
            self._session.select(self.rows.fids_of(np.concatenate(rows) if rows else []))
            self._following = False

    def _follow_selection(self, *_args: object) -> None:
        if self._following or self.is_stale:
            return
        rows = self.rows.rows_of(self._session.selection)
        starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
        is_scattered = len(starts) > MOST_RANGES
        self.rows.mark(self._session.selection if is_scattered else None)
        self._following = True
        self.view.selectionModel().select(
            QItemSelection() if is_scattered else self._ranges(rows, starts),
            QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows,
        )
        self._following = False
        if len(rows):
            current = self.rows.index(int(rows[0]), max(self.view.currentIndex().column(), 0))
            self.view.selectionModel().setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.view.scrollTo(current)

    def _ranges(self, rows: Numbers, starts: Numbers) -> QItemSelection:
        """Rows as a selection, neighbours joined, so that selecting all is one range."""
        selection = QItemSelection()
        last = self.rows.columnCount() - 1
        for part in np.split(rows, starts[1:]) if len(rows) else ():
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
        came_or_went = GONE in changes.keys
        if came_or_went or self.is_stale or self.rows.is_out_of_date(self._session.current_layer):
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

    def _shown_keys(self) -> list[str]:
        return [key for at, key in enumerate(self.rows.keys) if not self.view.isColumnHidden(at)]

    def _tint(self) -> None:
        self._columns.setIcon(theme.current().icon("table"))
        self._export.setIcon(theme.current().icon("export"))
        self.problem.setStyleSheet(f"color: {theme.current().colours.danger};")


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
