"""Computing a result again from its inputs, to see whether the numbers are still the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely

from analysis.analysis import analysis_of
from layers.data import Progress
from layers.errors import UsageError
from layers.project import Project
from layers.results import Result, Table, Values

WKB = "wkb"


@dataclass(frozen=True)
class Comparison:
    """A result and what became of it when it was computed again."""

    again: Result
    same: bool  # every number and every text
    largest_difference: float  # of all numbers; infinite where rows or columns differ
    where: str  # the column of that difference, or what differs
    changed_inputs: tuple[str, ...]  # names of inputs whose content is no longer the same


def rerun(project: Project, result: Result, progress: Progress) -> Comparison:
    """Compute a result again from its inputs and the project as it is now, and compare all values."""
    analysis = analysis_of(result.kind)
    again = analysis.run(project, inputs_of(analysis.Inputs, result.inputs), progress)
    differences = dict(_differences(result, again))
    where = max(differences, key=lambda name: differences[name], default="")
    largest = differences.get(where, 0.0)
    return Comparison(
        again, not differences, largest, where if differences else "", _changed_inputs(result, again)
    )


def inputs_of(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """Inputs of an analysis from the JSON values that a result keeps."""
    known = {field.name for field in fields(kind)}
    strange = sorted(set(values) - known)
    if strange:
        raise UsageError(
            "This result was computed by another version of Citystrata and cannot be computed again",
            found=f"inputs that are not known: {', '.join(strange)}",
        )
    return kind(**{name: _tuples(value) for name, value in values.items()})


def _tuples(value: Any) -> Any:
    """JSON lists as the tuples that frozen inputs hold."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _changed_inputs(before: Result, after: Result) -> tuple[str, ...]:
    was, now = dict(before.pedigree.inputs), dict(after.pedigree.inputs)
    return tuple(name for name in {**was, **now} if was.get(name) != now.get(name))


def _tables(result: Result) -> dict[str, Table]:
    own = {"surfaces": result.surfaces, "points": result.points, "shapes": result.shapes}
    cells = {} if result.grid is None else {"grid": Table({"cell": result.grid.cell})}
    return own | cells | {f"{name} (table)": table for name, table in result.tables.items()}


def _differences(before: Result, after: Result) -> Iterator[tuple[str, float]]:
    """The columns that are not the same, with their largest difference."""
    was, now = _tables(before), _tables(after)
    for table in {**was, **now}:
        one, other = was.get(table, Table()).columns, now.get(table, Table()).columns
        for name in {**one, **other}:
            if name not in one or name not in other:
                yield f"{table}: {name}", np.inf
                continue
            difference = _difference(name, one[name], other[name])
            if difference is not None:
                yield f"{table}: {name}", difference


def _difference(name: str, one: Values, other: Values) -> float | None:
    """By how much two columns differ at most; None where they are the same."""
    if len(one) != len(other):
        return np.inf
    if isinstance(one, list) or isinstance(other, list):
        texts = [str(value) for value in one], [str(value) for value in other]
        if texts[0] == texts[1]:
            return None
        return _farthest(*texts) if name == WKB else np.inf
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if np.array_equal(first, second, equal_nan=True):
        return None
    if (np.isfinite(first) != np.isfinite(second)).any():
        return np.inf
    known = np.isfinite(first)
    return float(np.abs(first[known] - second[known]).max(initial=0.0))


def _farthest(one: list[str], other: list[str]) -> float:
    """How far apart the outlines of shapes are at most, in metres."""
    apart = shapely.hausdorff_distance(shapely.from_wkb(one), shapely.from_wkb(other))
    return float(np.nan_to_num(apart, nan=np.inf).max(initial=0.0))
