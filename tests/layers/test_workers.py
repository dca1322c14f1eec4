"""Processes that share work: every task gets its own answer, and one that kills its process fails alone."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from layers.errors import CitystrataError, ReadError
from layers.workers import Answer, Helpers, Workers

MODULE = "tests.layers.mortal"


def sentence(answer: Answer | CitystrataError) -> str:
    assert isinstance(answer, ReadError)
    return answer.sentence()


def test_every_task_gets_its_answer_whatever_happens_to_the_others() -> None:
    doings = ["answer", "shout", "die", "answer", "refuse", "fill", "answer", "die", "answer"]
    tasks = [{"do": doing, "number": n, "path": f"{n}.laz"} for n, doing in enumerate(doings)]
    with Workers(MODULE, 2) as workers:
        answers = dict(workers.each(tasks))
        again = dict(workers.each(tasks[:2]))
    assert sorted(answers) == list(range(9)) and sorted(again) == [0, 1]
    for number in (0, 1, 3, 6, 8):
        answer = answers[number]
        assert isinstance(answer, dict) and answer["twice"] == 2 * number
    if sys.platform != "win32":
        assert "2.laz" in sentence(answers[2]) and "SIGABRT" in sentence(answers[7])
    assert sentence(answers[4]) == "This cannot be read (4.laz)."
    assert "more memory than it may have" in sentence(answers[5])


def test_helpers_answer_any_thread_and_outlive_a_death() -> None:
    helpers = Helpers(MODULE, 2)
    helpers.start_ahead()
    with ThreadPoolExecutor(12) as threads:
        tasks = [{"do": "answer", "number": number} for number in range(24)]
        assert [answer["twice"] for answer in threads.map(helpers.ask, tasks)] == list(range(0, 48, 2))
    with pytest.raises(ReadError):
        helpers.ask({"do": "die", "number": 0})
    assert helpers.ask({"do": "answer", "number": 21})["twice"] == 42
    helpers.close()
