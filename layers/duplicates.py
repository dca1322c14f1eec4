"""A second scenario like one there is: its own copies of what the first one changes, removes and adds."""

from __future__ import annotations

from layers.edit import Edit
from layers.epochs import BASE
from layers.errors import EditError
from layers.project import Project
from layers.scenarios import again


def duplicate(project: Project, edit: Edit, scenario: int, name: str) -> int:
    """Begin a scenario that is as another one is now; gives its id.

    Layers that were imported into a scenario belong to it alone, so such a one is branched from instead.
    """
    known = project.scenario(scenario)
    own = [layer for layer in project.layers if layer.scenario == scenario]
    imported = [layer.name for layer in own if not layer.is_drawn]
    if imported:
        raise EditError(
            "A scenario with imported layers is not duplicated",
            where=known.name,
            found=", ".join(imported),
            do="Branch from it: the new scenario then shows these layers as well",
        )
    number = edit.add_scenario(name, known.parent, known.epoch)
    edit.set_scenario(number, note=known.note, color=known.color)
    for layer in own:
        target = edit.add_layer(
            f"{layer.name.removesuffix(known.name)}{name}", scenario=number, base=layer.facts.get(BASE)
        )
        news = [
            again(project, layer, item, project.shape(item.fid), item.replaces)
            for item in project.objects(layer)
        ]
        if news:
            edit.add_objects(target, news)
    edit.set_absent(number, sorted(project.absent(scenario)))
    return number
