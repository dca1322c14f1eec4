"""A picture of a project in a file, without a window; and how much two pictures differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from layers.errors import UsageError
from layers.pictures import read_png, write_png
from layers.results import Result
from layers.views import Place, View
from viewer.arrangement import Arrangement
from viewer.camera import Camera
from viewer.scene import SunLight
from viewer.showing import Showing
from viewer.studio import DEFAULT_SIZE, SIDE_BY_SIDE, TRANSLUCENT, Take, picture_of, staged

if TYPE_CHECKING:
    from layers.project import Project

#: Horizontal fields of view of pictures from an eye.
NARROWEST_DEG, WIDEST_DEG = 0.1, 170.0
#: The vertical opening of cameras that tell none, and the word for those that have none.
FOV_DEG, PARALLEL = Camera.fov_deg, "parallel"


def shot(
    project: Project,
    path: Path,
    size: tuple[int, int] = DEFAULT_SIZE,
    *,
    view: str = "overview",
    camera: Camera | None = None,
    look: View | None = None,
    color_by: str | None = None,
    theme: str | None = None,
    lod: str | None = None,
    date: str | None = None,
    scenario: int | None = None,
    sun: SunLight | None = None,
    result: Result | None = None,
    quantity: str | None = None,
    ghosts: str = TRANSLUCENT,
    dark: bool = False,
    marks: bool = True,
    title: str = "",
) -> None:
    """Draw the project's visible layers and write a PNG; `marks` adds legend, north arrow and scale.

    A picture of what an eye sees (`look`) has neither legend nor scale, which is different all over it.
    """
    shown = [Showing(date, scenario, color_by=color_by, theme=theme, lod=lod)]
    take = Take(view, camera, look, sun, result, quantity, ghosts, dark, marks, title)
    taken(project, path, size, take, shown)


def taken(
    project: Project,
    path: Path,
    size: tuple[int, int],
    take: Take,
    showings: Sequence[Showing],
    suns: Sequence[SunLight] = (),
    arrangement: Arrangement = SIDE_BY_SIDE,
) -> None:
    """The same of several views in one picture, each in a sun of its own where there are `suns`."""
    with staged(project, size, take, showings, arrangement) as panes:
        for number, sun in enumerate(suns):
            panes.set_sun(number, sun)
        write_png(path, picture_of(panes, take))


def camera_from(text: str) -> Camera:
    """A camera from "X,Y,Z,DISTANCE,AZIMUTH,ALTITUDE[,FOV]": the point looked at, metres, and degrees.

    FOV is the vertical opening; `parallel` in its place is a parallel projection.
    """
    numbers, is_parallel = text.split(","), False
    if len(numbers) == 7 and numbers[6].strip() == PARALLEL:
        numbers, is_parallel = numbers[:6], True
    try:
        x, y, z, distance, azimuth, altitude, fov = (*map(float, numbers), *[FOV_DEG] * (len(numbers) == 6))
    except ValueError:
        x = np.nan
    if not np.isfinite(x) or not distance > 0 or not -90 <= altitude <= 90 or not 0 < fov < 180:
        raise UsageError(
            "The camera is not understood",
            found=repr(text),
            allowed='six numbers "X,Y,Z,DISTANCE,AZIMUTH,ALTITUDE", as 78600,457800,0,500,20,40; a seventh '
            f"is the vertical opening in degrees, or {PARALLEL}",
        )
    return Camera(np.array([x, y, z]), distance, azimuth % 360, altitude, fov, is_parallel)


def camera_text(camera: Camera) -> str:
    """A camera as `camera_from` reads it."""
    distance = camera.distance_m
    if camera.parallel:  # its opening is that of all: how much is seen is told by the distance alone
        distance *= camera.half_height / replace(camera, fov_deg=FOV_DEG).half_height
    numbers = (*camera.target.tolist(), distance, camera.azimuth_deg, camera.altitude_deg)
    said = [f"{number:.6g}" if abs(number) < 1e5 else f"{number:.2f}" for number in numbers]
    if camera.parallel:
        said.append(PARALLEL)
    elif camera.fov_deg != FOV_DEG:
        said.append(f"{camera.fov_deg:.6g}")
    return ",".join(said)


def view_from(eye: Place, to: Place, fov_deg: float, aspect: float) -> View:
    """What an eye sees that looks at a point, with a true horizontal field of view."""
    if not NARROWEST_DEG <= fov_deg <= WIDEST_DEG:
        raise UsageError(
            "The field of view is not possible",
            found=f"{fov_deg:g}°",
            allowed=f"{NARROWEST_DEG:g} to {WIDEST_DEG:g}°",
        )
    if eye == to:
        raise UsageError("The eye is at the point that it looks at", found=str(eye), do="Give two points")
    x, y, z = eye
    return View(f"{x:.2f}, {y:.2f}, {z:.2f}", eye, to, fov_deg, aspect)


def compare(one: Path, other: Path) -> float:
    """Mean difference of two pictures of one size, 0 (the same) to 1 (black and white)."""
    a, b = (read_png(path)[..., :3].astype(np.int16) for path in (one, other))
    if a.shape != b.shape:
        raise UsageError(
            "The pictures differ in size",
            where=str(other),
            found=f"{b.shape[1]}x{b.shape[0]}",
            allowed=f"{a.shape[1]}x{a.shape[0]}, as {one}",
        )
    return float(np.abs(a - b).mean() / 255)
