"""Arrays in files: written piece by piece, mapped only when they are what their headers say."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from layers.errors import ProjectError


class Damaged(ProjectError):
    """A file of arrays is not as it was written."""


class Stored:
    """A frozen dataclass of arrays and short text tuples that the cache folder can hold."""

    def save(self, folder: Path) -> None:
        """Write every field as one file in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if value is not None:
                array = np.asarray(value)
                write(array_path(folder, item.name), len(array), [array])

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map the arrays of `folder` into memory without reading them."""
        values: dict[str, Any] = {}
        for item in fields(cls):  # type: ignore[arg-type]
            path = array_path(folder, item.name)
            if not path.exists():
                values[item.name] = None
                continue
            array = mapped(path)
            is_words = array.dtype.kind == "U" and "tuple" in str(item.type)
            values[item.name] = tuple(str(word) for word in array) if is_words else array
        return cls(**values)


def array_path(folder: Path, name: str) -> Path:
    """The file of one array in a folder."""
    return folder / f"{name}.npy"


def write(path: Path, rows: int, pieces: Iterable[NDArray[Any]]) -> None:
    """Write an array of so many rows that comes in pieces, at least one."""
    with path.open("wb") as file:
        written = 0
        for piece in pieces:
            if not file.tell():
                head = {"descr": npy.dtype_to_descr(piece.dtype), "fortran_order": False}
                npy.write_array_header_1_0(file, {**head, "shape": (rows, *piece.shape[1:])})
            # Unlike `ndarray.tofile` this names the reason when the disk is full.
            file.write(np.ascontiguousarray(piece).data.cast("B") if piece.size else b"")
            written += len(piece)
        assert written == rows


def mapped(path: Path) -> NDArray[Any]:
    """The array in a file, its size checked before it is mapped."""
    try:
        found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, OverflowError) as error:
        raise Damaged("The drawing data could not be read", where=str(path), found=str(error)) from error
    return found


def let_go(array: NDArray[Any]) -> None:
    """Give back the memory of what was read of a mapped array; it comes again when it is needed."""
    if isinstance(array.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        array.base.madvise(mmap.MADV_DONTNEED)
