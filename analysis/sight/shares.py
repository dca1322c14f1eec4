"""What share of each surface is seen, finer than its points tell: its edges are looked for again.

The points of a surface stand for its cells, and the edge of what is seen runs through many of them. So all
surfaces that face an eye are looked at again through points that lie so that edges along the grid, as those
of upright walls are, fall evenly between them; and those that are seen in part through many more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from analysis.casters import Casters
from analysis.facades import laid_again
from analysis.hidden import hidden_in
from analysis.receivers import Receivers
from analysis.sight.seeing import Seen, Watch
from layers.columns import Mask
from layers.data import Progress, never_stop, part_of
from layers.project import Project
from layers.runs import Int64

#: Points that are laid out at once.
POINTS_AT_ONCE = 250_000


@dataclass(frozen=True)
class Fineness:
    """How finely surfaces are looked at again."""

    probes: int  # points that tell whether a surface is seen in part
    points: int  # and those that tell how much of it
    error: float  # of a share, at most: measured against exact polygons and a hundred times the points


FINE, COARSE = Fineness(256, 1600, 0.01), Fineness(64, 400, 0.03)
#: From more places surfaces are looked at less finely.
MOST_PLACES = 10


def fineness(places: int) -> Fineness:
    """How finely surfaces are looked at from so many places."""
    return FINE if places <= MOST_PLACES else COARSE


def refined(
    project: Project,
    receivers: Receivers,
    states: list[Casters],
    watch: Watch,
    seen: Seen,
    progress: Progress = never_stop,
) -> Seen:
    """The same with finer shares of surfaces; what is hidden in all states does not count."""
    found = Seen(seen.count, seen.any_share.copy(), seen.share.copy())
    fine = fineness(len(watch.eyes))
    rows = np.flatnonzero((receivers.surface >= 0) & _faced(watch, receivers))
    # What is hidden is not seen either: it matters only where something is.
    for number, (count, covering) in enumerate(((fine.probes, []), (fine.points, states))):
        parts = list(_parts(rows, count))
        for at, some in enumerate(parts):
            begin = (number + at / len(parts)) / 2
            step = part_of(progress, begin, begin + 0.5 / len(parts), "edges of what is seen")
            look_again(project, receivers, covering, watch, found, some, count, step)
        rows = rows[_in_part(found)[rows]]
    return found


def look_again(
    project: Project,
    receivers: Receivers,
    states: list[Casters],
    watch: Watch,
    found: Seen,
    rows: Int64,
    count: int,
    progress: Progress = never_stop,
) -> None:
    """Put shares of some rows into what was found, as `count` points of each tell them.

    Points that are hidden in all of the states do not count.
    """
    finer = laid_again(project, receivers, rows, count)
    masks = list(watch.seen(finer, progress))
    is_seen = np.zeros(len(finer), bool)
    for mask in masks:
        is_seen |= mask
    is_open = np.ones(len(finer), bool)
    if states:
        unseen = np.flatnonzero(~is_seen)
        some = replace(finer, points=finer.points[unseen], row=finer.row[unseen])
        is_open[unseen] = ~np.logical_or(*hidden_in(some, states))
    whole = np.bincount(finer.row[is_open], minlength=len(rows))
    known = np.flatnonzero(whole)
    for number, mask in enumerate(masks):
        part = np.bincount(finer.row[mask], minlength=len(rows))
        found.share[number, rows[known]] = part[known] / whole[known]
    part = np.bincount(finer.row[is_seen], minlength=len(rows))
    found.any_share[rows[known]] = part[known] / whole[known]


def _in_part(seen: Seen) -> Mask:
    """(r,) which rows somebody sees neither whole nor not at all."""
    return np.asarray(((seen.share > 0) & (seen.share < 1)).any(axis=0))


def _faced(watch: Watch, receivers: Receivers) -> Mask:
    """(r,) which rows some eye is before; those without points are not told from."""
    rows, first = np.unique(receivers.row, return_index=True)
    found = np.zeros(len(receivers.fid), bool)
    places, (nx, ny, nz) = receivers.points[first], receivers.normals[first].T
    for eye in watch.eyes:
        x, y, z = (eye - places).T
        found[rows] |= nx * x + ny * y + nz * z > 0
    return found


def _parts(rows: Int64, count: int) -> Iterator[Int64]:
    """Rows, so many at once that their points are not too many."""
    step = max(1, POINTS_AT_ONCE // count)
    for begin in range(0, len(rows), step):
        yield rows[begin : begin + step]
