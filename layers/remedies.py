"""What puts city objects right: their geometries repaired, or lifted to where the ground is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from layers.checks.layer import metres
from layers.checks.mending import mended
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.project import Project
from layers.records import Layer
from layers.shapes import Shape
from layers.shaping import Shapes

AT_ONCE = 100


@dataclass
class Repairs:
    """The repaired shapes of a layer, by fid, and how often what was done."""

    shapes: dict[int, Shape | None] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def sentence(self) -> str:
        """What was done, in words."""
        if not self.shapes:
            return "There is nothing to repair that is safe to repair."
        what = ", ".join(f"{count} {name}" for name, count in self.done.most_common())
        count = len(self.shapes)
        return f"{count} object{'s' * (count != 1)} repaired: {what}."


def repairs(
    project: Project, layer: Layer, chosen: Mask | None = None, progress: Progress = never_stop
) -> Repairs:
    """What is safe to repair in the objects of a layer, or in the chosen ones, repaired."""
    shapes, scale = Shapes(project, layer), metres(project)
    fids = shapes.fids()
    found = Repairs()
    for done, fid in enumerate(fids):
        if done % AT_ONCE == 0:
            progress(done / len(fids), f"{done} of {len(fids)} objects")
        if chosen is not None and not chosen[fid - layer.first_fid]:
            continue
        shape = shapes.of(fid)
        better = mended(shape, scale) if shape is not None else None
        if better is not None:
            found.shapes[fid] = better.shape
            found.done += better.done
    return found


def lifted(project: Project, layer: Layer, by_m: Mapping[int, float]) -> dict[int, Shape | None]:
    """The shapes of some objects, by fid, so much higher in the project's CRS."""
    shapes, back = Shapes(project, layer), project.place.way_back_of(layer)
    there = project.mover(layer)
    found: dict[int, Shape | None] = {}
    for fid, height in by_m.items():
        shape = shapes.of(fid)
        if shape is not None:
            up = np.array([0.0, 0.0, height / float(metres(project)[2])])
            found[fid] = replace(shape, vertices=back(there(shape.vertices) + up))
    return found
