"""What the window draws, and a picture of it drawn in short steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layers.arrays import UInt8
from viewer.patch import Patch
from viewer.view import LayerView
from viewer.window import Paint, Relight, Window

#: Vertices handed to the graphics driver per frame, so that a new layer never holds up the window.
NEW_VERTICES_PER_FRAME = 1_500_000
#: Vertices drawn in one step where the processor draws.
VERTICES_PER_STEP = 200_000
FINE_LINES = 1.6  # lines in a fine picture, which is drawn at twice the size: a little finer than else
#: Drawn from the ground up; what one can look through comes last.
DRAWING_ORDER = ("pipes", "city", "heritage", "points", "vector", "image", "terrain")


class Stage:
    """Follows the patches of all views."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._patches: list[Patch] = []  # those the window has, in drawing order

    def follow(
        self, views: Iterable[LayerView], more: Iterable[Patch], stretch: float, all_at_once: bool = False
    ) -> bool:
        """Give the window what the views draw now, and `more`; False while not all fitted into one frame."""
        ordered = sorted(views, key=lambda v: (v.layer.opacity < 1, DRAWING_ORDER.index(v.layer.kind)))
        wanted = [patch for view in ordered for patch in view.patches()] + list(more)
        had, kept = set(self._patches), set(wanted)
        for patch in had - kept:
            self._window.renderer.RemoveActor(patch.actor)
        had &= kept
        taken, complete = 0, True
        for patch in wanted:
            if patch in had:
                continue
            if taken > NEW_VERTICES_PER_FRAME and not all_at_once:
                complete = False
                break
            taken += patch.vertex_count
            patch.actor.SetScale(1.0, 1.0, stretch)
            self._window.renderer.AddActor(patch.actor)
            had.add(patch)
        patches = [patch for patch in wanted if patch in had]
        if patches != self._patches:
            self._patches = patches
            # Only the list is put in order: to remove actors and add them again would load them anew.
            props = self._window.renderer.GetViewProps()
            props.RemoveAllItems()
            for patch in patches:
                props.AddItem(patch.actor)
        return complete

    def stretch(self, factor: float) -> None:
        """Draw all heights so much larger."""
        for patch in self._patches:
            patch.actor.SetScale(1.0, 1.0, factor)

    def draw(
        self,
        fine: bool,
        at_once: bool,
        paint: Paint | None,
        relight: Relight | None = None,
        again: bool = False,
    ) -> Iterator[UInt8 | None]:
        """Group after group of patches into one picture: None after every step, the picture at the end.

        `again` takes what was drawn for the last picture where only its light is to be another.
        """
        shown = [patch for patch in self._patches if patch.is_shown]
        veils = {patch for patch in shown if patch.is_veil}
        patches = [patch for patch in shown if patch not in veils]
        groups = [set(patches)] if at_once or self._window.has_graphics_card else _groups(patches)
        self._window.enlarge(fine)
        self._window.mix_all_alike(_is_of_one_tint(shown))
        if again and self._window.take_again():
            groups = []
        for patch in shown:
            patch.magnify(FINE_LINES if fine else 1.0)
        try:
            for number, group in enumerate(groups):
                if number:
                    yield None
                _show_only(group, shown)
                self._window.draw(over=number > 0)
            raw = self._window.raw() if relight is not None or veils else None
            if relight is not None and raw is not None:
                yield from relight(raw)
            if veils:
                _show_only(veils, shown)
                self._window.lay_over()
            if paint is None:
                pixels = self._window.picture()
            else:
                picture = self._window.deep_picture()
                yield from paint(picture)
                pixels = picture.pixels
        finally:
            self._window.enlarge(False)
            for patch in shown:
                patch.mute(False)
                patch.magnify(1.0)
        yield pixels


def _show_only(some: set[Patch], shown: list[Patch]) -> None:
    for patch in shown:
        patch.mute(patch not in some)


def _is_of_one_tint(shown: list[Patch]) -> bool:
    """Whether all that one sees through, such as ghosts, has one colour: it matters not what is before."""
    tints = {patch.tint for patch in shown if patch.is_clear}
    return len(tints) <= 1 and None not in tints


def _groups(patches: list[Patch]) -> list[set[Patch]]:
    groups: list[set[Patch]] = [set()]
    taken = 0
    for patch in patches:
        if groups[-1] and taken + patch.vertex_count > VERTICES_PER_STEP:
            groups.append(set())
            taken = 0
        groups[-1].add(patch)
        taken += patch.vertex_count
    return groups
