"""What points see of the sun's path and of the sky: rays cast once, whatever the time or the weather.

The rays towards the sun's path also tell how much of the sky around it is seen; only patches of the
sky that no such ray passes have one of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.casters import Casters
from analysis.sky import sky
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


def lines_of(sun: Float64, every: int = 1) -> Lines:
    """The sun's directions (b, 3), and the middles of patches of the sky in which there is none: of
    all of them, or of `every` so-manieth."""
    patches = sky()
    empty = np.setdiff1d(np.arange(len(patches)), patches.patch_of(sun))[::every]
    directions = np.concatenate([sun, patches.directions[empty]])
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
    `needed` (u, d) are looked along, all others let nothing through.
    """
    has_veils = casters.opaque < len(casters.triangles)
    cosines = normals @ directions.T
    open_sky = np.zeros((len(directions), len(points)), np.uint8)
    veiled = tuple(np.zeros(open_sky.shape, np.float32) for _ in seasons) if has_veils else ()
    for number, direction in enumerate(directions):
        looking = np.flatnonzero(needed[of_point, number])
        if not len(looking):
            continue
        origins, ways = points[looking], np.broadcast_to(direction, (len(looking), 3))
        short = LEAST_SINE - cosines[of_point[looking], number]
        if (short > 0).any():
            ways = ways + np.maximum(short, 0.0)[:, None] * normals[of_point[looking]]
        lit = ~casters.rays.blocked(origins, ways)
        open_sky[number, looking] = lit
        for shares, in_leaf in zip(veiled, seasons, strict=False):
            shares[number, looking[lit]] = casters.through(origins[lit], ways[lit], in_leaf)
    return veiled or (open_sky,) * len(seasons)
