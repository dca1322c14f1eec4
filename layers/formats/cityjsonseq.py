"""CityJSONSeq: a CityJSON header line, then one CityJSONFeature per line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import msgspec

from layers.data import Box, LayerData, Piece, ReadOptions
from layers.errors import ReadError, reason
from layers.formats import _leaving, _reshape, cityjson
from layers.formats._cityobjects import ROOT, Reader, Root, crs_of, transform_of
from layers.formats._stretches import FEATURES, FILE, Outline, Stretch
from layers.formats._vertices import box_around, vertices_of
from layers.formats.cityjson import check_once, check_root, decode_root
from layers.joining import united
from layers.jsontext import BOM, address
from layers.shapes import Shape
from layers.uncollected import collector_off

NAME = "cityjsonseq"
TITLE = "CityJSON text sequence"
ENDINGS = (".city.jsonl", ".jsonl")
KINDS = ("city", "terrain")
BYTES_AT_ONCE = 1 << 20

rewrite = cityjson.rewrite
leave_out = _leaving.lines


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
    reader = Reader(path)
    _add_file(reader, path, path.read_bytes(), options)
    return reader


def _add_file(reader: Reader, path: Path, data: bytes, options: ReadOptions) -> None:
    """Take a sequence from its header on."""
    lines = _lines(data)
    line, root = _first_line(path, lines)
    reader.begin(path, root, data)
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
    _add_features(reader, path, lines, 0, len(data), options)


def _first_line(path: Path, lines: Iterator[tuple[int, memoryview]]) -> tuple[memoryview, Root]:
    """The first line, and it as the header that it must be."""
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
    return line, root


def _add_features(
    reader: Reader,
    path: Path,
    lines: Iterator[tuple[int, memoryview]],
    begin: int,
    size: int,
    options: ReadOptions,
) -> None:
    """Take the features in the lines of a stretch that begins there in the file."""
    for number, line in lines:
        if number % 1000 == 0:
            options.progress(0.05 + 0.75 * (address(line) - reader.start) / size, f"line {number}")
        _add_feature(reader, _Where(path, begin, number), line)
    reader.cut_rest()


@dataclass(frozen=True, slots=True)
class _Where:
    """A line, by its number in a stretch of the file; its number in the file is found when somebody asks."""

    path: Path
    begin: int  # of the stretch
    number: int

    def __str__(self) -> str:
        before = 0
        with self.path.open("rb") as file:
            while left := self.begin - file.tell():
                before += file.read(min(left, BYTES_AT_ONCE)).count(b"\n")
        return f"{self.path}, line {before + self.number}"


def outline(path: Path, scratch: Path, options: ReadOptions) -> Outline:
    """The file in stretches of whole lines."""
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.readline()
        while first and not first.removeprefix(BOM).strip():
            first = file.readline()
        _line, root = _first_line(path, _lines(first))
        cuts = [0]
        while (at := max(file.tell(), cuts[-1] + options.part_bytes)) < size:
            file.seek(at)
            file.readline()
            cuts.append(file.tell())
    header = scratch / f"{path.name}.header"
    header.write_bytes(first)
    cuts += [size] if cuts[-1] < size else []
    stretches = [Stretch(str(path), 0, cuts[1])]
    for begin, end in pairwise(cuts[1:]):
        stretches.append(Stretch(str(path), begin, end, FEATURES, str(header)))
    return Outline(crs_of(root.metadata), stretches)


def box_of(path: Path) -> Box | None:
    """The box around the vertices of a file; every line is looked at."""
    box: Box | None = None
    with path.open("rb") as file:
        transform = transform_of(decode_root(file.readline().removeprefix(BOM), path, 1), path)
        for number, line in enumerate(file, 2):
            if line.strip():
                vertices = vertices_of(decode_root(line, path, number).vertices, transform, path)
                box = united(box, box_around(vertices))
    return box


def read_part(path: Path, stretches: Sequence[Stretch], options: ReadOptions) -> list[LayerData]:
    """The city objects in some stretches of the file, or of the tiles in the folder, at `path`."""
    with collector_off():
        reader = Reader(path)
        for stretch in stretches:
            reader.add_tile(stretch)
            data, file = stretch.read(), Path(stretch.path)
            if stretch.holds == FILE:
                _add_file(reader, file, data, options)
            else:
                header = Path(stretch.header)
                reader.begin(file, decode_root(header.read_bytes(), header), data)
                _add_features(reader, file, _lines(data), stretch.begin, len(data), options)
            reader.check_tile(stretch, options)
        return reader.finish(options)


def reshape(
    pieces: Iterator[tuple[Piece, int | None]], shapes: Mapping[int, Shape], _crs: str | None = None
) -> Iterator[tuple[Piece, int | None]]:
    """The pieces with the geometries of edited shapes."""
    return _reshape.reshape(pieces, shapes, _reshape.line_of, header=True)


def _add_feature(reader: Reader, where: _Where, line: memoryview) -> None:
    try:
        feature = ROOT.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError(
            "A line of the sequence is broken",
            where=str(where),
            found=reason(error),
            do="The file may be cut off; ask for it again",
        ) from error
    if feature.type != "CityJSONFeature":
        raise ReadError(
            "A line of the sequence is not a feature",
            where=str(where),
            found=f'"type": "{feature.type[:40]}"',
            allowed='"CityJSONFeature"',
        )
    if feature.city_objects is None:
        raise ReadError("A feature has no city objects", where=str(where), found='no member "CityObjects"')
    check_once(bytes(line), where)
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
