"""Places that an analysis looks from or at: clicked in the view, typed, where the camera or an object is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QMenu, QToolButton

from analysis.asked import Ask
from analysis.sight.looking import FARTHEST_M
from analysis.sight.standpoints import metres_outside
from analysis.spelling import letter, place_from, place_text
from app.askfields import NotYet
from app.askpicked import PickedAnswer
from app.canvas import Canvas
from app.pins import Pins, sign
from app.session import Session
from layers.errors import CitystrataError, UsageError
from layers.project import Project
from viewer.scene import Hit

Place = Sequence[float]

FORMS = "X, Y on the ground, or X, Y, Z of where one stands"
#: So many places are seen at once; the list scrolls.
MOST_ROWS = 5
#: Of so many selected objects the places are taken.
MOST_TAKEN = 100


class PlacesAnswer(PickedAnswer):
    """A list of places whose order can be changed."""

    def __init__(
        self, ask: Ask, session: Session, canvas: Canvas, eye_height_m: Callable[[], float], letters: bool
    ) -> None:
        """`eye_height_m` tells how far the camera is above one's feet; pins have letters, or numbers."""
        super().__init__(ask, session, canvas)
        self._eye_height_m, self._letters, self._joined = eye_height_m, letters, False
        self.list = PlaceList()
        self.list.setAccessibleName(ask.title)
        for signal in (self.list.itemChanged, self.list.model().rowsMoved, self.list.removed):
            signal.connect(self._on_changed)
        more = QToolButton()
        more.setText("More ▾")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setMenu(self._menu())
        self._put(self.pick, 1)
        self._row.addWidget(more)
        self._column.insertWidget(1, self.list)
        self._on_changed()

    # -- the answer --------------------------------------------------------------------------

    def value(self) -> tuple[tuple[float, ...], ...]:
        """The places; UsageError says which line is none."""
        found = []
        for row, text in enumerate(self.list.texts):
            place = place_from(text)
            if place is None:
                raise UsageError(f"Line {row + 1} is no place", found=text or "nothing", allowed=FORMS)
            found.append(place)
        if len(found) < (self.ask.low or 0):
            raise NotYet("No place is given yet", do="Pick one in the view, or see More")
        self._check_within(found)
        return tuple(found)

    def remark(self) -> str:
        """Which lines are the same place."""
        texts = [place_text(place) for place in map(place_from, self.list.texts) if place is not None]
        again = [row for row, text in enumerate(texts) if text in texts[:row]]
        said = (f"Line {row + 1} is the same place as line {texts.index(texts[row]) + 1}" for row in again)
        return ". ".join(said)

    def _check_within(self, places: Sequence[Place]) -> None:
        """Refuse places outside of the city: without a height, or so far that nobody sees it from there."""
        plan = np.array([place[:2] for place in places], np.float64).reshape(-1, 2)
        away_m = metres_outside(self._session.project, plan)
        for row, place in enumerate(places):
            is_far = bool(away_m[row] > FARTHEST_M)
            if is_far or (away_m[row] > 0 and len(place) == 2):
                raise UsageError(
                    f"Line {row + 1} lies outside the city",
                    found=f"{away_m[row] / 1000:.1f} km away from it",
                    do="Pick a place in the view" + ("" if is_far else ", or give its height too: X, Y, Z"),
                )

    def show_value(self, value: Sequence[Place]) -> None:
        """Show these places."""
        self._show([place_text(place) for place in value])

    def add(self, places: Sequence[Place]) -> None:
        """Add places at the end; a second click of a double click adds nothing."""
        found = self.list.texts
        for text in map(place_text, places):
            if text not in found[-1:]:
                found.append(text)
        self._show(found)

    def set_joined(self, on: bool) -> None:
        """Mark the places as a path, or each for itself."""
        if on != self._joined:
            self._joined = on
            self.mark()

    def pins(self) -> Pins:
        """Pins for the lines that are places; those on the ground stand on what is drawn there."""
        scene = self._session.scene
        points, signs = [], []
        for row, text in enumerate(self.list.texts):
            place = place_from(text)
            if place is None:
                continue
            if len(place) == 2:
                points.append(np.array((*place, scene.ground_height(*place) or 0.0)))
            else:
                points.append(scene.as_drawn(np.array(place)))
            signs.append(self._sign(row))
        return Pins(np.array(points).reshape(-1, 3), tuple(signs), self._joined)

    # -- ways to say a place -----------------------------------------------------------------

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Where the camera is", self.add_camera)
        menu.addAction("Where the selected objects are", self.add_selection)
        menu.addAction("Type coordinates", self.type_one)
        menu.addSeparator()
        menu.addAction("Remove the chosen line", self.list.remove_current)
        menu.addAction("Remove all", lambda: self._show([]))
        return menu

    def take(self, hit: Hit) -> None:
        """Where one stands who clicks."""
        self.add([place_of(self._session.project, hit)])

    def add_camera(self) -> None:
        """The place of the camera, as if one stood there."""
        self.add([camera_place(self._canvas, self._eye_height_m())])

    def add_selection(self) -> None:
        """The places of the selected objects."""
        self.add(places_of(self._session.project, self._session.selection.tolist()))

    def type_one(self) -> None:
        """A line to type coordinates into."""
        self._show([*self.list.texts, ""])
        self.list.edit_last()

    # -- what is seen of them ----------------------------------------------------------------

    def _show(self, texts: Sequence[str]) -> None:
        self.list.show_texts(texts)
        self._on_changed()

    def _on_changed(self, *_what: object) -> None:
        self.list.sign_rows(self._sign)
        self.list.setVisible(self.list.count() > 0)
        self.fit()
        self.mark()
        self.changed.emit()

    def _sign(self, row: int) -> str:
        return letter(row) if self._letters else str(row + 1)


class PlaceList(QListWidget):
    """Lines of coordinates: edited in place, moved by dragging, removed with Del."""

    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setToolTip("Double click to change, drag to reorder, Del to remove")
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )

    @property
    def texts(self) -> list[str]:
        """What the lines say."""
        return [self.item(row).text() for row in range(self.count())]

    def show_texts(self, texts: Sequence[str]) -> None:
        """Have these lines."""
        self.blockSignals(True)
        self.clear()
        for text in texts:
            item = QListWidgetItem(text)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.addItem(item)
        self.blockSignals(False)

    def sign_rows(self, sign_of: Callable[[int], str]) -> None:
        """Give every line the sign of its pin, and all lines room, up to some."""
        self.blockSignals(True)
        for row in range(self.count()):
            self.item(row).setIcon(QIcon(sign(sign_of(row), self.devicePixelRatioF())))
        self.blockSignals(False)
        seen = sum(self.sizeHintForRow(row) for row in range(min(self.count(), MOST_ROWS)))
        self.setFixedHeight(seen + 2 * self.frameWidth() + 2)

    def edit_last(self) -> None:
        """Begin to type into the last line."""
        item = self.item(self.count() - 1)
        self.setCurrentItem(item)
        self.editItem(item)

    def remove_current(self) -> None:
        """Take the chosen lines out; the line after them is the chosen one."""
        rows = {self.row(item) for item in self.selectedItems()} or {self.currentRow()} - {-1}
        if rows:
            self.show_texts([text for row, text in enumerate(self.texts) if row not in rows])
            self.setCurrentRow(min(min(rows), self.count() - 1))
            self.removed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Del takes a line out."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_current()
        else:
            super().keyPressEvent(event)


def camera_place(canvas: Canvas, eye_height_m: float) -> tuple[float, ...]:
    """Where one stands whose eye is the camera."""
    x, y, z = canvas.camera.eye.tolist()
    return x, y, z - eye_height_m


def place_of(project: Project, hit: Hit) -> tuple[float, ...]:
    """Where one stands who clicks: x, y on the terrain, else with the height of what was clicked."""
    x, y, z = hit.point_in_world.tolist()
    return (x, y) if project.layer(hit.layer).kind == "terrain" else (x, y, z)


def places_of(project: Project, fids: Sequence[int]) -> list[tuple[float, ...]]:
    """The places of objects: the middle of their lowest side."""
    found: list[tuple[float, ...]] = []
    for fid in fids[:MOST_TAKEN]:
        box = None
        with suppress(CitystrataError):  # it is no longer there
            box = project.box([fid])
        if box is not None:
            found.append(((box[0] + box[3]) / 2, (box[1] + box[4]) / 2, box[2]))
    return found
