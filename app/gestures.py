"""Mouse, wheel and keys over the picture of the city: cameras, selections, places that are asked for."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QRubberBand, QWidget

from app.canvas import Canvas
from app.handle import Handle
from app.navigation import ARROW_POINTS, ARROWS, ZOOM_PER_NOTCH, Grip, dragged
from app.session import Session
from app.swipeline import SwipeLine
from layers.arrays import Float64

HOVER_MS = 40
#: How near the camera comes on a double click, as a part of its distance.
FLY_NEARER = 0.35
NO_PLACE = "Nothing of the city is there: click the ground, a roof or a wall"


class HandledCanvas(Canvas):
    """The picture of the city, in one's hands."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._grip: Grip | None = None
        self._grabbed: Float64 = np.zeros(3)
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self._dragging = False
        self._boxing = False
        self._hover_at: QPointF | None = None
        self._held: Handle | None = None
        self._held_area = QRectF()  # of the view in which a drag began
        self.line = SwipeLine(session, self)
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self)
        self._hover = QTimer(self, singleShot=True, interval=HOVER_MS)
        self._hover.timeout.connect(self._tell_hover)
        self.setMouseTracking(True)

    # -- mouse -----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the city, or begin a box."""
        if not self.has_city:
            return
        self.setFocus()
        self._flight.stop()
        self._pressed_at = self._last_at = event.position()
        self._dragging = False
        modifiers, button = event.modifiers(), event.button()
        self._held = self._held_at(event.position()) if button == Qt.MouseButton.LeftButton else None
        if self._held is not None:
            self._grip = None
            return
        self._activate(event.position())
        self._held_area = self.area_at(event.position())
        self._boxing = button == Qt.MouseButton.LeftButton and (
            self.box_mode or bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        )
        if self._boxing:
            self._grip = None
        elif self.walking or self.looking is not None:
            self._grip = Grip.LOOK
        elif button == Qt.MouseButton.LeftButton and not modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._grip = Grip.ORBIT
        else:
            self._grip = Grip.PAN
        self._grabbed = self.point_under(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the city or the box; without a button, say what lies under the cursor."""
        at = event.position()
        if event.buttons() == Qt.MouseButton.NoButton:
            self._hover_at = at
            self.line.point(at)
            if self.tool is not None and not self.picking:
                self.tool.point(at, event.modifiers())
            if not self._hover.isActive():
                self._hover.start()
            return
        far = (at - self._pressed_at).manhattanLength()
        if not self._dragging and far < QGuiApplication.styleHints().startDragDistance():
            return
        if not self._dragging:
            self._dragging, self._last_at = True, self._pressed_at
        if self._held is not None:
            self._held.drag_to(at)
        elif self._boxing:
            self._band.setGeometry(QRect(self._pressed_at.toPoint(), at.toPoint()).normalized())
            self._band.show()
        elif self._grip is not None:
            moved, self._last_at = at - self._last_at, at
            area = self._held_area
            width, height = round(area.width()), round(area.height())
            within = at - area.topLeft()
            self.show_camera(dragged(self.camera, self._grip, self._grabbed, moved, within, width, height))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press without a drag is a click; a box selects what is in it."""
        was_box, was_drag, was_held = self._boxing, self._dragging, self._held is not None
        if self._held is not None and self._held is self.tool:
            self.tool.release()
        self._boxing = self._dragging = False
        self._grip = self._held = None
        self._band.hide()
        if not self.has_city or was_held:
            return
        if was_box and was_drag:
            self._select_box(QRectF(self._pressed_at, event.position()).normalized(), event)
        elif not was_drag and event.button() == Qt.MouseButton.LeftButton:
            self._click(event)
        elif not was_drag and event.button() == Qt.MouseButton.RightButton:
            self._ask_context(event)

    def _held_at(self, at: QPointF) -> Handle | None:
        """What a press takes hold of: the line between two views, or what stands in the view."""
        if self.line.grabs(at):
            return self.line
        if self.tool is not None and not self.picking and self.tool.grabs(at):
            return self.tool
        return self.handle if self.handle is not None and not self.picking and self.handle.grabs(at) else None

    def _activate(self, at: QPointF) -> None:
        """What is done next is about the view under the mouse."""
        number = self._session.panes.under(*self._pixel(at))
        if number is not None:
            self._session.comparing.activate(number)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fly to the point."""
        if not self.has_city or event.button() != Qt.MouseButton.LeftButton or self.picking:
            return
        if self.tool is not None:
            self._held = self.tool  # so that letting go is no further click
            self.tool.finish(event.position())
            return
        hit = self.hit(event.position())
        if hit is not None and not self.walking and self.looking is None:
            camera = self.camera
            self.fly(camera.flown_to(hit.point_in_world, camera.distance_m * FLY_NEARER))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing lies under a cursor that has left."""
        self._hover_at = None
        self.hovered.emit(None)
        super().leaveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu key asks for the menu; the mouse does so on release, as dragging pans."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.context_requested.emit(self.mapToGlobal(self.rect().center()))

    def _click(self, event: QMouseEvent) -> None:
        if self.legend_area.contains(event.position()):
            return
        tool = None if self.picking else self.tool
        if tool is not None and tool.click(event.position(), event.modifiers()):
            return
        hit = self.hit(event.position())
        if self.picking:
            if hit is not None:
                self.picked.emit(hit)
            else:
                self._session.message.emit(NO_PLACE)
            return
        if self.looking is not None:  # who looks around would not notice that something is selected
            self.clicked.emit(hit, self.reading(event.position()))
            return
        self.last_click = hit
        fid = hit.fid if hit is not None else None
        extend = bool(
            event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        )
        if fid is not None:
            self._session.select([fid], toggle=extend)
        elif not extend:
            self._session.select([])
        self.clicked.emit(hit, self.reading(event.position()))

    def _ask_context(self, event: QMouseEvent) -> None:
        hit = self.hit(event.position())
        if hit is not None and hit.fid is not None and hit.fid not in self._session.selection:
            self._session.select([hit.fid])
        self.context_hit = hit
        self.context_requested.emit(event.globalPosition().toPoint())

    def _select_box(self, box: QRectF, event: QMouseEvent) -> None:
        found = self._session.panes.pick_box(*self._pixel(box.topLeft()), *self._pixel(box.bottomRight()))
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._session.select(found, extend)
        self.box_ended.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom to what lies under the cursor."""
        notches = event.angleDelta().y() / 120 or event.pixelDelta().y() / 60
        if notches and self.has_city and not self.walking:
            self._activate(event.position())
            self.zoom(ZOOM_PER_NOTCH**notches, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Pinch on a touchpad zooms; walking keeps its keys to itself."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom(1.0 / max(1.0 + event.value(), 0.1), event.position())
                return True
        elif (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (self.walking or (self.tool is not None and self.tool.wants_key(event)))
        ):
            event.accept()
            return True
        return bool(super().event(event))

    # -- keys ------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk, or turn and shift the view with the arrows."""
        key = Qt.Key(event.key())
        if self.walking:
            self._walk.hurry = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if key == Qt.Key.Key_Escape:
                self.set_walking(False)
            elif not event.isAutoRepeat():
                self._walk.press(key)
            return
        if key == Qt.Key.Key_Escape and self.looking is not None:
            self.look_back()
            return
        if self.tool is not None and not self.picking and self.tool.takes_key(event):
            return
        if self.handle is not None and self.handle.takes_key(event):
            return
        if key not in ARROWS or not self.has_city:
            super().keyPressEvent(event)
            return
        across, down = (part * ARROW_POINTS for part in ARROWS[key])
        grip = Grip.PAN if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else Grip.ORBIT
        grip = Grip.LOOK if self.looking is not None else grip
        camera, area = self.camera, self.pane_areas[0]
        width, height = round(area.width()), round(area.height())
        moved = QPointF(across, down) if grip is Grip.PAN else QPointF(-across, -down) * 0.5
        to = QPointF(width / 2, height / 2) + moved
        self.set_camera(dragged(camera, grip, camera.target, moved, to, width, height))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End the step of this key."""
        if not event.isAutoRepeat():
            self._walk.release(Qt.Key(event.key()))
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Stand still when the keys go elsewhere."""
        self._walk.stop()
        super().focusOutEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop every motion."""
        self._flight.stop()
        self._walk.stop()
        super().closeEvent(event)

    def _tell_hover(self) -> None:
        if self._hover_at is not None:
            self.hovered.emit(self.hit(self._hover_at))
