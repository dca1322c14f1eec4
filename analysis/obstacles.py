"""Triangles that cast shadow, and how much light gets past them."""

from __future__ import annotations

import hashlib
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.ground import Ground
from analysis.rays import Rays
from layers.arrays import Float64, Int32
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.runs import Int64

Float32 = NDArray[np.float32]

#: Corners farther than this from the middle of all are mistakes of the source.
FARTHEST_FROM_MIDDLE_M = 1e6
#: So far behind a leaf the light goes on.
STEP_M = 0.01
#: Plants that one ray of light is followed through.
MOST_PLANTS = 8


@dataclass(frozen=True)
class Bodies:
    """Some opaque triangles by themselves."""

    rays: Rays
    fid: Int64  # (b,) of the object
    turn: Float64  # (b,) they look up (> 0) or down (< 0)


@dataclass(frozen=True)
class Casters:
    """Triangles that cast shadow, the opaque ones first."""

    vertices: Float64  # (n, 3) world
    triangles: Int32  # (m, 3) into vertices
    fid: Int64  # (m,) of the object, -1 for terrain and scans
    layer: Int32  # (m,) id of the layer
    surface: Int32  # (m,) polygon of the layer's CityTiles, -1 without
    transmissivity: Float32  # (m, 2) share of light let through in leaf and out of leaf; 0 = opaque
    opaque: int  # so many triangles, the first ones, let no light through
    names: dict[int, str] = field(default_factory=dict)  # of layers, by id
    terrain: tuple[int, ...] = ()  # ids of the layers that one stands on
    notes: tuple[str, ...] = ()  # what was left out or assumed

    @classmethod
    def of(
        cls,
        vertices: Float64,
        triangles: Int32,
        fid: Int64 | None = None,
        transmissivity: Float32 | None = None,
    ) -> Casters:
        """Casters from triangles alone, of one nameless layer, the opaque ones first."""
        nobody = np.full(len(triangles), -1)
        shares = np.zeros((len(triangles), 2), np.float32) if transmissivity is None else transmissivity
        return cleaned(
            cls(
                vertices=np.asarray(vertices, np.float64),
                triangles=np.asarray(triangles, np.int32),
                fid=nobody if fid is None else fid,
                layer=np.zeros(len(triangles), np.int32),
                surface=nobody.astype(np.int32),
                transmissivity=shares,
                opaque=int((~shares.any(axis=1)).sum()),
                names={0: "triangles"},
            )
        )

    @cached_property
    def rays(self) -> Rays:
        """For rays against what is opaque; its triangles are numbered as here."""
        return Rays(self.vertices, self.triangles[: self.opaque])

    @cached_property
    def veils(self) -> Rays:
        """For rays against vegetation; add `opaque` to its numbers of triangles."""
        return Rays(self.vertices, self.triangles[self.opaque :])

    def on_one_thread(self) -> Casters:
        """The same triangles for a caller with threads of its own."""
        found = copy(self)
        vars(found).update(rays=self.rays.on_one_thread(), veils=self.veils.on_one_thread())
        return found

    @cached_property
    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Per layer its name and the SHA-256 of the triangles used of it, for the pedigree."""
        return tuple(
            (name, hashlib.sha256(self._corners(np.flatnonzero(self.layer == id))).hexdigest())
            for id, name in self.names.items()
        )

    @cached_property
    def ground(self) -> Ground:
        """The terrain among them."""
        return Ground(self.vertices, self.triangles[np.isin(self.layer, self.terrain)])

    @cached_property
    def bodies(self) -> Bodies:
        """What is opaque and no terrain."""
        wanted = ~np.isin(self.layer[: self.opaque], self.terrain)
        triangles = self.triangles[: self.opaque][wanted]
        return Bodies(
            Rays(self.vertices, triangles), self.fid[: self.opaque][wanted], _turn(self.vertices[triangles])
        )

    @cached_property
    def feet(self) -> Float64:
        """(k, 3) of every object its middle, as high as its lowest corner."""
        numbers, owner = np.unique(self.fid, return_inverse=True)
        corners = self.vertices[self.triangles]
        low, high = np.full((len(numbers), 3), np.inf), np.full((len(numbers), 3), -np.inf)
        np.minimum.at(low, owner, corners.min(axis=1))
        np.maximum.at(high, owner, corners.max(axis=1))
        found = np.column_stack(((low + high)[:, :2] / 2, low[:, 2]))
        return found[numbers >= 0]

    def inside(self, points: Float64, plants: bool = False) -> Mask:
        """Which points (n, 3) lie in objects, or in plants."""
        found: Mask = self.holding(points, plants) >= 0
        return found

    def holding(self, points: Float64, plants: bool = False) -> Int64:
        """The object, or the plant, that points (n, 3) lie in: what is above is seen from within; else -1."""
        rays, number = (self.veils, self.opaque) if plants else (self.rays, 0)
        triangle, _ = rays.first(points, np.array([0.0, 0.0, 1.0]))
        met = np.flatnonzero(triangle >= 0)
        above = number + triangle[met]
        is_within = (self.fid[above] >= 0) & (_turn(self.vertices[self.triangles[above]]) > 0)
        found = np.full(len(points), -1, np.int64)
        found[met[is_within]] = self.fid[above[is_within]]
        return found

    def _corners(self, triangles: Int64) -> bytes:
        return np.ascontiguousarray(self.vertices[self.triangles[triangles]], "<f8").tobytes()

    def share(
        self,
        points: Float64,
        directions: Float64,
        in_leaf: bool = True,
        progress: Progress = never_stop,
    ) -> Float32:
        """Share of the light (n,) that reaches points (n, 3) from directions, (3,) or (n, 3).

        0 behind what is opaque; behind vegetation the product of the shares that each plant on the
        way lets through, each plant counted once.
        """
        found = np.where(self.rays.blocked(points, directions, progress=progress), 0.0, 1.0)
        shares = found.astype(np.float32)
        if self.opaque < len(self.triangles):
            lit = np.flatnonzero(shares)
            way = directions if np.ndim(directions) == 1 else directions[lit]
            shares[lit] = self.through(points[lit], way, in_leaf, progress)
        return shares

    def through(
        self, points: Float64, directions: Float64, in_leaf: bool = True, progress: Progress = never_stop
    ) -> Float32:
        """Share of light (n,) that vegetation alone lets through."""
        shares = np.ones(len(points), np.float32)
        alive = np.arange(len(points))
        origins, ways = points, directions
        met = np.full((len(points), MOST_PLANTS), -2, np.int64)  # plants met so far, per ray
        for crossing in range(2 * MOST_PLANTS):
            triangle, distance = self.veils.first(origins, ways, progress)
            hit = np.flatnonzero(triangle >= 0)
            if not len(hit):
                break
            alive = alive[hit]
            number = self.opaque + triangle[hit]
            plant = self.fid[number]
            is_new = ~(met[alive] == plant[:, None]).any(axis=1)
            shares[alive[is_new]] *= self.transmissivity[number[is_new], 0 if in_leaf else 1]
            met[alive[is_new], min(crossing, MOST_PLANTS - 1)] = plant[is_new]
            ways = directions if np.ndim(directions) == 1 else directions[alive]
            length = np.sqrt((ways**2).sum(axis=-1))
            origins = origins[hit] + ways * (distance[hit] + STEP_M / length)[:, None]
        return shares


def cleaned(found: Casters) -> Casters:
    """Casters without triangles that have a corner which is no number, or lies where no city does."""
    known = np.asarray(np.isfinite(found.vertices).all(axis=1))
    if known.any():
        middle = np.median(found.vertices[known], axis=0)
        with np.errstate(invalid="ignore"):
            near = np.abs(found.vertices - middle).max(axis=1) < FARTHEST_FROM_MIDDLE_M
        known = known & near
    if known.all():
        return found
    kept = np.asarray(known[found.triangles].all(axis=1))
    used, numbers = np.unique(found.triangles[kept], return_inverse=True)
    return replace(
        found,
        vertices=found.vertices[used],
        triangles=numbers.reshape(-1, 3).astype(np.int32),
        fid=found.fid[kept],
        layer=found.layer[kept],
        surface=found.surface[kept],
        transmissivity=found.transmissivity[kept],
        opaque=int(kept[: found.opaque].sum()),
        notes=(*found.notes, f"{int((~kept).sum())} triangles are left out: their corners lie nowhere"),
    )


def _turn(corners: Float64) -> Float64:
    """Whether triangles (m, 3, 3) look up (> 0) or down (< 0)."""
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    found: Float64 = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    return found
