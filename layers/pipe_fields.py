"""What a network's fields are called in the files of several countries, and in which units.

A mapping says where each of our fields comes from, as text that a person can read and type:
`{"diameter_m": "DIAM [mm]", "bottom_level_m": "elevation [ft] | head [ft]"}`. Alternatives are
tried from left to right. A length without a unit gets the one that its name states or its values
suggest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from layers.errors import ReadError
from layers.words import METRES, find_field, plain, stem_and_unit, words

Part = Literal["line", "node", "shape"]


@dataclass(frozen=True)
class PipeField:
    """One field of ours: where it belongs, its title, and what others call it."""

    name: str
    part: Part
    title: str
    candidates: tuple[str, ...]

    @property
    def is_length(self) -> bool:
        """Whether its values are lengths or levels, with a unit."""
        return self.name.endswith("_m")

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers, with a unit or without."""
        return self.is_length or self.name == "floors"


def _field(name: str, part: Part, title: str, candidates: str) -> PipeField:
    return PipeField(name, part, title, words(candidates))


#: Candidates in English, Dutch (GWSW, IMKL), German (DSS, ISYBAU) and Danish (DANDAS).
FIELDS = (
    _field(
        "diameter_m",
        "line",
        "Diameter",
        "diameter innerdiameter internaldiameter nominaldiameter pipediameter conduitdiameter dn diam dia "
        "pipesize pipedia leidingdiameter buisdiameter diameterleiding breedteleiding hoogteleiding "
        "durchmesser innendurchmesser nenndurchmesser nennweite lichtehoehe lichteweite profilhoehe "
        "ledningsdiameter ledningsdimension diameterindv diameterudv indvendigdiameter handelsmaal",
    ),
    _field(
        "start_invert_m",
        "line",
        "Invert level at the start",
        "startinvert startinvertlevel startinvertelevation invertstart invertlevelstart upstreaminvert "
        "upstreaminvertlevel invertup invertupstream usinvert upinvert fromlevel frominvert startlevel "
        "bobbeginpuntleiding bobbeginpunt bobbegin bobstart bobbovenstrooms bob1 "
        "sohlhoeheoben sohlhoehevon sohleoben sohlevon hoehevon kotevon anfangshoehe rohrsohleoben "
        "bundloebskoteopst bundloebskoteopstroem bundkoteopstroem opstroemskote fraknudekote frakote",
    ),
    _field(
        "end_invert_m",
        "line",
        "Invert level at the end",
        "endinvert endinvertlevel endinvertelevation invertend invertlevelend downstreaminvert "
        "downstreaminvertlevel invertdown invertdownstream dsinvert downinvert tolevel toinvert endlevel "
        "bobeindpuntleiding bobeindpunt bobeind bobbenedenstrooms bob2 "
        "sohlhoeheunten sohlhoehenach sohleunten sohlenach hoehenach kotenach endhoehe rohrsohleunten "
        "bundloebskotenedst bundloebskotenedstroem bundkotenedstroem nedstroemskote tilknudekote tilkote",
    ),
    _field(
        "depth_m",
        "line",
        "Cover depth",
        "coverdepth depthofcover burialdepth cover depth dekking gronddekking diepte diepteligging "
        "ueberdeckung verlegetiefe tiefe jorddaekning daekning dybde",
    ),
    _field(
        "start_offset_m", "line", "Height of the start above the node", "inoffset startoffset inletoffset"
    ),
    _field("end_offset_m", "line", "Height of the end above the node", "outoffset endoffset outletoffset"),
    _field(
        "material",
        "line",
        "Material",
        "material pipematerial materiaal materiaalleiding leidingmateriaal buismateriaal werkstoff "
        "rohrmaterial materiale ledningsmateriale",
    ),
    _field(
        "kind",
        "line",
        "Kind of network",
        "kind medium utility network system systemtype stelseltype leidingtype thema nutzungsart "
        "nutzungsartist kanalart entwaesserungsart ledningstype afloebstype",
    ),
    _field(
        "from_node",
        "line",
        "Node at the start",
        "fromnode startnode startnodename upstreamnode usnode node1 beginpunt beginknoop vanknoop "
        "vonknoten knotenvon schachtvon schachtoben anfangsknoten opstroemsknude fraknude knude1",
    ),
    _field(
        "to_node",
        "line",
        "Node at the end",
        "tonode endnode endnodename downstreamnode dsnode node2 eindpunt eindknoop naarknoop "
        "nachknoten knotennach schachtnach schachtunten endknoten nedstroemsknude tilknude knude2",
    ),
    _field(
        "top_level_m",
        "node",
        "Cover level",
        "toplevel coverlevel rimlevel rimelevation groundlevel groundelevation surfacelevel "
        "surfaceelevation maaiveldhoogte maaiveld putdekselhoogte dekselhoogte deckelhoehe deckelkote dmp "
        "gelaendehoehe daekselkote dkote terraenkote",
    ),
    _field(
        "bottom_level_m",
        "node",
        "Bottom level",
        "bottomlevel invertlevel invertelevation invert sumplevel putbodemhoogte bodemhoogte sohlhoehe "
        "sohlkote smp bundkote bkote elevation elev",
    ),
    _field(
        "node_depth_m",
        "node",
        "Depth of the shaft",
        "maxdepth depth diepte putdiepte schachttiefe tiefe dybde",
    ),
    _field(
        "node_diameter_m",
        "node",
        "Diameter of the shaft",
        "diameter manholediameter shaftdiameter putdiameter breedteput schachtdurchmesser durchmesser "
        "broenddiameter dn",
    ),
)

#: Of areas, lines and points that are no network: how high they rise, and what trees are like.
SHAPE_FIELDS = (
    _field(
        "height_m",
        "shape",
        "Height above its foot",
        "height buildingheight measuredheight relativeheight heightag treeheight extrusion hoogte "
        "bouwhoogte gebouwhoogte boomhoogte hoehe gebaeudehoehe traufhoehe baumhoehe hoejde hauteur altura",
    ),
    _field(
        "base_m",
        "shape",
        "Level of its foot",
        "baselevel baseelevation groundlevel groundelevation groundheight maaiveldhoogte maaiveld "
        "gelaendehoehe terraenkote altitudesol zsol",
    ),
    _field(
        "floors",
        "shape",
        "Storeys",
        "floors floorsag storeys stories levels buildinglevels numberoffloors bouwlagen geschosse "
        "anzahlgeschosse etages nombredetages",
    ),
    _field(
        "crown_m",
        "shape",
        "Diameter of the crown",
        "crowndiameter crownwidth crown canopydiameter canopywidth canopy spread kroondiameter "
        "kroonbreedte kroon kronendurchmesser krone kronedurchmesser diametrecouronne kronediameter",
    ),
    _field(
        "trunk_m",
        "shape",
        "Diameter of the trunk",
        "trunkdiameter stemdiameter dbh stamdiameter stammdurchmesser diametretronc",
    ),
    _field(
        "species",
        "shape",
        "Species of the tree",
        "species treespecies botanicalname boomsoort baumart gattung genus taxon essence traeart",
    ),
)

_BY_NAME = {field.name: field for field in (*FIELDS, *SHAPE_FIELDS)}
_MILLIMETRE_NAMES = ("dn", "nennweite", "lichtehoehe", "lichteweite", "breedteleiding", "hoogteleiding")
#: What only a network has: one of these fields is enough to take lines or points for pipes.
_LINE_EVIDENCE = ("diameter_m", "start_invert_m", "end_invert_m", "from_node", "to_node")
#: Levels and heights of points that are one thing lie no further apart, and so does this share of them.
SAME_LEVEL_M, MOST = 0.01, 0.9
_NODE_EVIDENCE = words(
    "rimlevel rimelevation coverlevel sumplevel invertlevel invertelevation putbodemhoogte putdekselhoogte "
    "deckelkote sohlkote daekselkote bundkote basedemand demandpattern initlevel manholetype nodetype"
)


def is_network(names: Iterable[str], part: Part) -> bool:
    """Whether lines or points with these attributes look like a network of pipes."""
    names = list(names)
    if part == "node":
        return find_field(names, _NODE_EVIDENCE) is not None
    return any(find_field(names, _BY_NAME[field].candidates) for field in _LINE_EVIDENCE)


def unit_of_levels(nodes: Iterable[tuple[Mapping[str, Any], float]]) -> str:
    """The unit in which levels among the attributes of points are their heights, in metres; else "m"."""
    known = list(nodes)
    names = list(dict.fromkeys(name for attributes, _ in known for name in attributes))
    for field in (_BY_NAME["bottom_level_m"], _BY_NAME["top_level_m"]):
        name = find_field(names, field.candidates)
        found = [(as_number(attributes.get(name)), height) for attributes, height in known if name]
        levels = [(level, height) for level, height in found if level]
        for unit, metres in METRES.items():
            fitting = sum(abs(level * metres - height) <= SAME_LEVEL_M for level, height in levels)
            if levels and fitting >= MOST * len(levels):
                return unit
    return "m"


def guess_mapping(
    attribute_names: Iterable[str],
    sample: Mapping[str, Sequence[Any]],
    part: Part | None = None,
    usual: str = "m",
) -> dict[str, str]:
    """Where each of our fields probably comes from, with its unit; `sample` holds some values by name.

    `usual` is the unit of lengths where neither their names nor their values tell another.
    """
    names = list(attribute_names)
    found = {}
    for field in SHAPE_FIELDS if part == "shape" else FIELDS:
        if part in (None, field.part) and (name := find_field(names, field.candidates)) is not None:
            unit = f" [{_unit(field, name, sample.get(name, ()), usual)}]" if field.is_length else ""
            found[field.name] = f"{name}{unit}"
    return found


def check_mapping(mapping: Mapping[str, str], attributes: Iterable[str]) -> None:
    """Refuse a mapping that names fields that are not ours, or attributes that are not there."""
    known = list(attributes)
    for name, text in mapping.items():
        if name not in _BY_NAME:
            raise ReadError("A network has no such field", found=repr(name), allowed=", ".join(_BY_NAME))
        for part in text.split(" | "):
            attribute = _split(part.strip(), known)[0]
            if attribute not in known:
                raise ReadError(
                    "The records have no such attribute",
                    where=name,
                    found=repr(attribute),
                    allowed=", ".join(known),
                )


def has_source(text: str, attributes: Container[str]) -> bool:
    """Whether records with these attributes have what the text of a mapping names."""
    return all(_split(part.strip(), attributes)[0] in attributes for part in text.split(" | "))


def with_units(mapping: Mapping[str, str], sample: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """A mapping as a person wrote it, with units; `sample` holds some values of every attribute."""
    found = dict(mapping)
    for name, text in mapping.items():
        field = _BY_NAME.get(name)
        if field is not None and field.is_length:
            parts = [_split(part.strip(), sample) for part in text.split(" | ")]
            found[name] = " | ".join(
                f"{attribute} [{unit or _unit(field, attribute, sample.get(attribute, ()))}]"
                for attribute, unit in parts
            )
    return found


def _split(text: str, attributes: Container[str]) -> tuple[str, str | None]:
    """A source's attribute and the unit behind it; an attribute's own name may end like a unit."""
    match = _SOURCE.match(text)
    return (text, None) if match is None or text in attributes else (match[1], match[2])


def _unit(field: PipeField, name: str, values: Sequence[Any], usual: str = "m") -> str:
    """The unit a name states, or the one that makes its values sizes that pipes have."""
    stated = stem_and_unit(name)[1]
    if stated is not None:
        return stated
    sizes = [abs(number) for value in values if (number := as_number(value))]
    if field.name == "diameter_m":
        if plain(name) in _MILLIMETRE_NAMES:
            return "mm"
        if not sizes or max(sizes) <= 5:
            return usual
        return "mm" if median(sizes) >= 40 else "in"
    if field.name == "node_diameter_m":
        return "mm" if sizes and median(sizes) >= 200 else usual
    if field.name in ("depth_m", "node_depth_m") and sizes and median(sizes) >= 25:
        return "cm" if median(sizes) < 500 else "mm"
    return usual


def as_number(value: Any) -> float | None:
    """The finite number that a value is or spells, with point or decimal comma."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.strip().replace(",", ".")) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


_SOURCE = re.compile(r"^(.*?)(?:\s*\[(mm|cm|m|in|ft)\])?$", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """Where one of our fields comes from: names and metres per unit, tried in order."""

    alternatives: tuple[tuple[str, float], ...] = ()

    @classmethod
    def parse(cls, text: str | None) -> Source:
        """The source that a mapping's text describes; none for an empty text."""
        if not text:
            return cls()
        found = [_SOURCE.match(part.strip()) for part in text.split(" | ")]
        return cls(tuple((match[1], METRES[match[2] or "m"]) for match in found if match))

    def length_m(self, attributes: Mapping[str, Any]) -> float:
        """The first of its values that is a number, in metres; NaN when none is."""
        for name, metres in self.alternatives:
            number = as_number(attributes.get(name))
            if number is not None:
                return number * metres
        return math.nan

    def text(self, attributes: Mapping[str, Any]) -> str | None:
        """The first of its values that is there, as text."""
        for name, _metres in self.alternatives:
            value = attributes.get(name)
            if value is not None:
                return str(value)
        return None


def sources(mapping: Mapping[str, str]) -> dict[str, Source]:
    """The source of every field of ours; those that the mapping leaves out have none."""
    return {name: Source.parse(mapping.get(name)) for name in _BY_NAME}
