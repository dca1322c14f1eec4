"""Lines, areas and points as GIS and drawing programs write them."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from layers import wkb
from layers.data import ReadOptions, WriteOptions
from layers.formats import _ogr, geojson, geopackage

LINES = ([[0, 0, 1], [10, 0, 1]], [[10, 0, 1], [10, 5, 2], [12, 7.5, 3]], [[0, 0, 1], [5, 5, 5]])
RING = ((0, 0, 1), (20, 0, 1), (20, 20, 4), (0, 20, 4), (0, 0, 1))
HOLE = ((5, 5, 1), (5, 9, 1), (9, 9, 1), (5, 5, 1))
FIELDS: Mapping[str, list[Any]] = {
    "diameter": [300.0, 250.0, 0.0],
    "owner": ["Gemeente", "Große Straße", ""],
    "depth": [1.25, np.nan, -3.5],
    "built": ["1974-05-01", "2001-01-31", "1950-12-24"],
    "dry": [True, False, True],
}
DRIVERS = {
    ".shp": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
    ".mif": "MapInfo File",
    ".tab": "MapInfo File",
    ".gdb": "OpenFileGDB",
    ".kml": "LIBKML",
}
#: Of geodatabases made alike.
OTHERS = 3
#: Without the day on which it was made.
ALIKE = {".shp": {"DBF_DATE_LAST_UPDATE": "2000-01-01"}}


def by_gdal(path: Path, kind: str = "lines", **more: str) -> Path:
    """Three shapes of a kind as GDAL writes them."""
    _ogr.load()
    from pyogrio.raw import write

    path.parent.mkdir(parents=True, exist_ok=True)
    shapes, name = _shapes(kind)
    if kind != "lines" and path.suffix == ".mif":  # which has no heights
        shapes = [wkb.polygon([np.array(RING, float)[:, :2]])] * 3
    write(
        path,
        np.array(shapes, object),
        [np.array(column) for column in FIELDS.values()],
        list(FIELDS),
        layer="mains",
        driver=DRIVERS[path.suffix],
        geometry_type=name,
        crs="EPSG:4326" if path.suffix == ".kml" else "EPSG:25832",
        **{**ALIKE.get(path.suffix, {}), **more},
    )
    return path


def database(folder: Path, kind: str = "lines") -> Path:
    """A geodatabase without the numbers that GDAL throws dice for: what differs from others made alike."""
    path = by_gdal(folder / "lines.gdb", kind)
    with tempfile.TemporaryDirectory() as there:
        others = [by_gdal(Path(there, str(number), path.name), kind) for number in range(OTHERS)]
        for file in path.iterdir():
            data = np.frombuffer(file.read_bytes(), np.uint8).copy()
            for other in others:
                data[data != np.frombuffer((other / file.name).read_bytes(), np.uint8)] = 0
            file.write_bytes(data.tobytes())
    return path


def _shapes(kind: str) -> tuple[list[bytes], str]:
    if kind == "lines":
        return [wkb.line(np.array(line, float)[:, :2]) for line in LINES], "LineString"
    if kind == "areas":
        return [wkb.polygon([np.array(ring, float) for ring in (RING, HOLE)])] * 3, "Polygon Z"
    if kind == "many":
        return [wkb.multi_line([np.array(line, float) for line in LINES])] * 3, "MultiLineString Z"
    return [wkb.point(*line[0]) for line in LINES], "Point Z"


def _gdal(name: str, kind: str = "lines", **more: str) -> Callable[[Path], Path]:
    return lambda folder: by_gdal(folder / name, kind, **more)


def package(folder: Path) -> Path:
    """A GeoPackage as this program writes it, without the time at which it was made."""
    features = [
        {"type": "Feature", "id": number, "properties": _row(number), "geometry": shape}
        for number, shape in enumerate(
            (
                {"type": "LineString", "coordinates": LINES[1]},
                {"type": "Polygon", "coordinates": [RING, HOLE]},
                {"type": "MultiPoint", "coordinates": RING},
            )
        )
    ]
    source = folder / "mixed.geojson"
    source.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))
    (layer,) = geojson.read(source, ReadOptions(crs="EPSG:25832"))
    source.unlink()
    path = folder / "mixed.gpkg"
    geopackage.write(path, layer, WriteOptions())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE gpkg_contents SET last_change = '2000-01-01T00:00:00.000Z'")
    return path


def _row(number: int) -> dict[str, Any]:
    plain = {name: column[number] for name, column in FIELDS.items() if name != "depth"}
    return {**plain, "nested": {"a": [1, 2]}, "depth": 1.5}


def drawing(folder: Path, version: str = "R2010", form: str = "asc") -> Path:
    """A drawing with what drawings have: blocks, curves, texts, faces, hatches."""
    import ezdxf
    from ezdxf import options

    options.write_fixed_meta_data_for_testing = True
    document = ezdxf.new(version)  # type: ignore[attr-defined]  # it re-exports the name without saying so
    space = document.modelspace()
    block = document.blocks.new("manhole")
    block.add_circle((0, 0), 0.5)
    block.add_line((0, 0), (1, 1))
    space.add_blockref("manhole", (5, 5), dxfattribs={"xscale": 2, "rotation": 30})
    space.add_line((0, 0, 1), (10, 5, 2))
    space.add_polyline3d(RING)
    space.add_arc((0, 0), 5, 0, 90)
    space.add_text("Main Street", height=2.5)
    space.add_3dface(RING[:4])
    mesh = space.add_polymesh((3, 3))
    mesh.set_mesh_vertex((1, 1), (1, 1, 1))
    if version != "R12":
        space.add_lwpolyline([(x, y) for x, y, _ in RING], close=True)
        space.add_open_spline([(0, 0, 0), (5, 5, 0), (9, 0, 0), (12, 4, 0)])
        space.add_ellipse((0, 0), (4, 0), 0.5)
        space.add_hatch().paths.add_polyline_path([(x, y) for x, y, _ in RING], is_closed=True)
        space.add_mtext("Two\\Plines")
    path = folder / "plan.dxf"
    document.saveas(path, fmt=form)
    return path


def plain_drawing(folder: Path) -> Path:
    """A drawing that is nothing but its entities."""
    groups = (
        *((0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1009"), (0, "ENDSEC")),
        *((0, "SECTION"), (2, "BLOCKS"), (0, "BLOCK"), (8, "0"), (2, "b"), (70, 0), (10, 0), (20, 0)),
        *((0, "LINE"), (8, "0"), (10, 0), (20, 0), (11, 1), (21, 1), (0, "ENDBLK"), (0, "ENDSEC")),
        *((0, "SECTION"), (2, "ENTITIES")),
        *((0, "LINE"), (8, "mains"), (10, 0.0), (20, 0.0), (30, 1.0), (11, 9.5), (21, 3.0), (31, 2.0)),
        *((0, "POLYLINE"), (8, "mains"), (66, 1), (70, 1), (0, "VERTEX"), (8, "0"), (10, 0), (20, 0)),
        *((0, "VERTEX"), (8, "0"), (10, 5), (20, 5), (42, 0.5), (0, "SEQEND")),
        *(
            (0, "LWPOLYLINE"),
            (8, "a"),
            (90, 3),
            (70, 1),
            (10, 0),
            (20, 0),
            (10, 4),
            (20, 0),
            (10, 4),
            (20, 4),
        ),
        *((0, "SPLINE"), (8, "s"), (70, 8), (71, 3), (72, 8), (73, 4)),
        *((40, knot) for knot in (0, 0, 0, 0, 1, 1, 1, 1)),
        *(pair for at in range(4) for pair in ((10, at), (20, at % 2), (30, 0))),
        *(
            (0, "ARC"),
            (8, "0"),
            (10, 0),
            (20, 0),
            (40, 5),
            (50, 0),
            (51, 90),
            (0, "POINT"),
            (8, "p"),
            (10, 1),
        ),
        *((20, 1), (0, "TEXT"), (8, "t"), (10, 1), (20, 1), (40, 2.5), (1, "Main Street")),
        *((0, "INSERT"), (8, "0"), (2, "b"), (10, 5), (20, 5), (41, 2), (70, 3), (71, 2), (44, 1), (45, 1)),
        *((0, "ENDSEC"), (0, "EOF")),
    )
    path = folder / "plain.dxf"
    path.write_text("".join(f"{code}\n{value}\n" for code, value in groups))
    return path


MADE: Mapping[str, Callable[[Path], Path]] = {
    "lines.shp": _gdal("lines.shp"),
    "areas.shp": _gdal("areas.shp", "areas"),
    "lines.fgb": _gdal("lines.fgb", SPATIAL_INDEX="NO"),
    "areas.fgb": _gdal("areas.fgb", "areas"),
    "many.fgb": _gdal("many.fgb", "many"),
    "lines.kml": _gdal("lines.kml"),
    "areas.kml": _gdal("areas.kml", "areas"),
    "lines.mif": _gdal("lines.mif"),
    "areas.mif": _gdal("areas.mif", "areas"),
    "lines.tab": _gdal("lines.tab"),
    "lines.gdb": database,
    "areas.gdb": lambda folder: database(folder, "areas"),
    "mixed.gpkg": package,
    "plain.dxf": plain_drawing,
    "r12.dxf": lambda folder: drawing(folder, "R12"),
    "r2010.dxf": drawing,
    "binary.dxf": lambda folder: drawing(folder, "R12", "bin"),
}
