"""What reading a file found: counts, and warnings as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

MAX_WARNINGS = 1000
#: What became of what a warning speaks of; all but "noted" are counted.
Outcome = Literal["noted", "repaired", "unsupported", "dropped"]
#: What a report counts beside its findings.
COUNTED = ("read", "repaired", "unsupported", "dropped", "polygons")


@dataclass(frozen=True)
class Warning:
    """One thing a reader noticed: a stable code, the object (or ''), a sentence, what became of it."""

    code: str
    object: str
    text: str
    outcome: Outcome = "noted"


@dataclass
class Report:
    """The import report of one layer; `dropped` counts objects that could not be kept."""

    read: int = 0
    repaired: int = 0
    unsupported: int = 0
    dropped: int = 0
    polygons: int = 0  # that city objects are drawn of
    warnings: list[Warning] = field(default_factory=list)
    more_warnings: int = 0

    def warn(self, code: str, object: str, text: str, outcome: Outcome = "noted", count: int = 1) -> None:
        """Note a finding; beyond 1000 only counts them."""
        if outcome != "noted":
            setattr(self, outcome, getattr(self, outcome) + count)
        self.keep(Warning(code, object, text, outcome))

    def keep(self, warning: Warning) -> None:
        """Note a finding that is counted already."""
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(warning)
        else:
            self.more_warnings += 1

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **{name: getattr(self, name) for name in COUNTED},
            "warnings": [vars(w) for w in self.warnings],
            "more_warnings": self.more_warnings,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Report:
        """The report that `as_dict` gave; what earlier ones did not count is 0."""
        return cls(
            **{name: values.get(name, 0) for name in COUNTED},
            warnings=[Warning(**w) for w in values["warnings"]],
            more_warnings=values["more_warnings"],
        )


def told_once(warnings: Iterable[Mapping[str, Any]]) -> list[tuple[dict[str, Any], int]]:
    """Warnings as plain values, each sentence once: the first that says it, and how many say it."""
    first: dict[tuple[str, str], dict[str, Any]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for warning in warnings:
        key = warning["code"], warning["text"]
        first.setdefault(key, dict(warning))
        counts[key] += 1
    return [(warning, counts[key]) for key, warning in first.items()]
