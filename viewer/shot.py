"""A picture of a project in a file, without a window; and how much two pictures differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import CityTiles, Drawable
from layers.errors import UsageError
from layers.pictures import read_png, write_png
from layers.records import Layer
from layers.results import Result
from layers.views import Place, View
from viewer.camera import STANDARD_VIEWS, Camera
from viewer.looks import APPEARANCE
from viewer.papers import THEME
from viewer.scene import Scene, SunLight, prepare
from viewer.sheet import annotated
from viewer.view import ATTRIBUTE

if TYPE_CHECKING:
    from layers.project import Project

DEFAULT_SIZE = (1600, 1000)
MOST_PIXELS = 8192
#: Horizontal fields of view of pictures from an eye.
NARROWEST_DEG, WIDEST_DEG = 0.1, 170.0
#: What `color_by` may say besides the name of an attribute.
WAYS = ("type", "surface", "appearance", "plain", "rgb", "intensity", "classification", "height")


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
    sun: SunLight | None = None,
    result: Result | None = None,
    quantity: str | None = None,
    dark: bool = False,
    marks: bool = True,
    title: str = "",
) -> None:
    """Draw the project's visible layers and write a PNG; `marks` adds legend, north arrow and scale.

    A picture of what an eye sees (`look`) has neither legend nor scale, which is different all over it.
    """
    if not all(0 < side <= MOST_PIXELS for side in size):
        raise UsageError(
            "The size of the picture is not possible",
            found=f"{size[0]}x{size[1]}",
            allowed=f"1x1 to {MOST_PIXELS}x{MOST_PIXELS}",
        )
    if camera is None and view not in STANDARD_VIEWS:
        raise UsageError("There is no such view", found=view, allowed=", ".join(STANDARD_VIEWS))
    drawables = {layer.id: project.drawable(layer) for layer in project.layers}
    _check(project, list(drawables.values()), color_by, theme, lod)
    scene = Scene(project, size, lambda layer: _styled(project, layer, color_by, theme, lod))
    try:
        scene.set_background(dark)
        for layer in reversed(project.layers):
            scene.add(prepare(layer, drawables[layer.id], project.place, project))
        if date is not None:
            scene.set_date(date)
        scene.set_sun(sun)
        scene.shows_dome = marks and look is None
        scene.as_seen = look is not None
        scene.show_result(result, quantity)
        if look is not None:
            scene.camera = Camera.of_view(look, size[0] / size[1])
        elif camera is None:
            scene.camera = scene.camera.viewed(view)
            scene.fit()
        else:
            scene.camera = camera
        scene.settle()
        picture = scene.frame(fine=True)
        if marks:
            words = (*((look.title,) if look is not None else ()), *_words(sun, result))
            legend = scene.legend() if look is None or result is not None else []
            picture = annotated(
                picture, scene.camera, legend, scene.background, title, words, has_scale=look is None
            )
    finally:
        scene.close()
    write_png(path, picture)


def _words(sun: SunLight | None, result: Result | None) -> tuple[str, ...]:
    """What is to be said about the light, and where a result comes from."""
    words = (sun.note, sun.audit_line) if sun is not None else ()
    if result is not None:
        pedigree = result.pedigree
        words = (*words, result.title, *pedigree.sun[:1], pedigree.error)
    return tuple(filter(None, words))


def camera_from(text: str) -> Camera:
    """A camera from "X,Y,Z,DISTANCE,AZIMUTH,ALTITUDE": the point looked at, metres, and degrees."""
    try:
        x, y, z, distance, azimuth, altitude = (float(part) for part in text.split(","))
    except ValueError:
        x = np.nan
    if not np.isfinite(x) or not distance > 0 or not -90 <= altitude <= 90:
        raise UsageError(
            "The camera is not understood",
            found=repr(text),
            allowed='six numbers "X,Y,Z,DISTANCE,AZIMUTH,ALTITUDE", as 78600,457800,0,500,20,40',
        )
    return Camera(np.array([x, y, z]), distance, azimuth % 360, altitude)


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


def _check(
    project: Project,
    drawables: list[Drawable | None],
    color_by: str | None,
    theme: str | None,
    lod: str | None,
) -> None:
    """Refuse a LoD, an attribute or a theme that no layer has."""
    lods = sorted({name for mesh in drawables if isinstance(mesh, CityTiles) for name in mesh.lod_names})
    if lod and lod not in lods:
        raise UsageError("There is no such LoD", found=lod, allowed=", ".join(lods))
    names = sorted({name for layer in project.layers for name in project.attribute_types(layer)})
    if color_by and color_by not in (*WAYS, *names):
        raise UsageError("There is no such attribute", found=color_by, allowed=", ".join((*WAYS, *names)))
    albums = [mesh.album for mesh in drawables if isinstance(mesh, CityTiles) and mesh.album is not None]
    themes = sorted({name for album in albums for name in album.themes if name})
    if theme and theme not in themes:
        raise UsageError(
            "There is no such theme", found=theme, allowed=", ".join(themes) or "no layer has several"
        )


def _styled(
    project: Project, layer: Layer, color_by: str | None, theme: str | None, lod: str | None
) -> Layer:
    """The layer as this picture wants it; what does not apply to it stays as it is."""
    style = dict(layer.style)
    if theme:
        style |= {"color_by": APPEARANCE, THEME: theme}
    if color_by in WAYS:
        style["color_by"] = color_by
    elif color_by and color_by in project.attribute_types(layer):
        style["color_by"] = ATTRIBUTE + color_by
    wants_lod = lod if lod is not None and layer.kind in ("city", "heritage") else layer.lod
    return replace(layer, style=style, lod=wants_lod)
