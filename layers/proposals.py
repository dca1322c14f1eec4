"""What a scenario proposes, and how it is brought into the city as it is: changed, taken away, added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from layers.edit import Edit
from layers.epochs import BASE, absent_in, lineage
from layers.project import Project
from layers.records import CityObject
from layers.scenarios import LOOKS, again, copied, family, layer_for, root_of
from layers.shapes import SOURCE, Shape, renumbered
from layers.shaping import Shapes


@dataclass(frozen=True)
class Touched:
    """What a scenario changes, with those from which it branches."""

    changed: dict[int, int]  # objects of the base, and what stands for each of them
    removed: tuple[int, ...]  # objects of the base for which nothing stands
    added: tuple[int, ...]  # objects that stand for nothing
    layers: tuple[int, ...]  # layers of the scenario that were imported
    hidden: tuple[int, ...]  # layers of the base that do not stand in it as a whole


def touched(project: Project, scenario: int | str) -> Touched:
    """What a scenario changes."""
    chain = lineage(project, scenario)
    absent = set(absent_in(project, scenario).tolist())
    own = [layer for layer in project.layers if layer.scenario in chain and -layer.id not in absent]
    changed: dict[int, int] = {}
    added: list[int] = []
    for layer in own:
        if layer.is_drawn:
            for item in project.objects(layer):
                if item.fid not in absent:
                    original = _original(project, item)
                    if original is None:
                        added.append(item.fid)
                    else:
                        changed[original] = item.fid
    gone = sorted(fid for fid in absent if fid > 0 and fid not in changed and _is_of_base(project, fid))
    return Touched(
        changed,
        tuple(gone),
        tuple(added),
        tuple(layer.id for layer in own if not layer.is_drawn),
        tuple(-number for number in sorted(absent, reverse=True) if number < 0),
    )


def _original(project: Project, item: CityObject) -> int | None:
    """The object of the base that one stands for in the end; None where there is none."""
    seen: set[int] = set()
    while item.replaces is not None and item.replaces not in seen:
        seen.add(item.replaces)
        item = project.object(item.replaces)
        if project.any_layer(item.layer).scenario is None:
            return None if item.gone else item.fid
    return None


def _is_of_base(project: Project, fid: int) -> bool:
    item = project.object(fid)
    return not item.gone and project.any_layer(item.layer).scenario is None


def merge(project: Project, edit: Edit, scenario: int | str) -> Touched:
    """Make the city as it is what it is in a scenario, which is built from now on; gives what was touched.

    Replaced objects get shape, attributes and dates of what stands for them, unless their building has
    other parts now: then it stands in the drawn layer that goes with its own, as what is new does.
    """
    found = touched(project, scenario)
    rebuilt = _rebuilt(project, found)
    shapes: dict[int, Shapes] = {}
    for original, copy in found.changed.items():
        if original not in rebuilt:
            _update(project, edit, original, copy, shapes)
    edit.remove_objects(sorted({*found.removed, *(fid for fid in found.changed if fid in rebuilt)}))
    for fid in sorted({*found.added, *(copy for fid, copy in found.changed.items() if fid in rebuilt)}):
        _add(project, edit, fid)
    for number in found.layers:
        edit.set_layer(number, scenario=None)
    for number in found.hidden:
        edit.set_layer(number, present=False)
    edit.set_scenario(project.scenario(scenario).id, status="built")
    return found


def _rebuilt(project: Project, found: Touched) -> frozenset[int]:
    """The objects of the base whose buildings have other parts in the scenario."""
    rebuilt: set[int] = set()
    roots = {copy: original for original, copy in found.changed.items()}
    for fid in found.added:
        original = roots.get(root_of(project, fid))
        if original is not None:
            rebuilt.update(item.fid for item in family(project, root_of(project, original)))
    return frozenset(rebuilt)


def _update(project: Project, edit: Edit, original: int, copy: int, shapes: dict[int, Shapes]) -> None:
    """Give an object of the base what became of its copy."""
    before, after = project.object(original), project.object(copy)
    for name in before.attributes.keys() - after.attributes.keys():
        edit.remove_attribute(original, name)
    for name, value in after.attributes.items():
        if name not in before.attributes or before.attributes[name] != value:
            edit.set_attribute(original, name, value)
    edit.set_valid(original, after.valid_from, after.valid_to)
    layer = project.any_layer(before.layer)
    if layer.kind != "city":
        if (plan := project.wkb(copy)) is not None and plan != project.wkb(original):
            edit.set_plans({original: plan})
        return
    if before.layer not in shapes:
        shapes[before.layer] = Shapes(project, layer)
    held, wanted = shapes[before.layer].of(original), project.shape(copy)
    was = copied(held)
    if wanted is not None and (was is None or wanted.text() != was.text()):
        edit.set_geometry(original, _with_rest(wanted, held))


def _with_rest(shape: Shape, held: Shape | None) -> Shape:
    """A shape with what the one in its place has besides: what is not made of surfaces, and its looks."""
    before = held.geometries if held is not None else []
    own = [geometry for geometry in before if geometry["type"] != SOURCE]
    rest = [geometry for geometry in before if geometry["type"] == SOURCE]
    dressed = [_dressed(geometry, own[at : at + 1]) for at, geometry in enumerate(shape.geometries)]
    return Shape([*dressed, *rest], shape.vertices)


def _dressed(geometry: dict[str, Any], before: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A geometry with the looks of the one that was there, where it has as many corners in every ring."""
    for other in before:
        if other["type"] == geometry["type"] and _rings(other) == _rings(geometry):
            return {**geometry, **{key: other[key] for key in LOOKS if key in other}}
    return geometry


def _rings(geometry: dict[str, Any]) -> Any:
    """How the corners of a geometry are nested, whichever they are."""
    return renumbered(geometry["boundaries"], defaultdict(int))


def _add(project: Project, edit: Edit, fid: int) -> None:
    """Put an object of a scenario into the drawn layer of the base that goes with its own."""
    item = project.object(fid)
    layer = project.any_layer(item.layer)
    target = layer_for(project, edit, layer.facts.get(BASE), None)
    edit.add_objects(target, [again(project, layer, item, project.shape(fid))])
