"""Damaged files that a reader once did not bear."""

from __future__ import annotations

import sys
from pathlib import Path

import orjson
import pytest

from tests.conftest import real
from tests.fuzz.cases import Case, Seed
from tests.fuzz.reading import outcomes

FINDS = orjson.loads(Path(__file__).with_name("finds.json").read_bytes())


@pytest.mark.skipif(sys.platform == "win32", reason="reads in a forked child")
@pytest.mark.parametrize("find", FINDS, ids=lambda find: f"{find['seed']}-{find['number']}")
def test_a_find_is_read_or_refused_in_a_sentence(find: dict[str, str | int]) -> None:
    seed = Seed(str(find["format"]), str(find["seed"]))
    if not seed.is_made:
        real(seed.name)
    (outcome,) = outcomes([Case(seed, int(find["number"]))])
    assert not outcome.is_fault, outcome.text
