"""From attribute values to classes, colours and a legend."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import floor, log10
from typing import Any

import numpy as np

from layers.arrays import Float64, Int32, UInt8
from layers.columns import NONE, Column, listed
from layers.values import format_value
from viewer.palette import CATEGORY_MAP, NO_VALUE, color_table, hex_color, ramp, rgb

MOST_CATEGORIES = 12
JENKS_BINS = 400
#: Of still more different values only the most frequent ones are considered for a class.
MOST_COUNTED = 10_000
#: So many values tell whether all are few different ones.
SAMPLE = 4_000
METHODS = ("categories", "graduated", "equal", "quantile", "natural")


@dataclass(frozen=True)
class LegendEntry:
    """One row of the legend: `count` objects (or points) of a layer are drawn in this colour."""

    label: str
    color: str
    count: int
    unit: str = ""
    layer: int = 0
    heading: str = ""


def summed(entries: Iterable[LegendEntry]) -> list[LegendEntry]:
    """The rows, those that differ by their count alone as one."""
    found: dict[LegendEntry, int] = {}
    for entry in entries:
        row = replace(entry, count=0)
        found[row] = found.get(row, 0) + entry.count
    return [replace(row, count=count) for row, count in found.items()]


def told_apart(entries: list[LegendEntry], names: Mapping[int, str]) -> list[LegendEntry]:
    """The rows, with the layer's name in headings that several layers share."""
    owners: dict[str, set[int]] = {}
    for entry in entries:
        owners.setdefault(entry.heading, set()).add(entry.layer)
    shared = {heading for heading, layers in owners.items() if heading and len(layers) > 1}
    return [
        replace(entry, heading=f"{names.get(entry.layer, '')}: {entry.heading.lower()}")
        if entry.heading in shared
        else entry
        for entry in entries
    ]


@dataclass(frozen=True)
class Classes:
    """The class of every value (the last class is "no value"), with a colour and label each."""

    codes: Int32  # (n,)
    colors: UInt8  # (k + 1, 3)
    labels: tuple[str, ...]
    unit: str = ""

    def legend(self, layer: int, heading: str, shown: Int32 | None = None) -> list[LegendEntry]:
        """Rows with counts; `shown` picks the values that are drawn at all."""
        codes = self.codes if shown is None else self.codes[shown]
        counts = np.bincount(codes, minlength=len(self.labels))
        last = len(self.labels) - 1
        return [
            LegendEntry(label, hex_color(self.colors[i]), int(counts[i]), self.unit, layer, heading)
            for i, label in enumerate(self.labels)
            if i < last or counts[i]
        ]


@dataclass(frozen=True)
class Peers:
    """What colours of categories must agree with: the same attribute elsewhere, and agreements on values."""

    columns: Sequence[Column] = ()
    agreed: Mapping[str, str] = field(default_factory=dict)


ALONE = Peers()


def classify(
    values: Column,
    method: str = "",
    classes: int = 6,
    color_map: str = "",
    unit: str = "",
    peers: Peers = ALONE,
) -> Classes:
    """Put values into classes. Left open, numbers are graduated, and texts, even of digits, categories."""
    has_text = any(isinstance(value, str | bool) for value in values.values)
    if method == "categories" or (method == "" and has_text):
        return categories(values, color_map, unit, peers)
    numbers = as_numbers(values)
    known = numbers[np.isfinite(numbers)]
    if not len(known) or (method == "" and _are_few(known, classes)):
        return categories(values, color_map, unit, peers)
    way = {"": "natural", "graduated": "natural"}.get(method, method)
    return graduated(numbers, way, classes, color_map or "viridis", unit)


def _are_few(numbers: Float64, most: int) -> bool:
    """Whether there are at most so many different numbers."""
    some = np.unique(numbers[:: len(numbers) // SAMPLE + 1])
    return len(some) <= most and len(np.unique(numbers)) <= most


def as_numbers(values: Column) -> Float64:
    """Values as float64; what is not a finite number (nor the text of one) is NaN."""
    found = np.full(len(values), np.nan) if values.numbers is None else values.numbers
    if values.codes is None:
        return found
    table = np.array([*map(_number, listed(values.values)), np.nan])
    return np.where(values.codes == NONE, found, table[values.codes])


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return np.nan
    try:
        number = float(value)
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def categories(values: Column, color_map: str = "", unit: str = "", peers: Peers = ALONE) -> Classes:
    """The twelve most frequent values here and among the peers, then "other", then "no value".

    A value has one colour here and there; one that is agreed on has that, unless a map is asked for.
    """
    codes, different = values.as_codes()
    words, counts = _counted(codes, different)
    everywhere = counts.copy()
    for other in peers.columns:
        everywhere.update(_counted(*other.as_codes())[1])
    agreed = {} if color_map else peers.agreed
    order = sorted(everywhere, key=lambda word: (-everywhere[word], word))
    top = [word for word in order if word not in agreed][:MOST_CATEGORIES]
    color_of = dict(zip(top, _category_colors(len(top), color_map or CATEGORY_MAP), strict=True))
    color_of |= {word: rgb(color) for word, color in agreed.items()}
    kept = [word for word in order if word in color_of and word in counts]
    has_more = len(counts) > len(kept) or len(words) < len(different)
    code_of = {word: i for i, word in enumerate(kept)}
    labels = [*kept, *(["other"] if has_more else []), "no value"]
    missing = len(labels) - 1
    colors = [color_of[word] for word in kept]
    if has_more:
        colors.append(rgb("#8b8b86"))
    colors.append(rgb(NO_VALUE))
    table = np.full(len(different) + 1, missing - 1, np.int32)
    table[-1] = missing
    for at, word in words.items():
        table[at] = missing if word is None else code_of.get(word, missing - 1)
    return Classes(table[codes], np.array(colors, np.uint8), tuple(labels), unit)


def _counted(codes: Int32, different: Sequence[Any]) -> tuple[dict[int, str | None], Counter[str]]:
    """The word of each different value, of very many only of the most frequent; how often each is met."""
    often = np.bincount(codes[codes != NONE], minlength=len(different))
    among: Iterable[int] = range(len(different))
    if len(different) > MOST_COUNTED:
        among = np.argpartition(often, -MOST_COUNTED)[-MOST_COUNTED:].tolist()
    words = {at: None if (value := different[at]) == "" else _word(value) for at in among}
    counts: Counter[str] = Counter()
    for at, word in words.items():
        if word is not None and often[at]:
            counts[word] += int(often[at])
    return words, counts


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        value = list(value)
    return format_value(value) if isinstance(value, bool | list | dict) else str(value)


def _category_colors(count: int, color_map: str) -> UInt8:
    table = color_table(color_map)
    if color_map == CATEGORY_MAP:
        return table[:count].astype(np.uint8)
    return ramp(color_map, np.linspace(0, 1, max(count, 2))[:count])


def graduated(numbers: Float64, method: str, classes: int, color_map: str, unit: str = "") -> Classes:
    """Classes between breaks at readable numbers."""
    known = numbers[np.isfinite(numbers)]
    breaks = nice_breaks(known, method, classes)
    count = len(breaks) - 1
    codes = np.clip(np.searchsorted(breaks, numbers, side="right") - 1, 0, count - 1).astype(np.int32)
    codes[~np.isfinite(numbers)] = count
    labels = [f"{_text(a)} – {_text(b)}" for a, b in itertools.pairwise(breaks)]
    middle = (np.arange(count) + 0.5) / count if count > 1 else np.array([0.5])
    colors = np.vstack((ramp(color_map, middle), rgb(NO_VALUE)))
    return Classes(codes, colors, (*labels, "no value"), unit)


def nice_breaks(numbers: Float64, method: str, classes: int) -> Float64:
    """Class limits, ascending and distinct, that hold every number."""
    low, high = float(numbers.min()), float(numbers.max())
    if low == high:
        return np.array([low, high])
    classes = int(np.clip(classes, 1, 24))
    if method == "equal":
        step = nice_step((high - low) / classes)
        return (np.arange(floor(low / step), -floor(-high / step) + 1) * step).astype(np.float64)
    found = quantile_breaks(numbers, classes) if method == "quantile" else natural_breaks(numbers, classes)
    step = nice_step(max(float(np.diff(found).min()) / 4, (high - low) / 1e5))
    inner = np.round(found[1:-1] / step) * step
    ends = np.array([floor(low / step) * step, -floor(-high / step) * step])
    return np.unique(np.round(np.concatenate((ends[:1], inner, ends[1:])), 12))


def nice_step(wanted: float) -> float:
    """The one of 1, 2, 2.5, 5 times a power of ten that is nearest to `wanted`."""
    power = 10.0 ** floor(log10(wanted))
    return min((factor * power for factor in (1, 2, 2.5, 5, 10)), key=lambda step: abs(log10(step / wanted)))


def round_length(longest: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is at most `longest`."""
    power = 10.0 ** floor(log10(longest))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= longest * (1 + 1e-9))


def quantile_breaks(numbers: Float64, classes: int) -> Float64:
    """Limits with the same number of values between them."""
    found: Float64 = np.quantile(numbers, np.linspace(0, 1, classes + 1))
    return found


def natural_breaks(numbers: Float64, classes: int) -> Float64:
    """Limits that make the classes most alike within (Fisher and Jenks), on at most 400 steps."""
    values, lowest, weights = _steps(numbers)
    if len(values) <= classes:
        return np.append(lowest, numbers.max()).astype(np.float64)
    starts = _best_starts(values, weights, classes)
    return np.append(lowest[starts], numbers.max()).astype(np.float64)


def _steps(numbers: Float64) -> tuple[Float64, Float64, Float64]:
    """Mean, lowest number and count of at most 400 steps between the least and the greatest number."""
    if _are_few(numbers, JENKS_BINS):
        values, counts = np.unique(numbers, return_counts=True)
        return values, values, counts.astype(np.float64)
    low, high = numbers.min(), numbers.max()
    step = np.minimum((numbers - low) * (JENKS_BINS / (high - low)), JENKS_BINS - 1).astype(np.intp)
    counts = np.bincount(step, minlength=JENKS_BINS)
    sums = np.bincount(step, numbers, JENKS_BINS)
    lowest = np.full(JENKS_BINS, np.inf)
    np.minimum.at(lowest, step, numbers)
    used = counts > 0
    return sums[used] / counts[used], lowest[used], counts[used].astype(np.float64)


def _best_starts(values: Float64, weights: Any, classes: int) -> list[int]:
    """First value of each class, by dynamic programming on the summed squared deviation."""
    w = np.concatenate(([0], np.cumsum(weights)))
    s = np.concatenate(([0], np.cumsum(weights * values)))
    q = np.concatenate(([0], np.cumsum(weights * values**2)))
    i, j = np.triu_indices(len(values) + 1, 1)
    spread = np.full((len(values) + 1, len(values) + 1), np.inf)
    spread[i, j] = (q[j] - q[i]) - (s[j] - s[i]) ** 2 / (w[j] - w[i])
    cost, back = spread[0], []
    for _ in range(classes - 1):
        total = cost[:, None] + spread
        back.append(total.argmin(axis=0))
        cost = total.min(axis=0)
    starts, end = [], len(values)
    for choice in reversed(back):
        end = int(choice[end])
        starts.append(end)
    return [0, *reversed(starts)]


def _text(number: float) -> str:
    return f"{number:.10g}".replace("-", "−")
