"""The parish church: its volumes, its "scan" as coloured points and as a mesh, and the heritage catalogue."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import laspy
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from assets.demo_house import FOUNDATION_M, Builder, House, Volume
from assets.demo_solids import MILLIMETRES, XY, Face, normal_of
from assets.demo_terrain import CORNER, CRS, Terrain

Float64 = NDArray[np.float64]
UInt8 = NDArray[np.uint8]

CHURCH_ID = "church-st-kilian"
CENTRE = (483.0, 514.0)
AXIS = (0.9965, -0.0837)
SURVEYED = date(2024, 5, 14)
GRID_M = 0.25
GROUND, VEGETATION, BUILDING = 2, 5, 6


def _at(s: float, t: float) -> XY:
    """A point `s` metres east along the church's axis and `t` metres north of it."""
    return round(CENTRE[0] + AXIS[0] * s - AXIS[1] * t, 3), round(CENTRE[1] + AXIS[1] * s + AXIS[0] * t, 3)


def _box(s0: float, s1: float, t0: float, t1: float) -> list[XY]:
    return [_at(s0, t0), _at(s1, t0), _at(s1, t1), _at(s0, t1)]


def church(builder: Builder) -> House:
    """West tower with a spire, nave, two aisles, choir with a polygonal apse, sacristy."""
    west = (-AXIS[0], -AXIS[1])
    floor = builder.ground(_box(-22, 25, -11, 11))[0] - FOUNDATION_M
    apse = [_at(14, -4.6), _at(21.5, -4.6), _at(24.7, -1.9), _at(24.7, 1.9), _at(21.5, 4.6), _at(14, 4.6)]
    buttresses = [_box(s, s + 0.9, t, t + 1.1) for t in (-11.3, 10.2) for s in (-11.4, -6.6, -1.8, 3.0, 7.8)]
    parts: list[tuple[str, list[XY], str, float, float, XY | None]] = [
        ("nave", _box(-13.6, 14, -6, 6), "gable", 12.0, 1.35, AXIS),
        ("west tower", _box(-22, -13.6, -4.2, 4.2), "pyramid", 29.5, 4.3, None),
        ("south aisle", _box(-13.6, 11, -10.2, -6), "shed", 6.2, 0.55, AXIS),
        ("north aisle", _box(-13.6, 11, 6, 10.2), "shed", 6.2, 0.55, west),
        ("choir", apse, "apse", 11.2, 1.5, None),
        ("sacristy", _box(14.6, 20.2, 4.6, 9.0), "shed", 3.4, 0.5, west),
    ]
    volumes = [
        builder.body(f, roof, e, slope, ridge, role, floor) for role, f, roof, e, slope, ridge in parts
    ]
    for i, f in enumerate(buttresses):
        south = i < 5
        volumes.append(builder.body(f, "shed", 4.2, 0.9, AXIS if south else west, f"buttress {i + 1}", floor))
    return House(volumes, "church", 1342, 1, name="Parish church of St. Kilian", id=CHURCH_ID)


def _hash(a: Float64, b: Float64) -> Float64:
    """Repeatable noise in 0..1 from two whole numbers."""
    value = np.sin(a * 127.1 + b * 311.7) * 43758.5453
    return np.asarray(value - np.floor(value), np.float64)


@dataclass(frozen=True)
class _Facet:
    """One outer face with axes: `right` level, `up` the slope, and what it is made of."""

    face: Face
    role: str
    origin: Float64
    right: Float64
    up: Float64
    normal: Float64
    outline: Polygon  # in (right, up) metres

    @classmethod
    def of(cls, face: Face, role: str) -> _Facet:
        ring = np.asarray(face.rings[0], np.float64) / MILLIMETRES
        normal = normal_of(face.rings[0])
        normal = normal / np.linalg.norm(normal)
        right = np.cross((0.0, 0.0, 1.0), normal)
        right = right / np.linalg.norm(right) if np.linalg.norm(right) > 1e-6 else np.array((1.0, 0.0, 0.0))
        up = np.cross(normal, right)
        lowest = ring[np.argmin(ring @ up)]
        origin = lowest + right * ((ring - lowest) @ right).min()
        flat = np.column_stack(((ring - origin) @ right, (ring - origin) @ up))
        return cls(face, role, origin, right, up, normal, Polygon(flat))

    def _window(self, u: Float64, v: Float64) -> NDArray[np.bool_]:
        """Where pointed windows, bell openings and the portal are."""
        x0, y0, x1, y1 = self.outline.bounds
        width, height = (
            x1 - x0,
            min(y1 - y0, {"nave": 11.8, "west tower": 29.0, "choir": 10.8}.get(self.role, 6.0)),
        )
        inside = np.zeros(u.shape, bool)
        if width < 2.4 or self.role.startswith("buttress"):
            return inside
        if self.role == "west tower":
            inside |= _pointed(np.abs(np.abs(u - width / 2) - 1.3), v, 0.55, height - 6.5, height - 2.6)
            inside |= _pointed(np.abs(u - width / 2), v, 1.2, 0.6, 3.4) & bool(
                self.normal @ (AXIS[0], AXIS[1], 0) < -0.9
            )
            return inside | _pointed(np.abs(u - width / 2), v, 0.45, 12.0, 15.0)
        step = width / max(1, round(width / 4.8))
        across = np.abs((u % step) - step / 2)
        return _pointed(
            across, v, min(0.75, width * 0.16), height * (0.72 if self.role == "nave" else 0.3), height * 0.86
        )

    def look(self, u: Float64, v: Float64) -> tuple[UInt8, Float64]:
        """Colour and relief (metres outwards) at places on the facet."""
        if self.face.kind == "RoofSurface":
            return self._roof_look(u, v)
        course = np.floor(v / 0.38)
        stone = np.floor(u / 0.8 + (course % 2) * 0.5)
        tone = 0.78 + 0.3 * _hash(stone, course + 17)
        joint = ((v % 0.38) < 0.025) | (((u / 0.8 + (course % 2) * 0.5) % 1) < 0.03)
        damp = np.clip(1 - v / 2.5, 0, 1) * 0.25 * _hash(np.floor(u / 1.7), np.floor(v / 1.1))
        rgb = np.array((198.0, 172.0, 134.0)) * (tone - damp)[:, None]
        rgb[joint] = (214, 205, 188)
        relief = 0.012 * _hash(stone + 5, course) - np.where(joint, 0.012, 0.0)
        window = self._window(u, v)
        rgb[window] = (46, 52, 62)
        return np.clip(rgb, 0, 255).astype(np.uint8), np.where(window, -0.38, relief)

    def _roof_look(self, u: Float64, v: Float64) -> tuple[UInt8, Float64]:
        row = np.floor(v / 0.33)
        tile = np.floor(u / 0.24 + (row % 2) * 0.5)
        tone = 0.75 + 0.4 * _hash(tile, row)
        is_slate = self.role == "west tower"
        rgb = np.array((86.0, 92.0, 104.0) if is_slate else (164.0, 74.0, 52.0)) * tone[:, None]
        moss = (_hash(np.floor(u / 2.3), np.floor(v / 1.9)) > 0.82) & (not is_slate)
        rgb[moss] = rgb[moss] * 0.6 + np.array((44.0, 58.0, 26.0)) * 0.6
        relief = 0.02 * (1 - (v % 0.33) / 0.33) + 0.012 * np.sin(2 * math.pi * u / 0.24)
        return np.clip(rgb, 0, 255).astype(np.uint8), np.asarray(relief, np.float64)

    def world(self, u: Float64, v: Float64, out: Float64) -> Float64:
        """Points on the facet, moved outwards, in metres of the demo area."""
        return np.asarray(
            self.origin + u[:, None] * self.right + v[:, None] * self.up + out[:, None] * self.normal
        )


def _pointed(across: Float64, v: Float64, half: float, sill: float, top: float) -> NDArray[np.bool_]:
    """Inside a pointed-arch opening, `across` metres from its middle line."""
    shoulder = top - 1.5 * half
    arch = np.clip((v - shoulder) / max(top - shoulder, 1e-6), 0, 1)
    return np.asarray((v > sill) & (v < top) & (across < half * np.sqrt(1 - arch**2)))


class ChurchScan:
    """Samples the church's outside the way a scanner would."""

    def __init__(self, house: House, terrain: Terrain, seed: int) -> None:
        self.volumes, self.terrain = house.volumes, terrain
        self.rng = np.random.default_rng(seed)
        self.facets = [
            _Facet.of(face, v.role)
            for v in house.volumes
            for face in v.lod22.faces
            if face.kind != "GroundSurface"
        ]

    def _is_outside(self, points: Float64, facet: _Facet) -> NDArray[np.bool_]:
        """Whether points just off a facet are open to the air and above the ground."""
        tested = points + 0.5 * facet.normal
        free = tested[:, 2] > self.terrain.along(tested[:, 0], tested[:, 1]) - 0.02
        for volume in self.volumes:
            if volume.role != facet.role:
                free &= ~_covers(volume, tested)
        return free

    def points(self, count: int) -> tuple[Float64, UInt8, NDArray[np.uint8]]:
        """Positions, colours and classes of about `count` points."""
        total = sum(f.outline.area for f in self.facets)
        parts: list[tuple[Float64, UInt8, int]] = []
        for facet in self.facets:
            u, v = self._scattered(facet.outline, int(count * 0.95 * facet.outline.area / total))
            rgb, out = facet.look(u, v)
            points = facet.world(u, v, out + self.rng.normal(0, 0.006, len(u)))
            keep = self._is_outside(facet.world(u, v, np.zeros(len(u))), facet)
            parts.append((points[keep], rgb[keep], BUILDING))
        parts += [
            (*self._lawn(int(count * 0.16)), GROUND),
            *((*t, VEGETATION) for t in self._trees(int(count * 0.025))),
        ]
        rgb = np.concatenate([c for _, c, _ in parts])
        shade = self.rng.normal(1, 0.04, (len(rgb), 1))
        classes = np.concatenate([np.full(len(p), k, np.uint8) for p, _, k in parts])
        return (
            np.concatenate([p for p, _, _ in parts]),
            np.clip(rgb * shade, 0, 255).astype(np.uint8),
            classes,
        )

    def _scattered(self, outline: Polygon, count: int) -> tuple[Float64, Float64]:
        x0, y0, x1, y1 = outline.bounds
        n = int(count * (x1 - x0) * (y1 - y0) / max(outline.area, 1e-6))
        u, v = self.rng.uniform(x0, x1, n), self.rng.uniform(y0, y1, n)
        inside = shapely.contains_xy(outline, u, v)
        return u[inside], v[inside]

    def _lawn(self, count: int) -> tuple[Float64, UInt8]:
        x, y = self.rng.uniform(447, 524, count), self.rng.uniform(489, 541, count)
        z = self.terrain.along(x, y)
        points = np.column_stack((x, y, z + self.rng.normal(0.02, 0.015, count)))
        keep = np.ones(count, bool)
        for volume in self.volumes:
            keep &= ~shapely.contains_xy(Polygon(volume.footprint), x, y)
        tone = 0.8 + 0.4 * _hash(np.floor(x / 0.5), np.floor(y / 0.5))
        rgb = np.array((104.0, 128.0, 72.0)) * tone[:, None]
        path = np.abs((y - CENTRE[1]) + 0.084 * (x - CENTRE[0])) < 1.6
        rgb[path] = (188, 178, 160)
        return points[keep], np.clip(rgb[keep], 0, 255).astype(np.uint8)

    def _trees(self, count: int) -> Iterator[tuple[Float64, UInt8]]:
        for x, y, radius in ((459.0, 531.0, 3.4), (470.0, 495.5, 2.9), (514.0, 531.0, 3.8)):
            way = self.rng.normal(size=(count, 3))
            way /= np.linalg.norm(way, axis=1)[:, None]
            reach = radius * (0.72 + 0.3 * self.rng.random(count))[:, None] * (1.0, 1.0, 1.25)
            points = np.array((x, y, self.terrain.at(x, y) + 2.2 + radius)) + way * reach
            rgb = np.array((70.0, 104.0, 48.0)) * (0.7 + 0.6 * self.rng.random(count))[:, None]
            yield points, np.clip(rgb, 0, 255).astype(np.uint8)

    def mesh(self) -> tuple[Float64, UInt8, NDArray[np.int32]]:
        """Vertices, colours and triangles of the whole outside."""
        vertices, colours, triangles, start = [], [], [], 0
        for facet in self.facets:
            flat, corners = _triangulated(facet.outline)
            rgb, out = facet.look(flat[:, 0], flat[:, 1])
            edge = shapely.distance(facet.outline.exterior, shapely.points(flat)) < 1e-6
            points = facet.world(flat[:, 0], flat[:, 1], np.where(edge, 0.0, out))
            middle = points[corners].mean(axis=1)
            corners = corners[self._is_outside(middle, facet)]
            used, corners = np.unique(corners, return_inverse=True)
            vertices.append(points[used])
            colours.append(rgb[used])
            triangles.append(corners.reshape(-1, 3) + start)
            start += len(used)
        return np.concatenate(vertices), np.concatenate(colours), np.concatenate(triangles).astype(np.int32)


def _covers(volume: Volume, points: Float64) -> NDArray[np.bool_]:
    inside = shapely.contains_xy(Polygon(volume.footprint), points[:, 0], points[:, 1])
    lowest_roof = np.min([p.a * points[:, 0] + p.b * points[:, 1] + p.c for p in volume.planes], axis=0)
    return np.asarray(inside & (points[:, 2] < lowest_roof))


def _triangulated(outline: Polygon) -> tuple[Float64, NDArray[np.int64]]:
    """A polygon as a regular net of small triangles, cut exactly at its edge."""
    x0, y0, x1, y1 = outline.bounds
    xs, ys = np.arange(x0 + GRID_M / 2, x1, GRID_M), np.arange(y0 + GRID_M / 2, y1, GRID_M)
    inner = outline.buffer(-GRID_M * 0.4)
    x, y = (a.ravel() for a in np.meshgrid(xs, ys))
    keep = shapely.contains_xy(inner, x, y)
    edge = shapely.get_coordinates(outline.exterior.segmentize(GRID_M))[:-1]
    flat = np.concatenate((edge, np.column_stack((x[keep], y[keep]))))
    triangles = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(flat)))
    middle = shapely.get_coordinates(shapely.centroid(triangles))
    triangles = triangles[shapely.contains_xy(outline, middle[:, 0], middle[:, 1])]
    rings = shapely.get_coordinates(shapely.orient_polygons(triangles)).reshape(-1, 4, 2)[:, :3]
    index = {xy: i for i, xy in enumerate(map(tuple, flat.tolist()))}
    corners = np.array([index[xy] for xy in map(tuple, rings.reshape(-1, 2).tolist())], np.int64)
    return flat, corners.reshape(-1, 3)


def write_cloud(path: Path, scan: ChurchScan, count: int) -> None:
    """The points as LAZ 1.4 with colour and class."""
    points, rgb, classes = scan.points(count)
    header = laspy.LasHeader(point_format=7, version="1.4")
    header.scales = np.array((0.001, 0.001, 0.001))
    header.offsets = np.array((*CORNER, 0.0))
    header.creation_date = SURVEYED
    header.system_identifier = "terrestrial laser scan"
    header.generating_software = "demo city recipe"
    header.add_crs(pyproj.CRS(CRS))
    cloud = laspy.LasData(header)
    cloud.x, cloud.y, cloud.z = points[:, 0] + CORNER[0], points[:, 1] + CORNER[1], points[:, 2]
    cloud.red, cloud.green, cloud.blue = (rgb[:, i].astype(np.uint16) * 257 for i in range(3))
    cloud.classification = classes
    cloud.intensity = (rgb.astype(np.float64) @ (0.3, 0.59, 0.11) * 200).astype(np.uint16)
    cloud.return_number = cloud.number_of_returns = np.ones(len(points), np.uint8)
    cloud.write(path, laz_backend=laspy.LazBackend.Lazrs)


def write_mesh(path: Path, scan: ChurchScan) -> None:
    """The mesh as binary PLY in world coordinates."""
    vertices, rgb, triangles = scan.mesh()
    rows = np.empty(len(vertices), [("xyz", "<f8", 3), ("rgb", "u1", 3)])
    rows["xyz"] = (vertices + np.array((*CORNER, 0.0))).round(4)
    rows["rgb"] = rgb
    faces = np.empty(len(triangles), [("n", "u1"), ("corners", "<i4", 3)])
    faces["n"] = 3
    faces["corners"] = triangles
    header = (
        f"ply\nformat binary_little_endian 1.0\ncomment crs {CRS}\n"
        f"element vertex {len(rows)}\nproperty double x\nproperty double y\nproperty double z\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\n"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    path.write_bytes(header.encode() + rows.tobytes() + faces.tobytes())


_PERIODS = (
    (1300, "High Gothic"),
    (1400, "Late Gothic"),
    (1520, "Renaissance"),
    (1620, "Baroque"),
    (1770, "Classicism"),
    (1850, "Historicism"),
    (1910, "Modern"),
)
_CONDITIONS = ("good", "fair", "good", "poor", "fair", "good", "urgent repair")
_MATERIALS = ("half-timber", "sandstone", "plastered rubble", "brick")
_RECORDERS = ("A. Lindner", "M. Osei", "J. Varga")
CATALOGUE_COLUMNS = (
    "id", "name", "monumentNumber", "period", "material", "protectionStatus", "condition",
    "surveyDate", "recordedBy", "city_object", "scan",
)  # fmt: skip


def write_catalogue(path: Path, houses: Sequence[House], cloud: str, mesh: str) -> None:
    """The heritage record: the church with its two scans, landmarks and old houses."""
    rows = [_record(i, house, "") for i, house in enumerate(houses)]
    church_row = rows[0]
    rows[0] = {**church_row, "scan": cloud}
    rows.insert(1, {**church_row, "id": "H-001b", "name": f"{church_row['name']}, mesh", "scan": mesh})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, CATALOGUE_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _record(i: int, house: House, scan: str) -> dict[str, str]:
    period = [name for year, name in _PERIODS if year <= max(house.year, 1300)][-1]
    material = "sandstone" if house.function in ("church", "castle", "fortification") else _MATERIALS[i % 4]
    return {
        "id": f"H-{i + 1:03d}",
        "name": house.name or f"{house.street} {house.number}",
        "monumentNumber": f"D-6-77-{101 + i * 3}",
        "period": period,
        "material": material,
        "protectionStatus": "listed" if house.year < 1900 else "ensemble",
        "condition": _CONDITIONS[i * 5 % 7],
        "surveyDate": date(2022 + i % 3, 1 + i * 7 % 12, 1 + i * 11 % 28).isoformat(),
        "recordedBy": _RECORDERS[i % 3],
        "city_object": house.id,
        "scan": scan,
    }
