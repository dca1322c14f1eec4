"""How the city is seen from a place that was clicked."""

from __future__ import annotations

from analysis.sight.looking import EYE_HEIGHT_M
from analysis.sight.windowplaces import eye_at
from app.askpoints import normal_of
from layers.project import Project
from layers.views import View
from viewer.camera import Camera
from viewer.picking import Hit

#: How wide the view is, and how far the middle of the picture is away.
WIDTH_DEG, TO_M = 75.0, 100.0


def view_from(project: Project, hit: Hit, camera: Camera) -> View:
    """Out of the facade that was hit; on a spot, as one who stands there and looks where the camera does."""
    eye, out, is_spot = eye_at(hit.point_in_world, normal_of(project, hit), EYE_HEIGHT_M)
    level = camera.looked(0.0, camera.altitude_deg).basis[2] if is_spot else out
    x, y, z = eye.tolist()
    to_x, to_y, to_z = (eye + TO_M * level).tolist()
    return View("here", (x, y, z), (to_x, to_y, to_z), WIDTH_DEG)
