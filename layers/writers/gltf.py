"""Binary glTF 2.0: city objects with ids and attributes, or a scan, around a local origin.

asset.extras.citystrata   the CRS, and the origin in it: x, y, z = origin + (x, -z, y) of the file
EXT_mesh_features         on every vertex, which object and which kind of semantic surface it belongs to
EXT_structural_metadata   the objects with their attributes, and the kinds of surfaces
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from layers.arrays import Float64, Mesh, Scan
from layers.errors import WriteError
from layers.runs import Int64
from layers.writers._glb import Glb
from layers.writers._metadata import Tables, object_columns
from layers.writers._scene import Rows, add_mesh, add_scan
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

NAME = "gltf"
TITLE = "Binary glTF"
ENDINGS = (".glb",)
KINDS = ("city", "heritage")
HOLDS = Holds(in_metres=True, solids=False, holes=False, several_lods=False, nested="as text")


def write(path: Path, going: Outgoing) -> None:
    """The layer around a local origin, in metres."""
    if going.layer.kind == "heritage":
        _write_scan(path, going)
        return
    mesh = going.mesh
    origin = origin_of(mesh.vertices)
    glb = Glb({"crs": going.metric_crs or "", "origin": origin.tolist()})
    add_objects(glb, going, mesh, mesh.vertices - origin, going.positions)
    glb.save(path)


def add_objects(glb: Glb, going: Outgoing, mesh: Mesh, local: Float64, objects: Int64) -> None:
    """Draw a mesh of the layer; the objects at these positions are in its table, drawn or not."""
    tables = Tables(glb)
    row = np.zeros(going.layer.object_count, np.int64)
    row[objects] = np.arange(len(objects))
    lods = np.full(len(objects), len(mesh.lod_names))
    lods[row[mesh.geometry_object]] = mesh.geometry_lod
    names = [(*mesh.lod_names, "")[code] for code in lods.tolist()]  # '' of those without a shape
    columns = list(object_columns(going.project, going.layer, objects, names))
    types = [str(kind) for kind in dict(columns)["type"].tolist()]
    table = tables.add("object", len(objects), columns) if len(objects) else -1
    add_mesh(glb, tables, going.layer.name, mesh, local, Rows(table, row, types), going.tiles.album)


def origin_of(points: Float64) -> Float64:
    """Whole metres in the middle of some points, at their foot."""
    if not len(points):
        return np.zeros(3)
    low, high = points.min(axis=0), points.max(axis=0)
    return np.asarray(np.floor([*((low + high) / 2)[:2], low[2]]), np.float64)


def _write_scan(path: Path, going: Outgoing) -> None:
    scan = going.drawable
    if not isinstance(scan, Scan):
        raise WriteError("The layer has no surfaces", where=going.layer.name)
    points = going.mover(going.metric_crs)(np.asarray(scan.vertices))
    origin = origin_of(points)
    glb = Glb({"crs": going.metric_crs or "", "origin": origin.tolist()})
    add_scan(glb, going.layer.name, scan, points - origin)
    glb.save(path)
