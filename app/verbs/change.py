"""`citystrata diff`: what changed between two dates, scenarios or layers."""

from __future__ import annotations

import argparse
from typing import Any

from analysis.changes.ground import DISTANCE
from analysis.changes.tables import APPEARED, ATTRIBUTES, BOTH, GEOMETRY, MERGED, SPLIT, VANISHED
from analysis.situated import situation_named
from app.verbs.asking import add_results, lines_of, measured, rows_of, values_of
from app.verbs.verb import AS_IT_IS, Answer, Verb, add_project
from layers.errors import UsageError
from layers.project import Project
from layers.results import CHANGES, FINDINGS, Result, Table

#: Columns of the list that people see.
SHOWN = {
    "change": "change",
    "object_id": "object",
    "before_id": "before",
    "distance_m": "moved by m",
    "height_m_change": "higher by m",
    "volume_m3_change": "larger by m³",
    "attributes": "attributes",
}
#: Under which keys each kind of change is listed.
KEYS = {
    APPEARED: ("appeared",),
    VANISHED: ("vanished",),
    SPLIT: ("split",),
    MERGED: ("merged",),
    GEOMETRY: ("geometry_changed",),
    ATTRIBUTES: ("attributes_changed",),
    BOTH: ("geometry_changed", "attributes_changed"),
}
#: What of a row is the measure of a change.
MEASURES = ("type", "told_by", "score", "distance_m", "height_m", "height_m_before", "height_m_change",
            "volume_m3", "volume_m3_before", "volume_m3_change", "surfaces")  # fmt: skip


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add = parser.add_argument
    what = f"a date, or the name of an epoch, a snapshot, a layer or a scenario; {AS_IT_IS}: without any"
    add("--from", dest="begin", metavar="A", required=True, help=f"the state before: {what}")
    add("--to", dest="end", metavar="B", required=True, help="the state after, likewise")
    add("--tolerance", metavar="M", type=float, help="what moved by no more counts as unchanged; default 0.1")
    add("--ignore", metavar="A,B", default="", help="attributes that are not compared")
    add("--key", metavar="NAME", default="", help="the attribute that identifies objects, in place of ids")
    add_results(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    with Project.open(arguments.project, read_only=True) as project:
        before, after = _states(project, arguments.begin.strip(), arguments.end.strip())
    answers: dict[str, Any] = {
        **{f"compare_{name}": value for name, value in before.items()},
        **after,
        "ignored": arguments.ignore,
        "key": arguments.key,
    }
    if arguments.tolerance is not None:
        answers["tolerance_m"] = arguments.tolerance
    result, said = measured(arguments, "change", answers, {"tolerance_m": "--tolerance"})
    changes = result.tables[CHANGES]
    lines = [result.title, *result.tables[FINDINGS].texts("sentence")]
    if len(changes):
        few = [_few(text) for text in changes.texts("attributes")]
        lines += lines_of(Table({**changes.columns, "attributes": few}), SHOWN)
    return Answer({**values_of(arguments, result), **_lists(result)}, (*lines, *said))


def _few(names: str) -> str:
    """The first of some names, and how many more there are."""
    first, *more = names.split(", ")
    return f"{first} and {len(more)} more" if more else first


def _states(project: Project, one: str, other: str) -> tuple[dict[str, str], dict[str, str]]:
    """The inputs of both states; one that has no date stands at that of what it is compared with."""
    dates = [_state(project, name).get("date", "") for name in (one, other) if name != AS_IT_IS]
    date = max(dates, default="")
    begin, end = ({} if name == AS_IT_IS else _state(project, name, date) for name in (one, other))
    as_it_is = {"date": (begin or end).get("date", "")}
    return begin or as_it_is, end or as_it_is


def _state(project: Project, name: str, date: str = "") -> dict[str, str]:
    """The inputs of a state, at `date` where it has none; a layer that is no snapshot is compared alone."""
    layers = {layer.name: layer for layer in project.layers}
    scenarios = {scenario.name for scenario in project.scenarios}
    layer = layers.get(name)
    if layer is not None and not layer.epoch and layer.name not in scenarios:
        return {"layer": layer.name}
    try:
        found = situation_named(project, name, date).situation
    except UsageError as error:
        plain = [layer.name for layer in project.layers if not layer.epoch]
        raise UsageError(
            "There is no such date, epoch, layer or scenario",
            found=error.found,
            allowed=", ".join([error.allowed, *plain]),
        ) from None
    return {"date": found.date, "scenario": found.scenario}


def _lists(result: Result) -> dict[str, Any]:
    """What changed, by how."""
    found: dict[str, list[dict[str, Any]]] = {
        key: [] for key in (*(key for keys in KEYS.values() for key in keys),)
    }
    said = _attributes(result.tables["attributes"])
    groups: dict[int, list[dict[str, Any]]] = {}
    for row in rows_of(result.tables[CHANGES]):
        groups.setdefault(row["group"], []).append(row)
    for rows in groups.values():
        change = rows[0]["change"]
        for key in KEYS[change]:
            found[key].append(_entry(rows, said if key == "attributes_changed" else {}))
    clouds = result.points if DISTANCE in result.points.columns else result.tables.get("clouds", Table())
    return {
        **found,
        "unchanged": int(result.pedigree.numbers["unchanged"]),
        "uncertain": [
            {"id": row["object_id"], "before_id": row["before_id"], "score": row["score"],
             "taken_as": row["taken_as"]}
            for row in rows_of(result.tables["doubtful"])
        ],
        "changes": len(groups),
        "clouds": len(clouds),  # places; their distances are in what --out writes
    }  # fmt: skip


def _entry(rows: list[dict[str, Any]], said: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
    """One change, of one object or of all that were split or merged."""
    first = rows[0]
    ids = list(dict.fromkeys(row["object_id"] for row in rows))
    before = list(dict.fromkeys(row["before_id"] for row in rows))
    is_group = first["change"] in (SPLIT, MERGED)
    return {
        "layer": first["layer"],
        "id": ids if first["change"] == SPLIT else ids[0],
        "before_layer": first["before_layer"] or None,
        "before_id": before if first["change"] == MERGED else before[0] or None,
        "properties": said.get(first["fid"], []) if not is_group else [],
        **{name: first[name] for name in MEASURES},
        "also": [name for name in first["attributes"].split(", ") if name],
        "x": first["x"],
        "y": first["y"],
    }


def _attributes(found: Table) -> dict[int, list[dict[str, Any]]]:
    """What is said anew of each whole."""
    by_whole: dict[int, list[dict[str, Any]]] = {}
    for row in rows_of(found):
        by_whole.setdefault(row["whole"], []).append(
            {
                "property": row["property"],
                "from": row["from"],
                "to": row["to"],
                **({"part": row["object_id"]} if row["fid"] != row["whole"] else {}),
            }
        )
    return by_whole


VERB = Verb(
    "diff",
    "What changed between two dates, scenarios or layers: new, gone, split, merged, moved, said anew.",
    "citystrata diff town.city.gpkg --from 2016 --to 2022 --out changes.gpkg",
    _arguments,
    _run,
)
