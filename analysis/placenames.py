"""What places are called: by the viewing place that is modelled there, or by what they lie on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.naming import Naming
from analysis.obstacles import Casters
from analysis.standing import objects_of
from layers.arrays import CityTiles, Float64
from layers.columns import Mask
from layers.project import Project

#: What may mark a place where one stands: a bench, a sign, a viewing place.
FURNITURE = frozenset(("CityFurniture",))
#: A place this near to such a thing, on the map, is its place.
BESIDE_M = 1.0
#: What a target lies on is looked for this far before and behind it.
AROUND_M = 0.05


def place_names(project: Project, places: Float64) -> tuple[str, ...]:
    """Names of places (n, 3), z NaN where it is not known: those of what marks them, else "place 1" …"""
    found: list[str] = [""] * len(places)
    for layer in project.layers:
        city = project.drawable(layer) if layer.kind == "city" and layer.visible else None
        if not isinstance(city, CityTiles):
            continue
        wanted = objects_of(project, layer, FURNITURE)
        entries = np.flatnonzero(wanted[city.entry_object])
        boxes = np.asarray(city.entry_box)[entries]
        for row, place in enumerate(places):
            near = np.flatnonzero(_holds(boxes, place))
            for at in near[np.argsort(_apart(boxes[near], place), kind="stable")].tolist():
                thing = project.object(layer.first_fid + int(city.entry_object[entries[at]]))
                found[row] = found[row] or str(thing.attributes.get("name") or "")
    return told_apart(found, "place")


def _holds(boxes: Float64, place: Float64) -> Mask:
    """Which boxes (n, 2, 3) lie at a place on the map."""
    low, high = boxes[:, 0, :2] - BESIDE_M, boxes[:, 1, :2] + BESIDE_M
    found: Mask = np.asarray(((low <= place[:2]) & (high >= place[:2])).all(axis=1))
    return found


def _apart(boxes: Float64, place: Float64) -> Float64:
    """How far the tops of boxes lie from where one stands; where that is not known, how large they are."""
    size = (boxes[:, 1] - boxes[:, 0])[:, :2].max(axis=1, initial=0.0)
    found: Float64 = np.abs(boxes[:, 1, 2] - place[2]) if np.isfinite(place[2]) else size
    return found


def target_names(naming: Naming, cast: Casters, eye: Float64, ends: Float64) -> tuple[str, ...]:
    """Names of ends (n, 3) of lines of sight from an eye: that of the object they lie on, else "target 1"."""
    ways = ends - eye
    length = np.sqrt((ways**2).sum(axis=1))
    ways /= np.maximum(length, AROUND_M)[:, None]
    triangle, away = cast.rays.first(ends - AROUND_M * ways, ways)
    met = (triangle >= 0) & (away <= 2 * AROUND_M)
    fids = np.where(met, cast.fid[np.maximum(triangle, 0)], -1) if len(cast.fid) else np.full(len(ends), -1)
    titles = [naming.title(fid) if fid >= 0 else "" for fid in naming.wholes(fids).tolist()]
    return told_apart(titles, "target")


def told_apart(names: Sequence[str], what: str) -> tuple[str, ...]:
    """The names, none twice; those without one are numbered."""
    found: list[str] = []
    for number, name in enumerate(names):
        again = names[:number].count(name)
        found.append((f"{name} {again + 1}" if again else name) if name else f"{what} {number + 1}")
    return tuple(found)
