"""What is noticed of a layer only where it lies among others, and what a person can do about a finding."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from layers import report as reading
from layers.arrays import Float64
from layers.ground import terrain_of
from layers.pipes import network
from layers.project import Project
from layers.records import Layer
from layers.siting import UNIT_UNKNOWN

PIPE_LEVELS = "pipe_levels"
#: What is farther from the others than so many times its size, and so many metres, is not seen with them.
FAR_SIZES, FAR_M = 20.0, 2_000.0
FIELDS_WAY = "Say which of its fields hold levels or cover depths, and in which units."
#: The command that puts right what a finding speaks of, and what its button says.
WAYS_OUT = {
    PIPE_LEVELS: ("fields", "Fields of the layer…"),
    UNIT_UNKNOWN: ("place", "Set size and upright…"),
}


def noticed(layer: Layer, project: Project) -> list[reading.Warning]:
    """How pipes come to their heights where the file does not say them, and whether those fit the terrain."""
    if layer.kind != "pipes":
        return []
    notes = network(project, layer, terrain_of(project)).notes
    return [reading.Warning(PIPE_LEVELS, "", f"{note} {FIELDS_WAY}") for note in notes]


def far_apart(layers: Iterable[Layer]) -> list[list[Layer]]:
    """Visible layers in groups that lie so far apart that a view of all shows none; [] where it does not."""
    groups: list[list[Layer]] = []
    for layer in layers:
        if layer.visible and layer.box is not None:
            near = [group for group in groups if _is_near(group, layer)]
            groups = [group for group in groups if group not in near]
            groups.append([*(other for group in near for other in group), layer])
    return groups if len(groups) > 1 else []


def distance_text(groups: list[list[Layer]]) -> str:
    """How far the two groups are apart that are farthest from each other, as people say it."""
    away = max(_gap_m(one, other) for one in groups for other in groups)
    return f"{away / 1000:,.0f} km".replace(",", "\u202f")


def _is_near(group: list[Layer], layer: Layer) -> bool:
    size = max(*_extent(group)[1] - _extent(group)[0], *_extent([layer])[1] - _extent([layer])[0])
    return _gap_m(group, [layer]) <= max(FAR_SIZES * float(size), FAR_M)


def _gap_m(one: list[Layer], other: list[Layer]) -> float:
    """How far two groups of layers are apart, from edge to edge in the plane."""
    (low, high), (other_low, other_high) = _extent(one), _extent(other)
    gap = np.maximum(np.maximum(other_low - high, low - other_high), 0)
    return float(np.hypot(*gap))


def _extent(layers: list[Layer]) -> tuple[Float64, Float64]:
    """The least and the greatest east and north of some layers."""
    boxes = np.array([layer.box for layer in layers])
    return boxes[:, :2].min(axis=0), boxes[:, 3:5].max(axis=0)
