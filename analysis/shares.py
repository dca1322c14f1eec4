"""What share of each surface is seen, finer than its points tell: its edges are looked for again.

The points of a surface stand for its cells, and the edge of what is seen runs through many of them. So
surfaces that are seen in part, and those of few points, are looked at again through more points, which lie
so that edges along the grid, as those of upright walls are, fall evenly between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from analysis.casters import Casters
from analysis.facades import laid_again
from analysis.hidden import hidden_in
from analysis.receivers import Receivers
from analysis.seeing import Seen, Watch
from layers.columns import Mask
from layers.data import Progress, never_stop, part_of
from layers.project import Project
from layers.runs import Int64

#: Points of a surface that tell whether it is seen in part, and those that tell how much of it.
PROBES, FINE = 64, 1600
#: Points that are laid out at once.
POINTS_AT_ONCE = 500_000
#: Largest error of a surface's share, measured against a hundred times the points.
SHARE_ERROR = 0.01


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
    points = np.bincount(receivers.row, minlength=len(receivers.fid))
    is_surface = (receivers.surface >= 0) & _faced(watch, receivers)
    rows = np.flatnonzero(is_surface & ((points < PROBES) | _in_part(seen)))
    for number, count in enumerate((PROBES, FINE)):
        parts = list(_parts(rows, count))
        for at, some in enumerate(parts):
            begin = (number + at / len(parts)) / 2
            step = part_of(progress, begin, begin + 0.5 / len(parts), "edges of what is seen")
            _look_again(project, receivers, states, watch, found, some, count, step)
        rows = rows[_in_part(found)[rows]]
    return found


def _look_again(
    project: Project,
    receivers: Receivers,
    states: list[Casters],
    watch: Watch,
    found: Seen,
    rows: Int64,
    count: int,
    progress: Progress,
) -> None:
    """Put finer shares of some rows into what was found."""
    finer = laid_again(project, receivers, rows, count)
    masks = list(watch.seen(finer, progress))
    is_seen = np.asarray(np.any(masks, axis=0), bool)
    unseen = np.flatnonzero(~is_seen)
    buried, covered = hidden_in(replace(finer, points=finer.points[unseen], row=finer.row[unseen]), states)
    is_open = np.ones(len(finer), bool)
    is_open[unseen[buried | covered]] = False
    whole = np.bincount(finer.row[is_open], minlength=len(rows))
    known = np.flatnonzero(whole)
    for number, mask in enumerate(masks):
        part = np.bincount(finer.row[mask], minlength=len(rows))
        found.share[number, rows[known]] = part[known] / whole[known]
    part = np.bincount(finer.row[is_seen], minlength=len(rows))
    found.any_share[rows[known]] = part[known] / whole[known]


def _in_part(seen: Seen) -> Mask:
    """(r,) which rows somebody sees neither whole nor not at all."""
    found: Mask = ((seen.share > 0) & (seen.share < 1)).any(axis=0)
    return found


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
