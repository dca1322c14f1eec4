"""Numbers, dates and times of day as people write them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date
from string import ascii_uppercase

from layers.values import typed_number

#: "9", "900", "0900", "9:00", "9.30", "15h", "15:00"; 24:00 is the midnight at the end of a day.
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h]?([0-5]\d))?\s?h?$", re.ASCII)
#: "21.3.", "21.3.2026"
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.?\s?(\d{4})?$", re.ASCII)
#: "21 March", "21 mar 2026"
_NAMED = re.compile(r"(\d{1,2})\.?\s?([^\W\d_]{3,})\.?\s?(\d{4})?$")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})$", re.ASCII)


def place_from(text: str) -> tuple[float, ...] | None:
    """The two or three coordinates that a text spells, with commas, semicolons or blanks between them.

    None too where commas may stand between coordinates as well as before decimals: "1,5 2".
    """
    if ";" in text:
        return _coordinates(text.split(";"))
    words = text.split()
    if len(words) == 1:
        return _coordinates(text.split(","))
    before, between = _coordinates([word.removesuffix(",") for word in words]), text.replace(",", " ").split()
    return before if _coordinates(between) in (None, before) else None


def _coordinates(parts: Sequence[str]) -> tuple[float, ...] | None:
    numbers = tuple(float(found) for part in parts if (found := typed_number(part)) is not None)
    return numbers if len(numbers) == len(parts) and len(numbers) in (2, 3) else None


def place_text(place: Sequence[float]) -> str:
    """The coordinates of a place, to the centimetre."""
    return ", ".join(f"{value:.2f}" for value in place)


def letter(number: int) -> str:
    """The letter of a target, as its pin has it: A to Z, then 27 and on."""
    return ascii_uppercase[number] if number < len(ascii_uppercase) else str(number + 1)


def clock_from(text: str) -> str:
    """The time of day that a text spells, as in "09:30"; '' when it spells none."""
    found = _CLOCK.match(text.strip())
    if found is None:
        return ""
    hour, minute = int(found[1]), int(found[2] or 0)
    return f"{hour:02}:{minute:02}" if hour * 60 + minute <= 24 * 60 else ""


def day_from(text: str, year: int) -> date | None:
    """The date that a text spells, in `year` where it names none; None when it spells none."""
    text = text.strip()
    try:
        if found := _ISO.match(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DOTTED.match(text):
            return date(int(found[3] or year), int(found[2]), int(found[1]))
        if found := _NAMED.match(text):
            names = [name[:3].lower() for name in calendar.month_name]
            return date(int(found[3] or year), names.index(found[2][:3].lower()), int(found[1]))
    except ValueError:  # no such month or day
        pass
    return None
