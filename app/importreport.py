"""What reading files found, finding by finding: a click selects the object and flies to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.jobs import Question
from app.labels import counted, empty_state, narrow, thousands
from app.noticed import WAYS_OUT, noticed
from app.panel import Panel
from app.session import Session
from layers import report as reading
from layers.developing import REASONS as NO_IMAGE
from layers.errors import CitystrataError
from layers.records import Layer
from layers.report import Outcome, Report
from layers.safefile import write_whole

Index = QModelIndex | QPersistentModelIndex
EMPTY = (
    "No files read yet",
    "What reading a file finds is kept here: what was repaired and what is not drawn.",
)
NOTHING = ("Nothing to report", "Every object of this layer was read as it is.")
#: What became of it, as people say it, the gravest first.
OUTCOMES: dict[Outcome, str] = {
    "dropped": "Dropped",
    "unsupported": "Kept, not drawn",
    "repaired": "Repaired",
    "noted": "Noted",
}
COLUMNS = ("Outcome", "Object", "Finding")
EVERYTHING = "Every outcome"
#: So many sentences about images stand in a summary.
MOST_SENTENCES = 2
#: The column of ids is no wider than this.
WIDEST = 260


def summary(reports: list[Report], noun: str = "object") -> str:
    """The reports in one sentence; images that are missing are counted as images, not as objects."""
    parts = [f"Read {counted(sum(report.read for report in reports), noun)}"]
    if polygons := sum(report.polygons for report in reports):
        parts[0] += f" with {counted(polygons, 'surface')}"
    images = [
        found.text.split(":")[0] for each in reports for found in each.warnings if found.code in NO_IMAGE
    ]
    for name, text, others in (
        ("repaired", "repaired", 0),
        ("unsupported", "kept but not drawn", len(images)),
        ("dropped", "could not be kept", 0),
    ):
        count = sum(getattr(report, name) for report in reports) - others
        if count > 0:
            parts.append(f"{thousands(count)} {text}")
    parts += images[:MOST_SENTENCES]
    findings = sum(len(report.warnings) + report.more_warnings for report in reports)
    parts.append(counted(findings, "finding") if findings else "nothing to report")
    return ", ".join(parts) + "."


def noun_of(layers: Sequence[Layer]) -> str:
    """What is counted of some layers."""
    return "point" if layers and all(layer.kind == "points" for layer in layers) else "object"


def report_of(layer: Layer) -> Report:
    """The report of a layer; an empty one of a layer that no file was read for."""
    return Report.from_dict(layer.report) if layer.report else Report()


def sentence(text: str) -> str:
    """A finding as it stands in a list: it begins like a sentence."""
    return text[:1].upper() + text[1:]


class Findings(QAbstractTableModel):
    """The findings of one report."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[reading.Warning] = []

    def show(self, rows: list[reading.Warning]) -> None:
        """Turn to other findings."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def finding(self, row: int) -> reading.Warning:
        """The finding of a row."""
        return self._rows[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # as Qt declares it
        """How many there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # as Qt declares it
        """What became of it, of what, and a sentence."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        row = self._rows[index.row()]
        return (OUTCOMES[row.outcome], row.object, sentence(row.text))[index.column()]

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None


class Narrowed(QSortFilterProxyModel):
    """The findings of one outcome that hold a text."""

    def __init__(self, findings: Findings) -> None:
        super().__init__()
        self.setSourceModel(findings)
        self._findings = findings
        self._outcome, self._text = "", ""

    def narrow(self, outcome: str, text: str) -> None:
        """Show these alone; '' shows all."""
        self.beginFilterChange()
        self._outcome, self._text = outcome, text.casefold()
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        """Whether a finding is shown."""
        finding = self._findings.finding(row)
        if self._outcome and finding.outcome != self._outcome:
            return False
        return self._text in f"{finding.object} {finding.text} {finding.code}".casefold()


class ImportReport(Panel):
    """The report of one layer, chosen above it."""

    fly_requested = Signal(list)  # fids
    remedy_requested = Signal(str)  # the command that puts right what a finding of the current layer says

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._noticing = Question(session.jobs, "Looking at levels", self)
        self._report = Report()
        self.layers, self.outcomes = narrow(QComboBox()), narrow(QComboBox())
        self.layers.setAccessibleName("Layer")
        self.layers.setMinimumContentsLength(9)
        self.outcomes.setAccessibleName("Outcome")
        self.outcomes.setMinimumContentsLength(9)
        self.text = QLineEdit(placeholderText="Filter findings", clearButtonEnabled=True)
        self.text.setMinimumWidth(90)
        self.text.setMaximumWidth(260)
        self.save = QPushButton("Save as JSON…")
        self.save.setToolTip("Write the whole report to a file")
        self.words = QLabel(wordWrap=True)
        self.words.setObjectName("muted")
        self.words.setContentsMargins(12, 0, 12, 6)
        self.remedy = QPushButton()
        self.remedy.hide()
        self._findings = Findings()
        self.rows = Narrowed(self._findings)
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setAccessibleName("Findings")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.table.setShowGrid(False)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # ids differ at their ends
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self.table.horizontalHeader().setDefaultAlignment(left)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 8, 12, 8)
        bar.setSpacing(8)
        for widget in (self.layers, self.outcomes, self.text):
            bar.addWidget(widget)
        bar.addStretch(1)
        bar.addWidget(self.save)
        self._stack = QStackedWidget()
        # A window may be lower than what this would like to have.
        self._stack.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        for page in (empty_state(*EMPTY), empty_state(*NOTHING), self.table):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.words)
        layout.addWidget(self._stack, 1)
        below = QHBoxLayout()
        below.setContentsMargins(12, 0, 12, 0)
        below.addWidget(self.remedy)
        below.addStretch(1)
        layout.addLayout(below)

    def _connect(self) -> None:
        self._session.opened.connect(self.refresh)
        self._session.project_changed.connect(self.refresh)
        self._session.current_layer_changed.connect(self._follow)
        self.layers.activated.connect(self._show_layer)
        self.outcomes.activated.connect(self._narrow)
        self.text.textChanged.connect(self._narrow)
        self.save.clicked.connect(self._ask_file)
        self.table.selectionModel().currentRowChanged.connect(lambda current, _last: self._go_to(current))
        self.table.clicked.connect(self._go_to)
        self.remedy.clicked.connect(self._put_right)

    @property
    def layer(self) -> Layer | None:
        """The layer whose report is shown."""
        return next((layer for layer in self._present() if layer.id == self.layers.currentData()), None)

    def show_layer(self, layer: int) -> None:
        """Turn to the report of a layer."""
        self._fill()
        self.layers.setCurrentIndex(max(0, self.layers.findData(layer)))
        self._show_layer()

    def _follow(self) -> None:
        """Turn to the layer that is chosen in the list of layers."""
        layer = self._session.current_layer
        if layer is not None and layer.id != self.layers.currentData():
            self.layers.setCurrentIndex(max(0, self.layers.findData(layer.id)))
            self._show_layer()

    def _present(self) -> tuple[Layer, ...]:
        return self._session.project.layers if self._session.is_open else ()

    def _fill(self) -> None:
        current = self._session.current_layer
        before = self.layers.currentData() or (current and current.id)
        self.layers.clear()
        for layer in self._present():
            self.layers.addItem(layer.name, layer.id)
        self.layers.setCurrentIndex(max(0, self.layers.findData(before)))
        self._show_layer()

    def _show_layer(self) -> None:
        layer = self.layer
        self._show_report(report_of(layer) if layer else Report())
        self._noticing.drop()
        if layer is not None and layer.kind == "pipes":
            look = partial(noticed, layer)
            self._session.look(self._noticing, layer.object_count, look, self._add_noticed)

    def _add_noticed(self, found: list[reading.Warning]) -> None:
        if found:
            before = self._report
            self._show_report(replace(before, warnings=[*found, *before.warnings]))

    def _show_report(self, report: Report) -> None:
        layer, self._report = self.layer, report
        chosen = self.outcomes.currentData() or ""
        self.outcomes.clear()
        self.outcomes.addItem(EVERYTHING, "")
        for outcome, title in OUTCOMES.items():
            count = sum(warning.outcome == outcome for warning in report.warnings)
            if count:
                self.outcomes.addItem(f"{title} ({count})", outcome)
        self.outcomes.setCurrentIndex(max(0, self.outcomes.findData(chosen)))
        order = list(OUTCOMES)
        self._findings.show(sorted(report.warnings, key=lambda found: order.index(found.outcome)))
        more = f" The first {len(report.warnings):,} are listed." if report.more_warnings else ""
        self.words.setText(summary([report], noun_of([layer])) + more if layer else "")
        for widget in (self.layers, self.outcomes, self.text, self.save):
            widget.setEnabled(layer is not None)
        self._stack.setCurrentIndex(0 if layer is None else 2 if report.warnings else 1)
        self._narrow()
        self._fit_columns(report)

    def _fit_columns(self, report: Report) -> None:
        """Outcome and id as wide as their words, no id where there is none; the finding takes the rest."""
        metrics = self.table.fontMetrics()
        ids = [metrics.horizontalAdvance(found.object) for found in report.warnings[:100] if found.object]
        self.table.setColumnHidden(1, not any(found.object for found in report.warnings))
        self.table.setColumnWidth(0, 130)
        self.table.setColumnWidth(1, min(max([*ids, 60]) + 28, WIDEST))

    def _narrow(self) -> None:
        self.remedy.hide()
        self.rows.narrow(self.outcomes.currentData() or "", self.text.text())

    def _go_to(self, index: QModelIndex) -> None:
        """Select the object of a finding and fly there."""
        layer = self.layer
        if layer is None or not index.isValid():
            return
        finding = self._findings.finding(self.rows.mapToSource(index).row())
        way = WAYS_OUT.get(finding.code)
        self.remedy.setText(way[1] if way else "")
        self.remedy.setProperty("command", way[0] if way else "")
        self.remedy.setVisible(way is not None and not self._session.project.read_only)
        found = self._session.project.by_id(finding.object, layer) if finding.object else None
        if found is not None and self._session.selection.tolist() != [found.fid]:
            self._session.select([found.fid])
            self.fly_requested.emit([found.fid])

    def _put_right(self) -> None:
        """Let the command that helps ask about the layer that is shown."""
        if self.layer is not None:
            self._session.set_current_layer(self.layer.id)
            self.remedy_requested.emit(str(self.remedy.property("command")))

    def _ask_file(self) -> None:
        layer = self.layer
        assert layer is not None
        name = Path(layer.source_path or layer.name).stem
        path, _ = QFileDialog.getSaveFileName(
            self, "Save the import report", f"{name}-report.json", "JSON (*.json)"
        )
        if path:
            self.write(Path(path))

    def write(self, path: Path) -> None:
        """Write the report of the shown layer as JSON."""
        layer = self.layer
        assert layer is not None
        values = {"layer": layer.name, "source": layer.source_path, **self._report.as_dict()}
        try:
            write_whole(
                path, lambda file: file.writelines([orjson.dumps(values, option=orjson.OPT_INDENT_2)])
            )
        except CitystrataError as error:
            self._session.problem.emit(error.sentence())
        else:
            self._session.message.emit(f"The report was written to {path.name}")
