"""Features in GML that are no city objects: of application schemas, of web feature services, of networks.

A feature is an element and what its properties say: attributes, and geometries as points,
lines and areas. Heights are kept where the coordinates have them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from layers import wkb
from layers.arrays import Float64
from layers.crs import parse_crs
from layers.gml import attributes as values
from layers.gml.attributes import tag_of
from layers.gml.coordinates import dimensions
from layers.gml.geometries import Geometry, Polygon
from layers.gml.ids import own_id
from layers.gml.names import split
from layers.gml.numbers import LARGEST, numbers
from layers.gml.shapes import GEOMETRIES, Shapes
from layers.report import Report
from layers.runs import Int64, starts
from layers.srsnames import Reference, anchors_in, crs_and_order, crs_of

if TYPE_CHECKING:
    from lxml.etree import _Element

#: What every feature may have and which says nothing that its geometry does not.
_BOUNDS = "boundedBy"
#: Some coordinates, by which the order of axes is told.
_SAMPLE = 1000
#: Numbers below may be degrees.
_NO_DEGREES = 1000.0
#: What was in degrees by mistake lies so near to the rest.
_NEAR_M = 20_000.0


@dataclass(slots=True, eq=False)
class GmlFeature:
    """One feature as its element tells it."""

    id: str  # "" when it has none
    name: str  # of its class
    element: _Element
    attributes: dict[str, Any]
    shape: wkb.Shape | None = None  # in the CRS of `Features`, x east
    geometries: list[tuple[Geometry, str]] = field(default_factory=list)  # each with its srsName


class Features:
    """Takes features out of a document; their shapes are there once `place` is called."""

    def __init__(self, root: _Element, report: Report) -> None:
        self._report, self._id = report, ""
        self._shapes = Shapes(lambda code, text: report.warn(code, self._id, _sentence(text)))
        self._sizes: dict[int, int] = {}  # numbers in each point of a text, where the geometry says it
        self._anchors = anchors_in(root)
        envelope = next(root.iter("{*}Envelope"), None)
        self._default = "" if envelope is None else envelope.get("srsName", "")
        self._found: list[GmlFeature] = []

    def add(self, element: _Element, leave_out: frozenset[str] = frozenset()) -> GmlFeature:
        """Take a feature; properties of these names are not taken."""
        self._id = own_id(element) or element.get("fid", "")
        feature = GmlFeature(self._id, split(tag_of(element))[1], element, {})
        for part in element:
            name = split(tag_of(part))[1]
            if name == _BOUNDS or name in leave_out:
                continue
            if len(part) and part[0].tag in GEOMETRIES:
                self._geometry(part[0], feature)
            elif not _is_below(part):
                values.add(feature.attributes, part)
        self._found.append(feature)
        return feature

    def _geometry(self, element: _Element, feature: GmlFeature) -> None:
        first = len(self._shapes.texts.texts)
        name = element.get("srsName") or next(
            (said for part in element.iter() if (said := part.get("srsName"))), self._default
        )
        for geometry in self._shapes.geometries(element, ""):
            feature.geometries.append((geometry, name))
        size = element.get("srsDimension", "")
        for number in range(first, len(self._shapes.texts.texts)):
            self._sizes[number] = int(size) if size in ("2", "3") else _size_by(name)

    def place(self) -> str | None:
        """Give every feature its shape, all in the CRS that most of them are in; gives that."""
        texts = self._shapes.texts
        found, counts = numbers(texts.texts)
        for number, size in self._sizes.items():
            texts.dimensions.setdefault(number, size)
        sizes = dimensions(texts, counts, 0)
        lines = _Lines(found, starts(counts), sizes)
        names = Counter(name for feature in self._found for _, name in feature.geometries)
        references = {name: self._reference(name, lines) for name in names}
        said: Counter[str] = Counter()
        for name, count in names.items():
            said[references[name].crs or ""] += count
        crs = next((text for text, _ in said.most_common() if text), None)
        for feature in self._found:
            self._id = feature.id
            feature.shape = wkb.collected(
                self._shape(geometry, references[name], lines, crs) for geometry, name in feature.geometries
            )
        return crs

    def _reference(self, name: str, lines: _Lines) -> Reference:
        """Where coordinates of this name lie, told by some of them."""
        asked = [
            number
            for feature in self._found
            for geometry, other in feature.geometries
            if other == name
            for number in _texts_of(geometry)
        ]
        some = [lines.line(number) for number in asked[:_SAMPLE]]
        # What is partly no number tells nothing of a place.
        some = [line for line in some if np.isfinite(line[:, :2]).all()]
        sample = np.nan_to_num(np.concatenate([np.empty((0, 3)), *some]), nan=0.0)
        found = crs_and_order(name, sample, self._anchors)
        if found.note:
            self._report.warn("crs", "", _sentence(found.note))
        return found

    def _in_metres(
        self, parts: list[list[Float64]], reference: Reference, lines: _Lines
    ) -> list[list[Float64]]:
        """Coordinates in degrees among others in metres, brought to them, when they then lie near them."""
        low, high = lines.reach
        points = np.concatenate([line for part in parts for line in part])
        are_degrees = (np.abs(points[:, :2]) <= (180, 90)).all() and np.abs(low).min() > _NO_DEGREES
        if not are_degrees or reference.crs is None or reference.swapped:
            return parts
        there = [[_from_degrees(line, reference.crs) for line in part] for part in parts]
        middle = np.concatenate([line for part in there for line in part])[:, :2].mean(axis=0)
        if not ((middle > low - _NEAR_M) & (middle < high + _NEAR_M)).all():
            return parts
        text = "Its coordinates are longitude and latitude, others are in metres; they were converted."
        self._report.warn("degrees", self._id, text, "repaired")
        return there

    def _shape(
        self, geometry: Geometry, reference: Reference, lines: _Lines, crs: str | None
    ) -> wkb.Shape | None:
        """A geometry as points, lines or areas; None, and told, when its numbers cannot be used."""
        polygons = [polygon for polygon in geometry.polygons() if isinstance(polygon, Polygon)]
        parts = [[lines.line(ring) for ring in polygon.rings] for polygon in polygons]
        parts += [[lines.line(number)] for number in geometry.lines]
        fits = all(len(line) and (np.abs(line[:, :2]) < LARGEST).all() for part in parts for line in part)
        if not parts or not all(parts) or not fits:
            text = "A geometry has no coordinates that can be used."
            self._report.warn("geometry-unreadable", self._id, text, "unsupported")
            return None
        parts = self._in_metres(parts, reference, lines)
        placed = tuple(tuple(reference.placed(line) for line in part) for part in parts)
        code = wkb.MULTI_POLYGON if polygons else wkb.MULTI_LINE
        code = wkb.MULTI_POINT if geometry.type == "MultiPoint" else code
        shape = wkb.Shape(code if len(placed) > 1 else code - 3, placed)
        if reference.crs is None or crs is None or reference.crs == crs:
            return shape
        return _in_other(shape, reference.crs, crs)


def _from_degrees(line: Float64, crs: str) -> Float64:
    """Points with longitude and latitude in another CRS; missing heights stay missing."""
    from layers.place import Place

    there = Place(crs, np.zeros(3)).mover("EPSG:4326")(np.nan_to_num(line, nan=0.0)).copy()
    there[:, 2] = line[:, 2]
    return there


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _in_other(shape: wkb.Shape, crs: str, wanted: str) -> wkb.Shape:
    """A shape of a file that is in several CRSs."""
    from layers.formats._vector import moved_shape
    from layers.place import Place

    return moved_shape(shape, Place(wanted, np.zeros(3)).mover(crs))


@dataclass
class _Lines:
    """The points of all texts."""

    values: Float64
    first: Int64  # of each text, its first number
    sizes: Int64  # numbers in each of its points

    @cached_property
    def reach(self) -> tuple[Float64, Float64]:
        """The middle half of the places where lines begin, from (x, y) to (x, y)."""
        begin = np.minimum(self.first[:-1], max(len(self.values) - 2, 0))
        places = self.values[begin[:, None] + (0, 1)] if len(self.values) > 1 else np.zeros((1, 2))
        low, high = np.nan_to_num(np.quantile(places, (0.25, 0.75), axis=0))
        return low, high

    def line(self, number: int) -> Float64:
        """The points of one, (n, 3), z NaN where there are no heights."""
        size = int(self.sizes[number])
        flat = self.values[self.first[number] : self.first[number + 1]]
        flat = flat[: len(flat) // size * size].reshape(-1, size)
        return flat if size == 3 else np.column_stack((flat, np.full(len(flat), np.nan)))


def _texts_of(geometry: Geometry) -> list[int]:
    rings = [
        ring for polygon in geometry.polygons() if isinstance(polygon, Polygon) for ring in polygon.rings
    ]
    return rings + geometry.lines


def _size_by(srs_name: str) -> int:
    """The numbers in a point by its CRS; 0 when that is not known."""
    crs = crs_of(srs_name) if srs_name else None
    return 0 if crs is None else len(parse_crs(crs).axis_info)


def _is_below(part: _Element) -> bool:
    """Whether a property holds geometries in things of its own: those are features themselves."""
    return len(part) > 0 and next(part.iter(*GEOMETRIES), None) is not None


def units_in(features: Iterable[GmlFeature]) -> dict[str, Counter[str]]:
    """How often which unit is said of each measured attribute, by its last word: "urn:…:cm" is "cm"."""
    found: dict[str, Counter[str]] = {}
    for feature in features:
        for part in feature.element:
            unit = part.get("uom")
            if unit and (part.text or "").strip():
                name = split(tag_of(part))[1]
                found.setdefault(name, Counter())[_last_word(unit)] += 1
    return found


def in_one_unit(
    features: Iterable[GmlFeature], metres: Mapping[str, float], report: Report
) -> dict[str, str]:
    """Bring lengths that are said in several units to the one said most; gives the unit of each attribute."""
    listed = list(features)
    chosen = {}
    for name, units in units_in(listed).items():
        known = [unit for unit, _ in units.most_common() if unit in metres]
        if not known:
            continue
        chosen[name] = known[0]
        if len(known) > 1:
            text = f"'{name}' is said in {', '.join(known)}; all values were converted to {known[0]}."
            report.warn("units", name, text)
    for feature in listed:
        for part in feature.element:
            name, unit = split(tag_of(part))[1], _last_word(part.get("uom") or "")
            value = feature.attributes.get(name)
            if unit in metres and name in chosen and unit != chosen[name] and isinstance(value, int | float):
                feature.attributes[name] = round(value * metres[unit] / metres[chosen[name]], 9)
    return chosen


def _last_word(text: str) -> str:
    return text.rstrip("/").replace("#", ":").replace("/", ":").rpartition(":")[2].strip()
