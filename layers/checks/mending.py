"""Repair of what is safe: nothing is moved farther than the tolerance, nothing is taken that had an area.

Done are: corners that repeat the one before them (102) and ways there and back, rings and polygons that are
left without an area (101, 104), polygons given twice, polygons of one shell that turn against each other
(307), shells turned inside out (405), inner rings that turn as the outer one does (208).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from layers.arrays import Float64
from layers.checks.faces import flat, snapped
from layers.checks.shells import Shell
from layers.flatten import DEPTH
from layers.shapes import Shape

Ring = list[int]
Face = list[Ring]
#: A ring that encloses less is none: a millimetre along a metre.
_NO_AREA_M2 = 1e-6


@dataclass
class Mended:
    """A repaired shape and how often what was done to it."""

    shape: Shape
    done: Counter[str] = field(default_factory=Counter)


def mended(shape: Shape, points: Float64) -> Mended | None:
    """The shape with what is safe repaired, None when nothing is; `points`: its corners in metres."""
    found = Mended(shape)
    geometries = []
    for geometry in shape.geometries:
        done: Counter[str] = Counter()
        better = _geometry(geometry, points, done)
        geometries.append(better if done else geometry)
        found.done += done
    if not found.done:
        return None
    found.shape = Shape(geometries, shape.vertices)
    return found


def _geometry(geometry: Mapping[str, Any], points: Float64, done: Counter[str]) -> dict[str, Any]:
    depth = DEPTH.get(str(geometry.get("type")))
    if depth is None or not geometry.get("boundaries"):
        return dict(geometry)
    used = np.unique(np.fromiter(_numbers(geometry["boundaries"]), np.intp))
    same = snapped(points, used).tolist() if len(used) else []
    shells = _shells(geometry["boundaries"], depth)
    kept: list[list[bool]] = []
    mended_shells: list[list[Face]] = []
    for number, shell in shells:
        faces, keep = _faces(shell, points, same, depth > 0, done)
        # Never take everything: an empty geometry would be a loss.
        if not any(keep):
            faces, keep = [[list(ring) for ring in face] for face in shell], [True] * len(shell)
        elif depth:
            faces = _turned(faces, points, number, done)
        mended_shells.append(faces)
        kept.append(keep)
    boundaries = _nested(geometry["boundaries"], depth, iter(mended_shells))
    return _with_fewer({**geometry, "boundaries": boundaries}, depth, kept)


def _numbers(boundaries: Any) -> Iterator[int]:
    for part in boundaries:
        if isinstance(part, list):
            yield from _numbers(part)
        else:
            yield part


def _shells(boundaries: Any, depth: int) -> list[tuple[int, list[Face]]]:
    """All lists of faces, each with its number in its solid."""
    if depth == 0:
        return [(0, boundaries)]
    if depth == 1:
        return list(enumerate(boundaries))
    return [item for solid in boundaries for item in enumerate(solid)]


def _nested(boundaries: Any, depth: int, shells: Iterator[list[Face]]) -> Any:
    if depth == 0:
        return next(shells)
    return [_nested(part, depth - 1, shells) for part in boundaries]


def _faces(
    shell: Sequence[Face], points: Float64, same: Sequence[int], is_solid: bool, done: Counter[str]
) -> tuple[list[Face], list[bool]]:
    """The faces that are left, their rings without repeated corners; and which ones those are.

    In a solid a polygon without area that has three corners stays: it may join edges of different length.
    """
    faces: list[Face] = []
    keep: list[bool] = []
    seen: set[object] = set()
    for face in shell:
        rings = []
        for place, ring in enumerate(face):
            slim = _slim(ring, same)
            if len(slim) < len(ring):
                done["repeated corners"] += len(ring) - len(slim)
            if len(slim) >= 3 and (is_solid or _area(slim, points) > _NO_AREA_M2):
                rings.append(slim)
            elif place == 0:
                break
            else:
                done["inner rings without area"] += 1
        key = _key(rings, is_solid)
        if not rings:
            done["polygons without area"] += 1
        elif key in seen and len(rings) == 1:
            done["polygons given twice"] += 1
            rings = []
        seen.add(key)
        keep.append(bool(rings))
        if rings:
            faces.append(_against(rings, points, done))
    return faces, keep


def _key(rings: Face, is_solid: bool) -> object:
    """What polygons share that are the same; of a solid those too that look the same way."""
    if not is_solid or not rings:
        return frozenset(number for ring in rings for number in ring)
    first = rings[0].index(min(rings[0]))
    return tuple(rings[0][first:] + rings[0][:first])


def _slim(ring: Sequence[int], same: Sequence[int]) -> Ring:
    """A ring without corners that repeat the one before them, and without ways there and back."""
    found: Ring = []
    for number in (same[number] for number in ring):
        if len(found) > 1 and number == found[-2]:
            found.pop()
        elif not found or number != found[-1]:
            found.append(number)
    while len(found) > 1 and found[0] == found[-1]:
        found.pop()
        # What was the second to last is next to the first now.
        while len(found) > 2 and found[1] == found[-1]:
            found.pop(0)
    while len(found) > 2 and (found[1] == found[-1] or found[0] == found[-2]):
        found = found[1:] if found[1] == found[-1] else found[:-1]
        if found[0] == found[-1]:
            found.pop()
    return found


def _normal(ring: Sequence[int], points: Float64) -> Float64:
    corners = points[list(ring)] - points[ring[0]]
    found: Float64 = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    return found


def _area(ring: Sequence[int], points: Float64) -> float:
    return float(np.linalg.norm(_normal(ring, points)) / 2)


def _against(rings: Face, points: Float64, done: Counter[str]) -> Face:
    """The rings of a polygon, inner ones turning against the outer one."""
    outer = _normal(rings[0], points)
    found = [rings[0]]
    for ring in rings[1:]:
        if float(_normal(ring, points) @ outer) > 0:
            done["inner rings turned"] += 1
            ring = ring[::-1]
        found.append(ring)
    return found


def _turned(faces: list[Face], points: Float64, number: int, done: Counter[str]) -> list[Face]:
    """The faces of a closed shell, all looking outwards (inwards of an inner one)."""
    snap = snapped(points, np.unique(np.fromiter(_numbers(faces), np.intp))).tolist()
    shell = Shell(flat([[[snap[n] for n in ring] for ring in face] for face in faces], points))
    if len(shell.alone()) or len(shell.crowded()):
        return faces
    turn = _against_each_other(shell, len(faces))
    found = [_reversed(face) if turn[at] else face for at, face in enumerate(faces)]
    volume = Shell(flat([[[snap[n] for n in ring] for ring in face] for face in found], points)).volume()
    if (volume < 0) != (number > 0):
        found = [_reversed(face) for face in found]
        turn = [not each for each in turn]
    if all(turn):
        done["shells turned"] += 1
    elif any(turn):
        done["polygons turned"] += sum(turn)
    return found


def _against_each_other(shell: Shell, count: int) -> list[bool]:
    """Which polygons are to be turned so that all run as the first of their component does."""
    at_edge: dict[int, list[tuple[int, bool]]] = {}
    forward = (shell.tail < shell.head).tolist()
    for edge, polygon, way in zip(shell.edge.tolist(), shell.polygon.tolist(), forward, strict=True):
        at_edge.setdefault(edge, []).append((polygon, way))
    neighbours: dict[int, list[tuple[int, bool]]] = {}
    for (one, way), (other, other_way) in (pair for pair in at_edge.values() if len(pair) == 2):
        neighbours.setdefault(one, []).append((other, way == other_way))
        neighbours.setdefault(other, []).append((one, way == other_way))
    turn: list[bool | None] = [None] * count
    for first in range(count):
        if turn[first] is not None:
            continue
        turn[first] = False
        pending = deque([first])
        while pending:
            here = pending.popleft()
            for there, is_against in neighbours.get(here, ()):
                if turn[there] is None:
                    turn[there] = bool(turn[here]) != is_against
                    pending.append(there)
    return [bool(each) for each in turn]


def _reversed(face: Face) -> Face:
    return [ring[::-1] for ring in face]


def _with_fewer(geometry: dict[str, Any], depth: int, kept: list[list[bool]]) -> dict[str, Any]:
    """A geometry whose lists of values, one per polygon, follow the polygons that are left.

    Textures name corners one by one; those of a geometry that was repaired are taken away.
    """
    if all(all(keep) for keep in kept):
        return _without_textures(geometry)
    semantics = geometry.get("semantics")
    if isinstance(semantics, dict) and semantics.get("values") is not None:
        geometry["semantics"] = {**semantics, "values": _fewer(semantics["values"], depth, iter(kept))}
    if isinstance(geometry.get("material"), dict):
        geometry["material"] = {
            theme: {**said, "values": _fewer(said["values"], depth, iter(kept))}
            if isinstance(said, dict) and said.get("values") is not None
            else said
            for theme, said in geometry["material"].items()
        }
    return _without_textures(geometry)


def _without_textures(geometry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in geometry.items() if key != "texture"}


def _fewer(values: Any, depth: int, kept: Iterator[list[bool]]) -> Any:
    """Values nested above the polygons as deep as the boundaries are, of those that are kept."""
    if depth == 0:
        keep = next(kept)
        return values if values is None else [v for v, is_kept in zip(values, keep, strict=True) if is_kept]
    if values is None:
        return None
    return [_fewer(part, depth - 1, kept) for part in values]
