"""Every command of the window, one row each. Menus, toolbar, shortcuts, palette and help follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app import theme
from app.session import Session

When = Callable[[Session], bool]


def always(_session: Session) -> bool:
    """Whatever is open."""
    return True


def is_open(session: Session) -> bool:
    """A project is open."""
    return session.is_open


def is_writable(session: Session) -> bool:
    """A project is open and may be changed."""
    return session.is_open and not session.project.read_only


def has_layers(session: Session) -> bool:
    """There is something to see."""
    return session.is_open and bool(session.project.layers)


def has_selection(session: Session) -> bool:
    """At least one object is selected."""
    return session.is_open and bool(session.selection)


def has_layer(session: Session) -> bool:
    """A layer is the current one."""
    return session.current_layer is not None


def may_edit_layer(session: Session) -> bool:
    """The current layer may be changed."""
    return has_layer(session) and is_writable(session)


def may_undo(session: Session) -> bool:
    """There is a step to undo."""
    return is_writable(session) and session.project.can_undo is not None


def may_redo(session: Session) -> bool:
    """There is a step to redo."""
    return is_writable(session) and session.project.can_redo is not None


@dataclass(frozen=True)
class Action:
    """One command: what it is called, where it is found, what it does and when it can."""

    name: str
    text: str
    shortcut: str
    icon: str
    menu: str  # "" = palette and shortcut only; "View/Theme" = a submenu; "-" in front = after a line
    help: str  # one sentence
    handler: str  # method of app.commands.Commands
    enabled: When = always
    checkable: bool = False
    toolbar: bool = False
    scope: str = "window"  # "tree": the key works while the layer list has the focus

    @property
    def place(self) -> tuple[str, ...]:
        """The menu, and the submenu if any."""
        return tuple(self.menu.removeprefix("-").split("/")) if self.menu else ()


# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("open", "Open…", "Ctrl+O", "open", "File", "Open a project, or city models, terrain, pipes and point clouds as layers.", "open_files", toolbar=True),
    Action("new", "New project…", "Ctrl+N", "new", "File", "Start an empty project in a file of your choice.", "new_project"),
    Action("import", "Add layers…", "Ctrl+I", "import", "File", "Read more files into the open project as layers.", "add_layers"),
    Action("demo", "Demo city", "", "demo", "File", "Make the demo city and open it.", "open_demo"),
    Action("save_as", "Save project as…", "Ctrl+Shift+S", "save", "-File", "Copy the project to a file of your choice and go on there.", "save_as", is_open),
    Action("export", "Export layer…", "Ctrl+E", "export", "File", "Write the current layer to a file, as it came in plus your edits.", "export_layer", has_layer),
    Action("picture", "Save picture…", "Ctrl+P", "picture", "File", "Save what the view shows as a PNG picture.", "save_picture", has_layers),
    Action("close", "Close project", "Ctrl+W", "close", "-File", "Close the project and go back to the start page.", "close_project", is_open),
    Action("quit", "Quit", "Ctrl+Q", "quit", "File", "Leave the program; every edit is already kept.", "quit"),

    Action("undo", "Undo", "Ctrl+Z", "undo", "Edit", "Take the last step back.", "undo", may_undo, toolbar=True),
    Action("redo", "Redo", "Ctrl+Shift+Z", "redo", "Edit", "Make the step again that was taken back.", "redo", may_redo, toolbar=True),
    Action("find", "Find object…", "Ctrl+F", "search", "-Edit", "Find an object by its id or by an attribute value.", "find", is_open),
    Action("calculator", "Calculate attribute…", "Ctrl+Shift+C", "calculator", "Edit", "Fill an attribute of many objects with a formula.", "calculate", may_edit_layer),
    Action("replace", "Find and replace…", "Ctrl+H", "replace", "Edit", "Replace values of an attribute in a layer.", "find_replace", may_edit_layer),
    Action("join", "Join a CSV table…", "", "join", "Edit", "Add the columns of a CSV file to the objects with the same id.", "join_csv", may_edit_layer),

    Action("select_all", "Select layer's objects", "Ctrl+A", "select", "Select", "Select every object of the current layer.", "select_all", has_layer),
    Action("select_none", "Select nothing", "Esc", "none", "Select", "Clear the selection.", "select_none"),
    Action("box", "Box select", "B", "box", "Select", "Drag a box in the view to select the objects in it.", "box_select", has_layers, checkable=True, toolbar=True),
    Action("copy_id", "Copy ids", "Ctrl+C", "copy", "Select", "Copy the ids of the selected objects.", "copy_ids", has_selection),
    Action("focus", "Zoom to selection", "F", "focus", "-Select", "Fly to the selected objects.", "zoom_to_selection", has_selection, toolbar=True),
    Action("hide", "Hide selected", "H", "eye-off", "Select", "Hide the selected objects in the view.", "hide_selected", has_selection, toolbar=True),
    Action("isolate", "Isolate selected", "I", "isolate", "Select", "Show the selected objects alone.", "isolate_selected", has_selection, toolbar=True),
    Action("show_all", "Show everything", "Shift+H", "eye", "Select", "Bring hidden objects back.", "show_all", is_open, toolbar=True),

    Action("fit", "Zoom to everything", "Home", "fit", "View", "Fly back until all layers are in view.", "zoom_to_all", has_layers, toolbar=True),
    Action("zoom_in", "Zoom in", "+", "zoom-in", "View", "Come closer.", "zoom_in", has_layers),
    Action("zoom_out", "Zoom out", "-", "zoom-out", "View", "Go further away.", "zoom_out", has_layers),
    Action("view_top", "From above", "1", "top", "-View/Standard views", "Look straight down, north up.", "view_top", has_layers),
    Action("view_south", "From the south", "2", "side", "View/Standard views", "Look north.", "view_south", has_layers),
    Action("view_east", "From the east", "3", "side", "View/Standard views", "Look west.", "view_east", has_layers),
    Action("view_north", "From the north", "4", "side", "View/Standard views", "Look south.", "view_north", has_layers),
    Action("view_west", "From the west", "5", "side", "View/Standard views", "Look east.", "view_west", has_layers),
    Action("view_tilted", "Bird's eye", "6", "cube", "View/Standard views", "Look down at an angle from the south-west.", "view_tilted", has_layers),
    Action("north_up", "North up", "N", "compass", "View", "Turn the view until north is up.", "north_up", has_layers),
    Action("parallel", "Parallel projection", "P", "parallel", "View", "Draw without perspective, so that lengths compare.", "parallel", has_layers, checkable=True),
    Action("walk", "Walk", "Shift+W", "walk", "View", "Walk with W A S D and look with the mouse; Esc ends it.", "walk", has_layers, checkable=True, toolbar=True),
    Action("legend", "Legend", "L", "legend", "-View", "Show what the colours mean.", "show_legend", checkable=True),
    Action("marks", "North arrow and scale bar", "Shift+L", "north", "View", "Show the north arrow, the scale bar and the date on the view.", "show_marks", checkable=True),
    Action("ghosts", "Ghosts of other dates", "G", "ghosts", "View", "Show what stands at other dates as ghosts.", "show_ghosts", is_open, checkable=True),

    Action("dock_layers", "Layers", "Ctrl+1", "layers", "-View/Panels", "Show the list of layers.", "show_layers", checkable=True),
    Action("dock_inspector", "Inspector", "Ctrl+2", "inspector", "View/Panels", "Show what is known about the selected object.", "show_inspector", checkable=True),
    Action("dock_table", "Attribute table", "Ctrl+3", "table", "View/Panels", "Show the objects of the current layer as a table.", "show_table", checkable=True, toolbar=True),
    Action("dock_history", "History", "Ctrl+4", "history", "View/Panels", "Show every step that was made in this project.", "show_history", checkable=True, toolbar=True),
    Action("dock_timeline", "Timeline", "Ctrl+5", "time", "View/Panels", "Show the slider that sets the date of the city.", "show_timeline", checkable=True, toolbar=True),
    Action("theme_system", "Like the system", "", "settings", "View/Theme", "Use light or dark as the system does.", "theme_system", checkable=True),
    Action("theme_light", "Light", "", "sun", "View/Theme", "Use light colours.", "theme_light", checkable=True),
    Action("theme_dark", "Dark", "", "moon", "View/Theme", "Use dark colours.", "theme_dark", checkable=True),
    Action("toggle_theme", "Switch light and dark", "Ctrl+Shift+T", "moon", "", "Change between light and dark colours.", "toggle_theme"),
    Action("fullscreen", "Full screen", "F11", "fullscreen", "View", "Fill the whole screen.", "fullscreen", checkable=True),

    Action("layer_zoom", "Zoom to layer", "Shift+F", "focus", "Layer", "Fly to the current layer.", "zoom_to_layer", has_layer),
    Action("layer_table", "Open attribute table", "F6", "table", "Layer", "Show the current layer's objects as a table.", "open_table", has_layer),
    Action("layer_rename", "Rename layer", "F2", "rename", "-Layer", "Give the current layer another name.", "rename_layer", may_edit_layer, scope="tree"),
    Action("layer_visible", "Show or hide layer", "Space", "eye", "Layer", "Switch the current layer on or off.", "toggle_layer", may_edit_layer, scope="tree"),
    Action("layer_up", "Move layer up", "Ctrl+Up", "up", "Layer", "Move the current layer up in the order.", "layer_up", may_edit_layer, scope="tree"),
    Action("layer_down", "Move layer down", "Ctrl+Down", "down", "Layer", "Move the current layer down in the order.", "layer_down", may_edit_layer, scope="tree"),
    Action("layer_remove", "Remove layer", "Del", "trash", "Layer", "Take the current layer out of the project; undo brings it back.", "remove_layer", may_edit_layer, scope="tree"),
    Action("layer_report", "Import report", "", "info", "-Layer", "Show what reading the current layer's file found.", "layer_report", has_layer),
    Action("epoch_add", "Add date to timeline…", "", "calendar", "Layer", "Name a date that the timeline should show.", "add_epoch", is_writable),

    Action("palette", "All commands…", "Ctrl+K", "command", "Help", "Find and run any command by its name.", "palette"),
    Action("keyboard", "Keyboard", "F1", "keyboard", "Help", "Show every command with its key.", "keyboard"),
    Action("about", "About Citystrata", "", "info", "-Help", "Show the version and where things are kept.", "about"),
)
# fmt: on

MENUS = ("File", "Edit", "Select", "View", "Layer", "Help")


class ActionSet(QObject):
    """The rows of ACTIONS as live QActions of one window."""

    def __init__(self, window: QWidget, session: Session, commands: QObject) -> None:
        super().__init__(window)
        self._session = session
        self._live = {row.name: self._make(row, window, commands) for row in ACTIONS}
        for signal in (session.opened, session.project_changed, session.selection_changed):
            signal.connect(self.refresh)
        session.current_layer_changed.connect(self.refresh)
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
                self[name].setText(f"{text} “{step.label}”" if step else text)

    def _make(self, row: Action, window: QWidget, commands: QObject) -> QAction:
        action = QAction(theme.current().icon(row.icon), row.text, self)
        action.setObjectName(row.name)
        action.setCheckable(row.checkable)
        action.setStatusTip(row.help)
        action.setToolTip(tooltip(row))
        if row.shortcut:
            action.setShortcut(QKeySequence(row.shortcut))
        handler: Callable[..., Any] = getattr(commands, row.handler)
        if row.checkable:
            action.triggered.connect(lambda checked: handler(checked))
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
