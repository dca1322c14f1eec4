"""Situations of the city by name, as the command line says them: a date, an epoch, a snapshot, a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analysis.situation import Situation
from app.verbs.verb import ALL_DATES
from layers.epochs import iso_date
from layers.errors import UsageError
from layers.project import Project


class Named(NamedTuple):
    """A situation, and what it is called in pictures and tables."""

    situation: Situation
    title: str


def situation_named(project: Project, name: str) -> Named:
    """The situation of a date, an epoch, a snapshot layer, or `all` for every date."""
    name = name.strip()
    if name == ALL_DATES:
        return Named(Situation(), "All dates")
    for epoch in project.epochs:
        if epoch.name == name:
            return Named(Situation(epoch.date), f"{epoch.name} ({epoch.date})")
    for layer in project.layers:
        if layer.epoch and layer.name == name:
            return Named(Situation(layer.epoch), f"{layer.name} ({layer.epoch})")
    date = iso_date(name)
    if date is None:
        raise UsageError("There is no such date or epoch", found=repr(name), allowed=_known(project))
    return Named(Situation(date), name)


def situations_named(project: Project, names: str) -> list[Named]:
    """Several of them, with commas between."""
    return [situation_named(project, name) for name in names.split(",")]


def _known(project: Project) -> str:
    names: Sequence[str] = [
        *(epoch.name for epoch in project.epochs),
        *(layer.name for layer in project.layers if layer.epoch),
    ]
    return ", ".join(["a date such as 2024-05-31 or a year", *names, ALL_DATES])
