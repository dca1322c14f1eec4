"""The open reference case of the City Energy Analyst (CEA): footprints with heights in Zug, its sensors.

The files say UTM zone 32 south; northings minus the false northing of 10 000 km are those of zone 32
north (EPSG:32632), where Zug is. The ground is flat, 1 m high.
"""

from __future__ import annotations

import csv
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import mapbox_earcut
import numpy as np
from numpy.typing import NDArray

from analysis.irradiation import Spots
from layers.arrays import Float64
from tests.conftest import real
from tests.validation.ours import spots_of
from tests.validation.scenes import Scene, joined, of_quads, wall

FOLDER = "reference/cea-zug"
GROUND_M = 1.0
LIFT_M = 0.01
FALSE_NORTHING_M = 10_000_000.0
#: Subtracted from all coordinates, so that numbers stay short.
ORIGIN = np.array([463_000.0, 5_224_800.0, 0.0])
#: The ground reaches so far around the origin.
GROUND_REACH_M = 2_000.0


@dataclass(frozen=True)
class Block:
    """A building as footprint and height."""

    name: str
    rings: list[Float64]  # (n, 2) closed, outer ones clockwise
    top_m: float


@dataclass(frozen=True)
class Sensors:
    """The sensors of one building, as CEA laid them out."""

    points: Float64  # (n, 3)
    normals: Float64
    area_m2: Float64
    group: list[str]  # walls_east, roofs_top …

    @property
    def lifted(self) -> Float64:
        """The points, off their walls."""
        return self.points + LIFT_M * self.normals

    @property
    def spots(self) -> Spots:
        """As they are looked from."""
        return spots_of(self.lifted, self.normals)

    def of(self, group: str, every: int = 1) -> Sensors:
        """Those of one group, or only every so-manieth."""
        return self._some(np.flatnonzero(np.array(self.group) == group)[::every])

    def of_walls(self, every: int) -> Sensors:
        """All but those of roofs, every so-manieth of them."""
        return self._some(np.flatnonzero(np.abs(self.normals[:, 2]) < 0.5)[::every])

    def _some(self, kept: NDArray[np.int64]) -> Sensors:
        group = [self.group[at] for at in kept.tolist()]
        return Sensors(self.points[kept], self.normals[kept], self.area_m2[kept], group)


def blocks(name: str) -> list[Block]:
    """The buildings of zone.shp or surroundings.shp."""
    rows = list(_table(real(f"{FOLDER}/{name}.dbf")))
    shapes = list(_polygons(real(f"{FOLDER}/{name}.shp")))
    return [
        Block(row["name"], rings, GROUND_M + float(row["height_ag"]))
        for row, rings in zip(rows, shapes, strict=True)
    ]


def _table(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a dBASE file."""
    data = path.read_bytes()
    count, start, size = struct.unpack("<IHH", data[4:12])
    fields = [(data[at : at + 11].split(b"\0")[0].decode(), data[at + 16]) for at in range(32, start - 1, 32)]
    for row in range(count):
        at = start + row * size + 1
        values = {}
        for field, width in fields:
            values[field] = data[at : at + width].decode("latin-1").strip()
            at += width
        yield values


def _polygons(path: Path) -> Iterator[list[Float64]]:
    """Rings of the polygons of a shapefile."""
    data, at = path.read_bytes(), 100
    while at < len(data):
        size = 2 * struct.unpack(">i", data[at + 4 : at + 8])[0]
        parts, points = struct.unpack("<ii", data[at + 44 : at + 52])
        starts = np.frombuffer(data, "<i4", parts, at + 52)
        places = np.frombuffer(data, "<f8", 2 * points, at + 52 + 4 * parts).reshape(-1, 2)
        local = places - [0, FALSE_NORTHING_M] - ORIGIN[:2]
        yield np.split(local, starts[1:])
        at += 8 + size


def walls(block: Block) -> Scene:
    """Its walls."""
    found = [
        wall(tuple(a), tuple(b), block.top_m - GROUND_M, GROUND_M)
        for ring in block.rings
        for a, b in pairwise(ring)
        if not np.array_equal(a, b)
    ]
    return of_quads(np.concatenate(found))


def roof(block: Block) -> Scene:
    """Its roof, outer rings with the holes that follow them."""
    parts: list[list[Float64]] = []
    for ring in block.rings:
        turn = np.sum(ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1])
        if turn < 0 or not parts:
            parts.append([])
        parts[-1].append(ring[:-1])
    return joined(*(_flat(rings, block.top_m) for rings in parts))


def _flat(rings: list[Float64], height_m: float) -> Scene:
    corners = np.concatenate(rings)
    ends = np.cumsum([len(ring) for ring in rings]).astype(np.uint32)
    triangles = mapbox_earcut.triangulate_float64(corners, ends).reshape(-1, 3)
    vertices = np.column_stack((corners, np.full(len(corners), height_m)))
    return Scene(vertices, triangles.astype(np.int32))


def ground() -> Scene:
    """Flat, and larger than what is built."""
    r, z = GROUND_REACH_M, GROUND_M
    return of_quads(np.array([[[-r, -r, z], [r, -r, z], [r, r, z], [-r, r, z]]]))


def sensors(building: str) -> Sensors:
    """Where CEA measured on a building."""
    with real(f"{FOLDER}/{building}_geometry.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def numbers(*names: str) -> Float64:
        return np.array([[float(row[name]) for name in names] for row in rows])

    points = numbers("Xcoor", "Ycoor", "Zcoor") - [0, FALSE_NORTHING_M, 0] - ORIGIN
    return Sensors(
        points,
        numbers("Xdir", "Ydir", "Zdir"),
        numbers("AREA_m2")[:, 0],
        [f"{row['TYPE']}_{row['orientation']}" for row in rows],
    )


def hourly(building: str) -> dict[str, Float64]:
    """Irradiance that CEA found, W/m² (8760,) of each group of sensors."""
    with real(f"{FOLDER}/{building}_radiation.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for name in rows[0]:
        if name.endswith("_kW") and float(rows[0][name[:-3] + "_m2"]):
            group, area = name[:-3], float(rows[0][name[:-3] + "_m2"])
            found[group] = np.array([float(row[name]) for row in rows]) * 1000 / area
    return found
