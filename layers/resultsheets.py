"""A result as sheets: columns with the names that scripts depend on, and geometry where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layers import wkb
from layers.arrays import CityTiles, Float64, Int32
from layers.columns import NONE
from layers.project import Project
from layers.results import MAIN, OBSERVERS, SIGHTLINES, Pedigree, Result, Table, Values
from layers.runs import Int64, ranges

#: Numbers in files: a micrometre, a microhour; far below what any analysis claims.
DECIMALS = 6
#: These come first in the sheet of surfaces, then what was found, then where the surface is.
FIRST = ("object_id", "surface_id", "surface_type", "area_m2", "tilt_deg", "azimuth_deg")
PLACE = ("layer", "fid", "geometry", "surface")
#: Columns with a geometry as hexadecimal WKB.
WKB = "wkb"

Geometries = list[bytes | None]


@dataclass(frozen=True)
class Sheet:
    """One table of a result, as files hold it."""

    name: str
    columns: Mapping[str, list[Any]]  # plain values; None where a number is not known
    geometries: Geometries | None = None  # WKB in the project's CRS

    def rows(self) -> list[tuple[Any, ...]]:
        """Row by row, in the order of the columns."""
        return list(zip(*self.columns.values(), strict=True))

    def records(self) -> list[dict[str, Any]]:
        """Row by row, with the names of the columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows()]


def sheets_of(project: Project, result: Result, with_geometry: bool) -> list[Sheet]:
    """The tables of a result that have rows, the main one first."""
    found = []
    if len(result.surfaces):
        polygons = surface_polygons(project, result.surfaces) if with_geometry else None
        found.append(Sheet("surfaces", _surface_columns(project, result.surfaces), polygons))
    if len(result.shapes):
        found.append(_sheet("shapes", result.shapes, with_geometry))
    if len(result.points):
        places = _places(result.points, "xyz")
        found.append(
            Sheet("points", _plain_columns(result.points), [*wkb.points(places)] if with_geometry else None)
        )
    taken = {sheet.name for sheet in found}
    for name, table in result.tables.items():
        if len(table):
            found.append(_sheet(f"{name}_table" if name in taken else name, table, with_geometry))
    return sorted(found, key=lambda sheet: sheet.name not in MAIN)


def _sheet(name: str, table: Table, with_geometry: bool) -> Sheet:
    columns = _plain_columns(table)
    shapes = columns.pop(WKB, None)
    if not with_geometry:
        return Sheet(name, columns)
    if shapes is not None:
        return Sheet(name, columns, [bytes.fromhex(text) if text else None for text in shapes])
    if name == OBSERVERS:
        return Sheet(name, columns, [*wkb.points(_places(table, "xyz"))])
    if name == SIGHTLINES:
        ends = np.stack([_places(table, [f"{axis}{end}" for axis in "xyz"]) for end in "01"], axis=1)
        return Sheet(name, columns, [wkb.line(line) for line in ends])
    return Sheet(name, columns)


def _places(table: Table, axes: Sequence[str]) -> Float64:
    """(n, 3) places in three columns of a table."""
    return np.column_stack([table.numbers(axis) for axis in axes])


def _surface_columns(project: Project, table: Table) -> dict[str, list[Any]]:
    columns = _plain_columns(table)
    names = {layer.id: layer.name for layer in project.layers}
    columns["layer"] = [names.get(number, "") for number in columns.get("layer", [0] * len(table))]
    found = [name for name in columns if name not in FIRST and name not in PLACE]
    order = (*(name for name in FIRST if name in columns), *found, *PLACE)
    return {name: columns[name] for name in order if name in columns}


def _plain_columns(table: Table) -> dict[str, list[Any]]:
    return {name: plain(values) for name, values in table.columns.items()}


def plain(values: Values) -> list[Any]:
    """Values as files hold them: rounded, None for what is not known."""
    if isinstance(values, list):
        return values
    if values.dtype.kind != "f":
        return list(values.tolist())
    rounded = np.round(values.astype(np.float64), DECIMALS)
    return [
        value if known else None for value, known in zip(rounded.tolist(), np.isfinite(rounded), strict=True)
    ]


def pedigree_of(result: Result, crs: str | None) -> dict[str, Any]:
    """Everything that makes the numbers of a result defensible, as JSON values."""
    return {
        "kind": result.kind,
        "title": result.title,
        "made_at": result.made_at,
        "verdict": result.verdict or None,
        "crs": crs,
        "parameters": dict(result.inputs),
        **_pedigree_members(result.pedigree),
        "quantities": [
            {"name": one.name, "title": one.title, "unit": one.unit, "digits": one.digits}
            for one in result.quantities
        ],
    }


def _pedigree_members(pedigree: Pedigree) -> dict[str, Any]:
    return {
        "method": pedigree.method,
        "error": pedigree.error,
        "limits": list(pedigree.limits),
        "sun": list(pedigree.sun),
        "version": pedigree.version,
        "inputs": [{"name": name, "sha256": sha256} for name, sha256 in pedigree.named_inputs],
        "numbers": {name: float(number) for name, number in pedigree.numbers.items()},
    }


# --- polygons of surfaces -------------------------------------------------------------------------


def surface_polygons(project: Project, table: Table) -> Geometries:
    """The polygon of each row that stands for one of a city object, as WKB in the project's CRS."""
    found: Geometries = [None] * len(table)
    if "layer" not in table.columns:
        return found
    layers = table.numbers("layer").astype(np.int64)
    for layer in project.layers:
        rows = np.flatnonzero(layers == layer.id)
        city = project.drawable(layer) if len(rows) else None
        if not isinstance(city, CityTiles):
            continue
        positions = table.numbers("fid").astype(np.int64)[rows] - layer.first_fid
        place = (table.numbers(name).astype(np.int64)[rows] for name in ("geometry", "surface"))
        surfaces = surfaces_at(city, positions, *place)
        for row, surface in zip(rows.tolist(), surfaces.tolist(), strict=True):
            if surface != NONE:
                found[row] = wkb.polygon(_rings(city, surface))
    return found


def surfaces_at(city: CityTiles, positions: Int64, geometry: Int64, surface: Int64) -> Int64:
    """Which polygons of a layer have these places in the source; NONE where there is none."""
    last = int(max(city.entry_object.max(initial=0), positions.max(initial=0)))
    entry_of = np.full(last + 2, NONE, np.int64)
    entry_of[city.entry_object] = np.arange(len(city.entry_object))
    entries = entry_of[positions]
    geometries = _members_at(city.entry_geometry, city.geometry_index, entries, geometry)
    return _members_at(city.geometry_surface, city.surface_index, geometries, surface)


def _members_at(begin: Int32, number: Int32, owners: Int64, wanted: Int64) -> Int64:
    """The member of each owner that has a number in it; NONE where the owner or the member is not there."""
    found = np.full(len(owners), NONE, np.int64)
    there = np.flatnonzero(owners != NONE)
    some = np.unique(owners[there])
    members = ranges(begin[some], begin[some + 1] - begin[some])
    if not len(members):
        return found
    of_member = np.repeat(some, begin[some + 1] - begin[some])
    step = int(max(number[members].max(), wanted.max(initial=0))) + 2
    keys = of_member * step + number[members]
    order = np.argsort(keys, kind="stable")
    asked = owners[there] * step + wanted[there]
    at = np.minimum(np.searchsorted(keys[order], asked), len(keys) - 1)
    met = keys[order][at] == asked
    found[there[met]] = members[order[at[met]]]
    return found


def _rings(city: CityTiles, surface: int) -> Sequence[Float64]:
    first, last = city.surface_vertex[surface : surface + 2].tolist()
    ends = np.flatnonzero(city.ring_end[first:last])[:-1] + 1
    return np.split(np.asarray(city.vertices[first:last]), ends)
