"""How several pictures of a city become one: side by side, divided by a line, mixed, or in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import numpy as np

from layers.arrays import UInt8
from layers.errors import UsageError
from viewer.light import Background
from viewer.sheet import Sheet

#: Side by side in a row or a grid; or over each other, divided by a line, mixed, or one after the other.
ROW, GRID, SWIPE, ONION, BLINK = WAYS = ("row", "grid", "swipe", "onion", "blink")
#: Those of them whose pictures fill the whole area.
STACKED = (SWIPE, ONION, BLINK)
MOST_PANES = 4
#: Between pictures, and the line of a swipe with its handle, in pixels.
GAP, LINE, GRIP = 2, 3, 13
#: So near its line a press means the line, in pixels.
REACH = 9.0
CAPTION_TEXT, CAPTION_HIGH, CAPTION_TOP, CAPTION_PAD = 14, 28, 12, 12


class Area(NamedTuple):
    """A part of the picture in pixels, from its top left corner."""

    x: int
    y: int
    width: int
    height: int

    def holds(self, x: float, y: float) -> bool:
        """Whether a position lies in it."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(frozen=True)
class Arrangement:
    """A way to see several panes at one time. One pane fills the picture in every way."""

    way: str = ROW
    at: float = 0.5  # where the line is, share of the width; how much is seen of the second; which is shown

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise UsageError("There is no such arrangement", found=self.way, allowed=", ".join(WAYS))
        if not 0.0 <= self.at <= 1.0:
            raise UsageError(
                "The place between two views is not possible", found=f"{self.at:g}", allowed="0 to 1"
            )

    def check(self, count: int) -> None:
        """Refuse a number of panes that this way does not show."""
        most = 2 if self.way in STACKED else MOST_PANES
        if not 1 <= count <= most:
            allowed = f"1 to {most}" if most > 2 else "two"
            raise UsageError(f"So many views are not shown as {self.way}", found=str(count), allowed=allowed)

    def moved(self, at: float) -> Arrangement:
        """The same with its line, or its share, elsewhere."""
        return replace(self, at=min(max(at, 0.0), 1.0))

    def areas(self, count: int, width: int, height: int) -> list[Area]:
        """What each of the pictures fills."""
        if count == 1 or self.way in STACKED:
            return [Area(0, 0, width, height)] * count
        per_row = count if self.way == ROW else ceil(count**0.5)
        rows = [min(per_row, count - first) for first in range(0, count, per_row)]
        found = []
        for (y, high), across in zip(_parts(height, len(rows)), rows, strict=True):
            found += [Area(x, y, wide, high) for x, wide in _parts(width, across)]
        return found

    def seen(self, count: int, width: int, height: int) -> list[Area]:
        """What is seen of each of the pictures; of those that are mixed or hidden, all or nothing."""
        whole = self.areas(count, width, height)
        if count == 1 or self.way not in STACKED:
            return whole
        if self.way == SWIPE:
            line = round(self.at * width)
            return [Area(0, 0, line, height), Area(line, 0, width - line, height)]
        first = self.at < 0.5
        return [whole[0] if first else Area(0, 0, 0, 0), Area(0, 0, 0, 0) if first else whole[1]]

    def under(self, x: float, y: float, count: int, width: int, height: int) -> int | None:
        """Which pane lies under a position: of mixed ones the stronger; None between them.

        One alone goes on beyond its edges, where a drag may end.
        """
        if count == 1:
            return 0
        areas = self.seen(count, width, height)
        return next((number for number, area in enumerate(areas) if area.holds(x, y)), None)

    def holds_line(self, x: float, count: int, width: int, scale: float = 1.0) -> bool:
        """Whether a press at a pixel column takes hold of the line of a swipe."""
        return self.way == SWIPE and count == 2 and abs(x - self.at * width) <= REACH * scale

    def composed(self, pictures: Sequence[UInt8], size: tuple[int, int], between: Background) -> UInt8:
        """The pictures as one, (h, w, 3)."""
        width, height = size
        count = len(pictures)
        if count == 1:
            return pictures[0]
        if self.way == ONION:
            return mixed(pictures[0], pictures[1], self.at)
        if self.way == BLINK:
            return pictures[self.at >= 0.5]
        if self.way == SWIPE:
            line = round(self.at * width)
            return np.concatenate((pictures[0][:, :line], pictures[1][:, line:]), axis=1)
        found = np.empty((height, width, 3), np.uint8)
        for picture, (x, y, wide, high) in zip(pictures, self.areas(count, width, height), strict=True):
            found[y : y + high, x : x + wide] = picture
            found[y + high : y + high + GAP, x : x + wide + GAP] = between.ink
            found[y : y + high, x + wide : x + wide + GAP] = between.ink
        return found

    def marked(
        self, picture: UInt8, captions: Sequence[str], background: Background, scale: float = 1.0
    ) -> UInt8:
        """The picture with the line of a swipe, and the caption of every pane in the middle of its top."""
        height, width, _ = picture.shape
        found = picture.copy()
        count = len(captions)
        if self.way == SWIPE and count == 2:
            _line(found, round(self.at * width), background, scale)
        for words, area in zip(*self._words(captions, width, height), strict=True):
            if words:
                _caption(found, words, area, background, scale)
        return found

    def _words(self, captions: Sequence[str], width: int, height: int) -> tuple[list[str], list[Area]]:
        """Captions and what they are about; mixed pictures have one in common."""
        whole = Area(0, 0, width, height)
        if len(captions) == 1 or self.way not in STACKED:
            return list(captions), self.areas(len(captions), width, height)
        if self.way == ONION and any(captions):
            shares = (round(100 * (1 - self.at)), round(100 * self.at))
            parts = [
                f"{words or 'all dates'} {share} %" for words, share in zip(captions, shares, strict=True)
            ]
            return [" · ".join(parts)], [whole]
        if self.way == BLINK:
            return [captions[self.at >= 0.5]], [whole]
        return list(captions), self.seen(len(captions), width, height)


def mixed(one: UInt8, other: UInt8, share: float) -> UInt8:
    """Two pictures mixed, with this share of the other one."""
    if share in (0.0, 1.0):
        return other if share else one
    whole = round(256 * share)
    sums = one.astype(np.uint16)
    sums *= np.uint16(256 - whole)
    sums += other.astype(np.uint16) * np.uint16(whole)
    sums >>= 8
    return sums.astype(np.uint8)


def _parts(length: int, count: int) -> list[tuple[int, int]]:
    """Where parts of a length begin and how long they are, with gaps between them."""
    ends = [round((length + GAP) * number / count) for number in range(count + 1)]
    return [(a, b - a - GAP) for a, b in pairwise(ends)]


def _line(picture: UInt8, column: int, background: Background, scale: float) -> None:
    """The line that one drags, with a round handle in its middle."""
    height, width, _ = picture.shape
    for wide, color in ((LINE + 2, background.ink), (LINE, background.paper)):
        half = wide * scale / 2
        picture[:, max(round(column - half), 0) : max(round(column + half), 1)] = color
    grip = round(GRIP * scale)
    top, left = max(height // 2 - grip - 2, 0), max(column - grip - 2, 0)
    part = picture[top : height // 2 + grip + 3, left : min(column + grip + 3, width)]
    rows, columns = np.indices(part.shape[:2])
    x, y = columns + left + 0.5 - column, rows + top + 0.5 - height // 2
    away = np.hypot(x, y)
    for radius, color in ((grip + 1.0, background.ink), (grip, background.paper)):
        cover = np.clip(radius + 0.5 - away, 0, 1)[..., None]
        part[:] = part * (1 - cover) + np.array(color) * cover
    arrow = (np.abs(y) <= 0.38 * grip) & (np.abs(np.abs(x) + np.abs(y) - 0.62 * grip) <= 1.0 * scale)
    part[arrow] = background.ink


def _caption(picture: UInt8, words: str, area: Area, background: Background, scale: float) -> None:
    """Words on a plate in the middle of the top of an area, as far as they fit into it."""
    high, pad, top = (round(value * scale) for value in (CAPTION_HIGH, CAPTION_PAD, CAPTION_TOP))
    size = round(CAPTION_TEXT * scale)
    sheet = Sheet(picture[:1, :1], background)
    room = area.width - 2 * pad
    while len(words) > 1 and sheet.width_of(words, size, bold=True) + 2 * pad > room:
        words = words[:-2].rstrip() + "…"
    wide = sheet.width_of(words, size, bold=True) + 2 * pad
    if wide > area.width or top + high > area.height:
        return
    x, y = area.x + (area.width - wide) // 2, area.y + top
    part = picture[y : y + high, x : x + wide]
    sheet = Sheet(part, background)
    sheet.plate(0, 0, wide, high)
    sheet.text(pad, round(7 * scale), words, size, bold=True)
    part[:] = sheet.pixels
