"""Networks of pipes as they lie in the ground: lines of true diameter at true levels, and shafts.

A line's level comes from the first of these that is known: invert levels at its ends (its own,
or its nodes' bottom levels and offsets), heights in its geometry (taken as the pipe's axis),
its cover depth below the terrain, the usual cover depth below the terrain; else it lies at 0,
and a note says so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from layers import wkb
from layers.arrays import Float64
from layers.crs import height_unit_m, parse_crs
from layers.epochs import BASE
from layers.levels import doubt
from layers.pipe_fields import FIELDS, Source, guess_mapping, sources, with_units
from layers.records import CityObject, Layer

if TYPE_CHECKING:
    from layers.project import Project

__all__ = ["DEFAULT_COVER_M", "FIELDS", "LEVELS", "Network", "guess_mapping", "mapping_of", "network"]

#: Heights of the terrain in the project's CRS at (n, 2) positions; NaN where there is none.
Terrain = Callable[[Float64], Float64]

DEFAULT_DIAMETER_M = 0.1
DEFAULT_SHAFT_RADIUS_M = 0.5
DEFAULT_SHAFT_DEPTH_M = 1.5
DEFAULT_COVER_M = 1.0
MOST_SHAFT_RADIUS_M = 50.0
_SAMPLE = 1000

#: How the level of a line was found, and what is said about lines of which it was not.
LEVELS = ("inverts", "geometry", "cover depth", "usual cover", "unknown", "cover depth without ground")
INVERTS, GEOMETRY, COVER_DEPTH, USUAL_COVER, UNKNOWN, NO_GROUND = range(6)
_LEVEL_NOTES = {
    USUAL_COVER: f"have no level; they are drawn {DEFAULT_COVER_M:g} m below the terrain",
    UNKNOWN: "have no level; they are drawn at height 0",
    NO_GROUND: "say only how deep below the ground they lie, and there is no terrain yet; they are drawn at"
    " height 0",
}


@dataclass(frozen=True)
class Network:
    """A network for drawing, in the project's CRS; one entry per line part and per node."""

    points: Float64  # (n, 3) along the axes of the pipes
    offsets: NDArray[np.int64]  # (lines + 1,) first point of each line
    diameter_m: Float64  # (lines,)
    fid: NDArray[np.int64]  # (lines,)
    level: NDArray[np.uint8]  # (lines,) into LEVELS
    node_points: Float64  # (nodes, 3) at the bottom of each shaft
    node_top_z: Float64  # (nodes,)
    node_bottom_z: Float64  # (nodes,)
    node_radius_m: Float64  # (nodes,)
    node_fid: NDArray[np.int64]  # (nodes,)
    node_is_given: NDArray[np.bool_]  # (nodes,) the file says how deep they reach
    notes: tuple[str, ...] = ()  # what a person should know about this picture


def mapping_of(project: Project, layer: Layer) -> dict[str, str]:
    """Where the layer's fields come from: as the person chose, as its file says, else guessed."""
    chosen = layer.style.get("field_map")
    if layer.is_drawn and BASE in layer.facts:  # what was copied says as much as where it came from
        return mapping_of(project, project.any_layer(layer.facts[BASE]))
    if not chosen and layer.facts.get("field_map"):
        return dict(layer.facts["field_map"])
    sample = sample_of(project, layer)
    if chosen:
        return with_units(chosen, sample)
    return guess_mapping(sample, sample, "shape" if layer.kind == "vector" else None)


def sample_of(project: Project, layer: Layer) -> dict[str, list[Any]]:
    """Some values of each of a layer's attributes, of the same objects throughout."""
    step = max(1, layer.object_count // _SAMPLE)
    return {name: project.values(layer, name)[::step] for name in project.attribute_types(layer)}


def network(project: Project, layer: Layer, terrain: Terrain | None = None) -> Network:
    """The lines and nodes of a layer at their true places and levels."""
    reader = _Reader(project, layer, terrain)
    return reader.network()


@dataclass
class _Line:
    """One part of a line before it is placed."""

    fid: int
    points: Float64  # (n, 3) in the layer's CRS; z is the axis, NaN where not known yet
    diameter_m: float
    level: int
    depth_m: float


@dataclass
class _Node:
    """One node before it is placed."""

    fid: int
    point: Float64  # (3,) in the layer's CRS
    bottom_m: float
    top_m: float
    depth_m: float
    radius_m: float


class _Reader:
    """Reads a layer's rows, finds levels in metres, and moves all points at once."""

    def __init__(self, project: Project, layer: Layer, terrain: Terrain | None) -> None:
        self.project, self.layer, self.terrain = project, layer, terrain
        self.source = sources(mapping_of(project, layer))
        self.bottoms = _Bottoms()
        self.lines: list[_Line] = []
        self.nodes: list[_Node] = []

    def network(self) -> Network:
        """Everything, placed."""
        lines: list[tuple[CityObject, wkb.Shape]] = []
        for item in self.project.objects(self.layer):
            data = self.project.wkb(item.fid)
            shape = None if data is None else wkb.read(data)
            if shape is not None and shape.is_line:
                lines.append((item, shape))
            elif shape is None or shape.is_point:
                self._add_node(item, shape)
        self._know_other_layers(lines)
        for item, shape in lines:
            self._add_line(item, shape)
        return self._placed()

    # --- nodes ----------------------------------------------------------------------------------

    def _add_node(self, item: CityObject, shape: wkb.Shape | None) -> None:
        values = item.attributes
        top, depth = self._length("top_level_m", values), self._length("node_depth_m", values)
        bottom = self._length("bottom_level_m", values)
        if math.isnan(bottom) and not math.isnan(top) and not math.isnan(depth):
            bottom = top - depth
        if math.isnan(top) and depth > 0:
            top = bottom + depth
        self.bottoms.add(item.id, bottom)
        if shape is None or not shape.parts:
            return
        radius = self._length("node_diameter_m", values) / 2
        if not 0 < radius <= MOST_SHAFT_RADIUS_M:
            radius = DEFAULT_SHAFT_RADIUS_M
        for point in shape.coordinates:
            height = float(point[2]) * self._height_unit_m if math.isnan(bottom) else bottom
            self.nodes.append(_Node(item.fid, point, height, top, depth, radius))

    def _know_other_layers(self, lines: Iterable[tuple[CityObject, wkb.Shape]]) -> None:
        """Bottom levels of the nodes that the lines name but that stand in other layers."""
        source = self.source["from_node"], self.source["to_node"]
        named = {text for item, _ in lines for end in source if (text := end.text(item.attributes))}
        if not any(math.isnan(self.bottoms.of(id)) for id in named):
            return
        for layer in self.project.layers:
            if layer.kind == "pipes" and layer.id != self.layer.id:
                bottom = Source.parse(mapping_of(self.project, layer).get("bottom_level_m"))
                for item in self.project.objects(layer):
                    self.bottoms.add(item.id, bottom.length_m(item.attributes))

    # --- lines ----------------------------------------------------------------------------------

    def _add_line(self, item: CityObject, shape: wkb.Shape) -> None:
        diameter = self._length("diameter_m", item.attributes)
        if not diameter > 0:
            diameter = DEFAULT_DIAMETER_M
        start, end = self._inverts(item.attributes)
        parts = [part[0] for part in shape.parts if len(part[0]) > 1]
        depth = self._length("depth_m", item.attributes)
        if not math.isnan(start):
            parts, level = _sloped(parts, start + diameter / 2, end + diameter / 2), INVERTS
        elif shape.has_height:
            parts, level = [self._in_metres(part) for part in parts], GEOMETRY
        elif self.terrain is not None:
            level = USUAL_COVER if math.isnan(depth) else COVER_DEPTH
        else:
            level = UNKNOWN if math.isnan(depth) else NO_GROUND
        cover = DEFAULT_COVER_M if math.isnan(depth) else depth
        self.lines += [_Line(item.fid, part, diameter, level, cover) for part in parts]

    def _inverts(self, values: Mapping[str, Any]) -> tuple[float, float]:
        """Invert levels at both ends; one that is not known is the other's, or NaN when none is."""
        found = []
        for end, node in (("start", "from_node"), ("end", "to_node")):
            level = self._length(f"{end}_invert_m", values)
            if math.isnan(level):
                name = self.source[node].text(values)
                offset = self._length(f"{end}_offset_m", values)
                level = self.bottoms.of(name) + (0.0 if math.isnan(offset) else offset)
            found.append(level)
        start, end_level = found
        return (end_level if math.isnan(start) else start), (start if math.isnan(end_level) else end_level)

    def _length(self, field: str, values: Mapping[str, Any]) -> float:
        return self.source[field].length_m(values)

    # --- placing --------------------------------------------------------------------------------

    @property
    def _height_unit_m(self) -> float:
        """The metres in one unit of the layer's heights, where its CRS says so."""
        return height_unit_m(parse_crs(self.layer.crs), 1.0) if self.layer.crs else 1.0

    def _in_metres(self, points: Float64) -> Float64:
        return points * (1.0, 1.0, self._height_unit_m)

    def _move(self, points: Float64) -> Float64:
        """Points with heights in metres to the project's CRS."""
        if not len(points):
            return points
        mover = self.project.mover(self.layer)
        return mover(np.nan_to_num(points, nan=0.0) / (1.0, 1.0, self._height_unit_m))

    def _placed(self) -> Network:
        counts = [len(line.points) for line in self.lines]
        level = np.array([line.level for line in self.lines], dtype=np.uint8)
        points = self._move(_stacked(line.points for line in self.lines))
        diameter = np.array([line.diameter_m for line in self.lines], dtype=np.float64)
        if self.terrain is not None and len(points):
            below = np.repeat((level == COVER_DEPTH) | (level == USUAL_COVER), counts)
            cover = np.array([line.depth_m for line in self.lines]) + diameter / 2
            ground = self.terrain(points[below, :2]) - np.repeat(cover, counts)[below]
            points = points.copy()
            points[below, 2] = np.nan_to_num(ground, nan=0.0)
        node_points, top = self._placed_nodes()
        return Network(
            points=points,
            offsets=np.concatenate(([0], np.cumsum(counts, dtype=np.int64))),
            diameter_m=diameter,
            fid=np.array([line.fid for line in self.lines], dtype=np.int64),
            level=level,
            node_points=node_points,
            node_top_z=top,
            node_bottom_z=node_points[:, 2].copy(),
            node_radius_m=np.array([node.radius_m for node in self.nodes], dtype=np.float64),
            node_fid=np.array([node.fid for node in self.nodes], dtype=np.int64),
            node_is_given=np.array([not math.isnan(node.bottom_m) for node in self.nodes], dtype=np.bool_),
            notes=(*_notes(level), *self._doubts(points, np.repeat(level, counts), node_points)),
        )

    def _doubts(self, points: Float64, level: NDArray[np.uint8], node_points: Float64) -> tuple[str, ...]:
        """What is odd about the levels that the file gives, seen against the terrain."""
        if self.terrain is None:
            return ()
        given = np.isin(level, (INVERTS, GEOMETRY))
        has_bottom = np.array([not math.isnan(node.bottom_m) for node in self.nodes], dtype=np.bool_)
        places = np.concatenate((points[given], node_points[has_bottom]))
        found = doubt(places[:, 2], self.terrain(places[:, :2])) if len(places) else None
        return () if found is None else (found,)

    def _placed_nodes(self) -> tuple[Float64, Float64]:
        """The bottoms of the shafts and the heights of their tops."""
        bottom = np.array([node.bottom_m for node in self.nodes], dtype=np.float64)
        top = np.array([node.top_m for node in self.nodes], dtype=np.float64)
        depth = np.array([node.depth_m for node in self.nodes], dtype=np.float64)
        flat = _stacked(node.point[None, :] for node in self.nodes)
        points = self._move(np.column_stack((flat[:, :2], bottom))).copy()
        tops = self._move(np.column_stack((flat[:, :2], top)))[:, 2].copy()
        no_bottom, no_top = np.isnan(bottom), np.isnan(top)
        if self.terrain is not None and len(points):
            ground = self.terrain(points[:, :2])
            tops[no_top] = ground[no_top]
        no_top &= ~np.isfinite(tops) if self.terrain is not None else True
        default = np.where(depth > 0, depth, DEFAULT_SHAFT_DEPTH_M)
        points[no_bottom, 2] = np.where(no_top, 0.0, np.nan_to_num(tops) - default)[no_bottom]
        tops[no_top] = points[no_top, 2] + DEFAULT_SHAFT_DEPTH_M
        return points, np.maximum(tops, points[:, 2])


class _Bottoms:
    """Bottom levels of nodes by id; capitals only matter where two ids differ by nothing else."""

    def __init__(self) -> None:
        self._exact: dict[str, float] = {}
        self._loose: dict[str, float] = {}

    def add(self, id: str, level_m: float) -> None:
        """Keep the first level that is known of a node."""
        if not math.isnan(level_m):
            self._exact.setdefault(id, level_m)
            self._loose.setdefault(id.casefold(), level_m)

    def of(self, id: str | None) -> float:
        """The bottom level of a node in metres, NaN when not known."""
        if id is None:
            return math.nan
        return self._exact.get(id, self._loose.get(id.casefold(), math.nan))


def _sloped(parts: list[Float64], start: float, end: float) -> list[Float64]:
    """The parts with heights that run evenly from start to end along the whole line."""
    lengths = [np.hypot(*np.diff(part[:, :2], axis=0).T) for part in parts]
    total = sum(float(length.sum()) for length in lengths)
    done, found = 0.0, []
    for part, length in zip(parts, lengths, strict=True):
        along = done + np.concatenate(([0.0], np.cumsum(length)))
        done = float(along[-1])
        share = along / total if total > 0 else np.zeros_like(along)
        found.append(np.column_stack((part[:, :2], start + share * (end - start))))
    return found


def _stacked(arrays: Iterable[Float64]) -> Float64:
    listed = list(arrays)
    return np.concatenate(listed) if listed else np.zeros((0, 3))


def _notes(level: NDArray[np.uint8]) -> tuple[str, ...]:
    counts = Counter(level.tolist())
    return tuple(
        f"{counts[kind]} of {len(level)} lines {text}." for kind, text in _LEVEL_NOTES.items() if counts[kind]
    )
