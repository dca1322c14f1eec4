"""`citystrata set`: change attributes of many objects as one undoable step."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from app.verbs.verb import Answer, Verb, add_project, add_selection, chosen_layer, pair_from
from layers.bulk import VALIDITY, Plan, check_target, plan_calculation, plan_replacement
from layers.epochs import says_when
from layers.errors import EditError, UsageError
from layers.expression import Expression, parse
from layers.join import JoinReport, joinable, plan_join
from layers.nodes import Literal
from layers.project import Project
from layers.records import Fids, Layer
from layers.tables import read_table
from layers.values import Value, from_json, number_from, parse_typed

#: What an attribute that is not there yet may be written as, besides a number and text.
_WORDS = {"true": True, "false": False}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add_selection(parser)
    add = parser.add_argument
    add(
        "--set", metavar="KEY=VALUE", nargs="+", action="extend", default=[], help="give an attribute a value"
    )
    add("--calculate", metavar="KEY=FORMULA", action="append", default=[], help="compute it from others")
    add(
        "--replace", metavar=("KEY", "FIND", "NEW"), nargs=3, action="append", default=[], help="replace text"
    )
    add("--remove", metavar="KEY", action="append", default=[], help="take an attribute away")
    add("--join", metavar="CSV", type=Path, help="take values from a table")
    add(
        "--by",
        metavar="COLUMN[=KEY]",
        default="id",
        help="column of the table, and attribute that it matches",
    )
    add("--why", metavar="TEXT", default="", help="the reason, for the journal")


def _run(arguments: argparse.Namespace) -> Answer:
    asked = [*arguments.set, *arguments.calculate, *arguments.replace, *arguments.remove]
    if not asked and arguments.join is None:
        raise UsageError(
            "Nothing is to be changed", allowed="--set, --calculate, --replace, --remove, --join"
        )
    with Project.open(arguments.project) as project:
        layer = chosen_layer(project, arguments.layer)
        where = parse(arguments.where) if arguments.where else None
        if where is not None:
            where.check(project.attribute_types(layer))
        fids = project.fids(layer, where)
        if where is not None and not len(fids):
            raise EditError(
                "No object is like that, so nothing was changed",
                where=layer.name,
                found=f"--where {arguments.where!r}",
                do="citystrata query shows which are there",
            )
        plans = list(_plans(project, layer, fids, arguments))
        told = ""
        if arguments.join is not None:
            plan, report = _joined(project, layer, fids, arguments)
            plans.append(plan)
            told = report.sentence()
        for key in arguments.remove:
            check_target(key)
        label = "; ".join([*(plan.label for plan in plans), *(f"Remove {key}" for key in arguments.remove)])
        with project.edit(label, arguments.why) as edit:
            for plan in plans:
                plan.write(edit)
            for key in arguments.remove:
                edit.remove_attributes(fids, key)
        made = edit.changes
        values = {
            "selected": len(fids),
            "changed": len(made.fids) if made else 0,
            "step": made.step.step if made else None,
        }
        lines = [f"{values['changed']} of {values['selected']} objects changed."]
        if told:
            lines.append(told)
        if made and any(map(says_when, made.keys)) and not made.keys & set(VALIDITY):
            lines.append("When they stand has not changed; set valid_from and valid_to for that.")
    return Answer(values, tuple(lines))


def _plans(project: Project, layer: Layer, fids: Fids, arguments: argparse.Namespace) -> Iterator[Plan]:
    types = {**project.attribute_types(layer), "valid_from": "date", "valid_to": "date"}
    for text in arguments.set:
        key, value = pair_from(text, "--set")
        check_target(key)
        typed = parse_typed(value, types[key], key) if key in types else _new_value(value)
        if typed is None:
            raise EditError(f"There is no value for '{key}'", do=f"To take it away, use --remove {key}")
        plan = plan_calculation(project, fids, key, Expression(repr(typed), Literal(typed)))
        yield replace(plan, label=f"Set {key} = {value}")
    for text in arguments.calculate:
        key, formula = pair_from(text, "--calculate")
        expression = parse(formula)
        expression.check(types)
        yield plan_calculation(project, fids, key, expression)
    for key, find, new in arguments.replace:
        yield plan_replacement(project, fids, key, find, new)


def _joined(
    project: Project, layer: Layer, chosen: Fids, arguments: argparse.Namespace
) -> tuple[Plan, JoinReport]:
    found = read_table(arguments.join)
    column, _, key = arguments.by.partition("=")
    others = {name: name for name in joinable(found, column)}
    plan, report = plan_join(project, layer, found, column, key or "id", others)
    if not report.matched:
        raise EditError(
            "No object has a row in this table, so nothing was changed",
            where=str(arguments.join),
            found=report.sentence(),
            do="Say with --by which column names the objects, and which attribute it matches: COLUMN=KEY",
        )
    return plan.kept_to(chosen), report


def _new_value(text: str) -> Value:
    """What a person means by a value of an attribute that has no type yet."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if text[:1] in ("[", "{"):
        return from_json(text)
    number = number_from(text)
    return text if number is None else number


VERB = Verb(
    "set",
    "Change attributes of the objects that match, as one step that can be undone.",
    "citystrata set delft.city.gpkg --where \"id == 'b12'\" --set roofType=1030 --why 'survey 2024'",
    _arguments,
    _run,
)
