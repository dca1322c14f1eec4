"""The colours of a layer of city objects: of its style, its appearance, a result, and of what is selected."""

from __future__ import annotations

import numpy as np

from layers.arrays import CityTiles
from layers.records import Layer
from viewer.cityresult import CityResult
from viewer.citytile import Tile
from viewer.faces import Index, Mask
from viewer.looks import APPEARANCE, Looks
from viewer.masses import Float32
from viewer.palette import SELECTED, rgb
from viewer.papers import THEME, Papers
from viewer.view import Source

#: How far what is selected goes over into the colour of the selection.
SELECTED_SHARE = 0.72


class Coat:
    """What colour everything has, near by and from afar."""

    def __init__(self, source: Source, city: CityTiles) -> None:
        self._columns, self._city = source.columns, city
        self.papers = Papers(city)
        self.looks = self._looks_of(source.layer)
        #: Per entry.
        self.selected: Mask = np.zeros(len(city.entry_object), bool)
        self.result: CityResult | None = None

    def _looks_of(self, layer: Layer) -> Looks:
        """The colours that the style of a layer asks for."""
        found = Looks(layer, self._columns, self._city.type_names, self.papers.is_default)
        self.papers.show_theme(str(layer.style.get(THEME, "")))
        if found.way != APPEARANCE:
            self.papers.take_down()
        return found

    def restyle(self, layer: Layer) -> Index | None:
        """Follow a style, or values; gives the entries that look otherwise now, None where all may."""
        before, self.looks = self.looks, self._looks_of(layer)
        objects = self.looks.changed_since(before)
        return None if objects is None else np.flatnonzero(objects[self._city.entry_object])

    @property
    def is_papered(self) -> bool:
        """Whether objects are drawn in the appearance that their file gives them."""
        return self.looks.way == APPEARANCE and self.result is None

    def tops(self, few: Index | None) -> tuple[Float32, Mask]:
        """The colours (n, 3) of the tops of entries, or of all, and which of them are tinted as selected."""
        entries = slice(None) if few is None else few
        tops = self.looks.tops(self._city.entry_object[entries])
        tops = self.papers.tops(tops, entries) if self.is_papered else tops
        tops = tops if self.result is None else self.result.painted.tops(tops, entries)
        return tops, self.selected[entries] & (self.result is None)

    def sides(self, few: Index | None) -> Float32:
        """The colours (n, 3) of the sides of entries, or of all."""
        entries = slice(None) if few is None else few
        sides = self.looks.sides(self._city.entry_object[entries])
        sides = self.papers.sides(sides, entries) if self.is_papered else sides
        return sides if self.result is None else self.result.painted.sides(sides, entries)

    def paint(self, number: int, tile: Tile) -> None:
        """Colour a tile."""
        detail = tile.detail
        base = self.looks.polygons(self._city.entry_object[detail.entry], detail.type, detail.normal)
        papered = None
        if self.is_papered:
            base = self.papers.polygons(base, detail.surface)
            tile.lit = np.minimum(base * detail.light, 255)
            papered = self.papers.papered(number)
        if papered is not None:  # white, in light that is only a little uneven
            base[papered] = 255 * (detail.softened() / detail.light)[papered]
        if self.result is not None:
            base = self.result.painted.polygons(base, detail.surface)
            known = self.result.painted.known[detail.surface]
            base[known] *= (detail.softened() / detail.light)[known]
        selected = self.selected[detail.entry]
        if selected.any() and self.result is None:  # else values would not be seen: outlines must do
            bright = np.clip(base[selected].mean(axis=1, keepdims=True) / 215, 0.55, 1.1)
            tint = bright * rgb(SELECTED).astype(np.float32) * SELECTED_SHARE
            base[selected] = np.minimum(base[selected] * (1 - SELECTED_SHARE) + tint, 255)
        if not self.is_papered:
            tile.lit = np.minimum(base * detail.light, 255)
        tile.patch.recolor(detail.colors(base, papered))
