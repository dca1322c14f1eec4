"""A result on the semantic surfaces of its city model: every other byte stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
import numpy as np
import orjson

from layers import formats, safefile
from layers.arrays import Float64
from layers.data import Piece
from layers.errors import WriteError
from layers.flatten import DEPTH
from layers.jsontext import address, raw_members, with_members
from layers.project import Project
from layers.records import Layer
from layers.results import Quantity, Result, Table
from layers.resultsheets import DECIMALS
from layers.runs import Int64
from layers.semantics import MALFORMED, surface_of_polygons
from layers.sourcetext import changed_bytes

#: Formats whose objects are JSON text with semantic surfaces.
CITYJSON = ("cityjson", "cityjsonseq")
#: Quantities in these units are of a whole surface; others are means over it.
AMOUNTS = frozenset(("kWh", "MWh", "kWh/a", "kWp", "m²"))


class _Semantics(msgspec.Struct):
    surfaces: list[msgspec.Raw] = []
    values: msgspec.Raw = msgspec.Raw()


class _Geometry(msgspec.Struct):
    type: str = ""
    boundaries: msgspec.Raw = msgspec.Raw()
    semantics: _Semantics | None = None


class _Object(msgspec.Struct):
    geometry: list[_Geometry] = []


_OBJECT = msgspec.json.Decoder(_Object)


def write_on_surfaces(project: Project, result: Result, layer: Layer, out: Path) -> str:
    """Write a layer as it would be exported, with the quantities of a result on its semantic surfaces.

    A semantic surface that several polygons share gets the mean of a quantity over their area, of an
    amount the sum. Gives a sentence about how.
    """
    own = formats.by_name(layer.source_format)
    if own.NAME not in CITYJSON or not out.name.lower().endswith(own.ENDINGS):
        raise WriteError(
            "Results go onto the semantic surfaces of CityJSON, in the format that the layer came in",
            where=layer.name,
            found=f"{own.TITLE}, to be written as {out.name}",
            do="Export the result to GeoPackage, CSV or JSON instead",
        )
    marked = _Marked(result, layer)
    safefile.write_whole(out, lambda file: _write(file, project, layer, marked))
    said = f"{marked.done:,} semantic surfaces of {layer.name} have the values"
    left = len(marked.areas) - marked.polygons
    return f"{said}; {left:,} polygons have no semantic surface to hold them" if left else said


def _write(file: IO[bytes], project: Project, layer: Layer, marked: _Marked) -> None:
    file.writelines(changed_bytes(project, layer, marked.change))
    if not marked.done:
        raise WriteError(
            "None of the values of this result is on a semantic surface, so the city would stay as it is",
            where=layer.name,
            do="Export the result to GeoPackage, CSV or JSON instead",
        )


class _Marked:
    """Changes the text of the objects that a result has values for."""

    def __init__(self, result: Result, layer: Layer) -> None:
        table = _of_layer(result.surfaces, layer)
        self.areas = table.numbers("area_m2")
        self.done = self.polygons = 0
        self._quantities = [one for one in result.quantities if one.name in table.columns]
        self._values = {one.name: table.numbers(one.name) for one in self._quantities}
        self._geometry, self._surface = (
            table.numbers(name).astype(np.int64) for name in ("geometry", "surface")
        )
        fids = table.numbers("fid").astype(np.int64)
        order = np.argsort(fids, kind="stable")
        some, first = np.unique(fids[order], return_index=True)
        self._rows = dict(zip(some.tolist(), np.split(order, first[1:]), strict=True)) if len(some) else {}

    def change(self, piece: Piece) -> Piece:
        """The piece with the values of its object."""
        rows = None if piece.feature is None else self._rows.get(piece.feature)
        if rows is None:
            return piece
        text = self._with_values(piece.data[piece.start :], rows)
        return Piece(piece.data[: piece.start] + text, piece.start, piece.feature, piece.role)

    def _with_values(self, text: bytes, rows: Int64) -> bytes:
        try:
            geometries = _OBJECT.decode(text).geometry
        except msgspec.MsgspecError:
            return text
        edits: list[tuple[int, int, bytes]] = []
        for number in np.unique(self._geometry[rows]).tolist():
            mine = rows[self._geometry[rows] == number]
            if 0 <= number < len(geometries):
                edits += self._edits(text, geometries[number], mine)
        for start, end, changed in sorted(edits, reverse=True):
            text = text[:start] + changed + text[end:]
        return text

    def _edits(self, text: bytes, geometry: _Geometry, rows: Int64) -> Iterator[tuple[int, int, bytes]]:
        """Where the semantic surfaces of a geometry stand in the text, and what they become."""
        semantics = geometry.semantics
        if semantics is None or geometry.type not in DEPTH:
            return
        try:
            held_by = surface_of_polygons(
                bytes(semantics.values), bytes(geometry.boundaries), DEPTH[geometry.type]
            )
        except MALFORMED:
            return
        by_surface: dict[int, list[int]] = {}
        for row, polygon in zip(rows.tolist(), self._surface[rows].tolist(), strict=True):
            holder = held_by[polygon] if 0 <= polygon < len(held_by) else None
            if isinstance(holder, int) and 0 <= holder < len(semantics.surfaces):
                by_surface.setdefault(holder, []).append(row)
        for holder, mine in by_surface.items():
            raw = semantics.surfaces[holder]
            before, start = bytes(raw), address(raw) - address(text)
            yield start, start + len(before), with_members(before, raw_members(before) | self._members(mine))
            self.done += 1
            self.polygons += len(mine)

    def _members(self, rows: list[int]) -> dict[str, bytes]:
        """The quantities of polygons that are one semantic surface, as JSON."""
        areas = self.areas[rows]
        found = ((one.name, _together(one, self._values[one.name][rows], areas)) for one in self._quantities)
        return {name: orjson.dumps(round(value, DECIMALS)) for name, value in found if np.isfinite(value)}


def _together(quantity: Quantity, values: Float64, areas: Float64) -> float:
    if quantity.unit in AMOUNTS:
        return float(values.sum())
    total = float(areas.sum())
    return float((values * areas).sum() / total) if total > 0 else float(values.mean())


def _of_layer(table: Table, layer: Layer) -> Table:
    rows = np.flatnonzero(table.numbers("layer") == layer.id)
    if not len(rows):
        raise WriteError("The result has no surfaces of this layer", where=layer.name)
    numbers = {
        name: np.asarray(values)[rows]
        for name, values in table.columns.items()
        if not isinstance(values, list)
    }
    return Table(numbers)
