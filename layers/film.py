"""Pictures one after the other, as a file: an MP4, or a folder of numbered PNGs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import UInt8
from layers.errors import WriteError
from layers.pictures import write_png
from layers.safefile import MARK, write_by_path

if TYPE_CHECKING:
    from collections.abc import Generator

MP4 = ".mp4"
FRAME = "frame-{:04d}.png"
#: Of 0, the worst, to 10: hardly to be told from the pictures themselves.
QUALITY = 8.0


def write_film(path: Path, pictures: Iterable[UInt8], frames_per_second: float = 12.0) -> int:
    """Write pictures (h, w, 3) of one size: H.264 where the path ends in .mp4, else PNGs in a folder.

    They are written as they come. What is interrupted leaves nothing. Gives how many there were.
    """
    counted = _Counted(pictures)
    if path.suffix.lower() == MP4:
        write_by_path(path, lambda partial: _encode(partial, iter(counted), frames_per_second))
    else:
        with _new_folder(path) as folder:
            for number, picture in enumerate(counted, 1):
                write_png(folder / FRAME.format(number), picture)
    return counted.count


class _Counted:
    """Counts what passes through it."""

    def __init__(self, pictures: Iterable[UInt8]) -> None:
        self._pictures, self.count = pictures, 0

    def __iter__(self) -> Iterator[UInt8]:
        for picture in self._pictures:
            self.count += 1
            yield picture


def _encode(path: Path, pictures: Iterator[UInt8], frames_per_second: float) -> None:
    """Hand pictures to ffmpeg, a program of its own that comes with `imageio-ffmpeg`."""
    # Loaded when it is needed: nothing else needs it.
    from imageio_ffmpeg import write_frames

    first = next(pictures, None)
    if first is None:
        raise WriteError("A film without pictures cannot be written", where=str(path))
    height, width, _ = first.shape
    even = width + width % 2, height + height % 2  # as the format wants it
    # The head comes first, so that players can begin before all is loaded.
    encoder: Generator[None, object, None] = write_frames(
        str(path),
        even,
        fps=frames_per_second,
        quality=QUALITY,
        codec="libx264",
        macro_block_size=1,
        ffmpeg_log_level="error",
        output_params=["-movflags", "+faststart"],
    )
    encoder.send(None)
    try:
        for picture in chain((first,), pictures):
            padded = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            encoder.send(np.ascontiguousarray(padded))
    finally:
        encoder.close()


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `path` once it is whole; frames that lie there go."""
    if path.exists() and not path.is_dir():
        raise WriteError("This is a file, not a folder", where=str(path), do="Choose another name")
    partial = path.with_name(f".{path.name}{MARK}frames")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        yield partial
        if path.is_dir():
            for old in frames_in(path):
                old.unlink()
            for new in frames_in(partial):
                new.replace(path / new.name)
        else:
            partial.replace(path)
    except OSError as error:
        raise WriteError("The folder could not be written", where=str(path), found=str(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def frames_in(folder: Path) -> list[Path]:
    """The numbered pictures in a folder."""
    return sorted(folder.glob("frame-*.png"))
