"""Lines, points and areas of the demo city as GeoJSON in the city's CRS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from assets.demo_terrain import CORNER, CRS


def feature(shape: BaseGeometry, properties: dict[str, Any]) -> dict[str, Any]:
    """A shape, in metres from the corner of the area, with what is said of it."""
    has_z = bool(shape.has_z)
    corner = np.array((*CORNER, 0.0))[: 3 if has_z else 2]
    placed = shapely.transform(shape, lambda places: np.round(places + corner, 3), include_z=has_z)
    return {
        "type": "Feature",
        "id": properties["id"],
        "properties": properties,
        "geometry": shapely.geometry.mapping(placed),
    }


def write_features(path: Path, name: str, features: Sequence[dict[str, Any]]) -> None:
    """A feature a line."""
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{CRS.replace(':', '::')}"}}
    head = json.dumps({"type": "FeatureCollection", "name": name, "crs": crs})[:-1]
    rows = ",\n".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in features)
    path.write_text(f'{head}, "features": [\n{rows}\n]}}\n', encoding="utf-8")
