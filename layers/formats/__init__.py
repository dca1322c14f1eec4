"""File formats: each a module that introduces itself, chosen by ending and first bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from layers.data import Box, Gone, LayerData, Piece, ReadOptions
from layers.errors import ReadError, UsageError
from layers.formats import (
    asciigrid,
    catalogue,
    citygml,
    cityjson,
    cityjsonseq,
    copc,
    dxf,
    e57,
    flatgeobuf,
    geodatabase,
    geojson,
    geopackage,
    geotiff,
    gltf,
    gml,
    ifc,
    imkl,
    inp,
    interlis,
    kml,
    las,
    mapinfo,
    obj,
    ply,
    quantizedmesh,
    shapefile,
    sqlite,
    stl,
    tiles3d,
    xyz,
)
from layers.formats._stretches import Outline, Stretch
from layers.introduced import Introduced
from layers.shapes import Shape
from layers.source import Source, files_below
from layers.tin import name_layers

HEAD = 65536


class Format(Introduced, Protocol):
    """What every format module has."""

    def can_read(self, head: bytes, path: Path) -> int:
        """0 (no) to 100 (surely), from the first bytes and the ending."""
        ...

    def read(self, path: Path, options: ReadOptions) -> list[LayerData]:
        """The layers in the file."""
        ...


class TileReader(Protocol):
    """A format whose tiles, many files that lie side by side, make one layer."""

    def read_tiles(self, paths: Sequence[Path], options: ReadOptions) -> list[LayerData]:
        """The layers that the files make together, named by whoever asks."""
        ...


class PartReader(Protocol):
    """A format of city models that are read in parts: a file of any size, or many tiles."""

    def outline(self, path: Path, scratch: Path, options: ReadOptions) -> Outline:
        """What is known of a file before its objects are read."""
        ...

    def box_of(self, path: Path) -> Box | None:
        """The box around the vertices of a file, or nearly so."""
        ...

    def read_part(self, path: Path, stretches: Sequence[Stretch], options: ReadOptions) -> list[LayerData]:
        """The layers that some stretches of the source at `path` make."""
        ...


class BesideReader(Protocol):
    """A format that is read in parts and holds more than city objects."""

    def read_beside(self, paths: Sequence[Path], name: str, options: ReadOptions) -> list[LayerData]:
        """The layers beside the city of that name, read from all its files at once."""
        ...


class Rewriter(Protocol):
    """A format that writes a changed file with every untouched byte as it was."""

    def rewrite(
        self,
        pieces: Iterator[tuple[Piece, int | None]],
        attributes_of: Callable[[int], dict[str, bytes] | None],
    ) -> Iterator[bytes]:
        """The file's bytes, piece by piece; what is gone, within other features, has no attributes."""
        ...


class Leaver(Protocol):
    """A format that leaves out what is gone, every other byte as it was."""

    def leave_out(
        self, pieces: Iterator[tuple[Piece, int | None]], gone: Gone, /
    ) -> Iterator[tuple[Piece, int | None]]:
        """The pieces of one file without objects that are gone, for `rewrite` to go on with.

        Of those within others `rewrite` hears: they have no attributes.
        """
        ...


class Nested(Protocol):
    """A format whose pieces may hold several features, one within the other."""

    def own_text(self, head: bytes, member: bytes, number: int) -> str:
        """The text of one of the features in a member, by its number among them."""
        ...

    def own_geometries(
        self, head: bytes, member: bytes, number: int, elsewhere: Callable[[], Iterable[bytes]]
    ) -> list[dict[str, Any]]:
        """Its geometries, as CityJSON has them; `elsewhere` is the text that they may refer to."""
        ...


class Reshaper(Protocol):
    """A format that writes the geometries of edited objects anew, every other byte as it was."""

    def reshape(
        self, pieces: Iterator[tuple[Piece, int | None]], shapes: Mapping[int, Shape], crs: str | None, /
    ) -> Iterator[tuple[Piece, int | None]]:
        """The pieces of one file with other geometries of these objects, for `rewrite` to go on with.

        The shapes are in `crs`, the CRS of their layer.
        """
        ...


FORMATS: tuple[Format, ...] = (
    cityjson,
    cityjsonseq,
    citygml,
    geotiff,
    asciigrid,
    copc,  # before LAS, which could read these files too
    las,
    geojson,
    geopackage,
    sqlite,
    shapefile,
    flatgeobuf,
    kml,
    dxf,
    mapinfo,
    geodatabase,
    gml,
    imkl,
    interlis,
    e57,
    inp,
    catalogue,
    xyz,
    ply,
    obj,
    gltf,
    stl,
    tiles3d,
    quantizedmesh,
    ifc,
)


def by_name(name: str) -> Format:
    """The format of that name."""
    return next(form for form in FORMATS if form.NAME == name)


def tile_reader(form: Format) -> TileReader | None:
    """The format as one that reads many files as one layer, if it does."""
    return cast(TileReader, form) if hasattr(form, "read_tiles") else None


def part_reader(form: Format) -> PartReader | None:
    """The format as one that is read in parts, if it is."""
    return cast(PartReader, form) if hasattr(form, "read_part") else None


def beside_reader(form: Format) -> BesideReader | None:
    """The format as one that holds more than city objects, if it does."""
    return cast(BesideReader, form) if hasattr(form, "read_beside") else None


def is_of_tiles(form: Format) -> bool:
    """Whether the files of a folder can be read one by one; some formats are one source in many files."""
    return form not in (geodatabase, tiles3d)


def check_kind(form: Format, kind: str | None, path: Path) -> None:
    """Refuse a kind of layer that no file of the format holds."""
    if kind is not None and kind not in form.KINDS:
        raise UsageError(
            f"A file of this format ({form.TITLE}) holds no layer of this kind",
            where=path.name,
            found=f"--kind {kind}",
            allowed=", ".join(form.KINDS),
        )


def ids_may_repeat(form: Format) -> bool:
    """Whether files of the format that give several objects one id are read all the same."""
    return bool(getattr(form, "IDS_MAY_REPEAT", False))


def leaver(form: Format) -> Leaver | None:
    """The format as one that leaves out what is gone, if it does."""
    return cast(Leaver, form) if hasattr(form, "leave_out") else None


def rewriter(form: Format) -> Rewriter | None:
    """The format as one that rewrites, if it does."""
    return cast(Rewriter, form) if hasattr(form, "rewrite") else None


def nested(form: Format) -> Nested | None:
    """The format as one whose pieces may hold several features, if it is."""
    return cast(Nested, form) if hasattr(form, "own_text") else None


def reshaper(form: Format) -> Reshaper | None:
    """The format as one that writes edited shapes, if it does."""
    return cast(Reshaper, form) if hasattr(form, "reshape") else None


def detect(path: Path) -> Format:
    """The format that knows this file best."""
    try:
        if path.is_dir():
            raise ReadError("This is a folder, not a file", where=str(path), do="Choose a file")
        if path.exists() and not path.is_file():
            raise ReadError("This is a device or a pipe, not a file", where=str(path))
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError as error:
        raise ReadError("There is no such file", where=str(path)) from error
    except OSError as error:
        raise ReadError(
            "The file may not be read",
            where=str(path),
            found=error.strerror or str(error),
            do="Check its rights",
        ) from error
    if not head:
        raise ReadError("The file is empty", where=str(path), do="Ask for the file again")
    score, form = max(((form.can_read(head, path), form) for form in FORMATS), key=lambda pair: pair[0])
    if score <= 0:
        endings = {ending for form in FORMATS for ending in form.ENDINGS}
        ending = f"ending {path.suffix!r}" if path.suffix else "no ending"
        raise ReadError(
            "This kind of file is not read",
            where=str(path),
            found="its content is not what its ending says" if path.suffix in endings else ending,
            allowed=", ".join(sorted(endings)),
        )
    return form


def find(path: Path, names: Sequence[str] = ()) -> tuple[Format, Source, list[str]]:
    """The format of a file or of tiles, what is to be read, and which files of a folder are not."""
    if names:
        source = Source(path, tuple(names))
        if geodatabase.CATALOG in names:
            return geodatabase, source, []
        if tiles3d.TILESET in names:
            return tiles3d, source, []
        forms = {form.NAME: form for form in map(detect, source.files)}
        if len(forms) > 1:
            raise ReadError(
                "The files are of different formats and cannot become one layer",
                where=str(path),
                found=", ".join(sorted(forms)),
                do="Import them as a layer each, or choose files of one format",
            )
        return next(iter(forms.values())), source, []
    if path.is_dir():
        return _tiles_in(path)
    form = detect(path)
    if form is tiles3d and path.name == tiles3d.TILESET:
        return tiles3d, Source(path.parent, tiles3d.files_of(path.parent)), []
    return form, Source(path), []


def _tiles_in(folder: Path) -> tuple[Format, Source, list[str]]:
    """The format that most files of a folder have, those files, and the names of the others."""
    if (folder / geodatabase.CATALOG).is_file():  # one source, though it is many files
        names = tuple(file.relative_to(folder).as_posix() for file in files_below(folder))
        return geodatabase, Source(folder, names), []
    if (folder / tiles3d.TILESET).is_file():
        return tiles3d, Source(folder, tiles3d.files_of(folder)), []
    known: dict[str, list[str]] = {}
    others = []
    for path in files_below(folder):
        name = path.relative_to(folder).as_posix()
        try:
            known.setdefault(detect(path).NAME, []).append(name)
        except ReadError:
            others.append(name)
    if not known:
        raise ReadError(
            "No file in the folder can be read",
            where=str(folder),
            found=f"{len(others)} other files" if others else "an empty folder",
            do="Choose the folder that holds the tiles",
        )
    most = max(known, key=lambda name: len(known[name]))
    others += [name for form in known if form != most for name in known[form]]
    return by_name(most), Source(folder, tuple(known[most])), sorted(others)


def read(path: Path, options: ReadOptions) -> tuple[Format, list[LayerData]]:
    """Read a file in this very process; windows use `layers.importing`, which takes another."""
    form = detect(path)
    return form, read_source(form, Source(path), options)


def read_source(form: Format, source: Source, options: ReadOptions) -> list[LayerData]:
    """Read a file or the tiles of a folder, whose format is known."""
    path = source.path
    try:
        if not source.names:
            return form.read(path, options)
        reader = tile_reader(form)
        if reader is None:
            raise ReadError(
                f"Files of this format ({form.TITLE}) cannot be joined into one layer",
                where=str(path),
                allowed=", ".join(other.TITLE for other in FORMATS if tile_reader(other)),
                do="Import them one by one",
            )
        layers = reader.read_tiles(source.files, options)
        if all(layer.partner is not None for layer in layers[1:]):
            name_layers(layers, path.name)
        return layers
    except MemoryError as error:
        raise ReadError("The file needs more memory than there is", where=str(path)) from error
    except OSError as error:
        raise ReadError("The file could not be read", where=str(path), found=str(error)) from error
