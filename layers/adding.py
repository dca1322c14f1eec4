"""Rows that edits add: drawn layers, their objects, scenarios.

A row is born gone, or not present, and a change of the journal makes it appear: so undo and redo turn values
by id as ever, and no row is ever taken away.
"""

from __future__ import annotations

import itertools
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from layers import gis, history, plans, rows, scenariorows, shaperows
from layers.epochs import BASE, city_validity, iso_date
from layers.errors import EditError
from layers.jsontext import join_members
from layers.records import DRAWN, Change, Fids, Layer
from layers.values import merge_types, type_of

if TYPE_CHECKING:
    from layers.shapes import Described, Shape

#: So many objects may be added to one drawn layer.
RESERVED = 1 << 20
#: Kinds of layers that may be drawn by hand.
DRAWN_KINDS = ("city", *plans.KINDS)
STATUSES = ("proposed", "approved", "built")
VERDICTS = ("same", "different")
#: Objects whose parts are looked for at a time.
AT_ONCE = 500
#: Before the number in the id of an object that is given none.
NAMED = "drawn-"
#: The highest such number that any object has, one that is gone too; "." comes after "-".
_HIGHEST = (
    f"SELECT max(CAST(substr(id, {len(NAMED) + 1}) AS INTEGER)) FROM object"
    f" WHERE id COLLATE NOCASE >= '{NAMED}' AND id COLLATE NOCASE < '{NAMED[:-1]}.'"
)


@dataclass(frozen=True)
class New:
    """An object that is added."""

    id: str  # '' for one of its own
    type: str
    shape: Shape | None  # in the CRS of its layer
    attributes: Mapping[str, Any]
    parent: str | None = None
    replaces: int | None = None
    valid: tuple[str | None, str | None] | None = None  # None: as its attributes say
    plan: bytes | None = None  # in layers of other kinds than city objects: WKB in the CRS of the layer


def fresh_ids(execute: Callable[[str], Iterable[tuple[Any, ...]]]) -> Iterator[str]:
    """Ids that no object of the project has, as many as are wanted: "drawn-1", "drawn-2" and so on."""
    ((highest,),) = execute(_HIGHEST)
    return (f"{NAMED}{number}" for number in itertools.count(max(highest or 0, 0) + 1))


def family(connection: sqlite3.Connection, fids: Fids) -> list[int]:
    """These objects and all their parts, as far as they are there; ascending."""
    found: set[int] = set()
    new = {int(fid) for fid in fids}
    _check_there(connection, sorted(new))
    while new:
        found |= new
        new = set(_parts(connection, sorted(new))) - found
    return sorted(found)


def _check_there(connection: sqlite3.Connection, fids: Sequence[int]) -> None:
    for start in range(0, len(fids), AT_ONCE):
        part = fids[start : start + AT_ONCE]
        there = connection.execute(
            f"SELECT fid FROM object WHERE gone = 0 AND fid IN ({','.join('?' * len(part))})", part
        )
        missing = set(part) - {fid for (fid,) in there}
        if missing:
            raise EditError("There is no such object", where=f"object {min(missing)}")


def _parts(connection: sqlite3.Connection, fids: Sequence[int]) -> Iterator[int]:
    for start in range(0, len(fids), AT_ONCE):
        part = fids[start : start + AT_ONCE]
        for (fid,) in connection.execute(
            "SELECT c.fid FROM object p JOIN object c ON c.parent = p.id AND c.layer = p.layer"
            f" WHERE p.fid IN ({','.join('?' * len(part))}) AND c.gone = 0",
            part,
        ):
            yield fid


# --- layers ---------------------------------------------------------------------------------------


def add_layer(
    connection: sqlite3.Connection,
    name: str,
    kind: str,
    scenario: int | None,
    crs: str | None,
    base: int | None,
) -> int:
    """A row for a layer without a source, not present yet; it has fids for its objects to come."""
    if not name.strip():
        raise EditError("A layer needs a name")
    if scenario is not None:
        check_scenario(connection, scenario)
    placement, series, facts, style = None, "", {}, {}
    if base is not None:
        held = next(rows.layers(connection, base), None)
        if held is None:
            raise EditError("There is no such layer", where=f"layer {base}")
        crs, placement, series, facts = held.crs, held.placement.text(), held.series, {BASE: held.id}
        kind = held.kind
        style = held.style if kind in plans.KINDS else {}
    if kind not in DRAWN_KINDS:
        raise EditError(
            "Objects of this kind cannot be drawn",
            found=f"a layer of kind {kind!r}",
            allowed=", ".join(DRAWN_KINDS),
        )
    row = connection.execute("SELECT value FROM project WHERE key = 'crs'").fetchone()
    first, position = rows.next_place(connection)
    named = crs or (row[0] if row else None)
    values = {
        "uid": uuid.uuid4().hex,
        "name": name,
        "kind": kind,
        "crs": named,
        "position": position,
        "source_format": DRAWN,
        "first_fid": first,
        "reserved": RESERVED,
        "facts": orjson.dumps(facts).decode(),
        "report": orjson.dumps({"warnings": [], "more_warnings": 0, "dropped": 0}).decode(),
        "drawable": "CityTiles" if kind == "city" else None,
        "style": orjson.dumps(style).decode(),
        "placement": placement,
        "series": series,
        "scenario": scenario,
    }
    gis.srs_id(connection, named)
    return _inserted(connection, "layer", values)


def _inserted(connection: sqlite3.Connection, table: str, values: Mapping[str, Any]) -> int:
    made = connection.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
        tuple(values.values()),
    ).lastrowid
    assert made is not None
    return made


# --- objects --------------------------------------------------------------------------------------


def add_objects(connection: sqlite3.Connection, number: int, news: Sequence[New]) -> list[int]:
    """Rows for objects of a drawn layer, gone as yet, with their shapes; gives their fids."""
    layer = next(rows.layers(connection, number), None)
    if layer is None or not layer.is_drawn:
        raise EditError(
            "Objects can be added to drawn layers alone",
            where=f"layer {number}" if layer is None else layer.name,
            found="no such layer" if layer is None else f"a layer that was read from {layer.source_path}",
            do="Add a drawn layer for them",
        )
    if layer.object_count + len(news) > RESERVED:
        raise EditError("The layer is full", where=layer.name, allowed=f"{RESERVED:,} objects")
    shapes = {at: new.shape for at, new in enumerate(news) if new.shape is not None}
    told = dict(zip(shapes, _described(connection, number, list(shapes.values())), strict=True))
    flat = {at: new.plan for at, new in enumerate(news) if new.plan is not None}
    told |= zip(flat, plans.described_in(connection, number, list(flat.values())), strict=True)
    first = layer.first_fid + layer.object_count
    fresh = fresh_ids(connection.execute)
    for at, new in enumerate(news):
        named = new if new.id else replace(new, id=next(fresh))
        _add_object(connection, layer, first + at, named, told.get(at))
    connection.execute("UPDATE layer SET object_count = object_count + ? WHERE id = ?", (len(news), number))
    _learn(connection, number, [new.attributes for new in news])
    return list(range(first, first + len(news)))


def _add_object(
    connection: sqlite3.Connection, layer: Layer, fid: int, new: New, told: Described | None
) -> None:
    if not new.type:
        raise EditError("An object needs a type", where=new.id, do='Give it one, such as "Building"')
    named = f"SELECT 1 FROM object WHERE {rows.NAMED} AND layer = ?"
    if connection.execute(named, (new.id, new.id, layer.id)).fetchone():
        raise EditError("There is an object of that id already", where=layer.name, found=new.id)
    start, end = new.valid if new.valid is not None else city_validity(new.attributes)
    texts = {name: history.json_text(value).encode() for name, value in new.attributes.items()}
    values = {
        "fid": fid,
        "layer": layer.id,
        "id": new.id,
        "type": new.type,
        "parent": new.parent,
        "valid_from": start,
        "valid_to": end,
        "attributes": join_members(texts).decode(),
        "lods": told.lods if told else "",
        "surfaces": told.surfaces if told else "",
        "touched": 1,
        "geom": bytes.fromhex(told.geom) if told and told.geom else None,
        "gone": 1,
        "replaces": new.replaces,
    }
    _inserted(connection, "object", values)
    if new.shape is not None:
        connection.execute("INSERT INTO shape VALUES (?, ?)", (fid, new.shape.text()))
    if told is not None:
        shaperows.apply(connection, fid, shaperows.BOX, told.box)


def _described(connection: sqlite3.Connection, layer: int, shapes: Sequence[Shape]) -> Iterator[Described]:
    if not shapes:
        return iter(())
    from layers import reshaping  # what makes triangles takes its time to load

    return reshaping.described_in(connection, layer, shapes)


def _learn(connection: sqlite3.Connection, layer: int, attributes: Sequence[Mapping[str, Any]]) -> None:
    """Note the types of the layer's attributes."""
    known = dict(connection.execute("SELECT name, type FROM attribute WHERE layer = ?", (layer,)))
    for name, value in (item for mine in attributes for item in mine.items()):
        type = merge_types(known.get(name), type_of(value)) or "text"
        if known.get(name) != type:
            known[name] = type
            connection.execute(
                "INSERT INTO attribute VALUES (?, ?, ?, (SELECT count(*) FROM attribute WHERE layer = ?))"
                " ON CONFLICT (layer, name) DO UPDATE SET type = excluded.type",
                (layer, name, type, layer),
            )


# --- scenarios and identity -----------------------------------------------------------------------


def check_scenario(connection: sqlite3.Connection, scenario: int) -> None:
    """Refuse what is no scenario."""
    held = connection.execute("SELECT 1 FROM scenario WHERE id = ? AND present = 1", (scenario,))
    if held.fetchone() is None:
        raise EditError("There is no such scenario", where=f"scenario {scenario}")


def add_scenario(connection: sqlite3.Connection, name: str, parent: int | None, epoch: str) -> int:
    """A row for a scenario, not present yet."""
    _check_field("name", name)
    _check_field("epoch", epoch)
    _check_free(connection, name)
    if parent is not None:
        check_scenario(connection, parent)
    return _inserted(connection, "scenario", {"name": name, "parent": parent, "epoch": epoch})


def scenario_changes(
    connection: sqlite3.Connection, scenario: int, values: Mapping[str, Any]
) -> Iterator[Change]:
    """What gives a scenario other values."""
    check_scenario(connection, scenario)
    for key, value in values.items():
        if key not in scenariorows.COLUMNS - {"parent"}:
            raise EditError(f"A scenario has no field {key!r}")
        _check_field(key, value)
        after = int(value) if isinstance(value, bool) else value
        ((before,),) = connection.execute(f"SELECT {key} FROM scenario WHERE id = ?", (scenario,))
        if key == "name" and before != after:
            _check_free(connection, value)
        if key == "present":
            _check_no_branches(connection, scenario)
        if before != after:
            yield Change("scenario", scenario, key, history.json_text(before), history.json_text(after))


def _check_field(key: str, value: Any) -> None:
    if key == "name" and not str(value).strip():
        raise EditError("A scenario needs a name")
    if key == "status" and value not in STATUSES:
        raise EditError("A scenario has no such status", found=str(value), allowed=", ".join(STATUSES))
    if key == "epoch" and value and iso_date(value) is None:
        raise EditError("The date is not known", found=repr(value), allowed="a date such as 2024-05-31")


def _check_free(connection: sqlite3.Connection, name: str) -> None:
    if connection.execute("SELECT 1 FROM scenario WHERE name = ? AND present = 1", (name,)).fetchone():
        raise EditError("There is a scenario of that name already", found=name, do="Choose another name")


def _check_no_branches(connection: sqlite3.Connection, scenario: int) -> None:
    branch = connection.execute(
        "SELECT name FROM scenario WHERE parent = ? AND present = 1", (scenario,)
    ).fetchone()
    if branch is not None:
        raise EditError(
            "A scenario from which others branch cannot be removed",
            found=branch[0],
            do="Remove the others first",
        )


def identity_changes(
    connection: sqlite3.Connection, fid: int, other: int, verdict: str | None
) -> Iterator[Change]:
    """What notes that two objects are the same, or different."""
    if verdict not in (*VERDICTS, None):
        raise EditError("Two objects are the same or different", found=str(verdict))
    _check_there(connection, sorted({fid, other}))
    pair = "SELECT verdict FROM identity WHERE object = ? AND other = ?"
    row = connection.execute(pair, (fid, other)).fetchone()
    before = history.json_text(row[0]) if row else None
    after = None if verdict is None else history.json_text(verdict)
    if before != after:
        yield Change("object", fid, f"{scenariorows.SAME}{other}", before, after)
