"""The cache folder beside a project: arrays that can be made again, deletable at any time."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from layers.arrays import DRAWABLES, Drawable
from layers.errors import ProjectError, ReadError
from layers.lock import LOCK_NAME, WriterLock
from layers.stored import Damaged

#: Raised when the arrays change their meaning: older folders are then made again.
CACHE_VERSION = "3"
STAMP = "stamp.txt"
#: Below the arrays of a layer: the same, moved to where the layer is put.
PLACED = "placed"
STAGING = "staging-"
#: Work that was cut off waits so long for somebody to go on with it.
KEPT, KEPT_S = "kept-", 3 * 24 * 3600.0
WAIT_S = 0.1
UID = re.compile(r"[0-9a-f]{32}")


class CacheMissing(ProjectError):
    """The arrays of a layer are not in the cache and must be made again."""


def cache_folder(project: Path) -> Path:
    """`NAME.city.cache` for `NAME.city.gpkg`."""
    name = project.name.removesuffix(".gpkg").removesuffix(".city")
    return project.with_name(f"{name}.city.cache")


def layer_folder(project: Path, uid: str) -> Path:
    """Where the arrays of one layer lie."""
    return cache_folder(project) / uid


def save(folder: Path, drawable: Drawable, stamp: str) -> None:
    """Store the arrays; the stamp comes last, so that a half-written folder does not count."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    drawable.save(folder)
    put_stamp(folder, type(drawable).__name__, stamp)


def put_stamp(folder: Path, kind: str, stamp: str) -> None:
    """Declare the arrays in the folder whole: which class they make, and what they were made of."""
    (folder / STAMP).write_text(f"{_wanted(stamp)}\n{kind}\n", encoding="utf-8")


def _wanted(stamp: str) -> str:
    """What a folder must say to be used."""
    return f"{CACHE_VERSION} {stamp}"


def load(folder: Path, stamp: str) -> Drawable:
    """The arrays of a layer, mapped; CacheMissing when they are not there, out of date or damaged.

    They are those that were made of its source, or those that were moved from there to where they are put.
    """
    for place in (folder, folder / PLACED):
        kind = _kind_of(place, stamp)
        if kind in DRAWABLES:
            return _loaded(place, kind)
    raise CacheMissing("The drawing data of a layer must be made again", where=str(folder))


def made_of(folder: Path) -> str:
    """The stamp of the arrays that were made of a layer's source; '' where there are none to be used."""
    version, _, stamp = _stamped(folder)[0].partition(" ")
    return stamp if version == CACHE_VERSION else ""


def _stamped(folder: Path) -> tuple[str, str]:
    try:
        found, kind, _ = (folder / STAMP).read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError):
        return "", ""
    return found, kind


def _kind_of(folder: Path, stamp: str) -> str:
    """Which class the arrays in a folder make; '' where they are of another stamp."""
    found, kind = _stamped(folder)
    return kind if found == _wanted(stamp) else ""


def _loaded(folder: Path, kind: str) -> Drawable:
    try:
        drawable = DRAWABLES[kind].load(folder)
    except Damaged as error:
        raise CacheMissing(error.what, where=error.where, found=error.found) from error
    assert isinstance(drawable, Drawable)
    return drawable


def adopt(staged: Path, folder: Path) -> None:
    """Put arrays that the import process wrote in the place of what was there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=STAGING, dir=folder.parent))
    try:
        with suppress(FileNotFoundError):
            os.replace(folder, aside / folder.name)
        os.replace(staged, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def alone(folder: Path, wait: Callable[[], None]) -> Iterator[None]:
    """While nobody else makes the arrays of this layer; `wait` is called now and then until it is so."""
    while (lock := WriterLock.take(folder.with_name(f"{folder.name}.{LOCK_NAME}"))) is None:
        wait()
        time.sleep(WAIT_S)
    try:
        yield
    finally:
        lock.close()


@contextmanager
def staging(project: Path) -> Iterator[Path]:
    """A folder for work under way, gone afterwards; when this process is killed, `sweep` removes it."""
    parent = cache_folder(project)
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=parent))
    lock = None
    try:
        lock = WriterLock.take(folder / LOCK_NAME)
        yield folder
    finally:
        if lock:
            lock.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def kept(parent: Path, key: str) -> Iterator[Path | None]:
    """A folder for long work, there again when the work is cut off; None while another process has it."""
    folder = parent / f"{KEPT}{key}"
    lock = WriterLock.take(folder / LOCK_NAME)
    if lock is None:
        yield None
        return
    try:
        yield folder
    finally:
        lock.close()


def sweep(project: Path, layers: Collection[str]) -> None:
    """Remove what killed processes left: staging folders, old work, and arrays of no layer of the project."""
    for folder in cache_folder(project).glob("*/"):
        if folder.name.startswith(STAGING):
            is_left = _is_free(folder)
        elif folder.name.startswith(KEPT):
            is_left = time.time() - folder.stat().st_mtime > KEPT_S and _is_free(folder)
        else:
            is_left = bool(UID.fullmatch(folder.name)) and folder.name not in layers
        if is_left:
            shutil.rmtree(folder, ignore_errors=True)


def kept_folders(project: Path) -> list[Path]:
    """Folders of long work that was cut off, the latest first."""
    found = [folder for folder in cache_folder(project).glob(f"{KEPT}*/") if _is_free(folder)]
    return sorted(found, key=lambda folder: folder.stat().st_mtime, reverse=True)


def _is_free(folder: Path) -> bool:
    """Whether nobody is at work in a folder."""
    lock = WriterLock.take(folder / LOCK_NAME)
    if lock is None:
        return False
    lock.close()
    return True


def need_room(folder: Path, needed: float, what: str, which: str) -> None:
    """Refuse before anything is written where the disk has less than `needed` bytes left."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ReadError(
            f"There is not enough room on the disk {what}",
            where=str(folder),
            found=f"{free / 1e9:.1f} GB free",
            allowed=f"about {needed / 1e9:.1f} GB",
            do=f"Make room, or cut {which} to the area you need",
        )
