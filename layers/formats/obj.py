"""Wavefront OBJ: a scanned mesh with materials and images, or the objects of a city."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.conformance import SURFACES
from layers.data import LayerData, ReadOptions, part_of
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._mesh import KINDS as KINDS
from layers.formats._mesh import layers_of
from layers.formats._scan import Raw, check_points, cloud_of, colours, numbers, triangles_of
from layers.looks import Look
from layers.meshes.beside import beside, crs_of
from layers.meshes.mtl import materials
from layers.meshes.parts import NOTHING, Assembly, Part, Thing
from layers.meshes.types import city_type, material_type
from layers.report import Report
from layers.stored import Int32

NAME = "obj"
TITLE = "OBJ mesh"
ENDINGS = (".obj",)

BYTES_AT_ONCE = 16 * 2**20
_VERTEX = re.compile(rb"(?m)^v\s+[-+.\d]")
_AFTER_SLASH = re.compile(rb"/[^\s]*")
#: The number of the place in the image, with a 0 in front that stands for none.
_PLACE = re.compile(rb"[^\s/]+(?:/(\d*)[^\s]*)?")
#: A comment near the beginning that says where the coordinates are.
_CRS = re.compile(rb"(?m)^#[^\r\n]*?\b(EPSG:\d{4,6}(?:\+\d{4,6})?)\b")
_FIRST_WORD = re.compile(r"[A-Za-z]+")

SURFACE_TYPES = frozenset[str]().union(*SURFACES.values())

Int64 = NDArray[np.int64]


@dataclass
class _Names:
    """Names in the order in which they are met; those of faces by number."""

    numbers: dict[str, int] = field(default_factory=dict)
    current: int = NOTHING

    def use(self, name: str) -> None:
        """From now on faces are of this name."""
        self.current = self.numbers.setdefault(name, len(self.numbers))


@dataclass
class _Parts:
    """What has been read so far."""

    vertices: list[Float64] = field(default_factory=list)  # (n, 3) or (n, 6) with colours
    places: list[Float64] = field(default_factory=list)  # (n, 2) in images
    corners: list[Int64] = field(default_factory=list)
    corner_places: list[Int64] = field(default_factory=list)  # -1 where there is none
    lengths: list[int] = field(default_factory=list)
    said: list[NDArray[np.int32]] = field(default_factory=list)  # (faces, 3): object, group, material
    vertex_count: int = 0
    place_count: int = 0
    objects: _Names = field(default_factory=_Names)
    groups: _Names = field(default_factory=_Names)
    materials: _Names = field(default_factory=_Names)
    met: int = 0  # lines that begin an object or a group
    unsupported: int = 0
    libraries: list[str] = field(default_factory=list)


def can_read(head: bytes, path: Path) -> int:
    """Likely when it is called .obj and has lines of vertices."""
    if path.suffix.lower() not in ENDINGS or b"\0" in head:
        return 0
    return 80 if _VERTEX.search(head) else 20


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The mesh as a scan or as city objects, or as a cloud when it has no faces."""
    parts, size, done = _Parts(), path.stat().st_size, 0
    progress = part_of(options.progress, 0.0, 0.5, "Reading the mesh")
    with path.open("rb") as file:
        while lines := file.readlines(BYTES_AT_ONCE):
            try:
                _take(parts, lines)
            except ValueError as error:
                raise ReadError(
                    "A line of this OBJ file is not understood", where=path.name, found=str(error)
                ) from error
            done += sum(map(len, lines))
            progress(done / size, "")
    report = Report()
    if parts.unsupported:
        report.warn(
            "unsupported",
            "",
            f"{parts.unsupported:,} lines, curves or surfaces are not used",
            "unsupported",
            parts.unsupported,
        )
    facts = {"objects": parts.met}
    raw = _raw(parts)
    if not len(raw.lengths):
        return cloud_of(path, ENDINGS, raw, report, options, facts)
    check_points(raw, path)
    assembly = Assembly(report)
    looks = _looks(parts, path, report)
    _assemble(assembly, raw, parts, looks, options.kind)
    place = beside(path)
    if place.crs is None and (crs := _crs(path)):
        place = replace(place, crs=crs)
    return layers_of(assembly, layer_name(path, ENDINGS), options, facts, place)


def _crs(path: Path) -> str | None:
    """The CRS that a comment at the beginning names."""
    with path.open("rb") as file:
        found = _CRS.search(file.read(4096))
    return crs_of(found[1].decode()) if found else None


def _take(parts: _Parts, lines: list[bytes]) -> None:
    """Sorts lines by their first word and reads the numbers of vertices and faces."""
    vertices: list[bytes] = []
    places: list[bytes] = []
    faces: list[bytes] = []
    before: list[tuple[int, int]] = []
    said: list[tuple[int, int, int]] = []
    now = (parts.objects.current, parts.groups.current, parts.materials.current)
    for line in lines:
        word, _space, rest = line.lstrip().partition(b" ")
        if word == b"v":
            vertices.append(rest)
        elif word == b"f":
            faces.append(rest)
            before.append((parts.vertex_count + len(vertices), parts.place_count + len(places)))
            said.append(now)
        elif word == b"vt":
            places.append(rest)
        elif word in (b"o", b"g", b"usemtl"):
            parts.met += word != b"usemtl"
            names = {b"o": parts.objects, b"g": parts.groups, b"usemtl": parts.materials}[word]
            names.use(rest.decode("utf-8", "replace").strip())
            now = (parts.objects.current, parts.groups.current, parts.materials.current)
        elif word in (b"p", b"l", b"curv", b"surf"):
            parts.unsupported += 1
        elif word == b"mtllib":
            parts.libraries.append(rest.decode("utf-8", "replace").strip())
    parts.vertex_count += len(vertices)
    parts.place_count += len(places)
    if vertices:
        parts.vertices.append(_vertices(vertices))
    if places:
        parts.places.append(_places(places))
    if faces:
        _faces(parts, faces, np.array(before), np.array(said, np.int32))


def _vertices(lines: list[bytes]) -> Float64:
    """(n, 3) places or (n, 6) places and colours."""
    counts = {len(line.split()) for line in lines}
    if len(counts) != 1 or not counts <= {3, 4, 6, 7}:
        raise ValueError(f"vertices of {', '.join(map(str, sorted(counts)))} numbers")
    (count,) = counts
    table = numbers(b" ".join(lines)).reshape(-1, count)
    return np.hstack((table[:, :3], table[:, -3:])) if count >= 6 else table[:, :3]


def _places(lines: list[bytes]) -> Float64:
    """(n, 2) places in an image, v upwards."""
    counts = {len(line.split()) for line in lines}
    if len(counts) != 1 or not counts <= {1, 2, 3}:
        raise ValueError(f"places in images of {', '.join(map(str, sorted(counts)))} numbers")
    (count,) = counts
    table = numbers(b" ".join(lines)).reshape(-1, count)
    return table[:, :2] if count > 1 else np.hstack((table, np.zeros_like(table)))


def _faces(parts: _Parts, lines: list[bytes], before: Int64, said: NDArray[np.int32]) -> None:
    """Corners counted from 0, all faces in a row, and how many each has."""
    lengths = [len(line.split()) for line in lines]
    text = b" ".join(lines)
    parts.corners.append(_counted(numbers(_AFTER_SLASH.sub(b"", text)), lengths, before[:, 0]))
    if parts.place_count and b"/" in text:
        found = numbers(_numbers_of_places(text))
        parts.corner_places.append(_counted(found, lengths, before[:, 1]))
    else:
        parts.corner_places.append(np.full(sum(lengths), NOTHING))
    parts.lengths.extend(lengths)
    parts.said.append(said)


def _numbers_of_places(text: bytes) -> bytes:
    """The second numbers of corners such as 7/3/1, 0 where there is none."""
    if b"/-" not in text:
        return _PLACE.sub(rb"0\1", text)
    words = (word.split(b"/") for word in text.split())
    return b" ".join(word[1] if len(word) > 1 and word[1] else b"0" for word in words)


def _counted(found: Float64, lengths: list[int], before: Int64) -> Int64:
    """Numbers from 0; -1 in the file is what was read last, 0 is none."""
    if len(found) != sum(lengths):
        raise ValueError("a face whose corners are no numbers")
    corners = np.clip(np.nan_to_num(found), -(2**40), 2**40).astype(np.int64)
    return np.where(corners < 0, np.repeat(before, lengths) + corners, corners - 1)


def _raw(parts: _Parts) -> Raw:
    widths = {table.shape[1] for table in parts.vertices}
    joined = np.concatenate([table[:, :3] for table in parts.vertices]) if widths else np.empty((0, 3))
    rgb = None
    if widths == {6}:
        rgb = colours([np.concatenate([table[:, i] for table in parts.vertices]) for i in (3, 4, 5)])
    corners = np.concatenate(parts.corners) if parts.corners else np.empty(0, np.int64)
    return Raw(np.ascontiguousarray(joined), corners, np.array(parts.lengths, np.int64), rgb)


def _looks(parts: _Parts, path: Path, report: Report) -> dict[str, Look]:
    """The looks of all libraries; those that are not there are told."""
    found: dict[str, Look] = {}
    for said in dict.fromkeys(parts.libraries):
        try:
            found |= materials(path.parent, said)
        except ReadError as error:
            report.warn("materials", "", f"The materials of {said} are not drawn. {error.what}.")
    return found


def _assemble(assembly: Assembly, raw: Raw, parts: _Parts, looks: dict[str, Look], kind: str | None) -> None:
    """All faces as one part, with the thing, the look and the place in the image of each."""
    said = np.concatenate(parts.said)
    places = np.concatenate(parts.corner_places)
    owner, triangles = triangles_of(raw, assembly.report)
    said = said[owner]
    vertices, rgb, uv = raw.vertices, raw.rgb, None
    corners = raw.corners[triangles]
    if (places >= 0).any() and any(look.picture for look in looks.values()):
        pairs = np.stack((corners.ravel(), places[triangles].ravel()))
        distinct, which = np.unique(pairs, axis=1, return_inverse=True)
        vertices, corners = vertices[distinct[0]], which.reshape(-1, 3)
        rgb = None if rgb is None else rgb[distinct[0]]
        uv = _uv(parts, distinct[1])
    numbers_of_looks = [
        assembly.look(looks[name]) if name in looks else NOTHING for name in parts.materials.numbers
    ]
    things, surfaces = _things(assembly, parts, said, kind)
    assembly.count(3 * len(corners))
    assembly.add(
        Part(
            vertices,
            corners,
            np.array([*numbers_of_looks, NOTHING], np.int32)[said[:, 2]],
            things,
            surfaces,
            rgb,
            uv,
        )
    )


def _uv(parts: _Parts, numbers_of_places: Int64) -> NDArray[np.float32]:
    """(n, 2) places in images, NaN where there is none."""
    table = np.concatenate((*parts.places, [[np.nan, np.nan]]))
    known = (numbers_of_places >= 0) & (numbers_of_places < len(table) - 1)
    found: NDArray[np.float32] = table[np.where(known, numbers_of_places, -1)].astype(np.float32)
    return found


def _things(
    assembly: Assembly, parts: _Parts, said: NDArray[np.int32], kind: str | None
) -> tuple[Int32 | None, Int32 | None]:
    """The thing and the semantic type of each triangle, where the file is one of a city."""
    meant, by = [material_type(name) for name in parts.materials.numbers], 2
    grouped = [_type_of_group(name) for name in parts.groups.numbers]
    if parts.objects.numbers and grouped and None not in grouped and (said[:, 1] >= 0).all():
        meant, by = grouped, 1
    is_city = bool(meant) and None not in meant and (by == 1 or len(parts.objects.numbers) > 1)
    if kind not in (None, "city") or (kind is None and not is_city):
        return None, None
    assembly.has_features = True
    column, names = (0, parts.objects) if parts.objects.numbers else (1, parts.groups)
    if not names.numbers:
        return None, None
    types = _types(said[:, column], said[:, by], meant, list(names.numbers))
    numbers_of_things = [
        assembly.thing(Thing(name or "unnamed", type_))
        for name, type_ in zip(names.numbers, types, strict=True)
    ]
    codes = [assembly.type_names.code(found[1]) if found and found[1] else 0 for found in meant]
    return (
        np.array([*numbers_of_things, NOTHING], np.int32)[said[:, column]],
        np.array([*codes, 0], np.int32)[said[:, by]],
    )


def _type_of_group(name: str) -> tuple[str, str] | None:
    """The types of object and surface that a group names, such as "Building RoofSurface"."""
    object_type, _space, surface = name.partition(" ")
    found = city_type(object_type)
    return None if found is None else (found, surface if surface in SURFACE_TYPES else "")


def _types(
    objects: Int32, materials_of: Int32, meant: list[tuple[str, str] | None], names: list[str]
) -> list[str]:
    """The type of each object: what most of its faces are made of, else what its name begins with."""
    counts: dict[int, Counter[str]] = {}
    pairs, many = np.unique(np.stack((objects, materials_of)), axis=1, return_counts=True)
    for (number, material), count in zip(pairs.T.tolist(), many.tolist(), strict=True):
        found = meant[material] if material >= 0 else None
        if found is not None:
            counts.setdefault(number, Counter())[found[0]] += count
    types = []
    for number, name in enumerate(names):
        word = _FIRST_WORD.match(name)
        named = city_type(word[0]) if word else None
        types.append(counts[number].most_common(1)[0][0] if number in counts else named or "")
    return types
