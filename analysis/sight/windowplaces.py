"""Where one looks out from: windows, given by a point on a facade or by their corners, and spots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.casters import Casters
from analysis.naming import NO_OBJECT, Naming
from analysis.receivers import WINDOW_LIFT_M, Receivers, on_points
from analysis.sight.looking import (
    box_around,
    check_above_ground,
    check_near,
    observers_table,
    read_places,
    stood_on,
)
from analysis.skyfactors import sky_directions
from analysis.survey import given
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Box
from layers.errors import UsageError
from layers.project import Project
from layers.results import Table
from layers.runs import Int64

#: What looks up more than this (z of its direction) is no window: one stands there and looks all around.
LEVEL = 0.9
#: A window given by its corners is looked out of at its middle.
WHOLE_WINDOW_M = 1_000.0
#: A facade is no farther behind a window than this.
BEHIND_M = 0.5
UP = (0.0, 0.0, 1.0)
#: Directions that tell whether one is inside something, and the share of them that says so.
LOOKED_UP, MOSTLY = 200, 0.5


@dataclass(frozen=True)
class Places:
    """Eyes, and the facades that they look out of."""

    eyes: Float64  # (n, 3) world
    foot_z: Float64  # (n,) of what one stands on; of windows the height of the eye
    normals: Float64  # (n, 3) out of the facade; up for spots
    is_spot: Mask  # (n,)
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.eyes)

    def normal(self, number: int) -> Float64 | None:
        """Out of the facade; none where one looks all around."""
        found: Float64 = self.normals[number]
        return None if self.is_spot[number] else found

    def closed_in(self, cast: Casters) -> list[str]:
        """The names of those that are inside something in a state of the city."""
        return [self.names[number] for number in np.flatnonzero(_closed_in(cast, self.eyes)).tolist()]

    def receivers(self, convergence_deg: float) -> Receivers:
        """As points that the sun may reach."""
        return on_points(np.column_stack((self.eyes, self.normals)), convergence_deg, self.names)

    def table(self) -> Table:
        """As results keep them (`layers.results.OBSERVERS`)."""
        return observers_table(self.names, self.eyes, self.foot_z)


def box_of_points(project: Project, points: Sequence[Any]) -> Box:
    """Around the windows and spots that are given; UsageError where there are none, or they are none."""
    if not points:
        raise UsageError(
            "No window or spot is given", do="Click a facade or a spot in the view, or choose objects"
        )
    try:
        found = [np.atleast_2d(np.array(point, np.float64)) for point in points]
    except (TypeError, ValueError):
        found = [np.full((1, 2), np.nan)]
    places = np.concatenate([part[:, :2] for part in found])
    if not np.isfinite(places).all() or places.shape[1] != 2:
        raise UsageError(
            "A window or a spot is not understood",
            allowed="x, y, z and the direction out of the facade; corners of a window; or x, y of a spot",
        )
    check_near(project, places, "window or spot")
    return box_around(places, 0.0)


def given_places(points: Sequence[Any], eye_height_m: float, cast: Casters, naming: Naming) -> Places:
    """The windows and spots that are given; UsageError where they lie inside something, or under the ground.

    A point with a direction is a window, but where it looks up a spot, like one without a direction; a ring
    of corners is a window.
    """
    parts = [_place(point, eye_height_m, cast) for point in points]
    eyes, normals = (np.array([part[at] for part in parts]) for at in (0, 1))
    is_spot = np.array([part[2] for part in parts], bool)
    names = _names(cast, naming, eyes, normals, is_spot)
    check_above_ground(names, eyes, cast.ground.heights(eyes[:, :2]))
    inside = np.flatnonzero(_closed_in(cast, eyes))
    if len(inside):
        x, y, z = eyes[inside[0]]
        raise UsageError(
            "One cannot look out from here: it is inside something",
            where=f"{x:.2f}, {y:.2f}, {z:.2f}",
            do="Give a point on the outside of a facade, or in the open",
        )
    foot_z = eyes[:, 2] - np.where(is_spot, eye_height_m, 0.0)
    return Places(eyes, foot_z, normals, is_spot, names)


def telling_place(
    receivers: Receivers, naming: Naming, now: Float64, before: Float64 | None = None
) -> Places:
    """Of points on facades, by their shares (n, 6), the one that changes most; else one in the middle."""
    middle = np.average(receivers.points, axis=0, weights=receivers.area_m2 + 1e-9)
    number = int(np.argmin(((receivers.points - middle) ** 2).sum(axis=1)))
    if before is not None:
        change = np.nan_to_num(np.abs(now - before).sum(axis=1))
        number = int(np.argmax(change)) if change.max() > 0 else number
    normals = receivers.normals[number : number + 1]
    eyes = receivers.points[number : number + 1] + WINDOW_LIFT_M * normals
    owner = naming.wholes(receivers.fid[receivers.row[number : number + 1]])
    return Places(eyes, eyes[:, 2], normals, np.zeros(1, bool), (_name(naming, 0, owner, False),))


def _closed_in(cast: Casters, eyes: Float64) -> Mask:
    """Which eyes (n, 3) are inside something: most of what they see above them they see from behind.

    What is straight above says less: under eaves one sees a roof from behind too.
    """
    ways = sky_directions(LOOKED_UP)
    triangle, _ = cast.rays.first(np.repeat(eyes, LOOKED_UP, axis=0), np.tile(ways, (len(eyes), 1)))
    met = np.flatnonzero(triangle >= 0)
    met = met[cast.fid[triangle[met]] >= 0]
    corners = cast.vertices[cast.triangles[triangle[met]]]
    out = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    is_back = (out * ways[met % LOOKED_UP]).sum(axis=1) > 0
    found: Mask = np.bincount(met[is_back] // LOOKED_UP, minlength=len(eyes)) > MOSTLY * LOOKED_UP
    return found


def _place(point: Any, eye_height_m: float, cast: Casters) -> tuple[Float64, Float64, bool]:
    """Eye, direction out of the facade, and whether it is a spot."""
    is_plain = len(point) and not isinstance(point[0], Sequence)
    if is_plain and len(point) in (2, 3):
        foot = stood_on(cast, read_places([point], "spot"), "spot")[0]
        return eye_at(foot, np.array(UP), eye_height_m)
    found = given([point], WHOLE_WINDOW_M, 0.0)
    if is_plain:
        return eye_at(found.points[0], found.normals[0], eye_height_m)
    return found.points.mean(axis=0), found.normals[0], False  # lifted off its facade already


def eye_at(point: Float64, normal: Float64, eye_height_m: float) -> tuple[Float64, Float64, bool]:
    """Eye, direction and whether it is a spot, of a point (3,) on what looks into a direction (3,)."""
    if normal[2] > LEVEL:
        return point + eye_height_m * np.array(UP), np.array(UP), True
    return point + WINDOW_LIFT_M * normal, normal, False


def _names(cast: Casters, naming: Naming, eyes: Float64, normals: Float64, is_spot: Mask) -> tuple[str, ...]:
    """As in "window of Lohe School" and "spot 2"."""
    triangle, away = cast.rays.first(eyes, -normals)
    behind = np.flatnonzero((triangle >= 0) & (away < BEHIND_M) & ~is_spot)
    owners = np.full(len(eyes), NO_OBJECT, np.int64)
    owners[behind] = naming.wholes(cast.fid[triangle[behind]])
    said = [_name(naming, number, owners, bool(is_spot[number])) for number in range(len(eyes))]
    return tuple(name if said.count(name) == 1 else f"{name}, {at + 1}" for at, name in enumerate(said))


def _name(naming: Naming, number: int, owners: Int64, is_spot: bool) -> str:
    if is_spot:
        return f"spot {number + 1}"
    owner = int(owners[number])
    return f"window of {naming.title(owner)}" if owner >= 0 else f"window {number + 1}"
