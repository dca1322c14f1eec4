"""The cache folder: whatever happens to it, the project is unharmed and the arrays are made again."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from layers import importing
from layers.arrays import CITY_ROWS, CityTiles
from layers.cache import CacheMissing, cache_folder, layer_folder
from layers.data import Progress
from layers.errors import CitystrataError, EditError, ReadError
from layers.project import Project
from layers.request import Answer, Request
from tests.boxes import some_boxes, write_boxes
from tests.cities import answered_here, import_here, imported_here


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a small city, closed."""
    folder = tmp_path_factory.mktemp("boxes")
    with Project.create(folder / "boxes.city.gpkg") as project:
        import_here(project, write_boxes(folder / "boxes.city.jsonl", some_boxes(400)))
    return folder / "boxes.city.gpkg"


@pytest.fixture
def project(boxes: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of it, open."""
    shutil.copytree(cache_folder(boxes), cache_folder(tmp_path / boxes.name))
    with Project.open(Path(shutil.copy(boxes, tmp_path))) as opened:
        yield opened


def tiles_of(project: Project) -> CityTiles:
    tiles = project.drawable(project.layers[0])
    assert isinstance(tiles, CityTiles)
    return tiles


def folder_of(project: Project) -> Path:
    return layer_folder(project.path, project.layers[0].uid)


#: The arrays of a city whose objects have no looks.
HELD = [name for name, rows in CITY_ROWS.items() if not rows.of_looks]


def contents(tiles: CityTiles) -> dict[str, object]:
    return {name: np.asarray(getattr(tiles, name)).tolist() for name in (*HELD, "type_names", "square")}


def is_made_again(project: Project, before: dict[str, object]) -> bool:
    with pytest.raises(CacheMissing):
        project.drawable(project.layers[0])
    with imported_here():
        importing.rebuild(project, project.layers[0])
    return contents(tiles_of(project)) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps files that are in use")
def test_what_is_shown_stays_when_the_folder_is_deleted(project: Project) -> None:
    shown = tiles_of(project)
    before = contents(tiles_of(project))
    shutil.rmtree(cache_folder(project.path))
    assert contents(shown) == before
    assert is_made_again(project, before)
    with project.edit("Note") as edit:
        edit.set_attribute(project.layers[0].first_fid, "note", "still writable")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps files that are in use")
def test_there_is_one_writer_even_when_the_folder_is_deleted(project: Project) -> None:
    fid = project.layers[0].first_fid
    shutil.rmtree(cache_folder(project.path))
    with project.edit("Note") as edit:
        edit.set_attribute(fid, "note", "the lock is taken again")
    with Project.open(project.path) as second:
        assert second.read_only
    shutil.rmtree(cache_folder(project.path))
    with Project.open(project.path) as second, pytest.raises(EditError, match="open for writing elsewhere"):
        assert not second.read_only
        project.undo()
    assert project.undo() is not None


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def no_array(path: Path) -> None:
    path.write_bytes(b"PNG" * 100)


def of_another_city(path: Path) -> None:
    np.save(path, np.load(path)[:-1])


def of_another_kind(path: Path) -> None:
    np.save(path, np.load(path).astype(np.complex128))


def of_objects(path: Path) -> None:
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)


@pytest.mark.parametrize(
    "damage", [cut_in_half, emptied, no_array, of_another_city, of_another_kind, of_objects, Path.unlink]
)
def test_damaged_arrays_are_made_again(project: Project, damage: Callable[[Path], None]) -> None:
    before = contents(tiles_of(project))
    for name in HELD:
        path = folder_of(project) / f"{name}.npy"
        kept = path.read_bytes()
        damage(path)
        with pytest.raises(CacheMissing):
            project.drawable(project.layers[0])
        path.write_bytes(kept)
    damage(folder_of(project) / "vertices.npy")
    assert is_made_again(project, before)


@pytest.mark.parametrize("stamp", [None, b"", b"\\xff\\xfe", b"1 {rest}", b"{first}Grid\\n"])
def test_arrays_without_their_stamp_are_made_again(project: Project, stamp: bytes | None) -> None:
    before = contents(tiles_of(project))
    path = folder_of(project) / "stamp.txt"
    was = path.read_bytes()
    if stamp is None:
        path.unlink()
    else:
        first = was.splitlines(keepends=True)[0]
        path.write_bytes(stamp.replace(b"{rest}", was.split(b" ", 1)[1]).replace(b"{first}", first))
    assert is_made_again(project, before)


def test_a_project_of_before_tiles_is_drawn_as_tiles(project: Project) -> None:
    """Its rows name the class that the cache held then; the folder says what it holds now."""
    before = contents(tiles_of(project))
    with closing(sqlite3.connect(project.path)) as connection, connection:
        connection.execute("UPDATE layer SET drawable = 'Mesh'")
    with Project.open(project.path, read_only=True) as opened:
        assert contents(tiles_of(opened)) == before


def test_two_who_need_the_same_arrays_make_them_once(project: Project) -> None:
    before = contents(tiles_of(project))
    shutil.rmtree(folder_of(project))
    imports: list[Path] = []
    errors: list[CitystrataError] = []

    def counted(request: Request, progress: Progress) -> AbstractContextManager[Answer]:
        imports.append(Path(request.path))
        return answered_here(request, progress)

    def make() -> None:
        try:
            with Project.open(project.path, read_only=True) as mine:
                importing.rebuild(mine, mine.layers[0])
        except CitystrataError as error:
            errors.append(error)

    with patch.object(importing, "answered", counted):
        threads = [threading.Thread(target=make) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(imports), errors) == (1, [])
    assert contents(tiles_of(project)) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("room", [0, 40_000])
def test_a_full_disk_is_one_sentence_and_harms_nothing(project: Project, room: int) -> None:
    """Files that may not grow stand for a disk that is full, at several moments of the work."""
    before = contents(tiles_of(project))
    rows = project.query("SELECT * FROM object")
    shutil.rmtree(folder_of(project))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(ReadError) as told:
            importing.rebuild(project, project.layers[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\\n" not in told.value.sentence() and "free space" in told.value.sentence()
    assert not list(cache_folder(project.path).glob("staging-*"))
    assert project.query("SELECT * FROM object") == rows
    assert is_made_again(project, before)
