"""All that is unsound in the geometries of one object, and of a building with its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from layers.arrays import Float64
from layers.checks import faces as faces_
from layers.checks import solids as solids_
from layers.checks.faces import Faces, flat
from layers.checks.shells import Shell, shell_findings
from layers.conformance import Finding
from layers.flatten import DEPTH

#: Lists of shells, each a list of faces with the number of its first polygon in the geometry.
Parts = Sequence[Sequence[tuple[int, Faces]]]


class ObjectCheck:
    """Checks the geometries of one object, and keeps its sound solids for what comes after."""

    def __init__(self, id: str, vertices: Float64) -> None:
        self.id, self.vertices = id, vertices
        #: Outer shells of the solids that are sound, by LoD.
        self.solids: dict[str, list[Float64]] = {}

    def findings(self, geometries: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
        """All that is wrong, geometry by geometry."""
        for place, geometry in enumerate(geometries):
            if geometry.get("type") in DEPTH:
                yield from self._geometry(place, geometry)

    def _geometry(self, place: int, geometry: Mapping[str, Any]) -> Iterator[Finding]:
        depth = DEPTH[geometry["type"]]
        solids = list(_solids(geometry.get("boundaries") or [], depth))
        if not any(len(faces) for shells in solids for _, faces in shells):
            yield Finding("902", self.id, f"geometry {place}", "it has no polygons", place)
            return
        snap = self._snapped(solids)
        is_solid = depth > 0
        outer: list[Float64] = []
        whole = True
        for shells in solids:
            bodies: list[Float64] = []
            for number, (first, faces) in enumerate(shells):
                told = list(self._shell(place, geometry["type"], first, faces, snap, number, bodies))
                whole &= not told
                yield from told
            if is_solid and len(bodies) > 1 and len(bodies) == len(shells):
                apart = [self._found(place, -1, *each) for each in solids_.shells_apart(bodies)]
                whole &= not apart
                yield from apart
            outer += bodies[:1]
        if is_solid and whole:
            self.solids.setdefault(str(geometry.get("lod", "")), []).extend(outer)
            if geometry["type"] == "CompositeSolid" and len(outer) > 1:
                for each in solids_.solids_together(outer):
                    yield self._found(place, -1, *each)

    def _snapped(self, solids: Parts) -> list[int]:
        used = {
            n for shells in solids for _, faces in shells for face in faces for ring in face for n in ring
        }
        found: list[int] = faces_.snapped(self.vertices, np.array(sorted(used), np.intp)).tolist()
        return found

    def _shell(
        self,
        place: int,
        type: str,
        first: int,
        faces: Faces,
        snap: Sequence[int],
        number: int,
        bodies: list[Float64],
    ) -> Iterator[Finding]:
        """The findings of one shell, or of loose surfaces; a sound body is added to `bodies`."""
        numbered = [(at, [[snap[n] for n in ring] for ring in face]) for at, face in enumerate(faces, first)]
        for at, face in numbered:
            if not face or not face[0]:
                yield self._found(place, at, "101", "a ring has fewer than three corners", ())
        kept = [(at, [ring for ring in face if ring]) for at, face in numbered if face and face[0]]
        if not kept:
            return
        arrays = flat([face for _, face in kept], self.vertices)
        own = [at for at, _ in kept]
        sound = np.ones(len(own), np.bool_)
        for polygon, code, text in faces_.ring_findings(arrays):
            sound[polygon] = False
            yield self._found(place, own[polygon], code, text, self._corner(kept[polygon][1]))
        flat_ones = sound.copy()
        for polygon, code, text in faces_.polygon_findings(arrays, sound):
            flat_ones[polygon] = False
            yield self._found(place, own[polygon], code, text, self._corner(kept[polygon][1]))
        if type == "MultiSurface" or not flat_ones.all():
            return
        shell = Shell(arrays)
        wrong = list(shell_findings(shell, is_closed=type != "CompositeSurface"))
        for polygon, code, text, where in wrong:
            yield self._found(place, own[polygon] if polygon >= 0 else -1, code, text, where)
        if type == "CompositeSurface" or wrong:
            return
        if (shell.volume() < 0) != (number > 0):
            looks = "outwards" if number else "inwards"
            which = f"inner shell {number}" if number else "outer shell"
            yield self._found(place, -1, "405", f"the polygons of the {which} look {looks}", ())
            return
        bodies.append(arrays.corner_triangles())

    def _corner(self, face: Sequence[Sequence[int]]) -> tuple[float, ...]:
        return tuple(self.vertices[face[0][0]].tolist())

    def _found(self, place: int, polygon: int, code: str, text: str, at: tuple[float, ...] = ()) -> Finding:
        surface = f"geometry {place}" + (f", surface {polygon}" if polygon >= 0 else "")
        return Finding(code, self.id, surface, text, place, polygon, at)


def _solids(boundaries: Any, depth: int) -> Iterator[list[tuple[int, Faces]]]:
    """The shells of each solid; loose surfaces as one shell of one."""
    numbers = count()

    def numbered(faces: Faces) -> tuple[int, Faces]:
        first = next(numbers)
        for _ in faces[1:]:
            next(numbers)
        return first, faces

    if depth == 0:
        yield [numbered(boundaries)] if boundaries else []
    elif depth == 1:
        yield [numbered(shell) for shell in boundaries if shell]
    else:
        for solid in boundaries:
            yield [numbered(shell) for shell in solid if shell]


def parts_findings(id: str, parts: Mapping[str, ObjectCheck]) -> Iterator[Finding]:
    """Where the solids of a building and its parts, by id, overlap at the same LoD."""
    items = list(parts.items())
    for number, (one_id, one) in enumerate(items):
        for other_id, other in items[number + 1 :]:
            for lod in one.solids.keys() & other.solids.keys():
                place = next(
                    (p for a in one.solids[lod] for b in other.solids[lod] if (p := solids_.overlap(a, b))),
                    None,
                )
                if place is not None:
                    text = f"{one_id} and {other_id} overlap at LoD {lod}"
                    yield Finding("601", id, "", text, at=place)
