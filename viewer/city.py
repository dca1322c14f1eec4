"""City objects as pixels: near ones in full detail, far ones as blocks, all of it within a budget."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64
from layers.records import Layer
from viewer.aim import Aim
from viewer.blockfield import NOWHERE
from viewer.camera import Camera
from viewer.cityextras import MOST_GHOST_BLOCKS, MOST_GHOSTS, ghosts_of, lines_of, marks_of, wires_of
from viewer.citylegend import legend_of
from viewer.citypick import first_surface, objects_in
from viewer.cityresult import CityResult
from viewer.coat import Coat
from viewer.color import LegendEntry
from viewer.detail import Allowed
from viewer.faces import Index, Mask, outer_boxes
from viewer.far import Far
from viewer.ghosts import Ghosts, sides_of
from viewer.lods import Lods
from viewer.near import Near
from viewer.palette import rgb
from viewer.patch import LINES, Patch
from viewer.picking import Hit, Rectangle, Surface, View2D, nearest_vertex
from viewer.quadtree import Quadtree
from viewer.resultcity import Painted
from viewer.resulttexture import Points
from viewer.view import Found, Shown, Source

Float32 = NDArray[np.float32]

#: Where more entries than this have changed, what is drawn of the city is chosen anew.
FEW = 1_000
#: At rest all detail is waited for, but not for longer than this.
PATIENCE_S = 0.35
MOST_GHOST_VERTICES_MOVING = 30_000


class CityView:
    """A layer of city objects."""

    def __init__(self, source: Source, city: CityTiles) -> None:
        self.layer: Layer = source.layer
        self._source, self._city = source, city
        self._tree = Quadtree(city)
        self._ghosts, self._marks = Ghosts(), Patch(LINES, width=2.5)
        self._marks.paint(rgb("#b3600a"))
        self._wires = wires_of(city, source.origin)
        self._coat = Coat(source, city)
        self._near = Near(source, city, self._tree, self._coat)
        self._far = Far(source, city, self._tree, self._coat)
        self._shown = Shown.all(source.columns.count)
        self._left: Mask = np.zeros(len(city.entry_object), bool)  # another view draws them
        self._lods = Lods(city, source.columns)
        self._allowed = self._allows()
        self._aim: Aim | None = None
        self._aimed_at = 0.0
        self._shared_camera: Camera | None = None  # what tiles and blocks were last chosen for
        self._is_new = True
        self._culls = True
        self._legend: list[LegendEntry] | None = None
        self._ghosts_stale = False
        self._weigh(None, has_grown=True)
        while self.work():
            pass
        self.boxes: Float64 = self._boxes()
        city.let_go()

    # -- what the scene asks ---------------------------------------------------------------------

    @property
    def is_shown(self) -> bool:
        """Whether anything of it is drawn now."""
        return self.layer.visible and bool(self._allowed.entries.any())

    def patches(self) -> Iterator[Patch]:
        """Wires, blocks, tiles, outlines, the mark of the selection, and ghosts last."""
        yield from self._wires
        yield from self._far.patches()
        yield from self._near.patches()
        if self._coat.result is not None:
            yield from self._coat.result.patches()
        yield self._near.lines
        yield self._marks
        yield from self._ghosts.patches()

    @property
    def shown_objects(self) -> tuple[int, int]:
        """How many objects are drawn, and how many there are to be drawn."""
        return int(self._allowed.entries.sum()), int((~self._left).sum())

    def restyle(self, layer: Layer) -> None:
        """Follow the layer's new style, opacity, LoD and visibility."""
        before, self.layer = self.layer, layer
        if before.style != layer.style:
            self._recolor()
        if before.lod != layer.lod or _hidden(before) != _hidden(layer):
            self._allow()
        self._near.outlines_stale |= before.style != layer.style
        self._show_all()

    def refresh(self, keys: frozenset[str]) -> None:
        """Recolour when the layer is coloured by a value that changed."""
        if self._coat.looks.key in keys:
            self._recolor()

    def update(self, shown: Shown) -> None:
        """Follow what is visible, ghost and selected."""
        shown = shown.first(self._source.columns.count)
        before, self._shown = self._shown, shown
        if (before.visible != shown.visible).any() or (before.ghost != shown.ghost).any():
            self._allow()
            self._ghosts_stale = True
        self._ghosts_stale |= before.outlined != shown.outlined
        selected = self._of_objects(shown.selected)
        changed = np.flatnonzero(selected != self._coat.selected)
        if len(changed):
            self._coat.selected = selected
            self._color(changed)
        if len(changed) or len(before.selected):
            self._mark_selection()

    def set_near(self, near: bool) -> None:
        """From afar the far sides of closed bodies need not be drawn; from near one may be inside."""
        culls = not near and not self._is_open()
        if culls != self._culls:
            self._culls = culls
            self._far.look(culls, self.layer.opacity, self.layer.visible)
            self._near.look(culls, self.layer.opacity)

    def set_moving(self, moving: bool) -> None:
        """What is drawn follows the aim."""

    def aim(self, aim: Aim) -> None:
        """Choose the tiles that are drawn in full detail."""
        if aim.is_same(self._aim) and not self._is_new:
            return
        self._aimed_at = perf_counter()
        self._aim, self._is_new, self._far.is_stale = aim, False, True
        visible = self.layer.visible
        wanted = self._far.tiles(aim, self._tile_triangles) if visible else np.empty(0, np.int64)
        self._near.want(wanted, aim.city_tiles)

    def catch_up(self, seconds: float) -> bool:
        """Build missing tiles and colours for about so long, then blocks for all the rest."""
        aim, end = self._aim, perf_counter() + seconds
        if aim is None or not self.layer.visible:
            return True
        near = self._near
        complete = near.build(self._allowed, end)
        if near.has_gap:
            self._shared_camera = None
        # A picture that was shared out for this camera is better than one made over and over again.
        is_new = self._shared_camera is not aim.view.camera
        hurry = aim.moving or (is_new and perf_counter() - self._aimed_at > PATIENCE_S)
        if not complete and not hurry:
            return False
        # So many ghosts as blocks would cost half of a frame in motion.
        fluent = not aim.moving or self._ghosts.vertex_count <= MOST_GHOST_VERTICES_MOVING
        self._ghosts.show(fluent)
        if self._far.is_stale or near.is_stale or near.has_gap:
            self._share_out(aim)
        if not self._far.advance(inf if hurry else end):
            return False
        papered = aim.moving or not self._coat.is_papered or near.hang(aim, end)
        result, tree, triangles = self._coat.result, self._tree.tiles, self._tile_triangles
        if result and not result.draw(tree, near.wanted, triangles, self._allowed, aim, end):
            return False
        lined = bool(self.layer.style.get("edges", True))
        return complete and papered and (not near.outlines_stale or near.outline(aim, end, lined))

    def pick(self, view: View2D, x: float, y: float) -> Found | None:
        """The nearest visible polygon under a pixel position."""
        if not self.layer.visible:
            return None
        city, ray = self._city, view.ray(x, y)
        found = first_surface(city, self._tree, self._allowed, ray)
        if found is None:
            return None
        distance, surface, entry = found
        corners = city.vertices[city.surface_vertex[surface] : city.surface_vertex[surface + 1]]
        vertex = nearest_vertex(view, x, y, np.asarray(corners))
        fid = self._source.columns.first_fid + int(city.entry_object[entry])
        hit = Hit(self.layer.id, fid, self._surface_of(surface), ray.at(distance), vertex)
        return Found(distance, hit)

    def pick_box(self, view: View2D, rectangle: Rectangle) -> list[int]:
        """The fids of what is drawn in a rectangle."""
        if not self.layer.visible:
            return []
        found = objects_in(self._city, self._tree.tiles, self._allowed, view, rectangle)
        fids: list[int] = (found + self._source.columns.first_fid).tolist()
        return fids

    # -- what is drawn ---------------------------------------------------------------------------

    def _may_show(self) -> Mask:
        """Entries that this layer shows at all, and not another one."""
        types = self._coat.looks.of_types(self._source.left_out)
        found: Mask = ~types[self._city.entry_object] & ~self._left
        return found

    def _boxes(self) -> Float64:
        return outer_boxes(self._tree.tiles.box_of(self._city, self._may_show()))

    def leave_out(self, objects: Index) -> None:
        """Draw none of these objects, by position in the layer: another view does. All others are drawn."""
        self._left = self._of_objects(objects)
        self._allow()
        self._ghosts_stale = True
        self.boxes = self._boxes()

    def _allows(self) -> Allowed:
        city, hidden = self._city, _hidden(self.layer)
        geometries = self._lods.allowed(self.layer.lod)
        entries = self._shown.visible[city.entry_object] & ~self._left
        if len(city.entry_object):
            entries &= self._lods.triangles(geometries) > 0
        if hidden or self._source.left_out:
            entries &= ~self._coat.looks.of_types(hidden | self._source.left_out)[city.entry_object]
        types = np.array([name not in hidden for name in city.type_names] or [True], bool)
        return Allowed(entries, geometries, types)

    def _allow(self) -> None:
        """Work out anew what is drawn; what no longer is as it was is built again."""
        before, self._allowed = self._allowed, self._allows()
        self._legend = None
        changed = np.flatnonzero(before.entries != self._allowed.entries)
        is_same = before.geometries is self._allowed.geometries
        is_same &= bool((before.types == self._allowed.types).all())
        for number in self._tiles_of(changed) if is_same else list(self._near.tiles):
            self._near.drop(number)
        has_grown = not is_same or bool(self._allowed.entries[changed].any())
        self._weigh(changed, has_grown)
        self._mark_selection()

    def _tiles_of(self, entries: Index) -> list[int]:
        holds = np.zeros(len(self._tree.tiles.box), bool)
        holds[self._tree.tiles.of(entries)] = True
        tiles: list[int] = np.flatnonzero(holds).tolist()
        return tiles

    def _weigh(self, changed: Index | None, has_grown: bool) -> None:
        """Have the blocks follow what is drawn: all of them, or where entries have changed."""
        self._shared_camera, self._aimed_at = None, perf_counter()
        self._far.weigh(changed, self.layer.lod.startswith("0"), has_grown)
        self._color(changed)
        triangles = self._lods.triangles(self._allowed.geometries)
        self._tile_triangles = self._tree.tile_triangles(triangles, self._allowed)
        if has_grown or changed is None or len(changed) > FEW:
            self._is_new = True
        else:  # what was chosen will do, without what is empty now
            self._near.wanted = self._near.wanted[self._tile_triangles[self._near.wanted] > 0]

    def work(self) -> bool:
        """Follow what has changed: one piece of it, that cannot be cut."""
        if self._far.work(self._allowed.entries):
            return True
        if self._ghosts_stale:
            self._ghosts_stale = False
            self._draw_ghosts()
            return True
        return False

    def _share_out(self, aim: Aim) -> None:
        """Show the tiles that are ready, and blocks in the place of all others."""
        self._shared_camera = aim.view.camera
        drawn = self._near.ready
        self._near.show(drawn)
        left = aim.triangles - int(self._tile_triangles[drawn].sum())
        self._far.share_out(aim, drawn, max(left, aim.triangles // 4), self._allowed)

    # -- colours ---------------------------------------------------------------------------------

    def _recolor(self) -> None:
        self._legend = None
        self._color(self._coat.restyle(self.layer))

    def _color(self, changed: Index | None = None) -> None:
        """Have the colours of blocks and tiles follow; all, or those of `changed` entries."""
        self._far.color(changed)
        self._near.fade(None if changed is None else self._tiles_of(changed))

    def paint(self, painted: Painted | None, points: Points | None = None) -> None:
        """Colour polygons by the values of a result, near ones point by point; None ends it."""
        if painted is None and self._coat.result is None:
            return
        origin = self._source.origin
        self._coat.result = None if painted is None else CityResult(self._city, origin, painted, points)
        self._coat.papers.take_down()
        self._color()

    @property
    def tiles(self) -> CityTiles:
        """What is drawn."""
        return self._city

    @property
    def first_fid(self) -> int:
        """The fid of the first object of the layer."""
        return self._source.columns.first_fid

    # -- lines, ghosts, what is selected ---------------------------------------------------------

    def _mark_selection(self) -> None:
        """Outline what is selected."""
        ends = marks_of(
            self._city, self._allowed, np.flatnonzero(self._coat.selected & self._allowed.entries)
        )
        self._marks.fill(ends, self._source.origin, np.arange(len(ends), dtype=np.int32), None)
        self._marks.show(self.layer.visible)

    def _draw_ghosts(self) -> None:
        """What stands at other dates: as it is, or where that is very much, as blocks."""
        ghosts = np.flatnonzero(self._shown.ghost[self._city.entry_object] & self._may_show())
        outlined = self._shown.outlined
        if len(ghosts) <= MOST_GHOSTS:
            detail = ghosts_of(self._city, self._allowed, ghosts)
            ends = lines_of(self._city, detail) if outlined else None
            self._ghosts.fill(detail.vertices, self._source.origin, detail.triangles, ends)
        else:
            points, triangles, _ = self._far.largest(ghosts, MOST_GHOST_BLOCKS).faces(None)
            self._ghosts.fill(points, NOWHERE, triangles, sides_of(points) if outlined else None)
        self._ghosts.show(self.layer.visible)

    def _show_all(self) -> None:
        opacity, visible = self.layer.opacity, self.layer.visible
        self._far.look(self._culls, opacity, visible)
        self._near.look(self._culls, opacity)
        self._ghosts.show(visible)
        for patch in (self._marks, *self._wires):
            patch.show(visible)
        if not visible:
            self._near.hide()
        self._is_new = True

    def _of_objects(self, positions: NDArray[np.integer]) -> Mask:
        """Which entries are these objects."""
        chosen = np.zeros(max(self._source.columns.count, 1), bool)
        chosen[positions] = True
        found: Mask = chosen[self._city.entry_object]
        return found

    def _is_open(self) -> bool:
        """One can look into buildings where a type of surface is hidden."""
        return not bool(self._allowed.types.all())

    # -- what it means -----------------------------------------------------------------------------

    def _surface_of(self, surface: int) -> Surface:
        """A polygon's semantic type and where it is in its object."""
        city = self._city
        geometry = int(np.searchsorted(city.geometry_surface, np.int32(surface), side="right")) - 1
        return Surface(
            city.type_names[city.surface_type[surface]],
            int(city.geometry_index[geometry]),
            int(city.surface_index[surface]),
        )

    def legend(self) -> list[LegendEntry]:
        """Classes with the number of objects, or of surfaces, that are drawn in each."""
        if self._legend is None:
            looks, theme = self._coat.looks, self._coat.papers.theme
            self._legend = legend_of(self.layer, looks, self._city, self._allowed, theme)
        return self._legend


def _hidden(layer: Layer) -> frozenset[str]:
    return frozenset(layer.style.get("hidden_types", ()))
