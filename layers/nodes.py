"""The parts of an expression. Each answers for whole columns at once, and writes itself as text.

A node's `run` gives one value per row as an iterator over its parts' iterators, so filtering a layer
costs one call per value and operation, and nothing is ever compiled or evaluated as Python.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, ClassVar, Final

from layers.functions import FUNCTIONS, KIND, OPERATORS, negative, truth
from layers.values import Value

KEYWORDS: Final = frozenset({"and", "or", "not", "in", "is", "like", "true", "false", "none", "null"})

#: How strongly each operator holds its neighbours.
OR, AND, NOT, COMPARE, ADD, MULTIPLY, NEGATE, POWER, ATOM = range(1, 10)
BINDING: Final = {
    "or": OR,
    "and": AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "like"), COMPARE),
    **dict.fromkeys(("+", "-"), ADD),
    **dict.fromkeys(("*", "/", "//", "%"), MULTIPLY),
    "**": POWER,
}

BARE_NAME: Final = re.compile(r"[^\W\d]\w*")

Columns = Mapping[str, list[Any]]


class Node(ABC):
    """A part of an expression."""

    @property
    def binding(self) -> int:
        """How strongly its text holds together; the weaker gets parentheses."""
        return ATOM

    @property
    def parts(self) -> tuple[Node, ...]:
        """The nodes it is made of."""
        return ()

    @abstractmethod
    def run(self, columns: Columns, n: int) -> Iterable[Any]:
        """One value for each of the n rows."""

    def within(self, binding: int) -> str:
        """Its text, in parentheses when it holds together less than this."""
        return str(self) if self.binding >= binding else f"({self})"

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True)
class Literal(Node):
    """A number, text, true, false or none."""

    value: Value

    def run(self, columns: Columns, n: int) -> Iterable[Any]:
        """The same value for every row."""
        return repeat(self.value, n)

    def __str__(self) -> str:
        if isinstance(self.value, str):
            return "'" + self.value.replace("'", "''") + "'"
        if self.value is None or isinstance(self.value, bool):
            return str(self.value).lower()
        return repr(self.value)


@dataclass(frozen=True)
class Name(Node):
    """An attribute or reserved column, or a path into a nested one; `at` is where it was written."""

    path: tuple[str, ...]
    at: int = field(default=0, compare=False)

    def run(self, columns: Columns, n: int) -> Iterable[Any]:
        """The column; none where there is no such attribute."""
        column = columns.get(self.path[0])
        if column is None:
            return repeat(None, n)
        inner = self.path[1:]
        return (_member(value, inner) for value in column) if inner else column

    def __str__(self) -> str:
        return ".".join(map(written_name, self.path))


def written_name(name: str) -> str:
    """A name as an expression writes it, quoted where it must be."""
    if BARE_NAME.fullmatch(name) and name.lower() not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def _member(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


@dataclass(frozen=True)
class Operation(Node):
    """Two values and the operator between them."""

    operator: str
    left: Node
    right: Node

    @property
    def binding(self) -> int:
        """The operator's own."""
        return BINDING[self.operator]

    @property
    def parts(self) -> tuple[Node, ...]:
        """Both sides."""
        return self.left, self.right

    def run(self, columns: Columns, n: int) -> Iterable[Any]:
        """The operator applied row by row."""
        return map(OPERATIONS[self.operator], self.left.run(columns, n), self.right.run(columns, n))

    def __str__(self) -> str:
        own = self.binding
        # Comparisons do not chain; a power takes a sign on its right, and groups from there.
        left = own + 1 if own in (COMPARE, POWER) else own
        right = NEGATE if own == POWER else own + 1
        return f"{self.left.within(left)} {self.operator} {self.right.within(right)}"


OPERATIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    **OPERATORS,
    "and": lambda a, b: truth(a) and truth(b),
    "or": lambda a, b: truth(a) or truth(b),
}


@dataclass(frozen=True)
class Member(Node):
    """Whether a value is one of those listed."""

    item: Node
    values: tuple[Value, ...]

    @property
    def binding(self) -> int:
        """That of a comparison."""
        return COMPARE

    @property
    def parts(self) -> tuple[Node, ...]:
        """The value asked about."""
        return (self.item,)

    def run(self, columns: Columns, n: int) -> Iterable[Any]:
        """Membership row by row; kind and value together, for true is not 1."""
        listed = {(KIND[type(value)], value) for value in self.values}
        for value in self.item.run(columns, n):
            kind = KIND.get(type(value))
            yield kind not in _UNHASHABLE and (kind, value) in listed

    def __str__(self) -> str:
        listed = ", ".join(str(Literal(value)) for value in self.values)
        return f"{self.item.within(COMPARE + 1)} in ({listed})"


_UNHASHABLE: Final = frozenset({"list", "nested", None})


@dataclass(frozen=True)
class IsNone(Node):
    """Whether a value is missing."""

    item: Node

    @property
    def binding(self) -> int:
        """That of a comparison."""
        return COMPARE

    @property
    def parts(self) -> tuple[Node, ...]:
        """The value asked about."""
        return (self.item,)

    def run(self, columns: Columns, n: int) -> Iterable[Any]:
        """Row by row."""
        return (value is None for value in self.item.run(columns, n))

    def __str__(self) -> str:
        return f"{self.item.within(COMPARE + 1)} is none"


@dataclass(frozen=True)
class Prefix(Node):
    """`not` or a minus sign before a value."""

    operator: str
    item: Node
    BINDINGS: ClassVar = {"not": NOT, "-": NEGATE}

    @property
    def binding(self) -> int:
        """The operator's own."""
        return self.BINDINGS[self.operator]

    @property
    def parts(self) -> tuple[Node, ...]:
        """The value it stands before."""
        return (self.item,)

    def run(self, columns: Columns, n: int) -> Iterable[Any]:
        """Row by row."""
        values = self.item.run(columns, n)
        return map(negative, values) if self.operator == "-" else (not truth(value) for value in values)

    def __str__(self) -> str:
        item = self.item.within(self.binding)
        return f"not {item}" if self.operator == "not" else f"-{item}"


@dataclass(frozen=True)
class Call(Node):
    """A function and what it is given."""

    function: str
    arguments: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments

    def run(self, columns: Columns, n: int) -> Iterable[Any]:
        """The function applied row by row."""
        return map(FUNCTIONS[self.function].run, *(node.run(columns, n) for node in self.arguments))

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"
