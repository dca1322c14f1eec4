"""The commands that draw and change shapes."""

from __future__ import annotations

from app.action import Action, has_layers, is_writable
from app.session import Session


def may_model(session: Session) -> bool:
    """There is a city to draw in, which may be changed."""
    return is_writable(session) and has_layers(session)


def has_chosen(session: Session) -> bool:
    """Something is selected that may be changed."""
    return may_model(session) and len(session.selection) > 0


def has_several(session: Session) -> bool:
    """Several things are selected that may be changed."""
    return may_model(session) and len(session.selection) > 1


# fmt: off
MODEL_ACTIONS: tuple[Action, ...] = (
    Action("model_building", "Draw building", "D", "draw", "Model", "model", may_model, toolbar=True,
           about="building", help="Click the corners of a footprint, then set height and roof."),
    Action("model_tree", "Draw trees", "T", "tree", "Model", "model", may_model, about="tree",
           help="Plant a tree with each click."),
    Action("model_road", "Draw road", "", "road", "Model", "model", may_model, about="road",
           help="Draw the centre line of a road; carriageway and footways lie along it."),
    Action("model_earth", "Pit or mound", "", "pit", "Model", "model", may_model, about="earth",
           help="Draw an outline and dig there, or heap earth up; the terrain changes."),
    Action("model_design", "Import a design…", "", "design", "Model", "model", may_model, about="design",
           help="Read a model that others made (IFC, glTF, OBJ …) and click where it stands."),
    Action("model_raise", "Raise", "R", "raise", "-Model", "model", may_model, toolbar=True, about="raise",
           help="Move the roof of the selected building up or down; its walls follow."),
    Action("model_push", "Push or pull a face", "U", "push", "Model", "model", may_model, toolbar=True,
           about="push", help="Click a face of a building and drag it outwards or inwards."),
    Action("model_move", "Move", "M", "move", "Model", "model", may_model, toolbar=True, about="move",
           help="Drag the selected buildings elsewhere, or type how far."),
    Action("model_turn", "Rotate", "Shift+T", "turn", "Model", "model", may_model, about="turn",
           help="Turn the selected buildings about their middle."),
    Action("model_scale", "Scale", "", "scale", "Model", "model", may_model, about="scale",
           help="Make the selected buildings larger or smaller."),
    Action("model_ground", "Place on terrain", "", "ground", "Model", "model", has_chosen, about="ground",
           help="Move the selected buildings up or down until they stand on the terrain."),
    Action("model_duplicate", "Duplicate", "Ctrl+D", "copy", "-Model", "model", may_model, about="duplicate",
           help="Drag a copy of the selected buildings elsewhere."),
    Action("model_array", "Array in rows…", "", "array", "Model", "model", may_model, about="array",
           help="Repeat the selected buildings in rows and columns."),
    Action("model_array_line", "Array along a line", "", "array", "Model", "model", may_model,
           about="array_line", help="Repeat the selected buildings at even distances along a line."),
    Action("model_split", "Split by a line", "", "cut", "-Model", "model", may_model, about="split",
           help="Cut the selected building in two along a line."),
    Action("model_split_height", "Split at a height", "", "flats", "Model", "model", may_model,
           about="split_height", help="Cut the selected building in two at a height."),
    Action("model_merge", "Merge", "", "join-shapes", "Model", "model", has_several, about="merge",
           help="Make one building of those that are selected and touch."),
    Action("model_delete", "Delete selected", "Shift+Del", "trash", "Model", "model", has_chosen,
           about="delete", help="Take away the selected objects with their parts; undo brings them back."),
    Action("dock_model", "Model", "", "draw", "View/Panels", "show_dock", about="model", checkable=True,
           help="Show the numbers of the tool that is in use."),
)
# fmt: on
