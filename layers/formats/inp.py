"""Input files of EPA SWMM 5 (sewers) and EPANET 2.2 (water supply): the network as it lies on the map."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from layers import wkb
from layers.data import Feature, LayerData, Piece, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._inp_rows import Row, changed, no_field
from layers.formats._inp_tables import ONLY_EPANET, ONLY_SWMM, SECTIONS, SI_FLOWS, US_FLOWS, Section
from layers.formats._text import encoding_of, lines_of
from layers.formats._vector import LARGEST_COORDINATE, union
from layers.jsontext import join_members
from layers.pipe_fields import as_number, check_mapping, with_units
from layers.report import Report
from layers.uncollected import collector_off
from layers.words import METRES

NAME = "inp"
TITLE = "SWMM or EPANET network"
ENDINGS = (".inp",)
KINDS = ("pipes",)

_HEADING = re.compile(r"^[\ufeff \t]*\[\s*([A-Za-z]\w*)", re.MULTILINE)
_TITLES = {"swmm": "SWMM", "epanet": "EPANET"}
_DEFAULT_FLOW = {"swmm": "CFS", "epanet": "GPM"}
_FLOW_OPTION = {"swmm": "FLOW_UNITS", "epanet": "UNITS"}
_PLACES = ("COOR", "VERT")
_Place = tuple[float, float]
_LEVELS = ("invertElevation", "elevation", "head")


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a network of SWMM or EPANET."""
    found = set(_sections(head.decode("latin-1")))
    known = ONLY_SWMM | ONLY_EPANET | {"JUNC", "COOR", "TITL"}
    if len(found & known) >= 2:
        return 95
    return 50 if path.suffix.lower() == ".inp" and found else 0


@dataclass(slots=True)
class _Object:
    """A node or link while the file is read."""

    id: str
    section: Section
    values: dict[str, bytes]
    ends: tuple[str, str] = ("", "")
    details: dict[str, dict[str, bytes]] = field(default_factory=dict)  # by section
    bends: list[_Place] = field(default_factory=list)


@dataclass
class _Model:
    """All that the file holds of the network."""

    program: str
    report: Report
    objects: list[_Object] = field(default_factory=list)
    nodes: dict[str, int] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    places: dict[str, _Place] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)

    def key(self, id: str) -> str:
        """How ids are compared: SWMM does not tell capitals from small letters."""
        return id.casefold() if self.program == "swmm" else id


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The network as one layer: links as lines, nodes as points, every row a piece of the file."""
    data = path.read_bytes()
    if b"\0" in data:
        raise ReadError("This is not a text file", where=path.name, found="zero bytes")
    with collector_off():
        return [_layer(data, path, options)]


def _layer(data: bytes, path: Path, options: ReadOptions) -> LayerData:
    encoding = encoding_of(data)
    text = data.decode(encoding)
    model = _Model(_program(text, path), Report())
    rows = list(_rows(text))
    options.progress(0.3, "Reading the network")
    owners = _owners(model, rows)
    options.progress(0.6, "Placing the network")
    layer = LayerData(layer_name(path, ENDINGS), "pipes", options.crs, model.report)
    layer.features = [_feature(model, item) for item in model.objects]
    layer.pieces = _pieces(model, rows, owners, encoding)
    layer.box = union(layer.features)
    layer.facts = _facts(model)
    rows_of = (values for item in model.objects for values in (item.values, *item.details.values()))
    names: dict[str, list[Any]] = {name: [] for values in rows_of for name in values}
    check_mapping(options.field_map, names)
    layer.facts["field_map"] = _field_map(model) | with_units(options.field_map, names)
    model.report.read = len(layer.features)
    return layer


def _sections(text: str) -> list[str]:
    """The sections of a file by their first four letters, which is what both programs look at."""
    return [match[1][:4].upper() for match in _HEADING.finditer(text)]


def _program(text: str, path: Path) -> str:
    found = _sections(text)
    swmm, epanet = (sum(name in only for name in found) for only in (ONLY_SWMM, ONLY_EPANET))
    if not found or swmm == epanet == 0:
        raise ReadError(
            "This is not a network of SWMM or EPANET",
            where=path.name,
            found="no section such as [CONDUITS] or [PIPES]",
        )
    return "swmm" if swmm >= epanet else "epanet"


def _rows(text: str) -> Iterator[tuple[Row, str]]:
    """Every line with the section it stands in."""
    section = ""
    for line in lines_of(text):
        heading = _sections(line) if "[" in line else []
        if heading:
            section = heading[0]
            yield Row(line, (), (), None), ""
        else:
            yield Row.parse(line), section


def _owners(model: _Model, rows: list[tuple[Row, str]]) -> list[int | None]:
    """The number of the object that each row belongs to; fills the model."""
    owners = [_new_object(model, row, section) if row.words else None for row, section in rows]
    last: dict[tuple[int, str], int] = {}
    for number, (row, section) in enumerate(rows):
        if owners[number] is not None or not row.words:
            continue
        if section in _PLACES:
            owners[number] = _place(model, row, section == "COOR")
            continue
        owner = owners[number] = _detail(model, row, section)
        if owner is not None:
            earlier = last.setdefault((owner, section), number)
            if earlier != number:  # both programs take the last of several rows
                owners[earlier] = None
                last[owner, section] = number
    return owners


def _new_object(model: _Model, row: Row, name: str) -> int | None:
    """The number of the node or link that a row makes, if it makes one."""
    if name == "OPTI":
        model.options[row.text(0).upper()] = row.text(1)
    section = SECTIONS[model.program].get(name)
    if section is None or not section.part:
        return None
    id = row.text(0)
    number = len(model.objects)
    known = model.nodes if section.part == "node" else model.links
    if known.setdefault(model.key(id), number) != number:
        model.report.warn("duplicate-id", id, f"A second {section.part} has the id '{id}'.")
    ends = (row.text(1), row.text(2)) if section.part == "link" else ("", "")
    model.objects.append(_Object(id, section, row.values(section), ends))
    return number


def _detail(model: _Model, row: Row, name: str) -> int | None:
    """The number of the link that a row of another section says more about."""
    section = SECTIONS[model.program].get(name)
    if section is None:
        return None
    id = row.text(0)
    number = model.links.get(model.key(id))
    if number is None:
        text = f"[{section.name}] names link '{id}', which the file does not have."
        model.report.warn("link-missing", id, text)
        return None
    details = model.objects[number].details
    if section.name in details:
        text = f"[{section.name}] has several rows for link '{id}'; the last one counts."
        model.report.warn("duplicate-row", id, text)
    details[section.name] = row.values(section)
    return number


def _place(model: _Model, row: Row, is_node: bool) -> int | None:
    """Put a node at its coordinates, or a bend into a link."""
    id = row.text(0)
    number = (model.nodes if is_node else model.links).get(model.key(id))
    x, y = as_number(row.text(1)), as_number(row.text(2))
    if x is None or y is None or max(abs(x), abs(y)) >= LARGEST_COORDINATE:
        model.report.warn("coordinate-unreadable", id, f"The coordinates of '{id}' could not be read.")
        return number
    if is_node:
        model.places[model.key(id)] = x, y
    elif number is not None:
        model.objects[number].bends.append((x, y))
    if number is None:
        part = "node" if is_node else "link"
        text = f"Coordinates name {part} '{id}', which the file does not have."
        model.report.warn(f"{part}-missing", id, text)
    return number


def _feature(model: _Model, item: _Object) -> Feature:
    values = dict(item.values)
    for detail in item.details.values():
        values |= detail
    feature = Feature(item.id, item.section.type, join_members(values))
    places = _node_place(model, item) if item.section.part == "node" else _link_line(model, item)
    if not places:
        return feature
    is_node = item.section.part == "node"
    feature.geometry = wkb.point(*places[0]) if is_node else wkb.line(np.array(places))
    low, high = _levels(model, item)
    xs, ys = zip(*places, strict=True)
    feature.box = (min(xs), min(ys), low, max(xs), max(ys), high)
    return feature


def _node_place(model: _Model, item: _Object) -> list[_Place]:
    place = model.places.get(model.key(item.id))
    if place is None:
        text = f"Node '{item.id}' has no coordinates; it is not drawn."
        model.report.warn("coordinate-missing", item.id, text)
        return []
    return [place]


def _link_line(model: _Model, item: _Object) -> list[_Place]:
    for id in item.ends:
        if model.key(id) not in model.nodes:
            text = f"Link '{item.id}' ends at node '{id}', which the file does not have."
            model.report.warn("node-missing", item.id, text)
    start, end = (model.places.get(model.key(id)) for id in item.ends)
    if start is None or end is None:
        text = f"Link '{item.id}' has an end without coordinates; it is not drawn."
        model.report.warn("coordinate-missing", item.id, text)
        return []
    return [start, *item.bends, end]


def _levels(model: _Model, item: _Object) -> tuple[float, float]:
    """The lowest and highest level of a node or link in metres, as far as its nodes tell."""
    if item.section.part == "node":
        members = [item]
    else:
        numbers = [model.nodes.get(model.key(id)) for id in item.ends]
        members = [model.objects[number] for number in numbers if number is not None]
    texts = [member.values[name] for member in members for name in _LEVELS if name in member.values]
    found = [level for text in texts if (level := as_number(text.decode())) is not None]
    metres = METRES[_length_unit(model)]
    return (min(found) * metres, max(found) * metres) if found else (0.0, 0.0)


def _pieces(
    model: _Model, rows: list[tuple[Row, str]], owners: list[int | None], encoding: str
) -> list[Piece]:
    """The file cut behind every row of an object; lines of nobody lead the next piece."""
    pieces: list[Piece] = []
    lead: list[str] = []
    for (row, name), owner in zip(rows, owners, strict=True):
        if owner is None:
            lead.append(row.line)
            continue
        before = "".join(lead).encode(encoding)
        role = f"{model.program}:{name}:{encoding}"
        pieces.append(Piece(before + row.line.encode(encoding), len(before), owner, role))
        lead.clear()
    pieces.append(Piece("".join(lead).encode(encoding)))
    return pieces


def _is_us(model: _Model) -> bool:
    flow = _flow(model)
    return flow in US_FLOWS or flow not in SI_FLOWS


def _flow(model: _Model) -> str:
    return model.options.get(_FLOW_OPTION[model.program], _DEFAULT_FLOW[model.program]).upper()


def _length_unit(model: _Model) -> str:
    return "ft" if _is_us(model) else "m"


def _facts(model: _Model) -> dict[str, object]:
    return {
        "program": _TITLES[model.program],
        "flow_units": _flow(model),
        "length_unit": _length_unit(model),
    }


def _field_map(model: _Model) -> dict[str, str]:
    """Where the fields of a network come from in these files, with the units of this one."""
    unit = _length_unit(model)
    shared = {"from_node": "fromNode", "to_node": "toNode"}
    if model.program == "epanet":
        return shared | {
            "diameter_m": f"diameter [{'in' if _is_us(model) else 'mm'}]",
            "bottom_level_m": f"elevation [{unit}] | head [{unit}]",
            "node_depth_m": f"maximumLevel [{unit}]",
            "node_diameter_m": f"diameter [{unit}]",
        }
    kind = "invert" if model.options.get("LINK_OFFSETS", "").upper() == "ELEVATION" else "offset"
    return shared | {
        "diameter_m": f"diameter [{unit}] | height [{unit}]",
        f"start_{kind}_m": f"inOffset [{unit}] | offset [{unit}] | crestHeight [{unit}]",
        f"end_{kind}_m": f"outOffset [{unit}]",
        "bottom_level_m": f"invertElevation [{unit}]",
        "node_depth_m": f"maxDepth [{unit}]",
    }


def rewrite(
    pieces: Iterator[tuple[Piece, int | None]], attributes_of: Callable[[int], dict[str, bytes]]
) -> Iterator[bytes]:
    """The file's bytes, with the words changed in the rows of the objects that come with a fid."""
    homeless: dict[int, set[str]] = {}
    names: dict[int, str] = {}
    for piece, fid in pieces:
        program, name, encoding = piece.role.split(":") if piece.role else ("", "", "")
        section = SECTIONS.get(program, {}).get(name)
        if fid is None or section is None:
            yield piece.data
            continue
        after = attributes_of(fid)
        row = Row.parse(piece.data[piece.start :].decode(encoding))
        names[fid] = f"{section.type} {row.text(0)}".strip()
        line, held = changed(row, section, after, names[fid])
        homeless.setdefault(fid, set(after)).difference_update(held)
        yield piece.data[: piece.start] + line.encode(encoding, errors="replace")
    for fid, left in homeless.items():
        if left:
            raise no_field(min(left), names[fid])
