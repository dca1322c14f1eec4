"""Numbers are typed with a decimal point or comma, whatever the language of the desktop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.numberbox import NumberBox


@pytest.fixture(params=["C", "en_US", "de_DE", "de_CH"])
def language(request: pytest.FixtureRequest) -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield
    QLocale.setDefault(before)


def typed(qtbot: QtBot, box: NumberBox, text: str) -> float:
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    return float(box.value())


@pytest.fixture
def box(qtbot: QtBot, language: None) -> Iterator[NumberBox]:
    form = QWidget()
    qtbot.addWidget(form)
    box, other = NumberBox(minimum=-1e7, maximum=1e7, decimals=3, prefix="× "), QLineEdit()
    box.setToolTip("How high")
    column = QVBoxLayout(form)
    column.addWidget(box)
    column.addWidget(other)
    form.show()
    qtbot.waitExposed(form)
    box.setValue(7.25)
    yield box


def test_a_comma_is_a_decimal_comma(qtbot: QtBot, box: NumberBox) -> None:
    assert box.cleanText() == "7.250"
    for text in ("39,2", "39.2", "39,20"):
        assert typed(qtbot, box, text) == 39.2 and not box.problem
    assert typed(qtbot, box, "-1,5") == -1.5
    assert typed(qtbot, box, "392000") == 392_000
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.text() == "× 392000.000"


@pytest.mark.parametrize("text", ["1.000,5", "1,000.5", "1 000", "1,2,3", "abc", "99999999"])
def test_what_is_no_number_is_neither_taken_nor_forgotten(qtbot: QtBot, box: NumberBox, text: str) -> None:
    typed(qtbot, box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    qtbot.keyClick(box, Qt.Key.Key_Tab)
    assert box.cleanText() == text and text in box.problem
    assert box.toolTip() == box.problem and box.property("problem")
    assert typed(qtbot, box, "8") == 8.0
    assert not box.problem and box.toolTip() == "How high" and not box.property("problem")


def test_a_whole_number(qtbot: QtBot, language: None) -> None:
    box = NumberBox(minimum=2, maximum=12, decimals=0)
    qtbot.addWidget(box)
    box.show()
    assert typed(qtbot, box, "7") == 7 and not box.problem
    assert typed(qtbot, box, "1,2") != 12 and box.problem
    assert typed(qtbot, box, "2,5") == 2 and "no whole number" in box.problem


def test_a_word_may_stand_for_the_lowest_number(qtbot: QtBot, language: None) -> None:
    box = NumberBox(minimum=0, maximum=89, decimals=1, suffix="°", value=30)
    box.setSpecialValueText("usual")
    qtbot.addWidget(box)
    assert typed(qtbot, box, "usual") == 0 and box.problem == ""
    assert typed(qtbot, box, "12,5") == 12.5 and box.problem == ""
    box.setValue(0)
    assert (box.text(), box.problem) == ("usual", "")
    typed(qtbot, box, "often")
    assert box.problem
