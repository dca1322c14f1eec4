"""Which feature each corner of a primitive belongs to, in whatever way the file says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from layers.gltf.accessors import array
from layers.gltf.document import Document, Node, Primitive, Unreadable
from layers.gltf.metadata import Metadata, convert
from layers.gltf.scene import INSTANCING
from layers.meshes.parts import NOTHING, Assembly, Thing
from layers.meshes.tables import Table
from layers.stored import Int32

MESH, OLDER, OF_INSTANCES = "EXT_mesh_features", "EXT_feature_metadata", "EXT_instance_features"
#: Attributes that hold the row in the batch table of 3D Tiles 1.0.
BATCH = ("_BATCHID", "BATCHID")
SURFACE = "surface"


class FeatureId(msgspec.Struct):
    """One way in which corners are numbered."""

    featureCount: int = 0  # noqa: N815
    nullFeatureId: int | None = None  # noqa: N815
    label: str | None = None
    attribute: int | None = None
    texture: Any = None
    propertyTable: int | None = None  # noqa: N815


class FeatureIds(msgspec.Struct):
    """EXT_mesh_features of a primitive, EXT_instance_features of a node."""

    featureIds: list[FeatureId] = []  # noqa: N815


class Features:
    """Finds the things of corners and of instances; `content` is what nameless ones are called after."""

    def __init__(self, document: Document, assembly: Assembly, content: str, batch: Table | None) -> None:
        self._document, self._assembly, self._content, self._batch = document, assembly, content, batch
        self.metadata = Metadata(document)
        self._of_surfaces: set[int] = set()

    def of_primitive(self, primitive: Primitive, corners: int) -> Int32 | None:
        """(corners,) numbers of things, -1 for none; None when the primitive says nothing of features."""
        if MESH in primitive.extensions:
            return self._of_sets(_sets(primitive.extensions[MESH]), primitive, corners)
        if OLDER in primitive.extensions:
            return self._of_older(primitive.extensions[OLDER], primitive, corners)
        name = next((name for name in BATCH if name in primitive.attributes), None)
        if name is None:
            return None
        rows = self._rows(primitive, name, corners)
        return self._things(rows, self._batch)

    def surfaces(self, primitive: Primitive, corners: int) -> Int32 | None:
        """(corners,) codes of semantic types, where a set of features says what each surface is."""
        for said in _sets(primitive.extensions.get(MESH)):
            if said.label == SURFACE and said.propertyTable is not None and said.attribute is not None:
                self._of_surfaces.add(said.propertyTable)
                names = self.metadata.table(said.propertyTable).column("type") or ()
                codes = [
                    self._assembly.type_names.code(name) if isinstance(name, str) else 0 for name in names
                ]
                rows = self._rows(primitive, f"_FEATURE_ID_{said.attribute}", corners)
                rows[rows == _null(said)] = NOTHING
                known = (rows >= 0) & (rows < len(codes))
                return np.where(known, np.array([*codes, 0], np.int32)[np.where(known, rows, -1)], 0)
        return None

    def all_things(self) -> None:
        """Take all rows of tables for things, also those that no corner names, such as a whole of parts."""
        for number in set(range(len(self.metadata))) - self._of_surfaces:
            self.metadata.table(number).things(self._assembly, self._content)

    def of_instances(self, node: Node, count: int) -> Int32 | None:
        """(count,) numbers of the things that the instances of a node are."""
        said = next(iter(_sets(node.extensions.get(OF_INSTANCES))), None)
        if said is None:
            return None
        rows = np.arange(count, dtype=np.int64)
        attributes = node.extensions[INSTANCING].get("attributes") or {}
        if said.attribute is not None:
            number = attributes.get(f"_FEATURE_ID_{said.attribute}")
            if not isinstance(number, int):
                raise Unreadable("the features of its instances are nowhere")
            rows = _whole(array(self._document, number, 1)[:, 0])
            if len(rows) != count:
                raise Unreadable("its instances have not as many features as places")
        rows[rows == _null(said)] = NOTHING
        return self._things(rows, self._table(said.propertyTable))

    def _of_sets(self, sets: Sequence[FeatureId], primitive: Primitive, corners: int) -> Int32 | None:
        ways = [said for said in sets if said.label != SURFACE and said.texture is None]
        if not ways:
            if any(said.texture is not None for said in sets):
                raise Unreadable("its features are painted on an image, which is not read")
            return None
        said = next((one for one in ways if one.propertyTable is not None), ways[0])
        rows = np.arange(corners, dtype=np.int64)
        if said.attribute is not None:
            rows = self._rows(primitive, f"_FEATURE_ID_{said.attribute}", corners)
        rows[rows == _null(said)] = NOTHING
        return self._things(rows, self._table(said.propertyTable))

    def _of_older(self, said: Any, primitive: Primitive, corners: int) -> Int32 | None:
        """EXT_feature_metadata: the first set of ids, by attribute or counted."""
        sets = said.get("featureIdAttributes") if isinstance(said, dict) else None
        if not isinstance(sets, list) or not sets or not isinstance(sets[0], dict):
            return None
        ids = sets[0].get("featureIds")
        ids = ids if isinstance(ids, dict) else {}
        table = self.metadata.number(str(sets[0].get("featureTable", "")))
        if isinstance(ids.get("attribute"), str):
            rows = self._rows(primitive, ids["attribute"], corners)
        else:
            divisor = ids.get("divisor", 0)
            divisor = divisor if isinstance(divisor, int) and divisor > 0 else 0
            rows = np.arange(corners) // divisor if divisor else np.zeros(corners, np.int64)
            rows = rows + (ids["constant"] if isinstance(ids.get("constant"), int) else 0)
        return self._things(rows, self._table(table))

    def _rows(self, primitive: Primitive, name: str, corners: int) -> Any:
        """(corners,) numbers of features."""
        if name not in primitive.attributes:
            raise Unreadable(f"its attribute {name} is missing")
        values = array(self._document, primitive.attributes[name], 1)[:, 0]
        if len(values) != corners:
            raise Unreadable(f"its attribute {name} has not as many values as there are corners")
        return _whole(values)

    def _table(self, number: int | None) -> Table | None:
        return None if number is None else self.metadata.table(number)

    def _things(self, rows: Any, table: Table | None) -> Int32:
        """Things by their rows in a table; without one, things that have a number only."""
        if table is not None and table.count:
            things = table.things(self._assembly, self._content)
            known = (rows >= 0) & (rows < len(things))
            return np.where(known, things[np.where(known, rows, 0)], np.int32(NOTHING))
        used, which = np.unique(rows, return_inverse=True)
        numbers = [
            NOTHING if row < 0 else self._assembly.thing(Thing(f"{self._content} {row}"))
            for row in used.tolist()
        ]
        self._assembly.has_features |= len(used) > 0
        return np.array(numbers, np.int32)[which]


def _sets(said: Any) -> list[FeatureId]:
    found: list[FeatureId] = convert(said, FeatureIds).featureIds if said is not None else []
    return found


def _null(said: FeatureId) -> int:
    return NOTHING if said.nullFeatureId is None else said.nullFeatureId


def _whole(values: Any) -> Any:
    """Numbers as whole ones: ids are often stored as float32."""
    if values.dtype.kind == "f":
        values = np.rint(np.nan_to_num(np.clip(values, -1, 2**31), nan=-1))
    return values.astype(np.int64)
