"""What a building model says of its products besides their shape, as attributes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from layers.bim.model import DAMAGE, Model

Attributes = dict[str, Any]
#: Properties of properties are not nested deeper than this.
DEEPEST = 8


class Properties:
    """Property sets, quantities, types, materials and classifications of all products of a model."""

    def __init__(self, model: Model) -> None:
        self.damaged = 0  # relations and property sets that make no sense
        self._model = model
        self._sets: dict[int, Attributes] = {}  # as they are read, by entity
        self._of: dict[int, list[Any]] = {}  # property sets of each product, its type's first
        self._types: dict[int, Any] = {}
        self._materials: dict[int, list[str]] = {}
        self._classes: dict[int, list[Attributes]] = {}
        self._documents: dict[int, list[str]] = {}
        self._gather()

    def of(self, product: Any) -> Attributes:
        """All of a product; the names of properties have that of their set before them."""
        number = product.id()
        found: Attributes = {}
        kind = self._types.get(number)
        if kind is not None:
            found["type"] = self._text(getattr(kind, "Name", None)) or kind.is_a()
        for name, values in (("materials", self._materials), ("documents", self._documents)):
            if number in values:
                found[name] = values[number]
        if number in self._classes:
            found["classification"] = self._classes[number]
        for entity in [*self._type_sets(kind), *self._of.get(number, ())]:
            try:
                group = self._text(getattr(entity, "Name", None)) or entity.is_a()
                found.update((f"{group}.{name}", value) for name, value in self._read(entity).items())
            except DAMAGE:
                self.damaged += 1
        return found

    def _type_sets(self, kind: Any) -> Iterable[Any]:
        return () if kind is None else getattr(kind, "HasPropertySets", None) or ()

    def _gather(self) -> None:
        notes: tuple[tuple[str, Callable[[Any], None]], ...] = (
            ("IfcRelDefinesByProperties", self._note_set),
            ("IfcRelDefinesByType", self._note_type),
            ("IfcRelAssociatesMaterial", self._note_material),
            ("IfcRelAssociatesClassification", self._note_class),
            ("IfcRelAssociatesDocument", self._note_document),
        )
        for name, note in notes:
            for relation in self._model.all(name):
                try:
                    note(relation)
                except DAMAGE:
                    self.damaged += 1

    def _note_set(self, relation: Any) -> None:
        for number in _ids(relation.RelatedObjects):
            self._of.setdefault(number, []).append(relation.RelatingPropertyDefinition)

    def _note_type(self, relation: Any) -> None:
        for number in _ids(relation.RelatedObjects):
            self._types[number] = relation.RelatingType

    def _note_material(self, relation: Any) -> None:
        names = list(dict.fromkeys(self._material_names(relation.RelatingMaterial)))
        for number in _ids(relation.RelatedObjects):
            self._materials[number] = names

    def _note_class(self, relation: Any) -> None:
        said = self._classification(relation.RelatingClassification)
        for number in _ids(relation.RelatedObjects):
            self._classes.setdefault(number, []).append(said)

    def _note_document(self, relation: Any) -> None:
        document = relation.RelatingDocument
        name = self._text(getattr(document, "Location", None)) or self._text(document.Name)
        for number in _ids(relation.RelatedObjects):
            self._documents.setdefault(number, []).append(name)

    # --- property sets -------------------------------------------------------------------------

    def _read(self, entity: Any) -> Attributes:
        """The values of a property set, or of quantities; read once, for many products share them."""
        if entity.id() not in self._sets:
            items = getattr(entity, "HasProperties", None) or getattr(entity, "Quantities", None)
            values = self._predefined(entity) if items is None else self._items(items, DEEPEST)
            self._sets[entity.id()] = values
        return self._sets[entity.id()]

    def _predefined(self, entity: Any) -> Attributes:
        """A property set whose properties the schema names (IfcDoorLiningProperties …)."""
        left_out = {"id", "type", "GlobalId", "OwnerHistory", "Name", "Description"}
        found = {}
        for name, value in entity.get_info().items():
            if name not in left_out and isinstance(value, str | int | float | bool):
                found[name] = self._plain(value)
        return found

    def _items(self, items: Iterable[Any], deep: int) -> Attributes:
        found: Attributes = {}
        for item in items:
            value = self._value(item, deep)
            if value is not None:
                found[self._text(item.Name)] = value
        return found

    def _value(self, item: Any, deep: int) -> Any:
        """The value of a property or of a quantity."""
        if item.is_a("IfcPropertySingleValue"):
            return self._plain(item.NominalValue)
        if item.is_a("IfcPhysicalSimpleQuantity"):
            return self._plain(item[3])
        if item.is_a("IfcPropertyEnumeratedValue"):
            return self._listed(item.EnumerationValues)
        if item.is_a("IfcPropertyListValue"):
            return self._listed(item.ListValues)
        if item.is_a("IfcPropertyBoundedValue"):
            ends = {"lower": item.LowerBoundValue, "upper": item.UpperBoundValue}
            return {name: self._plain(end) for name, end in ends.items() if end is not None}
        if item.is_a("IfcPropertyTableValue"):
            columns = {"defining": item.DefiningValues, "defined": item.DefinedValues}
            return {name: self._listed(values) for name, values in columns.items() if values}
        inner = getattr(item, "HasProperties", None) or getattr(item, "HasQuantities", None)
        if inner and deep:
            return self._items(inner, deep - 1)
        reference = getattr(item, "PropertyReference", None)
        return str(reference) if reference is not None else None

    def _listed(self, values: Any) -> Any:
        found = [self._plain(value) for value in values or ()]
        return found[0] if len(found) == 1 else found or None

    def _plain(self, value: Any) -> Any:
        """A value as JSON has it."""
        value = getattr(value, "wrappedValue", value)
        if isinstance(value, str):
            return self._model.text(value)
        if isinstance(value, float) and not math.isfinite(value):
            return None
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            return str(value)
        if isinstance(value, bool | int | float | None):
            return value
        if isinstance(value, tuple | list):
            return [self._plain(part) for part in value]
        return str(value)

    def _text(self, value: Any) -> str:
        return self._model.text(str(value)) if value else ""

    # --- materials and classifications -----------------------------------------------------------

    def _material_names(self, material: Any, deep: int = DEEPEST) -> Iterator[str]:
        """The names of a material, or of all in a list, in layers, profiles or constituents."""
        if material is None or not deep:
            return
        if material.is_a("IfcMaterial"):
            yield self._text(material.Name)
            return
        parts = (
            "Materials", "ForLayerSet", "MaterialLayers", "ForProfileSet", "MaterialProfiles",
            "MaterialConstituents", "Material",
        )  # fmt: skip
        for part in parts:
            inner = getattr(material, part, None)
            for one in inner if isinstance(inner, tuple | list) else (inner,):
                yield from self._material_names(one, deep - 1)

    def _classification(self, reference: Any) -> Attributes:
        """A class in a system: Uniclass, NL-SfB, OmniClass …"""
        fields = {"id": ("Identification", "ItemReference"), "name": ("Name",), "location": ("Location",)}
        found = {}
        for key, names in fields.items():
            value = next((value for name in names if (value := getattr(reference, name, None))), None)
            if value:
                found[key] = self._text(value)
        source = getattr(reference, "ReferencedSource", None)
        if source is not None and getattr(source, "Name", None):
            found["system"] = self._text(source.Name)
        return found


def _ids(products: Any) -> Iterator[int]:
    """The numbers of related entities; a broken relation names none."""
    for product in products or ():
        if product is not None:
            yield product.id()
