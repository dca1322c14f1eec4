"""The bar under several views: how they are put together, where the line is, whether cameras are linked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolButton, QWidget

from app import theme
from app.comparing import FASTEST_MS, MOST, SLOWEST_MS, SPLIT
from app.session import Session
from viewer.arrangement import BLINK, GRID, ONION, ROW, SWIPE

#: Ways to compare: name, icon, what it is called, and what it does.
WAYS = (
    (SWIPE, "swipe", "Swipe", "A line between two views that one drags"),
    (ROW, "split", "Side by side", "Two to four views beside each other"),
    (ONION, "onion", "Onion skin", "Two views mixed"),
    (BLINK, "blink", "Blink", "Two views in turns"),
)
STEPS = 1000
#: What the slider sets, and what its ends are called.
SLIDERS = {SWIPE: "Line", ONION: "Mix", BLINK: "Speed"}


class CompareBar(QWidget):
    """Buttons, a slider, and the end of it."""

    what_changed = Signal()  # the list of changes between the views is wanted
    print_wanted = Signal()  # the views on paper

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._comparing = session.comparing
        self.setObjectName("comparebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.ways: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        for way, _, title, text in WAYS:
            self.ways[way] = button = _tool(f"<b>{title}</b><br>{text}", title)
            button.setCheckable(True)
            button.clicked.connect(lambda _on, way=way: self._comparing.begin(way, self._count(way)))
            group.addButton(button)
        self.fewer, self.more = _tool("One view less", "Fewer views"), _tool("One view more", "More views")
        self.fewer.clicked.connect(lambda: self._add(-1))
        self.more.clicked.connect(lambda: self._add(1))
        self.title = QLabel()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setAccessibleName("Between the views")
        self.slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.slider.setMaximumWidth(320)
        self.slider.valueChanged.connect(self._on_slider)
        self.swap = _tool("Let the views change their places", "Swap")
        self.swap.clicked.connect(self._comparing.swap)
        self.linked = _tool("One camera for all views, or one for each", "Linked cameras")
        self.linked.setCheckable(True)
        self.linked.clicked.connect(self._comparing.set_linked)
        self.changes = QToolButton()
        self.changes.setText("What changed?")
        self.changes.setToolTip("List what changed from the first to the last view")
        self.changes.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.changes.clicked.connect(self.what_changed)
        self.print_ = _tool("Print the comparison… (Ctrl+Shift+P)", "Print the comparison")
        self.print_.clicked.connect(self.print_wanted)
        self.close_ = _tool("Show one view again (Esc)", "End comparing")
        self.close_.clicked.connect(self._comparing.end)
        self._build()
        for signal in (self._comparing.changed, self._comparing.moved, session.opened):
            signal.connect(self.refresh)
        theme.current().changed.connect(self._tint)
        self._tint()
        self.refresh()

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(4)
        for button in self.ways.values():
            row.addWidget(button)
        row.addSpacing(8)
        row.addWidget(self.fewer)
        row.addWidget(self.more)
        row.addWidget(self.title)
        row.addWidget(self.slider, 3)
        row.addStretch(1)
        for widget in (self.swap, self.linked, self.changes, self.print_, self.close_):
            row.addWidget(widget)

    def refresh(self) -> None:
        """Show how the views are put together now."""
        comparing = self._comparing
        self.setVisible(comparing.is_on)
        if not comparing.is_on:
            return
        way, count = comparing.way, len(comparing.showings)
        self.ways[ROW if way in SPLIT else way].setChecked(True)
        for button in (self.fewer, self.more):
            button.setVisible(way in SPLIT)
        self.fewer.setEnabled(count > 2)
        self.more.setEnabled(count < MOST)
        self.title.setText(SLIDERS.get(way, ""))
        self.slider.setVisible(way in SLIDERS)
        self.slider.blockSignals(True)
        self.slider.setValue(round(STEPS * self._share()))
        self.slider.blockSignals(False)
        self.linked.setChecked(comparing.linked)
        self.linked.setEnabled(way in SPLIT)
        self.swap.setEnabled(count == 2)

    def _share(self) -> float:
        if self._comparing.way == BLINK:
            return (SLOWEST_MS - self._comparing.blink_ms) / (SLOWEST_MS - FASTEST_MS)
        return self._comparing.at

    def _on_slider(self, value: int) -> None:
        share = value / STEPS
        if self._comparing.way == BLINK:
            self._comparing.set_blink_ms(round(SLOWEST_MS - share * (SLOWEST_MS - FASTEST_MS)))
        else:
            self._comparing.set_at(share)

    def _count(self, way: str) -> int:
        return max(len(self._comparing.showings), 2) if way in SPLIT else 2

    def _add(self, more: int) -> None:
        count = min(max(len(self._comparing.showings) + more, 2), MOST)
        self._comparing.begin(GRID if count == MOST else ROW, count)

    def _tint(self) -> None:
        icon = theme.current().icon
        for way, name, *_ in WAYS:
            self.ways[way].setIcon(icon(name))
        for button, name in (
            (self.fewer, "minus"),
            (self.more, "plus"),
            (self.swap, "swap"),
            (self.linked, "link"),
            (self.changes, "compare"),
            (self.print_, "report"),
            (self.close_, "close"),
        ):
            button.setIcon(icon(name))


def _tool(tip: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setToolTip(tip)
    button.setAccessibleName(name)
    return button
