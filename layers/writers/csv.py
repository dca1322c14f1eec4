"""CSV: a table of objects with their attributes, and the place of those that are points."""

from __future__ import annotations

from pathlib import Path

from layers.data import WriteOptions
from layers.formats import catalogue
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

NAME = "csv"
TITLE = "Table (CSV)"
ENDINGS = (".csv",)
KINDS = ("pipes", "heritage", "vector", "city")
HOLDS = Holds(shapes="no", several_lods=False, nested="as text", parents=False, crs="no")


def write(path: Path, going: Outgoing) -> None:
    """One row per object."""
    catalogue.write(path, going.rows, WriteOptions())
