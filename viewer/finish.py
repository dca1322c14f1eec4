"""What is done to a picture after VTK has drawn it: another light, painted ground, points, the sky dome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from viewer import skydome
from viewer.depths import Depths
from viewer.light import Background
from viewer.observer import Observer
from viewer.picking import View2D
from viewer.picture import Float32, Picture, Raw
from viewer.resultground import Ground
from viewer.resultview import ResultView
from viewer.shade import Pace, Shade, SunLight
from viewer.splat import Dots, Splats
from viewer.window import Paint, Relight

#: So much of the light and shadow of the sun is seen on a result.
SHADE_ON_RESULT = 0.5
#: Who looks from so near the observer sees what they see: then nothing is tinted.
SAME_EYE_M = 0.5


class Finish:
    """Finishes the pictures of a scene."""

    def __init__(self) -> None:
        self.splats = Splats()
        self.sun: SunLight | None = None
        self.observer: Observer | None = None
        self.result: ResultView | None = None
        self.shows_dome = True
        self._pace = Pace()

    def relight(self, view: View2D, moving: bool, ground: Ground | None) -> Relight | None:
        """What puts the light of the sun into pictures of a view, paints their ground and tints them."""
        paints = () if self.result is None else self.result.paints
        observer = self._observer_of(view)
        if self.sun is None and observer is None and not paints:
            return None
        shade = self._shade(observer)

        def relight(raw: Raw) -> Iterator[None]:
            seen = _of_size(view, raw.buffer)
            depths = Depths(raw.buffer, seen, raw.eye + view.origin, raw.near, raw.far)
            if moving:
                return shade.in_motion(raw.pixels, depths, paints, ground)
            return shade.at_rest(raw.pixels, depths, paints, ground, seen.width > view.width)

        return relight

    def paint(self, view: View2D, moving: bool, shown: list[Dots], sky: Background) -> Paint | None:
        """What draws points that are shown, the dome before a sky, lines of a result; None without any."""
        sun, observer = self.sun, self._observer_of(view)
        dome = sun.dome if sun is not None and self.shows_dome else None
        lines = self.result.lines if self.result is not None and not self.result.lines.is_empty else None
        if not shown and dome is None and lines is None:
            return None

        def paint(picture: Picture) -> Iterator[None]:
            seen = _of_size(view, picture.depth)
            if shown and (sun is not None or observer is not None):
                before = picture.depth.copy()
                self.splats.draw(picture, seen, shown)
                depths = Depths(picture.depth, seen, picture.eye + view.origin, picture.near)
                yield from self._shade(observer).on_points(picture, before, depths, moving)
            elif shown:
                self.splats.draw(picture, seen, shown)
            if sun is not None and dome is not None:
                skydome.draw(picture, seen, dome, sun.direction_when_up, sky)
            if lines is not None:
                lines.draw(picture, seen, moving, sky)

        return paint

    def _observer_of(self, view: View2D) -> Observer | None:
        """The observer by whom a view is tinted."""
        found = self.observer
        is_there = found is not None and np.linalg.norm(view.camera.eye - found.eye) < SAME_EYE_M
        return None if is_there else found

    def _shade(self, observer: Observer | None) -> Shade:
        """The light of the sun; weaker where colours have a meaning: on a result, and in what is seen."""
        has_meaning = self.result is not None or observer is not None
        return Shade(self.sun, self._pace, SHADE_ON_RESULT if has_meaning else 1.0, observer)


def _of_size(view: View2D, depths: Float32) -> View2D:
    """The view of a picture with these depths, which may be enlarged."""
    height, width = depths.shape
    return replace(view, width=width, height=height)
