"""What a scenario is called, of which date it changes the city, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from app.dialogs.attribute import Asking
from app.labels import add_row
from app.session import Session
from app.stylepanel import colour_icon
from app.track import parse_date
from layers.adding import STATUSES
from layers.records import Scenario

NOTE_HEIGHT = 72
#: Colours that new scenarios get one after the other: they can be told apart by all eyes.
COLOURS = ("#0e6f79", "#c2579a", "#d98b1f", "#5b6ee1", "#4f9a3a", "#a05a2c")
NO_DATE = "Write the date as 2035, 2035-06 or 2035-06-01, or nothing for all dates."


@dataclass(frozen=True)
class Said:
    """What was filled in."""

    name: str
    parent: int | None
    epoch: str
    status: str
    color: str
    note: str


class ScenarioForm(Asking):
    """Asks for all that is said of a scenario, a new one or one there is."""

    def __init__(
        self,
        session: Session,
        known: Scenario | None = None,
        parent_scenario: int | None = None,
        epoch: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """`known` is the one that is changed; a new one branches from another, of the city of a date."""
        super().__init__("Scenario" if known else "New scenario", parent)
        self._others = [one for one in session.project.scenarios if one != known]
        self._color = known.color if known else COLOURS[len(self._others) % len(COLOURS)]
        self.name = QLineEdit(
            known.name if known else self._free_name(), placeholderText="e.g. Tower at the station"
        )
        self.branch = QComboBox()
        self.branch.addItem("The city as it is", None)
        for one in self._others:
            self.branch.addItem(one.name, one.id)
        self.branch.setCurrentIndex(max(self.branch.findData(known.parent if known else parent_scenario), 0))
        self.branch.setEnabled(known is None)
        self.epoch = QLineEdit(known.epoch if known else epoch, placeholderText="all dates")
        self.epoch.setToolTip("The date of the city that is changed")
        self.status = QComboBox()
        self.status.addItems([*STATUSES])
        self.status.setCurrentText(known.status if known else STATUSES[0])
        self.colour = QPushButton("Choose…")
        self.colour.clicked.connect(self._choose)
        self.note = QPlainTextEdit(known.note if known else "")
        self.note.setFixedHeight(NOTE_HEIGHT)
        self.note.setTabChangesFocus(True)
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, field in (
            ("Name", self.name),
            ("Branches from", self.branch),
            ("City of", self.epoch),
            ("Status", self.status),
            ("Colour", self.colour),
            ("Note", self.note),
        ):
            add_row(form, title, field)
        self._layout.addLayout(form)
        self._finish()
        self._name_ok("OK" if known else "Begin")
        self.name.textChanged.connect(self._check)
        self.epoch.textChanged.connect(self._check)
        session.opened.connect(self.reject)
        self._show_colour()
        self._check()
        self.name.selectAll()
        self.name.setFocus()
        self.resize(420, 0)

    @property
    def said(self) -> Said:
        """What is filled in."""
        day = parse_date(self.epoch.text()) if self.epoch.text().strip() else None
        return Said(
            self.name.text().strip(),
            self.branch.currentData(),
            day.isoformat() if day is not None else "",
            self.status.currentText(),
            self._color,
            self.note.toPlainText().strip(),
        )

    def _free_name(self) -> str:
        taken = {one.name for one in self._others}
        return next(name for name in (f"Scenario {n}" for n in range(1, len(taken) + 2)) if name not in taken)

    def _choose(self) -> None:
        chosen = QColorDialog.getColor(QColor(self._color or COLOURS[0]), self, "Colour of the scenario")
        if chosen.isValid():
            self._color = chosen.name()
            self._show_colour()

    def _show_colour(self) -> None:
        self.colour.setIcon(colour_icon(self._color or COLOURS[0]))

    def _check(self) -> None:
        name, text = self.name.text().strip(), self.epoch.text().strip()
        if not name:
            self._say("A scenario needs a name.", False)
        elif any(one.name == name for one in self._others):
            self._say("There is a scenario of that name already.", False)
        elif text and parse_date(text) is None:
            self._say(NO_DATE, False)
        else:
            self._say("Nothing of the city as it is will be touched.", True)
