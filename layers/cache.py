"""The cache folder beside a project: arrays that can be made again, deletable at any time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from layers.arrays import DRAWABLES, Drawable
from layers.errors import ProjectError

#: Raised when the arrays change their meaning: older folders are then made again.
CACHE_VERSION = "1"
STAMP = "stamp.txt"


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
    (folder / STAMP).write_text(stamp_text(stamp), encoding="utf-8")


def load(folder: Path, kind: str, stamp: str) -> Drawable:
    """The arrays of a layer, mapped; CacheMissing when they are not there or are out of date."""
    try:
        found = (folder / STAMP).read_text(encoding="utf-8")
    except OSError:
        found = ""
    if found != stamp_text(stamp):
        raise CacheMissing("The drawing data of a layer must be made again", where=str(folder))
    drawable = DRAWABLES[kind].load(folder)
    assert isinstance(drawable, Drawable)
    return drawable


def adopt(staged: Path, folder: Path) -> None:
    """Move arrays that the import process wrote into the cache."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        os.replace(staged, folder)
    except OSError:
        shutil.move(staged, folder)


def stamp_text(stamp: str) -> str:
    """What a folder must say to be used."""
    return f"{CACHE_VERSION} {stamp}"
