"""Bringing the columns of a CSV table to the objects with the same key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from layers.bulk import Plan, Proposed, carry_out, check_target, same, value_of
from layers.errors import EditError
from layers.project import Project
from layers.records import CityObject, Layer
from layers.tables import Table, column_type, read_table
from layers.values import Value, parse_typed, plain_text, subject


@dataclass(frozen=True)
class JoinReport:
    """How a table and the objects of a layer came together."""

    matched: int  # objects with a row
    objects_without_row: tuple[str, ...]
    rows_without_object: tuple[str, ...]
    duplicates: tuple[str, ...]  # keys of several rows; the first row counts

    def sentence(self) -> str:
        """The report as one readable line."""
        parts = [f"{self.matched} {'object' if self.matched == 1 else 'objects'} found a row"]
        for keys, one, many in (
            (self.objects_without_row, "object has no row", "objects have no row"),
            (self.rows_without_object, "row has no object", "rows have no object"),
            (self.duplicates, "key stands in several rows", "keys stand in several rows"),
        ):
            if keys:
                parts.append(f"{len(keys)} {one if len(keys) == 1 else many} ({_some(keys)})")
        if self.duplicates:
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
    for name in (key_column, *columns):
        if name not in table.columns:
            raise EditError(
                "The table has no such column", found=f"'{name}'", allowed=", ".join(table.columns)
            )
    for name in columns.values():
        check_target(name)
        if name in ("valid_from", "valid_to"):
            raise EditError(
                f"A join cannot set '{name}'", do=f"Join into an attribute, then calculate {name}"
            )
    keys = [key.strip() for key in table.column(key_column)]
    row_of = {key: row for key, row in zip(reversed(keys), reversed(table.rows), strict=True) if key}
    objects = list(project.objects(layer=layer))
    own_key = {item.fid: _key(item, id_attribute) for item in objects}
    matched = [item for item in objects if own_key[item.fid] in row_of]
    types = _types(project, layer, table, columns)
    changes = [
        change
        for item in matched
        for change in _joined(item, row_of[own_key[item.fid]], table, columns, types)
    ]
    found = {own_key[item.fid] for item in matched}
    report = JoinReport(
        len(matched),
        tuple(item.id for item in objects if own_key[item.fid] not in row_of),
        tuple(key for key in row_of if key not in found)[::-1],
        tuple(key for key, count in Counter(keys).items() if count > 1 and key),
    )
    return Plan(f"Join {table.path.name} by {key_column}", tuple(changes), len(objects)), report


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
    chosen = columns if columns is not None else [n for n in table.columns if n and n != key_column]
    mapping = chosen if isinstance(chosen, Mapping) else {name: name for name in chosen}
    plan, report = plan_join(project, layer, table, key_column, id_attribute, mapping)
    carry_out(project, plan, why)
    return report


def _joined(
    item: CityObject,
    row: tuple[str, ...],
    table: Table,
    columns: Mapping[str, str],
    types: Mapping[str, str],
) -> list[Proposed]:
    """The values of one row that differ from the object's; empty cells change nothing."""
    changes = []
    for column, name in columns.items():
        text = row[table.columns.index(column)]
        if text.strip():
            before = value_of(item, name)
            after = parse_typed(text, types[name], subject(name, item.type, item.id))
            if not same(before, after):
                changes.append(Proposed(item.fid, name, before, after))
    return changes


def _types(project: Project, layer: Layer, table: Table, columns: Mapping[str, str]) -> dict[str, str]:
    known = project.attribute_types(layer)
    return {name: known.get(name) or column_type(table.column(column)) for column, name in columns.items()}


def _key(item: CityObject, id_attribute: str) -> str:
    value: Value = item.id if id_attribute == "id" else item.attributes.get(id_attribute)
    return plain_text(value).strip()


def _some(keys: Sequence[str], most: int = 3) -> str:
    return ", ".join(keys[:most]) + (", …" if len(keys) > most else "")
