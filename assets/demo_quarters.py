"""Houses of the old town and of the railway age, wall to wall along the edges of their blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely import Point, Polygon

from assets.demo_house import Builder, Dice, House, Volume, is_usable
from assets.demo_plan import MARKET, Plan
from assets.demo_solids import XY


class Ground:
    """What is taken: footprints so far, streets and water."""

    def __init__(self, plan: Plan) -> None:
        self.roads = plan.road_area
        self.blocked = shapely.union_all([plan.water.buffer(9), plan.open_spaces])
        shapely.prepare(self.roads)
        shapely.prepare(self.blocked)
        self.taken: list[Polygon] = []

    def is_free(self, footprint: Sequence[XY], apart_m: float, open_space: bool = False) -> bool:
        """Whether nothing is nearer than `apart_m` (a touching party wall is allowed at 0)."""
        area = Polygon(footprint)
        tested = area.buffer(apart_m) if apart_m else area.buffer(-0.08)
        if self.roads.intersects(tested) or (not open_space and self.blocked.intersects(tested)):
            return False
        return not any(tested.intersects(other) for other in self.taken)

    def take(self, footprint: Sequence[XY]) -> None:
        """Mark a footprint as built on."""
        self.taken.append(Polygon(footprint))


def _corner(ring: Sequence[XY], i: int) -> tuple[float, float]:
    """Turn at corner `i` in degrees, positive where the block is convex, and the next edge's length."""
    a, b, c = ring[i - 1], ring[i], ring[(i + 1) % len(ring)]
    before, after = math.atan2(b[1] - a[1], b[0] - a[0]), math.atan2(c[1] - b[1], c[0] - b[0])
    turn = (math.degrees(after - before) + 180) % 360 - 180
    return turn, math.dist(b, c)


def _strip(ring: Sequence[XY], i: int, depth: float) -> tuple[XY, XY, float, float, float, float]:
    """Direction, inward normal and the reach of the strip behind edge `i`, on the street and behind."""
    a, b = ring[i], ring[(i + 1) % len(ring)]
    length = math.dist(a, b)
    u = ((b[0] - a[0]) / length, (b[1] - a[1]) / length)
    n = (-u[1], u[0])
    turn_start, _ = _corner(ring, i)
    turn_end, _ = _corner(ring, (i + 1) % len(ring))
    half_start, half_end = math.radians(turn_start) / 2, math.radians(turn_end) / 2
    if turn_start > 35:  # the strip before this one has the corner; start behind it
        t = math.radians(turn_start)
        front_start, back_start = depth / math.sin(t), depth / math.sin(t) + depth / math.tan(t)
    else:
        front_start, back_start = 0.0, depth * math.tan(half_start)
    if turn_end > 35:
        t = math.radians(turn_end)
        front_end, back_end = length, length + depth / math.tan(t)
    else:
        front_end, back_end = length, length - depth * math.tan(half_end)
    return u, n, front_start, front_end, back_start, back_end


def frontages(block: Polygon, depth: float, width: float, rng: np.random.Generator) -> Iterator[list[XY]]:
    """Plots along the edges of a block, party wall to party wall; the first edge of each faces the street."""
    parts = shapely.get_parts(block.buffer(-1.0, join_style="mitre").simplify(0.95))
    inside = max((p for p in parts if isinstance(p, Polygon)), key=lambda p: p.area)
    ring = [(x, y) for x, y, *_ in shapely.orient_polygons(inside).exterior.coords][:-1]
    for i, a in enumerate(ring):
        u, n, front_start, front_end, back_start, back_end = _strip(ring, i, depth)
        count = max(1, round((front_end - front_start) / width))
        inner = (np.arange(1, count) + rng.uniform(-0.24, 0.24, count - 1)) / count
        cuts = np.concatenate(([0.0], inner, [1.0]))
        for f, g in pairwise(cuts):
            front = [front_start + k * (front_end - front_start) for k in (f, g)]
            back = [back_start + k * (back_end - back_start) for k in (f, g)]
            along = [(a[0] + u[0] * s, a[1] + u[1] * s) for s in (*front, *reversed(back))]
            yield [*along[:2], *((x + n[0] * depth, y + n[1] * depth) for x, y in along[2:])]


def _shallower(plot: list[XY], factor: float) -> list[XY]:
    """The same plot, built to `factor` of its depth."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = plot
    return [
        (x0, y0),
        (x1, y1),
        (x1 + (x2 - x1) * factor, y1 + (y2 - y1) * factor),
        (x0 + (x3 - x0) * factor, y0 + (y3 - y0) * factor),
    ]


class Quarters:
    """Builds the houses of the old town and of the railway age."""

    def __init__(self, plan: Plan, builder: Builder, ground: Ground, dice: Dice) -> None:
        self.plan, self.builder, self.ground, self.dice = plan, builder, ground, dice

    def blocks(self) -> Iterator[House]:
        """Old town and the quarters of the railway age."""
        for block in self.plan.blocks():
            is_old = block.centroid.x < 600
            depth, width = (11.5, 10.6) if is_old else (13.0, 17.5)
            for plot in frontages(block, depth, width, self.dice.rng):
                house = self._old_house(plot) if is_old else self._town_house(plot)
                if house:
                    yield house

    def _old_house(self, plot: list[XY]) -> House | None:
        footprint = _shallower(plot, self.dice.between(0.78, 1.0))
        if self.dice.chance(0.05) or not is_usable(footprint) or not self.ground.is_free(footprint, 0):
            return None
        front = math.dist(footprint[0], footprint[1])
        faces_market = MARKET.distance(Point(footprint[0])) < 9
        storeys = (
            3 if faces_market else int(self.dice.rng.choice([2, 2, 3, 3, 3, 4][: 5 if front < 8 else 6]))
        )
        across = (footprint[3][0] - footprint[0][0], footprint[3][1] - footprint[0][1])
        gable_share = 0.75 if faces_market else 0.34 if front < 11 else 0.05
        ridge = across if self.dice.chance(gable_share) else None
        roof = self.dice.pick(("gable", 0.68), ("half-hip", 0.14), ("hip", 0.09), ("mansard", 0.09))
        eaves = storeys * self.dice.between(2.7, 3.05) + self.dice.between(0.2, 0.7)
        volumes = [self.builder.body(footprint, roof, eaves, self.dice.between(0.95, 1.3), ridge)]
        self.ground.take(footprint)
        volumes += self._rear_wing(footprint, eaves)
        function = self.dice.pick(
            ("shop house", 3 if faces_market else 1), ("residential", 2), ("inn", 0.2), ("workshop", 0.15)
        )
        year = int(self.dice.rng.choice([1480, 1590, 1650, 1720, 1780, 1830, 1870, 1905])) + int(
            self.dice.rng.integers(0, 40)
        )
        return House(volumes, function, year, storeys)

    def _rear_wing(self, footprint: Sequence[XY], eaves: float) -> list[Volume]:
        """A lower wing in the courtyard, against the middle of the rear wall."""
        if not self.dice.chance(0.42):
            return []
        right, left = np.array(footprint[2]), np.array(footprint[3])
        rear = float(np.hypot(*(left - right)))
        width, length = rear * self.dice.between(0.42, 0.6), self.dice.between(5, 9.5)
        if width < 3.4:
            return []
        along = (left - right) / rear
        out = np.array((along[1], -along[0]))
        start = right + along * self.dice.between(0.3, rear - width - 0.3) if rear - width > 0.7 else right
        corners = [start, start + out * length, start + along * width + out * length, start + along * width]
        wing = [(float(x), float(y)) for x, y in corners]
        if not self.ground.is_free(wing, 0) or not is_usable(wing):
            return []
        self.ground.take(wing)
        low = min(eaves - 1.2, self.dice.between(2.8, 6.2))
        roof = self.dice.pick(("shed", 0.6), ("flat", 0.4))
        ridge = (float(out[0]), float(out[1]))
        return [self.builder.body(wing, roof, max(2.4, low - 1.2), 0.28, ridge, role="rear wing")]

    def _town_house(self, plot: list[XY]) -> House | None:
        footprint = _shallower(plot, self.dice.between(0.9, 1.0))
        if self.dice.chance(0.04) or not is_usable(footprint) or not self.ground.is_free(footprint, 0):
            return None
        self.ground.take(footprint)
        storeys = int(self.dice.rng.choice([3, 3, 4, 4, 5]))
        eaves = storeys * 3.35 + self.dice.between(0.6, 1.2)
        roof = self.dice.pick(("mansard", 0.4), ("gable", 0.36), ("hip", 0.16), ("flat", 0.08))
        volumes = [self.builder.body(footprint, roof, eaves, self.dice.between(0.6, 0.85))]
        volumes += self._rear_wing(footprint, eaves)
        function = self.dice.pick(("tenement", 0.7), ("shop house", 0.22), ("office", 0.08))
        return House(volumes, function, int(self.dice.rng.integers(1884, 1915)), storeys)

    def replaced(self, houses: Sequence[House]) -> Iterator[House]:
        """Post-war flats in place of some town houses, which end there."""
        candidates = [h for h in houses if 1884 <= h.year < 1915 and len(h.volumes) == 1 and h.storeys >= 4]
        for house in candidates[::5]:
            house.demolished = int(self.dice.rng.integers(1954, 1969))
            footprint = house.volumes[0].footprint
            storeys = int(self.dice.rng.integers(4, 7))
            volume = self.builder.body(footprint, "flat", storeys * 2.85 + 0.6)
            yield House([volume], "tenement", house.demolished + 1, storeys)
