"""Line icons from assets/icons, drawn in the colour of the theme."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import assets

FOLDER = Path(assets.__file__).parent / "icons"
#: Pixel sizes an icon is drawn at, for 16 to 24 points on plain and high-DPI screens.
SIZES = (16, 20, 24, 32, 40, 48)


def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon `name` as a picture of `size` points in `colour` ("#rrggbb")."""
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, picture.width(), picture.height()))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


@lru_cache(maxsize=512)
def icon(name: str, colour: str, disabled: str, active: str) -> QIcon:
    """The icon `name` in the colours of a theme: usual, disabled, and switched on."""
    made = QIcon()
    for size in SIZES:
        drawn = _drawn(name, size)
        made.addPixmap(_tinted(drawn, colour), QIcon.Mode.Normal, QIcon.State.Off)
        made.addPixmap(_tinted(drawn, active), QIcon.Mode.Normal, QIcon.State.On)
        made.addPixmap(_tinted(drawn, disabled), QIcon.Mode.Disabled)
    return made


@lru_cache(maxsize=2048)
def _drawn(name: str, size: int) -> QPixmap:
    """The lines of an icon, drawn once for all colours."""
    return pixmap(name, "#000000", size)


def _tinted(drawn: QPixmap, colour: str) -> QPixmap:
    """The same lines in a colour."""
    picture = QPixmap(drawn)
    painter = QPainter(picture)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(picture.rect(), QColor(colour))
    painter.end()
    return picture


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
