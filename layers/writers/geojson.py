"""GeoJSON: objects with their footprints, lines or points, and all attributes."""

from __future__ import annotations

from pathlib import Path

from layers.data import WriteOptions
from layers.formats import geojson
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

NAME = geojson.NAME
TITLE = geojson.TITLE
ENDINGS = (".geojson",)
KINDS = ("pipes", "heritage", "vector", "city")
HOLDS = Holds(shapes="as footprints", several_lods=False, parents=False)


def write(path: Path, going: Outgoing) -> None:
    """One feature per object."""
    geojson.write(path, going.rows, WriteOptions())
