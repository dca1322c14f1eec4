"""Bringing the columns of a CSV table to the objects with the same key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from layers.bulk import VALIDITY, Plan, Proposed, carry_out, check_target, differing
from layers.columns import Column, Mask, encoded, listed
from layers.errors import EditError
from layers.expression import RESERVED
from layers.project import Project
from layers.records import Layer
from layers.tables import Table, column_type, read_table
from layers.values import Value, parse_typed, plain_text, subject, typed_value

NO_ROW: Final = -1
#: Keys that a report names before "…".
MOST_NAMED: Final = 3


@dataclass(frozen=True)
class Keys:
    """Some keys: how many, and the first of them."""

    count: int = 0
    first: tuple[str, ...] = ()

    @classmethod
    def of(cls, keys: Collection[str]) -> Keys:
        """These keys."""
        return cls(len(keys), tuple(islice(keys, MOST_NAMED)))

    def __str__(self) -> str:
        return ", ".join(self.first) + (", …" if self.count > len(self.first) else "")


@dataclass(frozen=True)
class JoinReport:
    """How a table and the objects of a layer came together."""

    matched: int  # objects with a row
    objects_without_row: Keys
    rows_without_object: Keys
    duplicates: Keys  # keys of several rows; the first row counts

    def sentence(self) -> str:
        """The report as one readable line."""
        parts = [f"{self.matched} {'object' if self.matched == 1 else 'objects'} found a row"]
        for keys, one, many in (
            (self.objects_without_row, "object has no row", "objects have no row"),
            (self.rows_without_object, "row has no object", "rows have no object"),
            (self.duplicates, "key stands in several rows", "keys stand in several rows"),
        ):
            if keys.count:
                parts.append(f"{keys.count} {one if keys.count == 1 else many} ({keys})")
        if self.duplicates.count:
            parts.append("of rows with the same key the first counts")
        return "; ".join(parts) + "."


def plan_join(
    project: Project,
    layer: Layer,
    table: Table,
    key_column: str,
    id_attribute: str,
    columns: Mapping[str, str],
) -> tuple[Plan, JoinReport]:
    """`columns` (CSV column to attribute) of the row whose key equals `id_attribute` ('id' for the id)."""
    _check_columns(table, key_column, columns)
    project.store_values(layer)
    keys = [key.strip() for key in table.column(key_column)]
    row_of = {key: row for row, key in reversed([*enumerate(keys)]) if key}
    own, different = project.values(layer, id_attribute).as_codes()
    different_keys = [plain_text(value).strip() for value in listed(different)]
    rows = np.array([*(row_of.get(key, NO_ROW) for key in different_keys), NO_ROW], np.int64)[own]
    is_there = ~project.gone(layer)
    matched = np.flatnonzero(is_there & (rows != NO_ROW))
    found = set(rows[matched].tolist())
    fids = layer.first_fid + np.arange(len(is_there))
    types = _types(project, layer, table, columns)
    proposed = []
    for column, name in columns.items():
        after = _typed(project, table, column, rows[matched], fids[matched], name, types[name])
        part = Proposed(name, fids[matched], project.values(layer, name).taken(matched), after)
        changed = differing(part.before, part.after) & ~_same_number(part.before, part.after)
        proposed.append(part.kept_to(changed))
    missing = np.flatnonzero(is_there & (rows == NO_ROW))
    report = JoinReport(
        len(matched),
        Keys(len(missing), tuple(map(str, project.values(layer, "id")[missing[:MOST_NAMED]]))),
        Keys.of([key for row, key in enumerate(keys) if key and row_of[key] == row and row not in found]),
        Keys.of([key for key, count in Counter(keys).items() if count > 1 and key]),
    )
    return Plan(f"Join {table.path.name} by {key_column}", tuple(proposed), int(is_there.sum())), report


def joinable(table: Table, key_column: str) -> list[str]:
    """The columns whose values can be brought to objects: all but those that only a file itself gives."""
    return [name for name in table.columns if name and name != key_column and name not in RESERVED]


def join_csv(
    project: Project,
    layer: Layer,
    path: Path,
    key_column: str,
    id_attribute: str = "id",
    columns: Sequence[str] | Mapping[str, str] | None = None,
    why: str = "",
) -> JoinReport:
    """Carry out `plan_join` as one step; without `columns` all of the table's other ones."""
    table = read_table(path)
    chosen = columns if columns is not None else joinable(table, key_column)
    mapping = chosen if isinstance(chosen, Mapping) else {name: name for name in chosen}
    plan, report = plan_join(project, layer, table, key_column, id_attribute, mapping)
    carry_out(project, plan, why)
    return report


def _check_columns(table: Table, key_column: str, columns: Mapping[str, str]) -> None:
    for name in (key_column, *columns):
        if name not in table.columns:
            raise EditError(
                "The table has no such column", found=f"'{name}'", allowed=", ".join(table.columns)
            )
    for name in columns.values():
        check_target(name)
        if name in VALIDITY:
            raise EditError(
                f"A join cannot set '{name}'", do=f"Join into an attribute, then calculate {name}"
            )


def _typed(
    project: Project,
    table: Table,
    column: str,
    rows: NDArray[np.int64],
    fids: NDArray[np.int64],
    name: str,
    type: str,
) -> Column:
    """The values of a table's column for the objects of these rows; empty cells change nothing."""
    codes, different = encoded(table.column(column)).as_codes()
    value_of = typed_value if table.has_commas else parse_typed
    values: list[Value] = []
    used = np.zeros(len(different), bool)
    used[codes[rows]] = True
    for code, text in enumerate(map(str, listed(different))):
        try:
            values.append(value_of(text, type, name) if used[code] and text.strip() else None)
        except EditError:
            item = project.object(int(fids[np.argmax(codes[rows] == code)]))
            values.append(value_of(text, type, subject(name, item.type, item.id)))
    return encoded([*values, None]).taken(codes[rows])


def _same_number(before: Column, after: Column) -> Mask:
    """Where a number is written in another way alone: a table does not tell 6 from 6.0."""
    if before.numbers is None or after.numbers is None:
        return np.zeros(before.size, bool)
    return np.asarray(before.numbers == after.numbers)


def _types(project: Project, layer: Layer, table: Table, columns: Mapping[str, str]) -> dict[str, str]:
    known = project.attribute_types(layer)
    return {
        name: known.get(name) or column_type(table.column(column), table.has_commas)
        for column, name in columns.items()
    }
