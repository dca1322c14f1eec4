"""The play of the dates: the city grows from its first date to its last, and fades from one to the next."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

from PySide6.QtCore import QObject, QTimer, Signal

from app.session import Session
from app.track import Track

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
#: At speed 1, all dates take so long where there are many, and each epoch where there are few.
WHOLE_S, STAND_S = 12.0, 1.6
FADE_S = 0.6
TICK_MS = 40


class Player(QObject):
    """Moves the handle of a track, and lets one picture go over into the next."""

    changed = Signal()  # it plays, or no longer

    def __init__(self, session: Session, track: Track) -> None:
        super().__init__(track)
        self._session, self._track = session, track
        self.is_playing = self.loops = False
        self.fades = True
        self.speed = 1.0
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._last_tick = self._share = 0.0
        self._fading = QTimer(self, interval=TICK_MS)
        self._fading.timeout.connect(self._fade_on)
        self._fading_since: float | None = None
        session.opened.connect(lambda: self.play(False))
        session.opened.connect(self._fading.stop)

    # -- what a person sets ----------------------------------------------------------------------

    def play(self, on: bool) -> None:
        """Play from the date that is shown, or from the first one at the end; or pause."""
        on = on and self._session.is_open and bool(self._session.ticks)
        if on == self.is_playing:
            return
        self.is_playing = on
        if on:
            first, last = self._track.span
            now = self._track.day if self._session.situation.date else first
            self._share = (now - first) / max(last - first, timedelta(days=1))
            self._share = 0.0 if self._share >= 1.0 or self._share < 0.0 else self._share
            self._last_tick = monotonic()
            self._go()
            self._timer.start()
        else:
            self._timer.stop()
        self.changed.emit()

    def set_speed(self, factor: float) -> None:
        """Play so many times as fast."""
        self.speed = factor

    def set_loop(self, on: bool) -> None:
        """Begin again at the end, or stop there."""
        self.loops = on

    def set_fade(self, on: bool) -> None:
        """Let one date go over into the next, or jump."""
        self.fades = on

    # -- playing ---------------------------------------------------------------------------------

    def change(self, date: str) -> None:
        """Show another date, which fades in where that is wanted."""
        if self.fades and not (self.is_playing and self._track.has_many):
            self._session.panes.hold()
            self._fading_since = None
            self._fading.start()
        self._session.situation.set_date(date)

    def _tick(self) -> None:
        now = monotonic()
        passed = (now - self._last_tick) * self.speed
        if self._track.has_many:
            self._last_tick = now
            self._share += passed / WHOLE_S
        elif passed >= STAND_S:
            self._last_tick = now
            self._share = self._next_share()
        else:
            return
        if self._share > 1.0 and self.loops:
            self._share = 0.0
        self._go()
        if self._share >= 1.0 and not self.loops:
            self.play(False)

    def _next_share(self) -> float:
        """Where the next epoch is; beyond 1 after the last one."""
        first, last = self._track.span
        later = [day for day, _ in self._track.epochs if day > self._track.day]
        return (later[0] - first) / max(last - first, timedelta(days=1)) if later else 1.01

    def _go(self) -> None:
        first, last = self._track.span
        self._track.set_date(first + timedelta(days=round((last - first).days * min(self._share, 1.0))))

    def _fade_on(self) -> None:
        """Once the new picture is there, let it come through the one before."""
        if not self._session.is_open:
            self._fading.stop()
            return
        panes = self._session.panes
        if self._fading_since is None:
            if panes.needs_frame or panes.is_drawing:
                return
            self._fading_since = monotonic()
        panes.fade = min((monotonic() - self._fading_since) * max(self.speed, 1.0) / FADE_S, 1.0)
        if panes.fade >= 1.0:
            self._fading.stop()
        self._session.comparing.moved.emit()
