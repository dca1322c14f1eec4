"""A small plan as a project: plots with their rules, streets and boxes whose sizes are known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from layers.importing import import_files
from layers.project import Project
from tests.towns import ORIGIN, Numbers, write_boxes

XY = tuple[float, float]
Shapes = Mapping[str, tuple[str, Sequence[Any], Mapping[str, Any]]]


def rectangle(x0: float, y0: float, x1: float, y1: float) -> list[list[XY]]:
    """The rings of a rectangle."""
    return [[(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]]


def write_shapes(path: Path, shapes: Shapes) -> Path:
    """Areas and lines as GeoJSON in the CRS of the town: kind, coordinates, properties by id."""
    features = [
        {
            "type": "Feature",
            "id": id,
            "properties": {"name": id, **properties},
            "geometry": {"type": kind, "coordinates": _moved(coordinates)},
        }
        for id, (kind, coordinates, properties) in shapes.items()
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    return path


def _moved(coordinates: Any) -> Any:
    if isinstance(coordinates[0], int | float):
        return [value + start for value, start in zip(coordinates, ORIGIN, strict=False)]
    return [_moved(part) for part in coordinates]


def make_plan(
    folder: Path,
    boxes: Mapping[str, Numbers],
    layers: Mapping[str, Shapes],
    attributes: Mapping[str, Any] | None = None,
) -> Project:
    """A project of boxes and further layers by name; open."""
    project = Project.create(folder / "plan.city.gpkg", crs="EPSG:7415")
    paths = [write_boxes(folder / "boxes.city.json", boxes, attributes or {})]
    paths += [write_shapes(folder / f"{name}.geojson", shapes) for name, shapes in layers.items()]
    import_files(project, paths)
    return project
