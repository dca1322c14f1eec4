"""Areas, lines and points that are no network: zoning, parcels, roads, trees.

The rows of such a layer are objects of type "Area", "Line", "Point", or "Object" where they have no
geometry, or of what their file calls them. Their geometries are WKB in the layer's CRS, with heights
only where the file gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from layers import wkb
from layers.arrays import Float64, Int32
from layers.data import Box
from layers.pipe_fields import SHAPE_FIELDS, Source
from layers.pipes import mapping_of
from layers.records import Layer
from layers.runs import starts

if TYPE_CHECKING:
    from layers.project import Project

TYPES = ("Point", "Line", "Area")
POINT, LINE, AREA = range(3)
#: The type of an object without geometry.
NOWHERE = "Object"
_KINDS = {wkb.POINT: POINT, wkb.LINE: LINE, wkb.POLYGON: AREA}


@dataclass(frozen=True)
class Shapes:
    """The shapes of a layer in the project's CRS.

    Corners make rings, rings make parts: the outer ring of an area and its holes, one line, or one
    point. Rings of areas do not repeat their first corner at the end.
    """

    corners: Float64  # (n, 3); z is NaN where the layer gives no height
    ring_start: NDArray[np.int64]  # (rings + 1,) first corner of each ring
    part_start: NDArray[np.int64]  # (parts + 1,) first ring of each part
    part_kind: NDArray[np.uint8]  # (parts,) POINT, LINE or AREA
    part_object: Int32  # (parts,) position of the object in its layer


def type_of_shape(shape: wkb.Shape | None) -> str:
    """What an object is called whose file does not say more than its geometry."""
    if shape is None:
        return NOWHERE
    empty = _KINDS.get(shape.code - 3 if shape.code > wkb.POLYGON else shape.code, AREA)
    return TYPES[max((_KINDS[code] for code in shape.part_codes), default=empty)]


def shapes(project: Project, layer: Layer) -> Shapes:
    """All shapes of a layer, in its order."""
    rings: list[Float64] = []
    ring_counts: list[int] = []
    kinds: list[int] = []
    objects: list[int] = []
    last = layer.first_fid + layer.object_count - 1
    for fid, blob in project.rows(
        "SELECT fid, geom FROM object WHERE fid BETWEEN ? AND ? AND geom IS NOT NULL ORDER BY fid",
        (layer.first_fid, last),
    ):
        data = wkb.from_blob(blob)
        shape = None if data is None else wkb.read(data)
        if shape is None:
            continue
        for part, code in zip(shape.parts, shape.part_codes, strict=True):
            kind = _KINDS[code]
            rings += map(_opened, part) if kind == AREA else part
            ring_counts.append(len(part))
            kinds.append(kind)
            objects.append(fid - layer.first_fid)
    corners = np.concatenate([np.empty((0, 3)), *rings])
    return Shapes(
        corners=_moved(project, layer, corners),
        ring_start=starts(np.array([len(ring) for ring in rings], np.int64)),
        part_start=starts(np.array(ring_counts, np.int64)),
        part_kind=np.array(kinds, np.uint8),
        part_object=np.array(objects, np.int32),
    )


def _opened(ring: Float64) -> Float64:
    """A ring without the corner that closes it."""
    return ring[:-1] if len(ring) > 1 and (ring[0, :2] == ring[-1, :2]).all() else ring


def _moved(project: Project, layer: Layer, corners: Float64) -> Float64:
    """Corners in the project's CRS; a height that is missing stays missing."""
    if not len(corners):
        return corners
    is_missing = np.isnan(corners[:, 2])
    there = project.mover(layer)(np.nan_to_num(corners, nan=0.0)).copy()
    there[is_missing, 2] = np.nan
    return there


def hides_pipes(layer: Layer, others: Iterable[Layer]) -> bool:
    """Whether areas, once filled, would lie over pipes that could be seen without them.

    Those are the pipes of the same source, as around the polygon of a dig, and where there is no terrain,
    which hides them anyway, all that the project has.
    """
    others = list(others)
    has_terrain = any(other.kind == "terrain" for other in others)
    return layer.kind == "vector" and any(
        other.kind == "pipes"
        and (not has_terrain or other.source_path == layer.source_path)
        and _overlap(layer.box, other.box)
        for other in others
    )


def _overlap(one: Box | None, other: Box | None) -> bool:
    """Whether two boxes share some place in plan."""
    if one is None or other is None:
        return False
    return all(one[axis] <= other[axis + 3] and other[axis] <= one[axis + 3] for axis in (0, 1))


def measures(project: Project, layer: Layer) -> dict[str, Float64]:
    """What the attributes say of each object in metres (floors as a number), NaN where they say nothing.

    One array in layer order for each of `SHAPE_FIELDS` that the layer's mapping names: how high to
    extrude, above which level, how wide a tree's crown is.
    """
    mapping = mapping_of(project, layer)
    found = {}
    for field in SHAPE_FIELDS:
        source = Source.parse(mapping.get(field.name))
        if field.is_number and source.alternatives:
            columns = {name: project.column(layer, name) for name, _ in source.alternatives}
            found[field.name] = _numbers(source, columns, layer.object_count)
    return found


def _numbers(source: Source, columns: Mapping[str, Sequence[object]], count: int) -> Float64:
    """The first of the source's values that is a number, for each object."""
    rows = ({name: values[row] for name, values in columns.items()} for row in range(count))
    return np.fromiter((source.length_m(row) for row in rows), np.float64, count)
