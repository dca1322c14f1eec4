"""City objects as pixels: near ones in full detail, far ones as blocks, all of it within a budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import inf
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64
from layers.readahead import ReadAhead
from layers.records import Layer
from viewer.aim import Aim
from viewer.blockfield import NOWHERE, BlockField
from viewer.camera import Camera
from viewer.citychoice import Choice
from viewer.cityextras import MOST_GHOST_BLOCKS, MOST_GHOSTS, ghosts_of, lines_of, marks_of, wires_of
from viewer.citylegend import legend_of
from viewer.citypick import first_surface, objects_in
from viewer.cityresult import CityResult
from viewer.citytile import OutlinesOfTiles, Tile
from viewer.color import LegendEntry
from viewer.detail import Allowed, detail_of
from viewer.faces import Index, Mask, outer_boxes
from viewer.ghosts import Ghosts, sides_of
from viewer.lods import Lods
from viewer.looks import APPEARANCE, ROOF, WALL, Looks
from viewer.masses import Masses, Pending
from viewer.palette import SELECTED, rgb
from viewer.papers import THEME, Papers
from viewer.patch import LINES, Patch
from viewer.picking import Hit, Rectangle, Surface, View2D, nearest_vertex
from viewer.quadtree import Quadtree
from viewer.resultcity import Painted
from viewer.resulttexture import Points
from viewer.view import Found, Shown, Source

Float32 = NDArray[np.float32]

NOTHING = np.empty((0, 3))
#: Where more entries than this have changed, all are summed up anew.
MOST_CHANGED = 50_000
#: At rest all detail is waited for, but not for longer than this.
PATIENCE_S = 0.35
MOST_GHOST_VERTICES_MOVING = 30_000
SELECTED_SHARE = 0.72
#: Their many small faces look better without outlines.
PLANTS = frozenset(("SolitaryVegetationObject", "PlantCover"))


class CityView:
    """A layer of city objects."""

    def __init__(self, source: Source, city: CityTiles) -> None:
        self.layer: Layer = source.layer
        self._source, self._city = source, city
        self._tree = Quadtree(city)
        self._tiles: dict[int, Tile] = {}
        self._ahead = ReadAhead()
        self._spare: list[Patch] = []
        self._field = BlockField()
        self._ghosts, self._marks = Ghosts(), Patch(LINES, width=2.5)
        self._marks.paint(rgb("#b3600a"))
        self._wires = wires_of(city, source.origin)
        self._papers = Papers(city)
        self._looks = self._new_looks()
        self._shown = Shown.all(source.columns.count)
        plain = self._looks.of_types(PLANTS)[city.entry_object]
        self._outlines = OutlinesOfTiles(city, source.origin, plain)
        self._lods = Lods(city, source.columns)
        self._allowed = self._allows()
        self._selected: Mask = np.zeros(len(city.entry_object), bool)
        self._masses = Masses(city, source.origin, self._tree)
        self._choice = Choice(self._tree, self._masses)
        self._faded: set[int] = set()  # tiles to be coloured anew
        self._result: CityResult | None = None
        self._frame = 0
        self._aim: Aim | None = None
        self._wanted: Index = np.empty(0, np.int64)
        self._aimed_at = 0.0
        self._shared_camera: Camera | None = None  # what tiles and blocks were last chosen for
        self._most_tiles = 1
        self._is_new = self._blocks_stale = self._outlines_stale = True
        self._culls = True
        self._legend: list[LegendEntry] | None = None
        self._to_weigh, self._to_form = Pending(), Pending()
        self._tops_to_color, self._sides_to_color = Pending(), Pending()
        self._is_flat = False
        self._ghosts_stale = False
        self._weigh()
        while self.work():
            pass
        kept = self._may_show()
        self.boxes: Float64 = outer_boxes(self._tree.tiles.box_of(city, kept))
        city.let_go()

    # -- what the scene asks ---------------------------------------------------------------------

    @property
    def is_shown(self) -> bool:
        """Whether anything of it is drawn now."""
        return self.layer.visible and bool(self._allowed.entries.any())

    def patches(self) -> Iterator[Patch]:
        """Wires, blocks, tiles, outlines, the mark of the selection, and ghosts last."""
        yield from self._wires
        yield from self._field.patches
        for tile in self._tiles.values():
            yield tile.patch
        if self._result is not None:
            yield from self._result.patches()
        yield self._outlines.patch
        yield self._marks
        yield from self._ghosts.patches()

    @property
    def shown_objects(self) -> tuple[int, int]:
        """How many objects are drawn, and how many there are to be drawn."""
        return int(self._allowed.entries.sum()), len(self._city.entry_object)

    def restyle(self, layer: Layer) -> None:
        """Follow the layer's new style, opacity, LoD and visibility."""
        before, self.layer = self.layer, layer
        if before.style != layer.style:
            self._recolor()
        if before.lod != layer.lod or _hidden(before) != _hidden(layer):
            self._allow()
        self._outlines_stale |= before.style != layer.style
        self._show_all()

    def refresh(self, keys: frozenset[str]) -> None:
        """Recolour when the layer is coloured by a value that changed."""
        if self._looks.key in keys:
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
        changed = np.flatnonzero(selected != self._selected)
        if len(changed):
            self._selected = selected
            self._color(changed)
        if len(changed) or len(before.selected):
            self._mark_selection()

    def set_near(self, near: bool) -> None:
        """From afar the far sides of closed bodies need not be drawn; from near one may be inside."""
        culls = not near and not self._is_open()
        if culls != self._culls:
            self._culls = culls
            self._field.look(culls, self.layer.opacity, self.layer.visible)
            for tile in self._tiles.values():
                tile.patch.actor.GetProperty().SetBackfaceCulling(culls)

    def set_moving(self, moving: bool) -> None:
        """What is drawn follows the aim."""

    def aim(self, aim: Aim) -> None:
        """Choose the tiles that are drawn in full detail."""
        if aim.is_same(self._aim) and not self._is_new:
            return
        self._frame += 1
        self._aimed_at = perf_counter()
        self._aim, self._is_new, self._blocks_stale = aim, False, True
        self._most_tiles = max(aim.city_tiles, 1)
        self._wanted = (
            self._choice.tiles(aim, self._tile_triangles) if self.layer.visible else np.empty(0, np.int64)
        )
        for number in self._wanted.tolist():
            if number in self._tiles:
                self._tiles[number].used = self._frame

    def catch_up(self, seconds: float) -> bool:
        """Build missing tiles and colours for about so long, then blocks for all the rest."""
        aim, end = self._aim, perf_counter() + seconds
        if aim is None or not self.layer.visible:
            return True
        complete = self._build_tiles(end)
        # A picture that was shared out for this camera is better than one made over and over again.
        is_new = self._shared_camera is not aim.view.camera
        hurry = aim.moving or (is_new and perf_counter() - self._aimed_at > PATIENCE_S)
        if not complete and not hurry:
            return False
        # So many ghosts as blocks would cost half of a frame in motion.
        fluent = not aim.moving or self._ghosts.vertex_count <= MOST_GHOST_VERTICES_MOVING
        self._ghosts.show(fluent)
        if self._blocks_stale:
            self._share_out(aim)
        if not self._field.advance(inf if hurry else end):
            return False
        papered = aim.moving or not self._shows_papers or self._hang_papers(aim, end)
        tree, triangles = self._tree.tiles, self._tile_triangles
        if self._result and not self._result.draw(tree, self._wanted, triangles, self._allowed, aim, end):
            return False
        return complete and papered and (not self._outlines_stale or self._draw_outlines(aim, end))

    @property
    def _shows_papers(self) -> bool:
        """Whether objects are drawn in the appearance that their file gives them."""
        return self._looks.way == APPEARANCE and self._result is None

    def _hang_papers(self, aim: Aim, end: float) -> bool:
        """Hang images on the tiles, the nearest first; False while some are missing at the time `end`."""
        wanted = np.array([number for number in self._wanted.tolist() if number in self._tiles], np.int64)
        size = aim.metres_per_pixel(self._tree.tiles.box[wanted]) if len(wanted) else np.empty(0)
        return self._papers.hang_all(self._tiles, wanted, size, end, self._paint)

    def _build_tiles(self, end: float) -> bool:
        wanted, start = self._wanted.tolist(), self._tree.tiles.start
        self._ahead.forget_others(wanted)
        for number in wanted:
            if number not in self._tiles:
                self._ahead.want(number, self._city.parts(start[number], start[number + 1]))
        are_here = True
        for number in wanted:
            tile = self._tiles.get(number)
            if tile is None and end < inf and not self._ahead.is_here(number):
                are_here = False  # the disk is slow: it is read in a thread
                continue
            if tile is None:
                self._build(number)
                self._blocks_stale = True
            elif number in self._faded:
                self._faded.discard(number)
                self._paint(number, tile)
                self._outlines_stale = True
            else:
                continue
            if perf_counter() > end:
                return False
        return are_here

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
        return ~self._looks.of_types(self._source.left_out)[self._city.entry_object]

    def _allows(self) -> Allowed:
        city, hidden = self._city, _hidden(self.layer)
        geometries = self._lods.allowed(self.layer.lod)
        entries = self._shown.visible[city.entry_object]
        if len(city.entry_object):
            entries &= self._lods.triangles(geometries) > 0
        if hidden or self._source.left_out:
            entries &= ~self._looks.of_types(hidden | self._source.left_out)[city.entry_object]
        types = np.array([name not in hidden for name in city.type_names] or [True], bool)
        return Allowed(entries, geometries, types)

    def _allow(self) -> None:
        """Work out anew what is drawn; what no longer is as it was is built again."""
        before, self._allowed = self._allowed, self._allows()
        self._legend = None
        changed = np.flatnonzero(before.entries != self._allowed.entries)
        is_same = before.geometries is self._allowed.geometries
        is_same &= bool((before.types == self._allowed.types).all())
        for number in self._tiles_of(changed) if is_same else list(self._tiles):
            self._drop(number)
        self._weigh(changed)
        self._mark_selection()

    def _tiles_of(self, entries: Index) -> list[int]:
        holds = np.zeros(len(self._tree.tiles.box), bool)
        holds[self._tree.tiles.of(entries)] = True
        tiles: list[int] = np.flatnonzero(holds).tolist()
        return tiles

    def _weigh(self, changed: Index | None = None) -> None:
        """Have the blocks follow what is drawn: all of them, or where entries have changed."""
        self._shared_camera = None
        self._to_weigh.add(changed)
        is_flat = self.layer.lod.startswith("0")
        self._to_form.add(changed if is_flat == self._is_flat else None)
        self._is_flat = is_flat
        self._color(changed)
        triangles = self._lods.triangles(self._allowed.geometries)
        self._tile_triangles = self._tree.tile_triangles(triangles, self._allowed)
        self._is_new = True

    def work(self) -> bool:
        """Sum up anew what blocks stand for, or their colours: one piece of it, that cannot be cut."""
        objects = self._city.entry_object
        if self._to_weigh:
            self._masses.weigh(self._allowed.entries, self._to_weigh.take(MOST_CHANGED))
        elif self._to_form:
            self._masses.form(self._is_flat, self._to_form.take(MOST_CHANGED))
        elif self._tops_to_color:
            few = self._tops_to_color.take(MOST_CHANGED)
            entries = slice(None) if few is None else few
            tops = self._looks.tops(objects[entries])
            tops = self._papers.tops(tops, entries) if self._shows_papers else tops
            tops = tops if self._result is None else self._result.painted.tops(tops, entries)
            tinted = self._selected[entries] & (self._result is None)
            self._masses.color_tops(tops, tinted, few)
        elif self._sides_to_color:
            few = self._sides_to_color.take(MOST_CHANGED)
            entries = slice(None) if few is None else few
            sides = self._looks.sides(objects[entries])
            sides = self._papers.sides(sides, entries) if self._shows_papers else sides
            sides = sides if self._result is None else self._result.painted.sides(sides, entries)
            self._masses.color_sides(sides, few)
        elif self._ghosts_stale:
            self._ghosts_stale = False
            self._draw_ghosts()
        else:
            return False
        self._blocks_stale = True
        return True

    def _share_out(self, aim: Aim) -> None:
        """Show the tiles that are ready, and blocks in the place of all others."""
        self._blocks_stale, self._outlines_stale = False, True
        self._shared_camera = aim.view.camera
        drawn = np.array([number for number in self._wanted.tolist() if number in self._tiles], np.int64)
        shown = set(drawn.tolist())
        for number, tile in self._tiles.items():
            tile.patch.show(number in shown and self.layer.visible)
        spent = int(self._tile_triangles[drawn].sum())
        blocks = self._masses.blocks(
            *self._choice.cells(aim, drawn, max(aim.triangles - spent, aim.triangles // 4))
        )
        types = dict(zip(self._city.type_names, self._allowed.types, strict=True))
        self._field.begin(blocks, aim, types.get(ROOF, True), types.get(WALL, True))

    def _build(self, number: int) -> None:
        start = self._tree.tiles.start
        detail = detail_of(self._city, self._allowed, np.arange(start[number], start[number + 1]))
        while len(self._tiles) >= self._most_tiles:
            oldest = min(self._tiles, key=lambda key: self._tiles[key].used)
            if self._tiles[oldest].patch.is_shown:
                self._shared_camera = None  # it leaves a gap
            self._drop(oldest)
        patch = self._spare.pop() if self._spare else Patch()
        look = patch.actor.GetProperty()
        look.SetBackfaceCulling(self._culls)
        look.SetOpacity(self.layer.opacity)
        patch.fill(detail.vertices, self._source.origin, detail.triangles, None)
        # What the graphics driver has need not be kept a second time, nor what was read for it.
        tile = Tile(patch, replace(detail, vertices=NOTHING), used=self._frame)
        self._city.let_go()
        self._faded.discard(number)
        self._paint(number, tile)
        self._tiles[number] = tile

    def _drop(self, number: int) -> None:
        if self._result is not None:
            self._result.drop(number)
        self._papers.drop(number)
        tile = self._tiles.pop(number, None)
        if tile is not None:
            tile.patch.show(False)
            self._spare.append(tile.patch)

    # -- colours ---------------------------------------------------------------------------------

    def _new_looks(self) -> Looks:
        """The colours that the style asks for."""
        found = Looks(self.layer, self._source.columns, self._city.type_names, self._papers.is_default)
        self._papers.show_theme(str(self.layer.style.get(THEME, "")))
        if found.way != APPEARANCE:
            self._papers.take_down()
        return found

    def _recolor(self) -> None:
        before, self._looks = self._looks, self._new_looks()
        self._legend = None
        objects = self._looks.changed_since(before)
        self._color(None if objects is None else np.flatnonzero(objects[self._city.entry_object]))

    def _color(self, changed: Index | None = None) -> None:
        """Have the colours of blocks and tiles follow; all, or those of `changed` entries."""
        self._tops_to_color.add(changed)
        self._sides_to_color.add(changed)
        self._faded.update(self._tiles if changed is None else self._tiles_of(changed))
        self._blocks_stale = True

    def _paint(self, number: int, tile: Tile) -> None:
        detail = tile.detail
        base = self._looks.polygons(self._city.entry_object[detail.entry], detail.type, detail.normal)
        papered = None
        if self._shows_papers:
            base = self._papers.polygons(base, detail.surface)
            tile.lit = np.minimum(base * detail.light, 255)
            papered = self._papers.papered(number)
        if papered is not None:  # white, in light that is only a little uneven
            base[papered] = 255 * (detail.softened() / detail.light)[papered]
        if self._result is not None:
            base = self._result.painted.polygons(base, detail.surface)
            known = self._result.painted.known[detail.surface]
            base[known] *= (detail.softened() / detail.light)[known]
        selected = self._selected[detail.entry]
        if selected.any() and self._result is None:  # else values would not be seen: outlines must do
            bright = np.clip(base[selected].mean(axis=1, keepdims=True) / 215, 0.55, 1.1)
            tint = bright * rgb(SELECTED).astype(np.float32) * SELECTED_SHARE
            base[selected] = np.minimum(base[selected] * (1 - SELECTED_SHARE) + tint, 255)
        if not self._shows_papers:
            tile.lit = np.minimum(base * detail.light, 255)
        tile.patch.recolor(detail.colors(base, papered))

    def paint(self, painted: Painted | None, points: Points | None = None) -> None:
        """Colour polygons by the values of a result, near ones point by point; None ends it."""
        if painted is None and self._result is None:
            return
        origin = self._source.origin
        self._result = None if painted is None else CityResult(self._city, origin, painted, points)
        self._papers.take_down()
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

    def _draw_outlines(self, aim: Aim, end: float) -> bool:
        """The outlines of the nearest tiles; while moving, only where they are few."""
        shown = self.layer.visible and bool(self.layer.style.get("edges", True))
        tiles = [self._tiles[number] for number in self._wanted.tolist()] if shown else []
        size = aim.metres_per_pixel(self._tree.tiles.box[self._wanted]) if shown else np.empty(0)
        done = self._outlines.draw(tiles, size, aim.moving, end)
        self._outlines_stale = not done or (aim.moving and self._outlines.is_left_out)
        return done

    def _mark_selection(self) -> None:
        """Outline what is selected."""
        ends = marks_of(self._city, self._allowed, np.flatnonzero(self._selected & self._allowed.entries))
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
            points, triangles, _ = self._masses.largest(ghosts, MOST_GHOST_BLOCKS).faces(None)
            self._ghosts.fill(points, NOWHERE, triangles, sides_of(points) if outlined else None)
        self._ghosts.show(self.layer.visible)

    def _show_all(self) -> None:
        opacity, visible = self.layer.opacity, self.layer.visible
        self._field.look(self._culls, opacity, visible)
        self._papers.fade(opacity)
        for patch in (self._outlines.patch, *(tile.patch for tile in self._tiles.values())):
            patch.actor.GetProperty().SetOpacity(opacity)
        self._ghosts.show(visible)
        for patch in (self._marks, *self._wires):
            patch.show(visible)
        if not visible:
            self._outlines.patch.show(False)
            for tile in self._tiles.values():
                tile.patch.show(False)
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
            looks, theme = self._looks, self._papers.theme
            self._legend = legend_of(self.layer, looks, self._city, self._allowed, theme)
        return self._legend


def _hidden(layer: Layer) -> frozenset[str]:
    return frozenset(layer.style.get("hidden_types", ()))
