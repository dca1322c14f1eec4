"""The parts of an expression. Each answers row by row, and writes itself as text.

A node's `function` makes its value from those of its parts, and `run` gives one value per row as an
iterator over its parts' iterators. Nothing is ever compiled or evaluated as Python. What `run` gives is
what an expression means; `layers.evaluation` finds the same for a million rows with arrays.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
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

    @property
    @abstractmethod
    def function(self) -> Callable[..., Any]:
        """What makes its value from those of its parts."""

    def run(self, columns: Columns, n: int) -> Iterable[Any]:
        """One value for each of the n rows."""
        return map(self.function, *(part.run(columns, n) for part in self.parts))

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

    @property
    def function(self) -> Callable[..., Any]:
        """Its value."""
        return lambda: self.value

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

    @property
    def function(self) -> Callable[..., Any]:
        """What the path leads to within a value of the column."""
        inner = self.path[1:]
        return lambda value: _member(value, inner)

    def run(self, columns: Columns, n: int) -> Iterable[Any]:
        """The column; none where there is no such attribute."""
        column = columns.get(self.path[0])
        if column is None:
            return repeat(None, n)
        return map(self.function, column) if len(self.path) > 1 else column

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

    @property
    def function(self) -> Callable[..., Any]:
        """What the operator does with both."""
        return OPERATIONS[self.operator]

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

    @cached_property
    def function(self) -> Callable[..., Any]:
        """Membership; kind and value together, for true is not 1."""
        listed = {(KIND[type(value)], value) for value in self.values}

        def is_listed(value: Any) -> bool:
            kind = KIND.get(type(value))
            return kind not in _UNHASHABLE and (kind, value) in listed

        return is_listed

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

    @property
    def function(self) -> Callable[..., Any]:
        """Whether there is none."""
        return lambda value: value is None

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

    @property
    def function(self) -> Callable[..., Any]:
        """The number with the other sign, or the opposite."""
        return negative if self.operator == "-" else lambda value: not truth(value)

    def __str__(self) -> str:
        item = self.item.within(self.binding)
        return f"not {item}" if self.operator == "not" else f"-{item}"


@dataclass(frozen=True)
class Call(Node):
    """A function and what it is given."""

    name: str
    arguments: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments

    @property
    def function(self) -> Callable[..., Any]:
        """What the language knows by that name."""
        return FUNCTIONS[self.name].run

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"
