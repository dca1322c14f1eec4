"""Edits of many objects at once: the calculator, find and replace.

Planning changes nothing; a plan shows every value before and after, and is carried out as one
undoable step. Values are worked out for whole columns, so that a plan for a million objects fits.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from layers.columns import NONE, Column, Mask, encoded, key_of, listed
from layers.edit import Edit
from layers.errors import EditError
from layers.expression import RESERVED, Expression
from layers.project import Project
from layers.records import Fids, Layer
from layers.runs import ascending
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
NO_CODE: Final = NONE - 1


@dataclass(frozen=True, eq=False)
class Proposed:
    """One attribute of some objects as it is, and as it would become."""

    key: str
    fids: NDArray[np.int64]
    before: Column
    after: Column

    def kept_to(self, mask: Mask) -> Proposed:
        """Of some of the objects alone."""
        at = np.flatnonzero(mask)
        return Proposed(self.key, self.fids[at], self.before.taken(at), self.after.taken(at))


@dataclass(frozen=True)
class Row:
    """One value that would change, for a preview."""

    fid: int
    key: str
    before: Value
    after: Value


@dataclass(frozen=True, eq=False)
class Plan:
    """What a bulk edit would do; `asked` objects were looked at, for `empty` of them there is no value."""

    label: str
    proposed: tuple[Proposed, ...]
    asked: int
    empty: int = 0

    @property
    def fids(self) -> NDArray[np.int64]:
        """The objects that would change."""
        every = [part.fids for part in self.proposed]
        return ascending(np.concatenate(every)) if every else np.empty(0, np.int64)

    @property
    def objects(self) -> int:
        """How many objects would change."""
        return len(self.fids)

    @property
    def values(self) -> int:
        """How many values would change."""
        return sum(len(part.fids) for part in self.proposed)

    @property
    def keys(self) -> tuple[str, ...]:
        """The attributes that would change."""
        return tuple(part.key for part in self.proposed if len(part.fids))

    def rows(self, most: int) -> list[Row]:
        """The first values that would change, object by object."""
        found = []
        for part in self.proposed:
            at = np.argsort(part.fids, kind="stable")[:most]
            values = zip(part.fids[at].tolist(), part.before[at], part.after[at], strict=True)
            found += [Row(fid, part.key, before, after) for fid, before, after in values]
        return sorted(found, key=lambda row: row.fid)[:most]

    def kept_to(self, fids: Fids) -> Plan:
        """The same for some of the objects alone."""
        return dataclasses.replace(
            self, proposed=tuple(part.kept_to(np.isin(part.fids, fids)) for part in self.proposed)
        )

    def of_others(self, others: Mapping[int, int]) -> Plan:
        """The same values for other objects in place of these: their copies in a scenario."""

        def moved(part: Proposed) -> Proposed:
            fids = np.array([others[fid] for fid in part.fids.tolist()], np.int64)
            return dataclasses.replace(part, fids=fids)

        return dataclasses.replace(self, proposed=tuple(map(moved, self.proposed)))

    def write(self, edit: Edit) -> None:
        """Make the changes inside an edit."""
        for part in self.proposed:
            after = part.after.tolist()
            if part.key not in VALIDITY:
                edit.set_attributes(part.fids, part.key, after)
            else:
                dates = [plain_text(value) or None for value in after]
                edit.set_validity(part.fids, **{part.key: dates})


def carry_out(project: Project, plan: Plan, why: str = "") -> Plan:
    """Make a plan true as one step; a plan without changes leaves none."""
    if plan.values:
        with project.edit(plan.label, why=why) as edit:
            plan.write(edit)
    return plan


def plan_calculation(project: Project, fids: Fids, target: str, formula: Expression) -> Plan:
    """`target` = `formula` for each object; where the formula gives none, the value stays as it is."""
    check_target(target)
    parts = list(_by_layer(project, fids))
    results = []
    for layer, _fids, at in parts:
        columns = {name: project.values(layer, name).taken(at) for name in formula.names}
        results.append(formula.column(columns, len(at)))
    known = _type_of_target(project, [layer for layer, _, _ in parts], target)
    type = known or type_of_all(value for result in results for value in _different(result))

    def after(value: Value, what: str) -> Value:
        return converted(value, type, what)

    changes = [
        _proposed(project, layer, mine, at, target, _mapped(project, result, mine, target, after))
        for (layer, mine, at), result in zip(parts, results, strict=True)
    ]
    return _planned(f"Calculate {target} = {formula.text.strip()}", changes, len(fids))


def calculate(project: Project, fids: Fids, target: str, formula: Expression, why: str = "") -> Plan:
    """Carry out `plan_calculation` as one step."""
    return carry_out(project, plan_calculation(project, fids, target, formula), why)


def plan_replacement(
    project: Project,
    fids: Fids,
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
    parts = list(_by_layer(project, fids))
    free_text = _type_of_target(project, [layer for layer, _, _ in parts], attribute) == "text"

    def after(before: Value, what: str) -> Value:
        type = type_of(before)
        if type is None or type in ("list", "nested"):
            return None
        text = plain_text(before)
        if not (pattern.fullmatch(text) if whole else pattern.search(text)):
            return None
        text = replacement if whole else pattern.sub(lambda _found: replacement, text)
        # A text that happens to read like a date may become any text.
        return parse_typed(text, "text" if type == "date" and free_text else type, what)

    changes = []
    for layer, mine, at in parts:
        before = project.values(layer, attribute).taken(at)
        new = _mapped(project, before, mine, attribute, after)
        changes.append(_proposed(project, layer, mine, at, attribute, new))
    return _planned(f"Replace '{find}' by '{replacement}' in {attribute}", changes, len(fids))


def replace(
    project: Project,
    fids: Fids,
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


def differing(before: Column, after: Column) -> Mask:
    """Where there is a value, and it is another one than before; 1, 1.0 and true are not the same."""
    same = np.zeros(after.size, bool)
    if before.numbers is not None and after.numbers is not None:
        same |= (before.numbers == after.numbers) & (before.whole == after.whole)
    if before.codes is not None and after.codes is not None:
        code_of = {key_of(value): code for code, value in enumerate(listed(before.values))}
        new = [code_of.get(key_of(value), NO_CODE) for value in listed(after.values)]
        same |= before.codes == np.array([*new, NO_CODE])[after.codes]
    return ~same & ~after.is_none


def _by_layer(project: Project, fids: Fids) -> Iterator[tuple[Layer, NDArray[np.int64], NDArray[np.int64]]]:
    """The layers that hold these objects, with the objects and their positions in each."""
    wanted = np.asarray(fids, np.int64)
    for number in sorted({layer.objects_layer for layer in project.layers}):
        layer = project.any_layer(number)
        at = wanted - layer.first_fid
        is_there = (at >= 0) & (at < layer.object_count)
        if is_there.any():
            project.store_values(layer)
            yield layer, wanted[is_there], at[is_there]


def _proposed(
    project: Project, layer: Layer, fids: NDArray[np.int64], at: NDArray[np.int64], key: str, after: Column
) -> Proposed:
    """What would change; none leaves a value as it is."""
    return Proposed(key, fids, project.values(layer, key).taken(at), after)


def _planned(label: str, changes: list[Proposed], asked: int) -> Plan:
    empty = sum(int(np.count_nonzero(part.after.is_none)) for part in changes)
    kept = [part.kept_to(differing(part.before, part.after)) for part in changes]
    return Plan(label, tuple(kept), asked, empty)


def _mapped(
    project: Project,
    column: Column,
    fids: NDArray[np.int64],
    key: str,
    change: Callable[[Value, str], Value],
) -> Column:
    """A column with each different value changed; what cannot be is named with its object."""
    codes, values = column.as_codes()
    table: list[Value] = []
    for code, value in enumerate(listed(values)):
        try:
            table.append(change(value, key))
        except EditError:
            item = project.object(int(fids[np.argmax(codes == code)]))
            table.append(change(value, subject(key, item.type, item.id)))
    return encoded([*table, None]).taken(codes)


def _different(column: Column) -> list[Value]:
    return listed(column.as_codes()[1])


def _type_of_target(project: Project, layers: list[Layer], key: str) -> str | None:
    """The type an attribute has in some layers; None when it is new."""
    if key in VALIDITY:
        return "date"
    found: str | None = None
    for layer in layers:
        found = merge_types(found, project.attribute_types(layer).get(key))
    return found
