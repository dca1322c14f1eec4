"""Rays against triangles: the one file that knows the ray engine, Embree through embreex.

Embree counts in float32, so coordinates are taken relative to a local float64 origin; embreex checks
no array bounds, so all is checked here. It lets go of Python's interpreter lock: rays are cast in
blocks on all cores, with the same answers on any number of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from layers.data import Progress, never_stop
from layers.errors import CitystrataError

Float32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

#: Rays handed to the engine at once: fewer cost calls, more hold up a cancel.
BLOCK = 32_768
#: Coordinates farther from the origin than this are no place on Earth.
FARTHEST_M = 1e7


class Rays:
    """Triangles that rays are cast at. Building takes a second per million triangles."""

    def __init__(self, vertices: Float64, triangles: Int32, threads: int | None = None) -> None:
        """`vertices` (n, 3) world, `triangles` (m, 3) into them."""
        self.threads = threads or os.cpu_count() or 1
        self.triangle_count = len(triangles)
        self.origin = vertices.mean(axis=0) if len(vertices) else np.zeros(3)
        local = np.ascontiguousarray(vertices - self.origin, np.float32)
        if not np.isfinite(local).all() or (len(local) and np.abs(local).max() > FARTHEST_M):
            raise CitystrataError("The geometry has coordinates that are no place on Earth")
        if len(triangles) and (triangles.min() < 0 or triangles.max() >= len(vertices)):
            raise CitystrataError("The geometry has triangles of vertices that do not exist")
        self._scene = EmbreeScene(robust=True)
        if len(triangles):
            self._mesh = TriangleMesh(self._scene, local, np.ascontiguousarray(triangles, np.int32))

    def blocked(
        self,
        points: Float64,
        directions: Float64,
        reach_m: Float64 | float = np.inf,
        progress: Progress = never_stop,
    ) -> Mask:
        """Whether something lies within reach of each point (n, 3) in a direction, (3,) or (n, 3)."""
        found = np.zeros(len(points), bool)

        def cast(part: slice, origins: Float32, ways: Float32, reach: Float32) -> None:
            # A blocked ray comes back with no distance left.
            found[part] = self._scene.run(origins, ways, dists=reach, query="OCCLUDED") == 0

        self._cast(points, directions, reach_m, progress, cast)
        return found

    def first(
        self, points: Float64, directions: Float64, progress: Progress = never_stop
    ) -> tuple[Int32, Float32]:
        """The triangle each ray meets first, -1 for none, and how far, in lengths of its direction."""
        triangle = np.full(len(points), -1, np.int32)
        distance = np.full(len(points), np.inf, np.float32)

        def cast(part: slice, origins: Float32, ways: Float32, reach: Float32) -> None:
            hits = self._scene.run(origins, ways, dists=reach, output=1)
            met = hits["primID"] >= 0
            triangle[part] = hits["primID"]
            distance[part] = np.where(met, hits["tfar"], np.inf)

        self._cast(points, directions, np.inf, progress, cast)
        return triangle, distance

    def _cast(
        self,
        points: Float64,
        directions: Float64,
        reach_m: Float64 | float,
        progress: Progress,
        cast: Callable[[slice, Float32, Float32, Float32], None],
    ) -> None:
        count = len(points)
        if np.shape(points) != (count, 3) or np.shape(directions) not in ((3,), (count, 3)):
            raise ValueError(f"points {np.shape(points)} and directions {np.shape(directions)} do not fit")
        if np.ndim(reach_m) and np.shape(reach_m) != (count,):
            raise ValueError(f"{np.shape(reach_m)} reaches for {count} points")
        if not self.triangle_count:
            return

        def block(part: slice) -> None:
            size = part.stop - part.start
            origins = np.ascontiguousarray(points[part] - self.origin, np.float32)
            ways = np.empty((size, 3), np.float32)
            ways[:] = directions if np.ndim(directions) == 1 else directions[part]
            reach = np.empty(size, np.float32)
            reach[:] = reach_m if np.ndim(reach_m) == 0 else np.asarray(reach_m)[part]
            if not (np.isfinite(origins).all() and np.isfinite(ways).all()) or np.isnan(reach).any():
                raise ValueError("rays must be finite")
            cast(part, origins, ways, np.minimum(reach, np.float32(1e30)))

        parts = list(_parts(count))
        if self.threads == 1 or len(parts) == 1:
            for number, part in enumerate(parts):
                progress(number / len(parts), "casting rays")
                block(part)
            return
        with ThreadPoolExecutor(self.threads) as pool:
            for start in range(0, len(parts), 4 * self.threads):
                progress(start / len(parts), "casting rays")
                list(pool.map(block, parts[start : start + 4 * self.threads]))


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, BLOCK):
        yield slice(start, min(start + BLOCK, count))
