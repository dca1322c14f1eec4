"""`citystrata query`: list the objects that match."""

from __future__ import annotations

import argparse
from typing import Any

import orjson

from app.verbs.verb import Answer, Verb, add_project, add_selection, chosen_layer, table
from layers.expression import RESERVED, parse
from layers.project import Project
from layers.records import CityObject
from layers.written import counted


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add_selection(parser)
    parser.add_argument("--select", metavar="A,B", help="which attributes; default all")


def _run(arguments: argparse.Namespace) -> Answer:
    with Project.open(arguments.project, read_only=True) as project:
        layer = chosen_layer(project, arguments.layer)
        known = project.attribute_types(layer)
        where = parse(arguments.where) if arguments.where else None
        if where is not None:
            where.check(known)
        names = [n.strip() for n in arguments.select.split(",") if n.strip()] if arguments.select else None
        if names:
            for name in names:
                parse(f'"{name}"').check(known)
        found = [_values(item, names) for item in project.objects(layer, where)]
    return Answer(found, _lines(found, ["id", "type", *(names if names is not None else known)]))


def _values(item: CityObject, names: list[str] | None) -> dict[str, Any]:
    row = item.row()
    wanted = item.attributes if names is None else {n: row.get(n) for n in names}
    return {"id": item.id, "type": item.type, **{k: v for k, v in wanted.items() if k not in ("id", "type")}}


def _lines(found: list[dict[str, Any]], names: list[str]) -> tuple[str, ...]:
    columns = list(dict.fromkeys(names))
    rows = [columns, *([_text(values.get(name)) for name in columns] for values in found)]
    return (*table(rows), counted(len(found), "object"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else orjson.dumps(value).decode()


VERB = Verb(
    "query",
    "List the objects of a layer that match an expression.",
    'citystrata query delft.city.gpkg --layer delft --where "measuredHeight > 30" --select measuredHeight',
    _arguments,
    _run,
)
__all__ = ["RESERVED", "VERB"]
