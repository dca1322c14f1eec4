"""Results of analyses in the project file: columns in compressed blocks, everything else as JSON.

    result        one row per result; `present` says whether it is kept, so that deleting can be undone
    result_block  the values of its columns, BLOCK rows at a time

Numbers are stored byte by byte (all first bytes, then all second ones, …), which compresses better.
"""

from __future__ import annotations

import math
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from layers.data import Progress, never_stop
from layers.errors import EditError, ProjectError
from layers.results import Grid, Pedigree, Quantity, Raster, Result, ResultSummary, Table, Values
from layers.scenariorows import ABSENT, SAME

#: Rows of a column that are compressed together.
BLOCK = 1 << 16
#: Speed matters more than size: a higher level takes many times as long for a tenth less.
LEVEL = 1
#: More rows than any analysis gives; a file that claims more is damaged.
MOST_ROWS = 1 << 28
#: The texts of a block may take no more, in bytes.
MOST_TEXT = 1 << 30
#: zlib works without Python's lock.
THREADS = 2
BLOCKS_AT_ONCE = 8
#: How the values of a column may be stored; all little-endian.
NUMBERS = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8")
TEXT = "text"
SURFACES, POINTS, SHAPES, GRID, FURTHER = "surfaces", "points", "shapes", "grid", "table "
RASTER = "raster"

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class ColumnFacts:
    """How one column is stored."""

    name: str
    type: str  # TEXT or one of NUMBERS
    rows: int


@dataclass(frozen=True)
class GridFacts:
    """A grid without its cells."""

    west: float
    north: float
    step_m: float
    columns: int
    rows: int


@dataclass(frozen=True)
class RasterFacts:
    """A raster without its values."""

    crs: str | None
    affine: tuple[float, ...]
    columns: int
    rows: int


@dataclass(frozen=True)
class Facts:
    """Everything of a result but its values."""

    inputs: Mapping[str, Any]
    pedigree: Pedigree
    quantities: tuple[Quantity, ...]
    tables: Mapping[str, tuple[ColumnFacts, ...]] = field(default_factory=dict)
    grid: GridFacts | None = None
    verdict: str = ""
    raster: RasterFacts | None = None


_FACTS = msgspec.json.Decoder(Facts)
_TEXTS = msgspec.json.Decoder(list[str])


# --- writing --------------------------------------------------------------------------------------


def add(connection: sqlite3.Connection, result: Result, progress: Progress = never_stop) -> int:
    """Write a result, not yet present; gives its id."""
    columns = dict(_columns(result))
    facts = _facts_text(result, {tab: _layout(tab, table) for tab, table in columns.items()})
    number = connection.execute(
        "INSERT INTO result (kind, title, made_at, facts) VALUES (?, ?, ?, ?)",
        (result.kind, result.title, result.made_at, facts),
    ).lastrowid
    assert number is not None
    stretches = [
        (tab, name, start)
        for tab, table in columns.items()
        for name, values in table.items()
        for start in range(0, len(values), BLOCK)
    ]

    def pack(stretch: tuple[str, str, int]) -> bytes:
        tab, name, start = stretch
        return _packed(columns[tab][name][start : start + BLOCK])

    for done, (stretch, data) in enumerate(_each(pack, stretches)):
        tab, name, start = stretch
        connection.execute(
            "INSERT INTO result_block VALUES (?, ?, ?, ?, ?)", (number, tab, name, start // BLOCK, data)
        )
        progress(done / len(stretches), "keeping the result")
    return number


def _columns(result: Result) -> Iterator[tuple[str, dict[str, Values]]]:
    """The columns of all tables, as they are stored."""
    tables = {SURFACES: result.surfaces, POINTS: result.points, SHAPES: result.shapes}
    tables |= {FURTHER + name: table for name, table in result.tables.items()}
    for tab, table in tables.items():
        yield tab, {name: _storable(name, values) for name, values in table.columns.items()}
    if result.grid is not None:
        yield GRID, {"cell": _storable("cell", result.grid.cell)}
    if result.raster is not None:
        yield RASTER, {name: _storable(name, values) for name, values in result.raster.values.items()}


def _storable(name: str, values: Values) -> Values:
    array = np.asarray(values) if not isinstance(values, list) else None
    if array is None or array.dtype.kind == "U":
        texts = list(values) if array is None else array.tolist()
        if not all(isinstance(text, str) for text in texts):
            raise EditError("A column of a result holds texts only, or numbers only", where=name)
        return texts
    if array.ndim != 1 or _code(array) not in NUMBERS:
        raise EditError(
            "A column of a result cannot be stored", where=name, found=f"{array.dtype} {array.shape}"
        )
    return array


def _code(array: NDArray[Any]) -> str:
    return array.dtype.newbyteorder("<").str


def _layout(tab: str, columns: Mapping[str, Values]) -> tuple[ColumnFacts, ...]:
    if len({len(values) for values in columns.values()}) > 1:
        raise EditError("The columns of a result are not of one length", where=tab)
    return tuple(
        ColumnFacts(name, TEXT if isinstance(values, list) else _code(values), len(values))
        for name, values in columns.items()
    )


def _facts_text(result: Result, tables: Mapping[str, tuple[ColumnFacts, ...]]) -> bytes:
    grid = result.grid
    held = None if grid is None else GridFacts(grid.west, grid.north, grid.step_m, grid.columns, grid.rows)
    if not all(math.isfinite(number) for number in result.pedigree.numbers.values()):
        raise EditError("The pedigree of a result holds finite numbers only", where=result.title)
    cells = result.raster
    plain = None if cells is None else RasterFacts(cells.crs, cells.affine, cells.columns, cells.rows)
    facts = Facts(result.inputs, result.pedigree, result.quantities, tables, held, result.verdict, plain)
    return orjson.dumps(facts, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def _packed(values: Values) -> bytes:
    if isinstance(values, list):
        return zlib.compress(orjson.dumps(values), LEVEL)
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    by_byte = little.view(np.uint8).reshape(len(values), little.dtype.itemsize).T
    return zlib.compress(by_byte.tobytes(), LEVEL)


def _each(do: Callable[[A], B], items: Sequence[A]) -> Iterator[tuple[A, B]]:
    """Each item with what `do` makes of it, in order; a few at a time are under way."""
    left = iter(items)
    with ThreadPoolExecutor(THREADS) as pool:
        while part := list(islice(left, BLOCKS_AT_ONCE)):
            yield from zip(part, pool.map(do, part), strict=True)


# --- reading --------------------------------------------------------------------------------------


def summaries(connection: sqlite3.Connection) -> Iterator[ResultSummary]:
    """The results that are kept, the oldest first."""
    if not _has_tables(connection):
        return
    for number, kind, title, made_at, text in connection.execute(
        "SELECT id, kind, title, made_at, facts FROM result WHERE present = 1 ORDER BY id"
    ):
        facts = _facts(number, text)
        yield ResultSummary(
            number, kind, title, made_at, facts.quantities, facts.pedigree, facts.inputs, facts.verdict
        )


def has_any(connection: sqlite3.Connection) -> bool:
    """Whether a result is kept."""
    return _has_tables(connection) and bool(
        connection.execute("SELECT EXISTS (SELECT 1 FROM result WHERE present = 1)").fetchone()[0]
    )


def read(connection: sqlite3.Connection, number: int, where: str) -> Result:
    """A result that is kept, with all its values."""
    row = None
    if _has_tables(connection):
        row = connection.execute(
            "SELECT kind, title, made_at, facts FROM result WHERE id = ? AND present = 1", (number,)
        ).fetchone()
    if row is None:
        known = ", ".join(str(found.id) for found in summaries(connection))
        raise ProjectError(f"There is no result {number}", where=where, allowed=known or "none yet")
    kind, title, made_at, text = row
    facts = _facts(number, text)
    tables = {tab: _table(connection, number, tab, layout) for tab, layout in facts.tables.items()}
    return Result(
        kind,
        title,
        facts.inputs,
        facts.pedigree,
        facts.quantities,
        tables.get(SURFACES, Table()),
        tables.get(POINTS, Table()),
        tables.get(SHAPES, Table()),
        {tab[len(FURTHER) :]: table for tab, table in tables.items() if tab.startswith(FURTHER)},
        None if facts.grid is None else _grid(number, facts.grid, tables.get(GRID, Table())),
        made_at,
        number,
        facts.verdict,
        None if facts.raster is None else _raster(number, facts.raster, tables.get(RASTER, Table())),
    )


def is_outdated(connection: sqlite3.Connection, number: int) -> bool:
    """Whether objects, what stands in scenarios, or which layers and levels there are, changed since.

    Who is who at two dates is a matter of what people say; it leaves the city as it is.
    """
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM step JOIN change USING (step) WHERE state = 'done'"
        " AND (tab = 'object' AND key NOT GLOB ?"
        " OR tab = 'scenario' AND (key GLOB ? OR key IN ('epoch', 'parent'))"
        " OR tab = 'layer' AND key IN ('present', 'visible', 'lod', 'epoch', 'placement'))"
        " AND step > (SELECT max(step) FROM change WHERE tab = 'result' AND id = ? AND key = 'present'"
        " AND after = '1'))",
        (f"{SAME}*", f"{ABSENT}*", number),
    ).fetchone()
    return bool(row[0])


def _grid(number: int, held: GridFacts, cells: Table) -> Grid:
    cell = cells.columns.get("cell")
    if not isinstance(cell, np.ndarray) or cell.dtype != np.int64:
        raise _damaged(number, "its grid has no cells")
    return Grid(held.west, held.north, held.step_m, held.columns, held.rows, cell)


def _raster(number: int, held: RasterFacts, cells: Table) -> Raster:
    values = {name: np.asarray(column) for name, column in cells.columns.items()}
    is_whole = all(
        column.dtype.kind == "u" and len(column) == held.rows * held.columns for column in values.values()
    )
    if not values or not is_whole or len(held.affine) != 6:
        raise _damaged(number, "its raster has not as many cells as it says")
    return Raster(held.crs, held.affine, held.columns, held.rows, values)


def _has_tables(connection: sqlite3.Connection) -> bool:
    """Whether the file, opened for reading only, is new enough to hold results."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'result'").fetchone())


def _facts(number: int, text: bytes) -> Facts:
    try:
        return _FACTS.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(number, str(error)) from error


def _table(connection: sqlite3.Connection, number: int, tab: str, layout: Sequence[ColumnFacts]) -> Table:
    columns: dict[str, Values] = {}
    for column in layout:
        if not 0 <= column.rows <= MOST_ROWS or column.rows != layout[0].rows:
            raise _damaged(number, f"{column.rows:,} rows in {column.name}")
        blocks = connection.execute(
            "SELECT data FROM result_block WHERE result = ? AND tab = ? AND name = ? ORDER BY seq",
            (number, tab, column.name),
        )
        columns[column.name] = _joined(number, column, [data for (data,) in blocks])
    return Table(columns)


def _joined(number: int, column: ColumnFacts, blocks: Sequence[bytes]) -> Values:
    """The values of a column, from as many blocks as its rows fill."""
    sizes = [min(BLOCK, column.rows - start) for start in range(0, column.rows, BLOCK)]
    if len(blocks) != len(sizes) or (column.type != TEXT and column.type not in NUMBERS):
        raise _damaged(number, f"{len(blocks)} blocks of {column.type} in {column.name}")
    try:
        return (
            _texts(sizes, blocks) if column.type == TEXT else _numbers(np.dtype(column.type), sizes, blocks)
        )
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise _damaged(number, f"{column.name}: {error}") from error


def _texts(sizes: Sequence[int], blocks: Sequence[bytes]) -> list[str]:
    found: list[str] = []
    for size, block in zip(sizes, blocks, strict=True):
        texts = _TEXTS.decode(zlib.decompressobj().decompress(block, MOST_TEXT))
        if len(texts) != size:
            raise ValueError(f"{len(texts):,} texts instead of {size:,}")
        found += texts
    return found


def _numbers(dtype: np.dtype[Any], sizes: Sequence[int], blocks: Sequence[bytes]) -> NDArray[Any]:
    found = np.empty(sum(sizes), dtype)

    def unpack(at: int) -> NDArray[Any]:
        by_byte = np.frombuffer(_unpacked(blocks[at], sizes[at] * dtype.itemsize), np.uint8)
        whole = np.ascontiguousarray(by_byte.reshape(dtype.itemsize, sizes[at]).T)
        return whole.view(dtype)[:, 0]

    for at, values in _each(unpack, range(len(blocks))):
        found[at * BLOCK : at * BLOCK + len(values)] = values
    return found


def _unpacked(data: bytes, size: int) -> bytes:
    """As many bytes as are expected, and no more are ever made."""
    found = zlib.decompressobj().decompress(data, size + 1)
    if len(found) != size:
        raise ValueError(f"{len(found):,} bytes instead of {size:,}")
    return found


def _damaged(number: int, found: str) -> ProjectError:
    return ProjectError(
        "A result in the project is damaged", where=f"result {number}", found=found, do="Compute it again"
    )


# --- those that no step can bring back ------------------------------------------------------------


def drop_orphans(connection: sqlite3.Connection, enough: Callable[[], bool]) -> None:
    """Remove results that are not kept and that neither undo nor redo reaches, until `enough`."""
    orphans = connection.execute(
        "SELECT id FROM result WHERE present = 0 AND id NOT IN (SELECT id FROM change JOIN step USING (step)"
        " WHERE tab = 'result' AND key = 'present' AND state != 'dropped')"
    ).fetchall()
    for (number,) in orphans:
        for (row,) in connection.execute(
            "SELECT rowid FROM result_block WHERE result = ?", (number,)
        ).fetchall():
            connection.execute("DELETE FROM result_block WHERE rowid = ?", (row,))
            if enough():
                return
        connection.execute("DELETE FROM result WHERE id = ?", (number,))
