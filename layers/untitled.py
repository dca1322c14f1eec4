"""Projects that have no name yet, and giving a project a name by copying it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from layers.cache import cache_folder
from layers.errors import ProjectError, WriteError
from layers.lock import LOCK_NAME, WriterLock
from layers.project import ENDING, Project


def create_untitled(folder: Path) -> Project:
    """A new project in the folder of untitled ones."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"Untitled {datetime.now():%Y-%m-%d %H.%M.%S}"
    path, number = folder / f"{stem}{ENDING}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem} {number}{ENDING}"
    return Project.create(path)


def untitled_projects(folder: Path) -> list[Path]:
    """The untitled projects that no window has open, the latest first."""
    found = []
    for path in folder.glob(f"*{ENDING}"):
        with suppress(FileNotFoundError):  # another thread, or program, may just delete it
            if _is_free(path):
                found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found, reverse=True)]


def has_edits(project: Project) -> bool:
    """Whether an object was edited or a result kept, so that losing the project would lose work."""
    return bool(project.query("SELECT 1 FROM change WHERE tab IN ('object', 'result') LIMIT 1"))


def copy_project(project: Project, path: Path) -> None:
    """Write all of a project, its journal and its drawing data to another file; never half of it."""
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        project.query("VACUUM INTO ?", (str(part),))
        shutil.rmtree(cache_folder(path), ignore_errors=True)
        ignored = shutil.ignore_patterns(LOCK_NAME)
        shutil.copytree(cache_folder(project.path), cache_folder(path), ignore=ignored)
        part.replace(path)
    except (OSError, shutil.Error, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise WriteError(
            "The project could not be copied",
            where=str(path),
            found=str(error),
            do="Check the folder and the free space, then try again",
        ) from error


def move_project(source: Path, target: Path) -> None:
    """Give a closed project another name; refuses to overwrite."""
    refuse_to_overwrite(target)
    shutil.rmtree(cache_folder(target), ignore_errors=True)
    cache_folder(source).replace(cache_folder(target))
    source.replace(target)


def refuse_to_overwrite(path: Path) -> None:
    """Say so when there is a file where a project should be made."""
    if path.exists():
        raise ProjectError("There is a file of that name already", where=str(path), do="Choose another name")


def delete_project(path: Path) -> None:
    """Delete a closed project with its cache folder."""
    if not _is_free(path):
        raise ProjectError("This project is open elsewhere", where=str(path), do="Close it there first")
    for extra in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        extra.unlink(missing_ok=True)
    shutil.rmtree(cache_folder(path), ignore_errors=True)


def _is_free(path: Path) -> bool:
    """Whether no window holds the project open for writing."""
    lock = WriterLock.take(cache_folder(path) / LOCK_NAME)
    if lock is None:
        return False
    lock.close()
    return True
