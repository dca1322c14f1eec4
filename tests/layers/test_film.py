"""Films: what was written is what a player shows, and what is interrupted leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from imageio_ffmpeg import read_frames

from layers.arrays import UInt8
from layers.errors import WriteError
from layers.film import write_film
from layers.pictures import read_png


def pictures(count: int = 5, width: int = 97, height: int = 61) -> Iterator[UInt8]:
    """A bright bar that goes from left to right over a fading ground."""
    for number in range(count):
        picture = np.empty((height, width, 3), np.uint8)
        picture[:] = np.linspace(20, 120, width).astype(np.uint8)[:, None]
        picture[:, number * 16 : number * 16 + 16] = (220, 200, 180)
        yield picture


def interrupted() -> Iterator[UInt8]:
    yield from pictures(2)
    raise KeyboardInterrupt


def test_a_film_shows_the_pictures_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "bar.mp4"
    assert write_film(path, pictures(), 10.0) == 5
    shown = read_frames(str(path))
    about = next(shown)
    assert isinstance(about, dict)
    assert about["size"] == (98, 62)  # the format wants even numbers
    assert about["fps"] == 10.0 and about["codec"] == "h264"
    frames = [
        np.frombuffer(frame, np.uint8).reshape(62, 98, 3) for frame in shown if isinstance(frame, bytes)
    ]
    assert len(frames) == 5
    for frame, picture in zip(frames, pictures(), strict=True):
        assert np.abs(frame[:61, :97].astype(int) - picture).mean() < 4.0


def test_a_folder_holds_the_pictures_themselves(tmp_path: Path) -> None:
    folder = tmp_path / "bar"
    for count in (5, 3):  # another time-lapse takes the place of the first
        assert write_film(folder, pictures(count)) == count
        files = sorted(folder.iterdir())
        assert [file.name for file in files] == [f"frame-{number:04d}.png" for number in range(1, count + 1)]
        for file, picture in zip(files, pictures(count), strict=True):
            assert (read_png(file) == picture).all()


@pytest.mark.parametrize("name", ["bar.mp4", "bar"])
def test_what_is_interrupted_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_film(tmp_path / name, interrupted())
    assert list(tmp_path.iterdir()) == []
    write_film(tmp_path / name, pictures(4))
    before = sorted((file.name, file.stat().st_size) for file in tmp_path.rglob("*.*"))
    with pytest.raises(KeyboardInterrupt):
        write_film(tmp_path / name, interrupted())
    assert sorted((file.name, file.stat().st_size) for file in tmp_path.rglob("*.*")) == before


def test_no_pictures_and_wrong_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="without pictures"):
        write_film(tmp_path / "none.mp4", [])
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(WriteError, match="not a folder"):
        write_film(tmp_path / "taken", pictures())
    with pytest.raises(WriteError):
        write_film(tmp_path / "no" / "such" / "folder.mp4", pictures())
