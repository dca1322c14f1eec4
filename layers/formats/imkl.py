"""IMKL 1.x and 2.x: cables and pipes of all themes as the Dutch Kadaster hands them out (KLIC, WIBON).

IMKL is INSPIRE's utility networks (D2.8.III.6) with extensions. The line of a cable or pipe is in a link
that it names, its depth in a measurement, its theme in its network: here they come together, so that
each cable and pipe is one object of a network. What else the delivery holds, such as dimensions, texts
and requirements for digging, is a layer of areas, lines and points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers import wkb, xmlsafe
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._vector import Record, layer_of
from layers.formats._zipped import members, unpacked
from layers.formats.gml import elements_of, record_of
from layers.report import Report
from layers.words import METRES

if TYPE_CHECKING:
    from layers.gml.features import GmlFeature

NAME = "imkl"
TITLE = "IMKL (KLIC)"
ENDINGS = (".xml", ".gml")
KINDS = ("pipes", "vector")

_NAMESPACES = (b"geostandaarden.nl/imkl", b"inspire.ec.europa.eu/schemas/us-net")
_LINK = "UtilityLink"
#: Points of a network; all that has a link is one of its lines.
_NODES = frozenset(
    (
        "Appurtenance",
        "Mangat",
        "Mast",
        "Toren",
        "Kast",
        "TechnischGebouw",
        "Manhole",
        "Pole",
        "Tower",
        "Cabinet",
    )
)
#: What a cable or pipe takes over from its network, and from the measurements of its depth.
_OF_NETWORK = ("thema", "utilityNetworkType", "standaardDieptelegging")
_OF_DEPTH = (
    "dieptePeil",
    "maaiveldPeil",
    "diepteNauwkeurigheid",
    "diepteAangrijpingspunt",
    "datumOpmetingDieptePeil",
)
#: Points that are words and arrows of a plan: what they say and how they are turned, clockwise from east.
_LABELS = {"types": ["Annotatie", "Maatvoering"], "text": "label", "turn_deg": "rotatiehoek"}
#: Values that are addresses in lists of codes are told by their last word.
_CODES = ("http://inspire.ec.europa.eu/codelist/", "http://definities.geostandaarden.nl/")


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a delivery of cables and pipes, or a zip of one."""
    if xmlsafe.is_xml(head):
        return 97 if any(name in head for name in _NAMESPACES) and b"FeatureCollection" in head else 0
    return 85 if any(Path(name).name.startswith("GI_") for name in members(head, path, ".xml")) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The network, and what lies beside it."""
    with path.open("rb") as file:
        is_plain = xmlsafe.is_xml(file.read(4096))
    if is_plain:
        return _read_one(path, options)
    with unpacked(path, options, ".xml") as folder:
        found = [file for file in sorted(folder.rglob("GI_*")) if file.suffix.lower() == ".xml"]
        return [layer for file in found for layer in _read_one(file, options)]


def _read_one(path: Path, options: ReadOptions) -> list[LayerData]:
    from layers.gml.features import Features, in_one_unit

    root = xmlsafe.parse_file(path)
    report, aside = Report(), Report()
    features = Features(root, report)
    found = [features.add(element) for element in elements_of(root)]
    if not found:
        raise ReadError("There are no cables or pipes in this delivery", where=path.name)
    options.progress(0.5, "Reading coordinates")
    crs = features.place()
    units = in_one_unit(found, METRES, report)
    for feature in found:
        feature.attributes = {name: _plain(value) for name, value in feature.attributes.items()}
    lines, nodes, others = _assembled(found, report)
    layers = []
    name = layer_name(path, ENDINGS)
    if lines or nodes:
        network = layer_of(name, [*lines, *nodes], crs, report, _asked(options, "pipes"))
        network.facts |= {"field_map": _field_map(units) | options.field_map, "fields_guessed": False}
        layers.append(network)
    if others:
        report = aside if layers else report
        layers.append(layer_of(f"{name} beside", others, crs, report, _asked(options, "vector")))
    for layer in layers:
        layer.facts["color_by"] = "attribute:thema"
        layer.facts["labels"] = _LABELS
    return layers


def _asked(options: ReadOptions, kind: str) -> ReadOptions:
    """The options for a layer of this kind; a person's field map is for the network."""
    return ReadOptions(kind, options.crs, options.field_map if kind == "pipes" else {})


def _field_map(units: Mapping[str, str]) -> dict[str, str]:
    """Where the fields of a network come from in IMKL."""

    def said(*names: str) -> str:
        return " | ".join(f"{name} [{units[name]}]" for name in names if name in units)

    fields = {
        "diameter_m": said("pipeDiameter", "buitendiameter", "kabelDiameter", "ductWidth"),
        "depth_m": said("dieptePeil", "standaardDieptelegging"),
        "material": "buismateriaalType",
        "kind": "thema",
    }
    return {name: text for name, text in fields.items() if text}


def _assembled(
    found: Iterable[GmlFeature], report: Report
) -> tuple[list[Record], list[Record], list[Record]]:
    """Lines of the network, its points, and everything else."""
    listed = list(found)
    by_id = {feature.id: feature for feature in listed if feature.id}
    used: set[str] = set()
    lines: list[Record] = []
    nodes: list[Record] = []
    others: list[Record] = []
    for feature in listed:
        attributes = feature.attributes
        if feature.name == _LINK:
            continue
        _take(attributes, _OF_NETWORK, by_id, "inNetwork")
        _take(attributes, _OF_DEPTH, by_id, "diepte", "verticaleDiepte")
        links = [by_id[id] for id in _hrefs(attributes.get("link")) if id in by_id]
        if "link" in attributes and not links:
            text = "The link that holds its line is not in the delivery; it is not drawn."
            report.warn("link-missing", feature.id, text, "unsupported")
        if links:
            used.update(link.id for link in links)
            feature.shape = wkb.collected(link.shape for link in links)
            attributes["utilityLink"] = [{"id": link.id, **link.attributes} for link in links]
        record = record_of(feature)
        part = lines if "link" in attributes else nodes if feature.name in _NODES else others
        part.append(record)
    spare = [feature for feature in listed if feature.name == _LINK and feature.id not in used]
    lines += [record_of(feature) for feature in spare]
    return lines, nodes, others


def _take(
    attributes: dict[str, Any], names: Iterable[str], by_id: Mapping[str, GmlFeature], *by: str
) -> None:
    """Take over what the things say that a thing names."""
    for field in by:
        for id in _hrefs(attributes.get(field)):
            said = by_id[id].attributes if id in by_id else {}
            for name in names:
                if said.get(name) is not None:
                    attributes.setdefault(name, said[name])


def _hrefs(value: Any) -> list[str]:
    """The ids that a value refers to: IMKL writes them with and without "#"."""
    listed = value if isinstance(value, list) else [value]
    return [item.removeprefix("#") for item in listed if isinstance(item, str)]


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_CODES):
        return value.rpartition("/")[2]
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {name: _plain(item) for name, item in value.items()} if isinstance(value, dict) else value
