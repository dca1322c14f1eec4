"""Wavefront OBJ with its materials in a file beside it: true coordinates, an `o` per city object.

Polygons stay polygons; those with holes are cut into triangles, which OBJ needs. Coordinates have
three decimals. The material of a polygon is its own, with its picture in a folder beside the file, else
that of its kind of semantic surface or of the type of its object. A group names those types.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64, Mesh, Scan
from layers.citymesh import part_of
from layers.colors import object_color, surface_color
from layers.errors import WriteError
from layers.writers._materials import looks_of
from layers.writers._mtl import Library
from layers.writers._pictures import word
from layers.writers._weld import welded
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

NAME = "obj"
TITLE = "Wavefront OBJ"
ENDINGS = (".obj",)
KINDS = ("city", "heritage")
HOLDS = Holds(
    solids=False, holes=False, several_lods=False, shapeless=False, attributes=False, parents=False,
    dates=False, crs="in a comment", in_metres=True,
)  # fmt: skip

DECIMALS = 3
AT_ONCE = 100_000
#: Scans without colours of their own.
STONE = "#d5c6ae"


def write(path: Path, going: Outgoing) -> None:
    """The layer at its true coordinates, in metres."""
    drawable, out = going.drawable, going.options.out or path
    if not isinstance(drawable, CityTiles | Scan):
        raise WriteError("The layer has no surfaces", where=going.layer.name)
    library = Library(out, drawable.album)
    library.check(going.project, going.options.overwrite)
    lines = _scan(going, drawable, library) if isinstance(drawable, Scan) else _city(going, library)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        crs = going.metric_crs or "no known CRS"
        file.write(f"# {_plain(going.layer.name)}, in true coordinates: x y z of {crs}\n")
        file.write(f"mtllib {library.path.name}\n")
        file.writelines(lines)
    library.check(going.project, going.options.overwrite)
    library.save()


def _city(going: Outgoing, library: Library) -> Iterator[str]:
    """The lines of city objects."""
    mesh = part_of(going.mesh, np.argsort(going.mesh.geometry_object, kind="stable"))
    look, has_places = looks_of(mesh, going.tiles.album)
    number, places = welded(mesh.vertices, 10.0**-DECIMALS)
    yield "s off\n"
    yield from _vertices(places)
    is_placed = np.repeat(has_places, np.diff(mesh.surface_start))
    if mesh.vertex_uv is not None:
        yield from _places(mesh.vertex_uv[is_placed, 0])
    names = _materials(going, mesh, library, look.tolist(), has_places.tolist())
    ids, owners = going.project.values(going.layer, "id").tolist(), mesh.surface_object.tolist()
    groups = _groups(going, mesh)
    last_owner, last_name, last_group = -1, "", ""
    for surface, faces in enumerate(_faces(mesh, number + 1, is_placed)):
        if not faces:
            continue
        if owners[surface] != last_owner:
            last_owner, last_name, last_group = owners[surface], "", ""
            yield f"o {_plain(str(ids[last_owner]))}\n"
        if groups[surface] != last_group:
            last_group = groups[surface]
            yield f"g {last_group}\n"
        if names[surface] != last_name:
            last_name = names[surface]
            yield f"usemtl {last_name}\n"
        yield from faces


def _faces(mesh: Mesh, number: NDArray[np.int64], is_placed: NDArray[np.bool_]) -> Iterator[list[str]]:
    """The lines of the faces of each polygon; one, but for polygons with holes."""
    starts, counts = mesh.surface_start[:-1].tolist(), np.diff(mesh.surface_start)
    owner = np.repeat(np.arange(len(counts)), counts)
    has_holes = np.bincount(owner[mesh.ring_end], minlength=len(counts)) > 1
    first = np.searchsorted(mesh.triangle_surface, np.arange(len(counts) + 1)).tolist()
    numbers, triangles = number.tolist(), mesh.triangles.tolist()
    in_picture = np.cumsum(is_placed).tolist()
    words = [
        f"{one}/{at}" if placed else str(one)
        for one, at, placed in zip(numbers, in_picture, is_placed.tolist(), strict=True)
    ]
    for surface, (start, count) in enumerate(zip(starts, counts.tolist(), strict=True)):
        rings: list[list[int]] = [list(range(start, start + count))]
        if has_holes[surface]:
            rings = triangles[first[surface] : first[surface + 1]]
        found = []
        for ring in rings:
            before = [ring[-1], *ring[:-1]] if ring else []
            corners = [a for a, b in zip(ring, before, strict=True) if numbers[a] != numbers[b]]
            if len(corners) >= 3:
                found.append(f"f {' '.join([words[corner] for corner in corners])}\n")
        yield found


def _materials(
    going: Outgoing, mesh: Mesh, library: Library, looks: list[int], has_places: list[bool]
) -> list[str]:
    """The name of the material of each polygon."""
    types = going.project.values(going.layer, "type").tolist()
    known: dict[tuple[int, bool, str, bool], str] = {}
    found = []
    for look, placed, code, position in zip(
        looks, has_places, mesh.surface_type.tolist(), mesh.surface_object.tolist(), strict=True
    ):
        title = mesh.type_names[code] if code else str(types[position])
        key = (look, placed, "" if look >= 0 else title, bool(code))
        if key not in known:
            color = surface_color(title) if code else object_color(title)
            known[key] = library.of_look(look, placed) if look >= 0 else library.of_kind(title, color)
        found.append(known[key])
    return found


def _groups(going: Outgoing, mesh: Mesh) -> list[str]:
    """What each polygon belongs to: the type of its object, and that of its surface."""
    types = going.project.values(going.layer, "type").tolist()
    known = [f" {word(name)}" if code else "" for code, name in enumerate(mesh.type_names)]
    codes, owners = mesh.surface_type.tolist(), mesh.surface_object.tolist()
    return [f"{word(str(types[owner]))}{known[code]}" for code, owner in zip(codes, owners, strict=True)]


def _scan(going: Outgoing, scan: Scan, library: Library) -> Iterator[str]:
    """The lines of a scanned mesh."""
    points = going.mover(going.metric_crs)(np.asarray(scan.vertices))
    yield f"o {_plain(going.layer.name)}\n"
    yield from _vertices(points, scan.rgb)
    looks = np.full(len(scan.triangles), -1) if scan.triangle_look is None else np.asarray(scan.triangle_look)
    if scan.uv is not None:
        yield from _places(np.nan_to_num(np.asarray(scan.uv)))
    for look in np.unique(looks).tolist():
        placed = scan.uv is not None and look >= 0
        name = library.of_look(look, placed) if look >= 0 else library.of_kind("scan", STONE)
        yield f"usemtl {name}\n"
        mine = np.flatnonzero(looks == look)
        for begin in range(0, len(mine), AT_ONCE):
            corners = (np.asarray(scan.triangles)[mine[begin : begin + AT_ONCE]] + 1).tolist()
            if placed:
                yield "".join([f"f {a}/{a} {b}/{b} {c}/{c}\n" for a, b, c in corners])
            else:
                yield "".join([f"f {a} {b} {c}\n" for a, b, c in corners])


def _places(places: NDArray[np.float32]) -> Iterator[str]:
    """The lines of places in pictures; the second number grows upwards, as in OBJ."""
    for begin in range(0, len(places), AT_ONCE):
        yield "".join([f"vt {u:.6f} {v:.6f}\n" for u, v in places[begin : begin + AT_ONCE].tolist()])


def _vertices(points: Float64, rgb: NDArray[np.uint8] | None = None) -> Iterator[str]:
    for begin in range(0, len(points), AT_ONCE):
        rows = points[begin : begin + AT_ONCE].tolist()
        if rgb is None:
            yield "".join([f"v {x:.3f} {y:.3f} {z:.3f}\n" for x, y, z in rows])
        else:
            colors = (np.asarray(rgb[begin : begin + AT_ONCE]) / 255).tolist()
            yield "".join(
                [
                    f"v {x:.3f} {y:.3f} {z:.3f} {r:.4f} {g:.4f} {b:.4f}\n"
                    for (x, y, z), (r, g, b) in zip(rows, colors, strict=True)
                ]
            )


def _plain(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())
