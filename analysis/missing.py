"""Why there is nothing where somebody looks: no object matches, or none that does stands at the date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.situation import Situation, state_of
from analysis.standing import matching, standing
from layers.columns import Mask
from layers.epochs import days
from layers.project import Project
from layers.records import Layer


def why_nothing(project: Project, where: str, fids: Sequence[int] | None, situation: Situation) -> str:
    """What is wrong with a choice of objects, in words; '' when some of them are there."""
    layers = [layer for layer in project.layers if layer.object_count and layer.partner is None]
    chosen = [(layer, matching(project, layer, where, fids or None)) for layer in layers]
    chosen = [(layer, mask) for layer, mask in chosen if mask.any()]
    if not chosen:
        return f"no object matches {where}" if where else "the project has no such objects"
    seen = [(layer, mask) for layer, mask in chosen if layer.visible]
    if not seen:
        return f"the layer {chosen[0][0].name!r} is switched off"
    states = state_of(project, situation)
    there = [mask & standing(project, layer, Situation(), states[layer.id][0]) for layer, mask in seen]
    if not any(mask.any() for mask in there):
        return _when(project, seen, situation.date)
    left = [
        mask & standing(project, layer, situation, states[layer.id][0])
        for (layer, _), mask in zip(seen, there, strict=True)
    ]
    return "" if any(mask.any() for mask in left) else f"all of it is left out by {situation.without}"


def _when(project: Project, chosen: Sequence[tuple[Layer, Mask]], date: str) -> str:
    """From when, or until when, there is something of what is chosen."""
    day = np.datetime64(date, "D")
    begins, ends = (
        np.concatenate([days(project.values(layer, key))[mask] for layer, mask in chosen])
        for key in ("valid_from", "valid_to")
    )
    begins, ends = begins[~np.isnat(begins)], ends[~np.isnat(ends)]
    if len(begins) and (begins > day).all():
        return f"what is chosen stands only from {begins.min()}, not yet in the city of {date}"
    if len(ends) and (ends <= day).all():
        return f"what is chosen stood only until {ends.max()}, no longer in the city of {date}"
    return f"nothing of what is chosen stands in the city of {date}"
