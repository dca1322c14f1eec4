"""Looking for objects by a text: their ids by an index, everything else by going through the project."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from layers import rows
from layers.records import CityObject, Layer

#: Objects that are looked through between two chances to stop.
AT_ONCE = 5_000
#: So many times somebody waits for, before what was found must do.
PATIENCE = 12
#: Behind every text that begins as another one does.
LAST_SIGN = "\U0010ffff"
BEGINS = "id >= ? COLLATE NOCASE AND id < ? COLLATE NOCASE ORDER BY id COLLATE NOCASE"

#: The name of an object, every word of it behind a blank.
NAME_WORDS = "(' ' || replace(iif(json_valid(attributes), attributes ->> '$.name', ''), '-', ' '))"


def search(connection: sqlite3.Connection, text: str, layers: Iterable[Layer]) -> Iterator[CityObject | None]:
    """Objects whose id begins with the text, or a word of whose name does, then those that hold it.

    City objects come before others; None comes between parts of the project.
    """
    if not text:
        return
    present = {layer.id: layer for layer in sorted(layers, key=lambda layer: layer.kind != "city")}
    seen: set[int] = set()
    for item in rows.objects(connection, BEGINS, (text, text + LAST_SIGN)):
        if item.layer in present and not item.gone:
            seen.add(item.fid)
            yield item
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = "LIKE ? ESCAPE '\\'"
    for holds, patterns in (
        (f"attributes {like} AND {NAME_WORDS} {like}", (f"%{escaped}%", f"% {escaped}%")),
        (f"id {like}", (f"%{escaped}%",)),
        (f"attributes {like}", (f"%{escaped}%",)),
    ):
        for first, last in _parts(present.values()):
            for item in rows.objects(
                connection, f"fid BETWEEN ? AND ? AND {rows.PRESENT} AND {holds}", (first, last, *patterns)
            ):
                if item.fid not in seen:
                    seen.add(item.fid)
                    yield item
            yield None


def _parts(layers: Iterable[Layer]) -> Iterator[tuple[int, int]]:
    for layer in layers:
        end = layer.first_fid + layer.object_count
        for first in range(layer.first_fid, end, AT_ONCE):
            yield first, min(first + AT_ONCE, end) - 1


def first(found: Iterator[CityObject | None], limit: int) -> list[CityObject]:
    """The first of what is found, as far as it is found soon."""
    items: list[CityObject] = []
    waited = 0
    for item in found:
        if item is not None:
            items.append(item)
        else:
            waited += 1
        if len(items) >= limit or waited >= PATIENCE:
            break
    return items
