"""Bodies without corners that say nothing and edges too short to be told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from layers.arrays import Float64
from layers.checks.codes import PLANAR_M
from layers.modelling.bodies import Body
from layers.modelling.cells import SHORT_M, edges_of, meeting, slim
from layers.modelling.linking import Ring

#: Where only two faces meet, their common edge is straight, as far as faces are planar, metres.
STRAIGHT_M = PLANAR_M / 2


def tidied(body: Body) -> Body:
    """The same body with short edges as points, and without corners in the middle of straight edges."""
    return _without_straight(_welded(body))


def _welded(body: Body) -> Body:
    into = np.arange(len(body.points))
    edges = np.array([edge for face in body.faces for ring in face for edge in edges_of(ring)])
    length = np.linalg.norm(body.points[edges[:, 0]] - body.points[edges[:, 1]], axis=1)
    short = edges[length <= SHORT_M]
    if not len(short):
        return body
    for one, other in short.tolist():
        low, high = sorted((int(into[one]), int(into[other])))
        into[into == high] = low
    points = body.points.copy()
    for node in np.flatnonzero(np.bincount(into) > 1).tolist():
        points[node] = meeting(body.points, body.faces, np.flatnonzero(into == node))
    faces: list[list[Ring]] = []
    surfaces = []
    for face, surface in zip(body.faces, body.surfaces, strict=True):
        rings = [slim(into[ring].tolist()) for ring in face]
        if len(rings[0]) > 2:
            faces.append([ring for ring in rings if len(ring) > 2])
            surfaces.append(surface)
    return Body(points, faces, surfaces)


def _without_straight(body: Body) -> Body:
    """Corners at which two faces only pass by are left out."""
    beside: dict[int, list[tuple[int, int]]] = {}
    for face in body.faces:
        for ring in face:
            for before, here, after in zip([ring[-1], *ring], ring, [*ring[1:], ring[0]], strict=False):
                beside.setdefault(here, []).append((before, after))
    idle: set[int] = set()
    for here, pairs in beside.items():
        if len(pairs) == 2 and pairs[0] == pairs[1][::-1] and not idle & set(pairs[0]):
            before, after = (body.points[end] for end in pairs[0])
            if _off_line(body.points[here], before, after) <= STRAIGHT_M:
                idle.add(here)
    if not idle:
        return body
    faces = [[[node for node in ring if node not in idle] for ring in face] for face in body.faces]
    return _without_straight(replace(body, faces=faces))


def _off_line(place: Float64, one: Float64, other: Float64) -> float:
    along, way = other - one, place - one
    square = float(along @ along)
    return float(np.linalg.norm(way - (way @ along) / square * along)) if square else np.inf
