"""Tables of features as mesh files carry them: a row is a thing, with an id, a type and attributes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from layers.epochs import validity
from layers.meshes.parts import Assembly, Thing
from layers.meshes.types import ID_FIELDS, LOD_FIELDS, TYPE_FIELDS, city_type, lod_name
from layers.stored import Int32
from layers.words import find_field, plain

#: Columns that are the object's own, and no attributes of it, where they are called just so.
_OWN = ("id", "type", "parent", "lod", "valid_from", "valid_to")


@dataclass
class Table:
    """Columns of `count` values each; None where a row has none."""

    count: int
    columns: Mapping[str, Sequence[Any]]
    _numbers: Int32 | None = field(default=None, repr=False)

    def things(self, assembly: Assembly, content: str) -> Int32:
        """The number of each row's thing; rows without an id are called after the content they are in."""
        if self._numbers is None:
            fields = _Fields(self)
            found = [assembly.thing(fields.thing(row, content)) for row in range(self.count)]
            self._numbers = np.array(found, np.int32)
            assembly.has_features |= self.count > 0
        return self._numbers

    def column(self, name: str) -> Sequence[Any] | None:
        """The values of a column."""
        return self.columns.get(name)


class _Fields:
    """Which columns of a table say what an object is."""

    def __init__(self, table: Table) -> None:
        self._columns = {name: values for name, values in table.columns.items() if len(values) == table.count}
        names = list(self._columns)
        self._id = next((name for word in ID_FIELDS if (name := self._identifying(names, word))), None)
        self._type = next((name for word in TYPE_FIELDS if (name := self._typing(names, word))), None)
        self._lod = find_field((name for name in names if not name.startswith("_lod_")), LOD_FIELDS)

    def _identifying(self, names: Sequence[str], word: str) -> str | None:
        """The column of that name, if its values tell the rows apart and are not just their numbers."""
        name = next((name for name in names if plain(name) == word), None)
        values = self._columns[name] if name is not None else ()
        if not all(isinstance(value, str | int) and value != "" for value in values):
            return None
        if len(set(values)) < len(values) or list(values) == list(range(len(values))):
            return None
        return name

    def _typing(self, names: Sequence[str], word: str) -> str | None:
        """The column of that name, if it holds words that are types."""
        name = next((name for name in names if plain(name) == word), None)
        values = self._columns[name] if name is not None else ()
        return name if any(isinstance(value, str) and city_type(value) for value in values) else None

    def thing(self, row: int, content: str) -> Thing:
        """The thing of a row."""
        values = {name: column[row] for name, column in self._columns.items()}
        said = values.get(self._type) if self._type else None
        lod = values.get(self._lod) if self._lod else None
        parent = values.get("parent")
        used = {self._id, self._type, self._lod, "parent", "valid_from", "valid_to"}
        valid_from, valid_to = validity(values)
        return Thing(
            id=str(values[self._id]) if self._id else f"{content} {row}",
            type=(city_type(said) or "") if isinstance(said, str) else "",
            parent=parent if isinstance(parent, str) and parent else None,
            lod=lod_name(lod) if lod is not None else "",
            attributes=_attributes(
                {name: value for name, value in values.items() if name not in _OWN or name not in used}
            ),
            valid_from=valid_from,
            valid_to=valid_to,
        )


def _attributes(values: Mapping[str, Any]) -> bytes:
    """Values as JSON; text that is JSON itself becomes nested values."""
    kept = {name: _value(value) for name, value in values.items() if not _is_nothing(value)}
    return orjson.dumps(kept, option=orjson.OPT_NON_STR_KEYS)


def _value(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))
