"""Blocks laid out on pages, and the pages painted: as a PDF file, or the first of them as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPageSize, QPainter, QPdfWriter, QPen

from app.paper import (
    A4,
    DPI,
    MM,
    MUTED,
    RULE,
    TINY,
    Block,
    Page,
    font,
    paragraph,
)
from layers.arrays import UInt8
from layers.errors import WriteError

#: Room for "Page n of m".
FOLIO_WIDTH = 90.0


@dataclass(frozen=True)
class Placed:
    """A block and where on its page it goes."""

    block: Block
    y: float


@dataclass(frozen=True)
class Chapter:
    """Blocks that begin on a page of their own, and what stands in the margins of all its pages."""

    blocks: Sequence[Block]
    head: str = ""
    foot: str = ""


def laid_out(blocks: Sequence[Block], page: Page = A4) -> list[list[Placed]]:
    """The blocks on pages; headings stay with what follows, tables are split."""
    pages: list[list[Placed]] = [[]]
    y, todo = 0.0, list(blocks)
    while todo:
        block = todo.pop(0)
        top = y + (block.gap if pages[-1] else 0)
        room = page.height - top
        needed = block.height(page.width) + _what_stays(block, todo, page.width)
        if needed <= room:
            pages[-1].append(Placed(block, top))
            y = top + block.height(page.width)
            continue
        parts = block.split(page.width, room)
        if parts is not None:
            pages[-1].append(Placed(parts[0], top))
            todo.insert(0, parts[1])
        elif not pages[-1]:  # higher than a page: it is cut there
            pages[-1].append(Placed(block, top))
        else:
            todo.insert(0, block)
        if todo:
            pages.append([])
            y = 0.0
    return [placed for placed in pages if placed]


def _what_stays(block: Block, following: Sequence[Block], width: float) -> float:
    """The room that must be left for what a heading stands above."""
    if not block.stays_with_next or not following:
        return 0.0
    first = following[0]
    return float(first.gap + first.least(width) + _what_stays(first, following[1:], width))


def write_pdf(path: Path, title: str, chapters: Sequence[Chapter], page: Page = A4) -> int:
    """Write chapters as a PDF file; gives how many pages there are."""
    writer = QPdfWriter(str(path))
    writer.setPageSize(QPageSize(QSizeF(page.width_mm, page.height_mm), QPageSize.Unit.Millimeter))
    writer.setResolution(DPI)
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setTitle(title)
    writer.setCreator("Citystrata")
    painter = QPainter()
    if not painter.begin(writer):
        raise WriteError("The PDF file cannot be written", where=str(path), do="Choose another folder")
    pages = [(chapter, placed) for chapter in chapters for placed in laid_out(chapter.blocks, page)]
    for number, (chapter, placed) in enumerate(pages, 1):
        if number > 1:
            writer.newPage()
        _draw_page(painter, page, chapter, placed, number, len(pages))
    painter.end()
    return len(pages)


def picture_of_first(chapters: Sequence[Chapter], page: Page, pixels_per_mm: float) -> UInt8:
    """The first page as a picture, (h, w, 3)."""
    pages = [(chapter, placed) for chapter in chapters for placed in laid_out(chapter.blocks, page)]
    width, height = round(page.width_mm * pixels_per_mm), round(page.height_mm * pixels_per_mm)
    image = QImage(width, height, QImage.Format.Format_RGB888)
    image.fill(QColor("white"))
    # Fonts are measured in points: so that they are as large as on paper, the picture counts like paper.
    for set_dots in (image.setDotsPerMeterX, image.setDotsPerMeterY):
        set_dots(round(1000 * DPI / 25.4))
    with QPainter(image) as painter:
        painter.scale(pixels_per_mm / MM, pixels_per_mm / MM)
        _draw_page(painter, page, *pages[0], number=1, count=len(pages))
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return rows[:, : 3 * width].reshape(height, width, 3).copy()


def _draw_page(
    painter: QPainter, page: Page, chapter: Chapter, blocks: Sequence[Placed], number: int, count: int
) -> None:
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    _draw_margins(painter, page, chapter, number, count)
    for placed in blocks:
        placed.block.draw(painter, page.left, page.top + placed.y, page.width)


def _draw_margins(painter: QPainter, page: Page, chapter: Chapter, number: int, count: int) -> None:
    right = int(Qt.AlignmentFlag.AlignRight)
    if number > 1:
        paragraph(chapter.head, TINY, MUTED).draw(painter, page.left, page.top - 24, page.width)
    line = page.top + page.height + 10
    painter.setPen(QPen(QColor(RULE), 0.6))
    painter.drawLine(QPointF(page.left, line), QPointF(page.left + page.width, line))
    paragraph(chapter.foot, TINY, MUTED).draw(painter, page.left, line + 5, page.width - FOLIO_WIDTH)
    painter.setFont(font(TINY))
    painter.setPen(QColor(MUTED))
    painter.drawText(QRectF(page.left, line + 5, page.width, 14), right, f"Page {number} of {count}")
