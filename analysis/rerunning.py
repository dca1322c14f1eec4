"""Computing a result again from its inputs, to see whether the numbers are still the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely

from analysis.analysis import analysis_of, perform
from layers.data import Progress
from layers.errors import ProjectError, UsageError
from layers.project import Project
from layers.results import Result, Table, Values

WKB = "wkb"


@dataclass(frozen=True)
class Difference:
    """What is not the same in one column: by how much at most, and the values there."""

    where: str  # table and column
    largest: float  # infinite where rows, columns or texts differ
    then: str
    now: str


@dataclass(frozen=True)
class Comparison:
    """A result and what became of it when it was computed again."""

    again: Result
    differences: tuple[Difference, ...]  # of every number and every text, the largest first
    changed_inputs: tuple[str, ...]  # names of inputs whose content is no longer the same

    @property
    def same(self) -> bool:
        """Whether every number and every text is the same."""
        return not self.differences

    @property
    def largest_difference(self) -> float:
        """Of all numbers; infinite where rows or columns differ."""
        return self.differences[0].largest if self.differences else 0.0

    @property
    def where(self) -> str:
        """The column of that difference, or what differs."""
        return self.differences[0].where if self.differences else ""


def rerun(project: Project, result: Result, progress: Progress) -> Comparison:
    """Compute a result again from its inputs and the project as it is now, and compare all values.

    What was asked was in order then: where it no longer is, the project has changed.
    """
    try:
        analysis = analysis_of(result.kind)
        again = perform(analysis, project, inputs_of(analysis.Inputs, result.inputs), progress)
    except UsageError as error:
        raise ProjectError(**error.parts()) from error
    differences = sorted(_differences(result, again), key=lambda found: -found.largest)
    return Comparison(again, tuple(differences), _changed_inputs(result, again))


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
    was, now = before.pedigree.inputs, after.pedigree.inputs
    # A layer comes once for each state of the city.
    strange = [pair for pair in (*was, *now) if was.count(pair) != now.count(pair)]
    return tuple(dict.fromkeys(name for name, _ in strange))


def _tables(result: Result) -> dict[str, Table]:
    own = {"surfaces": result.surfaces, "points": result.points, "shapes": result.shapes}
    cells = {} if result.grid is None else {"grid": Table({"cell": result.grid.cell})}
    fine = {} if result.raster is None else {"raster": Table(result.raster.values)}
    return own | cells | fine | {f"{name} (table)": table for name, table in result.tables.items()}


def _differences(before: Result, after: Result) -> Iterator[Difference]:
    """The columns that are not the same."""
    if before.verdict != after.verdict:
        yield Difference("verdict", np.inf, before.verdict, after.verdict)
    was, now = _tables(before), _tables(after)
    for table in {**was, **now}:
        one, other = was.get(table, Table()).columns, now.get(table, Table()).columns
        for name in {**one, **other}:
            where = f"{table}: {name}"
            if name not in one or name not in other:
                yield Difference(
                    where, np.inf, *("none" if name not in held else "there" for held in (one, other))
                )
            elif len(one[name]) != len(other[name]):
                yield Difference(where, np.inf, f"{len(one[name])} rows", f"{len(other[name])} rows")
            elif name == WKB:
                yield from _apart(
                    where, [str(text) for text in one[name]], [str(text) for text in other[name]]
                )
            else:
                yield from _difference(where, one[name], other[name])


def _difference(where: str, one: Values, other: Values) -> Iterator[Difference]:
    """By how much two columns of one length differ at most, if they do."""
    if isinstance(one, list) or isinstance(other, list):
        pairs = [(str(then), str(now)) for then, now in zip(one, other, strict=True)]
        changed = next(((then, now) for then, now in pairs if then != now), None)
        if changed is not None:
            yield Difference(where, np.inf, *changed)
        return
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if np.array_equal(first, second, equal_nan=True):
        return
    with np.errstate(invalid="ignore"):
        same = (first == second) | (np.isnan(first) & np.isnan(second))
        apart = np.where(same, 0.0, np.abs(first - second))
    apart[np.isnan(apart)] = np.inf
    at = int(apart.argmax())
    yield Difference(where, float(apart[at]), f"{first[at]:.6g}", f"{second[at]:.6g}")


def _apart(where: str, one: list[str], other: list[str]) -> Iterator[Difference]:
    """How far apart the outlines of shapes are at most, in metres, if they are not the same."""
    if one != other:
        apart = shapely.hausdorff_distance(shapely.from_wkb(one), shapely.from_wkb(other))
        largest = float(np.nan_to_num(apart, nan=np.inf).max(initial=0.0))
        yield Difference(where, largest, "outlines", f"{largest:.3g} m away")
