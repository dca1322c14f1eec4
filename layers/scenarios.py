"""Scenarios: what is changed in one is copied first, so that nothing of the base is touched.

A scenario has a drawn layer of its own for each layer whose objects it changes. The first change of a
building copies all of it there, with its parts, and notes the originals as absent; merging brings what
became of the copies into the base, in one step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.adding import New
from layers.edit import NO_ATTRIBUTES, Edit
from layers.epochs import BASE, absent_in, lineage
from layers.errors import EditError
from layers.expression import Expression
from layers.project import Project
from layers.records import CityObject, Fids, Layer
from layers.scenariorows import OWN
from layers.shapes import SOURCE, Shape
from layers.shaping import Shapes

#: What geometries say of the looks that a source keeps elsewhere.
LOOKS = ("material", "texture")
#: Behind the name of a layer: the layer of what was added to it.
ADDED = " (drawn)"


def editable(project: Project, edit: Edit, fids: Fids, scenario: int | None) -> dict[int, int]:
    """The objects to change where these are to be changed in a scenario: their copies, made where needed.

    In the city as it is, None, they are the objects themselves.
    """
    wanted = [int(fid) for fid in fids]
    if scenario is None:
        return {fid: fid for fid in wanted}
    _check_open(project, scenario)
    copies, own = _copies(edit, scenario), _own(edit, scenario)
    before = _stand_ins(project, scenario)
    found: dict[int, int] = {}
    shapes: dict[int, Shapes] = {}
    for fid in wanted:
        here = _in_force(fid, copies, before)
        if here not in copies and here not in own:
            copies |= _copied(project, edit, root_of(project, here), scenario, shapes)
        found[fid] = copies.get(here, here)
    return found


def remove(project: Project, edit: Edit, fids: Fids, scenario: int | None) -> None:
    """Take objects away, with their parts: in the city as it is, or in a scenario alone."""
    if scenario is None:
        edit.remove_objects(fids)
        return
    _check_open(project, scenario)
    copies, own = _copies(edit, scenario), _own(edit, scenario)
    before = _stand_ins(project, scenario)
    meant = [_in_force(int(fid), copies, before) for fid in fids]
    mine = [copies.get(fid, fid) for fid in meant if fid in copies or fid in own]
    others = [fid for fid in meant if fid not in copies and fid not in own]
    parts = [fid for fid in others if root_of(project, fid) != fid]
    if parts:
        mine += editable(project, edit, parts, scenario).values()
    for fid in others:
        if fid not in parts:
            _check_stands(project, edit, fid, scenario)
            edit.set_absent(scenario, [item.fid for item in family(project, fid)])
    edit.remove_objects(list(dict.fromkeys(mine)))


def add(
    project: Project,
    edit: Edit,
    scenario: int | None,
    type: str,
    shape: Shape | None,
    *,
    id: str = "",
    attributes: Mapping[str, Any] = NO_ATTRIBUTES,
    parent: str | None = None,
    base: int | None = None,
) -> int:
    """Add an object in a scenario, or to the city as it is (None); gives its fid.

    It comes into the drawn layer that goes with the layer `base`, in whose CRS the shape is.
    """
    if scenario is not None:
        _check_open(project, scenario)
    return edit.add_object(layer_for(project, edit, base, scenario), id, type, shape, attributes, parent)


def layer_for(project: Project, edit: Edit, base: int | None, scenario: int | None) -> int:
    """The drawn layer of a scenario that goes with a layer, or with none; made where it is not there yet."""
    held = None if base is None else project.any_layer(base)
    if held is not None and held.is_drawn and held.scenario == scenario:
        return held.id
    if held is not None and held.scenario is not None:
        base = held.facts.get(BASE)
    for number, of in edit.rows(
        f"SELECT id, facts ->> '$.{BASE}' FROM layer WHERE reserved > 0 AND present = 1 AND scenario IS ?",
        (scenario,),
    ):
        if of == base:
            return int(number)
    name = "Drawn" if base is None else project.any_layer(base).name
    if scenario is not None:
        wanted = project.scenario(scenario).name
        name = wanted if base is None else f"{name} – {wanted}"
    elif base is not None:
        name += ADDED
    return edit.add_layer(name, scenario=scenario, base=base)


def layers_in(project: Project, layer: Layer, scenario: int | None) -> list[Layer]:
    """A layer, and those of a scenario (with all that it branches from) that hold what was changed of it."""
    chain = lineage(project, scenario)
    own = [known for known in project.layers if known.scenario in chain and known.facts.get(BASE) == layer.id]
    return [layer, *own]


def standing_fids(
    project: Project, layer: Layer, where: Expression | None, scenario: int | None
) -> NDArray[np.int64]:
    """The objects of a layer that match an expression and, in a scenario, stand there."""
    fids = project.fids(layer, where)
    if scenario is None:
        return fids
    return fids[~np.isin(fids, absent_in(project, scenario))]


def _check_open(project: Project, scenario: int) -> None:
    known = project.scenario(scenario)
    if known.status == "built":
        raise EditError(
            "A scenario that is built is changed no more",
            where=known.name,
            do="Begin another one, or set its status to proposed",
        )


def _copies(edit: Edit, scenario: int) -> dict[int, int]:
    """The copies in a scenario by the objects that they replace, as they are within the edit."""
    return {original: fid for fid, original in edit.copies(scenario)}


def _stand_ins(project: Project, scenario: int) -> dict[int, int]:
    """What stands for objects in the scenarios from which one branches."""
    found: dict[int, int] = {}
    for number in lineage(project, scenario)[1:]:
        found |= {replaced: fid for fid, replaced in project.copies(number) if replaced not in found}
    return found


def _in_force(fid: int, copies: Mapping[int, int], before: Mapping[int, int]) -> int:
    """The object that is meant by one: where it was replaced before, what stands for it."""
    seen: set[int] = set()
    while fid not in copies and fid in before and fid not in seen:
        seen.add(fid)
        fid = before[fid]
    return fid


def _own(edit: Edit, scenario: int) -> frozenset[int]:
    """The objects of a scenario's own layers, as they are within the edit."""
    return frozenset(int(fid) for (fid,) in edit.rows(f"SELECT o.fid {OWN}", (scenario,)))


def _check_stands(project: Project, edit: Edit, fid: int, scenario: int) -> None:
    """Refuse an object that does not stand in a scenario."""
    chain = lineage(project, scenario)
    layer = project.any_layer(project.object(fid).layer)
    marks = ",".join("?" * len(chain))
    absent = list(
        edit.rows(f"SELECT 1 FROM absent WHERE object = ? AND scenario IN ({marks})", (fid, *chain))
    )
    is_others = layer.scenario is not None and layer.scenario not in chain
    if absent or is_others or fid in absent_in(project, scenario):
        raise EditError(
            "The object does not stand in this scenario",
            where=project.object(fid).id,
            found=project.scenario(scenario).name,
        )


def root_of(project: Project, fid: int) -> int:
    """The object that one is a part of, or itself."""
    item, seen = project.object(fid), {fid}
    while item.parent:
        above = project.by_id(item.parent, item.layer)
        if above is None or above.fid in seen:  # a source may name a part as the whole of its whole
            break
        item = above
        seen.add(item.fid)
    return item.fid


def family(project: Project, root: int) -> list[CityObject]:
    """An object and all its parts, the root first."""
    found, seen = [project.object(root)], {root}
    for item in found:
        parts = [fid for fid in project.children(item.fid) if fid not in seen]
        seen.update(parts)
        found += [project.object(fid) for fid in parts]
    return found


def _copied(
    project: Project, edit: Edit, root: int, scenario: int, shapes: dict[int, Shapes]
) -> dict[int, int]:
    """Copy a building with all its parts; gives the copies by what they replace."""
    _check_stands(project, edit, root, scenario)
    whole = family(project, root)
    layer = project.any_layer(whole[0].layer)
    target = layer_for(project, edit, layer.id, scenario)
    if layer.kind == "city" and layer.id not in shapes:
        shapes[layer.id] = Shapes(project, layer)
    news = []
    for item in whole:
        shape = copied(shapes[layer.id].of(item.fid)) if layer.kind == "city" else None
        news.append(again(project, layer, item, shape, replaces=item.fid))
    found = dict(zip((item.fid for item in whole), edit.add_objects(target, news), strict=True))
    edit.set_absent(scenario, list(found))
    return found


def again(
    project: Project, layer: Layer, item: CityObject, shape: Shape | None, replaces: int | None = None
) -> New:
    """An object of a layer once more, for a drawn one: with this shape, or with its own geometry."""
    plan = None if layer.kind == "city" else project.wkb(item.fid)
    valid = (item.valid_from, item.valid_to)
    return New(item.id, item.type, shape, item.attributes, item.parent, replaces, valid, plan)


def copied(shape: Shape | None) -> Shape | None:
    """A shape that needs no source: without geometries that are not made of surfaces.

    How it looks is not in its geometries then, but as that of the object whose looks it wears.
    """
    if shape is None:
        return None
    geometries = [
        {key: value for key, value in geometry.items() if key not in LOOKS}
        for geometry in shape.geometries
        if geometry["type"] != SOURCE
    ]
    return replace(shape, geometries=geometries) if geometries else None
