"""Layers out of an assembly of triangles: a scan, a cloud, or city objects, where the file says they lie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from layers.arrays import Cloud, Scan
from layers.crs import parse_crs
from layers.data import Box, LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import is_near_zero
from layers.meshes.beside import Beside
from layers.meshes.city import city_of
from layers.meshes.parts import Assembly, Part, joined
from layers.moving import way
from layers.place import EARTH_RADIUS_M
from layers.points import box_of, possible
from layers.report import Report
from layers.stored import Mover
from layers.tin import with_terrain

KINDS = ("heritage", "city", "points")
#: Geocentric coordinates, and what they become: longitude, latitude, height above the ellipsoid.
GEOCENTRIC, ELLIPSOIDAL = "EPSG:4978", "EPSG:4979"


@dataclass(frozen=True)
class Ground:
    """Where an assembly lies: its CRS as far as it is said, and what moves its coordinates there."""

    crs: str | None
    move: Mover | None = None
    in_degrees: bool = False
    local: bool = False


def layers_of(
    assembly: Assembly,
    name: str,
    options: ReadOptions,
    facts: Mapping[str, object],
    beside: Beside | None = None,
) -> list[LayerData]:
    """The layers of an assembly: its triangles as the person or the file wants them, and its points."""
    box = _box(assembly)
    if box is None:
        raise ReadError("There is nothing in this mesh that can be drawn", where=name, found=_why(assembly))
    said = beside or Beside()
    ground = _ground(box, options.crs or said.crs, said)
    for sentence in said.notes:
        assembly.report.warn("offset", "", sentence)
    has_city = assembly.has_features if options.kind is None else options.kind == "city"
    options.progress(0.6, "Putting surfaces together")
    layers = []
    # Who asks for points gets them alone: their layer is made again without the meshes beside them.
    has_shapes = assembly.parts or assembly.lines or (has_city and assembly.things)
    if has_shapes and not (options.kind == "points" and assembly.points):
        make = _city if has_city else _scan
        layers += with_terrain(make(assembly, name, ground, facts))
    if assembly.points:
        beside_shapes = bool(layers)
        layers.append(_cloud(assembly, f"{name} points" if beside_shapes else name, ground, options, facts))
        if beside_shapes:
            layers[-1].report = Report(read=1)
    return layers


def _box(assembly: Assembly) -> Box | None:
    """The box around everything, in the file's own coordinates."""
    all_points = [
        *(part.vertices[np.unique(part.triangles)] for part in assembly.parts),
        *(cloud.points for cloud in assembly.points),
        *assembly.lines,
    ]
    boxes = [box for points in all_points if (box := box_of(points[possible(points)])) is not None]
    if not boxes:
        return None
    table = np.array(boxes)
    low, high = table[:, :3].min(axis=0).tolist(), table[:, 3:].max(axis=0).tolist()
    return (*low, *high)


def _why(assembly: Assembly) -> str:
    """The first reason why something was not drawn."""
    return next((warning.text for warning in assembly.report.warnings), "no triangles and no points")


def _ground(box: Box, crs: str | None, beside: Beside) -> Ground:
    """Where coordinates in a box lie; numbers of the size of the Earth are geocentric."""
    centre = [(box[axis] + box[axis + 3]) / 2 for axis in range(3)]
    if crs is None and EARTH_RADIUS_M[0] < math.hypot(*centre) < EARTH_RADIUS_M[1]:
        crs = GEOCENTRIC
    if crs is not None and parse_crs(crs).is_geocentric:
        return Ground(ELLIPSOIDAL, _shifted(beside, way(crs, ELLIPSOIDAL).move), in_degrees=True)
    moved = _shifted(beside, None)
    in_degrees = crs is not None and parse_crs(crs).is_geographic
    local = crs is None and moved is None and is_near_zero(box)
    return Ground(crs, moved, in_degrees, local)


def _shifted(beside: Beside, move: Mover | None) -> Mover | None:
    """A mover behind the shift that stands beside the file."""
    if beside.shift is None:
        return move
    shift = np.array(beside.shift)
    return (lambda points: points + shift) if move is None else lambda points: move(points + shift)


def _around(
    assembly: Assembly, name: str, kind: str, ground: Ground, facts: Mapping[str, object]
) -> LayerData:
    return LayerData(
        name, kind, ground.crs, assembly.report, linked=True, facts={**facts, "local": ground.local}
    )


def _city(assembly: Assembly, name: str, ground: Ground, facts: Mapping[str, object]) -> LayerData:
    layer = _around(assembly, name, "city", ground, facts)
    layer.features, mesh = city_of(assembly, name, ground.move, ground.in_degrees)
    layer.drawable, layer.looks = mesh, assembly.looks
    layer.box = box_of(np.concatenate((mesh.vertices, mesh.points)))
    assembly.report.read = len(layer.features)
    return layer


def _scan(assembly: Assembly, name: str, ground: Ground, facts: Mapping[str, object]) -> LayerData:
    """Everything as one scanned mesh; colours and images as they are."""
    layer = _around(assembly, name, "heritage", ground, facts)
    if assembly.lines:
        assembly.report.warn(
            "lines", "", f"{len(assembly.lines):,} lines are not drawn in a scan", "unsupported"
        )
    whole = _possible(joined(assembly.parts), assembly)
    vertices = whole.vertices if ground.move is None else ground.move(whole.vertices)
    has_looks = bool(assembly.looks)
    layer.drawable = Scan(
        vertices,
        whole.triangles.astype(np.int32),
        whole.rgb,
        whole.uv if has_looks else None,
        whole.looks if has_looks else None,
    )
    layer.looks = assembly.looks
    layer.box = box_of(vertices)
    layer.facts |= {
        "points": len(vertices),
        "triangles": len(whole.triangles),
        "coloured": whole.rgb is not None or has_looks,
    }
    assembly.report.read = max(assembly.report.read, 1)
    return layer


def _possible(part: Part, assembly: Assembly) -> Part:
    """The part without vertices that are nowhere; no triangle names them any more."""
    good = possible(part.vertices)
    if good.all():
        return part
    assembly.report.warn(
        "impossible_points", "", f"{int((~good).sum()):,} points have impossible coordinates"
    )
    return replace(
        part,
        vertices=part.vertices[good],
        triangles=(np.cumsum(good) - 1)[part.triangles],
        rgb=None if part.rgb is None else part.rgb[good],
        uv=None if part.uv is None else part.uv[good],
    )


def _cloud(
    assembly: Assembly, name: str, ground: Ground, options: ReadOptions, facts: Mapping[str, object]
) -> LayerData:
    """All points as one cloud."""
    kind = "heritage" if options.kind == "heritage" else "points"
    layer = _around(assembly, name, kind, ground, facts)
    points = np.concatenate([cloud.points for cloud in assembly.points])
    rgb = None
    if all(cloud.rgb is not None for cloud in assembly.points):
        rgb = np.concatenate([cloud.rgb for cloud in assembly.points if cloud.rgb is not None])
    good = possible(points)
    if not good.all():
        assembly.report.warn(
            "impossible_points", "", f"{int((~good).sum()):,} points have impossible coordinates"
        )
    places = points[good] if ground.move is None else ground.move(points[good])
    layer.points = Cloud(places, None if rgb is None else rgb[good])
    layer.box = box_of(places)
    layer.facts |= {"points": len(places), "coloured": rgb is not None}
    assembly.report.read = max(assembly.report.read, 1)
    return layer
