"""The ids of city objects that may have none of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.gml.names import GML_IDS, split

if TYPE_CHECKING:
    from lxml.etree import _Element


def own_id(element: _Element) -> str:
    """The gml:id of any element, of whichever version of GML; "" when it has none."""
    for name in GML_IDS:
        found = element.get(name)
        if found is not None:
            return found
    return ""


def made_id(element: _Element, offset: int, number: int) -> str:
    """The same id for the same file: where the member begins in it, and which of its city objects this is."""
    return f"{split(element.tag)[1]}@{offset}.{number}"
