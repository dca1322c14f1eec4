"""Indicators as results hold them: a row per area and situation, and situations side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from analysis.checked import surface_rows
from analysis.survey import quantities_with_change, with_change
from analysis.zones.areas import Area
from analysis.zones.figures import MEASURES, Figures, Measure, Whole
from analysis.zones.frame import Frame
from layers.project import Project
from layers.results import FINDINGS, INDICATORS, Quantity, Table, Values
from layers.written import grouped

SIDE_BY_SIDE = "comparison"
#: What buildings are coloured by: their own height, and what their area is like.
HEIGHT, RATIO, COVERAGE = "building_height_m", "floor_area_ratio", "coverage_pct"
OF_AREAS = (
    Quantity(RATIO, "Floor area ratio of the area", "", 2, "viridis"),
    Quantity(COVERAGE, "Covered by buildings", "%", 1, "viridis"),
)
OF_BUILDINGS = (Quantity(HEIGHT, "Height of the building", "m", 1, "viridis"),)
#: Areas that are told one by one in sentences, and what of them.
MOST_TOLD = 3
TOLD = ("footprint_m2", "floor_area_m2", "floor_area_ratio", "volume_m3", "population")
TOLD_EACH = ("floor_area_m2",)


@dataclass(frozen=True)
class Sides:
    """Areas in several situations."""

    project: Project
    frame: Frame
    areas: Sequence[Area]
    titles: Sequence[str]  # of the situations
    figures: Sequence[Sequence[Figures]]  # of each situation, of each area
    wholes: Sequence[Whole]  # the buildings of the first situation
    is_change: bool  # whether the second situation is what was before the first

    def value(self, situation: int, area: int, measure: Measure) -> float:
        """One number."""
        return self.figures[situation][area].values[measure.name]


def quantities_of(sides: Sides) -> tuple[Quantity, ...]:
    """What buildings are coloured by; those of one area alone have all the same of it."""
    if not sides.wholes:
        return ()
    of_areas = quantities_with_change(OF_AREAS, sides.is_change)
    return (*OF_BUILDINGS, *of_areas) if len(sides.areas) == 1 else (*of_areas, *OF_BUILDINGS)


def tables_of(sides: Sides) -> dict[str, Table]:
    """All tables of a result."""
    return {
        FINDINGS: Table({"sentence": sentences(sides)}),
        INDICATORS: indicators_table(sides),
        SIDE_BY_SIDE: comparison_table(sides),
    }


def sentences(sides: Sides) -> list[str]:
    """What there is to say of the first areas: of one situation much, of several what they differ by most."""
    names = TOLD if len(sides.titles) == 1 else TOLD_EACH
    chosen = [measure for measure in MEASURES if measure.name in names]
    said = []
    for at, area in list(enumerate(sides.areas))[:MOST_TOLD]:
        told = [_told_each(sides, at, measure) for measure in chosen]
        said.append(f"{area.name}: {'; '.join(filter(None, told))}.")
    if len(sides.areas) > MOST_TOLD:
        said.append(f"{len(sides.areas) - MOST_TOLD} more areas are in the table.")
    return said


def _told_each(sides: Sides, area: int, measure: Measure) -> str:
    """One indicator in all situations; '' where it is not known."""
    values = [sides.value(number, area, measure) for number in range(len(sides.titles))]
    if not np.isfinite(values).all():
        return ""
    if len(values) == 1:
        return f"{measure.title.lower()} {_told(values[0], measure)}"
    each = (f"{_told(value, measure)} ({title})" for value, title in zip(values, sides.titles, strict=True))
    return f"{measure.title.lower()} {', '.join(each)}"


def _told(value: float, measure: Measure) -> str:
    return f"{grouped(value, measure.digits)} {measure.unit}".rstrip()


def indicators_table(sides: Sides) -> Table:
    """A row per area and situation, a column per indicator, with the outline of the area."""
    pairs = [(at, number) for at in range(len(sides.areas)) for number in range(len(sides.titles))]
    areas = [sides.areas[at] for at, _ in pairs]
    outlines = [shapely.transform(area.polygon, sides.frame.world) for area in areas]
    columns: dict[str, Values] = {
        "name": [area.name for area in areas],
        "situation": [sides.titles[number] for _, number in pairs],
    }
    for measure in MEASURES:
        columns[measure.name] = np.array([sides.value(number, at, measure) for at, number in pairs])
    columns["fid"] = np.array([area.fid for area in areas], np.int64)
    columns["wkb"] = [str(text) for text in shapely.to_wkb(np.array(outlines), hex=True).tolist()]
    return Table(columns)


def comparison_table(sides: Sides) -> Table:
    """A row per area and indicator, a column per situation, and by how much the first differs."""
    rows = [(at, measure) for at in range(len(sides.areas)) for measure in MEASURES]
    rows = [
        (at, measure)
        for at, measure in rows
        if any(np.isfinite(sides.value(number, at, measure)) for number in range(len(sides.titles)))
    ]
    columns: dict[str, Values] = {
        "name": [sides.areas[at].name for at, _ in rows],
        "indicator": [measure.title for _, measure in rows],
        "unit": [measure.unit for _, measure in rows],
    }
    values = [
        np.array([sides.value(number, at, measure) for at, measure in rows])
        for number in range(len(sides.titles))
    ]
    for title, column in zip(sides.titles, values, strict=True):
        columns[title] = column
    for title, column in zip(sides.titles[1:], values[1:], strict=True):
        columns[f"{sides.titles[0]} minus {title}"] = values[0] - column
    columns["fid"] = np.array([sides.areas[at].fid for at, _ in rows], np.int64)
    return Table(columns)


def surfaces_of(sides: Sides) -> Table:
    """The surfaces of the buildings of the first situation, with what their area is like."""
    tree = shapely.STRtree([area.polygon for area in sides.areas])
    middle, area = tree.query(np.array([whole.middle for whole in sides.wholes]), predicate="within")
    area_of = dict(zip(middle.tolist(), area.tolist(), strict=True))
    owner = {
        (whole.body.layer, piece.fid): number
        for number, whole in enumerate(sides.wholes)
        for piece in whole.body.pieces
        if number in area_of
    }
    rows = surface_rows(sides.project, list(owner))
    keys = zip(*(rows.numbers(name).astype(int).tolist() for name in ("layer", "fid")), strict=True)
    numbers = [owner[key] for key in keys]
    by_name = {measure.name: measure for measure in MEASURES}

    def of_areas(situation: int) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        return {
            name: np.array([sides.value(situation, area_of[number], by_name[name]) for number in numbers])
            for name in (RATIO, COVERAGE)
        }

    columns = with_change(of_areas(0), of_areas(1) if sides.is_change else None)
    heights = np.array([sides.wholes[number].height_m for number in numbers])
    return Table({**rows.columns, **columns, HEIGHT: heights})
