"""What the rows of app/actions.py do; each method carries out one command of one window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QMessageBox

from analysis.sight.looking import EYE_HEIGHT_M
from analysis.sight.windowplaces import eye_at
from analysis.windowview import NAME as WINDOW_VIEW
from app import remedies, theme
from app.askpoints import normal_of
from app.dialogs.calculator import Calculator
from app.dialogs.choose import SelectWhere
from app.dialogs.join import JoinCsv
from app.dialogs.mapping import FieldMapping
from app.dialogs.place import PlaceLayer
from app.dialogs.replace import FindReplace
from app.exporting import ask_export, run_export
from app.help import KeyboardPage
from app.jobs import Question
from app.labels import counted
from app.navigation import ZOOM_PER_NOTCH
from app.opening import ask_files, ask_folder, ask_project_path
from app.resultbox import subject_box
from app.settings import config_folder
from app.timeline import parse_date
from layers.arrays import Float64
from layers.errors import WriteError
from layers.outfile import keep_sources
from layers.overview import ids_of
from layers.pipe_fields import FIELDS, SHAPE_FIELDS
from layers.pipes import mapping_of, sample_of
from layers.records import Fids, Layer
from layers.results import Result
from layers.views import View
from viewer.camera import Camera

if TYPE_CHECKING:
    from app.window import Window

#: How far to see around a found object, in its own sizes, and at least.
ROOM = 1.5
LEAST_M = 12.0
#: A result that takes less of the view both ways is too small to be read.
LEAST_SHOWN = 0.25
#: A result that speaks of a spot alone is seen with so much around it.
RESULT_M = 60.0
#: Where something hides what is flown to, it is looked at more steeply.
STEEPER_DEG = (50.0, 65.0, 80.0, 90.0)
VERSION = "0.1.0"
#: Of the view from a place that is clicked: how wide it is, and how far the middle of the picture is away.
LOOK_WIDTH_DEG, LOOK_TO_M = 75.0, 100.0
CLICK_FIRST = "Click a facade or a spot with the right button first"


class Commands(QObject):
    """The handlers of the action table."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._copying = Question(self._session.jobs, "Copying ids", self)
        self._flying = Question(self._session.jobs, "Finding the place", self)

    # -- File --------------------------------------------------------------------------------

    def open_files(self) -> None:
        """Ask for a project or files and open them."""
        self._window.open_paths(ask_files(self._window, "Open"))

    def add_layers(self) -> None:
        """Ask for files to read as layers."""
        self._window.open_paths(ask_files(self._window, "Add layers"))

    def add_folder(self) -> None:
        """Ask for a folder of tiles to read as one layer."""
        folder = ask_folder(self._window, "Add a folder of tiles")
        if folder is not None:
            self._window.open_paths([folder])

    def new_project(self) -> None:
        """Begin an empty project."""
        path = ask_project_path(self._window, "New project")
        if path is not None:
            self._session.create_project(path)

    def open_demo(self) -> None:
        """Make the demo city and open it."""
        self._window.open_demo()

    def save_as(self) -> None:
        """Copy the project to a file with a name."""
        path = ask_project_path(self._window, "Save project as", self._session.project.title)
        if path is not None:
            self._session.save_as(path)

    def export_layer(self) -> None:
        """Write the current layer to a file."""
        layer = self._session.current_layer
        if layer is not None:
            options = ask_export(self._window, self._session, layer)
            if options is not None:
                run_export(self._session, layer, options)

    def save_picture(self) -> None:
        """Save the view as a picture."""
        wanted = "PNG picture (*.png)"
        name, _ = QFileDialog.getSaveFileName(self._window, "Save picture", "city.png", wanted)
        if not name:
            return
        path = Path(name if name.lower().endswith(".png") else f"{name}.png")
        try:
            keep_sources(self._session.project, path)
        except WriteError as error:
            self._session.problem.emit(error.sentence())
            return
        if self._window.canvas.picture().save(str(path)):
            self._session.message.emit(f"The picture is in {path}")
        else:
            self._session.problem.emit(f"The picture could not be written ({path}). Choose another folder.")

    def close_project(self) -> None:
        """Go back to the start page."""
        self._session.close_project()

    def quit(self) -> None:
        """Leave."""
        self._window.close()

    # -- Edit --------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last step back."""
        self._session.undo()

    def redo(self) -> None:
        """Make it again."""
        self._session.redo()

    def find(self) -> None:
        """Go to the find box."""
        self._window.find_box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._window.find_box.selectAll()  # what is typed takes the place of what was sought before

    def calculate(self) -> None:
        """Open the attribute calculator."""
        self._window.show_dialog(Calculator(self._session, self._window))

    def find_replace(self) -> None:
        """Open find and replace."""
        self._window.show_dialog(FindReplace(self._session, self._window))

    def join_csv(self) -> None:
        """Open the CSV join."""
        self._window.show_dialog(JoinCsv(self._session, self._window))

    # -- Select ------------------------------------------------------------------------------

    def select_all(self) -> None:
        """Select all objects of the current layer."""
        layer = self._session.current_layer
        if layer is not None:
            self._session.select(self._session.project.fids(layer))

    def select_where(self) -> None:
        """Open the selection by expression."""
        self._window.show_dialog(SelectWhere(self._session, self._window))

    def select_none(self) -> None:
        """Select nothing, and leave box select; while a place is asked for or looked from, end only that."""
        if self._window.canvas.picking:
            self._window.canvas.end_picking()
            return
        if self._window.canvas.looking is not None:
            self._window.canvas.look_back()
            return
        self.box_select(False)
        self._session.select([])

    def box_select(self, on: bool) -> None:
        """Drag boxes instead of orbiting."""
        self._window.canvas.set_box_mode(on)
        self._window.actions_["box"].setChecked(on)

    def copy_ids(self) -> None:
        """Put the ids of the selection on the clipboard, one per line."""
        fids = self._session.selection

        def take(ids: list[str]) -> None:
            QApplication.clipboard().setText("\n".join(ids))
            self._session.message.emit(f"{counted(len(ids), 'id')} copied")

        self._session.look(self._copying, len(fids), partial(ids_of, fids), take)

    def zoom_to_selection(self) -> None:
        """Fly to the selection."""
        self.zoom_to(self._session.selection)

    def hide_selected(self) -> None:
        """Hide the selection."""
        self._session.hide(self._session.selection)
        self._session.select([])

    def isolate_selected(self) -> None:
        """Show the selection alone."""
        self._session.isolate(self._session.selection)

    def show_all(self) -> None:
        """Show everything again."""
        self._session.show_all()

    # -- View --------------------------------------------------------------------------------

    def zoom_to(self, fids: Fids) -> None:
        """Fly to some objects."""

        def fly(box: tuple[float, ...] | None) -> None:
            if box is not None:
                self.fly_to_box(np.array(box, np.float64).reshape(2, 3))

        self._session.look(self._flying, len(fids), lambda project: project.box(fids), fly)

    def fly_to_result(self, result: Result) -> None:
        """Fly to what a result speaks of, unless all of it is in view and large enough to be read."""
        if self._window.canvas.looking is not None:  # one looks from a place, and stays there
            return
        box = subject_box(self._session.project, result)
        if not self._shows(box):
            around = np.maximum(RESULT_M - np.ptp(box, axis=0), 0) / 2 * (1, 1, 0)
            self.fly_to_box(np.stack((box[0] - around, box[1] + around)))

    def _shows(self, box: Float64) -> bool:
        """Whether a box is within the view, and not small there."""
        size = np.array((self._window.canvas.width(), self._window.canvas.height()), np.float64)
        corners = np.array(list(product(*box.T)))
        seen = self._session.scene.camera.project(corners, round(size[0]), round(size[1]))
        if not np.isfinite(seen).all() or (seen[:, 2] <= 0).any():
            return False
        low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
        is_within = bool((low >= 0).all() and (high <= size).all())
        return is_within and bool(((high - low) >= LEAST_SHOWN * size).any())

    def fly_to_box(self, box: Float64) -> None:
        """Fly until a box, with some room around it, fills the view."""
        half = np.maximum((box[1] - box[0]) / 2 * ROOM, LEAST_M)
        half[2] = (box[1, 2] - box[0, 2]) / 2
        middle = box.mean(axis=0)
        canvas, camera = self._window.canvas, self._session.scene.camera
        room, aspect = np.stack((middle - half, middle + half)), canvas.width() / canvas.height()
        steeper = [altitude for altitude in STEEPER_DEG if altitude > camera.altitude_deg]
        ways = [camera, *(replace(camera, altitude_deg=altitude) for altitude in steeper)]
        fitted = [way.fitted(room, aspect) for way in ways]
        reach = float(np.linalg.norm(half)) + LEAST_M
        canvas.fly(next((way for way in fitted if self._sees(way, middle, reach)), fitted[0]))

    def _sees(self, camera: Camera, point: Float64, reach_m: float) -> bool:
        """Whether nothing stands between a camera and the surroundings of a point."""
        scene = self._session.scene
        before, scene.camera = scene.camera, camera
        x, y, _ = camera.project(point[None], *scene.size)[0]
        hit = scene.pick(float(x), float(y))
        scene.camera = before
        return hit is None or bool(np.linalg.norm(hit.point_in_world - point) <= reach_m)

    def zoom_to_all(self) -> None:
        """Fly back until all is in view."""
        self._window.canvas.fit()

    def zoom_in(self) -> None:
        """Come closer."""
        self._window.canvas.zoom(ZOOM_PER_NOTCH**2)

    def zoom_out(self) -> None:
        """Go away."""
        self._window.canvas.zoom(ZOOM_PER_NOTCH**-2)

    def view_top(self) -> None:
        """Look straight down."""
        self._look("top")

    def view_south(self) -> None:
        """See the city from the south."""
        self._look("south")

    def view_east(self) -> None:
        """See the city from the east."""
        self._look("east")

    def view_north(self) -> None:
        """See the city from the north."""
        self._look("north")

    def view_west(self) -> None:
        """See the city from the west."""
        self._look("west")

    def view_tilted(self) -> None:
        """Look down at an angle."""
        self._look("isometric")

    def north_up(self) -> None:
        """Turn until north is up."""
        self._window.canvas.turn_to(0.0)

    def parallel(self, on: bool) -> None:
        """Draw with or without perspective."""
        self._window.canvas.set_parallel(on)

    def walk(self, on: bool) -> None:
        """Begin or end to walk."""
        self._window.canvas.set_walking(on)

    def show_legend(self, on: bool) -> None:
        """Show or hide the legend."""
        self._window.set_legend(on)

    def show_marks(self, on: bool) -> None:
        """Show or hide north arrow, scale bar and date."""
        self._window.set_marks(on)

    def show_ghosts(self, on: bool) -> None:
        """Show or hide the ghosts of other dates."""
        self._window.timeline.ghosts.setChecked(on)

    def show_layers(self, on: bool) -> None:
        """Show or hide the layer list."""
        self._window.show_dock("layers", on)

    def show_inspector(self, on: bool) -> None:
        """Show or hide the inspector."""
        self._window.show_dock("inspector", on)

    def show_table(self, on: bool) -> None:
        """Show or hide the attribute table."""
        self._window.show_dock("table", on)

    def show_history(self, on: bool) -> None:
        """Show or hide the history."""
        self._window.show_dock("history", on)

    def show_importreport(self, on: bool) -> None:
        """Show or hide what reading the files found."""
        self._window.show_dock("importreport", on)

    def show_results(self, on: bool) -> None:
        """Show or hide the results of analyses."""
        self._window.show_dock("results", on)

    def show_timeline(self, on: bool) -> None:
        """Show or hide the timeline."""
        self._window.set_timeline(on)

    def show_sun(self, on: bool) -> None:
        """Light the city with the sun, or evenly."""
        self._window.set_sun(on)

    def show_sight(self, on: bool) -> None:
        """Tint the city by what an observer sees, or not."""
        self._window.set_sight(on)

    def detail_automatic(self, _on: bool) -> None:
        """Draw what is fluent."""
        self._window.set_detail("automatic")

    def detail_coarse(self, _on: bool) -> None:
        """Draw less."""
        self._window.set_detail("coarse")

    def detail_fine(self, _on: bool) -> None:
        """Draw more."""
        self._window.set_detail("fine")

    def theme_system(self, _on: bool) -> None:
        """Follow the system."""
        self._window.set_theme("system")

    def theme_light(self, _on: bool) -> None:
        """Use light colours."""
        self._window.set_theme("light")

    def theme_dark(self, _on: bool) -> None:
        """Use dark colours."""
        self._window.set_theme("dark")

    def toggle_theme(self) -> None:
        """Change between light and dark."""
        self._window.set_theme("light" if theme.current().is_dark else "dark")

    def fullscreen(self, on: bool) -> None:
        """Fill the screen, or not."""
        if on:
            self._window.showFullScreen()
        else:
            self._window.showNormal()

    def _look(self, name: str) -> None:
        canvas, camera = self._window.canvas, self._session.scene.camera
        canvas.fly(camera.viewed(name))

    # -- Layer -------------------------------------------------------------------------------

    def zoom_to_layer(self) -> None:
        """Fly to the current layer."""
        layer = self._session.current_layer
        if layer is not None and layer.box is not None:
            self.fly_to_box(np.array(layer.box, np.float64).reshape(2, 3))

    def place_layer(self) -> None:
        """Ask where the current layer is to stand."""
        layer = self._session.current_layer
        if layer is not None:
            window = self._window
            window.show_dialog(
                PlaceLayer(self._session, window.canvas, layer, lambda: self._fly_to(layer.id), window)
            )

    def repair_geometry(self) -> None:
        """Repair what is safe in the geometries of the current layer."""
        layer = self._session.current_layer
        if layer is not None:
            remedies.repair(self._session, layer)

    def check_heights(self) -> None:
        """Hold the heights of the current layer against the terrain."""
        layer = self._session.current_layer
        if layer is not None:
            remedies.examine(self._session, layer, self._window)

    def _fly_to(self, layer: int) -> None:
        box = self._session.project.layer(layer).box
        if box is not None:
            self.fly_to_box(np.array(box, np.float64).reshape(2, 3))

    def open_table(self) -> None:
        """Show the table of the current layer."""
        self._window.show_dock("table", True)

    def rename_layer(self) -> None:
        """Edit the layer's name in the list."""
        self._window.tree.rename_current()

    def toggle_layer(self) -> None:
        """Switch the current layer on or off."""
        layer = self._session.current_layer
        if layer is not None:
            label = f"{'Hide' if layer.visible else 'Show'} layer {layer.name}"
            self._session.run_edit(label, lambda edit: edit.set_layer(layer.id, visible=not layer.visible))

    def layer_up(self) -> None:
        """Move the current layer up."""
        self._window.tree.move_current(-1)

    def layer_down(self) -> None:
        """Move the current layer down."""
        self._window.tree.move_current(1)

    def remove_layer(self) -> None:
        """Take the current layer out."""
        layer = self._session.current_layer
        if layer is not None and self._session.run_edit(
            f"Remove layer {layer.name}", lambda edit: edit.set_layer(layer.id, present=False)
        ):
            self._session.message.emit(f"Layer {layer.name} removed; Ctrl+Z brings it back")

    def layer_report(self) -> None:
        """Show what reading the layer's file found."""
        layer = self._session.current_layer
        if layer is not None:
            self._window.show_import_report(layer.id)

    def map_fields(self) -> None:
        """Ask where diameter, levels, heights and so on of the current layer come from."""
        layer = self._session.current_layer
        if layer is not None:
            self._ask_fields(layer)

    def settle_fields(self, layers: Sequence[Layer]) -> None:
        """Read new layers as the person said of files with the same fields; ask once for new networks."""
        project, unknown = self._session.project, []
        for layer in layers:
            if not layer.facts.get("fields_guessed") or project.read_only:
                continue
            known = self._window.settings.field_map(project.attribute_types(layer))
            if known is None and layer.kind == "pipes":
                unknown.append(layer)
            elif known is not None and known != layer.facts.get("field_map"):
                self._map(layer, known)
        if unknown:
            self._ask_fields(unknown[0])

    def _ask_fields(self, layer: Layer) -> None:
        sample = sample_of(self._session.project, layer)
        fields = SHAPE_FIELDS if layer.kind == "vector" else FIELDS
        guess = mapping_of(self._session.project, layer)
        question = FieldMapping(layer.name, fields, sample, guess, self._window)

        def keep() -> None:
            self._window.settings.keep_field_map(sample, question.mapping)
            if question.mapping != guess:
                self._map(layer, question.mapping)

        question.accepted.connect(keep)
        self._window.show_dialog(question)

    def _map(self, layer: Layer, mapping: Mapping[str, str]) -> None:
        style = {**layer.style, "field_map": dict(mapping)}
        self._session.run_edit(f"Fields of {layer.name}", lambda edit: edit.set_layer(layer.id, style=style))

    def add_epoch(self) -> None:
        """Ask for a date and its name."""
        text, good = QInputDialog.getText(
            self._window, "Add date to timeline", "Date and name, for example “2035 Plan”:"
        )
        date, _, name = text.strip().partition(" ")
        day = parse_date(date)
        if good and day is not None:
            label = name.strip() or date
            self._session.run_edit(f"Add date {label}", lambda edit: edit.set_epoch(label, day.isoformat()))
            self._window.set_timeline(True)
        elif good and text.strip():
            self._session.problem.emit(f"{date!r} is no date. Write it as 2035, 2035-06 or 2035-06-01.")

    # -- Analyse -----------------------------------------------------------------------------

    def analyse(self, name: str) -> None:
        """Ask for the inputs of an analysis."""
        self._window.ask_analysis(name)

    def report(self) -> None:
        """Write the shown result, or all, to a PDF file."""
        shown = self._window.analysing.shown
        self._window.write_report([shown.result.id] if shown is not None else [])

    def look_here(self) -> None:
        """See the city from where the menu was asked for: out of the facade, or as one who stands there."""
        canvas, hit = self._window.canvas, self._window.canvas.context_hit
        if hit is None:
            self._session.message.emit(CLICK_FIRST)
            return
        normal = normal_of(self._session.project, hit)
        eye, out, is_spot = eye_at(hit.point_in_world, normal, EYE_HEIGHT_M)
        level = canvas.camera.looked(0.0, canvas.camera.altitude_deg).basis[2] if is_spot else out
        x, y, z = eye.tolist()
        to_x, to_y, to_z = (eye + LOOK_TO_M * level).tolist()
        canvas.look_from(View("here", (x, y, z), (to_x, to_y, to_z), LOOK_WIDTH_DEG))

    def view_here(self) -> None:
        """Ask what is seen from where the menu was asked for."""
        hit = self._window.canvas.context_hit
        if hit is None:
            self._session.message.emit(CLICK_FIRST)
            return
        normal = normal_of(self._session.project, hit)
        fields = self._window.ask_analysis(WINDOW_VIEW).fields
        fields[("on",)].show_value("points")
        fields[("points",)].show_value(((*hit.point_in_world.tolist(), *normal.tolist()),))

    def sight_here(self) -> None:
        """Put the observer where the menu was asked for, and tint what they see."""
        hit = self._window.canvas.context_hit
        if hit is None:
            self._session.message.emit(CLICK_FIRST)
            return
        self._window.sight.place(hit.point_in_world)
        self._window.set_sight(True)

    def look_there(self) -> None:
        """See the city from where the shown result looks; where it has several places, the next one."""
        canvas, views = self._window.canvas, self._session.scene.result_views
        at = views.index(canvas.looking) + 1 if canvas.looking in views else 0
        canvas.look_from(views[at % len(views)])

    def hide_result(self) -> None:
        """Show the city in its own colours again."""
        self._window.analysing.hide()

    def go_to_menus(self) -> None:
        """Let the keyboard choose from the menus."""
        bar = self._window.menuBar()
        bar.setFocus(Qt.FocusReason.MenuBarFocusReason)
        bar.setActiveAction(bar.actions()[0])

    # -- Help --------------------------------------------------------------------------------

    def palette(self) -> None:
        """Open the command palette."""
        self._window.palette_.open()

    def keyboard(self) -> None:
        """Show the keyboard page."""
        self._window.show_dialog(KeyboardPage(self._window))

    def about(self) -> None:
        """Say what this is and where it keeps things."""
        box = QMessageBox(self._window)
        box.setWindowTitle("About Citystrata")
        box.setIconPixmap(theme.pixmap("citystrata", "#000000", 56, self._window.devicePixelRatioF()))
        box.setText(f"<b>Citystrata {VERSION}</b><br>A city kept as layers: seen, edited, handed back.")
        box.setInformativeText(
            f"Settings: {config_folder()}\nUntitled projects: {self._session.untitled_folder}"
        )
        self._window.show_dialog(box)
