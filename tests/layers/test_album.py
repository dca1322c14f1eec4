"""Images on their way into the cache: found beside the file alone, told when missing, never too large."""

from __future__ import annotations

import os
import random
import shutil
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layers import album as albums
from layers import cache, developing
from layers.album import MISSING, Album
from layers.arrays import CityTiles
from layers.developing import Images, album_of
from layers.importing import import_files, rebuild
from layers.looks import Look, Picture
from layers.project import Project
from layers.stored import Damaged
from tests.cities import import_here, imported_here, raw_models
from tests.conftest import real
from tests.dressed import QUARTERS, write_image, write_wall


def look(path: str) -> Look:
    return Look(picture=Picture(path), name=path)


def bomb() -> bytes:
    """A PNG that says it has 3.6 thousand million pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    parts = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    write_image(inside / "fine.png")
    write_image(tmp_path / "outside.png")
    (inside / "text.png").write_text("not an image")
    (inside / "bomb.png").write_bytes(bomb())
    (inside / "cut.png").write_bytes((inside / "fine.png").read_bytes()[:90])
    (inside / "page.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    (inside / "link.png").symlink_to(tmp_path / "outside.png")
    os.mkfifo(inside / "pipe.png")
    return inside


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("gone.png", "missing_picture"),
        ("", "picture_outside"),
        (".", "missing_picture"),
        ("pipe.png", "missing_picture"),
        ("../outside.png", "picture_outside"),
        ("a/../../outside.png", "picture_outside"),
        ("/etc/passwd", "picture_outside"),
        ("\\\\server\\share\\a.png", "picture_outside"),
        ("C:\\a.png", "picture_outside"),
        ("file:///etc/passwd", "picture_outside"),
        ("https://example.org/a.png", "picture_outside"),
        ("link.png", "picture_outside"),
        ("fine.png\0", "picture_outside"),
        ("a" * 5000, "missing_picture"),
        ("text.png", "bad_picture"),
        ("cut.png", "bad_picture"),
        ("bomb.png", "bad_picture"),
        ("page.eps", "bad_picture"),
    ],
)
def test_what_is_no_image_beside_the_file_is_told(folder: Path, path: str, code: str) -> None:
    looks = [look(path), look("fine.png")]
    images = Images(looks, folder)
    album = album_of(looks, (), images)
    assert album.picture.tolist() == [MISSING, 0]
    assert images.faults == {Picture(path): code}


def test_an_image_comes_out_as_it_went_in(folder: Path) -> None:
    album = album_of([look("fine.png")], (), Images([look("fine.png")], folder))
    pixels = album.pixels(0)
    assert pixels.shape == (64, 64, 3)
    found = [pixels[16 + 32 * (n // 2), 16 + 32 * (n % 2)].tolist() for n in range(4)]
    assert np.allclose(found, QUARTERS, atol=6)
    assert album.encoded(0).startswith(b"\xff\xd8") and not album.is_seen_through(0)


def test_an_image_in_the_file_itself_needs_no_folder(tmp_path: Path) -> None:
    data = write_image(tmp_path / "a.png").read_bytes()
    own = Look(picture=Picture(data=data))
    album = album_of([own], (), Images([own], tmp_path / "nowhere"))
    assert album.size.tolist() == [[64, 64]]


def test_what_can_be_seen_through_stays_so(tmp_path: Path) -> None:
    image = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    image.paste((200, 100, 50, 255), (0, 0, 20, 20))
    image.save(tmp_path / "leaf.png")
    album = album_of([look("leaf.png")], (), Images([look("leaf.png")], tmp_path))
    pixels = album.pixels(0)
    assert album.is_seen_through(0) and pixels[10, 10].tolist() == [200, 100, 50, 255]
    assert pixels[10, 30].tolist() == [200, 100, 50, 0]  # the colour shows where texels are mixed


def test_large_images_are_made_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        write_image(tmp_path / f"{number}.png", 256)
    looks = [look(f"{number}.png") for number in range(3)]
    monkeypatch.setattr(developing, "MOST_KEPT", 3 * 128 * 128)
    monkeypatch.setattr(developing, "MOST_SIDE", 512)
    album = album_of(looks, (), Images(looks, tmp_path))
    assert album.size.tolist() == [[128, 128]] * 3


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "TGA", "WEBP"])
@pytest.mark.filterwarnings("ignore")  # Pillow's own, about what is damaged
def test_damaged_images_are_told_or_read(form: str) -> None:
    file = BytesIO()
    Image.effect_noise((40, 30), 90).convert("RGB").save(file, form)
    rng, whole = random.Random(form), file.getvalue()
    for _ in range(60):
        data = bytearray(whole[: rng.randrange(1, len(whole))] if rng.random() < 0.3 else whole)
        for _ in range(rng.choice((1, 2, 9))):
            data[rng.randrange(min(len(data), rng.choice((64, len(data)))))] = rng.randrange(256)
        own = Look(picture=Picture(data=bytes(data)))
        images = Images([own], Path("nowhere"))
        album = album_of([own], (), images)
        assert album.has_pictures or images.faults == {own.picture: "bad_picture"}


def test_damaged_albums_are_not_taken(folder: Path, tmp_path: Path) -> None:
    album_of([look("fine.png")], (), Images([look("fine.png")], folder)).save(tmp_path / "album")
    assert Album.load(tmp_path / "album").pixels(0).shape == (64, 64, 3)
    for name, value in (
        ("begin", np.array([0, 7])),
        ("begin", np.array([5, 0])),
        ("picture", np.array([1], np.int32)),
        ("wrap", np.array([9], np.uint8)),
        ("size", np.array([[64, albums.MOST_SIDE + 1]], np.int32)),
        ("color", np.zeros((2, 3), np.uint8)),
    ):
        path = tmp_path / "album" / f"{name}.npy"
        kept = path.read_bytes()
        np.save(path, value)
        with pytest.raises(Damaged):
            Album.load(tmp_path / "album")
        path.write_bytes(kept)
    data = np.load(tmp_path / "album" / "data.npy")
    data[: len(data) // 2] = 0
    np.save(tmp_path / "album" / "data.npy", data)
    with pytest.raises(Damaged):
        Album.load(tmp_path / "album").pixels(0)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    write_image(tmp_path / "town" / "wall.png")
    path = write_wall(tmp_path / "town" / "wall.city.json")
    with Project.create(tmp_path / "p.city.gpkg") as made, imported_here():
        import_files(made, [path])
        yield made


def tiles_of(project: Project) -> CityTiles:
    tiles = project.drawable(project.layers[0])
    assert isinstance(tiles, CityTiles)
    return tiles


def test_polygons_and_blocks_have_the_mean_colour_of_their_image(project: Project) -> None:
    tiles = tiles_of(project)
    assert tiles.surface_tone is not None and tiles.block_tone is not None
    mean = np.mean(QUARTERS, axis=0)
    assert np.allclose(tiles.surface_tone[0, 0], mean, atol=12)
    assert np.allclose(
        tiles.block_tone[0, 0, 1], [*mean, 255], atol=12
    )  # it is a side, all of which has a look
    assert tiles.block_tone[0, 0, 0, 3] == 0  # of a top there is none


def test_images_are_found_again_when_the_cache_is_gone(project: Project) -> None:
    before = tiles_of(project).album
    shutil.rmtree(cache.layer_folder(project.path.absolute(), project.layers[0].uid))
    with imported_here():
        rebuild(project, project.layers[0])
    after = tiles_of(project).album
    assert before is not None and after is not None
    assert after.encoded(0) == before.encoded(0)


def test_images_of_tiles_lie_beside_each_tile(tmp_path: Path) -> None:
    for name in ("north", "south"):
        write_image(tmp_path / "city" / name / "wall.png", 64 if name == "north" else 32)
        path = write_wall(tmp_path / "city" / name / f"{name}.city.json")
        path.write_text(path.read_text().replace('"wall":', f'"{name}":'))
    with Project.create(tmp_path / "p.city.gpkg") as made, imported_here():
        import_files(made, [tmp_path / "city"])
        tiles = tiles_of(made)
        assert tiles.album is not None and not made.layers[0].report["warnings"]
        assert sorted(tiles.album.size.tolist()) == [[32, 32], [64, 64]]


def test_missing_images_of_a_real_file_are_counted(tmp_path: Path) -> None:
    path = real("cityjson/delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json")
    (model,) = raw_models(path)
    images = [texture["image"] for texture in model["appearance"]["textures"]]
    there = {number for number, image in enumerate(images) if (path.parent / image).exists()}
    hatched = 0
    for item in model["CityObjects"].values():
        for geometry in item["geometry"]:
            for theme in geometry["texture"].values():
                outer = (polygon[0][0] for polygon in theme["values"])
                hatched += sum(texture is not None and texture not in there for texture in outer)
    assert (len(there), len(images)) == (3, 148)
    with Project.create(tmp_path / "p.city.gpkg") as made:
        import_here(made, path)
        (warning,) = (w for w in made.layers[0].report["warnings"] if w["code"] == "missing_picture")
        assert warning["text"].startswith("145 of 148 images are not beside the file: ")
        assert f" {hatched:,} surfaces are drawn hatched" in warning["text"]
        assert made.layers[0].report["dropped"] == 0
