"""The tiles of a city layer as a mesh again, for writers, and parts of a mesh."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from layers.arrays import CityTiles, Mesh, Mover
from layers.runs import Int64, below, owners, starts


def mesh_of_tiles(city: CityTiles) -> Mesh:
    """All that tiles hold, in their order."""
    polygon_counts = np.diff(city.geometry_surface)
    return Mesh(
        vertices=city.vertices,
        triangles=city.triangles,
        triangle_surface=owners(np.diff(city.surface_triangle)),
        surface_start=city.surface_vertex,
        surface_normal=city.surface_normal,
        surface_type=city.surface_type,
        surface_index=city.surface_index,
        surface_geometry=owners(polygon_counts),
        geometry_object=np.repeat(city.entry_object, np.diff(city.entry_geometry)),
        geometry_lod=city.geometry_lod,
        geometry_index=city.geometry_index,
        outlined=city.outlined,
        ring_end=city.ring_end,
        type_names=city.type_names,
        lod_names=city.lod_names,
        points=city.points,
        lines=city.lines,
        surface_look=city.surface_look,
        vertex_uv=city.vertex_uv,
        surface_tone=city.surface_tone,
    )


def part_of(mesh: Mesh, geometries: Int64) -> Mesh:
    """Some geometries of a mesh, in the order in which they are named; without points and lines."""
    return Parts(mesh).of(geometries)


class Parts:
    """Parts of a mesh, of which many may be asked for: where things lie in it is found once."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.first_surface = np.searchsorted(mesh.surface_geometry, np.arange(len(mesh.geometry_lod) + 1))
        self.first_face = np.searchsorted(mesh.triangle_surface, np.arange(len(mesh.surface_type) + 1))

    def of(self, geometries: Int64) -> Mesh:
        """Some geometries, in the order in which they are named; without points and lines."""
        surfaces, polygon_counts = below(geometries, self.first_surface)
        corners, corner_counts = below(surfaces, self.mesh.surface_start)
        faces, face_counts = below(surfaces, self.first_face)
        return _taken(
            self.mesh, geometries, surfaces, corners, faces, (polygon_counts, corner_counts, face_counts)
        )


def _taken(
    mesh: Mesh, geometries: Int64, surfaces: Int64, corners: Int64, faces: Int64, counts: tuple[Int64, ...]
) -> Mesh:
    """These items of a mesh; `counts` says how many polygons, corners and triangles those above them have."""
    polygon_counts, corner_counts, face_counts = counts
    start = starts(corner_counts)
    # Triangles name vertices of their own polygon, which lie together before and after.
    shift = np.repeat(start[:-1] - np.asarray(mesh.surface_start)[surfaces], face_counts)
    return Mesh(
        vertices=np.asarray(mesh.vertices[corners]),
        triangles=(mesh.triangles[faces] + shift[:, None]).astype(np.int32),
        triangle_surface=owners(face_counts),
        surface_start=start.astype(np.int32),
        surface_normal=mesh.surface_normal[surfaces],
        surface_type=mesh.surface_type[surfaces],
        surface_index=mesh.surface_index[surfaces],
        surface_geometry=owners(polygon_counts),
        geometry_object=mesh.geometry_object[geometries],
        geometry_lod=mesh.geometry_lod[geometries],
        geometry_index=mesh.geometry_index[geometries],
        outlined=mesh.outlined[surfaces],
        ring_end=mesh.ring_end[corners],
        type_names=mesh.type_names,
        lod_names=mesh.lod_names,
        points=np.empty((0, 3)),
        lines=np.empty((0, 2), np.int32),
        surface_look=None if mesh.surface_look is None else mesh.surface_look[surfaces],
        vertex_uv=None if mesh.vertex_uv is None else mesh.vertex_uv[corners],
        surface_tone=None if mesh.surface_tone is None else mesh.surface_tone[surfaces],
    )


def moved(mesh: Mesh, move: Mover) -> Mesh:
    """The mesh in another CRS."""
    vertices, points = (move(some) if len(some) else some for some in (mesh.vertices, mesh.points))
    return replace(mesh, vertices=vertices, points=points)
