"""A layer as the city model that the CityJSON writers write anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import numpy as np

from layers import citymodel, sequence
from layers.data import TILE, LayerData, Piece, WriteOptions
from layers.errors import WriteError
from layers.flatten import MALFORMED, fault_of
from layers.gml import model as gml
from layers.named import joined
from layers.reproject import name_crs, reproject
from layers.shapes import SOURCE, Shape, renumbered
from layers.upgrade import Model

#: What makes a model of a source's text, by format. It is told where its layer is known to lie, and what the
#: objects of this text, and of those behind it, are called.
DECODERS: dict[str, Callable[[bytes, str | None, Sequence[str]], Model]] = {
    "cityjson": lambda text, _crs, _ids: citymodel.from_text(text),
    "cityjsonseq": lambda text, _crs, _ids: sequence.from_text(text),
    "citygml": gml.from_text,
}

NO_IMAGES: Mapping[str, str] = MappingProxyType({})
NO_SHAPES: Mapping[str, Shape] = MappingProxyType({})


def model_of(
    layer: LayerData,
    options: WriteOptions,
    images: Mapping[str, str] = NO_IMAGES,
    shapes: Mapping[str, Shape] = NO_SHAPES,
) -> Model:
    """The layer as it is now, in CityJSON 2.0, of one LoD and in another CRS if so asked.

    `images` are the names of those that go out with it under another one, `shapes` those of objects that
    are not as the text tells.
    """
    source = str(layer.facts.get("source_format"))
    if source not in DECODERS:
        raise WriteError(
            f"Layer {layer.name!r} cannot be written as a city model",
            found=source,
            allowed=", ".join(DECODERS),
        )
    ids = [feature.id for feature in layer.features]
    tiles: list[Model] = []
    for tile, text in _texts(layer.pieces):
        tiles.append(DECODERS[source](text, layer.crs, ids))
        _name_images(tiles[-1], tile, images)
        ids = ids[len(tiles[-1]["CityObjects"]) :]
    model = tiles[0] if len(tiles) == 1 else sequence.joined(tiles)
    _reshape(model, shapes)
    return as_asked(model, layer.crs, options)


def _reshape(model: Model, shapes: Mapping[str, Shape]) -> None:
    """Give objects of a model other shapes; what is not made of surfaces stays."""
    if not shapes:
        return
    scale, low = (np.array(model["transform"][name], np.float64) for name in ("scale", "translate"))
    blocks = [np.asarray(model["vertices"], np.int64).reshape(-1, 3)]
    first = len(blocks[0])
    for id, shape in shapes.items():
        item = model["CityObjects"][id]
        before = item.get("geometry", [])
        blocks.append(np.rint((shape.vertices - low) / scale).astype(np.int64))
        numbers = range(first, first + len(shape.vertices))
        first += len(shape.vertices)
        item["geometry"] = [
            {**geometry, "boundaries": renumbered(geometry["boundaries"], numbers)}
            for geometry in shape.geometries
            if geometry["type"] != SOURCE
        ] + [before[each["place"]] for each in shape.geometries if each["type"] == SOURCE]
    model["vertices"] = np.concatenate(blocks)


def as_asked(model: Model, crs: str | None, options: WriteOptions) -> Model:
    """A model that lies in a CRS, of one LoD and in another CRS if so asked."""
    if options.lod is not None:
        citymodel.keep_lod(model, options.lod)
    if options.crs is not None:
        reproject(model, crs, options.crs)
    elif crs is not None:
        name_crs(model, crs)
    return model


def _name_images(model: Model, tile: str, images: Mapping[str, str]) -> None:
    """Let the textures of a tile name their images as they go out."""
    appearance = model.get("appearance")
    textures = appearance.get("textures") if isinstance(appearance, dict) else None
    for texture in textures if isinstance(textures, list) else ():
        if isinstance(texture, dict) and isinstance(texture.get("image"), str):
            said = joined(tile, texture["image"])
            texture["image"] = images.get(said, said if tile else texture["image"])


def _texts(pieces: Sequence[Piece]) -> list[tuple[str, bytes]]:
    """The name and the text of each tile, or of the one file there is, which has no name."""
    parts: list[tuple[str, list[bytes]]] = []
    for piece in pieces:
        if piece.role.startswith(TILE) or not parts:
            parts.append((piece.role.removeprefix(TILE) if piece.role.startswith(TILE) else "", []))
        parts[-1][1].append(piece.data)
    return [(name, b"".join(part)) for name, part in parts]


@contextmanager
def written_anew(name: str) -> Iterator[None]:
    """Turns what does not follow CityJSON in a source, kept until now as it came, into a sentence."""
    try:
        yield
    except MALFORMED as error:
        raise WriteError(
            f"Layer {name!r} cannot be written anew",
            found=f"its source does not follow CityJSON: {fault_of(error)}",
            do="Export it to the format it came from; that keeps it as it is",
        ) from error
