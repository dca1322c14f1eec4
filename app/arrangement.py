"""How a window is arranged: its place on the screen and its panels, remembered from one time to the next."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar

from app.frame import DOCKS
from app.settings import Settings

SIZE = (1280, 800)
#: Height of the frame that the desktop puts around a window.
FRAME = 40


class Arrangement:
    """The panels of a window, which of them are wanted, and where all is."""

    def __init__(self, window: QMainWindow, settings: Settings, docks: Mapping[str, QDockWidget]) -> None:
        self.docks = docks
        self._window, self._settings = window, settings
        self._wanted = {
            name: settings.flag(f"dock_{name}", name in ("layers", "inspector")) for name, _, _ in DOCKS
        }

    def restore(self) -> None:
        """Arrange the window as it was left."""
        window = self._window
        window.resize(*SIZE)
        geometry, docks = self._settings.bytes("geometry"), self._settings.bytes("docks")
        if geometry is not None:
            window.restoreGeometry(geometry)
        self._fit_screen()
        if docks is not None:
            made = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
            for bar in made if window.restoreState(docks) else ():
                bar.hide()  # Qt makes others, and would leave these in the window

    def _fit_screen(self) -> None:
        """Be no larger than the screen; where it has no room for a frame as well, fill it."""
        window, room = self._window, self._window.screen().availableGeometry()
        if window.width() > room.width() or window.height() + FRAME > room.height():
            window.resize(window.size().boundedTo(room.size() - QSize(0, FRAME)))
            window.move(room.topLeft())
            window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)

    def keep(self, shows_panels: bool) -> None:
        """Remember how the window is arranged now."""
        if shows_panels:
            self._settings.set_bytes("docks", self._window.saveState())
        for name, wanted in self._wanted.items():
            self._settings.set_flag(f"dock_{name}", wanted)
        self._settings.set_bytes("geometry", self._window.saveGeometry())

    def show(self, on: bool) -> None:
        """Show the panels that are wanted, or none."""
        for name, dock in self.docks.items():
            dock.setVisible(on and self._wanted[name])

    def want(self, name: str, on: bool, at_once: bool) -> None:
        """Want a panel, or no longer; shown at once it comes in front of others in its place."""
        self._wanted[name] = on
        if at_once:
            self.docks[name].setVisible(on)
            if on:
                self.docks[name].raise_()

    def is_behind(self, name: str) -> bool:
        """Whether a panel is shown, but others in its place hide it."""
        dock = self.docks[name]
        return not dock.isHidden() and self._window.isVisible() and dock.visibleRegion().isEmpty()

    def follow(self, name: str) -> bool:
        """Want a panel as long as it is shown; whether it is."""
        self._wanted[name] = not self.docks[name].isHidden()
        return self._wanted[name]
