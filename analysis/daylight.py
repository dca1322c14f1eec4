"""What points see of the sun's path and of the sky: rays cast once, whatever the time or the weather.

The rays towards the sun's path also tell how much of the sky around it is seen; only patches of the
sky that no such ray passes have one of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.casters import Casters
from analysis.fineness import Fineness
from analysis.products import product
from analysis.sky import sky
from analysis.skyfactors import sky_directions
from layers.arrays import Float64

Ints = NDArray[np.int64]
#: Shares of light that gets through: 0 or 1 as bytes, or anything between as floats.
Shares = NDArray[np.uint8] | NDArray[np.float32]

#: Rays leave a surface at no less than this sine: a direction that lies a little behind the surface
#: stands for parts of the sky in front of it.
LEAST_SINE = 0.01


@dataclass(frozen=True)
class Lines:
    """Directions that are looked along, and what part of each patch of the sky each stands for."""

    directions: Float64  # (d, 3) unit, the sun's first
    patch_share: Float64  # (patches, d) each row sums to 1

    def __len__(self) -> int:
        return len(self.directions)


def lines_of(sun: Float64, fineness: Fineness) -> Lines:
    """The sun's directions (b, 3), and those to the sky that are wanted besides."""
    patches = sky()
    if fineness.sky:
        more = sky_directions(fineness.sky)
    else:
        empty = np.setdiff1d(np.arange(len(patches)), patches.patch_of(sun))
        more = patches.directions[empty[:: fineness.patch_step]]
    directions = np.concatenate([sun, more])
    cells = patches.cells
    nearest = np.concatenate(
        [(part @ directions.T).argmax(axis=1) for part in np.array_split(cells.directions, 16)]
    )
    share = np.zeros((len(patches), len(directions)))
    np.add.at(share, (cells.patch, nearest), cells.solid_angle_sr)
    return Lines(directions, share / patches.solid_angle_sr[:, None])


def seen(
    casters: Casters,
    points: Float64,
    normals: Float64,
    of_point: Ints,
    directions: Float64,
    needed: NDArray[np.bool_],
    seasons: tuple[bool, ...] = (True,),
) -> tuple[Shares, ...]:
    """What reaches points (n, 3) from directions (d, 3): for each season, in leaf or not, (d, n).

    Points lie on surfaces with `normals` (u, 3), `of_point` (n,) says which; only directions that are
    `needed` (u, d) are looked along, all others let nothing through. For callers with threads of their own.
    """
    rays = casters.rays.on_one_thread()
    starts = rays.starts(points)
    lit = np.zeros((len(directions), len(points)), np.bool_)
    short = np.maximum(LEAST_SINE - product(normals, directions.T), 0.0)
    plain = np.ascontiguousarray((needed & (short == 0)).T)
    bent = np.ascontiguousarray((needed & (short > 0)).T)
    grazing = []
    for number, direction in enumerate(directions):
        looking = np.flatnonzero(plain[number][of_point])
        if len(looking):
            lit[number, looking] = ~rays.blocked(starts[looking], direction)
        if bent[number].any():
            grazing.append(np.flatnonzero(bent[number][of_point]))
    if grazing:
        # The few that would graze their own surface, or enter it, are bent away from it.
        ray = np.repeat(np.flatnonzero(bent.any(axis=1)), [len(some) for some in grazing])
        looking = np.concatenate(grazing)
        row = of_point[looking]
        ways = directions[ray] + short[row, ray, None] * normals[row]
        lit[ray, looking] = ~rays.blocked(starts[looking], ways)
    if casters.opaque == len(casters.triangles):
        return (lit.view(np.uint8),) * len(seasons)
    return tuple(_veiled(casters, points, directions, lit, in_leaf) for in_leaf in seasons)


def _veiled(
    casters: Casters, points: Float64, directions: Float64, lit: NDArray[np.bool_], in_leaf: bool
) -> NDArray[np.float32]:
    """What vegetation lets through of the light that nothing else stops."""
    shares = np.zeros(lit.shape, np.float32)
    for number, direction in enumerate(directions):
        looking = np.flatnonzero(lit[number])
        shares[number, looking] = casters.through(points[looking], direction, in_leaf)
    return shares
