"""Cities of box-shaped buildings, written as CityJSONSeq: known to the centimetre."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from layers.arrays import Float64

HEAD = {
    "type": "CityJSON",
    "version": "2.0",
    "transform": {"scale": [0.001, 0.001, 0.001], "translate": [85_000, 447_000, 0]},
    "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
    "CityObjects": {},
    "vertices": [],
}
SIDES = [[3, 2, 1, 0], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]


@dataclass(frozen=True)
class Box:
    """An upright box."""

    place: tuple[float, float]  # of its middle, metres east and north of the city's corner
    length: float
    width: float
    turned: float  # radians
    foot: float
    top: float

    @property
    def corners(self) -> Float64:
        """(8, 3) the corners of its foot, then those above them."""
        along = np.array([np.cos(self.turned), np.sin(self.turned)])
        across = np.array([-along[1], along[0]])
        signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2
        ring = self.place + signs[:, :1] * along * self.length + signs[:, 1:] * across * self.width
        return np.concatenate([np.column_stack((ring, np.full(4, z))) for z in (self.foot, self.top)])


def some_boxes(count: int, seed: int = 1) -> list[Box]:
    """Boxes of all sizes and directions, side by side."""
    random = np.random.default_rng(seed)
    columns = int(np.ceil(np.sqrt(count)))
    found = []
    for number in range(count):
        place = np.array(divmod(number, columns)) * 30.0 + random.uniform(0, 5, 2)
        length, width, turned = random.uniform((6, 3, 0), (20, 6, np.pi))
        foot, height = random.uniform((-2, 3), (2, 40))
        found.append(Box((place[0], place[1]), length, width, turned, foot, foot + height))
    return found


def write_boxes(path: Path, boxes: Sequence[Box]) -> Path:
    """A file of buildings of that shape: LoD 2.2 with semantics, or LoD 1 for every fifth."""
    lines: list[dict[str, Any]] = [HEAD]
    for number, box in enumerate(boxes):
        solid: dict[str, Any] = {"type": "Solid", "lod": "1", "boundaries": [[[side] for side in SIDES]]}
        if number % 5:
            types = ("GroundSurface", "RoofSurface", "WallSurface")
            surfaces = [{"type": name} for name in types]
            solid |= {"lod": "2.2", "semantics": {"surfaces": surfaces, "values": [[0, 1, 2, 2, 2, 2]]}}
        building = {"type": "Building", "attributes": {"height": box.top - box.foot}, "geometry": [solid]}
        lines.append(
            {
                "type": "CityJSONFeature",
                "id": f"B{number}",
                "CityObjects": {f"B{number}": building},
                "vertices": (box.corners * 1000).round().astype(int).tolist(),
            }
        )
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path
