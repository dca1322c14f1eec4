"""Networks in CityGML by its Utility Network ADE (0.9).

    Network ──< component (pipe, cable, duct, terminal …) ──> FeatureGraph ──< Node, InteriorFeatureLink
            └─> NetworkGraph ──< InterFeatureLink, from a node of one graph to one of another

The components are the lines and points of a layer of pipes. Of their graphs they keep the nodes at their
ends and what they are connected with; a graph that belongs to no component is drawn itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from layers import xmlsafe
from layers.data import LayerData, ReadOptions
from layers.formats._vector import layer_of
from layers.formats.gml import record_of
from layers.gml.attributes import tag_of
from layers.gml.cutting import frame_of, mapped, members_in
from layers.gml.features import Features, GmlFeature, in_one_unit
from layers.gml.header import is_feature
from layers.gml.ids import own_id
from layers.gml.names import XLINK_HREF, is_object_like, split
from layers.report import Report
from layers.words import METRES

if TYPE_CHECKING:
    from lxml.etree import _Element

#: In the namespace of every version of the ADE.
NAMESPACE = b"citygml.org/ade/utility"
#: Name spaces are said before so many bytes.
_HEAD = 1 << 16
_PREFIX = re.compile(rb"""xmlns(?::([\w.-]+))?\s*=\s*["'][^"'<>]*""" + re.escape(NAMESPACE))
_LINK, _NODE = "InteriorFeatureLink", "Node"
_DIAMETERS = (
    *("interiorDiameter", "exteriorDiameter", "interiorHeight", "exteriorHeight"),
    *("interiorWidth", "exteriorWidth", "crossSection"),
)
#: No pipe is so wide: then its unit is probably wrong.
_WIDEST_M = 3.5


def network_layers(paths: Sequence[Path], name: str, options: ReadOptions) -> list[LayerData]:
    """The networks of a city model, or of its tiles, as a layer of pipes; none when there are no networks."""
    roots = [root for path in paths if (root := _root(path)) is not None]
    if not roots:
        return []
    root = roots[0]
    for other in roots[1:]:
        root.extend(list(other))
    report = Report()
    graphs = _Graphs(root)
    features = Features(root, report)
    components = [features.add(element, frozenset(("component",))) for element in _components(root)]
    claimed = {graph for feature in components for graph in graphs.of(feature)}
    links, nodes = [], []
    for graph in graphs.by_id.values():
        if own_id(graph) not in claimed:
            links += [features.add(link) for link in graph.iter(f"{{*}}{_LINK}")]
            nodes += [features.add(node) for node in graph.iter(f"{{*}}{_NODE}")]
    found = [*components, *links, *nodes]
    if not found:
        return []
    crs = features.place()
    units = in_one_unit(found, METRES, report)
    for feature in components:
        graphs.tell_ends(feature)
    for feature in links:
        _tell_nodes(feature)
    _take_over(root, components)
    _doubt_diameters(found, units, report)
    asked = ReadOptions("pipes", options.crs, options.field_map)
    layer = layer_of(f"{name} network", [record_of(feature) for feature in found], crs, report, asked)
    layer.facts |= {"field_map": _field_map(units) | options.field_map, "fields_guessed": False}
    return [layer]


def _root(path: Path) -> _Element | None:
    """A file without the members that have nothing to do with networks; None where none has."""
    with mapped(path) as text:
        head = bytes(text[:_HEAD])
        if NAMESPACE not in head:
            return None
        frame = frame_of(head, path.name)
        prefixes = {found[1] or b"" for found in _PREFIX.finditer(head)}
        signs = [b"<" + prefix + b":" if prefix else b"<" for prefix in prefixes]
        members = []
        for cut in members_in(text, frame, path.name):
            member = bytes(text[cut.begin : cut.end])
            if not is_feature(cut) or NAMESPACE in member or any(sign in member for sign in signs):
                members.append(member)
    return xmlsafe.parse(frame.whole(b"".join(members)), path.name, frame.encoding)


def _components(root: _Element) -> Iterator[_Element]:
    """The pipes, cables and so on of all networks; what a duct holds is one, too."""
    for property in root.iter("{*}component", "{*}cityObjectMember", "{*}featureMember"):
        is_component = split(tag_of(property))[1] == "component"
        for element in property:
            space, name = split(tag_of(element))
            is_ours = NAMESPACE.decode() in space and is_object_like(tag_of(element))
            if is_ours and (is_component or (_is_placed(element) and name != "Network")):
                yield element


def _is_placed(element: _Element) -> bool:
    return any(split(tag_of(part))[1].endswith("Geometry") for part in element)


class _Graphs:
    """The graphs of components by their ids, and whose nodes are whose."""

    def __init__(self, root: _Element) -> None:
        self.by_id = {own_id(graph): graph for graph in root.iter("{*}FeatureGraph") if own_id(graph)}
        self._of_node = {
            own_id(node): id for id, graph in self.by_id.items() for node in graph.iter(f"{{*}}{_NODE}")
        }
        self._component: dict[str, str] = {}
        self._joined: dict[str, list[str]] = {}
        for link in root.iter("{*}InterFeatureLink"):
            ends = [self._of_node.get(node, "") for node in _ends(link)]
            for end, other in ((0, 1), (1, 0)):
                if len(ends) == 2 and ends[other]:
                    self._joined.setdefault(ends[end], []).append(ends[other])

    def of(self, feature: GmlFeature) -> list[str]:
        """The graphs that a component says are its own; they are its own from now on."""
        found = [
            part.get(XLINK_HREF, "").removeprefix("#")
            for part in feature.element
            if split(tag_of(part))[1] == "topoGraph"
        ]
        self._component.update(dict.fromkeys(found, feature.id))
        return found

    def tell_ends(self, feature: GmlFeature) -> None:
        """Say in a component's attributes at which nodes it ends, and with what it is connected."""
        graphs = [self.by_id[id] for id in self.of(feature) if id in self.by_id]
        touched = Counter(
            node for graph in graphs for link in graph.iter(f"{{*}}{_LINK}") for node in _ends(link)
        )
        ends = [node for node, count in touched.items() if count == 1]
        if len(ends) == 2:
            feature.attributes["fromNode"], feature.attributes["toNode"] = ends
        others = (self._component.get(id) for graph in self.of(feature) for id in self._joined.get(graph, ()))
        connected = list(dict.fromkeys(other for other in others if other and other != feature.id))
        if connected:
            feature.attributes["connectedWith"] = connected


def _ends(link: _Element) -> list[str]:
    """The nodes at which a link starts and ends."""
    found = []
    for name in ("start", "end"):
        part = link.find(f"{{*}}{name}")
        if part is not None:
            found.append(part.get(XLINK_HREF, "").removeprefix("#"))
    return found


def _tell_nodes(feature: GmlFeature) -> None:
    ends = _ends(feature.element)
    feature.attributes.pop("start", None)
    feature.attributes.pop("end", None)
    if len(ends) == 2:
        feature.attributes["fromNode"], feature.attributes["toNode"] = ends


def _take_over(root: _Element, components: list[GmlFeature]) -> None:
    """Take what a component's network carries, and its material, from where they are written."""
    materials = {
        own_id(element): element.findtext("{*}type") or split(tag_of(element))[1]
        for element in root.iter("{*}ExteriorMaterial", "{*}InteriorMaterial", "{*}FillingMaterial")
    }
    for feature in components:
        href = feature.attributes.get("hasMaterial")
        if isinstance(href, str) and href.removeprefix("#") in materials:
            feature.attributes["material"] = materials[href.removeprefix("#")]
        network = next(feature.element.iterancestors("{*}Network"), None)
        medium = None if network is None else network.find("{*}transportedMedium")
        if network is not None:
            feature.attributes["network"] = own_id(network)
        if medium is not None and len(medium):
            feature.attributes["medium"] = medium[0].findtext("{*}type") or split(tag_of(medium[0]))[1]


def _doubt_diameters(found: list[GmlFeature], units: dict[str, str], report: Report) -> None:
    """Tell of diameters that no pipe has: 400 mm written as 400 cm."""
    for name, unit in units.items():
        if name not in _DIAMETERS:
            continue
        values = [feature.attributes.get(name) for feature in found]
        sizes = [value * METRES[unit] for value in values if isinstance(value, int | float)]
        wide = sum(size > _WIDEST_M for size in sizes)
        if wide:
            text = f"{wide:,} of {len(sizes):,} values of '{name}' are more than {_WIDEST_M:g} m"
            report.warn("diameter-unlikely", "", f"{text}, up to {max(sizes):g} m: is the unit {unit} right?")


def _field_map(units: dict[str, str]) -> dict[str, str]:
    """Where the fields of a network come from."""
    widths = " | ".join(f"{name} [{units[name]}]" for name in _DIAMETERS if name in units)
    shared = {"from_node": "fromNode", "to_node": "toNode", "material": "material", "kind": "medium"}
    return {"diameter_m": widths} | shared if widths else shared
