"""Attributes as property tables of glTF: they come out as they went in, or as JSON text."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from layers.columns import encoded
from layers.writers._glb import Glb as NewGlb
from layers.writers._metadata import Tables
from tests.glbs import Glb

WHOLE = st.integers(-(2**62), 2**62)
DECIMAL = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NESTED = st.lists(st.integers(0, 9), max_size=3) | st.dictionaries(TEXT, st.booleans(), max_size=2)
KINDS = (WHOLE, st.integers(-(2**31), 2**31 - 1), DECIMAL, st.booleans(), TEXT, NESTED, WHOLE | TEXT | NESTED)


def columns() -> st.SearchStrategy[list[list[Any]]]:
    """Some columns of the same length, with gaps."""
    return st.integers(1, 6).flatmap(
        lambda size: st.lists(
            st.one_of([st.lists(kind | st.none(), min_size=size, max_size=size) for kind in KINDS]),
            min_size=1,
            max_size=4,
        )
    )


@given(columns(), st.lists(TEXT, min_size=4, max_size=4, unique=True))
def test_values_come_out_as_they_went_in(held: list[list[Any]], names: list[str]) -> None:
    glb = NewGlb()
    pairs = list(zip(names, held, strict=False))
    Tables(glb).add("object", len(held[0]), [(name, encoded(values)) for name, values in pairs])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.glb"
        glb.save(path)
        rows = Glb.of(path).rows()
    for name, values in pairs:
        found = [row.get(name) for row in rows]
        assert [value is None for value in found] == [value is None for value in values]
        told = [value for value in values if value is not None]
        kept = [value for value in found if value is not None]
        texts = [value if isinstance(value, str) else orjson.dumps(value).decode() for value in told]
        assert kept in (told, texts)
