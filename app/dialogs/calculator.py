"""The calculator: an attribute of many objects from a formula."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QMenu, QToolButton, QWidget

from app.dialogs.bulk import BulkDialog, Planner
from app.labels import add_row
from app.session import Session
from layers.bulk import VALIDITY, check_target, plan_calculation
from layers.expression import parse
from layers.functions import FUNCTIONS
from layers.nodes import written_name

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
        self.formula = QLineEdit(placeholderText="round(measuredHeight / 3.1)")
        self.formula.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.formula.setAccessibleName("Formula")
        self.formula.textChanged.connect(self.plan_soon)
        formula = QHBoxLayout()
        formula.addWidget(self.formula)
        names = [written_name(name) for name in (*self._names(), "id", "type", *VALIDITY)]
        formula.addWidget(self._inserting("Attribute", {name: name for name in names}))
        calls = {function.usage: f"{name}(" for name, function in FUNCTIONS.items()}
        formula.addWidget(self._inserting("Function", calls))
        note = QLabel(HELP, wordWrap=True)
        note.setObjectName("muted")
        add_row(self._form, "For", self._scope)
        add_row(self._form, "Set", self.target)
        add_row(self._form, "to", formula)
        add_row(self._form, "", note)

    def _planner(self) -> Planner:
        target = self.target.currentText().strip()
        check_target(target)
        formula = parse(self.formula.text())
        formula.check(self._names())
        fids = self._fids()
        return lambda project: plan_calculation(project, fids, target, formula)

    def _inserting(self, title: str, texts: dict[str, str]) -> QToolButton:
        """A button with a menu whose entries go into the formula."""
        button = QToolButton()
        button.setText(f"{title} ▾")
        button.setToolTip(f"Put the name of {'an' if title[0] in 'AEIOU' else 'a'} {title.lower()} in")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for shown, text in texts.items():
            menu.addAction(shown, partial(self._insert, text))
        button.setMenu(menu)
        return button

    def _insert(self, text: str) -> None:
        self.formula.insert(text)
        self.formula.setFocus(Qt.FocusReason.OtherFocusReason)
