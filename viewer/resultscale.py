"""From the values of a result to colours, and what the colours mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, floor

import numpy as np

from layers.arrays import Float64, UInt8
from layers.results import BEFORE, CHANGE, SHARE_POINTS, Quantity, Result, Table, areas_in_words
from layers.written import grouped
from viewer.color import LegendEntry, nice_step
from viewer.palette import NO_VALUE, hex_color, ramp, rgb

#: Of quantities that say how much more or less there is; their colours diverge about 0.
CHANGE_MAP = "difference"
LEGEND_ROWS = 6


@dataclass(frozen=True, eq=False)
class Scale:
    """What the colours of the quantity mean, with what a histogram needs."""

    quantity: Quantity
    low: float  # values at the ends of the colours
    high: float
    values: Float64  # (n,) one per sample point, or per surface; finite
    weights: Float64  # (n,) m² that each stands for
    weight_unit: str = "m²"  # "" where values are only counted
    areas: Mapping[str, float] = field(default_factory=dict)  # of what is yes and no

    @cached_property
    def is_change(self) -> bool:
        """Whether values are differences, which diverge about 0."""
        return self.quantity.name.endswith(CHANGE)

    @property
    def color_map(self) -> str:
        """The name of its map in assets/colormaps."""
        return CHANGE_MAP if self.is_change else self.quantity.color_map

    def colors(self, values: Float64) -> UInt8:
        """One colour per value, (n, 3); grey where there is none."""
        part = (np.nan_to_num(values, nan=self.low) - self.low) / (self.high - self.low)
        found = ramp(self.color_map, part)
        found[~np.isfinite(values)] = rgb(NO_VALUE)
        return found

    @property
    def is_of_words(self) -> bool:
        """Whether all values are yes or no."""
        return bool(self.areas)

    def text(self, value: float) -> str:
        """A value as it is written, with no more digits than its error allows."""
        sign = "+" if self.is_change and value > 0 else ""
        if self.quantity.words:  # a share
            return sign + grouped(100 * value).replace("-", "−")
        return sign + grouped(value, self.quantity.digits).replace("-", "−")

    @property
    def heading(self) -> str:
        """What stands above its colours in a legend."""
        if self.is_of_words:
            return self.quantity.title
        return f"{self.quantity.title}, {self.text(self.low)} to {self.text(self.high)}"

    def legend(self) -> list[LegendEntry]:
        """Values at even steps, the highest first; their heading has the limits, which differ by result.

        Where all is yes or no, what is what and its area.
        """
        if self.is_of_words:
            return self._meanings()
        if len(self.values) == 1:  # nothing is to be compared, and its number is told beside the view
            return []
        share = SHARE_POINTS if self.is_change else "%"
        unit = share if self.quantity.words else self.quantity.unit
        step = max(nice_step((self.high - self.low) / LEGEND_ROWS), 10.0**-self.quantity.digits)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        marks = np.arange(first, last + 1, dtype=np.float64) * step
        return [
            LegendEntry(self.text(mark), hex_color(color), 0, unit, 0, self.heading)
            for mark, color in zip(marks[::-1].tolist(), self.colors(marks)[::-1], strict=True)
        ]

    def _meanings(self) -> list[LegendEntry]:
        meanings = self.quantity.meanings
        colors = self.colors(np.array(list(meanings)))
        return [
            LegendEntry(word, hex_color(color), round(self.areas[word]), self.weight_unit, 0, self.heading)
            for word, color in zip(meanings.values(), colors, strict=True)
        ]


def scale_of(result: Result, quantity: Quantity, table: Table | None = None) -> Scale:
    """The scale of a quantity: over its points, else over its surfaces, or over another table.

    What was before and what is now have the same limits, so that they can be compared by their colours.
    """
    sources = (table,) if table is not None else (result.points, result.surfaces, result.shapes)
    source = next((one for one in sources if quantity.name in one.columns), Table())
    values = source.numbers(quantity.name) if len(source) else np.empty(0)
    known = np.isfinite(values)
    has_area = "area_m2" in source.columns
    weights = source.numbers("area_m2")[known] if has_area else np.ones(int(known.sum()))
    areas = areas_in_words(result, quantity) if table is None else {}
    unit = "m²" if has_area else ""
    now = quantity.name.removesuffix(BEFORE)
    both = [source.numbers(name) for name in (now, now + BEFORE) if name in source.columns]
    spread = np.concatenate(both) if len(source) and both else values
    limits = _limits(quantity, spread[np.isfinite(spread)])
    return Scale(quantity, *limits, values[known], weights, unit, areas)


def _limits(quantity: Quantity, values: Float64) -> tuple[float, float]:
    least, most = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if quantity.name.endswith(CHANGE):
        reach = max(abs(least), abs(most), abs(quantity.high or 0.0), 10.0**-quantity.digits)
        return -reach, reach
    low = least if quantity.low is None else quantity.low
    high = most if quantity.high is None else quantity.high
    return low, high if high > low else low + 1.0
