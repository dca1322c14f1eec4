"""Rules of a zoning plan as plots state them: numbers, attributes, or expressions of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from analysis.zones.areas import Area
from analysis.zones.floors import as_number
from layers.errors import UsageError
from layers.expression import Expression, parse
from layers.nodes import written_name
from layers.words import METRES, find_field, plain, stem_and_unit, words


@dataclass(frozen=True)
class Term:
    """A number that a plot states."""

    name: str
    title: str  # in a table, before what is allowed
    unit: str
    attribute: str  # what it is called where a plot does not state it yet
    fields: Sequence[str] = ()  # what zoning plans call it, plain, best first
    high: float = float("inf")  # more than this is another unit
    low: float = 0.0
    shares: Sequence[str] = ()  # of these, those that count per cent

    @property
    def is_share(self) -> bool:
        """Whether it is a part of a whole, which may be written in per cent."""
        return self.high == 1.0

    @property
    def range(self) -> str:
        """What it may be, in words."""
        return f"from {self.low:g}" + (f" to {self.high:g}" if isfinite(self.high) else " upwards")

    def attribute_among(self, known: Sequence[str]) -> str | None:
        """The attribute that states it, of those that are known."""
        return find_field(known, (plain(self.attribute), *self.fields))

    def factor_of(self, attribute: str) -> float:
        """What a value of an attribute is multiplied by: it may count feet, or per cent."""
        if plain(attribute) in self.shares:
            return PER_CENT
        unit = stem_and_unit(attribute)[1]
        return METRES[unit] if unit is not None and self.unit == "m" else 1.0


HEIGHT, TOP, ABOVE, REFERENCE = "height", "top", "above_reference", "reference"
STOREYS, SETBACK, COVERAGE, FLOOR_AREA = "storeys", "setback", "coverage", "floor_area_ratio"
BULK = "volume_ratio"
PER_CENT = 0.01
#: No place is lower than this; levels may be below zero.
LOWEST_M = -500.0
#: Every number that plots may state. The German plan symbols are those of BauNVO and XPlanung.
TERMS: Mapping[str, Term] = {
    term.name: term
    for term in (
        Term(
            HEIGHT,
            "Height above the ground",
            "m",
            "maxHeight",
            words("heightlimit maxbuildingheight gebaeudehoehe hmax maxbouwhoogte bouwhoogte"),
        ),
        Term(
            TOP,
            "Height above zero",
            "m",
            "maxElevation",
            words("maxz topz oberkante okmax hoehenn hoehenhn"),
            low=LOWEST_M,
        ),
        Term(ABOVE, "Height above the reference level", "m", "maxAboveReference", ("oberkanteueberbezug",)),
        Term(
            REFERENCE,
            "Reference level",
            "m",
            "referenceLevel",
            words("bezugspunkt bezugshoehe peil"),
            low=LOWEST_M,
        ),
        Term(
            STOREYS, "Storeys", "", "maxStoreys", words("maxfloors maxlevels vollgeschosse zmax bouwlagenmax")
        ),
        Term(SETBACK, "Setback from the border", "m", "setback", words("minsetback grenzabstand abstand")),
        Term(
            COVERAGE,
            "Plot coverage",
            "",
            "maxCoverage",
            words("grz grundflaechenzahl plotcoverage lotcoverage bebouwingspercentage"),
            high=1.0,
            shares=("bebouwingspercentage",),
        ),
        Term(FLOOR_AREA, "Floor area ratio", "", "maxFAR", words("gfz geschossflaechenzahl far fsi")),
        Term(BULK, "Building volume ratio", "m³/m²", "maxVolumeRatio", words("bmz baumassenzahl")),
    )
}


@dataclass(frozen=True)
class Ordinance:
    """How each number is found: an expression over the attributes of a plot."""

    terms: Mapping[str, Expression] = field(default_factory=dict)
    found: Mapping[str, str] = field(default_factory=dict)  # attributes that were recognised by their names

    def of(self, plot: Area) -> dict[str, float]:
        """What a plot states; UsageError where that is no number."""
        stated = {}
        for name, expression in self.terms.items():
            value = expression.value(plot.values)
            if value is None or value == "":
                continue
            number, term = as_number(value), TERMS[name]
            if number is not None and name in self.found:
                number *= term.factor_of(self.found[name])
            if number is None or not term.low <= number <= term.high:
                raise UsageError(
                    f"“{term.title}” cannot be this",
                    where=plot.name,
                    found=str(value),
                    allowed="a number" if number is None else f"a number {term.range}",
                    do=f"Per cent are written as {expression} / 100" if term.is_share and number else "",
                )
            stated[name] = number
        return stated


def ordinance_from(stated: Mapping[str, str], known: Sequence[str], by_name: bool) -> Ordinance:
    """The rules that are stated, and where wanted those of known attributes that are named after them."""
    terms = {name: parse(text) for name, text in stated.items() if text.strip()}
    for expression in terms.values():
        expression.check(known)
    found = {}
    for name, term in TERMS.items() if by_name else ():
        attribute = term.attribute_among(known)
        if name not in terms and attribute is not None:
            found[name] = attribute
            terms[name] = parse(written_name(attribute))
    return Ordinance(terms, found)
