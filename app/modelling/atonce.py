"""What is done at once to what is selected: set on the ground, merged, deleted."""

from __future__ import annotations

from collections.abc import Iterable

from app.labels import counted
from app.modelling.desk import Desk
from layers.edit import Edit
from layers.errors import EditError
from layers.footing import grounded
from layers.modelling.dividing import merged
from layers.reworking import Workshop


def set_on_ground(desk: Desk) -> None:
    """Move buildings up or down until they stand on the terrain."""
    selected = desk.session.selection.tolist()

    def make(workshop: Workshop, edit: Edit) -> Iterable[int]:
        return workshop.reshape(edit, grounded(workshop, workshop.shapes(selected)))

    desk.carry_out("Place on terrain", make)


def merge(desk: Desk) -> None:
    """Make one building of several that touch."""
    selected = desk.session.selection.tolist()

    def make(workshop: Workshop, edit: Edit) -> Iterable[int]:
        shapes = {fid: shape for fid in selected if (shape := workshop.shape(fid)) is not None}
        if len(shapes) < 2:
            raise EditError(
                "Nothing is merged", found=f"{len(shapes)} shape", do="Select two buildings that touch"
            )
        return workshop.join(edit, list(shapes), merged(list(shapes.values())))

    desk.carry_out(f"Merge {counted(len(selected), 'building')}", make)


def delete(desk: Desk) -> None:
    """Take away what is selected, with all its parts."""
    selected = desk.session.selection.tolist()

    def make(workshop: Workshop, edit: Edit) -> Iterable[int]:
        workshop.remove(edit, selected)
        return ()

    desk.carry_out(f"Delete {counted(len(selected), 'object')}", make)
