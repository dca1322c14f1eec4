"""Numbers as all windows, reports and sentences write them."""

from __future__ import annotations

import re

#: A space between a number and its unit, or the sign for "per cent", where no line may break.
BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|°|m²|m³|m|cm|km|ha|h|min|kWh|kWh/m²|msr)(?![\w/]))")


def grouped(number: float, digits: int = 0) -> str:
    """A number with narrow spaces between its thousands, as in "35 156", "0.25"."""
    return f"{number:,.{digits}f}".replace(",", "\u202f")


def counted(number: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 object", "2 498 objects"."""
    return f"{grouped(number)} {one if number == 1 else many or one + 's'}"


def metres(value_m: float) -> str:
    """A length to the decimetre; below that to the millimetre, in cm: "11.7 m", "3.2 cm", "0 m"."""
    if abs(value_m) < 0.0005:
        return "0 m"
    return f"{grouped(value_m, 1)} m" if abs(value_m) >= 0.05 else f"{100 * value_m:.1f} cm"


def unbroken(sentence: str) -> str:
    """A sentence in which no line breaks between a number and its unit."""
    return BEFORE_UNIT.sub("\u00a0", sentence)
