"""Every command of the window, one row each. Menus, toolbar, shortcuts, palette and help follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from analysis import CHANGE, PLANNING, QUALITY, SUN, VISIBILITY
from analysis.analysis import analysis_of
from app import theme
from app.action import (
    Action,
    has_dates,
    has_layer,
    has_layers,
    has_objects,
    has_results,
    has_selection,
    is_open,
    is_writable,
    may_edit_city,
    may_edit_layer,
    may_map_fields,
    may_redo,
    may_undo,
    shows_result,
    shows_views,
)
from app.modelactions import MODEL_ACTIONS
from app.session import Session
from app.timeactions import TIME_ACTIONS

#: The submenus of the analyses: title, icon of their rows, which ones.
ANALYSE_MENUS = (
    ("Sun and energy", "sun", SUN),
    ("Visibility", "sight", VISIBILITY),
    ("Time", "compare", CHANGE),
    ("Planning", "check", PLANNING),
    ("Quality", "check", QUALITY),
)
#: Analyses with an icon of their own.
ICONS = {
    "visibility": "viewshed",
    "sightline": "sightline",
    "protectedview": "protected",
    "exposure": "exposure",
    "isovist": "isovist",
    "windowview": "window",
}


def _analyses() -> tuple[Action, ...]:
    """One row per analysis."""
    rows = []
    for menu, icon, names in ANALYSE_MENUS:
        for found in map(analysis_of, names):
            text = f"{found.TITLE.rstrip('?')}…"
            sign = ICONS.get(found.NAME, icon)
            row = Action(f"analyse_{found.NAME}", text, "", sign, f"Analyse/{menu}", "analyse", has_layers)
            rows.append(replace(row, help=found.HELP, about=found.NAME))
    return tuple(rows)


# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("open", "Open…", "Ctrl+O", "open", "File", "open_files", toolbar=True,
           help="Open a project, or city models, terrain, pipes and point clouds as layers."),
    Action("new", "New project…", "Ctrl+N", "new", "File", "new_project",
           help="Start an empty project in a file of your choice."),
    Action("import", "Add layers…", "Ctrl+I", "import", "File", "add_layers",
           help="Read more files into the open project as layers."),
    Action("import_folder", "Add a folder of tiles…", "Ctrl+Shift+I", "layers", "File", "add_folder",
           help="Read all files of a folder as one layer of the open project."),
    Action("demo", "Demo city", "", "demo", "File", "open_demo",
           help="Make the demo city and open it."),
    Action("save_as", "Save project as…", "Ctrl+Shift+S", "save", "-File", "save_as", is_open,
           help="Copy the project to a file of your choice and go on there."),
    Action("export", "Export layer…", "Ctrl+E", "export", "File", "export_layer", has_layer,
           help="Write the current layer to a file, as it came in plus your edits."),
    Action("picture", "Save picture…", "Ctrl+P", "picture", "File", "save_picture", has_layers,
           help="Save what the view shows as a PNG picture."),
    Action("close", "Close project", "Ctrl+W", "close", "-File", "close_project", is_open,
           help="Close the project and go back to the start page."),
    Action("quit", "Quit", "Ctrl+Q", "quit", "File", "quit",
           help="Leave the program; every edit is already kept."),

    Action("undo", "Undo", "Ctrl+Z", "undo", "Edit", "undo", may_undo, toolbar=True,
           help="Take the last step back."),
    Action("redo", "Redo", "Ctrl+Shift+Z", "redo", "Edit", "redo", may_redo, toolbar=True,
           help="Make the step again that was taken back."),
    Action("stop", "Stop the work", "Ctrl+.", "close", "Edit", "stop",
           help="Stop what the status bar shows; Esc stops reading files, where nothing is selected."),
    Action("find", "Find object…", "Ctrl+F", "search", "-Edit", "find", is_open,
           help="Find an object by its id or by an attribute value."),
    Action("calculator", "Calculate attribute…", "Ctrl+Shift+C", "calculator", "Edit", "calculate",
           may_edit_layer, help="Fill an attribute of many objects with a formula."),
    Action("replace", "Find and replace…", "Ctrl+H", "replace", "Edit", "find_replace", may_edit_layer,
           help="Replace values of an attribute in a layer."),
    Action("join", "Join a CSV table…", "", "join", "Edit", "join_csv", may_edit_layer,
           help="Add the columns of a CSV file to the objects with the same id."),

    Action("select_all", "Select layer's objects", "Ctrl+A", "select", "Select", "select_all", has_objects,
           help="Select every object of the current layer."),
    Action("select_none", "Select nothing", "Esc", "none", "Select", "select_none",
           help="Clear the selection."),
    Action("select_where", "Select by expression…", "Ctrl+Shift+A", "filter", "Select", "select_where",
           has_objects, help="Select the objects of the current layer that an expression holds for."),
    Action("box", "Box select", "B", "box", "Select", "box_select", has_layers, checkable=True, toolbar=True,
           help="Drag a box in the view to select the objects in it."),
    Action("copy_id", "Copy ids", "Ctrl+C", "copy", "Select", "copy_ids", has_selection,
           help="Copy the ids of the selected objects."),
    Action("focus", "Zoom to selection", "F", "focus", "-Select", "zoom_to_selection",
           has_selection, toolbar=True, help="Fly to the selected objects."),
    Action("hide", "Hide selected", "H", "eye-off", "Select", "hide_selected", has_selection, toolbar=True,
           help="Hide the selected objects in the view."),
    Action("isolate", "Isolate selected", "I", "isolate", "Select", "isolate_selected",
           has_selection, toolbar=True, help="Show the selected objects alone."),
    Action("show_all", "Show everything", "Shift+H", "eye", "Select", "show_all", is_open, toolbar=True,
           help="Bring hidden objects back."),

    Action("fit", "Zoom to everything", "Home", "fit", "View", "zoom_to_all", has_layers, toolbar=True,
           help="Fly back until all layers are in view."),
    Action("zoom_in", "Zoom in", "+", "zoom-in", "View", "zoom_in", has_layers,
           help="Come closer."),
    Action("zoom_out", "Zoom out", "-", "zoom-out", "View", "zoom_out", has_layers,
           help="Go further away."),
    Action("view_top", "From above", "1", "top", "-View/Standard views", "look", has_layers,
           about="top", help="Look straight down, north up."),
    Action("view_south", "From the south", "2", "side", "View/Standard views", "look", has_layers,
           about="south", help="Look north."),
    Action("view_east", "From the east", "3", "side", "View/Standard views", "look", has_layers,
           about="east", help="Look west."),
    Action("view_north", "From the north", "4", "side", "View/Standard views", "look", has_layers,
           about="north", help="Look south."),
    Action("view_west", "From the west", "5", "side", "View/Standard views", "look", has_layers,
           about="west", help="Look east."),
    Action("view_tilted", "Bird's eye", "6", "cube", "View/Standard views", "look", has_layers,
           about="isometric", help="Look down at an angle from the south-west."),
    Action("north_up", "North up", "N", "compass", "View", "north_up", has_layers,
           help="Turn the view until north is up."),
    Action("parallel", "Parallel projection", "P", "parallel", "View", "parallel", has_layers, checkable=True,
           help="Draw without perspective, so that lengths compare."),
    Action("walk", "Walk", "Shift+W", "walk", "View", "walk", has_layers, checkable=True, toolbar=True,
           help="Walk with W A S D and look with the mouse; Esc ends it."),
    Action("legend", "Legend", "L", "legend", "-View", "show_legend", checkable=True,
           help="Show what the colours mean."),
    Action("marks", "North arrow and scale bar", "Shift+L", "north", "View", "show_marks", checkable=True,
           help="Show the north arrow, the scale bar and the date on the view."),
    Action("ghosts", "Ghosts of other dates", "G", "ghosts", "View", "show_ghosts", has_dates, checkable=True,
           help="Show what stands at other dates as ghosts."),
    Action("sun", "Sun and shadow", "Ctrl+7", "sun", "View", "show_sun", has_layers, checkable=True,
           toolbar=True, help="Light the city with the sun of a date and time, and cast its shadows."),
    Action("sight", "What an observer sees", "Ctrl+8", "observer", "View", "show_sight", has_layers,
           checkable=True, toolbar=True, help="Put an observer into the city and tint what they see."),

    Action("dock_layers", "Layers", "Ctrl+1", "layers", "-View/Panels", "show_dock", checkable=True,
           about="layers", help="Show the list of layers."),
    Action("dock_inspector", "Inspector", "Ctrl+2", "inspector", "View/Panels", "show_dock",
           about="inspector", checkable=True, help="Show what is known about the selected object."),
    Action("dock_table", "Attribute table", "Ctrl+3", "table", "View/Panels", "show_dock",
           about="table", checkable=True, toolbar=True,
           help="Show the objects of the current layer as a table."),
    Action("dock_history", "History", "Ctrl+4", "history", "View/Panels", "show_dock",
           about="history", checkable=True, toolbar=True,
           help="Show every step that was made in this project."),
    Action("dock_results", "Results", "Ctrl+6", "results", "View/Panels", "show_dock",
           about="results", checkable=True, toolbar=True,
           help="Show the results of analyses, with numbers and reports."),
    Action("dock_importreport", "Import report", "Ctrl+9", "info", "View/Panels", "show_dock",
           about="importreport", checkable=True,
           help="Show what reading the files found: what was repaired or is not drawn."),
    Action("dock_timeline", "Timeline", "Ctrl+5", "time", "View/Panels", "show_timeline",
           has_dates, checkable=True, toolbar=True, help="Show the slider that sets the date of the city."),
    Action("detail_automatic", "Automatic", "", "settings", "View/Detail", "set_detail", checkable=True,
           about="automatic", help="Draw as much as this computer draws fluently."),
    Action("detail_coarse", "Coarse", "", "minus", "View/Detail", "set_detail", checkable=True,
           about="coarse", help="Draw less, for slow computers and very large cities."),
    Action("detail_fine", "Fine", "", "plus", "View/Detail", "set_detail", checkable=True,
           about="fine", help="Draw more, even where moving is less fluent."),
    Action("theme_system", "Like the system", "", "settings", "View/Theme", "set_theme", checkable=True,
           about="system", help="Use light or dark as the system does."),
    Action("theme_light", "Light", "", "sun", "View/Theme", "set_theme", checkable=True,
           about="light", help="Use light colours."),
    Action("theme_dark", "Dark", "", "moon", "View/Theme", "set_theme", checkable=True,
           about="dark", help="Use dark colours."),
    Action("toggle_theme", "Switch light and dark", "Ctrl+Shift+T", "moon", "View/Theme", "toggle_theme",
           help="Change between light and dark colours."),
    Action("fullscreen", "Full screen", "F11", "fullscreen", "View", "fullscreen", checkable=True,
           help="Fill the whole screen."),

    Action("layer_zoom", "Zoom to layer", "Shift+F", "focus", "Layer", "zoom_to_layer", has_layer,
           help="Fly to the current layer."),
    Action("layer_table", "Open attribute table", "F6", "table", "Layer", "open_table", has_layer,
           help="Show the current layer's objects as a table."),
    Action("layer_rename", "Rename layer", "F2", "rename", "-Layer", "rename_layer",
           may_edit_layer, scope="tree", help="Give the current layer another name."),
    Action("layer_visible", "Show or hide layer", "Space", "eye", "Layer", "toggle_layer",
           may_edit_layer, scope="tree", help="Switch the current layer on or off."),
    Action("layer_up", "Move layer up", "Ctrl+Up", "up", "Layer", "layer_up", may_edit_layer, scope="tree",
           help="Move the current layer up in the order."),
    Action("layer_down", "Move layer down", "Ctrl+Down", "down", "Layer", "layer_down",
           may_edit_layer, scope="tree", help="Move the current layer down in the order."),
    Action("layer_remove", "Remove layer", "Del", "trash", "Layer", "remove_layer",
           may_edit_layer, scope="tree", help="Take the layer out of the project; undo brings it back."),
    Action("layer_report", "Import report of the layer", "", "info", "-Layer", "layer_report", has_layer,
           help="Show what reading the current layer's file found."),
    Action("place", "Place layer by hand…", "", "place", "Layer", "place_layer", may_edit_layer,
           help="Move, turn and scale the current layer, by numbers or by points picked in the view."),
    Action("fields", "Fields of the layer…", "", "pipes", "Layer", "map_fields", may_map_fields,
           help="Say which fields hold diameters, levels and nodes, or heights, and in which units."),
    Action("epoch_add", "Add date to timeline…", "", "calendar", "Layer", "add_epoch", is_writable,
           help="Name a date that the timeline should show."),

    *MODEL_ACTIONS,
    *TIME_ACTIONS,

    *_analyses(),
    Action("dock_rules", "Rules of plots", "", "rules", "Analyse/Planning", "show_dock", has_layers,
           about="rules", checkable=True,
           help="Show what may be built on the plots that are clicked, and change it."),
    Action("repair", "Repair geometry…", "", "check", "-Analyse/Quality", "repair_geometry", may_edit_city,
           help="List what is safe to repair in the current layer and what stays, and repair what you tick."),
    Action("heights", "Correct heights…", "", "terrain", "Analyse/Quality", "correct_heights", may_edit_city,
           help="List what floats or is sunk in the current layer, and set what you tick on the ground."),
    Action("report", "Report (PDF)…", "Ctrl+R", "report", "-Analyse", "report", has_results,
           help="Write the shown result, or all results, with pictures, tables and method to a PDF file."),
    Action("look_there", "Look from there", "Shift+E", "observer", "Analyse", "look_there", shows_views,
           help="See the city from the place of the shown result, as wide as it looks; again: the next."),
    Action("look_here", "Look from here", "", "eye", "Analyse", "look_here", has_layers,
           help="See the city from the place that was clicked with the right button; Esc goes back."),
    Action("sight_here", "Put the observer here", "", "observer", "Analyse", "sight_here", has_layers,
           help="Tint what an observer sees who stands where you clicked with the right button."),
    Action("view_here", "From this window…", "", "observer", "Analyse", "view_here", has_layers,
           help="Ask what is seen from the place that was clicked with the right button, and its sun."),
    Action("result_hide", "Hide the result", "Shift+R", "eye-off", "Analyse", "hide_result", shows_result,
           help="Show the city in its own colours again; the result stays in the list."),

    Action("menus", "Go to the menus", "F10", "command", "Help", "go_to_menus",
           help="Open the menus with the keyboard; Alt and a letter opens one of them."),
    Action("palette", "All commands…", "Ctrl+K", "command", "Help", "palette",
           help="Find and run any command by its name."),
    Action("keyboard", "Keyboard", "F1", "keyboard", "Help", "keyboard",
           help="Show every command with its key."),
    Action("about", "About Citystrata", "", "info", "-Help", "about",
           help="Show the version and where things are kept."),
)
# fmt: on

MENUS = ("File", "Edit", "Select", "View", "Layer", "Model", "Time", "Analyse", "Help")


class ActionSet(QObject):
    """The rows of ACTIONS as live QActions of one window."""

    def __init__(self, window: QWidget, session: Session, commands: QObject) -> None:
        super().__init__(window)
        self._session = session
        self._live = {row.name: self._make(row, window, commands) for row in ACTIONS}
        for signal in (session.opened, session.project_changed, session.selection_changed):
            signal.connect(self.refresh)
        session.current_layer_changed.connect(self.refresh)
        session.ticks_changed.connect(self.refresh)
        theme.current().changed.connect(self._tint)
        self.refresh()

    def __getitem__(self, name: str) -> QAction:
        return self._live[name]

    def __iter__(self) -> Iterator[tuple[Action, QAction]]:
        return ((row, self._live[row.name]) for row in ACTIONS)

    def refresh(self, *_args: object) -> None:
        """Enable what can be done now; undo and redo name their step."""
        for row, action in self:
            action.setEnabled(row.enabled(self._session))
        if self._session.is_open:
            for name, text, step in (
                ("undo", "Undo", self._session.project.can_undo),
                ("redo", "Redo", self._session.project.can_redo),
            ):
                label = step.label.replace("&", "&&") if step else ""
                self[name].setText(f"&{text} “{label}”" if step else f"&{text}")

    def _make(self, row: Action, window: QWidget, commands: QObject) -> QAction:
        action = QAction(theme.current().icon(row.icon), row.text, self)
        action.setObjectName(row.name)
        action.setCheckable(row.checkable)
        action.setStatusTip(row.help)
        action.setToolTip(tooltip(row))
        if row.shortcut:
            action.setShortcut(QKeySequence(row.shortcut))
        handler: Callable[..., Any] = getattr(commands, row.handler)
        if row.checkable and row.about:
            action.triggered.connect(lambda checked: handler(row.about, checked))
        elif row.checkable:
            action.triggered.connect(lambda checked: handler(checked))
        elif row.about:
            action.triggered.connect(lambda: handler(row.about))
        else:
            action.triggered.connect(lambda: handler())
        if row.scope == "window":
            window.addAction(action)
        else:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return action

    def _tint(self) -> None:
        for row, action in self:
            action.setIcon(theme.current().icon(row.icon))


def tooltip(row: Action) -> str:
    """The name with its key, and below it the sentence."""
    key = QKeySequence(row.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
    name = row.text.rstrip("…")
    return f"<b>{name}</b>{f' &nbsp;<span>{key}</span>' if key else ''}<br>{row.help}"
