"""City objects in full detail: the polygons of one tile as they are drawn, with the light worked in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64, Int32, UInt8
from viewer.edges import creases, ring_edges
from viewer.faces import Index, Mask, boxes_of_runs, closed_bodies, spans
from viewer.light import DAY, foot_shade

Float32 = NDArray[np.float32]

#: How far outlines stand off: in metres, and in pixels, for the depth buffer is coarser far away.
LIFT_M, LIFT_PX = 0.02, 0.35
#: So much of the light is seen on colours that have a meaning.
SHADE_ON_VALUES = 0.35
WALL_STEEPNESS = 0.6  # |z| of a normal below which a polygon counts as a wall


@dataclass(frozen=True)
class Allowed:
    """What of a city is drawn: which objects, of these which geometries, of these which types of surface."""

    entries: Mask
    geometries: Mask
    types: Mask

    def surfaces(self, city: CityTiles, entries: Index) -> tuple[Index, Index]:
        """The polygons drawn of these entries, in order, and the entry of each."""
        entries = entries[self.entries[entries]]
        first, last = city.entry_geometry[entries], city.entry_geometry[entries + 1]
        geometries, owner = spans(first, last), np.repeat(entries, last - first)
        kept = self.geometries[geometries]
        geometries, owner = geometries[kept], owner[kept]
        first, last = city.geometry_surface[geometries], city.geometry_surface[geometries + 1]
        surfaces, owner = spans(first, last), np.repeat(owner, last - first)
        if not self.types.all():
            kept = self.types[city.surface_type[surfaces]]
            surfaces, owner = surfaces[kept], owner[kept]
        return surfaces, owner


@dataclass(frozen=True)
class Detail:
    """The polygons of a tile; what is needed to draw them and to colour them anew."""

    vertices: Float64  # (n, 3) world
    triangles: Int32  # (m, 3); those of bodies one can look into come twice, once from either side
    entry: Index  # (p,) per polygon
    surface: Index  # (p,) number in the city
    type: Int32  # (p,) semantic type
    normal: Float32  # (p, 3)
    light: Float32  # (p, 3)
    counts: Index  # (p,) vertices
    foot: Float32  # (n,) walls darken towards their feet
    start: Index  # (p,) first vertex of each polygon
    geometry: Index  # (p,)

    def softened(self) -> Float32:
        """The light on polygons whose colours have a meaning, (p, 3): it must not change much."""
        soft = 1 - np.float32(SHADE_ON_VALUES) * (1 - self.light)
        return np.asarray(np.minimum(soft, np.float32(1)))

    def colors(self, base: Float32, even: Mask | None = None) -> UInt8:
        """Colours of the vertices from one own colour per polygon; `even` walls do not darken."""
        lit = np.repeat(np.minimum(base * self.light, 255), self.counts, axis=0)
        foot = self.foot if even is None else np.where(np.repeat(even, self.counts), 1, self.foot)
        lit *= foot[:, None]
        return lit.astype(np.uint8)


@dataclass(frozen=True)
class Outlines:
    """Where the surface of a tile bends."""

    ends: Float64  # (2 e, 3) world
    away: Float32  # (e, 3) from the body
    part: Index  # (e,) polygon of the tile

    def lifted(self, metres_per_pixel: float = 0.0) -> Float64:
        """The ends a little away from the body, so that its faces do not cover them."""
        lift = np.float32(LIFT_M + LIFT_PX * metres_per_pixel)
        found: Float64 = self.ends + np.repeat(self.away * lift, 2, axis=0)
        return found


def detail_of(city: CityTiles, allowed: Allowed, entries: Index) -> Detail:
    """The polygons of some entries."""
    surface, entry = allowed.surfaces(city, entries)
    first, last = city.surface_vertex[surface], city.surface_vertex[surface + 1]
    counts = (last - first).astype(np.int64)
    vertices = np.asarray(city.vertices[spans(first, last)])
    start = np.cumsum(counts) - counts
    begin, end = city.surface_triangle[surface], city.surface_triangle[surface + 1]
    shift = np.repeat(first - start, end - begin)
    triangles = (city.triangles[spans(begin, end)] - shift[:, None]).astype(np.int32)
    normal = np.asarray(city.surface_normal[surface])
    geometry = np.searchsorted(city.geometry_surface, surface.astype(np.int32), side="right") - 1
    return Detail(
        vertices,
        _both_sides_where_open(vertices, triangles, end - begin, geometry, start),
        entry,
        surface,
        np.asarray(city.surface_type[surface]),
        normal,
        DAY.on(normal),
        counts,
        _foot(vertices, normal, counts, start, geometry),
        start,
        geometry,
    )


def outlines_of(city: CityTiles, detail: Detail, plain: Mask) -> Outlines:
    """The outlines worth drawing; `plain` entries (per entry of the city) have none."""
    surface = detail.surface
    run = spans(city.surface_vertex[surface], city.surface_vertex[surface + 1])
    drawn = np.asarray(city.outlined[surface]) & ~plain[detail.entry]
    edges, part = ring_edges(np.asarray(city.ring_end[run]), detail.start, drawn)
    if not len(edges):
        return Outlines(np.empty((0, 3)), np.empty((0, 3), np.float32), part)
    vertices = np.asarray(city.vertices[run])
    kept, away = creases(vertices, edges, part, detail.normal, detail.type, detail.geometry)
    return Outlines(vertices[edges[kept].ravel()], away, part[kept])


def _both_sides_where_open(
    vertices: Float64, triangles: Int32, per_surface: Index, geometry: Index, start: Index
) -> Int32:
    """Back faces are never drawn; what is no closed body gets its triangles again, turned over."""
    if not len(geometry):
        return triangles
    body = np.flatnonzero(np.r_[True, np.diff(geometry) != 0])
    until = np.concatenate(([0], np.cumsum(per_surface)))
    runs = np.stack((until[body], until[np.r_[body[1:], len(geometry)]]), axis=-1)
    closed = closed_bodies(vertices, triangles, runs, boxes_of_runs(vertices, start[body]))
    open_ones = triangles[np.repeat(~closed, runs[:, 1] - runs[:, 0])]
    return np.concatenate((triangles, open_ones[:, ::-1])) if len(open_ones) else triangles


def _foot(vertices: Float64, normal: Float32, counts: Index, start: Index, geometry: Index) -> Float32:
    if not len(counts):
        return np.ones(0, np.float32)
    height = (vertices[:, 2] - vertices[0, 2]).astype(np.float32)
    body = np.flatnonzero(np.r_[True, np.diff(geometry) != 0])
    lowest = np.minimum.reduceat(height, start[body])
    surfaces = np.diff(np.r_[body, len(geometry)])
    height -= np.repeat(np.repeat(lowest, surfaces), counts)
    is_wall = np.repeat(np.abs(normal[:, 2]) < WALL_STEEPNESS, counts)
    return np.where(is_wall, foot_shade(height), np.float32(1))
