"""A printed comparison: what stands above it, on which paper, as a document or a picture."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from app.dialogs.attribute import Asking
from app.labels import add_row
from app.paper import SHEETS
from app.session import Session
from layers.written import counted

DOCUMENT, PICTURE = "Document (PDF)", "Picture of the first page (PNG)"
HERE, FITTED = "From where you look now", "So that what differs fills the views"


@dataclass(frozen=True)
class Wanted:
    """What was filled in."""

    title: str  # '' for the usual one
    paper: str  # of app.paper.SHEETS
    is_picture: bool
    fits: bool = False  # whether what differs fills the views, in place of what is seen now


class PrintingForm(Asking):
    """Asks for all that a printed comparison needs; what is shown, from where one looks, is what it shows."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Print the comparison", parent)
        self.title = QLineEdit(placeholderText="The project and what is compared")
        self.seen, self.paper, self.kind = QComboBox(), QComboBox(), QComboBox()
        self.seen.addItems([HERE, FITTED])
        for name in SHEETS:
            self.paper.addItem(f"{name}, lying", name)
        self.kind.addItems([DOCUMENT, PICTURE])
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, field in (
            ("Title", self.title),
            ("Seen", self.seen),
            ("Paper", self.paper),
            ("As", self.kind),
        ):
            add_row(form, title, field)
        self._layout.addLayout(form)
        self._finish()
        self._name_ok("Print…")
        count = counted(len(session.comparing.showings), "view")
        self._say(
            f"{count} from the very same place, what differs between them, and what results say of both.",
            True,
        )
        session.opened.connect(self.reject)
        session.comparing.changed.connect(self._on_comparing)
        self._session = session
        self.resize(440, 0)

    @property
    def wanted(self) -> Wanted:
        """What is filled in."""
        return Wanted(
            self.title.text().strip(),
            str(self.paper.currentData()),
            self.kind.currentText() == PICTURE,
            self.seen.currentText() == FITTED,
        )

    def _on_comparing(self) -> None:
        """Where views are no longer compared there is nothing to print."""
        if not self._session.comparing.is_on:
            self.reject()
