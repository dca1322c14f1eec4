"""Several views of one project in one picture, each with a date, scenario and style of its own.

Each pane is a scene; their arrays are mapped, so that they are in memory once. The first pane leads:
what is selected, hidden, lit and shown as a result there is so in all of them, and while the panes are
linked they look from the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from layers.arrays import UInt8
from layers.records import Changes, Layer
from viewer.arrangement import BLINK, SWIPE, Area, Arrangement, mixed
from viewer.budget import share_of
from viewer.camera import Camera
from viewer.frames import Frames, Kept, Steps
from viewer.prepared import Prepared, Revision, prepare
from viewer.resultview import Reading
from viewer.scene import Hit, LegendEntry, Scene
from viewer.shade import SunLight
from viewer.showing import Showing
from viewer.told import Told, legend_of

if TYPE_CHECKING:
    from layers.project import Project


#: What a pane says whose city casts none while the first one's does: its rays were not asked for.
NO_SHADOWS = "without shadows"


class Panes(Frames):
    """One to four scenes of a project, drawn as one picture."""

    def __init__(self, project: Project, size: tuple[int, int] = (1280, 800)) -> None:
        super().__init__()
        self._project, self._size = project, size
        self._showings = [Showing()]
        self._arrangement = Arrangement()
        self._scenes: list[Scene] = []
        self._grow()
        self._made: dict[tuple[int, int], object] = {}  # by pane and layer, the lead's view it follows
        self._pictures: list[Kept | None] = [None]  # as last drawn
        self._suns: dict[int, SunLight | None] = {}  # of panes that have their own
        self._told = Told()  # the result that is shown
        self._is_stale = True  # the pictures are to be put together anew
        self._waiting: set[int] = set()  # panes whose turn is still to come in the picture that is begun
        self._whole: UInt8 | None = None  # the last picture, and the one from which it fades
        self._before: UInt8 | None = None
        self._fade = 1.0
        self._active = 0
        #: Whether all panes look from the same place.
        self.linked = True
        #: How large captions and lines are, for screens with small pixels.
        self.scale = 1.0
        #: Whether every pane has a caption with its date and scenario.
        self.has_captions = True

    # -- which panes there are -------------------------------------------------------------------

    @property
    def lead(self) -> Scene:
        """The first pane, the only one that is always there."""
        return self._scenes[0]

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The scenes of all panes."""
        return tuple(self._scenes)

    @property
    def showings(self) -> tuple[Showing, ...]:
        """What each pane shows."""
        return tuple(self._showings)

    @property
    def arrangement(self) -> Arrangement:
        """How the panes are put together."""
        return self._arrangement

    @arrangement.setter
    def arrangement(self, arrangement: Arrangement) -> None:
        """Another line or share costs no new pictures."""
        arrangement.check(len(self._scenes))
        is_same_way = arrangement.way == self._arrangement.way
        self._arrangement, self._is_stale = arrangement, True
        if not is_same_way:
            self._lay_out()

    def arrange(self, arrangement: Arrangement, showings: Sequence[Showing]) -> None:
        """Show so many panes; what new ones lack of the layers is told by `missing`."""
        arrangement.check(len(showings))
        before, self._arrangement = len(self._scenes), arrangement
        for scene in self._scenes[len(showings) :]:
            scene.close()
        del self._scenes[len(showings) :]
        self._made = {key: made for key, made in self._made.items() if key[0] < len(showings)}
        self._suns = {number: sun for number, sun in self._suns.items() if number < len(showings)}
        for number, showing in enumerate(showings):
            if number < before:
                self.show(number, showing)
                continue
            self._showings[number:] = [showing]
            self._grow()
            self._scenes[-1].situation = showing.situation
            self._scenes[-1].camera = self.lead.camera
        self._showings = list(showings)
        self._pictures = [None] * len(self._scenes)
        self._active = min(self._active, len(self._scenes) - 1)
        self._lay_out()

    def show(self, number: int, showing: Showing) -> None:
        """Let a pane show another date, scenario or style."""
        scene, before = self._scenes[number], self._showings[number]
        self._showings[number] = showing
        scene.situation = showing.situation
        if replace(before, date=showing.date, scenario=showing.scenario, caption=showing.caption) != showing:
            scene.restyle()
        self._is_stale = True

    def _grow(self) -> None:
        number = len(self._scenes)
        self._scenes.append(Scene(self._project, self._size, partial(self._styled, number)))

    def _styled(self, number: int, layer: Layer) -> Layer:
        return self._showings[number].styled(self._project, layer)

    def _lay_out(self) -> None:
        """Give every scene its size, and its part of what may be drawn."""
        areas = self._arrangement.areas(len(self._scenes), *self._size)
        for scene, area in zip(self._scenes, areas, strict=True):
            scene.resize(max(area.width, 1), max(area.height, 1))
        self._is_stale = True

    def close(self) -> None:
        """Give back what the graphics driver holds."""
        self._stop()
        for scene in self._scenes:
            scene.close()

    # -- layers ------------------------------------------------------------------------------------

    def missing(self) -> list[tuple[int, Layer]]:
        """Panes with layers that are in the first one, but not, or not as they are now, in them."""
        present = {layer.id: layer for layer in self._project.layers}
        return [
            (number, present[layer])
            for number in range(1, len(self._scenes))
            for layer in self.lead.layer_ids
            if layer in present and self._made.get((number, layer)) is not self.lead.made(layer)
        ]

    def bring(self, number: int, prepared: Prepared) -> None:
        """Bring a layer, prepared for it alone, into a pane; it stays as the first one has it now."""
        layer, scene = prepared.layer.id, self._scenes[number]
        camera = scene.camera
        scene.add(prepared)
        scene.camera = camera
        self._made[number, layer] = self.lead.made(layer)
        revision = self.lead.revision(layer)
        if revision is not None:  # it may have been prepared before the edit
            scene.revise(revision)

    def revise(self, revision: Revision) -> None:
        """Draw some objects of a layer as they are now, in all panes that have it."""
        for scene in self._scenes:
            scene.revise(revision)

    def bring_all(self) -> None:
        """Bring everything that is missing at once."""
        for number, layer in self.missing():
            drawable = self._project.drawable(layer)
            self.bring(number, prepare(layer, drawable, self._project.place, self._project))

    def on_changes(self, changes: Changes) -> None:
        """Follow an edit, an undo or a redo."""
        for scene in self._scenes:
            scene.on_changes(changes)

    # -- frames --------------------------------------------------------------------------------------

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole picture in pixels."""
        return self._size

    def resize(self, width: int, height: int) -> None:
        """Give the picture another size."""
        if (width, height) != self._size:
            self._size = max(int(width), 1), max(int(height), 1)
            self._lay_out()

    @property
    def needs_frame(self) -> bool:
        """Whether something has changed since the last picture was begun."""
        rest = (scene for number, scene in enumerate(self._scenes) if number not in self._waiting)
        return self._is_stale or any(scene.needs_frame for scene in rest)

    @property
    def moving(self) -> bool:
        """Whether the camera moves."""
        return self.lead.moving

    @moving.setter
    def moving(self, moving: bool) -> None:
        for scene in self._scenes:
            scene.moving = moving

    def _begun(self, fine: bool) -> Steps:
        self._follow_lead()
        self._is_stale, self._waiting = False, set(range(len(self._scenes)))
        return self._steps(fine)

    @property
    def fade(self) -> float:
        """How far the picture has gone over from the one that was held to the present one, 0 … 1."""
        return self._fade

    @fade.setter
    def fade(self, share: float) -> None:
        self._fade, self._is_stale = share, True
        if share >= 1.0:
            self._before = None

    def hold(self) -> None:
        """Keep the last picture, for what comes next to fade in over it as `fade` rises from 0 to 1."""
        self._before, self._fade = self._whole, 0.0

    def settle(self) -> None:
        """Finish everything at once, so that the next frame shows all."""
        self._follow_lead()
        for scene in self._scenes:
            scene.settle()

    def _steps(self, fine: bool) -> Steps:
        """Draw the panes whose pictures are out of date, then put all together."""
        for number, scene in enumerate(self._scenes):
            kept, columns = self._pictures[number], self._columns(number)
            self._waiting.discard(number)
            if kept is not None and not scene.needs_frame and kept.will_do(fine, columns):
                continue
            self._pictures[number] = None  # another one may be begun before this is finished
            scene.columns = columns
            scene.begin(fine)
            while (picture := scene.proceed()) is None:
                yield None
            self._pictures[number] = Kept(picture, fine, columns)
        pictures = [kept.picture for kept in self._pictures if kept is not None]
        whole = self._arrangement.composed(pictures, self._size, self.lead.background)
        captions = self.captions if self.has_captions else [""] * len(pictures)
        self._whole = whole
        if self._before is not None and self._before.shape == whole.shape:
            whole = mixed(self._before, whole, self._fade)
        if len(pictures) > 1 or any(captions):
            whole = self._arrangement.marked(whole, captions, self.lead.background, self.scale)
        yield whole

    def _columns(self, number: int) -> tuple[int, int] | None:
        """What is drawn of a pane: in motion, as much as is seen beside the line of a swipe.

        At rest all of it, so that the line can be moved without drawing anew.
        """
        if not self.moving or len(self._scenes) == 1 or self._arrangement.way not in (SWIPE, BLINK):
            return None
        seen = self._arrangement.seen(len(self._scenes), *self._size)[number]
        first = min(seen.x, self._size[0] - 1)
        return first, max(seen.x + seen.width, first + 1)

    @property
    def captions(self) -> list[str]:
        """What the panes are called; one whose scene was asked for another situation since, by that."""
        found = []
        for showing, scene in zip(self._showings, self._scenes, strict=True):
            if showing.situation != scene.situation:
                date, scenario = scene.situation
                showing = Showing(date, scenario)
            title = showing.title(self._project)
            if self.lead.sun is not None and self.lead.sun.shadows and scene.sun and not scene.sun.shadows:
                title = f"{title}, {NO_SHADOWS}" if title else NO_SHADOWS
            found.append(title)
        return found

    def _follow_lead(self) -> None:
        """Have all panes show what the first one shows, each of its own date."""
        lead, share = self.lead, share_of(len(self._scenes), self.moving)
        for number, scene in enumerate(self._scenes[1:], 1):
            scene.follow(lead)
            for layer in set(scene.layer_ids) - set(lead.layer_ids):
                scene.remove(layer)
            sun = self._sun_of(number)
            if scene.sun is not sun:
                scene.set_sun(sun)
            if self.linked and scene.camera is not lead.camera:
                scene.camera = lead.camera
            scene.detail = lead.detail
        for scene in self._scenes:
            scene.share = share
        self._told.put_on(self._project, self._scenes)

    def tell(self, told: Told) -> None:
        """Colour all panes by a result; where it compares two states, each by what it says of its own."""
        self._told = told
        self._told.put_on(self._project, self._scenes)

    # -- light ---------------------------------------------------------------------------------------

    def set_sun(self, number: int, sun: SunLight | None) -> None:
        """Light a pane with a sun of its own, whose shadows are those of its city."""
        if number:
            self._suns[number] = sun
            self._is_stale = True
        else:
            self.lead.set_sun(sun)

    def forget_sun(self, number: int) -> None:
        """Light a pane with the first one's sun again."""
        self._is_stale |= self._suns.pop(number, None) is not None

    def _sun_of(self, number: int) -> SunLight | None:
        """The first pane's sun; its shadows fall only where the same city is shown."""
        sun, scene = self.lead.sun, self._scenes[number]
        if number in self._suns:
            return self._suns[number]
        if sun is None or scene.situation == self.lead.situation:
            return sun
        has_same = scene.sun is not None and replace(scene.sun, shadows=sun.shadows) == sun
        return scene.sun if has_same else replace(sun, shadows=None)

    # -- what lies where -------------------------------------------------------------------------

    @property
    def active(self) -> int:
        """The pane whose camera is moved where they are not linked."""
        return self._active

    @active.setter
    def active(self, number: int) -> None:
        self._active = number

    @property
    def camera(self) -> Camera:
        """Where the active pane looks from."""
        return self._scenes[0 if self.linked else self._active].camera

    @camera.setter
    def camera(self, camera: Camera) -> None:
        self._scenes[0 if self.linked else self._active].camera = camera

    def fit(self) -> None:
        """Look at everything that is drawn, the same way."""
        self._scenes[0 if self.linked else self._active].fit()

    def area(self, number: int) -> Area:
        """Where the picture of a pane lies, seen or not."""
        return self._arrangement.areas(len(self._scenes), *self._size)[number]

    def under(self, x: float, y: float) -> int | None:
        """The pane under a pixel position; None between them."""
        return self._arrangement.under(x, y, len(self._scenes), *self._size)

    def holds_line(self, x: float) -> bool:
        """Whether a press at a pixel column takes hold of the line of a swipe."""
        return self._arrangement.holds_line(x, len(self._scenes), self._size[0], self.scale)

    def pick(self, x: float, y: float) -> Hit | None:
        """What lies under a pixel position, in the pane that is seen there."""
        number = self.under(x, y)
        if number is None:
            return None
        left, top, *_ = self.area(number)
        return self._scenes[number].pick(x - left, y - top)

    def pick_result(self, x: float, y: float) -> Reading | None:
        """What the result that is shown says about the place under a pixel position."""
        number = self.under(x, y)
        if number is None:
            return None
        left, top, *_ = self.area(number)
        return self._scenes[number].pick_result(x - left, y - top)

    def pick_box(self, x0: float, y0: float, x1: float, y1: float) -> list[int]:
        """The fids of what is drawn in a rectangle that begins in a pane, as far as it lies in that one."""
        number = self.under(x0, y0)
        if number is None:
            return []
        left, top, *_ = self.area(number)
        seen = self._arrangement.seen(len(self._scenes), *self._size)[number]
        x1 = min(max(x1, seen.x), seen.x + seen.width)
        y1 = min(max(y1, seen.y), seen.y + seen.height)
        return self._scenes[number].pick_box(x0 - left, y0 - top, x1 - left, y1 - top)

    def legend(self) -> list[LegendEntry]:
        """What the colours mean; without numbers where there are several panes, which have their own."""
        return legend_of(self._scenes)
