"""Three small houses with attributes of every type, as a project of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from layers.importing import import_files
from layers.project import Project

HOUSES: dict[str, dict[str, Any]] = {
    "A": {"measuredHeight": 12.5, "roofType": "1000", "name": "Old Mill", "built": "1961-05-01"},
    "B": {"measuredHeight": 4, "roofType": "1030", "name": "New mill", "storeys": 1},
    "C": {"roofType": "1000", "tags": ["old"]},
}


def make_houses(folder: Path) -> Path:
    """Write the houses as CityJSON, read them into a project, and give its path.

    Each has one roof of 9 by 12 metres that rises by 9.
    """
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [1, 1, 1], "translate": [85000, 447000, 0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {id: _building(attributes) for id, attributes in HOUSES.items()},
        "vertices": [[0, 0, 0], [9, 0, 0], [9, 12, 9], [0, 12, 9]],
    }
    source = folder / "houses.city.json"
    source.write_text(json.dumps(city), encoding="utf-8")
    with Project.create(folder / "houses.city.gpkg") as project:
        import_files(project, [source])
        return project.path


def _building(attributes: dict[str, Any]) -> dict[str, Any]:
    roof = {
        "type": "MultiSurface",
        "lod": "2",
        "boundaries": [[[0, 1, 2, 3]]],
        "semantics": {"surfaces": [{"type": "RoofSurface"}], "values": [0]},
    }
    return {"type": "Building", "attributes": attributes, "geometry": [roof]}
