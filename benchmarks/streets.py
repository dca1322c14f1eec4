"""The plan of a city: quarters of blocks between streets, and the lots along them.

The middle is old, dense and high, the edge low and green. A block is described by its kind; its
lots stand in rows along its sides. Everything follows from the number of buildings alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from benchmarks.roofs import FORMS, Float64

Int64 = NDArray[np.int64]
Draw = Callable[[int], Float64]

SEED = 20240501
QUARTER_M = 1080.0  # a quarter with the avenue beside it
COLUMNS, ROWS = 9, 13  # blocks of a quarter
STREET_M = 13.0
CITY_ANGLE = np.radians(17.0)
BUILDINGS_PER_BLOCK = 17  # about; it only says how large the city becomes
FORM_NAMES = tuple(FORMS)


@dataclass(frozen=True)
class Kind:
    """How a block is built up."""

    sides: str  # rows of lots: Front, Back, Left, Right, Middle
    frontage_m: float
    depth_m: tuple[float, float]
    gap_m: tuple[float, float]  # between neighbours
    setback_m: float
    height_m: float  # median
    spread: float  # of the logarithm of the height
    uniform: float  # share of rows whose houses are all alike
    function: tuple[int, ...]  # codes of use
    forms: dict[str, float]


KINDS: dict[str, Kind] = {
    "terraces": Kind(
        "FB", 6.2, (10.5, 13.5), (0, 0), 3, 8.8, 0.08, 0.85, (1000, 1010),
        {"annexed": 0.6, "gable": 0.28, "flat": 0.12},
    ),
    "villas": Kind(
        "FB", 19, (9, 14), (5, 9), 6, 8.0, 0.2, 0.0, (1000,),
        {"hip": 0.32, "gable": 0.28, "l": 0.2, "annexed": 0.14, "pyramid8": 0.03, "flat": 0.03},
    ),
    "perimeter": Kind(
        "FBLR", 13.5, (11, 13), (0, 0), 1, 16.5, 0.16, 0.15, (1010, 1120, 2030),
        {"mansard": 0.36, "gable": 0.28, "flat": 0.16, "stepped": 0.2},
    ),
    "slabs": Kind(
        "FMB", 46, (10.5, 12.5), (6, 12), 5, 24.0, 0.3, 0.6, (1010,),
        {"flat": 0.45, "stepped": 0.45, "comb2": 0.1},
    ),
    "towers": Kind(
        "FB", 42, (21, 27), (8, 14), 3, 58.0, 0.4, 0.0, (1120, 2030),
        {"stepped": 0.85, "flat": 0.15},
    ),
    "halls": Kind(
        "FB", 48, (20, 27), (6, 10), 4, 9.5, 0.22, 0.0, (2310,),
        {"sawtooth": 0.45, "flat": 0.25, "comb3": 0.15, "comb4": 0.15},
    ),
    "school": Kind(
        "M", 70, (26, 34), (8, 14), 0, 11.0, 0.15, 0.0, (3000,),
        {"u": 0.6, "comb3": 0.2, "comb2": 0.2},
    ),
    "park": Kind(
        "M", 90, (12, 16), (60, 74), 0, 7.0, 0.3, 0.0, (1700,),
        {"pyramid16": 0.5, "pyramid5": 0.5},
    ),
}  # fmt: skip
KIND_NAMES = tuple(KINDS)
#: Share of the kinds from the edge of the city (0) to its middle (1).
CENTRALITY = (0.0, 0.3, 0.45, 0.62, 0.8, 0.92)
SHARES = {
    "terraces": (0.30, 0.44, 0.52, 0.22, 0.02, 0.0),
    "villas": (0.46, 0.28, 0.10, 0.02, 0.0, 0.0),
    "perimeter": (0.0, 0.02, 0.14, 0.50, 0.68, 0.36),
    "slabs": (0.06, 0.12, 0.12, 0.12, 0.08, 0.04),
    "towers": (0.0, 0.0, 0.01, 0.03, 0.10, 0.48),
    "halls": (0.07, 0.04, 0.02, 0.01, 0.0, 0.0),
    "school": (0.03, 0.04, 0.04, 0.05, 0.06, 0.06),
    "park": (0.08, 0.06, 0.05, 0.05, 0.06, 0.06),
}


@dataclass(frozen=True)
class Blocks:
    """Blocks between streets, in the order in which their buildings are numbered."""

    middle: Float64  # (b, 2) metres from the middle of the city
    size: Float64  # (b, 2) metres
    angle: Float64  # (b,)
    kind: Int64  # (b,) into KIND_NAMES
    centrality: Float64  # (b,) 0 at the edge, 1 in the middle of the city
    buildings: Int64  # (b,)

    def part(self, start: int, end: int) -> Blocks:
        """Some of the blocks."""
        return Blocks(*(values[start:end] for values in vars(self).values()))


@dataclass(frozen=True)
class Lots:
    """Where buildings stand, and what they are to be."""

    place: Float64  # (k, 2) metres from the middle of the city
    angle: Float64  # (k,)
    size: Float64  # (k, 3) length along the street, width, height
    form: Int64  # (k,) into FORM_NAMES
    kind: Int64  # (k,)
    centrality: Float64  # (k,)


def city_blocks(buildings: int) -> Blocks:
    """The blocks of a city of exactly so many buildings."""
    blocks = _blocks_around(buildings)
    order = np.argsort(1 - blocks.centrality, kind="stable")
    total = np.cumsum(blocks.buildings[order])
    last = int(np.searchsorted(total, buildings))
    blocks.buildings[order[last]] -= total[last] - buildings
    # Numbered quarter by quarter, as authorities deliver their tiles.
    inside = np.sort(order[: last + 1])
    return Blocks(*(values[inside] for values in vars(blocks).values()))


def _blocks_around(buildings: int) -> Blocks:
    """More blocks than the city needs, quarter by quarter."""
    per_quarter = COLUMNS * ROWS * BUILDINGS_PER_BLOCK
    radius_m = QUARTER_M * sqrt(buildings / per_quarter / pi)
    reach = int(np.ceil(radius_m * 1.25 / QUARTER_M)) + 1
    across = np.arange(-reach, reach + 1)
    # Every second row of quarters runs the other way, so that neighbours follow each other.
    quarters = np.array([(x, y) for y in across for x in (across if y % 2 else across[::-1])])
    random = np.random.default_rng(SEED)
    count = len(quarters)
    wide = _shared(random.uniform(0.75, 1.25, (count, COLUMNS)), QUARTER_M - 70, STREET_M)
    tall = _shared(random.uniform(0.8, 1.2, (count, ROWS)), QUARTER_M - 70, STREET_M)
    turned = np.repeat(random.uniform(-0.05, 0.05, count), COLUMNS * ROWS)
    size = np.stack(np.broadcast_arrays(wide[:, None, :, 1], tall[:, :, None, 1]), axis=-1).reshape(-1, 2)
    local = np.stack(np.broadcast_arrays(wide[:, None, :, 0], tall[:, :, None, 0]), axis=-1).reshape(-1, 2)
    middle = rotated(
        rotated(local, turned) + np.repeat(quarters * QUARTER_M, COLUMNS * ROWS, axis=0), CITY_ANGLE
    )
    uneven = np.repeat(random.normal(0, 0.05, count), COLUMNS * ROWS) + random.normal(0, 0.025, len(middle))
    away = np.hypot(*middle.T) / radius_m
    # Smaller centres lie around the middle of a large city.
    towns = radius_m * random.uniform(0.3, 0.8, 12)[:, None] * _directions(random.uniform(0, 2 * pi, 12))
    near = np.exp(-((np.hypot(*(middle[:, None] - towns).transpose(2, 0, 1)).min(axis=1) / 1100) ** 2))
    centrality = np.clip(1 - away + uneven, -1, 1)
    urban = np.clip(np.maximum(centrality, centrality + 0.35 * near * (radius_m > 4000)), 0, 1)
    kind = _kinds(urban, random.random(len(middle)))
    kept = np.abs(middle[:, 1] - 0.12 * radius_m - 260 * np.sin(middle[:, 0] / 1500)) > 130  # the river
    blocks = Blocks(middle, size, turned + CITY_ANGLE, kind, centrality, _rows(kind, size)[1].sum(axis=1))
    return Blocks(*(values[kept] for values in vars(blocks).values()))


def _shared(weights: Float64, length_m: float, street_m: float) -> Float64:
    """Middles and sizes (k, n, 2) of stretches with streets between them."""
    sizes = weights / weights.sum(axis=1, keepdims=True) * (length_m - street_m * (weights.shape[1] - 1))
    starts = np.cumsum(sizes + street_m, axis=1) - sizes - street_m
    return np.stack((starts + sizes / 2 - length_m / 2, sizes), axis=-1)


def _directions(angle: Float64) -> Float64:
    return np.stack((np.cos(angle), np.sin(angle)), axis=-1)


def rotated(points: Float64, angle: Float64 | float) -> Float64:
    """Points (…, 2) turned counter-clockwise."""
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = points[..., 0], points[..., 1]
    return np.stack((x * cos - y * sin, x * sin + y * cos), axis=-1)


def _kinds(urban: Float64, chance: Float64) -> Int64:
    """What is built where: the shares between the listed distances from the middle."""
    shares = np.stack([np.interp(urban, CENTRALITY, SHARES[name]) for name in KIND_NAMES], axis=1)
    bounds = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    bounds[:, -1] = 1.0
    return np.asarray(np.argmax(chance[:, None] < bounds, axis=1))


def _rows(kind: Int64, size: Float64) -> tuple[Float64, Int64]:
    """Length and number of lots (b, 4) of the rows of each block."""
    lengths, counts = np.zeros((len(kind), 4)), np.zeros((len(kind), 4), np.int64)
    for number, name in enumerate(KIND_NAMES):
        of_kind, rule = kind == number, KINDS[name]
        for row, side in enumerate(rule.sides):
            aside = 2 * (rule.depth_m[1] + rule.setback_m) if side in "LR" else 2 * rule.setback_m
            lengths[of_kind, row] = size[of_kind, 1 if side in "LR" else 0] - aside
            counts[of_kind, row] = np.maximum(lengths[of_kind, row] / rule.frontage_m, 1).astype(int)
    return lengths, counts


def lots_of(blocks: Blocks, random: np.random.Generator) -> Lots:
    """The lots of some blocks, block by block."""
    lengths, counts = _rows(blocks.kind, blocks.size)
    block, row = np.nonzero(counts)
    of_row, number = _numbered(counts[block, row])
    in_block = _numbered(counts.sum(axis=1))[1]
    kept = in_block < blocks.buildings[block[of_row]]  # the last block of a city may be cut short
    of_row, number = of_row[kept], number[kept]
    of_block, length = block[of_row], lengths[block, row][of_row]
    kind, centrality = blocks.kind[of_block], np.clip(blocks.centrality[of_block], 0, 1)
    alike = (random.random(len(row)) < _of_kind("uniform")[blocks.kind[block]])[of_row]

    def drawn(draw: Draw) -> Float64:
        """One number per lot; the same for all of a row whose houses are alike."""
        own, common = draw(len(of_row)), draw(len(row))
        return np.where(alike, common[of_row], own)

    frontage = length / counts[block, row][of_row]
    width = frontage - _between(_of_kind("gap_m")[kind], random.random(len(kind)))
    depth = _between(_of_kind("depth_m")[kind], drawn(random.random))
    tall = _of_kind("spread")[kind] * drawn(random.standard_normal) + np.log(_of_kind("height_m")[kind])
    height = np.exp(tall) * (0.85 + 0.5 * centrality)
    turn, front, edge = _side(blocks, block, row)
    along = (number + 0.5) * frontage - length / 2
    across = np.where(edge[of_row], front[of_row] + depth / 2, 0.0)
    place = rotated(np.stack((along, across), axis=-1), turn[of_row])
    angle = blocks.angle[of_block]
    return Lots(
        rotated(place, angle) + blocks.middle[of_block],
        angle + turn[of_row],
        np.stack((np.maximum(width, 4.5), depth, height), axis=-1),
        _chosen(kind, drawn(random.random)),
        kind,
        centrality,
    )


def _numbered(counts: Int64) -> tuple[Int64, Int64]:
    """For things in groups: the group of each, and its number within the group."""
    group = np.repeat(np.arange(len(counts)), counts)
    return group, np.arange(len(group)) - (np.cumsum(counts) - counts)[group]


def _of_kind(name: str) -> Float64:
    """One value, or a pair of bounds, for each kind of block."""
    return np.array([getattr(rule, name) for rule in KINDS.values()], np.float64)


def _between(bounds: Float64, share: Float64) -> Float64:
    return bounds[:, 0] + (bounds[:, 1] - bounds[:, 0]) * share


def _side(blocks: Blocks, block: Int64, row: Int64) -> tuple[Float64, Float64, NDArray[np.bool_]]:
    """How rows are turned, where their front begins, and whether they stand at an edge of the block."""
    letters = np.array([list(f"{rule.sides:4}") for rule in KINDS.values()])
    side = letters[blocks.kind[block], row]
    turn = np.select([side == "B", side == "L", side == "R"], [pi, -pi / 2, pi / 2], 0.0)
    across = np.where(np.isin(side, ("L", "R")), blocks.size[block, 0], blocks.size[block, 1])
    return turn, _of_kind("setback_m")[blocks.kind[block]] - across / 2, side != "M"


def _chosen(kind: Int64, chance: Float64) -> Int64:
    """The forms that chance picks from those of each kind of block."""
    shares = np.array([[rule.forms.get(name, 0.0) for name in FORM_NAMES] for rule in KINDS.values()])
    bounds = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
    bounds[:, -1] = 1.0
    return np.asarray(np.argmax(chance[:, None] < bounds[kind], axis=1))
