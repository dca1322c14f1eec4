"""Where lines of sight go: to places, to windows and walls, or out over a sector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.casters import Casters
from analysis.facades import Wanted, on_surfaces
from analysis.hidden import without_hidden
from analysis.missing import why_nothing
from analysis.naming import Naming
from analysis.receivers import Receivers
from analysis.sight.looking import Observers, stood_on, told_apart
from analysis.sight.sights import GAP_M, Bend
from analysis.situation import Situation
from analysis.spelling import letter
from analysis.survey import LACKING, SURFACE_TYPES
from layers.arrays import Float64
from layers.data import Progress, never_stop
from layers.errors import UsageError
from layers.project import Project
from layers.runs import Int64

#: What a target lies on is looked for this far before and behind it.
AROUND_M = 0.3
#: Places that were clicked or typed lie on walls and roofs within this.
CLICKED_M = 0.05
#: More lines than this are no bundle any more; a viewshed tells the same.
MOST_LINES = 20_000


@dataclass(frozen=True)
class Aims:
    """Pairs of an observer and the end of a line of sight."""

    observer: Int64  # (n,)
    ends: Float64  # (n, 3) world
    names: tuple[str, ...]  # of each line
    targets: tuple[str, ...]  # of its end
    point: Int64  # (n,) of the receivers that it goes to, -1 = none
    gap_m: float = GAP_M  # what lies so near to an end does not hide it

    def __len__(self) -> int:
        return len(self.ends)


def at_places(observers: Observers, ends: Float64, targets: Sequence[str]) -> Aims:
    """From each observer to each target (n, 3), with what these are called."""
    _check_count(len(observers) * len(ends))
    pairs = [(who, to) for who in range(len(observers)) for to in range(len(ends))]
    who, to = np.array(pairs, np.int64).T
    return Aims(
        who,
        ends[to],
        tuple(f"{observers.names[a]} to {targets[b]}" for a, b in pairs),
        tuple(targets[b] for _, b in pairs),
        np.full(len(pairs), -1),
        CLICKED_M,
    )


def placed(cast: Casters, places: Float64, height_m: float) -> Float64:
    """Targets (n, 3): places, those without a height on the terrain, and so far above."""
    found: Float64 = stood_on(cast, places, "target") + np.array((0.0, 0.0, height_m))
    return found


def clear_of(ends: Float64, eye: Float64, by_m: float = CLICKED_M) -> Float64:
    """Ends (n, 3) a little before what they may lie on, towards an eye."""
    ways = eye - ends
    found: Float64 = ends + by_m * ways / np.linalg.norm(ways, axis=1, keepdims=True)
    return found


def target_names(naming: Naming, cast: Casters, eye: Float64, ends: Float64) -> tuple[str, ...]:
    """Names of ends (n, 3) of lines of sight from an eye: that of the object they lie on, else "target A"."""
    before = clear_of(ends, eye, AROUND_M)
    triangle, share = cast.rays.first(before, ends - before)
    met = (triangle >= 0) & (share <= 2.0)
    fids = np.where(met, cast.fid[np.maximum(triangle, 0)], -1) if len(cast.fid) else np.full(len(ends), -1)
    titles = [
        naming.title(fid) if fid >= 0 else f"target {letter(row)}"
        for row, fid in enumerate(naming.wholes(fids).tolist())
    ]
    return told_apart(titles, "target")


def points_on(
    project: Project,
    situation: Situation,
    wanted: tuple[str, Sequence[int]],
    surfaces: str,
    spacing_m: float,
    convergence_deg: float,
    progress: Progress = never_stop,
) -> Receivers:
    """Points on surfaces of the objects that are wanted, by an expression and by their fids."""
    where, fids = wanted
    if not where and not fids:
        raise UsageError("It is not said which objects are looked at", do="Choose objects, or name them")
    choice = Wanted(where, fids or None, SURFACE_TYPES[surfaces])
    found = on_surfaces(project, situation, choice, spacing_m, convergence_deg, progress)
    if not len(found):
        raise UsageError(
            "There is nothing to look at",
            found=why_nothing(project, where, fids, situation)
            or f"what is chosen has no {LACKING[surfaces]}",
            do="Choose other objects or surfaces, or another date of the city",
        )
    return found


def open_points(found: Receivers, casts: list[Casters]) -> Receivers:
    """Without those under the ground or built against; UsageError where none is left."""
    kept = without_hidden(found, casts)
    if not len(kept):
        raise UsageError("All that is to be looked at lies under the ground or is built against")
    return kept


def at_points(observers: Observers, points: Receivers) -> Aims:
    """From each observer to each point that faces it; the others cannot be seen from there."""
    normals = points.normals
    who: list[Int64] = []
    for at, eye in enumerate(observers.eyes):
        faces = np.flatnonzero(((eye - points.points) * normals).sum(axis=1) > 0)
        who.append(np.column_stack((np.full(len(faces), at), faces)))
    pairs = np.concatenate(who)
    _check_count(len(pairs))
    titles = _titles(points)
    targets = [titles[to] for to in pairs[:, 1].tolist()]
    names = [f"{observers.names[a]} to {b}" for a, b in zip(pairs[:, 0].tolist(), targets, strict=True)]
    return Aims(pairs[:, 0], points.points[pairs[:, 1]], tuple(names), tuple(targets), pairs[:, 1])


def _check_count(lines: int) -> None:
    if lines > MOST_LINES:
        raise UsageError(
            "These are too many lines of sight",
            found=f"{lines:,}",
            allowed=f"{MOST_LINES:,}",
            do="Choose fewer places or objects, or points farther apart; a viewshed tells of many at once",
        )


def _titles(points: Receivers) -> list[str]:
    """What points are called: their surface, and of several on it which."""
    number = np.bincount(points.row)
    within = np.arange(len(points)) - np.searchsorted(points.row, points.row)
    return [
        points.surface_id[row] if number[row] == 1 else f"{points.surface_id[row]}, point {at + 1}"
        for row, at in zip(points.row.tolist(), within.tolist(), strict=True)
    ]


@dataclass(frozen=True)
class Sector:
    """A sector of directions, and how far one looks."""

    azimuth_deg: float  # of its middle, clockwise from true north
    width_deg: float
    altitude_deg: float
    reach_m: float  # on the map
    step_deg: float

    @property
    def azimuths_deg(self) -> Float64:
        """Of its lines, from left to right, evenly."""
        parts = max(int(np.ceil(self.width_deg / self.step_deg - 1e-9)), 1)
        if self.width_deg >= 360:
            return np.mod(self.azimuth_deg + np.arange(parts) * 360 / parts, 360)
        return np.mod(self.azimuth_deg + np.linspace(-0.5, 0.5, parts + 1) * self.width_deg, 360)

    @property
    def apart_deg(self) -> float:
        """Between neighbouring lines."""
        count = len(self.azimuths_deg)
        return 360 / count if self.width_deg >= 360 else self.width_deg / max(count - 1, 1)


def over_sector(observers: Observers, sector: Sector, bend: Bend, convergence_deg: float) -> Aims:
    """From each observer over a sector; a level line rises over the round Earth."""
    azimuths = sector.azimuths_deg
    _check_count(len(observers) * len(azimuths))
    turned = np.radians(azimuths - convergence_deg)
    rise = np.tan(np.radians(sector.altitude_deg)) * sector.reach_m
    rise += float(bend.drop_m(np.array(sector.reach_m)))
    way = np.column_stack(
        (np.sin(turned) * sector.reach_m, np.cos(turned) * sector.reach_m, np.full(len(turned), rise))
    )
    said = [f"{azimuth:.6g}°" for azimuth in azimuths.tolist()]
    return Aims(
        np.repeat(np.arange(len(observers)), len(way)),
        (observers.eyes[:, None] + way).reshape(-1, 3),
        tuple(f"{name} towards {azimuth}" for name in observers.names for azimuth in said),
        tuple(said) * len(observers),
        np.full(len(way) * len(observers), -1),
    )
