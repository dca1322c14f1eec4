"""Whether the shapes of a CityJSON document are sound, with the codes of ISO 19107 validators.

101 TOO_FEW_POINTS               a ring has fewer than three corners
102 CONSECUTIVE_POINTS_SAME      a corner repeats the one before it
203 NON_PLANAR_POLYGON           a corner lies more than a centimetre off the polygon's plane
302 SHELL_NOT_CLOSED             an edge has a face on one side only
303 NON_MANIFOLD_CASE            an edge belongs to more than two faces
307 POLYGON_WRONG_ORIENTATION    two faces run along an edge in the same direction
405 WRONG_ORIENTATION_SHELL      the faces of a solid's outer shell look inwards
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from layers.arrays import Float64
from layers.conformance import Finding

PLANAR_WITHIN_M = 0.01


class Validity:
    """Checks the surfaces and solids of a document that keeps the rules."""

    def __init__(self, document: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> None:
        self.objects = document["CityObjects"]
        transform = (header or document).get("transform") or {"scale": [1, 1, 1]}
        vertices = np.array(document["vertices"], np.float64).reshape(-1, 3)
        #: The translation is left out: shapes are the same without, and more precise.
        self.points: Float64 = vertices * np.array(transform["scale"], np.float64)

    def findings(self) -> Iterator[Finding]:
        """All that is unsound, object by object."""
        for id, members in self.objects.items():
            for position, geometry in enumerate(members.get("geometry", ())):
                where = f"geometry {position}"
                for number, shell in enumerate(_shells(geometry)):
                    is_outer = geometry["type"] == "Solid" and number == 0
                    broken = list(self._faces(id, where, shell))
                    yield from broken
                    if "Solid" in geometry["type"] and not any(f.code in ("101", "102") for f in broken):
                        yield from self._shell(id, where, shell, is_outer)

    def _faces(self, id: str, where: str, faces: list[Any]) -> Iterator[Finding]:
        for number, face in enumerate(faces):
            surface = f"{where}, surface {number}"
            if not face or any(len(ring) < 3 for ring in face):
                yield Finding("101", id, surface, "a ring has fewer than three corners")
            elif any(a == b for ring in face for a, b in zip(ring, ring[1:] + ring[:1], strict=True)):
                yield Finding("102", id, surface, "a corner repeats the one before it")
            else:
                off = self._off_plane_m(face)
                if off > PLANAR_WITHIN_M:
                    text = f"a corner lies {off:.3f} m off the plane; allowed: {PLANAR_WITHIN_M} m"
                    yield Finding("203", id, surface, text)

    def _off_plane_m(self, face: list[list[int]]) -> float:
        if len(face) == 1 and len(face[0]) == 3:
            return 0.0
        normal = self._normal(face[0])
        size = float(np.linalg.norm(normal))
        if size == 0:
            return 0.0
        corners = self.points[[i for ring in face for i in ring]]
        return float(np.abs((corners - corners.mean(axis=0)) @ (normal / size)).max())

    def _normal(self, ring: list[int]) -> Float64:
        corners = self.points[ring] - self.points[ring[0]]
        found: Float64 = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
        return found

    def _shell(self, id: str, where: str, faces: list[Any], is_outer: bool) -> Iterator[Finding]:
        used = Counter(
            edge for face in faces for ring in face for edge in zip(ring, ring[1:] + ring[:1], strict=True)
        )
        sides = {edge: (count, used.get(edge[::-1], 0)) for edge, count in used.items()}
        alone = sum(1 for there, back in sides.values() if there + back == 1)
        crowded = sum(
            1 for (a, b), (there, back) in sides.items() if there + back > 2 and (a < b or not back)
        )
        turned = sum(1 for there, back in sides.values() if (there, back) == (2, 0))
        if alone:
            yield Finding("302", id, where, f"{alone} edges have a face on one side only")
        if crowded:
            yield Finding("303", id, where, f"{crowded} edges belong to more than two faces")
        if turned:
            yield Finding("307", id, where, f"along {turned} edges two faces run in the same direction")
        if not (alone or crowded or turned) and is_outer and self._volume(faces) < 0:
            yield Finding("405", id, where, "the faces of the outer shell look inwards")

    def _volume(self, faces: list[Any]) -> float:
        start = self.points[faces[0][0][0]]
        return sum(
            float((self.points[ring[0]] - start) @ self._normal(ring)) for face in faces for ring in face
        )


def _shells(geometry: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The lists of faces of a geometry: one for surfaces, one for each shell of a solid."""
    kind, boundaries = geometry["type"], geometry.get("boundaries", [])
    if kind in ("MultiSurface", "CompositeSurface"):
        yield boundaries
    elif kind == "Solid":
        yield from boundaries
    elif kind in ("MultiSolid", "CompositeSolid"):
        for solid in boundaries:
            yield from solid
