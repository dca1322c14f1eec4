"""The layers of a scene: each with the view that draws it, and what of it is shown."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Drawable, Float64
from layers.epochs import date_in
from layers.place import Place
from layers.records import Changes, Layer
from viewer.age import AGE, aged
from viewer.city import CityView
from viewer.columns import Columns
from viewer.draping import lay
from viewer.frames import Frames
from viewer.picking import stretched
from viewer.prepared import Prepared, Revision, columns_of, prepare, view_of
from viewer.view import Dotted, LayerView, Shown
from viewer.visibility import Visibility

if TYPE_CHECKING:
    from layers.project import Project

EMPTY_BOX = np.array([[-500.0, -500.0, 0.0], [500.0, 500.0, 100.0]])


class Layered(Frames):
    """Knows which layers are there, what stands of them, and what is selected and hidden."""

    def __init__(self, project: Project, styled: Callable[[Layer], Layer]) -> None:
        super().__init__()
        self._project, self._styled = project, styled
        self._views: dict[int, LayerView] = {}
        self._revisions: dict[int, Revision] = {}  # by layer: its edited objects, and what draws them
        self._revised: dict[int, CityView] = {}
        self._dotted: dict[int, Dotted] = {}  # those of the views that have points
        self._columns: dict[int, Columns] = {}
        self._shown: dict[int, Shown] = {}  # what each view was last told
        self._place: Place | None = None
        self._visibility = Visibility()
        self._stretch = 1.0
        self._needs_frame = True
        self._is_only_light = False  # nothing but sun or observer has changed since the last picture

    @property
    def needs_frame(self) -> bool:
        """Whether something has changed since the last picture was begun."""
        return self._needs_frame

    @needs_frame.setter
    def needs_frame(self, needs: bool) -> None:
        self._needs_frame, self._is_only_light = needs, False

    @abstractmethod
    def _on_new(self) -> None:
        """Something new draws a layer."""

    @abstractmethod
    def _on_gone(self) -> None:
        """What drew a layer is gone."""

    @abstractmethod
    def _on_stretch(self) -> None:
        """All heights are drawn `_stretch` times larger from now on."""

    # -- which there are -------------------------------------------------------------------------

    @property
    def layer_ids(self) -> tuple[int, ...]:
        """The layers that are in the scene."""
        return tuple(self._views)

    def made(self, layer_id: int) -> object:
        """What draws a layer now: another one once the layer was added anew; None while it is not here."""
        return self._views.get(layer_id)

    @property
    def _every(self) -> list[LayerView]:
        """What draws the layers, and at once after each what draws its edited objects."""
        found: list[LayerView] = []
        for number, view in self._views.items():
            found.append(view)
            if number in self._revised:
                found.append(self._revised[number])
        return found

    def _cities(self) -> list[CityView]:
        return [view for view in self._every if isinstance(view, CityView)]

    def load(self, layer: Layer, drawable: Drawable | None) -> None:
        """Prepare and add a layer in one go."""
        self.add(prepare(layer, drawable, self._project.place))

    def add(self, prepared: Prepared) -> None:
        """Bring a prepared layer into the picture."""
        layer = prepared.layer
        self.remove(layer.id)
        if self._place is None:
            self._place = prepared.place
        if prepared.columns is not None:
            prepared.columns.read_with(self._project)
            if self._columns_of(layer).count == prepared.columns.count:
                self._columns[layer.objects_layer] = prepared.columns
        view = prepared.view
        if view is None:
            place = replace(prepared.place, origin=self.origin)
            view = view_of(self._project, layer, prepared.drawable, place, self._columns_of(layer))
        if view is None:
            return
        self._views[layer.id] = view
        if isinstance(view, Dotted):
            self._dotted[layer.id] = view
        view.restyle(self._present().get(layer.id, layer))
        self._follow_stretch()
        self._lay_pictures()
        self._on_new()
        self._update(layer.id)
        self.needs_frame = True

    def remove(self, layer_id: int) -> None:
        """Take a layer out of the picture."""
        view = self._views.pop(layer_id, None)
        self._revisions.pop(layer_id, None)
        self._revised.pop(layer_id, None)
        self._shown.pop(layer_id, None)
        self._dotted.pop(layer_id, None)
        if view is None:
            return
        if not self._views:
            self._place = None  # the next one may lie elsewhere
        self._on_gone()
        self._lay_pictures()
        self.needs_frame = True

    def can_revise(self, layer_id: int) -> bool:
        """Whether some objects of a layer may be drawn anew without all the others."""
        return isinstance(self._views.get(layer_id), CityView)

    def revision(self, layer_id: int) -> Revision | None:
        """The objects of a layer that were last revised."""
        return self._revisions.get(layer_id)

    def revise(self, revision: Revision) -> None:
        """Draw some objects of a layer as they are now; what was revised of it before is done with."""
        layer = revision.layer
        view = self._views.get(layer.id)
        if not isinstance(view, CityView):
            return
        view.leave_out(revision.objects)
        place = replace(self._project.place, origin=self.origin)
        fresh = view_of(self._project, layer, revision.tiles, place, self._columns_of(layer))
        assert isinstance(fresh, CityView)
        self._revisions[layer.id], self._revised[layer.id] = revision, fresh
        fresh.restyle(self._present().get(layer.id, layer))
        if layer.id in self._shown:
            fresh.update(self._shown[layer.id])
        self._on_new()
        self.needs_frame = True

    def on_changes(self, changes: Changes) -> None:
        """Follow an edit, an undo or a redo."""
        present = self._present()
        for number in [number for number in self._views if number not in present]:
            self.remove(number)
        if changes.layers:
            self.restyle()
        if changes.keys:
            for view in self._every:
                view.refresh(changes.keys)
        if changes.layers or changes.scenarios or changes.keys & {"valid_from", "valid_to", "gone"}:
            self._update()
        self.needs_frame = True

    def restyle(self) -> None:
        """Draw the layers as this scene wants them styled now."""
        present = self._present()
        for view in self._every:
            view.restyle(present.get(view.layer.id, view.layer))
        self._follow_stretch()
        self._lay_pictures()
        self.needs_frame = True

    def _present(self) -> dict[int, Layer]:
        """The project's layers as they are now, in this scene's style."""
        day = date_in(self._project, self._visibility.date, self._visibility.scenario_in(self._project))
        return {layer.id: aged(self._styled(layer), day) for layer in self._project.layers}

    def _columns_of(self, layer: Layer) -> Columns:
        number = layer.objects_layer
        known = self._columns.get(number)
        if known is None or known.count != self._project.any_layer(number).object_count:
            known = self._columns[number] = columns_of(self._project, layer)
        return known

    def _follow_stretch(self) -> None:
        """Draw all heights as much larger as the uppermost visible terrain wants it."""
        wanted = [
            float(layer.style.get("exaggeration", 1.0))
            for layer in self._present().values()
            if layer.kind == "terrain" and layer.id in self._views and self._views[layer.id].is_shown
        ]
        self._stretch = float(np.clip(wanted[0], 0.1, 100.0)) if wanted else 1.0
        self._on_stretch()

    def _lay_pictures(self) -> None:
        """Lay orthophotos over the uppermost terrain."""
        lay([self._views[number] for number in self._present() if number in self._views])

    # -- where they lie --------------------------------------------------------------------------

    @property
    def origin(self) -> Float64:
        """World coordinates that are 0, 0, 0 for the graphics card."""
        return self._place.origin if self._place is not None else self._project.place.origin

    @property
    def box(self) -> Float64:
        """What holds everything that is drawn, as it is drawn, (2, 3)."""
        boxes = self.boxes
        return np.stack((boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)))

    @property
    def boxes(self) -> Float64:
        """Boxes around parts of it, as they are drawn, (n, 2, 3)."""
        every = [view for view in self._every if len(view.boxes)]
        boxes = [view.boxes for view in every if view.layer.visible] or [view.boxes for view in every]
        if not boxes:
            return (EMPTY_BOX + self.origin)[None]
        return stretched(np.concatenate(boxes), self.origin, self._stretch)

    def as_drawn(self, points: Float64) -> Float64:
        """Where points of the world (n, 3) are drawn: higher where heights are exaggerated."""
        return stretched(points, self.origin, self._stretch)

    def in_world(self, points: Float64) -> Float64:
        """Where points that are drawn (n, 3) are in the world."""
        return stretched(points, self.origin, 1.0 / self._stretch)

    # -- what is shown ---------------------------------------------------------------------------

    def select(self, fids: Iterable[int]) -> None:
        """Mark these objects, with all their parts."""
        self._visibility.select(fids)
        self._update()

    def hide(self, fids: Iterable[int]) -> None:
        """Hide these objects, with all their parts."""
        self._visibility.hide(fids)
        self._update()

    def isolate(self, fids: Iterable[int] | None) -> None:
        """Show these objects alone; None ends it."""
        self._visibility.isolate(fids)
        self._update()

    def show_all(self) -> None:
        """Bring hidden objects back."""
        self._visibility.show_all()
        self._update()

    def set_date(self, date: str | None) -> None:
        """Show the city at a date; None shows everything."""
        self._visibility.date = date
        self._show_situation()

    def set_scenario(self, scenario: int | str | None) -> None:
        """Show the city in a scenario, by its id or name; None or '' shows it as it is."""
        self._visibility.scenario = self._project.scenario(scenario).id if scenario else None
        self._show_situation()

    @property
    def situation(self) -> tuple[str | None, int | None]:
        """The date that is shown (None: everything, whenever it stands) and the scenario (None: as it is)."""
        return self._visibility.date, self._visibility.scenario

    @situation.setter
    def situation(self, situation: tuple[str | None, int | None]) -> None:
        if situation != self.situation:
            self._visibility.date, self._visibility.scenario = situation
            self._show_situation()

    def _show_situation(self) -> None:
        if any(self._styled(layer).style.get("color_by") == AGE for layer in self._project.layers):
            self.restyle()
        self._update()

    @property
    def ghosts(self) -> bool:
        """Whether what stands at other dates is drawn as ghosts."""
        return self._visibility.ghosts

    @ghosts.setter
    def ghosts(self, ghosts: bool) -> None:
        self._visibility.ghosts = ghosts
        self._update()

    @property
    def ghost_outlines(self) -> bool:
        """Whether ghosts are outlines alone; else one sees through their surfaces."""
        return self._visibility.outlined

    @ghost_outlines.setter
    def ghost_outlines(self, outlined: bool) -> None:
        self._visibility.outlined = outlined
        self._update()

    @property
    def as_seen(self) -> bool:
        """Whether the city is drawn as an eye sees it: without ghosts and signs for what is unseen."""
        return self._visibility.as_seen

    @as_seen.setter
    def as_seen(self, as_seen: bool) -> None:
        if as_seen != self._visibility.as_seen:
            self._visibility.as_seen = as_seen
            self._update()

    def _update(self, only: int | None = None) -> None:
        """Tell the views, or those of one layer, what is shown."""
        states, before = self._visibility.states(self._project), self._drawn_layers()
        for number, view in self._views.items():
            if only is None or number == only:
                columns, kind = self._columns_of(view.layer), view.layer.kind
                shown = self._visibility.shown(columns, states.get(number), kind)
                if not shown.is_same(self._shown.get(number)):
                    self._shown[number] = shown
                    view.update(shown)
                    if number in self._revised:
                        self._revised[number].update(shown)
                    self.needs_frame = True
        if self._drawn_layers() != before:  # snapshots took each other's places
            self._follow_stretch()
            self._lay_pictures()

    def _drawn_layers(self) -> list[int]:
        return [number for number, view in self._views.items() if view.is_shown]
