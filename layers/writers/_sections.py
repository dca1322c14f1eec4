"""City objects and terrain cut by upright planes along a line: what a section drawing shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from layers.arrays import Float64, Int32, Mesh
from layers.columns import Mask
from layers.errors import UsageError, WriteError
from layers.ground import terrain_of
from layers.moving import way
from layers.runs import Int64
from layers.writers.outgoing import Outgoing

#: How a line is written.
LINE = "X,Y;X,Y;…"
#: Pieces of a cut polygon that are closer than this are one.
GAP_M = 1e-6
#: Metres between heights that are asked of a terrain along the line.
STEP_M = 0.5


@dataclass(frozen=True)
class Leg:
    """A straight part of the line: from a point in a direction, so long, after so much of the line."""

    start: Float64  # (2,)
    along: Float64  # (2,) unit
    length_m: float
    before_m: float

    @property
    def across(self) -> Float64:
        """The direction to the left."""
        return np.array((-self.along[1], self.along[0]))

    def flat(self, points: Float64) -> Float64:
        """(n, 3) points of the cut as (n, 2): metres along the whole line, and height."""
        return np.column_stack((self.before_m + (points[:, :2] - self.start) @ self.along, points[:, 2]))


def line_from(text: str) -> tuple[tuple[float, float], ...]:
    """The corners of a line from "X,Y;X,Y;…"."""
    try:
        places = [tuple(map(float, place.split(","))) for place in text.strip("; ").split(";")]
    except ValueError:
        places = []
    if len(places) < 2 or any(len(place) != 2 for place in places):
        raise UsageError("The line of the section is not understood", found=repr(text), allowed=LINE)
    return tuple((x, y) for x, y in places)


def legs_of(line: Sequence[tuple[float, float]]) -> list[Leg]:
    """The straight parts of a line."""
    legs, before = [], 0.0
    for start, end in pairwise(np.array(line, np.float64)):
        length = float(np.linalg.norm(end - start))
        if length > 0:
            legs.append(Leg(start, (end - start) / length, length, before))
            before += length
    if not legs:
        raise WriteError("A section needs a line between two different points", found=str(list(line)))
    return legs


def cuts(mesh: Mesh, leg: Leg) -> Iterator[tuple[int, Float64]]:
    """The number of a polygon, and both ends (2, 3) of a piece of it that lies in the plane of the leg."""
    beside = (mesh.vertices[:, :2] - leg.start) @ leg.across
    # What lies exactly in the plane counts as on its left: no edge is found twice or not at all.
    left = beside >= 0
    sides = left[mesh.triangles]
    crossing = np.flatnonzero(sides.any(axis=1) & ~sides.all(axis=1))
    if not len(crossing):
        return
    ends = _ends(mesh, crossing, beside, left)
    pieces, inside = _clipped(ends, (ends[:, :, :2] - leg.start) @ leg.along, leg.length_m)
    for surface, rows in _by_surface(mesh.triangle_surface[crossing[inside]]):
        for piece in _joined(pieces[rows]):
            yield surface, piece


def _ends(mesh: Mesh, triangles: Int64, beside: Float64, left: Mask) -> Float64:
    """(n, 2, 3) where the plane cuts two sides of each triangle."""
    corners = mesh.triangles[triangles]
    sides = left[corners]
    # The corner that is alone on its side, and the two others.
    alone = np.where(sides.sum(axis=1) == 1, sides.argmax(axis=1), (~sides).argmax(axis=1))
    rows = np.arange(len(corners))
    one = corners[rows, alone]
    found = np.empty((len(corners), 2, 3))
    for place, step in enumerate((1, 2)):
        other = corners[rows, (alone + step) % 3]
        share = beside[one] / (beside[one] - beside[other])
        found[:, place] = mesh.vertices[one] + share[:, None] * (mesh.vertices[other] - mesh.vertices[one])
    return found


def _clipped(ends: Float64, at: Float64, length_m: float) -> tuple[Float64, Int64]:
    """The pieces as far as they lie between both ends of the leg, and which they are; `at` is along it."""
    order = np.argsort(at, axis=1)
    ends = np.take_along_axis(ends, order[:, :, None], axis=1)
    at = np.take_along_axis(at, order, axis=1)
    inside = np.flatnonzero((at[:, 1] >= 0) & (at[:, 0] <= length_m))
    ends, at = ends[inside], at[inside]
    step = at[:, 1] - at[:, 0]
    run = np.where(step > 0, step, 1.0)
    low = np.clip(-at[:, 0], 0, None) / run
    high = np.clip((length_m - at[:, 0]) / run, 0, 1)
    high[step <= 0] = 1.0
    way = ends[:, 1] - ends[:, 0]
    return np.stack((ends[:, 0] + low[:, None] * way, ends[:, 0] + high[:, None] * way), axis=1), inside


def _by_surface(surfaces: Int32) -> Iterator[tuple[int, Int64]]:
    order = np.argsort(surfaces, kind="stable")
    ordered = surfaces[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    yield from zip(ordered[first].tolist(), np.split(order, first[1:]), strict=True)


def _joined(pieces: Float64) -> Iterator[Float64]:
    """Pieces of one polygon, which all lie on one line, as few as possible."""
    points = pieces.reshape(-1, 3)
    far = points[np.argmax(np.linalg.norm(points - points[0], axis=1))]
    way = far - points[0]
    length = float(np.linalg.norm(way))
    if length <= GAP_M:
        return
    along = np.sort((pieces - points[0]) @ (way / length), axis=1)
    begin: float | None = None
    end = 0.0
    for low, high in along[np.argsort(along[:, 0])].tolist():
        if begin is None or low > end + GAP_M:
            if begin is not None:
                yield np.stack([points[0] + way / length * s for s in (begin, end)])
            begin, end = low, high
        end = max(end, high)
    if begin is not None and end - begin > GAP_M:
        yield np.stack([points[0] + way / length * s for s in (begin, end)])


def ground(going: Outgoing, leg: Leg) -> Iterator[Float64]:
    """(n, 3) the terrain along a leg, where the project has one; in pieces between its gaps."""
    count = max(2, round(leg.length_m / STEP_M) + 1)
    places = np.zeros((count, 3))
    places[:, :2] = leg.start + np.linspace(0, leg.length_m, count)[:, None] * leg.along
    inside = way(going.metric_crs, going.project.place.crs).move(places)
    height = terrain_of(going.project)
    inside[:, 2] = np.nan if height is None else height(inside[:, :2])
    known = np.isfinite(inside[:, 2])
    if known.any():
        places[known, 2] = going.mover(going.metric_crs)(inside[known])[:, 2]
    for run in np.split(np.arange(count), np.flatnonzero(np.diff(known)) + 1):
        if len(run) > 1 and known[run[0]]:
            yield places[run]
