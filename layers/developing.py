"""From the images that a stranger's file names to an album: opened with care, made smaller, encoded anew."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from layers.album import MISSING, MOST_SIDE, NONE, WRAPS, Album
from layers.arrays import UInt8
from layers.data import Progress, never_stop
from layers.looks import Look, Picture, path_within
from layers.report import Report
from layers.workers import cores

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")

#: What is opened; others of Pillow's formats ask programs of their own or are not found in city models.
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "TGA")
MOST_BYTES, MOST_PIXELS = 256 << 20, 80_000_000
#: Images that are worked on at a time: with all of that size memory still stays below the process's limit.
MOST_AT_ONCE = 4
#: Of so many pixels all pictures of a layer are kept together; where they have more, all are made smaller.
MOST_KEPT = 500_000_000
QUALITY = 90
THUMB = 64
MOST_NAMED = 5
NAME_LENGTH = 80
#: What Pillow raises on images that are not whole.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, IndexError, struct.error)


class NoPicture(ValueError):
    """Why there is no image: one of REASONS."""


REASONS = {
    "missing_picture": "not beside the file",
    "picture_outside": "outside the folder of the file, or not on this computer",
    "bad_picture": "damaged, too large, or of a kind that is not read",
}


@dataclass(frozen=True)
class Developed:
    """One image in our own encoding."""

    data: bytes
    size: tuple[int, int]


class Images:
    """The images of some looks, which lie in or below one folder."""

    def __init__(self, looks: Sequence[Look], folder: Path) -> None:
        self.pictures = list(dict.fromkeys(look.picture for look in looks if look.picture is not None))
        self._folder = folder
        self.faults: dict[Picture, str] = {}

    def thumbs(self, of: Collection[Picture]) -> dict[Picture, UInt8]:
        """Some of the images (h, w, 4), no side longer than THUMB; those not to be had are left out."""
        return self._each(self._thumb, of)

    def _thumb(self, picture: Picture) -> UInt8:
        image = _reduced(self._opened(picture, THUMB), THUMB)
        return np.asarray(image.convert("RGBA").resize(_within(image.size, THUMB), reducing_gap=2.0))

    def sizes(self) -> dict[Picture, tuple[int, int]]:
        """Width and height of each image."""
        return self._each(lambda picture: self._opened(picture, 1, look=True).size, self.pictures)

    def developed(self, side: int, progress: Progress = never_stop) -> dict[Picture, Developed]:
        """Each image in our own encoding, no side longer than `side`."""
        return self._each(lambda picture: self._developed(picture, side), self.pictures, progress)

    def _developed(self, picture: Picture, side: int) -> Developed:
        image = self._opened(picture, side)
        size = _within(image.size, side)
        image = _reduced(image, side)
        mode = "RGBA" if _is_seen_through(image) else "RGB"
        if image.mode != mode:
            image = image.convert(mode)
        if image.size != size:
            image = image.resize(size, reducing_gap=2.0)
        file = BytesIO()
        if mode == "RGBA":
            _filled(image).save(file, "PNG", compress_level=3)
        else:
            image.save(file, "JPEG", quality=QUALITY)
        return Developed(file.getvalue(), size)

    def _each(
        self,
        work: Callable[[Picture], T],
        of: Collection[Picture],
        progress: Progress = never_stop,
    ) -> dict[Picture, T]:
        """What `work` makes of each image, on all cores; why there is none is noted."""
        found: dict[Picture, T] = {}
        left = [picture for picture in of if picture not in self.faults]
        if not left:
            return found

        def tried(picture: Picture) -> T | str:
            try:
                return work(picture)
            except NoPicture as error:
                return str(error)

        with ThreadPoolExecutor(min(cores(), len(left), MOST_AT_ONCE)) as pool:
            for number, (picture, made) in enumerate(zip(left, pool.map(tried, left), strict=True)):
                progress(number / len(left), "pictures")
                if isinstance(made, str):
                    self.faults[picture] = made
                else:
                    found[picture] = made
        return found

    def _opened(self, picture: Picture, side: int, look: bool = False) -> Image:
        """An image, decoded no larger than is needed for sides of so many pixels."""
        from PIL import Image, UnidentifiedImageError

        data = picture.data or self._read(picture.path)
        try:
            image = Image.open(BytesIO(data), formats=FORMATS)
            width, height = image.size
            if width * height > MOST_PIXELS or not width or not height:
                raise NoPicture("bad_picture")
            if not look:
                if image.format == "JPEG":
                    image.draft("RGB", (side, side))
                image.load()
        except (UnidentifiedImageError, Image.DecompressionBombError, MemoryError, *BROKEN) as error:
            raise NoPicture("bad_picture") from error
        return image

    def _read(self, said: str) -> bytes:
        path = path_within(self._folder, said)
        if path is None:
            raise NoPicture("picture_outside")
        try:
            if not path.is_file():
                raise NoPicture("missing_picture")
            if path.stat().st_size > MOST_BYTES:
                raise NoPicture("bad_picture")
            return path.read_bytes()
        except OSError as error:
            raise NoPicture("missing_picture") from error

    def tell(self, report: Report, surfaces: dict[Picture, int]) -> None:
        """Say which images there are none of, and how many polygons are hatched for that."""
        for code, words in REASONS.items():
            names = [picture for picture, reason in self.faults.items() if reason == code]
            if names:
                count = sum(surfaces.get(picture, 0) for picture in names)
                some = ", ".join(
                    picture.path[-NAME_LENGTH:] or "one in the file" for picture in names[:MOST_NAMED]
                )
                more = "" if len(names) <= MOST_NAMED else " …"
                report.warn(
                    code,
                    "",
                    f"{len(names)} of {len(self.pictures)} images are {words}: {some}{more}."
                    f" {_surfaces(count)} drawn hatched in their place where materials and images are shown",
                    "unsupported",
                )


def _surfaces(count: int) -> str:
    return "One surface is" if count == 1 else f"{count:,} surfaces are"


def album_of(
    looks: Sequence[Look], themes: Sequence[str], images: Images, progress: Progress = never_stop
) -> Album:
    """The looks with their images."""
    found = images.developed(_side(list(images.sizes().values())), progress)
    number = {picture: at for at, picture in enumerate(found)}
    of_look = [NONE if look.picture is None else number.get(look.picture, MISSING) for look in looks]
    data = [each.data for each in found.values()]
    return Album(
        color=np.array([_color(look) for look in looks], np.uint8).reshape(-1, 3),
        opacity=np.array([1 - look.transparency for look in looks], np.float32),
        picture=np.array(of_look, np.int32),
        wrap=np.array([WRAPS.index(look.wrap) if look.wrap in WRAPS else 1 for look in looks], np.uint8),
        names=tuple(look.name[:NAME_LENGTH] for look in looks),
        themes=("", *themes),
        size=np.array([each.size for each in found.values()], np.int32).reshape(-1, 2),
        begin=np.cumsum([0, *map(len, data)], dtype=np.int64),
        data=np.frombuffer(b"".join(data), np.uint8),
    )


def _color(look: Look) -> list[int]:
    return [round(255 * min(max(part, 0.0), 1.0)) for part in look.color]


def _side(sizes: Sequence[tuple[int, int]]) -> int:
    """How long the sides of images may be so that all of them together are not too many pixels."""
    side = MOST_SIDE
    while side > THUMB and sum(np.prod(_within(size, side), dtype=np.int64) for size in sizes) > MOST_KEPT:
        side //= 2
    return side


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """A size made smaller, both sides alike, until neither side is longer than that."""
    scale = min(1.0, side / max(size))
    width, height = (max(1, round(each * scale)) for each in size)
    return width, height


def _filled(image: Image) -> Image:
    """An image whose places that are not seen take the mean colour of the others, for it shows at borders."""
    from PIL import Image

    pixels = np.array(image)
    clear = pixels[..., 3] == 0
    if clear.any() and not clear.all():
        pixels[clear, :3] = pixels[~clear][:, :3].mean(axis=0)
    return Image.fromarray(pixels)


def _reduced(image: Image, side: int) -> Image:
    """An image made smaller by a whole number, to no less than `side`: quickly, and in little memory."""
    factor = max(image.size) // side
    return image.reduce(factor) if factor > 1 and image.mode in ("RGB", "RGBA", "L") else image


def _is_seen_through(image: Image) -> bool:
    """Whether an image has places that are not to be seen."""
    if not (image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info):
        return False
    low, _high = image.convert("RGBA").getchannel("A").getextrema()
    return isinstance(low, int | float) and low < 255
