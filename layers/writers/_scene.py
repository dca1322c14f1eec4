"""City objects and scans as what a glTF file draws: one primitive per material, ids on every vertex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.album import Album
from layers.arrays import Float64, Mesh, Scan
from layers.colors import object_color, surface_color
from layers.columns import encoded
from layers.runs import Int64, below, starts
from layers.writers._glb import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, TURN, Glb
from layers.writers._materials import Materials, linear, looks_of
from layers.writers._metadata import Tables

FEATURES = "EXT_mesh_features"
UP = np.array([0.0, 0.0, 1.0], np.float32)
#: Normals are as long as 1 but for so much; those of degenerate polygons point up.
UNIT = 1e-4
#: Scans without colours of their own, and with.
STONE, WHITE = "#d5c6ae", "#ffffff"


@dataclass(frozen=True)
class Rows:
    """Where the objects of a mesh stand in their property table, and of what types they are."""

    table: int
    row: Int64  # by position in the layer
    types: Sequence[str]  # by row


def add_mesh(
    glb: Glb, tables: Tables, name: str, mesh: Mesh, local: Float64, rows: Rows, album: Album | None
) -> None:
    """Draw city objects, whose corners are at `local`: metres east, north and up of the file's origin."""
    first_face = np.searchsorted(mesh.triangle_surface, np.arange(len(mesh.surface_type) + 1))
    drawn = np.flatnonzero(np.diff(first_face))
    row = rows.row[mesh.surface_object]
    kinds = tuple(dict.fromkeys(rows.types))
    types = np.array([kinds.index(kind) for kind in rows.types], np.int64)
    named = mesh.surface_type.astype(np.int64)
    # A polygon without a semantic type is coloured by its object's.
    kind = np.where(named > 0, -1, types[row] if len(types) else -1)
    look, has_places = looks_of(mesh, album)
    keys = np.column_stack((named, kind, look, has_places))[drawn]
    groups, group_of = np.unique(keys, axis=0, return_inverse=True)
    surfaces = _surface_table(tables, mesh, named[drawn])
    materials = Materials(glb, album)
    primitives = []
    for number, (code, kind_code, look_code, places) in enumerate(groups.tolist()):
        mine = drawn[group_of.ravel() == number]
        primitive = _primitive(glb, mesh, local, mine, first_face, bool(places))
        ids = [_ids(glb, primitive, "object", rows.table, row[mine], mesh, mine)]
        if code:
            table, numbers = surfaces
            ids.append(_ids(glb, primitive, "surface", table, numbers[named[mine]], mesh, mine))
        title = mesh.type_names[code] if code else kinds[kind_code]
        color = surface_color(title) if code else object_color(title)
        primitive["material"] = (
            materials.of_look(look_code, bool(places)) if look_code >= 0 else materials.of_kind(title, color)
        )
        primitive["extensions"] = {FEATURES: {"featureIds": ids}}
        primitives.append(primitive)
    if primitives:
        glb.use(FEATURES)
    _show(glb, name, primitives)


def _primitive(
    glb: Glb, mesh: Mesh, local: Float64, surfaces: Int64, first_face: Int64, has_places: bool
) -> dict[str, Any]:
    """Some polygons: places, normals, triangles, and places in a picture."""
    corners, counts = below(surfaces, mesh.surface_start)
    faces, face_counts = below(surfaces, first_face)
    shift = np.repeat(starts(counts)[:-1] - mesh.surface_start[surfaces], face_counts)
    triangles = mesh.triangles[faces] + shift[:, None]
    normals = mesh.surface_normal[surfaces].copy()
    normals[np.abs(np.linalg.norm(normals, axis=1) - 1) > UNIT] = UP
    attributes = {
        "POSITION": glb.accessor(turned(local[corners]), ARRAY_BUFFER, limits=True),
        "NORMAL": glb.accessor(np.repeat(turned(normals), counts, axis=0), ARRAY_BUFFER),
    }
    if has_places and mesh.vertex_uv is not None:
        attributes["TEXCOORD_0"] = glb.accessor(_downwards(mesh.vertex_uv[corners, 0]), ARRAY_BUFFER)
    return {
        "attributes": attributes,
        "indices": glb.accessor(_indices(triangles, len(corners)), ELEMENT_ARRAY_BUFFER),
    }


def _indices(triangles: NDArray[Any], count: int) -> NDArray[Any]:
    """Vertex numbers one after the other, as short as they can be."""
    return triangles.reshape(-1).astype(np.uint16 if count < 2**16 - 1 else np.uint32)


def _ids(
    glb: Glb,
    primitive: dict[str, Any],
    label: str,
    table: int,
    numbers: Int64,
    mesh: Mesh,
    surfaces: Int64,
) -> dict[str, Any]:
    """A set of feature ids: the row in a property table of every vertex."""
    place = sum(name.startswith("_FEATURE_ID") for name in primitive["attributes"])
    counts = np.diff(mesh.surface_start)[surfaces]
    # Vertex attributes cannot be whole numbers of 32 bits; float32 holds those below 2^24.
    ids = np.repeat(numbers, counts).astype(np.float32)
    primitive["attributes"][f"_FEATURE_ID_{place}"] = glb.accessor(ids, ARRAY_BUFFER)
    many = len(np.unique(numbers))
    return {"featureCount": many, "attribute": place, "propertyTable": table, "label": label}


def _surface_table(tables: Tables, mesh: Mesh, named: Int64) -> tuple[int, Int64]:
    """The table of the semantic types there are, and the row of each by its code."""
    codes = np.unique(named[named > 0])
    rows = np.zeros(len(mesh.type_names), np.int64)
    if not len(codes):
        return -1, rows
    rows[codes] = np.arange(len(codes))
    names = [mesh.type_names[code] for code in codes.tolist()]
    return tables.add("surface", len(names), [("type", encoded(names))]), rows


def add_scan(glb: Glb, name: str, scan: Scan, local: Float64) -> None:
    """Draw a scanned mesh, with its colours or pictures."""
    attributes = {"POSITION": glb.accessor(turned(local), ARRAY_BUFFER, limits=True)} if len(local) else {}
    if scan.rgb is not None:
        shares = (linear(np.arange(256) / 255) * 65535 + 0.5).astype(np.uint16)
        colors = np.full((len(local), 4), 65535, np.uint16)
        colors[:, :3] = shares[scan.rgb]
        attributes["COLOR_0"] = glb.accessor(colors, ARRAY_BUFFER, normalized=True)
    looks = np.full(len(scan.triangles), -1) if scan.triangle_look is None else np.asarray(scan.triangle_look)
    if scan.uv is not None and (looks >= 0).any():
        places = _downwards(np.nan_to_num(np.asarray(scan.uv)))
        attributes["TEXCOORD_0"] = glb.accessor(places, ARRAY_BUFFER)
    materials, primitives = Materials(glb, scan.album), []
    for look in np.unique(looks).tolist():
        triangles = np.asarray(scan.triangles)[looks == look]
        if look >= 0 and scan.album is not None:
            material = materials.of_look(look, "TEXCOORD_0" in attributes)
        else:
            material = materials.of_kind(name, STONE if scan.rgb is None else WHITE)
        numbers = glb.accessor(_indices(triangles, len(local)), ELEMENT_ARRAY_BUFFER)
        primitives.append({"attributes": attributes, "indices": numbers, "material": material})
    _show(glb, name, primitives)


def _downwards(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Places in pictures, whose second number grows downwards in glTF."""
    return np.column_stack((places[:, 0], 1 - places[:, 1])).astype(np.float32)


def _show(glb: Glb, name: str, primitives: list[dict[str, Any]]) -> None:
    node: dict[str, Any] = {"name": name}
    if primitives:
        node["mesh"] = glb.add("meshes", {"name": name, "primitives": primitives})
    glb.json["scenes"] = [{"nodes": [glb.add("nodes", node)]}]
    glb.json["scene"] = 0


def turned(points: NDArray[Any]) -> NDArray[np.float32]:
    """East, north, up as glTF has them: right, up, backwards."""
    return np.ascontiguousarray(points @ TURN.T, np.float32)
