"""What a picture says about itself: title, legend, north arrow and scale bar, drawn onto its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, UInt8
from viewer.camera import Camera
from viewer.color import LegendEntry, round_length
from viewer.lettering import lettering
from viewer.light import Background
from viewer.palette import hex_color, rgb

MARGIN, PADDING, ROW, SWATCH, TEXT = 16, 12, 19, 12, 13
MOST_ROWS = 18
BAR_PX = 150
FOOT_TEXT, FOOT_ROW = 11, 16
FINE = 4  # sub-pixels across when filling shapes
PLATE_OPACITY = 0.86
NORTH_RED = "#b5533c"


class Sheet:
    """Draws on a picture, in pixels from its top left corner."""

    def __init__(self, picture: UInt8, background: Background) -> None:
        self._picture = picture.astype(np.float32)
        self.ink = np.array(background.ink, np.float32)
        self._paper = np.array(background.paper, np.float32)

    @property
    def pixels(self) -> UInt8:
        """The picture with what was drawn on it."""
        return (np.clip(self._picture, 0, 255) + 0.5).astype(np.uint8)

    def plate(self, x: int, y: int, width: int, height: int, color: str | None = None) -> None:
        """A rectangle: the quiet ground that words stand on, or a swatch of a colour."""
        area = self._picture[max(y, 0) : y + height, max(x, 0) : x + width]
        paint = self._paper if color is None else rgb(color).astype(np.float32)
        opacity = PLATE_OPACITY if color is None else 1.0
        area[:] = area * (1 - opacity) + paint * opacity

    def text(
        self, x: int, y: int, words: str, size: int = TEXT, bold: bool = False, quiet: bool = False
    ) -> int:
        """Words with their top left corner here; gives their width."""
        strength = lettering(words, size, bold)
        opacity = strength * (0.72 if quiet else 1.0)
        self._blend(x, y, opacity, self.ink)
        return int(strength.shape[1])

    def width_of(self, words: str, size: int = TEXT, bold: bool = False) -> int:
        """How wide words will be."""
        return int(lettering(words, size, bold).shape[1])

    def shape(self, corners: Float64, color: NDArray[np.float32]) -> None:
        """A convex shape with smooth edges."""
        low = np.floor(corners.min(axis=0)).astype(int)
        high = np.ceil(corners.max(axis=0)).astype(int) + 1
        width, height = ((high - low) * FINE).tolist()
        rows, columns = np.indices((height, width))
        x, y = low[0] + (columns + 0.5) / FINE, low[1] + (rows + 0.5) / FINE
        ahead = np.roll(corners, -1, axis=0) - corners
        sides = [a[0] * (y - c[1]) - a[1] * (x - c[0]) for a, c in zip(ahead, corners, strict=True)]
        inside = np.all(np.array(sides) >= 0, axis=0) | np.all(np.array(sides) <= 0, axis=0)
        cells = inside.reshape(height // FINE, FINE, width // FINE, FINE)
        self._blend(int(low[0]), int(low[1]), cells.mean(axis=(1, 3)).astype(np.float32), color)

    def _blend(self, x: int, y: int, opacity: NDArray[np.float32], color: NDArray[np.float32]) -> None:
        height, width, _ = self._picture.shape
        x0, y0 = max(x, 0), max(y, 0)
        x1, y1 = min(x + opacity.shape[1], width), min(y + opacity.shape[0], height)
        if x1 <= x0 or y1 <= y0:
            return
        part = opacity[y0 - y : y1 - y, x0 - x : x1 - x, None]
        area = self._picture[y0:y1, x0:x1]
        area[:] = area * (1 - part) + color * part


def annotated(
    picture: UInt8,
    camera: Camera,
    legend: Sequence[LegendEntry],
    background: Background,
    title: str = "",
    words: Sequence[str] = (),
    has_scale: bool = True,
    view_height: int = 0,
) -> UInt8:
    """The picture with legend, north arrow, scale bar and title; `words` stand at its foot, line by line.

    `view_height` is that of one view, in pixels, where the picture is made of several.
    """
    height, width, _ = picture.shape
    size_m = camera.metres_per_pixel(view_height or height)
    sheet = Sheet(picture, background)
    height -= _foot(sheet, width, height, words)
    if title:
        _title(sheet, title)
    _north(sheet, width - MARGIN - 22, MARGIN + 26, camera.azimuth_deg)
    if has_scale:
        _scale_bar(sheet, height, size_m)
    _legend(sheet, width, height, legend)
    return sheet.pixels


def _foot(sheet: Sheet, width: int, height: int, words: Sequence[str]) -> int:
    """Lines over the whole width at the foot; gives how high they are."""
    lines = [line for text in words for line in _wrapped(text, width - 2 * MARGIN)]
    if not lines:
        return 0
    high = len(lines) * FOOT_ROW + PADDING
    sheet.plate(0, height - high, width, high)
    for number, line in enumerate(lines):
        sheet.text(MARGIN, height - high + PADDING // 2 + number * FOOT_ROW + 2, line, FOOT_TEXT)
    return high


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines that are no wider."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and lettering(longer, FOOT_TEXT).shape[1] > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _title(sheet: Sheet, title: str) -> None:
    wide = sheet.width_of(title, 16, bold=True)
    sheet.plate(MARGIN, MARGIN, wide + 2 * PADDING, 34)
    sheet.text(MARGIN + PADDING, MARGIN + 9, title, 16, bold=True)


def _north(sheet: Sheet, x: int, y: int, azimuth_deg: float) -> None:
    """An arrow to grid north, as the camera stands."""
    turn = radians(-azimuth_deg)
    way, side = np.array([sin(turn), -cos(turn)]), np.array([cos(turn), sin(turn)])
    middle = np.array([x, y], np.float64)
    for hand, color in ((1, rgb(NORTH_RED)), (-1, np.array((150, 152, 155), np.uint8))):
        corners: Float64 = np.array(
            [middle + 15 * way, middle + hand * 7 * side - 12 * way, middle - 7 * way], np.float64
        )
        sheet.shape(corners, color.astype(np.float32))
    tip = middle + 25 * way
    sheet.text(round(tip[0]) - sheet.width_of("N", 13, bold=True) // 2, round(tip[1]) - 6, "N", 13, bold=True)


def _scale_bar(sheet: Sheet, height: int, size: float) -> None:
    """A bar of a round length, with `size` metres per pixel; true at the point the camera looks at."""
    length = round_length(BAR_PX * size)
    wide = round(length / size)
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    top = height - MARGIN - 38
    sheet.plate(MARGIN, top, wide + 2 * PADDING, 38)
    sheet.text(MARGIN + PADDING, top + 8, label, 12)
    left, base = MARGIN + PADDING, top + 29
    for x, y, w, h in ((left, base, wide, 2), (left, base - 4, 1, 6), (left + wide - 1, base - 4, 1, 6)):
        sheet.plate(x, y, w, h, hex_color(sheet.ink))


def _legend(sheet: Sheet, width: int, height: int, legend: Sequence[LegendEntry]) -> None:
    rows = _rows(legend)
    if not rows:
        return
    counts = [_count(entry) for entry in rows if isinstance(entry, LegendEntry)]
    labels = [
        sheet.width_of(row.label if isinstance(row, LegendEntry) else row, TEXT, isinstance(row, str))
        for row in rows
    ]
    numbers = max((sheet.width_of(count, 12) for count in counts), default=0)
    wide = max(labels) + SWATCH + 10 + numbers + 16 + 2 * PADDING
    high = len(rows) * ROW + 2 * PADDING - 4
    left, y = width - MARGIN - wide, height - MARGIN - high
    sheet.plate(left, y, wide, high)
    y += PADDING - 2
    for row in rows:
        if isinstance(row, str):
            sheet.text(left + PADDING, y + 3, row, TEXT, bold=True)
        else:
            sheet.plate(left + PADDING, y + 4, SWATCH, SWATCH, row.color)
            sheet.text(left + PADDING + SWATCH + 10, y + 3, row.label, TEXT)
            count = _count(row)
            sheet.text(left + wide - PADDING - sheet.width_of(count, 12), y + 4, count, 12, quiet=True)
        y += ROW


def _rows(legend: Sequence[LegendEntry]) -> list[LegendEntry | str]:
    """Entries under their headings, and a last line when there are too many."""
    rows: list[LegendEntry | str] = []
    heading = None
    for number, entry in enumerate(legend):
        if len(rows) >= MOST_ROWS:
            rows.append(f"and {len(legend) - number} more")
            break
        if (entry.layer, entry.heading) != heading and entry.heading:
            rows.append(entry.heading)
            heading = (entry.layer, entry.heading)
        rows.append(entry)
    return rows


def _count(entry: LegendEntry) -> str:
    if not entry.count:
        return entry.unit
    return f"{entry.count:,}".replace(",", " ")
