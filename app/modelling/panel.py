"""The panel beside the view while a tool is in use: what to do, its numbers, where it goes into."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.labels import add_row, empty_state
from app.modelling.desk import IN_PLACE, Desk
from app.modelling.tool import Field, Tool
from app.numberbox import NumberBox

NO_TOOL = "No tool is in use"
HOW = "Choose one from the menu Model: draw a building, a tree or a road, or change what is selected."


class ModelPanel(QStackedWidget):
    """Nothing but what to do, or the numbers of the tool in use."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._tool: Tool | None = None
        self.fields: dict[str, NumberBox | QComboBox] = {}
        self.title, self.hint, self.numbers, self.into = QLabel(), QLabel(), QLabel(), QLabel()
        self.problem = QLabel()
        self.problem.setObjectName("problem")
        self.title.setObjectName("heading")
        self.hint.setObjectName("muted")
        self.into.setObjectName("muted")
        for label in (self.hint, self.problem, self.numbers, self.into):
            label.setWordWrap(True)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(10)
        self._form.setVerticalSpacing(4)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.done, self.cancel = QPushButton(), QPushButton("Cancel")
        self.done.setObjectName("primary")
        self.cancel.setToolTip("Put the tool away (Esc)")
        self.done.clicked.connect(self._finish)
        self.cancel.clicked.connect(desk.end)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.done)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        for widget in (self.title, self.hint):
            column.addWidget(widget)
        column.addLayout(self._form)
        for widget in (self.problem, self.numbers, self.into):
            column.addWidget(widget)
        column.addLayout(buttons)
        column.addStretch(1)
        self.addWidget(empty_state(NO_TOOL, HOW))
        self.addWidget(page)
        desk.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the tool that is in use."""
        tool = self._desk.tool
        if tool is not self._tool:
            self._tool = tool
            self._fill(tool.fields if tool is not None else ())
        self.setCurrentIndex(0 if tool is None else 1)
        if tool is None:
            return
        self.title.setText(tool.title)
        self.hint.setText(tool.hint)
        self.numbers.setText(tool.numbers)
        self.numbers.setVisible(bool(tool.numbers))
        into = self._desk.goes_into
        self.into.setText(f"Goes into {into}" + (", in place" if into == IN_PLACE else ""))
        self.done.setText(tool.button)
        self.done.setVisible(bool(tool.button))
        for field in tool.fields:
            self._show(field, self.fields[field.name], tool)
        self._judge()

    def _judge(self) -> None:
        """Say why a field, or what is shown, may not be so; it cannot be finished meanwhile."""
        tool = self._tool
        if tool is None:
            return
        found = [
            f"{field.title}: {box.problem}"
            for field in tool.fields
            if isinstance(box := self.fields.get(field.name), NumberBox) and box.problem
        ]
        tool.misfit = " ".join(found)
        problem = tool.misfit or tool.refusal
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.done.setEnabled(tool.is_ready and not tool.misfit)

    def _fill(self, fields: tuple[Field, ...]) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields.clear()
        for field in fields:
            widget = self._choice(field) if field.choices else self._number(field)
            widget.setAccessibleName(field.title)
            widget.installEventFilter(self)
            self.fields[field.name] = widget
            add_row(self._form, field.title, widget)

    def _number(self, field: Field) -> NumberBox:
        box = NumberBox(decimals=field.decimals, minimum=field.low, maximum=field.high)
        box.setSuffix(f" {field.unit}" if field.unit not in ("", "°") else field.unit)
        box.setSpecialValueText(field.none)
        box.setKeyboardTracking(False)
        box.valueChanged.connect(lambda value: self._set(field.name, value))
        box.lineEdit().textChanged.connect(self._judge)
        return box

    def _choice(self, field: Field) -> QComboBox:
        box = QComboBox()
        for kept, said in field.choices:
            box.addItem(said, kept)
        box.currentIndexChanged.connect(lambda _at: self._set(field.name, box.currentData()))
        return box

    def _set(self, name: str, value: float | str) -> None:
        if self._tool is not None:
            self._tool.set_value(name, value)

    def _show(self, field: Field, widget: NumberBox | QComboBox, tool: Tool) -> None:
        value = tool.values[field.name]
        widget.blockSignals(True)
        if isinstance(widget, QComboBox):
            widget.setCurrentIndex(max(widget.findData(value), 0))
        elif abs(widget.value() - value) > 10**-field.decimals / 2:
            widget.setValue(value)
        widget.blockSignals(False)
        self._form.setRowVisible(widget, field.when(tool.values))

    def _finish(self) -> None:
        if self._tool is not None:
            self._tool.typed.text = ""
            self._tool.enter()
            self._desk.show()
        self._desk.canvas.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc in a field goes back to the view; another one there ends the tool."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._desk.canvas.setFocus()
                return True
        return bool(super().eventFilter(watched, event))
