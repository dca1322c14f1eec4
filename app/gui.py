"""The window as a program: started by the command line with files or a project."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QApplication

from app import theme
from app.settings import Settings, data_folder
from app.window import Window

NAME = "citystrata"


def run(paths: Sequence[Path], project: Path | None = None) -> int:
    """Show the window with these files as layers, a project, or the start page; gives the exit status."""
    application = QApplication.instance() or QApplication([NAME])
    assert isinstance(application, QApplication)
    prepare_application()
    keep_log()
    settings = Settings()
    theme.start(application, settings.theme)
    window = Window(settings)
    window.show()
    wanted = [*([project] if project else []), *paths]
    if wanted:
        QTimer.singleShot(0, lambda: window.open_paths(wanted))
    leave_on_interrupt(window)
    return int(application.exec())


def prepare_application() -> None:
    """Names that decide where settings and untitled projects are kept."""
    QCoreApplication.setApplicationName(NAME)
    QCoreApplication.setOrganizationName("")
    QApplication.setApplicationDisplayName("")


def keep_log() -> None:
    """Faults nobody foresaw are written to a file; the person reads a sentence."""
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=folder / "citystrata.log", level=logging.WARNING, format="%(asctime)s %(name)s %(message)s"
    )
    sys.excepthook = lambda kind, error, trace: logging.getLogger(NAME).error(
        "unforeseen", exc_info=(kind, error, trace)
    )


def leave_on_interrupt(window: Window) -> None:
    """Ctrl-C in the terminal closes the window as if by hand."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        window.close()

    signal.signal(signal.SIGINT, leave)
    # Python handles signals only between its own steps, so the event loop takes one now and then.
    beat = QTimer(window, interval=500)
    beat.timeout.connect(lambda: None)
    beat.start()
