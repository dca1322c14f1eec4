"""A town of boxes as CityJSON: two houses, one of two parts, and a group that lists them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from layers.shapes import Shape

#: Corner x, y, size along x and y, foot and top.
Numbers = tuple[float, float, float, float, float, float]
BOXES: dict[str, Numbers] = {
    "mill": (0, 0, 10, 10, 0, 8),
    "barn": (20, 0, 10, 20, 0, 6),
    "hall-1": (40, 0, 10, 10, 0, 12),
    "hall-2": (50, 0, 10, 10, 0, 5),
}
SIDES = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
ORIGIN = (85_000.0, 447_000.0, 0.0)


def box(numbers: Numbers) -> Shape:
    """A box as a solid of LoD 2.2 with semantics, in the CRS of the town."""
    x, y, wide, deep, foot, top = numbers
    plan = [(x, y), (x + wide, y), (x + wide, y + deep), (x, y + deep)]
    corners = np.array([(*place, z) for z in (foot, top) for place in plan], np.float64) + ORIGIN
    return Shape([solid(0)], corners)


def solid(first: int) -> dict[str, Any]:
    """The geometry of a box over eight vertices from `first` on."""
    kinds = ("GroundSurface", "RoofSurface", "WallSurface")
    return {
        "type": "Solid",
        "lod": "2.2",
        "boundaries": [[[[first + corner for corner in side]] for side in SIDES]],
        "semantics": {"surfaces": [{"type": kind} for kind in kinds], "values": [[0, 1, 2, 2, 2, 2]]},
    }


def write_objects(path: Path, boxes: Mapping[str, Numbers], objects: Mapping[str, Any]) -> Path:
    """City objects over the vertices of some boxes, eight of each, as CityJSON."""
    corners = np.concatenate([box(numbers).vertices for numbers in boxes.values()])
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": ORIGIN},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": objects,
        "vertices": ((corners - ORIGIN) * 1000).round().astype(int).tolist(),
    }
    path.write_text(json.dumps(city, indent=1), encoding="utf-8")
    return path


def write_boxes(
    path: Path,
    boxes: Mapping[str, Numbers],
    attributes: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Path:
    """Boxes as buildings, with attributes by id."""
    objects = {
        id: {"type": "Building", "attributes": attributes.get(id, {}), "geometry": [solid(8 * number)]}
        for number, id in enumerate(boxes)
    }
    return write_objects(path, boxes, objects)


def write_town(path: Path) -> Path:
    """Write the town."""
    objects: dict[str, Any] = {}
    for number, id in enumerate(BOXES):
        objects[id] = {"type": "Building", "attributes": {"storeys": number}, "geometry": [solid(8 * number)]}
    for part in ("hall-1", "hall-2"):
        objects[part] |= {"type": "BuildingPart", "parents": ["hall"]}
    objects["hall"] = {"type": "Building", "attributes": {"name": "Hall"}, "children": ["hall-1", "hall-2"]}
    objects["yard"] = {
        "type": "CityObjectGroup",
        "children": ["mill", "barn"],
        "children_roles": ["old", "new"],
    }
    return write_objects(path, BOXES, objects)
