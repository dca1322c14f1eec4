"""The looks of a layer as they are drawn, and their pictures: kept in an encoding of our own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Self

import numpy as np

from layers.looks import CLEAR
from layers.stored import NOT_STORED, Damaged, Float32, Int32, Int64, Stored, UInt8

#: Where the album lies in the folder of what it belongs to.
ALBUM = "album"
#: What `Album.picture` says of a look without an image, and of one whose image is not to be had.
NONE, MISSING = -1, -2
#: How an image goes on beyond its borders (CityGML 2.0, 9.4); `Album.wrap` is the position in here.
WRAPS = ("none", "wrap", "mirror", "clamp", "border")
#: How the pictures that cannot be seen through begin; others are PNG.
JPEG = b"\xff\xd8"
#: No side of a picture in an album is longer.
MOST_SIDE = 4096


@dataclass(frozen=True)
class Album(Stored):
    """Looks, and pictures that follow one another as JPEG (or PNG, where they can be seen through)."""

    color: UInt8  # (k, 3) diffuse or base colour
    opacity: Float32  # (k,) 0 … 1
    picture: Int32  # (k,) number of the picture, NONE or MISSING
    wrap: UInt8  # (k,) into WRAPS
    names: tuple[str, ...]  # (k,)
    themes: tuple[str, ...]  # of the columns of looks; [0] == "" is what is drawn unless one is asked for
    size: Int32  # (p, 2) width and height in pixels
    begin: Int64  # (p + 1,) first byte of each picture
    data: UInt8  # (b,)

    def is_whole(self) -> bool:
        """Whether the arrays fit each other."""
        looks, pictures = len(self.color), len(self.size)
        of_looks = (self.opacity, self.picture, self.wrap, self.names)
        return (
            all(len(each) == looks for each in of_looks)
            and self.color.shape == (looks, 3)
            and self.begin.shape == (pictures + 1,)
            and self.size.shape == (pictures, 2)
            and bool((np.diff(self.begin) >= 0).all() and self.begin[-1] == len(self.data))
            and not (pictures and not 0 < self.size.min() <= self.size.max() <= MOST_SIDE)
            and bool((self.picture < pictures).all() and (self.wrap < len(WRAPS)).all())
        )

    @property
    def shown(self) -> UInt8:
        """(k, 3) colours that looks are drawn in, see `Look.shown`."""
        clear = (1 - np.clip(self.opacity, 0, 1))[:, None]
        mixed = self.color + (255 * np.array(CLEAR, np.float32) - self.color) * clear
        return np.asarray((mixed + 0.5).astype(np.uint8))

    @property
    def has_pictures(self) -> bool:
        """Whether there is an image to be laid over anything."""
        return len(self.size) > 0

    def is_seen_through(self, number: int) -> bool:
        """Whether a picture has places that are not to be seen."""
        begin = int(self.begin[number])
        return bytes(self.data[begin : begin + len(JPEG)]) != JPEG

    def encoded(self, number: int) -> bytes:
        """A picture as the bytes of a JPEG or PNG file."""
        return bytes(self.data[self.begin[number] : self.begin[number + 1]])

    def pixels(self, number: int, least: int = MOST_SIDE) -> UInt8:
        """A picture (h, w, 3), or (h, w, 4) where it can be seen through, the top row first.

        It may be given smaller, by a half, a quarter or an eighth, but neither side below `least` pixels.
        """
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(BytesIO(self.encoded(number)), formats=("JPEG", "PNG")) as image:
                if image.size != tuple(self.size[number].tolist()):
                    raise Damaged("A picture is not as it was written", found=f"picture {number}")
                if image.format == "JPEG":
                    image.draft("RGB", (least, least))
                return np.asarray(image.convert("RGBA" if image.mode == "RGBA" else "RGB"))
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise Damaged("A picture could not be read", found=str(error)) from error


@dataclass(frozen=True)
class Illustrated(Stored):
    """Arrays that may come with an album."""

    album: Album | None = field(default=None, kw_only=True, metadata=NOT_STORED)

    def save(self, folder: Path) -> None:
        """Write the arrays, and the album into a folder of its own below them."""
        super().save(folder)
        if self.album is not None:
            self.album.save(folder / ALBUM)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map the arrays, and those of the album."""
        found = super().load(folder)
        below = folder / ALBUM
        return replace(found, album=Album.load(below)) if below.is_dir() else found
