"""Numbers, dates and times as people write them."""

from __future__ import annotations

from datetime import date

from analysis.spelling import clock_from, day_from, place_from
from layers.values import typed_number


def test_times_of_day() -> None:
    spelt = ("9", "900", "0900", "9:00", "9.30", "15h", "15:00", "24:00", "2400")
    assert [clock_from(text) for text in spelt] == [
        *("09:00", "09:00", "09:00", "09:00", "09:30", "15:00", "15:00", "24:00", "24:00")
    ]
    assert not any(map(clock_from, ("", "25", "9:60", "9:5", "24:01", "noon", "2026-03-21", "12345")))


def test_dates_in_the_year_at_hand() -> None:
    spelt = ("21.3", "21.3.", "21. 3. 2026", "21 March", "21. mar 2026", "2026-3-21")
    assert {day_from(text, 2026) for text in spelt} == {date(2026, 3, 21)}
    assert not any(day_from(text, 2026) for text in ("", "31.2", "21", "21 Mayonnaise?", "3/21", "1 xyz"))


def test_decimals_behind_a_point_or_a_comma() -> None:
    assert [typed_number(text) for text in ("1.5", "1,5", " 7 ", "-0,25", "1e3")] == [1.5, 1.5, 7, -0.25, 1e3]
    assert [typed_number(text) for text in ("", "1,5,2", "1.000,5", "five")] == [None] * 4


def test_commas_between_coordinates_or_before_decimals_but_never_either() -> None:
    for text in ("1.5, 2.5", "1,5 2,5", "1,5; 2,5", "1,5, 2,5", "1.5,2.5"):
        assert place_from(text) == (1.5, 2.5)
    assert place_from("1,2,3") == place_from("1 2 3") == place_from("1,0 2,0 3,0") == (1, 2, 3)
    assert place_from("1,5 2") is None  # 1.5 and 2, or 1, 5 and 2
    assert not any(map(place_from, ("", "1", "1,5,2,5", "1.000,5 2", "a, b", "nan, 1")))
