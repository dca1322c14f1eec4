"""The only way to change a project: the object that `with project.edit(…) as edit` gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from layers import adding, drawn, gis, history, resultstore, rows, scenariorows
from layers.adding import New
from layers.crs import LOCAL
from layers.data import Progress, never_stop
from layers.epochs import says_when, validity_after
from layers.errors import EditError
from layers.jsontext import raw_members
from layers.place import local_origin
from layers.placement import Placement
from layers.records import Change, Changes, Fids
from layers.results import Result

if TYPE_CHECKING:
    from layers.shapes import Shape

#: One date for each of several objects.
Dates = list[str | None] | tuple[str | None, ...]
#: How much of a long step is done once its values are set; the rest is its entry in the journal.
APPLYING = 0.8
NO_ATTRIBUTES: Mapping[str, Any] = MappingProxyType({})


class Edit:
    """Applies the changes of one step; dead once its `with` block ends."""

    def __init__(self, connection: sqlite3.Connection, progress: Progress = never_stop) -> None:
        self._connection, self._progress = connection, progress
        self._open = True
        self.changes: Changes | None = None  # what became of it in the end
        history.begin(connection)

    def finish(self, label: str, why: str) -> None:
        """Write the step into the journal, unless nothing changed in the end."""
        self._progress(APPLYING, "writing the history")
        self.changes = history.record(self._connection, label, why)
        if self.changes is not None:
            drawn.follow(self._connection, self.changes)
            gis.follow(self._connection, self.changes)

    def close(self) -> None:
        """End the edit: any later call raises."""
        self._open = False

    def _check_open(self) -> None:
        if not self._open:
            raise EditError(
                "Nothing changes outside an edit", do='Put the change inside "with project.edit(…) as edit:"'
            )

    def _do(self, *changes: Change) -> None:
        self._check_open()
        history.do(self._connection, changes)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a SELECT as they are within this edit, for the rooms of this package."""
        self._check_open()
        return self._connection.execute(sql, values).fetchall()

    def copies(self, scenario: int) -> list[tuple[int, int]]:
        """The objects of a scenario that stand for others, each with what it replaces, within this edit."""
        self._check_open()
        return scenariorows.copies(self._connection, scenario)

    def set_attribute(self, fid: int, name: str, value: Any) -> None:
        """Give an attribute any JSON value; `msgspec.Raw` keeps its very text."""
        self.set_attributes((fid,), name, (value,))

    def remove_attribute(self, fid: int, name: str) -> None:
        """Take an attribute away; nothing happens if it is not there."""
        self.remove_attributes((fid,), name)

    def set_attributes(self, fids: Fids, name: str, values: Sequence[Any]) -> None:
        """Give an attribute of many objects a value each."""
        if not name or "\0" in name:
            raise EditError("An attribute needs a name")
        for start, part in self._parts(fids):
            wanted = [history.json_text(value) for value in values[start : start + len(part)]]
            self._set_texts(part, name, wanted)

    def remove_attributes(self, fids: Fids, name: str) -> None:
        """Take an attribute of many objects away, where it is there."""
        for _start, part in self._parts(fids):
            self._set_texts(part, name, [None] * len(part))

    def _parts(self, fids: Fids) -> Iterator[tuple[int, list[int]]]:
        """The objects a few hundred at a time, each part with its place."""
        for start in range(0, len(fids), history.AT_ONCE):
            self._progress(APPLYING * start / len(fids), "changing values")
            yield start, [int(fid) for fid in fids[start : start + history.AT_ONCE]]

    def _set_texts(self, fids: Sequence[int], name: str, texts: Sequence[str | None]) -> None:
        held = history.attributes_of(self._connection, fids)
        changes = []
        for fid, after in zip(fids, texts, strict=True):
            raw = raw_members(held[fid]).get(name)
            before = None if raw is None else raw.decode()
            if not _same(before, after):
                changes.append(Change("object", fid, history.ATTRIBUTE + name, before, after))
        self._do(*changes)
        if says_when(name):
            self._follow(name, changes, held)

    def _follow(self, name: str, changes: Sequence[Change], attributes: Mapping[int, bytes]) -> None:
        """Objects stand when the attributes say so that their dates came from."""
        held = self._validity([change.id for change in changes])
        moved: list[Change] = []
        for change in changes:
            before = orjson.loads(attributes[change.id])
            after = {key: value for key, value in before.items() if key != name}
            if change.after is not None:
                after[name] = orjson.loads(change.after)
            dates = held[change.id]
            moved += _moved(change.id, dates, validity_after(dates, before, after))
        self._do(*moved)

    def set_valid(
        self,
        fid: int,
        valid_from: str | EllipsisType | None = ...,
        valid_to: str | EllipsisType | None = ...,
    ) -> None:
        """Say from when (included) to when (excluded) an object stands.

        ISO dates, None where it is open; a bound that is not given stays as it is.
        """
        self.set_validity((fid,), valid_from, valid_to)

    def set_validity(
        self,
        fids: Fids,
        valid_from: Dates | str | EllipsisType | None = ...,
        valid_to: Dates | str | EllipsisType | None = ...,
    ) -> None:
        """Say of many objects when they stand; a bound is one date for all, or one for each."""
        for start, part in self._parts(fids):
            held = self._validity(part)
            changes: list[Change] = []
            for at, fid in enumerate(part, start):
                before = held[fid]
                after = _bound(valid_from, at, before[0]), _bound(valid_to, at, before[1])
                if after[0] and after[1] and after[1] < after[0]:
                    found = f"{after[0]} to {after[1]}"
                    raise EditError(
                        "An object cannot end before it begins", where=f"object {fid}", found=found
                    )
                changes += _moved(fid, before, after)
            self._do(*changes)

    def _validity(self, fids: Sequence[int]) -> dict[int, tuple[str | None, str | None]]:
        marks = ",".join("?" * len(fids))
        found = self._connection.execute(
            f"SELECT fid, valid_from, valid_to FROM object WHERE fid IN ({marks})", fids
        )
        held = {fid: (start, end) for fid, start, end in found}
        for fid in fids:
            if fid not in held:
                raise EditError("There is no such object", where=f"object {fid}")
        return held

    def set_geometry(self, fid: int, shape: Shape | None) -> None:
        """Give an object another shape, in its layer's CRS; None gives back the one of its source."""
        self.set_geometries({fid: shape})

    def set_geometries(self, shapes: Mapping[int, Shape | None]) -> None:
        """Give many objects other shapes."""
        from layers import reshaping  # what makes triangles takes its time to load

        fids = list(shapes)
        for _start, part in self._parts(fids):
            self._do(*reshaping.changes(self._connection, {fid: shapes[fid] for fid in part}))
        self._do(*reshaping.ancestors(self._connection, fids))

    def set_plans(self, plans: Mapping[int, bytes]) -> None:
        """Give pipes, areas, lines and points other geometries: WKB in the CRS of their layers."""
        from layers.plans import changes

        self._do(*changes(self._connection, plans))

    def remove_objects(self, fids: Fids) -> None:
        """Take objects away with all their parts; undo gives them back."""
        self._check_open()
        family = adding.family(self._connection, fids)
        for _start, part in self._parts(family):
            self._do(*(Change("object", fid, history.GONE, "0", "1") for fid in part))
        self._enclose_parents(family)

    def add_object(
        self,
        layer: int,
        id: str,
        type: str,
        shape: Shape | None,
        attributes: Mapping[str, Any] = NO_ATTRIBUTES,
        parent: str | None = None,
        replaces: int | None = None,
        valid: tuple[str | None, str | None] | None = None,
    ) -> int:
        """Add an object to a drawn layer, with a shape in the layer's CRS; gives its fid.

        '' as id gives it one of its own; `valid` says from when to when it stands, else its attributes do.
        """
        (fid,) = self.add_objects(layer, [New(id, type, shape, attributes, parent, replaces, valid)])
        return fid

    def add_objects(self, layer: int, news: Sequence[New]) -> list[int]:
        """Add many objects to a drawn layer at once; gives their fids."""
        self._check_open()
        found = adding.add_objects(self._connection, layer, news)
        self._set_origin(found)
        for _start, part in self._parts(found):
            self._do(*(Change("object", fid, history.GONE, "1", "0") for fid in part))
        self._enclose_parents([fid for fid, new in zip(found, news, strict=True) if new.parent])
        return found

    def _set_origin(self, fids: Fids) -> None:
        """What is drawn first says where the project lies."""
        held = self._connection.execute("SELECT 1 FROM project WHERE key = 'origin'").fetchone()
        box = rows.box(self._connection, fids) if held is None else None
        if box is not None:
            self.set_project("origin", orjson.dumps(local_origin(box)).decode())

    def _enclose_parents(self, fids: Fids) -> None:
        """Objects that are nothing but their parts are as large as those that are there."""
        from layers import reshaping  # what makes triangles takes its time to load

        self._do(*reshaping.ancestors(self._connection, [int(fid) for fid in fids]))

    def add_layer(
        self,
        name: str,
        kind: str = "city",
        scenario: int | None = None,
        crs: str | None = None,
        base: int | None = None,
    ) -> int:
        """Add a layer to which objects can be added; gives its id.

        It lies in the project's CRS, in another one, or as the layer `base` whose objects it changes.
        """
        self._check_open()
        if self._connection.execute("SELECT 1 FROM project WHERE key = 'crs'").fetchone() is None:
            self.set_project("crs", crs or LOCAL)
        number = adding.add_layer(self._connection, name, kind, scenario, crs, base)
        self._do(Change("layer", number, "present", "0", "1"))
        return number

    def add_scenario(self, name: str, parent: int | None = None, epoch: str = "") -> int:
        """Begin a scenario, an alternative to the city (of a date) or to another scenario; gives its id."""
        self._check_open()
        number = adding.add_scenario(self._connection, name, parent, epoch)
        self._do(Change("scenario", number, "present", "0", "1"))
        return number

    def set_scenario(self, scenario: int, **values: Any) -> None:
        """Set fields of a scenario: name, status (proposed, approved, built), note, color, epoch, present.

        One that is no longer present takes its layers with it.
        """
        self._check_open()
        self._do(*adding.scenario_changes(self._connection, scenario, values))
        if values.get("present") is False:
            layers = "SELECT id FROM layer WHERE scenario = ? AND present = 1"
            for (number,) in self._connection.execute(layers, (scenario,)).fetchall():
                self.set_layer(number, present=False)

    def set_absent(self, scenario: int, fids: Fids, absent: bool = True) -> None:
        """Say that objects of others do not stand in a scenario, or that they do."""
        held = set(scenariorows.absent(self._connection, scenario))
        changed = [int(fid) for fid in fids if (int(fid) in held) != absent]
        before, after = (None, "1") if absent else ("1", None)
        for _start, part in self._parts(changed):
            self._do(
                *(Change("scenario", scenario, f"{scenariorows.ABSENT}{fid}", before, after) for fid in part)
            )

    def set_identity(self, fid: int, other: int, verdict: str | None) -> None:
        """Say that two objects of different dates are the "same" or "different"; None: nothing is said."""
        self._check_open()
        self._do(*adding.identity_changes(self._connection, fid, other, verdict))

    def set_layer(self, layer: int, **values: Any) -> None:
        """Set columns of a layer: name, visible, opacity, position, lod, style, epoch, present, placement."""
        for key, value in values.items():
            if key not in history.LAYER_COLUMNS:
                raise EditError(f"A layer has no field {key!r}")
            row = self._connection.execute(f"SELECT {key} FROM layer WHERE id = ?", (layer,)).fetchone()
            if row is None:
                raise EditError("There is no such layer", where=f"layer {layer}")
            if key == "name" and not str(value).strip():
                raise EditError("A layer needs a name")
            before = row[0] if key in history.LAYER_JSON else orjson.dumps(row[0]).decode()
            after = _layer_text(value)
            if before != after:
                self._do(Change("layer", layer, key, before, after))

    def set_project(self, key: str, value: str | None) -> None:
        """Set a fact of the project: title, crs, origin."""
        row = self._connection.execute("SELECT value FROM project WHERE key = ?", (key,)).fetchone()
        before = row[0] if row else None
        if before != value:
            self._do(Change("project", 0, key, before, value))

    def set_epoch(self, name: str, date: str) -> int:
        """Put a named date on the timeline; gives its id."""
        row = self._connection.execute(
            "SELECT max(id) FROM (SELECT id FROM epoch UNION SELECT id FROM change WHERE tab = 'epoch')"
        ).fetchone()
        number = (row[0] or 0) + 1
        self._do(Change("epoch", number, "row", None, orjson.dumps({"name": name, "date": date}).decode()))
        return number

    def remove_epoch(self, epoch: int) -> None:
        """Take a date off the timeline."""
        row = self._connection.execute("SELECT name, date FROM epoch WHERE id = ?", (epoch,)).fetchone()
        if row:
            before = orjson.dumps({"name": row[0], "date": row[1]}).decode()
            self._do(Change("epoch", epoch, "row", before, None))

    def add_result(self, result: Result) -> int:
        """Keep a result of an analysis; gives its id."""
        self._check_open()
        number = resultstore.add(self._connection, result, self._progress)
        self._do(Change("result", number, "present", "0", "1"))
        return number

    def remove_result(self, result: int) -> None:
        """Keep a result no longer; undo brings it back."""
        self._set_result(result, "present", 0)

    def rename_result(self, result: int, title: str) -> None:
        """Give a result another title."""
        if not title.strip():
            raise EditError("A result needs a title")
        self._set_result(result, "title", title)

    def _set_result(self, result: int, key: str, value: str | int) -> None:
        row = self._connection.execute(
            f"SELECT {key} FROM result WHERE id = ? AND present = 1", (result,)
        ).fetchone()
        if row is None:
            raise EditError("There is no such result", where=f"result {result}")
        if row[0] != value:
            self._do(Change("result", result, key, history.json_text(row[0]), history.json_text(value)))


def _layer_text(value: Any) -> str | None:
    """A column of a layer as the journal has it."""
    if isinstance(value, Placement):
        value.check()
        return value.text()
    return orjson.dumps(int(value) if isinstance(value, bool) else value).decode()


def _moved(
    fid: int, before: tuple[str | None, str | None], after: tuple[str | None, str | None]
) -> Iterator[Change]:
    """What makes an object stand at other times."""
    for key, now, then in zip(("valid_from", "valid_to"), before, after, strict=True):
        if now != then:
            yield Change("object", fid, key, now, then)


def _bound(wanted: Dates | str | EllipsisType | None, at: int, held: str | None) -> str | None:
    """One end of an object's time: as it is, the same for all, or its own."""
    if isinstance(wanted, EllipsisType):
        return held
    return wanted if wanted is None or isinstance(wanted, str) else wanted[at]


def _same(one: str | None, other: str | None) -> bool:
    """Whether two JSON texts are the same value; 1 and 1.0 are not."""
    if one is None or other is None or one == other:
        return one == other
    try:
        return orjson.dumps(orjson.loads(one)) == orjson.dumps(orjson.loads(other))
    except orjson.JSONEncodeError:
        # Deeper than can be written: no value that a person typed.
        return False
