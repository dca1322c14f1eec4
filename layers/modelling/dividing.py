"""Shapes split along a line or at a height, and shapes that touch made one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.checks.codes import SNAP_M
from layers.errors import EditError
from layers.modelling.bodies import GROUND, ROOF, WALL, Body, Surface, bodies_of, first_sound, shape_of
from layers.modelling.carving import WITHIN_M, Axes, divided, united
from layers.modelling.cells import SHORT_M
from layers.shapes import Shape


@dataclass(frozen=True)
class Cut:
    """A plane that splits shapes: what its normal points to comes first."""

    normal: Float64
    offset: float  # normal · p of its points
    surfaces: tuple[Surface, Surface]  # what the faces of the cut are, of the first side and of the other
    what: str

    @classmethod
    def by_line(cls, start: ArrayLike, end: ArrayLike) -> Cut:
        """An upright plane through two places (x, y) of the map; what lies left of it comes first."""
        one, other = np.asarray(start, np.float64)[:2], np.asarray(end, np.float64)[:2]
        along = other - one
        length = float(np.hypot(*along))
        if not length > SNAP_M:
            raise EditError("The line has no direction", found=f"{length:.4f} m long", do="Choose two places")
        left = np.array([-along[1], along[0], 0.0]) / length
        return cls(left, float(left[:2] @ one), ({"type": WALL}, {"type": WALL}), "line")

    @classmethod
    def at_height(cls, height_m: float) -> Cut:
        """A level plane; what lies below it comes first."""
        return cls(np.array([0.0, 0.0, -1.0]), -float(height_m), ({"type": ROOF}, {"type": GROUND}), "height")

    def split(self, shapes: Mapping[int, Shape]) -> tuple[dict[int, Shape], dict[int, Shape]]:
        """The parts of shapes on both sides, by their numbers; what lies on one side stays as it is."""
        one: dict[int, Shape] = {}
        other: dict[int, Shape] = {}
        for number, shape in shapes.items():
            off = shape.vertices @ self.normal - self.offset
            if off.min() >= -SHORT_M or off.max() <= SHORT_M:
                (one if off.max() > SHORT_M else other)[number] = shape
            else:
                one[number], other[number] = self._halves(shape)
        if not one or not other:
            raise self._refusal([*shapes.values()])
        return one, other

    def _halves(self, shape: Shape) -> tuple[Shape, Shape]:
        one: list[tuple[str, Body]] = []
        other: list[tuple[str, Body]] = []
        for _, lod, body in bodies_of(shape):
            parts = divided(body, self.normal, self.offset, self.surfaces)
            if parts is None:
                raise self._refusal([shape])
            one.append((lod, parts[0]))
            other.append((lod, parts[1]))
        return shape_of(*one), shape_of(*other)

    def _refusal(self, shapes: Sequence[Shape]) -> EditError:
        if self.what == "line":
            return EditError("The line does not split the shape", found="all of it lies on one side")
        heights = np.concatenate([shape.vertices[:, 2] for shape in shapes])
        return EditError(
            "The height does not split the shape",
            found=f"{-self.offset:.2f} m",
            allowed=f"between {heights.min():.2f} m and {heights.max():.2f} m",
        )


def split_by_line(shape: Shape, start: ArrayLike, end: ArrayLike) -> tuple[Shape, Shape]:
    """What lies left and right of an upright plane through two places (x, y) of the map."""
    left, right = Cut.by_line(start, end).split({0: shape})
    return left[0], right[0]


def split_at_height(shape: Shape, height_m: float) -> tuple[Shape, Shape]:
    """What lies below and above a height."""
    below, above = Cut.at_height(height_m).split({0: shape})
    return below[0], above[0]


def merged(shapes: Sequence[Shape]) -> Shape:
    """Shapes that touch or overlap as one, at every level of detail that all of them have."""
    if len(shapes) < 2:
        raise EditError("Nothing is merged", found=f"{len(shapes)} shape", allowed="two shapes or more")
    by_lod = [{lod: body for _, lod, body in bodies_of(shape)} for shape in shapes]
    lods = [lod for lod in by_lod[0] if all(lod in each for each in by_lod)]
    if not lods:
        found = "; ".join(", ".join(each) for each in by_lod)
        raise EditError("The shapes have no level of detail in common", found=found)

    def made(within_m: float) -> Shape:
        return shape_of(*((lod, _united([each[lod] for each in by_lod], within_m)) for lod in lods))

    return first_sound(made, WITHIN_M)


def _united(bodies: Sequence[Body], within_m: float) -> Body:
    found = united(bodies, Axes(_common_wall(bodies), bodies[0].points.mean(axis=0)), within_m)
    pieces = len(list(found.solids()))
    if pieces > 1:
        raise EditError(
            "The shapes do not touch", found=f"{pieces} bodies", do="Move them together; nothing was changed"
        )
    return found


def _common_wall(bodies: Sequence[Body]) -> Float64:
    """The direction of the wall that two of the bodies share, else of the longest one."""
    middle = bodies[0].points.mean(axis=0)  # far from the origin, planes are known less well
    walls = [
        (normal, float((body.points[face[0][0]] - middle) @ normal), _reach(body, face), number)
        for number, body in enumerate(bodies)
        for normal, face in zip(body.normals(), body.faces, strict=True)
        if abs(normal[2]) < 1e-3
    ]
    best, along = -1.0, np.array([1.0, 0.0])
    for at, (normal, offset, reach, number) in enumerate(walls):
        shared = any(
            other != number and normal @ facing < -0.999999 and abs(offset + against) <= SNAP_M
            for facing, against, _, other in walls[at + 1 :]
        )
        if reach + 1e6 * shared > best:
            best, along = reach + 1e6 * shared, np.array([-normal[1], normal[0]])
    return along


def _reach(body: Body, face: list[list[int]]) -> float:
    return float(np.ptp(body.points[face[0], :2], axis=0).max())
