"""Faces as tiles: few actors, each rebuilt or recoloured only when something in it changed."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from time import perf_counter

import numpy as np

from layers.arrays import Float64, Int32, UInt8
from layers.records import Layer
from viewer.aim import Aim
from viewer.color import LegendEntry
from viewer.faces import Faces, Index, Mask, outer_boxes, spans
from viewer.ghosts import Ghosts, bends
from viewer.palette import SELECTED, rgb
from viewer.patch import Patch
from viewer.picking import (
    Hit,
    Rectangle,
    Surface,
    View2D,
    first_triangle,
    nearest_vertex,
    objects_in_rectangle,
)
from viewer.view import Found, Shown, Source

SELECTED_SHARE = 0.72


class TiledView:
    """A layer made of faces. Subclasses say how parts look and which the style allows."""

    def __init__(self, source: Source, faces: Faces) -> None:
        self.layer: Layer = source.layer
        self.boxes: Float64 = outer_boxes(faces.group_box)
        self._source, self._faces = source, faces
        self._shown = Shown.all(source.columns.count)
        self._part_tile = np.zeros(len(faces.part_object), np.int32)
        for number, parts in enumerate(faces.tile_parts):
            self._part_tile[parts] = number
        self._tiles = [Patch() for _ in faces.tile_parts]
        self._tile_parts: list[Index] = [np.empty(0, np.int64)] * len(self._tiles)
        self._ghosts = Ghosts()
        # Per part: what the style lets through, and of that what is drawn, and drawn as a ghost.
        self._allowed: Mask = np.ones(len(faces.part_object), bool)
        self._visible: Mask = np.zeros(len(faces.part_object), bool)
        self._ghostly: Mask = np.zeros(len(faces.part_object), bool)
        self._selected: Mask = np.zeros(max(source.columns.count, 1), bool)  # per object
        self._stale: dict[int, None] = {}  # tiles to rebuild, in order
        self._faded: dict[int, None] = {}  # tiles to recolour
        self._culls = False
        self._far: Mask = np.zeros(len(self._tiles), bool)  # tiles that something simpler stands for

    # -- what subclasses say -------------------------------------------------------------------

    def allowed_parts(self) -> Mask:
        """Parts that the style, the LoD and hidden types let through."""
        return np.ones(len(self._faces.part_object), bool)

    def vertex_colors(self, parts: Index, vertices: Index) -> UInt8:
        """The lit colours of these vertices, which are those of these parts in order."""
        raise NotImplementedError

    def surface_of(self, part: int) -> Surface | None:
        """What a hit says about a part."""
        return None

    def is_open(self) -> bool:
        """Whether one can look into bodies, as when their roofs are hidden."""
        return False

    def style_changed(self, before: Layer) -> None:
        """The layer has a new style; work out colours anew."""

    def legend(self) -> list[LegendEntry]:
        """What the colours mean."""
        return []

    def refresh(self, keys: frozenset[str]) -> None:
        """Values of these keys have changed in some objects."""

    # -- what the scene asks ---------------------------------------------------------------------

    @property
    def is_shown(self) -> bool:
        """Whether anything of it is drawn now."""
        return self.layer.visible and bool(self._shown.visible.any())

    def patches(self) -> Iterator[Patch]:
        """Tiles, and ghosts last."""
        yield from self._tiles
        yield from self._ghosts.patches()

    def begin(self) -> None:
        """Build everything for the first time, once the subclass is ready."""
        self._allowed = self.allowed_parts()
        self._follow(self._all_parts())
        self.catch_up(inf)

    def restyle(self, layer: Layer) -> None:
        """Follow the layer's new style, opacity, LoD and visibility."""
        before, self.layer = self.layer, layer
        if (before.style, before.lod) != (layer.style, layer.lod):
            self.style_changed(before)
            self._allowed = self.allowed_parts()
            self._fade()
            self._follow(self._all_parts())
        self._show_all()

    def update(self, shown: Shown) -> None:
        """Follow what is visible, ghost and selected; costs as much as what has changed."""
        shown = shown.first(len(self._selected))
        before, self._shown = self._shown, shown
        changed = (before.visible != shown.visible) | (before.ghost != shown.ghost)
        if changed.any():
            self._follow(self._faces.parts_of(np.flatnonzero(changed)))
            self._show_all()
        if before.outlined != shown.outlined:
            self._draw_ghosts()
        selected = np.zeros_like(self._selected)
        selected[shown.selected] = True
        toggled = np.flatnonzero(selected != self._selected)
        self._selected = selected
        if len(toggled):
            self._fade(self._faces.parts_of(toggled))

    def set_near(self, near: bool) -> None:
        """From afar the far sides of closed bodies need not be drawn; from near one may be inside."""
        culls = not near and not self.is_open()
        if culls != self._culls:
            self._culls = culls
            for tile, closed in zip(self._tiles, self._faces.tile_closed, strict=True):
                tile.actor.GetProperty().SetBackfaceCulling(culls and bool(closed))

    def set_moving(self, moving: bool) -> None:
        """Tiles are cheap enough to stay whole."""

    def aim(self, aim: Aim) -> None:
        """The tiles are drawn from everywhere alike."""

    def catch_up(self, seconds: float) -> bool:
        """Rebuild what has changed, for about so long; False while something is left to do."""
        end = perf_counter() + seconds
        while self._stale or self._faded:
            if self._stale:
                number = next(iter(self._stale))
                del self._stale[number]
                self._rebuild(number)
            else:
                number = next(iter(self._faded))
                self._recolor(number)
            self._faded.pop(number, None)
            if perf_counter() > end:
                return False
        return True

    def _all_parts(self) -> Index:
        return np.arange(len(self._faces.part_object))

    def _follow(self, parts: Index) -> None:
        """Work out anew what of these parts is drawn, and note the tiles to rebuild."""
        objects, allowed = self._faces.part_object[parts], self._allowed[parts]
        visible = allowed & self._shown.visible[objects]
        stale = np.unique(self._part_tile[parts[visible != self._visible[parts]]])
        self._visible[parts] = visible
        self._stale.update(dict.fromkeys(stale.tolist()))
        ghostly = allowed & self._shown.ghost[objects]
        if (ghostly != self._ghostly[parts]).any():
            self._ghostly[parts] = ghostly
            self._draw_ghosts()

    def _draw_ghosts(self) -> None:
        points, triangles, _ = self._gather(np.flatnonzero(self._ghostly))
        ends = bends(points, triangles) if self._shown.outlined else None
        self._ghosts.fill(points, self._source.origin, triangles, ends)

    def _show_all(self) -> None:
        for tile, far in zip(self._tiles, self._far.tolist(), strict=True):
            tile.show(self.layer.visible and not far)
            tile.actor.GetProperty().SetOpacity(self.layer.opacity)
        self._ghosts.show(self.layer.visible)

    def _set_far(self, far: Mask) -> None:
        """Leave away these tiles, which something simpler stands for from where one looks now."""
        if (far != self._far).any():
            self._far = far
            self._show_all()

    def _gather(self, parts: Index) -> tuple[Float64, Int32, Index]:
        """Vertices, triangles into them, and the numbers of the vertices, of these parts alone."""
        faces = self._faces
        first, last = faces.part_vertex[parts], faces.part_vertex[parts + 1]
        vertices = spans(first, last)
        start = np.cumsum(last - first) - (last - first)
        begin, end = faces.part_triangle[parts], faces.part_triangle[parts + 1]
        shift = np.repeat(first - start, end - begin)
        triangles = faces.triangles[spans(begin, end)] - shift[:, None]
        return np.take(faces.vertices, vertices, axis=0), triangles.astype(np.int32), vertices

    def _rebuild(self, number: int) -> None:
        parts = self._faces.tile_parts[number]
        parts = parts[self._visible[parts]]
        self._tile_parts[number] = parts
        points, triangles, vertices = self._gather(parts)
        colors = self._tinted(parts, vertices)
        self._tiles[number].fill(points, self._source.origin, triangles, colors)

    def _recolor(self, number: int) -> None:
        parts = self._tile_parts[number]
        if len(parts):
            vertices = spans(self._faces.part_vertex[parts], self._faces.part_vertex[parts + 1])
            self._tiles[number].recolor(self._tinted(parts, vertices))

    def _fade(self, parts: Index | None = None) -> None:
        """Note the tiles of these parts, or all tiles, to be recoloured."""
        tiles = range(len(self._tiles)) if parts is None else np.unique(self._part_tile[parts]).tolist()
        self._faded.update(dict.fromkeys(tiles))

    def _tinted(self, parts: Index, vertices: Index) -> UInt8:
        """The colours of vertices, those of selected objects drawn towards the selection colour."""
        colors = self.vertex_colors(parts, vertices)
        selected = self._selected[self._faces.part_object[parts]]
        if not selected.any():
            return colors
        counts = self._faces.part_vertex[parts + 1] - self._faces.part_vertex[parts]
        marked = np.repeat(selected, counts)
        bright = colors[marked].mean(axis=1, keepdims=True) / 215
        tint = np.clip(bright, 0.55, 1.1) * rgb(SELECTED).astype(np.float64) * SELECTED_SHARE
        colors[marked] = np.clip(colors[marked] * (1 - SELECTED_SHARE) + tint, 0, 255)
        return colors

    # -- picking -----------------------------------------------------------------------------------

    def _fid(self, part: int) -> int | None:
        if not self._source.columns.count:
            return None
        return self._source.columns.first_fid + int(self._faces.part_object[part])

    def pick(self, view: View2D, x: float, y: float) -> Found | None:
        """The nearest visible face under a pixel position."""
        if not self.layer.visible:
            return None
        ray = view.ray(x, y)
        found = first_triangle(self._faces, ray, self._visible)
        if found is None:
            return None
        distance, triangle = found
        part = int(self._faces.triangle_part[triangle])
        vertex = nearest_vertex(view, x, y, self._corners(part, triangle))
        hit = Hit(self.layer.id, self._fid(part), self.surface_of(part), ray.at(distance), vertex)
        return Found(distance, hit)

    def _corners(self, part: int, triangle: int) -> Float64:
        """Source vertices that a click here may have meant: those of the triangle."""
        corners: Float64 = self._faces.vertices[self._faces.triangles[triangle]]
        return corners

    def pick_box(self, view: View2D, rectangle: Rectangle) -> list[int]:
        """The fids of what is drawn in a rectangle."""
        if not (self.layer.visible and self._source.columns.count):
            return []
        objects = objects_in_rectangle(self._faces, view, rectangle, self._visible)
        return [self._source.columns.first_fid + int(position) for position in objects]
