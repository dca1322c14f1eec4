"""Results of analyses as files: CSV, JSON, GeoJSON, GeoPackage, GeoTIFF, CityJSON, each with its pedigree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers import safefile, wkb
from layers.arrays import Float64
from layers.crs import LOCAL, parse_crs, positions
from layers.errors import WriteError
from layers.formats.geojson import crs_member, geometry_of
from layers.formats.geopackage import add_attributes, add_features, new_package
from layers.outfile import check_kept, check_place, keep_inputs
from layers.project import Project
from layers.records import Layer
from layers.resultcity import write_on_surfaces
from layers.results import Grid, Raster, Result
from layers.resultsheets import Sheet, pedigree_of, sheets_of
from layers.tables import write_table

#: Endings with what they give, as dialogs name them.
FILES: tuple[tuple[str, str], ...] = (
    (".gpkg", "GeoPackage: surfaces, points and shapes with their geometry"),
    (".csv", "CSV tables, the pedigree beside them"),
    (".json", "JSON, one document"),
    (".geojson", "GeoJSON, the main table with its geometry"),
    (".tif", "GeoTIFF of what was computed on the ground"),
    (".city.json", "CityJSON, the values on its semantic surfaces"),
    (".city.jsonl", "CityJSON sequence, the values on its semantic surfaces"),
)
#: A cell without a value.
NO_DATA = float("nan")
_JSON = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY


def endings_for(result: Result) -> tuple[tuple[str, str], ...]:
    """The endings that a result can be exported to, with what they give."""
    without = set()
    if result.grid is None and result.raster is None:
        without.add(".tif")
    if not len(result.surfaces) or not (result.surfaces.numbers("geometry") >= 0).any():
        without |= {".city.json", ".city.jsonl"}
    return tuple((ending, title) for ending, title in FILES if ending not in without)


def export_result(
    project: Project, result: Result, out: Path, layer: str | None = None, overwrite: bool = False
) -> str:
    """Write a result to a file whose ending names the format; gives a sentence about what was written.

    Formats that hold one table have the others beside them, with the names of the tables in theirs.
    For CityJSON, `layer` says onto which layer when the result has surfaces of several.
    """
    out = Path(out)

    def check(path: Path) -> None:
        keep_inputs(path, _texts_in(result.inputs))
        check_kept(project, path, overwrite)

    return _writer(out)(project, result, out, check, layer)


def check_out(project: Project, out: Path, overwrite: bool, inputs: Mapping[str, Any]) -> None:
    """Refuse a file that a result of these inputs cannot be written to, before long work is begun."""
    _writer(out)
    keep_inputs(out, _texts_in(inputs))
    check_place(project, out, overwrite)


def _texts_in(inputs: Mapping[str, Any]) -> list[str]:
    """What may name files among the inputs of an analysis, such as one of weather."""
    return [value for value in inputs.values() if isinstance(value, str) and value]


#: Tables whose rows are called by their names.
COUNTED = frozenset(
    ("surfaces", "points", "shapes", "verdicts", "objects", "buildings", "blockers", "changes", "attributes")
)
#: Raises for a file that may not be written.
Check = Callable[[Path], None]


def _writer(out: Path) -> Callable[[Project, Result, Path, Check, str | None], str]:
    name = out.name.lower()
    for endings, write in (
        ((".city.json", ".city.jsonl", ".jsonl"), _write_city),
        ((".csv",), _write_csv),
        ((".json",), _write_json),
        ((".geojson",), _write_geojson),
        ((".gpkg",), _write_package),
        ((".tif", ".tiff"), _write_raster),
    ):
        if name.endswith(endings):
            return write
    raise WriteError(
        "The ending does not name a format that a result can be written to",
        where=out.name,
        allowed=", ".join(ending for ending, _ in FILES),
    )


def beside(out: Path, name: str, ending: str = "") -> Path:
    """The file beside `out` for one of its further tables: "sun.csv" and "points" are "sun.points.csv"."""
    return out.with_name(f"{out.stem}.{name}{ending or out.suffix}")


# --- one table ------------------------------------------------------------------------------------


def _write_csv(project: Project, result: Result, out: Path, check: Check, _layer: str | None) -> str:
    sheets = _some(sheets_of(project, result, with_geometry=True), result)
    side = beside(out, "pedigree", ".json")
    paths = [out, *(beside(out, sheet.name) for sheet in sheets[1:])]
    for path in (*paths, side):
        check(path)
    for path, sheet in zip(paths, sheets, strict=True):
        columns, rows = list(sheet.columns), sheet.rows()
        if sheet.geometries is not None and sheet.name not in ("surfaces", "points"):
            columns = [*columns, "wkt"]
            rows = [(*row, text) for row, text in zip(rows, _texts(sheet.geometries), strict=True)]
        write_table(path, columns, [["" if value is None else str(value) for value in row] for row in rows])
    _write_document(side, pedigree_of(result, project.place.crs))
    return f"{_listed(sheets, paths)}; the pedigree is in {side.name}"


def _texts(geometries: Sequence[bytes | None]) -> list[str]:
    """Geometries as well-known text."""
    import shapely

    return ["" if text is None else str(text) for text in shapely.to_wkt(shapely.from_wkb(geometries))]


def _write_geojson(project: Project, result: Result, out: Path, check: Check, _layer: str | None) -> str:
    sheets = [s for s in sheets_of(project, result, with_geometry=True) if s.geometries is not None]
    _some(sheets, result)
    # What is not on surfaces has none; the main file is one that can be drawn.
    sheets.sort(key=lambda sheet: not any(sheet.geometries or ()))
    paths = [out, *(beside(out, sheet.name) for sheet in sheets[1:])]
    for path in paths:
        check(path)
    crs = project.place.crs
    for path, sheet in zip(paths, sheets, strict=True):
        document: dict[str, Any] = {"type": "FeatureCollection"}
        if crs is not None and crs != LOCAL:
            document["crs"] = crs_member(crs)
        assert sheet.geometries is not None
        document["pedigree"] = pedigree_of(result, crs)
        document["features"] = [
            {
                "type": "Feature",
                "properties": record,
                "geometry": None if geometry is None else geometry_of(wkb.read(geometry)),
            }
            for record, geometry in zip(sheet.records(), sheet.geometries, strict=True)
        ]
        _write_document(path, document)
    return _listed(sheets, paths)


# --- all tables -----------------------------------------------------------------------------------


def _write_json(project: Project, result: Result, out: Path, check: Check, _layer: str | None) -> str:
    check(out)
    sheets = _some(sheets_of(project, result, with_geometry=True), result)
    document: dict[str, Any] = {"pedigree": pedigree_of(result, project.place.crs)}
    for sheet in sheets:
        rows = sheet.records()
        if sheet.geometries is not None and sheet.name not in ("surfaces", "points"):
            for row, geometry in zip(rows, sheet.geometries, strict=True):
                row["geometry"] = geometry and geometry_of(wkb.read(geometry))
        document[sheet.name] = rows
    _write_document(out, document)
    return _listed(sheets)


def _write_document(path: Path, document: dict[str, Any]) -> None:
    safefile.write_whole(path, lambda file: _put(file, orjson.dumps(document, option=_JSON)))


def _put(file: IO[bytes], data: bytes) -> None:
    file.write(data + b"\n")


def _write_package(project: Project, result: Result, out: Path, check: Check, _layer: str | None) -> str:
    check(out)
    sheets = _some(sheets_of(project, result, with_geometry=True), result)
    safefile.write_by_path(out, lambda path: _fill_package(project, result, sheets, path))
    return _listed(sheets)


def _fill_package(project: Project, result: Result, sheets: Sequence[Sheet], path: Path) -> None:
    with new_package(path) as connection:
        for sheet in sheets:
            columns = _sql_columns(sheet)
            if sheet.geometries is None:
                add_attributes(connection, sheet.name, columns, sheet.rows())
            else:
                add_features(
                    connection, sheet.name, project.place.crs, columns, sheet.geometries, sheet.rows()
                )
        facts = pedigree_of(result, project.place.crs)
        rows = [
            (key, value if value is None or isinstance(value, str) else _text(value))
            for key, value in facts.items()
        ]
        add_attributes(connection, "pedigree", {"part": "TEXT", "value": "TEXT"}, rows)


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _sql_columns(sheet: Sheet) -> dict[str, str]:
    """The columns with their SQL types; those that GeoPackage has for itself get another name."""
    found = {}
    for name, values in sheet.columns.items():
        kinds = {type(value) for value in values if value is not None}
        sql = "BOOLEAN" if kinds == {bool} else "INTEGER" if kinds == {int} else "TEXT"
        own = f"object_{name}" if name in ("fid", "geom") else name
        found[own] = "REAL" if kinds and kinds <= {int, float} and float in kinds else sql
    return found


# --- rasters and city models ----------------------------------------------------------------------


def _write_raster(project: Project, result: Result, out: Path, check: Check, _layer: str | None) -> str:
    bands = _bands(project, result)
    if bands is None:
        raise WriteError(
            "Only what was computed on the ground can be written as a raster",
            where=result.title,
            do="Export it to GeoPackage, CSV or JSON instead",
        )
    check(out)
    tags = _text(pedigree_of(result, bands.crs))
    safefile.write_by_path(out, lambda path: _fill_raster(bands, tags, path))
    count = len(bands.values)
    return f"{count} {'band' if count == 1 else 'bands'} of {bands.columns} by {bands.rows} cells"


@dataclass(frozen=True)
class _Bands:
    """A raster as a file holds it."""

    crs: str | None
    affine: tuple[float, ...]
    columns: int
    rows: int
    values: Mapping[str, NDArray[Any]]  # (rows, columns) by name
    units: Mapping[str, str]
    nothing: float


def _bands(project: Project, result: Result) -> _Bands | None:
    """The finest raster that a result has."""
    grid, units = result.grid, {one.name: one.unit for one in result.quantities}
    if result.raster is not None:
        return _of_raster(result.raster, units)
    names = [one.name for one in result.quantities if one.name in result.points.columns]
    if grid is None or not names:
        return None
    affine = (grid.step_m, 0.0, grid.west, 0.0, -grid.step_m, grid.north)
    values = {name: _cells(grid, result.points.numbers(name)) for name in names}
    return _Bands(project.place.crs, affine, grid.columns, grid.rows, values, units, NO_DATA)


def _of_raster(raster: Raster, units: Mapping[str, str]) -> _Bands:
    """All bands with the widest kind of values among them, since a file has one kind."""
    widest = np.result_type(*(values.dtype for values in raster.values.values()))
    nothing = np.iinfo(widest).max
    values = {
        name: np.where(cells == np.iinfo(cells.dtype).max, nothing, cells)
        .astype(widest)
        .reshape(raster.rows, raster.columns)
        for name, cells in raster.values.items()
    }
    return _Bands(raster.crs, raster.affine, raster.columns, raster.rows, values, units, float(nothing))


def _cells(grid: Grid, values: Float64) -> Float64:
    if grid.columns < 1 or grid.rows < 1 or len(grid.cell) != len(values):
        raise WriteError("The points of this result are not those of its grid", found=f"{len(values)} points")
    found = np.full(grid.rows * grid.columns, NO_DATA)
    found[grid.cell] = values
    return found.reshape(grid.rows, grid.columns)


def _fill_raster(bands: _Bands, pedigree: str, path: Path) -> None:
    import rasterio  # type: ignore[import-untyped]  # it has none

    crs = bands.crs
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=bands.columns,
        height=bands.rows,
        count=len(bands.values),
        dtype=next(iter(bands.values.values())).dtype,
        nodata=bands.nothing,
        compress="deflate",
        crs=None if crs is None or crs == LOCAL else positions(parse_crs(crs)).to_wkt(),
        transform=rasterio.Affine(*bands.affine),
    ) as raster:
        raster.update_tags(PEDIGREE=pedigree)
        for number, (name, values) in enumerate(bands.values.items(), 1):
            raster.write(values, number)
            raster.set_band_description(number, name)
            raster.set_band_unit(number, bands.units.get(name, ""))


def _write_city(project: Project, result: Result, out: Path, check: Check, layer: str | None) -> str:
    check(out)
    side = beside(out, "pedigree", ".json")
    check(side)
    said = write_on_surfaces(project, result, _one_layer(project, result, layer), out)
    _write_document(side, pedigree_of(result, project.place.crs))
    return f"{said}; the pedigree is in {side.name}"


def _one_layer(project: Project, result: Result, name: str | None) -> Layer:
    if name is not None:
        return project.layer(name)
    numbers = np.unique(result.surfaces.numbers("layer")) if len(result.surfaces) else np.zeros(0)
    having = [layer for layer in project.layers if layer.id in numbers]
    if len(having) != 1:
        raise WriteError(
            "A result goes onto the surfaces of one layer",
            where=result.title,
            found=", ".join(layer.name for layer in having) or "no surfaces of a layer",
            do="Name the layer" if having else "",
        )
    return having[0]


def _some(sheets: list[Sheet], result: Result) -> list[Sheet]:
    if not sheets:
        raise WriteError("There is nothing in this result to export", where=result.title)
    return sheets


def _listed(sheets: Sequence[Sheet], paths: Sequence[Path] = ()) -> str:
    """As in "12 surfaces, 1 point in sun.points.csv"; which file is not said of the first one."""
    said = [_counted(len(sheet.rows()), sheet.name) for sheet in sheets]
    where = ["", *(f" in {path.name}" for path in paths[1:])] if paths else [""] * len(said)
    return ", ".join(map("".join, zip(said, where, strict=True)))


def _counted(count: int, name: str) -> str:
    one, rest = (name.removesuffix("s"), "") if name in COUNTED else ("row", f" of {name.replace('_', ' ')}")
    return f"{count:,} {one if count == 1 else f'{one}s'}{rest}"
