"""Numbers as all windows, reports and sentences write them."""

from __future__ import annotations


def grouped(number: float, digits: int = 0) -> str:
    """A number with narrow spaces between its thousands, as in "35 156", "0.25"."""
    return f"{number:,.{digits}f}".replace(",", "\u202f")
