"""Staged rows on their way into a project, in small transactions: edits meanwhile wait milliseconds."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import orjson

from layers import cache, resiting, rows
from layers.arrays import Float64
from layers.data import Progress
from layers.errors import ReadError
from layers.gis import srs_id
from layers.largecity import BOXES_FILE
from layers.report import Report
from layers.request import Answer, StagedLayer, StagedPart
from layers.rows import ROWS_AT_ONCE
from layers.staging import ARRAYS, ROWS

#: Memory for pages of the project: ids in no order come to places all over their index.
PAGES_KIB = 32 << 10
#: The log is folded into the project when it has so many pages.
LOG_PAGES = 4000
#: Whoever cancels an import waits no longer than this for its rows to go; the others go later.
DROP_S = 0.1
#: How far an import is when everything is read, where rows are taken only then.
READ = 0.75


@dataclass
class Staged:
    """Layers whose rows are in the project but not yet present."""

    path: Path
    layers: list[int] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    project_crs: str = ""
    box: tuple[float, ...] | None = None


class Told:
    """Progress that can be told again while there is nothing new: the person may want to stop."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last = (0.0, "opening")

    def __call__(self, fraction: float, text: str) -> None:
        """Tell it; may raise Cancelled."""
        self._last = (fraction, text)
        self.again()

    def again(self) -> None:
        """Tell the last again."""
        self._progress(*self._last)


@dataclass
class Intake:
    """Takes one source over into a project."""

    project_path: Path
    connection: sqlite3.Connection
    epoch: str | None
    told: Told
    layers: list[int] = field(default_factory=list)  # those that there are rows of, or soon will be
    first_fid: int = 0  # of the last of them
    objects: int = 0  # so many of it were taken
    pieces: int = 0

    def tidying(self) -> bool:
        """Tell that what earlier imports left is being removed; that is never enough."""
        self.told(0.0, "tidying up")
        return False

    def hear(self, message: dict[str, Any]) -> None:
        """What the import process says while it reads: a layer begins, rows of it are ready."""
        if "begin" in message:
            self._begin(_answer(message["begin"]), 0)
        elif "part" in message:
            self._take(StagedPart(**message["part"]))

    def finish(self, answer: Answer) -> Staged:
        """Take what was not taken yet, and the arrays."""
        staged = Staged(Path(answer.path), project_crs=answer.project_crs)
        for number, layer in enumerate(answer.layers):
            folder = Path(answer.folder, str(number))
            if number >= len(self.layers):
                self._begin(answer, number)
                self._take(StagedPart(str(folder), layer.objects, layer.pieces), READ)
            self._describe(self.layers[number], layer)
            if number == 0:
                self._enclose(Path(answer.folder, BOXES_FILE))
            if layer.drawable:
                cache.adopt(folder / ARRAYS, cache.layer_folder(self.project_path, self._uid(number)))
            staged.reports.append(Report.from_dict(layer.report))
            staged.box = staged.box or layer.box
        staged.layers = self.layers
        return staged

    def _begin(self, answer: Answer, number: int) -> None:
        """A row for a layer, not present yet; it reserves fids for its objects."""
        layer = answer.layers[number]
        self.connection.execute("BEGIN IMMEDIATE")
        self.first_fid, position = rows.next_place(self.connection)
        self.objects = self.pieces = 0
        values = {
            "uid": uuid.uuid4().hex,
            "name": layer.name,
            "kind": layer.kind,
            "position": position,
            "epoch": self.epoch,
            "source_path": answer.path,
            "source_sha256": answer.sha256,
            "source_format": answer.format,
            "first_fid": self.first_fid,
            "object_count": layer.objects,
        }
        made = self.connection.execute(
            f"INSERT INTO layer ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            tuple(values.values()),
        ).lastrowid
        assert made is not None
        self.connection.execute("COMMIT")
        self.layers.append(made)

    def _take(self, part: StagedPart, since: float | None = None) -> None:
        """Copy rows; `since` is how far the import was before, where it goes on only by this."""
        database = Path(part.folder, ROWS)
        if not database.exists():
            return
        self.connection.execute("ATTACH ? AS staging", (str(database),))
        try:
            for start in range(0, max(part.objects, part.pieces), ROWS_AT_ONCE):
                self._copy(start, start + ROWS_AT_ONCE - 1)
                if since is None:
                    self.told.again()
                else:
                    done = start / max(part.objects, part.pieces)
                    self.told(since + (1 - since) * done, "storing")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self.connection.execute("DETACH staging")
        self.objects += part.objects
        self.pieces += part.pieces

    def _copy(self, first: int, last: int) -> None:
        """Copy the objects and the pieces of these numbers in their part."""
        layer, shift = self.layers[-1], self.first_fid + self.objects
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute(
            "INSERT INTO main.object (fid, layer, id, type, parent, valid_from, valid_to, attributes, lods,"
            " surfaces, touched, geom) SELECT fid + ?, ?, id, type, parent, valid_from, valid_to, attributes,"
            " lods, surfaces, touched, geom FROM staging.object WHERE fid BETWEEN ? AND ?",
            (shift, layer, first, last),
        )
        self.connection.execute(
            "INSERT INTO main.object_rtree SELECT fid + ?, a, d, b, e, c, f FROM staging.box"
            " WHERE fid BETWEEN ? AND ?",
            (shift, first, last),
        )
        self.connection.execute(
            "INSERT INTO main.piece SELECT ?, seq + ?, object + ?, role, start, data FROM staging.piece"
            " WHERE layer = 0 AND seq BETWEEN ? AND ?",
            (layer, self.pieces, shift, first, last),
        )
        self.connection.execute("COMMIT")

    def _describe(self, number: int, layer: StagedLayer) -> None:
        """What is known of the layer now that all of it is read."""
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute(
            "UPDATE layer SET crs = ?, linked = ?, object_count = ?, box = ?, facts = ?, report = ?,"
            " drawable = ?, partner = ?, placement = ? WHERE id = ?",
            (
                layer.crs,
                int(layer.linked),
                layer.objects,
                orjson.dumps(layer.box).decode() if layer.box else None,
                orjson.dumps(layer.facts).decode(),
                orjson.dumps(layer.report).decode(),
                layer.drawable,
                None if layer.partner is None else self.layers[layer.partner],
                layer.placement,
                number,
            ),
        )
        srs_id(self.connection, layer.crs)
        self.connection.executemany(
            "INSERT INTO attribute VALUES (?, ?, ?, ?)",
            (
                (number, name, type or "text", position)
                for position, (name, type) in enumerate(layer.attributes.items())
            ),
        )
        self.connection.execute("COMMIT")

    def _enclose(self, boxes: Path) -> None:
        """Boxes that were found when all parts were there."""
        if not boxes.exists():
            return
        first = rows.first_fid(self.connection, self.layers[0])
        found = np.load(boxes)
        for start in range(0, len(found), ROWS_AT_ONCE):
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.executemany(
                "INSERT OR REPLACE INTO object_rtree VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (first + int(at), west, east, south, north, low, high)
                    for at, west, south, low, east, north, high in found[
                        start : start + ROWS_AT_ONCE
                    ].tolist()
                ),
            )
            self.connection.execute("COMMIT")
            self.told.again()

    def _uid(self, number: int) -> str:
        found = self.connection.execute("SELECT uid FROM layer WHERE id = ?", (self.layers[number],))
        return str(found.fetchone()[0])


def _answer(values: dict[str, Any]) -> Answer:
    return msgspec.convert(values, Answer)


@contextmanager
def intake(project_path: Path, epoch: str | None, told: Told) -> Iterator[Intake]:
    """What takes a source over; all that it took goes again when the context ends with an error."""
    with closing(connect(project_path)) as connection:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{PAGES_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        found = Intake(project_path, connection, epoch, told)
        try:
            rows.drop_abandoned(connection, found.tidying)
            yield found
        except BaseException as error:
            drop(connection, project_path, found.layers)
            if not isinstance(error, sqlite3.Error):
                raise
            raise ReadError(
                "The file was read but could not be stored in the project; nothing was changed",
                where=str(project_path),
                found=str(error),
                do="Check that there is free space on the disk",
            ) from error


def drop(connection: sqlite3.Connection, project_path: Path, layers: Iterable[int]) -> None:
    """Take staged layers out again; what cannot be removed now goes when the project is next opened."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for number in layers:
            rows.abandon(connection, number)
        rows.drop_abandoned(connection, rows.within(DROP_S))
        cache.sweep(project_path, rows.uids(connection))
    except sqlite3.Error:
        return


def refresh_boxes(project_path: Path, first_fid: int, boxes: Float64) -> None:
    """Make (n, 6) boxes of a layer's objects exact again, where turning it has left them too large."""
    # Boxes only help to find objects quickly: where they may not be written, larger ones do as well.
    with closing(connect(project_path)) as connection, suppress(sqlite3.OperationalError):
        connection.execute("BEGIN IMMEDIATE")
        resiting.refresh(connection, first_fid, boxes)
        connection.execute("COMMIT")


def connect(project_path: Path) -> sqlite3.Connection:
    """A connection of its own, for work in any thread."""
    return sqlite3.connect(project_path, isolation_level=None, timeout=30)
