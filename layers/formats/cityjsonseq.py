"""CityJSONSeq: a CityJSON header line, then one CityJSONFeature per line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from layers.citymodel import encode
from layers.data import LayerData, ReadOptions, WriteOptions
from layers.errors import ReadError
from layers.formats import cityjson
from layers.formats._citymodel import model_of, written_anew
from layers.formats._cityobjects import ROOT, Reader
from layers.formats.cityjson import check_once, check_root, decode_root
from layers.jsontext import BOM, address
from layers.sequence import split
from layers.uncollected import collector_off

NAME = "cityjsonseq"
TITLE = "CityJSON text sequence"
ENDINGS = (".city.jsonl", ".jsonl")
KINDS = ("city", "terrain")

rewrite = cityjson.rewrite


def can_read(head: bytes, path: Path) -> int:
    """By its ending, or by a second line that is a feature."""
    if path.name.lower().endswith(ENDINGS) and b'"CityJSON' in head:
        return 95
    if re.search(rb'\}\s*\n\s*\{\s*"type"\s*:\s*"CityJSONFeature"', head):
        return 95
    return 20 if path.name.lower().endswith(".jsonl") else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The city objects of every line."""
    with collector_off():
        return _gathered(path, options).finish(options)


def _gathered(path: Path, options: ReadOptions) -> Reader:
    data = path.read_bytes()
    lines = _lines(data)
    first = next(lines, None)
    if first is None:
        raise ReadError("The file is empty", where=str(path), do="Ask for the file again")
    number, line = first
    root = decode_root(bytes(line), path, number)
    if root.type == "CityJSONFeature":
        raise ReadError(
            "The sequence has no header",
            where=f"{path}, line {number}",
            found="a CityJSONFeature in the first line",
            allowed='a CityJSON object with the "transform" first',
            do="Ask for the file with its header line; without it the coordinates have no place",
        )
    check_root(root, path)
    reader = Reader(path, data, root)
    if root.transform is None:
        reader.report.warn(
            "no_transform",
            "",
            "The header has no transform; vertices are taken as coordinates as they are.",
        )
    if root.city_objects:
        # A header has none, but a whole model on one line has; pieces need them decoded in place.
        root = ROOT.decode(line)
        reader.use_vertices(root)
        for _ in reader.add_objects(root.city_objects or {}):
            pass
    for number, line in lines:
        _add_feature(reader, path, number, line, options, len(data))
    reader.cut_rest()
    return reader


def write(path: Path, layer: LayerData, options: WriteOptions) -> None:
    """A CityJSON 2.0 header, then one feature per line."""
    with collector_off(), written_anew(layer), path.open("wb") as file:
        for part in split(model_of(layer, options)):
            file.write(encode(part) + b"\n")


def _add_feature(
    reader: Reader, path: Path, number: int, line: memoryview, options: ReadOptions, size: int
) -> None:
    try:
        feature = ROOT.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError(
            "A line of the sequence is broken",
            where=f"{path}, line {number}",
            found=str(error),
            do="The file may be cut off; ask for it again",
        ) from error
    if feature.type != "CityJSONFeature":
        raise ReadError(
            "A line of the sequence is not a feature",
            where=f"{path}, line {number}",
            found=f'"type": "{feature.type[:40]}"',
            allowed='"CityJSONFeature"',
        )
    if feature.city_objects is None:
        raise ReadError(
            "A feature has no city objects", where=f"{path}, line {number}", found='no member "CityObjects"'
        )
    if number % 1000 == 0:
        options.progress(0.05 + 0.75 * (address(line) - reader.start) / size, f"line {number}")
    check_once(bytes(line), f"{path}, line {number}")
    reader.use_feature(feature)
    for _ in reader.add_objects(feature.city_objects):
        pass


def _lines(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """The lines that are not blank, numbered from 1, as views of the data."""
    view = memoryview(data)
    begin, number = len(BOM) if data.startswith(BOM) else 0, 0
    while begin < len(data):
        number += 1
        end = data.find(b"\n", begin)
        end = len(data) if end < 0 else end
        if data[begin : min(end, begin + 1000)].strip() or data[begin:end].strip():
            yield number, view[begin:end]
        begin = end + 1
