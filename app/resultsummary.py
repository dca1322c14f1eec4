"""A result at a glance: its verdicts, its quantity in numbers and as a histogram, and what was clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
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
from app.labels import add_row, narrow, thousands
from app.resultcharts import ResultChart, quantity_charts
from app.resulttext import (
    NOTHING,
    WORDS,
    amount,
    counting_rows,
    numbers_of,
    of_quantity,
    verdict_number,
)
from layers.results import Quantity, Result
from viewer.scene import Reading

#: Verdicts that get a card of their own; the table has all.
MOST_CARDS = 12
#: The numbers of a verdict, and what they are called.
NUMBERS = (("before", "Before"), ("after", "After"), ("threshold", "Needed"))
HINT = "Click a surface in the view to read its value."


class VerdictCard(QFrame):
    """One verdict, large, with the numbers behind it."""

    def __init__(self, row: dict[str, Any]) -> None:
        super().__init__()
        self.setObjectName("verdict")
        verdict = str(row.get("verdict", ""))
        self.setProperty("verdict", verdict)
        word = QLabel(WORDS.get(verdict, verdict.upper()))
        word.setObjectName("word")
        name = QLabel(str(row.get("name", "")), wordWrap=True)
        name.setObjectName("heading")
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(0)
        for at, (key, title) in enumerate(NUMBERS):
            caption = QLabel(title)
            caption.setObjectName("hint")
            number = QLabel(verdict_number(row, key))
            number.setObjectName("heading")
            grid.addWidget(caption, 0, at)
            grid.addWidget(number, 1, at)
        grid.setColumnStretch(3, 1)
        top = QHBoxLayout()
        top.addWidget(name, 1)
        top.addWidget(word, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addLayout(top)
        for key in ("rule", "reason"):
            if row.get(key):
                words = QLabel(str(row[key]), wordWrap=True)
                words.setObjectName("muted" if key == "rule" else "")
                column.addWidget(words)
        column.addLayout(grid)


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
        kind = reading.surface_type or ("Ground" if reading.fid is None else "")
        self._title.setText(" · ".join(filter(None, (name, kind))) or "The place you clicked")
        where = "at this point" if reading.is_point else "mean of the surface"
        lines = [f"{quantity.title}: {of_quantity(value, quantity)}" for quantity, value in reading.values]
        self._values.setText("\n".join([*lines, where]))


class ResultGlance(QWidget):
    """The first page of a result."""

    quantity_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._result: Result | None = None
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
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
        column.addLayout(self._cards)
        shown = QFormLayout()
        shown.setHorizontalSpacing(12)
        add_row(shown, "Shown", self.quantity)
        column.addLayout(shown)
        column.addWidget(self.reading)
        column.addWidget(self._hint)
        column.addLayout(self._numbers)
        self._charts = QVBoxLayout()
        self._charts.setSpacing(4)
        column.addLayout(self._charts)
        column.addStretch()
        scroll = QScrollArea(widgetResizable=True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def show_result(
        self, result: Result, quantity: Quantity | None, further: Sequence[ResultChart] = ()
    ) -> None:
        """Turn to a result and one of its quantities; `further` are the charts of its tables."""
        if result is not self._result:
            self._show_cards(counting_rows(result))
            self._offer(result.quantities)
            self.reading.show_reading(None, "")
        self._result = result
        self.quantity.blockSignals(True)
        self.quantity.setCurrentIndex(self.quantity.findData(quantity.name) if quantity else -1)
        self.quantity.blockSignals(False)
        self._show_numbers(quantity)
        self._show_charts([*quantity_charts(result, quantity), *further])

    def _show_charts(self, charts: Sequence[ResultChart]) -> None:
        _clear(self._charts)
        for chart in charts:
            title = QLabel(chart.title, wordWrap=True)
            title.setObjectName("heading")
            self._charts.addWidget(title)
            self._charts.addWidget(ChartView(chart.paint, chart.height, chart.title))

    def _show_cards(self, rows: Sequence[dict[str, Any]]) -> None:
        _clear(self._cards)
        for row in rows[:MOST_CARDS]:
            self._cards.addWidget(VerdictCard(row))
        if len(rows) > MOST_CARDS:
            more = QLabel(f"{thousands(len(rows) - MOST_CARDS)} more in the table of verdicts")
            more.setObjectName("muted")
            self._cards.addWidget(more)

    def _offer(self, quantities: Sequence[Quantity]) -> None:
        self.quantity.blockSignals(True)
        self.quantity.clear()
        for found in quantities:
            self.quantity.addItem(f"{found.title} ({found.unit})" if found.unit else found.title, found.name)
        self.quantity.blockSignals(False)
        self.quantity.setEnabled(len(quantities) > 1)

    def _show_numbers(self, quantity: Quantity | None) -> None:
        while self._numbers.rowCount():
            self._numbers.removeRow(0)
        found = numbers_of(self._result, quantity) if self._result and quantity else None
        if found is None or quantity is None:
            return
        for title, text in (
            ("Lowest", of_quantity(found.low, quantity)),
            ("Mean", of_quantity(found.mean, quantity)),
            ("Highest", of_quantity(found.high, quantity)),
            ("Area", amount(found.area_m2, 0, "m²") if found.area_m2 else NOTHING),
            ("Values", thousands(found.count)),
        ):
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
