"""A small city of boxes, written as CityJSON, for tests of the window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SIDE_MM, GAP_MM = 10_000, 20_000
FACES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
SEMANTICS = (0, 1, 2, 2, 2, 2)


def write_city(
    path: Path,
    count: int = 9,
    crs: str | None = "7415",
    lods: tuple[str, ...] = ("2.2",),
    first: int = 0,
    **extra: Any,
) -> Path:
    """Write `count` boxes of 10 m in a square grid; object i is called "house-i" and is i + 3 metres high."""
    side = max(int((first + count) ** 0.5), 1)
    vertices: list[list[int]] = []
    objects = {}
    for i in range(first, first + count):
        x, y, top = (i % side) * GAP_MM, (i // side) * GAP_MM, (i + 3) * 1000
        base = len(vertices)
        corners = ((x, y), (x + SIDE_MM, y), (x + SIDE_MM, y + SIDE_MM), (x, y + SIDE_MM))
        vertices += [[*corner, z] for z in (0, top) for corner in corners]
        objects[f"house-{i}"] = {
            "type": "Building",
            "attributes": {"measuredHeight": i + 3.0, "roofType": "1000" if i % 2 else "1030", **extra},
            "geometry": [
                {
                    "type": "Solid",
                    "lod": lod,
                    "boundaries": [[[[base + corner for corner in face]] for face in FACES]],
                    "semantics": {
                        "surfaces": [
                            {"type": kind} for kind in ("GroundSurface", "RoofSurface", "WallSurface")
                        ],
                        "values": [list(SEMANTICS)],
                    },
                }
                for lod in lods
            ],
        }
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [84_000.0, 446_000.0, 0.0]},
        "metadata": {"referenceSystem": f"https://www.opengis.net/def/crs/EPSG/0/{crs}"} if crs else {},
        "CityObjects": objects,
        "vertices": vertices,
    }
    path.write_text(json.dumps(city), encoding="utf-8")
    return path
