"""Where the city is looked at from: a float64 camera in world coordinates, and its motions.

A camera is a value; every motion returns a new one. Angles follow the map: azimuth clockwise from
north, the direction the camera looks to; altitude above the horizon, 90° looks straight down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atan, atan2, cos, degrees, hypot, radians, sin, tan
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Float64
from layers.views import View

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkCamera

EYE_HEIGHT_M = 1.7
NEAREST_M = 0.05
FARTHEST_M = 5e6
#: Tangents of half the narrowest and the widest opening.
HALF_HEIGHTS = 0.005, 3.0
#: Who looks from a place has the point that the camera turns about this near, so that nothing near is cut.
AT_EYE_M = 10.0
ISOMETRIC_DEG = 35.264389682754654  # atan(1 / sqrt(2))

#: name -> (azimuth, altitude); "north" is the city seen from the north.
STANDARD_VIEWS: dict[str, tuple[float, float]] = {
    "top": (0.0, 90.0),
    "north": (180.0, 0.0),
    "south": (0.0, 0.0),
    "east": (270.0, 0.0),
    "west": (90.0, 0.0),
    "isometric": (45.0, ISOMETRIC_DEG),
    "isometric-southwest": (45.0, ISOMETRIC_DEG),
    "isometric-southeast": (315.0, ISOMETRIC_DEG),
    "isometric-northeast": (225.0, ISOMETRIC_DEG),
    "isometric-northwest": (135.0, ISOMETRIC_DEG),
    "overview": (20.0, 38.0),
}


@dataclass(frozen=True)
class Ray:
    """A half line in world coordinates; the direction has unit length."""

    origin: Float64  # (3,)
    direction: Float64  # (3,)

    def at(self, distance_m: float) -> Float64:
        """The point this far along the ray."""
        point: Float64 = self.origin + distance_m * self.direction
        return point


@dataclass(frozen=True, eq=False)
class Camera:
    """Looks at `target` from `distance_m` away; `fov_deg` is the vertical opening."""

    target: Float64
    distance_m: float = 100.0
    azimuth_deg: float = 20.0
    altitude_deg: float = 38.0
    fov_deg: float = 35.0
    parallel: bool = False

    @classmethod
    def looking(cls, eye: Float64, to: Float64, fov_deg: float, aspect: float) -> Camera:
        """From an eye straight to a point, `fov_deg` wide in a picture of an aspect (width / height)."""
        east, north, up = (float(part) for part in to - eye)
        level = hypot(east, north)
        azimuth = degrees(atan2(east, north)) % 360 if level > 0 else 0.0
        high_deg = degrees(2 * atan(tan(radians(fov_deg) / 2) / aspect))
        camera = cls(eye, AT_EYE_M, azimuth, degrees(atan2(-up, level)), high_deg)
        return replace(camera, target=eye + AT_EYE_M * camera.basis[2])

    @classmethod
    def of_view(cls, view: View, aspect: float | None = None) -> Camera:
        """That of a view; in a picture of another aspect (width / height) all of the view is in it."""
        camera = cls.looking(np.array(view.eye), np.array(view.to), view.fov_deg, view.aspect)
        if aspect is None or aspect >= view.aspect:
            return camera
        high = camera.half_height * view.aspect / aspect
        return replace(camera, fov_deg=degrees(2 * atan(high)))

    @property
    def basis(self) -> Float64:
        """Rows: right, up, forward (unit vectors in world axes)."""
        azimuth, altitude = radians(self.azimuth_deg), radians(self.altitude_deg)
        sa, ca, sh, ch = sin(azimuth), cos(azimuth), sin(altitude), cos(altitude)
        return np.array([[ca, -sa, 0.0], [sa * sh, ca * sh, ch], [sa * ch, ca * ch, -sh]])

    @property
    def eye(self) -> Float64:
        """Where the camera stands."""
        point: Float64 = self.target - self.distance_m * self.basis[2]
        return point

    @property
    def half_height(self) -> float:
        """Tangent of half the vertical opening."""
        return tan(radians(self.fov_deg) / 2)

    def horizontal_fov_deg(self, aspect: float) -> float:
        """The opening from the left to the right edge of a picture of an aspect (width / height)."""
        return degrees(2 * atan(self.half_height * aspect))

    def metres_per_pixel(self, height: int) -> float:
        """Ground size of a pixel at the target, for the scale in the status bar."""
        return 2 * self.half_height * self.distance_m / max(height, 1)

    # -- between world and picture ---------------------------------------------------------

    def project(self, points: Float64, width: int, height: int) -> Float64:
        """Pixel x (right), y (down) and depth along the view, (n, 3); depth <= 0 lies behind."""
        right, up, depth = ((points - self.eye) @ self.basis.T).T
        reach = np.full_like(depth, self.distance_m) if self.parallel else depth
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = (height / 2) / (self.half_height * reach)
            return np.stack((width / 2 + right * scale, height / 2 - up * scale, depth), axis=-1)

    def ray(self, x: float, y: float, width: int, height: int) -> Ray:
        """The sight line through a pixel position (0, 0 is the top left corner)."""
        right, up, forward = self.basis
        pixel = 2 * self.half_height / height
        aside = right * (x - width / 2) * pixel + up * (height / 2 - y) * pixel
        if self.parallel:
            start = self.eye + aside * self.distance_m - forward * FARTHEST_M / 10
            return Ray(start, forward)
        direction = forward + aside
        return Ray(self.eye, direction / np.linalg.norm(direction))

    def depth_range(self, box: Float64) -> tuple[float, float]:
        """Near and far planes that hold the box (2, 3), kept apart for a 24-bit depth buffer."""
        depth = (corners(box) - self.eye) @ self.basis[2]
        nearest, farthest = float(depth.min()), float(depth.max())
        slack = 1e-3 * (farthest - nearest) + 0.1
        if self.parallel:
            return nearest - slack, farthest + slack
        far = max(farthest + slack, NEAREST_M * 10)
        return max(nearest - slack, far / 50_000, self.distance_m / 100, NEAREST_M), far

    # -- motions ------------------------------------------------------------------------------

    def orbited(self, around: Float64, turn_deg: float, rise_deg: float) -> Camera:
        """Turned about a point, which keeps its place in the picture."""
        altitude = float(np.clip(self.altitude_deg + rise_deg, -89.0, 90.0))
        turned = replace(self, azimuth_deg=(self.azimuth_deg + turn_deg) % 360, altitude_deg=altitude)
        return replace(turned, target=around + turned.basis.T @ (self.basis @ (self.target - around)))

    def panned(self, grabbed: Float64, x: float, y: float, width: int, height: int) -> Camera:
        """Moved so that the grabbed point comes under the cursor, over the ground where possible."""
        ray = self.ray(x, y, width, height)
        steep = abs(float(ray.direction[2]))
        if steep > 0.1 and (reach := (grabbed[2] - ray.origin[2]) / ray.direction[2]) > 0:
            shift = grabbed - ray.at(float(reach))
        else:
            forward = self.basis[2]
            depth = (grabbed - ray.origin) @ forward
            shift = grabbed - ray.at(float(depth / (ray.direction @ forward)))
        return replace(self, target=self.target + shift)

    def zoomed(self, toward: Float64, factor: float) -> Camera:
        """Brought nearer to a point (factor < 1) or away; the point keeps its place in the picture."""
        factor = float(np.clip(factor, NEAREST_M / self.distance_m, FARTHEST_M / self.distance_m))
        target = toward + factor * (self.target - toward)
        return replace(self, target=target, distance_m=self.distance_m * factor)

    def looked(self, turn_deg: float, rise_deg: float) -> Camera:
        """Turned on the spot, as a walker looks around (positive `rise_deg` looks up)."""
        eye = self.eye
        turned = replace(
            self,
            azimuth_deg=(self.azimuth_deg + turn_deg) % 360,
            altitude_deg=float(np.clip(self.altitude_deg - rise_deg, -89.0, 89.0)),
        )
        return replace(turned, target=eye + turned.distance_m * turned.basis[2])

    def widened(self, factor: float) -> Camera:
        """The same eye with a wider (factor > 1) or narrower field of view."""
        high = np.clip(self.half_height * factor, *HALF_HEIGHTS)
        return replace(self, fov_deg=degrees(2 * atan(float(high))))

    def walked(self, forward_m: float, right_m: float, ground_height_m: float | None) -> Camera:
        """Moved level along the view; the eye stands `EYE_HEIGHT_M` above the ground, if known."""
        azimuth = radians(self.azimuth_deg)
        step = forward_m * np.array([sin(azimuth), cos(azimuth), 0.0])
        step += right_m * np.array([cos(azimuth), -sin(azimuth), 0.0])
        if ground_height_m is not None:
            step[2] = ground_height_m + EYE_HEIGHT_M - self.eye[2]
        return replace(self, target=self.target + step)

    def standing(self, point: Float64) -> Camera:
        """A walker's camera at a ground point, looking level the way this one looks."""
        level = replace(self, altitude_deg=0.0, distance_m=10.0, parallel=False, fov_deg=60.0)
        eye = point + np.array([0.0, 0.0, EYE_HEIGHT_M])
        return replace(level, target=eye + level.distance_m * level.basis[2])

    def viewed(self, name: str) -> Camera:
        """Turned to a standard view about the target."""
        azimuth, altitude = STANDARD_VIEWS[name]
        return replace(self, azimuth_deg=azimuth, altitude_deg=altitude)

    def fitted(self, box: Float64, aspect: float) -> Camera:
        """The same direction, moved so that a box (2, 3), or many (n, 2, 3), just fill the picture."""
        points = np.concatenate([corners(one) for one in box.reshape(-1, 2, 3)])
        centre = (points.min(axis=0) + points.max(axis=0)) / 2
        right, up, forward = self.basis @ (points - centre).T
        wide, high = self.half_height * aspect, self.half_height
        if self.parallel:
            distance = max(np.ptp(right) / wide / 2, np.ptp(up) / high / 2, NEAREST_M * 10)
            aside = np.array([(right.max() + right.min()) / 2, (up.max() + up.min()) / 2, 0.0])
            return replace(self, target=centre + self.basis.T @ aside, distance_m=float(distance) * 1.04)
        # From `back` behind the centre every corner is seen: |right| <= wide * (forward + back), same for up.
        east, west = (right - wide * forward).max(), (-right - wide * forward).max()
        top, bottom = (up - high * forward).max(), (-up - high * forward).max()
        back = max((east + west) / (2 * wide), (top + bottom) / (2 * high), NEAREST_M * 10) * 1.03
        aside = np.array([_middle(right, forward + back), _middle(up, forward + back), 0.0])
        return replace(self, target=centre + self.basis.T @ aside, distance_m=float(back))

    def flown_to(self, point: Float64, distance_m: float) -> Camera:
        """The same direction, with a point in the middle of the picture."""
        return replace(self, target=np.asarray(point, np.float64), distance_m=distance_m)

    def apply(self, camera: vtkCamera, origin: Float64, box: Float64) -> None:
        """Set VTK's camera, in coordinates with the project's origin taken off."""
        near, far = self.depth_range(box)
        back = max(1.0 - near, 0.0) if self.parallel else 0.0  # VTK wants near > 0
        camera.SetPosition(*(self.eye - back * self.basis[2] - origin))
        camera.SetFocalPoint(*(self.target - origin))
        camera.SetViewUp(*self.basis[1])
        camera.SetViewAngle(self.fov_deg)
        camera.SetParallelProjection(self.parallel)
        camera.SetParallelScale(self.half_height * self.distance_m)
        camera.SetClippingRange(near + back, far + back)


def corners(box: Float64) -> Float64:
    """The eight corners of a box (2, 3)."""
    choice = np.indices((2, 2, 2)).reshape(3, 8).T
    found: Float64 = box[choice, np.arange(3)]
    return found


def _middle(across: Float64, depth: Float64) -> float:
    """The sideways shift of the eye that brings what it sees into the middle of the picture."""
    shift = 0.0
    for _ in range(20):
        seen = (across - shift) / depth
        shift += float((seen.max() + seen.min()) / 2 * depth.min())
    return shift


def blend(a: Camera, b: Camera, t: float) -> Camera:
    """The camera a part `t` (0 … 1) of the way from `a` to `b`, easing in and out."""
    t = float(np.clip(t, 0.0, 1.0))
    s = t * t * (3 - 2 * t)
    turn = (b.azimuth_deg - a.azimuth_deg + 180) % 360 - 180
    return Camera(
        target=a.target + s * (b.target - a.target),
        distance_m=float(a.distance_m ** (1 - s) * b.distance_m**s),
        azimuth_deg=(a.azimuth_deg + s * turn) % 360,
        altitude_deg=a.altitude_deg + s * (b.altitude_deg - a.altitude_deg),
        fov_deg=a.fov_deg + s * (b.fov_deg - a.fov_deg),
        parallel=b.parallel if s >= 0.5 else a.parallel,
    )
