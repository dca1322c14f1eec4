"""What kept results say of the situations that are compared: a line for each number, a column for each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis import change, indicators
from analysis.rerunning import inputs_of
from analysis.situation import Situation
from analysis.states import COMPARED, situations_told, states_title
from analysis.zones.figures import MEASURES
from analysis.zones.figuretables import SIDE_BY_SIDE
from app.reportwords import subject_of
from app.resultanswer import answers_of
from app.resulttext import WORDS, counting_rows, numbers_of
from layers.project import Project
from layers.results import BEFORE, CHANGE, INDICATORS, Result, ResultSummary

#: Inputs that say which state of the city is looked at, and of indicators in what order.
OF_STATES = frozenset(("date", "scenario", "without", "compare", "further", *COMPARED))
#: Columns of numbers beside each other, by what is asked of a state.
NOW, THEN = "after", "before"
#: Of a result without a verdict so many quantities are told, of many verdicts the worst.
MOST_QUANTITIES, MOST_VERDICTS = 2, 8


@dataclass(frozen=True)
class Line:
    """One number or word, in every situation; NaN or '' where it is not known."""

    title: str
    values: tuple[float | str, ...]
    unit: str = ""
    digits: int = 1

    @property
    def differs(self) -> bool:
        """Whether it is not the same in all situations where it is known."""
        known = {value for value in self.values if value and value == value}
        return len(known) > 1


@dataclass
class Told:
    """What one result, or those of the same question on several situations, say."""

    title: str
    results: list[Result]
    lines: list[Line] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    is_outdated: bool = False  # the city has changed since

    @property
    def is_judged(self) -> bool:
        """Whether it is about a rule."""
        return any(result.verdict for result in self.results)


def told(project: Project, situations: Sequence[Situation], wanted: Sequence[int] = ()) -> list[Told]:
    """What results say of two or more of the situations, those that were asked last of each question."""
    by_question: dict[str, dict[int, tuple[ResultSummary, str]]] = {}
    for kept in reversed(project.results):
        if kept.kind in (change.NAME, indicators.NAME) or (wanted and kept.id not in wanted):
            continue
        question = _question(kept)
        sides = dict(zip(situations_told(kept.inputs), ("", BEFORE), strict=False))
        for number, situation in enumerate(situations):
            if situation in sides:
                by_question.setdefault(question, {}).setdefault(number, (kept, sides[situation]))
    found = [_told(project, len(situations), columns) for columns in by_question.values() if len(columns) > 1]
    found.sort(key=lambda one: not one.is_judged)
    found += _indicators(project, situations, wanted)
    return [one for one in found if one.lines or one.sentences]


def _question(kept: ResultSummary) -> str:
    """What is asked, whatever the states: results that share it can be told beside each other."""
    asked = {name: value for name, value in kept.inputs.items() if name not in OF_STATES}
    return json.dumps([kept.kind, asked], sort_keys=True, default=str)


def _told(project: Project, count: int, columns: Mapping[int, tuple[ResultSummary, str]]) -> Told:
    """The lines of one question."""
    results = {kept.id: project.result(kept.id) for kept, _ in columns.values()}
    sides = {number: (results[kept.id], side) for number, (kept, side) in columns.items()}
    latest = results[max(results)]
    states = states_title(project, situations_told(latest.inputs))
    title = subject_of(latest).partition(f", {states}")[0]
    found = Told(title, list(results.values()), is_outdated=any(map(project.is_outdated, results)))
    found.lines = list(_verdict_lines(count, sides, title)) or list(_quantity_lines(count, sides))
    found.sentences = answers_of(latest)[:1]
    return found


def _verdict_lines(count: int, sides: Mapping[int, tuple[Result, str]], subject: str) -> Iterator[Line]:
    """A line per rule: what was measured in each situation; the verdict in words where it says more."""
    lines: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for number, (result, side) in sides.items():
        for row in counting_rows(result):
            lines.setdefault((str(row["name"]), str(row.get("rule", ""))), {})[number] = row | {"side": side}
    broken = [key for key, rows in lines.items() if any(row["verdict"] == "fail" for row in rows.values())]
    chosen = broken + [key for key in lines if key not in broken]
    for name, rule in chosen[:MOST_VERDICTS]:
        rows = lines[name, rule]
        measures = {at: row[THEN if row["side"] == BEFORE else NOW] for at, row in rows.items()}
        units = {str(row.get("unit", "")) for row in rows.values()}
        values = tuple(measures.get(at, math.nan) for at in range(count))
        largest = max((abs(value) for value in values if _is_number(value)), default=0.0)
        title = ": ".join(filter(None, ("" if name in subject else name, rule))) or name
        yield Line(title, values, units.pop() if len(units) == 1 else "", 2 if largest < 10 else 1)
        verdicts = {at: row["verdict"] for at, row in rows.items() if row["side"] != BEFORE}
        if verdicts:
            words = tuple(WORDS.get(verdicts.get(at, ""), "") for at in range(count))
            yield Line("Verdict", words)


def _is_number(value: Any) -> bool:
    return not isinstance(value, str) and math.isfinite(float(value))


def _quantity_lines(count: int, sides: Mapping[int, tuple[Result, str]]) -> Iterator[Line]:
    """A line per quantity: its mean over all that was asked about, or of what is yes or no the share."""
    first = next(iter(sides.values()))[0]
    own = [each for each in first.quantities if not each.name.endswith((BEFORE, CHANGE))]
    for quantity in own[:MOST_QUANTITIES]:
        scale = 100.0 if quantity.words else 1.0
        values = [math.nan] * count
        for number, (result, side) in sides.items():
            there = {each.name: each for each in result.quantities}.get(quantity.name + side)
            found = numbers_of(result, there) if there is not None else None
            if found is not None:
                values[number] = scale * found.mean
        if sum(math.isfinite(value) for value in values) < 2:
            continue
        if quantity.words:
            yield Line(f"{quantity.title}, share of the area", tuple(values), "%", 1)
        else:
            yield Line(f"{quantity.title}, mean", tuple(values), quantity.unit, quantity.digits)


def _indicators(project: Project, situations: Sequence[Situation], wanted: Sequence[int]) -> Iterator[Told]:
    """The indicators that were asked last of two or more of the situations."""
    for kept in reversed(project.results):
        if kept.kind != indicators.NAME or (wanted and kept.id not in wanted):
            continue
        named = indicators.named_situations(project, inputs_of(indicators.Inputs, kept.inputs))
        titles = {one.situation: one.title for one in named}
        if sum(situation in titles for situation in situations) < 2:
            continue
        result = project.result(kept.id)
        table = result.tables[SIDE_BY_SIDE]
        digits = {measure.title: measure.digits for measure in MEASURES}
        columns = [table.numbers(titles[one]) if one in titles else None for one in situations]
        lines = [
            Line(
                f"{name}: {title}" if len(set(table.texts("name"))) > 1 else title,
                tuple(math.nan if column is None else float(column[row]) for column in columns),
                unit,
                digits.get(title, 1),
            )
            for row, (name, title, unit) in enumerate(
                zip(table.texts("name"), table.texts("indicator"), table.texts("unit"), strict=True)
            )
        ]
        areas = dict.fromkeys(result.tables[INDICATORS].texts("name"))
        title = f"Indicators of {next(iter(areas)) if len(areas) == 1 else f'{len(areas)} areas'}"
        yield Told(
            title, [result], [line for line in lines if line.differs], [], project.is_outdated(kept.id)
        )
        return
