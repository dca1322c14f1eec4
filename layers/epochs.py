"""What stands in a situation (a date and a scenario), and the ticks of the timeline.

An object is there from its `valid_from` up to, not including, its `valid_to`; a missing end is
open. Dates are ISO dates; a year or a month alone means its first day. A layer with an `epoch`
is a snapshot: of all snapshots of its kind and series, the latest one up to the date is shown.
In a scenario its own layers stand as well, with those of the scenarios from which it branches, and what
it has replaced or taken away does not. What is gone stands nowhere.
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

#: Where the facts of a scenario's layer name the layer whose objects it changes.
BASE = "base"
_DATE = re.compile(r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ].*)?)?)?\s*$", re.ASCII)
_FROM_FIELDS = words(
    "validfrom dateofconstruction begindatum startdate datefrom constructiondate installationdate "
    "constructionyear installationyear yearofconstruction bouwjaar begindate baujahr anlaegsaar aaretableret"
)
_TO_FIELDS = words(
    "validto dateofdemolition einddatum enddate dateto demolitiondate yearofdemolition removalyear "
    "sloopjaar abrissjahr"
)


#: What CityGML says of when an object stood, and last of when its entry in the register was made and ended.
CITY_FROM = ("validFrom", "dateOfConstruction", "yearOfConstruction", "creationDate")
CITY_TO = ("validTo", "dateOfDemolition", "yearOfDemolition", "terminationDate")


def iso_date(value: Any) -> str | None:
    """The ISO date that a year, month, date or time value means; None when it means none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return _date(str(value))


@lru_cache(maxsize=4096)
def _date(text: str) -> str | None:
    """The date that a text means; most are years that many objects have."""
    found = _DATE.match(text)
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
    """When a city object stood, from the attributes that CityGML has for it."""
    return _first_date(attributes, CITY_FROM), _first_date(attributes, CITY_TO)


def _first_date(attributes: Mapping[str, Any], names: Sequence[str]) -> str | None:
    for name in names:
        if name in attributes and (date := iso_date(attributes[name])):
            return date
    return None


def says_when(name: str) -> bool:
    """Whether an attribute of that name may say from or until when its object stands."""
    return name in (*CITY_FROM, *CITY_TO) or _validity_fields((name,)) != (None, None)


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
    latest: dict[tuple[str, str], np.datetime64] = {}
    dated = [(layer, np.datetime64(iso_date(layer.epoch) or "NaT", "D")) for layer in layers if layer.epoch]
    for layer, epoch in dated:
        kind = layer.kind, layer.series
        if epoch <= day and (kind not in latest or latest[kind] < epoch):
            latest[kind] = epoch
    return {
        layer.id: bool(np.isnat(epoch) or latest.get((layer.kind, layer.series)) == epoch)
        for layer, epoch in dated
    }


def lineage(project: Project, scenario: int | str | None) -> list[int]:
    """A scenario, by its id or name, and those from which it branches, itself first.

    Nothing for the city as it is, which is None or ''.
    """
    parents = {known.id: known.parent for known in project.scenarios}
    number = project.scenario(scenario).id if scenario else None
    found: list[int] = []
    while number is not None and number in parents and number not in found:
        found.append(number)
        number = parents[number]
    return found


def absent_in(project: Project, scenario: int | str | None) -> NDArray[np.int64]:
    """What does not stand in a scenario, ascending: fids, and of whole layers minus their ids.

    It is what the scenario and those from which it branches have replaced or taken away. Where several of
    them have changed one object, the nearest counts.
    """
    found: set[int] = set()
    for number in lineage(project, scenario):
        found.update(fid for fid, replaced in project.copies(number) if replaced in found)
        found.update(project.absent(number))
    return np.array(sorted(found), np.int64)


def date_in(project: Project, date: str | None, scenario: int | str | None) -> str | None:
    """The date that is looked at: where none is asked for, the one that the scenario changes."""
    if date:
        return date
    epochs = {known.id: known.epoch for known in project.scenarios}
    return next((epochs[number] for number in lineage(project, scenario) if epochs[number]), None)


def state_at(
    project: Project, date: str | None, scenario: int | str | None = None
) -> dict[int, tuple[Mask, Mask]]:
    """Per layer id, which of its objects stand, and which are ghosts: of other dates, or taken away in the
    scenario without anything in their place.

    The masks are in layer order; a layer without objects (a raster, a cloud) has one entry for
    itself. Without a date everything shows, whenever it stands; without a scenario the city as it is.
    """
    date = date_in(project, date, scenario)
    snapshots = {} if date is None else shown_snapshots(project.layers, date)
    own = lineage(project, scenario)
    absent = absent_in(project, scenario)
    replaced = {original for number in own for _fid, original in project.copies(number)}
    removed = absent[~np.isin(absent, list(replaced))]
    state = {}
    for layer in project.layers:
        if (layer.scenario is not None and layer.scenario not in own) or -layer.id in absent:
            nothing = np.zeros(max(layer.object_count, 1), bool)
            state[layer.id] = nothing, nothing
            continue
        stands = snapshots.get(layer.facts.get(BASE, layer.id), True)
        state[layer.id] = _state_of(project, layer, date, stands, (absent, removed))
    return state


def _state_of(
    project: Project,
    layer: Layer,
    date: str | None,
    stands: bool,
    lost: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[Mask, Mask]:
    """What stands of a layer that shows at the date (`stands`), or not, and what is a ghost.

    `lost` is what does not stand in the scenario, and what of it was taken away.
    """
    starts = project.values(layer, "valid_from")
    visible = np.full(max(len(starts), 1), stands)
    if date is not None and stands and len(starts):
        visible = is_valid(starts, project.values(layer, "valid_to"), date)
    ghosts = ~visible
    if len(starts):
        holder = project.any_layer(layer.objects_layer)
        absent, removed = (_mask_of(fids, holder) for fids in lost)
        there = ~project.gone(holder)
        if absent.any():
            ghosts = (ghosts & ~absent) | (removed & stands)
            visible = visible & ~absent
        visible, ghosts = visible & there, ghosts & there
    return visible, ghosts


def _mask_of(fids: NDArray[np.int64], layer: Layer) -> Mask:
    """Which of a layer's objects are among some, ascending, in layer order."""
    found = np.zeros(layer.object_count, bool)
    first, last = np.searchsorted(fids, (layer.first_fid, layer.first_fid + layer.object_count))
    found[fids[first:last] - layer.first_fid] = True
    return found


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
        if layer.scenario is not None:
            continue
        if layer.epoch:
            names.setdefault(iso_date(layer.epoch) or layer.epoch, []).append(layer.name)
        for key in ("valid_from", "valid_to") if layer.object_count else ():
            codes, values = project.values(layer, key).as_codes()
            there = ~project.gone(layer)
            counts = np.bincount(codes[there] + 1, minlength=len(values) + 1)[1:]
            for value, count in zip(listed(values), counts.tolist(), strict=True):
                if count and (date := iso_date(value)):
                    changes[date] = changes.get(date, 0) + count
    return [
        Tick(date, tuple(names.get(date, ())), changes.get(date, 0)) for date in sorted({*names, *changes})
    ]
