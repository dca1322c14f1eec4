"""What stands at a date: validity of objects, snapshot layers, and the ticks of the timeline.

An object is there from its `valid_from` up to, not including, its `valid_to`; a missing end is
open. Dates are ISO dates; a year or a month alone means its first day. A layer with an `epoch`
is a snapshot: of all snapshots of its kind, the latest one up to the date is shown.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from layers.columns import Column, Mask, listed
from layers.errors import UsageError
from layers.records import Layer
from layers.words import find_field, words

if TYPE_CHECKING:
    from layers.project import Project

Days = NDArray[np.datetime64]

_DATE = re.compile(r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ].*)?)?)?\s*$", re.ASCII)
_FROM_FIELDS = words(
    "validfrom dateofconstruction begindatum startdate datefrom constructiondate installationdate "
    "constructionyear installationyear yearofconstruction bouwjaar begindate baujahr anlaegsaar aaretableret"
)
_TO_FIELDS = words(
    "validto dateofdemolition einddatum enddate dateto demolitiondate yearofdemolition removalyear "
    "sloopjaar abrissjahr"
)


def iso_date(value: Any) -> str | None:
    """The ISO date that a year, month, date or time value means; None when it means none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    found = _DATE.match(str(value))
    if found is None:
        return None
    try:
        return datetime.date(int(found[1]), int(found[2] or 1), int(found[3] or 1)).isoformat()
    except ValueError:
        return None


def validity(attributes: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The dates from and to which a source's attributes say that their object is there."""
    start, end = _validity_fields(tuple(attributes))
    return iso_date(attributes[start]) if start else None, iso_date(attributes[end]) if end else None


def city_validity(attributes: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """When a city object stood, from the attributes that CityGML 3.0 has for it."""
    start = attributes.get("validFrom") or attributes.get("dateOfConstruction")
    end = attributes.get("validTo") or attributes.get("dateOfDemolition")
    return str(start)[:10] if start else None, str(end)[:10] if end else None


def says_when(name: str) -> bool:
    """Whether an attribute of that name may say from or until when its object stands."""
    return _validity_fields((name,)) != (None, None)


def validity_after(
    held: tuple[str | None, str | None], before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[str | None, str | None]:
    """When an object stands once its attributes change, where it is they that say when it stands."""
    for said in (city_validity, validity):
        if said(before) == held:
            dates = said(after)
            is_known = all(date is None or iso_date(date) for date in dates)
            return dates if is_known else held
    return held


#: What columns of dates mean, while they are in use: the slider of the timeline asks again and again.
_DAYS: WeakKeyDictionary[Column, Days] = WeakKeyDictionary()


@lru_cache(maxsize=256)
def _validity_fields(names: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The two fields with dates; most records of a file have the same ones."""
    return find_field(names, _FROM_FIELDS), find_field(names, _TO_FIELDS)


def days(dates: Column) -> Days:
    """Dates as days; what is missing or no date becomes NaT."""
    found = _DAYS.get(dates)
    if found is None:
        codes, values = dates.as_codes()
        known = [np.datetime64(iso_date(value) or "NaT", "D") for value in listed(values)]
        table = np.array([*known, np.datetime64("NaT", "D")], dtype="datetime64[D]")
        found = _DAYS[dates] = table[codes]
    return found


def is_valid(valid_from: Column, valid_to: Column, date: str) -> Mask:
    """Which objects are there at a date."""
    day = _day(date)
    valid = np.ones(len(valid_from), bool)
    if not valid_from.is_empty:
        start = days(valid_from)
        valid &= np.isnat(start) | (start <= day)
    if not valid_to.is_empty:
        end = days(valid_to)
        valid &= np.isnat(end) | (day < end)
    return valid


def _day(date: str) -> np.datetime64:
    text = iso_date(date)
    if text is None:
        raise UsageError(
            "The date is not known", found=repr(date), allowed="a date such as 2024-05-31 or a year"
        )
    return np.datetime64(text, "D")


def shown_snapshots(layers: Sequence[Layer], date: str) -> dict[int, bool]:
    """Whether each snapshot layer shows at a date; layers without an epoch are left out."""
    day = _day(date)
    latest: dict[str, np.datetime64] = {}
    dated = [(layer, np.datetime64(iso_date(layer.epoch) or "NaT", "D")) for layer in layers if layer.epoch]
    for layer, epoch in dated:
        if epoch <= day and (layer.kind not in latest or latest[layer.kind] < epoch):
            latest[layer.kind] = epoch
    return {layer.id: bool(np.isnat(epoch) or latest.get(layer.kind) == epoch) for layer, epoch in dated}


def state_at(project: Project, date: str | None) -> dict[int, tuple[Mask, Mask]]:
    """Per layer id, which of its objects show at a date, and which are ghosts of other dates.

    The masks are in layer order; a layer without objects (a raster, a cloud) has one entry for
    itself. Without a date everything shows.
    """
    shown = {} if date is None else shown_snapshots(project.layers, date)
    state = {}
    for layer in project.layers:
        starts = project.values(layer, "valid_from")
        stands = date is None or shown.get(layer.id, True)
        visible = np.full(max(len(starts), 1), stands)
        if date is not None and stands and len(starts):
            visible = is_valid(starts, project.values(layer, "valid_to"), date)
        state[layer.id] = visible, ~visible
    return state


@dataclass(frozen=True)
class Tick:
    """One date of the timeline: a named epoch, a snapshot, or a day on which objects change."""

    date: str
    names: tuple[str, ...] = ()
    changes: int = 0  # objects that appear or vanish on that day


def dates_of(project: Project) -> list[Tick]:
    """The timeline's ticks, oldest first."""
    names: dict[str, list[str]] = {}
    changes: dict[str, int] = {}
    for epoch in project.epochs:
        names.setdefault(iso_date(epoch.date) or epoch.date, []).append(epoch.name)
    for layer in project.layers:
        if layer.epoch:
            names.setdefault(iso_date(layer.epoch) or layer.epoch, []).append(layer.name)
        for key in ("valid_from", "valid_to") if layer.object_count else ():
            codes, values = project.values(layer, key).as_codes()
            counts = np.bincount(codes + 1, minlength=len(values) + 1)[1:]
            for value, count in zip(listed(values), counts.tolist(), strict=True):
                if count and (date := iso_date(value)):
                    changes[date] = changes.get(date, 0) + count
    return [
        Tick(date, tuple(names.get(date, ())), changes.get(date, 0)) for date in sorted({*names, *changes})
    ]
