"""Shapes split along a line or at a height, and shapes that touch made one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.checks.codes import SNAP_M
from layers.errors import EditError
from layers.modelling.bodies import GROUND, ROOF, WALL, Body, Surface, bodies_of, first_sound, shape_of
from layers.modelling.carving import WITHIN_M, Axes, divided, united
from layers.shapes import Shape


def split_by_line(shape: Shape, start: ArrayLike, end: ArrayLike) -> tuple[Shape, Shape]:
    """What lies left and right of an upright plane through two places (x, y) of the map."""
    one, other = np.asarray(start, np.float64)[:2], np.asarray(end, np.float64)[:2]
    along = other - one
    length = float(np.hypot(*along))
    if not length > SNAP_M:
        raise EditError("The line has no direction", found=f"{length:.4f} m long", do="Choose two places")
    left = np.array([-along[1], along[0], 0.0]) / length
    return _split(shape, left, float(left[:2] @ one), ({"type": WALL}, {"type": WALL}), "line")


def split_at_height(shape: Shape, height_m: float) -> tuple[Shape, Shape]:
    """What lies below and above a height."""
    up = np.array([0.0, 0.0, 1.0])
    above, below = _split(shape, up, float(height_m), ({"type": GROUND}, {"type": ROOF}), "height")
    return below, above


def _split(
    shape: Shape, normal: Float64, offset: float, surfaces: tuple[Surface, Surface], what: str
) -> tuple[Shape, Shape]:
    one: list[tuple[str, Body]] = []
    other: list[tuple[str, Body]] = []
    for _, lod, body in bodies_of(shape):
        parts = divided(body, normal, offset, surfaces)
        if parts is None:
            heights = shape.vertices[:, 2]
            allowed = f"between {heights.min():.2f} m and {heights.max():.2f} m" if what == "height" else ""
            raise EditError(
                f"The {what} does not split the shape",
                found=f"{offset:.2f} m" if what == "height" else "all of it lies on one side",
                allowed=allowed,
            )
        one.append((lod, parts[0]))
        other.append((lod, parts[1]))
    return shape_of(*one), shape_of(*other)


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
