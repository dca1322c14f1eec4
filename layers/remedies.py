"""What puts city objects right: their geometries repaired, or lifted to where the ground is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from layers.arrays import Float64
from layers.checks.geometry import ObjectCheck
from layers.checks.layer import Found, findings, metres
from layers.checks.mending import mended
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.project import Project
from layers.records import Layer
from layers.shapes import Shape
from layers.shaping import Shapes
from layers.written import counted

AT_ONCE = 100
#: Faults between objects, which the repair of one of them does not change.
BETWEEN = ("601",)
#: Why faults stay, by how their codes begin.
STAYS = {
    "1": "which loop of the ring is meant is not told",
    "2": "corners would have to move, which changes the shape",
    "3": "surfaces would have to be added or taken away",
    "4": "bodies would have to be moved or cut",
    "5": "bodies would have to be moved or cut",
    "6": "one of the parts would have to be moved or cut",
    "609": "there is nothing to repair",
    "9": "there is nothing to repair",
}


@dataclass
class Repairs:
    """The repaired shapes of a layer, by fid, and how often what was done to each."""

    shapes: dict[int, Shape | None] = field(default_factory=dict)
    steps: dict[int, Counter[str]] = field(default_factory=dict)

    @property
    def done(self) -> Counter[str]:
        """How often what was done to all of them."""
        return sum(self.steps.values(), Counter[str]())

    def only(self, fids: Collection[int]) -> Repairs:
        """Those of some objects."""
        shapes = {fid: shape for fid, shape in self.shapes.items() if fid in fids}
        return Repairs(shapes, {fid: self.steps[fid] for fid in shapes})

    def sentence(self, is_done: bool = True) -> str:
        """What was done, or what would be, in words."""
        if not self.shapes:
            return "There is nothing to repair that is safe to repair."
        how = "repaired" if is_done else "would be repaired"
        return f"{counted(len(self.shapes), 'object')} {how}: {told(self.done)}."


def told(done: Counter[str]) -> str:
    """How often what was done, the most frequent first."""
    return ", ".join(f"{name} ({count})" for name, count in done.most_common())


def repairs(
    project: Project, layer: Layer, chosen: Mask | None = None, progress: Progress = never_stop
) -> Repairs:
    """What is safe to repair in the objects of a layer, or in the chosen ones, repaired."""
    shapes, in_metres = Shapes(project, layer), _in_metres(project, layer)
    fids = shapes.fids()
    found = Repairs()
    for done, fid in enumerate(fids):
        if done % AT_ONCE == 0:
            progress(done / len(fids), f"{done} of {len(fids)} objects")
        if chosen is not None and not chosen[fid - layer.first_fid]:
            continue
        shape = shapes.of(fid)
        better = mended(shape, in_metres(shape)) if shape is not None else None
        if better is not None:
            found.shapes[fid] = better.shape
            found.steps[fid] = better.done
    return found


def left(
    project: Project, layer: Layer, repaired: Repairs, progress: Progress = never_stop
) -> Iterator[Found]:
    """The faults of a layer that stay once some of its objects are repaired."""
    for item in findings(project, layer, progress=progress):
        if item.fid not in repaired.shapes or item.finding.code in BETWEEN:
            yield item
    in_metres = _in_metres(project, layer)
    ids = {item.fid: item.id for item in project.objects(fids=repaired.shapes)}
    for fid, shape in repaired.shapes.items():
        if shape is not None:
            check = ObjectCheck(ids[fid], in_metres(shape))
            yield from (Found(fid, finding) for finding in check.findings(shape.geometries))


def _in_metres(project: Project, layer: Layer) -> Callable[[Shape], Float64]:
    """What gives the corners of shapes in metres: their own CRS may count in degrees or feet."""
    scale, there = metres(project), project.mover(layer)

    def measured(shape: Shape) -> Float64:
        vertices = there(shape.vertices)
        return (vertices - vertices[:1]) * scale

    return measured


def why_left(code: str) -> str:
    """Why a fault stays."""
    return STAYS.get(code) or STAYS[code[0]]


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
