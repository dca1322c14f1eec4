"""`citystrata set`: change attributes of many objects as one undoable step."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from app.verbs.verb import Answer, Verb, add_project, add_selection, chosen_layer, pair_from
from layers import scenarios
from layers.bulk import VALIDITY, Plan, check_target, plan_calculation, plan_replacement
from layers.epochs import says_when
from layers.errors import EditError, UsageError
from layers.expression import Expression, parse
from layers.join import joinable, plan_join
from layers.nodes import Literal
from layers.project import Project
from layers.records import Fids, Layer
from layers.tables import read_table
from layers.values import Value, from_json, typed_number, typed_value
from layers.written import counted

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
    add("--scenario", metavar="NAME", help="change copies in this scenario; the city stays as it is")
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
        scenario = project.scenario(arguments.scenario).id if arguments.scenario else None
        layers = scenarios.layers_in(project, layer, scenario)
        if where is not None:
            where.check({key: kind for each in layers for key, kind in project.attribute_types(each).items()})
        chosen = [(each, scenarios.standing_fids(project, each, where, scenario)) for each in layers]
        count = sum(len(fids) for _, fids in chosen)
        if where is not None and not count:
            raise EditError(
                "No object is like that, so nothing was changed",
                where=layer.name,
                found=f"--where {arguments.where!r}",
                do="citystrata query shows which are there",
            )
        plans = [(fids, list(_plans(project, each, fids, arguments))) for each, fids in chosen]
        told = ""
        if arguments.join is not None:
            told = _join(project, chosen, plans, arguments)
        for key in arguments.remove:
            check_target(key)
        labels = [*(plan.label for plan in plans[0][1]), *(f"Remove {key}" for key in arguments.remove)]
        changed: set[int] = set()
        with project.edit("; ".join(labels), arguments.why) as edit:
            for fids, mine in plans:
                others = scenarios.editable(project, edit, fids, scenario)
                changed.update(others[fid] for plan in mine for fid in plan.fids.tolist())
                for plan in mine:
                    plan.of_others(others).write(edit)
                for key in arguments.remove:
                    edit.remove_attributes(list(others.values()), key)
        made = edit.changes
        values = {
            "selected": count,
            "changed": 0 if made is None else len(made.fids) if scenario is None else len(changed),
            "step": made.step.step if made else None,
        }
        lines = [f"{values['changed']} of {counted(count, 'object')} changed."]
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
        typed = typed_value(value, types[key], key) if key in types else _new_value(value)
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


def _join(
    project: Project,
    chosen: Sequence[tuple[Layer, Fids]],
    plans: Sequence[tuple[Fids, list[Plan]]],
    arguments: argparse.Namespace,
) -> str:
    """Add what the table brings to the plans of each layer; tells how it went."""
    found = read_table(arguments.join)
    column, _, key = arguments.by.partition("=")
    others = {name: name for name in joinable(found, column)}
    reports = []
    for (layer, fids), (_, mine) in zip(chosen, plans, strict=True):
        plan, report = plan_join(project, layer, found, column, key or "id", others)
        mine.append(plan.kept_to(fids))
        reports.append(report)
    told = max(reports, key=lambda report: report.matched).sentence()
    if not any(report.matched for report in reports):
        raise EditError(
            "No object has a row in this table, so nothing was changed",
            where=str(arguments.join),
            found=told,
            do="Say with --by which column names the objects, and which attribute it matches: COLUMN=KEY",
        )
    return told


def _new_value(text: str) -> Value:
    """What a person means by a value of an attribute that has no type yet."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if text[:1] in ("[", "{"):
        return from_json(text)
    number = typed_number(text)
    return text if number is None else number


VERB = Verb(
    "set",
    "Change attributes of the objects that match, as one step that can be undone.",
    "citystrata set delft.city.gpkg --where \"id == 'b12'\" --set roofType=1030 --why 'survey 2024'",
    _arguments,
    _run,
)
