"""How the pictures of the guide and the README are taken: a window at rest, perhaps with a dialog on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import ROOT

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_LOGGING_RULES"] = "default.warning=false"
os.environ.pop("DISPLAY", None)

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.analysisform import AnalysisForm
from app.demo import make_demo
from app.jobs import Work
from app.reporting import report as write_report_of
from app.window import Window
from layers.data import never_stop
from layers.project import Project

IMAGES = ROOT / "docs" / "images"
SIZES = ((1280, 800), (2560, 1440))
TITLE_PX = 32
QUIET_S = 1.0
PATIENCE_S = 120.0


def settle(window: Window) -> None:
    """Wait until everything is read and drawn and nothing moves any more."""
    start = quiet = time.monotonic()
    while time.monotonic() - quiet < QUIET_S and time.monotonic() - start < PATIENCE_S:
        QApplication.processEvents()
        session = window.session
        if session.is_loading or session.jobs.running or (session.is_open and is_drawn_on(window)):
            quiet = time.monotonic()
        time.sleep(0.01)


def is_drawn_on(window: Window) -> bool:
    """Whether one of the views lacks a layer or is not drawn to its end."""
    panes = window.session.panes
    return panes.needs_frame or panes.is_drawing or bool(panes.missing())


def take(window: Window, name: str) -> None:
    """The window in all sizes; the first one has the plain name."""
    for width, height in SIZES:
        window.resize(width, height)
        settle(window)
        if window.session.is_open:
            is_near = len(window.session.selection) > 0
            window.actions_["focus" if is_near else "fit"].trigger()
            settle(window)
            for step in ("zoom_out",) * 3 if is_near else ("zoom_in",):
                window.actions_[step].trigger()
                settle(window)
        suffix = "" if (width, height) == SIZES[0] else f"-{width}x{height}"
        path = IMAGES / f"{name}{suffix}.png"
        window.grab().save(str(path))
        print(path.relative_to(ROOT), flush=True)


def keep(window: Window, name: str, dialog: QWidget | None = None) -> None:
    """The window in its first size, with a dialog on it."""
    window.resize(*SIZES[0])
    settle(window)
    picture = window.grab()
    if dialog is not None:
        with QPainter(picture) as painter:
            corner, drawn = window.mapFromGlobal(dialog.pos()), dialog.grab()
            painter.drawPixmap(corner, drawn)
            title = QRect(corner.x(), corner.y() - TITLE_PX, dialog.width(), TITLE_PX)
            painter.fillRect(title, dialog.palette().color(QPalette.ColorRole.Midlight))
            painter.drawText(title, Qt.AlignmentFlag.AlignCenter, dialog.windowTitle())
            painter.drawRect(title.united(QRect(corner, dialog.size())))
    path = IMAGES / f"{name}.png"
    picture.save(str(path))
    print(path.relative_to(ROOT), flush=True)


def asked(window: Window, name: str) -> AnalysisForm:
    """The form of an analysis."""
    window.ask_analysis(name)
    settle(window)
    return next(each for each in window.findChildren(AnalysisForm) if each.isVisible())


def asking(window: Window) -> QDialog:
    """The window that asks for something."""
    return next(each for each in window.findChildren(QDialog) if each.isVisible())


def opened(window: Window, path: Path) -> bool:
    """Read a file of the real data; says so where it is not at hand."""
    if not path.exists():
        print(f"Left out: {path} is not here (set CITYSTRATA_DATA)", file=sys.stderr)
        return False
    window.resize(*SIZES[0])
    window.open_paths([path])
    settle(window)
    return True


def demo_opened(window: Window, folder: Path) -> Project:
    """The demo city, made in a folder and opened without its legend."""
    path = folder / "Lohefurt.city.gpkg"
    make_demo(path, folder / "files", never_stop)
    window.open_paths([path])
    settle(window)
    window.set_legend(False)
    return window.session.project


def keep_report(window: Window, folder: Path, name: str) -> None:
    """The first pages of the report, where a program that draws PDF files is at hand."""
    if shutil.which("pdftoppm") is None:
        print("Left out: the pages of the report (needs pdftoppm of poppler-utils)", file=sys.stderr)
        return
    pdf = folder / "report.pdf"
    write_report_of(window.session.project.path, [], pdf, Work(lambda _fraction, _text: None))
    subprocess.run(["pdftoppm", "-png", "-r", "60", "-l", "2", pdf, IMAGES / name], check=True)
