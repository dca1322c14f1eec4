"""The results of analyses: a list of them, and the one that is shown with verdicts, numbers and origin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from analysis.states import situations_told
from analysis.verdicts import FAIL
from app import theme
from app.analysing import STALE, Analysing
from app.changelist import ChangeList
from app.labels import breakable, empty_state
from app.lines import ASIDE, KEY, SECOND_LINE, TwoLines
from app.panel import Panel
from app.pedigreetext import pedigree_html
from app.resultsummary import ResultGlance
from app.resulttable import ResultTable
from app.resulttext import WORDS, kind_title, when
from app.session import Session
from layers.records import Changes
from layers.results import CHANGES, Result, ResultSummary
from layers.views import views_of
from viewer.scene import Hit, Reading

EMPTY = (
    "No results yet",
    "Select what you want to know about, a school yard or a building, and choose an analysis in the\n"
    "menu Analyse. Its result is kept here, with its numbers, its map and its report.",
)
UNCHOSEN = ("No result is shown", "Click a result in the list to see it in the view.")
#: What puts right what an analysis found: the name of the action, and what its button says.
REMEDIES = {"soundness": ("repair", "Repair geometry…"), "doctor": ("heights", "Correct heights…")}
#: Five results have room in the list.
LIST_HEIGHT = 230


class ResultPanel(Panel):
    """List, and below it the result that is shown."""

    edit_requested = Signal(object)  # ResultSummary: ask for its inputs again, to run it anew
    export_requested = Signal(object)  # ResultSummary
    report_requested = Signal(object)
    compare_requested = Signal(object)
    print_requested = Signal(object)  # ResultSummary: both states of the city that it compares, on paper
    look_requested = Signal(object)  # Result: chosen in the list, so that it should be in view
    remedy_requested = Signal(str)  # what puts right what the shown result found, as `REMEDIES` names it
    fly_requested = Signal(object)  # fids
    eye_requested = Signal()  # to see the city from where the shown result looks

    def __init__(self, session: Session, analysing: Analysing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._analysing = session, analysing
        self._following = False
        self._seen: Result | None = None
        self._wants_look = False  # a result in the list was clicked, and is not shown yet
        self.list = QListWidget()
        self.list.setItemDelegate(TwoLines(self.list))
        self.list.setAccessibleName("Results")
        self.list.setAutoScroll(False)  # a row that is chosen stays under the mouse
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(lambda at: self._menu().popup(self.list.mapToGlobal(at)))
        self.list.currentItemChanged.connect(self._on_chosen)
        self.list.itemClicked.connect(self._on_clicked)
        self.glance, self.table = ResultGlance(), ResultTable()
        self.changes = ChangeList(session)
        self.changes.fly_requested.connect(self.fly_requested)
        self.origin = QTextBrowser()
        self.origin.setAccessibleName("How it was computed")
        self.glance.quantity_chosen.connect(self._on_quantity)
        self.glance.object_chosen.connect(self._go_to)
        self.table.chosen.connect(lambda fid: session.select([fid]))
        self.table.fly_requested.connect(self.fly_requested)
        self._title = QLabel(wordWrap=True)  # whole, as the list has no room for it
        self._title.setObjectName("heading")
        self._build()
        analysing.changed.connect(self.refresh)
        analysing.shown_changed.connect(self._on_shown)
        session.opened.connect(self.refresh)
        for rows in (self.table, self.changes):
            session.selection_changed.connect(lambda rows=rows: rows.select(session.selection))
        session.project_changed.connect(self._on_project_changed)
        theme.current().changed.connect(self._tint)
        self._tint()
        self.refresh()

    # -- building ----------------------------------------------------------------------------

    def _build(self) -> None:
        self.report = QPushButton("Report (PDF)…")
        self.report.setObjectName("primary")
        self.report.clicked.connect(lambda: self._with_current(self.report_requested.emit))
        self.remedy = QPushButton()
        self.remedy.clicked.connect(self._on_remedy)
        self.look = _tool("Look from there: see the city from the place of the result, as wide as it looks")
        self.look.clicked.connect(self.eye_requested.emit)
        self.export = _tool("Write the result to a file: GeoPackage, CSV, GeoTIFF, CityJSON …")
        self.export.clicked.connect(lambda: self._with_current(self.export_requested.emit))
        self.shown = _tool("Show the result in the view, or the city in its own colours")
        self.shown.setCheckable(True)
        self.shown.clicked.connect(self._on_show)
        self.more = _tool("More that can be done with the result")
        self.more.clicked.connect(
            lambda: self._menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))
        )
        heading = QHBoxLayout()
        heading.setContentsMargins(12, 10, 12, 0)
        heading.addWidget(self._title, 1)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(12, 8, 12, 8)
        buttons.setSpacing(6)
        buttons.addWidget(self.report)
        buttons.addStretch()
        for button in (self.look, self.export, self.shown, self.more):
            buttons.addWidget(button)
        remedies = QHBoxLayout()
        remedies.setContentsMargins(12, 0, 12, 0)
        remedies.addWidget(self.remedy)
        remedies.addStretch()
        self._tabs = QTabWidget(documentMode=True)
        self._tabs.addTab(self.glance, "Result")
        self._tabs.addTab(self.changes, "Changes")
        self._tabs.addTab(self.table, "Table")
        self._tabs.addTab(self.origin, "How it was computed")
        details = QWidget()
        column = QVBoxLayout(details)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(heading)
        column.addLayout(buttons)
        column.addLayout(remedies)
        column.addWidget(self._tabs, 1)
        self._details = QStackedWidget()
        self._details.addWidget(empty_state(*UNCHOSEN))
        self._details.addWidget(details)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.list)
        split.addWidget(self._details)
        split.setSizes([LIST_HEIGHT, 600])
        split.setCollapsible(1, False)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty_state(*EMPTY))
        self._stack.addWidget(split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.setMinimumWidth(320)

    def _menu(self) -> QMenu:
        """What can be done with the chosen result."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        can_edit = not self._session.project.read_only
        for text, icon, act, enabled in (
            ("Run again", "rerun", self._analysing.rerun, True),
            ("Change and run again…", "rename", self.edit_requested.emit, True),
            ("Compare with…", "compare", self.compare_requested.emit, len(self._analysing.results) > 1),
            ("", "", None, True),
            ("Report (PDF)…", "report", self.report_requested.emit, True),
            ("Print the comparison…", "compare", self.print_requested.emit, self._compares_states),
            ("Export…", "export", self.export_requested.emit, True),
            ("", "", None, True),
            ("Rename…", "rename", self._rename, can_edit),
            ("Delete", "trash", self._analysing.remove, can_edit),
        ):
            if act is None:
                menu.addSeparator()
                continue
            action = QAction(theme.current().icon(icon), text, menu)
            action.setEnabled(enabled and self.current is not None)
            action.triggered.connect(lambda _on=False, act=act: self._with_current(act))
            menu.addAction(action)
        return menu

    @property
    def _compares_states(self) -> bool:
        """Whether the chosen result is about two states of the city, which can stand side by side."""
        return self.current is not None and len(set(situations_told(self.current.inputs))) > 1

    # -- what is chosen ----------------------------------------------------------------------

    @property
    def current(self) -> ResultSummary | None:
        """The result that is chosen in the list."""
        item = self.list.currentItem()
        number = item.data(KEY) if item is not None else None
        return next((found for found in self._analysing.results if found.id == number), None)

    def read(self, hit: Hit | None, reading: Reading | None) -> None:
        """Say what the result says about the place that was clicked in the view."""
        fid = reading.fid if reading is not None else None
        name = ""
        if fid is not None and hit is not None:
            item = self._session.project.object(fid)
            name = str(item.attributes.get("name") or item.id)
        self.glance.reading.show_reading(reading, name)

    def show_origin(self) -> None:
        """Turn to the page that says how the result was computed."""
        self._tabs.setCurrentWidget(self.origin)

    def _with_current(self, act: Callable[[ResultSummary], object]) -> None:
        if self.current is not None:
            act(self.current)

    def _rename(self, result: ResultSummary) -> None:
        title, good = QInputDialog.getText(self, "Rename result", "Title:", text=result.title)
        if good and title.strip():
            self._analysing.rename(result, title.strip())

    # -- following ---------------------------------------------------------------------------

    def _fill(self) -> None:
        results = self._analysing.results
        self._stack.setCurrentIndex(1 if results else 0)
        shown = self._analysing.shown
        chosen = shown.result.id if shown is not None else self.list.currentItem() and self.current
        self._following = True
        self.list.clear()
        for result in results:
            item = QListWidgetItem(_icon(result), result.title)
            item.setData(SECOND_LINE, f"{kind_title(result.kind)} · {when(result)}")
            item.setData(ASIDE, WORDS.get(result.verdict, ""))
            item.setData(KEY, result.id)
            item.setToolTip(result.title)
            self.list.addItem(item)
            if result.id == chosen:
                self.list.setCurrentItem(item)
        self._following = False
        self._on_shown()

    def _on_chosen(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None and not self._following:
            self._analysing.show(int(item.data(KEY)))

    def _on_clicked(self, item: QListWidgetItem) -> None:
        """Show a result, and the place that it speaks of."""
        self._wants_look = True
        self._on_chosen(item, None)

    def _on_shown(self) -> None:
        shown = self._analysing.shown
        self.shown.setChecked(shown is not None)
        if shown is None:
            if self.current is None:
                self._details.setCurrentIndex(0)
            return
        self._details.setCurrentIndex(1)
        if shown.result is not self._seen:  # another one is read from its beginning
            self._seen, has_changes = shown.result, CHANGES in shown.result.tables
            self._tabs.setTabVisible(self._tabs.indexOf(self.changes), has_changes)
            self.changes.show_result(shown.result)
            self._tabs.setCurrentWidget(self.changes if has_changes else self.glance)
            self.glance.area.verticalScrollBar().setValue(0)
        self._title.setText(breakable(shown.result.title))
        self.look.setVisible(bool(views_of(shown.result)))
        remedy = REMEDIES.get(shown.result.kind)
        self.remedy.setVisible(remedy is not None and shown.result.verdict == FAIL)
        self.remedy.setText(remedy[1] if remedy is not None else "")
        self.glance.show_result(shown.result, shown.quantity, shown.charts)
        self.table.show_result(shown.result)
        self._show_origin()
        self._mark(shown.result.id)
        if self._wants_look:
            self._wants_look = False
            self.look_requested.emit(shown.result)

    def _mark(self, number: int) -> None:
        self._following = True
        for row in range(self.list.count()):
            if self.list.item(row).data(KEY) == number:
                self.list.setCurrentRow(row)
        self._following = False

    def _show_origin(self) -> None:
        shown = self._analysing.shown
        if shown is not None:
            stale = STALE if self._analysing.is_outdated(shown.result.id) else ""
            self.origin.setHtml(pedigree_html(shown.result, self._session.project, stale))

    def _on_show(self, on: bool) -> None:
        result = self.current
        if on and result is not None:
            self._analysing.show(result.id)
        else:
            self._analysing.hide()

    def _on_remedy(self) -> None:
        """Put right what the shown result found, in the layer where most of it is."""
        shown = self._analysing.shown
        if shown is None:
            return
        found = shown.result.surfaces
        layers = np.asarray(found.columns["layer"], np.int64) if len(found) else np.empty(0, np.int64)
        present = [layer.id for layer in self._session.project.layers]
        there = layers[np.isin(layers, present)]
        if len(there):
            self._session.set_current_layer(int(np.bincount(there).argmax()))
        self.remedy_requested.emit(REMEDIES[shown.result.kind][0])

    def _go_to(self, fid: int) -> None:
        """Select what a verdict is about, and fly to it."""
        self._session.select([fid])
        self.fly_requested.emit(np.array([fid], np.int64))

    def _on_quantity(self, name: str) -> None:
        if self._analysing.shown is not None:
            self._analysing.show(self._analysing.shown.result.id, name)

    def _on_project_changed(self, _changes: Changes) -> None:
        if self.isVisible():
            self._show_origin()

    def _tint(self) -> None:
        colours = theme.current().colours
        self.origin.document().setDefaultStyleSheet(
            f"h4 {{ color: {colours.muted}; margin: 12px 0 2px 0; }} p {{ margin: 0 0 6px 0; }}"
            f"td.key {{ color: {colours.muted}; }} p.notice {{ color: {colours.notice}; }}"
        )
        for button, name in (
            (self.look, "observer"),
            (self.export, "export"),
            (self.shown, "eye"),
            (self.more, "more"),
        ):
            button.setIcon(theme.current().icon(name))
        self.refresh()


def _tool(words: str) -> QToolButton:
    button = QToolButton()
    button.setToolTip(words)
    button.setAccessibleName(words)
    return button


def _icon(result: ResultSummary) -> QIcon:
    """Green, red or amber for a verdict; otherwise a plain sheet."""
    colours = theme.current().colours
    verdicts = {"pass": ("check", colours.good), "fail": ("close", colours.danger)}
    name, colour = verdicts.get(result.verdict, ("results", colours.text))
    if result.verdict == "too close":
        name, colour = "warning", colours.notice
    return QIcon(theme.pixmap(name, colour, 32))
