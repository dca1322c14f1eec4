"""A layer as the city model that the CityJSON writers write anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from layers import citymodel, sequence
from layers.data import TILE, LayerData, Piece, WriteOptions
from layers.errors import WriteError
from layers.flatten import MALFORMED, fault_of
from layers.gml import model as gml
from layers.reproject import name_crs, reproject
from layers.upgrade import Model

#: What makes a model of a source's text, by format. It is told where its layer is known to lie, and what the
#: objects of this text, and of those behind it, are called.
DECODERS: dict[str, Callable[[bytes, str | None, Sequence[str]], Model]] = {
    "cityjson": lambda text, _crs, _ids: citymodel.from_text(text),
    "cityjsonseq": lambda text, _crs, _ids: sequence.from_text(text),
    "citygml": gml.from_text,
}


def model_of(layer: LayerData, options: WriteOptions) -> Model:
    """The layer as it is now, in CityJSON 2.0, of one LoD and in another CRS if so asked."""
    source = str(layer.facts.get("source_format"))
    if source not in DECODERS:
        raise WriteError(
            f"Layer {layer.name!r} cannot be written as a city model",
            found=source,
            allowed=", ".join(DECODERS),
        )
    ids = [feature.id for feature in layer.features]
    tiles: list[Model] = []
    for text in _texts(layer.pieces):
        tiles.append(DECODERS[source](text, layer.crs, ids))
        ids = ids[len(tiles[-1]["CityObjects"]) :]
    return as_asked(tiles[0] if len(tiles) == 1 else sequence.joined(tiles), layer.crs, options)


def as_asked(model: Model, crs: str | None, options: WriteOptions) -> Model:
    """A model that lies in a CRS, of one LoD and in another CRS if so asked."""
    if options.lod is not None:
        citymodel.keep_lod(model, options.lod)
    if options.crs is not None:
        reproject(model, crs, options.crs)
    elif crs is not None:
        name_crs(model, crs)
    return model


def _texts(pieces: Sequence[Piece]) -> list[bytes]:
    """The text of each tile, or of the one file there is."""
    parts: list[list[bytes]] = [[]]
    for piece in pieces:
        if piece.role.startswith(TILE) and parts[-1]:
            parts.append([])
        parts[-1].append(piece.data)
    return [b"".join(part) for part in parts]


@contextmanager
def written_anew(layer: LayerData) -> Iterator[None]:
    """Turns what does not follow CityJSON in a source, kept until now as it came, into a sentence."""
    try:
        yield
    except MALFORMED as error:
        raise WriteError(
            f"Layer {layer.name!r} cannot be written anew",
            found=f"its source does not follow CityJSON: {fault_of(error)}",
            do="Export it to the format it came from; that keeps it as it is",
        ) from error
