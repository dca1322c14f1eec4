"""Levels against the terrain: feet for metres, constant offsets, and what is only uneven ground."""

from __future__ import annotations

import numpy as np
import pytest

from layers.levels import doubt

GROUND = np.linspace(150.0, 210.0, 40)
PIPES = GROUND - 1.5 + 0.5 * np.sin(np.arange(40))


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        (PIPES, None),
        (PIPES / 0.3048, "feet, not metres"),
        (PIPES * 0.3048, "metres, not feet"),
        (PIPES + 47.0, "45.5 m above the terrain throughout"),
        (PIPES - 30.0, "31.5 m below the terrain throughout"),
        (PIPES * 0.7, "m or more below the terrain"),
        (np.full(40, np.nan), None),
    ],
)
def test_what_is_odd_is_named(levels: np.ndarray, told: str | None) -> None:
    found = doubt(levels, GROUND)
    assert found is None if told is None else found is not None and told in found


def test_a_few_levels_tell_nothing() -> None:
    assert doubt(PIPES[:4] + 100, GROUND[:4]) is None
