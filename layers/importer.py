"""The import process: reads one stranger's file and leaves rows and arrays in a staging folder.

Started as `python -m layers.importer`; takes a request as one JSON line on standard input and
answers with JSON lines: {"progress": 0.4, "text": "…"}, then {"done": …} or {"error": …}.
A decoder that crashes or runs away ends this process, not the window.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson

from layers import cache, wkb
from layers.arrays import Cloud, Float64, Mesh, Mover, Scan, TerrainPyramid
from layers.crs import LOCAL, crs_text, height_unit, parse_crs
from layers.data import Box, LayerData, ReadOptions
from layers.errors import CitystrataError, PlaceError, ReadError
from layers.heritage import scan_record
from layers.place import Place, far_note, project_crs_for, suggest_crs
from layers.schema import BULK_TABLES
from layers.source import Source, files_below
from layers.tiling import tiled
from layers.values import merge_types, type_of

MEMORY_FLOOR = 3 << 30
MEMORY_CEILING = 12 << 30
MEMORY_PER_BYTE = 24
CPU_FLOOR_S = 120
CPU_BYTES_PER_S = 200_000
SCRATCH = "scratch"
DAMAGED = "It is probably damaged; nothing was changed. Ask for the file again"
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)
END_WITH_STARTER = 1  # PR_SET_PDEATHSIG of prctl(2)

Say = Callable[[dict[str, Any]], None]

STAGING_TABLES = BULK_TABLES + "CREATE TABLE box (fid INTEGER PRIMARY KEY, a, b, c, d, e, f);"


def main() -> int:
    """Read one request, do it, answer."""
    # What is read lives until this process ends; collecting cycles would only walk it again and again.
    gc.disable()
    make_ready()
    line = sys.stdin.buffer.readline()
    if not line:
        return 0  # whoever started us has nothing to read
    request = orjson.loads(line)
    path = Path(request["path"])
    with _answers() as answers:

        def say(message: dict[str, Any]) -> None:
            answers.write(orjson.dumps(message) + b"\n")
            answers.flush()

        try:
            limit(_size(path, request.get("tiles")))
            say({"done": stage(path, request, say)})
        except CitystrataError as error:
            say(_told(error))
            return 1
        except (sqlite3.Error, OSError) as error:
            say(_told(_no_room(request["folder"], error)))
            return 1
        except MemoryError:
            say(_told(ReadError("The file needs more memory than it may have", where=str(path), do=DAMAGED)))
            return 1
    return 0


def make_ready() -> None:
    """Load what reading needs: a process that was started ahead is then ready at once."""
    import pyproj  # noqa: F401

    from layers import formats  # noqa: F401

    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        # Arrays come and go by the thousand; without this each takes its pages from the system anew.
        library.mallopt(M_MMAP_THRESHOLD, 4 << 20)
        library.mallopt(M_TRIM_THRESHOLD, 1 << 30)


def _no_room(folder: str, error: Exception) -> ReadError:
    return ReadError(
        "The file was read but could not be stored",
        where=folder,
        found=getattr(error, "strerror", None) or str(error),
        do="Nothing was changed; check that there is free space on the disk",
    )


def _told(error: CitystrataError) -> dict[str, Any]:
    return {"error": {"kind": type(error).__name__, "parts": error.parts(), **_extra(error)}}


def _answers() -> IO[bytes]:
    """The standard output, for answers alone: whatever a decoder prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def silent(_message: dict[str, Any]) -> None:
    """Tell nobody."""


def _size(path: Path, tiles: list[str] | None) -> int:
    """Bytes to be read."""
    if path.is_dir() and not tiles:
        return sum(file.stat().st_size for file in files_below(path))
    return Source(path, tuple(tiles or ())).size


def limit(size: int) -> None:
    """Bound this process's memory and time by the size of what it reads, and its life by its starter's."""
    if sys.platform == "win32":
        return
    import resource

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(END_WITH_STARTER, signal.SIGKILL)

    memory = min(MEMORY_CEILING, MEMORY_FLOOR + MEMORY_PER_BYTE * size)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    seconds = CPU_FLOOR_S + size // CPU_BYTES_PER_S
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class MissingCrs(PlaceError):
    """A layer does not say where on Earth it lies."""

    def __init__(self, path: Path, box: Box) -> None:
        self.box = box
        self.candidates = suggest_crs(box)
        names = "; ".join(f"{code} ({title})" for code, title, _ in self.candidates[:3])
        super().__init__(
            "The file does not name its coordinate reference system",
            where=path.name,
            found=f"x {box[0]:.6g} to {box[3]:.6g}, y {box[1]:.6g} to {box[4]:.6g}",
            do=f"Name it with --crs{f', perhaps {names}' if names else ''};"
            " use --crs local for a model that lies nowhere on Earth",
        )


def _extra(error: CitystrataError) -> dict[str, Any]:
    if isinstance(error, MissingCrs):
        return {"box": error.box, "candidates": error.candidates}
    return {}


def stage(path: Path, request: dict[str, Any], say: Say = silent) -> dict[str, Any]:
    """Read a file or a folder of tiles and write everything a project needs into the staging folder."""
    from layers import formats

    folder = Path(request["folder"])
    form, source, others = formats.find(path, request.get("tiles") or ())
    project_crs = request.get("project_crs")
    options = ReadOptions(
        kind=request.get("kind"),
        crs=request.get("crs"),
        field_map=request.get("field_map") or {},
        project_crs=project_crs,
        only_facts=bool(request.get("only_facts")),
        scratch=folder / SCRATCH,
        progress=lambda fraction, text: say({"progress": 0.7 * fraction, "text": text}),
    )
    layers = formats.read_source(form, source, options)
    if source.names:
        layers[0].facts["tiles"] = source.names
    for name in others:
        layers[0].report.warn("not_read", name, f"{name} is not {form.TITLE} and was left out")
    for layer in layers:
        layer.crs = _layer_crs(path, layer, request.get("crs"), project_crs)
        project_crs = project_crs or _project_crs(layer)
    say({"progress": 0.72, "text": "rows"})
    database = sqlite3.connect(folder / "staging.sqlite", isolation_level=None)
    database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {STAGING_TABLES} BEGIN;")
    described = [
        _stage_layer(
            database, folder, number, layer, project_crs or LOCAL, source.sha256, request.get("origin")
        )
        for number, layer in enumerate(layers)
    ]
    database.execute("COMMIT")
    database.close()
    return {
        "format": form.NAME,
        "path": str(path.absolute()),
        "sha256": source.sha256,
        "project_crs": project_crs or LOCAL,
        "layers": described,
    }


def _layer_crs(path: Path, layer: LayerData, said: str | None, project_crs: str | None) -> str:
    known = said or layer.crs
    if known:
        return crs_text(parse_crs(known))
    if layer.box is None or project_crs == LOCAL:
        return project_crs or LOCAL
    if layer.facts.get("local"):
        return LOCAL
    if layer.kind == "heritage" and project_crs:
        # A scan that names no CRS but has large coordinates is in that of its city.
        return project_crs
    raise MissingCrs(path, layer.box)


def _project_crs(layer: LayerData) -> str | None:
    if layer.crs is None or layer.box is None:
        return layer.crs
    return project_crs_for(layer.crs, layer.box)


def _stage_layer(
    database: sqlite3.Connection,
    folder: Path,
    number: int,
    layer: LayerData,
    project_crs: str,
    sha256: str,
    origin: list[float] | None,
) -> dict[str, Any]:
    if layer.kind == "heritage" and not layer.features and layer.drawable is not None:
        layer.features = [scan_record(layer.name, layer.box)]
    mover = _mover(layer, project_crs, origin)
    _fill_footprints(layer)
    layer_box = layer.box
    drawable = _moved(layer, mover)
    boxes = _boxes(layer, drawable, mover)
    _insert_objects(database, number, layer, boxes)
    _insert_pieces(database, number, layer)
    _insert_attributes(database, number, layer)
    name = None
    if isinstance(drawable, Mesh):
        drawable = tiled(drawable)
    if drawable is not None:
        name = type(drawable).__name__
        target, stamp = folder / f"arrays{number}", f"{sha256} {layer.crs} {project_crs}"
        if layer.stored is None:
            cache.save(target, drawable, stamp)
        else:
            cache.adopt(layer.stored, target)
            cache.put_stamp(target, name, stamp)
    return {
        "name": layer.name,
        "kind": layer.kind,
        "crs": layer.crs,
        "report": layer.report.as_dict(),
        "facts": {**layer.facts, "layer_box": layer_box},
        "box": _moved_box(layer.box, mover) if layer.box else None,
        "linked": layer.linked,
        "objects": len(layer.features),
        "drawable": name,
        "partner": layer.partner,
    }


def _mover(layer: LayerData, project_crs: str, origin: list[float] | None) -> Mover:
    """What brings the layer's points into the project; the report says what a person should know of it."""
    if layer.crs == LOCAL and project_crs != LOCAL and origin and layer.box:
        layer.report.warn(
            "placed", "", "the model names no place on Earth: it stands in the middle of the project"
        )
        low, high = np.array(layer.box[:3]), np.array(layer.box[3:])
        shift = np.array(origin) - np.array([*((low + high) / 2)[:2], low[2]])
        return lambda points: points + shift
    place = Place(project_crs, np.zeros(3))
    # Rasters are in metres unless their CRS says otherwise, clouds in the unit of their positions.
    in_metres = layer.crs is None or isinstance(layer.drawable, TerrainPyramid)
    unit_m = 1.0 if in_metres else height_unit(str(layer.crs))[1]
    far = far_note(layer.crs, layer.box) if layer.crs and layer.box else ""
    for note in (place.note(layer.crs, unit_m), far):
        if note:
            layer.report.warn("placed", "", note)
    return place.mover(layer.crs, unit_m)


def _fill_footprints(layer: LayerData) -> None:
    if layer.kind == "city" and isinstance(layer.drawable, Mesh):
        from layers.footprint import footprints

        for feature, footprint in zip(
            layer.features, footprints(layer.drawable, len(layer.features)), strict=True
        ):
            feature.geometry = footprint


def _moved(layer: LayerData, mover: Mover) -> Mesh | Cloud | Scan | Any:
    drawable = layer.drawable
    if isinstance(drawable, Mesh):
        values = {**vars(drawable), "vertices": _move(drawable.vertices, mover)}
        return Mesh(**{**values, "points": _move(drawable.points, mover)})
    if isinstance(drawable, Cloud):
        return Cloud(**{**vars(drawable), "points": _move(drawable.points, mover)})
    if isinstance(drawable, Scan):
        return Scan(**{**vars(drawable), "vertices": _move(drawable.vertices, mover)})
    return drawable  # grids stay in their own CRS; their surface is moved when it is drawn


def _move(points: Float64, mover: Mover) -> Float64:
    return mover(points) if len(points) else points


def _boxes(layer: LayerData, drawable: object, mover: Mover) -> Iterator[tuple[int, Box]]:
    """The boxes of the features in the project's CRS."""
    if isinstance(drawable, Mesh):
        from layers.boxes import object_boxes

        own = object_boxes(drawable, len(layer.features))
        for number, feature in enumerate(layer.features):
            if np.isfinite(own[number, 0]):
                low_high = own[number].tolist()
                yield number, tuple(low_high)
            elif feature.box:
                yield number, _moved_box(feature.box, mover)
        return
    for number, feature in enumerate(layer.features):
        if feature.box:
            yield number, _moved_box(feature.box, mover)


def _moved_box(box: Box, mover: Mover) -> Box:
    corners = np.array([[x, y, z] for x in box[0::3] for y in box[1::3] for z in box[2::3]], np.float64)
    moved = mover(corners)
    return (*moved.min(axis=0).tolist(), *moved.max(axis=0).tolist())


def _insert_objects(
    database: sqlite3.Connection, number: int, layer: LayerData, boxes: Iterator[tuple[int, Box]]
) -> None:
    srs = _srs_number(layer.crs)
    first = _first_fid(database)
    database.executemany(
        "INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
        (
            (
                first + position,
                number,
                item.id,
                item.type,
                item.parent,
                item.valid_from,
                item.valid_to,
                item.attributes.decode(),
                item.lods,
                item.surfaces,
                wkb.blob(item.geometry, srs, None) if item.geometry else None,
            )
            for position, item in enumerate(layer.features)
        ),
    )
    database.executemany(
        "INSERT INTO box VALUES (?, ?, ?, ?, ?, ?, ?)", ((first + position, *box) for position, box in boxes)
    )


def _first_fid(database: sqlite3.Connection) -> int:
    row = database.execute("SELECT max(fid) FROM object").fetchone()
    return 0 if row[0] is None else int(row[0]) + 1


def _srs_number(crs: str | None) -> int:
    if crs in (None, LOCAL):
        return -1
    return parse_crs(str(crs)).to_epsg() or 100_000


def _insert_pieces(database: sqlite3.Connection, number: int, layer: LayerData) -> None:
    database.executemany(
        "INSERT INTO piece VALUES (?, ?, ?, ?, ?, ?)",
        (
            (number, seq, piece.feature, piece.role, piece.start, piece.data)
            for seq, piece in enumerate(layer.pieces)
        ),
    )


def _insert_attributes(database: sqlite3.Connection, number: int, layer: LayerData) -> None:
    types: dict[str, str | None] = {}
    for feature in layer.features:
        if feature.attributes == b"{}":
            continue
        for name, value in orjson.loads(feature.attributes).items():
            found = type_of(value)
            if types.get(name, "") != found:
                types[name] = merge_types(types.get(name), found)
    database.executemany(
        "INSERT INTO attribute VALUES (?, ?, ?, ?)",
        ((number, name, type or "text", position) for position, (name, type) in enumerate(types.items())),
    )


if __name__ == "__main__":
    sys.exit(main())
