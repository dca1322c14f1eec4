"""Where does a layer lie that does not say so? Suggestions, a search by name, any code, or nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.jobs import Jobs, Question
from app.lines import ASIDE, SECOND_LINE, TwoLines
from layers.decoding import MissingCrs
from layers.errors import CitystrataError
from layers.gazetteer import Found, find_crs
from layers.place import LOCAL, crs_title, likely_crs

CODE = Qt.ItemDataRole.UserRole
PAUSE_MS = 250
HINT = "A place or a name (Kentucky, Gauss-Kruger, UTM 33), or a code (EPSG:25832+7837)"
NOWHERE = Found(
    LOCAL,
    "Nowhere on Earth",
    "a model in metres: it stands in the middle of the project, to be placed by hand",
)


class CrsQuestion(QDialog):
    """Chosen from a list, of suggestions or of what a search found, or typed as a code."""

    def __init__(self, name: str, missing: MissingCrs, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Where does this layer lie?")
        self.setMinimumSize(600, 460)
        self._missing, self._code = missing, ""
        self._search = Question(jobs, "Searching CRSs", self)
        words = QLabel(
            f"<b>{name}</b> does not say in which coordinate reference system (CRS) its coordinates are. "
            f"{_extent(missing.box)}"
        )
        words.setWordWrap(True)
        self.field = QLineEdit(placeholderText=HINT, clearButtonEnabled=True)
        self.field.setAccessibleName("Search for a CRS")
        self._list = QListWidget()
        self._list.setAccessibleName("CRSs")
        self._list.setItemDelegate(TwoLines(self._list))
        self._answer = QLabel()
        self._answer.setObjectName("muted")
        self._answer.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(12)
        for widget in (words, self.field, self._list, self._answer, buttons):
            layout.addWidget(widget)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._look)
        self._list.currentItemChanged.connect(self._on_row)
        self._list.itemActivated.connect(lambda: self.accept() if self.ok.isEnabled() else None)
        self.field.textEdited.connect(lambda: self._pause.start())
        self.field.textChanged.connect(lambda text: None if text else self._suggest())
        self._suggest()

    @property
    def crs(self) -> str:
        """The chosen code; '' while none is."""
        return self._code

    @property
    def titles(self) -> list[str]:
        """What is offered."""
        return [self._list.item(row).text() for row in range(self._list.count())]

    def _suggest(self) -> None:
        """What the numbers suggest; only what is likely is chosen beforehand."""
        self._pause.stop()
        self._search.drop()
        candidates = self._missing.candidates
        likely = likely_crs(candidates)
        self._fill((Found(*candidate) for candidate in candidates), likely)
        if not likely:
            self._answer.setText(
                "The numbers do not tell where this is. Choose, or search by the name of the place."
                if candidates
                else "No CRS is known here that these numbers suggest. Search by the name of the place."
            )

    def _fill(self, rows: Iterable[Found], chosen: str = "") -> None:
        self._list.clear()
        self._choose("", "")
        for code, title, reason in (*rows, NOWHERE):
            item = QListWidgetItem(title)
            item.setData(ASIDE, "" if code == LOCAL else code)
            item.setData(SECOND_LINE, reason)
            item.setData(CODE, code)
            self._list.addItem(item)
            if code == chosen:
                self._list.setCurrentItem(item)

    def _look(self) -> None:
        """Take what is typed as a code where it is one, else search for it."""
        text = self.field.text().strip()
        if not text:
            return
        try:
            title = crs_title(text)
        except CitystrataError as error:
            sentence, box = error.sentence(), self._missing.box
            self._search.ask(
                lambda _work: find_crs(text, box), lambda found: self._show_found(found, sentence)
            )
            return
        self._search.drop()
        self._fill(())
        self._choose(text, title)

    def _show_found(self, found: list[Found], sentence: str) -> None:
        self._fill(found)
        if not found:
            is_code = any(sign.isdigit() for sign in self.field.text()) and ":" in self.field.text()
            self._answer.setText(sentence if is_code else "No CRS has this in its name or its area.")

    def _on_row(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._choose(item.data(CODE), crs_title(item.data(CODE)))

    def _choose(self, code: str, title: str) -> None:
        self._code = code
        self._answer.setText(NOWHERE.title if code == LOCAL else title)
        self.ok.setText("Set it down" if code == LOCAL else "Place it here")
        self.ok.setEnabled(bool(code))


def _extent(box: Sequence[float]) -> str:
    """Where coordinates reach, in words."""
    if len(box) < 6:
        return ""
    return (
        f"They reach from {box[0]:,.1f} to {box[3]:,.1f} east and from {box[1]:,.1f} to {box[4]:,.1f} north."
    )
