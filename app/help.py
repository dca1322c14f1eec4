"""The keyboard page: every command with its key, from the action table; and what this program is."""

from __future__ import annotations

from html import escape
from pathlib import Path

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QMessageBox, QTextBrowser, QVBoxLayout, QWidget

from app import theme
from app.actions import ACTIONS, MENUS
from app.settings import config_folder

VERSION = "0.1.0"
#: What the mouse does in the view.
MOUSE = (
    ("Left drag", "Orbit around the point under the cursor"),
    ("Right or middle drag, Shift+drag", "Pan"),
    ("Wheel, pinch", "Zoom to the point under the cursor"),
    ("Click, Ctrl/Shift+click", "Select, add to the selection"),
    ("Ctrl+drag", "Select in a box"),
    ("Double click", "Fly to the point"),
    ("Right click", "Menu"),
    ("Arrow keys, Shift+arrows", "Orbit, pan"),
    ("Arrow keys, Page Up, Page Down", "With an observer: walk (Shift: farther), raise and lower the eye"),
    ("W A S D, Shift", "Walk, hurry (in walk mode)"),
)


def page() -> str:
    """The keyboard page as HTML."""
    colours = theme.current().colours
    cell = "padding:3px 24px 3px 0"
    key = f"{cell}; color:{colours.accent}"
    rows = ["<h3>Mouse and view</h3><table>"]
    rows += [
        f"<tr><td style='{key}'>{escape(how)}</td><td style='{cell}'>{escape(what)}</td></tr>"
        for how, what in MOUSE
    ]
    rows.append("</table>")
    for menu in MENUS:
        rows.append(f"<h3>{menu}</h3><table>")
        for action in (row for row in ACTIONS if row.place[:1] == (menu,)):
            shown = QKeySequence(action.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
            rows.append(
                f"<tr><td style='{key}'>{escape(shown) or 'Ctrl+K, its name'}</td>"
                f"<td style='{cell}'>{escape(action.text.rstrip('…'))}</td>"
                f"<td style='{cell}; color:{colours.muted}'>{escape(action.help)}</td></tr>"
            )
        rows.append("</table>")
    return "".join(rows)


class KeyboardPage(QDialog):
    """Every command with its key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard")
        self.resize(820, 640)
        text = QTextBrowser()
        text.setHtml(page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addWidget(text)


def about(parent: QWidget, untitled_folder: Path) -> QMessageBox:
    """What this is and where it keeps things."""
    box = QMessageBox(parent)
    box.setWindowTitle("About Citystrata")
    box.setIconPixmap(theme.pixmap("citystrata", "#000000", 56, parent.devicePixelRatioF()))
    box.setText(f"<b>Citystrata {VERSION}</b><br>A city kept as layers: seen, edited, handed back.")
    box.setInformativeText(f"Settings: {config_folder()}\nUntitled projects: {untitled_folder}")
    return box
