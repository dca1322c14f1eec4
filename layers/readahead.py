"""Parts of mapped files read ahead in a thread, so that who looks at them next need not wait for a disk."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Rows `first` to `last` of a mapped array.
Part = tuple[NDArray[Any], int, int]

#: Bytes read at once: a disk is fastest so, and a thread that is no longer wanted ends soon.
AT_ONCE = 1 << 20


class ReadAhead:
    """Has the system fetch parts of files; each part goes by a key of the caller's."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._parts: dict[Hashable, Future[None]] = {}

    def want(self, key: Hashable, parts: Iterable[Part]) -> None:
        """Begin to fetch these parts, unless they were asked for before."""
        if key not in self._parts:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="reading ahead")
            self._parts[key] = self._pool.submit(_fetch, list(parts))

    def is_here(self, key: Hashable) -> bool:
        """Whether what was asked for under this key has been fetched, or could not be."""
        future = self._parts.get(key)
        return future is not None and future.done()

    def forget_others(self, keys: Iterable[Hashable]) -> None:
        """Fetch no more of what goes by any other key."""
        wanted = set(keys)
        for key in [key for key in self._parts if key not in wanted]:
            self._parts.pop(key).cancel()


def _fetch(parts: list[Part]) -> None:
    for array, first, last in parts:
        if isinstance(array, np.memmap) and last > first and array.filename is not None:
            width = array.strides[0]
            _read(os.fspath(array.filename), array.offset + first * width, (last - first) * width)


def _read(path: str, start: int, size: int) -> None:
    """Read and forget: the system keeps it. What cannot be read fails where it is looked at."""
    room = bytearray(AT_ONCE)
    with suppress(OSError), open(path, "rb", buffering=0) as file:
        file.seek(start)
        while size > 0:
            got = file.readinto(memoryview(room)[: min(size, AT_ONCE)])
            if not got:
                return
            size -= got
