"""The demo city of the user's data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.demo import demo_project
from assets import demo
from layers.errors import Cancelled
from layers.project import ENDING


def stop_at_once(_fraction: float, _text: str) -> None:
    raise Cancelled


def test_a_demo_city_of_an_earlier_recipe_is_kept_and_not_taken_for_todays(tmp_path: Path) -> None:
    earlier = tmp_path / f"Lohefurt {demo.EDITION - 1}{ENDING}"
    earlier.write_bytes(b"somebody's edits")
    with pytest.raises(Cancelled):  # it begins to make a new one
        demo_project(tmp_path, stop_at_once)
    assert earlier.read_bytes() == b"somebody's edits"


def test_the_demo_city_is_made_once(tmp_path: Path) -> None:
    made = tmp_path / f"Lohefurt {demo.EDITION}{ENDING}"
    made.touch()
    assert demo_project(tmp_path, stop_at_once) == made
