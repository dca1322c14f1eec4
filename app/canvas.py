"""The 3D view: paints the scene's picture and what lies on it, and moves the camera.

The one file that knows both Qt and the rendered picture; `gestures` gives it mouse, wheel and keys.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from app import overlay, theme
from app.handle import Handle, Tool
from app.marks import image_of, kept_picture, paint_marks
from app.navigation import Flight, Walk
from app.pins import Pins, Sketch
from app.session import Session
from app.viewport import Viewport
from layers.arrays import UInt8
from layers.views import View
from viewer.camera import Camera
from viewer.framing import framed
from viewer.scene import Hit

#: A picture that takes longer than this is drawn coarser while the camera moves.
SLOW_FRAME_S = 0.1
#: Where a full picture takes longer than this, a coarse one comes first.
SLOW_REST_S = 0.15
COARSE = 0.5
REST_MS = 180
COMING_TEXT = "How far it is stands below, with a button to stop it."
EMPTY_TITLE = "Nothing to see yet"
EMPTY_TEXT = "Drop a city model, building model, terrain, scan or network here, or press Ctrl+O."


class Canvas(Viewport):
    """The picture of the city, as a widget."""

    hovered = Signal(object)  # Hit | None
    clicked = Signal(object, object)  # Hit | None, and Reading | None of the result that is shown
    camera_changed = Signal()
    resized = Signal()
    walk_ended = Signal()
    box_ended = Signal()
    picked = Signal(object)  # Hit: what was clicked while a place is asked for
    picking_ended = Signal()
    context_requested = Signal(QPoint)  # global position

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._image: QImage | None = None
        self._pixels: UInt8 | None = None  # what the image shows; kept alive with it
        self._frame_s = 0.0  # of a picture in motion
        self._rest_s = 0.0  # of one at rest, without smooth edges
        self._moving = False
        self._refines = False  # the picture is to be drawn once more, with smooth edges
        self._is_fine = False  # the picture under way is that one
        self._begun = 0.0
        self.box_mode = False
        self.picking = ""  # what the view says while a click tells a place
        self.last_click: Hit | None = None  # of those that select
        self.pins: dict[object, Pins] = {}  # by whose they are
        self.handle: Handle | None = None  # what presses and keys may take hold of
        self.tool: Tool | None = None  # what clicks and the cursor are meant for before the city
        self.sketches: dict[object, Sketch] = {}  # what is drawn over the active view, by whose it is
        self.walking = False
        self.shows_legend = True
        self.legend_area = QRectF()  # where it is drawn: a click there is none on the city
        self.shows_marks = True
        self.context_hit: Hit | None = None  # where the menu was last asked for
        self.looking: View | None = None  # from whose eye the city is seen
        self._before_walk: Camera | None = None
        self._before_look: Camera | None = None
        self._is_untouched = True  # nobody has moved the camera yet
        self._flight = Flight(self.show_camera, self)
        self._walk = Walk(self._walk_step, self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._come_to_rest)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 160)
        self.setAccessibleName("3D view of the city")
        session.opened.connect(self._on_opened)
        session.scene_changed.connect(self._on_scene_changed)
        session.comparing.moved.connect(self.update)
        session.jobs.changed.connect(self._on_jobs)
        session.drawing.shown.connect(lambda _layer: self._look_at_all())
        theme.current().changed.connect(self._on_theme)

    # -- the picture -----------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture, anew only when the scene says so, and what lies on it."""
        if self.has_city:
            self._render()
        with QPainter(self) as painter:
            painter.setRenderHints(
                QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
            )
            painter.fillRect(self.rect(), QColor(theme.current().colours.canvas))
            if not self.has_city:
                if self._session.is_open:
                    overlay.draw_empty(painter, QRectF(self.rect()), *self._words_of_nothing())
            else:
                if self._image is not None:
                    painter.drawImage(self.rect(), self._image)
                self.legend_area = paint_marks(painter, self, self._session)

    def _words_of_nothing(self) -> tuple[str, str]:
        """What an empty view says: what is on its way into it, or what to do."""
        coming = self._session.jobs.long
        return (f"{coming[0].title} …", COMING_TEXT) if coming else (EMPTY_TITLE, EMPTY_TEXT)

    def picture(self) -> QImage:
        """The view with what lies on it, to be kept."""
        if not self.has_city:
            return self.grab().toImage()
        kept = kept_picture(self, self._session)
        self._image = None  # the screen needs one of its own size again
        self.update()
        return kept

    def _render(self) -> None:
        """Draw on at the picture; one at rest takes several steps, with other events between."""
        panes = self._session.panes
        size = self._frame_size()
        panes.moving, panes.scale = self._moving, size.width() / max(self.width(), 1)
        panes.resize(size.width(), size.height())
        if panes.needs_frame or self._image is None:
            self._is_fine = False
            self._begin()
        elif self._refines and not panes.is_drawing:
            self._is_fine = True
            self._begin()
        if not panes.is_drawing:
            return
        pixels = panes.proceed()
        if panes.is_drawing or panes.needs_frame:  # more is to come, after other events
            QTimer.singleShot(0, self.update)
        if pixels is None:
            return
        self._pixels = pixels
        if self._moving:
            self._frame_s = perf_counter() - self._begun
        elif not self._is_fine:
            self._rest_s = perf_counter() - self._begun
        if not self._is_fine and not panes.needs_frame:
            self._rest.start()
        self._image = image_of(self._pixels)

    def _begin(self) -> None:
        self._refines = False
        self._begun = perf_counter()
        self._session.panes.begin(self._is_fine)

    @property
    def _is_coarse(self) -> bool:
        return self._moving and self._frame_s > SLOW_FRAME_S

    def _frame_size(self) -> QSize:
        """Pixels of the picture: those of the screen, fewer while moving on a slow machine."""
        ratio = self.devicePixelRatioF() * (COARSE if self._is_coarse else 1.0)
        return QSize(max(round(self.width() * ratio), 16), max(round(self.height() * ratio), 16))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A new size needs a new picture."""
        super().resizeEvent(event)
        self._look_at_all()
        self._moved()
        self.resized.emit()

    def _on_opened(self) -> None:
        self._image = None
        self._is_untouched = True
        self.context_hit = self.last_click = None
        self._flight.stop()
        self.set_walking(False)
        self._leave_eye()
        self.end_picking()
        self._on_theme()

    def _on_scene_changed(self) -> None:
        """Where full pictures are slow, show a coarse one at once and the full one a moment later."""
        if self._rest_s > SLOW_REST_S:
            self._moved()
        else:
            self.update()

    def _on_jobs(self) -> None:
        """A first import begins, goes on, or was stopped: an empty view says so."""
        if not self.has_city:
            self.update()

    def _on_theme(self) -> None:
        if self._session.is_open:
            self._session.scene.set_background(theme.current().is_dark)
        self.update()

    # -- the camera ------------------------------------------------------------------------

    def fly(self, camera: Camera) -> None:
        """Carry the view over to `camera`."""
        self._leave_eye()
        self._flight.start(self.camera, camera)

    def set_camera(self, camera: Camera) -> None:
        """Look from `camera` at once."""
        self._flight.stop()
        self.show_camera(camera)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Come nearer (factor < 1) to what lies under `at`, or to the middle."""
        if not self.has_city:
            return
        if self.looking is not None:
            self.set_camera(self.camera.widened(factor))
            return
        camera = self.camera
        toward = camera.target if at is None else self.point_under(at)
        self.set_camera(camera.zoomed(toward, factor))

    def fit(self) -> None:
        """Fly back until everything is in view."""
        self.fly(self._everything())

    def turn_to(self, azimuth_deg: float) -> None:
        """Fly round the target until the camera looks this way."""
        self.fly(replace(self.camera, azimuth_deg=azimuth_deg))

    def set_parallel(self, on: bool) -> None:
        """Draw without perspective, or with it."""
        self._leave_eye()
        self.set_camera(replace(self.camera, parallel=on))

    def set_box_mode(self, on: bool) -> None:
        """Let a left drag select in a box instead of orbiting."""
        self.box_mode = on
        self.show_cursor()

    def begin_picking(self, words: str) -> None:
        """Let clicks tell places instead of selecting, and say so on the picture; ends what others ask."""
        self.end_picking()
        self.picking = words
        self.show_cursor()

    def end_picking(self) -> None:
        """Let clicks select again."""
        if self.picking:
            self.picking = ""
            self.show_cursor()
            self.picking_ended.emit()

    def set_pins(self, owner: object, pins: Pins | None) -> None:
        """Draw somebody's pins over the picture; None takes them away."""
        if pins is None:
            self.pins.pop(owner, None)
        else:
            self.pins[owner] = pins
        self.update()

    def set_tool(self, tool: Tool | None, sketch: Sketch | None = None) -> None:
        """Let clicks, the cursor and keys be meant for a tool, and draw its sketch; None: for the city."""
        if self.tool is not None:
            self.sketches.pop(self.tool, None)
        self.tool = tool
        if tool is not None and sketch is not None:
            self.end_picking()
            self.sketches[tool] = sketch
        self.show_cursor()

    def show_cursor(self) -> None:
        """The cursor that fits what a click would do."""
        takes_aim = self.box_mode or bool(self.picking) or self.tool is not None
        self.setCursor(Qt.CursorShape.CrossCursor if takes_aim else Qt.CursorShape.ArrowCursor)
        self.update()

    def set_ghosts(self, on: bool) -> None:
        """Show what stands at other dates as ghosts."""
        if self._session.is_open:
            self._session.scene.ghosts = on
        self.update()

    def set_walking(self, on: bool) -> None:
        """Begin to walk where the camera looks, or go back to where it was."""
        if on == self.walking or (on and not self.has_city):
            return
        self.walking = on
        self._walk.stop()
        if on:
            self._leave_eye()
            self._before_walk = self.camera
            ground = self.point_under(QPointF(self.rect().center()))
            self.set_camera(self._before_walk.standing(ground))
            self.setFocus()
        else:
            if self._before_walk is not None and self._session.is_open:
                self.fly(self._before_walk)
            self._before_walk = None
            self.walk_ended.emit()
        self.update()

    def look_from(self, view: View) -> None:
        """Show what an eye sees, in its true field of view, until `look_back`."""
        if not self.has_city:
            return
        self.set_walking(False)
        self.end_picking()
        before = self._before_look or self.camera
        self.fly(Camera.of_view(view, self.aspect))
        self.looking, self._before_look = view, before
        self._session.scene.as_seen = True
        self.setFocus()
        self.update()

    @property
    def resting_camera(self) -> Camera:
        """Where the view looks from once nobody walks or looks through an eye any more."""
        return self._before_look or self._before_walk or self.camera

    @property
    def was_moved(self) -> bool:
        """Whether the camera is where somebody put it; else everything is in view."""
        return not self._is_untouched

    def look_back(self) -> None:
        """Go back to where the city was seen from before."""
        before = self._before_look
        self._leave_eye()
        if before is not None and self._session.is_open:
            self.fly(before)

    def _leave_eye(self) -> None:
        """The city is no longer seen from somebody's eye."""
        self.looking = self._before_look = None
        if self._session.is_open:
            self._session.scene.as_seen = False
        self.update()

    def _look_at_all(self) -> None:
        """Until somebody moves the camera, everything stays in view."""
        if self._is_untouched and self.has_city:
            self._session.panes.camera = self._everything()
            self.camera_changed.emit()

    def _everything(self) -> Camera:
        """The camera that sees all, beside the legend as far as there is room."""
        boxes, area, plate = self._session.scene.boxes, self.pane_areas[0], QRectF()
        if self.shows_legend and not self._session.comparing.is_on:
            plate = overlay.legend_box(self.font(), area, self._session.panes.legend())
        taken = area.bottomRight() - plate.topLeft() if not plate.isEmpty() else QPointF()
        return framed(self.camera, boxes, self.aspect, (taken.x() / area.width(), taken.y() / area.height()))

    def show_camera(self, camera: Camera) -> None:
        """Look from `camera` at once, as one moment of a motion."""
        self._is_untouched = False
        self._session.panes.camera = camera
        self._moved()
        self.camera_changed.emit()

    def _moved(self) -> None:
        self._moving = True
        self._rest.start()
        self.update()

    def _come_to_rest(self) -> None:
        """After motion comes all detail, and after that smooth edges."""
        self._refines = not self._moving
        self._moving = False
        self.update()

    def _walk_step(self, forward_m: float, right_m: float, turn_deg: float) -> None:
        camera = self.camera.looked(turn_deg, 0.0)
        x, y, _ = camera.walked(forward_m, right_m, None).eye.tolist()
        self.set_camera(camera.walked(forward_m, right_m, self._session.scene.ground_height(x, y)))
