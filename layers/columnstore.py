"""Columns of a layer on disk: a folder in the cache that can be made again from the project at any time.

    columns.bin    all arrays, one after the other, mapped into memory and read where they are looked at
    columns.json   where each array lies in it; written last, so that a half-written folder does not count

Parts of a layer are made on their own, in any process, and merged into one in the order of the layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Int32, UInt8
from layers.columns import NONE, Column, Int64, JsonTexts, empty, encoded, encoded_at, listed
from layers.history import ATTRIBUTE
from layers.values import Value

#: Raised when the files change their meaning: older folders are then made again.
VERSION: Final = 1
INDEX, ARRAYS = "columns.json", "columns.bin"
ALIGNED: Final = 8
#: What every object has goes by its own name, attributes are named as in the journal.
FIXED: Final = ("id", "type", "parent", "valid_from", "valid_to", "lods")
#: Values of different parts are compared as long as there are no more different ones than this.
MOST_COMPARED: Final = 1 << 16

#: id, type, parent, valid_from, valid_to, lods ("1.2,2.2"), attributes (JSON text).
Row = tuple[str, str, str | None, str | None, str | None, str, str | bytes]


@dataclass(frozen=True)
class Table:
    """The columns of some consecutive objects of a layer."""

    count: int
    parents: Int32  # (count,) position of each object's parent, or -1
    columns: Mapping[str, Column]

    def column(self, name: str) -> Column:
        """One column, empty where no object has such a value."""
        return self.columns.get(name) or empty(self.count)


def table_of(rows: Iterable[Row]) -> Table:
    """The columns of objects that are handed over row by row."""
    fields: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * (len(FIXED) + 1)
    ids, types, named, valid_from, valid_to, lods, texts = fields
    lists = {text: text.split(",") if text else [] for text in set(lods)}
    fixed = (ids, types, named, valid_from, valid_to, [lists[text] for text in lods])
    columns = {name: encoded(values) for name, values in zip(FIXED, fixed, strict=True)}
    for name, (positions, values) in _by_name(texts).items():
        columns[ATTRIBUTE + name] = encoded_at(len(ids), positions, values)
    return Table(len(ids), positions_of(named, ids), columns)


def _by_name(texts: Sequence[str | bytes]) -> dict[str, tuple[list[int], list[Value]]]:
    """Per attribute, which objects have a value, and the values."""
    found: dict[str, tuple[list[int], list[Value]]] = {}
    for at, text in enumerate(texts):
        for name, value in orjson.loads(text).items():
            if value is not None:
                mine = found.get(name)
                if mine is None:
                    mine = found[name] = ([], [])
                mine[0].append(at)
                mine[1].append(value)
    return found


def positions_of(named: Sequence[Any], ids: Sequence[Any]) -> Int32:
    """Where the ones that are named, as parents are, stand among the ids; -1 where nowhere."""
    found = np.full(len(named), NONE, np.int32)
    wanted = [at for at, name in enumerate(named) if name]
    if wanted:
        position = {id: at for at, id in enumerate(ids)}
        found[wanted] = [position.get(named[at], NONE) for at in wanted]
    return found


def build_part(rows: Iterable[Row], folder: Path) -> None:
    """Write the columns of one part of a layer, of some ten thousand objects."""
    write([table_of(rows)], folder)


def merge(parts: Sequence[Path], folder: Path) -> None:
    """Write the columns of a layer from its parts in order."""
    tables = [load(part) for part in parts]
    missing = [str(part) for part, table in zip(parts, tables, strict=True) if table is None]
    if missing:
        raise FileNotFoundError(f"no columns in {', '.join(missing)}")
    write([table for table in tables if table is not None], folder)


# --- writing --------------------------------------------------------------------------------------


def write(tables: Sequence[Table], folder: Path) -> None:
    """Write tables, one after the other, as one; one column at a time is in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).unlink(missing_ok=True)
    names = dict.fromkeys(name for table in tables for name in table.columns)
    with (folder / ARRAYS).open("wb") as file:
        index = {
            "version": VERSION,
            "count": sum(table.count for table in tables),
            "parents": _append(file, np.int32, _joined_parents(tables)),
            "columns": {name: _append_column(file, name, tables) for name in names},
        }
    (folder / INDEX).write_bytes(orjson.dumps(index))


Place = tuple[int, int]  # where an array begins, and how many items it has


def _append(file: IO[bytes], dtype: Any, arrays: Iterable[NDArray[Any]]) -> Place:
    """Write arrays as one."""
    file.write(bytes(-file.tell() % ALIGNED))
    start = file.tell()
    for array in arrays:
        file.write(np.ascontiguousarray(array, dtype).data)
    return start, (file.tell() - start) // np.dtype(dtype).itemsize


def _append_column(file: IO[bytes], name: str, tables: Sequence[Table]) -> dict[str, Place]:
    columns = [table.column(name) for table in tables]
    places = {}
    if any(column.numbers is not None for column in columns):
        places["numbers"] = _append(
            file, np.float64, (_or_full(column.numbers, column.size, np.nan) for column in columns)
        )
        places["whole"] = _append(
            file, np.bool_, (_or_full(column.whole, column.size, False) for column in columns)
        )
    if any(column.codes is not None for column in columns):
        words = _Words()
        places["codes"] = _append(file, np.int32, map(words.codes, columns))
        places["ends"] = _append(file, np.int64, words.ends)
        places["text"] = _append(file, np.uint8, words.texts)
    return places


def _or_full(array: NDArray[Any] | None, size: int, missing: Any) -> NDArray[Any]:
    return np.full(size, missing) if array is None else array


class _Words:
    """Gathers the different values of one column over all parts, as JSON texts."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}
        self._count = self._length = 0
        self.ends: list[Int64] = []
        self.texts: list[UInt8] = []

    def codes(self, column: Column) -> Int32:
        """The codes of one part, into the values of all."""
        if column.codes is None:
            return np.full(column.size, NONE, np.int32)
        values = _json_texts(column.values)
        # Where most objects have a text of their own, others will hardly have the same ones.
        rare = len(values) > max(1000, column.size // 2)
        if rare or len(self._known) > MOST_COMPARED:
            first = self._add(values.ends, values.text)
            moved = np.arange(first, first + len(values), dtype=np.int32)
        else:
            moved = self._compared(values)
        return np.append(moved, np.int32(NONE))[column.codes]

    def _compared(self, values: JsonTexts) -> Int32:
        codes: list[int] = []
        new: list[bytes] = []
        for text in values.texts():
            code = self._known.setdefault(text, self._count + len(new))
            if code == self._count + len(new):
                new.append(text)
            codes.append(code)
        self._add(_ends(new), np.frombuffer(b"".join(new), np.uint8))
        return np.array(codes, np.int32)

    def _add(self, ends: Int64, text: UInt8) -> int:
        first = self._count
        self.ends.append(ends + self._length)
        self.texts.append(text)
        self._count += len(ends)
        self._length += len(text)
        return first


def _json_texts(values: Sequence[Value]) -> JsonTexts:
    """Values as JSON texts."""
    if isinstance(values, JsonTexts):
        return values
    found = [_json_text(value) + b"," for value in listed(values)]
    return JsonTexts(_ends(found), np.frombuffer(b"".join(found), np.uint8))


def _ends(texts: Sequence[bytes]) -> Int64:
    """Where each text ends when they stand one after the other."""
    return np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))


def _json_text(value: Value) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # deeper than it writes
        return msgspec.json.encode(value)


def _joined_parents(tables: Sequence[Table]) -> Iterator[Int32]:
    """The parents of all parts; those that lie in another part are looked for by their id."""
    lost = [np.flatnonzero((t.parents == NONE) & ~t.column("parent").is_none) for t in tables]
    ids = [table.column("parent").taken(at).tolist() for table, at in zip(tables, lost, strict=True)]
    wanted = {id for mine in ids for id in mine}
    position: dict[Any, int] = {}
    starts = np.cumsum([0, *(table.count for table in tables)])
    if wanted:
        for table, start in zip(tables, starts, strict=False):
            named = enumerate(table.column("id").tolist(), int(start))
            position.update((id, at) for at, id in named if id in wanted)
    for table, start, at, mine in zip(tables, starts, lost, ids, strict=False):
        parents = np.where(table.parents == NONE, NONE, table.parents + np.int32(start))
        parents[at] = [position.get(id, NONE) for id in mine]
        yield parents


# --- reading --------------------------------------------------------------------------------------

_DTYPES: Final[dict[str, Any]] = {
    "numbers": np.float64,
    "whole": np.bool_,
    "codes": np.int32,
    "ends": np.int64,
    "text": np.uint8,
}


def load(folder: Path, count: int | None = None) -> Table | None:
    """The columns of a folder, mapped; None when they are not there, or not those of `count` objects."""
    try:
        index = orjson.loads((folder / INDEX).read_bytes())
        if index["version"] != VERSION or count not in (None, index["count"]):
            return None
        size = (folder / ARRAYS).stat().st_size
        data = np.memmap(folder / ARRAYS, np.uint8, "r") if size else np.empty(0, np.uint8)
        parents = _array(data, np.int32, index["parents"])
        columns = {name: _column(data, index["count"], places) for name, places in index["columns"].items()}
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None  # deleted, or never finished: made again
    return Table(index["count"], parents, columns)


def _column(data: UInt8, count: int, places: Mapping[str, Place]) -> Column:
    found = {name: _array(data, _DTYPES[name], place) for name, place in places.items()}
    values = JsonTexts(found["ends"], found["text"]) if "codes" in found else ()
    return Column(count, found.get("numbers"), found.get("whole"), found.get("codes"), values)


def _array(data: UInt8, dtype: Any, place: Sequence[int]) -> NDArray[Any]:
    start, count = place
    end = start + count * np.dtype(dtype).itemsize
    if not 0 <= start <= end <= len(data):
        raise ValueError("the file is shorter than its index says")
    # A plain array: slices of a memmap carry its attributes along, at a cost.
    return np.asarray(data[start:end]).view(dtype)
