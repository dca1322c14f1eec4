"""What some objects have in common, be it two or a million of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.bulk import VALIDITY
from layers.columns import Column
from layers.project import Project
from layers.records import CityObject, Layer
from layers.values import merge_types, type_of

#: So many objects are read one by one; of more the columns are looked at.
ONE_BY_ONE = 200


@dataclass
class Shared:
    """One attribute of several objects: the value of all, or that they differ."""

    name: str
    value: Any
    type: str | None
    differ: bool = False
    count: int = 1  # objects that have a value


@dataclass(frozen=True)
class Overview:
    """What is known about some objects together."""

    first: CityObject
    types: Counter[str]
    layers: tuple[int, ...]
    attributes: tuple[Shared, ...]
    validity: dict[str, Shared]


def overview(fids: NDArray[np.int64], project: Project) -> Overview:
    """Look at these objects."""
    if len(fids) <= ONE_BY_ONE:
        items = list(project.objects(fids=fids.tolist()))
        return Overview(
            items[0],
            Counter(item.type for item in items),
            tuple(dict.fromkeys(item.layer for item in items)),
            tuple(shared_attributes([item.attributes for item in items])),
            {key: _of_items(key, [getattr(item, key) for item in items]) for key in VALIDITY},
        )
    types: Counter[str] = Counter()
    attributes: list[Shared] = []
    validity: list[Shared] = []
    parts = list(_by_layer(fids, project))
    for layer, positions in parts:
        project.store_values(layer)
        codes, names = project.values(layer, "type").taken(positions).as_codes()
        counts = np.bincount(codes[codes >= 0], minlength=len(names)).tolist()
        types.update({str(name): count for name, count in zip(names, counts, strict=True) if count})
        for name, type in project.attribute_types(layer).items():
            attributes.append(_of_column(name, project.values(layer, name).taken(positions), type))
        validity += [_of_column(key, project.values(layer, key).taken(positions), "date") for key in VALIDITY]
    return Overview(
        project.object(int(fids[0])),
        types,
        tuple(layer.id for layer, _ in parts),
        tuple(shared for shared in _together(attributes, len(fids)) if shared.count),
        {shared.name: shared for shared in _together(validity, len(fids))},
    )


def ids_of(fids: NDArray[np.int64], project: Project) -> list[str]:
    """The ids of some objects."""
    if len(fids) <= ONE_BY_ONE:
        return [item.id for item in project.objects(fids=fids.tolist())]
    found: list[str] = []
    for layer, positions in _by_layer(fids, project):
        project.store_values(layer)
        found += [str(id) for id in project.values(layer, "id")[positions]]
    return found


def shared_attributes(records: Sequence[dict[str, Any]]) -> list[Shared]:
    """The attributes of some objects, each once, in the order in which they come."""
    values: dict[str, list[Any]] = {}
    for attributes in records:
        for name, value in attributes.items():
            values.setdefault(name, []).append(value)
    return _together([_of_items(name, of_all) for name, of_all in values.items()], len(records))


def _of_items(name: str, values: list[Any]) -> Shared:
    type = None
    for value in values:
        type = merge_types(type, type_of(value))
    first = values[0]
    differ = any(value != first or type_of(value) != type_of(first) for value in values)
    return Shared(name, first, type, differ, len(values))


def _of_column(name: str, column: Column, type: str) -> Shared:
    """What a column says; None counts as no value, as a large layer keeps no other."""
    has_value = ~column.is_none
    count = int(np.count_nonzero(has_value))
    if not count:
        return Shared(name, None, None, False, 0)
    first = column[int(np.argmax(has_value))]
    differ = count < column.size or not is_uniform(column)
    return Shared(name, first, type if differ else type_of(first), differ, count)


def is_uniform(column: Column) -> bool:
    """Whether all values of a column without gaps are the same."""
    if column.numbers is None or column.whole is None:
        return column.codes is not None and bool((column.codes == column.codes[0]).all())
    if np.isnan(column.numbers).all():
        return column.codes is not None and bool((column.codes == column.codes[0]).all())
    same = (column.numbers == column.numbers[0]) & (column.whole == column.whole[0])
    return bool(same.all())


def _together(parts: list[Shared], total: int) -> list[Shared]:
    """The same attribute of several layers as one."""
    found: dict[str, Shared] = {}
    for part in parts:
        known = found.get(part.name)
        if known is None or not known.count:
            found[part.name] = part
        elif part.count:
            known.differ = known.differ or part.differ or known.value != part.value
            known.type = merge_types(known.type, part.type)
            known.count += part.count
    for shared in found.values():
        shared.differ = shared.differ or 0 < shared.count < total
    return list(found.values())


def _by_layer(fids: NDArray[np.int64], project: Project) -> Iterator[tuple[Layer, NDArray[np.int64]]]:
    """The layers that hold these objects, with their positions there."""
    holders = {layer.objects_layer for layer in project.layers}
    for number in sorted(holders):
        layer = project.any_layer(number)
        start, end = np.searchsorted(fids, (layer.first_fid, layer.first_fid + layer.object_count))
        if start < end:
            yield layer, fids[start:end] - layer.first_fid
