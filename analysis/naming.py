"""What objects are called in tables, and what whole their parts belong to."""

from __future__ import annotations

import numpy as np

from analysis.plots import GROUND_AREA
from layers.columns import Mask
from layers.project import Project
from layers.records import Layer
from layers.results import Table
from layers.runs import Int64

#: In place of an object's fid: terrain and scans.
NO_OBJECT = -1
#: Types of receivers that are given, not found on objects.
WINDOWS = frozenset(("point", "window"))


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


def subject(naming: Naming, surfaces: Table) -> str:
    """What the rows of a result are of, for its title: the name of one thing, or how many there are."""
    wholes = np.unique(naming.wholes(surfaces.numbers("fid").astype(np.int64))).tolist()
    ids, types = surfaces.texts("surface_id"), set(surfaces.texts("surface_type"))
    if wholes == [NO_OBJECT]:
        return ids[0] if len(ids) == 1 else f"{len(ids)} {'windows' if types <= WINDOWS else 'areas'}"
    if len(wholes) == 1:
        return naming.title(wholes[0])
    return f"{len(wholes)} {'areas' if types == {GROUND_AREA} else 'objects'}"


def _is_of(layer: Layer, fids: Int64) -> Mask:
    return (fids >= layer.first_fid) & (fids < layer.first_fid + layer.object_count)
