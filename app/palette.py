"""The command palette: every command by a few letters of its name."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.action import Action
from app.actions import ActionSet

WIDTH, ROWS, ROW_HEIGHT = 560, 10, 24


def match(typed: str, text: str) -> int:
    """How well `typed` finds `text`: 0 = not at all, more is better.

    Every letter must appear in order; starts of words and neighbours count more.
    """
    wanted, found = typed.lower().replace(" ", ""), text.lower()
    if not wanted:
        return 1
    score, at, last = 1, 0, -2
    for letter in wanted:
        starts = [i for i in range(at, len(found)) if found[i] == letter]
        if not starts:
            return 0
        neighbour = last + 1 if last + 1 in starts else -1
        word = next((i for i in starts if i == 0 or not found[i - 1].isalnum()), -1)
        last = neighbour if neighbour >= 0 else word if word >= 0 else starts[0]
        score += 8 if last == neighbour else 6 if last == word else 1
        at = last + 1
    return score * 100 - len(found)


def ranked(typed: str, rows: Iterable[tuple[Action, QAction]]) -> list[tuple[Action, QAction]]:
    """The commands that `typed` finds, best first; what cannot be done now comes last."""
    scored = []
    for order, (row, action) in enumerate(rows):
        name = match(typed, row.text)
        hint = 1 if typed and typed.lower() in row.help.lower() else 0
        if name or hint:
            scored.append((action.isEnabled(), name or hint, -order, row, action))
    scored.sort(key=lambda item: item[:3], reverse=True)
    return [(row, action) for *_, row, action in scored]


class _Rows(QStyledItemDelegate):
    """Gives rows some air and draws no focus frame."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: object) -> None:
        super().initStyleOption(option, index)  # type: ignore[arg-type]  # Qt's own index, passed on
        option.state &= ~QStyle.StateFlag.State_HasFocus
        size = option.decorationSize
        size.setHeight(ROW_HEIGHT)
        option.decorationSize = size


class Palette(QFrame):
    """A field and a list over the window; Enter runs, Esc closes."""

    def __init__(self, actions: ActionSet, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("palette")
        self._actions = actions
        self._field = QLineEdit(placeholderText="Type a command")
        self._field.setAccessibleName("Command")
        self._list = QTreeWidget(columnCount=2)
        self._list.setRootIsDecorated(False)
        self._list.setHeaderHidden(True)
        self._list.setItemDelegate(_Rows(self._list))
        self._list.setUniformRowHeights(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._hint = QLabel()
        self._hint.setObjectName("muted")
        self._hint.setContentsMargins(8, 4, 8, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        for widget in (self._field, self._list, self._hint):
            layout.addWidget(widget)
        self._field.textChanged.connect(self._fill)
        self._field.installEventFilter(self)
        self._list.itemClicked.connect(lambda item: self._run(item))
        self._list.currentItemChanged.connect(self._explain)
        self.hide()

    def open(self) -> None:
        """Show the palette with all commands, ready to type."""
        width = min(WIDTH, self._window.width() - 32)
        self.setGeometry((self._window.width() - width) // 2, 72, width, 108 + ROWS * (ROW_HEIGHT + 10))
        self._field.clear()
        self._fill("")
        self.show()
        self.raise_()
        self._field.setFocus()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list while typing goes on; leaving the field closes the palette."""
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.accept()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}
        if event.key() in moves:
            self._go(self._list.currentIndex().row() + moves[Qt.Key(event.key())])
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self._list.currentItem())
            return True
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return True
        return False

    def _fill(self, typed: str) -> None:
        self._list.clear()
        for row, action in ranked(typed, self._actions):
            key = QKeySequence(row.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
            item = QTreeWidgetItem([row.text, key])
            item.setIcon(0, theme.current().icon(row.icon))
            item.setData(0, Qt.ItemDataRole.UserRole, row)
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setForeground(1, self.palette().placeholderText())
            item.setDisabled(not action.isEnabled())
            self._list.addTopLevelItem(item)
        self._list.setColumnWidth(0, self.width() - 170)
        self._go(0)

    def _go(self, row: int) -> None:
        last = self._list.topLevelItemCount() - 1
        if last >= 0:
            index = self._list.model().index(min(max(row, 0), last), 0)
            self._list.setCurrentIndex(index)

    def _explain(self, item: QTreeWidgetItem | None) -> None:
        row = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        self._hint.setText(row.help if row is not None else "No command has these letters.")

    def _run(self, item: QTreeWidgetItem | None) -> None:
        if item is None or item.isDisabled():
            return
        row: Action = item.data(0, Qt.ItemDataRole.UserRole)
        self._leave()
        self._actions[row.name].trigger()

    def _leave(self) -> None:
        self.hide()
        self._window.setFocus()
