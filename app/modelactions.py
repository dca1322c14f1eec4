"""The commands that draw and change shapes."""

from __future__ import annotations

from app.action import Action, is_writable
from app.session import Session


def may_model(session: Session) -> bool:
    """There is a city to draw in, which may be changed."""
    return is_writable(session) and bool(session.project.layers)


def has_models(session: Session) -> bool:
    """Something is selected that may be changed."""
    return may_model(session) and len(session.selection) > 0


# fmt: off
MODEL_ACTIONS: tuple[Action, ...] = (
    Action("model_building", "Draw building", "D", "draw", "Model", "model", may_model, toolbar=True,
           about="building", help="Click the corners of a footprint, then set height and roof."),
    Action("model_raise", "Raise", "R", "raise", "-Model", "model", may_model, toolbar=True, about="raise",
           help="Move the roof of the selected building up or down; its walls follow."),
)
# fmt: on
