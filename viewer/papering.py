"""The images on the polygons of one tile of a city, cut out and put together into one picture."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layers.album import MISSING, WRAPS, Album
from layers.arrays import CityTiles, Float64, Int32, UInt8
from layers.tones import HATCH
from viewer.faces import Index, Mask, spans
from viewer.packing import packed

Float32 = NDArray[np.float32]

NARROWEST, WIDEST = 64, 2048
#: The texels of rectangles that are cut out of one image as one cover its own area by this share or more.
AS_ONE = 0.5
#: No rectangle is so large that it takes more texels, for images that are repeated again and again.
MOST_OF_ONE = 1 << 20
#: Decoded images that are kept for the next tile, in bytes.
MOST_DECODED = 96 << 20
HATCH_SIDE, HATCH_STRIPE = 256, 16
#: Metres that the hatched picture spans on polygons of up to half as many; on larger ones twice, four times …
HATCH_M = 24.0
WRAP, MIRROR = WRAPS.index("wrap"), WRAPS.index("mirror")


@dataclass(frozen=True, eq=False)
class Sheet:
    """One picture for a tile."""

    pixels: UInt8  # (h, w, 3 or 4), the lowest row first
    across: Float32  # (n,) where each vertex lies: 0 is the middle of the first pixel, 1 that of the last
    up: Float32
    papered: Mask  # (p,) polygons with an image, or hatched for want of it
    is_coarser: bool  # than was asked for


class Decoded:
    """Images of an album, the last ones kept; used by one thread at a time."""

    def __init__(self, album: Album) -> None:
        self.album = album
        self._kept: OrderedDict[int, tuple[int, UInt8]] = OrderedDict()
        self._lock = Lock()

    def pixels(self, number: int, least: int) -> UInt8:
        """A picture with sides of so many pixels or more, as far as it has them."""
        with self._lock:
            had = self._kept.pop(number, None)
            if had is None or had[0] < least:
                had = least, self.album.pixels(number, least)
            self._kept[number] = had
            while (
                sum(pixels.nbytes for _, pixels in self._kept.values()) > MOST_DECODED and len(self._kept) > 1
            ):
                self._kept.popitem(last=False)
            return had[1]


@dataclass(frozen=True, eq=False)
class _Cuts:
    """Rectangles to be cut out of images, and the one that each polygon lies in."""

    picture: Index  # (r,)
    wrap: Index  # (r,)
    low: Float64  # (r, 2) in the image
    high: Float64
    density: Float64  # (r,) texels of the image for a metre of the world
    of: Index  # (p,) of each of the polygons


def sheet_of(
    city: CityTiles, decoded: Decoded, surface: Index, theme: int, pixel_m: float, most: int
) -> Sheet | None:
    """The sheet for these polygons, a texel no larger than asked for, but no more texels than `most`.

    None where no polygon has an image.
    """
    album = decoded.album
    look = np.asarray(city.surface_look)[surface, theme] if city.surface_look is not None else None
    if look is None or city.vertex_uv is None:
        return None
    picture = np.where(look >= 0, album.picture[look], -1)
    first, last = city.surface_vertex[surface], city.surface_vertex[surface + 1]
    counts = (last - first).astype(np.int64)
    run = spans(first, last)
    uv = np.asarray(city.vertex_uv[run, theme], np.float64)
    corners = np.asarray(city.vertices[run])
    start = np.cumsum(counts) - counts
    known = np.logical_and.reduceat(np.isfinite(uv).all(axis=1), start) if len(start) else np.empty(0, bool)
    cut = np.flatnonzero((picture >= 0) & known)
    hatched = np.flatnonzero(picture == MISSING)
    if not len(cut) and not len(hatched):
        return None
    wrap = album.wrap[look[cut]].astype(np.int64)
    chosen = np.repeat(_among(cut, len(surface)), counts)
    uv[chosen] -= np.repeat(_shifts(uv[chosen], counts[cut], wrap), counts[cut], axis=0)
    cuts = _cuts(uv[chosen], corners[chosen], counts[cut], picture[cut], wrap, album.size)
    size, is_coarser = _sizes(cuts, album.size, pixel_m, most)
    # Before all others a white one for polygons without an image, and one that is hatched.
    whole = np.concatenate(([[1, 1], [HATCH_SIDE, HATCH_SIDE] if len(hatched) else [1, 1]], size)) + 2
    area = int((whole[:, 0] * whole[:, 1]).sum())
    wide = int(np.clip(2 ** np.ceil(np.log2(np.sqrt(area * 1.1))), max(NARROWEST, whole[:, 0].max()), WIDEST))
    left, foot, high = packed(whole, wide)
    places = np.tile(np.array([left[0] + 1.0, foot[0] + 1.0]), (len(run), 1))
    scale = size / np.maximum(cuts.high - cuts.low, 1e-9)
    of = np.repeat(cuts.of, counts[cut])
    places[chosen] = np.stack((left, foot), axis=-1)[2:][of] + 0.5 + (uv[chosen] - cuts.low[of]) * scale[of]
    if len(hatched):
        on = np.repeat(_among(hatched, len(surface)), counts)
        normals = np.asarray(city.surface_normal[surface[hatched]], np.float64)
        flat = _flat(corners[on], normals, counts[hatched])
        places[on] = np.array([left[1], foot[1]]) + 0.5 + flat * HATCH_SIDE
    pixels = _filled(decoded, cuts, size, left[2:], foot[2:], (high, wide))
    pixels[foot[0] : foot[0] + 3, left[0] : left[0] + 3] = 255
    if len(hatched):
        _put(pixels, hatch(pixels.shape[2]), int(left[1]), int(foot[1]))
    papered = np.zeros(len(surface), bool)
    papered[cut] = papered[hatched] = True
    sides = np.array([max(wide - 1, 1), max(high - 1, 1)])
    across, up = (places / sides).astype(np.float32).T
    return Sheet(pixels, across, up, papered, is_coarser)


def _among(chosen: Index, count: int) -> Mask:
    found = np.zeros(count, bool)
    found[chosen] = True
    return found


def _shifts(uv: Float64, counts: Index, wrap: Index) -> Float64:
    """By how many whole images polygons lie beside the first one, where images are repeated."""
    if not len(counts):
        return np.empty((0, 2))
    low = np.floor(np.minimum.reduceat(uv, np.cumsum(counts) - counts, axis=0) + 1e-6)
    low[wrap == MIRROR] -= low[wrap == MIRROR] % 2
    low[(wrap != WRAP) & (wrap != MIRROR)] = 0
    return np.asarray(low)


def _cuts(uv: Float64, corners: Float64, counts: Index, picture: Index, wrap: Index, sizes: Int32) -> _Cuts:
    """Rectangles around polygons: one for all in an image where they fill it, else one for each."""
    if not len(counts):
        none = np.empty(0, np.int64)
        return _Cuts(none, none, np.empty((0, 2)), np.empty((0, 2)), np.empty(0), none)
    start = np.cumsum(counts) - counts
    low, high = np.minimum.reduceat(uv, start, axis=0), np.maximum.reduceat(uv, start, axis=0)
    texels = np.hypot(*((high - low) * sizes[picture]).T)
    metres = np.hypot.reduce(
        np.maximum.reduceat(corners, start, axis=0) - np.minimum.reduceat(corners, start, axis=0), axis=1
    )
    area = (high - low).prod(axis=1)
    # Polygons of one image first each go by their own number, then by one for all of them.
    order = np.lexsort((wrap, picture))
    begin = np.flatnonzero(np.r_[True, (np.diff(picture[order]) != 0) | (np.diff(wrap[order]) != 0)])
    together = np.minimum.reduceat(low[order], begin, axis=0), np.maximum.reduceat(high[order], begin, axis=0)
    union = (together[1] - together[0]).prod(axis=1)
    as_one = np.add.reduceat(area[order], begin) >= AS_ONE * union
    group = np.empty(len(counts), np.int64)
    of_run = np.repeat(np.arange(len(begin)), np.diff(np.r_[begin, len(order)]))
    group[order] = np.where(as_one[of_run], of_run, len(begin) + np.arange(len(order)))
    _, head, of = np.unique(group, return_index=True, return_inverse=True)
    count = len(head)
    lows, highs = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(lows, of, low)
    np.maximum.at(highs, of, high)
    density = np.sqrt(
        np.bincount(of, texels**2, count) / np.maximum(np.bincount(of, metres**2, count), 1e-12)
    )
    return _Cuts(picture[head], wrap[head], lows, highs, density, of)


def _sizes(cuts: _Cuts, sizes: Int32, pixel_m: float, most: int) -> tuple[Index, bool]:
    """Width and height of every rectangle in texels, and whether they are fewer than asked for."""
    native = (cuts.high - cuts.low) * sizes[cuts.picture]
    scale = np.minimum(1.0, 1.0 / np.maximum(cuts.density * pixel_m, 1e-9))
    wanted = native * scale[:, None]
    scale /= np.maximum(np.sqrt(wanted.prod(axis=1) / MOST_OF_ONE), 1.0)
    wanted = native * scale[:, None]
    total = (np.ceil(wanted) + 2).prod(axis=1).sum()
    is_coarser = bool(total > most)
    while (np.ceil(wanted) + 2).prod(axis=1).sum() > most and wanted.max() > 1:
        wanted *= 0.8
    return np.clip(np.ceil(wanted), 1, WIDEST - 2).astype(np.int64), is_coarser


def _filled(
    decoded: Decoded, cuts: _Cuts, size: Index, left: Index, foot: Index, shape: tuple[int, int]
) -> UInt8:
    """The picture with every rectangle cut out, and around each one more texel of its own border."""
    cleared = [decoded.album.is_seen_through(int(number)) for number in np.unique(cuts.picture)]
    pixels = np.full((*shape, 4 if any(cleared) else 3), 255, np.uint8)
    for number in np.unique(cuts.picture).tolist():
        mine = np.flatnonzero(cuts.picture == number)
        whole = decoded.album.size[number]
        share = (size[mine] / np.maximum((cuts.high - cuts.low)[mine] * whole, 1e-9)).max()
        image = decoded.pixels(number, int(np.ceil(min(share, 1.0) * whole.min())))
        for cut in mine.tolist():
            piece = _cut(image, cuts.low[cut], cuts.high[cut], int(cuts.wrap[cut]), *size[cut].tolist())
            _put(pixels, piece, int(left[cut]), int(foot[cut]))
    return pixels


def _put(pixels: UInt8, piece: UInt8, left: int, foot: int) -> None:
    """Put a piece (h, w, c), its lowest row first, into its place, with a border of its own."""
    height, width, channels = piece.shape
    around = np.pad(piece, ((1, 1), (1, 1), (0, 0)), "edge")
    pixels[foot : foot + height + 2, left : left + width + 2, :channels] = around


def _cut(image: UInt8, low: Float64, high: Float64, wrap: int, width: int, height: int) -> UInt8:
    """What of an image (top row first) lies between two corners, in so many texels, the lowest row first."""
    rows, columns, _ = image.shape
    (west, south), (east, north) = low.tolist(), high.tolist()
    if wrap in (WRAP, MIRROR) and (east > 1.001 or north > 1.001):
        return _repeated(image, low, high, wrap == MIRROR, width, height)
    x0, x1 = (min(max(x, 0.0), 1.0) * columns for x in (west, east))
    y0, y1 = (min(max(1 - y, 0.0), 1.0) * rows for y in (north, south))
    x0, x1 = _at_least_one(x0, x1, columns)
    y0, y1 = _at_least_one(y0, y1, rows)
    found = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR, (x0, y0, x1, y1))
    return np.asarray(found)[::-1]


def _at_least_one(begin: float, end: float, count: int) -> tuple[float, float]:
    """A stretch of an image no shorter than a pixel."""
    if end - begin >= 1:
        return begin, end
    middle = min(max((begin + end) / 2, 0.5), count - 0.5)
    return middle - 0.5, middle + 0.5


def _repeated(image: UInt8, low: Float64, high: Float64, mirrors: bool, width: int, height: int) -> UInt8:
    """The same where the image is repeated, every second one turned over if it `mirrors`."""
    rows, columns, _ = image.shape
    texels = np.array([width, height]) / np.maximum(high - low, 1e-9)  # of one image
    small = (_side(columns, float(texels[0])), _side(rows, float(texels[1])))
    if small != (columns, rows):
        image = np.asarray(Image.fromarray(image).resize(small, Image.Resampling.BOX))
    u = low[0] + (np.arange(width) + 0.5) / width * (high[0] - low[0])
    v = low[1] + (np.arange(height) + 0.5) / height * (high[1] - low[1])
    u, v = (np.where(np.floor(x) % 2 == 1, 1 - x % 1, x % 1) if mirrors else x % 1 for x in (u, v))
    column = np.minimum((u * small[0]).astype(np.int64), small[0] - 1)
    row = np.minimum(((1 - v) * small[1]).astype(np.int64), small[1] - 1)
    return np.asarray(image[row[:, None], column])


def _side(own: int, wanted: float) -> int:
    """The side of an image made smaller, but never larger."""
    return int(max(1, min(own, round(wanted))))


def _flat(corners: Float64, normals: Float64, counts: Index) -> Float64:
    """Places of corners in the hatched picture, as they lie in the planes of their polygons.

    What lies in one plane is hatched as one, unless it is much larger.
    """
    along = np.column_stack((-normals[:, 1], normals[:, 0], np.zeros(len(normals))))
    length = np.linalg.norm(along, axis=1, keepdims=True)
    along = np.where(length > 1e-3, along / np.maximum(length, 1e-9), (1.0, 0.0, 0.0))
    across = np.cross(normals, along)
    of = np.repeat(np.arange(len(counts)), counts)
    start = np.cumsum(counts) - counts
    away = corners - corners[0]
    flat = np.stack([np.einsum("ij,ij->i", away, axis[of]) for axis in (along, across)], axis=-1)
    low = np.minimum.reduceat(flat, start, axis=0)
    extent = (np.maximum.reduceat(flat, start, axis=0) - low).max(axis=1)
    half = HATCH_M / 2 * 2 ** np.ceil(np.log2(np.maximum(extent / (HATCH_M / 2), 1.0)))
    begin = np.floor(low / half[:, None]) * half[:, None]
    return np.asarray((flat - begin[of]) / (2 * half[of, None]))


def hatch(channels: int) -> UInt8:
    """Stripes that rise from the left to the right."""
    side = np.arange(HATCH_SIDE)
    dark = (side[:, None] - side) // HATCH_STRIPE % 2
    colors = np.array([[*tone, 255][:channels] for tone in HATCH], np.uint8)
    return np.asarray(colors[dark])
