"""The expression language of filters, styling rules, the calculator and the command line.

    measuredHeight > 30 and function in ('1000', '1010') and type == 'Building'
    round(measuredHeight / 3.1)
    "+noise-max".value >= 55 or name like 'St. %'

Text stands in single quotes; a name with unusual characters in double quotes or backquotes.
A missing attribute is none; comparing none, or values of unlike kinds, is false.

    text ──tokens──> words and signs ──Parser──> layers.nodes ──layers.evaluation──> values
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from layers.columns import Column, Mask
from layers.errors import ExpressionError
from layers.evaluation import Evaluation
from layers.functions import FUNCTIONS, truth
from layers.nodes import (
    BINDING,
    COMPARE,
    KEYWORDS,
    NEGATE,
    NOT,
    OR,
    POWER,
    Call,
    Columns,
    IsNone,
    Literal,
    Member,
    Name,
    Node,
    Operation,
    Prefix,
    written_name,
)
from layers.values import Value

#: Columns that every object has beside its attributes.
RESERVED: Final = ("id", "type", "parent", "lods", "valid_from", "valid_to")

#: A stranger's expression may not exhaust the stack.
MAX_DEPTH: Final = 40
MAX_OPERATIONS: Final = 200

SAME: Final = {"=": "==", "<>": "!=", "null": "none"}
CONSTANTS: Final[dict[str, Value]] = {"true": True, "false": False, "none": None}
BINDS: Final = {**BINDING, "not": COMPARE, "is": COMPARE}

VALUE: Final = "a number, a text in single quotes, an attribute name, a function or a parenthesis"
OPERATOR: Final = "a comparison such as == or >, arithmetic such as + or *, and, or, or the end"
HINTS: Final = {"&": "Write and", "|": "Write or", "!": "Write not or !=", "‘": "Write '", "“": "Write '"}


class BadExpression(ExpressionError):
    """An expression that could not be understood, with the place where."""

    def __init__(self, text: str, at: int, found: str, allowed: str = "", do: str = "") -> None:
        self.text, self.at = text, at
        what = "The expression could not be understood"
        super().__init__(what, where=f"character {at + 1}", found=found, allowed=allowed, do=do)

    def picture(self) -> str:
        """The line of the expression with a caret under the place."""
        start = self.text.rfind("\n", 0, self.at) + 1
        line = self.text[start:].split("\n", 1)[0]
        return f"{line}\n{' ' * (self.at - start)}^"


@dataclass(frozen=True)
class Expression:
    """An expression that was understood. `str()` writes it back in its plain form."""

    text: str
    root: Node

    @property
    def names(self) -> frozenset[str]:
        """The attributes and reserved columns it asks for."""
        return frozenset(node.path[0] for node in self.root.walk() if isinstance(node, Name))

    def columns(self, columns: Columns, n: int) -> list[Value]:
        """Its value for each of n rows, from one list per name."""
        return list(self.root.run(columns, n))

    def matching(self, columns: Mapping[str, Column], n: int) -> Mask:
        """Whether it holds, for each of n rows, found with arrays."""
        return Evaluation(columns, n).mask(self.root)

    def column(self, columns: Mapping[str, Column], n: int) -> Column:
        """Its value for each of n rows, found with arrays."""
        return Evaluation(columns, n).column(self.root)

    def value(self, row: Mapping[str, Any]) -> Value:
        """Its value for one row."""
        columns = {name: [row.get(name)] for name in self.names}
        return next(iter(self.columns(columns, 1)))

    def matches(self, row: Mapping[str, Any]) -> bool:
        """Whether it holds for one row."""
        return truth(self.value(row))

    def check(self, known: Iterable[str]) -> None:
        """Raise when it names an attribute that is not known, as an unquoted text does."""
        names = [*known, *RESERVED]
        for node in self.root.walk():
            if isinstance(node, Name) and node.path[0] not in names:
                name = node.path[0]
                near = get_close_matches(name, names, 1)
                do = f"Did you mean {written_name(near[0])}" if near else f"If it is a text, write '{name}'"
                raise BadExpression(self.text, node.at, f"no attribute is called '{name}'", do=do)

    def __str__(self) -> str:
        return str(self.root)


def parse(text: str) -> Expression:
    """The expression that a text spells, or BadExpression."""
    return Expression(text, Parser(text).whole())


# ── words and signs ─────────────────────────────────────────────────────────────────────────────────

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")+"|`(?:[^`]|``)+`)
    | (?P<name>[^\W\d]\w*)
    | (?P<sign>\*\*|//|==|!=|<>|<=|>=|[-+*/%<>=(),.])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A word or sign: its kind, what it says, and where it stands."""

    kind: str  # number, text, quoted, name, word (a keyword), sign, end
    text: str
    at: int

    @property
    def said(self) -> str:
        """How an error quotes it."""
        return (
            "it ends here" if self.kind == "end" else f"'{self.text}'" if self.kind != "text" else self.text
        )


def tokens(text: str) -> Iterator[Token]:
    """The words and signs of an expression, closed by one of kind 'end'."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(text, at)
        kind, said = str(match.lastgroup), match.group()
        if kind == "name" and said.lower() in KEYWORDS:
            kind, said = "word", said.lower()
        if kind != "space":
            yield Token(kind, SAME.get(said, said) if kind in ("word", "sign") else said, at)
        at = match.end()
    yield Token("end", "", len(text))


def _unreadable(text: str, at: int) -> BadExpression:
    sign = text[at]
    if sign in "'\"`":
        return BadExpression(text, at, "the quote is not closed or holds nothing", do=f"Close it with {sign}")
    return BadExpression(text, at, f"'{sign}'", allowed=VALUE, do=HINTS.get(sign, ""))


# ── the parser ──────────────────────────────────────────────────────────────────────────────────────


class Parser:
    """Reads an expression by binding strength (Pratt): each operator takes what holds tighter."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._next = 0
        self._depth = 0
        self._operations = 0

    def whole(self) -> Node:
        """The root of the expression; nothing may follow it."""
        node = self._expression(OR)
        if self._token.kind != "end":
            raise self._unexpected(OPERATOR)
        return node

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next += token.kind != "end"
        return token

    def _taken(self, *said: str) -> bool:
        """Whether the next word or sign is one of these; it is taken if so."""
        found = self._token.kind in ("word", "sign") and self._token.text in said
        self._next += found
        return found

    def _need(self, said: str) -> None:
        if not self._taken(said):
            raise self._unexpected(said)

    def _unexpected(self, allowed: str) -> BadExpression:
        return BadExpression(self._text, self._token.at, self._token.said, allowed)

    def _count_operation(self) -> None:
        self._operations += 1
        if self._operations > MAX_OPERATIONS:
            raise BadExpression(
                self._text,
                self._token.at,
                f"more than {MAX_OPERATIONS} operations",
                do="Compare with many values by in ('a', 'b', …)",
            )

    def _expression(self, binding: int) -> Node:
        """What holds together at least this strongly."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadExpression(self._text, self._token.at, f"nested deeper than {MAX_DEPTH}")
        node = self._prefix(binding)
        while BINDS.get(self._operator, 0) >= binding:
            self._count_operation()
            compared = BINDS[self._operator] == COMPARE
            node = self._comparison(node) if compared else self._operation(node)
            if compared and BINDS.get(self._operator) == COMPARE:
                raise BadExpression(
                    self._text, self._token.at, "a second comparison", do="Join comparisons with and"
                )
        self._depth -= 1
        return node

    @property
    def _operator(self) -> str:
        return self._token.text if self._token.kind in ("word", "sign") else ""

    def _operation(self, left: Node) -> Node:
        operator = self._take().text
        own = BINDING[operator]
        return Operation(operator, left, self._expression(NEGATE if own == POWER else own + 1))

    def _comparison(self, left: Node) -> Node:
        operator = self._take().text
        if operator == "is":
            negated = self._taken("not")
            self._need("none")
            return _negated_if(negated, IsNone(left))
        if operator == "not":
            if self._operator not in ("in", "like"):
                raise self._unexpected("in or like")
            return Prefix("not", self._comparison(left))
        if operator == "in" and self._taken("("):
            return Member(left, self._listed())
        right = self._expression(COMPARE + 1)
        if operator in ("==", "!=") and Literal(None) in (left, right):
            return _negated_if(operator == "!=", IsNone(left if right == Literal(None) else right))
        return Operation(operator, left, right)

    def _listed(self) -> tuple[Value, ...]:
        values = [self._constant()]
        while self._taken(","):
            values.append(self._constant())
        self._need(")")
        return tuple(values)

    def _constant(self) -> Value:
        negated = self._taken("-")
        token = self._token
        if token.kind == "number":
            number = self._number()
            return -number if negated else number
        if not negated and (token.kind == "text" or token.text in ("true", "false")):
            self._take()
            return _unquoted(token.text) if token.kind == "text" else CONSTANTS[token.text]
        raise self._unexpected("a number or a text in single quotes")

    def _prefix(self, binding: int) -> Node:
        """A value, with what stands before it."""
        if self._token.kind == "word" and self._token.text == "not":
            if binding > NOT:
                raise BadExpression(self._text, self._token.at, "'not'", VALUE, "Put not … in parentheses")
            self._take()
            self._count_operation()
            return Prefix("not", self._expression(NOT))
        if self._taken("-"):
            self._count_operation()
            return Prefix("-", self._expression(NEGATE))
        if self._taken("("):
            node = self._expression(OR)
            self._need(")")
            return node
        return self._atom()

    def _atom(self) -> Node:
        token = self._token
        if token.kind == "number":
            return Literal(self._number())
        if token.kind == "text":
            return Literal(_unquoted(self._take().text))
        if token.kind == "word" and token.text in CONSTANTS:
            return Literal(CONSTANTS[self._take().text])
        if token.kind == "name" and self._tokens[self._next + 1].text == "(":
            return self._call()
        if token.kind in ("name", "quoted"):
            return self._name()
        raise self._unexpected(VALUE)

    def _number(self) -> int | float:
        token = self._take()
        number = float(token.text)
        if not math.isfinite(number):
            raise BadExpression(self._text, token.at, f"'{token.text}'", "numbers up to 1e308")
        return int(token.text) if token.text.isdecimal() and number < 2**63 else number

    def _name(self) -> Node:
        at, path = self._token.at, [self._word_of_path()]
        while self._taken("."):
            path.append(self._word_of_path())
        return Name(tuple(path), at)

    def _word_of_path(self) -> str:
        if self._token.kind not in ("name", "quoted"):
            raise self._unexpected("an attribute name")
        token = self._take()
        return token.text if token.kind == "name" else _unquoted(token.text)

    def _call(self) -> Node:
        token = self._take()
        name = token.text.lower()
        if name not in FUNCTIONS:
            raise BadExpression(self._text, token.at, f"no function '{token.text}'", ", ".join(FUNCTIONS))
        self._count_operation()
        self._need("(")
        arguments = [self._expression(OR)]
        while self._taken(","):
            arguments.append(self._expression(OR))
        self._need(")")
        function = FUNCTIONS[name]
        if not function.least <= len(arguments) <= function.most:
            found = f"{name} with {len(arguments)} values"
            raise BadExpression(self._text, token.at, found, function.usage)
        return Call(name, tuple(arguments))


def _unquoted(text: str) -> str:
    """The inside of a quoted token; a doubled quote stands for one."""
    return text[1:-1].replace(text[0] * 2, text[0])


def _negated_if(negated: bool, node: Node) -> Node:
    return Prefix("not", node) if negated else node
