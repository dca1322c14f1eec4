"""The values of an attribute for all objects of a layer, as arrays instead of a million Python objects.

    a number that float64 holds exactly   numbers[i]                  (whole[i]: it is a whole number)
    anything else: text, yes/no, list …   values[codes[i]]            (each different value once)
    none                                  numbers[i] NaN and codes[i] -1

A column of numbers alone has no codes, and one of texts alone no numbers. Where almost every object has
a text of its own, as with ids, `values` is one long JSON text that is decoded piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import merge
from itertools import pairwise
from typing import Any, Final, overload

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Float64, Int32, UInt8
from layers.functions import KIND
from layers.values import Value, format_value

Mask = NDArray[np.bool_]
Int64 = NDArray[np.int64]
Objects = NDArray[np.object_]

NONE: Final = -1
#: Whole numbers from here on are kept as values: not every one of them is a float64.
INEXACT: Final = 2.0**53
#: So many different values are looked through before one is added; beyond, it may be there twice.
FEW: Final = 4096
AT_ONCE: Final = 20_000


def pieces(count: int) -> Iterator[tuple[int, int]]:
    """Stretches of many items, each soon done: what is done in one go stops all other threads."""
    for first in range(0, count, AT_ONCE):
        yield first, min(first + AT_ONCE, count)


class JsonTexts(Sequence[Value]):
    """Values as one JSON text, with commas between; decoded when asked for, so it may lie on disk."""

    def __init__(self, ends: Int64, text: UInt8) -> None:
        """`ends` are the places just after the comma that follows each value, also the last."""
        self.ends, self.text = ends, text

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, at: int) -> Value: ...
    @overload
    def __getitem__(self, at: slice) -> list[Value]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return self.tolist()[at]
        return orjson.loads(self._text(at, at + 1))

    def _text(self, first: int, end: int) -> bytes:
        """The JSON texts from one value up to another, without the last comma."""
        start = int(self.ends[first - 1]) if first else 0
        return self.text[start : int(self.ends[end - 1]) - 1].tobytes()

    def texts(self) -> Iterator[bytes]:
        """The JSON text of each, with the comma behind it."""
        whole, start = self.text.tobytes(), 0
        for end in self.ends.tolist():
            yield whole[start:end]
            start = end

    def tolist(self) -> list[Value]:
        """All of them."""
        found: list[Value] = []
        for first, end in pieces(len(self)):
            try:
                found += orjson.loads(b"[%b]" % self._text(first, end))
            except orjson.JSONDecodeError:  # one is as deep as JSON may be, and the list makes it deeper
                found += [self[at] for at in range(first, end)]
        return found

    def holds(self, texts: Sequence[str]) -> Mask:
        """Which of them are one of these texts."""
        found = np.zeros(len(self), bool)
        lengths = np.diff(self.ends, prepend=0)
        for text in texts:
            wanted = orjson.dumps(text) + b","
            at = np.flatnonzero(lengths == len(wanted))
            # From the end, where ids differ; what is behind every text comes last.
            for back in (*range(3, len(wanted) + 1), 1, 2):
                at = at[self.text[self.ends[at] - back] == wanted[-back]]
            found[at] = True
        return found


class Longer(Sequence[Value]):
    """Values with a few more behind them."""

    def __init__(self, first: Sequence[Value], more: Sequence[Value]) -> None:
        self._first, self._more = first, tuple(more)

    def longer(self, more: Sequence[Value]) -> Longer:
        """With still more behind."""
        return Longer(self._first, (*self._more, *more))

    def __len__(self) -> int:
        return len(self._first) + len(self._more)

    @overload
    def __getitem__(self, at: int) -> Value: ...
    @overload
    def __getitem__(self, at: slice) -> list[Value]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return self.tolist()[at]
        size = len(self._first)
        return self._first[at] if at < size else self._more[at - size]

    def tolist(self) -> list[Value]:
        """All of them."""
        return [*listed(self._first), *self._more]

    def holds(self, texts: Sequence[str]) -> Mask:
        """Which of them are one of these texts."""
        if isinstance(self._first, JsonTexts | Longer):
            return np.concatenate((self._first.holds(texts), _are_among(self._more, texts)))
        return _are_among(self.tolist(), texts)


def _are_among(values: Sequence[Value], texts: Sequence[str]) -> Mask:
    return np.array([isinstance(value, str) and value in texts for value in values], bool)


def listed(values: Sequence[Value]) -> list[Value]:
    """Values as a list, however they are kept."""
    return values.tolist() if isinstance(values, JsonTexts | Longer) else list(values)


@dataclass(frozen=True, eq=False)
class Column(Sequence[Value]):
    """One value per object of a layer, in layer order. Lists and nested values are not to be changed."""

    size: int
    numbers: Float64 | None = None
    whole: Mask | None = None  # goes with numbers
    codes: Int32 | None = None
    values: Sequence[Value] = ()  # goes with codes

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, at: int) -> Value: ...
    @overload
    def __getitem__(self, at: slice | NDArray[np.integer[Any]]) -> list[Value]: ...
    def __getitem__(self, at: int | slice | NDArray[np.integer[Any]]) -> Any:
        if isinstance(at, slice):
            at = np.arange(self.size)[at]
        if isinstance(at, np.ndarray):
            return [self[int(one)] for one in at] if len(at) <= FEW else self.taken(at).tolist()
        if self.codes is not None and self.codes[at] != NONE:
            return self.values[int(self.codes[at])]
        if self.numbers is None or self.whole is None or np.isnan(self.numbers[at]):
            return None
        return int(self.numbers[at]) if self.whole[at] else float(self.numbers[at])

    def tolist(self) -> list[Value]:
        """The values as Python has them."""
        found = np.full(self.size, None, object)
        if self.numbers is not None and self.whole is not None:
            is_number = ~np.isnan(self.numbers)
            found[is_number] = self.numbers[is_number].astype(object)
            found[self.whole] = self.numbers[self.whole].astype(np.int64).astype(object)
        if self.codes is not None:
            table = objects([*listed(self.values), None])
            if self.numbers is None:
                found = table[self.codes]
            else:
                has_code = self.codes != NONE
                found[has_code] = table[self.codes[has_code]]
        as_list: list[Value] = found.tolist()
        return as_list

    @property
    def is_empty(self) -> bool:
        """Whether it is certain, without looking, that no object has a value."""
        return self.numbers is None and (self.codes is None or not len(self.values))

    @cached_property
    def is_none(self) -> Mask:
        """Which objects have no value."""
        found = np.ones(self.size, bool)
        if self.numbers is not None:
            found &= np.isnan(self.numbers)
        if self.codes is not None:
            found &= self.codes == NONE
        return found

    def taken(self, positions: NDArray[np.integer[Any]]) -> Column:
        """The column of these objects."""
        return Column(
            len(positions),
            None if self.numbers is None else self.numbers[positions],
            None if self.whole is None else self.whole[positions],
            None if self.codes is None else self.codes[positions],
            self.values,
        )

    def renewed(self, positions: NDArray[np.integer[Any]], values: Sequence[Value]) -> Column:
        """The column with other values at some positions."""
        new = encoded(values)
        column = replace(self, **_with_room(self, new))
        if column.numbers is not None and column.whole is not None:
            column.numbers[positions] = np.nan if new.numbers is None else new.numbers
            column.whole[positions] = False if new.whole is None else new.whole
        if column.codes is not None:
            codes, longer = _found_or_added(self.values, listed(new.values))
            table = np.append(codes, np.int32(NONE))
            column.codes[positions] = NONE if new.codes is None else table[new.codes]
            column = replace(column, values=longer)
        return column

    def order(self, descending: bool = False) -> Int64:
        """Positions in the order of the values, equal ones as they are; none comes last either way."""
        if self.codes is None:
            rank = np.full(self.size, np.nan) if self.numbers is None else self.numbers
        else:
            codes, values = self.as_codes()
            rank = np.append(_ranks(listed(values)), np.nan)[codes]
        has_value = ~np.isnan(rank)
        known = np.flatnonzero(has_value)
        ranked = np.argsort(-rank[known] if descending else rank[known], kind="stable")
        return np.concatenate((known[ranked], np.flatnonzero(~has_value)))

    def as_codes(self) -> tuple[Int32, Sequence[Value]]:
        """Every value, numbers too, as a number into the different values; -1 is none."""
        if self.numbers is None or self.whole is None:
            return (
                (np.full(self.size, NONE, np.int32), ()) if self.codes is None else (self.codes, self.values)
            )
        is_number = ~np.isnan(self.numbers)
        different = np.unique(self.numbers[is_number])
        place = np.searchsorted(different, self.numbers[is_number])
        place = 2 * place + self.whole[is_number]  # 1 and 1.0 are two values
        found = np.flatnonzero(np.bincount(place, minlength=2 * len(different)))
        code = np.empty(2 * len(different), np.int32)
        code[found] = np.arange(len(self.values), len(self.values) + len(found))
        codes = np.full(self.size, NONE, np.int32) if self.codes is None else self.codes.copy()
        codes[is_number] = code[place]
        numbers = Column(len(found), different[found // 2], found % 2 == 1)
        return codes, [*listed(self.values), *numbers.tolist()]


def sort_key(value: Value) -> tuple[int, Any]:
    """An order for values of any kind: numbers, texts, yes and no, then what has no order of its own."""
    kind = KIND.get(type(value))
    if kind == "number":
        return 0, value
    if kind == "text":
        return 1, str(value).casefold()
    return (2, value) if kind == "truth" else (3, format_value(value))


def _ranks(values: Sequence[Value]) -> Float64:
    """The place of each value in the order of all, the same for equal ones."""
    if all(isinstance(value, str) for value in values):
        keys: list[Any] = [str(value).casefold() for value in values]
    else:
        keys = [sort_key(value) for value in values]
    runs = [sorted(range(first, end), key=keys.__getitem__) for first, end in pieces(len(keys))]
    order = list(merge(*runs, key=keys.__getitem__))
    ranks = np.zeros(len(keys))
    if keys:
        steps = [keys[a] != keys[b] for a, b in pairwise(order)]
        ranks[order] = np.cumsum([0, *steps])
    return ranks


def empty(size: int) -> Column:
    """A column in which no object has a value."""
    return Column(size)


def objects(values: Iterable[Any]) -> Objects:
    """Values as an array of Python objects, lists as they are."""
    return np.fromiter(values, object)


def encoded(values: Sequence[Value]) -> Column:
    """Python's values as a column."""
    where = [at for at, value in enumerate(values) if value is not None]
    return encoded_at(len(values), where, values if len(where) == len(values) else [values[i] for i in where])


def encoded_at(size: int, positions: Sequence[int], values: Sequence[Value]) -> Column:
    """A column of `size` with these values, none of them None, at these positions."""
    kinds = set(map(type, values))
    if not kinds:
        return empty(size)
    where = slice(None) if len(values) == size else np.array(positions, np.int64)
    if kinds <= {int, float}:
        numbers = np.array(values, np.float64)
        whole = np.full(len(values), int in kinds) if len(kinds) == 1 else _whole(values)
        if not (whole & (np.abs(numbers) >= INEXACT)).any():
            return Column(size, _spread(size, where, numbers, np.nan), _spread(size, where, whole, False))
    if kinds.isdisjoint((int, float)):
        codes, different = _coded(values)
        return Column(size, codes=_spread(size, where, codes, NONE), values=different)
    return _mixed(size, positions, values)


def _whole(values: Sequence[Value]) -> Mask:
    return np.fromiter((type(value) is int for value in values), bool, len(values))


def _spread(size: int, where: Any, found: NDArray[Any], missing: Any) -> NDArray[Any]:
    spread = np.full(size, missing, found.dtype)
    spread[where] = found
    return spread


def _mixed(size: int, positions: Sequence[int], values: Sequence[Value]) -> Column:
    """Numbers among other values, or among whole numbers too large for float64."""
    is_number = np.fromiter(map(_is_exact_number, values), bool, len(values))
    where = np.array(positions, np.int64)
    apart = [value for value, number in zip(values, is_number.tolist(), strict=True) if not number]
    numbers = [value for value, number in zip(values, is_number.tolist(), strict=True) if number]
    codes, different = _coded(apart)
    return replace(
        encoded_at(size, where[is_number].tolist(), numbers),
        codes=_spread(size, where[~is_number], codes, NONE),
        values=different,
    )


def _is_exact_number(value: Value) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < INEXACT)


def _coded(values: Sequence[Value]) -> tuple[Int32, list[Value]]:
    """Codes of values into the list of the different ones."""
    table: dict[Any, int] = {}
    different: list[Value] = []
    codes: list[int] = []
    for value in values:
        key = value if type(value) is str else key_of(value)
        code = table.get(key)
        if code is None:
            code = table[key] = len(different)
            different.append(value)
        codes.append(code)
    return np.array(codes, np.int32), different


def key_of(value: Value) -> str | bytes | int:
    """What two values have in common when they are the same to the letter: 1, 1.0 and true are not."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # too deep to be written: the same as itself alone
        return id(value)


def _with_room(column: Column, new: Column) -> dict[str, Any]:
    """Copies of a column's arrays that may be written to, and those it needs to hold the new values."""
    made: dict[str, Any] = {}
    if column.numbers is not None or new.numbers is not None:
        made["numbers"] = _copy(column.numbers, column.size, np.nan, np.float64)
        made["whole"] = _copy(column.whole, column.size, False, np.bool_)
    if column.codes is not None or new.codes is not None:
        made["codes"] = _copy(column.codes, column.size, NONE, np.int32)
    return made


def _copy(array: NDArray[Any] | None, size: int, missing: Any, dtype: Any) -> NDArray[Any]:
    return np.full(size, missing, dtype) if array is None else np.array(array)


def _found_or_added(known: Sequence[Value], new: list[Value]) -> tuple[Int32, Sequence[Value]]:
    """Codes of new values, and the known values with those that were not among them."""
    table = {key_of(value): at for at, value in enumerate(known)} if len(known) <= FEW else {}
    added: list[Value] = []
    codes = []
    for value in new:
        code = table.setdefault(key_of(value), len(known) + len(added))
        if code == len(known) + len(added):
            added.append(value)
        codes.append(code)
    if not added:
        return np.array(codes, np.int32), known
    if len(known) <= FEW:
        return np.array(codes, np.int32), [*listed(known), *added]
    longer = known.longer(added) if isinstance(known, Longer) else Longer(known, added)
    return np.array(codes, np.int32), longer
