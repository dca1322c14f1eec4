"""The find box: objects by id, or by a text in an attribute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QDialog, QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app import theme
from app.editing import editing
from app.jobs import Question
from app.labels import counted
from app.lines import ASIDE, KEY, SECOND_LINE, TwoLines
from app.session import FEW, Session
from layers.errors import Cancelled
from layers.project import Project
from layers.records import CityObject
from layers.values import format_value

MOST_FOUND = 20
#: Searching waits until typing pauses: a large city takes a second to look through.
PAUSE_MS = 120
POPUP_WIDTH, MOST_ROWS = 380, 8
#: Between the list and the edges of the window, or a dialog.
GAP_PX = 8
SEARCHING, NOTHING_FOUND = "Searching…", "Nothing found"
EVERYTHING = "Ids and attribute values of all layers were looked through."


class FindBox(QLineEdit):
    """A field with a list of what was found; Enter selects and flies there, Esc closes."""

    fly_requested = Signal(object)  # fids
    taken = Signal()  # one was chosen, and the list is closed: keys are for the view again

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._editing = editing(session)
        self.setPlaceholderText("Find an object")
        self.setClearButtonEnabled(True)
        self.setAccessibleName("Find an object")
        self.setToolTip("Find by id, or by a text in an attribute (Ctrl+F); Ctrl+click adds to the selection")
        self._sign = self.addAction(theme.current().icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.search)
        self._search = Question(session.jobs, "Searching", self)
        self._sought = ""
        self._takes_first = False  # Enter was pressed before anything was found
        self.popup: QFrame | None = None
        self.list = QListWidget()
        self.list.setItemDelegate(TwoLines(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(lambda row: self._take(row, adds(QGuiApplication.keyboardModifiers())))
        self.textEdited.connect(lambda: self._pause.start())
        self.textChanged.connect(lambda text: None if text else self.close_popup())
        session.opened.connect(self._on_opened)
        theme.current().changed.connect(self._tint)
        self.installEventFilter(self)
        self._on_opened()

    def search(self) -> None:
        """Look for what is typed and show what was found."""
        self._pause.stop()
        self._takes_first = False
        self._sought = typed = self.text().strip()
        if not typed or not self._session.is_open:
            self._search.drop()
            self.close_popup()
            return
        project = self._session.project
        objects = sum(layer.object_count for layer in project.layers)
        if objects > FEW:
            self._show([_note(SEARCHING, f"in {counted(objects, 'object')}")])
        read = partial(_found, typed, lambda: self._sought == typed)
        self._session.look(self._search, objects, read, partial(self._show_found, typed))

    def _show_found(self, typed: str, items: list[CityObject]) -> None:
        self._show([self._row(item, typed) for item in items] or [_note(NOTHING_FOUND, EVERYTHING)])
        if self._takes_first:
            self._take(self.list.item(0))

    def _show(self, rows: list[QListWidgetItem]) -> None:
        self.list.clear()
        for row in rows:
            self.list.addItem(row)
        self.list.setCurrentRow(0)
        self._open_popup()

    def close_popup(self) -> None:
        """Hide the list."""
        if self.popup is not None:
            self.popup.hide()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list while typing goes on; leaving the field closes it."""
        if event.type() == QEvent.Type.FocusOut:
            self.close_popup()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.list.count():
            step = 1 if key == Qt.Key.Key_Down else -1
            self.list.setCurrentRow((self.list.currentRow() + step) % self.list.count())
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._pause.isActive() or not self.list.count():
                self.search()
            # What is still being looked for is taken as soon as it is found.
            self._takes_first = self._search.is_open
            self._take(self.list.currentItem(), adds(event.modifiers()))
            return True
        if key == Qt.Key.Key_Escape and self.popup is not None and self.popup.isVisible():
            self.close_popup()
            return True
        return False

    def _row(self, item: CityObject, typed: str) -> QListWidgetItem:
        layer = self._editing.layer_of(item)
        name = str(item.attributes.get("name") or "")
        row = QListWidgetItem(theme.current().icon(layer.kind if layer else "city"), name or item.id)
        row.setData(KEY, item.fid)
        row.setData(ASIDE, f"{item.type}, from {item.valid_from}" if _is_planned(item) else item.type)
        why = _why_found(item, typed).removeprefix(f"name: {name}") or (layer.name if layer else "")
        row.setData(SECOND_LINE, " · ".join(filter(None, (name and item.id, why))))
        return row

    def _take(self, row: QListWidgetItem | None, adds_to: bool = False) -> None:
        """Select what a row stands for, beside what is selected where that is wanted, and fly there."""
        if row is None or row.data(KEY) is None:
            return
        if not adds_to:
            self.close_popup()
        self._session.select([int(row.data(KEY))], extend=adds_to)
        self.fly_requested.emit(self._session.selection.tolist())
        if not adds_to:
            self.taken.emit()

    def _open_popup(self) -> None:
        window = self.window()
        if self.popup is None:
            self.popup = QFrame(window)
            self.popup.setObjectName("palette")
            layout = QVBoxLayout(self.popup)
            layout.setContentsMargins(4, 4, 4, 4)
            layout.addWidget(self.list)
        rows = min(self.list.count(), MOST_ROWS)
        size = QSize(max(self.width(), POPUP_WIDTH), rows * self.list.sizeHintForRow(0) + 12)
        corner = self.mapTo(window, QPoint(0, self.height() + 4))
        corner.setX(max(GAP_PX, min(corner.x(), window.width() - size.width() - GAP_PX)))
        self.popup.setGeometry(_beside_dialogs(window, QRect(corner, size)))
        self.popup.show()
        self.popup.raise_()

    def _on_opened(self) -> None:
        self.clear()
        self.setEnabled(self._session.is_open)

    def _tint(self) -> None:
        self._sign.setIcon(theme.current().icon("search"))


def adds(modifiers: Qt.KeyboardModifier) -> bool:
    """Whether what is chosen with these keys held is added to the selection."""
    return bool(modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))


def _beside_dialogs(window: QWidget, place: QRect) -> QRect:
    """A place for the list where no dialog of the window, which would lie over it, hides it."""
    found = QRect(place)
    for dialog in window.findChildren(QDialog):
        frame = dialog.frameGeometry()
        taken = QRect(window.mapFromGlobal(frame.topLeft()), frame.size())
        if dialog.isVisible() and taken.intersects(found):
            found.moveRight(taken.left() - GAP_PX)
            if found.left() < GAP_PX:
                found.moveLeft(taken.right() + GAP_PX)
    return found


def _found(typed: str, is_sought: Callable[[], bool], project: Project) -> list[CityObject]:
    """The first objects with this text, of all there are; given up when something else is sought."""
    items: list[CityObject] = []
    for item in project.search(typed):
        if item is not None:
            items.append(item)
        elif not is_sought():
            raise Cancelled
        if len(items) == MOST_FOUND:
            break
    return sorted(items, key=lambda item: not _is_planned(item))  # stable: the best of the others first


def _is_planned(item: CityObject) -> bool:
    """Whether an object stands from a day on that is still to come."""
    return (item.valid_from or "") > date.today().isoformat()


def _note(text: str, second: str) -> QListWidgetItem:
    """A row that says something and cannot be chosen."""
    row = QListWidgetItem(text)
    row.setData(SECOND_LINE, second)
    row.setFlags(Qt.ItemFlag.NoItemFlags)
    return row


def _why_found(item: CityObject, typed: str) -> str:
    """The attribute that holds the text, '' when the id does."""
    wanted = typed.casefold()
    if wanted in item.id.casefold():
        return ""
    for name, value in item.attributes.items():
        if wanted in format_value(value).casefold() or wanted in name.casefold():
            return f"{name}: {format_value(value)}"
    return ""
