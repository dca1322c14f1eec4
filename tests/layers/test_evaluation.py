"""Expressions on whole columns mean what they mean row by row, to the letter, whatever is in the columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import columnstore, evaluation
from layers.columns import NONE, Column, encoded
from layers.expression import BadExpression, parse
from layers.functions import truth

numbers = st.one_of(
    st.sampled_from([0, 1, 2, -3, 0.5, -0.0, 2.5, 1.0, -2.5, 1e300, 0.49999999999999994, 1e13]),
    st.integers(-20, 20),
    st.floats(-20, 20),
    st.floats(allow_nan=False, allow_infinity=False),
)
large = st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, 2**62, -(2**63), 2**64 - 1])
texts = st.sampled_from(["", "a", "A", "ab", "1000", "12.5", "1961-05-01", "1961", "%"])
others = st.one_of(
    st.booleans(),
    st.lists(st.one_of(texts, numbers, st.booleans()), max_size=2),
    st.fixed_dictionaries({"value": st.one_of(numbers, texts, st.none())}),
)

kinds = {
    "numbers": numbers,
    "gaps": st.one_of(st.none(), numbers),
    "wholes": st.one_of(st.none(), st.integers(-9, 9)),
    "exact": st.one_of(numbers, large),
    "texts": st.one_of(st.none(), texts),
    "mixed": st.one_of(st.none(), numbers, texts, others, large),
    "few": st.one_of(numbers, numbers, numbers, numbers, numbers, numbers, texts),
    "others": st.one_of(st.none(), others),
    "nothing": st.none(),
}
rows = st.lists(st.fixed_dictionaries(kinds), min_size=1, max_size=30)

literals = st.one_of(
    numbers.filter(lambda number: number >= 0 and abs(number) < 1e308).map(repr),
    large.filter(lambda number: 0 < number < 2**63).map(repr),
    texts.map(lambda text: f"'{text}'"),
    st.sampled_from(["true", "false", "none"]),
)
names = st.sampled_from([*kinds, "missing", "others.value", "numbers.value", "mixed.value"])
leaves = st.one_of(names, names, names, literals)
members = st.lists(
    st.one_of(numbers.map(repr), texts.map(lambda text: f"'{text}'"), st.just("true")), min_size=1
)
functions = st.sampled_from(
    [
        "round(@)",
        "floor(@)",
        "ceil(@)",
        "abs(@)",
        "max(@)",
        "len(@)",
        "lower(@)",
        "text(@)",
        "number(@)",
        "round(@, 0)",
        "round(@, 1)",
        "max(@, @)",
        "min(@, @, @)",
        "coalesce(@, @)",
        "concat(@, @)",
        "if(@, @, @)",
        "year(@)",
        "-@",
        "not (@)",
    ]
)
signs = st.sampled_from(
    [
        "==",
        "==",
        "!=",
        "<",
        "<",
        "<=",
        ">",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "**",
        "and",
        "and",
        "or",
        "or",
        "in",
        "like",
        "not like",
    ]
)


def _filled(pattern: str, parts: list[str]) -> str:
    found = pattern
    for part in parts:
        found = found.replace("@", f"({part})", 1)
    return found


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(lambda a, sign, b: f"({a}) {sign} ({b})", inner, signs, inner),
        st.builds(_filled, functions, st.lists(inner, min_size=3, max_size=3)),
        st.builds(lambda a, listed: f"({a}) in ({', '.join(listed)})", inner, members),
        inner.map(lambda a: f"({a}) is none"),
    )


expressions = st.recursive(leaves, _larger, max_leaves=6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stored")


def stored(columns: dict[str, Column], n: int, folder: Path) -> dict[str, Column]:
    """The columns as the cache holds them."""
    columnstore.write([columnstore.Table(n, np.full(n, NONE, np.int32), columns)], folder)
    table = columnstore.load(folder, n)
    assert table is not None
    return {name: table.column(name) for name in columns}


@settings(max_examples=600)
@given(expressions, rows, st.booleans())
def test_it_is_the_same_as_row_by_row(
    folder: Path, text: str, rows: list[dict[str, Any]], in_cache: bool
) -> None:
    try:
        expression = parse(text)
    except BadExpression:
        return
    n = len(rows)
    lists = {name: [row[name] for row in rows] for name in kinds}
    columns = {name: encoded(values) for name, values in lists.items()}
    if in_cache:
        columns = stored(columns, n, folder)
    expected = expression.columns(lists, n)
    assert expression.matching(columns, n).tolist() == list(map(truth, expected)), text
    # With their kinds: 1, 1.0 and true are not the same.
    found = expression.column(columns, n).tolist()
    assert list(map(repr, found)) == list(map(repr, expected)), text


@pytest.mark.parametrize(
    "text",
    [
        "height > 12 and use in ('1000', '1010') and roof == 'gable'",
        "height / storeys >= 2.5 or storeys % 2 == 1",
        "roof like 'g%' and not (use == roof)",
        "year(built) < 1960 and coalesce(height, 0) > max(storeys, 3)",
        "round(height / 3) == storeys",
        "'2.2' in lods and noise.value > 52",
    ],
)
def test_common_filters_never_go_row_by_row(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    n = 500
    lists: dict[str, list[Any]] = {
        "height": [None if i % 7 == 0 else i % 40 + 0.25 for i in range(n)],
        "storeys": [i % 12 for i in range(n)],
        "use": [("1000", "1010", "gable", None)[i % 4] for i in range(n)],
        "roof": [("gable", "flat", "hip")[i % 3] for i in range(n)],
        "built": [f"{1900 + i % 100}-01-01" for i in range(n)],
        "lods": [["1.2"] if i % 5 else ["1.2", "2.2"] for i in range(n)],
        "noise": [{"value": 50 + i % 10} for i in range(n)],
    }
    expression = parse(text)
    expected = list(map(truth, expression.columns(lists, n)))

    def never(*_: object) -> None:
        raise AssertionError("row by row")

    monkeypatch.setattr(evaluation.Evaluation, "_row_by_row", never)
    monkeypatch.setattr(evaluation.Evaluation, "_run", never)
    found = expression.matching({name: encoded(values) for name, values in lists.items()}, n)
    assert found.tolist() == expected and 0 < sum(expected) < n
