"""The products of a building model as rows: what each is, where it belongs, and all that is said of it."""

from __future__ import annotations

from typing import Any

import orjson

from layers.bim.classes import GENERIC, surface_of, type_of
from layers.bim.model import Model
from layers.bim.properties import Attributes, Properties
from layers.data import Feature
from layers.report import Report

LOD = "3"
#: What holds and groups other things, and is none that is drawn.
_FIELDS = (
    ("name", "Name"),
    ("longName", "LongName"),
    ("description", "Description"),
    ("objectType", "ObjectType"),
    ("predefinedType", "PredefinedType"),
    ("tag", "Tag"),
    ("composition", "CompositionType"),
)
_DEEPEST = 64


class Products:
    """The products of a model with their places in the layer."""

    def __init__(self, model: Model, unit_m: float, report: Report) -> None:
        self._model, self._unit_m, self._report = model, unit_m, report
        self._properties = Properties(model)
        openings = list(model.all("IfcFeatureElementSubtraction"))
        cut_out = {item.id() for item in openings}
        self.items = [item for item in model.all("IfcProduct") if item.id() not in cut_out]
        self.places = {item.id(): place for place, item in enumerate(self.items)}
        self._holders = self._held()
        self._openings = self._cut()
        self._ids = self._unique_ids()
        self.features = [self._feature(item) for item in self.items] + self._groups()
        if self._properties.damaged:
            text = f"{self._properties.damaged:,} relations and property sets make no sense and are left out"
            report.warn("properties", "", text, "unsupported")

    # --- relations -----------------------------------------------------------------------------

    def _held(self) -> dict[int, Any]:
        """What each product is a part of, or stands in."""
        found: dict[int, Any] = {}
        relations = (
            ("IfcRelVoidsElement", "RelatingBuildingElement", "RelatedOpeningElement"),
            ("IfcRelFillsElement", "RelatingOpeningElement", "RelatedBuildingElement"),
            ("IfcRelConnectsPortToElement", "RelatedElement", "RelatingPort"),
            ("IfcRelContainedInSpatialStructure", "RelatingStructure", "RelatedElements"),
            ("IfcRelNests", "RelatingObject", "RelatedObjects"),
            ("IfcRelAggregates", "RelatingObject", "RelatedObjects"),
        )
        for name, whole, parts in relations:  # the last that speaks of a product wins
            for relation in self._model.all(name):
                inner = getattr(relation, parts)
                holder = getattr(relation, whole)
                for part in inner if isinstance(inner, tuple) else (inner,):
                    if part is not None and holder is not None:
                        found[part.id()] = holder
        return found

    def _cut(self) -> dict[int, list[str]]:
        """The names of what is cut out of each product."""
        found: dict[int, list[str]] = {}
        for relation in self._model.all("IfcRelVoidsElement"):
            opening, host = relation.RelatedOpeningElement, relation.RelatingBuildingElement
            if opening is not None and host is not None:
                found.setdefault(host.id(), []).append(str(opening.GlobalId))
        return found

    def _holder(self, product: Any) -> Any:
        """The product that holds this one, over openings, projects and circles; None for the outermost."""
        seen = {product.id()}
        holder = self._holders.get(product.id())
        while holder is not None and holder.id() not in seen:
            if holder.id() in self.places:
                return holder
            seen.add(holder.id())
            holder = self._holders.get(holder.id())
        return None

    def _above(self, product: Any) -> list[Any]:
        """All that hold a product, the nearest first."""
        found: list[Any] = []
        holder = self._holder(product)
        while holder is not None and len(found) < _DEEPEST and holder.id() not in {x.id() for x in found}:
            found.append(holder)
            holder = self._holder(holder)
        return found

    # --- rows ----------------------------------------------------------------------------------

    def _unique_ids(self) -> list[str]:
        """Ids as the file has them; one that is missing or given twice gets an addition."""
        taken: dict[str, int] = {}
        found = []
        for item in self.items:
            own = str(item.GlobalId or f"#{item.id()}")
            taken[own] = taken.get(own, 0) + 1
            id = own if taken[own] == 1 else f"{own}~{taken[own]}"
            if id != own:
                text = f"the id {own} is given more than once; {item.is_a()} #{item.id()} is called {id}"
                self._report.warn("id_twice", id, text, "repaired")
            found.append(id)
        return found

    def _feature(self, product: Any) -> Feature:
        above = self._above(product)
        type = self._type(product, above)
        place = self.places[product.id()]
        parent = self._ids[self.places[above[0].id()]] if above else None
        if above and above[0].is_a("IfcSite"):
            parent = None  # a city object stands on its site; it is no part of it
        attributes = self._attributes(product, above)
        return Feature(self._ids[place], type, orjson.dumps(attributes), parent)

    def _type(self, product: Any, above: list[Any]) -> str:
        facility = ""
        for holder in reversed(above):
            found = type_of(holder, facility)
            facility = next((name for name in ("Building", "Bridge", "Tunnel") if found == name), facility)
        return type_of(product, facility)

    def _attributes(self, product: Any, above: list[Any]) -> Attributes:
        found: Attributes = {"ifcClass": product.is_a()}
        for key, field in _FIELDS:
            value = getattr(product, field, None)
            if isinstance(value, str) and value and value != "NOTDEFINED":
                found[key] = self._model.text(value)
        elevation = getattr(product, "Elevation", None)
        if isinstance(elevation, float):
            found["elevation_m"] = elevation * self._unit_m
        storey = next((item for item in above if item.is_a("IfcBuildingStorey")), None)
        if storey is not None and storey.Name:
            found["storey"] = self._model.text(str(storey.Name))
        if product.id() in self._openings:
            found["openings"] = self._openings[product.id()]
        for field in ("BuildingAddress", "SiteAddress"):
            address = getattr(product, field, None)
            if address is not None:
                found["address"] = self._address(address)
        return {**found, **self._properties.of(product)}

    def _address(self, address: Any) -> Attributes:
        found = {}
        for name, value in address.get_info().items():
            if name not in ("id", "type", "Purpose") and value:
                lines = value if isinstance(value, tuple) else (value,)
                found[name] = ", ".join(self._model.text(str(line)) for line in lines)
        return found

    def _groups(self) -> list[Feature]:
        """Zones, systems and other groups, with the ids of their members."""
        members: dict[int, list[str]] = {}
        for relation in self._model.all("IfcRelAssignsToGroup"):
            group = relation.RelatingGroup
            if group is not None:
                known = (item for item in relation.RelatedObjects or () if item.id() in self.places)
                members.setdefault(group.id(), []).extend(self._ids[self.places[item.id()]] for item in known)
        found, taken = [], set(self._ids)
        for group in self._model.all("IfcGroup"):
            id = str(group.GlobalId or f"#{group.id()}")
            id = id if id not in taken else f"{id}#{group.id()}"
            taken.add(id)
            attributes: Attributes = {"ifcClass": group.is_a(), "members": members.get(group.id(), [])}
            for key, field in _FIELDS:
                value = getattr(group, field, None)
                if isinstance(value, str) and value:
                    attributes[key] = self._model.text(value)
            attributes.update(self._properties.of(group))
            found.append(Feature(id, "CityObjectGroup", orjson.dumps(attributes)))
        return found

    def surface_of(self, place: int) -> str:
        """The semantic type of the surfaces of a product."""
        return surface_of(self.items[place])

    def tell_what_is_not_drawn(self, drawn: set[int]) -> None:
        """Report products that have a shape of their own which could not be made, or is none in space."""
        for place, item in enumerate(self.items):
            if place in drawn or getattr(item, "Representation", None) is None:
                continue
            kind = "flat or a line" if self.features[place].type == GENERIC else "none that can be made"
            text = f"the shape of {item.is_a()} {self._model.text(str(item.Name or ''))!r} is {kind}"
            self._report.warn("no_shape", self._ids[place], f"{text}; its attributes are kept", "unsupported")
