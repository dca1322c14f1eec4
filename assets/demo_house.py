"""One building of the demo city: its volumes, its roof, its place on the ground and its record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assets.demo_solids import (
    XY,
    Frame,
    Plane,
    Solid,
    block,
    flat,
    gable,
    half_hip,
    hip,
    mansard,
    pyramid,
    roofed,
    shed,
)
from assets.demo_terrain import Terrain

#: SIG3D codes of the roof forms
ROOFS = {
    "flat": "1000",
    "shed": "1010",
    "gable": "1030",
    "hip": "1040",
    "half-hip": "1050",
    "apse": "1040",
    "mansard": "1060",
    "pyramid": "1070",
    "cone": "1080",
    "sawtooth": "1100",
    "combination": "1130",
}

#: SIG3D codes of what buildings are for
FUNCTIONS = {
    "residential": "1000",
    "tenement": "1010",
    "shop house": "1050",
    "office": "1120",
    "shop": "1150",
    "supermarket": "1170",
    "inn": "1240",
    "industrial": "1310",
    "factory": "1320",
    "workshop": "1330",
    "depot": "1370",
    "mill": "1440",
    "garage": "1630",
    "gas works": "1770",
    "guildhall": "1990",
    "school": "2070",
    "castle": "2130",
    "museum": "2160",
    "fortification": "2200",
    "church": "2220",
    "sports hall": "2560",
    "water tower": "1670",
}

FOUNDATION_M = 0.3


class Dice:
    """Choices that come out the same every time."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def chance(self, share: float) -> bool:
        """True for a `share` of calls."""
        return bool(self.rng.random() < share)

    def between(self, low: float, high: float) -> float:
        """A number, to the centimetre."""
        return round(float(self.rng.uniform(low, high)), 2)

    def pick(self, *choices: tuple[str, float]) -> str:
        """One word, by weight."""
        weights = np.array([w for _, w in choices])
        return choices[int(self.rng.choice(len(choices), p=weights / weights.sum()))][0]


@dataclass(frozen=True)
class Volume:
    """One upright convex body, or a block over any outline: geometry in two levels of detail."""

    role: str
    roof: str
    footprint: tuple[XY, ...]
    planes: tuple[Plane, ...]
    lod12: Solid
    lod22: Solid


@dataclass
class House:
    """A building with its record; more than one volume makes building parts."""

    volumes: list[Volume]
    function: str
    year: int
    storeys: int
    demolished: int | None = None
    name: str = ""
    street: str = ""
    number: str = ""
    id: str = ""

    @property
    def front(self) -> XY:
        """The middle of the first volume's street side."""
        (x0, y0), (x1, y1) = self.volumes[0].footprint[:2]
        return (x0 + x1) / 2, (y0 + y1) / 2

    @property
    def height_m(self) -> float:
        """From the ground slab to the highest point."""
        ranges = [v.lod22.height_range_m() for v in self.volumes]
        return max(high for _, high in ranges) - min(low for low, _ in ranges) - FOUNDATION_M


class Builder:
    """Puts volumes on the terrain."""

    def __init__(self, terrain: Terrain) -> None:
        self.terrain = terrain

    def ground(self, footprint: Sequence[XY]) -> tuple[float, float]:
        """Lowest and mean height of the ground around a footprint."""
        heights = []
        for (x0, y0), (x1, y1) in zip(footprint, (*footprint[1:], footprint[0]), strict=True):
            heights += [self.terrain.at(x0, y0), self.terrain.at((x0 + x1) / 2, (y0 + y1) / 2)]
        return min(heights), sum(heights) / len(heights)

    def body(
        self,
        footprint: Sequence[XY],
        roof: str,
        eaves_m: float,
        slope: float = 1.0,
        ridge: XY | None = None,
        role: str = "main",
        base: float | None = None,
    ) -> Volume:
        """A volume whose eaves are `eaves_m` above the mean ground; `ridge` is the ridge's direction."""
        lowest, mean = self.ground(footprint)
        floor = lowest - FOUNDATION_M if base is None else base
        eaves = (mean if base is None else base + FOUNDATION_M) + eaves_m
        (x0, y0), (x1, y1) = footprint[:2]
        frame = Frame.of(footprint, ridge or (x1 - x0, y1 - y0))
        planes = _planes(roof, footprint, frame, eaves, slope)
        solid = roofed(footprint, floor, planes)
        if not solid.is_closed():
            roof, planes = "flat", flat(eaves)
            solid = roofed(footprint, floor, planes)
        top = solid.height_range_m()[1]
        middle = eaves + (top - eaves) * 0.6
        return Volume(
            role, roof, tuple(footprint), tuple(planes), roofed(footprint, floor, flat(middle)), solid
        )

    def blocklike(
        self, outer: Sequence[XY], height_m: float, holes: Sequence[Sequence[XY]] = (), role: str = "main"
    ) -> Volume:
        """A flat-roofed volume over any simple outline."""
        lowest, mean = self.ground(outer)
        solid = block(outer, lowest - FOUNDATION_M, mean + height_m, holes)
        return Volume(role, "flat", tuple(outer), tuple(flat(mean + height_m)), solid, solid)


def _planes(roof: str, footprint: Sequence[XY], frame: Frame, eaves: float, slope: float) -> list[Plane]:
    match roof:
        case "gable":
            return gable(frame, eaves, slope)
        case "hip":
            return hip(frame, eaves, slope, slope * 1.15)
        case "half-hip":
            return half_hip(frame, eaves, slope)
        case "mansard":
            return mansard(frame, eaves)
        case "pyramid" | "cone":
            return pyramid(footprint, eaves, slope)
        case "apse":  # sloping on every side but the last, which stands against another volume
            return pyramid(footprint, eaves, slope)[:-1]
        case "shed" | "sawtooth":
            return shed(frame, eaves, slope)
        case _:
            return flat(eaves)


def is_usable(footprint: Sequence[XY], least_side_m: float = 3.2) -> bool:
    """Whether a footprint is convex, counter-clockwise and nowhere too narrow."""
    n = len(footprint)
    for i in range(n):
        a, b, c = footprint[i], footprint[(i + 1) % n], footprint[(i + 2) % n]
        turn = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
        sides = math.dist(a, b), math.dist(b, c)
        if min(sides) < least_side_m or turn < 0.35 * sides[0] * sides[1]:
            return False
    return True
