"""The scenarios of a project: the city as it is, its alternatives, and what each of them changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.lines import ASIDE, KEY, SECOND_LINE, TwoLines
from app.panel import Panel
from app.scenarios import Scenarios, summary
from app.session import Session
from app.situation import AS_IT_IS
from app.stylepanel import colour_icon
from layers.adding import STATUSES
from layers.proposals import touched
from layers.records import Scenario

HINT = "What you change goes into the scenario that is looked at; nothing of the city as it is is touched."


class ScenarioPanel(Panel):
    """List and buttons; a double click looks at a scenario."""

    def __init__(self, session: Session, scenarios: Scenarios, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._do = session, scenarios
        self.list = QListWidget()
        self.list.setItemDelegate(TwoLines(self.list))
        self.list.setAccessibleName("Scenarios")
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._on_menu)
        self.list.itemActivated.connect(lambda item: scenarios.look_at(item.data(KEY)))
        self.new = QPushButton("New…")
        self.new.setToolTip("Begin an alternative to what is shown")
        self.new.clicked.connect(lambda: scenarios.ask_new())
        self.look, self.compare, self.more = QToolButton(), QToolButton(), QToolButton()
        for button, text in (
            (self.look, "Look at the chosen one"),
            (self.compare, "Compare the chosen one with the city as it is"),
            (self.more, "More that can be done with the chosen one"),
        ):
            button.setToolTip(text)
            button.setAccessibleName(text)
        self.look.clicked.connect(lambda: scenarios.look_at(self.current.id if self.current else None))
        self.compare.clicked.connect(lambda: self._with_current(scenarios.compare))
        self.more.clicked.connect(
            lambda: self.menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))
        )
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 8, 12, 8)
        bar.addWidget(self.new)
        bar.addStretch()
        for button in (self.look, self.compare, self.more):
            bar.addWidget(button)
        self.list.setToolTip(HINT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.list, 1)
        self._looked_at: int | None = None
        for signal in (session.opened, session.project_changed):
            signal.connect(self.refresh)
        session.situation.changed.connect(self._on_situation)
        self.list.currentItemChanged.connect(lambda *_: self._enable())
        theme.current().changed.connect(self.refresh)
        self.refresh()

    @property
    def current(self) -> Scenario | None:
        """The scenario that is chosen in the list; None for the city as it is."""
        item = self.list.currentItem()
        number = item.data(KEY) if item is not None else None
        known = self._session.project.scenarios if self._session.is_open else ()
        return next((one for one in known if one.id == number), None)

    def menu(self) -> QMenu:
        """What can be done with the chosen scenario."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        known, can_edit = self.current, not self._session.project.read_only
        rows: tuple[tuple[str, str, Callable[[Scenario], object] | None, bool], ...] = (
            ("Look at it", "eye", lambda one: self._do.look_at(one.id), True),
            ("Compare with the city as it is", "swipe", self._do.compare, True),
            ("", "", None, True),
            ("Name, note, colour…", "rename", self._do.ask_change, can_edit),
            ("Branch from it…", "scenario", lambda one: self._do.ask_new(one.id), can_edit),
            ("Duplicate", "copy", self._do.duplicate, can_edit),
            ("Export alone…", "export", self._do.export, True),
            ("", "", None, True),
            ("Merge into the city…", "merge", self._do.ask_merge, can_edit),
            ("Delete", "trash", self._do.delete, can_edit),
        )
        for text, icon, act, enabled in rows:
            if act is None:
                menu.addSeparator()
                continue
            action = menu.addAction(theme.current().icon(icon), text)
            action.setEnabled(enabled and known is not None)
            action.triggered.connect(partial(self._with_current, act))
            if text.startswith("Name"):
                menu.addMenu(self._statuses(menu, known)).setEnabled(can_edit and known is not None)
        return menu

    def _statuses(self, menu: QMenu, known: Scenario | None) -> QMenu:
        statuses = QMenu("Status", menu)
        for status in STATUSES:
            action = statuses.addAction(status.capitalize())
            action.setCheckable(True)
            action.setChecked(known is not None and known.status == status)
            action.triggered.connect(
                lambda _on=False, status=status: self._with_current(
                    lambda one: self._do.change(one, status=status)
                )
            )
        return statuses

    def _with_current(self, act: Callable[[Scenario], object], *_checked: object) -> None:
        if self.current is not None:
            act(self.current)

    def _on_menu(self, at: QPoint) -> None:
        if self._session.is_open:
            self.menu().popup(self.list.mapToGlobal(at))

    def _on_situation(self) -> None:
        """Another scenario is looked at; other dates change nothing here."""
        if self._session.situation.scenario != self._looked_at:
            self.refresh()

    def _fill(self) -> None:
        chosen, self._looked_at = self.current, self._session.situation.scenario
        self.list.clear()
        if self._session.is_open:
            self._add(None)
            for known in self._session.project.scenarios:
                self._add(known)
                if chosen is not None and known.id == chosen.id:
                    self.list.setCurrentRow(self.list.count() - 1)
            if self.list.currentRow() < 0:
                self._mark_looked_at()
        self._enable()

    def _add(self, known: Scenario | None) -> None:
        is_now = self._session.situation.scenario == (known.id if known else None)
        item = QListWidgetItem(_icon(known), known.name if known else AS_IT_IS)
        item.setData(KEY, known.id if known else None)
        if known is not None:
            names = {one.id: one.name for one in self._session.project.scenarios}
            says = [known.status, summary(touched(self._session.project, known.id))]
            says += [f"of {known.epoch}"] if known.epoch else []
            says += [f"from {names[known.parent]}"] if known.parent in names else []
            item.setData(SECOND_LINE, "\n".join(filter(None, (" · ".join(says), known.note.split("\n")[0]))))
            item.setToolTip(known.note or known.name)
        if is_now:
            item.setData(ASIDE, "looked at")
            font = item.font()
            font.setWeight(font.Weight.DemiBold)
            item.setFont(font)
        self.list.addItem(item)

    def _mark_looked_at(self) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(KEY) == self._session.situation.scenario:
                self.list.setCurrentRow(row)

    def _enable(self) -> None:
        is_one = self.current is not None
        self.new.setEnabled(self._session.is_open and not self._session.project.read_only)
        self.look.setEnabled(self.list.currentItem() is not None)
        self.compare.setEnabled(is_one)
        self.more.setEnabled(is_one)
        for button, name in ((self.look, "eye"), (self.compare, "swipe"), (self.more, "more")):
            button.setIcon(theme.current().icon(name))


def _icon(known: Scenario | None) -> QIcon:
    if known is None or not known.color:
        return theme.current().icon("city" if known is None else "scenario")
    return colour_icon(known.color)
