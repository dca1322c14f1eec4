"""Wavefront OBJ with its materials in a file beside it: true coordinates, an `o` per city object.

Polygons stay polygons; those with holes are cut into triangles, which OBJ needs. Coordinates have
three decimals. The material of a polygon is its kind of semantic surface, or the type of its object.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from layers import safefile
from layers.arrays import Float64, Mesh, Scan
from layers.citymesh import part_of
from layers.colors import object_color, surface_color
from layers.outfile import keep_sources
from layers.writers._weld import welded
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

NAME = "obj"
TITLE = "Wavefront OBJ"
ENDINGS = (".obj",)
KINDS = ("city", "heritage")
HOLDS = Holds(
    solids=False, holes=False, several_lods=False, attributes=False, types=False, parents=False, dates=False,
    crs="in a comment",
)  # fmt: skip

DECIMALS = 3
AT_ONCE = 100_000


def write(path: Path, going: Outgoing) -> None:
    """The layer at its true coordinates, in metres."""
    if isinstance(going.drawable, Scan):
        _write_lines(path, _scan(going, going.drawable))
        return
    out = going.options.out or path
    library = out.with_suffix(".mtl")
    keep_sources(going.project, library)
    mesh = part_of(going.mesh, np.argsort(going.mesh.geometry_object, kind="stable"))
    names = _materials(going, mesh)
    text = "".join(_material(name, is_surface) for name, is_surface in dict.fromkeys(names)).encode()

    def fill(file: IO[bytes]) -> None:
        file.write(text)

    safefile.write_whole(library, fill)
    _write_lines(path, _city(going, mesh, names, library.name))


def _write_lines(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines)


def _head(going: Outgoing) -> str:
    return (
        f"# {_plain(going.layer.name)}, in true coordinates: x y z of {going.metric_crs or 'no known CRS'}\n"
    )


def _city(going: Outgoing, mesh: Mesh, materials: Sequence[tuple[str, bool]], library: str) -> Iterator[str]:
    yield f"{_head(going)}mtllib {library}\ns off\n"
    number, places = welded(mesh.vertices, 10.0**-DECIMALS)
    yield from _vertices(places)
    ids = going.project.values(going.layer, "id")
    owner = mesh.surface_object
    faces, face_counts = _faces(mesh, number + 1)
    at, last_owner, last_material = 0, -1, None
    for surface, count in enumerate(face_counts.tolist()):
        if not count:
            continue
        lines = []
        if owner[surface] != last_owner:
            last_owner, last_material = owner[surface], None
            lines.append(f"o {_plain(str(ids[int(last_owner)]))}\n")
        if materials[surface][0] != last_material:
            last_material = materials[surface][0]
            lines.append(f"usemtl {_word(last_material)}\n")
        lines += faces[at : at + count]
        at += count
        yield "".join(lines)


def _faces(mesh: Mesh, number: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64]]:
    """The lines of faces, and how many each polygon has."""
    starts, counts = mesh.surface_start[:-1].tolist(), np.diff(mesh.surface_start).tolist()
    has_holes = np.bincount(_surface_of_corners(mesh)[mesh.ring_end], minlength=len(counts)) > 1
    first = np.searchsorted(mesh.triangle_surface, np.arange(len(counts) + 1)).tolist()
    numbers = number.tolist()
    triangles = mesh.triangles.tolist()
    found, amounts = [], np.zeros(len(counts), np.int64)
    for surface, (start, count) in enumerate(zip(starts, counts, strict=True)):
        if has_holes[surface]:
            rings = [
                [numbers[i] for i in corners] for corners in triangles[first[surface] : first[surface + 1]]
            ]
        else:
            rings = [numbers[start : start + count]]
        for ring in rings:
            corners = [one for one, before in zip(ring, [ring[-1], *ring[:-1]], strict=True) if one != before]
            if len(corners) >= 3:
                found.append(f"f {' '.join(map(str, corners))}\n")
                amounts[surface] += 1
    return found, amounts


def _surface_of_corners(mesh: Mesh) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(mesh.surface_type)), np.diff(mesh.surface_start))


def _scan(going: Outgoing, scan: Scan) -> Iterator[str]:
    points = going.mover(going.metric_crs)(np.asarray(scan.vertices))
    yield f"{_head(going)}o {_plain(going.layer.name)}\n"
    yield from _vertices(points, scan.rgb)
    for begin in range(0, len(scan.triangles), AT_ONCE):
        corners = np.asarray(scan.triangles[begin : begin + AT_ONCE]) + 1
        yield "".join([f"f {a} {b} {c}\n" for a, b, c in corners.tolist()])


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


def _materials(going: Outgoing, mesh: Mesh) -> list[tuple[str, bool]]:
    """Per polygon the name of its material, and whether that is a kind of surface."""
    types = going.project.values(going.layer, "type").tolist()
    return [
        (mesh.type_names[code], True) if code else (str(types[position]), False)
        for code, position in zip(mesh.surface_type.tolist(), mesh.surface_object.tolist(), strict=True)
    ]


def _material(name: str, is_surface: bool) -> str:
    color = surface_color(name) if is_surface else object_color(name)
    shares = " ".join(f"{part / 255:.4f}" for part in bytes.fromhex(color.lstrip("#")))
    return f"newmtl {_word(name)}\nKd {shares}\nKs 0 0 0\nd 1\nillum 1\n\n"


def _word(name: str) -> str:
    """A name without gaps, as programs read those of materials."""
    return "_".join(name.split()) or "none"


def _plain(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())
