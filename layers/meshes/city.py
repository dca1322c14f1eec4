"""Triangles of things as a city layer: its objects, and their surfaces put together from triangles."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Mesh
from layers.data import Feature
from layers.meshes.facets import facets
from layers.meshes.parts import NOTHING, Assembly, Part, Thing, joined
from layers.meshes.types import ANYTHING
from layers.polygons import Gathered, Polygons
from layers.runs import ranges, starts, sums
from layers.stored import Int32, Mover
from layers.tin import TIN

Int64 = NDArray[np.int64]

#: Triangles that become polygons at once.
TRIANGLES_AT_ONCE = 400_000
#: Outlines are drawn of objects whose triangles mostly were parts of flat surfaces, not of trees.
OUTLINED_SHARE = 0.6
FEW_TRIANGLES = 12
#: Colours of corners become looks in so many steps per channel.
COLOUR_STEPS = 15


def city_of(
    assembly: Assembly, name: str, move: Mover | None = None, in_degrees: bool = False
) -> tuple[list[Feature], Mesh]:
    """Rows and mesh of an assembly; `move` takes its coordinates to those of the layer."""
    _name_the_rest(assembly, name)
    lods = [thing.lod for thing in assembly.things]
    gathered = Gathered(type_names=assembly.type_names)
    lod_codes = np.array([gathered.lod_names.code(lod) for lod in lods], np.int32)
    surfaces: dict[int, Counter[str]] = {}
    for part in _batches(assembly):
        polygons = _polygons(part, assembly, lod_codes, move)
        gathered.batches.append(polygons)
        _count(polygons, tuple(assembly.type_names), surfaces)
    gathered.points = [move(line) if move else line for line in assembly.lines]
    used = {int(number) for batch in gathered.batches for number in np.unique(batch.objects)}
    features = [
        _feature(thing, number in used, surfaces.get(number)) for number, thing in enumerate(assembly.things)
    ]
    return features, gathered.mesh(in_degrees)


def _name_the_rest(assembly: Assembly, name: str) -> None:
    """Triangles of no thing make one of their own, called as the file is."""
    numbers = [part.things for part in assembly.parts]
    if all(found is not None and (found != NOTHING).all() for found in numbers):
        return
    rest = assembly.thing(Thing(_free(name, assembly)))
    for number, part in enumerate(assembly.parts):
        things = np.full(len(part.triangles), rest, np.int32)
        if part.things is not None:
            things = np.where(part.things == NOTHING, np.int32(rest), part.things)
        assembly.parts[number] = Part(
            part.vertices, part.triangles, part.looks, things, part.surfaces, part.rgb, part.uv
        )


def _free(name: str, assembly: Assembly) -> str:
    """A name that no thing has."""
    taken = {thing.id for thing in assembly.things}
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name} {number}"
    return found


def _batches(assembly: Assembly) -> list[Part]:
    """Parts put together into batches of whole things, sorted by thing."""
    parts, assembly.parts = assembly.parts, []
    if not parts:
        return []
    whole = joined(parts)
    assert whole.things is not None
    order = np.argsort(whole.things, kind="stable")
    ends = np.flatnonzero(np.diff(whole.things[order])) + 1
    cuts = [0]
    for end in ends.tolist():
        if end - cuts[-1] >= TRIANGLES_AT_ONCE:
            cuts.append(end)
    return [
        _some(whole, order[first:last]) for first, last in zip(cuts, [*cuts[1:], len(order)], strict=True)
    ]


def _some(part: Part, picked: Int64) -> Part:
    """Some triangles of a part, with the vertices that they use."""
    used, triangles = np.unique(part.triangles[picked], return_inverse=True)
    return Part(
        part.vertices[used],
        triangles.reshape(-1, 3),
        part.looks[picked],
        None if part.things is None else part.things[picked],
        None if part.surfaces is None else part.surfaces[picked],
        None if part.rgb is None else part.rgb[used],
        None if part.uv is None else part.uv[used],
    )


def _polygons(part: Part, assembly: Assembly, lod_codes: Int32, move: Mover | None) -> Polygons:
    """The flat surfaces of a batch, one geometry for each thing."""
    assert part.things is not None
    looks = _looks(part, assembly)
    types = np.zeros(len(looks), np.int32) if part.surfaces is None else part.surfaces
    # Every combination of thing, look and semantic type is a group of its own.
    groups = (part.things * np.int64(len(assembly.looks) + 1) + looks + 1) * len(assembly.type_names) + types
    terrain = np.array([thing.type == TIN for thing in assembly.things])
    alone = _textured(part) | terrain[part.things]
    found = facets(part.vertices, part.triangles, groups, alone)
    thing = part.things[found.triangle]
    order = np.argsort(thing, kind="stable")
    corner_counts = sums(found.rings, found.polygon_rings)
    ring_order = ranges((starts(found.polygon_rings)[:-1])[order], found.polygon_rings[order])
    corner_order = ranges((starts(corner_counts)[:-1])[order], corner_counts[order])
    corners = found.corners[corner_order]
    objects, counts = np.unique(thing[order], return_counts=True)
    places = part.vertices[corners]
    return Polygons(
        corners=places if move is None else move(places),
        rings=found.rings[ring_order],
        polygon_rings=found.polygon_rings[order],
        types=types[found.triangle][order],
        polygons=counts.astype(np.int64),
        objects=objects.astype(np.int32),
        lods=lod_codes[objects],
        places=np.zeros(len(objects), np.int32),
        outlined=_outlined(part.things, objects, counts) & ~terrain[objects],
        looks=looks[found.triangle][order] if assembly.looks else None,
        uv=None if part.uv is None else part.uv[corners],
    )


def _outlined(things: Int32, objects: Int32, polygons: Int64) -> NDArray[np.bool_]:
    """Of which things outlines may be drawn."""
    triangles = np.bincount(things)[objects]
    return (polygons <= OUTLINED_SHARE * triangles) | (triangles <= FEW_TRIANGLES)


def _textured(part: Part) -> NDArray[np.bool_]:
    """Which triangles have an image laid over them: they stay as they are."""
    if part.uv is None:
        return np.zeros(len(part.triangles), np.bool_)
    return np.asarray(np.isfinite(part.uv[part.triangles]).all(axis=(1, 2)))


def _looks(part: Part, assembly: Assembly) -> Int32:
    """The look of each triangle; colours of corners become looks of their own, in coarse steps."""
    if part.rgb is None:
        return part.looks
    steps = np.rint(part.rgb[part.triangles].mean(axis=1) / 255 * COLOUR_STEPS).astype(np.int64)
    coloured = (steps != COLOUR_STEPS).any(axis=1)
    keys = np.stack((part.looks, *steps.T))
    found, which = np.unique(keys, axis=1, return_inverse=True)
    numbers = [
        assembly.tinted(int(look), (r / COLOUR_STEPS, g / COLOUR_STEPS, b / COLOUR_STEPS))
        for look, r, g, b in found.T.tolist()
    ]
    tinted: Int32 = np.array(numbers, np.int32)[which]
    return np.where(coloured, tinted, part.looks)


def _count(polygons: Polygons, names: tuple[str, ...], surfaces: dict[int, Counter[str]]) -> None:
    """Take note of the semantic surfaces of each object."""
    if not polygons.types.any():
        return
    owner = np.repeat(polygons.objects, polygons.polygons)
    pairs, counts = np.unique(np.stack((owner, polygons.types)), axis=1, return_counts=True)
    for (number, code), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
        if code:
            surfaces.setdefault(number, Counter())[names[code]] += count


def _feature(thing: Thing, is_drawn: bool, surfaces: Counter[str] | None) -> Feature:
    return Feature(
        thing.id,
        thing.type or ANYTHING,
        thing.attributes,
        thing.parent,
        thing.valid_from,
        thing.valid_to,
        lods=thing.lod if is_drawn else "",
        surfaces=",".join(f"{name}:{count}" for name, count in sorted((surfaces or {}).items())),
    )
