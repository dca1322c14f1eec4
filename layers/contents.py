"""What is in an open project: layers, city objects, their values and shapes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers import cache, reshaped, resultstore, rows, scenariorows, searching, shaperows, wkb
from layers.arrays import CityTiles, Drawable, Int32, Mover
from layers.attire import Wardrobe
from layers.attributes import Attributes
from layers.columns import Column, Mask
from layers.data import Progress, never_stop
from layers.epochs import BASE
from layers.errors import ProjectError
from layers.expression import Expression, parse
from layers.place import Place
from layers.records import CityObject, Epoch, Layer, Scenario, named
from layers.results import Result, ResultSummary
from layers.schema import ENDING
from layers.shapes import WEARS, Shape
from layers.siting import stamp


class Contents:
    """What an open project answers; reading is free."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._layers: tuple[Layer, ...] | None = None
        self._scenarios: tuple[Scenario, ...] | None = None
        self._place: Place | None = None
        self._attributes = Attributes(path.absolute())
        #: Arrays of layers with edited shapes, and what they are made of.
        self._reshaped: dict[int, tuple[str, list[tuple[int, str]], CityTiles]] = {}

    def fact(self, key: str) -> str | None:
        """A value of the project table: title, crs, origin."""
        row = self._connection.execute("SELECT value FROM project WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    @property
    def title(self) -> str:
        """What the project is called."""
        return self.fact("title") or self.path.name.removesuffix(ENDING)

    @property
    def place(self) -> Place:
        """The CRS and the local origin."""
        if self._place is None:
            origin = self.fact("origin")
            self._place = Place(
                self.fact("crs"), np.array(orjson.loads(origin) if origin else (0.0, 0.0, 0.0), np.float64)
            )
        return self._place

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that are present, the uppermost first."""
        if self._layers is None:
            self._layers = tuple(rows.layers(self._connection))
        return self._layers

    def layer(self, which: int | str) -> Layer:
        """A layer by its id, or by a name that no other one has; by that of a series, the latest of it."""
        return named(self.layers, which, self.path)

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """The named dates of the timeline, in order."""
        found = self._connection.execute("SELECT id, name, date FROM epoch ORDER BY date, id")
        return tuple(Epoch(*row) for row in found)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The alternatives to the city as it is, as they were added."""
        if self._scenarios is None:
            self._scenarios = scenariorows.scenarios(self._connection)
        return self._scenarios

    def scenario(self, which: int | str) -> Scenario:
        """A scenario by its id or its name."""
        for scenario in self.scenarios:
            if which in (scenario.id, scenario.name):
                return scenario
        raise ProjectError(
            f"There is no scenario {which!r}",
            where=str(self.path),
            allowed=", ".join(scenario.name for scenario in self.scenarios) or "none yet",
        )

    def absent(self, scenario: int) -> list[int]:
        """What of others does not stand in a scenario, ascending: fids, of whole layers minus their ids."""
        return scenariorows.absent(self._connection, scenario)

    @property
    def replaced(self) -> dict[int, int]:
        """What copies in scenarios stand for, by their fids."""
        return scenariorows.replaced(self._connection)

    def copies(self, scenario: int) -> list[tuple[int, int]]:
        """The objects of a scenario itself that stand for others, each with what it replaces."""
        return scenariorows.copies(self._connection, scenario)

    @property
    def verdicts(self) -> dict[tuple[int, int], str]:
        """What people said of pairs of objects of different dates: "same" or "different"."""
        return scenariorows.verdicts(self._connection)

    @property
    def results(self) -> tuple[ResultSummary, ...]:
        """The results of analyses that are kept, the oldest first."""
        return tuple(resultstore.summaries(self._connection))

    @property
    def has_results(self) -> bool:
        """Whether a result of an analysis is kept."""
        return resultstore.has_any(self._connection)

    def result(self, number: int) -> Result:
        """A result that is kept, by its id, with all its values."""
        return resultstore.read(self._connection, number, str(self.path))

    def is_outdated(self, result: int) -> bool:
        """Whether the city has changed since a result was kept, so that it may be another one now."""
        return resultstore.is_outdated(self._connection, result)

    def object(self, fid: int) -> CityObject:
        """One object."""
        for found in rows.objects(self._connection, "fid = ?", (fid,)):
            return found
        raise ProjectError("There is no such object", where=f"object {fid}")

    def objects(
        self,
        layer: Layer | int | None = None,
        where: str | Expression | None = None,
        fids: Iterable[int] | None = None,
    ) -> Iterator[CityObject]:
        """Objects of a layer or by fid, in layer order, that match an expression."""
        expression = parse(where) if isinstance(where, str) else where
        if layer is not None and fids is None and expression is not None:
            fids, expression = self.fids(layer, expression), None
        for found in rows.some_objects(self._connection, self._number(layer), fids):
            if expression is None or expression.matches(found.row()):
                yield found

    def fids(self, layer: Layer | int, where: str | Expression | None = None) -> NDArray[np.int64]:
        """The fids of a layer's objects that match, in layer order."""
        holder = self._holder(layer)
        chosen = ~self.gone(holder) if where is None else self.matching(holder, where)
        return holder.first_fid + np.flatnonzero(chosen)

    def count(self, layer: Layer | int) -> int:
        """How many objects of a layer are there."""
        gone = self.gone(layer)
        return len(gone) - int(np.count_nonzero(gone))

    def there(self, fids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of some objects that are not gone, and whose layers are present."""
        kept = np.zeros(len(fids), bool)
        for number in {layer.objects_layer for layer in self.layers}:
            layer = self._holder(number)
            at = fids - layer.first_fid
            mine = np.flatnonzero((at >= 0) & (at < layer.object_count))
            kept[mine] = ~self.gone(layer)[at[mine]]
        return fids[kept]

    def gone(self, layer: Layer | int) -> Mask:
        """Which of a layer's objects were taken away, or are no longer added, in layer order."""
        return self._attributes.gone(self._connection, self._holder(layer))

    def matching(self, layer: Layer | int, where: str | Expression) -> NDArray[np.bool_]:
        """Which of a layer's objects match, in layer order; none that is gone does."""
        expression = parse(where) if isinstance(where, str) else where
        holder = self._holder(layer)
        found = self._attributes.matching(self._connection, holder, expression)
        return found & ~self.gone(holder)

    def values(self, layer: Layer | int, key: str) -> Column:
        """The values of an attribute of all objects of a layer, in layer order; or of id, type, parent,
        valid_from, valid_to, lods."""
        return self._attributes.values(self._connection, self._holder(layer), key)

    def column(self, layer: Layer | int, key: str) -> list[Any]:
        """The same as a list of Python values, for layers that are not large."""
        return self.values(layer, key).tolist()

    def parents(self, layer: Layer | int) -> Int32:
        """The position of each object's parent in the layer, or -1."""
        return self._attributes.parents(self._connection, self._holder(layer))

    def store_values(self, layer: Layer | int, progress: Progress = never_stop) -> None:
        """Make the columns of a large layer in the cache if they are not there, so that `values` is quick."""
        self._attributes.store(self._connection, self._holder(layer), progress)

    def attribute_types(self, layer: Layer | int) -> dict[str, str]:
        """The attributes of a layer and their types."""
        sql = "SELECT name, type FROM attribute WHERE layer = ? ORDER BY position"
        return dict(self.query(sql, (self._number(layer),)))

    def children(self, fid: int) -> list[int]:
        """The parts of an object that are there."""
        parent = self.object(fid)
        sql = "SELECT fid FROM object WHERE parent = ? AND layer = ? AND gone = 0 ORDER BY fid"
        return [row[0] for row in self.rows(sql, (parent.id, parent.layer))]

    def by_id(self, id: str, layer: Layer | int | None = None) -> CityObject | None:
        """The object with this id, in one layer or in any that is present."""
        number = self._number(layer)
        in_scenario = None  # there it stands for the one in the city as it is
        for found in rows.objects(self._connection, rows.NAMED, (id, id)):
            if found.layer == number:
                return found
            if number is None and self._is_present(found.layer):
                if self.any_layer(found.layer).scenario is None:
                    return found
                in_scenario = in_scenario or found
        return in_scenario

    def find(self, text: str, limit: int = 20) -> list[CityObject]:
        """Objects whose id, or a word of whose name, begins with the text; then those that hold it.

        Answers at once: of a large project only the first objects are looked through, see `search`.
        """
        return searching.first(self.search(text), limit)

    def search(self, text: str) -> Iterator[CityObject | None]:
        """All objects that `find` is about. None comes again and again meanwhile, so that one can stop."""
        return searching.search(self._connection, text, [self._holder(layer) for layer in self.layers])

    def box(self, fids: Iterable[int]) -> tuple[float, ...] | None:
        """The box around some objects in the project's CRS."""
        return rows.box(self._connection, fids)

    def fids_at(self, layer: Layer | int, x: float, y: float) -> list[int]:
        """The objects of a layer whose boxes lie around a place of the project's CRS."""
        return rows.around(self._connection, self._holder(layer), x, y)

    def wkb(self, fid: int) -> bytes | None:
        """The geometry that GIS programs see, as WKB in the layer's CRS."""
        row = self._connection.execute("SELECT geom FROM object WHERE fid = ?", (fid,)).fetchone()
        return wkb.from_blob(row[0]) if row and row[0] else None

    def geometries(self, fid: int) -> list[dict[str, Any]]:
        """The CityJSON geometries of a city object; those of an edited one number its shape's vertices."""
        edited = self.shape(fid)
        if edited is not None:
            return edited.geometries
        from layers.sourcetext import object_geometries

        return object_geometries(self, fid)

    def source_text(self, fid: int) -> str:
        """The object's text as it would be exported now; '' where the source is not text."""
        from layers.sourcetext import object_text

        return object_text(self, fid)

    def drawable(self, layer: Layer) -> Drawable | None:
        """The arrays of a layer from the cache; CacheMissing when they must be made again."""
        if layer.partner is not None:
            layer = self.any_layer(layer.partner)
        if layer.drawable is None:
            return None
        if layer.is_drawn:
            return self._drawn(layer)
        folder = cache.layer_folder(self.path.absolute(), layer.uid)
        found = cache.load(folder, self.stamp(layer))
        return self._with_shapes(layer, found) if isinstance(found, CityTiles) else found

    def _with_shapes(self, layer: Layer, base: CityTiles) -> CityTiles:
        """The arrays of a layer with the shapes that were edited; what is gone keeps its place in them."""
        first, count = layer.first_fid, layer.object_count
        shapes = shaperows.shapes_of(self._connection, first, count, with_gone=True)
        if not shapes:
            return base
        known = self._reshaped.get(layer.id)
        if known is None or known[:2] != (self.stamp(layer), shapes):
            folder = cache.layer_folder(self.path.absolute(), layer.uid)
            types = self._types(fid for fid, _ in shapes)
            arrays = reshaped.with_shapes(base, shapes, types, layer, self.mover(layer), folder)
            known = self._reshaped[layer.id] = self.stamp(layer), shapes, arrays
        return known[2]

    def _drawn(self, layer: Layer) -> CityTiles:
        """The arrays of a drawn layer, made of the shapes of what is there alone."""
        shapes, known = self._shapes(layer), self._reshaped.get(layer.id)
        wardrobe = (
            self._wardrobe(layer) if any(WEARS in text[: 2 * len(WEARS)] for _, text in shapes) else None
        )
        stamp = f"{self.stamp(layer)} {wardrobe is not None}"
        if known is not None and known[:2] == (stamp, shapes):
            return known[2]
        before = dict(known[1]) if known is not None and known[0] == stamp else {}
        new = [(fid, text) for fid, text in shapes if before.get(fid) != text]
        if known is None or not before or 2 * len(new) > len(shapes):
            types = self._types(dict(shapes))
            arrays = reshaped.tiles_of(shapes, types, layer, self.mover(layer), wardrobe)
        else:
            gone, types = list(before.keys() - dict(shapes).keys()), self._types(dict(new))
            arrays = reshaped.renewed(known[2], new, gone, types, layer, self.mover(layer), wardrobe)
        self._reshaped[layer.id] = stamp, shapes, arrays
        return arrays

    def _wardrobe(self, layer: Layer) -> Wardrobe | None:
        """The layer whose looks copies in a drawn layer wear; None where its arrays are not to be had."""
        while layer.is_drawn:
            if layer.facts.get(BASE) is None:
                return None
            layer = self.any_layer(layer.facts[BASE])
        try:
            tiles = self.drawable(layer)
        except cache.CacheMissing:
            return None
        return Wardrobe(tiles, layer.first_fid) if isinstance(tiles, CityTiles) and tiles.themes else None

    def _types(self, fids: Iterable[int]) -> dict[int, str]:
        return {item.fid: item.type for item in self.objects(fids=fids)}

    def _shapes(self, layer: Layer) -> list[tuple[int, str]]:
        """The edited shapes of a layer: fid and text."""
        return shaperows.shapes_of(self._connection, layer.first_fid, layer.object_count)

    def shapes(self, layer: Layer | int) -> dict[int, Shape]:
        """The edited shapes of a layer's objects, by fid, in the layer's CRS."""
        return {fid: Shape.from_text(text) for fid, text in self._shapes(self._holder(layer))}

    def shape(self, fid: int) -> Shape | None:
        """The edited shape of an object in its layer's CRS; None where it is as in the source."""
        found = shaperows.shapes_of(self._connection, fid, 1)
        return Shape.from_text(found[0][1]) if found else None

    def mover(self, layer: Layer) -> Mover:
        """What moves points of a layer's file to where they are in the project."""
        return self.place.mover_of(layer)

    def stamp(self, layer: Layer) -> str:
        """What the cache of a layer depends on."""
        return stamp(layer.source_sha256, layer.crs, self.place.crs, layer.placement)

    def query(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a SELECT, for the rooms of this package."""
        return list(self.rows(sql, values))

    def rows(self, sql: str, values: Iterable[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a SELECT, one after the other."""
        return iter(self._connection.execute(sql, tuple(values)))

    def any_layer(self, number: int) -> Layer:
        """A layer by its id, present or not."""
        return next(iter(rows.layers(self._connection, number)))

    def _is_present(self, number: int) -> bool:
        return any(layer.objects_layer == number for layer in self.layers)

    def _number(self, layer: Layer | int | None) -> int | None:
        """The id of the layer that holds the objects."""
        if isinstance(layer, int):
            layer = self.any_layer(layer)
        return None if layer is None else layer.objects_layer

    def _holder(self, layer: Layer | int) -> Layer:
        """The layer that holds the objects."""
        number = self._number(layer)
        assert number is not None
        return next((found for found in self.layers if found.id == number), None) or self.any_layer(number)
