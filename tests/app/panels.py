"""What the tests of panels share: a session on three houses, and keys pressed where the focus is."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.session import Session
from tests.houses import make_houses

Show = Callable[[QWidget], QWidget]


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of three houses."""
    return make_houses(tmp_path_factory.mktemp("houses"))


@pytest.fixture
def opened(
    session: Session, houses: Path, tmp_path: Path, settled: Callable[[Session], None]
) -> Iterator[Session]:
    """A session with a copy of the houses open and their layer current."""
    copy = shutil.copytree(houses.parent, tmp_path / "copy")
    session.open_project(copy / houses.name)
    settled(session)
    session.set_current_layer(session.project.layers[0].id)
    yield session
    session.jobs.wait()


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    """Shows a panel on the screen with the keyboard on it."""

    def show(widget: QWidget) -> QWidget:
        qtbot.addWidget(widget)
        widget.resize(900, 600)
        with qtbot.waitActive(widget):
            widget.show()
            widget.activateWindow()
        return widget

    return show


def fid_of(session: Session, id: str) -> int:
    """The fid of a house."""
    found = session.project.by_id(id)
    assert found is not None
    return found.fid


def attributes_of(session: Session, id: str) -> dict[str, object]:
    """The attributes of a house."""
    return session.project.object(fid_of(session, id)).attributes


def type_into_focus(qtbot: QtBot, text: str, end: Qt.Key | None = Qt.Key.Key_Return) -> QWidget:
    """Type where the focus is, as a person does."""
    focus = QApplication.focusWidget()
    assert focus is not None, "nothing has the focus"
    qtbot.keyClicks(focus, text)
    if end is not None:
        qtbot.keyClick(focus, end)
    return focus
