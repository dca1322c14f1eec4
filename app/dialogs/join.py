"""Join a CSV table to a layer by a key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.dialogs.bulk import BulkDialog, Planner
from app.jobs import Question
from app.labels import add_row, counted
from app.session import Session
from layers.bulk import Plan
from layers.errors import EditError
from layers.join import JoinReport, plan_join
from layers.project import Project
from layers.tables import Table, read_table

COLUMN, ATTRIBUTE = 0, 1


class JoinCsv(BulkDialog):
    """Table, key, columns, preview, and who found no partner."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        self._table: Table | None = None
        self._report: JoinReport | None = None
        super().__init__(session, "Join a CSV table", "Join", parent)
        self._reading = Question(session.jobs, "Reading the table", self)

    def read(self, path: Path) -> None:
        """Take this file."""
        self._table = None
        self.path.setText(str(path))
        self._offer_columns()
        self._reading.ask(lambda _work: read_table(path), self._take_table, self._refuse)

    def _take_table(self, table: Table) -> None:
        self._table = table
        self._offer_columns()

    def _build(self) -> None:
        self.path = QLineEdit(readOnly=True, placeholderText="A CSV file whose first line names the columns")
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._browse)
        file = QHBoxLayout()
        file.addWidget(self.path)
        file.addWidget(browse)
        self.key = QComboBox()
        self.key.currentIndexChanged.connect(self._offer_values)
        self.id_attribute = QComboBox()
        self.id_attribute.addItems(["id", *self._names()])
        self.id_attribute.currentIndexChanged.connect(self.plan_soon)
        match = QHBoxLayout()
        match.setSpacing(8)
        match.addWidget(self.key, 1)
        match.addWidget(QLabel("equals"))
        match.addWidget(self.id_attribute, 1)
        self.columns = QTreeWidget()
        self.columns.setRootIsDecorated(False)
        self.columns.setColumnCount(2)
        self.columns.setHeaderLabels(["Column", "Becomes attribute"])
        self.columns.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.columns.setMaximumHeight(140)
        self.columns.setAccessibleName("Columns")
        self.columns.itemChanged.connect(self.plan_soon)
        add_row(self._form, "Table", file)
        add_row(self._form, "Key", match)
        add_row(self._form, "Join", self.columns)

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Choose a table", "", "CSV tables (*.csv *.tsv *.txt);;All files (*)"
        )
        if chosen:
            self.read(Path(chosen))

    def _offer_columns(self) -> None:
        names = list(self._table.columns) if self._table else []
        self.key.clear()
        self.key.addItems(names)
        wanted = next((at for at, name in enumerate(names) if name.casefold() in ("id", "gml_id", "fid")), 0)
        self.key.setCurrentIndex(wanted if names else -1)
        self._offer_values()

    def _offer_values(self) -> None:
        self.columns.clear()
        for name in self._table.columns if self._table else ():
            if name and name != self.key.currentText():
                row = QTreeWidgetItem([name, name])
                row.setFlags(row.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable)
                row.setCheckState(COLUMN, Qt.CheckState.Checked)
                self.columns.addTopLevelItem(row)
        self.plan_soon()

    def _chosen(self) -> dict[str, str]:
        rows = (self.columns.topLevelItem(at) for at in range(self.columns.topLevelItemCount()))
        return {
            row.text(COLUMN): row.text(ATTRIBUTE).strip()
            for row in rows
            if row is not None and row.checkState(COLUMN) == Qt.CheckState.Checked
        }

    def _planner(self) -> Planner:
        if self._reading.is_open:
            raise EditError("The table is being read")
        if self._table is None:
            raise EditError("No table is chosen", do="Choose a CSV file")
        table, key, own = self._table, self.key.currentText(), self.id_attribute.currentText()
        layer, columns = self._layer, self._chosen()
        if not columns:
            raise EditError("No column is chosen", do="Tick the columns to join")

        def plan(project: Project) -> Plan:
            made, self._report = plan_join(project, layer, table, key, own, columns)
            return made

        return plan

    def _explain(self, plan: Plan) -> str:
        count = counted(plan.objects, "object changes", "objects change")
        changed = f"{count}." if plan.values else "No value would change."
        return f"{changed} {self._report.sentence()}" if self._report else changed

    def _fids(self) -> NDArray[np.int64]:
        """All of the layer, whatever is selected."""
        return self._session.project.fids(self._layer)
