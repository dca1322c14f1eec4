"""Work off the interface thread: where it ends, how it is stopped, what it says when it fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.jobbar import JobBar, time_text
from app.jobs import Jobs, Work
from layers.errors import CitystrataError, ReadError


@pytest.fixture
def jobs(qtbot: QtBot) -> Jobs:
    return Jobs()


def outcome(
    qtbot: QtBot, jobs: Jobs, work: Callable[[Work], object]
) -> tuple[list[object], list[CitystrataError]]:
    results: list[object] = []
    errors: list[CitystrataError] = []
    jobs.run("Test", work, results.append, errors.append)
    qtbot.waitUntil(lambda: bool(results or errors), timeout=5000)
    return results, errors


def test_the_work_is_done_elsewhere_and_its_result_arrives_on_the_interface_thread(
    qtbot: QtBot, jobs: Jobs
) -> None:
    here = threading.get_ident()
    arrived: list[tuple[int, int]] = []
    ident = threading.get_ident
    jobs.run("Test", lambda _work: ident(), lambda there: arrived.append((there, ident())))
    qtbot.waitUntil(lambda: bool(arrived), timeout=5000)
    there, back = arrived[0]
    assert there != here and back == here
    assert jobs.running == ()


def test_an_error_arrives_as_it_was_raised(qtbot: QtBot, jobs: Jobs) -> None:
    def fail(_work: Work) -> None:
        raise ReadError("The file is empty", do="Ask for it again")

    _, errors = outcome(qtbot, jobs, fail)
    assert errors[0].sentence() == "The file is empty. Ask for it again."


def test_a_fault_nobody_foresaw_becomes_a_sentence(qtbot: QtBot, jobs: Jobs) -> None:
    def fail(_work: Work) -> None:
        raise ZeroDivisionError("division by zero")

    _, errors = outcome(qtbot, jobs, fail)
    assert errors[0].sentence().startswith("Test could not be finished: ZeroDivisionError")
    assert "Traceback" not in errors[0].sentence()


def test_an_error_that_nobody_waits_for_is_told_in_one_place(qtbot: QtBot, jobs: Jobs) -> None:
    def fail(_work: Work) -> None:
        raise ReadError("The file is empty")

    with qtbot.waitSignal(jobs.failed, timeout=5000) as told:
        jobs.run("Test", fail)
    assert isinstance(told.args[0], ReadError)


def test_cancel_stops_the_work_within_a_fifth_of_a_second(qtbot: QtBot, jobs: Jobs) -> None:
    started = threading.Event()

    def endless(work: Work) -> None:
        while True:
            started.set()
            work.progress(0.5, "still going")
            time.sleep(0.01)

    errors: list[CitystrataError] = []
    job = jobs.run("Test", endless, failed=errors.append)
    assert started.wait(5)
    begun = time.monotonic()
    job.cancel()
    qtbot.waitUntil(lambda: bool(errors), timeout=5000)
    assert time.monotonic() - begun < 0.2
    assert "Stopped" in errors[0].sentence()


def test_progress_cannot_flood_the_window(qtbot: QtBot, jobs: Jobs) -> None:
    def chatty(work: Work) -> int:
        for i in range(20_000):
            work.progress(i / 20_000, "counting")
        return 1

    told: list[float] = []
    done: list[int] = []
    job = jobs.run("Test", chatty, done.append)
    job.progressed.connect(lambda fraction, _text: told.append(fraction))
    qtbot.waitUntil(lambda: bool(done), timeout=5000)
    assert len(told) < 100


def test_the_job_bar_shows_text_time_left_and_a_way_to_stop(qtbot: QtBot, jobs: Jobs) -> None:
    go_on = threading.Event()

    def slow(work: Work) -> None:
        work.progress(0.5, "Reading houses")
        go_on.wait(5)
        work.progress(1.0, "")

    bar = JobBar(jobs)
    qtbot.addWidget(bar)
    errors: list[CitystrataError] = []
    jobs.run("Test", slow, failed=errors.append)
    qtbot.waitUntil(lambda: not bar.isHidden() and "Reading houses" in bar.text, timeout=3000)
    qtbot.waitUntil(lambda: "left" in bar.text, timeout=3000)
    qtbot.mouseClick(bar.findChild(QToolButton), Qt.MouseButton.LeftButton)
    go_on.set()
    qtbot.waitUntil(lambda: bar.isHidden() and bool(errors), timeout=3000)


def test_times_are_said_as_people_say_them() -> None:
    assert [time_text(s) for s in (0.4, 12.2, 300)] == [
        "about 1 s left",
        "about 12 s left",
        "about 5 min left",
    ]


def test_garbage_is_collected_on_the_interface_thread_only(qtbot: QtBot, jobs: Jobs) -> None:
    threads: list[threading.Thread] = []

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            threads.append(threading.current_thread())

    def litter(work: Work) -> None:
        for _ in range(5000):
            Cycle()

    jobs.run("Litter", litter)
    qtbot.waitUntil(lambda: bool(threads), timeout=5000)
    assert set(threads) == {threading.main_thread()}
