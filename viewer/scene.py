"""The city as a picture: layers in, frames out, and what lies under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Cloud, Drawable, Float64, Grid, Int32, Mesh, Scan, UInt8
from layers.epochs import state_at
from layers.pipes import network
from layers.place import Place
from layers.records import Changes, Layer
from viewer.camera import Camera
from viewer.city import CityView
from viewer.color import LegendEntry
from viewer.columns import NO_OBJECT, Columns
from viewer.faces import Mask
from viewer.ground import terrain_of
from viewer.heritage import RecordsView, ScanView, record_places
from viewer.light import sky
from viewer.patch import Patch
from viewer.picking import Hit, Surface, View2D
from viewer.pipes import PipesView
from viewer.points import PointsView
from viewer.terrain import TerrainView
from viewer.tin import TIN
from viewer.view import Found, LayerView, Shown, Source
from viewer.window import Window

if TYPE_CHECKING:
    from layers.project import Project

__all__ = ["Hit", "LegendEntry", "Prepared", "Scene", "Surface", "prepare"]

#: Vertices handed to the graphics driver per frame, so that a new layer never holds up the window.
NEW_VERTICES_PER_FRAME = 1_500_000
CATCH_UP_S = 0.04
MOST_TILES = 36
#: A surface more transparent than this is picked only where nothing lies behind it.
SEEN_THROUGH = 0.7
FINE_LINES = 1.6  # lines in a fine frame, which is drawn at twice the size: a little finer than else
EMPTY_BOX = np.array([[-500.0, -500.0, 0.0], [500.0, 500.0, 100.0]])
#: Drawn from the ground up; what one can look through comes last.
DRAWING_ORDER = ("pipes", "city", "heritage", "points", "terrain")
CHILD_KEYS = ("id", "type", "parent")


@dataclass(frozen=True)
class Prepared:
    """A layer ready to be added to a scene."""

    layer: Layer
    drawable: Drawable | None
    place: Place
    columns: Columns | None = None
    view: LayerView | None = None


def prepare(layer: Layer, drawable: Drawable | None, place: Place, reader: Project | None = None) -> Prepared:
    """The heavy part of drawing a layer, in any thread.

    `reader` is the project as that thread may read it (`project.reader()`); without it the heavy
    part waits for `Scene.add`.
    """
    if reader is None:
        return Prepared(layer, drawable, place)
    columns = Columns(lambda key: reader.column(layer, key), _count(reader, layer))
    for key in (*CHILD_KEYS, *_styling_keys(layer)):
        columns.values(key)
    return Prepared(layer, drawable, place, columns, _view(reader, layer, drawable, place, columns))


class Scene:
    """Draws a project off screen. All methods belong to the interface thread."""

    def __init__(
        self,
        project: Project,
        size: tuple[int, int] = (1280, 800),
        styled: Callable[[Layer], Layer] = lambda layer: layer,
    ) -> None:
        """`styled` may give a layer another style for this scene alone, without an edit."""
        self._project, self._styled = project, styled
        self._window = Window(*size)
        self._views: dict[int, LayerView] = {}
        self._columns: dict[int, Columns] = {}
        self._waiting: list[Patch] = []
        self._place: Place | None = None
        self._selected: tuple[int, ...] = ()
        self._hidden: set[int] = set()
        self._isolated: set[int] | None = None
        self._date: str | None = None
        self._ghosts = True
        self._camera = Camera(EMPTY_BOX.mean(axis=0)).fitted(EMPTY_BOX, size[0] / size[1])
        self._has_own_camera = False
        self._moving = False
        self.needs_frame = True
        self.background = sky(False)
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

    def frame(self, fine: bool = False) -> UInt8:
        """The picture, (h, w, 3), top row first. While layers are still coming in, `needs_frame` stays.

        `fine` smooths every edge, for a camera at rest and for pictures to keep, in about twice the time.
        """
        caught_up = self._catch_up(CATCH_UP_S)
        self._add_waiting(NEW_VERTICES_PER_FRAME)
        self.needs_frame = bool(self._waiting) or not caught_up
        self._camera.apply(self._window.renderer.GetActiveCamera(), self.origin, self.box)
        if not fine:
            return self._window.pixels()
        self._magnify(FINE_LINES)
        picture = self._window.fine_pixels()
        self._magnify(1.0)
        return picture

    def settle(self) -> None:
        """Finish everything at once, so that the next frame shows all."""
        self._catch_up(inf)
        self._add_waiting(None)

    def set_background(self, dark: bool) -> None:
        """The sky of the light or the dark theme."""
        self.background = sky(dark)
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
            for view in self._views.values():
                view.set_moving(moving)
            self.needs_frame = True

    def close(self) -> None:
        """Give back what the graphics driver holds; the scene is of no use afterwards."""
        self._views.clear()
        self._window.close()

    def _magnify(self, factor: float) -> None:
        for view in self._views.values():
            for patch in view.patches():
                patch.magnify(factor)

    def _catch_up(self, seconds: float) -> bool:
        done = [view.catch_up(seconds) for view in self._views.values()]
        return all(done)

    def _add_waiting(self, most_vertices: int | None) -> None:
        taken = 0
        while self._waiting and (most_vertices is None or taken < most_vertices):
            patch = self._waiting.pop(0)
            taken += patch.vertex_count
            self._window.renderer.AddActor(patch.actor)

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

    @property
    def origin(self) -> Float64:
        """World coordinates that are 0, 0, 0 for the graphics card."""
        return self._place.origin if self._place is not None else self._project.place.origin

    @property
    def box(self) -> Float64:
        """What holds everything that is drawn, (2, 3)."""
        boxes = self._boxes()
        return np.stack((boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)))

    def _boxes(self) -> Float64:
        every = [view for view in self._views.values() if len(view.boxes)]
        boxes = [view.boxes for view in every if view.layer.visible] or [view.boxes for view in every]
        return np.concatenate(boxes) if boxes else (EMPTY_BOX + self.origin)[None]

    def fit(self) -> None:
        """Look at everything that is drawn, the same way."""
        width, height = self.size
        self.camera = self._camera.fitted(self._boxes(), width / height)

    # -- layers ----------------------------------------------------------------------------------

    @property
    def layer_ids(self) -> tuple[int, ...]:
        """The layers that are in the scene."""
        return tuple(self._views)

    def load(self, layer: Layer, drawable: Drawable | None) -> None:
        """Prepare and add a layer in one go."""
        self.add(prepare(layer, drawable, self._project.place))

    def add(self, prepared: Prepared) -> None:
        """Bring a prepared layer into the picture; the first one is looked at."""
        layer = prepared.layer
        self.remove(layer.id)
        if self._place is None:
            self._place = prepared.place
        if prepared.columns is not None:
            prepared.columns.read_with(lambda key: self._project.column(layer, key))
            self._columns.setdefault(layer.objects_layer, prepared.columns)
        view = prepared.view
        if view is None:
            place = replace(prepared.place, origin=self.origin)
            view = _view(self._project, layer, prepared.drawable, place, self._columns_of(layer))
        if view is None:
            return
        self._views[layer.id] = view
        for patch in view.patches():
            self._waiting.append(patch)
        self._order()
        view.restyle(self._present().get(layer.id, layer))
        self._update([layer.id])
        if not self._has_own_camera:
            self.fit()
            self._has_own_camera = False
        self.needs_frame = True

    def remove(self, layer_id: int) -> None:
        """Take a layer out of the picture."""
        view = self._views.pop(layer_id, None)
        if view is None:
            return
        gone = set(view.patches())
        self._waiting = [patch for patch in self._waiting if patch not in gone]
        for patch in gone:
            self._window.renderer.RemoveActor(patch.actor)
        self.needs_frame = True

    def on_changes(self, changes: Changes) -> None:
        """Follow an edit, an undo or a redo."""
        present = self._present()
        for number in [number for number in self._views if number not in present]:
            self.remove(number)
        if changes.layers:
            for number, view in self._views.items():
                view.restyle(present[number])
            self._order()
        keys = frozenset(key.removeprefix("attr:") for changed in changes.objects.values() for key in changed)
        if keys:
            for columns in self._columns.values():
                columns.forget(keys)
            for view in self._views.values():
                view.refresh(keys)
        if changes.layers or keys & {"valid_from", "valid_to"}:
            self._update(list(self._views))
        self.needs_frame = True

    def _present(self) -> dict[int, Layer]:
        """The project's layers as they are now, in this scene's style."""
        return {layer.id: self._styled(layer) for layer in self._project.layers}

    def _columns_of(self, layer: Layer) -> Columns:
        number = layer.objects_layer
        if number not in self._columns:
            project = self._project
            self._columns[number] = Columns(lambda key: project.column(layer, key), _count(project, layer))
        return self._columns[number]

    def _order(self) -> None:
        """Draw from the ground up, transparent terrain last."""
        ordered = sorted(
            self._views.values(), key=lambda v: (v.layer.opacity < 1, DRAWING_ORDER.index(v.layer.kind))
        )
        waiting = set(self._waiting)
        for view in ordered:
            for patch in view.patches():
                if patch not in waiting:
                    self._window.renderer.RemoveActor(patch.actor)
                    self._window.renderer.AddActor(patch.actor)

    # -- what is shown ---------------------------------------------------------------------------

    def select(self, fids: Iterable[int]) -> None:
        """Mark these objects, with all their parts."""
        self._selected = tuple(fids)
        self._update(list(self._views))

    def hide(self, fids: Iterable[int]) -> None:
        """Hide these objects, with all their parts."""
        self._hidden |= set(fids)
        self._update(list(self._views))

    def isolate(self, fids: Iterable[int] | None) -> None:
        """Show these objects alone; None ends it."""
        self._isolated = set(fids) if fids is not None else None
        self._update(list(self._views))

    def show_all(self) -> None:
        """Bring hidden objects back."""
        self._hidden, self._isolated = set(), None
        self._update(list(self._views))

    def set_date(self, date: str | None) -> None:
        """Show the city at a date; None shows everything."""
        self._date = date
        self._update(list(self._views))

    @property
    def ghosts(self) -> bool:
        """Whether what stands at other dates is drawn as ghosts."""
        return self._ghosts

    @ghosts.setter
    def ghosts(self, ghosts: bool) -> None:
        self._ghosts = ghosts
        self._update(list(self._views))

    def _update(self, numbers: list[int]) -> None:
        state = state_at(self._project, self._date) if self._date is not None else {}
        for number in numbers:
            view = self._views[number]
            view.update(self._shown(view.layer, state.get(number)))
        self.needs_frame = True

    def _shown(self, layer: Layer, state: tuple[Mask, Mask] | None) -> Shown:
        columns = self._columns_of(layer)
        shown = Shown.all(columns.count)
        if state is not None:
            shown.visible = self._with_parents(columns, state[0])
            shown.ghost = ~shown.visible if self._ghosts else np.zeros_like(shown.visible)
        hidden = self._positions(layer, columns, self._hidden)
        shown.visible[hidden] = shown.ghost[hidden] = False
        if self._isolated is not None and columns.count:
            kept = np.zeros_like(shown.visible)
            kept[self._positions(layer, columns, self._isolated)] = True
            shown.visible &= kept
            shown.ghost &= kept
        shown.selected = self._positions(layer, columns, self._selected)
        return shown

    def _with_parents(self, columns: Columns, visible: Mask) -> Mask:
        """A part is there no longer than what it is a part of."""
        if columns.count == 0:
            return visible
        found = visible.copy()
        for _ in range(8):
            before = found.copy()
            found &= np.where(columns.parents == NO_OBJECT, True, before[columns.parents])
            if (found == before).all():
                break
        return found

    def _positions(self, layer: Layer, columns: Columns, fids: Iterable[int]) -> Int32:
        first = _first_fid(self._project, layer)
        mine = np.array([fid - first for fid in fids if 0 <= fid - first < columns.count], np.int32)
        return columns.family(mine) if len(mine) else mine

    # -- what lies where -------------------------------------------------------------------------

    def pick(self, x: float, y: float) -> Hit | None:
        """What lies under a pixel position (0, 0 is the top left corner)."""
        view = View2D(self._camera, *self.size)
        solid: list[Found] = []
        clear: list[Found] = []
        for layer in self._views.values():
            found = layer.pick(view, x, y)
            if found is not None:
                (solid if layer.layer.opacity > SEEN_THROUGH else clear).append(found)
        nearest = min(solid or clear, key=lambda found: found.distance_m, default=None)
        return nearest.hit if nearest is not None else None

    def pick_box(self, x0: float, y0: float, x1: float, y1: float) -> list[int]:
        """The fids of what is drawn in a rectangle."""
        view = View2D(self._camera, *self.size)
        rectangle = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        found = [fid for layer in self._views.values() for fid in layer.pick_box(view, rectangle)]
        return sorted(set(found))

    def ground_height(self, x: float, y: float) -> float | None:
        """Height of the terrain at a place, of anything one could stand on where there is none."""
        top = float(self.box[1, 2]) + 10.0
        down = View2D(Camera(np.array([x, y, top]), 1.0, azimuth_deg=0.0, altitude_deg=90.0), *self.size)
        middle = self.size[0] / 2, self.size[1] / 2
        kinds = [v for v in self._views.values() if v.layer.kind == "terrain"] or list(self._views.values())
        found = [hit for v in kinds if (hit := v.pick(down, *middle)) is not None]
        return max((float(hit.hit.point_in_world[2]) for hit in found), default=None)

    def legend(self) -> list[LegendEntry]:
        """What the colours mean, layer by layer from the top."""
        order = {layer.id: i for i, layer in enumerate(self._project.layers)}
        views = sorted(self._views.values(), key=lambda view: order.get(view.layer.id, 0))
        return [entry for view in views if view.layer.visible for entry in view.legend()]


def _view(
    project: Project, layer: Layer, drawable: Drawable | None, place: Place, columns: Columns
) -> LayerView | None:
    """The view that fits a layer."""
    has_terrain = any(other.partner == layer.id for other in project.layers)
    source = Source(
        layer=layer,
        drawable=drawable,
        origin=place.origin,
        columns=columns,
        first_fid=_first_fid(project, layer),
        mover=place.mover(layer.crs),
        left_out=frozenset((TIN,)) if has_terrain else frozenset(),
        most_tiles=MOST_TILES,
    )
    if isinstance(drawable, Grid) or (isinstance(drawable, Mesh) and layer.kind == "terrain"):
        return TerrainView(source, drawable)
    if isinstance(drawable, Mesh):
        return CityView(source, drawable)
    if isinstance(drawable, Scan):
        return ScanView(source, drawable)
    if isinstance(drawable, Cloud):
        return PointsView(source, drawable)
    if layer.kind == "pipes":
        return PipesView(source, network(project, layer, terrain_of(project)))
    if layer.kind == "heritage":
        return RecordsView(source, *record_places(project, layer))
    return None


def _count(project: Project, layer: Layer) -> int:
    return _holder(project, layer).object_count


def _first_fid(project: Project, layer: Layer) -> int:
    return _holder(project, layer).first_fid


def _holder(project: Project, layer: Layer) -> Layer:
    """The layer that holds the objects shown here."""
    if layer.partner is None:
        return layer
    return next((other for other in project.layers if other.id == layer.partner), layer)


def _styling_keys(layer: Layer) -> tuple[str, ...]:
    way = str(layer.style.get("color_by", ""))
    return (way.removeprefix("attribute:"),) if way.startswith("attribute:") else ()
