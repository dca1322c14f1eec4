"""The main window: the view in the middle, panels around it, and where things are put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QIcon
from PySide6.QtWidgets import (
    QDialog,
    QMainWindow,
    QMenu,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from analysis.analysis import analysis_of
from app import theme
from app.actions import ActionSet
from app.analysing import Analysing
from app.analysisform import AnalysisForm
from app.banner import Banner
from app.beginnings import dates_to_compare
from app.commands import Commands
from app.dialogs.compare import CompareResults
from app.find import FindBox
from app.flights import Flights
from app.frame import DOCKS, docks_of, fill_menus, toolbar_of
from app.gestures import HandledCanvas
from app.history_panel import HistoryPanel
from app.icons import FOLDER
from app.importreport import ImportReport, report_of, summary
from app.inspector import Inspector
from app.labels import counted
from app.livesight import KEPT_AS, LiveSight
from app.livesun import LiveSun
from app.mappings import Mappings
from app.opening import CrsQuestion, TilesQuestion, are_like_tiles
from app.palette import Palette
from app.reporting import ask_export_path, ask_report_path, report, run_export
from app.resultpanel import ResultPanel
from app.session import Session, is_project
from app.settings import MAX_RECENT, Settings
from app.sightpanel import SightPanel
from app.sightpin import SightPin
from app.start import StartPage, dropped_files
from app.statusbar import StatusBar
from app.stylepanel import StylePanel
from app.sunpanel import SunPanel, city_title
from app.surroundings import Surroundings
from app.table import AttributeTable
from app.timeline import Timeline
from app.tree import LayerTree
from layers.data import ReadOptions
from layers.decoding import MissingCrs
from layers.errors import CitystrataError
from layers.records import Changes, Layer
from layers.results import ResultSummary
from layers.unfinished import Unfinished

INFO_MS = 8000
SIZE = (1280, 800)
#: Height of the frame that the desktop puts around a window.
FRAME = 40
#: So long the program goes on, unseen, until what was under way has stopped and the project is closed.
LEAVE_S = 60.0
SCROLL_BAR = 12
#: How much is drawn, as a factor of what is fluent.
DETAIL = {"automatic": 1.0, "coarse": 0.4, "fine": 3.0}
CONTEXT = (
    *("focus", "hide", "isolate", "show_all", "copy_id", "-", "look_here", "sight_here", "view_here", "-"),
    *("select_none", "fit", "north_up"),
)
LAYER_CONTEXT = (
    *("layer_zoom", "layer_table", "layer_report", "-"),
    *("layer_rename", "layer_up", "layer_down", "-", "export", "layer_remove"),
)


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
        self._imported = 0  # the layer that was read last
        self._again: Callable[[], object] | None = None  # what "Try again" does
        self._act_on_info: Callable[[], object] = self._show_reports
        self.setWindowIcon(QIcon(str(FOLDER / "citystrata.svg")))
        self.setAcceptDrops(True)
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._build_middle()
        self._build_docks()
        self.flights = Flights(self.session, self.canvas)
        self.mappings = Mappings(self.session, self.settings, self, self.show_dialog)
        self.commands = Commands(self)
        self.actions_ = ActionSet(self, self.session, self.commands)
        fill_menus(self.menuBar(), self.actions_, self.tree, self._fill_recent)
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
        self.danger, self.info, self.notice = Banner("danger"), Banner("info"), Banner("notice")
        work = QWidget()
        column = QVBoxLayout(work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.sight_panel)
        column.addWidget(self.sun_panel)
        column.addWidget(self.timeline)
        self.start_page = StartPage(self.settings, self.session.untitled, self)
        self._pages = QStackedWidget()
        start = QScrollArea(widgetResizable=True)
        start.setWidget(self.start_page)
        self._pages.addWidget(start)
        self._pages.addWidget(work)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.notice, self.danger, self.info):
            column.addWidget(widget)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(middle)

    def _build_docks(self) -> None:
        self.tree, self.styles = LayerTree(self.session), StylePanel(self.session)
        self.inspector, self.table = Inspector(self.session), AttributeTable(self.session)
        self.history, self.find_box = HistoryPanel(self.session), FindBox(self.session)
        self.results = ResultPanel(self.session, self.analysing)
        self.importreport = ImportReport(self.session)
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
            "table": self.table,
            "history": self.history,
            "importreport": self.importreport,
        }
        self._docks = docks_of(self, panels)

    def _connect(self) -> None:
        session = self.session
        session.opened.connect(self._on_opened)
        session.problem.connect(self._say_problem)
        session.drawing.lost.connect(self._offer_again)
        self.danger.acted.connect(self._try_again)
        session.message.connect(lambda text: self.statusBar().showMessage(text, INFO_MS))
        session.imports.imported.connect(self._on_imported)
        session.imports.crs_wanted.connect(self._ask_crs)
        session.imports.cut_off.connect(self._offer_to_go_on)
        session.project_changed.connect(self._on_project_changed)
        for panel in (self.find_box, self.table, self.inspector, self.importreport):
            panel.fly_requested.connect(self.flights.to_objects)
        self.inspector.copy_requested.connect(self.commands.copy_ids)
        self.analysing.shown_changed.connect(self._on_result_shown)
        self.canvas.clicked.connect(self.results.read)
        self.results.edit_requested.connect(
            lambda result: self.ask_analysis(result.kind, dict(result.inputs))
        )
        self.results.look_requested.connect(self.flights.to_result)
        self.analysing.made.connect(self.flights.to_result)
        self.results.eye_requested.connect(self.commands.look_there)
        self.results.export_requested.connect(self.export_result)
        self.results.compare_requested.connect(
            lambda result: self.show_dialog(CompareResults(session, self.analysing, result, self))
        )
        self.results.report_requested.connect(lambda result: self.write_report([result.id]))
        self.info.acted.connect(lambda: self._act_on_info())
        self.start_page.open_clicked.connect(self.actions_["open"].trigger)
        self.start_page.folder_clicked.connect(self.actions_["import_folder"].trigger)
        self.start_page.demo_clicked.connect(self.open_demo)
        self.start_page.files_chosen.connect(self.open_paths)
        self.start_page.discard_clicked.connect(self._discard)
        self.canvas.context_requested.connect(partial(self._show_menu, CONTEXT))
        self.canvas.walk_ended.connect(lambda: self.actions_["walk"].setChecked(False))
        self.canvas.box_ended.connect(lambda: self.actions_["box"].setChecked(self.canvas.box_mode))
        self.tree.context_requested.connect(partial(self._show_menu, LAYER_CONTEXT))
        self.tree.itemDoubleClicked.connect(lambda: self.actions_["layer_zoom"].trigger())
        self.timeline.date_changed.connect(self.canvas.set_date)
        self.timeline.date_changed.connect(self.surroundings.set_city_date)
        self.canvas.camera_changed.connect(self.surroundings.look_from)
        self.timeline.ghosts_changed.connect(self.canvas.set_ghosts)
        self.timeline.ghosts_changed.connect(self.actions_["ghosts"].setChecked)
        for name, dock in self._docks.items():
            dock.visibilityChanged.connect(partial(self._on_dock, name))
        self.canvas.hovered.connect(self.sight_panel.point_at)
        self.sight_panel.kept.connect(lambda on: self.ask_analysis(KEPT_AS, self.sight.answers(on)))
        self.sight_panel.look_wanted.connect(self._look_as_observer)
        self._hide_info = QTimer(self, singleShot=True, interval=INFO_MS)
        self._hide_info.timeout.connect(self.info.hide)
        theme.current().changed.connect(self._mark_theme)

    # -- what is remembered ------------------------------------------------------------------

    def _restore(self) -> None:
        self.resize(*SIZE)
        geometry, docks = self.settings.bytes("geometry"), self.settings.bytes("docks")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self._fit_screen()
        if docks is not None:
            made = self.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
            for bar in made if self.restoreState(docks) else ():
                bar.hide()  # Qt makes others, and would leave these in the window
        self._wanted = {
            name: self.settings.flag(f"dock_{name}", name in ("layers", "inspector")) for name, _, _ in DOCKS
        }
        self.set_legend(self.settings.flag("legend"))
        self.set_marks(self.settings.flag("marks"))
        self.set_timeline(self.settings.flag("timeline"))
        self.set_detail(self.settings.detail)
        self._mark_theme()

    def _fit_screen(self) -> None:
        """Be no larger than the screen; where it has no room for a frame as well, fill it."""
        room = self.screen().availableGeometry()
        if self.width() > room.width() or self.height() + FRAME > room.height():
            self.resize(self.size().boundedTo(room.size() - QSize(0, FRAME)))
            self.move(room.topLeft())
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the work, close the project, and remember the arrangement."""
        self._keep_docks()
        self.settings.set_bytes("geometry", self.saveGeometry())
        self.canvas.close()
        self.session.close_project()
        self.settings.save()
        self.hide()
        self.session.jobs.wait(LEAVE_S)
        super().closeEvent(event)

    def _keep_docks(self) -> None:
        if self.session.is_open:
            self.settings.set_bytes("docks", self.saveState())
        for name, wanted in self._wanted.items():
            self.settings.set_flag(f"dock_{name}", wanted)

    # -- opening -----------------------------------------------------------------------------

    def open_paths(self, paths: list[Path]) -> None:
        """Open a project, or read files as layers."""
        projects, files = [p for p in paths if is_project(p)], [p for p in paths if not is_project(p)]
        self.danger.hide()
        if projects:
            self.session.open_project(projects[-1])
        if are_like_tiles(files):
            self._ask_tiles(files)
        elif files:
            self.session.import_files(files)
        for path in files[:MAX_RECENT]:
            if path.exists():
                self.settings.add_recent(path)

    def _ask_tiles(self, files: list[Path]) -> None:
        question = TilesQuestion(files, self)

        def answer() -> None:
            if question.clickedButton() is question.one:
                self.session.import_tiles(files)
            elif question.clickedButton() is question.many:
                self.session.import_files(files)

        question.finished.connect(answer)
        self.show_dialog(question)

    def open_demo(self) -> None:
        """Make the demo city in a job and open it."""
        self.session.open_demo()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if dropped_files(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        event.acceptProposedAction()
        self.open_paths(dropped_files(event))

    def _say_problem(self, sentence: str) -> None:
        self._again = None
        self.danger.say(sentence)

    def _offer_again(self, error: CitystrataError) -> None:
        """A layer could not be drawn: perhaps the disk was full, or its file was away."""
        self._again = self.session.drawing.again
        self.danger.say(error.sentence(), "Try again")

    def _try_again(self) -> None:
        self.danger.hide()
        if self._again is not None:
            self._again()

    def _ask_crs(self, path: Path, missing: MissingCrs) -> None:
        question = CrsQuestion(path.name, missing, self)
        question.accepted.connect(
            lambda: self.session.import_files([path], {path: ReadOptions(crs=question.crs)})
        )
        self.show_dialog(question)

    def _discard(self, path: Path) -> None:
        self.session.discard(path)
        self.start_page.refresh()

    def _fill_recent(self, menu: QMenu) -> None:
        menu.clear()
        for path in self.settings.recent:
            action = menu.addAction(path.name.removesuffix(".city.gpkg"))
            action.setToolTip(str(path))
            action.triggered.connect(partial(self.open_paths, [path]))
        if not menu.actions():
            menu.addAction("Nothing yet").setEnabled(False)

    # -- what happened -----------------------------------------------------------------------

    def _on_opened(self) -> None:
        is_open = self.session.is_open
        if not is_open:
            self.start_page.refresh()
            self.info.hide()
        self._pages.setCurrentIndex(1 if is_open else 0)
        self.canvas.set_ghosts(self.timeline.ghosts.isChecked())
        self._toolbar.setVisible(is_open)
        for name, dock in self._docks.items():
            dock.setVisible(is_open and self._wanted[name])
        self.notice.hide()
        if is_open and self.session.project.read_only:
            self.notice.say(f"You can look but not change: {self.session.project.read_only_reason}")
        self._show_title()
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
            if shown.date:
                self.timeline.show_date(shown.date)
            if shown.day is not None:  # shadows of another day over it would mislead
                self.sun.set_day(shown.day)

    def _on_project_changed(self, changes: Changes) -> None:
        if changes.project:
            self._show_title()

    def _show_title(self) -> None:
        name = self.session.project.title if self.session.is_open else ""
        self.setWindowTitle(f"{name} – Citystrata" if name else "Citystrata")

    def _on_imported(self, layers: list[Layer]) -> None:
        reports = list(map(report_of, layers))
        telling = [n for n, report in enumerate(reports) if report.warnings] or [0]
        self._imported = layers[telling[0]].id
        names = ", ".join(layer.name for layer in layers[:3]) + (" …" if len(layers) > 3 else "")
        found = any(report.warnings or report.dropped for report in reports)
        self._act_on_info = self._show_reports
        self.info.say(f"{names}: {summary(reports)}", "Details" if found else "")
        self._hide_info.start()
        self.mappings.settle(layers)

    def _offer_to_go_on(self, item: Unfinished) -> None:
        """An import was cut off when the program ended."""
        self._hide_info.stop()
        self._act_on_info = partial(self._go_on, item)
        self.info.say(
            f"The import of {item.source.path.name} was cut off. What was read is kept.", "Continue"
        )

    def _go_on(self, item: Unfinished) -> None:
        self.info.hide()
        self.session.imports.go_on(item)

    def _show_reports(self) -> None:
        self.info.hide()
        self.show_import_report(self._imported)

    def show_import_report(self, layer: int) -> None:
        """Show what reading the file of a layer found."""
        self.actions_["dock_importreport"].setChecked(True)
        self.show_dock("importreport", True)
        self.importreport.show_layer(layer)

    # -- what actions ask for ----------------------------------------------------------------

    def show_dialog(self, dialog: QDialog) -> None:
        """Show a dialog beside the work; it is gone when closed."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setModal(False)
        dialog.show()

    def ask_analysis(self, name: str, answers: Mapping[str, Any] | None = None) -> AnalysisForm:
        """Ask for the inputs of an analysis, beside the view, where objects can be clicked meanwhile."""
        form = AnalysisForm(self.session, self.analysing, analysis_of(name), self.canvas, answers, self)
        corner = self.canvas.mapToGlobal(QPoint(0, 0))
        form.move(corner.x() - min(form.width() // 2, self._docks["layers"].width()), corner.y())
        self.show_dialog(form)
        return form

    def write_report(self, results: list[int]) -> None:
        """Ask for a file, and write these results, or all, to it as PDF."""
        titles = [found.title for found in self.analysing.results if found.id in results]
        title = titles[0] if len(titles) == 1 else "Results"
        project = self.session.project
        out = ask_report_path(self, f"{project.title}, {title}")
        if out is None:
            return

        def done(pages: int) -> None:
            self._act_on_info = partial(self._open_file, out)
            self.info.say(f"The report is written, {counted(pages, 'page')}: {out}", "Open")

        work = partial(report, project.path, results, out)
        self.session.jobs.run(f"Writing {out.name}", work, done)

    def _open_file(self, path: Path) -> None:
        self.info.hide()
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def export_result(self, result: ResultSummary) -> None:
        """Ask for a file, and write a result to it."""
        path = ask_export_path(self, self.session, result)
        if path is not None:
            run_export(self.session, result, path)

    def show_dock(self, name: str, on: bool) -> None:
        """Show a panel, in front of others in its place, or hide it."""
        self._wanted[name] = on
        if self.session.is_open:
            self._docks[name].setVisible(on)
            if on:
                self._docks[name].raise_()

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
        if on and self.session.ticks and not self.timeline.use_date.isChecked():
            # What stands at other dates casts no shadow; a plan is what people want to see the shadow of.
            planned, _ = dates_to_compare(self.session.project.epochs, "", compares=True)
            self.timeline.show_date(planned or self.timeline.track.day.isoformat())
            self._say_city_date()
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

    def _say_city_date(self) -> None:
        """Say which city casts the shadows, and offer that of today."""
        epochs, shown = self.session.project.epochs, self.timeline.track.day.isoformat()
        now, _ = dates_to_compare(epochs, date.today().isoformat(), compares=False)
        words = f"The city is shown as of {city_title(epochs, shown)}: only what stands then casts shadow."
        self._act_on_info = partial(self._show_city_of, now)
        self.info.say(words, "Show today instead" if shown > now else "")
        self._hide_info.stop()

    def _show_city_of(self, day: str) -> None:
        self.info.hide()
        self.timeline.show_date(day)

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
            shown = not self._docks[name].isHidden()
            self._wanted[name] = shown
            self.actions_[f"dock_{name}"].setChecked(shown)

    def _show_menu(self, names: tuple[str, ...], at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in names:
            if name == "-":
                menu.addSeparator()
            else:
                menu.addAction(self.actions_[name])
        menu.popup(at)
