"""Which objects an analysis is about: those selected, those an expression holds for, or all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox

from analysis.asked import Ask
from app.askfields import AskField
from app.formula import FormulaField
from app.labels import narrow
from app.resulttext import names_of
from app.session import Session
from layers.errors import UsageError
from layers.expression import parse

EXAMPLE = "type == 'Building' and measuredHeight > 30"
SELECTED, KEPT, MATCHING, EVERY = "selected", "kept", "matching", "all"


class ObjectsAnswer(AskField):
    """The answer to two questions at once: an expression, and chosen objects, which go before it."""

    def __init__(self, ask: Ask, session: Session, names: Sequence[str], has_where: bool) -> None:
        super().__init__(ask)
        self._session = session
        self._kept: tuple[int, ...] = ()  # chosen in an earlier run
        self.way = narrow(QComboBox())
        self._put(self.way, 1)
        self.formula = FormulaField(names, "Expression", EXAMPLE)
        self._column.insertWidget(1, self.formula)
        self._has_where = has_where
        self._fill_ways()
        self.way.currentIndexChanged.connect(self._on_way)
        self.formula.line.textChanged.connect(self.changed)
        session.selection_changed.connect(self._on_selection)
        self._on_way()

    def value(self) -> tuple[str, tuple[int, ...]]:
        """The expression, '' for all, and the chosen objects."""
        way = self.way.currentData()
        if way == SELECTED and not len(self._session.selection):
            raise UsageError("Nothing is selected", do="Click an object in the view, or choose another way")
        if way == SELECTED:
            return "", tuple(self._session.selection.tolist())
        if way == KEPT:
            return "", self._kept
        if way == EVERY:
            return "", ()
        text = self.formula.text.strip()
        if not text:
            raise UsageError(
                "Write what the objects have in common", do="Texts stand in single quotes, as in the example"
            )
        parse(text)
        return text, ()

    def show_value(self, value: tuple[str, Sequence[int]]) -> None:
        """Show an earlier answer; what is selected now goes before all objects."""
        where, fids = value
        self._kept = tuple(int(fid) for fid in fids)
        self._fill_ways()
        self.formula.line.setText(where)
        selected = tuple(self._session.selection.tolist())
        if where:
            self._choose(MATCHING)
        elif self._kept and self._kept != selected:
            self._choose(KEPT)
        else:
            self._choose(SELECTED if selected or not self._has_where else EVERY)

    def _choose(self, way: str) -> None:
        self.way.setCurrentIndex(max(self.way.findData(way), 0))

    def _fill_ways(self) -> None:
        chosen = self.way.currentData()
        self.way.blockSignals(True)
        self.way.clear()
        selected = self._session.selection
        self.way.addItem(
            f"Selected: {names_of(self._session.project, selected)}"
            if len(selected)
            else "What I select in the view",
            SELECTED,
        )
        if self._kept and self._kept != tuple(selected.tolist()):
            self.way.addItem(f"As before: {names_of(self._session.project, self._kept)}", KEPT)
        if self._has_where:
            self.way.addItem("Those that an expression holds for", MATCHING)
            self.way.addItem("All objects", EVERY)
        self._choose(chosen)
        self.way.blockSignals(False)

    def _on_selection(self) -> None:
        if not self._session.is_open:
            return
        chosen = self.way.currentData()
        self._fill_ways()
        # A click in the view while the form is open says whom it is about.
        if len(self._session.selection) and chosen in (EVERY, KEPT):
            self._choose(SELECTED)
        self._on_way()

    def _on_way(self) -> None:
        self.formula.setVisible(self.way.currentData() == MATCHING)
        self.changed.emit()
