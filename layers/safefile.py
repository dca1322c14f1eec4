"""Writing files like one means it: all or nothing, nothing left lying about, and never onto a project."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from layers.errors import WriteError
from layers.schema import is_project

#: The middle of the name of a file that is being written; leftovers with it are removed.
MARK = ".citystrata-partial-"


def write_whole(path: Path, fill: Callable[[IO[bytes]], None]) -> None:
    """Make `path` hold what `fill` writes: after any interruption it is the old file or the new."""
    path = Path(path)
    _check(path)
    sweep(path)
    try:
        with _nameless(path) as file:
            if file is not None:
                fill(file)
                _flush(file)
                _publish(file, path)
                _flush_folder(path.parent)
                return
        with _named(path) as file:
            fill(file)
            _flush(file)
            os.replace(file.name, path)
        _flush_folder(path.parent)
    except OSError as error:
        raise _refused(path, error) from error


def write_by_path(path: Path, fill: Callable[[Path], None]) -> None:
    """As `write_whole`, for writers that want a path."""
    path = Path(path)
    try_out(path)
    partial = _partial(path)
    try:
        fill(partial)
        with open(partial, "rb+") as file:
            _flush(file)
        os.replace(partial, path)
        _flush_folder(path.parent)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def folder_of(path: Path) -> Iterator[None]:
    """Make the folder that a file is to lie in; where what is done then fails, it is removed again."""
    missing = [folder for folder in path.absolute().parents if not folder.exists()]
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException as error:
        for folder in missing:
            with suppress(OSError):  # it was not made, or something else lies in it by now
                folder.rmdir()
        if isinstance(error, OSError):
            raise _refused(path, error) from error
        raise


def try_out(path: Path) -> None:
    """Raise a WriteError where no file can be written, before anything else is done."""
    _check(path)
    sweep(path)
    try:
        with _named(path):
            pass
    except OSError as error:
        raise _refused(path, error) from error


def _check(path: Path) -> None:
    """Refuse what no file may take the place of."""
    if path.is_dir():
        raise WriteError("This is a folder, not a file", where=str(path))
    keep_project(path)


def keep_project(path: Path) -> None:
    """Refuse to put a file in the place of a project."""
    if is_project(path):
        raise WriteError(
            "This is a Citystrata project, which is never overwritten",
            where=str(path),
            do="Choose another name",
        )


def _refused(path: Path, error: OSError) -> WriteError:
    found = error.strerror or str(error)
    if isinstance(error, FileNotFoundError) and path.absolute().parent.is_dir():
        found = "files cannot be made in this folder"  # such as those of /proc
    return WriteError(
        "The file could not be written",
        where=str(path),
        found=found,
        do="What was there before is untouched; check the folder and the free space",
    )


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}{MARK}{secrets.token_hex(4)}{path.suffix}")


def sweep(path: Path) -> None:
    """Remove what an interrupted writing of this very file left."""
    try:
        for left in path.parent.glob(f".{_escaped(path.name)}{MARK}*"):
            left.unlink(missing_ok=True)
    except OSError:
        # Not ours to clean; the writing itself will say what is wrong.
        return


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


@contextmanager
def _nameless(path: Path) -> Iterator[IO[bytes] | None]:
    """A file without a name in the folder of `path`: a crash leaves nothing. None where unknown."""
    if not sys.platform.startswith("linux") or not Path("/proc/self/fd").is_dir():
        yield None
        return
    try:
        number = os.open(path.parent, os.O_TMPFILE | os.O_RDWR, 0o666)
    except OSError:
        yield None
        return
    with os.fdopen(number, "w+b") as file:
        yield file


def _publish(file: IO[bytes], path: Path) -> None:
    """Give a nameless file its name at once, or, where that is taken, by way of another name."""
    try:
        _give_name(file, path)
    except FileExistsError:
        partial = _partial(path)
        try:
            _give_name(file, partial)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _give_name(file: IO[bytes], path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # With a folder's number Python uses linkat(2), which can follow the link to a nameless file.
        os.link(f"/proc/self/fd/{file.fileno()}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


@contextmanager
def _named(path: Path) -> Iterator[IO[bytes]]:
    partial = _partial(path)
    try:
        with open(partial, "xb") as file:
            yield file
    finally:
        partial.unlink(missing_ok=True)


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
