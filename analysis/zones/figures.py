"""What is built, green and lived in on an area of the map: the indicators of one situation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analysis.casters import Casters
from analysis.gridding import areas_of
from analysis.solartables import PV, TOTAL
from analysis.zones.areas import Area, Ground, ground_along
from analysis.zones.bodies import Body, Piece, built_m3
from analysis.zones.floors import Floors
from layers.arrays import CityTiles, Float64
from layers.columns import Mask
from layers.errors import UsageError
from layers.project import Project
from layers.runs import Int64

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: Semantic surfaces that are roofs; where a building tells none, what looks up is.
SOLAR = "solar"
ROOFS = frozenset(("RoofSurface", "OuterCeilingSurface"))
LOOKS_UP = 0.1
#: Middles are a little aside of where they are, so that none lies on a border that two areas share.
ASIDE_M = np.array((1.0e-6, 1.7e-6))


@dataclass(frozen=True)
class Measure:
    """One indicator."""

    name: str
    title: str
    unit: str
    digits: int


MEASURES = (
    Measure("area_m2", "Area", "m²", 0),
    Measure("buildings", "Buildings", "", 0),
    Measure("footprint_m2", "Footprint", "m²", 0),
    Measure("coverage_pct", "Covered by buildings", "%", 1),
    Measure("floor_area_m2", "Gross floor area", "m²", 0),
    Measure("floor_area_ratio", "Floor area ratio", "", 2),
    Measure("volume_m3", "Built volume", "m³", 0),
    Measure("height_mean_m", "Mean height of buildings", "m", 1),
    Measure("height_weighted_m", "Mean height, by footprint", "m", 1),
    Measure("height_max_m", "Highest building", "m", 1),
    Measure("roof_m2", "Roofs", "m²", 0),
    Measure("roof_mwh", "Irradiation on roofs", "MWh/a", 0),
    Measure("roof_pv_mwh", "Yield of solar panels on roofs", "MWh/a", 0),
    Measure("green_pct", "Green", "%", 1),
    Measure("population", "Population", "", 0),
    Measure("density_per_ha", "Population per hectare", "/ha", 0),
)


@dataclass(frozen=True)
class Energy:
    """What a kept result says of the roofs of objects: kWh a year, of light and of panels, and m² of roof."""

    light_kwh: Mapping[int, float]  # by fid
    panels_kwh: Mapping[int, float] | None  # None: the result tells none
    result: int  # its number
    title: str


@dataclass(frozen=True)
class Whole:
    """A building as indicators count it, all that is the same on whatever area it stands."""

    body: Body
    middle: BaseGeometry
    plan_m2: float
    height_m: float
    floor_m2: float
    stated_m2: float
    volume_m3: float  # NaN where it is not closed
    roof_m2: float
    light_kwh: float  # NaN where it is not known
    panels_kwh: float
    is_home: bool


@dataclass(frozen=True)
class Assumed:
    """What is taken for granted of people."""

    m2_per_person: float = 50.0  # gross floor area of homes; 0: no population is told
    is_home: frozenset[int] | None = None  # fids of buildings with homes; None: all


def wholes_of(
    project: Project,
    cast: Casters,
    bodies: Sequence[Body],
    ground: Ground,
    floors: Floors,
    energy: Energy | None,
    assumed: Assumed,
) -> list[Whole]:
    """Buildings as indicators count them."""
    is_roof = _roofs(project, cast)
    found = []
    for body in bodies:
        known = ground_along(body.plan, ground)
        foot = float(known.mean()) if len(known) else body.low_z
        gross, stated = floors.gross_m2(body, body.plan)
        found.append(
            Whole(
                body,
                shapely.transform(body.plan.representative_point(), lambda places: places + ASIDE_M),
                float(body.plan.area),
                body.high_z - foot,
                gross,
                stated,
                sum(piece.volume_m3 for piece in body.pieces),
                sum(_roof_m2(piece, is_roof[piece.rows]) for piece in body.pieces),
                _told(body, None if energy is None else energy.light_kwh),
                _told(body, None if energy is None else energy.panels_kwh),
                assumed.is_home is None or body.fid in assumed.is_home,
            )
        )
    return found


def _roofs(project: Project, cast: Casters) -> Mask:
    """(m,) which of all triangles belong to a roof surface."""
    found = np.zeros(len(cast.triangles), bool)
    for number in np.unique(cast.layer[cast.surface >= 0]).tolist():
        city = project.drawable(project.layer(number))
        if isinstance(city, CityTiles):
            mine = np.flatnonzero((cast.layer == number) & (cast.surface >= 0))
            is_roof = np.array([name in ROOFS for name in city.type_names], bool)
            found[mine] = is_roof[np.asarray(city.surface_type)[cast.surface[mine]]]
    return found


def _roof_m2(piece: Piece, is_roof: Mask) -> float:
    """m² of roof, as it slopes."""
    area = areas_of(piece.triangles)
    if not is_roof.any():
        a, b, c = (piece.triangles[:, at] for at in range(3))
        up = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
        is_roof = up > 2 * LOOKS_UP * area
    return float(area[is_roof].sum())


def _told(body: Body, values: Mapping[int, float] | None) -> float:
    """The sum over what is known of a building; NaN where nothing is."""
    if values is None:
        return np.nan
    known = [values[fid] for fid in {body.fid, *(piece.fid for piece in body.pieces)} if fid in values]
    return sum(known) if known else np.nan


@dataclass(frozen=True)
class Figures:
    """The indicators of one area."""

    values: Mapping[str, float]  # by the name of the measure; NaN where it is not known
    is_open: int  # buildings that are not closed, whose volume is not in the sum
    no_energy_m2: float  # of roofs that no result speaks of
    stated_m2: float  # of the gross floor area, what rests on stated storeys
    twice_m2: float  # covered by one building more than the first


def figures_of(area: Area, wholes: Sequence[Whole], green: BaseGeometry | None, assumed: Assumed) -> Figures:
    """The indicators of one area; of buildings on its border, the share of what lies on it."""
    parts = [_Part.of(whole, area) for whole in wholes]
    plans = [part.plan for part in parts]
    footprint = float(shapely.union_all(plans).area)
    size = area.area_m2
    floor, stated, volume, roof, light, panels, homes, open_roof = np.array(
        [
            (
                whole.floor_m2 * part.share,
                whole.stated_m2 * part.share,
                part.volume_m3,
                whole.roof_m2 * part.share,
                whole.light_kwh * part.share,
                whole.panels_kwh * part.share,
                whole.floor_m2 * part.share if whole.is_home else 0.0,
                whole.roof_m2 * part.share if np.isnan(whole.light_kwh) else 0.0,
            )
            for part in parts
            for whole in (part.whole,)
        ],
        np.float64,
    ).reshape(-1, 8).T  # fmt: skip
    mine = [part for part in parts if part.is_home_here]
    heights = np.array([part.whole.height_m for part in mine])
    weights = np.array([part.whole.plan_m2 for part in mine])
    people = float(homes.sum()) / assumed.m2_per_person if assumed.m2_per_person else np.nan
    greens = np.nan if green is None else 100 * float(green.intersection(area.polygon).area) / size
    values = {
        "area_m2": size,
        "buildings": float(len(mine)),
        "footprint_m2": footprint,
        "coverage_pct": 100 * footprint / size,
        "floor_area_m2": float(floor.sum()),
        "floor_area_ratio": float(floor.sum()) / size,
        "volume_m3": float(np.nansum(volume)) if np.isfinite(volume).any() or not len(volume) else np.nan,
        "height_mean_m": float(heights.mean()) if len(heights) else np.nan,
        "height_weighted_m": float(np.average(heights, weights=weights)) if weights.sum() > 0 else np.nan,
        "height_max_m": float(heights.max()) if len(heights) else np.nan,
        "roof_m2": float(roof.sum()),
        "roof_mwh": _mwh(light),
        "roof_pv_mwh": _mwh(panels),
        "green_pct": greens,
        "population": people,
        "density_per_ha": people / size * 10_000,
    }
    is_open = int(np.isnan(volume).sum())
    twice_m2 = sum(float(plan.area) for plan in plans) - footprint
    return Figures(values, is_open, float(open_roof.sum()), float(stated.sum()), twice_m2)


def _mwh(kwh: Float64) -> float:
    return float(np.nansum(kwh)) / 1000 if np.isfinite(kwh).any() else np.nan


@dataclass(frozen=True)
class _Part:
    """What of a building lies on an area."""

    whole: Whole
    plan: BaseGeometry
    share: float  # of what it covers
    volume_m3: float
    is_home_here: bool  # whether it is counted as a building of this area

    @classmethod
    def of(cls, whole: Whole, area: Area) -> _Part:
        plan = whole.body.plan
        shared = plan if area.polygon.contains(plan) else plan.intersection(area.polygon)
        share = float(shared.area) / whole.plan_m2 if whole.plan_m2 > 0 else 0.0
        volume = whole.volume_m3
        if share < 1.0 and np.isfinite(volume):
            volume = built_m3(whole.body, area.polygon)
        return cls(whole, shared, share, volume, bool(area.polygon.contains(whole.middle)))


def energy_in(project: Project, wanted: int = 0) -> Energy | None:
    """What the kept solar result of a number, or the latest one, says of roofs; None where there is none."""
    kept = {one.id: one for one in project.results if one.kind == SOLAR}
    if wanted and wanted not in kept:
        raise UsageError(
            "There is no such solar result",
            found=str(wanted),
            allowed=", ".join(map(str, sorted(kept))) or "none is kept",
            do="Run solar energy and keep its result",
        )
    number = wanted or max(kept, default=0)
    if not number:
        return None
    rows = project.result(number).surfaces
    if TOTAL not in rows.columns:
        return None
    is_roof = np.array([kind in ROOFS for kind in rows.texts("surface_type")], bool)
    fids = rows.numbers("fid").astype(np.int64)[is_roof]
    light = (rows.numbers(TOTAL) * rows.numbers("area_m2"))[is_roof]
    panels = rows.numbers(PV)[is_roof] if PV in rows.columns else None
    return Energy(
        _summed(fids, light), None if panels is None else _summed(fids, panels), number, kept[number].title
    )


def _summed(fids: Int64, values: Float64) -> dict[int, float]:
    known, at = np.unique(fids, return_inverse=True)
    sums = np.bincount(at, np.nan_to_num(values), len(known))
    return dict(zip(known.tolist(), sums.tolist(), strict=True))
