"""Small models with materials and textures, and the images beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

#: Upper left, upper right, lower left, lower right quarter of the image.
QUARTERS = ((210, 40, 40), (40, 170, 40), (40, 60, 210), (225, 205, 40))
SIDE = 64
#: Of a wall that faces south, from below on the left, counter-clockwise; metres.
WALL = ((0, 0, 0), (16, 0, 0), (16, 0, 16), (0, 0, 16))
ONCE, THRICE = ((0, 0), (1, 0), (1, 1), (0, 1)), ((0, 0), (3, 0), (3, 3), (0, 3))


def write_image(path: Path, side: int = SIDE) -> Path:
    """An image of four quarters."""
    half = side // 2
    image = Image.new("RGB", (side, side))
    for number, color in enumerate(QUARTERS):
        image.paste(color, ((number % 2) * half, number // 2 * half, side, (number // 2 + 1) * half))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def write_wall(
    path: Path,
    images: tuple[str, ...] = ("wall.png",),
    places: tuple[tuple[float, float], ...] = ONCE,
    texture: dict[str, Any] | None = None,
    material: dict[str, Any] | None = None,
    **appearance: Any,
) -> Path:
    """One wall as CityJSON that wears the first image, unless it is said what it wears in which theme."""
    geometry: dict[str, Any] = {"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2, 3]]]}
    geometry["texture"] = texture if texture is not None else {"visual": {"values": [[[0, 0, 1, 2, 3]]]}}
    if material is not None:
        geometry["material"] = material
    model = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "transform": {"scale": [0.001] * 3, "translate": [85_000, 446_000, 0]},
        "appearance": {
            "textures": [{"type": "PNG", "image": image, "wrapMode": "wrap"} for image in images],
            "materials": [
                {"name": "brick", "diffuseColor": [0.8, 0.2, 0.1]},
                {"name": "cold", "diffuseColor": [0.1, 0.2, 0.9]},
            ],
            "vertices-texture": places,
            **appearance,
        },
        "CityObjects": {"wall": {"type": "Building", "geometry": [geometry]}},
        "vertices": [[1000 * part for part in corner] for corner in WALL],
    }
    path.write_text(json.dumps(model))
    return path
