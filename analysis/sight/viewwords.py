"""What was found of protected views, in sentences as a planner reads them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.sight.allowedheights import ALLOWED
from analysis.sight.corridor import Corridor
from analysis.sight.landmark import Landmark
from analysis.sight.looking import Observers
from analysis.sight.silhouette import Outlook, change_of
from analysis.sight.viewbreaks import GONE, Break, Rises, Seen, hidden_m
from analysis.verdicts import FAIL, PASS
from layers.arrays import Float64
from layers.results import Table
from layers.written import grouped, metres

#: What is judged, of one state and against a state before.
JUDGED = {
    False: "All that rises into it breaks the view.",
    True: "Only what is new or higher than in the state before breaks the view; what was there is told too.",
}
#: Of the landmark; trees that hide less of it are not told.
LEAST_HIDDEN = 0.01
#: Of the skyline; less is not told.
LEAST_RISE_DEG = 0.05
#: Of the landmark; less is as good as nothing.
NOTHING_SEEN = 0.005
#: So many that break a view are told.
MOST_TOLD = 5


@dataclass(frozen=True)
class Looked:
    """What is seen from one viewing place."""

    name: str
    corridor: Corridor
    directions_deg: Float64  # (m,) in the grid
    rises: tuple[Rises, ...]  # a state each
    outlooks: tuple[Outlook, ...]
    breaks: tuple[Break, ...]

    @property
    def verdict(self) -> str:
        """Whether the view is kept."""
        return FAIL if any(one.counts for one in self.breaks) else PASS


@dataclass(frozen=True)
class Said:
    """All that the tables tell of."""

    landmark: Landmark
    threshold_z: float
    watched: Observers
    looked: Sequence[Looked]
    seen: Sequence[Seen]  # a state each
    convergence_deg: float
    compares: bool

    @property
    def is_one(self) -> bool:
        """Whether there is one viewing place only."""
        return len(self.looked) == 1


def in_short(said: Said) -> str:
    """The verdict in a title."""
    worst = _worst(said)
    if worst is None:
        return "the view is kept"
    return f"{worst.name} breaks the protected view by {metres(worst.shown.above_m)}"


def sentences(said: Said, surfaces: Table) -> list[str]:
    """What was found, the most important first."""
    found = []
    for looked in sorted(said.looked, key=lambda one: one.verdict != FAIL):
        found += of_place(said, looked)
    return [*found, *_allowed(said, surfaces)]


def of_place(said: Said, looked: Looked) -> list[str]:
    """What was found from one viewing place, its verdict first."""
    breaks = [one for one in looked.breaks if one.counts]
    whence = "" if said.is_one else f" from {looked.name}"
    if not breaks:
        kept = f"{_kept(said, looked)}{whence}."
        return [kept, *_already(said, looked), *_seen(said, looked), *_skyline(said, looked)]
    worst, *others = breaks
    found = [f"{worst.name} breaks the protected view{whence} by {metres(worst.shown.above_m)}."]
    found.append(_where(said, looked, worst))
    if others:
        told = [f"{one.name} by {metres(one.shown.above_m)}" for one in others[:MOST_TOLD]]
        more = len(others) - len(told)
        also = ", ".join([*told, *([f"and {more} more"] if more else [])])
        found.append(f"Also breaking it: {also}.")
    return [*found, *_already(said, looked), *_seen(said, looked), *_skyline(said, looked)]


def _where(said: Said, looked: Looked, one: Break) -> str:
    """Where something breaks the view, how high it may be there, and what it hides."""
    rise = one.shown
    x, y, z = rise.at.tolist()
    limit = z - rise.above_m
    ground = float(said.seen[0].cast.ground.heights(rise.at[None, :2])[0])
    above = f", {_at_most(limit - ground)} above the ground" if np.isfinite(ground) else ""
    above = ": the ground itself is too high" if limit < ground else above
    hidden = hidden_m(looked.corridor, rise, said.landmark.top_z)
    whole = said.landmark.top_z - said.threshold_z
    part = "all" if hidden > whole - 0.05 else f"{hidden:.1f} m"
    hides = (
        f"Where it is highest, {one.name} hides {part} of the upper {whole:.1f} m of {said.landmark.name}"
        if hidden > 0
        else f"{one.name} rises behind {said.landmark.name}"
    )
    return (
        f"{hides}, {grouped(rise.distance_m)} m from the eye at {x:.1f}, {y:.1f}; "
        f"there it may reach {_at_most(limit)} at most{above}."
    )


def _kept(said: Said, looked: Looked) -> str:
    """That a view is kept, and by how much."""
    what = "Nothing new breaks" if said.compares else "Nothing breaks"
    below = [rise for rise in looked.rises[0].each if not rise.breaks and rise.key >= 0]
    near = (
        f"; {said.seen[0].names.title(below[0].key)} stays {metres(-below[0].above_m)} below it"
        if below
        else ""
    )
    return f"{what} the protected view of {said.landmark.name}{near}"


def _already(said: Said, looked: Looked) -> list[str]:
    """What stands in a view and did so before, and what did and is gone."""
    old = [one for one in looked.breaks if not one.counts]
    stays = [one for one in old if one.state != GONE]
    gone = [one for one in old if one.state == GONE]
    words = ("Already in the view before", stays), ("In the view before, and gone", gone)
    return [f"{what}: {_listed(breaks)}." for what, breaks in words if breaks]


def _listed(breaks: Sequence[Break]) -> str:
    """Objects, each with how far it rises into the view."""
    told = ", ".join(f"{one.name} by {metres(one.shown.above_m)}" for one in breaks[:MOST_TOLD])
    return f"{told} and {len(breaks) - MOST_TOLD} more" if len(breaks) > MOST_TOLD else told


def _seen(said: Said, looked: Looked) -> list[str]:
    """What is seen of the landmark's upper part."""
    shares = [view.seen_share for view in looked.outlooks]
    if not np.isfinite(shares[0]):
        return []
    whence = "" if said.is_one else f"From {looked.name}, "
    share, before = _shares(shares)
    found = [f"{whence}{share} of the whole upper part of {said.landmark.name} is seen{before}."]
    if looked.verdict == FAIL and len(shares) > 1 and shares[1] < NOTHING_SEEN:
        found.append("It was hidden before already: what breaks the view takes nothing that was seen.")
    leafy = [view.with_trees for view in looked.outlooks]
    if max(abs(one - other) for one, other in zip(shares, leafy, strict=True)) > LEAST_HIDDEN:
        found.append(
            f"Trees are left out: with them in leaf, {_shares(leafy)[0]} would be seen{_shares(leafy)[1]}."
        )
    return found


def _skyline(said: Said, looked: Looked) -> list[str]:
    """How the silhouette changes."""
    if len(looked.outlooks) < 2:
        return []
    change = change_of(looked.directions_deg, *looked.outlooks)
    if change.largest_deg < LEAST_RISE_DEG:
        return []
    name = said.seen[0].names.title(change.key)
    whence = "" if said.is_one else f" from {looked.name}"
    lost = f"{change.raised_deg2:.0f} square degrees of sky" if change.raised_deg2 >= 1 else "hardly any sky"
    return [f"The skyline{whence} rises by up to {change.largest_deg:.1f}°, at {name}, and takes {lost}."]


def _shares(shares: Sequence[float]) -> tuple[str, str]:
    """A share, and what it was before."""
    before = f", before {100 * shares[1]:.0f} %" if len(shares) > 1 and np.isfinite(shares[1]) else ""
    return f"{100 * shares[0]:.0f} %", before


def _allowed(said: Said, surfaces: Table) -> list[str]:
    """How high one may build on plots."""
    rows = zip(surfaces.numbers("fid").astype(int).tolist(), surfaces.numbers(ALLOWED).tolist(), strict=True)
    plots = [(said.seen[0].names.title(fid), height) for fid, height in rows if fid >= 0]
    return [
        f"On {name}, within the corridor, one may build up to {_at_most(height)} high."
        if height > 0
        else f"On {name}, within the corridor, the ground itself reaches into the view."
        for name, height in plots[:MOST_TOLD]
        if np.isfinite(height)
    ]


def _at_most(value_m: float) -> str:
    """A height that is still allowed, rounded down."""
    return f"{math.floor(round(10 * value_m, 6)) / 10:.1f} m"


def _worst(said: Said) -> Break | None:
    """What breaks a view the most."""
    found = [one for looked in said.looked for one in looked.breaks if one.counts]
    return max(found, key=lambda one: one.shown.above_m, default=None)
