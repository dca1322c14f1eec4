"""The city as a picture: frames out, light and results on it, and what lies under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING

from layers.records import Layer
from layers.results import Result
from layers.views import View, views_of
from viewer.budget import RESTING_POINTS, aim_of
from viewer.camera import Camera
from viewer.color import LegendEntry, summed, told_apart
from viewer.finish import Finish
from viewer.frames import Steps
from viewer.layered import EMPTY_BOX, Layered
from viewer.light import sky
from viewer.observer import Observer, Sight
from viewer.observer import legend as observer_legend
from viewer.patch import Patch
from viewer.picking import Hit, Surface, View2D
from viewer.prepared import Prepared, prepare
from viewer.raster import RasterView
from viewer.resultground import Ground
from viewer.resultscale import Scale
from viewer.resultview import Reading, ResultView
from viewer.shade import Shadows, SunLight
from viewer.skydome import Dome, SkyMark, SkyPath
from viewer.stage import Stage
from viewer.terrain import TinView
from viewer.underneath import ground_height, nearest, within
from viewer.view import Dotted
from viewer.window import Window

if TYPE_CHECKING:
    from layers.project import Project

__all__ = [
    "Dome",
    "Hit",
    "LegendEntry",
    "Observer",
    "Prepared",
    "Reading",
    "Scale",
    "Scene",
    "Shadows",
    "Sight",
    "SkyMark",
    "SkyPath",
    "SunLight",
    "Surface",
    "prepare",
]

CATCH_UP_S, CATCH_UP_MOVING_S = 0.04, 0.012
#: At rest nothing is shown before all detail is there, or this time is over; where only points are
#: missing, which others do not make way for, a much shorter one.
PATIENCE_S, PATIENCE_WITH_POINTS_S = 0.4, 0.08
#: How much more triangles a graphics card draws in the same time.
GRAPHICS_CARD = 20.0


class Scene(Layered):
    """Draws a project off screen."""

    def __init__(
        self,
        project: Project,
        size: tuple[int, int] = (1280, 800),
        styled: Callable[[Layer], Layer] = lambda layer: layer,
    ) -> None:
        """`styled` may give a layer another style for this scene alone, without an edit."""
        super().__init__(project, styled)
        self._window = Window(*size)
        self._stage = Stage(self._window)
        self._patience_s = PATIENCE_S
        self._camera = Camera(EMPTY_BOX.mean(axis=0)).fitted(EMPTY_BOX, size[0] / size[1])
        self._has_own_camera = False
        self._moving = False
        self._finish = Finish()
        #: The result that is shown, and the quantity that was asked for.
        self.shows: tuple[Result | None, str | None] = None, None
        #: How much is drawn, as a factor: 1 is what keeps motion fluent.
        self.detail = 1.0
        #: Its part of what may be drawn, where several scenes make one picture.
        self.share = 1.0
        #: Of pictures that are begun, draw only the columns from the first to before the last; None: all.
        self.columns: tuple[int, int] | None = None
        self.background = sky(dark=False)
        self.set_background(dark=False)

    # -- frames ----------------------------------------------------------------------------------

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels."""
        return self._window.size

    def resize(self, width: int, height: int) -> None:
        """Give the picture another size."""
        if (width, height) != self.size:
            self._window.resize(width, height)
            self.needs_frame = True

    def _begun(self, fine: bool) -> Steps:
        again = self._is_only_light
        self.needs_frame = False
        return self._steps(fine, again)

    def _steps(self, fine: bool, again: bool) -> Steps:
        """Build what is missing, then draw patch after patch; None after every short step but the last."""
        if again:
            yield from self._drawn(fine, again)
            return
        for city in self._cities():
            while city.work():
                yield None
        while self._result is not None and self._result.work():
            yield None
        begun = perf_counter()
        while not self._catch_up() and not self._moving:
            if perf_counter() - begun > self._patience_s:
                self.needs_frame = True
                break
            yield None
        box, eye = self.box, self._camera.eye
        near = bool((eye > box[0]).all() and (eye < box[1]).all())
        for view in self._every:
            view.set_near(near)
        self._camera.apply(self._window.renderer.GetActiveCamera(), self.origin, box)
        self._window.cut(self.columns)
        yield from self._drawn(fine)

    def settle(self) -> None:
        """Finish everything at once, so that the next frame shows all."""
        self._is_only_light = False
        for city in self._cities():
            while city.work():
                pass
        while self._result is not None and self._result.work():
            pass
        self._aim()
        for view in self._every:
            view.catch_up(inf)
        self._stage.follow(self._every, self._more(), self._stretch, all_at_once=True)

    def set_background(self, dark: bool) -> None:
        """The sky of the light or the dark theme."""
        self._is_dark = dark
        self._follow_sky()

    def _follow_sky(self) -> None:
        sun = self._finish.sun
        self.background = sky(self._is_dark, None if sun is None else sun.altitude_deg)
        self._window.set_background(self.background)
        self.needs_frame = True

    @property
    def is_software(self) -> bool:
        """Whether the processor draws, not a graphics card; known after the first frame."""
        return self._window.is_software

    @property
    def moving(self) -> bool:
        """Whether the camera moves: then dense layers are drawn thinner."""
        return self._moving

    @moving.setter
    def moving(self, moving: bool) -> None:
        if moving != self._moving:
            self._moving = moving
            for view in self._every:
                view.set_moving(moving)
            self.needs_frame = True

    def close(self) -> None:
        """Give back what the graphics driver holds; the scene is of no use afterwards."""
        self._stop()
        self._views.clear()
        self._revised.clear()
        self._window.close()

    def _drawn(self, fine: bool, again: bool = False) -> Steps:
        """Draw patch after patch, and finish the picture."""
        every = [view.dots() for view in self._dotted.values()]
        shown = [dots for dots in every if dots is not None]
        view, finish = self._view2d(), self._finish
        paint = finish.paint(view, self._moving, shown, self.background)
        relight = finish.relight(view, self._moving, self._ground())
        yield from self._stage.draw(fine, self._moving, paint, relight, again)

    def _ground(self) -> Ground | None:
        """The uppermost terrain that is shown."""
        for view in (self._views.get(layer.id) for layer in self._project.layers):
            if isinstance(view, RasterView) and view.is_shown:
                return Ground(view.heights, is_coarse=True)
            if isinstance(view, TinView) and view.is_shown:
                return Ground(view.near_heights, is_coarse=False)
        return None

    def _aim(self) -> None:
        """Tell the views where they are seen from, and share out what may be drawn."""
        power = self.detail * (GRAPHICS_CARD if self._window.has_graphics_card else 1.0)
        points = self._finish.splats.pace.moving_points(RESTING_POINTS) if self._moving else RESTING_POINTS
        views, seen = self._views.values(), self._view2d()
        aim = aim_of(views, seen, self._moving, power, self.detail, points, self.share)
        for view in self._every:
            view.aim(aim)

    def _catch_up(self) -> bool:
        """Build for a short time; False while something is left to do."""
        self._aim()
        seconds = CATCH_UP_MOVING_S if self._moving else CATCH_UP_S
        missing = [view for view in self._every if not view.catch_up(seconds)]
        has_all = self._stage.follow(self._every, self._more(), self._stretch)
        only_points = has_all and all(isinstance(view, Dotted) and view.has_begun for view in missing)
        self._patience_s = PATIENCE_WITH_POINTS_S if only_points else PATIENCE_S
        complete = has_all and not missing
        self.needs_frame |= not complete and self._moving
        return complete

    # -- camera ----------------------------------------------------------------------------------

    @property
    def camera(self) -> Camera:
        """Where the city is looked at from."""
        return self._camera

    @camera.setter
    def camera(self, camera: Camera) -> None:
        self._camera = camera
        self._has_own_camera = True
        self.needs_frame = True

    def fit(self) -> None:
        """Look at everything that is drawn, the same way."""
        width, height = self.size
        self.camera = self._camera.fitted(self.boxes, width / height)

    # -- layers ----------------------------------------------------------------------------------

    def add(self, prepared: Prepared) -> None:
        """Bring a prepared layer into the picture; the first one is looked at."""
        super().add(prepared)
        if prepared.layer.id in self._views and not self._has_own_camera:
            self.fit()
            self._has_own_camera = False

    def _on_new(self) -> None:
        self._paint_result()

    def _on_gone(self) -> None:
        self._stage.follow(self._every, self._more(), self._stretch)

    def _on_stretch(self) -> None:
        self._stage.stretch(self._stretch)

    def _more(self) -> Iterator[Patch]:
        """What is drawn beside the layers."""
        if self._result is not None:
            yield from self._result.patches()

    def follow(self, lead: Scene) -> None:
        """Show what another scene of the project shows, in its light; but the date, style and camera."""
        if self._visibility.follow(lead._visibility):
            self._update()
        if self._is_dark != lead._is_dark:
            self.set_background(lead._is_dark)
        if self.observer is not lead.observer:
            self.set_observer(lead.observer)
        if self.shows_dome != lead.shows_dome:
            self.shows_dome = lead.shows_dome

    # -- sun, sight and results -------------------------------------------------------------------------

    @property
    def sun(self) -> SunLight | None:
        """The sun that lights the city; None: an even light that is always the same."""
        return self._finish.sun

    def set_sun(self, sun: SunLight | None) -> None:
        """Light the city with this sun from now on, and cast its shadows."""
        had_light, needed, before = self._finish.sun is not None, self._needs_frame, self.background
        only_light = self._is_only_light or not needed
        self._finish.sun = sun
        self._follow_sky()
        self._is_only_light = only_light and had_light and sun is not None and before == self.background

    @property
    def observer(self) -> Observer | None:
        """Who looks, so that the city is tinted by what they see."""
        return self._finish.observer

    def set_observer(self, observer: Observer | None) -> None:
        """Tint the city by what this observer sees from now on; None ends it."""
        had_one, only_light = self._finish.observer is not None, self._is_only_light or not self._needs_frame
        self._finish.observer = observer
        self.needs_frame = True
        self._is_only_light = only_light and had_one and observer is not None

    @property
    def shows_dome(self) -> bool:
        """Whether the ways of the sun are drawn around what is looked at."""
        return self._finish.shows_dome

    @shows_dome.setter
    def shows_dome(self, shows: bool) -> None:
        self._finish.shows_dome = shows
        self.needs_frame = True

    def show_result(self, result: Result | None, quantity: str | None = None) -> None:
        """Colour what a result speaks of by one of its quantities (the first one); None ends it."""
        if result is None and self._result is not None:
            for city in self._cities():
                city.paint(None)
        self.shows = result, quantity
        self._finish.result = None if result is None else ResultView(result, quantity)
        self._paint_result()
        self.needs_frame = True

    @property
    def _result(self) -> ResultView | None:
        return self._finish.result

    def _paint_result(self) -> None:
        """Colour the layers by the result that is shown."""
        if self._result is not None:
            self._result.paint(self._every, self.origin)

    @property
    def shows_result(self) -> bool:
        """Whether a result is drawn, be it in colours or in lines alone."""
        return self._result is not None

    @property
    def result_scale(self) -> Scale | None:
        """What the colours of the result mean, and its values."""
        return None if self._result is None else self._result.scale

    @property
    def result_views(self) -> tuple[View, ...]:
        """From where the result looks."""
        return () if self._result is None else views_of(self._result.result)

    @property
    def result_signs(self) -> list[LegendEntry]:
        """What the lines and volumes of the result mean."""
        return [] if self._result is None else self._result.signs()

    def pick_result(self, x: float, y: float) -> Reading | None:
        """What the result that is shown says about the place under a pixel position."""
        if self._result is None:
            return None
        line = self._result.reading_of_line(self._view2d(), x, y)
        hit = self.pick(x, y) if line is None else None
        return line if hit is None else self._result.reading(hit)

    # -- what lies where -------------------------------------------------------------------------

    def pick(self, x: float, y: float) -> Hit | None:
        """What lies under a pixel position (0, 0 is the top left corner)."""
        return nearest(self._every, self._view2d(), x, y)

    def _view2d(self) -> View2D:
        return View2D(self._camera, *self.size, self.origin, self._stretch)

    def pick_box(self, x0: float, y0: float, x1: float, y1: float) -> list[int]:
        """The fids of what is drawn in a rectangle."""
        rectangle = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        return within(self._every, self._view2d(), rectangle)

    @property
    def shown_objects(self) -> tuple[int, int]:
        """How many city objects are drawn, and how many there are in the visible layers."""
        counts = [city.shown_objects for city in self._cities() if city.layer.visible]
        return sum(shown for shown, _ in counts), sum(every for _, every in counts)

    def ground_height(self, x: float, y: float) -> float | None:
        """Height, as drawn, of the terrain at a place; of anything one could stand on without terrain."""
        above_m = float(self.box[1, 2]) + 10.0
        return ground_height(self._every, self._view2d(), x, y, above_m)

    def legend(self) -> list[LegendEntry]:
        """What the colours mean: those of the result that is shown, else layer by layer from the top."""
        watched = observer_legend() if self._finish.observer is not None else []
        if self._result is not None and (rows := self._result.legend()):
            return [*watched, *rows]
        if watched:
            return watched
        order = {layer.id: i for i, layer in enumerate(self._project.layers)}
        views = sorted(self._every, key=lambda view: order.get(view.layer.id, 0))
        names = {view.layer.id: view.layer.name for view in views}
        rows = summed(entry for view in views if view.is_shown for entry in view.legend())
        return told_apart(rows, names)
