"""A time-lapse: from which date to which, how many pictures, how fast, how large."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from app.dialogs.attribute import Asking
from app.labels import add_row
from app.numberbox import NumberBox
from app.session import Session
from app.track import parse_date

SIZES = ((1280, 720), (1920, 1080), (2560, 1440), (3840, 2160))
FILM, PICTURES = "Film (MP4)", "Numbered pictures (PNG)"
LONGEST_S = 3600


@dataclass(frozen=True)
class Wanted:
    """What was filled in."""

    first: str
    last: str
    dates: int
    between: int
    rate: int
    size: tuple[int, int]
    is_film: bool

    @property
    def pictures(self) -> int:
        """How many pictures that makes."""
        return self.dates + (self.dates - 1) * self.between


class TimelapseForm(Asking):
    """Asks for all that a time-lapse needs; what is shown now, from the same place, is what it shows."""

    def __init__(self, session: Session, span: tuple[str, str], parent: QWidget | None = None) -> None:
        super().__init__("Time-lapse", parent)
        self.first, self.last = QLineEdit(span[0]), QLineEdit(span[1])
        self.dates = NumberBox(minimum=2, maximum=2000, decimals=0, value=48)
        self.between = NumberBox(minimum=0, maximum=60, decimals=0, value=0)
        self.between.setToolTip("Pictures in which one date goes over into the next")
        self.rate = NumberBox(minimum=1, maximum=60, decimals=0, value=12)
        self.rate.setSuffix(" per second")
        self.size_ = QComboBox()
        for wide, high in SIZES:
            self.size_.addItem(f"{wide} × {high}", (wide, high))
        self.kind = QComboBox()
        self.kind.addItems([FILM, PICTURES])
        dates = QHBoxLayout()
        dates.addWidget(self.first)
        dates.addWidget(self.last)
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        add_row(form, "From and to", dates)
        for title, field in (
            ("Dates", self.dates),
            ("Pictures between", self.between),
            ("Speed", self.rate),
            ("Size", self.size_),
            ("As", self.kind),
        ):
            add_row(form, title, field)
        self._layout.addLayout(form)
        self._finish()
        self._name_ok("Write…")
        for line in (self.first, self.last):
            line.textChanged.connect(self._check)
        for box in (self.dates, self.between, self.rate):
            box.valueChanged.connect(self._check)
            box.lineEdit().textChanged.connect(self._check)
        self.kind.currentIndexChanged.connect(self._check)
        session.opened.connect(self.reject)
        self._check()
        self.resize(420, 0)

    @property
    def wanted(self) -> Wanted | None:
        """What is filled in; None while a date is none, or the first is not the earlier one."""
        ends = parse_date(self.first.text()), parse_date(self.last.text())
        if ends[0] is None or ends[1] is None or ends[0] >= ends[1]:
            return None
        return Wanted(
            ends[0].isoformat(),
            ends[1].isoformat(),
            int(self.dates.value()),
            int(self.between.value()),
            int(self.rate.value()),
            tuple(self.size_.currentData()),
            self.kind.currentText() == FILM,
        )

    def _check(self) -> None:
        problem = next((box.problem for box in (self.dates, self.between, self.rate) if box.problem), "")
        if problem:
            self._say(problem, False)
            return
        wanted = self.wanted
        if wanted is None:
            self._say("Write an earlier and a later date as 1950, 1950-06 or 1950-06-01.", False)
            return
        seconds = wanted.pictures / wanted.rate
        self._say(f"{wanted.pictures} pictures, {seconds:.1f} s at this speed.", seconds <= LONGEST_S)
