"""CityJSON geometry objects to flat arrays, and those to a `Mesh`.

The boundaries of many geometries are taken as text and become one list of corners with ring
lengths, rings per polygon and polygons per geometry; everything after that is arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Float64, Int32, Mesh
from layers.batching import BadGeometry as BadGeometry
from layers.batching import Batch, Entry, Part, flat_part, placed
from layers.polygons import mesh_of
from layers.report import Report
from layers.semantics import Meant, Surfaces, SurfaceTypes
from layers.vertexfile import VertexFile
from layers.wearing import THEMES, WRAP_RINGS, Appearance, Wardrobe, Worn

#: Text of boundaries that is taken at once: what the arrays need stays in the processor's cache.
BATCH_BYTES = 1 << 19

#: How many list levels lie above the polygons of each geometry type.
DEPTH = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}
MALFORMED = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError)
#: A member that is not there (Raw cannot be combined with None in a decoder).
ABSENT = msgspec.Raw()


def fault_of(error: Exception) -> str:
    """What is wrong with a geometry that raised one of MALFORMED."""
    return str(error) if isinstance(error, BadGeometry) else "its lists are not as CityJSON nests them"


class Semantics(msgspec.Struct, gc=False):
    """The semantic surfaces of a geometry, and which polygon is of which."""

    surfaces: msgspec.Raw = ABSENT
    values: msgspec.Raw = ABSENT


class Geometry(msgspec.Struct, gc=False):
    """One CityJSON geometry, its lists still text."""

    type: str = ""
    lod: str | int | float | None = ""
    boundaries: msgspec.Raw = ABSENT
    semantics: Semantics | None = None
    material: msgspec.Raw = ABSENT
    texture: msgspec.Raw = ABSENT
    template: int = -1
    matrix: list[float] | None = msgspec.field(default=None, name="transformationMatrix")


@dataclass(frozen=True)
class Template:
    """One geometry template, and the coordinates that all templates share."""

    geometry: Geometry
    vertices: Float64
    appearance: Appearance | None = None


@dataclass
class Flattener:
    """Takes geometries object by object and gives one mesh."""

    templates: Sequence[Template]
    report: Report
    lod_names: dict[str, int] = field(default_factory=dict)
    object_surfaces: dict[int, dict[str, int]] = field(default_factory=dict)
    object_lods: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wardrobe = Wardrobe()
        self._appearance: Appearance | None = None
        self._types = SurfaceTypes()
        self._blocks: list[Float64 | VertexFile] = []
        self._block: Float64 | VertexFile = np.empty((0, 3))
        self._base = self._vertex_count = 0
        self._ids: dict[int, str] = {}
        self._batch = Batch()
        self._parts: list[Part] = []
        self._points: list[Float64] = []
        self._point_count = 0
        self._lines: list[NDArray[np.int64]] = []

    def use_vertices(self, vertices: Float64 | VertexFile) -> None:
        """From now on vertex numbers mean these; each feature of a sequence has its own."""
        self._block = vertices
        self._base = self._take_block(vertices)

    def use_appearance(self, appearance: Appearance | None) -> None:
        """From now on materials and textures mean these."""
        self._appearance = appearance

    def _take_block(self, vertices: Float64 | VertexFile) -> int:
        base = self._vertex_count
        self._blocks.append(vertices)
        self._vertex_count += len(vertices)
        return base

    def add(self, number: int, id: str, outlined: bool, geometries: Sequence[Geometry | Exception]) -> None:
        """Take the geometries of object `number`; an error stands for one that could not be decoded."""
        self._ids[number] = id
        for place, geometry in enumerate(geometries):
            try:
                if isinstance(geometry, Exception):
                    raise geometry
                self._add(number, outlined, place, geometry)
            except MALFORMED as error:
                self._refuse(number, place, error)
        if self._batch.size >= BATCH_BYTES:
            self._flush()

    def _refuse(self, number: int, place: int, error: Exception) -> None:
        id = self._ids[number]
        self.report.warn(
            "bad_geometry",
            id,
            f"Geometry {place + 1} of {id!r} is kept but cannot be drawn: {fault_of(error)}.",
            "unsupported",
        )

    def _add(self, number: int, outlined: bool, place: int, geometry: Geometry) -> None:
        if geometry.type in DEPTH:
            limit = len(self._block)
            self._add_surfaces(number, outlined, place, geometry, self._base, limit, self._appearance)
        elif geometry.type == "GeometryInstance":
            self._add_instance(number, outlined, place, geometry)
        elif geometry.type in ("MultiPoint", "MultiLineString"):
            self._add_points(number, geometry)
        else:
            raise BadGeometry(f"geometry type {geometry.type!r} is not one of CityJSON's")

    def _lod(self, number: int, geometry: Geometry) -> int:
        name = "" if geometry.lod is None else str(geometry.lod)
        if name:
            known = self.object_lods.get(number, ())
            if name not in known:
                self.object_lods[number] = (*known, name)
        return self.lod_names.setdefault(name, len(self.lod_names))

    def _add_surfaces(
        self,
        number: int,
        outlined: bool,
        place: int,
        geometry: Geometry,
        base: int,
        limit: int,
        appearance: Appearance | None,
    ) -> None:
        depth = DEPTH[geometry.type]
        boundaries = bytes(geometry.boundaries)
        if not boundaries:
            raise BadGeometry("it has no boundaries")
        batch = self._batch
        semantics = geometry.semantics
        if semantics is not None:
            surfaces, values = self._surfaces(number, semantics), bytes(semantics.values)
            if surfaces.codes and values not in (b"", b"null"):
                batch.meant.append(Meant(len(batch.entries), depth, surfaces, values, boundaries))
        if appearance is not None:
            self._wear(number, geometry, appearance, boundaries)
        lod = self._lod(number, geometry)
        batch.entries.append(Entry(number, lod, place, base, limit, outlined))
        batch.texts.append(WRAP_RINGS[depth] % boundaries)
        batch.size += len(boundaries)

    def _wear(self, number: int, geometry: Geometry, appearance: Appearance, boundaries: bytes) -> None:
        """Note what the next geometry of the batch wears."""
        batch, depth = self._batch, DEPTH[geometry.type]
        kinds: tuple[tuple[Literal["material", "texture"], msgspec.Raw], ...]
        kinds = (("texture", geometry.texture), ("material", geometry.material))
        for kind, raw in kinds:
            if not len(memoryview(raw)):
                continue
            try:
                themes = THEMES.decode(raw) or {}
            except (msgspec.MsgspecError, UnicodeDecodeError):
                self._dress_unusable(number)
                continue
            for theme, said in themes.items():
                values = bytes(said.values)
                if said.value is not None or values not in (b"", b"null"):
                    at = len(batch.entries)
                    worn = Worn(at, depth, kind, theme, said.value, values, boundaries, appearance)
                    batch.worn.append(worn)
                    batch.size += len(values)

    def _dress_unusable(self, number: int) -> None:
        id = self._ids[number]
        self.report.warn(
            "appearance_array",
            id,
            f"Materials or textures of {id!r} do not match its surfaces; they are kept but not all shown.",
        )

    def _surfaces(self, number: int, semantics: Semantics) -> Surfaces:
        """The semantic surfaces of a geometry, counted for its object."""
        try:
            found = self._types.surfaces(bytes(semantics.surfaces) or b"[]")
        except MALFORMED:
            self._semantics_unusable(number)
            return Surfaces([], {})
        mine = self.object_surfaces.get(number)
        if mine is None:
            self.object_surfaces[number] = found.counts
        else:
            names = dict.fromkeys((*mine, *found.counts))
            self.object_surfaces[number] = {n: mine.get(n, 0) + found.counts.get(n, 0) for n in names}
        return found

    def _semantics_unusable(self, number: int) -> None:
        id = self._ids[number]
        self.report.warn(
            "semantics_array",
            id,
            f"The semantics of {id!r} do not match its surfaces; they are kept but not shown.",
        )

    def _add_instance(self, number: int, outlined: bool, place: int, geometry: Geometry) -> None:
        which = geometry.template
        if not 0 <= which < len(self.templates):
            raise BadGeometry(f"it asks for template {which} of {len(self.templates)}")
        template = self.templates[which]
        if template.geometry.type not in DEPTH:
            raise BadGeometry(f"its template is a {template.geometry.type}")
        (anchor,) = self._vertices_at(orjson.loads(bytes(geometry.boundaries)))
        matrix = np.eye(4).ravel() if geometry.matrix is None else np.array(geometry.matrix, np.float64)
        if matrix.shape != (16,) or not np.isfinite(matrix).all():
            raise BadGeometry("its transformation matrix is not 16 numbers")
        matrix = matrix.reshape(4, 4)
        placed = template.vertices @ matrix[:3, :3].T + matrix[:3, 3] + anchor
        base = self._take_block(placed)
        worn = template.appearance
        self._add_surfaces(number, outlined, place, template.geometry, base, len(placed), worn)

    def _vertices_at(self, numbers: list[int]) -> Float64:
        at = np.array(numbers)
        there = len(self._block)
        if (
            at.ndim != 1
            or at.dtype.kind not in "iu"
            or (len(at) and not (0 <= at.min() and at.max() < there))
        ):
            raise BadGeometry(f"vertices {str(numbers)[:60]} are not all of the {there} there are")
        found: Float64 = self._block[at]
        return found

    def _add_points(self, number: int, geometry: Geometry) -> None:
        if geometry.semantics is not None:
            self._surfaces(number, geometry.semantics)
        lines = orjson.loads(bytes(geometry.boundaries))
        if geometry.type == "MultiPoint":
            lines = [[point] for point in lines]
        found = [self._vertices_at(line) for line in lines if line]
        self._lod(number, geometry)
        for line in found:
            at = self._point_count + np.arange(len(line))
            self._lines.append(np.stack((at[:-1], at[1:]), axis=-1))
            self._points.append(line)
            self._point_count += len(line)

    def _flush(self) -> None:
        """Turn the collected texts into arrays."""
        batch, self._batch = self._batch, Batch()
        if batch.entries:
            self._take(batch)

    def _take(self, batch: Batch) -> None:
        try:
            part, unusable = flat_part(batch, self.wardrobe)
        except BadGeometry as error:
            if len(batch.entries) == 1:
                self._refuse(batch.entries[0].object, batch.entries[0].place, error)
                return
            for half in batch.halves():
                self._take(half)
            return
        self._parts.append(part)
        for position in unusable:
            self._semantics_unusable(batch.entries[position].object)
        for position in part.dress.unusable if part.dress else ():
            self._dress_unusable(batch.entries[position].object)

    def mesh(self, in_degrees: bool = False) -> Mesh:
        """All that was added, as triangles; `in_degrees` when x and y are longitude and latitude."""
        self._flush()
        parts, self._parts = self._parts, []
        vertices = self._all_vertices([part.corners for part in parts])
        places = np.empty((sum(len(part.corners) for part in parts), 3))
        batches, first = [], 0
        for part in parts:
            end = first + len(part.corners)
            corners = np.take(vertices, part.corners, axis=0, out=places[first:end])
            batches.append(placed(part, corners, len(self.wardrobe.themes)))
            first = end
        del vertices
        points = np.concatenate([np.empty((0, 3)), *self._points])
        lines = np.concatenate([np.empty((0, 2), np.int32), *(line.astype(np.int32) for line in self._lines)])
        return mesh_of(batches, tuple(self._types.names), tuple(self.lod_names), points, lines, in_degrees)

    def _all_vertices(self, corners: Sequence[Int32]) -> Float64:
        """The vertices that corners name; where they lie in a file, only those, and the corners follow."""
        blocks, self._blocks, self._block = self._blocks, [], np.empty((0, 3))
        first = blocks[0] if blocks else None
        others = [block for block in blocks if not isinstance(block, VertexFile)]
        if isinstance(first, VertexFile):
            others.insert(0, first.gathered(corners))
        return np.concatenate([np.empty((0, 3)), *others])
