"""The heads of several views: which date or scenario each of them shows, and how it is coloured."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from app import theme
from app.canvas import Canvas
from app.comparing import Comparing, offers
from app.session import Session
from app.situation import ALL_DATES, AS_IT_IS
from viewer.age import AGE
from viewer.arrangement import SWIPE
from viewer.showing import Showing

TOP, GAP = 10, 6
#: Room for the arrow to the north.
BESIDE_NORTH = 68
#: Names in a head are no longer, and shortened no more than this.
LONGEST, SHORTEST = 60, 6
#: Between a name and its date.
DATE = ", "
#: How a view may be coloured beside the attributes: as layers are, and the same for all of them.
STYLES = (
    ("", "As the layers are"),
    ("type", "Object type"),
    ("surface", "Semantic surface"),
    (AGE, "Age"),
    ("plain", "One colour"),
)


class PaneHead(QFrame):
    """A small plate over one view: its date or scenario, and its style."""

    def __init__(self, session: Session, number: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self.number = session, number
        self.setObjectName("panehead")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.what, self.style_ = QToolButton(), QToolButton()
        self.what.setToolTip("Which date or scenario this view shows")
        self.style_.setToolTip("How this view is coloured, and which layers it shows")
        self.style_.setAccessibleName("How this view is coloured, and which layers it shows")
        for button, fill in ((self.what, self._fill_what), (self.style_, self._fill_style)):
            menu = QMenu(button)
            menu.aboutToShow.connect(partial(fill, menu))
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 1, 4, 1)
        row.setSpacing(0)
        row.addWidget(self.what)
        row.addWidget(self.style_)

    @property
    def showing(self) -> Showing:
        """What the view shows."""
        return self._session.panes.showings[self.number]

    def fit(self, room_px: float) -> None:
        """Be no wider than the view has room: names are shortened."""
        self._name(LONGEST)
        while self.width() > room_px and self._length > SHORTEST:
            self._name(self._length - 1)

    def _name(self, length: int) -> None:
        title, self._length = self.showing.title(self._session.project) or ALL_DATES, length
        if len(title) > length:  # the date tells views apart, and stays as long as the name
            name, comma, date = title.rpartition(DATE)
            room = length - len(comma + date) - 1
            title = f"{name[:room]}…{comma}{date}" if name and room >= SHORTEST else f"{title[: length - 1]}…"
        self.what.setText(f"{title}  ▾")
        self.adjustSize()

    def refresh(self) -> None:
        """Say what the view shows, and whether it is the active one."""
        title = self.showing.title(self._session.project) or ALL_DATES
        self._name(LONGEST)
        self.what.setToolTip(f"{title}: which date or scenario this view shows")
        self.what.setAccessibleName(f"View {self.number + 1}: {title}")
        self.style_.setIcon(theme.current().icon("style"))
        self.setProperty("active", self._session.comparing.active == self.number)
        self.style().unpolish(self)
        self.style().polish(self)
        self.adjustSize()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Make the view the active one."""
        self._session.comparing.activate(self.number)
        event.accept()

    def _show(self, **values: Any) -> None:
        self._session.comparing.activate(self.number)
        self._session.comparing.show(self.number, replace(self.showing, caption="", **values))

    def _fill_what(self, menu: QMenu) -> None:
        """All dates with names, then the scenarios."""
        menu.clear()
        project, now = self._session.project, self.showing
        names = {tick.date: ", ".join(tick.names) for tick in self._session.ticks if tick.names}
        self._add(menu, ALL_DATES, now.date is None and now.scenario is None, Showing())
        for offered in offers((), self._session.ticks):
            text = names[offered.date or ""]
            text = text if text == offered.date else f"{text}  ({offered.date})"
            self._add(menu, text, now.situation == offered.situation, offered)
        if now.date and now.date not in names:
            self._add(menu, now.date, now.scenario is None, Showing(now.date))
        if project.scenarios:
            menu.addSeparator()
            self._add(menu, AS_IT_IS, now.scenario is None, Showing(now.date))
        for known in project.scenarios:
            offered = Showing(now.date, known.id)
            self._add(menu, f"{known.name} ({known.status})", now.scenario == known.id, offered)

    def _add(self, menu: QMenu, text: str, is_now: bool, offered: Showing) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(is_now)
        action.triggered.connect(lambda: self._show(date=offered.date, scenario=offered.scenario))

    def _fill_style(self, menu: QMenu) -> None:
        """What layers know how to be coloured by."""
        menu.clear()
        now = self.showing.color_by or ""
        for name, text in STYLES:
            self._add_style(menu, name, text, now)
        project = self._session.project
        names = sorted({name for layer in project.layers for name in project.attribute_types(layer)})
        attributes = menu.addMenu("Attribute")
        attributes.setEnabled(bool(names))
        for name in names:
            self._add_style(attributes, name, name, now)
        menu.addSeparator()
        layers = menu.addMenu("Layers")
        shown = self._shown_layers()
        for layer in project.layers:
            action = layers.addAction(layer.name)
            action.setCheckable(True)
            action.setChecked(layer.id in shown)
            action.triggered.connect(lambda _on, number=layer.id: self._turn(number))
        layers.addSeparator()
        layers.addAction("As in the list of layers").triggered.connect(lambda: self._show(layers=None))

    def _shown_layers(self) -> frozenset[int]:
        """The layers that this view shows."""
        held = self.showing.layers
        visible = (layer.id for layer in self._session.project.layers if layer.visible)
        return frozenset(visible) if held is None else held

    def _turn(self, layer: int) -> None:
        """Show a layer in this view alone, or leave it out."""
        self._show(layers=self._shown_layers() ^ {layer})

    def _add_style(self, menu: QMenu, name: str, text: str, now: str) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(name == now)
        action.triggered.connect(lambda: self._show(color_by=name or None))


class PaneHeads(QObject):
    """The heads of all views of a canvas, where the views are."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session, self._canvas = session, canvas
        self.heads: list[PaneHead] = []
        canvas.resized.connect(self._place)
        session.comparing.changed.connect(self.refresh)
        session.comparing.moved.connect(self._place)
        session.situation.changed.connect(self.refresh)
        session.opened.connect(self.refresh)
        theme.current().changed.connect(self.refresh)

    @property
    def _comparing(self) -> Comparing:
        return self._session.comparing

    def refresh(self) -> None:
        """One head per view; none where there is only one."""
        count = len(self._comparing.showings) if self._comparing.is_on else 0
        while len(self.heads) > count:
            head = self.heads.pop()
            head.hide()
            head.deleteLater()
        while len(self.heads) < count:
            self.heads.append(PaneHead(self._session, len(self.heads), self._canvas))
        for head in self.heads:
            head.refresh()
        self._place()

    def _place(self) -> None:
        """Each in the middle of the upper edge of its view; those of mixed ones beside each other."""
        is_mixed = self._comparing.way != SWIPE and len(self._canvas.pane_areas) != len(self.heads)
        for head, room in zip(self.heads, self._rooms() if self.heads else (), strict=True):
            if not is_mixed:
                head.fit(room.width() - BESIDE_NORTH)
            head.setVisible(room.width() >= head.width())
            left = room.center().x() - head.width() / 2
            if left + head.width() > room.right() - BESIDE_NORTH:
                left = max(room.right() - BESIDE_NORTH - head.width(), room.left())
            head.move(round(left), round(room.top()) + TOP)

    def _rooms(self) -> list[QRectF]:
        whole, at = QRectF(self._canvas.rect()), self._comparing.at
        areas = self._canvas.pane_areas
        if len(areas) == len(self.heads):
            return areas
        if self._comparing.way == SWIPE:
            line = at * whole.width()
            return [whole.adjusted(0, 0, line - whole.width(), 0), whole.adjusted(line, 0, 0, 0)]
        wide = [head.width() for head in self.heads]
        left = whole.center().x() - (sum(wide) + GAP) / 2
        return [QRectF(left, 0, wide[0], 1), QRectF(left + wide[0] + GAP, 0, wide[1], 1)]
