"""What windows see, as tables and sentences: shares by kind and by object, the panorama, the sun's months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.landcover import KINDS, TITLES
from analysis.naming import Naming
from analysis.panorama import upright_runs
from analysis.sight.windowlook import BEHIND, NO_ONE, Sight
from analysis.sight.windowplaces import Places
from analysis.sight.windowsun import MONTHS, SunSeen
from analysis.survey import with_change
from layers.arrays import Float64
from layers.results import BEFORE, CHANGE, FINDINGS, Table, Values
from layers.runs import Int64
from layers.views import View
from layers.written import grouped

#: Names of the tables.
SHARES, SEEN, PANORAMA, MONTHLY = "view_shares", "seen_objects", "panorama", "months"
#: Columns: shares in % of all before the facade (or around a spot) and of the picture, hours of a year.
VIEW, PICTURE, TAKEN, SUNLIGHT = "view_pct", "picture_pct", "sun_taken_h", "sunlight_h"
#: The states in the panorama.
STATES = ("now", "before")
#: What changes the view, and the sun in a year, by less is not spoken of.
LEAST_PCT, LEAST_H = 0.05, 0.5
#: Objects that change nothing are listed from here on.
LISTED_PCT, LISTED_H = 0.2, 5.0
#: Cells of the panoramas that are kept, and of so many places.
KEPT_DEG, MOST_PANORAMAS = 1.0, 8


@dataclass(frozen=True)
class StateSeen:
    """What is seen in one state of the city."""

    shares: Float64  # (6,) of all that the windows see, on average
    sights: Sequence[Sight]  # of each place that is looked at closely
    sun: SunSeen | None


@dataclass(frozen=True)
class Found:
    """What is found, in the state looked at and in the one before, if any."""

    places: Places
    views: Sequence[View]
    states: Sequence[StateSeen]
    naming: Naming
    convergence_deg: float
    step_deg: float
    is_mean: bool = False  # the shares are those of many windows, and one of them is looked at closely


def tables_of(found: Found) -> dict[str, Table]:
    """All tables, by name."""
    objects = _objects(found)
    tables = {
        FINDINGS: Table({"sentence": _sentences(found, objects)}),
        SHARES: _shares(found),
        SEEN: objects,
        PANORAMA: _panorama(found),
    }
    suns = [state.sun for state in found.states if state.sun is not None]
    if suns:
        columns = zip((SUNLIGHT, SUNLIGHT + BEFORE), suns, strict=False)
        months = {name: sun.months_h for name, sun in columns}
        tables[MONTHLY] = Table({"month": np.array(MONTHS), **months})
    return tables


def _shares(found: Found) -> Table:
    """A row per kind."""
    states = [
        {
            VIEW: 100 * state.shares,
            PICTURE: 100 * np.nanmean([sight.picture for sight in state.sights], axis=0),
        }
        for state in found.states
    ]
    return Table({"kind": list(KINDS), "name": [TITLES[kind] for kind in KINDS], **with_change(*states)})


def _objects(found: Found) -> Table:
    """A row per object: those that change most first, else those that are seen most."""
    fids = sorted({fid for state in found.states for fid in _fids(state)})
    columns = with_change(*(_of_objects(state, fids) for state in found.states))
    shown = np.zeros(len(fids), bool)
    for name, values in columns.items():
        is_change, is_sun = name.endswith(CHANGE), name.startswith(TAKEN)
        least = (LEAST_H if is_sun else LEAST_PCT) if is_change else LISTED_H if is_sun else LISTED_PCT
        shown |= np.abs(values) >= least
    change = np.abs(columns.get(VIEW + CHANGE, np.zeros(len(fids))))
    order = np.lexsort((-columns[VIEW], -np.where(change >= LEAST_PCT, change, 0.0)))
    order = order[shown[order]]
    listed = [fids[at] for at in order.tolist()]
    return Table(
        {
            "fid": np.array(listed, np.int64),
            "object_id": [found.naming.id(fid) for fid in listed],
            "name": [found.naming.title(fid) for fid in listed],
            **{name: values[order] for name, values in columns.items()},
            "nearest_m": np.array([_nearest(found, fid) for fid in listed], np.float64),
        }
    )


def _fids(state: StateSeen) -> set[int]:
    taken = {key for key in state.sun.taken_h if key >= 0} if state.sun is not None else set[int]()
    return taken.union(*(sight.owners for sight in state.sights))


def _of_objects(state: StateSeen, fids: Sequence[int]) -> dict[str, Float64]:
    """Shares of the view and of the picture, on average, and hours of sun that objects take."""
    nothing = (0.0, 0.0, np.inf)
    parts = np.array([[sight.owners.get(fid, nothing)[:2] for fid in fids] for sight in state.sights])
    means = 100 * parts.reshape(len(state.sights), len(fids), 2).mean(axis=0)
    columns = {VIEW: means[:, 0], PICTURE: means[:, 1]}
    if state.sun is not None:
        columns[TAKEN] = np.array([state.sun.taken_h.get(fid, 0.0) for fid in fids], np.float64)
    return columns


def _nearest(found: Found, fid: int) -> float:
    """How near an object is seen, NaN where it is not seen and only takes the sun."""
    sights = [sight for state in found.states for sight in state.sights if fid in sight.owners]
    return min((sight.owners[fid][2] for sight in sights), default=np.nan)


def _panorama(found: Found) -> Table:
    """A row for each upright run of cells in which the same is seen, of each place in each state."""
    parts = [
        _runs(found, state_name, *place)
        for state_name, state in zip(STATES, found.states, strict=False)
        for place in list(zip(found.places.names, found.views, state.sights, strict=True))[:MOST_PANORAMAS]
    ]
    return Table({name: _joined([part[name] for part in parts]) for name in parts[0]})


def _runs(found: Found, state_name: str, name: str, view: View, sight: Sight) -> dict[str, Values]:
    """The runs of one place in one state."""
    every = max(round(KEPT_DEG / found.step_deg), 1)
    size = every * found.step_deg
    kind, owner = (
        cells[every // 2 :: every, every // 2 :: every]
        for cells in (sight.panorama.kind, sight.panorama.owner)
    )
    pairs, number = np.unique(np.stack((kind.ravel(), owner.ravel()), axis=1), axis=0, return_inverse=True)
    runs: Int64 = upright_runs(number.reshape(kind.shape).astype(np.int64))
    seen = pairs[runs[:, 3]]
    runs, seen = runs[seen[:, 0] != BEHIND], seen[seen[:, 0] != BEHIND]
    off = runs[:, 0] * size - 180
    return {
        "place": [name] * len(runs),
        "state": [state_name] * len(runs),
        "off_deg": off,
        "azimuth_deg": (view.azimuth_deg + found.convergence_deg + off) % 360,
        "from_altitude_deg": runs[:, 1] * size - 90,
        "to_altitude_deg": runs[:, 2] * size - 90,
        "kind": [KINDS[at] for at in seen[:, 0].tolist()],
        "fid": np.maximum(seen[:, 1], NO_ONE),
        "name": [found.naming.title(fid) if fid >= 0 else "" for fid in seen[:, 1].tolist()],
        "step_deg": np.full(len(runs), size),
    }


def _joined(values: Sequence[Values]) -> Values:
    texts = [one for one in values if isinstance(one, list)]
    return [text for one in texts for text in one] if texts else np.concatenate(values)


# --- in sentences --------------------------------------------------------------------------------


def _sentences(found: Found, objects: Table) -> list[str]:
    """What a planner wants to read, the most important first."""
    difference = _difference(found, objects) if len(found.states) > 1 else []
    sun = list(_sun(found))
    if found.is_mean:  # these speak of one of many windows
        changes = difference and np.isfinite([state.shares[0] for state in found.states]).all()
        where = "Where the view changes most" if changes else "In the middle of them"
        difference = [f"{where}, {text}" for text in difference[:1]] + difference[1:]
        sun = [f"{where}, {text[0].lower()}{text[1:]}" for text in sun]
        return [*difference, _sees(found), *_change(found), *sun, _closely(found, where)]
    return [*difference, _sees(found), *_change(found), *sun]


def _closely(found: Found, where: str) -> str:
    """Which one of many windows the picture and the objects are of."""
    x, y, z = found.places.eyes[0].tolist()
    return (
        f"Objects and picture are those of one {found.places.names[0]} at {x:.2f}, {y:.2f}, {z:.2f}, "
        f"{where[0].lower()}{where[1:]}: it sees {_kinds(found.states[0].sights[0].whole)}."
    )


def _difference(found: Found, objects: Table) -> list[str]:
    """Which object makes the difference: what is lost or won by all that changes, then its own part."""
    change = objects.numbers(VIEW + CHANGE)
    if not (np.abs(change) >= LEAST_PCT).any():
        here = "nothing that is seen" if found.is_mean else "Nothing that is seen from here"
        return [f"{here} changes."]
    most = int(np.argmax(change))
    most = most if change[most] >= LEAST_PCT else int(np.argmin(change))
    name = objects.texts("name")[most]
    net = [*_view_net(found), *_sun_net(found)]
    return [f"{name} makes the difference: {' and '.join(net)}.", *_own(found, objects, most)]


def _view_net(found: Found) -> list[str]:
    """How the share that changes most changes, sky and open ground before buildings."""
    now, before = (100 * np.mean([sight.whole for sight in state.sights], axis=0) for state in found.states)
    change = np.abs(now - before)
    open_kinds = np.where([kind != "building" for kind in KINDS], change, 0.0)
    at = int(np.argmax(open_kinds if open_kinds.max() >= LEAST_PCT else change))
    if change[at] < LEAST_PCT:
        return ["as much is seen of all kinds as before"]
    way = "goes down" if now[at] < before[at] else "goes up"
    return [f"{TITLES[KINDS[at]].lower()} {way} from {before[at]:.1f} to {now[at]:.1f} % of the view"]


def _sun_net(found: Found) -> list[str]:
    """The hours of sun that are lost or won."""
    lost = _lost_h(found)
    if abs(lost) < LEAST_H:
        return []
    return [f"{_hours(abs(lost))} of sun a year are {'lost' if lost > 0 else 'won'}"]


def _lost_h(found: Found) -> float:
    """By how many hours there is less sun than before; nothing where that was not asked for."""
    now, *before = [state.sun.year_h for state in found.states if state.sun is not None] or [0.0]
    return before[0] - now if before else 0.0


def _own(found: Found, objects: Table, most: int) -> list[str]:
    """What an object covers by itself: more than what is lost, where something was there before."""
    covers = [
        f"{objects.numbers(column + CHANGE)[most]:.1f} % of the {what}"
        for column, what in ((VIEW, "view"), (PICTURE, "picture"))
        if objects.numbers(column + CHANGE)[most] >= LEAST_PCT
    ]
    said = f"By itself it covers {' and '.join(covers)}" if covers else ""
    if not said:
        gone = -objects.numbers(VIEW + CHANGE)[most]
        return [f"It no longer covers {gone:.1f} % of the view."]
    hours = objects.numbers(TAKEN + CHANGE)[most] if TAKEN in objects.columns else 0.0
    if hours >= LEAST_H:
        said += f" and takes {_hours(hours)} of sun a year"
        if (others := hours - _lost_h(found)) >= LEAST_H:
            said += f", of which others took {_hours(others)} before"
    return [f"{said}."]


def _sees(found: Found) -> str:
    """As in "The window of Lohe School sees 31.0 % sky, 12.4 % green and …"."""
    return f"{_subject(found)} {_kinds(found.states[0].shares)}."


def _kinds(shares: Float64) -> str:
    """As in "31.0 % sky, 12.4 % green and 56.6 % buildings"."""
    parts = [
        f"{share:.1f} % {TITLES[kind].lower()}"
        for kind, share in zip(KINDS, (100 * shares).tolist(), strict=True)
        if share >= LEAST_PCT
    ]
    return (f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)) or "nothing"


def _subject(found: Found) -> str:
    names = found.places.names
    if found.is_mean:
        return "On average these windows see"
    if len(names) > 1:
        return f"On average these {len(names)} places see"
    article = "The " if not names[0][-1].isdigit() else ""
    return f"{article}{names[0] if article else names[0].capitalize()} sees"


def _change(found: Found) -> list[str]:
    """As in "Sky goes down from 45.2 to 31.0 %, green …"."""
    if len(found.states) < 2:
        return []
    now, before = (100 * state.shares for state in found.states)
    parts = [
        f"{TITLES[KINDS[at]].lower()} from {before[at]:.1f} to {now[at]:.1f} %"
        for at in np.argsort(-np.abs(now - before), kind="stable").tolist()
        if abs(now[at] - before[at]) >= LEAST_PCT
    ]
    if not parts:
        return []
    said = ", ".join(parts)
    return [f"{said[0].upper()}{said[1:]}."]


def _sun(found: Found) -> list[str]:
    """As in "It gets 1432 h of sun a year, 1644 h before."."""
    years = [state.sun.year_h for state in found.states if state.sun is not None]
    if not years:
        return []
    it = "They get" if len(found.places) > 1 else "It gets"
    before = f", {_hours(years[1])} before" if len(years) > 1 else ""
    return [f"{it} {_hours(years[0])} of sun a year if there are no clouds{before}."]


def _hours(hours: float) -> str:
    return f"{grouped(hours)} h"
