"""Where the records of a table lie: axes in columns of their own, or a shape as text in one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from layers import wkb
from layers.errors import ReadError
from layers.pipe_fields import as_number
from layers.report import Report
from layers.words import find_field, words

AXES = (
    words("x easting xcoordinate xcoord longitude lon lng rechtswert"),
    words("y northing ycoordinate ycoord latitude lat hochwert"),
    words("z height hoogte altitude hoehe elevation"),
)
_DEGREES = words("longitude lon lng")
_SHAPES = words("wkt geometry geom thegeom wktgeom shape geometrie polygon linestring multipolygon")
_WKT = re.compile(
    r"(?:SRID=(\d{4,6});)?\s*(?=(?:MULTI)?(?:POINT|LINESTRING|POLYGON|SURFACE)|GEOMETRYC)", re.I
)
_LONGITUDE_LATITUDE = "EPSG:4326"


class Places:
    """The columns of a table that say where its records lie."""

    def __init__(self, header: Sequence[str], cells: Mapping[str, str]) -> None:
        """`cells` are those of the first record, whose text tells which column is a shape."""
        self._axes = [find_field(header, names) for names in AXES]
        self._shape = next(
            (name for name in header if find_field([name], _SHAPES) and _is_shape(cells.get(name, ""))), None
        )
        wkt = _WKT.match(cells.get(self._shape, "")) if self._shape else None
        self.crs = f"EPSG:{wkt[1]}" if wkt and wkt[1] else None
        if self._shape is None and find_field(header, _DEGREES):
            self.crs = _LONGITUDE_LATITUDE

    @property
    def known(self) -> bool:
        """Whether records have places."""
        return self._shape is not None or None not in self._axes[:2]

    @property
    def texts(self) -> tuple[str, ...]:
        """Columns that are text, however they look."""
        return (self._shape,) if self._shape else ()

    def shape(self, cells: Mapping[str, str], name: str, report: Report) -> wkb.Shape | None:
        """Where a record lies; None, and told, when its text is no shape."""
        text = cells.get(self._shape, "") if self._shape else ""
        if text:
            try:
                return _from_text(text, str(self._shape))
            except (ValueError, TypeError, ReadError) as error:
                said = error.sentence() if isinstance(error, ReadError) else f"{error}."
                report.warn(
                    "geometry-unreadable",
                    name,
                    f"The shape of {name} could not be read: {said}",
                    "unsupported",
                )
                return None
        x, y, z = (as_number(cells.get(axis)) if axis else None for axis in self._axes)
        if x is None or y is None:
            return None
        return wkb.Shape(wkb.POINT, ((np.array([[x, y, math.nan if z is None else z]]),),))

    @property
    def _columns(self) -> list[str]:
        """The columns that say where records lie."""
        return [name for name in ([self._shape] if self._shape else self._axes[:2]) if name]

    def are_said(self, cells: Mapping[str, str]) -> bool:
        """Whether a record has anything in the columns that say where it lies."""
        return any(name in cells for name in self._columns)

    def found(self, cells: Mapping[str, str]) -> str:
        """What a record has in these columns, for a sentence."""
        return ", ".join(f"{name} = {cells.get(name, '')[:40]!r}" for name in self._columns)


def _is_shape(text: str) -> bool:
    return _WKT.match(text) is not None or text.startswith("[")


def _from_text(text: str, column: str) -> wkb.Shape | None:
    """The shape that a text spells: well-known text, or coordinates in brackets."""
    if text.startswith("["):
        return _from_lists(orjson.loads(text), find_field([column], words("linestring")) is not None)
    import shapely

    found = _WKT.match(text)
    try:
        shape = shapely.from_wkt(text[found.end() :] if found else text)
    except shapely.errors.ShapelyError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    return wkb.read(shapely.to_wkb(shape, output_dimension=3))


def _from_lists(coordinates: Any, is_line: bool) -> wkb.Shape | None:
    """A point, a ring or line, or rings, by how deep the brackets are."""
    depth, inner = 0, coordinates
    while isinstance(inner, list) and inner:
        depth, inner = depth + 1, inner[0]
    if depth == 1:
        return wkb.Shape(wkb.POINT, ((_sequence([coordinates]),),))
    if depth == 2:
        return wkb.Shape(wkb.LINE if is_line else wkb.POLYGON, ((_sequence(coordinates),),))
    if depth == 3:
        rings = tuple(map(_sequence, coordinates))
        return (
            wkb.Shape(wkb.MULTI_LINE, tuple((ring,) for ring in rings))
            if is_line
            else wkb.Shape(wkb.POLYGON, (rings,))
        )
    raise ValueError("its brackets are no point, line or area")


def _sequence(positions: Any) -> Any:
    points = np.array(positions, np.float64)
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise ValueError("a position needs two or three numbers")
    return points if points.shape[1] == 3 else np.column_stack((points, np.full(len(points), math.nan)))
