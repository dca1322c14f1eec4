"""What stands around the view: docks, menus and the toolbar, made from their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QMenu,
    QMenuBar,
    QSizePolicy,
    QTabBar,
    QToolBar,
    QWidget,
)

from app.actions import ACTIONS, MENUS, ActionSet
from app.mnemonics import letter_menu
from app.settings import Settings
from layers.project import ENDING

AREA = Qt.DockWidgetArea
#: Name, title and side of every dock.
DOCKS: tuple[tuple[str, str, Qt.DockWidgetArea], ...] = (
    ("layers", "Layers", AREA.LeftDockWidgetArea),
    ("inspector", "Inspector", AREA.RightDockWidgetArea),
    ("results", "Results", AREA.RightDockWidgetArea),
    ("scenarios", "Scenarios", AREA.RightDockWidgetArea),
    ("model", "Model", AREA.RightDockWidgetArea),
    ("rules", "Rules of plots", AREA.RightDockWidgetArea),
    ("table", "Attribute table", AREA.BottomDockWidgetArea),
    ("history", "History", AREA.BottomDockWidgetArea),
    ("importreport", "Import report", AREA.BottomDockWidgetArea),
)
LEFT_WIDTH, RIGHT_WIDTH, BOTTOM_HEIGHT = 260, 320, 240
FIND_WIDTH = 260

#: What a click with the right button offers: in the view, in the list of layers.
CONTEXT = (
    *("focus", "hide", "isolate", "show_all", "copy_id", "-", "look_here", "sight_here", "view_here", "-"),
    *("model_raise", "model_push", "model_move", "model_duplicate", "model_delete", "-"),
    *("select_none", "fit", "north_up"),
)
LAYER_CONTEXT = (
    *("layer_zoom", "layer_table", "layer_report", "-"),
    *("layer_rename", "layer_up", "layer_down", "-", "export", "layer_remove"),
)


def docks_of(window: QMainWindow, panels: Mapping[str, QWidget]) -> dict[str, QDockWidget]:
    """A dock for every panel, by its name."""
    docks: dict[str, QDockWidget] = {}
    latest: dict[Qt.DockWidgetArea, QDockWidget] = {}
    for name, title, where in DOCKS:
        dock = QDockWidget(title, window)
        dock.setObjectName(name)
        panels[name].setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        dock.setWidget(panels[name])
        window.addDockWidget(where, dock)
        if where in latest:  # at once: the window would grow to hold all of them above each other
            window.tabifyDockWidget(latest[where], dock)
        docks[name] = latest[where] = dock
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        bar.hide()  # those of fewer tabs would stay; Qt shows the ones in use
    window.setCorner(Qt.Corner.BottomLeftCorner, AREA.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, AREA.RightDockWidgetArea)
    horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    window.resizeDocks([docks["layers"], docks["inspector"]], [LEFT_WIDTH, RIGHT_WIDTH], horizontal)
    window.resizeDocks([docks["table"]], [BOTTOM_HEIGHT], vertical)
    return docks


def fill_menus(
    bar: QMenuBar, actions: ActionSet, tree: QWidget, fill_recent: Callable[[QMenu], None]
) -> None:
    """The menus; those of a layer go to the tree too, and `fill_recent` fills that of recent files."""
    menus: dict[tuple[str, ...], QMenu] = {(name,): bar.addMenu(f"&{name}") for name in MENUS}
    for row in ACTIONS:
        if not row.place:
            continue
        if row.menu.startswith("-"):
            menus[row.place[:1]].addSeparator()
        if row.place not in menus:
            menus[row.place] = menus[row.place[:1]].addMenu(row.place[1])
        menus[row.place].addAction(actions[row.name])
        if row.name == "open":
            recent = menus[row.place].addMenu("Open recent")
            recent.aboutToShow.connect(lambda menu=recent: fill_recent(menu))
        if row.scope == "tree":
            tree.addAction(actions[row.name])
    for menu in menus.values():
        letter_menu(menu)


def fill_recent(settings: Settings, open_paths: Callable[[list[Path]], None], menu: QMenu) -> None:
    """A row for every project and file that was open lately."""
    menu.clear()
    for path in settings.recent:
        action = menu.addAction(path.name.removesuffix(ENDING))
        action.setToolTip(str(path))
        action.triggered.connect(partial(open_paths, [path]))
    letter_menu(menu)
    if not menu.actions():
        menu.addAction("Nothing yet").setEnabled(False)


def pop_up(parent: QWidget, actions: ActionSet, names: Sequence[str], at: QPoint) -> None:
    """A menu of some actions where one has clicked; "-" is a line."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for name in names:
        if name == "-":
            menu.addSeparator()
        else:
            menu.addAction(actions[name])
    menu.popup(at)


def toolbar_of(actions: ActionSet, find_box: QWidget) -> QToolBar:
    """The toolbar, in the order of the menus, with the field to find objects in."""
    bar = QToolBar("Toolbar", movable=False, floatable=False)
    bar.setObjectName("toolbar")
    bar.setIconSize(QSize(20, 20))
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    menu = ""
    for row in ACTIONS:
        if row.toolbar:
            if menu and row.place[0] != menu:
                bar.addSeparator()
            menu = row.place[0]
            bar.addAction(actions[row.name])
    spacer = QWidget()
    spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(spacer)
    find_box.setFixedWidth(FIND_WIDTH)
    bar.addWidget(find_box)
    bar.addAction(actions["palette"])
    return bar
