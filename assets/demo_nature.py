"""Between the buildings: trees, lamps, the fountain, street surfaces, the river, bridges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from assets.demo_house import Dice
from assets.demo_plan import CASTLE, CHURCHYARD, GASWORKS, MARKET, PARK, SCHOOL_YARD, Plan, Street
from assets.demo_solids import XY, Face, Solid, circle, millimetres, pairs
from assets.demo_terrain import SIZE_M, Terrain, river_y, water_level

STREET_ABOVE_GROUND_M = 0.2
GREEN_ABOVE_GROUND_M = 0.12
DRAPE_CELL_M = 10.0
#: Where the belvedere stands, and how high its deck is: the tower that is proposed is before the church.
BELVEDERE = (914.0, 551.0)
DECK_M = 18.0


@dataclass(frozen=True)
class Plant:
    """A tree: where its trunk meets the ground, which template, how large, turned how far."""

    x: float
    y: float
    z: float
    template: str
    species: str
    height_m: float
    turn_deg: float


def draped(area: BaseGeometry, terrain: Terrain, above_m: float, kind: str) -> Iterator[Face]:
    """An area laid on the terrain as triangles, none wider than the drape cell."""
    if area.is_empty:
        return
    x0, y0, x1, y1 = (DRAPE_CELL_M * math.floor(v / DRAPE_CELL_M) for v in area.bounds)
    xs, ys = np.arange(x0, x1 + 1, DRAPE_CELL_M), np.arange(y0, y1 + 1, DRAPE_CELL_M)
    cells = [shapely.box(x, y, x + DRAPE_CELL_M, y + DRAPE_CELL_M) for x in xs for y in ys]
    shapely.prepare(area)
    for cell in cells:
        if not area.intersects(cell):
            continue
        piece = shapely.set_precision(area.intersection(cell), 0.001)
        for triangle in shapely.get_parts(shapely.constrained_delaunay_triangles(piece)):
            ring = list(shapely.orient_polygons(triangle).exterior.coords)[:-1]
            if triangle.area > 0.01:
                yield Face(kind, (tuple(millimetres(x, y, terrain.at(x, y) + above_m) for x, y in ring),))


def street_areas(plan: Plan, bridges: BaseGeometry) -> Iterator[tuple[Street, BaseGeometry]]:
    """The carriageway of each street; crossings belong to the street named first."""
    taken: BaseGeometry = shapely.union_all([MARKET, bridges])
    for street in plan.streets:
        whole = street.line.buffer(street.width_m / 2, quad_segs=4).intersection(plan.area)
        yield street, whole.difference(taken)
        taken = taken.union(whole)


class Trees:
    """Plants trees where nothing is built."""

    def __init__(self, plan: Plan, terrain: Terrain, footprints: Iterable[Sequence[XY]], dice: Dice) -> None:
        self.plan, self.terrain, self.dice = plan, terrain, dice
        built = shapely.union_all([Polygon(f) for f in footprints])
        self.blocked = shapely.union_all(
            [built.buffer(2.2), plan.road_area.buffer(0.6), plan.water.buffer(1), GASWORKS]
        )
        shapely.prepare(self.blocked)
        self.planted: dict[tuple[int, int], list[XY]] = {}

    def _plant(
        self, x: float, y: float, apart_m: float, kind: str, near_street: bool = False
    ) -> Plant | None:
        if not (4 < x < SIZE_M - 4 and 4 < y < SIZE_M - 4) or (
            not near_street and self.blocked.contains(Point(x, y))
        ):
            return None
        cell = int(x // 8), int(y // 8)
        around = [(cell[0] + i, cell[1] + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        if any(math.dist((x, y), other) < apart_m for c in around for other in self.planted.get(c, ())):
            return None
        self.planted.setdefault(cell, []).append((x, y))
        species, low, high = {
            "broadleaf": (
                self.dice.pick(("Tilia cordata", 3), ("Acer platanoides", 2), ("Quercus robur", 1)),
                7.0,
                15.0,
            ),
            "fruit": (self.dice.pick(("Malus domestica", 2), ("Prunus avium", 1)), 3.6, 6.5),
            "conifer": (self.dice.pick(("Picea abies", 2), ("Pinus sylvestris", 1)), 9.0, 20.0),
            "poplar": ("Populus nigra 'Italica'", 14.0, 22.0),
        }[kind]
        height, turn = self.dice.between(low, high), self.dice.between(0, 360)
        return Plant(round(x, 3), round(y, 3), round(self.terrain.at(x, y), 3), kind, species, height, turn)

    def all(self) -> Iterator[Plant]:
        """Avenues, gardens, river banks, park, churchyard, castle hill and the wood at the northern edge."""
        for plant in (*self._avenues(), *self._banks(), *self._scattered()):
            if plant and not SCHOOL_YARD.contains(Point(plant.x, plant.y)):
                yield plant

    def _avenues(self) -> Iterator[Plant | None]:
        for street in self.plan.streets:
            if street.name not in (
                "Bahnhofstraße",
                "Gartenstraße",
                "Lohepromenade",
                "Wallstraße",
                "Lindenstraße",
            ):
                continue
            for side in (1, -1):
                line = street.line.offset_curve(side * (street.width_m / 2 + 1.3))
                for s in np.arange(6, line.length, 12.5):
                    p = line.interpolate(s)
                    if not self.blocked.contains(p):
                        yield self._plant(p.x, p.y, 7, "broadleaf", near_street=True)

    def _banks(self) -> Iterator[Plant | None]:
        for x in np.arange(8, SIZE_M, 9.0):
            for side in (1, -1):
                if self.dice.chance(0.5):
                    y = float(river_y(np.array([x]))[0]) + side * self.dice.between(19, 27)
                    yield self._plant(float(x), y, 6, "poplar" if 40 < x < 200 or x > 700 else "broadleaf")

    def _scattered(self) -> Iterator[Plant | None]:
        """Random places; what grows there and how densely depends on the place."""
        wood = shapely.union_all(
            [CASTLE.buffer(45).difference(CASTLE.buffer(-14)), shapely.box(0, 905, 250, 1000)]
        )
        meadow = shapely.box(0, 640, 240, 1000)
        for _ in range(7500):
            x, y = self.dice.between(0, SIZE_M), self.dice.between(0, SIZE_M)
            p = Point(x, y)
            if wood.contains(p) or (y > 920 and self.dice.chance(0.8)) or (x > 945 and y > 560):
                yield self._plant(x, y, 5.5, "conifer" if self.dice.chance(0.45) else "broadleaf")
            elif PARK.contains(p) or CHURCHYARD.buffer(-3).contains(p):
                yield self._plant(x, y, 9, "broadleaf")
            elif meadow.contains(p):
                if self.dice.chance(0.12):
                    yield self._plant(x, y, 8, "fruit")
            elif self.dice.chance(0.15):
                yield self._plant(x, y, 6.5, "fruit" if self.dice.chance(0.7) else "broadleaf")


def lamps(plan: Plan, bridges: BaseGeometry) -> Iterator[XY]:
    """Street lamps on alternating sides of the larger streets."""
    for street in plan.streets:
        if street.width_m < 7 or street.kind == "works":
            continue
        for i, s in enumerate(np.arange(9, street.line.length - 4, 26)):
            p, q = street.line.interpolate(s), street.line.interpolate(s + 1)
            side = (1 if i % 2 else -1) * (street.width_m / 2 - 0.5)
            place = (p.x - (q.y - p.y) * side, p.y + (q.x - p.x) * side)
            if plan.area.buffer(-2).contains(Point(place)) and not bridges.contains(Point(place)):
                yield round(place[0], 3), round(place[1], 3)


def fountain(terrain: Terrain) -> list[Face]:
    """The market fountain: an octagonal basin with a column."""
    at = (436.0, 440.0)
    ground = max(terrain.at(*p) for p in circle(at, 3.2, 8)) + STREET_ABOVE_GROUND_M
    return _turned(at, ground, ((3.2, 0.0), (3.2, 0.9), (2.8, 0.9), (2.8, 0.5), (0.5, 0.5), (0.35, 4.2)))


def belvedere(terrain: Terrain) -> tuple[list[Face], list[Face]]:
    """A slender tower at the eastern edge whose deck looks over the roofs to the church; and that deck."""
    ground = min(terrain.at(*p) for p in circle(BELVEDERE, 1.6, 8))
    steps = ((1.6, 0.0), (1.1, DECK_M - 1.6), (2.6, DECK_M - 0.3), (2.6, DECK_M))
    deck = [millimetres(*p, ground + DECK_M + 0.02) for p in circle(BELVEDERE, 2.4, 8)]
    return _turned(BELVEDERE, ground, steps), [Face("", (tuple(deck),))]


def _turned(at: XY, ground: float, steps: Sequence[tuple[float, float]]) -> list[Face]:
    """Octagons of some radii at some heights above the ground, the lowest let into it, joined to a body."""
    rings = [
        [millimetres(*p, ground + z - (0.6 if z == 0 else 0)) for p in circle(at, r, 8)] for r, z in steps
    ]
    faces = []
    for low, high in pairwise(rings):
        sides = zip(pairs(low), pairs(high), strict=True)
        faces += [Face("", ((a, b, d, c),)) for (a, b), (c, d) in sides]
    return [*faces, Face("", (tuple(rings[-1]),))]


class Bridge:
    """A bridge along a straight axis: the deck's outline, and a closed body."""

    def __init__(
        self, x_south: float, x_north: float, width_m: float, reach_m: float, terrain: Terrain
    ) -> None:
        middle = float(river_y(np.array([(x_south + x_north) / 2]))[0])
        self.start, self.end = (x_south, middle - reach_m), (x_north, middle + reach_m)
        self.length = math.dist(self.start, self.end)
        self.u = ((self.end[0] - self.start[0]) / self.length, (self.end[1] - self.start[1]) / self.length)
        self.width_m = width_m
        self.low = [terrain.at(*p) + STREET_ABOVE_GROUND_M for p in (self.start, self.end)]
        self.bed = float(water_level(np.array([x_south]))[0]) - 3.2
        self.outline = LineString((self.start, self.end)).buffer(width_m / 2, cap_style="flat")

    def deck_z(self, s: float, hump_m: float) -> float:
        """Height of the deck `s` metres from the southern end."""
        f = s / self.length
        return self.low[0] * (1 - f) + self.low[1] * f + hump_m * 4 * f * (1 - f)

    def _extruded(self, profile: Sequence[tuple[float, float, str]], left: float, right: float) -> Solid:
        """A vertical profile of (along, z, kind of the face to the next point) drawn out sideways."""

        def side(t: float) -> list[tuple[int, int, int]]:
            x0, y0 = self.start[0] - self.u[1] * t, self.start[1] + self.u[0] * t
            return [millimetres(x0 + self.u[0] * s, y0 + self.u[1] * s, z) for s, z, _ in profile]

        west, east = side(left), side(right)
        strips = zip(pairs(east), pairs(west), profile, strict=True)
        faces = [Face(kind, ((a, c, d, b),)) for (a, b), (c, d), (_, _, kind) in strips]
        return Solid(
            (Face("WallSurface", (tuple(east),)), Face("WallSurface", (tuple(reversed(west)),)), *faces)
        )

    def arched(self, arches: int, hump_m: float) -> Solid:
        """Stone arches on piers, below a humped deck."""
        pier, end = 2.2, 3.0
        span = (self.length - 2 * end - (arches - 1) * pier) / arches
        profile: list[tuple[float, float, str]] = [(0.0, self.bed, "GroundSurface")]
        for i in range(arches):
            left = end + i * (span + pier)
            crown = self.deck_z(left + span / 2, hump_m) - 0.9
            springing = self.bed + 1.6
            rise = crown - springing
            profile.append((left, self.bed, "WallSurface"))
            for k in range(9):
                angle = math.pi * (1 - k / 8)
                s, z = left + span / 2 + span / 2 * math.cos(angle), springing + rise * math.sin(angle)
                profile.append((s, z, "OuterCeilingSurface" if k < 8 else "WallSurface"))
            profile.append((left + span, self.bed, "GroundSurface"))
        profile.append((self.length, self.bed, "WallSurface"))
        profile += [
            (self.length * f, self.deck_z(self.length * f, hump_m), "OuterFloorSurface")
            for f in np.linspace(1, 0, 9)
        ]
        profile[-1] = (*profile[-1][:2], "WallSurface")
        return self._extruded(profile, self.width_m / 2, -self.width_m / 2)

    def slab(self, thick_m: float, hump_m: float) -> Solid:
        """A thin deck from bank to bank."""
        top = [(self.length * f, self.deck_z(self.length * f, hump_m)) for f in np.linspace(1, 0, 9)]
        profile = [(s, z - thick_m, "OuterCeilingSurface") for s, z in reversed(top)]
        profile[-1] = (*profile[-1][:2], "WallSurface")
        profile += [(s, z, "OuterFloorSurface") for s, z in top]
        profile[-1] = (*profile[-1][:2], "WallSurface")
        return self._extruded(profile, self.width_m / 2, -self.width_m / 2)

    def parapet(self, hump_m: float, side: int) -> Solid:
        """The wall along one edge of the deck, 0.35 m thick."""
        top = [(self.length * f, self.deck_z(self.length * f, hump_m)) for f in np.linspace(1, 0, 9)]
        profile = [(s, z, "GroundSurface") for s, z in reversed(top)]
        profile[-1] = (*profile[-1][:2], "WallSurface")
        profile += [(s, z + 1.0, "RoofSurface") for s, z in top]
        profile[-1] = (*profile[-1][:2], "WallSurface")
        outer = side * self.width_m / 2
        inner = outer - side * 0.35
        return self._extruded(profile, max(outer, inner), min(outer, inner))
