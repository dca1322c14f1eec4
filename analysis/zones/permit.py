"""The check itself: every building against every limit of the plots it stands on, and plots as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analysis.zones.areas import Area, Ground, ground_along
from analysis.zones.bodies import Body, built_m3
from analysis.zones.floors import Floors
from analysis.zones.limits import Limit, flat_limit
from analysis.zones.ordinance import BULK, COVERAGE, FLOOR_AREA, HEIGHT, STOREYS, TERMS
from analysis.zones.overshoot import Overshoot, overshoot
from analysis.zones.sheets import Cells, Sheet, cells_of, forbidden, level, lowest, polygons_of
from layers.arrays import Float64

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: Ratios that are over by no more than this are kept: they are given with two digits.
RATIO_SLACK = 1e-6
#: How far around a building what is beside all plots counts, metres.
BESIDE_M = 1.0


@dataclass(frozen=True)
class Ruled:
    """A plot with what is stated of it and the limits that follow."""

    plot: Area
    stated: Mapping[str, float]
    limits: tuple[Limit, ...]

    @cached_property
    def lowest(self) -> tuple[Sheet, ...]:
        """The lowest of all limits, but for those that count from the foot of each building."""
        return lowest([sheet for limit in self.limits for sheet in limit.sheets])

    def envelope(self, foot_z: float, beside: BaseGeometry | None = None) -> tuple[Sheet, ...]:
        """The lowest of all limits for one building, and nothing beside all plots where a rule says so."""
        sheets = self.lowest
        if HEIGHT in self.stated:
            sheets = lowest([*sheets, level(self.plot.polygon, foot_z + self.stated[HEIGHT])])
        if beside is None or beside.is_empty or all(limit.free is None for limit in self.limits):
            return sheets
        return (*sheets, forbidden(beside))


@dataclass(frozen=True)
class Found:
    """What a rule allows on a plot and what there is, of one building or of the plot as a whole."""

    rule: str
    plot: Area
    body: Body | None
    allowed: float
    found: float
    unit: str
    excess: float  # by how much too much, in the unit; 0 where the rule is kept
    by: str = ""
    is_level: bool = False  # whether allowed and found are heights above zero at the worst place
    shot: Overshoot | None = None  # what of the building breaks the rule
    cells: Cells | None = None  # the sheets that it is above
    place: tuple[float, float, float] = (np.nan, np.nan, np.nan)  # of the worst, in metres about the frame

    @property
    def is_kept(self) -> bool:
        """Whether the rule is kept."""
        return self.excess <= 0

    @property
    def volume_m3(self) -> float:
        """What breaks the rule; NaN where the building is not closed, or it is no matter of volume."""
        is_known = self.shot is not None and self.body is not None and self.body.is_closed
        return self.shot.volume_m3 if is_known and self.shot is not None else np.nan


@dataclass(frozen=True)
class Standing:
    """A building on the plot that most of it stands on."""

    body: Body
    plot: Area
    foot_z: float  # of the ground there
    outside_m3: float  # what is not within all limits together; NaN where the building is not closed


@dataclass(frozen=True)
class PlotSize:
    """What is built on a plot."""

    plot: Area
    footprint_m2: float
    floor_m2: float
    stated_m2: float  # of that, what rests on storeys that the model states
    volume_m3: float


@dataclass(frozen=True)
class Permit:
    """All that a check found."""

    found: tuple[Found, ...]
    standing: tuple[Standing, ...]
    sizes: tuple[PlotSize, ...]


def checked(
    ruled: Sequence[Ruled],
    bodies: Sequence[Body],
    ground: Ground,
    floors: Floors,
    tolerance_m: float,
    judged: frozenset[int] | None = None,
) -> Permit:
    """Check buildings, or those of some fids; for the ratios of their plots all that stands there counts."""
    plots = [one.plot for one in ruled]
    every = shapely.union_all([plot.polygon for plot in plots])
    tree = shapely.STRtree([plot.polygon for plot in plots])
    found: list[Found] = []
    standing = []
    on_plot: dict[int, list[Body]] = {at: [] for at in range(len(ruled))}
    concerned: set[int] = set()
    for body in bodies:
        shared = {
            at: area
            for at in tree.query(body.plan, predicate="intersects").tolist()
            if (area := _shared(body.plan, plots[at].polygon, tolerance_m)) > 0
        }
        if not shared:
            continue
        for at in shared:
            on_plot[at].append(body)
        if judged is not None and not judged & {body.fid, *(piece.fid for piece in body.pieces)}:
            continue
        concerned |= set(shared)
        main = max(shared, key=lambda at: (shared[at], -at))
        foot, outside = foot_of(body, ground), 0.0
        for at in shared:
            beside = polygons_of(body.plan.buffer(BESIDE_M).difference(every)) if at == main else None
            limits = limits_for(ruled[at], foot, beside)
            found += [each for limit in limits for each in _against(limit, ruled[at].plot, body, tolerance_m)]
            outside += _outside(ruled[at].envelope(foot, beside), body)
        found += _storeys(ruled[main], body, floors)
        standing.append(Standing(body, plots[main], foot, outside))
    sizes = [_size(one.plot, on_plot[at], floors) for at, one in enumerate(ruled)]
    for at, (one, size) in enumerate(zip(ruled, sizes, strict=True)):
        found += _ratios(one, size) if judged is None or at in concerned else ()
    return Permit(tuple(found), tuple(standing), tuple(sizes))


def _shared(plan: BaseGeometry, plot: BaseGeometry, tolerance_m: float) -> float:
    """m² of a plot that a building covers; nothing where it only reaches over the border a little."""
    return float(plan.intersection(plot.buffer(-tolerance_m)).area)


def foot_of(body: Body, ground: Ground) -> float:
    """How high the ground at a building is: the mean along its outline, without terrain its lowest corner."""
    known = ground_along(body.plan, ground)
    return float(known.mean()) if len(known) else body.low_z


def limits_for(one: Ruled, foot_z: float, beside: BaseGeometry | None) -> list[Limit]:
    """The limits of a plot for one building: those from its foot, and what it covers beside all plots."""
    found = list(one.limits)
    if HEIGHT in one.stated:
        found.append(flat_limit(TERMS[HEIGHT].title, one.plot, one.stated[HEIGHT], foot_z))
    if beside is None or beside.is_empty:
        return found
    return [
        limit if limit.free is None else replace(limit, sheets=(*limit.sheets, forbidden(beside)))
        for limit in found
    ]


def _against(limit: Limit, plot: Area, body: Body, tolerance_m: float) -> Sequence[Found]:
    """A building against one limit: nothing where planes lie over another part of the plot."""
    if not limit.area.intersects(body.plan):
        if limit.free is None:
            return ()
        away = _away(limit, plot, body)
        return (Found(limit.rule, plot, body, limit.allowed, away, "m", 0.0, limit.by),)
    cells = cells_of(limit.sheets)
    shot = overshoot(body.triangles, cells)
    excess, place = shot.most if limit.free is None else _into(limit, plot, shot)
    is_over = excess > tolerance_m
    allowed, found, is_level = _compared(limit, plot, body, excess, place)
    x, y, z = place.tolist()
    return (
        Found(
            limit.rule,
            plot,
            body,
            allowed,
            found,
            "m",
            excess if is_over else 0.0,
            limit.by,
            is_level,
            shot if is_over else None,
            cells if is_over else None,
            (x, y, z),
        ),
    )


def _away(limit: Limit, plot: Area, body: Body) -> float:
    """How far a building that keeps a setback is from the border; 0 where there is no setback."""
    if limit.border is None:
        return 0.0
    return float(body.plan.intersection(plot.polygon).distance(limit.border))


def _compared(
    limit: Limit, plot: Area, body: Body, excess: float, place: Float64
) -> tuple[float, float, bool]:
    """What is allowed, what is found, and whether both are heights above zero at the worst place."""
    if limit.border is not None:
        return limit.allowed, limit.allowed - excess if excess > 0 else _away(limit, plot, body), False
    if limit.free is not None:
        return 0.0, excess, False
    if limit.is_sloped:
        return (float(place[2]) - excess, float(place[2]), True) if excess > 0 else (np.nan, np.nan, True)
    top = float(place[2]) if excess > 0 else body.high_z
    return limit.allowed, top - limit.zero_z, False


def _into(limit: Limit, plot: Area, shot: Overshoot) -> tuple[float, Float64]:
    """How far a building reaches into where it may not stand, and where it does so most."""
    if not len(shot):
        return 0.0, np.full(3, np.nan)
    corners = shot.pieces.corners[shot.pieces.valid]
    free = limit.free if limit.border is None else plot.polygon
    away: Float64 = np.asarray(shapely.distance(shapely.points(corners[:, :2]), free))
    worst = int(away.argmax())
    if limit.border is None:
        return float(away[worst]), corners[worst]
    if away[worst] > 0:  # beyond the border itself
        return limit.allowed + float(away[worst]), corners[worst]
    lines = np.array([shapely.LineString(piece[:, :2]) for piece in shot.polygons])
    near: Float64 = np.asarray(shapely.distance(lines, limit.border))
    nearest = shot.polygons[int(near.argmin())]
    at = int(np.argmin(shapely.distance(shapely.points(nearest[:, :2]), limit.border)))
    return limit.allowed - float(near.min()), nearest[at]


def _outside(sheets: Sequence[Sheet], body: Body) -> float:
    if not body.is_closed:
        return np.nan
    return overshoot(body.triangles, cells_of(sheets)).volume_m3 if sheets else 0.0


def _storeys(one: Ruled, body: Body, floors: Floors) -> Sequence[Found]:
    if STOREYS not in one.stated:
        return ()
    allowed, found = one.stated[STOREYS], floors.storeys(body)
    excess = max(found - allowed, 0.0)
    return (Found(TERMS[STOREYS].title, one.plot, body, allowed, found, "", excess),)


def _size(plot: Area, bodies: Sequence[Body], floors: Floors) -> PlotSize:
    footprint = shapely.union_all([body.plan for body in bodies]).intersection(plot.polygon).area
    gross = [floors.gross_m2(body, plot.polygon) for body in bodies]
    whole, stated = (sum(each[at] for each in gross) for at in range(2))
    volume = sum(built_m3(body, plot.polygon) for body in bodies)
    return PlotSize(plot, float(footprint), whole, stated, float(volume))


def _ratios(one: Ruled, size: PlotSize) -> Sequence[Found]:
    """Coverage, floor area ratio and volume ratio of a plot."""
    values = {COVERAGE: size.footprint_m2, FLOOR_AREA: size.floor_m2, BULK: size.volume_m3}
    found = []
    for name, value in values.items():
        if name in one.stated and np.isfinite(value):
            ratio, allowed, term = value / one.plot.area_m2, one.stated[name], TERMS[name]
            excess = ratio - allowed if ratio > allowed + RATIO_SLACK else 0.0
            found.append(Found(term.title, one.plot, None, allowed, ratio, term.unit, excess))
    return found
