"""What stands around a point: the part of the sky that is hidden, and which object hides it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.obstacles import Casters
from analysis.panorama import upright_runs
from analysis.receivers import Receivers
from analysis.site import Site
from analysis.sky import directions
from layers.arrays import Float64
from layers.columns import Mask
from layers.results import Table

#: What a part of the sky is when no object hides it.
BEHIND, OPEN, NAMELESS = -3, -2, -1
WORDS = {BEHIND: "behind the surface", NAMELESS: "terrain"}
#: Names of the tables of a result.
SKY, PLACE = "sky", "place"
PLACE_COLUMNS = ("longitude", "latitude", "height_m", "convergence_deg")
#: Degrees between the directions that are looked into.
STEP_DEG = 1.0


@dataclass(frozen=True)
class Obstruction:
    """The sky around a point in cells, a row for each altitude from the horizon up, a column per azimuth.

    Azimuths are clockwise from true north, the first cell begins there.
    """

    step_deg: float
    #: fid of the object, NAMELESS for terrain and scans, OPEN for open sky, BEHIND for what is behind the
    #: surface that the point lies on.
    hider: NDArray[np.int64]

    @property
    def azimuths_deg(self) -> Float64:
        """Of the middle of each column."""
        return (np.arange(self.hider.shape[1], dtype=np.float64) + 0.5) * self.step_deg

    @property
    def hidden(self) -> Mask:
        """Whether something hides a cell that is before the surface."""
        found: Mask = self.hider >= NAMELESS
        return found

    @property
    def behind(self) -> Mask:
        """Whether a cell is behind the surface."""
        found: Mask = self.hider == BEHIND
        return found

    def at(self, azimuth_deg: Float64, altitude_deg: Float64) -> NDArray[np.int64]:
        """What hides the sun at some directions (n,); OPEN below the horizon too."""
        row = np.floor(altitude_deg / self.step_deg).astype(np.int64)
        column = np.floor(azimuth_deg % 360 / self.step_deg).astype(np.int64) % self.hider.shape[1]
        found = self.hider[np.clip(row, 0, self.hider.shape[0] - 1), column]
        return np.where(altitude_deg >= 0, found, OPEN)

    def shares(self) -> Mapping[int, float]:
        """Share of the sky's solid angle that each object hides, the largest first."""
        edges = np.radians(np.arange(self.hider.shape[0] + 1) * self.step_deg)
        weight = np.diff(np.sin(edges)) / self.hider.shape[1]
        fids = np.unique(self.hider[self.hidden])
        found = {int(fid): float(((self.hider == fid).sum(axis=1) * weight).sum()) for fid in fids}
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def obstruction(
    casters: Casters,
    point: Float64,
    normal: Float64 | None = None,
    convergence_deg: float = 0.0,
    step_deg: float = STEP_DEG,
) -> Obstruction:
    """Look around from a point (3,) that lies off its surface, whose normal (3,) is given if it has one.

    Both are in the project's grid, whose north lies `convergence_deg` clockwise from true north.
    """
    rows, columns = round(90 / step_deg), round(360 / step_deg)
    altitude = np.repeat((np.arange(rows) + 0.5) * step_deg, columns)
    azimuth = np.tile((np.arange(columns) + 0.5) * step_deg, rows)
    ways = directions(azimuth - convergence_deg, altitude)
    hider = _met(casters, np.asarray(point, np.float64), ways)
    if normal is not None:
        hider[ways @ np.asarray(normal, np.float64) <= 0] = BEHIND
    return Obstruction(step_deg, hider.reshape(rows, columns))


def _met(casters: Casters, point: Float64, ways: Float64) -> NDArray[np.int64]:
    """What each ray from a point meets first; plants where nothing opaque stands in the way."""
    starts = np.repeat(point[None, :], len(ways), axis=0)
    triangle, _ = casters.rays.first(starts, ways)
    found = np.full(len(ways), OPEN, np.int64)
    found[triangle >= 0] = casters.fid[triangle[triangle >= 0]]
    if casters.opaque < len(casters.triangles):
        free = np.flatnonzero(triangle < 0)
        leaf, _ = casters.veils.first(starts[free], ways[free])
        found[free] = np.where(leaf >= 0, casters.fid[casters.opaque + leaf], OPEN)
    return found


def sky_tables(
    casters: Casters,
    receivers: Receivers,
    site: Site,
    wholes: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    name_of: Callable[[int], str],
) -> dict[str, Table]:
    """What stands around the middle one of some points, and where that is, for a result.

    `wholes` gives the objects that others are parts of.
    """
    middle = np.average(receivers.points, axis=0, weights=receivers.area_m2 + 1e-9)
    at = int(np.argmin(np.linalg.norm(receivers.points - middle, axis=1)))
    seen = obstruction(casters, receivers.points[at], receivers.normals[at], site.convergence_deg)
    whole = replace(seen, hider=wholes(seen.hider.ravel()).reshape(seen.hider.shape))
    return {SKY: sky_table(whole, name_of), PLACE: place_table(site)}


def sky_table(seen: Obstruction, name_of: Callable[[int], str]) -> Table:
    """A row for each upright run of cells with the same object: its azimuth, altitudes, and name."""
    runs = upright_runs(seen.hider)
    runs = runs[runs[:, 3] != OPEN]
    return Table(
        {
            "azimuth_deg": runs[:, 0] * seen.step_deg,
            "from_altitude_deg": runs[:, 1] * seen.step_deg,
            "to_altitude_deg": runs[:, 2] * seen.step_deg,
            "fid": runs[:, 3],
            "name": [WORDS.get(fid) or name_of(fid) for fid in runs[:, 3].tolist()],
            "step_deg": np.full(len(runs), seen.step_deg),
        }
    )


def sky_from(table: Table) -> tuple[Obstruction, dict[int, str]]:
    """What `sky_table` told, and the names of the objects."""
    step = float(table.numbers("step_deg")[0]) if len(table) else STEP_DEG
    hider = np.full((round(90 / step), round(360 / step)), OPEN, np.int64)
    column, start, end = (
        np.round(table.numbers(name) / step).astype(np.int64)
        for name in ("azimuth_deg", "from_altitude_deg", "to_altitude_deg")
    )
    fids = table.numbers("fid").astype(np.int64)
    for at, fid in enumerate(fids):
        hider[start[at] : end[at], column[at]] = fid
    return Obstruction(step, hider), dict(zip(fids.tolist(), table.texts("name"), strict=True))


def place_table(site: Site) -> Table:
    """The site in one row."""
    numbers = {name: np.array([getattr(site, name)]) for name in PLACE_COLUMNS}
    return Table({**numbers, "zone": [site.zone]})


def place_from(table: Table) -> Site:
    """What `place_table` told."""
    longitude, latitude, height, convergence = (float(table.numbers(name)[0]) for name in PLACE_COLUMNS)
    return Site(longitude, latitude, height, convergence, table.texts("zone")[0])
