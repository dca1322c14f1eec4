"""Expressions on whole columns: what `Node.run` gives row by row, found with arrays.

    one column of texts    the expression is worked out for each different value, and looked up per row
    numbers                compared and reckoned with in float64
    anything else          row by row, for those rows alone that need it

Rows on which float64 cannot speak for the language, whole numbers from 2 ** 53 on or texts among numbers,
are `odd`: there the node that needs the answer is worked out row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from layers.columns import INEXACT, NONE, Column, Longer, Mask, encoded, listed, objects
from layers.functions import NUMBERS, truth
from layers.nodes import Call, IsNone, Literal, Member, Name, Node, Operation, Prefix
from layers.values import Value

#: Pairs of values of two columns are worked out together up to so many, or as many as there are rows.
FEW_PAIRS: Final = 10_000
#: A column whose share of other values than numbers is greater is looked up, not reckoned with.
MOST_ODD: Final = 1 / 8
#: From here on rounding leaves numbers as they are.
TOO_LARGE_TO_ROUND: Final = 1e12


@dataclass(frozen=True)
class Constant:
    """The same value in every row."""

    value: Value


@dataclass(frozen=True)
class Coded:
    """Few different values: row i has `table[codes[i]]`; the last of the table is what none becomes."""

    codes: NDArray[np.integer[Any]]
    table: Sequence[Value]


@dataclass(frozen=True)
class Numbers:
    """Numbers, NaN where none, as `node` gives them but for the odd rows."""

    node: Node
    numbers: Float64
    whole: Mask
    odd: Mask | None = None


@dataclass(frozen=True)
class Flags:
    """Yes or no."""

    mask: Mask


@dataclass(frozen=True)
class Rows:
    """One value of any kind per row."""

    values: list[Value]


Vector = Constant | Coded | Numbers | Flags | Rows


class Evaluation:
    """Works out expressions for n rows of the same columns."""

    def __init__(self, columns: Mapping[str, Column], n: int) -> None:
        self._columns, self._n = columns, n

    def mask(self, node: Node) -> Mask:
        """In which rows it holds."""
        return self._truth(self._of(node))

    def column(self, node: Node) -> Column:
        """Its value in every row."""
        vector = self._of(node)
        if isinstance(vector, Numbers):
            return self._settled(vector)
        if isinstance(vector, Rows):
            return encoded(vector.values)
        if isinstance(vector, Constant):
            return encoded([vector.value]).taken(np.zeros(self._n, np.int64))
        coded = vector if isinstance(vector, Coded) else Coded(vector.mask.view(np.uint8), (False, True))
        return encoded(listed(coded.table)).taken(coded.codes)

    def _of(self, node: Node) -> Vector:
        if isinstance(node, Literal):
            return Constant(node.value)
        if isinstance(node, Name):
            return self._column(node)
        parts = [self._of(part) for part in node.parts]
        if isinstance(node, Operation) and node.operator in ("and", "or"):
            left, right = map(self._truth, parts)
            return Flags(left & right if node.operator == "and" else left | right)
        if isinstance(node, Prefix) and node.operator == "not":
            return Flags(~self._truth(parts[0]))
        return self._looked_up(node, parts) or self._reckoned(node, parts) or self._row_by_row(node, parts)

    def _column(self, name: Name) -> Vector:
        column = self._columns.get(name.path[0])
        if column is None or (column.numbers is None and column.codes is None):
            return Constant(None)
        if len(name.path) > 1:
            # There is nothing within a number.
            return self._within(name, column)
        if column.numbers is None or column.whole is None:
            return _coded(*column.as_codes())
        odd = None if column.codes is None else column.codes != NONE
        if odd is not None and odd.mean() > MOST_ODD:
            return _coded(*column.as_codes())
        return Numbers(name, column.numbers, column.whole, odd)

    def _within(self, name: Name, column: Column) -> Vector:
        if column.codes is None:
            return Constant(None)
        return Coded(column.codes, [*map(name.function, listed(column.values)), None])

    # --- by looking up ------------------------------------------------------------------------

    def _looked_up(self, node: Node, parts: Sequence[Vector]) -> Vector | None:
        """Worked out once for every combination of different values; None where there are too many."""
        if all(isinstance(part, Constant) for part in parts):
            return Constant(node.function(*(part.value for part in parts if isinstance(part, Constant))))
        coded = [_as_coded(part) for part in parts if not isinstance(part, Constant)]
        if any(part is None for part in coded):
            return None
        varying = [part for part in coded if part is not None]
        texts = _texts_sought(node, parts)
        if texts is not None and len(varying) == 1 and isinstance(varying[0].table, Longer):
            return Flags(varying[0].table.holds(texts)[varying[0].codes])
        if len(varying) == 1:
            codes, choices = varying[0].codes, [listed(varying[0].table)]
        else:
            sizes = [len(part.table) for part in varying]
            if prod(sizes) > max(FEW_PAIRS, self._n):
                return None
            codes, choices = _combined(varying, sizes)
        given = iter(choices)
        columns = [
            [part.value] * len(choices[0]) if isinstance(part, Constant) else next(given) for part in parts
        ]
        return Coded(codes, list(map(node.function, *columns)))

    # --- by reckoning -------------------------------------------------------------------------

    def _reckoned(self, node: Node, parts: Sequence[Vector]) -> Vector | None:
        """With float64; None where the node or one of its parts is not made for it."""
        numbers = [_as_numbers(node, part) for part in parts]
        if any(part is None for part in numbers) or not any(isinstance(part, Numbers) for part in parts):
            return None
        given = [part for part in numbers if part is not None]
        odd = _either(part.odd for part in given)
        if isinstance(node, IsNone):
            return self._flags(node, np.isnan(given[0].numbers), odd)
        if isinstance(node, Member):
            among = [number for value in node.values if (number := _exact(value)) is not None]
            return self._flags(node, np.isin(given[0].numbers, among), odd)
        if isinstance(node, Operation) and node.operator in COMPARISONS:
            return self._flags(node, COMPARISONS[node.operator](*(part.numbers for part in given)), odd)
        if isinstance(node, Operation) and node.operator in ARITHMETIC:
            whole = given[0].whole & given[1].whole & (node.operator != "/")
            return _result(node, ARITHMETIC[node.operator](*(part.numbers for part in given)), whole, odd)
        if isinstance(node, Prefix):
            return _result(node, -given[0].numbers, given[0].whole, odd)
        if isinstance(node, Call) and node.name in CHOICES:
            # What is neither number nor none, a text among the constants, is not passed over.
            are_numbers = all(isinstance(part, Numbers) or _is_number(part) for part in parts)
            return _chosen(node, given, odd) if are_numbers else None
        if isinstance(node, Call) and len(given) == 1:
            return _called(node, given[0], odd)
        return None

    def _flags(self, node: Node, mask: Any, odd: Mask | None) -> Flags:
        found = np.broadcast_to(np.asarray(mask, bool), self._n)
        if odd is not None and odd.any():
            found = found.copy()
            found[odd] = [truth(value) for value in self._run(node, odd)]
        return Flags(found)

    # --- row by row ---------------------------------------------------------------------------

    def _row_by_row(self, node: Node, parts: Sequence[Vector]) -> Rows:
        return Rows(list(map(node.function, *map(self._list, parts))))

    def _run(self, node: Node, rows: Mask) -> list[Value]:
        """The node's values in some rows, as the language defines them."""
        at = np.flatnonzero(rows)
        names = {inner.path[0] for inner in node.walk() if isinstance(inner, Name)}
        columns = {name: self._columns[name].taken(at).tolist() for name in names if name in self._columns}
        return list(node.run(columns, len(at)))

    def _list(self, vector: Vector) -> list[Value]:
        if isinstance(vector, Constant):
            return [vector.value] * self._n
        if isinstance(vector, Rows):
            return vector.values
        coded = _as_coded(vector)
        if coded is not None:
            found: list[Value] = objects(listed(coded.table))[coded.codes].tolist()
            return found
        assert isinstance(vector, Numbers)
        return self._settled(vector).tolist()

    def _settled(self, vector: Numbers) -> Column:
        """Numbers as a column, with what the odd rows hold."""
        is_number = ~np.isnan(vector.numbers)
        if vector.odd is None:
            return Column(self._n, vector.numbers, vector.whole & is_number)
        column = Column(self._n, vector.numbers, vector.whole & is_number & ~vector.odd)
        return column.renewed(np.flatnonzero(vector.odd), self._run(vector.node, vector.odd))

    def _truth(self, vector: Vector) -> Mask:
        if isinstance(vector, Flags):
            return vector.mask
        if isinstance(vector, Constant):
            return np.full(self._n, truth(vector.value))
        if isinstance(vector, Coded):
            mask: Mask = _truths(listed(vector.table))[vector.codes]
            return mask
        if isinstance(vector, Rows):
            return _truths(vector.values)
        is_true = ~np.isnan(vector.numbers) & (vector.numbers != 0)
        return self._flags(vector.node, is_true, vector.odd).mask


def _truths(values: Sequence[Value]) -> Mask:
    return np.fromiter(map(truth, values), bool, len(values))


def _coded(codes: Int32, values: Sequence[Value]) -> Coded:
    return Coded(codes, Longer(values, (None,)))


def _texts_sought(node: Node, parts: Sequence[Vector]) -> list[str] | None:
    """The texts that a node compares its other part with, when that is all it does."""
    sought: Sequence[Value] | None = None
    if isinstance(node, Member):
        sought = node.values
    elif isinstance(node, Operation) and node.operator == "==":
        sought = [part.value for part in parts if isinstance(part, Constant)]
    texts = [value for value in sought or () if isinstance(value, str)]
    return texts if sought and len(texts) == len(sought) else None


def _as_coded(vector: Vector) -> Coded | None:
    if isinstance(vector, Flags):
        return Coded(vector.mask.view(np.uint8), (False, True))
    return vector if isinstance(vector, Coded) else None


def _combined(parts: Sequence[Coded], sizes: Sequence[int]) -> tuple[Int32, list[list[Value]]]:
    """One code per combination that there is, and for each part its values in these combinations."""
    places = [part.codes % np.int64(size) for part, size in zip(parts, sizes, strict=True)]  # -1 is the last
    mixed = np.ravel_multi_index(tuple(places), tuple(sizes))
    found, codes = np.unique(mixed, return_inverse=True)
    choices = []
    for part, place in zip(parts, np.unravel_index(found, sizes), strict=True):
        choices.append([part.table[at] for at in place.tolist()])
    return codes.astype(np.int32), choices


# --- numbers --------------------------------------------------------------------------------------


def _exact(value: Value) -> float | None:
    """A value that is a number as float64, when that holds it as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isinstance(value, float) or abs(value) < INEXACT else None


def _is_number(part: Vector) -> bool:
    return isinstance(part, Constant) and _exact(part.value) is not None


def _as_numbers(node: Node, vector: Vector) -> Numbers | None:
    """A vector as the numbers that another one is compared or reckoned with; what is none of them is NaN."""
    if isinstance(vector, Numbers):
        return vector
    if isinstance(vector, Flags | Rows):
        return None
    table = [vector.value] if isinstance(vector, Constant) else listed(vector.table)
    numbers = np.array([_exact(value) for value in table], np.float64)  # none becomes NaN
    whole = np.array([type(value) is int for value in table])
    odd = np.array([type(value) in NUMBERS for value in table]) & np.isnan(numbers)
    if isinstance(vector, Constant):
        return None if odd[0] else Numbers(node, numbers[0], whole[0])
    codes = vector.codes
    return Numbers(node, numbers[codes], whole[codes], odd[codes] if odd.any() else None)


def _either(masks: Any) -> Mask | None:
    found = None
    for mask in masks:
        if mask is not None:
            found = mask if found is None else found | mask
    return found


def _result(node: Node, numbers: Any, whole: Mask, odd: Mask | None) -> Numbers:
    """A result as the language keeps it: none where it is not finite, whole numbers only while exact."""
    with np.errstate(invalid="ignore"):
        numbers = np.where(np.isfinite(numbers), numbers, np.nan)
        inexact = whole & (np.abs(numbers) >= INEXACT)
    numbers = np.where(whole, numbers + 0.0, numbers)  # a whole number has no zero below zero
    if inexact.any():
        odd = inexact if odd is None else odd | inexact
    return Numbers(node, numbers, whole, odd)


def _called(node: Call, given: Numbers, odd: Mask | None) -> Numbers | None:
    numbers = given.numbers
    if node.name == "abs":
        return _result(node, np.abs(numbers), given.whole, odd)
    if node.name not in TO_WHOLE:
        return None
    with np.errstate(invalid="ignore"):
        large = np.abs(numbers) >= TOO_LARGE_TO_ROUND
    if large.any():
        odd = large if odd is None else odd | large
    return _result(node, TO_WHOLE[node.name](numbers), np.ones(len(numbers), bool), odd)


def _chosen(node: Call, given: Sequence[Numbers], odd: Mask | None) -> Numbers:
    """The first of several numbers, unless a later one is to be preferred."""
    numbers, whole = given[0].numbers, given[0].whole
    for other in given[1:]:
        is_better = CHOICES[node.name](numbers, other.numbers)
        numbers, whole = (
            np.where(is_better, other.numbers, numbers),
            np.where(is_better, other.whole, whole),
        )
    return Numbers(node, numbers, whole, odd)


def _rounded(numbers: Float64) -> Float64:
    """Halves away from zero."""
    size = np.abs(numbers)
    below = np.floor(size)
    found: Float64 = np.copysign(below + (size - below >= 0.5), numbers)
    return found


def _unequal(a: Float64, b: Float64) -> Any:
    return (a != b) & ~np.isnan(a) & ~np.isnan(b)


def _quiet(operation: Callable[[Any, Any], Any]) -> Callable[[Float64, Float64], Any]:
    def calculate(a: Float64, b: Float64) -> Any:
        with np.errstate(all="ignore"):
            return operation(a, b)

    return calculate


COMPARISONS: Final[dict[str, Callable[[Float64, Float64], Any]]] = {
    "==": np.equal,
    "!=": _unequal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
ARITHMETIC: Final[dict[str, Callable[[Float64, Float64], Any]]] = {
    "+": _quiet(np.add),
    "-": _quiet(np.subtract),
    "*": _quiet(np.multiply),
    "/": _quiet(np.divide),
    "//": _quiet(np.floor_divide),
    "%": _quiet(np.remainder),
}
TO_WHOLE: Final[dict[str, Callable[[Float64], Float64]]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "round": _rounded,
}
#: Whether the second of two numbers is taken; none is passed over.
CHOICES: Final[dict[str, Callable[[Float64, Float64], Any]]] = {
    "max": lambda a, b: np.isnan(a) | (b > a),
    "min": lambda a, b: np.isnan(a) | (b < a),
    "coalesce": lambda a, b: np.isnan(a),
}
