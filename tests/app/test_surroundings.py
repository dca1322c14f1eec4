"""Around what what stands is gathered: the view, and the places that somebody looks from."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from app.rayhelper import Around
from app.surroundings import LEAST_M, holding, holds

metres = some.floats(-20_000, 20_000)


@given(metres, metres, some.floats(1, 5_000), metres, metres)
def test_one_circle_holds_the_view_and_the_surroundings_of_a_place(
    x: float, y: float, radius_m: float, east: float, north: float
) -> None:
    middle, wide = holding((x, y), radius_m, np.array([east, north, 7.0]))
    assert np.hypot(x - middle[0], y - middle[1]) + radius_m <= wide * (1 + 1e-9) + 1e-6
    assert np.hypot(east - middle[0], north - middle[1]) + LEAST_M <= wide * (1 + 1e-9) + 1e-6
    apart = np.hypot(x - east, y - north)
    assert wide <= max(radius_m, LEAST_M, (apart + radius_m + LEAST_M) / 2) + 1e-6  # and is no larger
    assert holds(Around("", "", "", *middle, wide), middle, wide)


def test_what_was_gathered_for_a_far_view_is_gathered_anew_for_a_near_one() -> None:
    known = Around("", "", "", 0.0, 0.0, 2_000.0)
    assert holds(known, (100.0, 0.0), 1_500.0) and not holds(known, (700.0, 0.0), 1_500.0)
    assert not holds(known, (0.0, 0.0), 150.0)  # its terrain may be finer
