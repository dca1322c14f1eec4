"""The tree of tiles: what tileset.json says, with its transforms and the contents of each tile."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from layers.errors import ReadError, reason
from layers.stored import Float64


class Content(msgspec.Struct):
    """What a tile holds: a model, points, or another tileset."""

    uri: str = ""
    url: str = ""  # what it was called before version 1.0
    metadata: Any = None
    group: int | None = None

    @property
    def name(self) -> str:
        """The URI, whatever it is called."""
        return self.uri or self.url


class Subtrees(msgspec.Struct):
    """Where the files are that say which implicit tiles there are."""

    uri: str


class Implicit(msgspec.Struct):
    """Tiles that are not listed but counted."""

    subdivisionScheme: str  # noqa: N815
    subtreeLevels: int  # noqa: N815
    subtrees: Subtrees
    availableLevels: int = 0  # noqa: N815
    maximumLevel: int | None = None  # noqa: N815

    @property
    def levels(self) -> int:
        """How many levels there are (3DTILES_implicit_tiling says the last one)."""
        return self.availableLevels or (self.maximumLevel or 0) + 1


class Tile(msgspec.Struct):
    """A place in the tree."""

    refine: str | None = None
    transform: list[float] | None = None
    geometricError: float = 0.0  # noqa: N815
    content: Content | None = None
    contents: list[Content] = []
    children: list[msgspec.Raw] = []
    implicitTiling: Implicit | None = None  # noqa: N815
    extensions: dict[str, Any] = {}
    boundingVolume: dict[str, Any] = {}  # noqa: N815

    def all_contents(self) -> list[Content]:
        """The contents, in today's way of saying it and in that of extensions of 1.0."""
        several = self.extensions.get("3DTILES_multiple_contents")
        said = several.get("contents") or several.get("content") if isinstance(several, dict) else None
        more = _converted(said, list[Content]) if said else []
        return [*([self.content] if self.content else []), *self.contents, *more]

    def implicit(self) -> Implicit | None:
        """How its descendants are counted, if they are."""
        if self.implicitTiling is not None:
            return self.implicitTiling
        said = self.extensions.get("3DTILES_implicit_tiling")
        found: Implicit | None = _converted(said, Implicit) if said else None
        return found

    def matrix(self) -> Float64:
        """(4, 4) from the tile's coordinates to those of its parent."""
        if self.transform is None:
            return np.eye(4)
        if len(self.transform) != 16:
            raise ReadError("A tile's transform has not 16 numbers")
        return np.array(self.transform, np.float64).reshape(4, 4).T


class Asset(msgspec.Struct):
    """The version, and which way is up in its models."""

    version: str | float | int = ""
    gltfUpAxis: str = "Y"  # noqa: N815
    generator: str = ""


class Tileset(msgspec.Struct):
    """The members of tileset.json that are used."""

    asset: Asset
    root: msgspec.Raw
    extensionsRequired: list[str] = []  # noqa: N815


def tileset_of(data: bytes, where: str) -> Tileset:
    """The tileset in the bytes of a tileset.json."""
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=Tileset)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError(
            "This tileset is damaged", where=where, found=reason(error), do="Ask for the file again"
        ) from error


def tile_of(raw: msgspec.Raw, where: str) -> Tile:
    """A tile; its children remain text until they are visited."""
    try:
        return msgspec.json.decode(raw, type=Tile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError("A tile is damaged", where=where, found=reason(error)) from error


def _converted(said: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(said, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ReadError("A tile is damaged", found=reason(error)) from error
