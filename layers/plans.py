"""Geometries of pipes, areas, lines and points, as edits set them; they are WKB in their layer's CRS.

As shapes they are lines and points, so that they are moved as buildings are. A height that a layer does not
give stays missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import orjson

from layers import gis, rows, wkb
from layers.arrays import Float64, Mover
from layers.errors import EditError
from layers.place import Place
from layers.records import Change
from layers.shaperows import BOX, FOOTPRINT, held
from layers.shapes import Described, Shape

#: Kinds of layers whose objects are of such geometries.
KINDS = ("vector", "pipes", "heritage")
#: Those of them into which one draws.
DRAWN = ("vector", "pipes")
#: What may be drawn, as WKB numbers it.
CODES: Mapping[str, int] = MappingProxyType({"point": wkb.POINT, "line": wkb.LINE, "area": wkb.POLYGON})
LINES, POINTS = "MultiLineString", "MultiPoint"


def shape_of(data: bytes) -> Shape:
    """The lines, rims of areas and points of a geometry; its vertices are all its coordinates in order."""
    plan = wkb.read(data)
    lines: list[list[int]] = []
    points: list[int] = []
    first = 0
    for part, code in zip(plan.parts, plan.part_codes, strict=True):
        for sequence in part:
            numbers = list(range(first, first + len(sequence)))
            first += len(sequence)
            if code == wkb.POINT:
                points += numbers
            else:
                lines.append(numbers)
    told = ((LINES, lines), (POINTS, points))
    return Shape([{"type": kind, "boundaries": found} for kind, found in told if found], plan.coordinates)


def with_places(data: bytes, vertices: Float64) -> bytes:
    """A geometry with other coordinates, in the order of those of `shape_of`; without heights it stays so."""
    plan = wkb.read(data)
    if len(vertices) != len(plan.coordinates):
        raise EditError(
            "This would be another kind of geometry",
            found=f"{len(vertices)} corners in place of {len(plan.coordinates)}",
            do="Draw it anew",
        )
    places = vertices.copy()
    places[np.isnan(plan.coordinates[:, 2]), 2] = np.nan
    parts, first = [], 0
    for part in plan.parts:
        sequences = []
        for sequence in part:
            sequences.append(places[first : first + len(sequence)])
            first += len(sequence)
        parts.append(tuple(sequences))
    return wkb.write(replace(plan, parts=tuple(parts)))


def drawn(kind: str, places: Float64) -> bytes:
    """A "point", "line" or "area" at places (n, 2), without heights: it lies on the ground."""
    import shapely

    code, flat = CODES[kind], np.asarray(places, np.float64)[:, :2]
    if not np.isfinite(flat).all() or len(flat) < code:
        raise EditError(
            f"This makes no {kind}", found=f"{len(flat)} places", allowed=f"{code} or more, as finite numbers"
        )
    if kind == "point":
        return wkb.point(*flat[0].tolist())
    if kind == "line":
        return wkb.line(flat)
    area = shapely.Polygon(flat)
    if not area.is_valid or not area.area > 0:
        raise EditError(
            "This makes no area",
            found=shapely.is_valid_reason(area),
            do="Draw its corners one after the other around it",
        )
    return wkb.polygon([flat])


def known(vertices: Float64) -> Float64:
    """Coordinates (n, 3) with 0 in place of heights that are missing."""
    return np.nan_to_num(vertices, nan=0.0)


# --- in the project file --------------------------------------------------------------------------


def described_in(connection: sqlite3.Connection, number: int, plans: list[bytes]) -> list[Described]:
    """What rows of a layer say of geometries in its CRS."""
    layer = next(rows.layers(connection, number))
    row = connection.execute("SELECT value FROM project WHERE key = 'crs'").fetchone()
    there = Place(row[0] if row else None, np.zeros(3)).mover_of(layer)
    srs = gis.srs_id(connection, layer.crs)
    return [_described(data, there, srs) for data in plans]


def _described(data: bytes, there: Mover, srs: int) -> Described:
    corners = wkb.read(data).coordinates
    if not len(corners) or not np.isfinite(corners[:, :2]).all():
        raise EditError("The geometry has no place", found=f"{len(corners)} corners")
    moved = there(known(corners))
    box = orjson.dumps([*moved.min(axis=0).tolist(), *moved.max(axis=0).tolist()]).decode()
    return Described(box, wkb.blob(data, srs).hex(), "", "")


def changes(connection: sqlite3.Connection, plans: Mapping[int, bytes]) -> list[Change]:
    """What gives objects other geometries."""
    found: list[Change] = []
    for fid, data in plans.items():
        row = connection.execute(
            "SELECT l.id, l.kind FROM object o JOIN layer l ON l.id = o.layer WHERE o.fid = ?", (fid,)
        ).fetchone()
        if row is None:
            raise EditError("There is no such object", where=f"object {fid}")
        if row[1] not in KINDS:
            raise EditError(
                "The geometry of this object is a shape",
                where=f"object {fid}",
                found=f"a layer of kind {row[1]!r}",
                allowed=", ".join(KINDS),
            )
        before, (told,) = held(connection, fid), described_in(connection, row[0], [data])
        for key, after in ((FOOTPRINT, told.geom), (BOX, told.box)):
            if before[key] != after:
                found.append(Change("object", fid, key, before[key], after))
    return found
