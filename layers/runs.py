"""Arrays in which runs of different lengths lie one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]


def starts(counts: NDArray[Any]) -> Int64:
    """Where each run begins, and at the end where the last one stops."""
    found = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, dtype=np.int64, out=found[1:])
    return found


def ranges(first: NDArray[Any], counts: NDArray[Any]) -> Int64:
    """first, first + 1, … `counts` times, for each run."""
    begin = starts(counts)
    found: Int64 = np.arange(begin[-1])
    if len(counts):
        found += np.repeat(first - begin[:-1], counts)
    return found


def sums(values: NDArray[Any], counts: NDArray[Any]) -> Int64:
    """Sums of consecutive runs of `values`, `counts` of them each (zero allowed)."""
    total = starts(values)
    ends = np.cumsum(counts, dtype=np.int64)
    found: Int64 = total[ends] - total[ends - counts]
    return found


def ascending(numbers: NDArray[np.int64]) -> Int64:
    """Each number once, in order; several times as fast as numpy's own way where they are sorted already."""
    found = np.sort(numbers, kind="stable")
    is_first = np.ones(len(found), bool)
    is_first[1:] = found[1:] != found[:-1]
    return found[is_first]


def totals(which: NDArray[Any], values: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Sums of values by the group of each, `count` groups."""
    return np.bincount(which, values, count).astype(np.float64)


def below(items: NDArray[Any], first: NDArray[Any]) -> tuple[Int64, Int64]:
    """What lies below some items, each of which begins at its place in `first`; and how much each has."""
    begin = np.asarray(first)
    counts = (begin[items + 1] - begin[items]).astype(np.int64)
    return ranges(begin[items], counts), counts


def owners(counts: NDArray[Any]) -> NDArray[np.int32]:
    """0 as often as the first count says, 1 as often as the second …"""
    return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


def numbered(cells: Int64) -> tuple[Int64, Int64]:
    """For each row which of the different rows it is, and the different rows."""
    order = np.lexsort(cells.T)
    ordered = cells[order]
    is_new = np.ones(len(cells), np.bool_)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    number = np.empty(len(cells), np.int64)
    number[order] = np.cumsum(is_new) - 1
    return number, ordered[is_new]


def numbers(fids: Iterable[int]) -> Int64:
    """Some objects, each once, ascending."""
    found = fids if isinstance(fids, np.ndarray) else np.fromiter(fids, np.int64)
    return ascending(found.astype(np.int64, copy=False))
