"""Arrays in files: written piece by piece, mapped only when they are what their headers say."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from layers.errors import ProjectError

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]

#: Moves points between two CRSs: (n, 3) float64 to (n, 3) float64.
Mover = Callable[[Float64], Float64]

#: Metadata of a field that is not saved: whoever loads the others sets it.
NOT_STORED: Mapping[str, bool] = MappingProxyType({"stored": False})


class Damaged(ProjectError):
    """A file of arrays is not as it was written."""


class Stored:
    """A frozen dataclass of arrays and short text tuples that the cache folder can hold."""

    def save(self, folder: Path) -> None:
        """Write every field as one file in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for item in _stored_fields(type(self)):
            value = getattr(self, item.name)
            if value is not None:
                array = np.asarray(value)
                write(array_path(folder, item.name), len(array), [array])

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map the arrays of `folder` into memory without reading them."""
        found = cls(**{item.name: _value(folder, item) for item in _stored_fields(cls)})
        if not found.is_whole():
            raise Damaged("The drawing data do not fit together", where=str(folder))
        return found

    def is_whole(self) -> bool:
        """Whether the arrays can belong together, as far as can be told without reading them."""
        return True


def _stored_fields(kind: type[Stored]) -> Iterator[Field[Any]]:
    for item in fields(kind):  # type: ignore[arg-type]  # every kind is a dataclass, Stored itself is none
        if item.metadata.get("stored", True):
            yield item


def _value(folder: Path, item: Field[Any]) -> NDArray[Any] | tuple[str, ...] | None:
    path = array_path(folder, item.name)
    if item.default is not MISSING and not path.exists():
        return None
    array = mapped(path)
    return tuple(map(str, array)) if str(item.type).startswith("tuple") else array


def array_path(folder: Path, name: str) -> Path:
    """The file of one array in a folder."""
    return folder / f"{name}.npy"


def write(path: Path, rows: int, pieces: Iterable[NDArray[Any]]) -> None:
    """Write an array of so many rows that comes in pieces, at least one."""
    with path.open("wb") as file:
        for piece in pieces:
            if not file.tell():
                head = {"descr": npy.dtype_to_descr(piece.dtype), "fortran_order": False}
                npy.write_array_header_1_0(file, {**head, "shape": (rows, *piece.shape[1:])})
            # Unlike `ndarray.tofile` this names the reason when the disk is full.
            file.write(np.ascontiguousarray(piece).view(np.uint8).data if piece.size else b"")


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
