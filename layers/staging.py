"""A layer as it was read, written into a folder: the rows and the arrays that a project takes over."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from layers import cache, wkb
from layers.arrays import CityTiles, Float64, Mesh, Mover, Scan
from layers.boxes import object_boxes
from layers.columnstore import build_part
from layers.crs import LOCAL, parse_crs
from layers.data import LayerData, Progress, never_stop
from layers.dressing import dressed, save_looks, toned
from layers.footprint import footprints
from layers.heritage import scan_record
from layers.joining import Kin, enclose, kin_of
from layers.moving import Move, moved_box
from layers.placement import turned_normals
from layers.request import StagedLayer, Wanted
from layers.schema import BULK_TABLES
from layers.siting import Site
from layers.tiling import tiled
from layers.values import merge_types, type_of
from layers.versions import settle

#: What lies in the folder of a staged layer, or of a part of one.
ROWS, ARRAYS, COLUMNS, KIN = "rows.sqlite", "arrays", "columns", "kin"
#: (n, 6) boxes of the objects in the project's CRS, where arrays alone are asked for.
BOXES = "object-boxes.npy"
BOX_TABLE = "CREATE TABLE box (fid INTEGER PRIMARY KEY, a, b, c, d, e, f);"


def stage_layer(
    folder: Path,
    layer: LayerData,
    site: Site,
    sha256: str,
    wanted: Wanted,
    images: Path,
    progress: Progress = never_stop,
) -> StagedLayer:
    """Write the rows and the arrays of a layer into a folder; its images lie below the folder `images`."""
    if layer.kind == "heritage" and not layer.features and (layer.drawable or layer.points):
        layer.features = [scan_record(layer.name, layer.box)]
    settle(layer.features, site.epoch)
    drawable = _moved(layer, site.move)
    if wanted != "look":
        boxes = _boxes(layer, drawable, site.move)
        if wanted == "everything":
            _stage_rows(folder, layer, boxes)
        else:
            folder.mkdir(exist_ok=True)
            np.save(folder / BOXES, boxes)
    if drawable is not None and wanted != "look":
        arrays, stamp = folder / ARRAYS, site.stamp(sha256)
        if layer.stored is None:
            drawable = dressed(drawable, layer, images, progress)
            cache.save(arrays, drawable, stamp)
        else:
            cache.adopt(layer.stored, arrays)
            cache.put_stamp(arrays, type(drawable).__name__, stamp)
        if layer.features:
            _stage_columns(arrays / COLUMNS, layer)
    return described(layer, site)


def stage_part(folder: Path, layer: LayerData, site: Site, wanted: Wanted, images: Path) -> StagedLayer:
    """Write a part of a large city layer, and what joins it with the others, into a folder."""
    settle(layer.features, site.epoch)
    mesh = _moved(layer, site.move)
    assert isinstance(mesh, Mesh)
    kin = _enclosed(layer, mesh)
    kin.save(folder / KIN)
    if wanted == "everything":
        _stage_rows(folder, layer, kin.box)
    if wanted != "look":
        mesh = toned(mesh, layer, images)
        tiled(mesh).save(folder / ARRAYS)
        save_looks(folder, layer, mesh)
        _stage_columns(folder / COLUMNS, layer)
    return described(layer, site)


def described(layer: LayerData, site: Site) -> StagedLayer:
    """The layer without its rows and arrays."""
    kind = CityTiles if isinstance(layer.drawable, Mesh) else type(layer.drawable)
    drawn = layer.drawable if isinstance(layer.drawable, Mesh | CityTiles) else None
    polygons = 0 if drawn is None else len(drawn.surface_type)
    counts = Counter((item.type, item.lods, item.surfaces) for item in layer.features)
    return StagedLayer(
        name=layer.name,
        kind=layer.kind,
        crs=layer.crs,
        report=replace(layer.report, polygons=polygons).as_dict(),
        facts={**layer.facts, "layer_box": layer.box},
        box=moved_box(layer.box, site.move) if layer.box else None,
        placement=site.placement.text(),
        linked=layer.linked,
        objects=len(layer.features),
        pieces=len(layer.pieces),
        drawable=None if layer.drawable is None else kind.__name__,
        partner=layer.partner,
        attributes=_attributes(layer),
        counts=[(*key, count) for key, count in counts.items()],
    )


def _boxes(layer: LayerData, drawable: object, mover: Mover) -> Float64:
    """(n, 6) boxes of the features in the project's CRS; NaN where they have none."""
    if isinstance(drawable, Mesh):
        return _enclosed(layer, drawable).box
    boxes = np.full((len(layer.features), 6), np.nan)
    for number, feature in enumerate(layer.features):
        if feature.box:
            boxes[number] = moved_box(feature.box, mover)
    return boxes


def _enclosed(layer: LayerData, mesh: Mesh) -> Kin:
    """City objects and their boxes; what has no geometry of its own encloses its parts."""
    kin = kin_of(layer.features, object_boxes(mesh, len(layer.features)))
    enclose(kin)
    return kin


def _stage_rows(folder: Path, layer: LayerData, boxes: Float64) -> None:
    """Write the features and the pieces of a layer."""
    if layer.kind == "city" and isinstance(layer.drawable, Mesh):
        for feature, area in zip(layer.features, footprints(layer.drawable, len(boxes)), strict=True):
            feature.geometry = area
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / ROWS, isolation_level=None)) as database:
        database.executescript(
            f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {BULK_TABLES} {BOX_TABLE} BEGIN;"
        )
        _insert_objects(database, layer)
        _insert_boxes(database, boxes)
        _insert_pieces(database, layer)
        database.execute("COMMIT")


def _stage_columns(folder: Path, layer: LayerData) -> None:
    """Write the attributes as columns."""
    rows = (
        (item.id, item.type, item.parent, item.valid_from, item.valid_to, item.lods, item.attributes)
        for item in layer.features
    )
    build_part(rows, folder)


def _moved(layer: LayerData, mover: Move) -> Mesh | Scan | Any:
    drawable = layer.drawable
    if isinstance(drawable, Mesh):
        normals, placement = drawable.surface_normal, mover.placement
        return replace(
            drawable,
            vertices=_move(drawable.vertices, mover),
            points=_move(drawable.points, mover),
            surface_normal=turned_normals(normals, placement.matrix()) if placement.is_turned else normals,
        )
    if isinstance(drawable, Scan):
        return replace(drawable, vertices=_move(drawable.vertices, mover))
    return drawable  # grids stay in their own CRS; their surface is moved when it is drawn


def _move(points: Float64, mover: Mover) -> Float64:
    return mover(points) if len(points) else points


def _insert_objects(database: sqlite3.Connection, layer: LayerData) -> None:
    srs = _srs_number(layer.crs)
    database.executemany(
        "INSERT INTO object VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, NULL)",
        (
            (
                position,
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


def _srs_number(crs: str | None) -> int:
    if crs in (None, LOCAL):
        return -1
    return parse_crs(str(crs)).to_epsg() or 100_000


def _insert_boxes(database: sqlite3.Connection, boxes: Float64) -> None:
    known = np.flatnonzero(np.isfinite(boxes[:, 0])).tolist()
    database.executemany(
        "INSERT INTO box VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((number, *box) for number, box in zip(known, boxes[known].tolist(), strict=True)),
    )


def _insert_pieces(database: sqlite3.Connection, layer: LayerData) -> None:
    database.executemany(
        "INSERT INTO piece VALUES (0, ?, ?, ?, ?, ?)",
        ((seq, piece.feature, piece.role, piece.start, piece.data) for seq, piece in enumerate(layer.pieces)),
    )


def _attributes(layer: LayerData) -> dict[str, str | None]:
    types: dict[str, str | None] = {}
    for feature in layer.features:
        if feature.attributes == b"{}":
            continue
        for name, value in orjson.loads(feature.attributes).items():
            found = type_of(value)
            if types.get(name, "") != found:
                types[name] = merge_types(types.get(name), found)
    return types
