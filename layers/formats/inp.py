"""Input files of EPA SWMM 5 (sewers) and EPANET 2.2 (water supply): the network as it lies on the map."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from layers.crs import height_unit_m, parse_crs
from layers.data import LayerData, Piece, ReadOptions
from layers.errors import ReadError
from layers.formats import _leaving
from layers.formats._files import layer_name
from layers.formats._inp_map import (
    TRUE_UNITS_M,
    WORDS,
    Item,
    Model,
    feature_of,
    flow_units,
    is_us,
    length_unit,
    lengths,
    map_unit_m,
    settle,
)
from layers.formats._inp_rows import Row, changed, no_field
from layers.formats._inp_tables import (
    ONLY_EPANET,
    ONLY_SWMM,
    PLACES,
    SECTIONS,
)
from layers.formats._text import encoding_of, lines_of
from layers.formats._vector import LARGEST_COORDINATE, union
from layers.pipe_fields import as_number, check_mapping, with_units
from layers.report import Report
from layers.uncollected import collector_off

NAME = "inp"
TITLE = "SWMM or EPANET network"
ENDINGS = (".inp",)
KINDS = ("pipes", "vector")

_HEADING = re.compile(r"^[\ufeff \t]*\[\s*([A-Za-z]\w*)", re.MULTILINE)
_TITLES = {"swmm": "SWMM", "epanet": "EPANET"}
_NETWORK, _AROUND = ("node", "link"), ("area", "gage")
leave_out = _leaving.records


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a network of SWMM or EPANET."""
    found = set(_sections(head.decode("latin-1")))
    known = ONLY_SWMM | ONLY_EPANET | {"JUNC", "COOR", "TITL"}
    if len(found & known) >= 2:
        return 95
    return 50 if path.suffix.lower() == ".inp" and found else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The network: links as lines, nodes as points; and what drains into it as areas, if there is any.

    Every row is a piece of the file, in both layers, each with what is its own.
    """
    data = path.read_bytes()
    if b"\0" in data:
        raise ReadError("This is not a text file", where=path.name, found="zero bytes")
    with collector_off():
        return _layers(data, path, options)


def _layers(data: bytes, path: Path, options: ReadOptions) -> list[LayerData]:
    encoding = encoding_of(data)
    text = data.decode(encoding)
    model = Model(_program(text, path), Report())
    rows = list(_rows(text))
    options.progress(0.3, "Reading the network")
    owners = _owners(model, rows)
    options.progress(0.6, "Placing the network")
    crs = settle(model, options.crs)
    if crs:
        model.height_unit_m = height_unit_m(parse_crs(crs), 1.0)
    unit_m = None if crs else map_unit_m(lengths(model))
    name = layer_name(path, ENDINGS)
    layers: list[LayerData] = []
    for kind, title, parts in (("pipes", name, _NETWORK), ("vector", f"{name} subcatchments", _AROUND)):
        numbers = [number for number, item in enumerate(model.objects) if item.section.part in parts]
        if numbers or kind == "pipes":
            report = model.report if not layers else Report()
            layers.append(_layer(model, title, kind, numbers, report))
            layers[-1].crs = crs
            if unit_m in TRUE_UNITS_M:
                layers[-1].facts["map_unit_m"] = unit_m
            layers[-1].pieces = _pieces(model, rows, _owned(owners, numbers), encoding)
    rows_of = (values for item in model.objects for values in (item.values, *item.details.values()))
    names: dict[str, list[Any]] = {name: [] for values in rows_of for name in values}
    check_mapping(options.field_map, names)
    if is_us(model):
        text = (
            f"Lengths and levels are in feet, as flows in {flow_units(model)} say: they are drawn and written"
            " to other files in metres; attributes stay as they are."
        )
        model.report.warn("feet", "", text)
    layers[0].facts["field_map"] = _field_map(model) | with_units(options.field_map, names)
    return layers


def _layer(model: Model, name: str, kind: str, numbers: Sequence[int], report: Report) -> LayerData:
    """The layer of some of the objects."""
    layer = LayerData(name, kind, None, report)
    layer.features = [feature_of(model, model.objects[number]) for number in numbers]
    layer.box = union(layer.features)
    layer.facts = _facts(model)
    report.read = len(layer.features)
    return layer


def _owned(owners: Sequence[int | None], numbers: Sequence[int]) -> list[int | None]:
    """The owner of each row by its place among some of the objects; None for rows of others."""
    places = {number: place for place, number in enumerate(numbers)}
    return [None if owner is None else places.get(owner) for owner in owners]


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


def _owners(model: Model, rows: list[tuple[Row, str]]) -> list[int | None]:
    """The number of the object that each row belongs to; fills the model."""
    owners = [_new_object(model, row, section) if row.words else None for row, section in rows]
    last: dict[tuple[int, str], int] = {}
    for number, (row, section) in enumerate(rows):
        if owners[number] is not None or not row.words:
            continue
        if section in PLACES:
            owners[number] = _place(model, row, PLACES[section])
            continue
        owner = owners[number] = _detail(model, row, section)
        if owner is not None:
            earlier = last.setdefault((owner, section), number)
            if earlier != number:  # both programs take the last of several rows
                owners[earlier] = None
                last[owner, section] = number
    return owners


def _new_object(model: Model, row: Row, name: str) -> int | None:
    """The number of the node or link that a row makes, if it makes one."""
    if name == "OPTI":
        model.options[row.text(0).upper()] = row.text(1)
    section = SECTIONS[model.program].get(name)
    if section is None or not section.part:
        return None
    id = row.text(0)
    number = len(model.objects)
    known = model.known[section.part]
    if known.setdefault(model.key(id), number) != number:
        model.report.warn("duplicate-id", id, f"A second {section.part} has the id '{id}'.")
    ends = (row.text(1), row.text(2)) if section.part == "link" else ("", "")
    model.objects.append(Item(id, section, row.values(section), ends))
    return number


def _detail(model: Model, row: Row, name: str) -> int | None:
    """The number of the object that a row of another section says more about."""
    section = SECTIONS[model.program].get(name)
    if section is None:
        return None
    id = row.text(0)
    number = model.known[section.about].get(model.key(id))
    if number is None:
        text = f"[{section.name}] names {WORDS[section.about]} '{id}', which the file does not have."
        model.report.warn(f"{section.about}-missing", id, text)
        return None
    details = model.objects[number].details
    if section.name in details:
        text = f"[{section.name}] has several rows for {WORDS[section.about]} '{id}'; the last one counts."
        model.report.warn("duplicate-row", id, text)
    details[section.name] = row.values(section)
    return number


def _place(model: Model, row: Row, part: str) -> int | None:
    """Put a node at its coordinates, or a bend or corner into something else."""
    id = row.text(0)
    number = model.known[part].get(model.key(id))
    x, y = as_number(row.text(1)), as_number(row.text(2))
    if x is None or y is None or max(abs(x), abs(y)) >= LARGEST_COORDINATE:
        model.report.warn("coordinate-unreadable", id, f"The coordinates of '{id}' could not be read.")
        return number
    if part == "node":
        model.places[model.key(id)] = x, y
    elif number is not None:
        model.objects[number].bends.append((x, y))
    if number is None:
        text = f"Coordinates name {WORDS[part]} '{id}', which the file does not have."
        model.report.warn(f"{part}-missing", id, text)
    return number


def _pieces(
    model: Model, rows: list[tuple[Row, str]], owners: list[int | None], encoding: str
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


def _facts(model: Model) -> dict[str, object]:
    return {
        "program": _TITLES[model.program],
        "flow_units": flow_units(model),
        "length_unit": length_unit(model),
    }


def _field_map(model: Model) -> dict[str, str]:
    """Where the fields of a network come from in these files, with the units of this one."""
    unit = length_unit(model)
    shared = {"from_node": "fromNode", "to_node": "toNode"}
    if model.program == "epanet":
        return shared | {
            "diameter_m": f"diameter [{'in' if is_us(model) else 'mm'}]",
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
