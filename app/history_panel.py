"""Every step made in the project; a double click goes back or forward to it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.labels import counted, empty_state
from app.lines import ASIDE, FAINT, KEY, SECOND_LINE, TwoLines
from app.panel import Panel
from app.session import Session
from app.steps import change_lines, when_text, who_and_why
from layers.records import Step

EMPTY = ("No steps yet", "Every edit becomes a step here and can be taken back, also after closing.")
OVERTAKEN = "This step was taken back and other edits came after it, so it cannot be done again."
IS_OVERTAKEN = Qt.ItemDataRole.UserRole
#: The latest steps are listed; a button brings the rest.
LISTED = 300
BEGINNING = 0
BEGINNING_TITLE = "As it began"


class HistoryPanel(Panel):
    """The steps, newest first; those taken back are grey."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.only_selected = QCheckBox("Only the selected object")
        self.only_selected.toggled.connect(self.refresh)
        self._count = QLabel()
        self._count.setObjectName("muted")
        self._shows_all = False
        self._more = QPushButton("List all")
        self._more.setToolTip(f"The latest {LISTED} steps are listed")
        self._more.clicked.connect(self._list_all)
        self.list = QListWidget()
        self.list.setItemDelegate(TwoLines(self.list))
        self.list.setAccessibleName("History")
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.itemActivated.connect(self._on_activated)
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 8, 12, 8)
        bar.addWidget(self.only_selected)
        bar.addStretch()
        bar.addWidget(self._count)
        bar.addWidget(self._more)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty_state(*EMPTY))
        self._stack.addWidget(self.list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self._stack)
        session.opened.connect(self.refresh)
        session.project_changed.connect(self.refresh)
        session.selection_changed.connect(self._on_selection)
        theme.current().changed.connect(self.refresh)
        self.refresh()

    def _fill(self) -> None:
        steps = self._steps()
        self.list.clear()
        now = self._session.project.can_undo if self._session.is_open else None
        shown = steps if self._shows_all else steps[-LISTED:]
        for step in reversed(shown):
            self.list.addItem(self._row(step, now is not None and step.step == now.step))
        self._more.setVisible(len(shown) < len(steps))
        if steps and not self._one_object() and len(shown) == len(steps):
            first = QListWidgetItem(theme.current().icon("file"), BEGINNING_TITLE)
            first.setData(KEY, BEGINNING)
            first.setToolTip("Double click to take every step back")
            self.list.addItem(first)
        undone = sum(step.undone for step in steps)
        self._count.setText(counted(len(steps), "step") + (f", {undone} undone" if undone else ""))
        self._stack.setCurrentIndex(1 if steps else 0)

    def _list_all(self) -> None:
        self._shows_all = True
        self.refresh()

    def _steps(self) -> list[Step]:
        if not self._session.is_open:
            return []
        return self._session.project.history(self._one_object())

    def _one_object(self) -> int | None:
        """The object that the list is narrowed to."""
        selection = self._session.selection
        return int(selection[0]) if self.only_selected.isChecked() and len(selection) == 1 else None

    def _row(self, step: Step, is_now: bool) -> QListWidgetItem:
        icon = "check" if is_now else "undo" if step.undone else "rename"
        row = QListWidgetItem(theme.current().icon(icon), step.label)
        row.setData(KEY, step.step)
        row.setData(FAINT, step.undone)
        row.setData(ASIDE, when_text(step.when))
        row.setData(
            SECOND_LINE,
            "\n".join([*change_lines(step), f"{who_and_why(step)} · {counted(step.count, 'change')}"]),
        )
        row.setData(IS_OVERTAKEN, step.overtaken)
        state = "The city is at this step." if is_now else "Double click to go to this step."
        state = OVERTAKEN if step.overtaken else state
        row.setToolTip(f"{step.label}\n{who_and_why(step)}\n{state}")
        if is_now:
            font = row.font()
            font.setWeight(font.Weight.DemiBold)
            row.setFont(font)
        return row

    def _on_activated(self, row: QListWidgetItem) -> None:
        if row.data(IS_OVERTAKEN):
            self._session.problem.emit(OVERTAKEN)
        else:
            self._session.go_to(int(row.data(KEY)))

    def _on_selection(self) -> None:
        if self.only_selected.isChecked():
            self.refresh()
        one = len(self._session.selection) == 1
        self.only_selected.setEnabled(one or self.only_selected.isChecked())
