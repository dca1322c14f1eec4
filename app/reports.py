"""What reading a file found, shown beside the work and never in its way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from layers.report import Report


def summary(reports: Sequence[Report]) -> str:
    """The reports in one sentence."""
    read = sum(report.read for report in reports)
    parts = [f"Read {read:,} objects".replace(",", "\u202f")]
    for name, text in (
        ("repaired", "repaired"),
        ("unsupported", "kept but not understood"),
        ("dropped", "could not be kept"),
    ):
        count = sum(getattr(report, name) for report in reports)
        if count:
            parts.append(f"{count} {text}")
    warnings = sum(len(report.warnings) + report.more_warnings for report in reports)
    parts.append(f"{warnings} {'warning' if warnings == 1 else 'warnings'}" if warnings else "no warnings")
    return ", ".join(parts) + "."


class ReportWindow(QDialog):
    """The report of one import, warning by warning; the work goes on behind it."""

    def __init__(self, title: str, reports: Sequence[Report], parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Dialog)
        self.setWindowTitle(f"Import report: {title}")
        self.setModal(False)
        self.resize(720, 420)
        words = QLabel(summary(reports))
        words.setObjectName("heading")
        table = QTreeWidget()
        table.setHeaderLabels(["What", "Object", "Finding"])
        table.setRootIsDecorated(False)
        table.setAlternatingRowColors(True)
        table.setSortingEnabled(True)
        for report in reports:
            for warning in report.warnings:
                item = QTreeWidgetItem([warning.code, warning.object, warning.text])
                item.setToolTip(2, warning.text)
                table.addTopLevelItem(item)
            if report.more_warnings:
                table.addTopLevelItem(QTreeWidgetItem(["", "", f"and {report.more_warnings} more"]))
        table.setColumnWidth(0, 150)
        table.setColumnWidth(1, 190)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(words)
        layout.addWidget(table)
