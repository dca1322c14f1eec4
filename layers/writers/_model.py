"""A city layer as a CityJSON 2.0 model, from its shapes or what is drawn of it: its source is no CityJSON.

A geometry whose polygons close a body is a Solid, any other a MultiSurface. What CityJSON has no name
for becomes a generic city object and keeps its type as an attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Float64, Mesh
from layers.citymodel import GENERIC, MEMBER_ORDER, SOURCE_TYPE, fitting_scale, known_type, set_points
from layers.conformance import SECOND_LEVEL, SURFACES
from layers.crs import LOCAL
from layers.data import Feature
from layers.formats._citymodel import as_asked, model_of, written_anew
from layers.formats._files import CITY_ENDINGS
from layers.formats._vector import dated_members
from layers.jsontext import join_members
from layers.reproject import name_crs
from layers.runs import Int64, numbered, ranges, starts, sums
from layers.shapes import renumbered
from layers.uncollected import collector_off
from layers.upgrade import Model
from layers.writers._attire import dress
from layers.writers._dress import Dress, Polygons
from layers.writers._pictures import Pictures
from layers.writers.outgoing import Outgoing, rows_of

#: Steps of coordinates, in metres: the first that polygons are not smaller than.
STEPS_M = (1e-3, 1e-4, 1e-5)
#: Of shapes whose level of detail nobody knows.
USUAL_LOD = "2"
_LOD = re.compile(r"[0-3](\.[0-3])?")


@contextmanager
def model_going(going: Outgoing) -> Iterator[Model]:
    """The layer's own model where its source has one, else one made of its shapes or of what is drawn."""
    with collector_off(), written_anew(going.layer.name):
        if going.is_model:
            source, shapes = going.source, going.shapes_beside
            yield model_of(source, going.options, going.companions.renamed, shapes)
        else:
            with _model_anew(going) as model:
                yield model


@contextmanager
def _model_anew(going: Outgoing) -> Iterator[Model]:
    """The layer as a model: of its shapes where it was drawn by hand, else of what is drawn of it."""
    out = going.options.out
    assert out is not None
    pictures = Pictures(out, CITY_ENDINGS, going.tiles.album)
    model = (_from_shapes if going.is_of_shapes else _from_tiles)(going, pictures)
    pictures.check(going.project, going.options.overwrite)
    yield model
    pictures.save()


def _from_shapes(going: Outgoing, pictures: Pictures) -> Model:
    """The shapes as they are, solids with all that is said of their surfaces, in the looks they wear."""
    project, layer = going.project, going.layer
    model: Model = {
        "type": "CityJSON",
        "version": "2.0",
        "CityObjects": _objects(rows_of(project, layer).features),
    }
    shapes = project.shapes(layer)
    points = np.concatenate([np.empty((0, 3)), *(shape.vertices for shape in shapes.values())])
    set_points(model, points, np.full(3, fitting_scale(points)))
    number, model["vertices"] = numbered(model["vertices"])
    ids = dict(zip(project.fids(layer).tolist(), model["CityObjects"], strict=True))
    geometries: dict[int, list[dict[str, Any]]] = {}
    first = 0
    for fid, shape in shapes.items():
        mine = number[first : first + len(shape.vertices)].tolist()
        first += len(mine)
        geometries[fid - layer.first_fid] = model["CityObjects"][ids[fid]]["geometry"] = [
            {**geometry, "boundaries": renumbered(geometry["boundaries"], mine)}
            for geometry in shape.geometries
        ]
    dress(model, going.tiles, geometries, pictures)
    model = as_asked(model, layer.crs, going.options)
    return {key: model[key] for key in MEMBER_ORDER if key in model}


def _from_tiles(going: Outgoing, pictures: Pictures) -> Model:
    """The layer as it is drawn, in the LoD asked for or in all it has; its pictures are named."""
    features = going.rows.features
    model: Model = {"type": "CityJSON", "version": "2.0", "CityObjects": _objects(features)}
    mesh = going.whole_mesh
    low = np.floor(mesh.vertices.min(axis=0)) if len(mesh.vertices) else np.zeros(3)
    step, number, places, rings = _rounded(mesh, low)
    model["transform"] = {"scale": [step] * 3, "translate": low.tolist()}
    used = np.unique(rings.corners)
    model["vertices"], number = places[used], np.searchsorted(used, number)
    if going.metric_crs not in (None, LOCAL):
        name_crs(model, str(going.metric_crs))
    names = list(model["CityObjects"])
    dress = Dress(mesh, rings.corner, going.tiles.album, pictures)
    if appearance := dress.appearance():
        model["appearance"] = appearance
    types = [feature.type for feature in features]
    rows = np.searchsorted(going.positions, mesh.geometry_object)
    for row, geometry in _geometries(mesh, rings, number, dress, rows, types):
        model["CityObjects"][names[row]].setdefault("geometry", []).append(geometry)
    return {key: model[key] for key in MEMBER_ORDER if key in model}


def _rounded(mesh: Mesh, low: Float64) -> tuple[float, Int64, Int64, _Rings]:
    """A step of coordinates, of each corner which place above `low` it has, the places, the polygons."""
    found = []
    for step in STEPS_M:
        number, places = numbered(np.rint((mesh.vertices - low) / step).astype(np.int64))
        found.append((step, number, places, _Rings(mesh, number)))
        if len(found[-1][-1].kept) == len(mesh.surface_type):
            break
    # Polygons that are nothing but a line are so at every step.
    return max(found, key=lambda each: len(each[-1].kept))


# ---------------------------------------------------------------- objects


def _objects(features: Sequence[Feature]) -> dict[str, Any]:
    """City objects without geometry, tied to their parents."""
    known = {feature.id for feature in features}
    found: dict[str, Any] = {}
    for feature in features:
        parent = feature.parent if feature.parent in known else None
        kind = known_type(feature.type, parent is not None)
        members = dated_members(feature)
        if kind == GENERIC != feature.type:
            members.setdefault(SOURCE_TYPE, orjson.dumps(feature.type))
        item: dict[str, Any] = {"type": kind}
        if members:
            item["attributes"] = orjson.Fragment(join_members(members))
        if parent is not None and kind in SECOND_LEVEL:
            item["parents"] = [parent]
        found[feature.id] = item
    for id, item in found.items():
        for parent in item.get("parents", ()):
            found[parent].setdefault("children", []).append(id)
    return found


# ---------------------------------------------------------------- geometry


def _geometries(
    mesh: Mesh, rings: _Rings, number: Int64, dress: Dress, rows: Int64, types: Sequence[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The row of an object (`rows` of each geometry), and one of its geometries."""
    closed = rings.closed()
    first = np.searchsorted(rings.geometry_of_polygon, np.arange(len(mesh.geometry_lod) + 1)).tolist()
    polygons, kinds = rings.polygons(number), mesh.surface_type[rings.kept].tolist()
    placed = [None if theme.places is None else rings.polygons(theme.places) for theme in dress.themes]
    lods = mesh.geometry_lod.tolist()
    for place, row in enumerate(rows.tolist()):
        begin, end = first[place], first[place + 1]
        if begin == end:
            continue
        is_solid = bool(closed[place]) and types[row] != "TINRelief"
        kind = "Solid" if is_solid else "MultiSurface"
        if types[row] == "TINRelief":
            kind = "CompositeSurface"
        boundaries = polygons[begin:end]
        geometry: dict[str, Any] = {
            "type": kind,
            "lod": _lod(mesh.lod_names[lods[place]]),
            "boundaries": [boundaries] if is_solid else boundaries,
        }
        semantics = _semantics([mesh.type_names[code] for code in kinds[begin:end]], types[row])
        if semantics:
            surfaces, values = semantics
            geometry["semantics"] = {"surfaces": surfaces, "values": [values] if is_solid else values}
        for theme, places in zip(dress.themes, placed, strict=True):
            mine = None if places is None else places[begin:end]
            for member, values in theme.worn(rings.kept[begin:end], mine):
                geometry.setdefault(member, {})[theme.name] = {"values": [values] if is_solid else values}
        yield row, geometry


def _lod(name: str) -> str:
    if _LOD.fullmatch(name):
        return name
    return "3" if name.startswith("4") else USUAL_LOD


def _semantics(names: Sequence[str], type: str) -> tuple[list[Any], list[int | None]] | None:
    """The semantic surfaces that a type of object may have, and which of them each polygon is."""
    allowed = next((kinds for begin, kinds in SURFACES.items() if type.startswith(begin)), frozenset())
    known = {name: code for code, name in enumerate(n for n in dict.fromkeys(names) if n in allowed)}
    if not known:
        return None
    return [{"type": name} for name in known], [known.get(name) for name in names]


class _Rings:
    """The polygons of a mesh as rings of numbered vertices, without points that fall together."""

    def __init__(self, mesh: Mesh, number: Int64) -> None:
        ends = np.flatnonzero(mesh.ring_end) + 1
        begins = np.concatenate(([0], ends[:-1])).astype(np.int64) if len(ends) else ends
        following = np.arange(1, len(number) + 1)
        following[ends - 1] = begins
        is_kept = number != number[following]
        lengths = sums(is_kept.astype(np.int64), ends - begins)
        surface = np.searchsorted(mesh.surface_start, begins, side="right") - 1
        # A polygon without an outer ring is none; an inner ring of two points is none either.
        is_ring = lengths >= 3
        outer = np.ones(len(begins), np.bool_)
        outer[1:] = surface[1:] != surface[:-1]
        has_outer = np.zeros(len(mesh.surface_type), np.bool_)
        has_outer[surface[outer & is_ring]] = True
        is_ring &= has_outer[surface]
        is_kept &= np.repeat(is_ring, ends - begins)
        self.corner: Int64 = np.flatnonzero(is_kept)  # corners of the mesh
        self.corners: Int64 = number[self.corner]
        self.lengths: Int64 = lengths[is_ring]
        self._surface = surface[is_ring]
        self.kept: Int64 = np.flatnonzero(has_outer)  # polygons of the mesh
        self.geometry_of_polygon = mesh.surface_geometry[self.kept]
        self._rings = np.bincount(np.searchsorted(self.kept, self._surface), minlength=len(self.kept))

    def polygons(self, number: Int64) -> Polygons:
        """The numbers that corners of the mesh have, per polygon and ring."""
        corners, at = number[self.corner].tolist(), 0
        rings: list[list[int]] = []
        for length in self.lengths.tolist():
            rings.append(corners[at : at + length])
            at += length
        found, at = [], 0
        for count in self._rings.tolist():
            found.append(rings[at : at + count])
            at += count
        return found

    def closed(self) -> NDArray[np.bool_]:
        """Per geometry, whether every edge is met by one other that runs back along it."""
        count = int(self.geometry_of_polygon[-1]) + 1 if len(self.geometry_of_polygon) else 0
        of_ring = np.repeat(self.geometry_of_polygon, self._rings)
        geometry = np.repeat(of_ring, self.lengths)
        first = starts(self.lengths)[:-1]
        following = ranges(first + 1, self.lengths)
        following[first + self.lengths - 1] = first
        a, b = self.corners, self.corners[following]
        order = np.lexsort((np.maximum(a, b), np.minimum(a, b), geometry))
        low, high, owner = np.minimum(a, b)[order], np.maximum(a, b)[order], geometry[order]
        is_new = np.ones(len(order), np.bool_)
        is_new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1]) | (owner[1:] != owner[:-1])
        edge = np.cumsum(is_new) - 1
        forwards = np.bincount(edge, (a < b)[order])
        is_met = (np.bincount(edge) == 2) & (forwards == 1)
        found = np.ones(count, np.bool_)
        found[owner[is_new][~is_met]] = False
        return found
