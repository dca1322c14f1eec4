"""Areas of the map that are looked at one by one: plots with their rules, districts, drawn polygons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from analysis.casters import Casters
from analysis.changes.wholes import covered
from analysis.situation import Situation, state_of
from analysis.standing import matching, standing
from analysis.zones.frame import Frame
from layers.arrays import Float64
from layers.data import Box
from layers.errors import UsageError
from layers.footprint import plans_of
from layers.project import Project
from layers.records import Layer
from layers.scenarios import layers_in

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: Kinds of layers whose objects may be areas.
WITH_AREAS = ("vector", "city")
#: Smaller areas are rounding.
SMALLEST_M2 = 0.01
#: The ground along an outline is looked up every so many metres.
ALONG_M = 1.0

#: The height of the terrain at places (n, 2), in metres about the frame's place; NaN without terrain.
Ground = Callable[[Float64], Float64]


@dataclass(frozen=True)
class Area:
    """An area of the map."""

    fid: int
    layer: int
    id: str
    name: str
    polygon: BaseGeometry  # in metres about the frame's place
    values: Mapping[str, Any]  # what its layer says of it

    @property
    def area_m2(self) -> float:
        """Of the map."""
        return float(self.polygon.area)


def areas_in(
    project: Project, named: str, where: str, fids: Sequence[int], situation: Situation
) -> tuple[list[Area], Frame]:
    """The areas of a layer, those an expression holds for, or chosen ones; UsageError without any."""
    states = state_of(project, situation)
    layers = [one for one in project.layers if one.kind in WITH_AREAS]
    if named:
        layers = layers_named(project, named, situation)
    if not (named or where or fids):
        raise UsageError(
            "No areas are chosen yet",
            do="Choose the layer of plots or districts, or areas in the view",
        )
    found: list[tuple[Layer, int, BaseGeometry]] = []
    for layer in layers:
        if not layer.object_count:
            continue
        chosen = standing(project, layer, situation, states[layer.id][0])
        if where or fids:
            chosen = chosen & matching(project, layer, where, fids or None)
        at = np.flatnonzero(chosen)
        shapes = covered(plans_of(project, layer, layer.first_fid + at), np.arange(len(at)), len(at))
        is_area = shapely.get_dimensions(shapes) == 2
        found += [
            (layer, layer.first_fid + int(at[row]), shapes[row]) for row in np.flatnonzero(is_area).tolist()
        ]
    if not found:
        raise UsageError(
            "None of what is meant has an area",
            found=named or where or "the chosen objects",
            do="Choose plots, districts or other areas",
        )
    frame = Frame.about(project, np.array([shape.bounds for _, _, shape in found]))
    areas = [_area(project, layer, fid, frame.shape(shape)) for layer, fid, shape in found]
    return [area for area in areas if area.area_m2 > SMALLEST_M2], frame


def layers_named(project: Project, name: str, situation: Situation) -> list[Layer]:
    """A layer, and what a scenario changed of it."""
    scenario = project.scenario(situation.scenario).id if situation.scenario else None
    return layers_in(project, project.layer(name), scenario)


def _area(project: Project, layer: Layer, fid: int, polygon: BaseGeometry) -> Area:
    thing = project.object(fid)
    name = str(thing.attributes.get("name") or thing.id)
    return Area(fid, layer.id, thing.id, name, polygon, thing.row())


def box_around(areas: Sequence[Area], frame: Frame, margin_m: float = 0.0) -> Box:
    """Around areas in the project's CRS, of unknown height."""
    bounds = np.array([area.polygon.bounds for area in areas])
    low, high = bounds[:, :2].min(axis=0) - margin_m, bounds[:, 2:].max(axis=0) + margin_m
    (x0, y0), (x1, y1) = frame.world(np.array((low, high))).tolist()
    return x0, y0, 0.0, x1, y1, 0.0


def ground_along(shape: BaseGeometry, ground: Ground) -> Float64:
    """Heights of the terrain along a line or an outline, as far as they are known."""
    line = shape.boundary if shapely.get_dimensions(shape) == 2 else shape
    heights = ground(shapely.get_coordinates(shapely.segmentize(line, ALONG_M)))
    found: Float64 = heights[np.isfinite(heights)]
    return found


def ground_in(cast: Casters, frame: Frame) -> Ground:
    """The terrain among what casts shadow."""

    def heights(places: Float64) -> Float64:
        found: Float64 = cast.ground.heights(frame.world(places)) * frame.unit[2]
        return found

    return heights


def whole_city(project: Project) -> tuple[list[Area], Frame]:
    """The rectangle around all city objects, as one area."""
    boxes = np.array([layer.box for layer in project.layers if layer.kind == "city" and layer.box])
    if not len(boxes):
        raise UsageError("The project has no city objects", do="Import a city model first")
    bounds = np.array([[*boxes[:, :2].min(axis=0), *boxes[:, 3:5].max(axis=0)]])
    frame = Frame.about(project, bounds)
    polygon = frame.shape(shapely.box(*bounds[0].tolist()))
    return [Area(-1, 0, "", project.title or "The whole city", polygon, {})], frame
