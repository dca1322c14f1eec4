"""What places see of a city: shares of the view by kind, all around and in a picture, and by object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.landcover import KINDS, LandCover, Met
from analysis.panorama import Cells, around, before_facade, halves_differ, in_picture, shares
from analysis.receivers import Receivers
from analysis.sight.windowplaces import Places
from analysis.skyfactors import sky_directions
from layers.arrays import Float64
from layers.data import Progress, never_stop, part_of
from layers.runs import Int64
from layers.views import View

#: Pixels of a picture that is looked at, from left to right.
PICTURE_COLUMNS = 480
#: In place of an object's fid where there is none: sky and ground, and what lies behind a facade.
NO_ONE, BEHIND = -1, -2
#: Rays at once, of many points.
RAYS_AT_ONCE = 1_000_000
#: What changes is looked for in cells of this size, and is nothing below this solid angle.
COARSE_DEG, LEAST_SR = 2.0, 1e-4


@dataclass(frozen=True)
class Panorama:
    """All around a place: rows from the nadir up, columns from -180 to 180° off the middle of its view."""

    kind: Int64  # (rows, columns) of `landcover`, BEHIND behind the facade
    owner: Int64  # (rows, columns) fid of the whole object, NO_ONE without


@dataclass(frozen=True)
class Sight:
    """What one place sees in one state of the city."""

    panorama: Panorama
    whole: Float64  # (6,) shares of all before the facade, or of all around
    picture: Float64  # (6,) shares of the picture
    owners: dict[int, tuple[float, float, float]]  # fid: share of the whole, of the picture, nearest in m
    error: float  # of the shares


@dataclass(frozen=True)
class Looker:
    """Looks at a state of the city; `owner` is the whole object that each triangle belongs to, or NO_ONE."""

    land: LandCover
    owner: Int64  # (m,)

    def sight(
        self, places: Places, number: int, view: View, step_deg: float, progress: Progress = never_stop
    ) -> Sight:
        """What a place sees, in the directions of a view and all around."""
        eye, normal = places.eyes[number], places.normal(number)
        cells = around(view.azimuth_deg, step_deg)
        some = np.flatnonzero(before_facade(cells.ways, normal))
        met = self.look(eye, cells.ways[some], part_of(progress, 0.0, 0.6))
        weight = cells.weight[some]
        pixels = in_picture(view, PICTURE_COLUMNS)
        seen = np.flatnonzero(before_facade(pixels.ways, normal))
        taken = self.look(eye, pixels.ways[seen], part_of(progress, 0.6, 1.0))
        return Sight(
            _laid_out(cells, some, met, self.owners(met)),
            shares(met.kind, weight),
            shares(taken.kind, pixels.weight[seen]),
            self._by_owner(met, weight, taken, pixels.weight[seen]),
            halves_differ(met.kind, weight, cells.is_even[some]),
        )

    def of_points(self, receivers: Receivers, count: int, progress: Progress = never_stop) -> Float64:
        """Shares (n, 6) of all that points on facades see, in `count` directions of equal solid angle."""
        half = sky_directions(-(-count // 2))
        ways = np.concatenate((half, -half))
        found = np.zeros((len(receivers), len(KINDS)))
        at_once = max(RAYS_AT_ONCE // len(ways), 1)
        for start in range(0, len(receivers), at_once):
            progress(start / len(receivers), "what windows see")
            points = receivers.points[start : start + at_once]
            normals = receivers.normals[start : start + at_once]
            x, y, z = (np.multiply.outer(ways[:, axis], normals[:, axis]) for axis in range(3))
            way, point = np.nonzero(x + y + z > 0)
            met = self.land.look(points[point], ways[way])
            counts = np.bincount(point * len(KINDS) + met.kind, minlength=len(points) * len(KINDS))
            rows = counts.reshape(len(points), len(KINDS)).astype(np.float64)
            found[start : start + at_once] = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
        return found

    def look(self, eye: Float64, ways: Float64, progress: Progress = never_stop) -> Met:
        """What an eye (3,) sees in directions (n, 3)."""
        return self.land.look(np.broadcast_to(eye, ways.shape), ways, progress)

    def owners(self, met: Met) -> Int64:
        """The whole objects (n,) that are seen, NO_ONE where there is none."""
        found = np.full(len(met.kind), NO_ONE, np.int64)
        hit = met.triangle >= 0
        found[hit] = self.owner[met.triangle[hit]]
        return found

    def _by_owner(
        self, met: Met, weight: Float64, taken: Met, picture_weight: Float64
    ) -> dict[int, tuple[float, float, float]]:
        """Per object its share of the whole view and of the picture, and how near it is."""
        owners, in_the_picture = self.owners(met), self.owners(taken)
        keys, number = np.unique(np.concatenate((owners, in_the_picture)), return_inverse=True)
        whole = np.bincount(number[: len(owners)], weight, len(keys)) / weight.sum()
        in_it = np.bincount(number[len(owners) :], picture_weight, len(keys))
        picture = in_it / max(float(picture_weight.sum()), 1e-12)
        near = np.full(len(keys), np.inf)
        np.minimum.at(near, number, np.concatenate((met.distance_m, taken.distance_m)))
        found = zip(keys.tolist(), whole.tolist(), picture.tolist(), near.tolist(), strict=True)
        return {key: (part, of_it, away) for key, part, of_it, away in found if key >= 0}


def _laid_out(cells: Cells, some: Int64, met: Met, owners: Int64) -> Panorama:
    """What was met, in rows and columns."""
    kind, owner = (np.full(len(cells), BEHIND, np.int64) for _ in range(2))
    kind[some], owner[some] = met.kind, owners
    return Panorama(kind.reshape(cells.rows, cells.columns), owner.reshape(cells.rows, cells.columns))


def towards_change(lookers: Sequence[Looker], eye: Float64) -> float | None:
    """The azimuth in the grid of what an eye (3,) sees otherwise in two states; none for nothing."""
    if len(lookers) < 2:
        return None
    cells = around(0.0, COARSE_DEG)
    one, other = (looker.look(eye, cells.ways) for looker in lookers)
    owners = [looker.owners(met) for looker, met in zip(lookers, (one, other), strict=True)]
    weight = cells.weight * ((one.kind != other.kind) | (owners[0] != owners[1]))
    east, north, _ = (weight[:, None] * cells.ways).sum(axis=0).tolist()
    return float(np.degrees(np.arctan2(east, north)) % 360) if np.hypot(east, north) > LEAST_SR else None
