"""Where tools are taken up and put away, and where what they made becomes a step of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter

from app import theme
from app.canvas import Canvas
from app.labels import counted
from app.modelling.aim import Aim
from app.modelling.ghost import Ghost
from app.session import Session
from layers.arrays import Float64
from layers.edit import Edit
from layers.errors import CitystrataError
from layers.footing import run_into
from layers.history import GONE
from layers.records import Changes, Layer, Scenario
from layers.reworking import Workshop
from layers.shapes import Shape
from viewer.camera import Camera

if TYPE_CHECKING:
    from app.modelling.tool import Tool

#: Follows the cursor at most so often.
POINT_MS = 15
#: Of more buildings at a time it is not told what they stand in.
MOST_MET = 20
Made = Callable[[Workshop, Edit], Iterable[int]]
IN_PLACE = "the city as it is"


class Desk(QObject):
    """The tool of one window that is in use, and the ways into the city that tools share."""

    changed = Signal()  # another tool, or other numbers of it
    ended = Signal()  # no tool is in use any more

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.session, self.canvas = session, canvas
        self.aim = Aim(session, canvas)
        self.tool: Tool | None = None
        self.memory: dict[str, dict[str, Any]] = {}  # the numbers of tools when they were last used
        self._stands_for: dict[int, int] = {}  # copies that were made, and what they were made of
        self._into: Scenario | None = None  # the scenario that the tool in use draws into
        self._left: Ghost | None = None  # what was made and is not in the picture yet
        self._pointed: tuple[QPointF, Qt.KeyboardModifier] | None = None
        self._pointing = QTimer(self, singleShot=True, interval=POINT_MS)
        self._pointing.timeout.connect(self.point_now)
        session.opened.connect(self._on_opened)
        session.project_changed.connect(self._on_changed)
        session.selection_changed.connect(self._on_selection)
        session.situation.changed.connect(self._on_situation)
        session.drawing.shown.connect(self._on_shown)
        canvas.camera_changed.connect(self._on_camera)

    # -- taking up and putting away ----------------------------------------------------------------

    def begin(self, tool: Tool) -> None:
        """Take up a tool in place of the one in use."""
        self.end()
        self.tool, self._into = tool, self.session.situation.known
        self.canvas.set_tool(tool, tool.paint)
        self.canvas.setFocus()
        tool.begin()
        self.show()

    def end(self) -> None:
        """Put the tool away."""
        tool, self.tool = self.tool, None
        self._pointing.stop()
        self._pointed = None
        if tool is not None:
            self.canvas.set_tool(None)
            self.show()
            self.ended.emit()

    def show(self) -> None:
        """What the tool says or shows is another."""
        self.canvas.update()
        self.changed.emit()

    def point(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The cursor is somewhere else; tools are told a moment later, and only of the last place."""
        self._pointed = at, modifiers
        if not self._pointing.isActive():
            self._pointing.start()

    def point_now(self) -> None:
        """Tell the tool where the cursor is."""
        pointed, self._pointed = self._pointed, None
        if pointed is not None and self.tool is not None:
            self.tool.follow(*pointed)
            self.show()

    # -- what tools share --------------------------------------------------------------------------

    @property
    def scenario(self) -> int | None:
        """The scenario that edits go into."""
        return self.session.situation.scenario

    @property
    def goes_into(self) -> str:
        """What edits go into, in words."""
        name = self.session.situation.scenario_name
        return f"scenario {name}" if name else IN_PLACE

    @property
    def base(self) -> Layer | None:
        """The layer of city objects to which what is drawn belongs: the current one, else the uppermost."""
        cities = [layer for layer in self.session.project.layers if layer.kind == "city"]
        current = self.session.current_layer
        if current in cities:
            return current
        own = [layer for layer in cities if layer.scenario is None] or cities
        return max(own, key=lambda layer: layer.object_count, default=None)

    @property
    def base_id(self) -> int | None:
        """Its id, None where there is none."""
        base = self.base
        return None if base is None else base.id

    def near(self, place: Float64, at: QPointF, within: float) -> bool:
        """Whether a place of the world is drawn so near a position of the widget, in points."""
        area = self.canvas.area_at(at)
        drawn = self.session.scene.as_drawn(place[None])
        found = self.canvas.camera.project(drawn, round(area.width()), round(area.height()))[0]
        off = at - area.topLeft() - QPointF(float(found[0]), float(found[1]))
        return bool(found[2] > 0) and off.manhattanLength() <= within * 1.4

    def carry_out(self, label: str, make: Made, ghost: Sequence[Shape] = ()) -> list[int]:
        """Make one undoable step; gives the objects that it made or changed, which are selected then."""
        workshop = Workshop(self.session.project, self.scenario)
        made: list[int] = []
        name = self.session.situation.scenario_name
        label = f"{label} in {name}" if name else label
        if ghost:
            self._leave(Ghost(ghost))
        if not self.session.run_edit(label, lambda edit: made.extend(make(workshop, edit))):
            self._leave(None)
            return []
        project = self.session.project
        self._stands_for |= {fid: item.replaces for fid in made if (item := project.object(fid)).replaces}
        self.session.select(made)
        self.session.message.emit(f"{label}{self._met(made)}; Ctrl+Z takes it back")
        return made

    def _met(self, made: Sequence[int]) -> str:
        """Which other buildings stand where those do that were made."""
        if not 0 < len(made) <= MOST_MET:
            return ""
        workshop = Workshop(self.session.project, self.scenario)
        first, *more = run_into(workshop, made, self.session.situation.date or None) or [""]
        others = f" and {counted(len(more), 'other building')}" if more else ""
        return f": it stands in {first}{others}" if first else ""

    def tell(self, error: CitystrataError) -> None:
        """Say what could not be done."""
        self.session.tell(error)

    # -- what is made and not drawn yet ------------------------------------------------------------

    def _leave(self, ghost: Ghost | None) -> None:
        self._left = ghost
        if ghost is None:
            self.canvas.sketches.pop(self, None)
        else:
            self.canvas.sketches[self] = self._paint_left
        self.canvas.update()

    def _paint_left(self, painter: QPainter, area: QRectF, camera: Camera) -> None:
        if self._left is not None:
            colour = QColor(theme.current().colours.accent)
            self._left.paint(painter, area, camera, self.session.scene.as_drawn, colour)

    # -- following ---------------------------------------------------------------------------------

    def _on_opened(self) -> None:
        self.aim.forget()
        self._stands_for.clear()
        self.end()
        self._leave(None)
        self.changed.emit()

    def _on_changed(self, changes: Changes) -> None:
        self.aim.forget()
        if not len(self.session.selection) and GONE in changes.keys:
            gone = {fid: self._stands_for[fid] for fid in changes.fids.tolist() if fid in self._stands_for}
            there = set(self.session.project.there(np.array(sorted(gone), np.int64)).tolist())
            self.session.select([of for fid, of in gone.items() if fid not in there])
        if self.tool is not None:
            self.tool.on_city()
            self.show()

    def _on_situation(self) -> None:
        self.aim.forget()
        if self.tool is not None:
            into, self._into = self._into, self.session.situation.known
            if into is not None and self._is_gone(into):
                said = f"{into.name} is there no more: “{self.tool.title}” was put away"
                self.end()
                QTimer.singleShot(0, self, lambda: self.session.message.emit(said))  # after what was undone
            else:
                self.tool.on_city()
        self.changed.emit()

    def _is_gone(self, scenario: Scenario) -> bool:
        return self.session.is_open and scenario.id not in {one.id for one in self.session.project.scenarios}

    def _on_selection(self) -> None:
        if self.tool is not None:
            self.tool.on_selection()
            self.show()

    def _on_shown(self, _layer: int) -> None:
        if not self.session.drawing.is_busy:
            self._leave(None)

    def _on_camera(self) -> None:
        if self.tool is not None:
            self.canvas.update()
