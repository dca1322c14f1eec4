"""How much of each surface lies in the open, the same however far apart the points on it are.

Points tell which surfaces are hidden in part, below the terrain or behind a neighbour that is built against
them; what is hidden of those is counted again on many more points, as many for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from analysis.casters import Casters
from analysis.facades import laid_again
from analysis.hidden import hidden_in, left_out
from analysis.plots import settled
from analysis.receivers import Receivers, some_rows
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress, never_stop, part_of
from layers.project import Project
from layers.runs import Int64

#: Points on each surface that tell whether some of it is hidden, and those that tell how much.
PROBES, FINE = 100, 1600
#: Points that are laid out at once.
POINTS_AT_ONCE = 250_000


@dataclass(frozen=True)
class Opened:
    """Of each surface (r,), the shares that are below the ground, built against, and open; and a point."""

    buried: Float64
    covered: Float64  # and not buried
    open: Float64
    point: Float64  # (r, 3) the first one in the open, NaN without

    @classmethod
    def nothing(cls, count: int) -> Opened:
        """Nothing is known yet."""
        return cls(np.zeros(count), np.zeros(count), np.zeros(count), np.full((count, 3), np.nan))


def opened(
    project: Project,
    receivers: Receivers,
    states: list[Casters],
    progress: Progress = never_stop,
) -> Receivers:
    """What light and eyes may reach in one of the states of surfaces as they are laid out.

    Their areas are those of their polygons times the share that is open. What is left out is said.
    """
    found, rows = Opened.nothing(len(receivers.fid)), np.arange(len(receivers.fid))
    for number, count in enumerate((PROBES, FINE)):
        for share, some in parts(rows, count):
            part_of(progress, 0.4 * number, 0.4 * number + 0.4, "what lies in the open")(share, "")
            _count(project, receivers, states, found, some, count)
        rows = np.flatnonzero((found.open > 0) & (found.open < 1))
    whole = receivers.row_area_m2
    notes = left_out(float(found.buried @ whole), float(found.covered @ whole))
    is_open = _open_points(receivers, states, part_of(progress, 0.8, 1.0, "which points lie in the open"))
    kept = is_open & (found.open > 0)[receivers.row]
    return _settled(receivers, found, kept, (*receivers.notes, *notes))


def _count(
    project: Project, receivers: Receivers, states: list[Casters], found: Opened, rows: Int64, count: int
) -> None:
    """Put what is open of some surfaces into what was found, as `count` points of each tell it."""
    finer = settled(laid_again(project, receivers, rows, count), states[0])
    buried, covered = hidden_in(finer, states)
    is_open = ~(buried | covered)
    of_row = np.maximum(np.bincount(finer.row, minlength=len(rows)), 1)
    for name, mask in (("buried", buried), ("covered", covered & ~buried), ("open", is_open)):
        getattr(found, name)[rows] = np.bincount(finer.row[mask], minlength=len(rows)) / of_row
    known, first = np.unique(finer.row[is_open], return_index=True)
    found.point[rows[known]] = finer.points[is_open][first]


def _open_points(receivers: Receivers, states: list[Casters], progress: Progress) -> Mask:
    """(n,) which points light and eyes may reach."""
    found = np.zeros(len(receivers), bool)
    for share, some in parts(np.arange(len(receivers)), 1):
        progress(share, "")
        part = replace(receivers, points=receivers.points[some], row=receivers.row[some])
        found[some] = ~np.logical_or(*hidden_in(part, states))
    return found


def _settled(receivers: Receivers, found: Opened, kept: Mask, notes: tuple[str, ...]) -> Receivers:
    """The points that are kept, one at least of each surface of which some is open; areas are exact."""
    lone = np.flatnonzero(found.open > 0)
    lone = lone[~np.isin(lone, receivers.row[kept])]
    points = np.concatenate((receivers.points[kept], found.point[lone]))
    owner = np.concatenate((receivers.row[kept].astype(np.int64), lone))
    order = np.argsort(owner, kind="stable")
    rows, row, counts = np.unique(owner[order], return_inverse=True, return_counts=True)
    area = (receivers.row_area_m2 * found.open)[rows]
    return replace(
        some_rows(receivers, rows),
        points=points[order],
        area_m2=(area / counts)[row],
        row=row.astype(np.int32),
        row_area_m2=area,
        notes=notes,
    )


def parts(rows: Int64, count: int) -> Iterator[tuple[float, Int64]]:
    """Rows, so many at once that their points are not too many, and the share that was before them."""
    step = max(1, POINTS_AT_ONCE // count)
    for begin in range(0, len(rows), step):
        yield begin / len(rows), rows[begin : begin + step]
