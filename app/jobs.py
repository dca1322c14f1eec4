"""Long work off the interface thread: progress, time left, cancel, and one place where it ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.collector import keep_collector_here
from layers.errors import Cancelled, CitystrataError

THREADS = 2

Result = TypeVar("Result")
Done = Callable[[Any], object]
Failed = Callable[[CitystrataError], object]

#: Seconds between two progress reports that reach the window, so that work cannot flood it.
REPORT_EVERY_S = 0.05
#: No estimate of the time left before this much work is done: it would jump about.
ESTIMATE_FROM = 0.03

log = logging.getLogger(__name__)


class Work:
    """What a running job holds: it tells its progress here and hears here that it should stop."""

    def __init__(self, tell: Callable[[float, str], None]) -> None:
        self._tell = tell
        self._stop = Event()
        self._told_at = 0.0

    def progress(self, fraction: float, text: str) -> None:
        """Say how far the work is; raises Cancelled when the person has stopped it."""
        if self._stop.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - self._told_at >= REPORT_EVERY_S:
            self._told_at = now
            self._tell(fraction, text)

    def cancelled(self) -> bool:
        """Whether the person has stopped the work."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._stop.set()


class Job(QObject):
    """One piece of work under way, as the job bar shows it."""

    progressed = Signal(float, str)
    ended = Signal(object, object)  # result, CitystrataError or None

    def __init__(self, title: str, parent: QObject) -> None:
        super().__init__(parent)
        self.title = title
        self.fraction = 0.0
        self.text = ""
        self.work = Work(self.progressed.emit)
        self._started_at = time.monotonic()
        self.progressed.connect(self._on_progress)

    def cancel(self) -> None:
        """Stop the work at its next step."""
        self.work.cancel()

    def seconds_left(self) -> float | None:
        """The time left at the pace so far, or None while that cannot be said."""
        if not ESTIMATE_FROM <= self.fraction < 1.0:
            return None
        return (time.monotonic() - self._started_at) * (1.0 - self.fraction) / self.fraction

    def _on_progress(self, fraction: float, text: str) -> None:
        self.fraction, self.text = min(max(fraction, 0.0), 1.0), text


def _carry_out(job: Job, function: Callable[[Work], object]) -> None:
    """Do the work; every outcome, good or bad, leaves as one signal."""
    result: object = None
    error: CitystrataError | None = None
    try:
        result = function(job.work)
    except CitystrataError as known:
        error = known
    except Exception as unforeseen:  # the one place where an unforeseen fault becomes a sentence
        log.error("%s failed", job.title, exc_info=unforeseen)
        error = CitystrataError(
            f"{job.title} could not be finished",
            found=f"{type(unforeseen).__name__}: {unforeseen}",
            do="Nothing was changed; the log file has the details",
        )
    job.ended.emit(result, error)


class Jobs(QObject):
    """All work under way. Results and errors arrive on the thread this object lives on."""

    changed = Signal()
    failed = Signal(object)  # CitystrataError that nobody else takes care of

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        keep_collector_here()
        # Python's own threads, not Qt's: libraries such as PROJ keep things per Python thread, and those
        # of a Qt thread are thrown away after every job.
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="job")
        self._futures: set[Future[None]] = set()
        self._running: dict[Job, tuple[Done | None, Failed | None]] = {}

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs that have not ended, oldest first."""
        return tuple(self._running)

    def run(
        self,
        title: str,
        function: Callable[[Work], Result],
        done: Callable[[Result], object] | None = None,
        failed: Failed | None = None,
    ) -> Job:
        """Run `function(work)` in a pool thread, then `done(result)` or `failed(error)` on this one."""
        job = Job(title, self)
        self._running[job] = (done, failed)
        job.progressed.connect(self.changed)
        job.ended.connect(self._on_ended)
        future = self._pool.submit(_carry_out, job, function)
        self._futures = {other for other in self._futures if not other.done()} | {future}
        self.changed.emit()
        return job

    def cancel_all(self) -> None:
        """Stop every job at its next step."""
        for job in self.running:
            job.cancel()

    def wait(self, seconds: float = 10.0) -> bool:
        """Wait until all work has stopped, as before leaving; False when it has not in time."""
        return not wait(self._futures, seconds).not_done

    def _on_ended(self, result: object, error: CitystrataError | None) -> None:
        job = self.sender()
        assert isinstance(job, Job)
        done, failed = self._running.pop(job)
        job.deleteLater()
        self.changed.emit()
        if error is None:
            if done is not None:
                done(result)
        elif failed is not None:
            failed(error)
        else:
            self.failed.emit(error)
