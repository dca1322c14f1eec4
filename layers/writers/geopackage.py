"""GeoPackage: a table of objects with their footprints, lines or points, attributes as columns."""

from __future__ import annotations

from pathlib import Path

from layers.data import WriteOptions
from layers.formats import geopackage
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

NAME = geopackage.NAME
TITLE = geopackage.TITLE
ENDINGS = geopackage.ENDINGS
KINDS = ("pipes", "heritage", "vector", "city")
HOLDS = Holds(shapes="as footprints", several_lods=False, nested="as text")


def write(path: Path, going: Outgoing) -> None:
    """One row per object."""
    geopackage.write(path, going.rows, WriteOptions())
