"""What follows a layer that is put elsewhere: its box and those of its objects."""

from __future__ import annotations

import sqlite3

import numpy as np
import orjson

from layers.arrays import Float64, Mover
from layers.crs import LOCAL, height_unit
from layers.moving import Move, MoveBack, moved_box, unit_of_heights_m
from layers.placement import Placement
from layers.records import Change

SELECT_BOXES = "SELECT fid, minx, miny, minz, maxx, maxy, maxz FROM object_rtree"
UPDATE_BOX = (
    "UPDATE object_rtree SET minx = ?, miny = ?, minz = ?, maxx = ?, maxy = ?, maxz = ? WHERE fid = ?"
)
#: An R-tree keeps float32, rounded outwards; boxes no farther apart than so much of a coordinate are one.
ROUNDING = 2e-7


def follow(connection: sqlite3.Connection, change: Change) -> None:
    """Move the boxes of a layer whose placement has just been changed, and of the one that shows its objects.

    Turned boxes enclose what they enclosed, and a little more until the arrays are made again.
    """
    first, count, crs, facts, drawable = connection.execute(
        "SELECT first_fid, object_count, crs, facts, drawable FROM layer WHERE id = ?", (change.id,)
    ).fetchone()
    row = connection.execute("SELECT value FROM project WHERE key = 'crs'").fetchone()
    project_crs = row[0] if row else None
    before, after = Placement.from_text(change.before), Placement.from_text(change.after)
    unit_m = unit_of_heights_m(crs, drawable)
    there = Move(crs, project_crs, unit_m, after)
    box = orjson.loads(facts).get("layer_box")
    if box:
        text = orjson.dumps(moved_box(box, there)).decode()
        connection.execute("UPDATE layer SET box = ? WHERE id = ?", (text, change.id))
    _carry(connection, first, count, MoveBack(project_crs, crs, unit_m, before), there)


def _carry(connection: sqlite3.Connection, first: int, count: int, back: MoveBack, there: Move) -> None:
    """Move the boxes of a layer's objects: back to where its file has them, and there."""
    fids, boxes = _boxes(connection, first, count)
    _store(connection, fids, moved_boxes(boxes, lambda points: there(back(points))))


def mend_heights(connection: sqlite3.Connection) -> None:
    """Put the boxes of networks, vector layers and images, whose heights were once taken for feet, right."""
    row = connection.execute("SELECT value FROM project WHERE key = 'crs'").fetchone()
    project_crs = row[0] if row else None
    found = connection.execute(
        "SELECT id, first_fid, object_count, crs, facts, box, placement FROM layer"
        " WHERE kind IN ('pipes', 'vector', 'image') AND crs IS NOT NULL AND box IS NOT NULL"
    )
    for number, first, count, crs, facts, text, placed in found.fetchall():
        box, held = orjson.loads(facts).get("layer_box"), orjson.loads(text)
        unit_m = 1.0 if crs == LOCAL else height_unit(crs)[1]
        if not box or not held or unit_m == 1.0 or project_crs is None:
            continue
        placement = Placement.from_text(placed)
        there = Move(crs, project_crs, placement=placement)
        right = moved_box(box, there)
        if np.allclose(held, right, rtol=0, atol=ROUNDING):
            continue
        connection.execute("UPDATE layer SET box = ? WHERE id = ?", (orjson.dumps(right).decode(), number))
        _carry(connection, first, count, MoveBack(project_crs, crs, unit_m, placement), there)


def refresh(connection: sqlite3.Connection, first: int, boxes: Float64) -> None:
    """Make the boxes of the objects from `first` on what they are, (n, 6), where they are not."""
    fids, held = _boxes(connection, first, len(boxes))
    exact = boxes[fids - first]
    with np.errstate(invalid="ignore"):
        differs = (np.abs(exact - held) > ROUNDING * np.abs(exact) + 1e-3).any(axis=1)
    _store(connection, fids[differs], exact[differs])


def moved_boxes(boxes: Float64, mover: Mover) -> Float64:
    """(n, 6) boxes around the moved corners of boxes."""
    if not len(boxes):
        return boxes
    corners = boxes[:, [[x, y, z] for x in (0, 3) for y in (1, 4) for z in (2, 5)]]
    moved = mover(corners.reshape(-1, 3)).reshape(-1, 8, 3)
    return np.column_stack((moved.min(axis=1), moved.max(axis=1)))


def _boxes(connection: sqlite3.Connection, first: int, count: int) -> tuple[np.ndarray, Float64]:
    """The fids of a layer's objects that have a box, and the boxes."""
    # One look through the whole tree is quicker than one into it for every object.
    found = connection.execute(f"{SELECT_BOXES} WHERE +fid BETWEEN ? AND ?", (first, first + count - 1))
    rows = np.array(found.fetchall(), np.float64).reshape(-1, 7)
    return rows[:, 0].astype(np.int64), rows[:, 1:]


def _store(connection: sqlite3.Connection, fids: np.ndarray, boxes: Float64) -> None:
    known = np.isfinite(boxes).all(axis=1)
    connection.executemany(
        UPDATE_BOX,
        ((*box, fid) for box, fid in zip(boxes[known].tolist(), fids[known].tolist(), strict=True)),
    )
