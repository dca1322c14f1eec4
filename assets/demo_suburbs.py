"""Row houses in the west, detached houses on the northern slope and south of the river."""

from __future__ import annotations

import math
from collections.abc import Iterator

import shapely
from shapely import Polygon

from assets.demo_house import Builder, Dice, House, Volume
from assets.demo_plan import CASTLE, Plan, Street
from assets.demo_quarters import Ground
from assets.demo_solids import XY, rectangle

_DETACHED_AREA = shapely.union_all(
    [
        Polygon(((10, 592), (990, 592), (990, 988), (240, 988), (240, 880), (10, 655))),
        shapely.box(110, 26, 548, 232),
    ]
).difference(CASTLE.buffer(40))
_ROWS_AREA = Polygon(((10, 305), (250, 322), (248, 520), (288, 566), (270, 622), (10, 622)))


def places(street: Street, side: int, step_m: float, start_m: float) -> Iterator[tuple[XY, XY, XY]]:
    """Points on a street's middle line, the direction there and the way to the houses of that side."""
    s = start_m
    while s < street.line.length - 3:
        p, q = street.line.interpolate(s - 1), street.line.interpolate(s + 1)
        length = math.hypot(q.x - p.x, q.y - p.y)
        u = (side * (q.x - p.x) / length, side * (q.y - p.y) / length)
        yield ((p.x + q.x) / 2, (p.y + q.y) / 2), u, (-u[1], u[0])
        s += step_m


def beside(place: XY, u: XY, n: XY, away_m: float, along_m: float = 0.0) -> XY:
    """The point `away_m` from the street and `along_m` down the street."""
    return place[0] + n[0] * away_m + u[0] * along_m, place[1] + n[1] * away_m + u[1] * along_m


def turned(u: XY, angle: float) -> XY:
    """A direction turned by `angle` (radians, counter-clockwise)."""
    return u[0] * math.cos(angle) - u[1] * math.sin(angle), u[0] * math.sin(angle) + u[1] * math.cos(angle)


class Suburbs:
    """Builds the houses of the twentieth century."""

    def __init__(self, plan: Plan, builder: Builder, ground: Ground, dice: Dice) -> None:
        self.plan, self.builder, self.ground, self.dice = plan, builder, ground, dice

    def rows(self) -> Iterator[House]:
        """Terraces of four to seven units that step down the slope."""
        for i, street in enumerate(s for s in self.plan.streets if s.kind == "rows"):
            for side in (1, -1):
                year = (1927, 1936, 1952, 1958, 1963)[i % 5] + (3 if side > 0 else 0)
                units, unit_m = int(self.dice.rng.integers(4, 8)), self.dice.between(6.2, 7.6)
                for place, u, n in places(street, side, (units + 2.5) * unit_m, 12 + unit_m):
                    yield from self._terrace(
                        beside(place, u, n, street.width_m / 2 + 5.5), u, units, unit_m, year
                    )

    def _terrace(self, start: XY, u: XY, units: int, unit_m: float, year: int) -> Iterator[House]:
        n, depth = (-u[1], u[0]), self.dice.between(9.2, 10.8)
        roof, slope = ("gable", self.dice.between(0.7, 0.95)) if self.dice.chance(0.85) else ("shed", 0.15)
        for i in range(units):
            footprint = rectangle(beside(start, u, n, depth / 2, i * unit_m), u, unit_m, depth)
            if _ROWS_AREA.contains(Polygon(footprint)) and self.ground.is_free(footprint, 0):
                self.ground.take(footprint)
                yield House([self.builder.body(footprint, roof, 5.9, slope)], "residential", year, 2)

    def detached(self) -> Iterator[House]:
        """Houses in gardens, some with a garage or a lower wing."""
        for street in (s for s in self.plan.streets if s.kind == "suburb"):
            for side in (1, -1):
                for place, u, n in places(street, side, 23.5, self.dice.between(8, 18)):
                    house = self._detached_house(street, place, u, n)
                    if house:
                        yield house

    def _detached_house(self, street: Street, place: XY, u: XY, n: XY) -> House | None:
        width, depth = self.dice.between(9, 13), self.dice.between(8.5, 11.5)
        away = street.width_m / 2 + self.dice.between(4, 8 if self.dice.chance(0.75) else 15) + depth / 2
        centre = beside(place, u, n, away, self.dice.between(-3, 3))
        u = turned(u, self.dice.between(-0.09, 0.09))
        n = (-u[1], u[0])
        footprint = rectangle(centre, u, width, depth)
        style = self.dice.pick(
            ("gable", 0.6), ("hip", 0.17), ("half-hip", 0.1), ("pyramid", 0.06), ("flat", 0.07)
        )
        if (
            self.dice.chance(0.22)
            or not _DETACHED_AREA.contains(Polygon(footprint))
            or not self.ground.is_free(footprint, 3.2)
        ):
            return None
        self.ground.take(footprint)
        year = self._year(footprint[0])
        storeys = 2 if style in ("flat", "pyramid", "hip") or self.dice.chance(0.3) else 1
        slope = 0.45 if style == "pyramid" else self.dice.between(0.6, 1.05)
        ridge = n if self.dice.chance(0.3) else None
        volumes = [
            self.builder.body(footprint, style, storeys * 2.8 + self.dice.between(0.5, 1.2), slope, ridge)
        ]
        volumes += self._garage(footprint, u, n)
        return House(volumes, "residential", year, storeys)

    def _year(self, at: XY) -> int:
        """Older near the old town, newer up the hill."""
        up_the_hill = max(0.0, at[1] - 600) / 380 if at[1] > 400 else 0.25
        return int(min(2023, 1921 + up_the_hill * 78 + self.dice.between(0, 24)))

    def _garage(self, footprint: list[XY], u: XY, n: XY) -> list[Volume]:
        if not self.dice.chance(0.45):
            return []
        right = footprint[1]
        inset = self.dice.between(0.4, 1.8)
        near = beside(right, u, n, inset)
        garage = [near, beside(near, u, n, 0, 3.4), beside(near, u, n, 6.2, 3.4), beside(near, u, n, 6.2)]
        if not self.ground.is_free(garage, 0) or self.ground.roads.intersects(Polygon(garage).buffer(0.5)):
            return []
        self.ground.take(garage)
        return [self.builder.body(garage, "flat", 2.6, role="garage")]
