"""What the rows of app/actions.py do; each method carries out one command of one window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from analysis.change import NAME as CHANGE
from app import remedies, theme
from app.dialogs import show_beside
from app.dialogs.calculator import Calculator
from app.dialogs.choose import SelectWhere
from app.dialogs.join import JoinCsv
from app.dialogs.place import PlaceLayer
from app.dialogs.replace import FindReplace
from app.exporting import ask_export, run_export, save_picture
from app.help import KeyboardPage, about
from app.jobs import Question
from app.labels import counted
from app.leaving import may_leave
from app.modelcommands import ModelCommands
from app.navigation import ZOOM_PER_NOTCH
from app.opening import ask_files, ask_folder, ask_project_path
from app.timeline import ask_epoch
from layers.overview import ids_of
from layers.records import Layer

if TYPE_CHECKING:
    from app.window import Window


class Commands(ModelCommands):
    """The handlers of the action table."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._copying = Question(self._session.jobs, "Copying ids", self)

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
            may_leave(self._window, partial(self._session.create_project, path))

    def open_demo(self) -> None:
        """Make the demo city and open it."""
        may_leave(self._window, self._session.open_demo)

    def save_as(self) -> None:
        """Copy the project to a file with a name."""
        path = ask_project_path(self._window, "Save project as", self._session.project.title)
        if path is not None:
            may_leave(self._window, partial(self._session.save_as, path))

    def export_layer(self) -> None:
        """Write the current layer to a file."""
        layer = self._session.current_layer
        if layer is not None:
            options = ask_export(self._window, self._session, layer)
            if options is not None:
                run_export(self._session, layer, options)

    def save_picture(self) -> None:
        """Save the view as a picture."""
        save_picture(self._window, self._session, self._window.canvas.picture())

    def close_project(self) -> None:
        """Go back to the start page."""
        may_leave(self._window, self._session.close_project)

    def quit(self) -> None:
        """Leave."""
        self._window.close()

    # -- Edit --------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last step back, or the last corner or number of a tool that holds some."""
        if not self._window.modelling.take_back():
            self._session.undo()

    def redo(self) -> None:
        """Make it again, but not under a tool that holds something."""
        tool = self._window.modelling.desk.tool
        if tool is not None and tool.holds:
            self._session.message.emit(
                f"{tool.title} is not done yet: finish it with Enter, or leave it with Esc"
            )
        else:
            self._session.redo()

    def stop(self) -> None:
        """Stop the work that the status bar shows."""
        self._session.jobs.stop()

    def find(self) -> None:
        """Go to the find box."""
        self._window.find_box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._window.find_box.selectAll()  # what is typed takes the place of what was sought before

    def calculate(self) -> None:
        """Open the attribute calculator."""
        show_beside(Calculator(self._session, self._window))

    def find_replace(self) -> None:
        """Open find and replace."""
        show_beside(FindReplace(self._session, self._window))

    def join_csv(self) -> None:
        """Open the CSV join."""
        show_beside(JoinCsv(self._session, self._window))

    # -- Select ------------------------------------------------------------------------------

    def select_all(self) -> None:
        """Select all objects of the current layer."""
        layer = self._session.current_layer
        if layer is not None:
            self._session.select(self._session.project.fids(layer))

    def select_where(self) -> None:
        """Open the selection by expression."""
        show_beside(SelectWhere(self._session, self._window))

    def select_none(self) -> None:
        """End one thing: asking for a place, drawing, looking, selecting, comparing, or reading files."""
        canvas, comparing = self._window.canvas, self._session.comparing
        if canvas.picking:
            canvas.end_picking()
        elif self._window.modelling.escape():
            return
        elif canvas.looking is not None:
            canvas.look_back()
        elif canvas.box_mode or len(self._session.selection):
            self.box_select(False)
            self._session.select([])
        elif comparing.is_on:
            comparing.end()
        else:
            self._session.imports.stop()

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
        self._window.flights.to_objects(self._session.selection)

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

    def zoom_to_all(self) -> None:
        """Fly back until all is in view."""
        self._window.canvas.fit()

    def zoom_in(self) -> None:
        """Come closer."""
        self._window.canvas.zoom(ZOOM_PER_NOTCH**2)

    def zoom_out(self) -> None:
        """Go away."""
        self._window.canvas.zoom(ZOOM_PER_NOTCH**-2)

    def look(self, side: str) -> None:
        """See all from a side, from above, or at an angle."""
        canvas, camera = self._window.canvas, self._session.scene.camera
        canvas.fly(camera.viewed(side))

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

    def show_dock(self, name: str, on: bool) -> None:
        """Show or hide a panel; one that lies behind others is not hidden unseen but comes in front."""
        self._window.show_dock(name, on or self._window.arrangement.is_behind(name))

    def show_timeline(self, on: bool) -> None:
        """Show or hide the timeline."""
        self._window.set_timeline(on)

    def show_sun(self, on: bool) -> None:
        """Light the city with the sun, or evenly."""
        self._window.set_sun(on)

    def show_sight(self, on: bool) -> None:
        """Tint the city by what an observer sees, or not."""
        self._window.set_sight(on)

    def set_detail(self, choice: str, _on: bool) -> None:
        """Draw what is fluent, less or more."""
        self._window.set_detail(choice)

    def set_theme(self, choice: str, _on: bool) -> None:
        """Use the colours of the system, light or dark ones."""
        self._window.set_theme(choice)

    def toggle_theme(self) -> None:
        """Change between light and dark."""
        self._window.set_theme("light" if theme.current().is_dark else "dark")

    def fullscreen(self, on: bool) -> None:
        """Fill the screen, or not."""
        if on:
            self._window.showFullScreen()
        else:
            self._window.showNormal()

    # -- Layer -------------------------------------------------------------------------------

    def zoom_to_layer(self) -> None:
        """Fly to the current layer."""
        layer = self._session.current_layer
        if layer is not None:
            self._window.flights.to_layer(layer.id)

    def place_layer(self) -> None:
        """Ask where the current layer is to stand."""
        window, layer = self._window, self._session.current_layer
        if layer is not None:
            fly = partial(window.flights.to_layer, layer.id)
            show_beside(PlaceLayer(self._session, window.canvas, layer, fly, window))

    def repair_geometry(self) -> None:
        """List what is safe to repair in the geometries of the current layer, and ask."""
        layer = self._session.current_layer
        if layer is not None and self._may_put_right(layer):
            remedies.repair(self._session, layer, self._window.flights.to_objects, self._window.canvas)

    def correct_heights(self) -> None:
        """List what does not stand on the ground in the current layer, and ask."""
        layer = self._session.current_layer
        if layer is not None and self._may_put_right(layer):
            remedies.examine(self._session, layer, self._window.flights.to_objects, self._window.canvas)

    def _may_put_right(self, layer: Layer) -> bool:
        """Whether a layer is part of what is looked at; the city as it is is not, in a scenario."""
        name = self._session.situation.scenario_name
        if name and layer.scenario is None:
            self._session.problem.emit(
                f"{layer.name} is of the city as it is, and you look at the scenario {name}. "
                "Go back to the city as it is to put its layers right."
            )
            return False
        return True

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
            self._window.mappings.ask(layer)

    def add_epoch(self) -> None:
        """Ask for a date and its name."""
        if ask_epoch(self._window, self._session):
            self._window.set_timeline(True)

    # -- Analyse -----------------------------------------------------------------------------

    def analyse(self, name: str) -> None:
        """Ask for the inputs of an analysis."""
        if name == CHANGE:
            self._window.time.ask_what_changed()
        else:
            self._window.ask_analysis(name)

    def report(self) -> None:
        """Write the shown result, or all, to a PDF file."""
        shown = self._window.analysing.shown
        self._window.write_report([shown.result.id] if shown is not None else [])

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
        show_beside(KeyboardPage(self._window))

    def about(self) -> None:
        """Say what this is and where it keeps things."""
        show_beside(about(self._window, self._session.untitled_folder))
