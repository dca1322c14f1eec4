"""Two results beside each other."""

from __future__ import annotations

import numpy as np

from analysis.comparison import differences, shared_quantities
from layers.results import Pedigree, Quantity, Result, Table

HOURS = Quantity("sunlight_h", "Sunlight", "h")


def result(ids: list[str], hours: list[float], *more: Quantity) -> Result:
    surfaces = Table({"fid": np.arange(len(ids)) * 0 + 7, "surface_id": ids, "sunlight_h": np.array(hours)})
    return Result("sunlight", "", {}, Pedigree("", "", ()), (HOURS, *more), surfaces)


def test_surfaces_of_both_are_compared_those_that_moved_most_first() -> None:
    now = result(["a", "b", "c", "d"], [1.0, 2.0, np.nan, 4.0])
    before = result(["d", "x", "a", "c"], [1.0, 9.0, 1.5, 3.0])
    found = differences(now, before, "sunlight_h")
    assert found.texts("surface_id") == ["d", "a", "c"]
    assert found.numbers("change")[:2].tolist() == [3.0, -0.5] and np.isnan(found.numbers("change")[2])
    assert (found.numbers("one") - found.numbers("other"))[:2].tolist() == [3.0, -0.5]
    assert found.numbers("fid").tolist() == [7, 7, 7]


def test_only_quantities_that_both_have_can_be_compared() -> None:
    one = result(["a"], [1.0], Quantity("sky_view_factor", "Sky view", ""))
    assert shared_quantities(one, result(["a"], [2.0])) == ["sunlight_h"]
    assert len(differences(one, result(["b"], [2.0]), "sunlight_h")) == 0
