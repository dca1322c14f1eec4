"""Writing layers back: byte by byte to their own format, plainly to others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from layers import companions, formats, plans, safefile
from layers.data import TILE, LayerData, Piece, Progress, WriteOptions, never_stop
from layers.errors import WriteError
from layers.outfile import check_kept
from layers.project import Project
from layers.records import Layer
from layers.shaperows import FOOTPRINT
from layers.source import below
from layers.sourcetext import current_bytes, current_tiles, source_tiles
from layers.writers import WRITERS, Writer, by_ending, dxf, gltf, laz, obj
from layers.writers.outgoing import Outgoing, rows_of


def export_layer(
    project: Project,
    layer: Layer,
    out: Path,
    crs: str | None = None,
    lod: str | None = None,
    section: Sequence[tuple[float, float]] = (),
    progress: Progress = never_stop,
    overwrite: bool = False,
) -> str:
    """Write a layer to a file; the ending names the format. Gives a sentence about how.

    To the format it came from, with no change of CRS or LoD, only edited objects differ from
    the source; undoing every edit gives the source's own bytes.
    """
    out = Path(out)
    layer = holder_of(project, layer)
    options = WriteOptions(crs, lod, out, tuple(section), overwrite, progress)
    check_free(project, layer, options)
    if goes_back(project, layer, options):
        check_written_back(project, layer)
        with safefile.folder_of(out):
            if not layer.facts.get("tiles"):
                safefile.try_out(out)
            found = companions.kept(layer, partial(source_tiles, project, layer), out)
            found.check(project, overwrite)
            with found.beside():
                how = _write_back(project, layer, out)
        return how + found.said
    form, going = writer_for(layer, out), Outgoing(project, layer, options)
    with safefile.folder_of(out):
        safefile.try_out(out)
        going.companions.check(project, overwrite)
        with going.companions.beside():
            safefile.write_by_path(out, lambda path: form.write(path, going))
    return f"written anew as {form.TITLE}{going.companions.said}"


def check_free(project: Project, layer: Layer, options: WriteOptions) -> None:
    """Refuse files that are there already, unless they may be replaced; sources never may."""
    assert options.out is not None
    if layer.facts.get("tiles") and goes_back(project, layer, options):
        for name in layer.facts["tiles"]:
            check_kept(project, below(options.out, name), options.overwrite)
    elif not options.out.is_dir():
        check_kept(project, options.out, options.overwrite)


def holder_of(project: Project, layer: Layer) -> Layer:
    """The layer that is written when one is asked for: the one that holds its objects."""
    return layer if layer.partner is None else project.any_layer(layer.partner)


def goes_back(project: Project, layer: Layer, options: WriteOptions) -> bool:
    """Whether the source itself is written, as it came or with the edits in it."""
    if options.crs is not None or options.lod is not None or options.section or options.out is None:
        return False
    if layer.is_drawn:
        return False
    if layer.facts.get("tiles"):
        return not options.out.suffix
    own = formats.by_name(layer.source_format)
    name, forms = options.out.name.lower(), by_ending(options.out, layer.kind)
    mine = max((len(end) for end in own.ENDINGS if name.endswith(end)), default=0)
    if not mine or any(len(end) > mine and name.endswith(end) for form in forms for end in form.ENDINGS):
        return False  # "tileset.json" is no CityJSON
    if layer.kind in plans.KINDS and is_moved(project, layer):
        return False
    if not layer.linked:
        return formats.rewriter(own) is not None
    # What a copy of the file would lack is written anew, where that can be; and LAZ does not become LAS.
    is_other = Path(layer.source_path).suffix.lower() != options.out.suffix.lower()
    differs = is_other or is_cut(layer) or (layer.kind == "city" and is_edited(project, layer))
    return not differs or not forms


def forms_of(layer: Layer) -> list[Writer]:
    """The formats that a layer can be written anew in; a scan has surfaces or points, a catalogue places."""
    found = [form for form in WRITERS if layer.kind in form.KINDS]
    if layer.kind != "heritage":
        return found
    of_bulk: dict[Writer, str] = {gltf: "Scan", obj: "Scan", laz: "PointTree"}
    if layer.drawable is None:
        return [form for form in found if form not in of_bulk]
    return [form for form in found if form is not dxf and of_bulk.get(form, layer.drawable) == layer.drawable]


def is_cut(layer: Layer) -> bool:
    """Whether some points of a cloud are not shown: of hidden classes, or outside of its clip."""
    return layer.kind == "points" and bool(layer.style.get("hidden_classes") or layer.style.get("clip"))


def is_moved(project: Project, layer: Layer) -> bool:
    """Whether an object of a layer has another geometry than in its source."""
    return bool(
        project.query(
            "SELECT 1 FROM change JOIN step USING (step) WHERE tab = 'object' AND key = ? AND state = 'done'"
            " AND id BETWEEN ? AND ? LIMIT 1",
            (FOOTPRINT, layer.first_fid, layer.first_fid + layer.object_count - 1),
        )
    )


def is_edited(project: Project, layer: Layer) -> bool:
    """Whether an object of the layer was ever edited."""
    return bool(project.query("SELECT 1 FROM object WHERE layer = ? AND touched LIMIT 1", (layer.id,)))


def writer_for(layer: Layer, out: Path) -> Writer:
    """The format that the name of a file asks for, if it holds layers of this kind."""
    forms = by_ending(out, layer.kind)
    if forms:
        return forms[0]
    others = by_ending(out)
    only_back = next((form for form in formats.FORMATS if out.name.lower().endswith(form.ENDINGS)), None)
    if not others and only_back is not None and formats.rewriter(only_back) is not None:
        raise WriteError(
            f"{only_back.TITLE} is written only of a layer that came from it: as it came, but for edits",
            where=out.name,
            do="Leave --crs and --lod out for such a layer; else choose one of the other formats",
            allowed=", ".join(end for form in forms_of(layer) for end in form.ENDINGS),
        )
    if not others:
        raise WriteError(
            "The ending does not name a format that can be written",
            where=out.name,
            allowed=", ".join(sorted({end for form in WRITERS for end in form.ENDINGS})),
        )
    raise WriteError(
        f"A layer of kind {layer.kind!r} cannot be written in this format",
        where=out.name,
        found=others[0].TITLE,
        allowed=", ".join(end for form in forms_of(layer) for end in form.ENDINGS),
    )


def _write_back(project: Project, layer: Layer, out: Path) -> str:
    """Write the source as it is now."""
    if layer.facts.get("tiles"):
        return _write_tiles(project, layer, out)
    if layer.linked:
        _copy(layer, Path(layer.source_path), out)
        return "copied byte by byte"
    safefile.write_whole(out, lambda file: _write_pieces(project, layer, file))
    return "byte by byte; only edited objects differ from the source"


def check_written_back(project: Project, layer: Layer) -> None:
    """Refuse to write back a source that edits cannot be written into."""
    if not layer.linked:
        form = formats.by_name(layer.source_format)
        _check_shapes(project, layer, form)
        _check_gone(project, layer, form)
        _check_pieces(project, layer, form)


def _check_shapes(project: Project, layer: Layer, form: formats.Format) -> None:
    """Refuse to write the source back without the shapes that were edited."""
    shapes = project.shapes(layer)
    if shapes and formats.reshaper(form) is None:
        raise WriteError(
            f"The edited shapes of {len(shapes)} objects cannot be written into this format",
            where=layer.name,
            found=form.TITLE,
            do="Export the layer as CityJSON",
        )


def _check_gone(project: Project, layer: Layer, form: formats.Format) -> None:
    """Refuse to write the source back with what was taken away in it."""
    gone = int(project.gone(layer).sum())
    if gone and formats.leaver(form) is None:
        raise WriteError(
            f"{gone} objects that were taken away cannot be left out of this format",
            where=layer.name,
            found=form.TITLE,
            do="Export the layer in another format",
        )


def _check_pieces(project: Project, layer: Layer, form: formats.Format) -> None:
    """Refuse to write back without its edits a source whose text is not kept object by object."""
    owned = project.query("SELECT 1 FROM piece WHERE layer = ? AND object IS NOT NULL LIMIT 1", (layer.id,))
    if not owned and is_edited(project, layer):
        raise WriteError(
            "The edits of this layer cannot be written into this format",
            where=layer.name,
            found=form.TITLE,
            do="Export the layer as CityJSON, or undo the edits to have the file as it came",
        )


def _write_tiles(project: Project, layer: Layer, folder: Path) -> str:
    """Write every tile of a layer to a file of its own."""
    names = layer.facts["tiles"]
    if layer.linked:
        for name in names:
            _copy(layer, below(Path(layer.source_path), name), _made(below(folder, name)))
        return f"{len(names)} files copied byte by byte"
    for name, tile in current_tiles(project, layer):

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


def layer_data(project: Project, layer: Layer, with_shapes: bool = True) -> LayerData:
    """A layer as it is now, for the writers of other formats; its text with the edited shapes, or without."""
    data = rows_of(project, layer)
    for name, tile in current_tiles(project, layer, with_shapes=with_shapes):
        if name:
            data.pieces.append(Piece(b"", role=TILE + name))
        data.pieces += map(Piece, tile)
    return data
