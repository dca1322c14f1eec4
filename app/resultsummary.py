"""A result at a glance: its verdicts, its quantity in numbers and as a histogram, and what was clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.charts import ChartView
from app.fields import enters
from app.labels import add_row, breakable, narrow, thousands
from app.resultanswer import SmallTable, answers_of, small_tables, warnings_of
from app.resultcharts import ResultChart, in_order, quantity_charts
from app.resulttext import (
    WORDS,
    amount,
    counting_rows,
    numbers_of,
    of_quantity,
    parts_of,
    verdict_numbers,
)
from layers.results import SIGHTLINES, Quantity, Result, Table
from layers.written import unbroken
from viewer.scene import Reading

#: Verdicts that get a card of their own; the table has all.
MOST_CARDS = 12
HINT = "Click a surface in the view to read its value."
HINT_OF_LINES = "Click a line of sight or a surface in the view to read what it says."


class VerdictCard(QFrame):
    """One verdict, large, with the numbers behind it; where it is about an object, a click goes there."""

    chosen = Signal(int)  # fid

    def __init__(self, row: dict[str, Any], said: Sequence[str] = ()) -> None:
        """`said` are sentences that stand beside it, which it does not repeat."""
        super().__init__()
        self.setObjectName("verdict")
        verdict = str(row.get("verdict", ""))
        self.setProperty("verdict", verdict)
        self.fid = int(row.get("fid", -1))
        if self.fid >= 0:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.setToolTip("Click to see it in the view")
        word = QLabel(WORDS.get(verdict, verdict.upper()))
        word.setObjectName("word")
        name = QLabel(breakable(str(row.get("name", ""))), wordWrap=True)
        name.setObjectName("heading")
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(0)
        for at, (title, text) in enumerate(verdict_numbers(row)):
            caption = QLabel(title)
            caption.setObjectName("hint")
            number = QLabel(text, wordWrap=True)
            number.setObjectName("heading")
            number.setAlignment(Qt.AlignmentFlag.AlignTop)
            grid.setColumnStretch(at, 1)
            grid.addWidget(caption, 0, at)
            grid.addWidget(number, 1, at)
        top = QHBoxLayout()
        top.addWidget(name, 1)
        top.addWidget(word, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addLayout(top)
        rule, reason = (unbroken(str(row.get(key) or "")) for key in ("rule", "reason"))
        for text, dressed in ((rule, "muted"), (reason, "")):
            is_told = text in said or (text == rule and reason.startswith(f"{rule}:"))
            if text and not is_told:
                words = QLabel(breakable(text), wordWrap=True)
                words.setObjectName(dressed)
                column.addWidget(words)
        column.addLayout(grid)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Go to the object."""
        if self.fid >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self.fid)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The same by Enter."""
        if self.fid >= 0 and enters(event):
            self.chosen.emit(self.fid)
        else:
            super().keyPressEvent(event)


class SmallGrid(QWidget):
    """Few rows of words and numbers."""

    def __init__(self, table: SmallTable) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        for at, row in enumerate((table.titles, *table.rows)):
            for column, text in enumerate(row):
                label = QLabel(breakable(text), wordWrap=column == 0 or at == 0)
                label.setObjectName("muted" if at == 0 else "")
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                grid.addWidget(label, at, column)


class ReadingCard(QFrame):
    """What the result says about the place that was clicked in the view."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self._title = QLabel(wordWrap=True)
        self._title.setObjectName("heading")
        self._values = QLabel(wordWrap=True)
        self._values.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.addWidget(self._title)
        column.addWidget(self._values)
        self.hide()

    @property
    def text(self) -> str:
        """What it says now."""
        return f"{self._title.text()}\n{self._values.text()}" if not self.isHidden() else ""

    def show_reading(self, reading: Reading | None, name: str) -> None:
        """Say what was read; hide when there was nothing to read."""
        self.setVisible(reading is not None)
        if reading is None:
            return
        if reading.words:
            self._title.setText(reading.words[0])
            self._values.setText("\n".join(reading.words[1:]))
            return
        kind = reading.surface_type or ("Ground" if reading.fid is None else "")
        self._title.setText(" · ".join(filter(None, (name, kind))) or "The place you clicked")
        where = "at this point" if reading.is_point else "mean of the surface"
        lines = [f"{quantity.title}: {of_quantity(value, quantity)}" for quantity, value in reading.values]
        self._values.setText("\n".join([*lines, where]))


class ResultGlance(QWidget):
    """The first page of a result."""

    quantity_chosen = Signal(str)
    object_chosen = Signal(int)  # fid of the verdict that was clicked

    def __init__(self) -> None:
        super().__init__()
        self._result: Result | None = None
        self._headline = QLabel(wordWrap=True)
        self._headline.setObjectName("heading")
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        self._answers = QVBoxLayout()
        self._answers.setSpacing(8)
        self.quantity = narrow(QComboBox())
        self.quantity.setAccessibleName("Quantity shown")
        self.quantity.currentIndexChanged.connect(self._on_quantity)
        self._numbers = QFormLayout()
        self._numbers.setHorizontalSpacing(12)
        self._numbers.setVerticalSpacing(4)
        self.reading = ReadingCard()
        self._hint = QLabel(HINT, wordWrap=True)
        self._hint.setObjectName("hint")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        column.addWidget(self._headline)
        column.addLayout(self._cards)
        column.addLayout(self._answers)
        self._shown = QFormLayout()
        self._shown.setHorizontalSpacing(12)
        add_row(self._shown, "Shown", self.quantity)
        column.addLayout(self._shown)
        column.addWidget(self.reading)
        column.addWidget(self._hint)
        column.addLayout(self._numbers)
        self._charts = QVBoxLayout()
        self._charts.setSpacing(4)
        column.addLayout(self._charts)
        column.addStretch()
        self.area = QScrollArea(widgetResizable=True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.area)

    def show_result(
        self, result: Result, quantity: Quantity | None, further: Sequence[ResultChart] = ()
    ) -> None:
        """Turn to a result and one of its quantities; `further` are the charts of its tables."""
        if result is not self._result:
            said = answers_of(result)
            self._headline.setText(breakable(said[0]) if said else "")
            self._headline.setVisible(bool(said))
            rows = counting_rows(result)
            self._show_cards(rows, said)
            told = {f"{row.get('name')}: {row.get('reason')}." for row in rows[:MOST_CARDS]}
            self._show_answers(result, [sentence for sentence in said[1:] if sentence not in told])
            self._offer(result.quantities)
            self.reading.show_reading(None, "")
        self._result = result
        self.quantity.blockSignals(True)
        self.quantity.setCurrentIndex(self.quantity.findData(quantity.name) if quantity else -1)
        self.quantity.blockSignals(False)
        self._show_numbers(quantity)
        self._show_charts(in_order(result, quantity_charts(result, quantity), further))

    def _show_charts(self, charts: Sequence[ResultChart]) -> None:
        _clear(self._charts)
        for chart in charts:
            title = QLabel(chart.title, wordWrap=True)
            title.setObjectName("heading")
            self._charts.addWidget(title)
            self._charts.addWidget(ChartView(chart.paint, chart.height, chart.title))

    def _show_cards(self, rows: Sequence[dict[str, Any]], said: Sequence[str]) -> None:
        _clear(self._cards)
        for row in rows[:MOST_CARDS]:
            card = VerdictCard(row, said)
            card.chosen.connect(self.object_chosen)
            self._cards.addWidget(card)
        if len(rows) > MOST_CARDS:
            more = QLabel(f"{thousands(len(rows) - MOST_CARDS)} more in the table of verdicts")
            more.setObjectName("muted")
            self._cards.addWidget(more)

    def _show_answers(self, result: Result, sentences: Sequence[str]) -> None:
        _clear(self._answers)
        for sentence in sentences:
            self._answers.addWidget(QLabel(breakable(sentence), wordWrap=True))
        for sentence in warnings_of(result):
            warning = QLabel(breakable(sentence), wordWrap=True)
            warning.setObjectName("problem")
            self._answers.addWidget(warning)
        for table in small_tables(result):
            self._answers.addWidget(SmallGrid(table))
        has_lines = len(result.tables.get(SIGHTLINES, Table())) > 0
        self._hint.setText(HINT_OF_LINES if has_lines else HINT)
        self._hint.setVisible(has_lines or len(result.surfaces) + len(result.points) > 1)

    def _offer(self, quantities: Sequence[Quantity]) -> None:
        self.quantity.blockSignals(True)
        self.quantity.clear()
        for found in quantities:
            self.quantity.addItem(f"{found.title} ({found.unit})" if found.unit else found.title, found.name)
        self.quantity.blockSignals(False)
        self._shown.setRowVisible(0, len(quantities) > 1)

    def _show_numbers(self, quantity: Quantity | None) -> None:
        while self._numbers.rowCount():
            self._numbers.removeRow(0)
        found = numbers_of(self._result, quantity) if self._result and quantity else None
        if found is None or quantity is None:
            return
        if parts := parts_of(self._result, quantity) if self._result else []:
            self._add_numbers(parts)
            return
        low, mean, high = (of_quantity(value, quantity) for value in (found.low, found.mean, found.high))
        spread = (
            [("Lowest", low), ("Mean", mean), ("Highest", high)] if low != high else [("Everywhere", mean)]
        )
        self._add_numbers(
            (
                *(spread if found.count > 1 else [(quantity.title, mean)]),
                *([("Area", amount(found.area_m2, 0, "m²"))] if found.area_m2 else []),
                *([("Values", thousands(found.count))] if found.count > 1 else []),
            )
        )

    def _add_numbers(self, numbers: Sequence[tuple[str, str]]) -> None:
        for title, text in numbers:
            label = QLabel(title)
            label.setObjectName("muted")
            self._numbers.addRow(label, QLabel(text))

    def _on_quantity(self) -> None:
        name = self.quantity.currentData()
        if name:
            self.quantity_chosen.emit(str(name))


def _clear(layout: QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.deleteLater()
