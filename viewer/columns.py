"""What a picture needs to know of a layer's objects, read from the project when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from layers.arrays import Int32

NO_OBJECT = -1


class Columns:
    """One value per object in layer order; remembers what it has read."""

    def __init__(self, read: Callable[[str], Sequence[Any]], first_fid: int, count: int) -> None:
        self._read, self.first_fid, self.count = read, first_fid, count
        self._values: dict[str, Sequence[Any]] = {}
        self._parents: Int32 | None = None

    def values(self, key: str) -> Sequence[Any]:
        """The values of an attribute, or of id, type, parent, valid_from, valid_to."""
        if key not in self._values:
            self._values[key] = self._read(key)
        return self._values[key]

    def read_with(self, read: Callable[[str], Sequence[Any]]) -> None:
        """From now on ask another project, the same one opened in another thread."""
        self._read = read

    def forget(self, keys: Iterable[str]) -> None:
        """Read these anew when next asked for."""
        for key in keys:
            self._values.pop(key, None)

    @property
    def parents(self) -> Int32:
        """Position of each object's parent in the layer, or -1."""
        if self._parents is None:
            named = self.values("parent")
            self._parents = np.full(self.count, NO_OBJECT, np.int32)
            if any(named):
                position = {id: i for i, id in enumerate(self.values("id"))}
                self._parents[:] = [position.get(id, NO_OBJECT) if id else NO_OBJECT for id in named]
        return self._parents

    def inherited(self, key: str) -> list[Any]:
        """The values of an attribute; a part without one takes its building's."""
        values = list(self.values(key))
        for child in np.flatnonzero(self.parents != NO_OBJECT).tolist():
            seen, at = 0, child
            while values[at] is None and self.parents[at] != NO_OBJECT and seen < 8:
                at, seen = int(self.parents[at]), seen + 1
            values[child] = values[at]
        return values

    def codes(self, key: str) -> tuple[Int32, list[str]]:
        """A text column as numbers into the list of its different values."""
        names: dict[str, int] = {}
        found = [names.setdefault(str(value or ""), len(names)) for value in self.values(key)]
        return np.array(found, np.int32), list(names)

    def family(self, positions: Int32) -> Int32:
        """These objects and all their descendants."""
        chosen = np.zeros(self.count + 1, bool)  # the last one stands for "no parent"
        chosen[positions] = True
        while True:
            grown = chosen[:-1] | chosen[self.parents]
            if (grown == chosen[:-1]).all():
                return np.flatnonzero(grown).astype(np.int32)
            chosen[:-1] = grown
