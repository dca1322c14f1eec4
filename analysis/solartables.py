"""The tables of a solar result: of surfaces and points, buildings, months and directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.albedo import ROOF_RISE, ROOFS
from analysis.energy import Energy
from analysis.naming import Naming
from analysis.pv import Modules, Yield, pv_yield
from analysis.receivers import Receivers
from analysis.survey import quantities_with_change, with_change
from layers.arrays import Float64
from layers.columns import Mask
from layers.project import Project
from layers.results import BEFORE, CHANGE, Quantity, Table
from layers.weather import Weather

#: Columns: the parts of irradiation and their sum, kWh/m² a year; with _01 … _12 of the months.
PARTS = ("direct", "diffuse", "reflected", "total")
UNIT = "_kwh_m2"
TOTAL = f"total{UNIT}"
USABLE, PEAK, PV = "usable_area_m2", "pv_kwp", "pv_kwh"
TITLES = {
    "total": "Irradiation",
    "direct": "Direct irradiation",
    "diffuse": "Diffuse irradiation",
    "reflected": "Reflected irradiation",
}
#: Surfaces that lean less than this look nowhere in particular.
FLAT_DEG = 10.0
DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
#: Names are read for so many objects; of more, their ids stand for them.
MOST_NAMES = 2_000


@dataclass(frozen=True)
class Found:
    """What was found, in one state or two; the first is the one looked at."""

    receivers: Receivers
    energies: Sequence[Energy]
    stood: Sequence[Mask]  # which rows stand in each state
    modules: Modules
    weather: Weather

    @cached_property
    def is_roof(self) -> Mask:
        """Which rows are roofs; of those without a type the ones that look up."""
        types = self.receivers.surface_type
        typed = np.array([kind in ROOFS for kind in types], bool)
        untyped = np.array([not kind for kind in types], bool)
        belongs = self.receivers.fid >= 0
        return belongs & (typed | (untyped & (self.receivers.row_normal[:, 2] > ROOF_RISE)))

    @cached_property
    def pv(self) -> Yield:
        """What modules on roofs yield."""
        receivers = self.receivers
        row, count = receivers.row.astype(np.int64), len(receivers.fid)
        return pv_yield(
            self.modules, self.energies[0].total, receivers.area_m2, row, count, self.is_roof & self.stood[0]
        )

    @cached_property
    def by_row(self) -> list[dict[str, Float64]]:
        """For each state, the parts of each row: (r, periods), NaN where it does not stand."""
        return [
            {part: self._of_rows(getattr(energy, part), stood) for part in PARTS}
            for energy, stood in zip(self.energies, self.stood, strict=True)
        ]

    def _of_rows(self, light: NDArray[np.float32], stood: Mask) -> Float64:
        means = np.stack([self.receivers.per_row(values) for values in light.T], axis=1)
        return np.where(stood[:, None], means, np.nan)


def quantities(compare: bool) -> tuple[Quantity, ...]:
    """What is drawn."""
    found = [Quantity(f"{part}{UNIT}", title, "kWh/m²", digits=0, low=0.0) for part, title in TITLES.items()]
    return (
        *quantities_with_change(found, compare),
        Quantity(PV, "Photovoltaic yield", "kWh", digits=0, low=0.0),
        Quantity(USABLE, "Area for modules", "m²", digits=1, low=0.0),
    )


def surfaces_table(found: Found) -> Table:
    """A row per surface: the year, its change, modules, then all months."""
    years = [_years(parts) for parts in found.by_row]
    columns: dict[str, Float64] = with_change(*years)
    columns |= {USABLE: found.pv.usable_m2, PEAK: found.pv.peak_kw, PV: found.pv.energy_kwh.sum(axis=1)}
    return found.receivers.surfaces_table(**columns, **_months(found.by_row[0]))


def points_table(found: Found, by_month: bool) -> Table:
    """A row per point: the year and its change, and all months where they are wanted."""
    states = []
    for energy, stood in zip(found.energies, found.stood, strict=True):
        years = {f"{part}{UNIT}": getattr(energy, part).sum(axis=1, dtype=np.float64) for part in PARTS}
        here = stood[found.receivers.row]
        states.append({name: np.where(here, values, np.nan) for name, values in years.items()})
    months: Mapping[str, NDArray[np.float32]] = {}
    if by_month:
        months = _months({part: getattr(found.energies[0], part) for part in PARTS})
    return found.receivers.points_table(**with_change(*states), **months)


def _years(parts: Mapping[str, Float64]) -> dict[str, Float64]:
    return {f"{part}{UNIT}": light.sum(axis=1) for part, light in parts.items()}


def _months(parts: Mapping[str, NDArray[np.floating]]) -> dict[str, NDArray[np.floating]]:
    return {
        f"{part}{UNIT}_{month + 1:02}": light[:, month]
        for part, light in parts.items()
        for month in range(light.shape[1])
    }


def tables(project: Project, found: Found) -> dict[str, Table]:
    """Sums per building, per month and per direction."""
    return {
        "buildings": _buildings(project, found),
        "months": _by_month(found),
        "directions": _directions(found),
    }


def _buildings(project: Project, found: Found) -> Table:
    """Sums per object, with its parts; those with the highest yield first."""
    receivers, naming = found.receivers, Naming(project)
    wholes, owner = np.unique(naming.wholes(receivers.fid), return_inverse=True)
    owner = owner.reshape(-1)
    area, standing = receivers.row_area_m2, found.stood[0]
    lit = np.where(standing, area, 0.0)

    def summed(values: Float64) -> Float64:
        return np.asarray(np.bincount(owner, np.nan_to_num(values), len(wholes)), np.float64)

    columns = {
        "area_m2": summed(lit),
        "roof_area_m2": summed(np.where(found.is_roof, lit, 0.0)),
        **{f"{part}_kwh": summed(light.sum(axis=1) * area) for part, light in found.by_row[0].items()},
    }
    columns[TOTAL] = columns["total_kwh"] / np.where(columns["area_m2"] > 0, columns["area_m2"], np.nan)
    if len(found.by_row) > 1:
        before = summed(found.by_row[1]["total"].sum(axis=1) * area)
        columns |= {f"total_kwh{BEFORE}": before, f"total_kwh{CHANGE}": columns["total_kwh"] - before}
    columns |= {
        USABLE: summed(found.pv.usable_m2),
        PEAK: summed(found.pv.peak_kw),
        PV: summed(found.pv.energy_kwh.sum(axis=1)),
    }
    by = columns.get(f"total_kwh{CHANGE}", -columns[PV])
    order = np.argsort(by, kind="stable")
    own = dict(zip(receivers.fid.tolist(), receivers.object_id, strict=True))
    chosen = wholes[order].tolist()
    ids = [own.get(fid) or naming.id(fid) for fid in chosen]
    names = (
        ids if len(chosen) > MOST_NAMES else [naming.title(fid) if fid >= 0 else "points" for fid in chosen]
    )
    return Table(
        {
            "fid": wholes[order],
            "object_id": ids,
            "name": names,
            **{name: values[order] for name, values in columns.items()},
        }
    )


def _by_month(found: Found) -> Table:
    """What a mean square metre gets in each month, with the weather and the yield of all modules."""
    area = np.where(found.stood[0], found.receivers.row_area_m2, 0.0)
    share = area / area.sum() if area.sum() else area
    means = {f"{part}{UNIT}": np.nan_to_num(light).T @ share for part, light in found.by_row[0].items()}
    weather = found.weather
    kwh = weather.ghi * weather.step_h / 1000 / weather.years
    return Table(
        {
            "month": np.arange(1, 13),
            **means,
            f"ghi{UNIT}": np.bincount(weather.months - 1, kwh, 12),
            PV: found.pv.energy_kwh.sum(axis=0),
        }
    )


def _directions(found: Found) -> Table:
    """Roofs and walls by the direction they look in: how many, how large, how they lean, what they get."""
    receivers = found.receivers
    sector = np.round(receivers.azimuth_deg / 45).astype(np.int64) % 8
    sector = np.where(receivers.tilt_deg < FLAT_DEG, 8, sector)
    group = sector + np.where(found.is_roof, 0, 9)
    standing = found.stood[0]
    area = np.where(standing, receivers.row_area_m2, 0.0)
    present = np.unique(group[standing])

    def summed(values: Float64) -> Float64:
        return np.asarray(np.bincount(group, np.nan_to_num(values), 18)[present], np.float64)

    areas = summed(area)
    each = np.where(areas > 0, areas, np.nan)
    labels = (*DIRECTIONS, "flat")
    return Table(
        {
            "part": ["roof" if number < 9 else "other" for number in present.tolist()],
            "direction": [labels[number % 9] for number in present.tolist()],
            "surfaces": summed(standing.astype(np.float64)).astype(np.int64),
            "area_m2": areas,
            "tilt_deg": summed(area * receivers.tilt_deg) / each,
            **{
                f"{part}{UNIT}": summed(area * light.sum(axis=1)) / each
                for part, light in found.by_row[0].items()
            },
            USABLE: summed(found.pv.usable_m2),
            PV: summed(found.pv.energy_kwh.sum(axis=1)),
        }
    )
