"""3D Tiles 1.1 (OGC 22-025r4): a tileset of binary glTF files, one per cell of a quadtree.

    NAME/tileset.json with NAME/tiles/*.glb, or all of it in one archive NAME.3tz

The root's transform puts metres east, north and up of a point of the city onto the Earth (EPSG:4978);
every tile lies around a point of its own, so that float32 keeps tenths of millimetres. A tile's objects
refine those of the tiles above it: each object is in one tile, the largest in the root.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Float64, Mesh
from layers.citymesh import Parts
from layers.crs import LOCAL
from layers.errors import WriteError
from layers.moving import way
from layers.outfile import keep_sources
from layers.runs import Int64
from layers.writers._archive import Archive
from layers.writers._glb import Glb
from layers.writers._quadtree import Cell, dealt
from layers.writers.gltf import add_objects
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

NAME = "tiles3d"
TITLE = "3D Tiles 1.1"
TILESET, ARCHIVE = "tileset.json", ".3tz"
ENDINGS = (TILESET, ARCHIVE)
KINDS = ("city",)
HOLDS = Holds(solids=False, holes=False, several_lods=False, nested="as text")

FOLDER = "tiles"
EARTH = "EPSG:4978"
#: Triangles of one tile: about 1 MB.
MOST_TRIANGLES = 12_000
#: Boxes are so much larger than what is in them, which float32 moves a little.
SLACK_M = 1e-3


def write(path: Path, going: Outgoing) -> None:
    """The city where it stands on Earth."""
    city = _City.of(going)
    out = going.options.out or path
    if out.name.lower().endswith(ARCHIVE):
        with Archive(path) as archive:
            tileset = city.tileset(archive.add)
            archive.add(TILESET, [orjson.dumps(tileset)])
        return
    folder = out.parent / FOLDER
    try:
        folder.mkdir()
    except FileExistsError as error:
        raise WriteError(
            "The folder for the tiles is there already",
            where=str(folder),
            do="Write the tileset into an empty folder, or as one file that ends in .3tz",
        ) from error

    def put(name: str, pieces: Sequence[bytes | memoryview]) -> None:
        keep_sources(going.project, out.parent / name)
        with (out.parent / name).open("wb") as file:
            for piece in pieces:
                file.write(piece)

    try:
        tileset = city.tileset(put)
        path.write_bytes(orjson.dumps(tileset, option=orjson.OPT_INDENT_2))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


Put = Callable[[str, Sequence[bytes | memoryview]], None]


@dataclass(frozen=True)
class _City:
    """The city in metres east, north and up of a point on Earth."""

    going: Outgoing
    mesh: Mesh  # its vertices in that frame
    onto_earth: Float64  # (4, 4) from that frame to EPSG:4978
    heights: str  # what is to be said of them, or ''

    @classmethod
    def of(cls, going: Outgoing) -> _City:
        check_place(going)
        mesh = going.mesh
        if not len(mesh.triangles):
            raise WriteError("The layer has no surfaces that could be tiled", where=going.layer.name)
        found = way(going.metric_crs, EARTH)
        centred = found.move(np.asarray(mesh.vertices))
        frame = frame_at(centred.mean(axis=0))
        local = (centred - frame[:3, 3]) @ frame[:3, :3]
        return cls(going, _with_places(mesh, local), frame, found.note)

    def tileset(self, put: Put) -> dict[str, Any]:
        """Write every tile; gives what describes them."""
        mesh, layer = self.mesh, self.going.layer
        first = np.searchsorted(mesh.surface_geometry, np.arange(len(mesh.geometry_lod) + 1))
        corner = np.asarray(mesh.surface_start)[first]
        filled = np.flatnonzero(np.diff(corner))
        low = np.minimum.reduceat(mesh.vertices, corner[filled])
        high = np.maximum.reduceat(mesh.vertices, corner[filled])
        face = np.searchsorted(mesh.triangle_surface, first)
        objects, owner = np.unique(mesh.geometry_object[filled], return_inverse=True)
        boxes = np.empty((len(objects), 2, 3))
        boxes[:, 0], boxes[:, 1] = np.inf, -np.inf
        np.minimum.at(boxes[:, 0], owner, low)
        np.maximum.at(boxes[:, 1], owner, high)
        weights = np.bincount(owner, np.diff(face)[filled]).astype(np.int64)
        root = dealt(boxes, weights, MOST_TRIANGLES)
        writing = _Writing(self, put, filled, owner, _tile_of_all(self.going, root, objects))
        described = writing.described(root, np.zeros(3))
        described |= {"refine": "ADD", "transform": self.onto_earth.T.ravel().tolist()}
        return {
            "asset": {"version": "1.1", "extras": {"citystrata": self._said()}},
            "geometricError": root.size_m,
            "root": described,
            "extras": {"layer": layer.name},
        }

    def _said(self) -> dict[str, str]:
        said = {"crs": str(self.going.metric_crs)}
        return {**said, "heights": self.heights} if self.heights else said


def check_place(going: Outgoing) -> None:
    """Refuse a layer of a project that lies nowhere on Earth."""
    if going.project.place.crs in (None, LOCAL):
        raise WriteError(
            "3D Tiles lie on Earth, and this project does not say where it lies",
            where=going.layer.name,
            do="Write binary glTF instead, or import the layer with --crs",
        )


def _with_places(mesh: Mesh, local: Float64) -> Mesh:
    """The mesh in another frame, with normals that belong to it."""
    a, b, c = (local[mesh.triangles[:, i]] for i in range(3))
    crossed = np.cross(b - a, c - a)
    sums = np.stack(
        [np.bincount(mesh.triangle_surface, crossed[:, i], len(mesh.surface_type)) for i in range(3)], axis=1
    )
    length = np.linalg.norm(sums, axis=1)
    normals = sums / np.where(length > 0, length, 1.0)[:, None]
    return replace(mesh, vertices=local, surface_normal=normals.astype(np.float32))


def frame_at(point: Float64) -> Float64:
    """(4, 4) from metres east, north and up of a point to EPSG:4978, in which the point is given."""
    longitude, latitude, _height = np.radians(way(EARTH, "EPSG:4979").move(point[None])[0])
    sin_lon, cos_lon, sin_lat, cos_lat = (
        f(angle) for angle in (longitude, latitude) for f in (np.sin, np.cos)
    )
    frame = np.eye(4)
    frame[:3, 0] = (-sin_lon, cos_lon, 0.0)
    frame[:3, 1] = (-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat)
    frame[:3, 2] = (cos_lat * cos_lon, cos_lat * sin_lon, sin_lat)
    frame[:3, 3] = point
    return frame


def _cells(cell: Cell) -> Iterator[Cell]:
    yield cell
    for child in cell.children:
        yield from _cells(child)


def _tile_of_all(going: Outgoing, root: Cell, objects: NDArray[np.integer[Any]]) -> Int64:
    """The cell of every object of the layer, in the order of `_cells`; without a shape, that of a part.

    What is gone has none, -1.
    """
    found = np.full(going.layer.object_count, -1)
    for number, cell in enumerate(_cells(root)):
        found[objects[cell.objects]] = number
    parents = going.project.parents(going.layer)
    while True:
        homeless = np.flatnonzero((found[parents] < 0) & (parents >= 0) & (found >= 0))
        if not len(homeless):
            break
        found[parents[homeless]] = found[homeless]
    found[found < 0] = 0
    found[going.project.gone(going.layer)] = -1
    return found


class _Writing:
    """Writes tiles in the order of their cells."""

    def __init__(self, city: _City, put: Put, geometries: Int64, owner: Int64, tile: Int64) -> None:
        self._city, self._put, self._parts = city, put, Parts(city.mesh)
        self._geometries = geometries[np.argsort(owner, kind="stable")]
        self._first = np.searchsorted(np.sort(owner), np.arange(owner.max() + 2))
        order = np.argsort(tile, kind="stable")
        order = order[tile[order] >= 0]
        ends = np.searchsorted(tile[order], np.arange(tile.max() + 2))
        self._objects = np.split(order, ends[1:-1])
        self._written = 0

    def described(self, cell: Cell, above: Float64) -> dict[str, Any]:
        """Write a tile and those below it; `above` is the point around which its parent lies."""
        number, self._written = self._written, self._written + 1
        progress = self._city.going.options.progress
        progress(number / len(self._objects), f"tile {number + 1} of {len(self._objects)}")
        centre = above if not number else np.round((cell.low + cell.high) / 2)
        middle, half = (cell.low + cell.high) / 2 - centre, (cell.high - cell.low) / 2 + SLACK_M
        found: dict[str, Any] = {
            "boundingVolume": {"box": [*middle.tolist(), *np.diag(half).ravel().tolist()]},
            "geometricError": cell.error_m,
            "content": {"uri": self._write(cell, number, centre)},
        }
        if number:
            shift = np.eye(4)
            shift[:3, 3] = centre - above
            found["transform"] = shift.T.ravel().tolist()
        if cell.children:
            found["children"] = [self.described(child, centre) for child in cell.children]
        return found

    def _write(self, cell: Cell, number: int, centre: Float64) -> str:
        """Write the content of a tile; gives its name."""
        spans = [self._geometries[self._first[i] : self._first[i + 1]] for i in cell.objects.tolist()]
        mesh = self._parts.of(np.concatenate(spans))
        glb = Glb()
        going = self._city.going
        objects = self._objects[number] if number < len(self._objects) else np.empty(0, np.int64)
        add_objects(glb, going, mesh, mesh.vertices - centre, objects)
        name = f"{FOLDER}/{number}.glb"
        self._put(name, glb.pieces())
        return name
