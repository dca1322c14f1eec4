"""The job bar: what is being worked on, how far it is, how long it will take, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from app import theme
from app.jobs import Jobs

SHOW_AFTER_MS, BEAT_MS = 300, 1000
#: Words wider than this are shortened, so that the rest of the status bar keeps its place.
LONGEST_PX = 520


def duration(seconds: float) -> str:
    """How long something takes, as people say it: no finer than anybody knows it."""
    if seconds < 90:
        step = 10 if seconds > 30 else 5 if seconds > 15 else 1
        return f"about {max(round(seconds / step) * step, 1)} s"
    return f"about {round(seconds / 60)} min"


def time_text(seconds: float) -> str:
    """A time left."""
    return f"{duration(seconds)} left"


class JobBar(QWidget):
    """Shows the oldest running job in the status bar; hides itself when there is none."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._label = QLabel()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(140)
        self._stop = QToolButton()
        self._stop.setText("Stop")
        self._stop.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._stop.setToolTip("Stop this work (Ctrl+. or Esc); nothing is changed by half")
        self._stop.setObjectName("quiet")
        self._stop.setAccessibleName("Stop this work")
        self._stop.clicked.connect(jobs.stop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(8)
        for widget in (self._label, self._bar, self._stop):
            layout.addWidget(widget)
        # Work that is over in a moment needs no bar.
        self._soon = QTimer(self, singleShot=True, interval=SHOW_AFTER_MS)
        self._soon.timeout.connect(self.refresh)
        # Work that says nothing for a while takes longer: the time left is told anew.
        self._beat = QTimer(self, interval=BEAT_MS)
        self._beat.timeout.connect(self.refresh)
        jobs.changed.connect(self._on_changed)
        theme.current().changed.connect(self._tint)
        self._tint()
        self.refresh()

    @property
    def text(self) -> str:
        """The words that are shown."""
        return str(self._label.text())

    def _on_changed(self) -> None:
        if self.isHidden() and self._jobs.long:
            if not self._soon.isActive():
                self._soon.start()
        else:
            self.refresh()

    def refresh(self) -> None:
        """Show how far the oldest job is."""
        running = self._jobs.long
        self.setVisible(bool(running))
        if not running:
            self._beat.stop()
        elif not self._beat.isActive():
            self._beat.start()
        if not running:
            return
        if running[0].work.cancelled():
            self._label.setText("Stopping…")
            return
        job = running[0]
        left = job.seconds_left()
        detail = job.text if job.text not in job.title else ""
        words = [job.title, detail, time_text(left) if left is not None else ""]
        if len(running) > 1:
            words.append(f"{len(running) - 1} more")
        text = " · ".join(filter(None, words))
        self._label.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, LONGEST_PX))
        self._label.setToolTip("\n".join(each.title for each in running))
        self._bar.setRange(0, 1000 if job.fraction > 0 else 0)
        self._bar.setValue(round(job.fraction * 1000))

    def _tint(self) -> None:
        self._stop.setIcon(theme.current().icon("close"))
