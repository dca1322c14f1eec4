"""Find and replace in an attribute of many objects."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from app.dialogs.bulk import BulkDialog, Planner
from app.labels import add_row
from app.session import Session
from layers.bulk import plan_replacement


class FindReplace(BulkDialog):
    """Attribute, what to find, what to put in its place, preview."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "Find and replace", "Replace", parent)

    def _build(self) -> None:
        self.attribute = QComboBox()
        self.attribute.addItems(self._names())
        self.attribute.currentIndexChanged.connect(self.plan_soon)
        self.wanted = QLineEdit()
        self.replacement = QLineEdit()
        self.whole = QCheckBox("Whole value only")
        self.case = QCheckBox("Capitals matter")
        self.case.setChecked(True)
        for field in (self.wanted, self.replacement):
            field.textChanged.connect(self.plan_soon)
        options = QHBoxLayout()
        options.setSpacing(20)
        for box in (self.whole, self.case):
            box.toggled.connect(self.plan_soon)
            options.addWidget(box)
        options.addStretch()
        add_row(self._form, "For", self._scope)
        add_row(self._form, "In", self.attribute)
        add_row(self._form, "Find", self.wanted)
        add_row(self._form, "Replace by", self.replacement)
        add_row(self._form, "", options)

    def _planner(self) -> Planner:
        attribute, find, replacement = (
            self.attribute.currentText(),
            self.wanted.text(),
            self.replacement.text(),
        )
        whole, case, fids = self.whole.isChecked(), self.case.isChecked(), self._fids()
        return lambda project: plan_replacement(project, fids, attribute, find, replacement, whole, case)
