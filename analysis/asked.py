"""What an analysis asks for: the fields of a frozen dataclass, with titles, units and limits.

Form, command line, report and rerun follow from them. Fields hold JSON values only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from math import isfinite
from typing import Any

from analysis.spelling import clock_from
from layers.epochs import iso_date
from layers.errors import UsageError
from layers.values import typed_number

_DAY = re.compile(r"\d{4}(-\d{1,2}(-\d{1,2})?)?$", re.ASCII)


@dataclass(frozen=True)
class Ask:
    """How one input is asked for.

    `kind` is one of number, whole, yes, text, choice, date, time, expression (which objects), fids
    (chosen objects), layer (the name of a city layer), scenario (its name, '' for the city as it is),
    file (a path), points (list of [x, y, z, nx, ny, nz]),
    places (list of [x, y] on the ground or [x, y, z]), rules (name of a preset). An expression and fids of
    one group are one question.
    """

    title: str
    kind: str
    unit: str = ""
    help: str = ""
    group: str = ""  # heading in the form
    low: float | None = None  # of places, points and fids: how many at least
    high: float | None = None
    words: tuple[tuple[Any, str], ...] = ()  # what values say that are no number, as "as the rule says"
    choices: tuple[tuple[str, str], ...] = ()  # value, title; of a file: its endings, what they are
    #: Of fids, what of the selection is meant: "ground" (areas), "standing" (what stands on it), "" (all);
    #: of a layer, its kind, where it is no city layer.
    takes: str = ""
    #: Name and value, or values, of another input: asked only where it has it. Of rules what they judge.
    when: tuple[str, Any] | None = None

    def is_wanted_by(self, answer: Any) -> bool:
        """Whether this is asked, given the answer to the question that `when` names."""
        wanted = self.when[1] if self.when is not None else answer
        return bool(answer in wanted if isinstance(wanted, tuple) else answer == wanted)


def asked(default: Any, title: str, kind: str, **more: Any) -> Any:
    """A field of an input dataclass: its default and how it is asked for."""
    return field(default=default, metadata={"ask": Ask(title, kind, **more)})


def questions(inputs: type[Any]) -> Sequence[tuple[Field[Any], Ask]]:
    """The fields of an input dataclass, in order, with how each is asked for."""
    return [(found, found.metadata["ask"]) for found in fields(inputs)]


def as_json(inputs: Any) -> Mapping[str, Any]:
    """Inputs as plain values, to be kept in a result."""
    return {found.name: getattr(inputs, found.name) for found in fields(inputs)}


def parsed(ask: Ask, text: str) -> Any:
    """The value that a text spells as the answer to a question; UsageError says why it is none."""
    text = text.strip()
    if ask.kind in ("number", "whole"):
        number = typed_number(text)
        if number is None:
            raise _refused(ask, text)
        return checked(ask, number)
    if ask.kind == "yes":
        if text.lower() not in ("yes", "no"):
            raise _refused(ask, text)
        return text.lower() == "yes"
    return checked(ask, text)


def checked(ask: Ask, value: Any) -> Any:
    """The value itself where it may be the answer to a question; UsageError says why it may not."""
    if ask.kind in ("number", "whole"):
        return _number(ask, value)
    if ask.kind == "choice" and value not in [choice for choice, _ in ask.choices]:
        raise _refused(ask, str(value))
    if ask.kind == "date" and value:
        date = iso_date(value) if _DAY.match(value) else None
        if date is None:
            raise _refused(ask, value)
        return date
    if ask.kind == "time" and value:
        clock = clock_from(value)
        if not clock:
            raise _refused(ask, value)
        return clock
    return value


def _number(ask: Ask, value: float) -> float | int:
    is_good = isfinite(value) and (ask.kind == "number" or float(value).is_integer())
    is_low = ask.low is not None and value < ask.low
    is_high = ask.high is not None and value > ask.high
    if not is_good or is_low or is_high:
        raise _refused(ask, f"{value:g}")
    return int(value) if ask.kind == "whole" else float(value)


def _refused(ask: Ask, found: str) -> UsageError:
    return UsageError(f"“{ask.title}” cannot be this", found=found or "nothing", allowed=allowed(ask))


def allowed(ask: Ask) -> str:
    """What may be answered, in words: "0.1 to 10 m", "a date such as 2024-03-21"."""
    words = {
        "yes": "yes or no",
        "date": "a date such as 2024-03-21",
        "time": "a time such as 09:30",
        "choice": ", ".join(choice for choice, _ in ask.choices),
    }
    if ask.kind not in ("number", "whole"):
        return words.get(ask.kind, ask.kind)
    what = "a whole number" if ask.kind == "whole" else "a number"
    unit = f" {ask.unit}" if ask.unit else ""
    if ask.low is not None and ask.high is not None:
        return f"{what} from {ask.low:g} to {ask.high:g}{unit}"
    if ask.low is not None:
        return f"{what}{unit and f' of{unit}'}, {ask.low:g} or more"
    if ask.high is not None:
        return f"{what}{unit and f' of{unit}'}, {ask.high:g} or less"
    return what + (unit and f" of{unit}")
