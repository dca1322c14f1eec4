"""Edits of many objects at once: the calculator, find and replace.

Planning changes nothing; a plan shows every value before and after, and is carried out as one
undoable step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from layers.edit import Edit
from layers.errors import EditError
from layers.expression import RESERVED, Expression
from layers.project import Project
from layers.records import CityObject
from layers.values import (
    Value,
    converted,
    merge_types,
    parse_typed,
    plain_text,
    subject,
    type_of,
    type_of_all,
)

VALIDITY: Final = ("valid_from", "valid_to")


class Proposed(NamedTuple):
    """One value that a plan would change."""

    fid: int
    key: str
    before: Value
    after: Value


@dataclass(frozen=True)
class Plan:
    """What a bulk edit would do; `asked` objects were looked at, for `empty` of them there is no value."""

    label: str
    changes: tuple[Proposed, ...]
    asked: int
    empty: int = 0
    #: From and to of the objects whose validity changes.
    validity: Mapping[int, tuple[str | None, str | None]] = field(default_factory=dict)

    @property
    def objects(self) -> int:
        """How many objects would change."""
        return len({change.fid for change in self.changes})

    def write(self, edit: Edit) -> None:
        """Make the changes inside an edit."""
        for fid, dates in self.validity.items():
            edit.set_valid(fid, *dates)
        for change in self.changes:
            if change.fid not in self.validity:
                edit.set_attribute(change.fid, change.key, change.after)


def carry_out(project: Project, plan: Plan, why: str = "") -> Plan:
    """Make a plan true as one step; a plan without changes leaves none."""
    if plan.changes:
        with project.edit(plan.label, why=why) as edit:
            plan.write(edit)
    return plan


def plan_calculation(project: Project, fids: Iterable[int], target: str, formula: Expression) -> Plan:
    """`target` = `formula` for each object; where the formula gives none, the value stays as it is."""
    check_target(target)
    objects = list(project.objects(fids=list(fids)))
    rows = [item.row() for item in objects]
    columns = {name: [row.get(name) for row in rows] for name in formula.names}
    results = formula.columns(columns, len(rows))
    type = _type_of_target(project, objects, target) or type_of_all(results)
    by_fid = {item.fid: result for item, result in zip(objects, results, strict=True)}

    def after(item: CityObject) -> Value:
        return converted(by_fid[item.fid], type, subject(target, item.type, item.id))

    return _planned(f"Calculate {target} = {formula.text.strip()}", objects, target, after)


def calculate(project: Project, fids: Iterable[int], target: str, formula: Expression, why: str = "") -> Plan:
    """Carry out `plan_calculation` as one step."""
    return carry_out(project, plan_calculation(project, fids, target, formula), why)


def plan_replacement(
    project: Project,
    fids: Iterable[int],
    attribute: str,
    find: str,
    replacement: str,
    whole: bool = False,
    case: bool = True,
) -> Plan:
    """`find` becomes `replacement`; `whole` compares the entire value, `case` minds capitals.

    Values keep their type, so a number cannot become a text; lists and nested values are passed over.
    """
    check_target(attribute)
    if not find and not whole:
        raise EditError("There is nothing to find", do="Write the text to find")
    pattern = re.compile(re.escape(find), 0 if case else re.IGNORECASE)
    objects = list(project.objects(fids=list(fids)))
    free_text = _type_of_target(project, objects, attribute) == "text"

    def after(item: CityObject) -> Value:
        before = value_of(item, attribute)
        type = type_of(before)
        if type is None or type in ("list", "nested"):
            return None
        text = plain_text(before)
        if not (pattern.fullmatch(text) if whole else pattern.search(text)):
            return None
        text = replacement if whole else pattern.sub(lambda _found: replacement, text)
        # A text that happens to read like a date may become any text.
        kept_type = "text" if type == "date" and free_text else type
        return parse_typed(text, kept_type, subject(attribute, item.type, item.id))

    return _planned(f"Replace '{find}' by '{replacement}' in {attribute}", objects, attribute, after)


def replace(
    project: Project,
    fids: Iterable[int],
    attribute: str,
    find: str,
    replacement: str,
    whole: bool = False,
    case: bool = True,
    why: str = "",
) -> Plan:
    """Carry out `plan_replacement` as one step."""
    plan = plan_replacement(project, fids, attribute, find, replacement, whole, case)
    return carry_out(project, plan, why)


def check_target(name: str) -> None:
    """Raise for what cannot be set: no name, or a column that the file itself gives."""
    if not name.strip():
        raise EditError("The attribute has no name", do="Write the name of the attribute to set")
    if name in RESERVED and name not in VALIDITY:
        raise EditError(f"'{name}' cannot be set", allowed="attributes, valid_from and valid_to")


def value_of(item: CityObject, key: str) -> Value:
    """An attribute of an object, or its validity."""
    if key in VALIDITY:
        date: str | None = getattr(item, key)
        return date
    value: Value = item.attributes.get(key)
    return value


def same(first: Value, second: Value) -> bool:
    """Whether two values are written the same; 1, 1.0 and true are not."""
    return first == second and type_of(first) == type_of(second)


def _planned(
    label: str, objects: list[CityObject], key: str, after_of: Callable[[CityObject], Value]
) -> Plan:
    """The plan that gives `key` of each object the value `after_of` finds; none leaves it as it is."""
    changes: list[Proposed] = []
    validity: dict[int, tuple[str | None, str | None]] = {}
    empty = 0
    for item in objects:
        before, after = value_of(item, key), after_of(item)
        if after is None:
            empty += 1
        elif not same(before, after):
            changes.append(Proposed(item.fid, key, before, after))
            if key in VALIDITY:
                dates = {"valid_from": item.valid_from, "valid_to": item.valid_to, key: plain_text(after)}
                validity[item.fid] = (dates["valid_from"], dates["valid_to"])
    return Plan(label, tuple(changes), len(objects), empty, validity)


def _type_of_target(project: Project, objects: list[CityObject], key: str) -> str | None:
    """The type an attribute has in the layers of these objects; None when it is new."""
    if key in VALIDITY:
        return "date"
    found: str | None = None
    for layer in sorted({item.layer for item in objects}):
        found = merge_types(found, project.attribute_types(project.layer(layer)).get(key))
    return found
