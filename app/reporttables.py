"""The tables of a result on paper: few columns, no more rows than people read, the rest summed up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.sight.allowedheights import ALLOWED, ALLOWED_Z, LEFT
from analysis.sight.exposuretables import AREAS
from analysis.sight.viewtables import CORRIDORS
from app.labels import counted
from app.overlay import nice_length
from app.paper import INK, Block, heading, paragraph
from app.papergrid import Grid
from app.paperparts import VERDICT_COLOURS
from app.resultanswer import TIMED, small_tables
from app.resulttable import NAMES, PLACES, columns_in_order, tables_of
from app.resulttext import (
    INNER,
    NOTHING,
    VERDICTS,
    WORDS,
    Numbers,
    cell_text,
    column_title,
    digits_of,
    numbers_of,
    of_quantity,
    verdict_number,
)
from layers.results import BEFORE, CHANGE, OBSERVERS, Quantity, Result, Table

#: Longer tables are summed up; the exported table has all rows.
MOST_ROWS = 80
#: Of a table that is summed up, so many rows at either end are shown.
ENDS = 12
#: Along a corridor heights are told for so many stretches at most, and how much finer a nice length may be.
MOST_STATIONS, FINER = 15, 2.5
#: More columns do not fit on a page.
MOST_COLUMNS = 9
#: Columns that say little on paper.
LEFT_OUT = INNER | {"surface_id", *PLACES}
#: Tables that are not printed: charts show them, and the exported tables have every row.
NOT_PRINTED = ("points", "hours", "sky", "place", "blockers_by_month", *TIMED, "bands")


def numbers_grid(result: Result) -> Block | None:
    """Each quantity in numbers: lowest, mean and highest; where two states are compared, both."""
    rows = []
    every = {quantity.name: numbers_of(result, quantity) for quantity in result.quantities}
    known = {name: found for name, found in every.items() if found is not None}
    if known and all(found.count == 1 for found in known.values()):
        return _single_values(result.quantities, {name: found.mean for name, found in known.items()})
    for quantity in result.quantities:
        found = known.get(quantity.name)
        if found is not None:
            values = (found.low, _mean(quantity, known), found.high)
            title = f"{quantity.title} ({quantity.unit})" if quantity.unit else quantity.title
            rows.append([title, *(of_quantity(value, _bare(quantity)) for value in values)])
    return Grid(["", "Lowest", "Mean", "Highest"], rows, [False, True, True, True]) if rows else None


def _single_values(quantities: Sequence[Quantity], known: Mapping[str, float]) -> Block:
    """Of one place: a row per quantity, with what it was before and the change where states are compared."""
    compares = any(quantity.name.endswith(BEFORE) for quantity in quantities)
    endings = ("", BEFORE, CHANGE) if compares else ("",)
    shown = Table({name: np.array([value]) for name, value in known.items()}).shown(
        lambda name: digits_of(name, quantities)
    )
    rows = []
    for quantity in quantities:
        if quantity.name in known and not quantity.name.endswith((BEFORE, CHANGE)):
            names = [quantity.name + ending for ending in endings]
            values = [float(shown.columns[name][0]) if name in known else np.nan for name in names]
            title = f"{quantity.title} ({quantity.unit})" if quantity.unit else quantity.title
            rows.append([title, *(of_quantity(value, _bare(quantity)) for value in values)])
    titles = ["", "After", "Before", "Change"] if compares else ["", "Value"]
    return Grid(titles, rows, [False, *[True] * len(endings)])


def heights_along(result: Result) -> Block | None:
    """Along one corridor, at rising distances from the eye: the least of how high one may build there."""
    lookers, points = result.tables.get(OBSERVERS, Table()), result.points
    shown = [each for each in result.quantities if each.name in (ALLOWED, ALLOWED_Z, LEFT)]
    if len(lookers) != 1 or len(shown) != 3 or not len(points) or CORRIDORS not in result.tables:
        return None
    off = np.column_stack([points.numbers(axis) - lookers.numbers(axis)[0] for axis in "xy"])
    away = np.hypot(*off.T)
    step = nice_length(FINER * float(np.ptp(away)) / MOST_STATIONS) or 1.0
    which = np.floor(away / step).astype(np.int64)
    rows = []
    for station in np.unique(which).tolist():
        here = which == station
        values = (float(np.nanmin(points.numbers(each.name)[here])) for each in shown)
        span = f"{station * step:g}–{(station + 1) * step:g} m"
        rows.append([span, *(of_quantity(value, each) for value, each in zip(values, shown, strict=True))])
    titles = [each.title for each in shown]
    return Grid(["Distance from the eye", *titles], rows, [False, True, True, True])


def _mean(quantity: Quantity, known: Mapping[str, Numbers]) -> float:
    """The mean of a quantity; of a change that of the rounded means, so that it adds up with them."""
    found, base = known[quantity.name], quantity.name.removesuffix(CHANGE)
    now, before = known.get(base), known.get(base + BEFORE)
    if base == quantity.name or now is None or before is None or now.count != before.count:
        return found.mean
    return round(now.mean, quantity.digits) - round(before.mean, quantity.digits)


def tables_named(result: Result, names: Sequence[str]) -> Iterator[Block]:
    """Some tables of a result as far as it has them, each below its heading."""
    every = tables_of(result)
    for name in (each for each in names if each in every):
        table = every[name]
        # One place that is no object is told in numbers above.
        is_said = name == "surfaces" and len(table) == 1 and table.numbers("fid")[0] < 0
        if name == VERDICTS or name in NOT_PRINTED or is_said or _repeats(result, name):
            continue
        yield heading(NAMES.get(name, column_title(name)))
        yield from table_blocks(result, table)


def _repeats(result: Result, name: str) -> bool:
    """Whether a table says of the ground of areas again what a table of areas says by their names."""
    return name == "surfaces" and AREAS in result.tables


def in_numbers(result: Result) -> Iterator[Block]:
    """The quantities, and what small tables there are, below a heading."""
    found = numbers_grid(result)
    small = small_tables(result)
    if found is not None or small:
        yield heading("In numbers")
    if found is not None:
        yield found
    for table in small:
        yield Grid(
            list(table.titles),
            [list(row) for row in table.rows],
            [bool(at) for at in range(len(table.titles))],
        )


def verdict_grid(rows: Sequence[dict[str, Any]]) -> Block:
    """All verdicts as a table."""
    titles = ["What", "Before", "After", "Needed", "Verdict"]
    cells, colours = [], []
    for row in rows:
        verdict = str(row.get("verdict", ""))
        cells.append(
            [
                str(row.get("name", "")),
                *(verdict_number(row, key) for key in ("before", "after", "threshold")),
                WORDS.get(verdict, verdict),
            ]
        )
        colours.append([INK] * 4 + [VERDICT_COLOURS.get(verdict, (INK, ""))[0]])
    return Grid(titles, cells, [False, True, True, True, False], colours)


def table_blocks(result: Result, table: Table) -> list[Block]:
    """A table of a result; a long one summed up, with the rows at its ends."""
    names = _chosen(result, table)
    if len(table) <= MOST_ROWS:
        return [_grid(result, table, names, np.arange(len(table)))]
    blocks, note = _summed_up(result, table, names)
    return [*blocks, paragraph(note, 7.0, "#5d6b74", gap=3)]


def _summed_up(result: Result, table: Table, names: Sequence[str]) -> tuple[list[Block], str]:
    quantity = next((found.name for found in result.quantities if found.name in names), "")
    if not quantity:
        shown = _grid(result, table, names, np.arange(ENDS * 2))
        return [shown], f"The first {ENDS * 2} of {counted(len(table), 'row')}; the exported table has all."
    values = table.numbers(quantity)
    order = np.argsort(values, kind="stable")
    order = order[np.isfinite(values[order])]
    title = column_title(quantity, result.quantities)
    note = (
        f"{counted(len(table), 'row')}; shown are the {ENDS} with the least and the {ENDS} with the most of "
        f"{title}. The exported table has all."
    )
    ends = np.concatenate((order[:ENDS], order[-ENDS:]))
    return [*_by_kind(result, table, quantity), _grid(result, table, names, ends)], note


def _by_kind(result: Result, table: Table, quantity: str) -> list[Block]:
    """Count, area and mean of each kind of surface."""
    if "surface_type" not in table.columns or "area_m2" not in table.columns:
        return []
    kinds = np.array(table.texts("surface_type"))
    areas, values = table.numbers("area_m2"), table.numbers(quantity)
    digits = digits_of(quantity, result.quantities)
    rows = []
    for kind in dict.fromkeys(kinds.tolist()):
        of_kind = (kinds == kind) & np.isfinite(values)
        weights = areas[of_kind]
        mean = float((values[of_kind] * weights).sum() / weights.sum()) if weights.sum() > 0 else np.nan
        rows.append(
            [kind or NOTHING, *(cell_text(int(of_kind.sum()), 0), cell_text(float(weights.sum()), 0)),
             cell_text(mean, digits)]
        )  # fmt: skip
    titles = ["Kind", "Surfaces", "Area (m²)", f"Mean of {column_title(quantity, result.quantities)}"]
    return [Grid(titles, rows, [False, True, True, True])]


def _grid(
    result: Result, table: Table, names: Sequence[str], rows: np.ndarray[Any, np.dtype[np.intp]]
) -> Grid:
    shown = table.shown(lambda name: digits_of(name, result.quantities, table))
    columns = [shown.columns[name] for name in names]
    digits = [digits_of(name, result.quantities, table) for name in names]
    cells = [
        [
            cell_text(column[row], places, name)
            for column, places, name in zip(columns, digits, names, strict=True)
        ]
        for row in rows.tolist()
    ]
    numeric = [not isinstance(column, list) for column in columns]
    return Grid([column_title(name, result.quantities) for name in names], cells, numeric)


def _chosen(result: Result, table: Table) -> list[str]:
    """The columns that go on paper: what is described, then quantities, as many as fit."""
    names = [name for name in columns_in_order(table, result) if name not in LEFT_OUT]
    if "name" in names and "object_id" in names:
        names.remove("object_id")
    quantities = {found.name for found in result.quantities}
    measured = [name for name in names if name in quantities]
    described = [name for name in names if name not in quantities]
    room = max(MOST_COLUMNS - len(measured), 4)
    return [*described[:room], *measured[: MOST_COLUMNS - len(described[:room])]]


def _bare(quantity: Quantity) -> Quantity:
    """A quantity whose unit stands in the title already."""
    return Quantity(quantity.name, quantity.title, "", quantity.digits, words=quantity.words)
