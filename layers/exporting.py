"""Writing layers back: byte by byte to their own format, plainly to others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import IO

from layers import formats, safefile, wkb
from layers.data import TILE, Feature, LayerData, Piece, WriteOptions
from layers.errors import WriteError
from layers.jsontext import raw_members
from layers.outfile import keep_sources
from layers.project import Project
from layers.records import Layer
from layers.report import Report
from layers.source import below


def export_layer(
    project: Project, layer: Layer, out: Path, crs: str | None = None, lod: str | None = None
) -> str:
    """Write a layer to a file; the ending names the format. Gives a sentence about how.

    To the format it came from, with no change of CRS or LoD, only edited objects differ from
    the source; undoing every edit gives the source's own bytes.
    """
    out = Path(out)
    keep_sources(project, out)
    if layer.partner is not None:
        layer = project.any_layer(layer.partner)
    own = formats.by_name(layer.source_format)
    tiles = layer.facts.get("tiles")
    if tiles and not out.suffix and crs is None and lod is None:
        return _write_tiles(project, layer, out)
    form = own if out.name.lower().endswith(own.ENDINGS) else formats.by_ending(out)
    if form is None:
        raise WriteError(
            "The ending does not name a format that can be written",
            where=out.name,
            allowed=", ".join(sorted({e for f in formats.FORMATS if formats.writer(f) for e in f.ENDINGS})),
        )
    if form is own and crs is None and lod is None and not tiles:
        if layer.linked:
            _copy(layer, Path(layer.source_path), out)
            return "copied byte by byte"
        if formats.rewriter(own):
            safefile.write_whole(out, lambda file: _write_pieces(project, layer, file))
            return "byte by byte; only edited objects differ from the source"
    writer = formats.writer(form)
    if writer is None or layer.kind not in form.KINDS:
        raise WriteError(
            f"A layer of kind {layer.kind!r} cannot be written in this format",
            where=out.name,
            found=form.TITLE,
        )
    data = layer_data(project, layer)
    safefile.write_by_path(out, lambda path: writer.write(path, data, WriteOptions(crs, lod, out)))
    return f"written anew as {form.TITLE}"


def _write_tiles(project: Project, layer: Layer, folder: Path) -> str:
    """Write every tile of a layer to a file of its own."""
    names = layer.facts["tiles"]
    if layer.linked:
        for name in names:
            keep_sources(project, below(folder, name))
            _copy(layer, below(Path(layer.source_path), name), _made(below(folder, name)))
        return f"{len(names)} files copied byte by byte"
    for name, tile in current_tiles(project, layer):
        keep_sources(project, below(folder, name))

        def write(file: IO[bytes], tile: Iterator[bytes] = tile) -> None:
            file.writelines(tile)

        safefile.write_whole(_made(below(folder, name)), write)
    return f"{len(names)} files byte by byte; only edited objects differ from the source"


def _made(path: Path) -> Path:
    """A path whose folder is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _copy(layer: Layer, source: Path, out: Path) -> None:
    if not source.exists():
        raise WriteError(f"The file of layer {layer.name!r} is gone", where=str(source), do="Put it back")

    def copy(file: IO[bytes]) -> None:
        with source.open("rb") as original:
            while block := original.read(1 << 20):
                file.write(block)

    safefile.write_whole(out, copy)


def _write_pieces(project: Project, layer: Layer, file: IO[bytes]) -> None:
    for data in current_bytes(project, layer):
        file.write(data)


def current_bytes(project: Project, layer: Layer) -> Iterator[bytes]:
    """The source file with the edits in it, piece by piece."""
    return chain.from_iterable(tile for _, tile in current_tiles(project, layer))


def changed_bytes(project: Project, layer: Layer, change: Callable[[Piece], Piece]) -> Iterator[bytes]:
    """The source file with the edits in it, and besides them what `change` makes of every piece."""
    return chain.from_iterable(tile for _, tile in current_tiles(project, layer, change))


def current_tiles(
    project: Project, layer: Layer, change: Callable[[Piece], Piece] = lambda piece: piece
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The tiles by name with the edits in them; a single file is one tile without a name."""
    rewriter = formats.rewriter(formats.by_name(layer.source_format))
    for name, pieces in _by_tile(project, layer):
        tile = ((change(piece), touched) for piece, touched in pieces)
        if rewriter is None:
            yield name, (piece.data for piece, _ in tile)
        else:
            yield name, rewriter.rewrite(tile, lambda fid: raw_attributes(project, fid))


def source_tiles(project: Project, layer: Layer) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The tiles by name as they were read; a single file is one tile without a name."""
    for name, tile in _by_tile(project, layer):
        yield name, (piece.data for piece, _ in tile)


def _by_tile(project: Project, layer: Layer) -> Iterator[tuple[str, Iterator[tuple[Piece, int | None]]]]:
    name = ""

    def tile(item: tuple[Piece, int | None]) -> str:
        nonlocal name
        if item[0].role.startswith(TILE):
            name = item[0].role.removeprefix(TILE)
        return name

    return groupby(_pieces(project, "p.layer = ? ORDER BY p.seq", layer.id), tile)


def object_text(project: Project, fid: int) -> str:
    """An object's own text as it would be exported now."""
    found = project.query(
        "SELECT l.source_format FROM object o JOIN layer l ON l.id = o.layer WHERE o.fid = ?", (fid,)
    )
    rewriter = formats.rewriter(formats.by_name(found[0][0])) if found else None
    if rewriter is None:
        return ""
    # The piece without what stands before the object: neighbours' commas and keys.
    own = (
        (Piece(piece.data[piece.start :], 0, piece.feature, piece.role), touched)
        for piece, touched in _pieces(project, "p.object = ? ORDER BY p.seq", fid)
    )
    return b"".join(rewriter.rewrite(own, lambda _: raw_attributes(project, fid))).decode("utf-8", "replace")


def raw_attributes(project: Project, fid: int) -> dict[str, bytes]:
    """An object's attributes as raw JSON text."""
    ((text,),) = project.query("SELECT attributes FROM object WHERE fid = ?", (fid,))
    return raw_members(text.encode())


def _pieces(project: Project, where: str, value: int) -> Iterator[tuple[Piece, int | None]]:
    """Stored pieces, with the fid of those whose object was ever edited."""
    for feature, role, start, data, touched in project.rows(
        "SELECT p.object, p.role, p.start, p.data, o.touched FROM piece p"
        f" LEFT JOIN object o ON o.fid = p.object WHERE {where}",
        (value,),
    ):
        yield Piece(data, start, feature, role), feature if touched else None


def layer_data(project: Project, layer: Layer) -> LayerData:
    """A layer as it is now, for the writers of other formats."""
    data = LayerData(layer.name, layer.kind, layer.crs, Report(), facts=dict(layer.facts))
    data.facts["source_format"] = layer.source_format
    for item in project.objects(layer):
        raw = project.query("SELECT attributes, geom FROM object WHERE fid = ?", (item.fid,))[0]
        data.features.append(
            Feature(
                item.id,
                item.type,
                raw[0].encode(),
                item.parent,
                item.valid_from,
                item.valid_to,
                geometry=wkb.from_blob(raw[1]) if raw[1] else None,
                lods=",".join(item.lods),
            )
        )
    for name, tile in current_tiles(project, layer):
        if name:
            data.pieces.append(Piece(b"", role=TILE + name))
        data.pieces += map(Piece, tile)
    return data
