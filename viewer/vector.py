"""Areas, lines and points as pixels: laid over the ground, raised by their heights, trees as symbols."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from layers.pipes import Terrain
from layers.records import Layer
from layers.runs import ranges, starts
from layers.vector import AREA, POINT, Shapes
from viewer.areas import LIFT_M, Outlines, laid, on_ground, outlines, raised
from viewer.axes import Axes
from viewer.bodies import BodiesView
from viewer.color import LegendEntry, as_numbers
from viewer.faces import Mask
from viewer.grouping import Grouping, grouping_of
from viewer.letters import lettered
from viewer.palette import hex_color, object_color, rgb
from viewer.patch import Patch
from viewer.picking import Hit, View2D
from viewer.solids import Solids, pins
from viewer.trees import trees
from viewer.view import Found, Source

PIN_HEIGHT_M = 6.0
FLOOR_M = 3.0
#: What is meant to be a tree says so with a word that begins like this, in its type or its layer's name.
TREE = re.compile(
    r"(?<![^\W\d_])(tree|baum|bäum|boom|bomen|arbre|árbol|arbol|alber|träd|solitary ?veg)", re.IGNORECASE
)
TRUNK = "#7a6248"
#: Lines are drawn so long at most between places where they follow the ground.
STEP_M = 10.0

Measures = Mapping[str, Float64]
#: What a body is: so that the style can leave some out.
FLAT, RAISED, PIN, CROWN, STEM, LINES, WORDS = range(7)
TITLES = {
    RAISED: "Raised areas",
    FLAT: "Areas",
    LINES: "Lines",
    CROWN: "Trees",
    PIN: "Points",
    WORDS: "Words and arrows",
}


@dataclass(frozen=True)
class Bodies:
    """What a layer looks like: bodies, what each is and whose."""

    solids: Solids
    what: NDArray[np.uint8]
    object: Int32


class VectorView(BodiesView):
    """A layer of areas, lines and points."""

    def __init__(self, source: Source, shapes: Shapes, terrain: Terrain | None, measures: Measures) -> None:
        bodies = _bodies(source, shapes, terrain, measures)
        self._what = bodies.what
        line_points, line_offsets, self._line_object = _lines(shapes, terrain)
        self._axes = Axes(line_points, line_offsets, source.origin)
        super().__init__(source, bodies.solids, bodies.object)
        for patch in super().patches():
            patch.lie_over()
        self._axes.patch.lie_over()
        self._grouping: Grouping | None = None
        self._color()
        self.begin()

    def patches(self) -> Iterator[Patch]:
        """Bodies, then lines and outlines over them."""
        yield from super().patches()
        yield self._axes.patch

    def allowed_parts(self) -> Mask:
        """Areas flat or raised, as the style says."""
        style = self.layer.style
        objects = self._faces.part_object
        risen = np.zeros(max(self._source.columns.count, 1), bool)
        if style.get("extrude", True):
            risen[objects[self._what == RAISED]] = True
        raised_now = risen[objects]
        allowed = np.where(self._what == RAISED, raised_now, True)
        fills = bool(style.get("fill", True))
        found: Mask = np.where(self._what == FLAT, ~raised_now & fills, allowed)
        return found

    # -- colours ---------------------------------------------------------------------------------

    @property
    def _one_color(self) -> str | None:
        color = self.layer.style.get("color")
        return str(color) if color and self.layer.style.get("color_by") == "plain" else None

    def _color(self) -> None:
        count = max(self._source.columns.count, 1)
        self._grouping = grouping_of(self.layer, self._source.columns, usual="type")
        if self._grouping is not None:
            classes = self._grouping.classes
            of_object = classes.colors.astype(np.float32)[classes.codes]
        else:
            own = self._one_color or object_color("LandUse")
            of_object = np.broadcast_to(rgb(own).astype(np.float32), (count, 3)).copy()
            if self._one_color is None:
                of_object[self._faces.part_object[self._what == CROWN]] = rgb(object_color("PlantCover"))
                of_object[self._faces.part_object[self._what == RAISED]] = rgb(object_color("Building"))
        self._of_object = of_object
        self._base = of_object[self._faces.part_object]
        self._base[self._what == STEM] = rgb(TRUNK)
        self._axes.forget()

    def style_changed(self, before: Layer) -> None:
        """Colours follow the style."""
        self._color()

    def refresh(self, keys: frozenset[str]) -> None:
        """Recolour when the layer is coloured by a value that changed."""
        if self._grouping is not None and self._grouping.key in keys:
            self._color()
            self._fade()

    @property
    def _lines_shown(self) -> Mask:
        if not self.layer.style.get("edges", True):
            return np.zeros(len(self._line_object), bool)
        shown: Mask = self._shown.visible[self._line_object]
        return shown

    def catch_up(self, seconds: float) -> bool:
        """The bodies, then lines and outlines."""
        done = super().catch_up(seconds)
        if done:
            self._axes.follow(self._lines_shown, self._of_object[self._line_object])
        self._axes.patch.show(self.layer.visible)
        self._axes.patch.actor.GetProperty().SetOpacity(self.layer.opacity)
        return done

    def legend(self) -> list[LegendEntry]:
        """Classes with counts, or the one colour."""
        layer = self.layer
        drawn = (self._faces.part_object[self._visible], self._line_object[self._lines_shown])
        shown = np.unique(np.concatenate(drawn))
        if self._grouping is not None:
            return self._grouping.legend(layer, shown)
        what = np.full(len(self._of_object), LINES, np.uint8)
        what[self._faces.part_object[self._visible]] = self._what[self._visible]
        entries: list[LegendEntry] = []
        for kind, title in TITLES.items():
            alike = shown[what[shown] == kind]
            if len(alike):
                color = hex_color(self._of_object[alike[0]].astype(np.uint8))
                entries.append(LegendEntry(title, color, len(alike), "objects", layer.id, layer.name))
        return entries

    # -- picking ---------------------------------------------------------------------------------

    def pick(self, view: View2D, x: float, y: float) -> Found | None:
        """The body under a pixel position, or a line that is drawn near enough."""
        return super().pick(view, x, y) or self._pick_line(view, x, y)

    def _pick_line(self, view: View2D, x: float, y: float) -> Found | None:
        if not self.layer.visible:
            return None
        found = self._axes.nearest(view, x, y, self._lines_shown)
        if found is None:
            return None
        line, point, vertex = found
        ray = view.ray(x, y)
        fid = self._source.columns.first_fid + int(self._line_object[line])
        distance = float((point - ray.origin) @ ray.direction)
        return Found(distance, Hit(self.layer.id, fid, None, point, vertex))


def _bodies(source: Source, shapes: Shapes, terrain: Terrain | None, measures: Measures) -> Bodies:
    """Areas laid flat, the same raised where their height is known, trees, and pins at other points."""
    unknown = np.full(max(source.columns.count, 1), np.nan)

    def measure(name: str) -> Float64:
        return measures.get(name, unknown)

    found: list[Bodies] = []
    areas, owner = _areas(shapes)
    if len(owner):
        found.append(_as(laid(areas, terrain), FLAT, owner))
        height = measure("height_m")
        height = np.where(np.isnan(height), measure("floors") * FLOOR_M, height)[owner]
        rises = np.isfinite(height) & (height > 0)
        if rises.any():
            foot = measure("base_m")[owner][rises]
            solids = raised(areas.only(rises), height[rises], foot, terrain)
            found.append(_as(solids, RAISED, owner[rises]))
    single = np.flatnonzero(shapes.part_kind == POINT)
    owner = shapes.part_object[single]
    places = shapes.corners[shapes.ring_start[shapes.part_start[single]]].copy()
    if len(places):
        places[:, 2] = on_ground(places, terrain)
        is_tree = _is_tree(source, owner, measure("crown_m"), measure("trunk_m"))
        theirs = owner[is_tree]
        sizes = (measure(name)[theirs] for name in ("height_m", "crown_m", "trunk_m"))
        crowns, stems = trees(places[is_tree], *sizes)
        found += [_as(stems, STEM, theirs), _as(crowns, CROWN, theirs)]
        words, turn_deg = _words(source, owner)
        is_said = np.array([text is not None for text in words], bool) & ~is_tree
        said = lettered(
            places[is_said] + (0.0, 0.0, 2 * LIFT_M),
            [words[at] or "" for at in np.flatnonzero(is_said)],
            turn_deg[is_said],
        )
        found.append(_as(said, WORDS, owner[is_said]))
        is_pin = ~is_tree & ~is_said
        found.append(_as(pins(places[is_pin], PIN_HEIGHT_M), PIN, owner[is_pin]))
    return _together(found)


def _as(solids: Solids, what: int, owner: Int32) -> Bodies:
    return Bodies(solids, np.full(len(owner), what, np.uint8), owner.astype(np.int32))


def _together(found: list[Bodies]) -> Bodies:
    empty = pins(np.empty((0, 3)), PIN_HEIGHT_M)
    whole = Bodies(empty, np.empty(0, np.uint8), np.empty(0, np.int32))
    for one in found:
        whole = Bodies(
            whole.solids.then(one.solids),
            np.concatenate((whole.what, one.what)),
            np.concatenate((whole.object, one.object)),
        )
    return whole


def _words(source: Source, owner: Int32) -> tuple[list[str | None], Float64]:
    """What points say that are words of a plan, and how these are turned; None for all other points."""
    labels = source.layer.facts.get("labels")
    if not labels:
        return [None] * len(owner), np.zeros(len(owner))
    columns = source.columns
    types, texts = columns.values("type").tolist(), columns.values(labels["text"]).tolist()
    turn_deg = as_numbers(columns.values(labels["turn_deg"]))
    is_label = [types[row] in labels["types"] for row in owner.tolist()]
    found = [
        ("" if texts[row] is None else str(texts[row])) if wanted else None
        for row, wanted in zip(owner.tolist(), is_label, strict=True)
    ]
    return found, turn_deg[owner]


def _is_tree(source: Source, owner: Int32, crown_m: Float64, trunk_m: Float64) -> Mask:
    """Points with a crown or a trunk, and those whose type or layer speaks of trees."""
    measured = np.isfinite(crown_m[owner]) | np.isfinite(trunk_m[owner])
    if TREE.search(source.layer.name):
        return np.ones(len(owner), bool)
    types = source.columns.values("type")
    called = np.array([TREE.search(str(name)) is not None for name in types] or [False], bool)
    found: Mask = measured | called[owner]
    return found


def _areas(shapes: Shapes) -> tuple[Outlines, Int32]:
    """The areas, and whose each is."""
    parts = np.flatnonzero(shapes.part_kind == AREA)
    count = shapes.part_start[parts + 1] - shapes.part_start[parts]
    rings = ranges(shapes.part_start[parts], count)
    lengths = shapes.ring_start[rings + 1] - shapes.ring_start[rings]
    corners = shapes.corners[ranges(shapes.ring_start[rings], lengths)]
    return outlines(corners, lengths, count), shapes.part_object[parts]


def _lines(shapes: Shapes, terrain: Terrain | None) -> tuple[Float64, NDArray[np.int64], Int32]:
    """Lines and outlines on the ground: points, the first of each line, whose each is."""
    ring_part = np.repeat(np.arange(len(shapes.part_kind)), np.diff(shapes.part_start))
    kinds = shapes.part_kind[ring_part]
    lines: list[Float64] = []
    owners: list[int] = []
    for ring in np.flatnonzero(kinds != POINT).tolist():
        line = shapes.corners[shapes.ring_start[ring] : shapes.ring_start[ring + 1]]
        if kinds[ring] == AREA:
            line = np.concatenate((line, line[:1]))
        if len(line) > 1:
            lines.append(_stepped(line) if terrain is not None and np.isnan(line[:, 2]).any() else line)
            owners.append(int(shapes.part_object[ring_part[ring]]))
    points = np.concatenate([np.empty((0, 3)), *lines])
    points[:, 2] = on_ground(points, terrain) + 2 * LIFT_M
    return points, starts(np.array([len(line) for line in lines], np.int64)), np.array(owners, np.int32)


def _stepped(line: Float64) -> Float64:
    """A line with places between its corners, at which it meets the ground."""
    pieces = np.maximum(np.ceil(np.hypot(*np.diff(line[:, :2], axis=0).T) / STEP_M), 1).astype(np.int64)
    piece = np.repeat(np.arange(len(pieces)), pieces)
    along = (ranges(np.zeros_like(pieces), pieces) / pieces[piece])[:, None]
    between = line[piece] * (1 - along) + line[piece + 1] * along
    return np.concatenate((between, line[-1:]))
