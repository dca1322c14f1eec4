"""What a line of sight ends at: sky, green, water, buildings, ground and streets, or something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from analysis.foliage import PLANT_COVER, PLANTS
from analysis.obstacles import Casters
from analysis.rays import Rays
from analysis.situation import Situation, state_of
from analysis.standing import TINS, Reach, below, entries_of, objects_of, standing
from layers.arrays import CityTiles, Float64, Int32, UInt8
from layers.columns import Mask
from layers.data import Box, Progress, never_stop
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64, starts

Value = TypeVar("Value")

#: What may be seen, as codes and as names in columns and tables.
SKY, GREEN, WATER, BUILDING, GROUND, OTHER = range(6)
KINDS = ("sky", "green", "water", "building", "ground", "other")
#: And for people.
TITLES = {
    "sky": "Sky",
    "green": "Green",
    "water": "Water",
    "building": "Buildings",
    "ground": "Ground and streets",
    "other": "Other",
}
#: Objects that cover the ground with water, and those that one walks and drives on.
WATER_BODIES = frozenset(("WaterBody", "Waterway"))
WAYS = frozenset(("Road", "Railway", "Square", "Track", "TransportSquare", "TransportationComplex"))
LAND_USES = frozenset(("LandUse",))
#: Attributes of land uses that say what grows there, and the words that make them green.
SAYS_USE = ("class", "function", "usage")
GREEN_WORDS = (
    *("green", "grass", "lawn", "meadow", "park", "garden", "cemetery", "churchyard", "allotment"),
    *("forest", "wood", "scrub", "heath", "orchard", "vineyard", "farmland", "agricultur", "crop"),
    *("grün", "wiese", "rasen", "wald", "friedhof", "acker", "gras", "bos", "groen"),
)
#: Words with one of the above in them that are not green.
NOT_GREEN_WORDS = ("parking", "parkplatz", "parkeer", "greenhouse", "business", "industrial")
#: The ground is looked at from so far above.
ABOVE_M = 1_000.0


@dataclass(frozen=True)
class Met:
    """What lines of sight end at."""

    kind: UInt8  # (n,)
    triangle: Int64  # (n,) of the casters, -1 for the sky and for ground that is not modelled
    distance_m: Float64  # (n,) in lengths of the directions, infinite where there is no triangle


@dataclass(frozen=True)
class LandCover:
    """What stands in a state of the city, and what covers its ground."""

    cast: Casters
    of_triangle: UInt8  # (m,) what each triangle of the casters is
    covers: tuple[tuple[Rays, int], ...] = ()  # of the ground; the last one that covers a place counts

    def look(self, eyes: Float64, ways: Float64, progress: Progress = never_stop) -> Met:
        """What eyes (n, 3) see in directions (n, 3).

        Where a line of sight leaves the model it ends at the sky, below the horizon at the ground.
        """
        met, away = self.cast.rays.first(eyes, ways, progress)
        triangle, distance = met.astype(np.int64), away.astype(np.float64)
        if self.cast.opaque < len(self.cast.triangles):
            leaf, away = self.cast.veils.first(eyes, ways)
            nearer = away < distance
            triangle[nearer] = self.cast.opaque + leaf[nearer]
            distance[nearer] = away[nearer]
        is_met = triangle >= 0
        kind = np.where(ways[:, 2] < 0, GROUND, SKY).astype(np.uint8)
        kind[is_met] = self.of_triangle[triangle[is_met]]
        on_ground = np.flatnonzero(kind == GROUND)
        kind[on_ground] = self._covered(eyes[on_ground], ways[on_ground], distance[on_ground])
        return Met(kind, triangle, distance)

    def _covered(self, eyes: Float64, ways: Float64, distance: Float64) -> UInt8:
        """What covers the ground where lines of sight end; those that meet no ground may meet its cover."""
        found = np.full(len(eyes), GROUND, np.uint8)
        is_met = np.isfinite(distance)
        places = eyes[is_met] + distance[is_met, None] * ways[is_met]
        for rays, kind in self.covers:
            above = np.column_stack((places[:, :2], np.full(len(places), rays.origin[2] + ABOVE_M)))
            found[np.flatnonzero(is_met)[rays.first(above, np.array((0.0, 0.0, -1.0)))[0] >= 0]] = kind
            found[np.flatnonzero(~is_met)[rays.first(eyes[~is_met], ways[~is_met])[0] >= 0]] = kind
        return found


def land_cover(project: Project, situation: Situation, cast: Casters, box: Box | None = None) -> LandCover:
    """What is seen of a state of the city; covers of the ground in a box, or everywhere."""
    wanted: Sequence[tuple[Callable[[Project, Layer], Mask], int]] = (
        (_is_green, GREEN),
        (_is_water, WATER),
        (_is_way, GROUND),
    )
    return LandCover(cast, _kinds(project, cast), tuple(covers_of(project, situation, wanted, box)))


def covers_of(
    project: Project,
    situation: Situation,
    wanted: Sequence[tuple[Callable[[Project, Layer], Mask], Value]],
    box: Box | None = None,
) -> list[tuple[Rays, Value]]:
    """Objects that cover the ground, as what rays from above meet, each kind with its value."""
    found = []
    states = state_of(project, situation)
    for layer in project.layers:
        if layer.kind != "city" or not layer.visible:
            continue
        city = project.drawable(layer)
        if not isinstance(city, CityTiles):
            continue
        stands = standing(project, layer, situation, states[layer.id][0])
        for chosen, value in wanted:
            entries = entries_of(city, stands & chosen(project, layer), Reach(box))
            if len(entries):
                found.append((Rays(*_triangles(city, entries)), value))
    return found


def _triangles(city: CityTiles, entries: Int64) -> tuple[Float64, Int32]:
    """Vertices and triangles of some entries, in all their levels of detail."""
    vertex, _ = below(city.entry_vertex, entries, entries)
    triangle, owner = below(city.entry_triangle, entries, np.arange(len(entries)))
    counts = city.entry_vertex[entries + 1] - city.entry_vertex[entries]
    shift = starts(counts)[:-1] - city.entry_vertex[entries]
    moved = city.triangles[triangle] + shift[owner][:, None]
    return np.asarray(city.vertices[vertex]), moved.astype(np.int32)


def _kinds(project: Project, cast: Casters) -> UInt8:
    """What each triangle is: by the type of its object, ground where it is terrain."""
    found = np.full(len(cast.triangles), OTHER, np.uint8)
    for number in np.unique(cast.layer).tolist():
        mine = np.flatnonzero(cast.layer == number)
        if number in cast.terrain:
            found[mine] = GROUND
            continue
        layer = project.layer(number)
        mine = mine[cast.fid[mine] >= 0]
        codes, names = project.values(layer, "type").as_codes()
        kinds = np.array([*(_kind_of(str(name)) for name in names), OTHER], np.uint8)
        found[mine] = kinds[codes[cast.fid[mine] - layer.first_fid]]
    return found


def _kind_of(type: str) -> int:
    """What an object of a type is to the eye."""
    if type.startswith("Building"):
        return BUILDING
    if type in PLANTS:
        return GREEN
    if type in WATER_BODIES:
        return WATER
    return GROUND if type in WAYS | LAND_USES | TINS else OTHER


def _is_water(project: Project, layer: Layer) -> Mask:
    return objects_of(project, layer, WATER_BODIES)


def _is_way(project: Project, layer: Layer) -> Mask:
    return objects_of(project, layer, WAYS)


def _is_green(project: Project, layer: Layer) -> Mask:
    """Plants that cover the ground, and land uses that say so."""
    found = objects_of(project, layer, PLANT_COVER)
    uses = objects_of(project, layer, LAND_USES)
    if not uses.any():
        return found
    known = project.attribute_types(layer)
    for name in SAYS_USE:
        if name in known:
            codes, values = project.values(layer, name).as_codes()
            found |= uses & np.array([*(says_green(str(value or "")) for value in values), False])[codes]
    return found


def says_green(text: str) -> bool:
    """Whether what is said of a land use means that something grows there."""
    said = text.lower()
    return any(word in said for word in GREEN_WORDS) and not any(word in said for word in NOT_GREEN_WORDS)
