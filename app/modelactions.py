"""The commands that draw and change shapes."""

from __future__ import annotations

from app.action import Action, When, has_layers, is_writable
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


def _tool(
    name: str,
    text: str,
    shortcut: str,
    icon: str,
    help: str,
    enabled: When = may_model,
    begins: bool = False,
    toolbar: bool = False,
) -> Action:
    """The row of a tool of the menu Model; `begins`: after a line."""
    menu = "-Model" if begins else "Model"
    return Action(
        f"model_{name}", text, shortcut, icon, menu, "model", enabled, toolbar=toolbar, about=name, help=help
    )


# fmt: off
MODEL_ACTIONS: tuple[Action, ...] = (
    _tool("building", "Draw building", "D", "draw",
          "Click the corners of a footprint, then set height and roof.", toolbar=True),
    _tool("tree", "Draw trees", "T", "tree",
          "Plant a tree with each click."),
    _tool("road", "Draw road", "", "road",
          "Draw the centre line of a road; carriageway and footways lie along it."),
    _tool("plan", "Draw point, line or area", "", "vector",
          "Click places on the ground; they become an object of the current layer."),
    _tool("earth", "Pit or mound", "", "pit",
          "Draw an outline and dig there, or heap earth up; the terrain changes."),
    _tool("design", "Import a design…", "", "design",
          "Read a model that others made (IFC, glTF, OBJ …) and click where it stands."),
    _tool("raise", "Raise", "R", "raise",
          "Move the roof of the selected building up or down; its walls follow.", begins=True, toolbar=True),
    _tool("push", "Push or pull a face", "U", "push",
          "Click a face of a building and drag it outwards or inwards.", toolbar=True),
    _tool("move", "Move", "M", "move",
          "Drag the selected buildings elsewhere, or type how far.", toolbar=True),
    _tool("turn", "Rotate", "Shift+T", "turn",
          "Turn the selected buildings about their middle."),
    _tool("scale", "Scale", "", "scale",
          "Make the selected buildings larger or smaller."),
    _tool("ground", "Place on terrain", "", "ground",
          "Move the selected buildings up or down until they stand on the terrain.", has_chosen),
    _tool("duplicate", "Duplicate", "Ctrl+D", "copy",
          "Drag a copy of the selected buildings elsewhere.", begins=True),
    _tool("array", "Array in rows…", "", "array",
          "Repeat the selected buildings in rows and columns."),
    _tool("array_line", "Array along a line", "", "array",
          "Repeat the selected buildings at even distances along a line."),
    _tool("split", "Split by a line", "", "cut",
          "Cut the selected building in two along a line.", begins=True),
    _tool("split_height", "Split at a height", "", "flats",
          "Cut the selected building in two at a height."),
    _tool("merge", "Merge", "", "join-shapes",
          "Make one building of those that are selected and touch.", has_several),
    _tool("delete", "Delete selected", "Shift+Del", "trash",
          "Take away the selected objects with their parts; undo brings them back.", has_chosen),
    Action("dock_model", "Model", "", "draw", "View/Panels", "show_dock", about="model", checkable=True,
           help="Show the numbers of the tool that is in use."),
)
# fmt: on
