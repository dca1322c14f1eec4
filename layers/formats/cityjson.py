"""CityJSON 1.0, 1.1 and 2.0 (https://www.cityjson.org/specs/2.0.1/)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from layers import stored
from layers.arrays import Float64
from layers.data import Box, LayerData, Piece, ReadOptions
from layers.errors import ReadError
from layers.formats import _leaving, _reshape
from layers.formats._cityobjects import LARGEST_DEGREES, MEMBERS, ROOT, Reader, Root, crs_of, transform_of
from layers.formats._stretches import FILE, OBJECTS, Outline, Stretch, texts
from layers.formats._vertices import BYTES_AT_ONCE, box_around, vertices_in, vertices_of
from layers.jsonscan import Layout, NotWhole, Span, layout
from layers.jsontext import BOM, join_members, members_of, raw_members, replace_members
from layers.shapes import Shape
from layers.uncollected import collector_off
from layers.vertexfile import write_vertices
from layers.wearing import places_of

NAME = "cityjson"
TITLE = "CityJSON"
ENDINGS = (".city.json", ".json")
KINDS = ("city", "terrain")
VERSIONS = ("1.0", "1.1", "2.0")
#: Members that say something of all city objects.
HEADER = frozenset(
    (
        "type",
        "version",
        "metadata",
        "transform",
        "geometry-templates",
        "extensions",
        "appearance",
        "versioning",
    )
)
leave_out = _leaving.members


def can_read(head: bytes, path: Path) -> int:
    """Surely when it says so in its first bytes; perhaps by its ending."""
    if re.search(rb'"type"\s*:\s*"CityJSON"', head):
        return 90
    if b'"CityJSON' in head or b'"CityObjects"' in head:
        return 60
    name = path.name.lower()
    if name.endswith(".city.json"):
        return 50
    return 10 if name.endswith(".json") else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The city objects of the file, and beside them its TINRelief as terrain."""
    with collector_off():
        # The text is let go before the triangles are made: the pieces hold every byte of it.
        return _gathered(path, options).finish(options)


def _gathered(path: Path, options: ReadOptions) -> Reader:
    reader = Reader(path)
    _add_file(reader, path, path.read_bytes(), options)
    return reader


def _add_file(reader: Reader, path: Path, data: bytes, options: ReadOptions) -> None:
    root = decode_root(data, path)
    check_root(root, path)
    check_once(data, path)
    reader.begin(path, root, data)
    reader.use_vertices(root)
    assert root.city_objects is not None
    for done in reader.add_objects(root.city_objects):
        options.progress(0.2 + 0.6 * done, f"{len(reader.features)} objects")
    reader.cut_rest()


def outline(path: Path, scratch: Path, options: ReadOptions) -> Outline:
    """The file in stretches of whole city objects; the vertices they share are decoded into `scratch`."""
    size = path.stat().st_size
    if size <= options.part_bytes:
        root = decode_root(path.read_bytes(), path)
        check_root(root, path)
        return Outline(crs_of(root.metadata), [Stretch(str(path), 0, size)])
    try:
        found = layout(path, lambda done: options.progress(0.7 * done, "finding the city objects"))
    except NotWhole as error:
        raise _broken(str(path), error) from error
    header = _header(path, found)
    header, shared = _without_places(header, path, scratch)
    root = decode_root(header, path)
    check_root(root, path)
    spans = found.spans("CityObjects")
    if len(spans) > 1:
        raise _two_members(str(path))
    header_path = scratch / f"{path.name}.header"
    header_path.write_bytes(header)
    vertices, box = _shared_vertices(path, found, root, scratch, options)
    shared |= vertices
    inside = partial(Stretch, str(path), holds=OBJECTS, header=str(header_path), **shared)
    stretches = _stretches(path, size, spans[0], found, inside, options.part_bytes)
    return Outline(crs_of(root.metadata), stretches, box)


def _header(path: Path, found: Layout) -> bytes:
    """The document without its city objects, its vertices, and what only is kept."""
    members = {key: text for key, text in found.scalars.items() if key in HEADER}
    with path.open("rb") as file:
        for key, span in found.nested:
            if key in HEADER:
                file.seek(span.begin)
                members[key] = file.read(span.end - span.begin)
    if found.spans("CityObjects"):
        members["CityObjects"] = b"{}"
    return join_members(members)


def _without_places(header: bytes, path: Path, scratch: Path) -> tuple[bytes, dict[str, Any]]:
    """The header without places in images, which are decoded into a file; and what a stretch says of it."""
    if b'"vertices-texture"' not in header:
        return header, {}
    try:
        members = raw_members(header)
        appearance = raw_members(members.get("appearance", b"{}"))
        places = places_of(msgspec.Raw(appearance.get("vertices-texture", b"")))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return header, {}  # what is wrong is said where the objects are read
    target = scratch / f"{path.name}.places"
    stored.write(target, len(places), [places])
    appearance["vertices-texture"] = b"[]"
    members["appearance"] = join_members(appearance)
    return join_members(members), {"places": str(target)}


def _shared_vertices(
    path: Path, found: Layout, root: Root, scratch: Path, options: ReadOptions
) -> tuple[dict[str, Any], Box | None]:
    """Decode the vertices into a file; gives what a stretch says of it, and the box around them."""
    spans = found.spans("vertices")
    if not spans:
        return {}, None
    begin, end = spans[-1]
    target = scratch / f"{path.name}.vertices"

    def told(stretches: Iterator[Float64]) -> Iterator[Float64]:
        for done, rows in enumerate(stretches):
            options.progress(min(1.0, 0.7 + 0.3 * done * BYTES_AT_ONCE / (end - begin)), "vertices")
            yield rows

    with path.open("rb") as file:
        box = write_vertices(target, told(vertices_in(file, begin, end, transform_of(root, path), path)))
    if box is None:
        return {"vertices": str(target), "in_degrees": True}, None
    in_degrees = max(map(abs, (*box[:2], *box[3:5]))) <= LARGEST_DEGREES
    return {"vertices": str(target), "in_degrees": in_degrees}, box


def _stretches(
    path: Path, size: int, objects: Span, found: Layout, inside: Callable[..., Stretch], each: int
) -> list[Stretch]:
    """The text before the objects, stretches of whole objects, the text behind them."""
    ends = found.ends_in(objects)
    if not len(ends):
        return texts(path, 0, size, each)
    near = np.searchsorted(ends, np.arange(objects.begin + each, objects.end, each))
    cuts = np.unique(np.append(ends[near[near < len(ends)]], ends[-1])).tolist()
    middle = [inside(begin=begin, end=end) for begin, end in pairwise([objects.begin, *cuts])]
    return [*texts(path, 0, objects.begin, each), *middle, *texts(path, cuts[-1], size, each)]


def box_of(path: Path) -> Box | None:
    """The box around the vertices of a file."""
    root = decode_root(path.read_bytes(), path)
    return box_around(vertices_of(root.vertices, transform_of(root, path), path))


def read_part(path: Path, stretches: Sequence[Stretch], options: ReadOptions) -> list[LayerData]:
    """The city objects in some stretches of the file, or of the tiles in the folder, at `path`."""
    with collector_off():
        reader = Reader(path)
        for stretch in stretches:
            reader.add_tile(stretch)
            if stretch.holds == FILE:
                _add_file(reader, Path(stretch.path), stretch.read(), options)
            elif stretch.holds == OBJECTS:
                _add_objects(reader, stretch)
            else:
                reader.add_text(stretch.read())
            reader.check_tile(stretch, options)
        return reader.finish(options)


def _add_objects(reader: Reader, stretch: Stretch) -> None:
    """The objects of a stretch: their text in brackets of its own is one JSON object."""
    path, header = Path(stretch.path), Path(stretch.header)
    data = stretch.read()
    first = len(data) - len(data.lstrip())
    parsed = b"%s{%s}" % (data[:first], data[first + 1 :])
    try:
        objects = MEMBERS.decode(parsed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _broken(f"{path}, bytes {stretch.begin:,} to {stretch.end:,}", error) from error
    root = decode_root(header.read_bytes(), header)
    reader.places = stored.mapped(Path(stretch.places)) if stretch.places else None
    reader.begin(path, root, data, parsed)
    if stretch.vertices:
        reader.use_vertex_file(Path(stretch.vertices), stretch.in_degrees)
    else:
        reader.use_vertices(root)
    for _ in reader.add_objects(objects, inside=True):
        pass
    reader.cut_rest()


def rewrite(
    pieces: Iterator[tuple[Piece, int | None]], attributes_of: Callable[[int], dict[str, bytes]]
) -> Iterator[bytes]:
    """The file's bytes, with the attributes of the objects that come with a fid."""
    for piece, fid in pieces:
        if fid is None:
            yield piece.data
        else:
            yield piece.data[: piece.start] + replace_members(
                piece.data[piece.start :], "attributes", attributes_of(fid)
            )


def reshape(
    pieces: Iterator[tuple[Piece, int | None]], shapes: Mapping[int, Shape], _crs: str | None = None
) -> Iterator[tuple[Piece, int | None]]:
    """The pieces with the geometries of edited shapes."""
    return _reshape.reshape(pieces, shapes, _reshape.whole_text, header=False)


def decode_root(data: bytes, path: Path, line: int | None = None) -> Root:
    """The top of a CityJSON text, or a sentence about what is wrong with it."""
    where = str(path) if line is None else f"{path}, line {line}"
    text = memoryview(data)[len(BOM) :] if data.startswith(BOM) else data
    if not len(data.strip()):
        raise ReadError("The file is empty", where=where, do="Ask for the file again")
    try:
        return ROOT.decode(text)
    except RecursionError as error:
        raise ReadError(
            "The JSON is nested too deeply to be a city model", where=where, allowed="1000 levels"
        ) from error
    except msgspec.ValidationError as error:
        raise ReadError("This is not CityJSON", where=where, found=str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _broken(where, error) from error


def _broken(where: str, error: Exception) -> ReadError:
    return ReadError(
        "The JSON is broken",
        where=where,
        found=str(error),
        do="The file may be cut off; ask for it again",
    )


def check_root(root: Root, path: Path) -> None:
    """Refuse what is not a CityJSON city model."""
    where = str(path)
    if root.type == "CityJSONExtension":
        raise ReadError(
            "This is a CityJSON extension schema, not a city model",
            where=where,
            do="Open the city model that uses it; keep this file beside it",
        )
    if root.type != "CityJSON":
        raise ReadError(
            "This JSON file is neither a city model nor a collection of features",
            where=where,
            found=f'"type": "{root.type[:40]}"' if root.type else 'no "type" in it',
            allowed='CityJSON ("type": "CityJSON"), GeoJSON ("type": "FeatureCollection")',
        )
    if root.version not in VERSIONS:
        raise ReadError(
            "This version of CityJSON is not read",
            where=where,
            found=f'"version": "{root.version[:20]}"',
            allowed=", ".join(VERSIONS),
            do="Upgrade the file with cjio",
        )
    if root.city_objects is None:
        raise ReadError("This CityJSON has no city objects", where=where, found='no member "CityObjects"')


def check_once(text: bytes, where: object) -> None:
    """Refuse two members "CityObjects": parsers see only the last one."""
    if text.count(b'"CityObjects"') > 1:
        members, _close = members_of(text.removeprefix(BOM))
        if [member.key for member in members].count("CityObjects") > 1:
            raise _two_members(str(where))


def _two_members(where: str) -> ReadError:
    return ReadError(
        'There are two members "CityObjects"',
        where=where,
        allowed="one",
        do="Ask the producer for a corrected file; reading one of the two would lose the other",
    )
