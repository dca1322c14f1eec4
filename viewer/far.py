"""The far objects of a city: blocks in the place of cells, as coarse as they may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from layers.arrays import CityTiles
from viewer.aim import Aim
from viewer.blockfield import BlockField
from viewer.blocks import Blocks
from viewer.citychoice import Choice
from viewer.coat import Coat
from viewer.detail import Allowed
from viewer.faces import Index, Mask
from viewer.looks import ROOF, WALL
from viewer.masses import Masses, Pending
from viewer.patch import Patch
from viewer.quadtree import Quadtree
from viewer.view import Source

#: Where more entries than this have changed, all are summed up anew.
MOST_CHANGED = 50_000


@dataclass(frozen=True, eq=False)
class _Cells:
    """What was chosen to be drawn as blocks, for which picture, beside which tiles."""

    aim: Aim
    drawn: Index
    cells: list[Index]
    entries: Index

    def will_do(self, aim: Aim, drawn: Index) -> bool:
        """Whether the choice would be the same again."""
        return aim.is_same(self.aim) and np.array_equal(drawn, self.drawn)


class Far:
    """Follows what is visible and how it is coloured, and draws what near tiles leave."""

    def __init__(self, source: Source, city: CityTiles, tree: Quadtree, coat: Coat) -> None:
        self._coat, self._type_names = coat, city.type_names
        self._masses = Masses(city, source.origin, tree)
        self._choice = Choice(tree, self._masses)
        self._field = BlockField()
        self._to_weigh, self._to_form = Pending(), Pending()
        self._tops_to_color, self._sides_to_color = Pending(), Pending()
        self._is_flat = False
        self._chosen: _Cells | None = None
        #: Whether blocks are to be drawn anew.
        self.is_stale = True

    def weigh(self, changed: Index | None, flat: bool, has_grown: bool) -> None:
        """Follow what is visible: all of it, or where entries have changed; `flat` blocks lie on the ground.

        Where nothing `has_grown` that was not there, cells stay as they were chosen.
        """
        if has_grown or changed is None:
            self._chosen = None
        self._to_weigh.add(changed)
        self._to_form.add(changed if flat == self._is_flat else None)
        self._is_flat = flat

    def color(self, changed: Index | None) -> None:
        """Follow the colours; all, or those of `changed` entries."""
        self._tops_to_color.add(changed)
        self._sides_to_color.add(changed)
        self.is_stale = True

    def work(self, visible: Mask) -> bool:
        """Sum up anew what blocks stand for, or their colours: one piece of it, that cannot be cut."""
        if self._to_weigh:
            self._masses.weigh(visible, self._to_weigh.take(MOST_CHANGED))
        elif self._to_form:
            self._masses.form(self._is_flat, self._to_form.take(MOST_CHANGED))
        elif self._tops_to_color:
            few = self._tops_to_color.take(MOST_CHANGED)
            self._masses.color_tops(*self._coat.tops(few), few)
        elif self._sides_to_color:
            few = self._sides_to_color.take(MOST_CHANGED)
            self._masses.color_sides(self._coat.sides(few), few)
        else:
            return False
        self.is_stale = True
        return True

    def tiles(self, aim: Aim, triangles: Index) -> Index:
        """The tiles to draw in full detail instead, the most urgent first; given how large each is."""
        self._chosen = None
        return self._choice.tiles(aim, triangles)

    def share_out(self, aim: Aim, drawn: Index, triangles: int, allowed: Allowed) -> None:
        """Show blocks of no more than so many triangles in the place of all that is not drawn in tiles."""
        self.is_stale = False
        chosen = self._chosen
        if chosen is None or not chosen.will_do(aim, drawn):
            chosen = self._chosen = _Cells(aim, drawn, *self._choice.cells(aim, drawn, triangles))
        blocks = self._masses.blocks(chosen.cells, chosen.entries)
        types = dict(zip(self._type_names, allowed.types, strict=True))
        self._field.begin(blocks, aim, types.get(ROOF, True), types.get(WALL, True))

    def advance(self, end: float) -> bool:
        """Fill patches with blocks until the time `end`; False while some are left."""
        return self._field.advance(end)

    def patches(self) -> Iterator[Patch]:
        """The blocks."""
        yield from self._field.patches

    def look(self, culls: bool, opacity: float, visible: bool) -> None:
        """Whether sides turned away are drawn, how opaque blocks are, and whether they are shown."""
        self._field.look(culls, opacity, visible)

    def largest(self, entries: Index, most: int) -> Blocks:
        """The blocks of the entries that cover most ground, without colours."""
        return self._masses.largest(entries, most)
