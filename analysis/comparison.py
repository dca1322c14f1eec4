"""Two results beside each other: what a quantity is in both, surface by surface, and how far it moved."""

from __future__ import annotations

import numpy as np

from layers.results import Result, Table, Values

#: What tells a surface of one result from another, in both.
KEYS = ("fid", "geometry", "surface", "surface_id")
DESCRIBED = ("object_id", "surface_id", "surface_type", "area_m2")


def shared_quantities(one: Result, other: Result) -> list[str]:
    """The quantities that the surfaces of both results have."""
    return [
        found.name
        for found in one.quantities
        if found.name in one.surfaces.columns and found.name in other.surfaces.columns
    ]


def differences(one: Result, other: Result, quantity: str) -> Table:
    """A row per surface that both have: its value in `one`, in `other`, and one minus the other.

    Those that differ most come first, those without a value in one of them last.
    """
    there = {key: row for row, key in enumerate(_keys(other.surfaces))}
    pairs = [(row, there[key]) for row, key in enumerate(_keys(one.surfaces)) if key in there]
    rows = np.array([pair[0] for pair in pairs], np.int64)
    others = np.array([pair[1] for pair in pairs], np.int64)
    values = one.surfaces.numbers(quantity)[rows]
    before = other.surfaces.numbers(quantity)[others]
    change = values - before
    order = np.argsort(-np.abs(change), kind="stable")
    columns: dict[str, Values] = {}
    for name in ("fid", *DESCRIBED):
        if name in one.surfaces.columns:
            columns[name] = _taken(one.surfaces.columns[name], rows[order])
    return Table({**columns, "one": values[order], "other": before[order], "change": change[order]})


def _keys(surfaces: Table) -> list[tuple[str, ...]]:
    known = [surfaces.texts(name) for name in KEYS if name in surfaces.columns]
    return list(zip(*known, strict=True))


def _taken(values: Values, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Values:
    return [values[row] for row in rows.tolist()] if isinstance(values, list) else values[rows]
