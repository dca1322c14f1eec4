"""The own colours of city objects and of their surfaces, without light, as the style of a layer says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Int32, UInt8
from layers.records import Layer
from viewer.age import AGE
from viewer.columns import Columns
from viewer.faces import Mask
from viewer.grouping import grouping_of
from viewer.palette import object_color, rgb, surface_color

Float32 = NDArray[np.float32]

#: `color_by` of a layer that is drawn in the materials and textures of its file.
APPEARANCE = "appearance"
#: What a picture may be asked to be coloured by besides the name of an attribute.
WAYS = ("type", "surface", APPEARANCE, AGE, "plain", "rgb", "intensity", "classification", "height")
PLAIN = "#d8cfc0"
ROOF, WALL, GROUND = "RoofSurface", "WallSurface", "GroundSurface"
#: What polygons of buildings are taken for where the file does not say it, by how they lie.
GUESSES = (GROUND, WALL, ROOF)


class Looks:
    """Colours by type, by surface, by an attribute, by age, or all alike."""

    def __init__(
        self, layer: Layer, columns: Columns, surface_types: tuple[str, ...], has_own: bool = False
    ) -> None:
        """What `has_own` looks is drawn in them unless the style says otherwise."""
        self._layer = layer
        self._surface_types = surface_types
        self.object_type, self.type_names = columns.codes("type")
        by_surface = len(surface_types) > 1
        usual = APPEARANCE if has_own else "surface" if by_surface else "type"
        self.way = str(layer.style.get("color_by", "")) or usual
        #: Whether polygons go by their semantic types; those without looks do, where others have some.
        self.by_surface = self.way == "surface" or (self.way == APPEARANCE and by_surface)
        self.grouping = grouping_of(layer, columns, inherits=True)
        #: Per object, which row of the tables its colours are in.
        self.codes: Int32 = self.object_type
        if self.grouping is not None:
            classes = self.grouping.classes
            self.codes, self._own = classes.codes, classes.colors.astype(np.float32)
        elif self.way == "plain":
            self._own = np.tile(rgb(self.plain).astype(np.float32), (len(self.type_names) or 1, 1))
        else:
            self._own = self.type_colors().astype(np.float32)
        self._top, self._side = self._own, self._own
        if self.by_surface:
            self._top, self._side = self._own.copy(), self._own.copy()
            built = self._is_building()
            self._top[built], self._side[built] = rgb(surface_color(ROOF)), rgb(surface_color(WALL))

    @property
    def key(self) -> str:
        """The value of objects that decides their colours, or ''."""
        return self.grouping.key if self.grouping is not None else ""

    @property
    def plain(self) -> str:
        """The one colour of a layer whose objects look alike."""
        return str(self._layer.style.get("color", PLAIN))

    def type_colors(self) -> UInt8:
        """One colour per type of object."""
        return np.array([rgb(object_color(name)) for name in self.type_names or [""]], np.uint8)

    def polygons(self, objects: Int32, types: Int32, normals: Float32) -> Float32:
        """One colour per polygon: of these objects, with these semantic types."""
        colors: Float32 = self._own[self.codes[objects]]
        if not self.by_surface:
            return colors
        known = types > 0
        table = np.array([rgb(surface_color(name)) for name in self._surface_types], np.float32)
        colors[known] = table[types[known]]
        kind = np.where(known, -1, self.guessed(objects, normals))
        names = np.array([rgb(surface_color(name)) for name in GUESSES], np.float32)
        colors[kind >= 0] = names[kind[kind >= 0]]
        return colors

    def guessed(self, objects: Int32, normals: Float32) -> Int32:
        """As which of GUESSES polygons of these objects are drawn that have no semantic type, -1: as none.

        Of buildings, what looks up is roof and what stands is wall.
        """
        kind = 1 + (normals[:, 2] > 0.35).astype(np.int32) - (normals[:, 2] < -0.7)
        is_guessed = self._is_building()[self.object_type[objects]] & self.by_surface
        return np.where(is_guessed, kind, -1).astype(np.int32)

    def tops(self, objects: Int32) -> Float32:
        """The colours of the tops of blocks that stand for these objects."""
        return _taken(self._top, self.codes[objects])

    def sides(self, objects: Int32) -> Float32:
        """The colours of their sides."""
        return _taken(self._side, self.codes[objects])

    def changed_since(self, before: Looks) -> Mask | None:
        """Which objects look otherwise than before; None where all may."""
        if (
            self.way != before.way
            or self.way == APPEARANCE
            or self._own.shape != before._own.shape
            or (self._own != before._own).any()
        ):
            return None
        return np.asarray(self.codes != before.codes)

    def _is_building(self) -> Mask:
        return np.array([name.startswith("Building") for name in self.type_names] or [False])

    def of_types(self, names: frozenset[str] | set[str]) -> Mask:
        """Which objects are of these types."""
        chosen = np.array([name in names for name in self.type_names] or [False], bool)
        found: Mask = chosen[self.object_type]
        return found


def _taken(table: Float32, codes: Int32) -> Float32:
    """Rows of a table (k, 3); channel after channel in memory, as sums want them: that is much quicker."""
    channels = np.empty((3, len(codes)), np.float32)
    for channel, values in zip(channels, table.T, strict=True):
        np.take(np.ascontiguousarray(values), codes, out=channel, mode="clip")
    return channels.T
