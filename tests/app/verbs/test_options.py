"""Options of verbs are inputs of their analyses, and what is not given is not answered."""

from __future__ import annotations

import argparse
from importlib import import_module

import pytest

from analysis.analysis import analysis_of
from analysis.asked import questions
from app.verbs.options import Option, add_options, given, options_of

TABLES = {
    **dict.fromkeys(("solar", "exposure", "isovist", "visibility", "windowview"), ("GIVEN",)),
    "sightline": ("GIVEN",),
    "protectedview": ("GIVEN", "THRESHOLD"),
    **dict.fromkeys(("zoning", "indicators"), ("OPTIONS",)),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_option_is_an_input_of_the_analysis_and_of_its_kind(name: str) -> None:
    module = import_module(f"app.verbs.{name}")
    options: list[Option] = [one for table in TABLES[name] for one in getattr(module, table)]
    kinds = {field.name: ask.kind for field, ask in questions(analysis_of(name).Inputs)}
    assert {one.input for one in options} <= set(kinds)
    assert len({one.name for one in options}) == len(options) == len({one.input for one in options})
    for one in options:
        assert (kinds[one.input] == "number") == (one.read is float), one.name
        assert (kinds[one.input] == "whole") == (one.read is int), one.name


def test_what_is_given_is_answered_by_the_name_of_the_input() -> None:
    options = (
        Option("least-spell", "least_spell_min", "MIN", "so long", float),
        Option("mode", "mode", "", "how", choices=("a", "b")),
        Option("green", "green", "EXPR", "what"),
    )
    parser = argparse.ArgumentParser()
    add_options(parser, options)
    assert given(parser.parse_args(["--least-spell", "0", "--green", ""]), options) == {
        "least_spell_min": 0.0,
        "green": "",
    }
    assert given(parser.parse_args(["--mode", "b"]), options) == {"mode": "b"}
    assert options_of(options) == {"least_spell_min": "--least-spell", "mode": "--mode", "green": "--green"}
