"""The sides of an outline on their way inwards, each at its own speed, and the arcs that their corners leave.

This is the weighted straight skeleton (O. Aichholzer, F. Aurenhammer, doi:10.1007/3-540-61332-3_144;
weights: doi:10.1016/j.comgeo.2014.08.006), followed from one event to the next. Whatever happens at the same
time is settled at once by the picture that the front then makes, so corners of four equal sides, ridges and
touching corners need no cases of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.linking import Edge, joined

#: Places that come closer are one, metres.
TOUCHING_M = 1e-6
_PARALLEL = 1e-9
_STILL = 1e-12


@dataclass
class Corner:
    """A corner of the front between two sides, moving in a straight line since it was born."""

    node: int
    since: float
    place: Float64
    speed: Float64
    before: int  # the side that ends here
    after: int  # the side that begins here

    def at(self, time: float) -> Float64:
        """Where it is."""
        found: Float64 = self.place + (time - self.since) * self.speed
        return found


@dataclass
class Front:
    """The front, and what it left behind: nodes with the times they were reached, and arcs of each side."""

    normals: Float64  # (n, 2) inwards, of each side
    speeds: Float64  # (n,) of each side along its normal
    nodes: list[tuple[float, float, float]] = field(default_factory=list)  # x, y, time
    arcs: list[list[Edge]] = field(default_factory=list)  # of each side, its area to their left
    rings: list[list[Corner]] = field(default_factory=list)
    time: float = 0.0

    def node(self, place: Float64) -> int:
        """A new node, reached now."""
        self.nodes.append((float(place[0]), float(place[1]), self.time))
        return len(self.nodes) - 1

    def corner(self, node: int, before: int, after: int) -> Corner:
        """A corner that sets out from a node now."""
        place = np.array(self.nodes[node][:2])
        return Corner(node, self.time, place, self._speed(before, after), before, after)

    def _speed(self, before: int, after: int) -> Float64:
        (a, b), (c, d) = self.normals[before].tolist(), self.normals[after].tolist()
        one, other = float(self.speeds[before]), float(self.speeds[after])
        turn = a * d - b * c
        if abs(turn) > _PARALLEL:
            found: Float64 = np.array([one * d - other * b, a * other - c * one]) / turn
            return found
        if a * c + b * d > 0 and abs(one - other) <= _STILL:
            found = one * self.normals[before]
            return found
        raise EditError(
            "A roof of this kind does not fit on this outline",
            found="sides in one line, of which one has a gable and the other has not",
            do="Choose a hip or flat roof",
        )

    def leave(self, corner: Corner, node: int) -> None:
        """A corner ends at a node: its way becomes an arc between two sides."""
        if corner.node != node and corner.before != corner.after:
            self.arcs[corner.before].append((corner.node, node))
            self.arcs[corner.after].append((node, corner.node))


def followed(rings: Sequence[Float64], normals: Float64, speeds: Float64) -> Front:
    """The front of an outline's rings, followed until nothing is left of it.

    Sides are numbered as their first corners are, ring by ring.
    """
    front = Front(normals, speeds, arcs=[[] for _ in normals])
    for ring in rings:
        first = len(front.nodes)
        for place in ring:
            front.node(place)
        last = len(front.nodes) - 1
        corners = []
        for side in range(first, last + 1):
            front.arcs[side].append((side, side + 1 if side < last else first))
            corners.append(front.corner(side, side - 1 if side > first else last, side))
        front.rings.append(corners)
    for _ in range(20 * len(normals) + 20):
        if not front.rings:
            return front
        _advance(front)
    raise EditError("The roof of this outline cannot be found", do="Draw the outline with fewer corners")


@dataclass(frozen=True)
class _Picture:
    """The front at one time as arrays; corner k is followed by corner `after[k]`."""

    corners: list[Corner]
    after: NDArray[np.intp]
    places: Float64
    sides: NDArray[np.intp]  # between each corner and the next


def _picture(front: Front) -> _Picture:
    corners = [corner for ring in front.rings for corner in ring]
    after: list[int] = []
    for ring in front.rings:
        first = len(after)
        after += [*range(first + 1, first + len(ring)), first]
    places = np.array([corner.at(front.time) for corner in corners])
    return _Picture(corners, np.array(after), places, np.array([corner.after for corner in corners]))


def _advance(front: Front) -> None:
    """Go on to the next event and settle it."""
    wait = _next_event(front, _picture(front))
    if not np.isfinite(wait):
        raise EditError("The roof of this outline cannot be found", do="Draw the outline with fewer corners")
    front.time += wait
    _settle(front, _picture(front))


def _next_event(front: Front, picture: _Picture) -> float:
    """How long it takes until a side is gone or a corner meets a side."""
    speeds = np.array([corner.speed for corner in picture.corners])
    along = _along(front.normals[picture.sides])
    length = np.einsum("ij,ij->i", picture.places[picture.after] - picture.places, along)
    growth = np.einsum("ij,ij->i", speeds[picture.after] - speeds, along)
    shrinks = growth < -_STILL
    gone = np.maximum(-length[shrinks] / growth[shrinks], 0)
    met = _meetings(front, picture, speeds, along)
    return float(min([np.inf, *gone.tolist(), *met.tolist()]))


def _along(normals: Float64) -> Float64:
    """The directions (n, 2) of sides with these normals."""
    return np.stack((normals[:, 1], -normals[:, 0]), axis=-1)


def _meetings(front: Front, picture: _Picture, speeds: Float64, along: Float64) -> Float64:
    """When corners that stick inwards meet a side, between its ends as they are then."""
    places, after, sides = picture.places, picture.after, picture.sides
    arriving = _along(front.normals[[corner.before for corner in picture.corners]])
    turn = arriving[:, 0] * along[:, 1] - arriving[:, 1] * along[:, 0]
    dented = np.flatnonzero(turn < -_PARALLEL)
    off = np.einsum("ksj,sj->ks", places[dented, None] - places, front.normals[sides])
    closing = front.speeds[sides] - speeds[dented] @ front.normals[sides].T
    meets = (closing > _STILL) & (off > -TOUCHING_M)
    meets &= (dented[:, None] != np.arange(len(after))) & (dented[:, None] != after)
    wait = np.where(meets, np.maximum(off / np.where(meets, closing, 1), 0), 0)[..., None]
    met = places[dented, None] + wait * speeds[dented, None]
    start, end = places + wait * speeds, places[after] + wait * speeds[after]
    at = np.einsum("ksj,sj->ks", met - start, along)
    reach = np.einsum("ksj,sj->ks", end - start, along)
    meets &= (at >= -TOUCHING_M) & (at <= reach + TOUCHING_M)
    found: Float64 = wait[..., 0][meets]
    return found


def _settle(front: Front, picture: _Picture) -> None:
    """Join what is in one place now, take away what has no width, and go on with the rest."""
    spot, touched = _spots(picture)
    pieces = _pieces(picture, spot, touched)
    by_way = {(tail, head): number for number, (tail, head, _) in enumerate(pieces)}
    gone = {number for (tail, head), number in by_way.items() if (head, tail) in by_way}
    busy = {at for at, count in zip(*np.unique(spot, return_counts=True), strict=True) if count > 1}
    busy |= set(touched)
    busy |= {end for number in gone for end in pieces[number][:2]}
    nodes: dict[int, int] = {}
    for at in sorted(busy):
        nodes[at] = front.node(picture.places[np.flatnonzero(spot == at)].mean(axis=0))
    for corner, at in zip(picture.corners, spot.tolist(), strict=True):
        if at in nodes:
            front.leave(corner, nodes[at])
    for number in gone:
        tail, head, side = pieces[number]
        front.arcs[side].append((nodes[head], nodes[tail]))
    left = [piece for number, piece in enumerate(pieces) if number not in gone]
    _go_on(front, picture, spot, nodes, left)


def _spots(picture: _Picture) -> tuple[NDArray[np.intp], dict[int, list[int]]]:
    """For each corner the first one in the same place; and by such places the sides that they lie on."""
    places, after = picture.places, picture.after
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    spot = np.arange(len(places))
    for one, other in zip(*np.nonzero(np.triu(apart <= TOUCHING_M, 1)), strict=True):
        spot[spot == spot[other]] = spot[one]
    side = places[after] - places
    length = np.linalg.norm(side, axis=1)
    along = np.divide(side, length[:, None], out=np.zeros_like(side), where=length[:, None] > TOUCHING_M)
    away = places[:, None] - places
    reach = np.einsum("ksj,sj->ks", away, along)
    off = np.abs(away[..., 0] * along[:, 1] - away[..., 1] * along[:, 0])
    on = (off <= TOUCHING_M) & (reach > TOUCHING_M) & (reach < length - TOUCHING_M)
    on &= (spot[:, None] != spot) & (spot[:, None] != spot[after])
    touched: dict[int, list[int]] = {}
    for corner, number in zip(*np.nonzero(on), strict=True):
        touched.setdefault(int(spot[corner]), []).append(int(number))
    return spot, touched


def _pieces(
    picture: _Picture, spot: NDArray[np.intp], touched: dict[int, list[int]]
) -> list[tuple[int, int, int]]:
    """The front as pieces from place to place, each with its side; cut where corners lie on it."""
    on: dict[int, list[int]] = {}
    for at, numbers in touched.items():
        for number in numbers:
            on.setdefault(number, []).append(at)
    found = []
    for number, following in enumerate(picture.after.tolist()):
        start = picture.places[number]
        along = picture.places[following] - start
        cuts = sorted(set(on.get(number, ())), key=lambda at: float((picture.places[at] - start) @ along))
        stops = [int(spot[number]), *cuts, int(spot[following])]
        side = int(picture.sides[number])
        found += [(a, b, side) for a, b in pairwise(stops) if a != b]
    return found


def _go_on(
    front: Front,
    picture: _Picture,
    spot: NDArray[np.intp],
    nodes: dict[int, int],
    pieces: Sequence[tuple[int, int, int]],
) -> None:
    """The rings that are left, with new corners where something happened."""
    known = {at: corner for corner, at in zip(picture.corners, spot.tolist(), strict=True) if at not in nodes}
    front.rings = []
    for numbers in joined([piece[:2] for piece in pieces], picture.places):
        ring: list[Corner] = []
        for before, number in zip([numbers[-1], *numbers], numbers, strict=False):
            at, one, other = pieces[number][0], pieces[before][2], pieces[number][2]
            if at in known:
                ring.append(known[at])
            elif one != other:
                ring.append(front.corner(nodes[at], one, other))
        if len(ring) > 1:
            front.rings.append(ring)
