"""What is drawn on the picture of the city, on the screen and in pictures that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app import overlay
from app.labels import counted
from app.pins import draw_pins
from app.session import Session
from layers.arrays import UInt8
from viewer.age import AGE

if TYPE_CHECKING:
    from app.canvas import Canvas

#: A picture that is kept is so much finer than the screen, and at least so wide.
FINER, KEPT_WIDTH = 2.0, 1600
#: The words on the picture stand below the heads of several views.
BELOW_HEADS = 40
FEW_VIEWS = 2
WALKING = "Walking: W A S D to move, drag to look, Shift to hurry, Esc to end"
BOXING = "Drag a box around the objects to select; Esc ends it"


def image_of(pixels: UInt8) -> QImage:
    """Pixels (h, w, 3) as an image, which shows them only as long as they live."""
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)


def kept_picture(canvas: Canvas, session: Session) -> QImage:
    """The view with what lies on it, finer than on the screen; below it where its light comes from."""
    panes, area = session.panes, QRectF(canvas.rect())
    scale = max(FINER * canvas.devicePixelRatioF(), KEPT_WIDTH / area.width())
    panes.moving = False
    panes.scale, panes.has_captions = scale, canvas.shows_marks and len(panes.scenes) > 1
    panes.resize(round(area.width() * scale), round(area.height() * scale))
    pixels = panes.frame(fine=True)
    panes.has_captions = False
    sun = session.scene.sun
    source = sun.audit_line if sun is not None else ""
    strip = overlay.source_height(canvas.font(), area.width(), source) if source else 0.0
    kept = QImage(pixels.shape[1], round((area.height() + strip) * scale), QImage.Format.Format_RGB888)
    with QPainter(kept) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(canvas.font())
        painter.drawImage(0, 0, image_of(pixels))
        painter.scale(scale, scale)
        paint_marks(painter, canvas, session)
        if source:
            overlay.draw_source(painter, QRectF(0, area.height(), area.width(), strip), source)
    return kept


def paint_marks(painter: QPainter, canvas: Canvas, session: Session) -> QRectF:
    """Draw pins, scale, north, legend and words; gives the place of the legend."""
    for number, area in enumerate(canvas.pane_areas):
        painter.save()
        painter.setClipRect(area)
        painter.translate(area.topLeft())
        _paint_pane(painter, canvas, session, number, QRectF(0, 0, area.width(), area.height()))
        painter.restore()
    area, panes = QRectF(canvas.rect()), session.panes
    legend = QRectF()
    if canvas.shows_legend and _needs_legend(canvas, session):
        legend = overlay.draw_legend(painter, area, panes.legend())
    top = BELOW_HEADS if len(panes.scenes) > 1 else 0
    overlay.draw_words(
        painter, area.adjusted(0, top, 0, 0), [text for text in _words(canvas, session) if text]
    )
    return legend


def _needs_legend(canvas: Canvas, session: Session) -> bool:
    """Whether what the colours mean is said: over small views only where they are numbers.

    While one draws it would lie over what is drawn, and over its numbers.
    """
    scene = session.scene
    if scene.result_scale is not None:
        return True
    ages = any(showing.color_by == AGE for showing in session.panes.showings)
    is_free = canvas.looking is None and canvas.tool is None
    return is_free and (ages or len(session.panes.scenes) <= FEW_VIEWS)


def _paint_pane(painter: QPainter, canvas: Canvas, session: Session, number: int, area: QRectF) -> None:
    """What lies on one of several views."""
    camera = session.panes.scenes[number].camera
    for pins in canvas.pins.values():
        draw_pins(painter, area, camera, pins)
    if number == session.panes.active or len(canvas.pane_areas) == 1:
        for sketch in canvas.sketches.values():
            sketch(painter, area, camera)
    if canvas.shows_marks and canvas.looking is None:
        overlay.draw_scale_bar(painter, area, camera.metres_per_pixel(round(area.height())))
    if canvas.shows_marks:
        overlay.draw_north(painter, area, camera.azimuth_deg)


def _words(canvas: Canvas, session: Session) -> list[str]:
    """What is to be said on the picture."""
    words, sun = [], session.scene.sun
    if canvas.shows_marks and len(session.panes.scenes) == 1:
        words.append(session.situation.title)
    words.append(sun.note if sun is not None else "")
    if canvas.walking:
        words.append(WALKING)
    elif canvas.picking:
        words.append(canvas.picking)
    elif canvas.tool is not None:
        words.append(canvas.tool.words)
    elif canvas.looking is not None:
        wide = canvas.camera.horizontal_fov_deg(canvas.aspect)
        words.append(f"From {canvas.looking.name}, {wide:.0f}° wide; Esc to go back")
    elif canvas.box_mode:
        words.append(BOXING)
    to_come = session.drawing.to_come
    if to_come:
        words.append(f"Drawing {counted(to_come, 'more layer')} …")
    return words
