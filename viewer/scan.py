"""A scanned mesh as pixels: in its own images and materials, in its own colours, or in stone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.album import MISSING, NONE, WRAPS, Album
from layers.arrays import Float64, Int32, Scan, UInt8
from layers.records import Layer
from layers.stored import Damaged
from viewer.aim import Aim
from viewer.coarse import FEWEST, Coarse
from viewer.color import LegendEntry
from viewer.drape import softened
from viewer.looks import APPEARANCE
from viewer.palette import STONE, rgb
from viewer.papering import HATCH_M, hatch
from viewer.patch import Patch
from viewer.surface import SurfaceView
from viewer.texture import Paper, Texture
from viewer.view import Source

Float32 = NDArray[np.float32]

#: Papers that are no picture of the album: its triangles are plain, or hatched for want of a picture.
BARE, HATCHED = -1, -2
#: Texels of all pictures of a scan together; where they have more, they are made smaller.
MOST_TEXELS = 48_000_000
#: Pictures beyond so many are not drawn but as the colour of their looks: each is a part of its own.
MOST_PICTURES = 24
BRIGHTER = 1.04
#: So many pixels may a cell of few triangles cover.
COARSE_PX = 2.0


@dataclass(frozen=True)
class Dressed:
    """A scan whose vertices have one look each."""

    vertices: Float64
    triangles: Int32
    rgb: UInt8 | None
    color: UInt8  # (n, 3) of the look of each vertex
    uv: Float32  # (n, 2)
    paper: Int32  # (m,) picture of each triangle, BARE or HATCHED

    @classmethod
    def of(cls, scan: Scan, album: Album, look: Int32) -> Dressed:
        """Vertices that triangles of several looks share come once for each."""
        corner_look = np.repeat(look.astype(np.int64), 3)
        key = np.asarray(scan.triangles, np.int64).ravel() * (len(album.color) + 1) + corner_look + 1
        pairs, back = np.unique(key, return_inverse=True)
        vertex, of = np.divmod(pairs, len(album.color) + 1)
        of -= 1
        color = np.where((of >= 0)[:, None], album.shown[of], rgb(STONE)).astype(np.uint8)
        uv = np.zeros((len(vertex), 2), np.float32)
        if scan.uv is not None:
            uv = np.nan_to_num(np.asarray(scan.uv)[vertex]).astype(np.float32)
        colors = None if scan.rgb is None else np.asarray(scan.rgb)[vertex]
        places = np.asarray(scan.vertices)[vertex]
        picture = np.where(look >= 0, album.picture[look], NONE)
        most_used = np.argsort(-np.bincount(picture[picture >= 0], minlength=len(album.size)))[:MOST_PICTURES]
        paper = np.where(np.isin(picture, most_used), picture, BARE)
        paper[picture == MISSING] = HATCHED
        hatched = np.unique(back.reshape(-1, 3)[paper == HATCHED])
        away = places[hatched] - places.min(axis=0)
        uv[hatched] = np.column_stack((away[:, 0] + away[:, 2], away[:, 1])) / HATCH_M
        triangles = back.reshape(-1, 3).astype(np.int32)
        return cls(places, triangles, colors, color, uv, paper.astype(np.int32))


class ScanView(SurfaceView):
    """A scanned mesh."""

    def __init__(self, source: Source, scan: Scan) -> None:
        look, album = scan.triangle_look, scan.album
        self._album, self._dressed = album, None
        if album is not None and look is not None and len(look):
            self._dressed = Dressed.of(scan, album, np.asarray(look))
        vertices, triangles, self._rgb = np.asarray(scan.vertices), np.asarray(scan.triangles), scan.rgb
        paper = None
        if self._dressed is not None:
            vertices, triangles = self._dressed.vertices, self._dressed.triangles
            self._rgb, paper = self._dressed.rgb, self._dressed.paper
        owner = np.zeros(len(triangles), np.int32)
        super().__init__(source, vertices, triangles, owner, triangle_paper=paper)
        self._papers: dict[int, Paper] = {}
        self._textures = [Texture(patch) for patch in self._tiles]
        if self._dressed is not None and album is not None:
            self._papers = _papers(album, np.unique(self.tile_paper).tolist())
        self._coarse: Coarse | None = None
        if len(vertices) >= FEWEST and not self._papers:
            self._coarse = Coarse(self._faces.vertices, self._faces.triangles, source.origin)
        self._color()
        self.begin()

    def patches(self) -> Iterator[Patch]:
        """The tiles, or what stands for them from afar."""
        if self._coarse is not None:
            yield self._coarse.patch
        yield from super().patches()

    def aim(self, aim: Aim) -> None:
        """In motion, and from afar, few triangles stand for all."""
        if self._coarse is None:
            return
        coarse = self._coarse
        far = aim.moving and float(aim.metres_per_pixel(coarse.box)[0]) * COARSE_PX > coarse.cell_m
        self._set_far(np.full(len(self._tiles), far))
        coarse.patch.show(far and self.layer.visible and bool(self._visible.any()))
        coarse.patch.actor.GetProperty().SetOpacity(self.layer.opacity)

    def color_as(self, lit: UInt8) -> None:
        """Take colours that hold the light already; those of few triangles are their means."""
        super().color_as(lit)
        if self._coarse is not None:
            self._coarse.color(lit)

    @property
    def _way(self) -> str:
        """How it is coloured: one of APPEARANCE, "rgb", "plain"."""
        usual = APPEARANCE if self._dressed is not None else "rgb"
        way = str(self.layer.style.get("color_by", "")) or usual
        if (way == APPEARANCE and self._dressed is None) or (way == "rgb" and self._rgb is None):
            return "plain"
        return way if way in (APPEARANCE, "rgb") else "plain"

    def _color(self) -> None:
        way = self._way
        if way == APPEARANCE and self._dressed is not None:
            own = self._dressed.color if self._rgb is None else self._rgb
            lit = np.clip(own[self._origin_of] * self._light, 0, 255).astype(np.uint8)
            tiles = np.repeat(np.arange(len(self._tiles)), np.diff(self._faces.part_vertex))
            papered = np.isin(self.tile_paper, list(self._papers))[tiles]
            lit[papered] = softened(self._light[papered])
            self.color_as(lit)
        elif way == "rgb" and self._rgb is not None:
            self.color(np.asarray(self._rgb)[self._origin_of].astype(np.float32) * BRIGHTER)
        else:
            self.color(rgb(str(self.layer.style.get("color", STONE))).astype(np.float32))

    def _rebuild(self, number: int) -> None:
        super()._rebuild(number)
        self._hang(number)

    def _recolor(self, number: int) -> None:
        super()._recolor(number)
        self._hang(number)

    def _hang(self, number: int) -> None:
        """Show the picture of a tile, or none."""
        paper = self._papers.get(int(self.tile_paper[number])) if self._way == APPEARANCE else None
        texture = self._textures[number]
        if paper is None or self._dressed is None or not len(self._tile_parts[number]):
            texture.remove()
            return
        first, last = self._faces.part_vertex[number : number + 2].tolist()
        texture.share(paper)
        texture.spread(self._dressed.uv[self._origin_of[first:last]])

    def style_changed(self, before: Layer) -> None:
        """Colours follow the style."""
        self._color()

    def legend(self) -> list[LegendEntry]:
        """The one colour, where there is one."""
        if self._way != "plain":
            return []
        color = str(self.layer.style.get("color", STONE))
        return [LegendEntry(self.layer.name, color, 0, "", self.layer.id, "Heritage")]


def _papers(album: Album, numbers: list[int]) -> dict[int, Paper]:
    """The pictures of these numbers; one that is damaged in the cache is left out."""
    found: dict[int, Paper] = {}
    texels = sum(int(np.prod(album.size[number], dtype=np.int64)) for number in numbers if number >= 0)
    share = np.sqrt(min(1.0, MOST_TEXELS / max(texels, 1)))
    for number in numbers:
        if number == BARE:
            continue
        wrap = WRAPS[album.wrap[np.flatnonzero(album.picture == number)[0]]] if number >= 0 else "wrap"
        paper = Paper(repeats=wrap == "wrap", mirrors=wrap == "mirror")
        try:
            paper.take(hatch(3) if number == HATCHED else _smaller(album, number, share))
        except Damaged:
            continue
        found[number] = paper
    return found


def _smaller(album: Album, number: int, share: float) -> UInt8:
    """A picture, its lowest row first, its sides made smaller by that share."""
    from PIL import Image

    width, height = (max(1, round(float(side) * share)) for side in album.size[number])
    pixels = album.pixels(number, min(width, height))
    if pixels.shape[:2] != (height, width):
        pixels = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))
    return pixels[::-1]
