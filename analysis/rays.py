"""Rays against triangles: the one file that knows the ray engine, Embree through embreex.

Embree counts in float32, so coordinates are taken relative to a local float64 origin; embreex checks
no array bounds, so all is checked here. It lets go of Python's interpreter lock: rays are cast in
blocks on all cores, with the same answers on any number of them. Rays are fastest when neighbours
follow each other and share their direction.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from layers.arrays import Float64, Int32, UInt8
from layers.data import Progress, never_stop
from layers.errors import CitystrataError

Float32 = NDArray[np.float32]
Mask = NDArray[np.bool_]
Ways = Float64 | Float32
Some = slice | NDArray[np.int64] | Mask

#: Rays handed to the engine at once: fewer cost calls, more hold up a cancel.
BLOCK = 32_768
#: Fewer rays than this are not worth a second thread.
FEW = 4_096
#: Coordinates farther from the origin than this are no place on Earth.
FARTHEST_M = 1e7
#: Reaches beyond this are as good as endless.
ENDLESS = np.float32(1e30)
#: Work given out ahead, per thread: enough that none waits, little enough that a cancel is quick.
AHEAD = 2


def engine() -> str:
    """What casts the rays, with its version, for pedigrees."""
    return f"Embree (embreex {version('embreex')}), float32, robust"


@dataclass(frozen=True)
class Starts:
    """Where rays start, ready for the engine of one `Rays`: checked and local."""

    local: Float32  # (n, 3) relative to the origin of the rays

    def __len__(self) -> int:
        return len(self.local)

    def __getitem__(self, some: Some) -> Starts:
        """Some of them."""
        if isinstance(some, slice) or some.dtype == bool:
            return Starts(self.local[some])
        return Starts(self.local.take(some, axis=0))  # four times as fast as an index


class Rays:
    """Triangles that rays are cast at. Building takes about a second per million triangles."""

    def __init__(self, vertices: Float64, triangles: Int32, threads: int | None = None) -> None:
        """`vertices` (n, 3) world, `triangles` (m, 3) into them."""
        self.threads = threads or os.cpu_count() or 1
        self.triangle_count = len(triangles)
        if np.shape(vertices)[1:] != (3,) or np.shape(triangles)[1:] != (3,):
            raise ValueError(f"vertices {np.shape(vertices)} and triangles {np.shape(triangles)}")
        if len(triangles) and (triangles.min() < 0 or triangles.max() >= len(vertices)):
            raise CitystrataError("The geometry has triangles of vertices that do not exist")
        if not np.isfinite(vertices).all():
            raise CitystrataError("The geometry has coordinates that are no numbers")
        self.origin = (vertices.min(axis=0) + vertices.max(axis=0)) / 2 if len(vertices) else np.zeros(3)
        local = vertices - self.origin
        if len(local) and np.abs(local).max() > FARTHEST_M:
            raise CitystrataError("The geometry reaches farther than any place on Earth")
        self._scene = EmbreeScene(robust=True)
        if len(triangles):
            self._mesh = TriangleMesh(
                self._scene, local.astype(np.float32), np.ascontiguousarray(triangles, np.int32)
            )
            # The tree is built by the first ray; two threads must not both do so.
            nowhere = np.zeros((1, 3), np.float32)
            self._scene.run(nowhere, nowhere + np.float32(1), query="OCCLUDED")

    def on_one_thread(self) -> Rays:
        """The same triangles for a caller with threads of its own."""
        found = copy(self)
        found.threads = 1
        return found

    # -- one direction per ray, or one for all -----------------------------------------------------

    def starts(self, points: Float64) -> Starts:
        """Points (n, 3) made ready to be cast from again and again."""
        if np.ndim(points) != 2 or np.shape(points)[1] != 3:
            raise ValueError(f"points {np.shape(points)}, not (n, 3)")
        local = np.empty(points.shape, np.float32)
        np.subtract(points, self.origin, out=local, casting="same_kind")
        if not _are_finite(local):
            raise ValueError("rays must start at finite places")
        return Starts(local)

    def blocked(
        self,
        points: Float64 | Starts,
        directions: Ways,
        reach_m: Float64 | float = np.inf,
        progress: Progress = never_stop,
    ) -> Mask:
        """Whether something lies within reach of each point (n, 3) in a direction, (3,) or (n, 3).

        A reach counts in lengths of its direction.
        """
        cast = self._cast(points, directions, reach_m)
        found = np.zeros(cast.count, bool)

        def block(part: slice) -> None:
            found[part] = self._occluded(*cast.part(part))

        if self.triangle_count:
            self._all(_parts(cast.count, self.threads), block, progress)
        return found

    def first(
        self, points: Float64 | Starts, directions: Ways, progress: Progress = never_stop
    ) -> tuple[Int32, Float32]:
        """The triangle each ray meets first, -1 for none, and how far, in lengths of its direction."""
        cast = self._cast(points, directions, np.inf)
        triangle = np.full(cast.count, -1, np.int32)
        distance = np.full(cast.count, np.inf, np.float32)

        def block(part: slice) -> None:
            triangle[part], distance[part] = self._nearest(*cast.part(part))

        if self.triangle_count:
            self._all(_parts(cast.count, self.threads), block, progress)
        return triangle, distance

    # -- all points against all directions ---------------------------------------------------------

    def visible(
        self,
        points: Float64 | Starts,
        normals: Float64 | None,
        directions: Ways,
        progress: Progress = never_stop,
    ) -> UInt8:
        """Which points (n, 3) nothing hides from which directions (d, 3): bits (d, ceil(n / 8)).

        A point with a normal sees only what lies before it. `unpacked` gives the bits of a direction.
        """
        cast = self._matrix(points, normals, directions)
        bits = np.zeros((len(directions), -(-cast.count // 8)), np.uint8)

        def block(number: int, part: slice) -> None:
            start, way, facing = cast.part(number, part)
            found = facing.copy() if facing is not None else np.ones(len(start), bool)
            sees = start if facing is None else start[facing]
            if self.triangle_count and len(sees):
                found[found] = ~self._occluded(sees, way, np.full(len(sees), ENDLESS))
            bits[number, part.start // 8 : -(-part.stop // 8)] = np.packbits(found)

        self._each(cast.count, len(directions), block, progress)
        return bits

    def first_of(
        self,
        points: Float64 | Starts,
        normals: Float64 | None,
        directions: Ways,
        progress: Progress = never_stop,
    ) -> Int32:
        """The triangle that each point meets first in each direction, (d, n): -1 the sky, -2 behind it."""
        cast = self._matrix(points, normals, directions)
        found = np.full((len(directions), cast.count), -1, np.int32)

        def block(number: int, part: slice) -> None:
            start, way, facing = cast.part(number, part)
            mine = found[number, part]
            if facing is None:
                facing = np.ones(len(start), bool)
            mine[~facing] = -2
            if self.triangle_count and facing.any():
                sees = start[facing]
                mine[facing] = self._nearest(sees, way, np.full(len(sees), ENDLESS))[0]

        self._each(cast.count, len(directions), block, progress)
        return found

    # -- the engine, with what is checked ----------------------------------------------------------

    def _cast(self, points: Float64 | Starts, directions: Ways, reach_m: Float64 | float) -> _Cast:
        count = len(points)
        if not isinstance(points, Starts) and np.shape(points) != (count, 3):
            raise ValueError(f"points {np.shape(points)}, not (n, 3)")
        if np.shape(directions) not in ((3,), (count, 3)):
            raise ValueError(f"directions {np.shape(directions)} for {count} points")
        if np.ndim(reach_m) and np.shape(reach_m) != (count,):
            raise ValueError(f"{np.shape(reach_m)} reaches for {count} points")
        return _Cast(self, points, directions, reach_m)

    def _matrix(self, points: Float64 | Starts, normals: Float64 | None, directions: Ways) -> _Matrix:
        starts = points if isinstance(points, Starts) else self.starts(points)
        if np.ndim(directions) != 2 or np.shape(directions)[1] != 3:
            raise ValueError(f"directions {np.shape(directions)}, not (d, 3)")
        if normals is not None and np.shape(normals) != (len(starts), 3):
            raise ValueError(f"normals {np.shape(normals)} for {len(starts)} points")
        return _Matrix(starts.local, normals, directions, _ways(directions))

    def _occluded(self, start: Float32, ways: Float32, reach: Float32) -> Mask:
        found: Mask = self._scene.run(start, ways, dists=reach, query="OCCLUDED") == 0
        return found

    def _nearest(self, start: Float32, ways: Float32, reach: Float32) -> tuple[Int32, Float32]:
        hits = self._scene.run(start, ways, dists=reach, output=1)
        triangle: Int32 = hits["primID"]
        return triangle, np.where(triangle >= 0, hits["tfar"], np.float32(np.inf))

    def _each(
        self, count: int, directions: int, block: Callable[[int, slice], None], progress: Progress
    ) -> None:
        """A block for each stretch of points and each direction; a stretch stays in the cache meanwhile."""
        work = [(part, number) for part in _parts(count, self.threads) for number in range(directions)]
        self._all(work, lambda item: block(item[1], item[0]), progress)

    def _all(self, work: Sequence[Any], do: Callable[[Any], None], progress: Progress) -> None:
        """Do all pieces of work, on all threads; `progress` may stop it between two pieces."""
        if self.threads == 1 or len(work) == 1:
            for number, item in enumerate(work):
                progress(number / len(work), "casting rays")
                do(item)
            return
        under_way: deque[Future[None]] = deque()
        with ThreadPoolExecutor(self.threads) as pool:
            for number, item in enumerate(work):
                progress(number / len(work), "casting rays")
                if len(under_way) >= AHEAD * self.threads:
                    under_way.popleft().result()
                under_way.append(pool.submit(do, item))
            for one in under_way:
                one.result()


@dataclass(frozen=True)
class _Cast:
    """Rays that are made ready for the engine stretch by stretch."""

    rays: Rays
    points: Float64 | Starts
    directions: Ways
    reach_m: Float64 | float

    @property
    def count(self) -> int:
        return len(self.points)

    def part(self, part: slice) -> tuple[Float32, Float32, Float32]:
        """Starts, directions (one row where all share it) and reaches."""
        points = self.points[part]
        start = points if isinstance(points, Starts) else self.rays.starts(points)
        ways = _ways(self.directions if self.directions.ndim == 1 else self.directions[part])
        if isinstance(self.reach_m, float) and self.reach_m == np.inf:
            return start.local, ways, np.full(len(start), ENDLESS)
        reach = np.empty(len(start), np.float32)
        reach[:] = self.reach_m if np.ndim(self.reach_m) == 0 else np.asarray(self.reach_m)[part]
        if np.isnan(reach).any():
            raise ValueError("reaches must be numbers")
        # The engine calls a ray of negative reach blocked.
        return start.local, ways, np.clip(reach, 0, ENDLESS, out=reach)


@dataclass(frozen=True)
class _Matrix:
    """Points against directions."""

    start: Float32
    normals: Float64 | None
    directions: Ways
    ways: Float32

    @property
    def count(self) -> int:
        return len(self.start)

    def part(self, number: int, part: slice) -> tuple[Float32, Float32, Mask | None]:
        """Starts of a stretch, one direction, and which of the points look that way."""
        facing = None
        if self.normals is not None:
            # Term by term: a product of matrices rounds otherwise where stretches begin elsewhere.
            (nx, ny, nz), (x, y, z) = self.normals[part].T, self.directions[number]
            facing = nx * x + ny * y + nz * z > 0
        return self.start[part], self.ways[number : number + 1], facing


def _ways(directions: Ways) -> Float32:
    ways = np.ascontiguousarray(np.atleast_2d(directions), np.float32)
    if not (_are_finite(ways) and ways.any(axis=1).all()):
        raise ValueError("rays must have finite directions, and none may be zero")
    return ways


def _are_finite(numbers: Float32) -> bool:
    """Whether all are: their sum in float64 cannot overflow, and else is no number or infinite."""
    return bool(np.isfinite(numbers.sum(dtype=np.float64)))


def _parts(count: int, threads: int) -> list[slice]:
    """Stretches of up to BLOCK rays, equal for all threads; they begin at whole bytes of bits."""
    if count <= FEW:
        return [slice(0, count)]
    pieces = -(-count // (BLOCK * threads)) * threads
    step = -(-count // (8 * pieces)) * 8
    return [slice(start, stop) for start, stop in pairwise([*range(0, count, step), count])]


def unpacked(bits: UInt8, count: int) -> Mask:
    """The bits of one direction, or of several, as truth values of `count` points."""
    return np.unpackbits(bits, axis=-1, count=count).view(bool)
