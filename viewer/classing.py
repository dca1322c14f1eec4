"""The classes that the style of a layer puts its objects into, by the values of an attribute."""

from __future__ import annotations

from layers.colors import AGREED_COLORS
from layers.columns import Column
from layers.records import Layer
from viewer.color import Classes, Peers, classify
from viewer.columns import Columns


def classes_of(layer: Layer, columns: Columns, key: str, values: Column | None = None) -> Classes:
    """Those of an attribute; `values` where they are not those of the objects themselves.

    A value has the same colour in all layers of one source.
    """
    style = layer.style
    return classify(
        columns.values(key) if values is None else values,
        str(style.get("method", "")),
        int(style.get("classes", 6)),
        str(style.get("color_map", "")),
        peers=Peers(columns.peers(key), AGREED_COLORS.get(key, {})),
    )
