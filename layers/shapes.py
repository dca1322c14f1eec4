"""The shape of a city object as values of its own: geometries over vertices, as edits keep them.

A `Shape` is what CityJSON says of one object, with vertices that no other object shares and that are
coordinates in the CRS of the layer. Geometries that are not made of surfaces stay in the source: in the
list of an edited shape {"type": "Source", "place": 2} stands for the third one there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import orjson

from layers import wkb
from layers.arrays import Float64, Mesh
from layers.boxes import object_boxes
from layers.crs import is_geographic
from layers.errors import EditError
from layers.flatten import BadGeometry, Flattener, Geometry
from layers.footprint import footprints
from layers.points import LARGEST_COORDINATE
from layers.report import Report
from layers.stored import Mover

#: Stands in the list of geometries for one that is as it was in the source.
SOURCE = "Source"
#: Where the text of a shape says whose looks it has.
WEARS = "wears"
#: Outlines of these would be a net of triangles.
NO_OUTLINE = frozenset(("TINRelief",))

_GEOMETRY = msgspec.json.Decoder(Geometry)


@dataclass(frozen=True)
class Shape:
    """All geometries of one object; their boundaries number its vertices."""

    geometries: list[dict[str, Any]]
    vertices: Float64  # (n, 3) in the CRS of the layer
    #: The object whose looks it has (its fid), where that is not the one whose shape it is.
    wears: int | None = None

    def text(self) -> str:
        """The shape as JSON; coordinates keep every bit."""
        values: dict[str, Any] = {} if self.wears is None else {WEARS: self.wears}
        values |= {"geometry": self.geometries, "vertices": np.ascontiguousarray(self.vertices, np.float64)}
        return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY).decode()

    @classmethod
    def from_text(cls, text: str) -> Shape:
        """The shape that `text` gave."""
        values = orjson.loads(text)
        vertices = np.array(values["vertices"], np.float64).reshape(-1, 3)
        return cls(values["geometry"], vertices, values.get(WEARS))

    def moved(self, mover: Mover) -> Shape:
        """The same geometries over moved vertices."""
        return replace(self, vertices=mover(self.vertices) if len(self.vertices) else self.vertices)

    def into(self, flattener: Flattener, number: int, id: str, outlined: bool) -> None:
        """Give the surfaces to a flattener, as those of object `number`; each keeps its place in the list."""
        flattener.use_vertices(self.vertices)
        flattener.add(number, id, outlined, [_decoded(geometry) for geometry in self.geometries])


def _decoded(geometry: dict[str, Any]) -> Geometry | Exception:
    if geometry.get("type") == SOURCE:
        return Geometry(type="MultiPoint", lod=None, boundaries=msgspec.Raw(b"[]"))
    try:
        return _GEOMETRY.decode(orjson.dumps(geometry))
    except msgspec.MsgspecError as error:
        return BadGeometry(str(error))


@dataclass(frozen=True)
class Described:
    """What the project's rows say of a shape; None where there is nothing."""

    box: str | None  # in the project's CRS: minx, miny, minz, maxx, maxy, maxz as JSON
    geom: str | None  # GeoPackage blob of the footprint in the layer's CRS, hexadecimal
    lods: str
    surfaces: str


def mesh_of_shapes(
    shapes: Sequence[Shape], crs: str | None, outlined: Sequence[bool]
) -> tuple[Mesh, Flattener]:
    """Shapes as the triangles of objects 0, 1, …, in the layer's CRS, and what was counted on the way."""
    flattener = Flattener([], Report())
    if not all((np.abs(shape.vertices) < LARGEST_COORDINATE).all() for shape in shapes):
        raise EditError("A coordinate is beyond any place on Earth", allowed="below 100 000 000")
    for number, (shape, has_outline) in enumerate(zip(shapes, outlined, strict=True)):
        shape.into(flattener, number, str(number), has_outline)
    return flattener.mesh(is_geographic(crs)), flattener


def described(shapes: Sequence[Shape], crs: str | None, srs: int, mover: Mover) -> Iterator[Described]:
    """What the rows of objects with these shapes say."""
    mesh, flattener = mesh_of_shapes(shapes, crs, [True] * len(shapes))
    for warning in flattener.report.warnings:
        raise EditError("The geometry cannot be used", where=warning.object, found=warning.text)
    areas = footprints(mesh, len(shapes))
    moved = mover(mesh.vertices) if len(mesh.vertices) else mesh.vertices
    boxes = object_boxes(replace(mesh, vertices=moved), len(shapes))
    for number, (area, box) in enumerate(zip(areas, boxes, strict=True)):
        counts = flattener.object_surfaces.get(number, {})
        yield Described(
            orjson.dumps(box.tolist()).decode() if np.isfinite(box).all() else None,
            wkb.blob(area, srs, None).hex() if area else None,
            ",".join(sorted(flattener.object_lods.get(number, ()))),
            ",".join(f"{name}:{count}" for name, count in counts.items()),
        )


def rings_of(boundaries: Any, depth: int) -> Iterator[list[list[int]]]:
    """The polygons of a geometry whose lists lie `depth` levels above them: each a list of rings."""
    if depth == 0:
        yield from boundaries
    else:
        for part in boundaries:
            yield from rings_of(part, depth - 1)


def renumbered(boundaries: Any, numbers: Sequence[int] | Mapping[int, int]) -> Any:
    """Boundaries with other numbers in place of their own."""
    if isinstance(boundaries, list):
        return [renumbered(part, numbers) for part in boundaries]
    return numbers[boundaries]
