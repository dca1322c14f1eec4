"""Objects given other shapes, added, divided and joined: in a scenario, or in the city as it is.

Where what `layers.modelling` makes meets the project. Shapes are those of the project's CRS, whose unit is
the metre; each is written in the CRS of its object's layer.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from layers import plans, scenarios, wkb
from layers.adding import New, fresh_ids
from layers.arrays import Float64
from layers.columns import Mask
from layers.edit import NO_ATTRIBUTES, Edit
from layers.epochs import BASE, state_at
from layers.errors import EditError
from layers.ground import terrain_of
from layers.modelling.earthworks import Earthwork, Volumes
from layers.modelling.figures import figures
from layers.modelling.moving import Heights
from layers.modelling.snapping import edges_in
from layers.modelling.trenching import trenched
from layers.modelling.workplace import Workplace
from layers.project import Project
from layers.records import CityObject, Layer
from layers.revised import source_of
from layers.shapes import Shape
from layers.shaping import Shapes
from layers.tin import TIN

#: Says how high an object is over its ground, metres.
HEIGHT = "measuredHeight"
#: Codes of CityGML's kinds of roof (OGC 12-019, annex C.1).
ROOF_CODES: Mapping[str, str] = MappingProxyType(
    {
        "flat": "1000",
        "shed": "1010",
        "gable": "1030",
        "hip": "1040",
        "mansard": "1060",
        "pyramid": "1070",
    }
)
#: Objects in whose neighbourhood one draws; of more the rest is left out.
MOST_NEAR = 60
#: City objects whose boxes meet a rectangle.
_MEETING = (
    "SELECT r.fid FROM object_rtree r JOIN object o ON o.fid = r.fid JOIN layer l ON l.id = o.layer"
    " WHERE r.maxx >= ? AND r.minx <= ? AND r.maxy >= ? AND r.miny <= ?"
    " AND o.gone = 0 AND l.kind = 'city' AND l.present = 1"
)
_NEAR, _RELIEFS = f"{_MEETING} LIMIT ?", f"{_MEETING} AND o.type = ?"


@dataclass(frozen=True)
class Design:
    """An object to be added."""

    type: str
    shape: Shape
    attributes: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


class Workshop:
    """Reads the shapes of objects as they are in a scenario, and writes what became of them.

    Good for one piece of work: what others change meanwhile is not seen.
    """

    def __init__(self, project: Project, scenario: int | None) -> None:
        self.project, self.scenario = project, scenario
        self._layers: dict[int, tuple[Layer, Workplace]] = {}
        self._shapes: dict[int, Shapes] = {}
        self._states: dict[str | None, dict[int, tuple[Mask, Mask]]] = {}
        self._grounds: list[Heights | None] = []  # the one there is, once it is known

    # -- reading -----------------------------------------------------------------------------------

    def shape(self, fid: int) -> Shape | None:
        """The shape of an object; None where it has no surfaces."""
        layer, place = self._layer(self.project.object(fid).layer)
        if layer.kind in plans.KINDS:
            return self._flat(fid, place)
        edited = self.project.shape(fid)
        if edited is not None:
            return place.taken(edited)
        if layer.is_drawn:
            return None
        return self._of(layer).in_project(fid)

    def _flat(self, fid: int, place: Workplace) -> Shape | None:
        """The lines and points of an object; on the ground, where its layer gives no heights."""
        data = self.project.wkb(fid)
        if data is None:
            return None
        shape = plans.shape_of(data)
        corners = place.taken_points(plans.known(shape.vertices)).copy()
        missing = np.isnan(shape.vertices[:, 2])
        if missing.any():
            heights = self.heights()
            ground = np.zeros(len(corners)) if heights is None else heights(corners[:, :2])
            corners[missing, 2] = np.nan_to_num(ground[missing], nan=0.0)
        return replace(shape, vertices=corners)

    def _of(self, layer: Layer) -> Shapes:
        if layer.id not in self._shapes:
            self._shapes[layer.id] = Shapes(self.project, layer, source_of(self.project, layer))
        return self._shapes[layer.id]

    def shapes(self, fids: Iterable[int], whole: bool = True) -> dict[int, Shape]:
        """The shapes of objects and of their parts, by fid; where `whole`, of the whole that they are of."""
        wanted = [int(fid) for fid in fids]
        roots = [scenarios.root_of(self.project, fid) for fid in wanted] if whole else wanted
        items = [item.fid for root in roots for item in scenarios.family(self.project, root)]
        found = {fid: shape for fid in dict.fromkeys(items) if (shape := self.shape(fid)) is not None}
        if not found:
            raise EditError("Nothing is chosen that has a shape", do="Select a building first")
        return found

    def heights(self) -> Heights | None:
        """The height of the ground at places (n, 2); None without terrain."""
        if not self._grounds:
            self._grounds.append(terrain_of(self.project, self.scenario))
        return self._grounds[0]

    def near(self, place: ArrayLike, reach_m: float) -> list[int]:
        """Objects that stand near a place (x, y)."""
        x, y = np.asarray(place, np.float64)[:2].tolist()
        box = (x - reach_m, x + reach_m, y - reach_m, y + reach_m, MOST_NEAR)
        return [fid for (fid,) in self.project.query(_NEAR, box)]

    def edges_near(
        self, place: ArrayLike, reach_m: float, date: str | None = None, without: Container[str] = ()
    ) -> Float64:
        """(m, 2, 3) the edges of what stands near a place, but not of objects of these types."""
        near = [fid for fid in self.near(place, reach_m) if self.project.object(fid).type not in without]
        fids = self.standing(near, date)
        found = [edges_in(shape) for fid in fids if (shape := self.shape(fid)) is not None]
        return np.concatenate([np.empty((0, 2, 3)), *found])

    def standing(self, fids: Sequence[int], date: str | None = None) -> list[int]:
        """Those of some objects that stand in the scenario, at a date."""
        if date not in self._states:
            self._states[date] = state_at(self.project, date, self.scenario)
        state, found = self._states[date], []
        for fid in fids:
            layer, _ = self._layer(self.project.object(fid).layer)
            if layer.id in state and state[layer.id][0][fid - layer.first_fid]:
                found.append(fid)
        return found

    def _layer(self, number: int) -> tuple[Layer, Workplace]:
        if number not in self._layers:
            layer = self.project.any_layer(number)
            self._layers[number] = layer, Workplace(self.project, layer)
        return self._layers[number]

    # -- writing -----------------------------------------------------------------------------------

    def reshape(self, edit: Edit, shapes: Mapping[int, Shape], rise_m: float = 0.0) -> list[int]:
        """Give objects other shapes, and those that say how high they are so many metres more.

        Gives the objects that have them now: in a scenario these are copies.
        """
        if not shapes:
            return []
        others = scenarios.editable(self.project, edit, list(shapes), self.scenario)
        flat = {fid: plan for fid, shape in shapes.items() if (plan := self._plan(fid, shape))}
        edit.set_plans({others[fid]: plan for fid, plan in flat.items()})
        edit.set_geometries(
            {
                others[fid]: self._given(fid, shape, others[fid])
                for fid, shape in shapes.items()
                if fid not in flat
            }
        )
        if rise_m:
            for fid in shapes:
                told = self.project.object(fid).attributes.get(HEIGHT)
                if isinstance(told, int | float) and not isinstance(told, bool):
                    edit.set_attribute(others[fid], HEIGHT, round(told + rise_m, 3))
        return list(others.values())

    def _given(self, fid: int, shape: Shape, target: int | None = None) -> Shape:
        """What becomes of an object's shape, in its layer's CRS, and in its looks where it is another's."""
        layer, place = self._layer(self.project.object(fid).layer)
        held = self.project.shape(fid)
        worn = held.wears if held is not None else None
        if worn is None and not layer.is_drawn and self._of(layer).has_looks:
            worn = fid
        given = replace(place.given(shape), wears=worn)
        if target == fid and not layer.is_drawn:
            return replace(given, wears=None if worn == fid else worn)
        return scenarios.copied(given) or given

    def _plan(self, fid: int, shape: Shape) -> bytes | None:
        """What becomes of the geometry of a pipe, area, line or point; None of what is a city object."""
        layer, place = self._layer(self.project.object(fid).layer)
        data = self.project.wkb(fid) if layer.kind in plans.KINDS else None
        return None if data is None else plans.with_places(data, place.given_points(shape.vertices))

    def add(self, edit: Edit, designs: Sequence[Design], base: int | None = None) -> list[int]:
        """Add objects to the drawn layer that goes with the layer `base`, or with none."""
        number = scenarios.layer_for(self.project, edit, base, self.scenario)
        place = None if base is None else self._layer(base)[1]
        news = [
            New(one.id, one.type, one.shape if place is None else place.given(one.shape), one.attributes)
            for one in designs
        ]
        return edit.add_objects(number, news)

    def draw(
        self,
        edit: Edit,
        base: Layer,
        kind: str,
        places: Float64,
        attributes: Mapping[str, Any] = NO_ATTRIBUTES,
    ) -> int:
        """Add a "point", "line" or "area" at places (n, 2) to the drawn layer that goes with a layer."""
        held, place = self._layer(base.id)
        if held.kind not in plans.DRAWN or (held.kind == "pipes" and kind == "area"):
            raise EditError(
                f"There is no {kind} in such a layer",
                where=held.name,
                found=f"a layer of kind {held.kind!r}",
                allowed="areas, lines and points in vector layers; lines and points in pipes",
            )
        flat = np.column_stack((places, np.zeros(len(places))))
        plan = plans.drawn(kind, place.given_points(flat))
        number = scenarios.layer_for(self.project, edit, base.id, self.scenario)
        new = New("", self._type(held, kind), None, attributes, valid=None, plan=plan)
        return edit.add_objects(number, [new])[0]

    def _type(self, layer: Layer, kind: str) -> str:
        """What a layer calls its points, lines or areas: as the first one that it has."""
        if layer.is_drawn and BASE in layer.facts:
            layer = self.project.any_layer(layer.facts[BASE])
        rows = self.project.rows(
            "SELECT type, geom FROM object WHERE layer = ? AND gone = 0 AND geom IS NOT NULL", (layer.id,)
        )
        for type, blob in rows:
            data = wkb.from_blob(blob)
            if data is not None and plans.CODES[kind] in wkb.read(data).part_codes:
                return str(type)
        return kind.capitalize()

    def copies(self, edit: Edit, sets: Iterable[Mapping[int, Shape]]) -> list[int]:
        """Add whole buildings once more for each set of shapes of their parts; gives the new roots."""
        made: list[int] = []
        news: dict[int, list[New]] = {}
        roots: dict[int, list[int]] = {}
        fresh = fresh_ids(edit.rows)
        known: dict[int, tuple[int, list[CityObject]]] = {}  # root and family of each part
        for shapes in sets:
            for root in dict.fromkeys(self._family(fid, known)[0] for fid in shapes):
                layer, _ = self._layer(self.project.object(root).layer)
                number = scenarios.layer_for(self.project, edit, layer.id, self.scenario)
                whole = known[root][1]
                named = {item.id: next(fresh) for item in whole}
                mine = news.setdefault(number, [])
                roots.setdefault(number, []).append(len(mine))
                mine += [self._copy(item, shapes.get(item.fid), named) for item in whole]
        for number, mine in news.items():
            fids = edit.add_objects(number, mine)
            made += [fids[at] for at in roots[number]]
        return made

    def _copy(self, item: CityObject, shape: Shape | None, named: Mapping[str, str]) -> New:
        """One part of a building once more, with another id."""
        plan = None if shape is None else self._plan(item.fid, shape)
        drawn = None if shape is None or plan else scenarios.copied(self._given(item.fid, shape))
        parent, valid = named.get(item.parent or ""), (item.valid_from, item.valid_to)
        return New(named[item.id], item.type, drawn, item.attributes, parent, None, valid, plan)

    def _family(
        self, fid: int, known: dict[int, tuple[int, list[CityObject]]]
    ) -> tuple[int, list[CityObject]]:
        if fid not in known:
            root = scenarios.root_of(self.project, fid)
            whole = scenarios.family(self.project, root)
            known |= {item.fid: (root, whole) for item in whole}
        return known[fid]

    def divide(self, edit: Edit, sides: Sequence[Mapping[int, Shape]]) -> list[int]:
        """Put several buildings in the place of one; `sides` are the shapes of its parts, by fid, in each.

        It keeps what is of the first side itself; the others are like it, with parts of their own.
        """
        every = list(dict.fromkeys(fid for side in sides for fid in side))
        roots = list(dict.fromkeys(scenarios.root_of(self.project, fid) for fid in every))
        if len(roots) != 1:
            raise EditError("One building is split at a time", found=f"{len(roots)} buildings")
        whole = scenarios.family(self.project, roots[0])
        others = scenarios.editable(self.project, edit, [roots[0], *sides[0]], self.scenario)
        is_cut = {fid for side in sides[1:] for fid in side}
        self.reshape(edit, {fid: shape for fid, shape in sides[0].items() if fid in is_cut})
        for item in whole:
            if HEIGHT in item.attributes and item.fid in others and (of := _of(item, whole, sides[0])):
                edit.set_attribute(others[item.fid], HEIGHT, _height_m(of))
        lost = [fid for fid in every if fid not in sides[0]]
        if lost:
            scenarios.remove(self.project, edit, lost, self.scenario)
        return [others[roots[0]], *(self._like(edit, whole, side) for side in sides[1:])]

    def _like(self, edit: Edit, whole: Sequence[CityObject], side: Mapping[int, Shape]) -> int:
        """Add a building like one there is, of some of its parts, with these shapes; gives its fid."""
        layer, _ = self._layer(whole[0].layer)
        named = dict(zip((item.id for item in whole), fresh_ids(edit.rows), strict=False))
        news = []
        for item in whole:
            of = _of(item, whole, side)
            if of:
                new = self._copy(item, side.get(item.fid), named)
                told = {HEIGHT: _height_m(of)} if HEIGHT in item.attributes else {}
                news.append(replace(new, attributes={**item.attributes, **told}))
        return edit.add_objects(scenarios.layer_for(self.project, edit, layer.id, self.scenario), news)[0]

    def join(self, edit: Edit, fids: Sequence[int], shape: Shape) -> list[int]:
        """Put one object in the place of several: the first one, with another shape."""
        first, *others = fids
        kept = self.reshape(edit, {first: shape})
        scenarios.remove(self.project, edit, others, self.scenario)
        return kept

    def dig(self, edit: Edit, earth: Earthwork) -> tuple[list[int], Volumes]:
        """Move earth in the terrain of triangles that stands there; gives its objects, and the volumes."""
        changed: dict[int, Shape] = {}
        cut_m3 = fill_m3 = 0.0
        for fid in self.reliefs(earth.outline.places):
            shape = self.shape(fid)
            found = trenched(shape, earth) if shape is not None else None
            if found is not None:
                changed[fid], moved = found
                cut_m3, fill_m3 = cut_m3 + moved.cut_m3, fill_m3 + moved.fill_m3
        if not changed:
            raise EditError("No earth is moved", found="an outline beside the terrain")
        return self.reshape(edit, changed), Volumes(cut_m3, fill_m3)

    def reliefs(self, places: Float64) -> list[int]:
        """The terrain of triangles that stands within the box around places (n, 2)."""
        (x0, y0), (x1, y1) = places.min(axis=0).tolist(), places.max(axis=0).tolist()
        found = self.project.query(_RELIEFS, (x0, x1, y0, y1, TIN))
        return self.standing([fid for (fid,) in found])

    def remove(self, edit: Edit, fids: Sequence[int]) -> None:
        """Take objects away with all their parts."""
        scenarios.remove(self.project, edit, fids, self.scenario)


def top_m(shapes: Iterable[Shape]) -> float:
    """The highest of some shapes' corners, metres above zero."""
    return max(float(shape.vertices[:, 2].max()) for shape in shapes)


def building_attributes(shape: Shape, roof: str, storeys: int | None = None) -> dict[str, Any]:
    """What is said of a building that was drawn: its height, metres, its storeys, and its kind of roof."""
    told: dict[str, Any] = {HEIGHT: round(figures(shape).height_m, 3), "roofType": ROOF_CODES[roof]}
    if storeys is not None:
        told["storeysAboveGround"] = storeys
    return told


def _of(item: CityObject, whole: Sequence[CityObject], shapes: Mapping[int, Shape]) -> list[Shape]:
    """Those of some shapes, by fid, that an object or its parts have."""
    mine, found = {item.id}, [shapes[item.fid]] if item.fid in shapes else []
    for part in whole:  # wholes come before their parts
        if part.parent in mine and part.fid != item.fid:
            mine.add(part.id)
            found += [shapes[part.fid]] if part.fid in shapes else []
    return found


def _height_m(shapes: Sequence[Shape]) -> float:
    """How high shapes are together, metres."""
    return round(float(np.ptp(np.concatenate([shape.vertices[:, 2] for shape in shapes]))), 3)
