"""CityJSON 1.0, 1.1 and 2.0 (https://www.cityjson.org/specs/2.0.1/)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from layers.citymodel import encode
from layers.data import LayerData, Piece, ReadOptions, WriteOptions
from layers.errors import ReadError
from layers.formats._citymodel import model_of, written_anew
from layers.formats._cityobjects import ROOT, Reader, Root
from layers.jsontext import BOM, members_of, replace_members
from layers.uncollected import collector_off

NAME = "cityjson"
TITLE = "CityJSON"
ENDINGS = (".city.json", ".json")
KINDS = ("city", "terrain")
VERSIONS = ("1.0", "1.1", "2.0")


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
    data = path.read_bytes()
    root = decode_root(data, path)
    check_root(root, path)
    check_once(data, str(path))
    reader = Reader(path, data, root)
    reader.use_vertices(root)
    assert root.city_objects is not None
    for done in reader.add_objects(root.city_objects):
        options.progress(0.2 + 0.6 * done, f"{len(reader.features)} objects")
    reader.cut_rest()
    return reader


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


def write(path: Path, layer: LayerData, options: WriteOptions) -> None:
    """The layer as one CityJSON 2.0 object."""
    with collector_off(), written_anew(layer):
        path.write_bytes(encode(model_of(layer, options)))


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
        raise ReadError(
            "The JSON is broken",
            where=where,
            found=str(error),
            do="The file may be cut off; ask for it again",
        ) from error


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
            "This is not CityJSON", where=where, found=f'"type": "{root.type[:40]}"', allowed='"CityJSON"'
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


def check_once(text: bytes, where: str) -> None:
    """Refuse two members "CityObjects": parsers see only the last one."""
    if text.count(b'"CityObjects"') > 1:
        members, _close = members_of(text.removeprefix(BOM))
        if [member.key for member in members].count("CityObjects") > 1:
            raise ReadError(
                'There are two members "CityObjects"',
                where=where,
                allowed="one",
                do="Ask the producer for a corrected file; reading one of the two would lose the other",
            )
