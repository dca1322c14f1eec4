"""The map of a network: where its objects lie, and how large the map is.

The lengths of the links say what one unit of the coordinates is, which the files do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from layers import wkb
from layers.crs import LOCAL, parse_crs
from layers.data import Feature
from layers.formats._files import NEAR
from layers.formats._inp_tables import PLACES, SI_FLOWS, US_FLOWS, Section
from layers.jsontext import join_members
from layers.pipe_fields import as_number
from layers.report import Report
from layers.words import METRES

Place = tuple[float, float]
#: What the parts of a network are called.
WORDS = {"node": "node", "link": "link", "area": "subcatchment", "gage": "rain gage"}
#: Lengths and a true map differ by so little in the middle half of the links; a schematic map by more.
_TRUE = 1.02
_FEWEST = 3
_FOOT = METRES["ft"]
#: The units of maps that are drawn true to scale.
TRUE_UNITS_M = (1.0, _FOOT)
_DEGREES = "EPSG:4326"
#: A degree, of longitude far north, and of latitude; no schematic map is so large.
_SHORTEST_DEGREE_M, _LONGEST_DEGREE_M = 40_000.0, 115_000.0
_LEVELS = ("invertElevation", "elevation", "head")
_DEFAULT_FLOW = {"swmm": "CFS", "epanet": "GPM"}
_FLOW_OPTION = {"swmm": "FLOW_UNITS", "epanet": "UNITS"}


@dataclass(slots=True)
class Item:
    """A node or link while the file is read."""

    id: str
    section: Section
    values: dict[str, bytes]
    ends: tuple[str, str] = ("", "")
    details: dict[str, dict[str, bytes]] = field(default_factory=dict)  # by section
    bends: list[Place] = field(default_factory=list)


@dataclass
class Model:
    """All that the file holds of the network."""

    program: str
    report: Report
    objects: list[Item] = field(default_factory=list)
    known: dict[str, dict[str, int]] = field(default_factory=lambda: {part: {} for part in PLACES.values()})
    places: dict[str, Place] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    height_unit_m: float = 1.0  # of the layer's CRS, where it names heights

    def key(self, id: str) -> str:
        """How ids are compared: SWMM does not tell capitals from small letters."""
        return id.casefold() if self.program == "swmm" else id


def is_small(model: Model) -> bool:
    """Whether all coordinates are those of a model's own, not of a country's grid."""
    return all(max(abs(x), abs(y)) < NEAR for places in _placed(model) for x, y in places)


def _placed(model: Model) -> Iterator[list[Place]]:
    yield list(model.places.values())
    for item in model.objects:
        yield item.bends


def settle(model: Model, said: str | None) -> str | None:
    """Where the map lies: as a person says, in degrees or nowhere on Earth if so; None if that is open.

    A map that lies nowhere on Earth is brought to metres, as the lengths of the links tell.
    """
    unit_m = map_unit_m(lengths(model))
    if said is None and unit_m is not None and _is_in_degrees(model, unit_m):
        text = "By the lengths of its links the map is in longitude and latitude."
        model.report.warn("map-unit", "", text)
        return _DEGREES
    if said == LOCAL or (said is None and is_small(model)):
        _scale(model, unit_m)
        return LOCAL
    if unit_m is not None and said is not None:
        note_unit(model.report, unit_m, said)
    return said


def _is_in_degrees(model: Model, unit_m: float) -> bool:
    places = [place for some in _placed(model) for place in some]
    fits = all(abs(x) <= 180 and abs(y) <= 90 for x, y in places)
    return fits and _SHORTEST_DEGREE_M < unit_m < _LONGEST_DEGREE_M


def _scale(model: Model, unit_m: float | None) -> None:
    if unit_m is None or unit_m == 1.0:
        return
    text = f"By the lengths of its links, one unit of the map is about {unit_m:.4g} m"
    text += "; it is drawn so, and its extent is told in metres."
    model.report.warn("map-scale", "", text)
    model.places = {id: (x * unit_m, y * unit_m) for id, (x, y) in model.places.items()}
    for item in model.objects:
        item.bends = [(x * unit_m, y * unit_m) for x, y in item.bends]


def lengths(model: Model) -> Iterator[tuple[float, float]]:
    """The length of each link in metres as it is written, and on the map."""
    unit = METRES[length_unit(model)]
    for item in model.objects:
        length = as_number(item.values.get("length", b"").decode())
        if item.section.part == "link" and length is not None:
            start, end = (model.places.get(model.key(id)) for id in item.ends)
            if start is not None and end is not None:
                line = np.array([start, *item.bends, end])
                yield length * unit, float(np.hypot(*np.diff(line, axis=0).T).sum())


def map_unit_m(lengths: Iterable[tuple[float, float]]) -> float | None:
    """The metres in one unit of the map, from lengths in metres and on the map; None when nothing tells.

    Of a map that is drawn true to scale that is exactly a metre or a foot, if it is nearly so; of a
    schematic one what half of the links are longer than.
    """
    ratios = np.array([length / drawn for length, drawn in lengths if drawn > 0 and length > 0])
    if len(ratios) < _FEWEST:
        return None
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75)).tolist()
    if high <= low * _TRUE:
        for unit in TRUE_UNITS_M:
            if abs(middle / unit - 1) < _TRUE - 1:
                return unit
    return float(middle)


def note_unit(report: Report, unit_m: float, crs: str) -> None:
    """Tell when the CRS that a person names has another unit than the map."""
    axis = parse_crs(crs).axis_info[0]
    if axis.unit_name.startswith("degree") or unit_m not in (1.0, _FOOT):
        return
    if abs(axis.unit_conversion_factor / unit_m - 1) > _TRUE - 1:
        name = "metres" if unit_m == 1.0 else "feet"
        text = f"By the lengths of its links the map is in {name}, but the CRS is in {axis.unit_name}."
        report.warn("map-unit", "", text)


def feature_of(model: Model, item: Item) -> Feature:
    """An object with its attributes and its place."""
    values = dict(item.values)
    for detail in item.details.values():
        values |= detail
    feature = Feature(item.id, item.section.type, join_members(values))
    part = item.section.part
    places = _PLACERS[part](model, item)
    if not places:
        return feature
    if part == "area":
        feature.geometry = wkb.polygon([np.array(places)])
    else:
        feature.geometry = wkb.line(np.array(places)) if part == "link" else wkb.point(*places[0])
    low, high = _levels(model, item)
    xs, ys = zip(*places, strict=True)
    feature.box = (min(xs), min(ys), low, max(xs), max(ys), high)
    return feature


def _node_place(model: Model, item: Item) -> list[Place]:
    place = model.places.get(model.key(item.id))
    if place is None:
        text = f"Node '{item.id}' has no coordinates; it is not drawn."
        model.report.warn("coordinate-missing", item.id, text)
        return []
    return [place]


def _link_line(model: Model, item: Item) -> list[Place]:
    for id in item.ends:
        if model.key(id) not in model.known["node"]:
            text = f"Link '{item.id}' ends at node '{id}', which the file does not have."
            model.report.warn("node-missing", item.id, text)
    start, end = (model.places.get(model.key(id)) for id in item.ends)
    if start is None or end is None:
        text = f"Link '{item.id}' has an end without coordinates; it is not drawn."
        model.report.warn("coordinate-missing", item.id, text)
        return []
    return [start, *item.bends, end]


def _area(model: Model, item: Item) -> list[Place]:
    if 0 < len(item.bends) < 3:
        text = f"Subcatchment '{item.id}' has fewer than three corners; it is not drawn."
        model.report.warn("coordinate-missing", item.id, text)
    return item.bends if len(item.bends) > 2 else []


_PLACERS: dict[str, Callable[[Model, Item], list[Place]]] = {
    "node": _node_place,
    "link": _link_line,
    "area": _area,
    "gage": lambda _, item: item.bends,
}


def _levels(model: Model, item: Item) -> tuple[float, float]:
    """The lowest and highest level of a node or link in its CRS, as far as its nodes tell."""
    if item.section.part != "link":
        members = [item]
    else:
        numbers = [model.known["node"].get(model.key(id)) for id in item.ends]
        members = [model.objects[number] for number in numbers if number is not None]
    texts = [member.values[name] for member in members for name in _LEVELS if name in member.values]
    found = [level for text in texts if (level := as_number(text.decode())) is not None]
    unit = METRES[length_unit(model)] / model.height_unit_m
    return (min(found) * unit, max(found) * unit) if found else (0.0, 0.0)


def is_us(model: Model) -> bool:
    """Whether the file is in US units, feet and inches."""
    flow = flow_units(model)
    return flow in US_FLOWS or flow not in SI_FLOWS


def flow_units(model: Model) -> str:
    """The units of flow, which say the units of everything else."""
    return model.options.get(_FLOW_OPTION[model.program], _DEFAULT_FLOW[model.program]).upper()


def length_unit(model: Model) -> str:
    """The unit of lengths and levels."""
    return "ft" if is_us(model) else "m"
