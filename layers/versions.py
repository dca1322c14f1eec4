"""Versions of city objects within one file: from when to when each of them is the one that counts.

CityJSON has them by its versioning extension (doi:10.5194/isprs-annals-IV-4-W8-123-2019): a history of
versions, each with a date and the objects of its own, from the tips of branches backwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import orjson

from layers.data import Feature
from layers.epochs import iso_date

Dates = tuple[str | None, str | None]
#: The branch that counts where a file has several; else the first one.
MAIN = ("main", "master")
_CREATED, _ENDED = b'"creationDate"', b'"terminationDate"'


class Version(msgspec.Struct):
    """One state of the whole city; its members are the objects that are in it."""

    date: str = ""
    parents: list[str] = []
    objects: dict[str, str] | list[str] = {}

    def ids(self) -> frozenset[str]:
        """The ids of its objects."""
        held = self.objects
        return frozenset(held.values() if isinstance(held, dict) else held)


class History(msgspec.Struct):
    """All versions, and where the branches end."""

    versions: dict[str, Version] = {}
    branches: dict[str, str] = {}


def dates_of(text: msgspec.Raw) -> dict[str, Dates]:
    """When each object of a versioned CityJSON file counts; nothing where that is not told."""
    try:
        history = msgspec.json.decode(text, type=History)
    except msgspec.MsgspecError:
        return {}
    line = list(_line(history))
    found: dict[str, Dates] = {}
    for at, version in enumerate(line):
        date = iso_date(version.date)
        following = line[at + 1] if at + 1 < len(line) else None
        end = None if following is None else iso_date(following.date)
        for id in version.ids():
            start = found[id][0] if id in found else date
            is_last = following is not None and id not in following.ids()
            found[id] = start, end if is_last else None
    return found


def _line(history: History) -> Iterator[Version]:
    """The versions of the branch that counts, the oldest first."""
    names = [*(name for name in MAIN if name in history.branches), *history.branches]
    last = history.branches[names[0]] if names else None
    line: list[str] = []
    while last in history.versions and last not in line:
        line.append(last)
        last = next(iter(history.versions[last].parents), None)
    if not names:
        line = sorted(history.versions, key=lambda name: history.versions[name].date, reverse=True)
    for name in reversed(line):
        yield history.versions[name]


def settle(features: Sequence[Feature], epoch: str | None) -> None:
    """Say of each object of a layer since when it stands.

    Where objects end in the file they came from, their entries in it are versions of one another, which
    count before years of construction. In a snapshot of an epoch an entry made later says nothing, and
    what does not say since when it stands stands since the epoch.
    """
    is_versioned = any(_ENDED in feature.attributes for feature in features)
    for feature in features:
        if _CREATED in feature.attributes and (is_versioned or epoch):
            told: Mapping[str, Any] = orjson.loads(feature.attributes)
            created = iso_date(str(told.get("creationDate")))
            if is_versioned and not told.get("validFrom"):
                feature.valid_from = created or feature.valid_from
            elif epoch and feature.valid_from == created and created and created > epoch:
                feature.valid_from = epoch
        feature.valid_from = feature.valid_from or epoch
