"""Some objects of an imported layer as they are now, so that an edit need not draw the whole layer anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from layers import cache, reshaped, tiling
from layers.arrays import CityTiles
from layers.lods import NO_OBJECT, with_parts
from layers.runs import Int64

if TYPE_CHECKING:
    from layers.project import Project
    from layers.records import Layer


def families(project: Project, layer: Layer, objects: Int64) -> Int64:
    """Objects, by position in the layer, with all that they are parts of, and all parts of these."""
    parents = project.parents(layer)
    tops = np.array(objects, np.int64)
    while len(below := np.flatnonzero(parents[tops] != NO_OBJECT)):
        tops[below] = parents[tops[below]]
    chosen = np.zeros(layer.object_count, bool)
    chosen[tops] = True
    return np.flatnonzero(with_parts(chosen, parents))


def source_of(project: Project, layer: Layer) -> CityTiles | None:
    """The arrays of an imported layer of city objects as they were made of its source, whatever was edited.

    CacheMissing as `project.drawable`.
    """
    if layer.partner is not None or layer.drawable is None or layer.is_drawn:
        return None
    found = cache.load(_folder(project, layer), project.stamp(layer))
    return found if isinstance(found, CityTiles) else None


def tiles_of(project: Project, layer: Layer, objects: Int64) -> CityTiles:
    """The arrays of some objects alone; what is gone keeps its place. CacheMissing as `project.drawable`."""
    found = source_of(project, layer)
    assert found is not None
    few = tiling.some(found, objects)
    fids = (objects + layer.first_fid).tolist()
    shapes = project.query(
        "SELECT object, data FROM shape WHERE object IN (SELECT value FROM json_each(?)) ORDER BY object",
        (orjson.dumps(fids).decode(),),
    )
    if not shapes:
        return few
    types = {item.fid: item.type for item in project.objects(fids=[fid for fid, _ in shapes])}
    folder = _folder(project, layer)
    return reshaped.with_shapes(few, shapes, types, layer, project.mover(layer), folder)


def _folder(project: Project, layer: Layer) -> Path:
    return cache.layer_folder(project.path.absolute(), layer.uid)
