"""The shapes of a layer's objects as they are now: those that were edited, else those of the source.

Corners come from the arrays, so this works for every format; how they are nested (solids, shells) and what
else a geometry says comes from the source where it is CityJSON, or speaks of itself as CityJSON does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from layers.arrays import CityTiles
from layers.errors import EditError
from layers.flatten import DEPTH
from layers.project import Project
from layers.records import Layer
from layers.shapes import SOURCE, Shape, rings_of

#: The polygons of a geometry by their place in it: each a list of rings of numbers of corners.
Polygons = dict[int, list[list[int]]]


class Shapes:
    """Gives the shapes of one layer's objects, in the layer's CRS or in the project's."""

    def __init__(self, project: Project, layer: Layer, source: CityTiles | None = None) -> None:
        """With the arrays of its `source`, which need not be put together, for objects not edited alone."""
        city = source if source is not None else project.drawable(layer)
        if not isinstance(city, CityTiles):
            raise EditError(
                f"Layer {layer.name!r} has no shapes that can be edited",
                found=f"a layer of kind {layer.kind!r}",
                allowed="city objects",
            )
        self._project, self._layer, self._city = project, layer, city
        self._back = project.place.way_back_of(layer)
        self._entry = np.full(layer.object_count, -1, np.int64)
        self._entry[city.entry_object] = np.arange(len(city.entry_object))

    @property
    def has_looks(self) -> bool:
        """Whether the source says how some of them look."""
        return not self._layer.is_drawn and self._city.surface_look is not None

    def fids(self) -> list[int]:
        """The objects that are there and have surfaces, in layer order."""
        is_there = (self._entry >= 0) & ~self._project.gone(self._layer)
        found: list[int] = (self._layer.first_fid + np.flatnonzero(is_there)).tolist()
        return found

    def of(self, fid: int) -> Shape | None:
        """The shape of an object in the layer's CRS, in its looks; None when it has no surfaces."""
        edited = self._project.shape(fid)
        if edited is not None:
            return edited if edited.wears is not None else replace(edited, wears=self._worn(fid))
        found = self.in_project(fid)
        return None if found is None else found.moved(self._back)

    def in_project(self, fid: int) -> Shape | None:
        """The shape of an object in the project's CRS."""
        entry = int(self._entry[fid - self._layer.first_fid])
        if entry < 0:
            return None
        first, last = self._city.entry_vertex[entry : entry + 2].tolist()
        vertices, numbers = np.unique(self._city.vertices[first:last], axis=0, return_inverse=True)
        numbers = numbers.reshape(-1)
        told = dict(enumerate(self._project.geometries(fid)))
        drawn = dict(self._geometries(entry, first, numbers.tolist()))
        places = range(max([*told, *drawn]) + 1)
        geometries = [_geometry(place, told.get(place), drawn.get(place)) for place in places]
        return Shape(geometries, vertices, self._worn(fid))

    def _worn(self, fid: int) -> int | None:
        return fid if self.has_looks else None

    def _geometries(self, entry: int, first: int, numbers: list[int]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Place, LoD, polygons and their types of every geometry of an entry that has surfaces."""
        city = self._city
        for number in range(*city.entry_geometry[entry : entry + 2].tolist()):
            begin, end = city.geometry_surface[number : number + 2].tolist()
            cuts = (city.surface_vertex[begin : end + 1] - first).tolist()
            ends = (np.flatnonzero(city.ring_end[first + cuts[0] : first + cuts[-1]]) + cuts[0] + 1).tolist()
            polygons: Polygons = {}
            ring = 0
            for place, low, high in zip(city.surface_index[begin:end].tolist(), cuts, cuts[1:], strict=False):
                rings = []
                while ring < len(ends) and ends[ring] <= high:
                    rings.append(numbers[low : ends[ring]])
                    low = ends[ring]
                    ring += 1
                polygons[place] = rings
            yield (
                int(city.geometry_index[number]),
                {
                    "lod": city.lod_names[int(city.geometry_lod[number])],
                    "polygons": polygons,
                    "types": [city.type_names[code] for code in city.surface_type[begin:end].tolist()],
                },
            )


def _geometry(place: int, told: dict[str, Any] | None, drawn: dict[str, Any] | None) -> dict[str, Any]:
    """One geometry: as the source tells it, over the corners that are drawn."""
    if drawn is None:
        return {"type": SOURCE, "place": place}
    polygons: Polygons = drawn["polygons"]
    depth = DEPTH.get(str(told.get("type"))) if told else None
    if told is not None and depth is not None and _fits(told["boundaries"], depth, polygons):
        return {**told, "boundaries": _filled(told["boundaries"], depth, polygons, count())}
    return _plain(drawn)


def _fits(boundaries: Any, depth: int, polygons: Polygons) -> bool:
    """Whether the polygons that are drawn are those of the boundaries, ring by ring."""
    for place, rings in enumerate(rings_of(boundaries, depth)):
        sizes = [len(ring) for ring in rings if ring]
        if sizes != [len(ring) for ring in polygons.get(place, ())]:
            return False
    return True


def _filled(boundaries: Any, depth: int, polygons: Polygons, places: Iterator[int]) -> Any:
    if depth:
        return [_filled(part, depth - 1, polygons, places) for part in boundaries]
    found = []
    for rings in boundaries:
        drawn = iter(polygons.get(next(places), ()))
        found.append([next(drawn) if ring else [] for ring in rings])
    return found


def _plain(drawn: dict[str, Any]) -> dict[str, Any]:
    """Polygons that nobody says more of, as a MultiSurface with the types of its surfaces."""
    polygons: Polygons = drawn["polygons"]
    geometry: dict[str, Any] = {"type": "MultiSurface"}
    if drawn["lod"]:
        geometry["lod"] = drawn["lod"]
    geometry["boundaries"] = list(polygons.values())
    names = list(dict.fromkeys(filter(None, drawn["types"])))
    if names:
        values = [names.index(name) if name else None for name in drawn["types"]]
        geometry["semantics"] = {"surfaces": [{"type": name} for name in names], "values": values}
    return geometry
