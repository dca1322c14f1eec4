"""Long work off the interface thread: progress, time left, cancel, and one place where it ends."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.collector import keep_collector_here
from app.pace import Pace
from layers.errors import Cancelled, CitystrataError

#: Long work and quick questions have threads of their own, so that neither waits for the other.
THREADS, QUESTION_THREADS = 2, 2
#: Python changes threads so often: work that counts in Python must not hold up a turn of the window.
SWITCH_EVERY_S = 0.001

Result = TypeVar("Result")
Done = Callable[[Any], object]
Failed = Callable[[CitystrataError], object]

#: Seconds between two progress reports that reach the window, so that work cannot flood it.
REPORT_EVERY_S = 0.05

log = logging.getLogger(__name__)


class Work:
    """What a running job holds: it tells its progress here and hears here that it should stop."""

    def __init__(self, tell: Callable[[float, str], None]) -> None:
        self._tell = tell
        self._stop = Event()
        self._told_at = 0.0
        self.pace = Pace()

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
    """One piece of work under way, as the job bar shows it; a question, which a panel shows, is not there."""

    progressed = Signal(float, str)
    ended = Signal(object, object)  # result, CitystrataError or None

    def __init__(self, title: str, is_question: bool, is_lost: bool, parent: QObject) -> None:
        super().__init__(parent)
        self.title, self.is_question = title, is_question
        self.is_lost = is_lost  # whether something is lost when it is stopped
        self.text = ""
        self.is_dropped = False
        self.work = Work(self.progressed.emit)
        self.progressed.connect(self._on_progress)

    def cancel(self) -> None:
        """Stop the work at its next step."""
        self.work.cancel()

    def drop(self) -> None:
        """Stop the work; nobody waits for how it ends any more."""
        self.is_dropped = True
        self.cancel()

    def seconds_left(self) -> float | None:
        """The time left at the pace of late, or None while that cannot be said."""
        return self.work.pace.seconds_left(time.monotonic())

    @property
    def fraction(self) -> float:
        """How far the work is, 0 … 1."""
        return self.work.pace.fraction

    def _on_progress(self, fraction: float, text: str) -> None:
        self.work.pace.reach(min(max(fraction, 0.0), 1.0), time.monotonic())
        self.text = text


def _carry_out(job: Job, function: Callable[[Work], object]) -> None:
    """Do the work; every outcome, good or bad, leaves as one signal."""
    result: object = None
    error: CitystrataError | None = None
    job.work.pace.begin(time.monotonic())
    try:
        if job.work.cancelled():
            raise Cancelled
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
        self._questions = ThreadPoolExecutor(QUESTION_THREADS, thread_name_prefix="question")
        sys.setswitchinterval(SWITCH_EVERY_S)
        self._futures: set[Future[None]] = set()
        self._running: dict[Job, tuple[Done | None, Failed | None]] = {}

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs and questions that have not ended, oldest first."""
        return tuple(self._running)

    @property
    def long(self) -> tuple[Job, ...]:
        """The jobs alone, oldest first."""
        return tuple(job for job in self._running if not job.is_question)

    @property
    def at_stake(self) -> tuple[Job, ...]:
        """The jobs of which something is lost when they are stopped, oldest first."""
        return tuple(job for job in self.long if job.is_lost and not job.is_dropped)

    def run(
        self,
        title: str,
        function: Callable[[Work], Result],
        done: Callable[[Result], object] | None = None,
        failed: Failed | None = None,
        is_lost: bool = True,
    ) -> Job:
        """Run `function(work)` in a pool thread, then `done(result)` or `failed(error)` on this one.

        `is_lost` is whether something is lost when it is stopped; nothing is by what is only shown.
        """
        return self._begin(Job(title, False, is_lost, self), self._pool, function, done, failed)

    def ask(
        self,
        title: str,
        function: Callable[[Work], Result],
        done: Callable[[Result], object],
        failed: Failed | None = None,
    ) -> Job:
        """Like `run`, for what a person waits for now: it overtakes all long work."""
        return self._begin(Job(title, True, False, self), self._questions, function, done, failed)

    def _begin(
        self,
        job: Job,
        pool: ThreadPoolExecutor,
        function: Callable[[Work], object],
        done: Done | None,
        failed: Failed | None,
    ) -> Job:
        self._running[job] = (done, failed)
        job.progressed.connect(self.changed)
        job.ended.connect(self._on_ended)
        future = pool.submit(_carry_out, job, function)
        self._futures = {other for other in self._futures if not other.done()} | {future}
        self.changed.emit()
        return job

    def stop(self) -> None:
        """Stop the oldest job, the one that the job bar shows."""
        if self.long:
            self.long[0].cancel()
            self.changed.emit()

    def drop_all(self) -> None:
        """Stop every job at its next step, and hear nothing of it any more."""
        for job in self.running:
            job.drop()

    def close(self, title: str, function: Callable[[], object], closed: Event) -> None:
        """Once all other work has stopped, run `function`; `closed` is set in the end."""
        others = set(self._futures)

        def work(_work: Work) -> None:
            try:
                wait(others)
                function()
            finally:
                closed.set()

        self.run(title, work, is_lost=False)

    def wait(self, seconds: float = 10.0) -> bool:
        """Wait until all work has stopped, as before leaving; False when it has not in time."""
        return not wait(self._futures, seconds).not_done

    def _on_ended(self, result: object, error: CitystrataError | None) -> None:
        job = self.sender()
        assert isinstance(job, Job)
        done, failed = self._running.pop(job)
        job.deleteLater()
        self.changed.emit()
        if job.is_dropped:
            return
        if error is None:
            if done is not None:
                done(result)
        elif failed is not None:
            failed(error)
        else:
            self.failed.emit(error)


class Question(QObject):
    """One thing that a panel wants to know: asking anew drops what was asked before."""

    def __init__(self, jobs: Jobs, title: str, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs, self._title = jobs, title
        self._asked: Job | None = None

    @property
    def is_open(self) -> bool:
        """Whether the answer has not come yet."""
        return self._asked is not None

    def ask(
        self,
        function: Callable[[Work], Result],
        done: Callable[[Result], object],
        failed: Failed | None = None,
    ) -> None:
        """Find it out in a thread and hand the answer to `done`, on this one."""
        self.drop()

        def answer(result: Result) -> None:
            self._asked = None
            done(result)

        def refuse(error: CitystrataError) -> None:
            self._asked = None
            (failed or self._jobs.failed.emit)(error)

        self._asked = self._jobs.ask(self._title, function, answer, refuse)

    def drop(self) -> None:
        """Nobody wants to know any more."""
        if self._asked is not None:
            self._asked.drop()
            self._asked = None
