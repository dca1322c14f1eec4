"""3D Tiles 1.0 and 1.1 on disk: tileset.json, an archive of one (.3tz, .zip), or a single content."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from layers.data import LayerData, ReadOptions, part_of
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._mesh import KINDS as KINDS
from layers.formats._mesh import layers_of
from layers.gltf.document import Unreadable
from layers.gltf.reading import Reading
from layers.meshes.parts import Assembly
from layers.report import Report
from layers.smallfile import read_whole
from layers.source import files_below
from layers.tileset.contents import B3DM, CMPT, I3DM, PNTS, Contents
from layers.tileset.stores import MOST_BYTES, Folder, Store, Zipped
from layers.tileset.tiles import tileset_of
from layers.tileset.walk import Walk
from layers.words import words
from layers.zipsafe import START, Archive

NAME = "tiles3d"
TITLE = "3D Tiles"
ENDINGS = ("tileset.json", ".3tz", ".b3dm", ".i3dm", ".pnts", ".cmpt", ".zip")

TILESET = "tileset.json"
#: Endings of the files that belong to a tileset.
_OWN = frozenset(
    words(".json .b3dm .i3dm .pnts .cmpt .glb .gltf .bin .subtree .subtreejson .png .jpg .jpeg .webp .ktx2")
)


def can_read(head: bytes, path: Path) -> int:
    """By what is in an archive, by the members of the JSON, or by a content's first bytes."""
    if head[:4] in (B3DM, I3DM, PNTS, CMPT):
        return 100
    if head.startswith(START):
        return 95 if path.suffix.lower() == ".3tz" else _holds_tileset(path)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"{") or b'"CityJSON' in head[:4096]:
        return 0
    if path.name.lower() == TILESET:
        return 95
    is_tileset = b'"geometricError"' in head and b'"asset"' in head
    return 90 if is_tileset and b'"boundingVolume"' in head else 0


def _holds_tileset(path: Path) -> int:
    """How surely an archive holds a tileset; whoever reads one that is refused tells why."""
    try:
        with Archive(path) as archive:
            return 95 if _root(archive) is not None else 0
    except ReadError:
        return 10 if path.suffix.lower() in ENDINGS else 0


def _root(archive: Archive) -> str | None:
    found = [name for name in archive.names if name.rsplit("/", 1)[-1].lower() == TILESET]
    return min(found, key=lambda name: name.count("/"))[: -len(TILESET)] if found else None


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The finest contents as city objects, or as a scan where no features are told apart."""
    with path.open("rb") as file:
        head = file.read(4)
    if head == START:
        with Archive(path) as archive:
            root = _root(archive)
            if root is None:
                raise ReadError("There is no tileset.json in the archive", where=path.name)
            return _read(Zipped(archive, root), TILESET, path, options)
    if head in (B3DM, I3DM, PNTS, CMPT):
        return _single(path, options)
    return _read(Folder(path.parent), path.name, path, options)


def read_tiles(paths: Sequence[Path], options: ReadOptions) -> list[LayerData]:
    """The same of a folder with all its files, of which the uppermost tileset.json is the root."""
    root = min(
        (path for path in paths if path.name == TILESET), key=lambda path: len(path.parts), default=None
    )
    if root is None:
        raise ReadError("There is no tileset.json in the folder", where=str(paths[0].parent))
    return read(root, options)


def files_of(root: Path) -> tuple[str, ...]:
    """The names of the files beside and below a tileset.json that may be its own."""
    found = (file.relative_to(root).as_posix() for file in files_below(root))
    return tuple(name for name in found if name == TILESET or Path(name).suffix.lower() in _OWN)


def _read(store: Store, name: str, path: Path, options: ReadOptions) -> list[LayerData]:
    assembly = Assembly(Report())
    reading = Reading(assembly, by_node=options.kind == "city")
    walk = Walk(
        store, Contents(assembly, reading, store), assembly.report, part_of(options.progress, 0.0, 0.5)
    )
    asset = tileset_of(store.read(name), path.name).asset
    with np.errstate(invalid="ignore", over="ignore"):  # what is no number is left out, and told
        walk.tileset(name, np.eye(4))
    counts = walk.counts
    facts = {
        "version": str(asset.version),
        "generator": asset.generator,
        "tiles": counts.tiles,
        "contents": counts.read,
        "missing": counts.missing,
        "unreadable": counts.unreadable,
    }
    if not (assembly.parts or assembly.points or assembly.lines):
        raise ReadError(
            "Nothing of this tileset can be read",
            where=path.name,
            found=_why_nothing(walk),
            do=_what_to_do(walk),
        )
    return layers_of(assembly, _name(path), options, facts)


def _name(path: Path) -> str:
    """A file that is called as all tilesets are goes by the name of its folder."""
    if path.name.lower() == TILESET:
        return path.absolute().parent.name or path.stem
    return layer_name(path, ENDINGS)


def _why_nothing(walk: Walk) -> str:
    counts, warnings = walk.counts, walk.report.warnings
    if counts.missing and not counts.unreadable:
        return f"all {counts.missing:,} contents are missing"
    reason = next((warning.text for warning in warnings if warning.code != "missing_content"), "it is empty")
    missing = f"{counts.missing:,} contents are missing; " if counts.missing else ""
    return f"{missing}{reason}"


def _what_to_do(walk: Walk) -> str:
    if walk.counts.missing:
        return "Ask for the whole tileset, with all its files"
    is_compressed = any("compress" in warning.text for warning in walk.report.warnings)
    return "Ask for the tileset without compression" if is_compressed else "Ask for the tileset again"


def _single(path: Path, options: ReadOptions) -> list[LayerData]:
    """One content alone, in its own coordinates."""
    assembly, store = Assembly(Report()), Folder(path.parent)
    contents = Contents(assembly, Reading(assembly, by_node=options.kind == "city"), store)
    try:
        with np.errstate(invalid="ignore", over="ignore"):
            contents.add(read_whole(path, "content", MOST_BYTES), np.eye(4), path.name)
    except Unreadable as error:
        raise ReadError("This content cannot be read", where=path.name, found=str(error)) from error
    return layers_of(assembly, layer_name(path, ENDINGS), options, {})
