"""What is seen, as tables: of points and surfaces, of objects, of places; and in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.gridding import SMALLEST_M2
from analysis.naming import Naming
from analysis.receivers import Receivers
from analysis.sight.looking import Observers
from analysis.sight.seeing import Seen
from analysis.survey import standing_only, with_change
from layers.arrays import Float64
from layers.columns import Mask
from layers.results import BEFORE, Quantity, Table
from layers.written import grouped

#: Pale where nothing is seen.
COLORS = "seen"
SEEN, SEEN_BY, SEEN_BY_PCT = "seen_fraction", "seen_by", "seen_by_pct"
#: Seen or not.
WORDS = ("Not seen", "Seen")
IS_SEEN = Quantity(SEEN, "Seen", "", digits=2, color_map=COLORS, low=0.0, high=1.0, words=WORDS)
#: Where there are several places.
CUMULATIVE = (
    Quantity(SEEN_BY, "Seen from so many places", "", digits=0, color_map=COLORS, low=0.0),
    Quantity(SEEN_BY_PCT, "Seen from this share of the places", "%", color_map=COLORS, low=0, high=100),
)
AREA, SEEN_AREA, SEEN_PCT = "area_m2", "seen_m2", "seen_pct"
#: Objects that are told one by one.
MOST_TOLD = 3
#: Changes smaller than this are not told.
LEAST_M2 = 0.5


@dataclass(frozen=True)
class Outlook:
    """What is seen in one state: columns of points (n,) and of rows (r,), NaN where nothing stands."""

    points: Mapping[str, Float64]
    rows: Mapping[str, Float64]
    seen_m2: Float64  # (k,) from each place


def outlook(seen: Seen, receivers: Receivers, stood: Mask) -> Outlook:
    """Quantities of what is seen; `stood` (r,) which rows are there."""
    places, area = len(seen.share), receivers.row_area_m2
    points = {SEEN: (seen.count > 0).astype(np.float64)}
    rows = {SEEN: seen.any_share}
    if places > 1:
        points |= {SEEN_BY: seen.count.astype(np.float64), SEEN_BY_PCT: 100.0 * seen.count / places}
        rows |= {SEEN_BY: seen.places.astype(np.float64), SEEN_BY_PCT: 100.0 * seen.mean_share}
    return Outlook(
        standing_only(points, stood[receivers.row]),
        standing_only(rows, stood),
        np.array([float((share * area)[stood].sum()) for share in seen.share]),
    )


def objects_table(
    naming: Naming, receivers: Receivers, now: Outlook, before: Outlook | None, is_chosen: bool = False
) -> Table:
    """A row per object, or piece of ground, of which something is seen, the one of which most is seen first.

    `is_chosen`: all of them, as each was asked for.
    """
    wholes = naming.wholes(receivers.fid)
    # Pieces of ground and windows, which are no objects, are each their own.
    keys = np.where(wholes >= 0, wholes, -1 - np.arange(len(wholes)))
    _, first, of_row = np.unique(keys, return_index=True, return_inverse=True)
    area = receivers.row_area_m2
    weight = np.maximum(area, SMALLEST_M2)  # lone points have no area

    def summed(values: Float64) -> Float64:
        there = np.bincount(of_row, np.isfinite(values), len(first))
        total = np.bincount(of_row, np.nan_to_num(values), len(first))
        return np.where(there > 0, total, np.nan)

    def columns(found: Outlook) -> dict[str, Float64]:
        share = found.rows[SEEN]
        whole = summed(np.where(np.isfinite(share), weight, np.nan))
        return {SEEN_AREA: summed(share * area), SEEN: summed(share * weight) / whole}

    found = with_change(columns(now), columns(before) if before else None)
    seen = np.nan_to_num(found[SEEN_AREA])
    is_told = np.full(len(seen), is_chosen)
    for name in (SEEN, SEEN + BEFORE):
        is_told |= np.nan_to_num(found.get(name, seen)) > 0
    order = np.argsort(-seen, kind="stable")
    order = order[is_told[order]]
    fids, rows = keys[first][order], first[order].tolist()
    is_object = (fids >= 0).tolist()
    pairs = list(zip(fids.tolist(), rows, is_object, strict=True))
    return Table(
        {
            "fid": np.maximum(fids, -1),
            "object_id": [naming.id(fid) if known else receivers.object_id[row] for fid, row, known in pairs],
            "name": [naming.title(fid) if known else receivers.object_id[row] for fid, row, known in pairs],
            AREA: summed(area)[order],
            **{name: values[order] for name, values in found.items()},
        }
    )


def places_table(receivers: Receivers, observers: Observers, now: Outlook, before: Outlook | None) -> Table:
    """A row per viewing place: how much is seen from it."""
    area = receivers.row_area_m2

    def columns(found: Outlook) -> dict[str, Float64]:
        whole = max(float(area[np.isfinite(found.rows[SEEN])].sum()), SMALLEST_M2)
        return {SEEN_AREA: found.seen_m2, SEEN_PCT: 100.0 * found.seen_m2 / whole}

    return Table(
        {"name": list(observers.names), **with_change(columns(now), columns(before) if before else None)}
    )


def findings(
    naming: Naming,
    receivers: Receivers,
    observers: Observers,
    now: Outlook,
    before: Outlook | None,
    is_all: bool = True,
) -> Table:
    """What was found, in sentences; not `is_all`: only what is within reach and in view was looked at."""
    objects = objects_table(naming, receivers, now, None)
    where = one_of(observers)
    seen, whole = float(np.nansum(objects.numbers(SEEN_AREA))), float(receivers.row_area_m2.sum())
    points = int(np.count_nonzero(now.points[SEEN] > 0))
    if not points and seen <= 0:
        said = [f"Nothing of it is seen from {one_of(observers, 'any')}."]
    elif whole <= 0:
        said = [f"{grouped(points)} of {grouped(len(receivers))} points are seen from {where}."]
    else:
        share = _percent(seen / whole)
        within = "" if is_all else " within reach"
        said = [f"{grouped(seen)} m² of {grouped(whole)} m²{within} ({share}) are seen from {where}."]
        if len(objects) > 1:
            most = zip(objects.texts("name"), objects.numbers(SEEN_AREA), objects.numbers(SEEN), strict=True)
            told = [f"{name} ({grouped(area)} m², {_percent(part)})" for name, area, part in most]
            said.append(f"Most is seen of {', '.join(told[:MOST_TOLD])}.")
    if before is not None:
        said += _changes(receivers, now, before)
    return Table({"sentence": said})


def one_of(observers: Observers, how_many: str = "at least one") -> str:
    """After "seen from": the place, or one of them."""
    return observers.names[0] if len(observers) == 1 else f"{how_many} of the {len(observers)} places"


def _percent(share: float) -> str:
    """As in "34 %", "2.3 %"."""
    return f"{100 * share:.{0 if share >= 0.1 else 1}f} %"


def _changes(receivers: Receivers, now: Outlook, before: Outlook) -> list[str]:
    """What came into sight and what was lost from it, point by point."""
    is_seen, was_seen = now.points[SEEN] > 0, before.points[SEEN] > 0
    is_there, was_there = (np.isfinite(found.points[SEEN]) for found in (now, before))
    area = receivers.area_m2
    new = float(area[is_seen & ~was_there].sum())
    gained = float(area[is_seen & was_there & ~was_seen].sum())
    lost = float(area[is_there & ~is_seen & was_seen].sum())
    said = [
        f"{grouped(amount)} m² {what}."
        for amount, what in (
            (lost, "that were seen before are no longer seen"),
            (gained, "that were hidden before are seen now"),
            (new, "of what was not there before are seen"),
        )
        if amount >= LEAST_M2
    ]
    return said or ["Between the two states nothing changes in what is seen."]
