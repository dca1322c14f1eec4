"""The calculator: an attribute of many objects from a formula."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from app.dialogs.bulk import BulkDialog, Planner
from app.formula import FormulaField
from app.labels import add_row
from app.session import Session
from layers.bulk import VALIDITY, check_target, plan_calculation
from layers.expression import parse

HELP = "Where the formula gives nothing, such as for a missing height, the value stays as it is."


class Calculator(BulkDialog):
    """Target, formula, preview."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "Calculate attribute", "Calculate", parent)

    def _build(self) -> None:
        self.target = QComboBox(editable=True)
        self.target.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.target.addItems([*self._names(), *VALIDITY])
        self.target.setCurrentIndex(-1)
        line = self.target.lineEdit()
        assert line is not None
        line.setPlaceholderText("An attribute of the layer, or a new name")
        self.target.editTextChanged.connect(self.plan_soon)
        field = FormulaField(self._names(), "Formula", "round(measuredHeight / 3.1)")
        self.formula = field.line
        self.formula.textChanged.connect(self.plan_soon)
        note = QLabel(HELP, wordWrap=True)
        note.setObjectName("muted")
        add_row(self._form, "For", self._scope)
        add_row(self._form, "Set", self.target)
        add_row(self._form, "to", field)
        add_row(self._form, "", note)

    def _planner(self) -> Planner:
        target = self.target.currentText().strip()
        check_target(target)
        formula = parse(self.formula.text())
        formula.check(self._names())
        fids = self._fids()
        return lambda project: plan_calculation(project, fids, target, formula)
