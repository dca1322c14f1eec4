"""What the expression language does with single values. Nothing here raises: what makes no sense is none.

Arithmetic wants numbers (`+` also joins two texts), comparisons want two of a kind, and none
compares with nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Final

from layers.values import Value, is_date, number_from, plain_text

#: Values of one kind can be compared; bool is not a number here.
KIND: Final[dict[type, str]] = {
    bool: "truth",
    int: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "nested",
}
ORDERED: Final = frozenset({"number", "text"})
NUMBERS: Final = frozenset({int, float})

#: Whole numbers stay exact up to here and become decimal beyond, so that no formula grows without end.
LARGEST_WHOLE: Final = 2**63 - 1
LONGEST_TEXT: Final = 100_000
MOST_DECIMALS: Final = 15


def alike(a: Value, b: Value) -> bool:
    """Whether two values are of one kind, and so can be equal or not."""
    kind = KIND.get(type(a))
    return kind is not None and kind == KIND.get(type(b))


def ordered(a: Value, b: Value) -> bool:
    """Whether one of two values can be said to be the greater."""
    kind = KIND.get(type(a))
    return kind in ORDERED and kind == KIND.get(type(b))


def equal(a: Value, b: Value) -> bool:
    """a == b."""
    return alike(a, b) and a == b


def unequal(a: Value, b: Value) -> bool:
    """a != b, false for unlike kinds and none."""
    return alike(a, b) and a != b


def less(a: Any, b: Any) -> bool:
    """a < b; texts by character, so ISO dates in order of time."""
    return ordered(a, b) and a < b


def at_most(a: Any, b: Any) -> bool:
    """a <= b."""
    return ordered(a, b) and a <= b


def more(a: Any, b: Any) -> bool:
    """a > b."""
    return ordered(a, b) and a > b


def at_least(a: Any, b: Any) -> bool:
    """a >= b."""
    return ordered(a, b) and a >= b


def contains(item: Value, holder: Value) -> bool:
    """Whether the list `holder` has `item` in it."""
    return isinstance(holder, list | tuple) and any(equal(item, other) for other in holder)


def like(text: Value, pattern: Value) -> bool:
    """Whether a text fits a pattern where % stands for anything; capitals do not matter."""
    return isinstance(text, str) and isinstance(pattern, str) and _fits(pattern)(text.casefold())


@lru_cache(maxsize=64)
def _fits(pattern: str) -> Callable[[str], bool]:
    """What tells whether a text without capitals fits a pattern."""
    first, *rest = pattern.casefold().split("%")
    if not rest:
        return lambda text: text == first
    *middle, last = rest
    if len(middle) == 1 and not first and not last:
        return lambda text: middle[0] in text

    def fits(text: str) -> bool:
        if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for part in middle:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return fits


def truth(value: Value) -> bool:
    """What `and`, `or` and `not` take a value for: none, 0, empty text and empty lists are false."""
    return bool(value)


def numeric(operation: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value]:
    """The operation on two numbers; none for anything else and where it has no finite result."""

    def calculate(a: Value, b: Value) -> Value:
        if type(a) not in NUMBERS or type(b) not in NUMBERS:
            return None
        try:
            return kept(operation(a, b))
        except (ArithmeticError, ValueError):
            return None

    return calculate


def kept(number: Any) -> Value:
    """A result as a value: finite, and whole only while it is exact."""
    if isinstance(number, int):
        return number if abs(number) <= LARGEST_WHOLE else float(number)
    return number if isinstance(number, float) and math.isfinite(number) else None


def _power(a: Any, b: Any) -> Any:
    """a ** b; the decimal result is tried first because the exact one could fill the memory."""
    rough = float(a) ** float(b)
    whole = isinstance(a, int) and isinstance(b, int) and b >= 0
    return a**b if whole and abs(rough) < LARGEST_WHOLE else rough


_sum = numeric(lambda a, b: a + b)


def add(a: Value, b: Value) -> Value:
    """a + b for numbers; two texts are joined."""
    if isinstance(a, str) and isinstance(b, str):
        return _short(a + b)
    return _sum(a, b)


OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": equal,
    "!=": unequal,
    "<": less,
    "<=": at_most,
    ">": more,
    ">=": at_least,
    "in": contains,
    "like": like,
    "+": add,
    "-": numeric(lambda a, b: a - b),
    "*": numeric(lambda a, b: a * b),
    "/": numeric(lambda a, b: a / b),
    "//": numeric(lambda a, b: a // b),
    "%": numeric(lambda a, b: a % b),
    "**": numeric(_power),
}


def negative(value: Value) -> Value:
    """-value."""
    return kept(-value) if isinstance(value, int | float) and type(value) in NUMBERS else None


def _short(text: str) -> str | None:
    return text if len(text) <= LONGEST_TEXT else None


def _round(value: Any, decimals: Any = 0) -> Value:
    """Halves away from zero, as spreadsheets round: 2.5 gives 3 and 2.675 to two decimals 2.68."""
    if type(value) not in NUMBERS or type(decimals) is not int or abs(decimals) > MOST_DECIMALS:
        return None
    exact = Decimal(repr(value))
    if exact.adjusted() > LARGEST_DIGITS:
        return kept(value)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0
    return kept(float(rounded) if decimals > 0 else int(rounded))


#: Numbers of more digits before the point have nothing left to round, and Decimal's precision ends at 28.
LARGEST_DIGITS: Final = 12


def _whole(operation: Callable[[Any], int]) -> Callable[[Any], Value]:
    return lambda value: kept(operation(value)) if type(value) in NUMBERS else None


def _extreme(choose: Callable[[Any], Any]) -> Callable[..., Value]:
    """The least or greatest of the values given, or of one list; none are passed over."""

    def pick(*values: Any) -> Value:
        pool = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        known = [value for value in pool if value is not None]
        fits = known and all(ordered(known[0], value) for value in known)
        result: Value = choose(known) if fits else None
        return result

    return pick


def _on_text(operation: Callable[[str], Value]) -> Callable[[Value], Value]:
    return lambda value: operation(value) if isinstance(value, str) else None


def _text(value: Value) -> Value:
    return None if value is None else plain_text(value)


def _number(value: Value) -> Value:
    if isinstance(value, str):
        return number_from(value)
    return value if type(value) in NUMBERS else None


def _concat(*values: Value) -> Value:
    return _short("".join(plain_text(value) for value in values))


def _if(condition: Value, then: Value, otherwise: Value) -> Value:
    return then if truth(condition) else otherwise


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if value is not None), None)


def _year(value: Value) -> Value:
    if isinstance(value, str):
        return int(value[:4]) if is_date(value) or (len(value) == 4 and value.isdecimal()) else None
    return value if type(value) is int and 0 <= value <= 9999 else None


def _length(value: Value) -> Value:
    return len(value) if isinstance(value, str | list | dict) else None


@dataclass(frozen=True)
class Function:
    """A function of the language: what it takes, at least and at most, and what it does."""

    run: Callable[..., Value]
    usage: str
    least: int = 1
    most: int = 1


MANY: Final = 50

FUNCTIONS: Final[dict[str, Function]] = {
    "round": Function(_round, "round(number, decimals)", 1, 2),
    "floor": Function(_whole(math.floor), "floor(number)"),
    "ceil": Function(_whole(math.ceil), "ceil(number)"),
    "abs": Function(lambda v: kept(abs(v)) if type(v) in NUMBERS else None, "abs(number)"),
    "min": Function(_extreme(min), "min(a, b, …)", 1, MANY),
    "max": Function(_extreme(max), "max(a, b, …)", 1, MANY),
    "len": Function(_length, "len(text or list)"),
    "lower": Function(_on_text(str.lower), "lower(text)"),
    "upper": Function(_on_text(str.upper), "upper(text)"),
    "trim": Function(_on_text(str.strip), "trim(text)"),
    "text": Function(_text, "text(value)"),
    "number": Function(_number, "number(text)"),
    "concat": Function(_concat, "concat(a, b, …)", 1, MANY),
    "if": Function(_if, "if(condition, then, otherwise)", 3, 3),
    "coalesce": Function(_coalesce, "coalesce(a, b, …)", 1, MANY),
    "year": Function(_year, "year(date)"),
}
