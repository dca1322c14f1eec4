"""Compare a result with another one: their numbers, and surface by surface how far they are apart."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from analysis.comparison import differences, shared_quantities
from app import loading
from app.analysing import Analysing
from app.jobs import Question
from app.labels import add_row, counted, narrow
from app.resulttable import ResultTable
from app.resulttext import numbers_of, of_quantity, when
from app.session import Session
from layers.results import Quantity, Result, ResultSummary, Table

NOTHING_SHARED = "These two results have no quantity of surfaces in common."


class CompareResults(QDialog):
    """A result, a choice of another, and what lies between them."""

    def __init__(
        self, session: Session, analysing: Analysing, result: ResultSummary, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Compare {result.title}")
        self._session, self._result = session, result
        self._pair: tuple[Result, Result] | None = None
        self._reading = Question(session.jobs, "Reading the results", self)
        self.other, self.quantity = narrow(QComboBox()), narrow(QComboBox())
        others = [found for found in analysing.results if found.id != result.id]
        mine = {quantity.name for quantity in result.quantities}
        others.sort(  # stable: the newest of its kind first, what has nothing in common with it last
            key=lambda found: (
                mine.isdisjoint(quantity.name for quantity in found.quantities),
                found.kind != result.kind,
            )
        )
        for found in others:
            self.other.addItem(f"{found.title}, {when(found)}", found.id)
        self.words = QLabel(wordWrap=True)
        self.table = ResultTable()
        self.table.chosen.connect(lambda fid: session.select([fid]))
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        add_row(form, "Result", QLabel(result.title))
        add_row(form, "Compared with", self.other)
        add_row(form, "Quantity", self.quantity)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.words)
        layout.addWidget(self.table, 1)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        for button in close.buttons():
            button.setIcon(QIcon())
        layout.addWidget(close)
        self.resize(680, 560)
        self.other.currentIndexChanged.connect(lambda _at: self._read())
        self.quantity.currentIndexChanged.connect(lambda _at: self._compare())
        session.opened.connect(self.reject)
        self._read()

    def _read(self) -> None:
        numbers = (self._result.id, int(self.other.currentData()))
        read = partial(
            loading.look, self._session.project, lambda project: tuple(map(project.result, numbers))
        )
        self.words.setText("Reading…")
        self._reading.ask(read, self._take)

    def _take(self, pair: tuple[Result, ...]) -> None:
        self._pair = pair[0], pair[1]
        titles = {found.name: found.title for found in pair[0].quantities}
        self.quantity.blockSignals(True)
        self.quantity.clear()
        for name in shared_quantities(*self._pair):
            self.quantity.addItem(titles[name], name)
        self.quantity.blockSignals(False)
        self._compare()

    def _compare(self) -> None:
        name = self.quantity.currentData()
        if self._pair is None or name is None:
            self.words.setText(NOTHING_SHARED)
            self._show(Table(), Quantity("", "", ""))
            return
        one, other = self._pair
        quantity = next(found for found in one.quantities if found.name == name)
        found = differences(one, other, str(name))
        numbers, before = numbers_of(one, quantity), numbers_of(other, quantity)
        means = ""
        if numbers is not None and before is not None:
            change = of_quantity(numbers.mean - before.mean, quantity)
            means = (
                f"Mean {of_quantity(numbers.mean, quantity)} against {of_quantity(before.mean, quantity)}: "
                f"{change if change.startswith('-') else '+' + change}. "
            )
        self.words.setText(f"{means}{counted(len(found), 'surface')} in both.")
        self._show(found, quantity)

    def _show(self, table: Table, quantity: Quantity) -> None:
        titles = (("one", "This"), ("other", "The other"), ("change", "Change"))
        columns = tuple(replace(quantity, name=name, title=title) for name, title in titles)
        shown = Result(self._result.kind, "", {}, self._result.pedigree, columns, tables={"compared": table})
        self.table.show_result(shown)
