"""CityJSON geometry objects to flat arrays, and those to a `Mesh`.

Nested boundaries become one list of corners with ring lengths, rings per polygon and polygons
per geometry; everything after that is arrays. Geometries are taken in batches, so that the
nested lists of a whole city never exist at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32, Mesh
from layers.report import Report
from layers.triangulate import triangulate

BATCH = 4096
flat = chain.from_iterable

#: How many list levels lie above the polygons of each geometry type.
DEPTH = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}
METRES_PER_DEGREE = 111_320.0
MALFORMED = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError)


class BadGeometry(ValueError):
    """A geometry that does not follow CityJSON; says how."""


def fault_of(error: Exception) -> str:
    """What is wrong with a geometry that raised one of MALFORMED."""
    return str(error) if isinstance(error, BadGeometry) else "its lists are not as CityJSON nests them"


@dataclass(frozen=True)
class Template:
    """One geometry template: its CityJSON object and its own coordinates."""

    geometry: dict[str, Any]
    vertices: Float64


@dataclass(frozen=True, slots=True)
class _Geometry:
    """What is known of one geometry besides its polygons."""

    object: int
    lod: int
    place: int  # in the object's list
    base: int  # its vertex 0 in the vertices of all
    limit: int  # how many vertices it may name
    polygons: int
    closed: bool
    outlined: bool


@dataclass(frozen=True)
class _Part:
    """A flushed batch."""

    corners: Int32
    rings: Int32  # corners of each ring
    polygon_rings: Int32
    types: Int32
    geometries: list[_Geometry]


@dataclass
class Flattener:
    """Takes geometries object by object and gives one mesh."""

    templates: Sequence[Template]
    report: Report
    type_names: dict[str, int] = field(default_factory=lambda: {"": 0})
    lod_names: dict[str, int] = field(default_factory=dict)
    object_surfaces: dict[int, dict[str, int]] = field(default_factory=dict)
    object_lods: dict[int, dict[str, None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._blocks: list[Float64] = []
        self._block = np.empty((0, 3))
        self._base = self._vertex_count = 0
        self._ids: dict[int, str] = {}
        self._polygons: list[Any] = []
        self._types: list[int] = []
        self._geometries: list[_Geometry] = []
        self._parts: list[_Part] = []
        self._points: list[Float64] = []
        self._point_count = 0
        self._lines: list[NDArray[np.int64]] = []
        self._line_geometries: list[tuple[_Geometry, int]] = []

    def use_vertices(self, vertices: Float64) -> None:
        """From now on vertex numbers mean these; each feature of a sequence has its own."""
        self._block = vertices
        self._base = self._take_block(vertices)

    def _take_block(self, vertices: Float64) -> int:
        base = self._vertex_count
        self._blocks.append(vertices)
        self._vertex_count += len(vertices)
        return base

    def add(self, number: int, id: str, outlined: bool, geometries: Sequence[Any]) -> None:
        """Take the geometries of object `number`."""
        self._ids[number] = id
        for place, geometry in enumerate(geometries):
            polygons, types = len(self._polygons), len(self._types)
            try:
                self._add(number, outlined, place, geometry)
            except MALFORMED as error:
                del self._polygons[polygons:], self._types[types:]
                self._refuse(number, place, error)
        if len(self._geometries) >= BATCH:
            self._flush()

    def _refuse(self, number: int, place: int, error: Exception) -> None:
        id = self._ids[number]
        self.report.unsupported += 1
        self.report.warn(
            "bad_geometry",
            id,
            f"Geometry {place + 1} of {id!r} is kept but cannot be drawn: {fault_of(error)}.",
        )

    def _add(self, number: int, outlined: bool, place: int, geometry: dict[str, Any]) -> None:
        kind = geometry["type"]
        if kind == "GeometryInstance":
            self._add_instance(number, outlined, place, geometry)
            return
        self._count_semantics(number, geometry)
        if kind in DEPTH:
            self._add_surfaces(number, outlined, place, geometry, self._base, len(self._block))
        elif kind in ("MultiPoint", "MultiLineString"):
            self._add_points(number, place, geometry)
        else:
            raise BadGeometry(f"geometry type {kind!r} is not one of CityJSON's")

    def _lod(self, number: int, geometry: dict[str, Any]) -> int:
        name = str(geometry.get("lod", ""))
        if name:
            self.object_lods.setdefault(number, {})[name] = None
        return self.lod_names.setdefault(name, len(self.lod_names))

    def _count_semantics(self, number: int, geometry: dict[str, Any]) -> None:
        semantics = geometry.get("semantics")
        surfaces = semantics.get("surfaces") if isinstance(semantics, dict) else None
        if surfaces:
            mine = self.object_surfaces.setdefault(number, {})
            for surface in surfaces:
                name = str(surface["type"])
                mine[name] = mine.get(name, 0) + 1

    def _add_surfaces(
        self, number: int, outlined: bool, place: int, geometry: dict[str, Any], base: int, limit: int
    ) -> None:
        depth = DEPTH[geometry["type"]]
        polygons = boundaries = geometry["boundaries"]
        for _ in range(depth):
            polygons = list(flat(polygons))
        try:
            types = self._type_codes(geometry.get("semantics"), depth, boundaries, len(polygons))
        except MALFORMED:
            types = [0] * len(polygons)
            self.report.warn(
                "semantics_array",
                self._ids[number],
                f"The semantics of {self._ids[number]!r} do not match its surfaces; kept but not shown.",
            )
        self._types.extend(types)
        self._polygons.extend(polygons)
        lod = self._lod(number, geometry)
        self._geometries.append(
            _Geometry(number, lod, place, base, limit, len(polygons), depth > 0, outlined)
        )

    def _type_codes(self, semantics: Any, depth: int, boundaries: list[Any], count: int) -> list[int]:
        """The semantic surface type of each polygon."""
        values = semantics.get("values") if semantics else None
        if values is None or not semantics.get("surfaces"):
            return [0] * count
        names = self.type_names
        codes: dict[int | None, int] = {
            i: names.setdefault(str(surface["type"]), len(names))
            for i, surface in enumerate(semantics["surfaces"])
        }
        codes[None] = 0
        if depth:
            values = list(flat(_whole(values, boundaries)))
        if depth == 2:
            values = list(flat(_whole(values, [shell for solid in boundaries for shell in solid])))
        found = [codes.get(value, -1) for value in values]
        if len(found) != count or -1 in found:
            raise BadGeometry("a value names no surface")
        return found

    def _add_instance(self, number: int, outlined: bool, place: int, geometry: dict[str, Any]) -> None:
        which = geometry["template"]
        if not isinstance(which, int) or not 0 <= which < len(self.templates):
            raise BadGeometry(f"it asks for template {which} of {len(self.templates)}")
        template = self.templates[which]
        if template.geometry["type"] not in DEPTH:
            raise BadGeometry(f"its template is a {template.geometry['type']}")
        (anchor,) = self._vertices_at(geometry["boundaries"])
        matrix = np.array(geometry.get("transformationMatrix", np.eye(4).ravel()), np.float64)
        if matrix.shape != (16,) or not np.isfinite(matrix).all():
            raise BadGeometry("its transformation matrix is not 16 numbers")
        matrix = matrix.reshape(4, 4)
        placed = template.vertices @ matrix[:3, :3].T + matrix[:3, 3] + anchor
        base = self._take_block(placed)
        self._add_surfaces(number, outlined, place, template.geometry, base, len(placed))

    def _vertices_at(self, numbers: list[int]) -> Float64:
        at = np.array(numbers)
        if at.dtype.kind not in "iu" or (len(at) and not (0 <= at.min() and at.max() < len(self._block))):
            raise BadGeometry(f"vertices {str(numbers)[:60]} are not all of the {len(self._block)} there are")
        found: Float64 = self._block[at]
        return found

    def _add_points(self, number: int, place: int, geometry: dict[str, Any]) -> None:
        lines = geometry["boundaries"]
        if geometry["type"] == "MultiPoint":
            lines = [[point] for point in lines]
        found = [self._vertices_at(line) for line in lines if line]
        lod = self._lod(number, geometry)
        entry = _Geometry(number, lod, place, 0, 0, 0, False, False)
        segments = 0
        for line in found:
            at = self._point_count + np.arange(len(line))
            self._lines.append(np.stack((at[:-1], at[1:]), axis=-1))
            segments += len(line) - 1
            self._points.append(line)
            self._point_count += len(line)
        self._line_geometries.append((entry, segments))

    def _flush(self) -> None:
        """Turn the collected lists into arrays."""
        polygons, geometries = self._polygons, self._geometries
        types = np.array(self._types, np.int32)
        self._polygons, self._types, self._geometries = [], [], []
        try:
            self._parts.append(self._flat_part(polygons, types, geometries))
        except MALFORMED:
            self._flush_one_by_one(polygons, types, geometries)

    def _flush_one_by_one(self, polygons: list[Any], types: Int32, geometries: list[_Geometry]) -> None:
        start = 0
        for geometry in geometries:
            end = start + geometry.polygons
            try:
                self._parts.append(self._flat_part(polygons[start:end], types[start:end], [geometry]))
            except MALFORMED as error:
                self._refuse(geometry.object, geometry.place, error)
            start = end

    def _flat_part(self, polygons: list[Any], types: Int32, geometries: list[_Geometry]) -> _Part:
        rings = list(flat(polygons))
        lengths = np.fromiter(map(len, rings), np.int32, len(rings))
        polygon_rings = np.fromiter(map(len, polygons), np.int32, len(polygons))
        if len(polygon_rings) and polygon_rings.min() == 0:
            raise BadGeometry("a surface has no ring")
        corners = np.array(list(flat(rings)) or np.empty(0, np.int64))
        if corners.dtype.kind != "i":
            raise BadGeometry("a vertex number is not a whole number")
        counts = np.array([g.polygons for g in geometries])
        polygon_corners = _sums(lengths, polygon_rings)
        geometry_corners = _sums(polygon_corners, counts)
        limit = np.repeat([g.limit for g in geometries], geometry_corners)
        wrong = (corners < 0) | (corners >= limit)
        if wrong.any():
            at = int(wrong.argmax())
            raise BadGeometry(f"vertex {corners[at]} does not exist, there are {limit[at]}")
        corners += np.repeat([g.base for g in geometries], geometry_corners)
        return _Part(corners.astype(np.int32), lengths, polygon_rings, types, geometries)

    def mesh(self, in_degrees: bool = False) -> Mesh:
        """All that was added, as triangles; `in_degrees` when x and y are longitude and latitude."""
        self._flush()
        vertices = np.concatenate(self._blocks) if self._blocks else np.empty((0, 3))
        self._blocks, self._block = [], vertices[:0]
        corners = _joined([part.corners for part in self._parts])
        rings = _joined([part.rings for part in self._parts])
        polygon_rings = _joined([part.polygon_rings for part in self._parts])
        surface_type = _joined([part.types for part in self._parts])
        drawn = [geometry for part in self._parts for geometry in part.geometries]
        self._parts = []
        places = vertices[corners]
        found = triangulate(_metres(places) if in_degrees else places, rings, polygon_rings)
        counts = np.array([g.polygons for g in drawn], np.int64)
        surface_geometry = np.repeat(np.arange(len(drawn), dtype=np.int32), counts)
        polygon_corners = _sums(rings, polygon_rings)
        edges = _edges(corners, rings, polygon_rings, surface_geometry, drawn)
        lods = sorted(self.lod_names)
        lod_code = np.array([lods.index(name) for name in self.lod_names], np.int32)
        entries = drawn + [entry for entry, _ in self._line_geometries]
        line_geometry = np.repeat(
            np.arange(len(drawn), len(entries), dtype=np.int32), [n for _, n in self._line_geometries]
        )
        return Mesh(
            vertices=places,
            triangles=found.triangles,
            triangle_surface=found.polygon,
            surface_start=np.concatenate(([0], np.cumsum(polygon_corners))).astype(np.int32),
            surface_normal=found.normals,
            surface_type=surface_type,
            surface_index=_count_up(counts),
            surface_geometry=surface_geometry,
            geometry_object=np.array([g.object for g in entries], np.int32),
            geometry_lod=lod_code[np.array([g.lod for g in entries], np.intp)],
            geometry_index=np.array([g.place for g in entries], np.int32),
            edges=edges,
            type_names=tuple(self.type_names),
            lod_names=tuple(lods),
            points=np.concatenate(self._points) if self._points else np.empty((0, 3)),
            lines=_joined([line.astype(np.int32) for line in self._lines]).reshape(-1, 2),
            line_geometry=line_geometry,
        )


def _metres(degrees: Float64) -> Float64:
    """Longitudes and latitudes on the scale of the heights, so that shapes and normals are true."""
    middle = np.radians(degrees[:, 1].mean()) if len(degrees) else 0.0
    return degrees * (METRES_PER_DEGREE * np.cos(middle), METRES_PER_DEGREE, 1.0)


def _whole(values: list[Any], boundaries: list[Any]) -> list[Any]:
    """Semantic values with every null that stands for a whole shell or solid written out."""
    if len(values) != len(boundaries):
        raise BadGeometry("the values are not nested as the boundaries are")
    return [[None] * len(b) if v is None else v for v, b in zip(values, boundaries, strict=True)]


def _joined(parts: list[Int32]) -> Int32:
    return np.concatenate(parts) if parts else np.empty(0, np.int32)


def _sums(values: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.int64]:
    """Sums of consecutive runs of `values`, `counts` of them each (zero allowed)."""
    total = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    ends = np.cumsum(counts, dtype=np.int64)
    sums: NDArray[np.int64] = total[ends] - total[ends - counts]
    return sums


def _count_up(counts: NDArray[np.int64]) -> Int32:
    """0, 1, 2, … within each run."""
    ends = np.cumsum(counts)
    return (np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)).astype(np.int32)


def _edges(
    corners: Int32, rings: Int32, polygon_rings: Int32, surface_geometry: Int32, drawn: list[_Geometry]
) -> Int32:
    """Outlines of the polygons over corner numbers.

    A closed solid has every edge twice, once each way; one of them is enough.
    """
    count = len(corners)
    following = np.arange(1, count + 1, dtype=np.int32)
    ends = np.cumsum(rings)
    whole = rings > 0
    following[ends[whole] - 1] = (ends - rings)[whole]
    ring_geometry = np.repeat(surface_geometry, polygon_rings)
    outlined = np.array([g.outlined for g in drawn], np.bool_)
    closed = np.array([g.closed for g in drawn], np.bool_)
    if not len(drawn):
        return np.empty((0, 2), np.int32)
    keep = np.repeat(outlined[ring_geometry], rings)
    keep &= ~np.repeat(closed[ring_geometry], rings) | (corners < corners[following])
    first = np.flatnonzero(keep).astype(np.int32)
    return np.stack((first, following[first]), axis=-1)
