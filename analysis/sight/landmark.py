"""What a protected view is of: objects or points that are to be seen, down to some height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.casters import Casters
from analysis.clipping import SIDES, cut, whole
from analysis.missing import why_nothing
from analysis.naming import Naming
from analysis.sight.corridor import Corridor, axis_to
from analysis.sight.sights import Bend
from analysis.sight.targets import Target, target_of
from analysis.situation import Situation
from layers.arrays import Float64
from layers.columns import Mask
from layers.errors import UsageError
from layers.project import Project
from layers.runs import Int64

#: A landmark is wider than this from where it is looked at: one stands in it or right before it.
WIDEST_DEG = 120.0
NEAREST_M = 1.0
#: Numbers that people read and type again are rounded by no more.
BELOW_M = 0.01
#: How what is to be seen of a landmark is given.
SHARE, METRES, HEIGHT = "share", "metres", "height"


@dataclass(frozen=True)
class Wanted:
    """What of a landmark is to be seen."""

    by: str = SHARE
    share_pct: float = 50.0  # of its height, from its top
    metres: float = 10.0  # from its top
    height_z: float = 0.0  # everything above, in the project's heights


@dataclass(frozen=True)
class Landmark:
    """What is to be seen."""

    name: str
    is_own: Mask  # (m,) triangles of the casters that belong to it
    corners: Float64  # (k, 3, 3) of its triangles, or its points three times over
    top_z: float
    foot_z: float

    def threshold_z(self, wanted: Wanted) -> float:
        """From which height on it is to be seen; UsageError unless between foot and top."""
        if wanted.by == HEIGHT:
            found = wanted.height_z
        elif wanted.by == METRES:
            found = self.top_z - wanted.metres
        else:
            found = self.top_z - wanted.share_pct / 100 * (self.top_z - self.foot_z)
        if found >= self.top_z:
            raise UsageError(
                "Nothing of the landmark is that high",
                where=self.name,
                found=f"{found:.2f} m",
                allowed=f"less than {self.top_z:.2f} m, the height of its top",
            )
        if found < self.foot_z - BELOW_M:
            raise self._too_low(wanted.by, found)
        return found

    def _too_low(self, by: str, found: float) -> UsageError:
        height = self.top_z - self.foot_z
        if by == METRES:
            return UsageError(
                "The landmark is not that high",
                where=self.name,
                found=f"its upper {self.top_z - found:g} m are to be seen",
                allowed=f"up to {height:.2f} m, all that stands above the ground",
            )
        return UsageError(
            "The height lies below the foot of the landmark",
            where=self.name,
            found=f"{found:.2f} m",
            allowed=f"{self.foot_z:.2f} m to {self.top_z:.2f} m, in the project's heights",
        )

    def part_above(self, height_z: float) -> Float64:
        """Corners (n, 3) of what of it lies above a height."""
        pieces = cut(whole(self.corners, np.arange(len(self.corners))), self.corners[..., 2] - height_z)
        return pieces.corners[pieces.valid]


def target_in(project: Project, where: str, fids: Sequence[int], states: Sequence[Situation]) -> Target:
    """The objects that are the landmark; UsageError where there are none in some state."""
    if not where and not fids:
        raise UsageError(
            "No landmark is given",
            do="Choose the object that is to be seen, such as a church, or points of it",
        )
    found = target_of(project, where, fids, states, "The landmark")
    for state in states:
        if reason := why_nothing(project, "", found.fids.tolist(), state):
            raise UsageError(
                "The landmark is not there",
                found=reason,
                do="Choose an object that stands in the city of these dates",
            )
    return found


def landmark_of(cast: Casters, target: Target) -> Landmark:
    """Objects as a landmark, as they stand in a state of the city."""
    is_own = target.triangles_in(cast)
    if not is_own.any():
        raise UsageError("The landmark has no height", where=target.title, do="Choose another object")
    corners = cast.vertices[cast.triangles[is_own]]
    low, high = float(corners[..., 2].min()), float(corners[..., 2].max())
    middle = (corners[..., :2].min(axis=(0, 1)) + corners[..., :2].max(axis=(0, 1))) / 2
    ground = float(cast.ground.heights(middle[None])[0])
    foot = max(low, ground) if np.isfinite(ground) and ground < high else low
    return Landmark(target.title, is_own, corners, high, foot)


def landmark_at(cast: Casters, naming: Naming, points: Float64) -> Landmark:
    """Points (n, 3) that are to be seen; what stands at them is the landmark, and does not hide it."""
    above = np.column_stack((points[:, :2], np.full(len(points), float(cast.vertices[:, 2].max()) + 1)))
    triangle, _ = cast.rays.first(above, np.array((0.0, 0.0, -1.0)))
    fids = cast.fid[triangle[triangle >= 0]]
    wholes = np.unique(naming.wholes(fids[fids >= 0]))
    objects, of_triangle = np.unique(cast.fid, return_inverse=True)
    is_own = (np.isin(naming.wholes(objects), wholes) & (objects >= 0))[of_triangle]
    corners = np.repeat(points[:, None], SIDES, axis=1)
    ground = cast.ground.heights(points[:, :2])
    foot = float(np.nanmin(np.append(ground, points[:, 2].min())))
    name = f"a point of {_name(naming, wholes)}" if len(wholes) else "a point"
    return Landmark(name, is_own, corners, float(points[:, 2].max()), foot)


def _name(naming: Naming, fids: Int64) -> str:
    wholes = np.unique(naming.wholes(np.unique(fids)))
    return naming.title(int(wholes[0])) if len(wholes) == 1 else f"{len(wholes)} objects"


def corridor_to(
    landmark: Landmark,
    eye: Float64,
    threshold_z: float,
    bend: Bend,
    width_m: float,
    margin_m: float,
    background_m: float,
) -> Corridor:
    """The corridor from an eye to what of the landmark is above a height.

    It is as wide as that is from the eye, or `width_m` at the landmark where that is not 0, and wider by
    a margin on both sides. The landmark is as far as the middle of that.
    """
    places = landmark.part_above(threshold_z)[:, :2]
    axis, left, right = axis_to(eye, places)
    width_deg = float(np.degrees(np.arctan(left) - np.arctan(right)))
    away = places - eye[:2]
    if width_deg > WIDEST_DEG or np.hypot(*away.T).min() < NEAREST_M:
        raise UsageError(
            "The viewing place lies in the landmark, or right before it",
            where=f"{eye[0]:.2f}, {eye[1]:.2f}",
            do="Choose a place from which the landmark is seen as a whole",
        )
    along = away @ axis
    distance = float(along.min() + along.max()) / 2
    if width_m > 0:
        left, right = width_m / 2 / distance, -width_m / 2 / distance
    left, right = left + margin_m / distance, right - margin_m / distance
    if left * distance < NARROWEST_M:
        raise UsageError(
            "The corridor has no width: a point is to be seen",
            do="Give its width at the landmark, or a margin on both sides",
        )
    return Corridor(eye, axis, left, right, distance, threshold_z, distance + background_m, bend)


#: Half as wide as a corridor is at least, at the landmark.
NARROWEST_M = 0.005
