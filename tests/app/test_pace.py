"""The time left: right for even work, and soon right again when the pace changes."""

from __future__ import annotations

import pytest

from app.pace import Pace


def after(steps: list[tuple[float, float]]) -> Pace:
    """The pace of work that begins at 100 s and comes to (seconds since, part of the work)."""
    pace = Pace()
    pace.begin(100.0)
    for seconds, part in steps:
        pace.reach(part, 100.0 + seconds)
    return pace


def test_even_work_is_foretold_exactly() -> None:
    pace = after([(second, second / 200) for second in range(1, 51)])
    assert pace.seconds_left(150.0) == pytest.approx(150)


def test_work_that_slows_down_is_foretold_by_its_later_pace() -> None:
    slow = [(10 + second, 0.25 + second / 400) for second in range(1, 61)]
    pace = after([(10, 0.25), *slow])
    assert pace.seconds_left(170.0) == pytest.approx(240, rel=0.2)  # all of it so far would say 105 s


def test_work_that_says_nothing_for_long_takes_longer() -> None:
    pace = after([(10, 0.25)])
    said = [pace.seconds_left(110.0 + silent) or 0.0 for silent in (0, 10, 30, 60)]
    assert said == sorted(said) and said[-1] > 3 * said[0]


def test_nothing_is_foretold_too_early() -> None:
    assert after([(0.5, 0.5)]).seconds_left(100.5) is None
    assert after([(60, 0.01)]).seconds_left(160.0) is None
    assert Pace().seconds_left(1.0) is None
