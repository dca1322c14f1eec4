"""Objects and their parts: who stands with whom."""

from __future__ import annotations

import numpy as np

from layers.lods import NO_OBJECT, with_parents, with_parts

#: 0 has the parts 1 and 2, and 2 has the part 3; 4 stands alone.
PARENTS = np.array([NO_OBJECT, 0, 0, 2, NO_OBJECT], np.int32)


def test_parts_stand_only_with_all_they_are_parts_of() -> None:
    without_0, without_2 = np.ones(5, bool), np.ones(5, bool)
    without_0[0] = without_2[2] = False
    assert with_parents(without_0, PARENTS).tolist() == [False, False, False, False, True]
    assert with_parents(without_2, PARENTS).tolist() == [True, True, False, False, True]


def test_parts_go_with_their_objects() -> None:
    only_2 = np.arange(5) == 2
    assert with_parts(only_2, PARENTS).tolist() == [False, False, True, True, False]
    assert with_parts(np.arange(5) == 0, PARENTS).tolist() == [True, True, True, True, False]
    assert with_parts(np.zeros(0, bool), PARENTS[:0]).tolist() == []
