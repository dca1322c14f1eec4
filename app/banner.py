"""Quiet sentences: a bar above the view for problems and notices, never a window in the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app import theme

ICONS = {"danger": "warning", "notice": "lock", "info": "info", "scenario": "scenario"}

#: A button's words are shortened to this.
WIDEST_PX = 220


class Banner(QFrame):
    """One sentence with a button to close it, and where it helps one to act on it."""

    acted = Signal()

    def __init__(self, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setProperty("kind", kind)
        self._kind = kind
        self._sign = QLabel()
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton()
        self._button.clicked.connect(self.acted)
        self._others: list[QPushButton] = []
        self._close = QToolButton()
        self._close.setToolTip("Close this message")
        self._close.setObjectName("quiet")
        self._close.setAccessibleName("Close this message")
        self._close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(8)
        for widget in (self._sign, self._label, self._button, self._close):
            layout.addWidget(widget)
        theme.current().changed.connect(self._tint)
        self._tint()
        self.hide()

    @property
    def text(self) -> str:
        """The sentence that is shown, '' while nothing is."""
        return "" if self.isHidden() else str(self._label.text())

    def say(self, sentence: str, action: str = "") -> None:
        """Show a sentence, with a button when `action` names one."""
        for button in self._others:
            button.hide()
            button.deleteLater()
        self._others = []
        self._label.setText(sentence)
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self.show()

    def offer(self, sentence: str, ways: Sequence[tuple[str, Callable[[], object]]]) -> None:
        """Show a sentence with several buttons; it stays while one goes from one to another."""
        self.say(sentence)
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        for text, act in ways:
            button = QPushButton(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, WIDEST_PX))
            button.setToolTip(text)
            button.clicked.connect(lambda _checked=False, act=act: act())
            layout.insertWidget(layout.indexOf(self._close), button)
            self._others.append(button)

    def _tint(self) -> None:
        dressed = theme.current()
        colour = {"danger": dressed.colours.danger, "notice": dressed.colours.notice}.get(
            self._kind, dressed.colours.accent
        )
        self._sign.setPixmap(theme.pixmap(ICONS[self._kind], colour, 16, self.devicePixelRatioF()))
        self._close.setIcon(dressed.icon("close"))
