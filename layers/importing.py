"""Bringing files into a project: the import process is started, watched, and its rows taken over."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from layers import cache, rows
from layers.cache import CacheMissing
from layers.data import Progress, ReadOptions, never_stop
from layers.decoding import run_importer
from layers.errors import Cancelled, ReadError
from layers.gis import srs_id
from layers.project import LOCAL_ORIGIN_STEP, Project
from layers.records import Layer
from layers.report import Report
from layers.rows import ROWS_AT_ONCE
from layers.source import Source


@dataclass
class Staged:
    """Layers whose rows are in the project but not yet present."""

    path: Path
    layers: list[int] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    project_crs: str = ""
    box: tuple[float, ...] | None = None


def import_files(
    project: Project,
    paths: Iterable[Path],
    options: ReadOptions | None = None,
    *,
    name: str | None = None,
    epoch: str | None = None,
    as_one_layer: bool = False,
    progress: Progress = never_stop,
) -> list[Layer]:
    """Read files into the project as one undoable step; gives the new layers.

    A folder becomes one layer of the tiles in it; so do the files themselves `as_one_layer`.
    """
    sources = [Source(Path(path)) for path in paths]
    if as_one_layer and len(sources) > 1:
        sources = [Source.of_files([source.path for source in sources])]
    staged: list[Staged] = []
    crs = project.place.crs
    for done, source in enumerate(sources):

        def report(fraction: float, text: str, done: int = done, name: str = source.path.name) -> None:
            progress((done + fraction) / len(sources), f"{name}: {text}")

        try:
            staged.append(stage(project.path, source, options or ReadOptions(), crs, epoch, report))
        except BaseException:
            discard(project.path, staged)
            raise
        crs = crs or staged[-1].project_crs
    return admit(project, staged, name)


def discard(project_path: Path, staged: Iterable[Staged]) -> None:
    """Take staged layers out of the project again; nobody has seen them."""
    with closing(_connect(project_path)) as connection:
        for item in staged:
            _discard(connection, project_path, item)


def stage(
    project_path: Path,
    source: Path | Source,
    options: ReadOptions,
    project_crs: str | None,
    epoch: str | None = None,
    progress: Progress = never_stop,
) -> Staged:
    """Read a file, or the tiles of a folder, in a process of its own and copy the rows; in any thread."""
    path, names = (source.path, source.names) if isinstance(source, Source) else (source, ())
    if project_path.absolute() == path.absolute():
        raise ReadError("A project cannot be imported into itself", where=str(path))
    with _staging(project_path) as folder:
        request = {
            "path": str(path),
            "tiles": names,
            "folder": str(folder),
            "kind": options.kind,
            "crs": options.crs,
            "field_map": options.field_map,
            "project_crs": project_crs,
            "origin": origin_of(project_path),
        }
        described = run_importer(request, path, progress)
        return _take_over(project_path.absolute(), folder, described, epoch, progress)


@contextmanager
def _staging(project_path: Path) -> Iterator[Path]:
    """A folder for the import process; errors of the file system become sentences."""
    try:
        with cache.staging(project_path.absolute()) as folder:
            yield folder
    except OSError as error:
        raise ReadError(
            "There is no place for the import's files",
            where=str(cache.cache_folder(project_path)),
            found=error.strerror or str(error),
            do="Nothing was changed; check the folder and the free space",
        ) from error


def _connect(project_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(project_path, isolation_level=None, timeout=30)


def _take_over(
    project_path: Path, folder: Path, described: dict[str, Any], epoch: str | None, progress: Progress
) -> Staged:
    """Copy the staged rows in small transactions, so that edits meanwhile wait milliseconds."""
    staged = Staged(Path(described["path"]), project_crs=described["project_crs"])
    connection = _connect(project_path)
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("ATTACH ? AS staging", (str(folder / "staging.sqlite"),))
        for number, layer in enumerate(described["layers"]):
            staged.layers.append(_new_layer(connection, described, layer, epoch, staged.layers))
            staged.reports.append(Report.from_dict(layer["report"]))
            staged.box = staged.box or (tuple(layer["box"]) if layer["box"] else None)
            _copy_rows(connection, number, staged.layers[-1], progress)
            if epoch:
                connection.execute(
                    "UPDATE object SET valid_from = ? WHERE layer = ? AND valid_from IS NULL",
                    (epoch, staged.layers[-1]),
                )
            if layer["drawable"]:
                (uid,) = connection.execute(
                    "SELECT uid FROM layer WHERE id = ?", (staged.layers[-1],)
                ).fetchone()
                cache.adopt(folder / f"arrays{number}", cache.layer_folder(project_path, uid))
    except BaseException as error:
        _discard(connection, project_path, staged)
        if not isinstance(error, sqlite3.Error):
            raise
        raise ReadError(
            "The file was read but could not be stored in the project; nothing was changed",
            where=str(project_path),
            found=str(error),
            do="Check that there is free space on the disk",
        ) from error
    finally:
        connection.close()
    return staged


def _discard(connection: sqlite3.Connection, project_path: Path, staged: Staged) -> None:
    """Take staged rows out again; what cannot be removed now goes when the project is next opened."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for number in staged.layers:
            rows.drop_layer(connection, number)
        cache.sweep(project_path, rows.uids(connection))
    except sqlite3.Error:
        return


def _new_layer(
    connection: sqlite3.Connection,
    described: dict[str, Any],
    layer: dict[str, Any],
    epoch: str | None,
    earlier: list[int],
) -> int:
    connection.execute("BEGIN IMMEDIATE")
    first = connection.execute("SELECT coalesce(max(first_fid + object_count), 1) FROM layer").fetchone()[0]
    position = connection.execute("SELECT coalesce(max(position), 0) + 1 FROM layer").fetchone()[0]
    number = connection.execute(
        "INSERT INTO layer (uid, name, kind, crs, position, epoch, source_path, source_sha256,"
        " source_format, linked, first_fid, object_count, box, facts, report, drawable, partner)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            uuid.uuid4().hex,
            layer["name"],
            layer["kind"],
            layer["crs"],
            position,
            epoch,
            described["path"],
            described["sha256"],
            described["format"],
            int(layer["linked"]),
            first,
            layer["objects"],
            orjson.dumps(layer["box"]).decode() if layer["box"] else None,
            orjson.dumps(layer["facts"]).decode(),
            orjson.dumps(layer["report"]).decode(),
            layer["drawable"],
            None if layer["partner"] is None else earlier[layer["partner"]],
        ),
    ).lastrowid
    srs_id(connection, layer["crs"])
    connection.execute("COMMIT")
    assert number is not None
    return number


def _copy_rows(connection: sqlite3.Connection, number: int, layer: int, progress: Progress) -> None:
    (base,) = connection.execute("SELECT first_fid FROM layer WHERE id = ?", (layer,)).fetchone()
    row = connection.execute(
        "SELECT min(fid), max(fid) FROM staging.object WHERE layer = ?", (number,)
    ).fetchone()
    first, last = (0, -1) if row[0] is None else row
    shift = base - first
    for start in range(first, last + 1, ROWS_AT_ONCE):
        end = min(start + ROWS_AT_ONCE, last + 1) - 1
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO main.object SELECT fid + ?, ?, id, type, parent, valid_from, valid_to, attributes,"
            " lods, surfaces, touched, geom FROM staging.object WHERE fid BETWEEN ? AND ?",
            (shift, layer, start, end),
        )
        connection.execute(
            "INSERT INTO main.object_rtree SELECT fid + ?, a, d, b, e, c, f FROM staging.box"
            " WHERE fid BETWEEN ? AND ?",
            (shift, start, end),
        )
        connection.execute("COMMIT")
        progress(0.75 + 0.15 * (end - first) / max(1, last - first), "storing")
    (pieces,) = connection.execute("SELECT count(*) FROM staging.piece WHERE layer = ?", (number,)).fetchone()
    for start in range(0, pieces, ROWS_AT_ONCE):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO main.piece SELECT ?, seq, object + ?, role, start, data FROM staging.piece"
            " WHERE layer = ? AND seq BETWEEN ? AND ?",
            (layer, base, number, start, start + ROWS_AT_ONCE - 1),
        )
        connection.execute("COMMIT")
        progress(0.9 + 0.1 * start / pieces, "storing")
    connection.execute(
        "INSERT INTO main.attribute SELECT ?, name, type, position FROM staging.attribute WHERE layer = ?",
        (layer, number),
    )


def admit(project: Project, staged: Iterable[Staged], name: str | None = None) -> list[Layer]:
    """Make staged layers present: one undoable step, quick whatever their size."""
    staged = list(staged)
    numbers = [number for item in staged for number in item.layers]
    label = f"Import {', '.join(item.path.name for item in staged[:3])}{' …' if len(staged) > 3 else ''}"
    with project.edit(label) as edit:
        for item in staged:
            if project.fact("crs") is None:
                edit.set_project("crs", item.project_crs)
            if item.box and project.fact("origin") is None:
                edit.set_project("origin", orjson.dumps(local_origin(item.box)).decode())
        for number in numbers:
            if name and number == numbers[0]:
                edit.set_layer(number, name=name)
            edit.set_layer(number, present=True)
    return [layer for number in numbers for layer in project.layers if layer.id == number]


def origin_of(project_path: Path) -> list[float] | None:
    """The local origin of a project, once its first layer has set one."""
    with Project.open(project_path, read_only=True) as project:
        return project.place.origin.tolist() if project.fact("origin") else None


def local_origin(box: tuple[float, ...]) -> list[float]:
    """A round point in the middle of a box; views subtract it to stay precise."""
    middle = (np.array(box[:2]) + np.array(box[3:5])) / 2
    return [*(np.round(middle / LOCAL_ORIGIN_STEP) * LOCAL_ORIGIN_STEP).tolist(), 0.0]


def rebuild(project: Project, layer: Layer, progress: Progress = never_stop) -> None:
    """Make the cache of a layer again, from the project itself or from its linked file."""
    if layer.partner is not None:
        layer = project.any_layer(layer.partner)
    target = cache.layer_folder(project.path.absolute(), layer.uid)
    with _staging(project.path) as folder, cache.alone(target, lambda: progress(0.0, "waiting")):
        with suppress(CacheMissing):
            project.drawable(layer)
            return  # somebody else has made it meanwhile
        source = Path(layer.source_path)
        if not layer.linked:
            source = folder / "source" / source.name
            source.parent.mkdir()
            with source.open("wb") as file:
                for (data,) in project.rows(
                    "SELECT data FROM piece WHERE layer = ? ORDER BY seq", (layer.id,)
                ):
                    file.write(data)
        elif not source.exists():
            raise ReadError(
                f"The file of layer {layer.name!r} is gone",
                where=str(source),
                do="Put it back, or remove the layer",
            )
        request = {
            "path": str(source),
            "tiles": layer.facts.get("tiles") if layer.linked else None,
            "folder": str(folder),
            "kind": layer.kind,
            "crs": layer.crs,
            "project_crs": project.place.crs,
            "origin": project.place.origin.tolist(),
            "field_map": layer.style.get("field_map"),
        }
        answer = run_importer(request, source, progress)
        if answer["sha256"] != layer.source_sha256 and layer.linked:
            raise ReadError(
                f"The file of layer {layer.name!r} has changed since it was linked",
                where=str(source),
                do="Import it again as a new layer",
            )
        which = next(n for n, item in enumerate(answer["layers"]) if item["drawable"])
        cache.adopt(folder / f"arrays{which}", target)
        cache.put_stamp(target, answer["layers"][which]["drawable"], project.stamp(layer))


def stop_when(asked: Callable[[], bool]) -> Progress:
    """A progress callback that cancels when asked."""

    def check(_fraction: float, _text: str) -> None:
        if asked():
            raise Cancelled

    return check
