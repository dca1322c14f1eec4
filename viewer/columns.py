"""What a picture needs to know of a layer's objects, read from the project when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Int32
from layers.columns import NONE, Column, Mask, listed
from layers.epochs import BASE
from layers.lods import with_parents, with_parts

if TYPE_CHECKING:
    from layers.project import Project
    from layers.records import Layer

NO_OBJECT = NONE
#: So deep may parts of parts lie.
GENERATIONS = 8


class Columns:
    """One value per object in layer order."""

    def __init__(self, project: Project, layer: Layer, first_fid: int, count: int) -> None:
        self._project, self._layer = project, layer
        self.first_fid, self.count = first_fid, count
        self._parents: Int32 | None = None
        self._has_parents = False

    def read_with(self, project: Project) -> None:
        """From now on ask another project, the same one opened in another thread."""
        self._project = project

    def values(self, key: str) -> Column:
        """The values of an attribute, or of id, type, parent, valid_from, valid_to."""
        return self._project.values(self._layer, key)

    def peers(self, key: str) -> list[Column]:
        """The same attribute in the other layers of the same source or series, and where it is changed."""
        own, seen, found = self._layer, {self._layer.objects_layer}, []
        for layer in self._project.layers:
            if _are_kin(layer, own) and layer.objects_layer not in seen:
                seen.add(layer.objects_layer)
                if key == "type" or key in self._project.attribute_types(layer):
                    found.append(self._project.values(layer, key))
        return found

    @property
    def parents(self) -> Int32:
        """Position of each object's parent in the layer, or -1."""
        if self._parents is None:
            self._parents = self._project.parents(self._layer)
            self._has_parents = bool((self._parents != NO_OBJECT).any())
        return self._parents

    @property
    def has_parents(self) -> bool:
        """Whether any object is a part of another one."""
        return bool(len(self.parents)) and self._has_parents

    def inherited(self, key: str) -> Column:
        """The values of an attribute; a part without one takes its building's."""
        column = self.values(key)
        if not self.has_parents:
            return column
        parents, is_none = self.parents, column.is_none
        taken_from = np.arange(self.count, dtype=np.int32)
        asking = np.flatnonzero(is_none & (parents != NO_OBJECT))
        for _ in range(GENERATIONS):
            if not len(asking):
                break
            taken_from[asking] = parents[taken_from[asking]]
            at = taken_from[asking]
            asking = asking[is_none[at] & (parents[at] != NO_OBJECT)]
        return column.taken(taken_from)

    def codes(self, key: str) -> tuple[Int32, list[str]]:
        """A text column as numbers into the list of its different values; none is the empty text."""
        codes, values = self.values(key).as_codes()
        names = [str(value or "") for value in listed(values)]
        if (codes == NONE).any():
            codes, names = np.where(codes == NONE, np.int32(len(names)), codes), [*names, ""]
        return codes, names

    def family(self, positions: Int32) -> Int32:
        """These objects and all their descendants, ascending."""
        chosen = np.zeros(self.count, bool)
        chosen[positions] = True
        return np.flatnonzero(with_parts(chosen, self.parents)).astype(np.int32)

    def with_parents(self, mask: Mask) -> Mask:
        """Those of the objects whose parents, and theirs in turn, are in the mask too."""
        return with_parents(mask, self.parents)


def _are_kin(layer: Layer, other: Layer) -> bool:
    """Whether two layers tell of the same things: of one source, at other dates, or in a scenario."""
    return bool(
        (layer.source_path and layer.source_path == other.source_path)
        or (layer.series and layer.series == other.series)
        or {layer.id, layer.facts.get(BASE)} & {other.id, other.facts.get(BASE)} - {None}
    )
