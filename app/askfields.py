"""Fields in which an analysis' questions are answered: one class per kind of `analysis.asked.Ask`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from analysis.asked import Ask, checked, parsed
from app.fields import DateField, Field
from app.labels import narrow
from layers.epochs import iso_date
from layers.errors import CitystrataError, UsageError
from layers.expression import parse
from layers.records import Epoch, Scenario
from layers.rulefiles import all_rules

NUMBER_WIDTH = 110
#: Days on which sun and shadow are usually looked at.
SUN_DAYS = (("21 Mar", "03-21"), ("21 Jun", "06-21"), ("21 Dec", "12-21"))
DAY_WIDTH = 132


class NotYet(UsageError):
    """Nothing is answered yet; said quietly until somebody wants to run."""


class AskField(QWidget):
    """The answer to one question, and below it why an answer is none."""

    changed = Signal()

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self.ask = ask
        self.is_asked = True  # no longer where another answer makes this one needless
        self.is_missing = False  # nothing is answered yet
        self.was_tried = False  # somebody wanted to run without an answer
        self._problem = QLabel(wordWrap=True)
        self._problem.setObjectName("problem")
        self._problem.hide()
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(self._row)
        empty = f"empty: {ask.words[0][1]}" if ask.words and ask.kind in ("number", "whole") else ""
        if ask.help or empty:
            hint = QLabel("; ".join(filter(None, (ask.help, empty))), wordWrap=True)
            hint.setObjectName("hint")
            column.addWidget(hint)
        column.addWidget(self._problem)

    def value(self) -> Any:
        """The answer; UsageError says why there is none."""
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Show an answer."""
        raise NotImplementedError

    def tells(self) -> Any:
        """What decides whether other questions are asked: the answer itself, None while there is none."""
        try:
            return self.value()
        except CitystrataError:
            return None

    @property
    def problem(self) -> str:
        """The sentence that stands beside the field, '' for none."""
        return str(self._problem.text())

    def say(self, problem: str, quietly: bool = False) -> None:
        """Say beside the field why its answer is none, or quietly what else there is; '' takes that back."""
        is_new = problem != self._problem.text()
        self._problem.setText(problem)
        self._problem.setObjectName("hint" if quietly else "problem")
        if is_new:
            self._problem.setVisible(bool(problem))
            self.fit()
        for line in self.findChildren(QLineEdit):
            line.setProperty("problem", bool(problem) and not quietly)
        for widget in (self._problem, *self.findChildren(QLineEdit)):
            widget.style().unpolish(widget)
            widget.style().polish(widget)

    def fit(self) -> None:
        """Give the field its room once what changed is laid out: forms forget wrapped lines."""
        QTimer.singleShot(0, self, self._fit_now)

    def _fit_now(self) -> None:
        self._column.invalidate()
        is_wrapped = self._column.hasHeightForWidth()
        height = self._column.heightForWidth(self.width()) if is_wrapped else self._column.sizeHint().height()
        self.setMinimumHeight(max(height, 0))  # -1 where it is not laid out

    def check(self) -> bool:
        """Whether the answer is one, or nobody asks; says beside the field what is not right."""
        self.is_missing = False
        try:
            self.value()
        except CitystrataError as error:
            self.is_missing = isinstance(error, NotYet)
            self.say(error.sentence(), quietly=self.is_missing and not self.was_tried)
            return not self.is_asked
        self.say(self.remark(), quietly=True)
        return True

    def remark(self) -> str:
        """What is odd about an answer that is one; '' for nothing."""
        return ""

    def _put(self, widget: QWidget, stretch: int = 0) -> None:
        self._row.addWidget(widget, stretch)
        widget.setAccessibleName(self.ask.title)
        if self.focusProxy() is None:
            self.setFocusProxy(widget)


class TextAnswer(AskField):
    """A line of text that spells the answer: texts, numbers, times."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self.line = QLineEdit()
        is_short = ask.kind in ("number", "whole", "time")
        if is_short:
            self.line.setFixedWidth(NUMBER_WIDTH)
        self._put(self.line, 0 if is_short else 1)
        self._special = ask.words[0][0] if ask.words else None  # what an empty line stands for
        if ask.unit:
            unit = QLabel(ask.unit)
            unit.setObjectName("muted")
            self._row.addWidget(unit)
        if is_short:
            self._row.addStretch()
        self.line.textChanged.connect(self.changed)

    def value(self) -> Any:
        """The value that the text spells."""
        text = self.line.text()
        return parsed(self.ask, text) if text.strip() or self._special is None else self._special

    def show_value(self, value: Any) -> None:
        """Show a value as text."""
        is_special = self._special is not None and value == self._special
        shown = f"{value:.10g}" if isinstance(value, float) else str(value)
        self.line.setText("" if is_special else shown)


class YesAnswer(AskField):
    """Yes or no."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self.box = QCheckBox(ask.title)
        self._put(self.box, 1)
        self.box.toggled.connect(lambda _on: self.changed.emit())

    def value(self) -> bool:
        """Whether it is ticked."""
        return bool(self.box.isChecked())

    def show_value(self, value: Any) -> None:
        """Tick it or not."""
        self.box.setChecked(bool(value))


class ExpressionAnswer(AskField):
    """Objects that an expression holds for; empty for none."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self.line = QLineEdit(clearButtonEnabled=True)
        self.line.setPlaceholderText("none, or an expression such as name like '%tower%'")
        self._put(self.line, 1)
        self.line.textChanged.connect(self.changed)

    def value(self) -> str:
        """The expression, once it is understood."""
        text = self.line.text().strip()
        if text:
            parse(text)
        return text

    def show_value(self, value: Any) -> None:
        """Show an expression."""
        self.line.setText(str(value))


class ChoiceAnswer(AskField):
    """One of several."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self.box = narrow(QComboBox())
        for value, title in ask.choices:
            self.box.addItem(title, value)
        self._put(self.box, 1)
        self.box.currentIndexChanged.connect(lambda _at: self.changed.emit())

    def value(self) -> Any:
        """The chosen one."""
        return checked(self.ask, self.box.currentData())

    def show_value(self, value: Any) -> None:
        """Choose it."""
        self.box.setCurrentIndex(max(self.box.findData(value), 0))


class DayAnswer(AskField):
    """A day of the sun: typed, from a calendar, or one of the usual days."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self.line = DateField(Field(ask.title, "date", None))
        self.line.setFrame(True)
        self.line.setFixedWidth(DAY_WIDTH)
        self._put(self.line)
        for title, day in SUN_DAYS:
            button = QToolButton()
            button.setText(title)
            button.setToolTip(f"Take {title} of the same year")
            button.clicked.connect(lambda _on=False, day=day: self._take(day))
            self._row.addWidget(button)
        self._row.addStretch()
        self.line.textChanged.connect(self.changed)

    def value(self) -> str:
        """The day as an ISO date."""
        return str(checked(self.ask, self.line.text().strip()))

    def show_value(self, value: Any) -> None:
        """Show a day."""
        self.line.setText(str(value))

    def _take(self, day: str) -> None:
        """A day of the year that is shown, or of this year."""
        shown = iso_date(self.line.text())
        self.line.setText(f"{shown[:4] if shown else date.today().year}-{day}")


class CityDateAnswer(AskField):
    """The date of the city: one of its epochs by name, another date, or all that ever stands."""

    EVERY = "All dates: everything that ever stands"

    def __init__(self, ask: Ask, epochs: Sequence[Epoch]) -> None:
        super().__init__(ask)
        self.box = narrow(QComboBox())
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        for epoch in epochs:
            self.box.addItem(f"{epoch.name}  ({epoch.date})", epoch.date)
        self.box.addItem(self.EVERY, "")
        self._put(self.box, 1)
        self.box.editTextChanged.connect(lambda _text: self.changed.emit())

    def value(self) -> str:
        """An ISO date; '' means all dates."""
        text = self.box.currentText().strip()
        at = self.box.findText(text, Qt.MatchFlag.MatchFixedString)
        return str(self.box.itemData(at)) if at >= 0 else str(checked(self.ask, text))

    def show_value(self, value: Any) -> None:
        """Show an epoch by its name, or a date."""
        at = self.box.findData(str(value))
        if at >= 0:
            self.box.setCurrentIndex(at)
        else:
            self.box.setEditText(str(value))


class ScenarioAnswer(AskField):
    """One of the scenarios, or the city as it is."""

    AS_IT_IS = "The city as it is"

    def __init__(self, ask: Ask, scenarios: Sequence[Scenario]) -> None:
        super().__init__(ask)
        self.has_any = bool(scenarios)
        self.box = narrow(QComboBox())
        self.box.addItem(self.AS_IT_IS, "")
        for scenario in scenarios:
            self.box.addItem(scenario.name, scenario.name)
        self._put(self.box, 1)
        self.box.currentIndexChanged.connect(lambda _at: self.changed.emit())

    def value(self) -> str:
        """The name of the scenario; '' means the city as it is."""
        return str(self.box.currentData())

    def show_value(self, value: Any) -> None:
        """Choose it."""
        self.box.setCurrentIndex(max(self.box.findData(str(value)), 0))


class FileAnswer(AskField):
    """A file, typed or chosen."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self.line = QLineEdit(clearButtonEnabled=True)
        self.line.setPlaceholderText("none")
        self._put(self.line, 1)
        choose = QPushButton("Choose…")
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose)
        self._row.addWidget(choose)
        self.line.textChanged.connect(self.changed)

    def value(self) -> str:
        """The path; '' for none."""
        return str(checked(self.ask, self.line.text().strip()))

    def show_value(self, value: Any) -> None:
        """Show a path."""
        self.line.setText(str(value))

    def _choose(self) -> None:
        folder = str(Path(self.line.text()).parent) if self.line.text() else ""
        endings = " ".join(f"*{ending}" for ending, _ in self.ask.choices)
        wanted = f"{self.ask.title} ({endings});;All files (*)" if endings else "All files (*)"
        path, _ = QFileDialog.getOpenFileName(self, self.ask.title, folder, wanted)
        if path:
            self.line.setText(path)


class RulesAnswer(AskField):
    """A rule, with what it asks for and where it comes from."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self.box = narrow(QComboBox())
        found = all_rules()
        self._judges = {name: rule.judges for name, rule in found.rules.items()}
        for name, rule in found.rules.items():
            self.box.addItem(rule.title, name)
            words = f"{rule.about}\nSource: {rule.source}"
            self.box.setItemData(self.box.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
        self._words = QLabel(wordWrap=True)
        self._words.setObjectName("hint")
        self._put(self.box, 1)
        self._column.insertWidget(1, self._words)
        self.box.currentIndexChanged.connect(lambda _at: self._on_chosen())
        self._on_chosen()
        self.say("\n".join(found.problems))

    def value(self) -> str:
        """The name of the rule."""
        return str(self.box.currentData() or "")

    def tells(self) -> str:
        """What the rule judges: areas or windows."""
        return self._judges.get(self.value(), "")

    def show_value(self, value: Any) -> None:
        """Choose a rule."""
        self.box.setCurrentIndex(max(self.box.findData(str(value)), 0))

    def _on_chosen(self) -> None:
        self._words.setText(str(self.box.currentData(Qt.ItemDataRole.ToolTipRole) or ""))
        self.changed.emit()


#: The fields that need to know nothing but their question.
PLAIN: dict[str, Callable[[Ask], AskField]] = {
    "number": TextAnswer,
    "whole": TextAnswer,
    "text": TextAnswer,
    "time": TextAnswer,
    "yes": YesAnswer,
    "choice": ChoiceAnswer,
    "date": DayAnswer,
    "file": FileAnswer,
    "rules": RulesAnswer,
    "expression": ExpressionAnswer,
}
