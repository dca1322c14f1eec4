"""How a style puts the objects of a layer into classes: by an attribute, or by their age."""

from __future__ import annotations

from dataclasses import dataclass

from layers.arrays import Int32
from layers.colors import AGREED_COLORS
from layers.records import Layer
from viewer.age import AGE, HEADING, SHOWN_DATE, age_classes, years_at
from viewer.color import Classes, LegendEntry, Peers, classify
from viewer.columns import Columns
from viewer.view import ATTRIBUTE


@dataclass(frozen=True)
class Grouping:
    """The class of every object, what the legend calls them, and the value that decides."""

    classes: Classes
    heading: str
    key: str

    def legend(self, layer: Layer, shown: Int32) -> list[LegendEntry]:
        """What the colours mean for the objects that are drawn; of ages only those that there are."""
        rows = self.classes.legend(layer.id, self.heading, shown)
        return [row for row in rows if row.count or self.heading != HEADING]


def grouping_of(layer: Layer, columns: Columns, inherits: bool = False, usual: str = "") -> Grouping | None:
    """The classes that a style asks for, None where it asks for none; parts may inherit from wholes.

    `usual` is a value that objects are put into classes by where the style names it without a prefix. A value
    of an attribute has the same colour in all layers that are kin.
    """
    style = layer.style
    way = str(style.get("color_by", ""))
    value_of = columns.inherited if inherits else columns.values
    if way == AGE:
        years = years_at(value_of("valid_from"), layer.epoch, str(style.get(SHOWN_DATE, "")))
        return Grouping(age_classes(years), HEADING, "valid_from")
    key = way.removeprefix(ATTRIBUTE) if way.startswith(ATTRIBUTE) else way if way == usual else ""
    if not key:
        return None
    method, count = str(style.get("method", "")), int(style.get("classes", 6))
    peers = Peers(columns.peers(key), AGREED_COLORS.get(key, {}))
    classes = classify(value_of(key), method, count, str(style.get("color_map", "")), peers=peers)
    return Grouping(classes, key, key)
