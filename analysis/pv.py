"""What photovoltaic modules on roofs yield, from the irradiation of their points.

Yield = irradiation × module area × efficiency × performance ratio × (1 - losses): the performance ratio is
that of IEC 61724-1 (what a plant delivers against what its modules would at standard conditions); further
losses are what it does not know of, such as soiling or ageing here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64

#: Irradiance at which modules have their rated power, kW/m².
STANDARD_KW_M2 = 1.0


@dataclass(frozen=True)
class Modules:
    """How modules are laid, and how good they are; shares are 0 … 1."""

    least_kwh_m2: float = 800.0  # a year; points that get less are not used
    coverage: float = 0.8  # of the usable area
    efficiency: float = 0.20
    performance_ratio: float = 0.80
    losses: float = 0.0

    @property
    def system(self) -> float:
        """The share of the irradiation of modules that comes out."""
        return self.efficiency * self.performance_ratio * (1 - self.losses)


@dataclass(frozen=True)
class Yield:
    """Per row of points, (r,)."""

    usable_m2: Float64
    peak_kw: Float64  # rated power of the modules
    energy_kwh: Float64  # (r, periods)


def pv_yield(
    modules: Modules,
    irradiation: NDArray[np.float32],
    area_m2: Float64,
    row: NDArray[np.int64],
    rows: int,
    may_carry: NDArray[np.bool_],
) -> Yield:
    """Modules on points with `irradiation` (n, periods) in kWh/m² and `area_m2` (n,), summed up by row.

    Only rows that `may_carry` (r,) modules have any.
    """
    enough = irradiation.sum(axis=1, dtype=np.float64) >= modules.least_kwh_m2
    area = np.where(enough & may_carry[row], area_m2, 0.0)
    usable = np.asarray(np.bincount(row, area, rows), np.float64)
    light = np.stack([np.bincount(row, area * of_period, rows) for of_period in irradiation.T], axis=1)
    laid = np.asarray(usable * modules.coverage, np.float64)
    peak = np.asarray(laid * modules.efficiency * STANDARD_KW_M2, np.float64)
    return Yield(usable, peak, np.asarray(light * modules.coverage * modules.system, np.float64))
