"""Bodies that planar polygons close, each of its semantic surface: from shapes, and to sound shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from layers.arrays import Float64
from layers.checks.faces import flat
from layers.checks.geometry import ObjectCheck
from layers.checks.shells import Shell
from layers.errors import EditError
from layers.flatten import DEPTH
from layers.modelling.linking import Ring
from layers.shapes import SOURCE, Shape

#: What a polygon is, as CityJSON says it: {"type": "RoofSurface", …}; empty where nothing is said.
Surface = dict[str, Any]

GROUND, WALL, ROOF = "GroundSurface", "WallSurface", "RoofSurface"
#: Members of semantic surfaces that number others of their geometry, which are others now.
_NUMBERS = ("parent", "children")
#: Decimals of coordinates in files.
MILLIMETRES = 3
SOLIDS = ("Solid", "MultiSolid", "CompositeSolid")


@dataclass(frozen=True)
class Body:
    """Faces around space: rings of numbers of points, the outer one first, anticlockwise from outside."""

    points: Float64  # (n, 3) metres
    faces: list[list[Ring]]
    surfaces: list[Surface]  # of each face

    @property
    def kinds(self) -> list[str]:
        """The semantic type of each face, "" = none."""
        return [str(surface.get("type", "")) for surface in self.surfaces]

    @cached_property
    def shell(self) -> Shell:
        """Its faces and how they meet."""
        return Shell(flat(self.faces, self.points))

    @property
    def volume_m3(self) -> float:
        """The space within."""
        return self.shell.volume()

    def normals(self) -> Float64:
        """(f, 3) unit normals of the faces, outwards."""
        found = self.area_vectors()
        length = np.linalg.norm(found, axis=1)[:, None]
        unit: Float64 = np.divide(found, length, out=np.zeros_like(found), where=length > 0)
        return unit

    def area_vectors(self) -> Float64:
        """(f, 3) Newell's normals of the faces, as long as their areas."""
        owner, first, tails, heads = [], [], [], []
        for number, face in enumerate(self.faces):
            for ring in face:
                owner += [number] * len(ring)
                first += [face[0][0]] * len(ring)
                tails += ring
                heads += [*ring[1:], ring[0]]
        base = self.points[first]
        (ax, ay, az), (bx, by, bz) = (self.points[tails] - base).T, (self.points[heads] - base).T
        turns = (ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
        return np.stack([np.bincount(owner, turn, len(self.faces)) for turn in turns], axis=-1) / 2

    def geometry(self, lod: str) -> dict[str, Any]:
        """The body as CityJSON has it; its boundaries number the points."""
        solids = list(self.solids())
        told: list[Surface] = []
        for surface in self.surfaces:
            if surface and surface not in told:
                told.append(surface)
        shells = [[[self.faces[face] for face in shell] for shell in solid] for solid in solids]
        codes = [[[self._code(told, face) for face in shell] for shell in solid] for solid in solids]
        is_one = len(solids) == 1
        geometry: dict[str, Any] = {
            "type": "Solid" if is_one else "MultiSolid",
            "lod": lod,
            "boundaries": shells[0] if is_one else shells,
        }
        if told:
            geometry["semantics"] = {"surfaces": told, "values": codes[0] if is_one else codes}
        return geometry

    def _code(self, told: Sequence[Surface], face: int) -> int | None:
        return told.index(self.surfaces[face]) if self.surfaces[face] else None

    def solids(self) -> Iterator[list[list[int]]]:
        """The faces of each solid: those of its outer shell, then those of hollows in it."""
        from layers.checks.contact import inside

        groups = self._groups()
        if len(groups) < 2:
            yield groups
            return
        parts = [Shell(flat([self.faces[face] for face in group], self.points)) for group in groups]
        outer = [at for at, part in enumerate(parts) if part.volume() > 0]
        solids = {at: [groups[at]] for at in outer}
        for at in range(len(parts)):
            if at not in solids:
                place = self.points[self.faces[groups[at][0]][0][:1]]
                around = [o for o in outer if inside(place, parts[o].flat.corner_triangles(), 0).all()]
                if around:
                    solids[min(around, key=lambda o: parts[o].volume())].append(groups[at])
        yield from solids.values()

    def _groups(self) -> list[list[int]]:
        """Faces that edges join."""
        owner: dict[int, int] = {}
        group = list(range(len(self.faces)))

        def root(at: int) -> int:
            while group[at] != at:
                group[at] = group[group[at]]
                at = group[at]
            return at

        for number, face in enumerate(self.faces):
            for node in (node for ring in face for node in ring):
                group[root(number)] = root(owner.setdefault(node, number))
        found: dict[int, list[int]] = {}
        for number in range(len(self.faces)):
            found.setdefault(root(number), []).append(number)
        return list(found.values())


def body_of(geometry: dict[str, Any], vertices: Float64) -> Body:
    """The body that a geometry of CityJSON encloses."""
    if geometry.get("type") not in SOLIDS:
        raise EditError(
            "This shape is not a body",
            found=f"a geometry of type {geometry.get('type')!r}",
            allowed=", ".join(SOLIDS),
            do="Draw it anew, or choose an object whose surfaces enclose a space",
        )
    return faces_of(geometry, vertices)


def faces_of(geometry: dict[str, Any], vertices: Float64) -> Body:
    """The polygons of a geometry of CityJSON, whether or not they close."""
    depth = DEPTH[geometry["type"]]
    semantics = geometry.get("semantics") or {}
    told = [
        {key: value for key, value in surface.items() if key not in _NUMBERS}
        for surface in semantics.get("surfaces", ())
    ]
    faces = list(_level(geometry["boundaries"], depth))
    values = list(_level(semantics.get("values"), depth))
    surfaces = [told[value] if value is not None else {} for value in values]
    return Body(vertices, faces, surfaces if len(surfaces) == len(faces) else [{} for _ in faces])


def bodies_of(shape: Shape) -> list[tuple[int, str, Body]]:
    """The bodies of a shape, each with its place among the geometries and its LoD; the coarsest first."""
    found = [
        (place, str(geometry.get("lod", "")), body_of(geometry, shape.vertices))
        for place, geometry in enumerate(shape.geometries)
        if geometry.get("type") in SOLIDS
    ]
    if not found:
        types = ", ".join(sorted({str(geometry.get("type")) for geometry in shape.geometries}))
        raise EditError("This shape is not a body", found=types or "no geometry", allowed=", ".join(SOLIDS))
    return sorted(found, key=lambda each: each[1])


def _level(lists: Any, depth: int) -> Iterator[Any]:
    if lists is None:
        return
    for part in lists:
        if depth == 0:
            yield part
        else:
            yield from _level(part, depth - 1)


def shape_of(*bodies: tuple[str, Body]) -> Shape:
    """A shape with a geometry for each LoD and its body, checked."""
    geometries, blocks, count = [], [], 0
    for lod, body in bodies:
        used = np.unique([node for face in body.faces for ring in face for node in ring])
        at = dict(zip(used.tolist(), range(count, count + len(used)), strict=True))
        faces = [[[at[node] for node in ring] for ring in face] for face in body.faces]
        blocks.append(body.points[used])
        count += len(used)
        geometries.append((lod, faces, body.surfaces))
    points = np.concatenate(blocks)
    shape = Shape(
        [Body(points, faces, surfaces).geometry(lod) for lod, faces, surfaces in geometries], points
    )
    return checked(shape)


def checked(shape: Shape, what: str = "This would not be a sound shape") -> Shape:
    """The shape itself if it is sound by ISO 19107; refused in these words if it is not."""
    if not np.isfinite(shape.vertices).all():
        raise EditError(what, found="a coordinate that is no number")
    check = ObjectCheck("", shape.vertices - shape.vertices[:1])
    for finding in check.findings([part for part in shape.geometries if part.get("type") != SOURCE]):
        raise EditError(
            what,
            found=f"{finding.text} (code {finding.code})",
            do="Choose other numbers; nothing was changed",
        )
    return shape


def as_kept(shape: Shape) -> Shape:
    """The shape itself if it is sound, too, in a file that keeps millimetres."""
    checked(replace(shape, vertices=np.round(shape.vertices, MILLIMETRES)))
    return shape


def first_sound(make: Callable[[float], Shape], tolerances_m: Sequence[float]) -> Shape:
    """What `make` gives for the first of some tolerances with which it is sound."""
    refused: list[EditError] = []
    for tolerance_m in tolerances_m:
        try:
            return make(tolerance_m)
        except EditError as error:
            refused.append(error)
    raise refused[0]
