"""Light that what stands around reflects onto points.

Every surface is matt (Lambertian): it sends albedo/π of what it gets evenly into all directions. What
points meet in the half space in front of their surface is cut into pieces of some metres; each piece
gets sun and sky of its own, where it was first met, and passes them on. Directions are spread by the
cosine of their incidence, so that each carries the same share of a surface's light and all shares sum
to one: light is neither lost nor made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.abreast import abreast
from analysis.casters import Casters
from analysis.fineness import BINNED, Fineness
from analysis.irradiation import Spots
from analysis.pieces import NOTHING, Albedo, Met, Pieces
from layers.arrays import Float64, Int32
from layers.data import Progress, never_stop, part_of

Float32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Rays that one thread casts at once, and points that it sums up for.
RAYS_AT_ONCE, CHUNK = 262_144, 16_384
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))

#: What sun and sky give to spots, (n, periods) kWh/m².
Lit = Callable[[Spots, Progress], Float32]


@dataclass(frozen=True)
class Reflection:
    """What points get by way of others."""

    light: Float32  # (n, periods) kWh/m²
    pieces: int  # that reflect
    rays: int  # cast to find them


def reflected(
    casters: Casters,
    albedo: Albedo,
    spots: Spots,
    light: Float32,
    ground_m: Float64,
    lit: Lit,
    fineness: Fineness = BINNED,
    bounces: int = 1,
    progress: Progress = never_stop,
) -> Reflection:
    """What points that get `light` (n, periods) from sun and sky get besides, after up to so many bounces.

    `ground_m` (n,) is the height of the open ground beneath each point, where no triangle is.
    """
    is_lit = np.asarray(light.any(axis=1))
    chosen, of_point = shared(spots, fineness.shared_m, is_lit)
    some = spots.at(chosen)
    pieces = Pieces(casters, some.points, fineness)
    # Between houses that touch, points of one lie within the other.
    buried = ~is_lit[chosen]
    buried[buried] = pieces.inside(some.at(np.flatnonzero(buried)))
    free = np.flatnonzero(~buried)
    looking = partial(_look, pieces, fineness.ways, part_of(progress, 0.0, 0.4))
    met = looking(some.at(free), ground_m[chosen[free]])
    senders, between = _between(pieces, looking, float(ground_m.min(initial=np.inf)), bounces)
    numbers = pieces.met
    own = _light_of(pieces, numbers, spots, light, lit, part_of(progress, 0.4, 0.9))
    albedos = pieces.albedos(numbers, albedo).astype(np.float32)[:, None]
    sent, again = albedos * own, np.searchsorted(numbers, senders)
    ending = part_of(progress, 0.9, 1.0)
    for _ in range(bounces - 1):
        received = own.copy()
        received[again] += _received(between, numbers, sent, ending)
        sent = albedos * received
    found = np.zeros((len(chosen), light.shape[1]), np.float32)
    found[free] = _received(met, numbers, sent, ending)
    return Reflection(found[of_point], len(numbers), met.size + between.size)


def _between(
    pieces: Pieces, looking: Callable[[Spots, Float64], Int32], lowest_m: float, bounces: int
) -> tuple[Ints, Int32]:
    """The pieces that pass light on, and what each meets; with each bounce those met last look too."""
    senders: list[Ints] = [np.empty(0, np.int64)]
    between = []
    for _ in range(bounces - 1):
        senders.append(np.setdiff1d(pieces.met, np.concatenate(senders)))
        spots = pieces.spots(senders[-1])
        between.append(looking(spots, np.minimum(spots.points[:, 2], lowest_m)))
    return np.concatenate(senders), np.concatenate(between) if between else np.empty((0, 1), np.int32)


def shared(spots: Spots, side_m: float, is_lit: Mask) -> tuple[Ints, Ints]:
    """One point of every so many neighbours on a surface, and for each point which of these it follows.

    Points without light of their own, such as those between two houses, do not follow others.
    """
    cells = np.floor(spots.points / side_m).astype(np.int64) & 0xFFF
    keys = (((spots.row << 12 | cells[:, 0]) << 12 | cells[:, 1]) << 12 | cells[:, 2]) << 1 | is_lit
    _, chosen, of_point = np.unique(keys, return_index=True, return_inverse=True)
    # In the order of the points, so that neighbours stay neighbours.
    order = np.argsort(chosen)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return chosen[order], place[of_point.reshape(-1)]


def _look(pieces: Pieces, ways: int, progress: Progress, spots: Spots, ground_m: Float64) -> Int32:
    """(n, ways) the piece that each point meets in each of its directions."""
    found = np.empty((len(spots), ways), np.int32)
    size = max(RAYS_AT_ONCE // ways, 1)

    def work(start: int) -> tuple[int, Met]:
        part = slice(start, start + size)
        used, row = np.unique(spots.row[part], return_inverse=True)
        over = ways_over(spots.row_normal[used], used * GOLDEN_ANGLE, ways).astype(np.float32)
        return start, pieces.look(spots.points[part], over[:, row.reshape(-1)], ground_m[part])

    for start, met in abreast(work, range(0, len(spots), size), progress, "what reflects light"):
        pieces.note(met)
        found[start : start + size] = met.piece.reshape(ways, -1).T
    return found


def _light_of(
    pieces: Pieces, numbers: Ints, spots: Spots, light: Float32, lit: Lit, progress: Progress
) -> Float32:
    """(p, periods) what pieces get of sun and sky: the mean of the points on them, or where they were met."""
    parts = [slice(start, start + CHUNK) for start in range(0, len(spots), CHUNK)]
    on = np.concatenate(list(abreast(lambda part: pieces.beneath(spots.at(part)), parts, progress, "pieces")))
    place = np.searchsorted(numbers, on)
    place[place == len(numbers)] = 0
    here = np.flatnonzero(numbers[place] == on) if len(numbers) else np.empty(0, np.int64)
    count = np.bincount(place[here], minlength=len(numbers))
    found = np.empty((len(numbers), light.shape[1]), np.float32)
    for period in range(light.shape[1]):
        total = np.bincount(place[here], light[here, period], len(numbers))
        found[:, period] = total / np.maximum(count, 1)
    bare = np.flatnonzero(count == 0)
    found[bare] = lit(pieces.spots(numbers[bare]), progress)
    return found


def _received(met: Int32, numbers: Ints, sent: Float32, progress: Progress) -> Float32:
    """(n, periods) what points get of what pieces send out: the mean over all their directions."""
    place = np.full(int(numbers[-1]) + 1 if len(numbers) else 1, len(numbers), np.int32)
    place[numbers] = np.arange(len(numbers))
    table = np.concatenate([sent, np.zeros((1, sent.shape[1]), np.float32)])
    found = np.empty((len(met), sent.shape[1]), np.float32)

    def work(start: int) -> tuple[int, Float32]:
        part = met[start : start + CHUNK]
        rows = np.where(part == NOTHING, len(numbers), place[part])
        total = np.zeros((len(part), table.shape[1]), np.float32)
        for way in rows.T:
            total += table.take(way, axis=0)
        return start, total / np.float32(met.shape[1])

    for start, light in abreast(work, range(0, len(met), CHUNK), progress, "reflected light"):
        found[start : start + CHUNK] = light
    return found


def ways_over(normals: Float64, turns: Float64, count: int) -> Float64:
    """Unit vectors (count, n, 3) spread over the half spaces before surfaces (n, 3) by their cosine.

    A spiral of equal areas on the disc beneath the half sphere (Malley's method), turned by `turns` (n,).
    """
    number = np.arange(count) + 0.5
    radius, up = np.sqrt(number / count), np.sqrt(1 - number / count)
    angle = number[:, None] * GOLDEN_ANGLE + turns
    across = np.where(np.abs(normals[:, 2:]) < 0.9, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0))
    first = np.cross(across, normals)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(normals, first)
    found: Float64 = (
        (radius[:, None] * np.cos(angle))[..., None] * first
        + (radius[:, None] * np.sin(angle))[..., None] * second
        + up[:, None, None] * normals
    )
    return found
