"""Outlines of what a report is about, for its maps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from app.reportmarks import built
from layers.arrays import Float64
from layers.errors import CitystrataError
from layers.footprint import plan_of
from layers.project import Project
from layers.results import Result
from layers.runs import Int64
from viewer.camera import Camera

#: Of more objects outlines would hide the map.
MOST_OUTLINED, MOST_NAMED = 60, 3
#: Of more areas, such as all streets, they would hide the raster on them.
MOST_ON_RASTER = 12
#: Why something is outlined: it was asked about, it is new, or it is a field of view.
ASKED, NEW, FRAME = "what was asked about", "stands in the state after only", "field of view"


@dataclass(frozen=True, eq=False)
class Outline:
    """Rings of one object, its name where there is room for names, and why it is outlined."""

    name: str
    rings: tuple[Float64, ...]  # (n, 2) in pixels of a picture, or (n, 3) in the world
    role: str  # ASKED, NEW or FRAME


def outlines_of(project: Project, result: Result) -> list[Outline]:
    """The outlines, in the world, of the objects that a result has surfaces or shadows of."""
    if len(result.surfaces):
        fids = np.unique(result.surfaces.columns["fid"])
    elif "caster_fid" in result.shapes.columns:
        fids = np.unique(result.shapes.columns["caster_fid"])
    else:
        return []
    fids = fids[fids >= 0]
    if result.grid is not None and len(fids) > MOST_ON_RASTER:
        fids = built(result)
    return outlines_around(project, result, fids)


def outlines_around(project: Project, result: Result, fids: Int64, role: str = ASKED) -> list[Outline]:
    """The outlines of some objects, as high in the world as what a result speaks of; none of many."""
    if len(fids) > MOST_OUTLINED:
        return []
    height = float(np.median(result.points.numbers("z"))) if len(result.points) else 0.0
    return [
        found
        for fid in fids.tolist()
        if (found := _outline(project, int(fid), height, role, with_name=len(fids) <= MOST_NAMED)) is not None
    ]


def _outline(project: Project, fid: int, height: float, role: str, with_name: bool) -> Outline | None:
    from shapely import get_parts, union_all

    try:
        item = project.object(fid)
    except CitystrataError:  # it is no longer there
        return None
    flat = plan_of(project, item)
    if flat is None:
        return None
    whole = union_all([part.buffer(1e-6) for part in get_parts(flat)])
    rings = []
    for part in get_parts(whole):
        if part.geom_type == "Polygon":
            corners = np.asarray(part.exterior.coords)[:, :2]
            rings.append(np.column_stack((corners, np.full(len(corners), height))))
    name = str(item.attributes.get("name") or item.id) if with_name else ""
    return Outline(name, tuple(rings), role) if rings else None


def in_picture(outline: Outline, camera: Camera, size: tuple[int, int]) -> Outline:
    """The same outline in pixels of a picture that a camera takes."""
    return replace(outline, rings=tuple(camera.project(ring, *size)[:, :2] for ring in outline.rings))
