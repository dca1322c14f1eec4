"""A project in panes without a window, posed for pictures that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.arrays import CityTiles, UInt8
from layers.errors import UsageError
from layers.results import Result
from layers.views import View
from viewer.arrangement import Arrangement
from viewer.camera import STANDARD_VIEWS, Camera
from viewer.looks import WAYS
from viewer.panes import Panes
from viewer.scene import SunLight, prepare
from viewer.sheet import annotated
from viewer.showing import Showing
from viewer.told import Told

if TYPE_CHECKING:
    from layers.project import Project

DEFAULT_SIZE = (1600, 1000)
MOST_PIXELS = 8192
SIDE_BY_SIDE = Arrangement()
#: How what stands at other dates is drawn.
TRANSLUCENT, OUTLINES, NO_GHOSTS = GHOSTS = ("translucent", "outlines", "none")


@dataclass(frozen=True)
class Take:
    """How pictures are taken, whatever city they show; `marks` adds legend, north arrow and scale.

    A picture of what an eye sees (`look`) has neither legend nor scale, which is different all over it.
    """

    view: str = "overview"
    camera: Camera | None = None
    look: View | None = None
    sun: SunLight | None = None
    result: Result | None = None
    quantity: str | None = None
    ghosts: str = TRANSLUCENT
    dark: bool = False
    marks: bool = True
    title: str = ""

    def check(self) -> None:
        """Refuse views and ghosts that there are not."""
        if self.ghosts not in GHOSTS:
            raise UsageError("Ghosts are not drawn like this", found=self.ghosts, allowed=", ".join(GHOSTS))
        if self.camera is None and self.view not in STANDARD_VIEWS:
            raise UsageError("There is no such view", found=self.view, allowed=", ".join(STANDARD_VIEWS))

    @property
    def words(self) -> tuple[str, ...]:
        """What is to be said about the eye, the light, and where a result comes from."""
        words = (self.look.title,) if self.look is not None else ()
        if self.sun is not None:
            words = (*words, self.sun.note, self.sun.audit_line)
        if self.result is not None:
            pedigree = self.result.pedigree
            words = (*words, self.result.title, *pedigree.sun[:1], pedigree.error)
        return tuple(filter(None, words))


@contextmanager
def staged(
    project: Project,
    size: tuple[int, int],
    take: Take,
    showings: Sequence[Showing],
    arrangement: Arrangement = SIDE_BY_SIDE,
) -> Iterator[Panes]:
    """All layers of a project in panes, with the camera where the take wants it."""
    _check_size(size)
    take.check()
    for showing in showings:
        check_showing(project, showing)
    panes = Panes(project, size)
    try:
        panes.arrange(arrangement, showings)
        panes.lead.set_background(take.dark)
        for layer in reversed(project.layers):
            panes.lead.add(prepare(layer, project.drawable(layer), project.place, project))
        panes.bring_all()
        _pose(panes, take)
        yield panes
    finally:
        panes.close()


def _pose(panes: Panes, take: Take) -> None:
    scene = panes.lead
    scene.set_sun(take.sun)
    scene.shows_dome = take.marks and take.look is None
    scene.ghosts, scene.ghost_outlines = take.ghosts != NO_GHOSTS, take.ghosts == OUTLINES
    scene.as_seen = take.look is not None
    panes.tell(Told(take.result, take.quantity))
    panes.has_captions = take.marks
    if take.look is not None:
        panes.camera = Camera.of_view(take.look, panes.area(0).width / panes.area(0).height)
    elif take.camera is None:
        panes.camera = panes.camera.viewed(take.view)
        panes.fit()
    else:
        panes.camera = take.camera


def picture_of(panes: Panes, take: Take) -> UInt8:
    """What the panes show, in all detail, with what a picture says about itself."""
    panes.settle()
    picture = panes.frame(fine=True)
    if not take.marks:
        return picture
    return annotated(
        picture,
        panes.camera,
        panes.legend() if take.look is None or take.result is not None else [],
        panes.lead.background,
        take.title if len(panes.scenes) == 1 else "",
        take.words,
        has_scale=take.look is None,
        view_height=panes.area(0).height,
    )


def _check_size(size: tuple[int, int]) -> None:
    if not all(0 < side <= MOST_PIXELS for side in size):
        raise UsageError(
            "The size of the picture is not possible",
            found=f"{size[0]}x{size[1]}",
            allowed=f"1x1 to {MOST_PIXELS}x{MOST_PIXELS}",
        )


def check_showing(project: Project, showing: Showing) -> None:
    """Refuse a LoD, an attribute or a theme that no layer has."""
    drawables = [project.drawable(layer) for layer in project.layers]
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
