"""What exposure comes to: area by area, by how much is seen, and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.naming import Naming
from analysis.receivers import LIFT_M, Receivers
from analysis.sight.appearance import Appearance
from analysis.sight.looking import Observers
from analysis.sight.targets import Target
from analysis.survey import with_change
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Box
from layers.results import BEFORE, Table
from layers.runs import totals
from layers.views import View
from layers.written import grouped

AREAS, SHARES, CHANGES = "areas", "shares", "changes"
SEEN_AREA, SEEN_AREA_PCT = "seen_area_m2", "seen_area_pct"
MEAN_HEIGHT, MOST_HEIGHT, MOST_SOLID = "mean_height_m", "most_height_m", "most_solid_angle_msr"
#: Of what would be seen if nothing else stood; how much area sees at least so much is told.
STEPS_PCT = (1, 10, 25, 50, 75, 90)
#: Shares that differ by less than this are the same, in per cent of the object.
SAME_PCT = 1.0
NO_LONGER, LESS, MORE, NEWLY = "no longer seen", "seen less", "seen more", "newly seen"
#: Areas that are told by name.
MOST_TOLD = 3
M2_PER_HA = 10_000.0
#: A picture of an object is taken from at least so many times its size away, so many times as wide as it.
AWAY, PICTURE = 1.5, 2.0
WIDEST_DEG = 90.0


@dataclass(frozen=True)
class Words:
    """How one speaks of what is looked at."""

    are: str
    them: str
    their: str


ONE, MANY = Words("it is", "it", "its"), Words("they are", "them", "their")


def is_exposed(seen: Appearance, least_pct: float) -> Mask:
    """(n,) from which places it counts as seen."""
    found: Mask = (seen.seen_sr > 0) & (100 * seen.share >= least_pct)
    return found


def areas_table(
    naming: Naming, places: Receivers, area_m2: Float64, states: Sequence[Appearance], least_pct: float
) -> Table:
    """A row per area: from how much of it something is seen, and how much; most first."""
    count = len(places.fid)
    total = totals(places.row, area_m2, count)
    columns = with_change(*(_of_areas(places, area_m2, total, seen, least_pct) for seen in states))
    order = np.argsort(-columns[SEEN_AREA], kind="stable")
    order = order[total[order] > 0]
    rows = order.tolist()
    names = [naming.title(fid) if fid >= 0 else places.object_id[row] for row, fid in enumerate(places.fid)]
    return Table(
        {
            "fid": places.fid[order],
            "object_id": [places.object_id[row] for row in rows],
            "name": [names[row] for row in rows],
            "area_m2": total[order],
            **{name: values[order] for name, values in columns.items()},
        }
    )


def _of_areas(
    places: Receivers, area_m2: Float64, total: Float64, seen: Appearance, least_pct: float
) -> dict[str, Float64]:
    exposed = is_exposed(seen, least_pct)
    row, mine, count = places.row[exposed], area_m2[exposed], len(total)
    area = totals(row, mine, count)
    heights = totals(row, mine * seen.height_m[exposed], count)
    most = np.zeros((2, count))
    np.maximum.at(most[0], row, seen.height_m[exposed])
    np.maximum.at(most[1], row, 1000 * seen.seen_sr[exposed])
    return {
        SEEN_AREA: area,
        SEEN_AREA_PCT: 100 * _shares(area, total),
        MEAN_HEIGHT: _shares(heights, area),
        MOST_HEIGHT: most[0],
        MOST_SOLID: most[1],
    }


def shares_table(area_m2: Float64, states: Sequence[Appearance]) -> Table:
    """From how much area at least so much is seen of what would be if nothing else stood."""
    found = with_change(
        *(
            {SEEN_AREA: np.array([area_m2[100 * seen.share >= step].sum() for step in STEPS_PCT])}
            for seen in states
        )
    )
    whole = area_m2.sum()
    pct = with_change(
        *({SEEN_AREA_PCT: 100 * found[SEEN_AREA + end] / whole} for end in ("", BEFORE)[: len(states)])
    )
    return Table({"at_least_pct": np.array(STEPS_PCT), **found, **pct})


def changes_table(area_m2: Float64, now: Appearance, before: Appearance, least_pct: float) -> Table:
    """On how much area something is no longer seen, less, more, or newly."""
    is_seen, was_seen = is_exposed(now, least_pct), is_exposed(before, least_pct)
    change = 100 * (now.share - before.share)
    both = is_seen & was_seen
    found = {
        NO_LONGER: was_seen & ~is_seen,
        LESS: both & (change <= -SAME_PCT),
        MORE: both & (change >= SAME_PCT),
        NEWLY: is_seen & ~was_seen,
    }
    area = np.array([area_m2[mask].sum() for mask in found.values()])
    return Table({"change": list(found), "area_m2": area, "area_pct": 100 * area / area_m2.sum()})


def said_of_changes(changes: Table, they: Words) -> str:
    """What the changes come to, in a sentence."""
    rows = zip(changes.texts("change"), changes.numbers("area_m2").tolist(), strict=True)
    said = [f"{what} from {_area(area)}" for what, area in rows if area]
    if not said:
        return f"As much of {they.them} is seen as before."
    return f"Compared with before {they.are} {', '.join(said)}."


def findings_of(
    target: Target, where: str, height_m: float, areas: Table, changes: Table | None
) -> Iterator[str]:
    """The sentences that the result is about; `height_m` is that of what is looked at.

    `changes` where it stands in both states.
    """
    they = MANY if target.count > 1 else ONE
    total = float(areas.numbers("area_m2").sum())
    seen = float(areas.numbers(SEEN_AREA).sum())
    share = f"{_percent(seen / total)} of {where} ({_area(seen)} of {_area(total)})"
    said = f"{target.title} {they.are.split()[1]} seen from {share}"
    if changes is not None:
        before = float(areas.numbers(SEEN_AREA + BEFORE).sum())
        said += f"; before from {_percent(before / total)} ({_area(before)})"
    yield f"{said}."
    if changes is not None:
        yield said_of_changes(changes, they)
    if not seen:
        return
    mean = float((areas.numbers(MEAN_HEIGHT) * areas.numbers(SEEN_AREA)).sum() / seen)
    yield f"Where {they.are} seen, {mean:.0f} m of {they.their} {height_m:.0f} m show on average."
    if len(areas) > 1:
        rows = zip(areas.texts("name"), areas.numbers(SEEN_AREA), areas.numbers(SEEN_AREA_PCT), strict=True)
        most = [
            f"{name} ({_area(area)}, {pct:.0f} % of it)" for name, area, pct in list(rows)[:MOST_TOLD] if area
        ]
        yield f"{they.are.capitalize()} seen most from {', '.join(most)}."


def largest_from(
    naming: Naming, places: Receivers, eyes: Float64, seen: Appearance, box: Box, convergence_deg: float
) -> tuple[Observers, View] | None:
    """The place at some distance from which an object looks largest, and the picture from there."""
    low, high = np.reshape(box, (2, 3))
    middle, size = (low + high) / 2, float(np.linalg.norm(high - low))
    away = np.hypot(*(eyes - middle)[:, :2].T)
    far = np.where(away >= AWAY * size, seen.seen_sr, 0.0)
    if not far.any():
        return None
    row = int(np.argmax(far))
    fid = int(places.fid[places.row[row]])
    name = naming.title(fid) if fid >= 0 else places.object_id[places.row[row]]
    here = f"{name}, {grouped(away[row])} m away"
    feet = places.points[row : row + 1] - np.array((0.0, 0.0, LIFT_M))
    wide = 2 * np.degrees(np.arctan(PICTURE * size / 2 / away[row]))
    x, y, z = eyes[row].tolist()
    to_x, to_y, to_z = middle.tolist()
    fov_deg = float(min(round(wide), WIDEST_DEG))
    view = View(here, (x, y, z), (to_x, to_y, to_z), fov_deg, convergence_deg=convergence_deg)
    return Observers(feet, eyes[row : row + 1], (here,)), view


def _shares(part: Float64, whole: Float64) -> Float64:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


def _percent(share: float) -> str:
    return "less than 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def _area(area_m2: float) -> str:
    return f"{area_m2 / M2_PER_HA:.1f} ha" if area_m2 >= M2_PER_HA else f"{grouped(area_m2)} m²"
