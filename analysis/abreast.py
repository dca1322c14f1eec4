"""Work on all cores at once, its answers in the order of what was asked."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from layers.data import Progress

Item = TypeVar("Item")
Found = TypeVar("Found")


def abreast(
    work: Callable[[Item], Found], items: Sequence[Item], progress: Progress, text: str
) -> Iterator[Found]:
    """The answers to all items, in their order, worked out by one thread per core.

    For work that lets go of the interpreter lock. A progress that raises ends it after what is under way.
    """
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Found]] = deque()
        try:
            for number, item in enumerate(items):
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * threads:
                    progress((number - len(waiting)) / len(items), text)
                    yield waiting.popleft().result()
            while waiting:
                progress(1 - len(waiting) / len(items), text)
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
