"""The text of a layer's source with the edits in it: whole, or that of one object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

import numpy as np
import orjson

from layers import formats
from layers.contents import Contents
from layers.data import HEAD, MEMBER, TILE, Gone, Piece
from layers.formats._reshape import own_text
from layers.jsontext import raw_members
from layers.records import DRAWN, Layer

#: Objects that list others, whatever those are parts of.
GROUP = "CityObjectGroup"

#: A piece, and the fid of what it holds where that was ever edited.
Touched = tuple[Piece, int | None]


def current_bytes(project: Contents, layer: Layer) -> Iterator[bytes]:
    """The source file with the edits in it, piece by piece."""
    return chain.from_iterable(tile for _, tile in current_tiles(project, layer))


def changed_bytes(project: Contents, layer: Layer, change: Callable[[Piece], Piece]) -> Iterator[bytes]:
    """The source file with the edits in it, and besides them what `change` makes of every piece."""
    return chain.from_iterable(tile for _, tile in current_tiles(project, layer, change))


def current_tiles(
    project: Contents,
    layer: Layer,
    change: Callable[[Piece], Piece] = lambda piece: piece,
    with_shapes: bool = True,
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The tiles by name with the edits in them; a single file is one tile without a name.

    Unless `with_shapes`, the shapes are those of the source.
    """
    form = formats.by_name(layer.source_format)
    rewriter, reshaper = formats.rewriter(form), formats.reshaper(form)
    shapes = project.shapes(layer) if reshaper and with_shapes else {}
    leaver, gone = formats.leaver(form), gone_of(project, layer)

    def attributes_of(fid: int) -> dict[str, bytes] | None:
        return None if fid in gone.fids else raw_attributes(project, fid)

    for name, pieces in _by_tile(project, layer):
        if reshaper and shapes:
            pieces = reshaper.reshape(pieces, shapes, layer.crs)
        tile: Iterator[Touched] = ((change(piece), touched) for piece, touched in pieces)
        if gone.fids and leaver is not None:
            tile = leaver.leave_out(tile, gone)
        if rewriter is None:
            yield name, (piece.data for piece, _ in tile)
        else:
            yield name, rewriter.rewrite(tile, attributes_of)


def gone_of(project: Contents, layer: Layer) -> Gone:
    """What of a layer was taken away."""
    fids = frozenset((layer.first_fid + np.flatnonzero(project.gone(layer))).tolist())
    if not fids:
        return Gone(fids, {})
    parts: dict[int, set[str]] = {}
    for fid, id in project.rows(
        "SELECT p.fid, c.id FROM object c JOIN object p ON p.id = c.parent COLLATE NOCASE AND p.id = c.parent"
        " AND p.layer = c.layer AND p.gone = 0 WHERE c.layer = ? AND c.gone = 1",
        (layer.id,),
    ):
        parts.setdefault(fid, set()).add(id)
    groups = project.query("SELECT fid FROM object WHERE layer = ? AND type = ?", (layer.id, GROUP))
    if groups:
        ids = project.rows("SELECT id FROM object WHERE layer = ? AND gone = 1", (layer.id,))
        gone = {id for (id,) in ids}
        parts.update((fid, gone) for (fid,) in groups)
    return Gone(fids, {fid: frozenset(ids) for fid, ids in parts.items()})


def source_tiles(project: Contents, layer: Layer) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The tiles by name as they were read; a single file is one tile without a name."""
    for name, tile in _by_tile(project, layer):
        yield name, (piece.data for piece, _ in tile)


def _by_tile(project: Contents, layer: Layer) -> Iterator[tuple[str, Iterator[Touched]]]:
    name = ""

    def tile(item: Touched) -> str:
        nonlocal name
        if item[0].role.startswith(TILE):
            name = item[0].role.removeprefix(TILE)
        return name

    return groupby(_pieces(project, "p.layer = ? ORDER BY p.seq", layer.id), tile)


def object_text(project: Contents, fid: int) -> str:
    """An object's own text as it would be exported now; an edited shape numbers its own vertices."""
    found = _own(project, fid)
    if found is None:
        return ""
    own = list(_from_head(project, found))
    if found.nested is None:
        text = b"".join(found.rewriter.rewrite(iter(own), lambda _: raw_attributes(project, fid)))
        shape = project.shape(fid)
        if shape is not None:
            text = own_text(text, shape)
        return text.decode("utf-8", "replace") if found.first == fid else ""
    head, *member = found.rewriter.rewrite(iter(own), lambda number: raw_attributes(project, number))
    return found.nested.own_text(head, b"".join(member), fid - found.first)


def object_geometries(project: Contents, fid: int) -> list[dict[str, Any]]:
    """An object's geometries in the source, as CityJSON has them."""
    found = _own(project, fid)
    if found is None or found.nested is None:
        try:
            values = orjson.loads(object_text(project, fid))
        except orjson.JSONDecodeError:
            return []
        geometries = values.get("geometry") if isinstance(values, dict) else None
        return geometries if isinstance(geometries, list) else []
    head, *member = (piece.data for piece, _ in _from_head(project, found))
    return found.nested.own_geometries(
        head,
        b"".join(member),
        fid - found.first,
        lambda: (piece.data for piece, _ in _pieces(project, "p.layer = ? ORDER BY p.seq", found.layer)),
    )


@dataclass(frozen=True)
class _Own:
    """Where the text of an object is."""

    layer: int
    in_tiles: bool  # the layer is many files
    first: int  # fid of the first object in the piece that holds it
    rewriter: formats.Rewriter
    nested: formats.Nested | None


def _own(project: Contents, fid: int) -> _Own | None:
    """Where the text of an object is; None where the source is not kept object by object."""
    found = project.query(
        "SELECT l.source_format, l.first_fid, l.id, l.facts LIKE '%\"tiles\"%' FROM object o"
        " JOIN layer l ON l.id = o.layer WHERE o.fid = ?",
        (fid,),
    )
    form = formats.by_name(found[0][0]) if found and found[0][0] != DRAWN else None
    rewriter = None if form is None else formats.rewriter(form)
    if form is None or rewriter is None:
        return None
    # The piece of the object, or of the first one in the member that holds it.
    ((first,),) = project.query(
        "SELECT max(object) FROM piece WHERE object BETWEEN ? AND ?", (found[0][1], fid)
    )
    if first is None:
        return None
    return _Own(found[0][2], bool(found[0][3]), first, rewriter, formats.nested(form))


def _from_head(project: Contents, own: _Own) -> Iterator[Touched]:
    """The pieces of an object, and before them what the file begins with where that tells what they mean.

    What stands before the object is left out: neighbours' commas and keys.
    """
    if own.nested is not None:
        order = "p.seq LIMIT 1"
        if own.in_tiles:
            order = f"p.seq > (SELECT min(seq) FROM piece WHERE object = {own.first}), p.seq DESC LIMIT 1"
        yield from _pieces(project, f"p.layer = ? AND p.role = '{HEAD}' ORDER BY {order}", own.layer)
    for piece, touched in _pieces(project, "p.object = ? ORDER BY p.seq", own.first):
        yield Piece(piece.data[piece.start :], 0, piece.feature, piece.role), touched


def raw_attributes(project: Contents, fid: int) -> dict[str, bytes]:
    """An object's attributes as raw JSON text."""
    ((text,),) = project.query("SELECT attributes FROM object WHERE fid = ?", (fid,))
    return raw_members(text.encode())


def _pieces(project: Contents, where: str, value: int) -> Iterator[Touched]:
    """Stored pieces, with the fid of those whose object, or any of those it holds, was ever edited."""
    for feature, role, start, data, touched in project.rows(
        "SELECT p.object, p.role, p.start, p.data, CASE"
        f" WHEN p.role LIKE '{MEMBER}%' THEN EXISTS (SELECT 1 FROM object h WHERE h.touched AND h.fid"
        f" BETWEEN p.object AND p.object + CAST(substr(p.role, {len(MEMBER) + 1}) AS INTEGER) - 1)"
        " ELSE o.touched END"
        f" FROM piece p LEFT JOIN object o ON o.fid = p.object WHERE {where}",
        (value,),
    ):
        yield Piece(data, start, feature, role), feature if touched else None
