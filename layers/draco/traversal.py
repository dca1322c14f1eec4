"""The order in which the values of vertices come: a walk over the triangles."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from layers.draco.connectivity import Corners, Walk, following, previous

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

DEPTH_FIRST, BY_DEGREE = 0, 1


def walk(corners: Corners, seam: Bool | None, method: int) -> Walk:
    """The walk over a mesh, cut along the seams of a set of attributes if it has any."""
    vertex, opposite = corners.vertex, corners.opposite
    count = int(vertex.max(initial=-1)) + 1
    on_rim = np.zeros(count, np.bool_)
    if seam is None:
        _mark(vertex, opposite < 0, on_rim)
    else:
        _mark(vertex, seam, on_rim)
        opposite = np.where(seam, -1, opposite)
        at_rim = on_rim[vertex]
        vertex = _cut(vertex, opposite)
        count = int(vertex.max(initial=-1)) + 1
        on_rim = np.zeros(count, np.bool_)
        on_rim[vertex[at_rim]] = True
    found = np.zeros(count, np.int64)
    of_vertex = np.full(count, -1, np.int64)
    walked = _by_degree if method == BY_DEGREE else _depth_first
    number = walked(vertex, opposite, on_rim, found, of_vertex)
    return Walk(vertex, opposite, found[:number], of_vertex[vertex])


def _mark(vertex: Int64, edges: Bool, marked: Bool) -> None:
    """Mark the vertices at both ends of edges, which are told by the corners across them."""
    corner = np.flatnonzero(edges)
    local = corner % 3
    marked[vertex[corner - local + (local + 1) % 3]] = True
    marked[vertex[corner - local + (local + 2) % 3]] = True


def _cut(vertex: Int64, opposite: Int64) -> Int64:
    """Vertices that are different on both sides of seams."""
    found = np.full(len(vertex), -1, np.int64)
    _number_fans(opposite, found)
    return found


@njit(nogil=True, cache=True)
def _number_fans(opposite: Int64, found: Int64) -> None:
    """One number for all corners that are joined around their vertex."""
    number = 0
    for start in range(len(found)):
        if found[start] >= 0:
            continue
        corner = start
        while corner >= 0 and found[corner] < 0:  # to the left
            found[corner] = number
            across = opposite[following(corner)]
            corner = following(across) if across >= 0 else -1
        across = opposite[previous(start)]
        corner = previous(across) if across >= 0 else -1
        while corner >= 0 and found[corner] < 0:  # to the right
            found[corner] = number
            across = opposite[previous(corner)]
            corner = previous(across) if across >= 0 else -1
        number += 1


@njit(nogil=True, cache=True)
def _visit(corner: int, vertex: Int64, found: Int64, of_vertex: Int64, number: int) -> int:
    """Give the vertex at a corner its value, if it has none; gives how many values there are now."""
    if of_vertex[vertex[corner]] >= 0:
        return number
    of_vertex[vertex[corner]] = number
    found[number] = corner
    return number + 1


@njit(nogil=True, cache=True)
def _depth_first(vertex: Int64, opposite: Int64, on_rim: Bool, found: Int64, of_vertex: Int64) -> int:
    faces = len(vertex) // 3
    seen = np.zeros(faces, np.bool_)
    stack = np.zeros(faces + 2, np.int64)
    number = 0
    for face in range(faces):
        if seen[face]:
            continue
        stack[0] = 3 * face
        top = 1
        number = _visit(3 * face + 1, vertex, found, of_vertex, number)
        number = _visit(3 * face + 2, vertex, found, of_vertex, number)
        while top > 0:
            corner = stack[top - 1]
            if corner < 0 or seen[corner // 3]:
                top -= 1
                continue
            while True:
                seen[corner // 3] = True
                right, left = opposite[following(corner)], opposite[previous(corner)]
                if of_vertex[vertex[corner]] < 0:
                    number = _visit(corner, vertex, found, of_vertex, number)
                    if not on_rim[vertex[corner]]:
                        corner = right
                        continue
                right_done = right < 0 or seen[right // 3]
                left_done = left < 0 or seen[left // 3]
                if right_done and left_done:
                    top -= 1
                    break
                if right_done:
                    corner = left
                elif left_done:
                    corner = right
                else:
                    stack[top - 1] = left
                    stack[top] = right
                    top += 1
                    break
    return number


@njit(nogil=True, cache=True)
def _by_degree(vertex: Int64, opposite: Int64, on_rim: Bool, found: Int64, of_vertex: Int64) -> int:
    faces = len(vertex) // 3
    seen = np.zeros(faces, np.bool_)
    degree = np.zeros(len(of_vertex), np.int64)
    stacks = np.zeros((3, 3 * faces + 3), np.int64)
    tops = np.zeros(3, np.int64)
    number = 0
    for face in range(faces):
        if seen[face]:
            continue
        stacks[0, 0] = 3 * face
        tops[0], best = 1, 0
        number = _visit(3 * face + 1, vertex, found, of_vertex, number)
        number = _visit(3 * face + 2, vertex, found, of_vertex, number)
        number = _visit(3 * face, vertex, found, of_vertex, number)
        while True:
            while best < 3 and tops[best] == 0:
                best += 1
            if best == 3:
                break
            tops[best] -= 1
            corner = stacks[best, tops[best]]
            if seen[corner // 3]:
                continue
            while True:
                seen[corner // 3] = True
                number = _visit(corner, vertex, found, of_vertex, number)
                right, left = opposite[following(corner)], opposite[previous(corner)]
                right_done = right < 0 or seen[right // 3]
                onward = -1
                for side in range(2):
                    other = left if side == 0 else right
                    if other < 0 or seen[other // 3]:
                        continue
                    priority = 0
                    tip = vertex[other]
                    if of_vertex[tip] < 0:
                        degree[tip] += 1
                        priority = 1 if degree[tip] > 1 else 2
                    if priority <= best and (side == 1 or right_done):
                        onward = other
                        break
                    stacks[priority, tops[priority]] = other
                    tops[priority] += 1
                    best = min(best, priority)
                if onward < 0:
                    break
                corner = onward
    return number
