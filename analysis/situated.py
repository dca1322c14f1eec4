"""Situations of the city as people name them: by a date, an epoch, a snapshot, a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analysis.situation import Situation
from layers.epochs import iso_date
from layers.errors import UsageError
from layers.project import Project

#: What one says for the city of all dates, what was demolished and what is planned included.
ALL_DATES = "all"


class Named(NamedTuple):
    """A situation, and what it is called in pictures and tables."""

    situation: Situation
    title: str


def situation_named(project: Project, name: str, date: str = "") -> Named:
    """The situation of a date, an epoch, a snapshot layer, a scenario, or `all` for every date.

    A scenario stands at its own date, or at another one behind a colon: "Tower:2030". One without stands at
    `date`, that of what it is compared with.
    """
    name = name.strip()
    scenarios = {scenario.name: scenario for scenario in project.scenarios}
    head, colon, tail = name.rpartition(":")
    if name in scenarios:
        day = scenarios[name].epoch or date
        scenario, when = scenarios[name], _When(day, day)
    elif colon and head in scenarios:
        scenario, when = scenarios[head], _when(project, tail)
    else:
        when = _when(project, name)
        return Named(Situation(when.date), when.title)
    words = f"{scenario.name} ({scenario.status})"
    return Named(Situation(when.date, scenario=scenario.name), ", ".join(filter(None, (words, when.title))))


class _When(NamedTuple):
    date: str
    title: str


def _when(project: Project, name: str) -> _When:
    """The date of an epoch or a snapshot layer, or one that is said itself."""
    if name == ALL_DATES:
        return _When("", "All dates")
    named = [(epoch.name, epoch.date) for epoch in project.epochs]
    named += [(layer.name, layer.epoch) for layer in project.layers if layer.epoch]
    for title, day in named:
        if title == name:
            return _When(day, title if title == day else f"{title} ({day})")
    date = iso_date(name)
    if date is None:
        raise UsageError(
            "There is no such date, epoch or scenario", found=repr(name), allowed=_known(project)
        )
    return _When(date, name)


def situations_named(project: Project, names: str) -> list[Named]:
    """Several of them, with commas between; a name may hold some itself.

    Scenarios that have no date stand at the latest one of the others.
    """
    told, rest = [], names.split(",")
    while rest:
        count = next((n for n in range(len(rest), 1, -1) if _is_named(project, ",".join(rest[:n]))), 1)
        told.append(",".join(rest[:count]))
        del rest[:count]
    date = max(situation_named(project, name).situation.date for name in told)
    return [situation_named(project, name, date) for name in told]


def _is_named(project: Project, name: str) -> bool:
    try:
        situation_named(project, name)
    except UsageError:
        return False
    return True


def _known(project: Project) -> str:
    names: Sequence[str] = [
        *(epoch.name for epoch in project.epochs),
        *(layer.name for layer in project.layers if layer.epoch),
        *(scenario.name for scenario in project.scenarios),
    ]
    return ", ".join(["a date such as 2024-05-31 or a year", *names, ALL_DATES])
