"""Tests of the window run on a real X server: the one there is, or a virtual one of their own."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.session import Session
    from app.window import Window

SCREEN = "2600x1500x24"
#: The environment's name of a display that tests have started.
STARTED = "CITYSTRATA_STARTED_DISPLAY"


def start_display() -> None:
    """Start Xvfb on a free display when there is none; it ends with the tests.

    Tests that run at the same time have one each: only one window of a display is the active one.
    """
    display = os.environ.get("DISPLAY")
    is_anothers = display == os.environ.get(STARTED) and "PYTEST_XDIST_WORKER" in os.environ
    if (display and not is_anothers) or os.environ.get("QT_QPA_PLATFORM"):
        return
    if shutil.which("Xvfb") is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", SCREEN, "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    atexit.register(server.wait)
    atexit.register(server.terminate)
    with os.fdopen(read) as answer:
        os.environ["DISPLAY"] = os.environ[STARTED] = f":{answer.readline().strip()}"


start_display()


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    """The name of the program, as the command line starts it."""
    return ["citystrata"]


@pytest.fixture(scope="session")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project of nine boxes, read once; copy it before opening."""
    from layers.importing import import_files
    from layers.project import Project
    from tests.app.blocks import write_city

    folder = tmp_path_factory.mktemp("blocks")
    path = folder / "blocks.city.gpkg"
    with Project.create(path) as project:
        import_files(project, [write_city(folder / "blocks.city.json")])
    return path


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Session]:
    """A session that keeps untitled projects in the test's own folder."""
    from app.session import Session

    made = Session(untitled_folder=tmp_path / "untitled")
    yield made
    made.close_project()
    assert made.jobs.wait(20)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    """The main window on the screen, with settings and untitled projects of its own."""
    from app.settings import Settings
    from app.window import Window

    made = Window(Settings(tmp_path / "settings.ini"), tmp_path / "untitled")
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=5000)
    yield made
    made.session.jobs.drop_all()  # nobody is there to be asked
    made.close()
    made.deleteLater()


@pytest.fixture
def settled(qtbot: QtBot) -> Callable[[Session], None]:
    """Waits until files are read and layers are drawn."""

    def wait(session: Session) -> None:
        qtbot.waitUntil(lambda: not session.is_loading, timeout=30_000)

    return wait


@pytest.fixture
def opened(
    qtbot: QtBot, window: Window, tmp_path: Path, settled: Callable[[Session], None]
) -> Callable[[Path], Window]:
    """Opens a project in the window, one of several tests as a copy, and waits until it is drawn."""

    def open_(path: Path) -> Window:
        is_own = path.is_relative_to(tmp_path)
        mine = path if is_own else shutil.copytree(path.parent, tmp_path / "copy") / path.name
        window.open_paths([mine])
        qtbot.waitUntil(lambda: window.session.is_open, timeout=10_000)
        settled(window.session)
        return window

    return open_
