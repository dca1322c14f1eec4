"""Of which date a layer is a snapshot, and of which other layers it is another state."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from app.dialogs.attribute import Asking
from app.labels import add_row, narrow
from app.session import Session
from app.track import parse_date
from layers.edit import Edit
from layers.records import Layer
from layers.series import lies_on, like, make_snapshots, stem_of, year_of

WRITE = "Write the date as 2016, 2016-05 or 2016-05-31."


class SnapshotForm(Asking):
    """Asks for the date, the other layer and its date."""

    def __init__(self, session: Session, layer: Layer, parent: QWidget | None = None) -> None:
        super().__init__("Snapshot of a date", parent)
        self._session, self._layer = session, layer
        project = session.project
        self.date = QLineEdit(_date_of(layer), placeholderText="e.g. 2016 or 2016-05-31")
        self.other = narrow(QComboBox())
        self.other.addItem("None: it is the only one so far", None)
        for one in like(project, layer):
            self.other.addItem(one.name, one.id)
        beside = lies_on(project, layer)
        self.other.setCurrentIndex(max(self.other.findData(beside[0].id), 0) if beside else 0)
        self.other_date = QLineEdit(placeholderText="e.g. 2016 or 2016-05-31")
        # A layer that came as a second one of a name has a number behind it.
        names = [layer.name, *(one.name for one in beside[:1] if layer.name.startswith(one.name))]
        self.series = QLineEdit(layer.series or stem_of(names[-1]))
        self.series.setToolTip("Of all snapshots of that name the latest one up to the date shows")
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(12)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, field in (
            (f"Date of {layer.name}", self.date),
            ("Another state of", self.other),
            ("Date of that", self.other_date),
            ("Called together", self.series),
        ):
            add_row(self._form, title, field)
        self._layout.addLayout(self._form)
        self._finish()
        for field in (self.date, self.other_date, self.series):
            field.textChanged.connect(self._check)
        self.other.currentIndexChanged.connect(lambda _at: self._on_other())
        session.opened.connect(self.reject)
        self._on_other()
        self.resize(460, 0)
        self.date.setFocus()

    @property
    def _chosen(self) -> Layer | None:
        number = self.other.currentData()
        return self._session.project.layer(int(number)) if number is not None else None

    def _on_other(self) -> None:
        other = self._chosen
        self._form.setRowVisible(self.other_date, other is not None)
        self._form.setRowVisible(self.series, other is not None)
        if other is not None:
            self.other_date.setText(_date_of(other))
            if other.series:
                self.series.setText(other.series)
        self._check()

    def _check(self) -> None:
        mine, others = parse_date(self.date.text()), parse_date(self.other_date.text())
        if mine is None or (self._chosen is not None and others is None):
            self._say(WRITE, False)
        elif self._chosen is None:
            self._say("It shows from this date on.", True)
        elif mine == others:
            self._say("Two snapshots of one date cannot stand for each other.", False)
        elif not self.series.text().strip():
            self._say("The snapshots need a name that they have together.", False)
        else:
            first, last = sorted((mine, others), key=str)
            self._say(f"From {first} on the one shows, from {last} on the other in its place.", True)

    def accept(self) -> None:
        """Keep it as one step."""
        mine, others, chosen = parse_date(self.date.text()), parse_date(self.other_date.text()), self._chosen
        assert mine is not None
        dates = {self._layer.id: mine.isoformat()}
        if chosen is not None and others is not None:
            dates[chosen.id] = others.isoformat()
        series, project = (
            self.series.text().strip() if chosen is not None else self._layer.series,
            self._session.project,
        )

        def change(edit: Edit) -> None:
            make_snapshots(project, edit, dates, series)

        values = sum(project.layer(number).object_count for number in dates)
        if self._session.run_edit(f"{self._layer.name} is a snapshot of {mine}", change, values=values):
            super().accept()


def _date_of(layer: Layer) -> str:
    """The date that is known of a layer, or the year that it is called by."""
    return layer.epoch or year_of(layer)
