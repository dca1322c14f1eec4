"""Blocks for the cells of a quadtree: what is visible in each, summed up by the ground it covers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64
from viewer.blocks import Blocks
from viewer.faces import Index, Mask
from viewer.palette import SELECTED, rgb
from viewer.quadtree import Quadtree

Float32 = NDArray[np.float32]

LEAST_AREA = np.float32(0.01)
#: How much of its rectangle a block covers at least, per side.
LEAST_SHARE = 0.3
SELECTED_SHARE = 0.72
#: What is summed up, each weighted with the area: places, and forms.
AREA, X, Y, FOOT = range(4)
TOP, TURN_COS, TURN_SIN = range(3)


@dataclass
class Pending:
    """Entries that have changed since they were last summed up."""

    everything: bool = False
    entries: list[Index] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.everything or bool(self.entries)

    def add(self, changed: Index | None) -> None:
        """These too, or all of them."""
        if changed is None:
            self.everything = True
        elif len(changed):
            self.entries.append(changed)

    def take(self, most: int) -> Index | None:
        """All that have changed, ascending, and begin anew; None where they are all, or more than `most`."""
        everything = self.everything or sum(map(len, self.entries)) > most
        found = None if everything else np.sort(np.concatenate(self.entries))
        self.everything, self.entries = False, []
        return None if found is None else found[np.r_[True, np.diff(found) != 0]]


class Masses:
    """Follows what is visible, and how it is coloured, at every level."""

    def __init__(self, city: CityTiles, origin: Float64, tree: Quadtree) -> None:
        self._tree = tree
        base = np.asarray(city.block_base)
        self._base = (base - (origin[0], origin[1], origin[2], origin[2])).astype(np.float32)
        self._shape = _covering(np.asarray(city.block_shape), np.asarray(city.block_area))
        self._area = np.maximum(np.asarray(city.block_area), LEAST_AREA)
        self._flat = False
        self._places: list[Float32] = []
        self._forms: list[Float32] = []
        self._tops: list[Float32] = []
        self._sides: list[Float32] = []
        self._weight: Float32 = self._area
        #: Which cells hold anything visible, per level.
        self.present: list[Mask] = []

    def weigh(self, visible: Mask, changed: Index | None) -> None:
        """Sum up where what is visible lies; all of it, or `changed` entries."""
        if changed is None:
            self._weight = self._area * visible
        else:
            self._weight[changed] = self._area[changed] * visible[changed]
        base = self._base[slice(None) if changed is None else changed]
        rows = np.ones((4, len(base)), np.float32)
        rows[X : FOOT + 1] = base[:, :3].T
        self._places = self._summed(self._places, rows, changed)
        self.present = [sums[AREA] > 0 for sums in self._places]

    def form(self, flat: bool, changed: Index | None) -> None:
        """Sum up how high it is and how it is turned, likewise; `flat` blocks lie on the ground."""
        self._flat = flat
        chosen = slice(None) if changed is None else changed
        base, cos, sin = self._base[chosen], self._shape[chosen, 2], self._shape[chosen, 3]
        # Directions of walls repeat every quarter turn: four times the angle can be averaged.
        twice_cos, twice_sin = cos * cos - sin * sin, 2 * cos * sin
        rows = np.empty((3, len(base)), np.float32)
        rows[TOP] = base[:, 2 if flat else 3]
        rows[TURN_COS] = twice_cos * twice_cos - twice_sin * twice_sin
        rows[TURN_SIN] = 2 * twice_cos * twice_sin
        self._forms = self._summed(self._forms, rows, changed)

    def color_tops(self, colors: Float32, selected: Mask, changed: Index | None) -> None:
        """Sum up the colours (n, 3) of tops, and what is selected; of all, or of `changed` entries."""
        rows = np.empty((4, len(colors)), np.float32)
        rows[:3], rows[3] = colors.T, selected
        self._tops = self._summed(self._tops, rows, changed)

    def color_sides(self, colors: Float32, changed: Index | None) -> None:
        """Sum up the colours (n, 3) of sides likewise."""
        self._sides = self._summed(self._sides, np.array(colors.T), changed)

    def _summed(self, sums: list[Float32], rows: Float32, changed: Index | None) -> list[Float32]:
        rows *= self._weight if changed is None else self._weight[changed]
        if changed is None:
            return self._tree.summed(rows)
        sums[-1][:, changed] = rows
        self._tree.sum_again(sums, changed)
        return sums

    def blocks(self, cells: list[Index], entries: Index) -> Blocks:
        """Blocks in the place of cells, per level, and of single entries."""
        places, forms = _picked(self._places, cells), _picked(self._forms, cells)
        half = np.sqrt(places[AREA]) / 2  # 0 of cells that hold nothing any more
        np.maximum(places[AREA], LEAST_AREA, out=places[AREA])
        tones = _mixed(_picked(self._tops, cells), _picked(self._sides, cells), places[AREA])
        merged = Blocks(_middle(places, forms), _square(half, forms), *tones)
        base, shape, weight = self._base[entries], self._shape[entries], self._weight[entries]
        if self._flat:
            base[:, 3] = base[:, 2]
        shape[weight == 0, :2] = 0  # nothing is seen of what is gone, but it keeps its place among the others
        tones = _mixed(
            self._tops[-1][:, entries], self._sides[-1][:, entries], np.maximum(weight, LEAST_AREA)
        )
        return merged + Blocks(base, shape, *tones)

    def largest(self, entries: Index, most: int) -> Blocks:
        """The blocks of the entries that cover most ground, without colours."""
        if len(entries) > most:
            entries = entries[np.argpartition(-self._area[entries], most)[:most]]
        chosen = np.sort(entries)
        grey = np.full((len(chosen), 3), 128, np.float32)
        return Blocks(self._base[chosen], self._shape[chosen], grey, grey)


def _picked(levels: list[Float32], cells: list[Index]) -> Float32:
    """The columns of these cells, of all levels but the last."""
    return np.concatenate([rows[:, mine] for rows, mine in zip(levels[:-1], cells, strict=True)], axis=1)


def _covering(shape: Float32, area: Float32) -> Float32:
    """Rectangles made smaller until they cover no more ground than the object does."""
    whole = np.maximum(4 * shape[:, 0] * shape[:, 1], LEAST_AREA)
    share = np.sqrt(np.clip(area / whole, LEAST_SHARE**2, 1.0))
    found = np.array(shape, np.float32)
    found[:, :2] *= share[:, None]
    return found


def _middle(places: Float32, forms: Float32) -> Float32:
    found: Float32 = (np.concatenate((places[X : FOOT + 1], forms[TOP : TOP + 1])) / places[AREA]).T
    return found


def _square(half: Float32, forms: Float32) -> Float32:
    """Squares with sides twice as long, turned as most walls are."""
    angle = np.arctan2(forms[TURN_SIN], forms[TURN_COS]) / 4
    return np.stack((half, half, np.cos(angle), np.sin(angle)), axis=-1)


def _mixed(tops: Float32, sides: Float32, area: Float32) -> tuple[Float32, Float32]:
    """Mean colours of tops and sides, drawn towards the selection colour where anything is selected."""
    top, side = (tops / area).T, (sides / area).T
    share = SELECTED_SHARE * np.sqrt(np.clip(top[:, 3:], 0, 1))
    mark = rgb(SELECTED).astype(np.float32)
    return top[:, :3] + (mark - top[:, :3]) * share, side + (mark - side) * share
