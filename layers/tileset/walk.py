"""From the root of a tileset to its finest contents."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

import msgspec
import numpy as np

from layers.data import Progress
from layers.errors import ReadError
from layers.gltf.document import Unreadable
from layers.report import Report
from layers.stored import Float64
from layers.tileset.contents import MAGICS, Contents
from layers.tileset.stores import Store, below
from layers.tileset.subtrees import Subtree, count_above, named, place, subtree_of
from layers.tileset.tiles import Content, Implicit, Tile, Tileset, tile_of, tileset_of

DEEPEST = 150
MOST_TILES = 2_000_000
REPLACE = "REPLACE"


@dataclass
class Counts:
    """What became of the contents."""

    tiles: int = 0
    read: int = 0
    missing: int = 0
    unreadable: int = 0


@dataclass
class Walk:
    """Visits tiles, the finest first; a coarser content is read only where no finer one was."""

    store: Store
    contents: Contents
    report: Report
    progress: Progress
    counts: Counts = field(default_factory=Counts)
    _tilesets: set[str] = field(default_factory=set)

    def tileset(self, name: str, matrix: Float64, depth: int = 0, refine: str = REPLACE) -> int:
        """Read a tileset by its name from the root; gives how many contents were read."""
        if name in self._tilesets:
            raise ReadError("A tileset contains itself", where=name)
        self._tilesets.add(name)
        found: Tileset = tileset_of(self.store.read(name), name)
        before, self.contents.up_axis = self.contents.up_axis, found.asset.gltfUpAxis
        try:
            return self._raw(found.root, matrix, posixpath.dirname(name), depth, refine)
        finally:
            self.contents.up_axis = before

    def _raw(self, raw: msgspec.Raw, matrix: Float64, folder: str, depth: int, refine: str) -> int:
        """Read a tile and what is below it, as far as they are not damaged."""
        try:
            tile = tile_of(raw, folder)
            return self._tile(tile, matrix @ tile.matrix(), folder, depth, (tile.refine or refine).upper())
        except ReadError as error:
            self.report.warn("bad_tile", folder, error.sentence(), "unsupported")
            return 0

    def _tile(self, tile: Tile, matrix: Float64, folder: str, depth: int, refine: str) -> int:
        self.visit(depth)
        implicit = tile.implicit()
        if implicit is not None:
            return Counted(self, implicit, tile, matrix, folder, refine).read()
        finer = sum(self._raw(child, matrix, folder, depth + 1, refine) for child in tile.children)
        if finer and refine == REPLACE:
            return finer
        return finer + sum(self.content(one, matrix, folder, depth, refine) for one in tile.all_contents())

    def visit(self, depth: int) -> None:
        """Count a tile; too many are refused."""
        self.counts.tiles += 1
        if depth > DEEPEST or self.counts.tiles > MOST_TILES:
            raise ReadError("The tileset is nested too deeply, or has too many tiles")
        if self.counts.tiles % 20 == 0:
            done = self.counts.read
            self.progress(0.5 * done / (done + 50), "Reading tiles")

    def content(self, content: Content, matrix: Float64, folder: str, depth: int, refine: str) -> int:
        """Read a content, or the tileset that it is; gives how many contents were read."""
        try:
            name = below(folder, content.name)
            if not self.store.has(name):
                self.counts.missing += 1
                self.report.warn("missing_content", name, f"The content {name} is missing", "unsupported")
                return 0
            data = self.store.read(name)
            if _is_tileset(data):
                return self.tileset(name, matrix, depth + 1, refine)
            before = self.report.unsupported
            self.contents.add(data, matrix, name)
        except (ReadError, Unreadable) as error:
            said = error.sentence() if isinstance(error, ReadError) else f"{error}."
            self.counts.unreadable += 1
            self.report.warn(
                "unreadable_content",
                content.name,
                f"The content {content.name} is not read: {said[:1].lower()}{said[1:]}",
                "unsupported",
            )
            return 0
        if self.report.unsupported > before:
            self.counts.unreadable += 1
        self.counts.read += 1
        return 1


def _is_tileset(data: bytes) -> bool:
    """Whether a content is another tileset: JSON that is no glTF."""
    if data[:4] in MAGICS:
        return False
    head = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"{") and b'"root"' in data


@dataclass
class Counted:
    """The tiles of implicit tiling, which are not listed."""

    walk: Walk
    implicit: Implicit
    tile: Tile
    matrix: Float64
    folder: str
    refine: str

    def read(self) -> int:
        """Read all contents; gives how many."""
        scheme = self.implicit.subdivisionScheme.upper()
        if scheme not in ("QUADTREE", "OCTREE"):
            raise ReadError("Tiles are counted in an unknown way", found=scheme, allowed="QUADTREE, OCTREE")
        self.ways = 4 if scheme == "QUADTREE" else 8
        return self._subtree(0, 0)

    def _subtree(self, level: int, morton: int) -> int:
        """Read the subtree whose root is a tile of `level`; finer subtrees first."""
        levels, dimensions = self.implicit.subtreeLevels, 2 if self.ways == 4 else 3
        at = place(morton, dimensions)
        uri = named(self.implicit.subtrees.uri, level, at)
        try:
            name = below(self.folder, uri)
            data = self.walk.store.read(name)
            inner = posixpath.dirname(name)
            found = subtree_of(
                data, self.ways, levels, lambda one: self.walk.store.read(below(inner, one)), name
            )
        except ReadError as error:
            self.walk.report.warn("missing_subtree", uri, error.sentence(), "unsupported")
            return 0
        read_below: dict[int, int] = {}  # contents read under each tile of the last level
        if level + levels < self.implicit.levels:
            for number in np.flatnonzero(found.below).tolist():
                count = self._subtree(level + levels, (morton << (levels * dimensions)) | number)
                read_below[number // self.ways] = read_below.get(number // self.ways, 0) + count
        for depth in reversed(range(min(levels, self.implicit.levels - level))):
            read_below = self._level(level, morton, depth, found, read_below)
        return sum(read_below.values())

    def _level(
        self, level: int, morton: int, depth: int, found: Subtree, below_it: dict[int, int]
    ) -> dict[int, int]:
        """Read the tiles of one level of a subtree; gives what was read, by the tile above."""
        first, dimensions = count_above(self.ways, depth), 2 if self.ways == 4 else 3
        there = found.tiles[first : first + self.ways**depth]
        above: dict[int, int] = {}
        for number in np.flatnonzero(there).tolist():
            self.walk.visit(0)
            count = below_it.get(number, 0)
            if not (count and self.refine == REPLACE):
                at = place((morton << (depth * dimensions)) | number, dimensions)
                for content, bits in zip(self.tile.all_contents(), found.contents, strict=False):
                    if bits[first + number]:
                        one = Content(uri=named(content.name, level + depth, at))
                        count += self.walk.content(one, self.matrix, self.folder, 0, self.refine)
            above[number // self.ways] = above.get(number // self.ways, 0) + count
        return above
