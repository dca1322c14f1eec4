"""Edited shapes in the project file: what a step notes of them, and how its values are applied.

Besides the shape itself a step notes what rows say of it (box, footprint, LoDs, surfaces), each as a value
of its own: so undo needs no arrays, and gives back what was read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import orjson

from layers import gis, rows
from layers.errors import EditError
from layers.place import Place
from layers.records import Change
from layers.shaperows import BOX, FOOTPRINT, KEYS, LODS, SHAPE, SURFACES, box, held
from layers.shapes import Described, Shape, described

#: Objects that are taken at a time.
AT_ONCE = 500
_GENERATIONS = 32


def changes(connection: sqlite3.Connection, shapes: Mapping[int, Shape | None]) -> Iterator[Change]:
    """What gives objects other shapes; None gives back the one of the source."""
    fids = sorted(shapes)
    for start in range(0, len(fids), AT_ONCE):
        part = fids[start : start + AT_ONCE]
        for layer, mine in _by_layer(connection, part).items():
            given = {fid: shape for fid in mine if (shape := shapes[fid]) is not None}
            told = dict(zip(given, described_in(connection, layer, list(given.values())), strict=True))
            for fid in mine:
                yield from _of_one(connection, fid, given.get(fid), told.get(fid))


def _by_layer(connection: sqlite3.Connection, fids: Sequence[int]) -> dict[int, list[int]]:
    """The objects by the layer that holds them; refuses those whose shapes are not edited."""
    marks = ",".join("?" * len(fids))
    known = connection.execute(
        "SELECT o.fid, l.id, l.kind FROM object o JOIN layer l ON l.id = o.layer"
        f" WHERE o.fid IN ({marks}) ORDER BY o.fid",
        fids,
    ).fetchall()
    if len(known) < len(fids):
        missing = min(set(fids) - {row[0] for row in known})
        raise EditError("There is no such object", where=f"object {missing}")
    found: dict[int, list[int]] = {}
    for fid, layer, kind in known:
        if kind != "city":
            raise EditError(
                "The shape of this object cannot be edited",
                where=f"object {fid}",
                found=f"a layer of kind {kind!r}",
                allowed="city objects",
            )
        found.setdefault(layer, []).append(fid)
    return found


def described_in(connection: sqlite3.Connection, number: int, shapes: Sequence[Shape]) -> Iterator[Described]:
    """What rows of a layer say of shapes in its CRS."""
    layer = next(rows.layers(connection, number))
    row = connection.execute("SELECT value FROM project WHERE key = 'crs'").fetchone()
    place = Place(row[0] if row else None, np.zeros(3))
    return described(shapes, layer.crs, gis.srs_id(connection, layer.crs), place.mover_of(layer))


def _of_one(
    connection: sqlite3.Connection, fid: int, shape: Shape | None, row: Described | None
) -> Iterator[Change]:
    before = held(connection, fid)
    after: dict[str, str | None] = {SHAPE: shape.text() if shape else None}
    if row is not None:
        after |= {BOX: row.box, FOOTPRINT: row.geom, LODS: row.lods, SURFACES: row.surfaces}
    else:
        after |= {key: _original(connection, fid, key, before[key]) for key in KEYS - {SHAPE}}
    for key in sorted(KEYS):
        if before[key] != after[key]:
            yield Change("object", fid, key, before[key], after[key])


def _original(connection: sqlite3.Connection, fid: int, key: str, now: str | None) -> str | None:
    """What a value was before the first step that ever changed it."""
    row = connection.execute(
        "SELECT before FROM change WHERE tab = 'object' AND id = ? AND key = ? ORDER BY step LIMIT 1",
        (fid, key),
    ).fetchone()
    return row[0] if row else now


def ancestors(connection: sqlite3.Connection, fids: Sequence[int]) -> Iterator[Change]:
    """The boxes of objects without geometry of their own that enclose these, once these have theirs."""
    children = set(fids)
    for _ in range(_GENERATIONS):
        parents: set[int] = set()
        for fid in children:
            parents.update(
                row[0]
                for row in connection.execute(
                    "SELECT p.fid FROM object o JOIN object p ON p.id = o.parent COLLATE NOCASE"
                    " AND p.id = o.parent AND p.layer = o.layer WHERE o.fid = ? AND p.lods = ''"
                    " AND p.gone = 0",
                    (fid,),
                )
            )
        if not parents:
            return
        for parent in sorted(parents):
            yield from _enclosing(connection, parent)
        children = parents


def _enclosing(connection: sqlite3.Connection, parent: int) -> Iterator[Change]:
    row = connection.execute(
        "SELECT min(minx), min(miny), min(minz), max(maxx), max(maxy), max(maxz) FROM object_rtree"
        " WHERE fid IN (SELECT c.fid FROM object p JOIN object c ON c.parent = p.id AND c.layer = p.layer"
        " WHERE p.fid = ? AND c.gone = 0)",
        (parent,),
    ).fetchone()
    before = box(connection, parent)
    after = None if row[0] is None else orjson.dumps(row).decode()
    if before != after:
        yield Change("object", parent, BOX, before, after)
