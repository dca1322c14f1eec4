"""The sections of SWMM 5 and EPANET 2.2 input files: which fields stand where in a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from layers.words import words

#: Fields that hold names or words even where they look like numbers.
TEXT_FIELDS = frozenset(
    words(
        "fromNode toNode pattern status pumpCurve volumeCurve curve transect outletType orificeType weirType "
        "valveType outfallType dividerType storageShape shape flapGate surcharge roadSurface "
        "coefficientCurve overflow routeTo stageCurve stageSeries divertedLink headCurve speedPattern "
        "initialStatus shapeCurve hasFlapGate rainGage outlet snowPack format interval source series"
    )
)

Fields = Callable[[Sequence[str]], tuple[str, ...]]


@dataclass(frozen=True)
class Section:
    """One kind of row: its section, the type of object (none: it adds to one), and its fields.

    `part` is what its rows make ("node", "link", "area", "gage"), or "" when they say more about those
    that `about` says.

    `fields` gets the row's words after the name and says what each is called; `keys` marks rows
    that write each value behind a keyword.
    """

    name: str
    part: str
    type: str
    fields: Fields
    keys: bool = False
    about: str = "link"


def _fixed(names: str) -> Fields:
    listed = words(names)
    return lambda _row: listed


def _by_word(at: int, before: str, cases: dict[str, str], otherwise: str) -> Fields:
    """Fields that depend on the word at position `at`."""
    known = {word: words(f"{before} {names}") for word, names in cases.items()}
    default = words(f"{before} {otherwise}")
    return lambda row: known.get(row[at].upper(), default) if len(row) > at else default


_OUTFALL = _by_word(
    1,
    "invertElevation outfallType",
    {
        "FIXED": "fixedStage flapGate routeTo",
        "TIDAL": "stageCurve flapGate routeTo",
        "TIMESERIES": "stageSeries flapGate routeTo",
    },
    "flapGate routeTo",
)
_STORAGE_TAIL = "surchargeDepth evaporationFactor suctionHead conductivity initialDeficit"
_STORAGE = _by_word(
    3,
    "invertElevation maxDepth initialDepth storageShape",
    {"TABULAR": f"curve {_STORAGE_TAIL}"},
    f"areaCoefficient areaExponent areaConstant {_STORAGE_TAIL}",
)
_DIVIDER_TAIL = "maxDepth initialDepth surchargeDepth pondedArea"
_DIVIDER = _by_word(
    2,
    "invertElevation divertedLink dividerType",
    {
        "CUTOFF": f"cutoffFlow {_DIVIDER_TAIL}",
        "TABULAR": f"curve {_DIVIDER_TAIL}",
        "WEIR": f"minimumFlow weirHeight dischargeCoefficient {_DIVIDER_TAIL}",
    },
    _DIVIDER_TAIL,
)
_OUTLET = _by_word(
    3,
    "fromNode toNode offset outletType",
    {"TABULAR/DEPTH": "curve flapGate", "TABULAR/HEAD": "curve flapGate"},
    "coefficient exponent flapGate",
)
_ROUND = "diameter geom2 geom3 geom4 barrels culvertCode"
_SHAPE = _by_word(
    0,
    "shape",
    {
        "CIRCULAR": _ROUND,
        "FORCE_MAIN": _ROUND,
        "FILLED_CIRCULAR": _ROUND,
        "IRREGULAR": "transect geom2 geom3 geom4 barrels culvertCode",
        "STREET": "transect geom2 geom3 geom4 barrels culvertCode",
        "CUSTOM": "height shapeCurve geom3 geom4 barrels culvertCode",
    },
    "height width geom3 geom4 barrels culvertCode",
)

_SWMM = (
    Section(
        "JUNCTIONS",
        "node",
        "Manhole",
        _fixed("invertElevation maxDepth initialDepth surchargeDepth pondedArea"),
    ),
    Section("OUTFALLS", "node", "Outfall", _OUTFALL),
    Section("STORAGE", "node", "Storage", _STORAGE),
    Section("DIVIDERS", "node", "Divider", _DIVIDER),
    Section(
        "CONDUITS",
        "link",
        "Conduit",
        _fixed("fromNode toNode length roughness inOffset outOffset initialFlow maximumFlow"),
    ),
    Section("PUMPS", "link", "Pump", _fixed("fromNode toNode pumpCurve status startupDepth shutoffDepth")),
    Section(
        "ORIFICES",
        "link",
        "Orifice",
        _fixed("fromNode toNode orificeType offset dischargeCoefficient flapGate closeTime"),
    ),
    Section(
        "WEIRS",
        "link",
        "Weir",
        _fixed(
            "fromNode toNode weirType crestHeight dischargeCoefficient flapGate endContractions "
            "endCoefficient surcharge roadWidth roadSurface coefficientCurve"
        ),
    ),
    Section("OUTLETS", "link", "Outlet", _OUTLET),
    Section("XSECTIONS", "", "", _SHAPE),
    Section("LOSSES", "", "", _fixed("entryLoss exitLoss averageLoss hasFlapGate seepageRate")),
    Section(
        "SUBCATCHMENTS",
        "area",
        "Subcatchment",
        _fixed("rainGage outlet area percentImpervious width percentSlope curbLength snowPack"),
    ),
    Section(
        "SUBAREAS",
        "",
        "",
        _fixed(
            "roughnessImpervious roughnessPervious storageImpervious storagePervious percentZeroStorage "
            "routeTo percentRouted"
        ),
        about="area",
    ),
    Section("INFILTRATION", "", "", _fixed(""), about="area"),
    Section("RAINGAGES", "gage", "RainGage", _fixed("format interval snowCatchFactor source series")),
)
#: Sections that say where things lie on the map, by their first four letters, and whose places they are.
PLACES = {"COOR": "node", "VERT": "link", "POLY": "area", "SYMB": "gage"}

_EPANET = (
    Section("JUNCTIONS", "node", "Junction", _fixed("elevation baseDemand pattern")),
    Section("RESERVOIRS", "node", "Reservoir", _fixed("head pattern")),
    Section(
        "TANKS",
        "node",
        "Tank",
        _fixed(
            "elevation initialLevel minimumLevel maximumLevel diameter minimumVolume volumeCurve overflow"
        ),
    ),
    Section(
        "PIPES",
        "link",
        "Pipe",
        _fixed("fromNode toNode length diameter roughness minorLoss initialStatus"),
    ),
    Section("PUMPS", "link", "Pump", _fixed("fromNode toNode"), keys=True),
    Section(
        "VALVES",
        "link",
        "Valve",
        _fixed("fromNode toNode diameter valveType setting minorLoss initialStatus"),
    ),
)

#: What the keywords of an EPANET pump row set.
PUMP_KEYS = {"HEAD": "headCurve", "POWER": "power", "SPEED": "speed", "PATTERN": "speedPattern"}

SECTIONS = {
    "swmm": {section.name[:4]: section for section in _SWMM},
    "epanet": {section.name[:4]: section for section in _EPANET},
}
#: Sections that only one of the two programs has, by their first four letters.
ONLY_SWMM = frozenset(words("COND SUBC RAIN XSEC OUTF STOR ORIF WEIR DIVI SUBA INFI EVAP"))
ONLY_EPANET = frozenset(words("PIPE RESE TANK VALV DEMA EMIT ENER REAC MIXI"))

#: Flow units that mean US units (feet and inches) everywhere in the file.
US_FLOWS = frozenset(words("CFS GPM MGD IMGD AFD"))
SI_FLOWS = frozenset(words("CMS LPS MLD LPM CMH CMD"))
