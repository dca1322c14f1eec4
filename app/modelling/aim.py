"""Where in the city a cursor points, and which place is meant: on a corner, an edge, in line with one."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF

from analysis.foliage import PLANTS
from app.canvas import Canvas
from app.session import Session
from layers import wkb
from layers.arrays import Float64
from layers.modelling.moving import Heights
from layers.modelling.snapping import CORNER, EDGE, FREE, Snapper
from layers.plans import CODES
from layers.reworking import Workshop
from viewer.camera import Ray
from viewer.scene import Hit

#: So near a corner or an edge a cursor means it, in points.
REACH = 11.0
#: So far around the cursor edges are looked for, and at once for a square of that size.
NEAR_M = 25.0
#: Places along a sight line at which it is looked for the ground.
STEPS = 300
NO_EDGES: Float64 = np.empty((0, 2, 3))
#: Directions beside which one draws where nothing is near yet.
AXES: Float64 = np.array([[[0, 0, 0], [1, 0, 0]]], np.float64)


@dataclass(frozen=True, eq=False)
class Aimed:
    """A place (x, y, z), and what it was drawn to."""

    place: Float64
    to: str = FREE


class Aim:
    """Tells places from positions in the view, as the city is that is looked at."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        self._session, self._canvas = session, canvas
        self.grid_m = 0.0
        self.forget()

    def forget(self) -> None:
        """The city has changed, or another one is looked at."""
        self._workshop: Workshop | None = None
        self._heights: Heights | None = None
        self._edges: dict[tuple[int, int], Float64] = {}

    @property
    def workshop(self) -> Workshop:
        """What reads the city that is looked at."""
        if self._workshop is None:
            self._workshop = Workshop(self._session.project, self._session.situation.scenario)
            self._heights = self._workshop.heights()
        return self._workshop

    @property
    def has_terrain(self) -> bool:
        """Whether there is ground whose height is known."""
        return self.workshop is not None and self._heights is not None

    def heights(self, places: Float64) -> Float64:
        """The height of the ground at places (n, 2); without terrain, of the lowest thing there is."""
        lowest = float(self._session.scene.box[0, 2])
        if not self.has_terrain or self._heights is None:
            near = [self._foot(place) for place in places[:1]]
            return np.full(len(places), near[0] if near else lowest)
        found = self._heights(places)
        return np.where(np.isnan(found), lowest if np.isnan(found).all() else np.nanmin(found), found)

    def _foot(self, place: Float64) -> float:
        """The lowest corner of what stands near a place."""
        edges = self.edges(place)
        return float(edges[..., 2].min()) if len(edges) else float(self._session.scene.box[0, 2])

    def ground(self, place: Float64) -> float:
        """The height of the ground at one place."""
        return float(self.heights(np.asarray(place, np.float64)[None, :2])[0])

    def edges(self, place: Float64) -> Float64:
        """The edges of what stands near a place."""
        cell = int(place[0] // NEAR_M), int(place[1] // NEAR_M)
        if cell not in self._edges:
            middle = (np.array(cell) + 0.5) * NEAR_M
            date = self._session.situation.date or None
            self._edges[cell] = self.workshop.edges_near(middle, NEAR_M, date, PLANTS)
        return self._edges[cell]

    # -- from the cursor into the city -------------------------------------------------------------

    def hit(self, at: QPointF) -> Hit | None:
        """What of the city lies under a position."""
        return self._canvas.hit(at)

    def ray(self, at: QPointF) -> Ray:
        """The sight line through a position, in the world."""
        area = self._canvas.area_at(at)
        within, camera, scene = at - area.topLeft(), self._canvas.camera, self._session.scene
        ray = camera.ray(within.x(), within.y(), round(area.width()), round(area.height()))
        start, other = scene.in_world(np.stack((ray.origin, ray.origin + ray.direction)))
        return Ray(start, other - start)

    def on_level(self, at: QPointF, level_m: float) -> Float64:
        """Where the sight line through a position meets a height; far out where it never does."""
        ray = self.ray(at)
        fall = float(ray.direction[2])
        reach = (level_m - float(ray.origin[2])) / fall if abs(fall) > 1e-6 else -1.0
        farthest = 50 * self._canvas.camera.distance_m
        found = ray.at(reach if 0 < reach < farthest else farthest)
        return np.array([found[0], found[1], level_m])

    def along(self, at: QPointF, start: Float64, way: Float64) -> float:
        """How far along a way (a unit vector) from a start the sight line through a position passes it."""
        ray = self.ray(at)
        look = ray.direction / np.linalg.norm(ray.direction)
        across = float(look @ way)
        off = ray.origin - start
        below = 1 - across**2
        return float((off @ way - across * (off @ look)) / below) if below > 1e-6 else 0.0

    def reach_m(self, place: Float64) -> float:
        """How much of the world the reach of the cursor is at a place."""
        camera = self._canvas.camera
        away = camera.distance_m
        if not camera.parallel:
            away = max(float((place - camera.eye) @ camera.basis[2]), 0.1)
        return REACH * 2 * camera.half_height * away / max(self._canvas.height(), 1)

    def ground_at(self, at: QPointF, start: Float64 | None, drawn: Float64, is_free: bool) -> Aimed:
        """The place on the ground that is meant.

        `start`: the corner from which a line is drawn, `drawn` (m, 2, 3): what is drawn already, beside
        what stands there; free places are what they are.
        """
        hit = self.hit(at)
        is_ground = hit is not None and hit.fid is None
        below = self._behind_leaves(at, hit) if hit is not None else None
        if below is not None:
            place = below
        elif hit is not None and (is_ground or start is None):
            place = hit.point_in_world
        else:
            # Behind houses one draws on the ground on which one has begun.
            level = start[2] if start is not None else float(self._session.scene.box[0, 2])
            place = self.on_level(at, level)
        seen = hit.point_in_world if hit is not None and below is None else place
        found = Aimed(place) if is_free else self._snapped(place, seen, start, drawn)
        level = start[2] if start is not None and not self.has_terrain else self.ground(found.place)
        return Aimed(np.array([*found.place[:2], level]), found.to)

    def _behind_leaves(self, at: QPointF, hit: Hit) -> Float64 | None:
        """Where the sight line through a tree meets the ground; None where no tree is hit."""
        if hit.fid is None:
            return None
        start = hit.point_in_world
        if not self._is_tree(hit.fid):
            return None
        if not self.has_terrain:
            return self.on_level(at, self.ground(start))
        if self.ray(at).direction[2] >= 0:
            return start
        way = self.on_level(at, min(float(self._session.scene.box[0, 2]), self.ground(start))) - start
        low, high = 0.0, 1.0
        for _ in range(2):  # roughly, then closely
            shares = np.linspace(low, high, STEPS)
            places = start + shares[:, None] * way
            last = int(np.argmax((places[:, 2] <= self.heights(places[:, :2])) | (shares == high)))
            low, high = float(shares[max(last - 1, 0)]), float(shares[last])
        found: Float64 = start + high * way
        return found

    def _is_tree(self, fid: int) -> bool:
        """Whether an object is a plant, or a point that is shown as one."""
        project = self._session.project
        item = project.object(fid)
        if item.type in PLANTS or project.any_layer(item.layer).kind != "vector":
            return item.type in PLANTS
        data = project.wkb(fid)
        return data is not None and set(wkb.read(data).part_codes) == {CODES["point"]}

    def others(self, place: Float64, own: Container[tuple[float, ...]]) -> Float64:
        """The edges of what stands near a place, but not those whose ends, to the millimetre, are own."""
        edges = self.edges(place)
        ends = np.round(edges, 3).tolist()
        kept = [at for at, (a, b) in enumerate(ends) if tuple(a) not in own or tuple(b) not in own]
        found: Float64 = edges[kept]
        return found

    def _snapped(self, place: Float64, seen: Float64, start: Float64 | None, drawn: Float64) -> Aimed:
        """`seen`: what lies under the cursor; its corners and edges are meant before those of the ground."""
        for here, near in ((seen, self.edges(seen)), (place[:2], np.concatenate((self.edges(place), drawn)))):
            found = Snapper(near, self.reach_m(np.array([*here[:2], seen[2]]))).snap(here)
            if found.to in (CORNER, EDGE):
                return Aimed(np.array([*found.place[:2], place[2]]), found.to)
        if start is None:
            square = Snapper(NO_EDGES, 0.0, self.grid_m).snap(place[:2])
        else:
            sides = drawn[-1:] if len(drawn) else np.concatenate((self.edges(start), AXES))
            square = Snapper(NO_EDGES, 0.0, self.grid_m).in_line(start[:2], place[:2], sides)
        return Aimed(np.array([*square.place, place[2]]), square.to)
