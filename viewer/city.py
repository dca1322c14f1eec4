"""City objects as pixels: by LoD and semantic surface, coloured by type, surface or attribute."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Mesh, UInt8
from layers.records import Layer
from viewer.color import Classes, LegendEntry, classify
from viewer.columns import NO_OBJECT
from viewer.edges import Outlines, outlines_of
from viewer.faces import Faces, Index, Mask, boxes_of_cells, grouped, outer_boxes
from viewer.light import DAY, foot_shade
from viewer.palette import EARTH, hex_color, object_color, rgb, surface_color
from viewer.patch import LINES, POINTS, Patch
from viewer.picking import Surface
from viewer.tiles import TiledView
from viewer.view import ATTRIBUTE, Source

#: More outlines than this are left away: they cost frames, and would only be a grey haze.
MOST_EDGES = 150_000
#: Layers with more than this do not look which of them are hidden, or in one plane.
MOST_OUTLINES = 600_000
WALL_STEEPNESS = 0.6  # |z| of a normal below which a polygon counts as a wall
#: Their many small faces look better without outlines.
PLANTS = frozenset(("SolitaryVegetationObject", "PlantCover"))
WIRE = "#6e6a64"


class CityView(TiledView):
    """A layer of city objects."""

    def __init__(self, source: Source, mesh: Mesh) -> None:
        self._mesh = mesh
        super().__init__(source, _faces(mesh, source.most_tiles), _outlines(mesh, source))
        self._object_type, self._type_names = source.columns.codes("type")
        if source.left_out:
            self.boxes = self._boxes_without(source.left_out)
        self._normals = np.asarray(mesh.surface_normal)
        self._light = DAY.on(self._normals)
        self._foot = self._foot_shade()
        self._geometry_lod = np.asarray(mesh.geometry_lod)
        self._best = self._best_geometries()
        self._classes: Classes | None = None
        self._base = self._base_colors()
        self._wires = _wires(mesh, source)
        self.begin()

    def _boxes_without(self, types: frozenset[str]) -> Float64:
        """What the camera frames: not the objects that another layer shows."""
        faces = self._faces
        out = np.array([name in types for name in self._type_names], bool)
        kept = ~out[self._object_type][faces.part_object]
        return outer_boxes(boxes_of_cells(faces.vertices[np.repeat(kept, np.diff(faces.part_vertex))]))

    def patches(self) -> Iterator[Patch]:
        """The tiles, and the lines and points of objects that have no surfaces."""
        yield from self._wires
        yield from super().patches()

    # -- which polygons ------------------------------------------------------------------------

    def allowed_parts(self) -> Mask:
        """Polygons of the wanted LoD whose object and surface types are not hidden."""
        mesh, lod = self._mesh, self.layer.lod
        wanted = self._geometry_lod == mesh.lod_names.index(lod) if lod in mesh.lod_names else self._best
        hidden = set(self.layer.style.get("hidden_types", ())) | self._source.left_out
        allowed: Mask = wanted[mesh.surface_geometry]
        if hidden:
            surfaces = np.array([name in hidden for name in mesh.type_names])
            objects = np.array([name in hidden for name in self._type_names], bool)
            allowed &= ~surfaces[mesh.surface_type] & ~objects[self._object_type][self._faces.part_object]
        return allowed

    def is_open(self) -> bool:
        """One can look into buildings where a type of surface is hidden."""
        return not set(self._mesh.type_names).isdisjoint(self.layer.style.get("hidden_types", ()))

    def _best_geometries(self) -> Mask:
        """The highest LoD of every object; a building gives way to parts that are more detailed."""
        mesh, parents = self._mesh, self._source.columns.parents
        rank = np.argsort(np.argsort([_lod_number(name) for name in mesh.lod_names], kind="stable"))
        lod = rank[self._geometry_lod] if len(rank) else self._geometry_lod
        best = np.full(self._source.columns.count + 1, -1)  # the last one stands for "no parent"
        np.maximum.at(best, mesh.geometry_object, lod)
        below = best.copy()  # the most detailed of an object and all its parts
        for _ in range(8):
            before = below.copy()
            np.maximum.at(below, parents, before[:-1])
            below[NO_OBJECT] = -1
            if (below == before).all():
                break
        mine: Mask = (lod == best[mesh.geometry_object]) & (best >= below)[mesh.geometry_object]
        return mine

    # -- colours ---------------------------------------------------------------------------------

    def vertex_colors(self, parts: Index, vertices: Index) -> UInt8:
        """Own colours under the light of the day, darker towards the feet of walls."""
        counts = self._faces.part_vertex[parts + 1] - self._faces.part_vertex[parts]
        lit = np.repeat(self.part_colors(parts), counts, axis=0)
        lit *= self._foot[vertices, None]
        return np.minimum(lit, 255, out=lit).astype(np.uint8)

    def part_colors(self, parts: Index) -> NDArray[np.float32]:
        """One lit colour per polygon."""
        colors: NDArray[np.float32] = np.minimum(self._base[parts] * self._light[parts], 255)
        return colors

    def _foot_shade(self) -> NDArray[np.float32]:
        mesh = self._mesh
        is_wall = np.abs(self._normals[:, 2]) < WALL_STEEPNESS
        counts = np.diff(self._faces.part_vertex)
        if not len(counts):
            return np.ones(len(mesh.vertices), np.float32)
        height = (mesh.vertices[:, 2] - mesh.vertices[0, 2]).astype(np.float32)
        lowest = np.minimum.reduceat(height, self._faces.part_vertex[:-1])
        base = np.full(len(mesh.geometry_object), np.inf, np.float32)
        np.minimum.at(base, mesh.surface_geometry, lowest)
        height -= np.repeat(base[mesh.surface_geometry], counts)
        return np.where(np.repeat(is_wall, counts), foot_shade(height), np.float32(1))

    @property
    def color_by(self) -> str:
        """What the layer is coloured by, settled where the style leaves it open."""
        chosen = str(self.layer.style.get("color_by", ""))
        return chosen or ("surface" if len(self._mesh.type_names) > 1 else "type")

    def _base_colors(self) -> NDArray[np.float32]:
        """The own colour of every polygon."""
        style, objects = self.layer.style, self._faces.part_object
        way = self.color_by
        self._classes = None
        if way == "plain":
            return np.tile(rgb(str(style.get("color", "#d8cfc0"))), (len(objects), 1)).astype(np.float32)
        if way.startswith(ATTRIBUTE):
            values = self._source.columns.inherited(way.removeprefix(ATTRIBUTE))
            self._classes = classify(
                values,
                str(style.get("method", "")),
                int(style.get("classes", 6)),
                str(style.get("color_map", "")),
            )
            return self._classes.colors.astype(np.float32)[self._classes.codes[objects]]
        colors = self._type_colors().astype(np.float32)[self._object_type[objects]]
        if way == "surface":
            surface = self._mesh.surface_type
            known = surface > 0
            table = np.array([rgb(surface_color(name)) for name in self._mesh.type_names], np.float32)
            colors[known] = table[surface[known]]
            plain = ~known & self._is_building()[self._object_type[objects]]
            colors[plain] = self._guessed_surfaces()[plain]
        return colors

    def _type_colors(self) -> UInt8:
        names = self._type_names or [""]
        return np.array([rgb(object_color(name)) for name in names], np.uint8)

    def _is_building(self) -> Mask:
        return np.array([name.startswith("Building") for name in self._type_names] or [False])

    def _guessed_surfaces(self) -> NDArray[np.float32]:
        """Colours of buildings without semantics: what looks up is roof, what stands is wall."""
        names = ("GroundSurface", "WallSurface", "RoofSurface")
        table = np.array([rgb(surface_color(name)) for name in names], np.float32)
        kind = 1 + (self._normals[:, 2] > 0.35).astype(int) - (self._normals[:, 2] < -0.7)
        colors: NDArray[np.float32] = table[kind]
        return colors

    def style_changed(self, before: Layer) -> None:
        """Colours follow the style."""
        self._base = self._base_colors()

    def refresh(self, keys: frozenset[str]) -> None:
        """Recolour when the layer is coloured by a value that changed."""
        self._source.columns.forget(keys)
        way = self.color_by
        if way.startswith(ATTRIBUTE) and way.removeprefix(ATTRIBUTE) in keys:
            self._base = self._base_colors()
            self._fade()

    def draws_edges(self) -> bool:
        """Outlines, unless there are too many to help."""
        count = len(self._edges.edges)
        if not self.layer.style.get("edges", True) or count > MOST_OUTLINES:
            return False
        parts = np.flatnonzero(self._visible)
        return count <= MOST_EDGES or self._edges.count(self._faces.part_vertex, parts) <= MOST_EDGES

    # -- what it means -----------------------------------------------------------------------------

    def legend(self) -> list[LegendEntry]:
        """Classes with the number of objects, or of surfaces, that are drawn in each."""
        way, layer = self.color_by, self.layer
        objects = np.unique(self._faces.part_object[self._visible])
        if self._classes is not None:
            return self._classes.legend(layer.id, way.removeprefix(ATTRIBUTE), objects)
        if way == "plain":
            color = str(layer.style.get("color", "#d8cfc0"))
            return [LegendEntry(layer.name, color, len(objects), layer=layer.id, heading=layer.name)]
        if way == "surface":
            entries = self._surface_legend()
            if entries:
                return entries
        counts = np.bincount(self._object_type[objects], minlength=len(self._type_names))
        colors = self._type_colors()
        rows = [
            LegendEntry(name, hex_color(colors[i]), int(counts[i]), "objects", layer.id, "City objects")
            for i, name in enumerate(self._type_names)
            if counts[i]
        ]
        return sorted(rows, key=lambda row: -row.count)

    def _surface_legend(self) -> list[LegendEntry]:
        names = self._mesh.type_names
        counts = np.bincount(self._mesh.surface_type[self._visible], minlength=len(names))
        rows = [
            LegendEntry(name, surface_color(name), int(counts[i]), "surfaces", self.layer.id, "Surfaces")
            for i, name in enumerate(names)
            if i and counts[i]
        ]
        return sorted(rows, key=lambda row: -row.count)

    def surface_of(self, part: int) -> Surface:
        """The polygon's semantic type and where it is in its object."""
        mesh = self._mesh
        return Surface(
            mesh.type_names[mesh.surface_type[part]],
            int(mesh.geometry_index[mesh.surface_geometry[part]]),
            int(mesh.surface_index[part]),
        )

    def _corners(self, part: int, triangle: int) -> Float64:
        """Source vertices that a click here may have meant: those of the polygon."""
        first, last = self._faces.part_vertex[part], self._faces.part_vertex[part + 1]
        return np.asarray(self._faces.vertices[first:last])


def _faces(mesh: Mesh, most_tiles: int) -> Faces:
    return grouped(
        np.asarray(mesh.vertices),
        np.asarray(mesh.triangles),
        np.asarray(mesh.triangle_surface),
        np.asarray(mesh.surface_start).astype(np.int64),
        np.asarray(mesh.surface_object),
        np.asarray(mesh.surface_geometry),
        most_tiles,
    )


def _outlines(mesh: Mesh, source: Source) -> Outlines:
    is_plant = np.array([name in PLANTS for name in source.columns.values("type")], bool)
    return outlines_of(mesh, is_plant, MOST_OUTLINES)


def _wires(mesh: Mesh, source: Source) -> list[Patch]:
    if not len(mesh.points):
        return []
    lines, dots = Patch(LINES, width=2.0), Patch(POINTS, width=5.0)
    lines.paint(rgb(WIRE))
    dots.paint(rgb(EARTH))
    loose = np.setdiff1d(np.arange(len(mesh.points)), mesh.lines.ravel())
    lines.fill(mesh.points, source.origin, np.asarray(mesh.lines), None)
    dots.fill(mesh.points, source.origin, loose[:, None].astype(np.int32), None)
    return [lines, dots]


def _lod_number(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return -1.0
