"""The main window: the view in the middle, panels around it, and where things are put together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QIcon
from PySide6.QtWidgets import (
    QMainWindow,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from analysis.analysis import analysis_of
from app import theme
from app.actions import ActionSet
from app.analysing import Analysing
from app.analysisform import AnalysisForm
from app.arrangement import Arrangement
from app.beginnings import dates_to_compare
from app.commands import Commands
from app.dialogs import show_beside
from app.dialogs.compare import CompareResults
from app.find import FindBox
from app.flights import Flights
from app.frame import CONTEXT, LAYER_CONTEXT, docks_of, fill_menus, fill_recent, pop_up, toolbar_of
from app.gestures import HandledCanvas
from app.history_panel import HistoryPanel
from app.icons import FOLDER
from app.importreport import ImportReport
from app.inspector import Inspector
from app.leaving import leave, may_leave
from app.livesight import KEPT_AS, LiveSight
from app.livesun import LiveSun
from app.mappings import Mappings
from app.modelling.modelling import Modelling
from app.notices import INFO_MS, Notices
from app.opening import are_like_tiles, ask_crs, ask_tiles, is_named_project
from app.palette import Palette
from app.plotpanel import PlotPanel
from app.reporting import ask_and_export, run_report
from app.resultpanel import ResultPanel
from app.session import Session
from app.settings import MAX_RECENT, Settings
from app.sightpanel import SightPanel
from app.sightpin import SightPin
from app.start import StartPage, dropped_files
from app.statusbar import StatusBar
from app.stylepanel import StylePanel
from app.sunpanel import SunPanel
from app.surroundings import Surroundings
from app.table import AttributeTable
from app.timeline import Timeline
from app.timeview import TimeView
from app.tree import LayerTree
from layers.records import Layer
from layers.untitled import untitled_projects

SCROLL_BAR = 12
#: How much is drawn, as a factor of what is fluent.
DETAIL = {"automatic": 1.0, "coarse": 0.4, "fine": 3.0}


class Window(QMainWindow):
    """One window on one project."""

    def __init__(self, settings: Settings, untitled_folder: Path | None = None) -> None:
        super().__init__()
        self.settings = settings
        self.session = Session(self, untitled_folder)
        self.analysing = Analysing(self.session)
        self.surroundings = Surroundings(self.session)
        self.sun = LiveSun(self.session, self.surroundings)
        self.sight = LiveSight(self.session, self.surroundings)
        self.notices = Notices(self.session, self.analysing)
        self.setWindowIcon(QIcon(str(FOLDER / "citystrata.svg")))
        self.setAcceptDrops(True)
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.time = TimeView(self)
        self._build_middle()
        self._build_docks()
        self.flights = Flights(self.session, self.canvas)
        self.mappings = Mappings(self.session, self.settings, self)
        self.commands = Commands(self)
        self.actions_ = ActionSet(self, self.session, self.commands)
        fill_menus(self.menuBar(), self.actions_, self.tree, partial(fill_recent, settings, self.open_paths))
        self._toolbar = toolbar_of(self.actions_, self.find_box)
        self.addToolBar(self._toolbar)
        self.setStatusBar(StatusBar(self.session, self.canvas))
        self.palette_ = Palette(self.actions_, self)
        self._connect()
        self._restore()
        self._on_opened()

    # -- building ----------------------------------------------------------------------------

    def _build_middle(self) -> None:
        self.canvas = HandledCanvas(self.session)
        self.sun_panel, self.timeline = SunPanel(self.session, self.sun), Timeline(self.session)
        self.sight_panel = SightPanel(
            self.session, self.sight, SightPin(self.session, self.sight, self.canvas)
        )
        self.sun_panel.hide()
        self.sight_panel.hide()
        work = QWidget()
        column = QVBoxLayout(work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.time.bar)
        column.addWidget(self.sight_panel)
        column.addWidget(self.sun_panel)
        column.addWidget(self.timeline)
        self.start_page = StartPage(
            self.settings, partial(untitled_projects, self.session.untitled_folder), self
        )
        self._pages = QStackedWidget()
        start = QScrollArea(widgetResizable=True)
        start.setWidget(self.start_page)
        self._pages.addWidget(start)
        self._pages.addWidget(work)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(middle)

    def _build_docks(self) -> None:
        self.modelling = Modelling(self)
        self.tree, self.styles = LayerTree(self.session), StylePanel(self.session)
        self.inspector, self.table = Inspector(self.session), AttributeTable(self.session)
        self.history, self.importreport = HistoryPanel(self.session), ImportReport(self.session)
        self.results, self.find_box = ResultPanel(self.session, self.analysing), FindBox(self.session)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(self.styles)
        for signal in (self.session.opened, self.session.current_layer_changed):
            signal.connect(lambda: scroll.setVisible(self.session.current_layer is not None))
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(self.styles.minimumSizeHint().width() + SCROLL_BAR)
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(self.tree)
        left.addWidget(scroll)
        left.setSizes([300, 280])
        panels = {
            "layers": left,
            "inspector": self.inspector,
            "results": self.results,
            "scenarios": self.time.panel,
            "model": self.modelling.panel,
            "rules": PlotPanel(self.session, self.analysing),
            "table": self.table,
            "history": self.history,
            "importreport": self.importreport,
        }
        self.arrangement = Arrangement(self, self.settings, docks_of(self, panels))

    def _connect(self) -> None:
        session = self.session
        session.opened.connect(self._on_opened)
        session.message.connect(lambda text: self.statusBar().showMessage(text, INFO_MS))
        session.imports.imported.connect(self._on_imported)
        session.imports.crs_wanted.connect(partial(ask_crs, self, session))
        self.notices.report_requested.connect(self.show_import_report)
        self.notices.layer_requested.connect(self.flights.to_layer)
        self.time.join()
        for panel in (self.find_box, self.table, self.inspector, self.importreport, self.results):
            panel.fly_requested.connect(self.flights.to_objects)
        self.find_box.taken.connect(self.canvas.setFocus)
        self.inspector.copy_requested.connect(self.commands.copy_ids)
        self.analysing.shown_changed.connect(self._on_result_shown)
        self.canvas.clicked.connect(self.results.read)
        self.results.edit_requested.connect(
            lambda result: self.ask_analysis(result.kind, dict(result.inputs))
        )
        self.results.look_requested.connect(self.flights.to_result)
        self.analysing.made.connect(self.flights.to_result)
        self.results.eye_requested.connect(self.commands.look_there)
        self.results.export_requested.connect(partial(ask_and_export, self, session))
        self.results.compare_requested.connect(
            lambda result: show_beside(CompareResults(session, self.analysing, result, self))
        )
        self.results.report_requested.connect(lambda result: self.write_report([result.id]))
        for teller in (self.results, self.importreport, self.notices):
            teller.remedy_requested.connect(lambda name: self.actions_[name].trigger())
        self.start_page.open_clicked.connect(self.actions_["open"].trigger)
        self.start_page.folder_clicked.connect(self.actions_["import_folder"].trigger)
        self.start_page.demo_clicked.connect(self.session.open_demo)
        self.start_page.files_chosen.connect(self.open_paths)
        self.start_page.discard_clicked.connect(self._discard)
        self.canvas.context_requested.connect(partial(pop_up, self, self.actions_, CONTEXT))
        self.canvas.walk_ended.connect(lambda: self.actions_["walk"].setChecked(False))
        self.canvas.box_ended.connect(lambda: self.actions_["box"].setChecked(self.canvas.box_mode))
        self.tree.context_requested.connect(partial(pop_up, self, self.actions_, LAYER_CONTEXT))
        self.tree.itemDoubleClicked.connect(lambda: self.actions_["layer_zoom"].trigger())
        self.canvas.camera_changed.connect(self.surroundings.look_from)
        for name, dock in self.arrangement.docks.items():
            dock.visibilityChanged.connect(partial(self._on_dock, name))
        self.canvas.hovered.connect(self.sight_panel.point_at)
        self.sight_panel.kept.connect(lambda on: self.ask_analysis(KEPT_AS, self.sight.answers(on)))
        self.sight_panel.look_wanted.connect(self._look_as_observer)
        theme.current().changed.connect(self._mark_theme)

    # -- what is remembered ------------------------------------------------------------------

    def _restore(self) -> None:
        self.arrangement.restore()
        self.set_legend(self.settings.flag("legend"))
        self.set_marks(self.settings.flag("marks"))
        self.set_timeline(self.settings.flag("timeline"))
        self.set_detail(self.settings.detail)
        self._mark_theme()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave, unless work that is under way is to go on."""
        if leave(self):
            super().closeEvent(event)
        else:
            event.ignore()

    # -- opening -----------------------------------------------------------------------------

    def open_paths(self, paths: list[Path]) -> None:
        """Open a project, or read files as layers."""
        projects = [path for path in paths if is_named_project(path)]
        files = [path for path in paths if path not in projects]
        self.notices.danger.hide()
        if projects:
            may_leave(self, partial(self.session.open_project, projects[-1]))
        if are_like_tiles(files):
            ask_tiles(self, self.session, files)
        elif files:
            self.session.import_files(files)
        for path in files[:MAX_RECENT]:
            if path.exists():
                self.settings.add_recent(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if dropped_files(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        event.acceptProposedAction()
        self.open_paths(dropped_files(event))

    def _discard(self, path: Path) -> None:
        self.session.discard(path)
        self.start_page.refresh()

    # -- what happened -----------------------------------------------------------------------

    def _on_opened(self) -> None:
        is_open = self.session.is_open
        if not is_open:
            self.start_page.refresh()
        self._pages.setCurrentIndex(1 if is_open else 0)
        self.canvas.set_ghosts(self.timeline.ghosts.isChecked())
        self._toolbar.setVisible(is_open)
        self.arrangement.show(is_open)
        self.show_title()
        if is_open:
            if not self.session.is_untitled:
                self.settings.add_recent(self.session.project.path)
            self.canvas.setFocus()

    def _on_result_shown(self) -> None:
        """Bring the panel to the front, and the city to the date that the result speaks of."""
        self.actions_.refresh()
        shown = self.analysing.shown
        if shown is not None:
            self.set_sight(False)
            self.show_dock("results", True)
            self.time.show_situation_of(shown)
            if shown.day is not None:  # shadows of another day over it would mislead
                self.sun.set_day(shown.day)

    def show_title(self, *_args: object) -> None:
        """Say what is open, and which scenario is looked at."""
        name = self.session.project.title if self.session.is_open else ""
        scenario = self.session.situation.scenario_name
        self.setWindowTitle(" – ".join(filter(None, (scenario, name, "Citystrata"))))

    def _on_imported(self, layers: list[Layer]) -> None:
        self.notices.say_imported(layers)
        self.time.ask_of_snapshots(layers)
        self.mappings.settle(layers)

    def show_import_report(self, layer: int) -> None:
        """Show what reading the file of a layer found."""
        self.actions_["dock_importreport"].setChecked(True)
        self.show_dock("importreport", True)
        self.importreport.show_layer(layer)

    # -- what actions ask for ----------------------------------------------------------------

    def ask_analysis(self, name: str, answers: Mapping[str, Any] | None = None) -> AnalysisForm:
        """Ask for the inputs of an analysis, beside the view, where objects can be clicked meanwhile."""
        form = AnalysisForm(self.session, self.analysing, analysis_of(name), self.canvas, answers, self)
        show_beside(form, self.canvas)
        return form

    def write_report(self, results: list[int]) -> None:
        """Ask for a file, and write these results, or all, to it as PDF."""
        titles = [found.title for found in self.analysing.results if found.id in results]
        title = titles[0] if len(titles) == 1 else "Results"
        run_report(self, self.session, results, title, self.notices.say_written)

    def show_dock(self, name: str, on: bool) -> None:
        """Show a panel, in front of others in its place, or hide it."""
        self.arrangement.want(name, on, self.session.is_open)

    def set_legend(self, on: bool) -> None:
        """Show or hide the legend."""
        self.canvas.shows_legend = on
        self._keep_flag("legend", on)

    def set_marks(self, on: bool) -> None:
        """Show or hide north arrow, scale bar and date."""
        self.canvas.shows_marks = on
        self._keep_flag("marks", on)

    def set_timeline(self, on: bool) -> None:
        """Show or hide the timeline."""
        self.timeline.show_wanted(on)
        self._keep_flag("timeline", on, "dock_timeline")

    def set_sun(self, on: bool) -> None:
        """Light the city with the sun and show its panel, or neither."""
        if on and self.session.ticks and not self.session.situation.city_date:
            # What stands at other dates casts no shadow; a plan is what people want to see the shadow of.
            planned, _ = dates_to_compare(self.session.project.epochs, "", compares=True)
            self.timeline.show_date(planned or self.timeline.track.day.isoformat())
            self.notices.say_city_date(self.timeline)
        self.sun_panel.setVisible(on)
        shown = self.analysing.shown
        if on and shown is not None and shown.day is not None:
            self.sun.set_day(shown.day)
        self.sun.set_on(on)
        self.actions_["sun"].setChecked(on)

    def set_sight(self, on: bool) -> None:
        """Tint the city by what an observer sees and show their panel, or neither."""
        if on:
            self.analysing.hide()  # its colours mean something else
        self.sight_panel.setVisible(on)
        self.sight.set_on(on)
        self.actions_["sight"].setChecked(on)

    def _look_as_observer(self) -> None:
        """Show what the observer sees, the way the view looks."""
        seen = self.sight.view(self.canvas.camera.azimuth_deg)
        if seen is not None:
            self.canvas.look_from(seen)

    def set_detail(self, choice: str) -> None:
        """Draw more or less, and keep the choice."""
        choice = choice if choice in DETAIL else "automatic"
        self.settings.detail = choice
        self.session.set_detail(DETAIL[choice])
        for name in DETAIL:
            self.actions_[f"detail_{name}"].setChecked(name == choice)

    def set_theme(self, choice: str) -> None:
        """Use another theme and keep the choice."""
        theme.current().choose(choice)
        self.settings.theme = choice
        self._mark_theme()

    def _keep_flag(self, name: str, on: bool, action: str = "") -> None:
        self.actions_[action or name].setChecked(on)
        self.settings.set_flag(name, on)
        self.canvas.update()

    def _mark_theme(self) -> None:
        for choice in theme.CHOICES:
            self.actions_[f"theme_{choice}"].setChecked(theme.current().choice == choice)

    def _on_dock(self, name: str, _visible: bool) -> None:
        if self.session.is_open:
            self.actions_[f"dock_{name}"].setChecked(self.arrangement.follow(name))
