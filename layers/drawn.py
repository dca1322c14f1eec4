"""Drawn layers: city objects that have no source; their arrays come from their shapes alone."""

from __future__ import annotations

import sqlite3

import numpy as np
import orjson

from layers import rows
from layers.history import GONE
from layers.moving import MoveBack, unit_of_heights_m
from layers.records import Changes, Layer
from layers.resiting import moved_boxes
from layers.shaperows import BOX

#: Where the facts of a layer hold its box in its own CRS.
EXTENT = "layer_box"


def follow(connection: sqlite3.Connection, changes: Changes) -> None:
    """Make the boxes of drawn layers enclose what is there, after a step or its undoing."""
    if not changes.keys & {GONE, BOX}:
        return
    for (number,) in connection.execute("SELECT id FROM layer WHERE reserved > 0").fetchall():
        layer = next(rows.layers(connection, number))
        first, last = np.searchsorted(changes.fids, (layer.first_fid, layer.first_fid + layer.object_count))
        if first < last:
            _enclose(connection, layer)


def _enclose(connection: sqlite3.Connection, layer: Layer) -> None:
    box = connection.execute(
        "SELECT min(minx), min(miny), min(minz), max(maxx), max(maxy), max(maxz) FROM object_rtree"
        " WHERE fid IN (SELECT fid FROM object WHERE fid BETWEEN ? AND ? AND gone = 0)",
        (layer.first_fid, layer.first_fid + layer.object_count - 1),
    ).fetchone()
    facts = {key: value for key, value in layer.facts.items() if key != EXTENT}
    text = None
    if box[0] is not None:
        row = connection.execute("SELECT value FROM project WHERE key = 'crs'").fetchone()
        unit_m = unit_of_heights_m(layer.crs, layer.drawable)
        back = MoveBack(row[0] if row else None, layer.crs, unit_m, layer.placement)
        facts[EXTENT] = moved_boxes(np.array([box]), back)[0].tolist()
        text = orjson.dumps(box).decode()
    values = text, orjson.dumps(facts).decode(), layer.id
    connection.execute("UPDATE layer SET box = ?, facts = ? WHERE id = ?", values)
    connection.execute(
        "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?",
        (*(facts[EXTENT][at] if EXTENT in facts else None for at in (0, 1, 3, 4)), layer.view),
    )
