"""What the tests of time in the window share: a window on a town of two dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.window import Window
from layers.importing import import_files
from layers.project import Project
from tests.towns import ORIGIN, Numbers, write_boxes

LEFT = Qt.MouseButton.LeftButton
#: Corner x, y, size along x and y, foot and top: the mill grows, the barn goes, the school comes.
THEN: dict[str, Numbers] = {
    "mill": (0, 0, 20, 20, 0, 8),
    "barn": (40, 0, 20, 20, 0, 6),
    "inn": (80, 0, 20, 20, 0, 7),
}
NOW: dict[str, Numbers] = {
    "mill": (0, 0, 20, 20, 0, 14),
    "inn": (80, 0, 20, 20, 0, 7),
    "school": (40, 40, 20, 20, 0, 9),
}


def write_city(path: Path, boxes: Mapping[str, Numbers]) -> Path:
    """Boxes with their storeys."""
    return write_boxes(path, boxes, {id: {"storeys": int(numbers[5] / 3)} for id, numbers in boxes.items()})


@pytest.fixture(scope="session")
def two_dates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project with the town of 2016 and of 2022; copy it before opening."""
    folder = tmp_path_factory.mktemp("dates")
    path = folder / "town.city.gpkg"
    with Project.create(path) as project:
        for year, boxes in (("2016", THEN), ("2022", NOW)):
            file = write_city(folder / f"town-{year}.city.json", boxes)
            import_files(project, [file], name="Town", epoch=f"{year}-01-01")
    return path


@pytest.fixture
def town(two_dates: Path, opened: Callable[[Path], Window]) -> Window:
    """The window on a copy of it, at all dates."""
    return opened(two_dates)


def drawn(qtbot: QtBot, window: Window) -> None:
    """Wait until all views are drawn."""
    panes = window.session.panes

    def rests() -> bool:
        return not (window.session.is_loading or panes.missing() or panes.needs_frame or panes.is_drawing)

    qtbot.waitUntil(rests, timeout=20_000)


def drag(qtbot: QtBot, widget: QWidget, start: QPoint, end: QPoint) -> None:
    """Drag with the left button."""
    qtbot.mousePress(widget, LEFT, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, 6):
        at = start + (end - start) * step / 5
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(at),
            QPointF(widget.mapToGlobal(at)),
            Qt.MouseButton.NoButton,
            LEFT,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(widget, event)
    qtbot.mouseRelease(widget, LEFT, Qt.KeyboardModifier.NoModifier, end)


def over(window: Window, pane: int, place: tuple[float, float, float]) -> QPoint:
    """Where a place of the town is in a view."""
    panes, areas = window.session.panes, window.canvas.pane_areas
    area = areas[pane] if len(areas) > 1 else areas[0]
    point = np.array([place]) + ORIGIN
    x, y, _ = panes.scenes[pane].camera.project(point, round(area.width()), round(area.height()))[0]
    return QPoint(round(area.left() + x), round(area.top() + y))
