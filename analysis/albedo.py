"""How much light the surfaces of a city reflect, by what they are.

Defaults lie within what T. R. Oke gives (Boundary Layer Climates, 2nd edition, 1987, tables 1.1 and 8.2):
concrete 0.10-0.35, brick 0.20-0.40, tiles 0.10-0.35, asphalt 0.05-0.20, grass 0.16-0.26, water under a
high sun 0.03-0.10, whole cities 0.10-0.27.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.foliage import PLANT_COVER
from analysis.landcover import ABOVE_M, WATER_BODIES, covers_of
from analysis.obstacles import Casters
from analysis.pieces import Albedo
from analysis.situation import Situation
from analysis.standing import objects_of
from layers.arrays import CityTiles, Float64
from layers.columns import Mask
from layers.data import Box
from layers.project import Project
from layers.records import Layer

Float32 = NDArray[np.float32]

#: Semantic surfaces that count as roof, ground and water; those of no type by how they lean.
ROOFS = frozenset(("RoofSurface", "OuterFloorSurface"))
GROUNDS = frozenset(("GroundSurface", "TrafficArea", "AuxiliaryTrafficArea"))
WATERS = frozenset(("WaterSurface", "WaterGroundSurface"))
#: Surfaces of no type are roofs where their unit normal rises more than this.
ROOF_RISE = 0.5


@dataclass(frozen=True)
class Albedos:
    """The share of light that each kind of surface reflects."""

    ground: float = 0.20
    wall: float = 0.30
    roof: float = 0.20
    water: float = 0.06
    vegetation: float = 0.25


def albedo_of(
    project: Project, situation: Situation, casters: Casters, albedos: Albedos, box: Box | None = None
) -> Albedo:
    """What the casters and the ground in a box reflect, by semantic surfaces and covers of the ground."""
    triangle = np.full(casters.opaque, albedos.ground)
    for number in np.unique(casters.layer[: casters.opaque]).tolist():
        mine = np.flatnonzero(casters.layer[: casters.opaque] == number)
        if number not in casters.terrain:
            triangle[mine] = _of_city(project.layer(number), project, casters, mine, albedos)
    covers = covers_of(project, situation, _wanted(albedos), box)

    def ground(places: Float64) -> Float64:
        found = np.full(len(places), albedos.ground)
        for rays, cover in covers:
            above = np.column_stack((places[:, :2], np.full(len(places), rays.origin[2] + ABOVE_M)))
            met, _ = rays.first(above, np.array([0.0, 0.0, -1.0]))
            found[met >= 0] = cover
        return found

    return Albedo(triangle, ground)


def _of_city(
    layer: Layer, project: Project, casters: Casters, mine: NDArray[np.int64], albedos: Albedos
) -> Float64:
    """The albedo of triangles of a layer of city objects."""
    corners = casters.vertices[casters.triangles[mine]]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(across, axis=1)
    rises = np.abs(across[:, 2]) > ROOF_RISE * length
    plain = np.where(rises, albedos.roof, albedos.wall)
    city = project.drawable(layer)
    if not isinstance(city, CityTiles):
        return plain
    of_type = np.array([_of_type(name, albedos) for name in city.type_names])
    found = of_type[city.surface_type[casters.surface[mine]]]
    return np.where(np.isnan(found), plain, found)


def _of_type(name: str, albedos: Albedos) -> float:
    """The albedo of a semantic surface, NaN where it has no type."""
    if not name:
        return np.nan
    return (
        albedos.roof
        if name in ROOFS
        else albedos.ground
        if name in GROUNDS
        else albedos.water
        if name in WATERS
        else albedos.wall
    )


def _wanted(albedos: Albedos) -> list[tuple[Callable[[Project, Layer], Mask], float]]:
    """Plants and water on the ground, with what they reflect."""
    return [
        (partial(objects_of, types=PLANT_COVER), albedos.vegetation),
        (partial(objects_of, types=WATER_BODIES), albedos.water),
    ]
