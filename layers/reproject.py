"""A city model into another CRS, in float64."""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np

from layers.arrays import Float64
from layers.citymodel import points_of, power_below, prune, set_points
from layers.crs import LOCAL, code_of
from layers.errors import WriteError
from layers.place import Place, parse_crs
from layers.renumber import Kept, Renumbering, looked_up, vertex_numbers
from layers.upgrade import Model, crs_url, ids_of, own_geometries, templates_of

#: Metres in a radian along the equator; angles are given in radians by `unit_conversion_factor`.
EARTH_RADIUS_M = 6_378_137.0
FINEST = 1e-3


def reproject(model: Model, from_crs: str | None, to_crs: str) -> None:
    """Move every vertex, write templates out, and name the new CRS and extents."""
    if from_crs in (None, LOCAL):
        raise WriteError("A layer that lies nowhere on Earth has no other CRS", do="Export it without --crs")
    assert from_crs is not None
    url = _url(to_crs)
    write_out_templates(model)
    prune(model)
    moved = Place(to_crs, np.zeros(3)).mover(from_crs)(points_of(model))
    set_points(model, moved, _scale(model, from_crs, to_crs))
    moved = points_of(model)
    metadata = model.get("metadata")
    model["metadata"] = {**(metadata if isinstance(metadata, dict) else {}), "referenceSystem": url}
    if len(moved):
        model["metadata"]["geographicalExtent"] = _extent(moved)
    _move_extents(model, moved)


def name_crs(model: Model, crs: str) -> None:
    """Have the metadata name the CRS that the layer is known to lie in, where they say another one.

    A pair of positions and heights that has no code of its own is named by its positions.
    """
    code = None if crs == LOCAL else code_of(parse_crs(crs))
    metadata = model.get("metadata")
    said = metadata.get("referenceSystem") if isinstance(metadata, dict) else None
    if code is not None and not re.search(rf"\b{code}\b", str(said)):
        model["metadata"] = {
            **(metadata if isinstance(metadata, dict) else {}),
            "referenceSystem": crs_url(code),
        }


def _url(crs: str) -> str:
    code = code_of(parse_crs(crs))
    if code is None:
        raise WriteError(
            "CityJSON names a CRS by one EPSG code",
            found=crs,
            do="Choose a CRS that has one",
        )
    return crs_url(code)


def _scale(model: Model, from_crs: str, to_crs: str) -> Float64:
    """Steps in the new CRS that are no longer on the ground than the old ones."""
    before, after = _units_m(from_crs), _units_m(to_crs)
    old = np.array(model["transform"]["scale"], np.float64)
    steps = np.where(old > 0, old, FINEST) * before / after
    across = power_below(float(steps[:2].min()))
    return np.array((across, across, power_below(float(steps[2]))))


def _units_m(crs: str) -> Float64:
    """The length of the units of positions and heights on the ground."""
    axes = parse_crs(crs).axis_info
    length = [a.unit_conversion_factor * (EARTH_RADIUS_M if "degree" in a.unit_name else 1.0) for a in axes]
    height = length[2] if len(length) > 2 else 1.0
    return np.array((length[0], length[1], height))


def write_out_templates(model: Model) -> None:
    """Make every instance of a template a geometry of its own: templates have no place to be moved from."""
    templates = templates_of(model)
    if not templates:
        return
    vertices = np.array(model["geometry-templates"].get("vertices-templates") or [], np.float64).reshape(
        -1, 3
    )
    points = points_of(model)
    blocks, count = [points], len(points)
    for id, item in model["CityObjects"].items():
        for geometry in own_geometries(item):
            if geometry.get("type") != "GeometryInstance":
                continue
            own, placed = _instance(id, geometry, templates, vertices, points, count)
            geometry.clear()
            geometry.update(own)
            blocks.append(placed)
            count += len(placed)
    scale = np.array(model["transform"]["scale"], np.float64)
    set_points(model, np.concatenate(blocks), np.where(scale > 0, scale, FINEST))
    del model["geometry-templates"]


def _instance(
    id: str,
    geometry: dict[str, Any],
    templates: list[dict[str, Any]],
    vertices: Float64,
    points: Float64,
    first: int,
) -> tuple[dict[str, Any], Float64]:
    """An instance as an ordinary geometry, and its vertices, which will be numbered from `first`."""
    anchor, which = Kept(len(points), "vertex"), Kept(len(templates), "template")
    Renumbering(vertex=anchor, template=which).renumber(id, {"geometry": [dict(geometry)]})
    matrix = np.array(geometry.get("transformationMatrix", np.eye(4).ravel()), np.float64).reshape(4, 4)
    placed = vertices @ matrix[:3, :3].T + matrix[:3, 3] + points[anchor.kept[0]]
    own = copy.deepcopy(templates[which.kept[0]])
    Renumbering(vertex=looked_up(range(first, first + len(placed)), "vertex")).renumber(
        id, {"geometry": [own]}
    )
    return own, placed


def _extent(points: Float64) -> list[float]:
    return [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()]


def _move_extents(model: Model, points: Float64) -> None:
    """Give the objects that state their extent the new one; without geometry they state none."""
    objects = model["CityObjects"]
    for id, item in objects.items():
        if "geographicalExtent" in item:
            del item["geographicalExtent"]
            used = _vertices_of(objects, id, len(points))
            if used:
                item["geographicalExtent"] = _extent(points[used])


def _vertices_of(objects: dict[str, Any], id: str, count: int) -> list[int]:
    """The vertices of an object and its parts."""
    used = Kept(count, "vertex")
    family, waiting = {id}, [id]
    while waiting:
        member = waiting.pop()
        for number in vertex_numbers(objects[member]):
            used(number)
        parts = {part for part in ids_of(objects[member], "children") if part in objects} - family
        family |= parts
        waiting.extend(parts)
    return used.kept
