"""The rules that plots state in their attributes, read and worded for people who change them plot by plot."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analysis.foliage import FLAT_COVERS
from analysis.zones.areas import WITH_AREAS
from analysis.zones.floors import as_number
from analysis.zones.frame import Frame
from analysis.zones.ordinance import BULK, COVERAGE, FLOOR_AREA, PER_CENT, TERMS, Term
from layers.epochs import absent_in, lineage
from layers.footprint import plans_of
from layers.project import Project
from layers.records import Layer
from layers.values import typed_number
from layers.words import METRES
from layers.written import counted, grouped

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: A number as people write it, and what stands behind it.
_NUMBER = re.compile(r"\s*([-+]?[\d.,]+(?:[eE][-+]?\d+)?)\s*(.*?)\s*")
#: Units of length that may be written, besides those of `METRES`.
_UNITS = {**METRES, "metres": 1.0, "foot": METRES["ft"], "feet": METRES["ft"], "'": METRES["ft"]}
#: What ratios of plots come to.
AMOUNTS = {COVERAGE: "m² covered", FLOOR_AREA: "m² of gross floor area", BULK: "m³ built"}
#: Digits of values that came from another unit.
_DIGITS = 6


@dataclass(frozen=True)
class Shared:
    """A rule that plots share."""

    number: float | None = None  # in the unit of the term; None where none of them states it
    differ: bool = False  # whether they state different numbers, or some of them none
    attribute: str = ""  # what states it, '' where nothing does yet
    odd: str = ""  # a value that is no such number


@dataclass(frozen=True)
class Plots:
    """Some plots, with what they have in common."""

    fids: tuple[int, ...]
    title: str
    layers: str
    area_m2: float
    rules: Mapping[str, Shared]

    @property
    def allowance(self) -> str:
        """What the ratios come to; '' where there are none."""
        said = [
            f"{grouped(number * self.area_m2)} {what}"
            for name, what in AMOUNTS.items()
            if (number := self.rules[name].number) is not None
        ]
        return f"On {grouped(self.area_m2)} m² that is up to {', '.join(said)}." if said else ""

    @property
    def odd(self) -> str:
        """Which attributes state what is no rule; '' for none."""
        said = (
            f"{rule.attribute} says “{rule.odd}”: write {examples(TERMS[name])}."
            for name, rule in self.rules.items()
            if rule.odd
        )
        return " ".join(said)


def rule_from(term: Term, text: str) -> float | None:
    """The number of a rule as people write it: "15", "49 ft", "40 %"; None where it cannot be this."""
    found = _NUMBER.fullmatch(text)
    number = typed_number(found[1]) if found is not None else None
    factor = _factor(term, found[2].casefold()) if found is not None else None
    if number is None or factor is None:
        return None
    value = round(number * factor, _DIGITS)
    return value if term.low <= value <= term.high else None


def _factor(term: Term, unit: str) -> float | None:
    """What a number with a unit is multiplied by; None where the unit is not one of the term's."""
    if unit in ("", term.unit):
        return 1.0
    if unit == "%" and term.is_share:
        return PER_CENT
    return _UNITS.get(unit) if term.unit == "m" else None


def examples(term: Term) -> str:
    """How a rule may be written."""
    if term.is_share:
        return "a share from 0 to 1 such as 0.4, or 40 %"
    return "a number such as 15, 15 m or 49 ft" if term.unit == "m" else "a number such as 2.5"


def rule_text(term: Term, number: float) -> str:
    """A number as it is shown, to the third digit, with its unit."""
    return f"{number:.3f}".rstrip("0").rstrip(".") + (f" {term.unit}" if term.unit else "")


def value_in(term: Term, attribute: str, number: float) -> float | int:
    """The number as an attribute counts it: feet, per cent; whole ones without a point."""
    value = round(number / term.factor_of(attribute), _DIGITS)
    return int(value) if value == int(value) else value


def attribute_for(project: Project, layer: Layer, term: Term) -> str:
    """The attribute of a layer that states a rule, or the one that is to state it."""
    return term.attribute_among(list(project.attribute_types(layer))) or term.attribute


def plots_among(project: Project, fids: Sequence[int]) -> dict[int, BaseGeometry]:
    """Those of some objects that are areas of the ground, with their shapes in the project's CRS."""
    found: dict[int, BaseGeometry] = {}
    for layer, own in by_layer(project, fids):
        if layer.kind == "city":
            own = [fid for fid in own if project.object(fid).type in FLAT_COVERS]
        if layer.kind not in WITH_AREAS or not own:
            continue
        shapes = shapely.force_2d(plans_of(project, layer, np.array(own)))
        is_area = shapely.get_dimensions(shapes) == 2
        found |= {own[at]: shapes[at] for at in np.flatnonzero(is_area).tolist()}
    return found


def plot_under(project: Project, x: float, y: float, scenario: int | None) -> int | None:
    """The smallest area of the layers of areas around a place that stands in a scenario."""
    chain, absent = lineage(project, scenario), absent_in(project, scenario)
    here, found = shapely.Point(x, y), []
    for layer in project.layers:
        if layer.kind == "vector" and (layer.scenario is None or layer.scenario in chain):
            shapes = plots_among(project, project.fids_at(layer, x, y))
            found += [(shape.area, fid) for fid, shape in shapes.items() if shape.covers(here)]
    return min((each for each in found if each[1] not in absent), default=(0.0, None))[1]


def plots_of(project: Project, shapes: Mapping[int, BaseGeometry]) -> Plots:
    """What plots have in common, at least one of them."""
    fids = tuple(shapes)
    plans = np.array(list(shapes.values()), object)
    frame = Frame.about(project, shapely.bounds(plans))
    held = by_layer(project, fids)
    first = project.object(fids[0])
    name = str(first.attributes.get("name") or first.id)
    return Plots(
        fids,
        name if len(fids) == 1 else counted(len(fids), "plot"),
        ", ".join(layer.name for layer, _ in held),
        sum(frame.shape(plan).area for plan in plans),
        {name: _shared(project, held, term) for name, term in TERMS.items()},
    )


def by_layer(project: Project, fids: Sequence[int]) -> list[tuple[Layer, list[int]]]:
    """Objects by the present layers that hold them."""
    found: dict[int, list[int]] = {}
    for fid in fids:
        found.setdefault(project.object(fid).layer, []).append(fid)
    return [(layer, found[layer.id]) for layer in project.layers if layer.id in found]


def _shared(project: Project, held: Sequence[tuple[Layer, Sequence[int]]], term: Term) -> Shared:
    """One rule of some plots."""
    numbers: set[float | None] = set()
    named, odd = "", ""
    for layer, fids in held:
        attribute = term.attribute_among(list(project.attribute_types(layer)))
        if attribute is None:
            numbers.add(None)
            continue
        named = named or attribute
        at = np.array(fids) - layer.first_fid
        for value in project.values(layer, attribute).taken(at).tolist():
            number = as_number(value)
            if number is not None:
                number = round(number * term.factor_of(attribute), _DIGITS)
            if value not in (None, "") and (number is None or not term.low <= number <= term.high):
                odd = odd or str(value)
            numbers.add(number)
    return Shared(next(iter(numbers)) if len(numbers) == 1 else None, len(numbers) > 1, named, odd)
