"""Where a result lies: what holds all that it speaks of, for pictures and for flying to it."""

from __future__ import annotations

import numpy as np

from layers.arrays import Float64
from layers.project import Project
from layers.results import OBSERVERS, SIGHTLINES, VOLUMES, Result, Table


def subject_box(project: Project, result: Result) -> Float64:
    """What holds all that a result speaks of, (2, 3) world; the whole city where it has no places."""
    boxes = [_box_of_values(project, result), *_boxes_drawn(result)]
    found = np.array([box for box in boxes if box is not None]).reshape(-1, 2, 3)
    if not len(found):
        found = _layer_boxes(project)
    return np.stack((found[:, 0].min(axis=0), found[:, 1].max(axis=0)))


def _box_of_values(project: Project, result: Result) -> Float64 | None:
    """What holds the points, surfaces or shapes that have values."""
    points = result.points
    if len(points):
        return _around(points, "xyz")
    fids = np.unique(result.surfaces.columns["fid"]) if len(result.surfaces) else np.empty(0, np.int64)
    box = project.box(fids[fids >= 0]) if len(fids) else None
    if box is not None:
        return np.asarray(box, np.float64).reshape(2, 3)
    if "wkb" in result.shapes.columns and len(result.shapes):
        return _box_of_shapes(project, result.shapes)
    return None


def _boxes_drawn(result: Result) -> list[Float64]:
    """What holds those who look, their lines of sight, and volumes."""
    found, tables = [], result.tables
    if len(tables.get(OBSERVERS, Table())):
        found.append(_around(tables[OBSERVERS], "xyz"))
    if len(tables.get(SIGHTLINES, Table())):
        found += [_around(tables[SIGHTLINES], [f"{axis}{end}" for axis in "xyz"]) for end in (0, 1)]
    if len(tables.get(VOLUMES, Table())):
        from shapely import from_wkb, get_coordinates

        corners = get_coordinates(from_wkb(tables[VOLUMES].texts("wkb")), include_z=True)
        found.append(np.stack((corners.min(axis=0), corners.max(axis=0))))
    return [box for box in found if np.isfinite(box).all()]


def _around(table: Table, names: str | list[str]) -> Float64:
    places = np.column_stack([table.numbers(name) for name in names])
    return np.stack((places.min(axis=0), places.max(axis=0)))


def _box_of_shapes(project: Project, shapes: Table) -> Float64:
    """What holds shadows and what casts them."""
    from shapely import from_wkb, total_bounds

    west, south, east, north = total_bounds(from_wkb(shapes.texts("wkb"))).tolist()
    fids = (
        np.unique(shapes.columns["caster_fid"]) if "caster_fid" in shapes.columns else np.empty(0, np.int64)
    )
    caster = project.box(fids[fids >= 0])
    if caster is None:
        boxes = _layer_boxes(project)
        return np.array([[west, south, boxes[:, 0, 2].min()], [east, north, boxes[:, 1, 2].max()]])
    low = [min(west, caster[0]), min(south, caster[1]), caster[2]]
    high = [max(east, caster[3]), max(north, caster[4]), caster[5]]
    return np.array([low, high])


def _layer_boxes(project: Project) -> Float64:
    return np.array([layer.box for layer in project.layers if layer.box], np.float64).reshape(-1, 2, 3)
