"""Which field of a file is which field of ours, in which unit, with what its values then are."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from layers.pipe_fields import PipeField, Source
from layers.words import METRES

_UNIT = re.compile(r"\s*\[(" + "|".join(METRES) + r")\]$")
#: Alternatives, tried from left to right; each with a unit of its own.
_OR = " | "


class FieldMapping(QDialog):
    """Our fields, and where each comes from: a field of the file, its unit, and a look at the values."""

    def __init__(
        self,
        name: str,
        fields: Sequence[PipeField],
        values: Mapping[str, Sequence[Any]],
        guess: Mapping[str, str],
        parent: QWidget | None = None,
    ) -> None:
        """`values` are some of each field of the file; `guess` is what the mapping is now."""
        super().__init__(parent)
        self.setWindowTitle(f"Fields of {name}")
        self.setMinimumWidth(720)
        words = QLabel(
            f"Which field of <b>{name}</b> holds what, and in which unit? What stays empty is not known. "
            "Files with the same fields are read the same way from then on."
        )
        words.setWordWrap(True)
        form = QGridLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.setColumnStretch(1, 2)
        form.setColumnStretch(3, 3)
        self._rows: dict[str, _Row] = {}
        for number, field in enumerate(fields):
            row = self._rows[field.name] = _Row(field, values, guess.get(field.name, ""))
            for column, widget in enumerate((QLabel(field.title), row.source, row.unit, row.preview)):
                form.addWidget(widget, number, column)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Use these fields")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addWidget(words)
        layout.addLayout(form)
        layout.addWidget(buttons)

    @property
    def mapping(self) -> dict[str, str]:
        """Our field to the file's field, for those that were named."""
        return {name: text for name, row in self._rows.items() if (text := row.text)}

    def choose(self, field: str, source: str, unit: str = "") -> None:
        """Take a field of the file for one of ours."""
        self._rows[field].choose(source, unit)

    def preview_of(self, field: str) -> str:
        """What is shown of the values of one of our fields."""
        return str(self._rows[field].preview.text())


class _Row:
    """One of our fields: where it comes from, the unit, and what its values then are."""

    def __init__(self, field: PipeField, values: Mapping[str, Sequence[Any]], text: str) -> None:
        self._field, self._values = field, values
        self.source = QComboBox(editable=True)
        self.source.addItems(["", *values])
        self.source.setAccessibleName(field.title)
        self.unit = QComboBox()
        self.unit.addItems(["", *METRES])
        self.unit.setAccessibleName(f"Unit of: {field.title}")
        self.unit.setVisible(field.is_length)
        self.preview = QLabel()
        self.preview.setObjectName("muted")
        found = _UNIT.search(text) if field.is_length and _OR not in text and text not in values else None
        self.choose(text[: found.start()] if found else text, found[1] if found else "")
        self.source.currentTextChanged.connect(self._show)
        self.unit.currentTextChanged.connect(self._show)

    @property
    def text(self) -> str:
        """The source as a mapping spells it."""
        said = self.source.currentText().strip()
        unit = self.unit.currentText()
        return f"{said} [{unit}]" if said and unit and _OR not in said else said

    def choose(self, source: str, unit: str) -> None:
        self.source.setCurrentText(source)
        self.unit.setCurrentText(unit)
        self._show()

    def _show(self) -> None:
        self.unit.setEnabled(bool(self.source.currentText().strip()) and _OR not in self.source.currentText())
        self.preview.setText(_preview(self._field, self.text, self._values))


def _preview(field: PipeField, text: str, values: Mapping[str, Sequence[Any]]) -> str:
    """What a source gives: of lengths the least, middle and greatest in metres, else some of the words."""
    source = Source.parse(text)
    if not source.alternatives:
        return ""
    missing = [name for name, _ in source.alternatives if name not in values]
    if missing:
        return f"there is no field {missing[0]!r}"
    count = max((len(values[name]) for name, _ in source.alternatives), default=0)
    rows = [{name: _at(values[name], row) for name, _ in source.alternatives} for row in range(count)]
    if not field.is_number:
        words = list(dict.fromkeys(word for row in rows if (word := source.text(row))))
        return ", ".join(words[:4]) + (" …" if len(words) > 4 else "") or "no values"
    numbers = [number for row in rows if not math.isnan(number := source.length_m(row))]
    if not numbers:
        return "no numbers"
    unit = " m" if field.is_length else ""
    return f"{min(numbers):.3g} to {max(numbers):.3g}{unit}, mostly {median(numbers):.3g}{unit}"


def _at(values: Sequence[Any], row: int) -> Any:
    return values[row] if row < len(values) else None
