"""Rules of a zoning plan as plots state them: numbers, attributes, or expressions of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis.zones.areas import Area
from analysis.zones.floors import as_number
from layers.errors import UsageError
from layers.expression import Expression, parse
from layers.nodes import written_name
from layers.words import find_field, words


@dataclass(frozen=True)
class Term:
    """A number that a plot states."""

    name: str
    title: str  # in a table, before what is allowed
    unit: str
    fields: Sequence[str] = ()  # what zoning plans call it, plain, best first
    high: float = float("inf")  # more than this is another unit


HEIGHT, TOP, ABOVE, REFERENCE = "height", "top", "above_reference", "reference"
STOREYS, SETBACK, COVERAGE, FLOOR_AREA = "storeys", "setback", "coverage", "floor_area_ratio"
BULK = "volume_ratio"
#: Every number that plots may state. The German plan symbols are those of BauNVO and XPlanung.
TERMS: Mapping[str, Term] = {
    term.name: term
    for term in (
        Term(
            HEIGHT,
            "Height above the ground",
            "m",
            words("maxheight heightlimit maxbuildingheight gebaeudehoehe hmax maxbouwhoogte bouwhoogte"),
        ),
        Term(TOP, "Height above zero", "m", words("maxelevation maxz topz oberkante okmax hoehenn hoehenhn")),
        Term(ABOVE, "Height above the reference level", "m", words("maxabovereference oberkanteueberbezug")),
        Term(REFERENCE, "Reference level", "m", words("referencelevel bezugspunkt bezugshoehe peil")),
        Term(STOREYS, "Storeys", "", words("maxstoreys maxfloors maxlevels vollgeschosse zmax bouwlagenmax")),
        Term(SETBACK, "Setback from the border", "m", words("setback minsetback grenzabstand abstand")),
        Term(
            COVERAGE,
            "Plot coverage",
            "",
            words("grz grundflaechenzahl maxcoverage plotcoverage lotcoverage bebauungspercentage"),
            high=1.0,
        ),
        Term(FLOOR_AREA, "Floor area ratio", "", words("gfz geschossflaechenzahl maxfar far fsi")),
        Term(BULK, "Building volume ratio", "m", words("bmz baumassenzahl")),
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
            if number is None or number > term.high:
                raise UsageError(
                    f"“{term.title}” cannot be this",
                    where=plot.name,
                    found=str(value),
                    allowed=f"a number up to {term.high:g}" if number is not None else "a number",
                    do=f"Per cent are written as {expression} / 100" if number is not None else "",
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
        attribute = find_field(known, term.fields)
        if name not in terms and attribute is not None:
            found[name] = attribute
            terms[name] = parse(written_name(attribute))
    return Ordinance(terms, found)
