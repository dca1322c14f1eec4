"""Plain arrays that layers hand to the viewer and to analyses: meshes, rasters, clouds.

All coordinates are float64 world coordinates in the CRS their owner states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from layers.album import Illustrated
from layers.copctree import CopcTree
from layers.images import ImagePyramid as ImagePyramid
from layers.octree import Cloud as Cloud
from layers.octree import PointTree as PointTree
from layers.stored import Float64 as Float64
from layers.stored import Int32 as Int32
from layers.stored import Mover as Mover
from layers.stored import Stored as Stored
from layers.stored import UInt8 as UInt8
from layers.stored import UInt16 as UInt16
from layers.stored import let_go
from layers.terrain import TerrainPyramid as TerrainPyramid


@dataclass(frozen=True)
class Mesh(Stored):
    """Triangles of city objects, one block of vertices per polygon so that shading is flat.

        object ──< geometry (one LoD) ──< surface (one polygon) ──< vertices, triangles

    `surface_*` have one entry per polygon, `geometry_*` one per geometry. Vertices of a
    polygon are consecutive; so are the polygons of a geometry and the geometries of an object.
    """

    vertices: Float64  # (n, 3) world
    triangles: Int32  # (m, 3) into vertices
    triangle_surface: Int32  # (m,) polygon of each triangle
    surface_start: Int32  # (s + 1,) first vertex of each polygon
    surface_normal: NDArray[np.float32]  # (s, 3) unit, (0, 0, 0) where degenerate
    surface_type: Int32  # (s,) into type_names, 0 = none
    surface_index: Int32  # (s,) position of the polygon in its geometry
    surface_geometry: Int32  # (s,) into geometry_*
    geometry_object: Int32  # (g,) position of the object in its layer
    geometry_lod: Int32  # (g,) into lod_names
    geometry_index: Int32  # (g,) position in the object's geometry list
    outlined: NDArray[np.bool_]  # (s,) whether outlines of the polygon may be drawn (not those of a TIN)
    ring_end: NDArray[np.bool_]  # (n,) the last vertex of its ring, from which it closes
    type_names: tuple[str, ...]  # semantic surface types, [0] == ""
    lod_names: tuple[str, ...]  # "0", "1.2", "2.2", … sorted
    points: Float64  # (p, 3) of MultiPoint and of lines, world
    lines: Int32  # (l, 2) of MultiLineString, into points
    # Of t themes, the first of which is drawn unless another is asked for; None: no polygon has a look.
    surface_look: Int32 | None = None  # (s, t) into the layer's looks, -1 = none
    vertex_uv: NDArray[np.float32] | None = None  # (n, t, 2) place in the image, NaN where there is none
    surface_tone: UInt8 | None = None  # (s, t, 3) mean colour of each polygon that has a look

    @property
    def surface_object(self) -> Int32:
        """(s,) position in the layer of the object each polygon belongs to."""
        found: Int32 = self.geometry_object[self.surface_geometry]
        return found


@dataclass(frozen=True)
class CityTiles(Illustrated):
    """The city objects of a layer as they are drawn and picked, in the order of a quadtree.

        entry (object with surfaces) ──< geometry (one LoD) ──< surface (polygon) ──< vertices, triangles

    Entries are sorted by the Morton key of the middle of their boxes, so that every cell of the quadtree,
    of any size, is one stretch of entries, and so of geometries, polygons, vertices and triangles too.
    What belongs to one polygon is consecutive: its rings are its vertices in order.
    """

    entry_object: Int32  # (k,) position of the object in its layer
    entry_key: NDArray[np.uint64]  # (k,) Morton key with KEY_BITS bits per axis, ascending
    entry_box: Float64  # (k, 2, 3) world
    entry_geometry: Int32  # (k + 1,) first geometry
    entry_surface: Int32  # (k + 1,) first polygon
    entry_vertex: Int32  # (k + 1,) first vertex
    entry_triangle: Int32  # (k + 1,) first triangle
    # A block that stands for the object from afar: an upright box over its footprint.
    block_base: Float64  # (k, 4) world: middle x, y, foot z, top z (the mean height of what looks up)
    block_shape: NDArray[np.float32]  # (k, 4) half length and width, cosine and sine of its direction
    block_area: NDArray[np.float32]  # (k,) m² of ground that the object covers; the block covers as much
    block_error: NDArray[np.float32]  # (k,) metres by which the block may be mistaken
    geometry_surface: Int32  # (g + 1,) first polygon
    geometry_lod: Int32  # (g,) into lod_names
    geometry_index: Int32  # (g,) position in the object's geometry list
    surface_vertex: Int32  # (s + 1,) first vertex
    surface_triangle: Int32  # (s + 1,) first triangle
    surface_normal: NDArray[np.float32]  # (s, 3) unit, (0, 0, 0) where degenerate
    surface_type: Int32  # (s,) into type_names, 0 = none
    surface_index: Int32  # (s,) position of the polygon in its geometry
    vertices: Float64  # (n, 3) world
    ring_end: NDArray[np.bool_]  # (n,) the last vertex of its ring, from which it closes
    outlined: NDArray[np.bool_]  # (s,) whether outlines of the polygon may be drawn (not those of a TIN)
    triangles: Int32  # (m, 3) into vertices
    square: Float64  # (3,) lower left corner x, y and side of the quadtree's root
    type_names: tuple[str, ...]  # semantic surface types, [0] == ""
    lod_names: tuple[str, ...]  # "0", "1.2", "2.2", … sorted
    points: Float64  # (p, 3) of MultiPoint and of lines, world
    lines: Int32  # (l, 2) of MultiLineString, into points
    # Where polygons have looks; t themes, as the album lists them.
    surface_look: Int32 | None = None  # (s, t) into the album, -1 = none
    surface_tone: UInt8 | None = None  # (s, t, 3) mean colour of each polygon that has a look
    vertex_uv: NDArray[np.float32] | None = None  # (n, t, 2); v grows upwards, NaN where there is no image
    block_tone: UInt8 | None = None  # (k, t, 2, 4) of top and sides: mean colour, share of them with a look

    def let_go(self) -> None:
        """Give back the memory of what was read; it comes again, from the file cache, when needed."""
        for name in CITY_ROWS:
            if (array := getattr(self, name)) is not None:
                let_go(array)

    def parts(self, first: int, last: int) -> Iterator[tuple[NDArray[np.generic], int, int]]:
        """Where in the arrays lies what belongs to the entries from `first` up to `last`: array, rows."""
        entries = np.array([first, last])
        bounds = {
            "entry": entries,
            "geometry": self.entry_geometry[entries],
            "surface": self.entry_surface[entries],
            "vertex": self.entry_vertex[entries],
            "triangle": self.entry_triangle[entries],
        }
        for name, rows in CITY_ROWS.items():
            begin, end = bounds[rows.level].tolist()
            if (array := getattr(self, name)) is not None:
                yield array, begin, end + bool(rows.below)

    @property
    def themes(self) -> int:
        """How many looks each polygon may have; 0 where none has any."""
        return 0 if self.surface_look is None else self.surface_look.shape[1]

    def is_whole(self) -> bool:
        """Whether the arrays fit each other; looks at none of them closely."""
        count = {
            "entry": len(self.entry_object),
            "geometry": len(self.geometry_lod),
            "surface": len(self.surface_type),
            "vertex": len(self.vertices),
            "triangle": len(self.triangles),
        }
        for name, rows in CITY_ROWS.items():
            array = getattr(self, name)
            if array is None and rows.of_looks and not self.themes:
                continue
            if array is None:
                return False
            shape = (count[rows.level] + bool(rows.below), *rows.shape_of(self.themes))
            if array.dtype != rows.dtype or array.shape != shape:
                return False
            if rows.below and array[-1] != count[rows.below]:
                return False
        return True


class Rows(NamedTuple):
    """What the rows of an array stand for; with `below`, where the items of that level begin, and end."""

    level: str
    dtype: type[np.generic]
    shape: tuple[int, ...] = ()
    below: str = ""
    of_looks: bool = False  # there only where polygons have looks, with one more axis, the theme's

    def shape_of(self, themes: int) -> tuple[int, ...]:
        """The shape of one row."""
        return (themes, *self.shape) if self.of_looks else self.shape


#: The arrays of `CityTiles` that follow its entries.
CITY_ROWS: Mapping[str, Rows] = MappingProxyType(
    {
        "entry_object": Rows("entry", np.int32),
        "entry_key": Rows("entry", np.uint64),
        "entry_box": Rows("entry", np.float64, (2, 3)),
        "entry_geometry": Rows("entry", np.int32, below="geometry"),
        "entry_surface": Rows("entry", np.int32, below="surface"),
        "entry_vertex": Rows("entry", np.int32, below="vertex"),
        "entry_triangle": Rows("entry", np.int32, below="triangle"),
        "block_base": Rows("entry", np.float64, (4,)),
        "block_shape": Rows("entry", np.float32, (4,)),
        "block_area": Rows("entry", np.float32),
        "block_error": Rows("entry", np.float32),
        "geometry_surface": Rows("geometry", np.int32, below="surface"),
        "geometry_lod": Rows("geometry", np.int32),
        "geometry_index": Rows("geometry", np.int32),
        "surface_vertex": Rows("surface", np.int32, below="vertex"),
        "surface_triangle": Rows("surface", np.int32, below="triangle"),
        "surface_normal": Rows("surface", np.float32, (3,)),
        "surface_type": Rows("surface", np.int32),
        "surface_index": Rows("surface", np.int32),
        "outlined": Rows("surface", np.bool_),
        "vertices": Rows("vertex", np.float64, (3,)),
        "ring_end": Rows("vertex", np.bool_),
        "triangles": Rows("triangle", np.int32, (3,)),
        "surface_look": Rows("surface", np.int32, of_looks=True),
        "surface_tone": Rows("surface", np.uint8, (3,), of_looks=True),
        "vertex_uv": Rows("vertex", np.float32, (2,), of_looks=True),
        "block_tone": Rows("entry", np.uint8, (2, 4), of_looks=True),
    }
)
#: Bits per axis of a Morton key; a cell of depth d has the keys that agree in their uppermost 2 d bits.
KEY_BITS = 16


@dataclass(frozen=True)
class Scan(Illustrated):
    """A scanned mesh, smooth-shaded, in world coordinates."""

    vertices: Float64  # (n, 3)
    triangles: Int32  # (m, 3)
    rgb: UInt8 | None = None  # (n, 3)
    uv: NDArray[np.float32] | None = None  # (n, 2) place in the image; v grows upwards
    triangle_look: Int32 | None = None  # (m,) into the layer's looks and the album, -1 = none


Drawable = Mesh | CityTiles | TerrainPyramid | ImagePyramid | PointTree | CopcTree | Scan
DRAWABLES: dict[str, type[Stored]] = {cls.__name__: cls for cls in get_args(Drawable)}
