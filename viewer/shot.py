"""A picture of a project in a file, without a window; and how much two pictures differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import CityTiles, Drawable
from layers.errors import UsageError
from layers.pictures import read_png, write_png
from layers.results import Result
from layers.views import Place, View
from viewer.arrangement import Arrangement
from viewer.camera import STANDARD_VIEWS, Camera
from viewer.looks import WAYS
from viewer.panes import Panes
from viewer.scene import SunLight, prepare
from viewer.sheet import annotated
from viewer.showing import Showing

if TYPE_CHECKING:
    from layers.project import Project

DEFAULT_SIZE = (1600, 1000)
MOST_PIXELS = 8192
#: Horizontal fields of view of pictures from an eye.
NARROWEST_DEG, WIDEST_DEG = 0.1, 170.0
SIDE_BY_SIDE = Arrangement()
#: How what stands at other dates is drawn.
TRANSLUCENT, OUTLINES, NO_GHOSTS = GHOSTS = ("translucent", "outlines", "none")


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
    showings: Sequence[Showing] = (),
    suns: Sequence[SunLight | None] = (),
    arrangement: Arrangement = SIDE_BY_SIDE,
) -> None:
    """Draw the project's visible layers and write a PNG; `marks` adds legend, north arrow and scale.

    A picture of what an eye sees (`look`) has neither legend nor scale, which is different all over it.
    Several `showings` are arranged in one picture, each with a sun of its own where there are `suns`.
    """
    _check_size(size)
    if ghosts not in GHOSTS:
        raise UsageError("Ghosts are not drawn like this", found=ghosts, allowed=", ".join(GHOSTS))
    if camera is None and view not in STANDARD_VIEWS:
        raise UsageError("There is no such view", found=view, allowed=", ".join(STANDARD_VIEWS))
    shown = tuple(showings) or (Showing(date, scenario, color_by=color_by, theme=theme, lod=lod),)
    with staged(project, size, shown, arrangement, dark) as panes:
        for number, own in enumerate(suns or [sun]):
            panes.set_sun(number, own)
        scene = panes.lead
        scene.shows_dome = marks and look is None
        scene.ghosts, scene.ghost_outlines = ghosts != NO_GHOSTS, ghosts == OUTLINES
        scene.as_seen = look is not None
        scene.show_result(result, quantity)
        if look is not None:
            panes.camera = Camera.of_view(look, panes.area(0).width / panes.area(0).height)
        elif camera is None:
            panes.camera = panes.camera.viewed(view)
            panes.fit()
        else:
            panes.camera = camera
        panes.has_captions = marks
        panes.settle()
        picture = panes.frame(fine=True)
        if marks:
            words = (*((look.title,) if look is not None else ()), *_words(sun, result))
            legend = panes.legend() if look is None or result is not None else []
            picture = annotated(
                picture,
                panes.camera,
                legend,
                scene.background,
                title if len(shown) == 1 else "",
                words,
                has_scale=look is None,
                view_height=panes.area(0).height,
            )
    write_png(path, picture)


@contextmanager
def staged(
    project: Project,
    size: tuple[int, int],
    showings: Sequence[Showing],
    arrangement: Arrangement = SIDE_BY_SIDE,
    dark: bool = False,
) -> Iterator[Panes]:
    """All layers of a project in panes, without a window."""
    drawables = {layer.id: project.drawable(layer) for layer in project.layers}
    for showing in showings:
        _check(project, list(drawables.values()), showing)
    panes = Panes(project, size)
    try:
        panes.arrange(arrangement, showings)
        panes.lead.set_background(dark)
        for layer in reversed(project.layers):
            panes.lead.add(prepare(layer, drawables[layer.id], project.place, project))
        panes.bring_all()
        yield panes
    finally:
        panes.close()


def _check_size(size: tuple[int, int]) -> None:
    if not all(0 < side <= MOST_PIXELS for side in size):
        raise UsageError(
            "The size of the picture is not possible",
            found=f"{size[0]}x{size[1]}",
            allowed=f"1x1 to {MOST_PIXELS}x{MOST_PIXELS}",
        )


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


def _check(project: Project, drawables: list[Drawable | None], showing: Showing) -> None:
    """Refuse a LoD, an attribute or a theme that no layer has."""
    color_by, theme, lod = showing.color_by, showing.theme, showing.lod
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
