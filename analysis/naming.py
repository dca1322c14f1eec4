"""What objects are called in tables, and what whole their parts belong to."""

from __future__ import annotations

import numpy as np

from layers.project import Project
from layers.records import Layer
from layers.runs import Int64

#: In place of an object's fid: terrain and scans.
NO_OBJECT = -1


class Naming:
    """Names of objects, read when they are asked for."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._titles: dict[int, tuple[str, str]] = {}

    def wholes(self, fids: Int64) -> Int64:
        """The object that each one is a part of, or a part of a part; itself where it is no part."""
        found = np.asarray(fids, np.int64).copy()
        for layer in self._project.layers:
            mine = np.flatnonzero(_is_of(layer, found))
            if not len(mine):
                continue
            parents = self._project.parents(layer).astype(np.int64)
            places = found[mine] - layer.first_fid
            for _ in range(len(parents)):
                above = parents[places]
                if (above < 0).all():
                    break
                places = np.where(above >= 0, above, places)
            found[mine] = places + layer.first_fid
        return found

    def id(self, fid: int) -> str:
        """The object's id in its source, '' for what is no object."""
        return self._read(fid)[0]

    def title(self, fid: int) -> str:
        """Its name where it has one, else its id."""
        return self._read(fid)[1]

    def _read(self, fid: int) -> tuple[str, str]:
        if fid < 0:
            return "", "terrain"
        if fid not in self._titles:
            thing = self._project.object(fid)
            self._titles[fid] = thing.id, str(thing.attributes.get("name") or thing.id)
        return self._titles[fid]


def _is_of(layer: Layer, fids: Int64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (fids >= layer.first_fid) & (fids < layer.first_fid + layer.object_count)
