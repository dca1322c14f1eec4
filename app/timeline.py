"""The timeline: the date the city is shown at, its play, and what is seen of other dates."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QInputDialog, QLabel, QMenu, QToolButton, QWidget

from app import theme
from app.player import SPEEDS, Player
from app.session import Session
from app.track import Track, parse_date

AT = "Show only what stands at the date of the slider"


def ask_epoch(parent: QWidget, session: Session) -> bool:
    """Ask for a date and its name, and keep it; whether there was one."""
    text, good = QInputDialog.getText(
        parent, "Add date to timeline", "Date and name, for example “2035 Plan”:"
    )
    said, _, name = text.strip().partition(" ")
    day = parse_date(said)
    if not good or not text.strip():
        return False
    if day is None:
        session.problem.emit(f"{said!r} is no date. Write it as 2035, 2035-06 or 2035-06-01.")
        return False
    label = name.strip() or said
    session.run_edit(f"Add date {label}", lambda edit: edit.set_epoch(label, day.isoformat()))
    return True


class Timeline(QWidget):
    """The bar under the view: play, the track, the date, and the ghosts of other dates."""

    ghosts_changed = Signal(bool)
    outlines_changed = Signal(bool)
    age_wanted = Signal(bool)
    timelapse_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.is_wanted = True
        self.setObjectName("timeline")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.track = Track()
        self.player = Player(session, self.track)
        self._label = QLabel()
        self._label.setMinimumWidth(88)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.use_date = QCheckBox("Show at a date")
        self.use_date.setToolTip(AT)
        self._back, self._next = QToolButton(), QToolButton()
        self._back.setToolTip("Previous date")
        self._next.setToolTip("Next date")
        self._back.clicked.connect(lambda: self.track.step(-1))
        self._next.clicked.connect(lambda: self.track.step(1))
        self.play, self.more = QToolButton(), QToolButton()
        self.play.setCheckable(True)
        self.play.setToolTip("Play the dates, or pause (Shift+P)")
        self.play.setAccessibleName("Play the dates")
        self.play.clicked.connect(self.player.play)
        self.more.setToolTip("How dates are played and what is seen of others")
        self.more.setAccessibleName("More about the timeline")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 0)
        layout.setSpacing(8)
        row = (
            self.use_date,
            self._back,
            self.play,
            self._next,
            self.track,
            self._label,
            self.more,
        )
        for widget in row:
            layout.addWidget(widget, 1 if widget is self.track else 0)
        # The scene is told once per event-loop turn, however often the mouse moved.
        self._tell = QTimer(self, singleShot=True, interval=0)
        self._tell.timeout.connect(self._on_date)
        self.track.moved.connect(self._on_moved)
        self.use_date.toggled.connect(lambda _on: self._tell.start())
        session.opened.connect(self.refresh)
        session.ticks_changed.connect(self.refresh)
        session.situation.changed.connect(self._follow)
        self.player.changed.connect(self._show_play)
        theme.current().changed.connect(self._tint)
        self._tint()
        self.refresh()

    def _menu(self) -> QMenu:
        """Speed and loop of the play; what is seen of other dates; ages; a film."""
        menu, speeds = QMenu(self), QActionGroup(self)
        speed = menu.addMenu("Speed")
        for factor in SPEEDS:
            action = speed.addAction(f"{factor:g} ×")
            action.setCheckable(True)
            action.setChecked(factor == self.player.speed)
            action.triggered.connect(lambda _on, factor=factor: self.player.set_speed(factor))
            speeds.addAction(action)
        self.loop, self.fade = (
            menu.addAction("Begin again at the end"),
            menu.addAction("Fade from date to date"),
        )
        menu.addSeparator()
        self.ghosts = menu.addAction("Ghosts of other dates")
        self.outlines = menu.addAction("Ghosts as outlines")
        self.age = menu.addAction("Colour by age")
        menu.addSeparator()
        menu.addAction("Time-lapse…").triggered.connect(lambda: self.timelapse_wanted.emit())
        for action, told in (
            (self.loop, self.player.set_loop),
            (self.fade, self.player.set_fade),
            (self.ghosts, self.ghosts_changed.emit),
            (self.outlines, self.outlines_changed.emit),
            (self.age, self.age_wanted.emit),
        ):
            action.setCheckable(True)
            action.toggled.connect(told)
        self.fade.setChecked(True)
        return menu

    def refresh(self) -> None:
        """Show the dates of the open project; without any there is nothing to slide along."""
        self.track.set_ticks(self._session.ticks)
        if not self._session.ticks:
            self.use_date.setChecked(False)
        if not self._session.is_open:
            self._tell.stop()  # the next project is not meant
        self.setVisible(self.is_wanted and bool(self._session.ticks))
        self._show_date()

    def show_wanted(self, on: bool) -> None:
        """Show the timeline, as soon as there are dates, or hide it."""
        self.is_wanted = on
        self.refresh()

    def show_date(self, text: str) -> None:
        """Go to an ISO date."""
        day = parse_date(text)
        if day is not None:
            self.use_date.setChecked(True)
            self.track.set_date(day)

    def _on_moved(self, _day: date) -> None:
        self.use_date.setChecked(True)
        self._tell.start()
        self._show_date()

    def _on_date(self) -> None:
        self._show_date()
        wanted = self.track.day.isoformat() if self.use_date.isChecked() else ""
        if wanted != self._session.situation.date:
            self.player.change(wanted)

    def _follow(self) -> None:
        """The date was changed elsewhere, or another view is the active one."""
        situation = self._session.situation
        wanted = situation.city_date
        if self._tell.isActive() or not self._session.is_open:
            return
        is_given = bool(wanted) and not situation.date
        self.use_date.setEnabled(not is_given)
        self.use_date.setToolTip(
            f"{situation.scenario_name} changes the city of {wanted}" if is_given else AT
        )
        self.use_date.blockSignals(True)
        self.use_date.setChecked(bool(wanted))
        self.use_date.blockSignals(False)
        day = parse_date(wanted) if wanted else None
        if day is not None:
            self.track.put(day)
        self._show_date()

    def _show_play(self) -> None:
        self.play.setChecked(self.player.is_playing)
        self.play.setIcon(theme.current().icon("pause" if self.player.is_playing else "play"))

    def _show_date(self) -> None:
        self._label.setText(self.track.day.isoformat())
        self._label.setEnabled(self.use_date.isChecked())

    def _tint(self) -> None:
        self._back.setIcon(theme.current().icon("left"))
        self._next.setIcon(theme.current().icon("right"))
        self.more.setIcon(theme.current().icon("more"))
        self._show_play()
