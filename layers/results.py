"""What an analysis found, as it is kept in the project: quantities on surfaces, with their pedigree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Numbers and flags as arrays, texts as lists.
Values = NDArray[Any] | list[str]
#: Ends of the names of columns where two states are compared.
BEFORE, CHANGE = "_before", "_change"
#: The unit of how much more or less a share is.
SHARE_POINTS = "% points"
#: How what a pedigree says of its limits begins where it is more than a note.
WARNING = "Warning: "
#: Further tables that are drawn wherever a result has them.
#: Who looks: name, x, y, z of the eye, foot_z (world), eye_height_m of the one above the other.
OBSERVERS = "observers"
#: Lines of sight: x0, y0, z0 (eye), x1, y1, z1 (end), name, visible (0/1), and where they are blocked at_x,
#: at_y, at_z (NaN where free), fid and blocked_by (name, "" where free), distance_m, excess_m.
SIGHTLINES = "sightlines"
#: Surfaces in space, drawn translucent: wkb (hex, POLYGON Z or MULTIPOLYGON Z in the project's CRS), name,
#: role ("corridor", "threshold", "breach", "fan", "isovist", "isovist before", "violation", "envelope").
VOLUMES = "volumes"
#: Pictures that belong to a result, as a camera sees them: name, x, y, z (eye), to_x, to_y, to_z, and
#: fov_deg (horizontal), aspect (width / height), convergence_deg (azimuth of the grid's north, NaN: unknown).
VIEWS = "views"
#: What changed between two states, a row per object: where there is such a table, it is the main one.
CHANGES = "changes"
#: What breaks the rules of its plot, and what areas are like, a row each; main tables, too.
VIOLATIONS, INDICATORS = "violations", "indicators"
MAIN = (CHANGES, VIOLATIONS, INDICATORS)
#: What was found, in sentences for planners, the most important first: sentence.
FINDINGS = "findings"


def unit_of_change(unit: str) -> str:
    """The unit of a difference: shares differ by points, not by a share of one of them."""
    return SHARE_POINTS if unit == "%" else unit


@dataclass(frozen=True)
class Quantity:
    """A column of a result that is drawn, explained and exported."""

    name: str  # of the column, with its unit: "sunlight_h"
    title: str  # for people: "Sunlight"
    unit: str  # "h", "kWh/m²", "%", ""
    digits: int = 1  # after the point, in tables and legends; no more than its error allows
    color_map: str = "sun"  # of assets/colormaps
    low: float | None = None  # limits of the legend; None: those of the values
    high: float | None = None
    #: What 0 and 1 mean where it is a matter of yes or no, or -1, 0 and 1 where it is a change of such; a
    #: value in between is a share.
    words: tuple[str, ...] = ()

    @property
    def meanings(self) -> dict[float, str]:
        """What its whole values mean, the highest first."""
        first = -1.0 if len(self.words) == 3 else 0.0
        return dict(reversed([(first + at, word) for at, word in enumerate(self.words)]))

    def is_told_in_words(self, values: NDArray[np.float64]) -> bool:
        """Whether finite values are all yes or no."""
        return bool(self.words) and bool(np.isin(values, list(self.meanings)).all())


@dataclass(frozen=True)
class Table:
    """Named columns of one length."""

    columns: Mapping[str, Values] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column of numbers."""
        return np.asarray(self.columns[name], np.float64)

    def shown(self, digits: Callable[[str], int]) -> Table:
        """As people read it: a change is that of the rounded values, so that it adds up with them."""
        columns = dict(self.columns)
        for name in columns:
            base = name.removesuffix(CHANGE)
            if base != name and {base, base + BEFORE} <= columns.keys():
                now, before = (np.round(self.numbers(each), digits(base)) for each in (base, base + BEFORE))
                columns[name] = now - before
        return Table(columns)

    def texts(self, name: str) -> Sequence[str]:
        """A column of texts."""
        return [str(value) for value in self.columns[name]]


@dataclass(frozen=True)
class Grid:
    """The raster on which ground points lie: point i is cell `cell[i]`, rows from the north."""

    west: float  # outer edge, in the project's CRS
    north: float
    step_m: float
    columns: int
    rows: int
    cell: NDArray[np.int64]  # row * columns + column, per point


@dataclass(frozen=True)
class Raster:
    """What was counted in the cells of a raster that are too many to be points, in the raster's own CRS.

    The greatest number that a kind of values holds stands for none.
    """

    crs: str | None
    affine: tuple[float, ...]  # a b c d e f: x = a*col + b*row + c, y = d*col + e*row + f (cell corners)
    columns: int
    rows: int
    values: Mapping[str, NDArray[Any]]  # (rows * columns,) unsigned, row by row, by quantity


@dataclass(frozen=True)
class Pedigree:
    """Where a result comes from, so that it can be defended and computed again."""

    method: str  # one paragraph: what was computed and how
    version: str  # of Citystrata and the libraries that counted
    inputs: tuple[tuple[str, str], ...]  # what went in and the SHA-256 of its content
    sun: tuple[str, ...] = ()  # audit lines: place, times, azimuth, altitude, convergence, algorithm
    error: str = ""  # how far the numbers may be off, in a sentence with units
    limits: tuple[str, ...] = ()  # what was left out or assumed
    numbers: Mapping[str, float] = field(default_factory=dict)  # points, rays, triangles, seconds …

    @property
    def named_inputs(self) -> list[tuple[str, str]]:
        """What went in, with its hash; what differs between two states says of which one it is."""
        names = [name for name, _ in self.inputs]
        named = []
        for at, (name, sha256) in enumerate(self.inputs):
            differs = names.count(name) > 1
            state = ("before" if name in names[:at] else "after") if differs else ""
            named.append((f"{name}, {state}" if state else name, sha256))
        return named


@dataclass(frozen=True)
class ResultSummary:
    """What a project says of a result that it keeps, without its values."""

    id: int
    kind: str
    title: str
    made_at: str
    quantities: tuple[Quantity, ...]
    pedigree: Pedigree
    inputs: Mapping[str, Any]
    verdict: str = ""


@dataclass(frozen=True)
class Result:
    """One finished analysis.

    `surfaces` has a row per semantic surface, window or zone: layer (id), fid, object_id, geometry
    (index in the object), surface (index in the geometry), surface_id, surface_type, area_m2, tilt_deg,
    azimuth_deg, then quantities. `points` has a row per point: x, y, z, nx, ny, nz (world), area_m2,
    row (of surfaces), then quantities. `shapes` has polygons: wkb (hex) in the project's CRS, then
    columns such as caster, time, area_m2. Further tables (verdicts, months, hours, blockers) go by name;
    OBSERVERS, SIGHTLINES, VOLUMES and VIEWS are drawn, FINDINGS said wherever there are such.
    """

    kind: str  # NAME of the analysis
    title: str
    inputs: Mapping[str, Any]  # the dataclass of inputs as JSON values
    pedigree: Pedigree
    quantities: tuple[Quantity, ...] = ()
    surfaces: Table = field(default_factory=Table)
    points: Table = field(default_factory=Table)
    shapes: Table = field(default_factory=Table)
    tables: Mapping[str, Table] = field(default_factory=dict)
    grid: Grid | None = None
    made_at: str = ""  # ISO time with offset
    id: int = 0  # in the project; 0 = not kept yet
    verdict: str = ""  # of rule checks: "pass", "fail", "too close"
    raster: Raster | None = None  # finer than the grid, for export


def areas_in_words(result: Result, quantity: Quantity) -> dict[str, float]:
    """The area in m² of what is yes and of what is no; numbers of values where none has an area.

    Nothing where not all is yes or no. Of surfaces the shares count, which are told more finely than points.
    """
    source = next((one for one in (result.points, result.surfaces) if quantity.name in one.columns), Table())
    values = source.numbers(quantity.name) if len(source) else np.empty(0)
    known = np.isfinite(values)
    if not known.any() or not quantity.is_told_in_words(values[known]):
        return {}
    areas = source.numbers("area_m2") if "area_m2" in source.columns else np.zeros(len(values))
    rows = result.surfaces
    if len(quantity.words) == 2 and areas.any() and {quantity.name, "area_m2"} <= rows.columns.keys():
        share, area = rows.numbers(quantity.name), rows.numbers("area_m2")
        there = np.isfinite(share)
        yes, whole = float((share * area)[there].sum()), float(area[there].sum())
        return dict(zip(quantity.meanings.values(), (yes, whole - yes), strict=True))
    weights = areas[known] if areas[known].any() else np.ones(int(known.sum()))
    return {word: float(weights[values[known] == value].sum()) for value, word in quantity.meanings.items()}
