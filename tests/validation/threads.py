"""Runs analyses of a project with some threads and prints the hashes of what they found: see
test_repeatability.

python -m tests.validation.threads NUMBER PROJECT
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from analysis.analysis import analysis_of
from layers.data import never_stop
from layers.project import Project
from layers.results import Result, Table, Values
from tests.analysis.town import at

#: Where somebody stands.
PLACES = (at(55, 20, 0), at(90, 55, 0))
#: A window in the west side of house A.
WINDOW = (*at(50, 55, 4.0), -1.0, 0.0, 0.0)
#: Analyses with all that they are asked.
RUNS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("skyview", {"directions": 500}),
    ("sunlight", {"spacing_m": 2.0}),
    ("solar", {"bounces": 2}),
    ("solar", {"on": "ground", "spacing_m": 10.0, "sky": "perez1993"}),
    ("shadow", {}),
    ("visibility", {"places": PLACES, "compare": True, "compare_date": "1990-01-01"}),
    ("visibility", {"places": PLACES, "on": "ground", "spacing_m": 2.0, "path": True}),
    ("visibility", {"places": PLACES, "on": "raster", "path": True, "path_spacing_m": 10.0}),
    (
        "windowview",
        {"points": (WINDOW, PLACES[1]), "compare": True, "compare_date": "1990-01-01", "every": 28},
    ),
    ("exposure", {"target": "id == 'A'", "compare": True, "compare_date": "1990-01-01", "spacing_m": 2.0}),
    ("isovist", {"places": PLACES, "radius_m": 80.0}),
    ("isovist", {"on": "ground", "where": "id == 'street'", "spacing_m": 4.0, "radius_m": 80.0}),
    ("windowview", {"on": "surfaces", "where": "id == 'A'", "directions": 300, "sun": False}),
)


def main(threads: int, path: Path) -> None:
    """Print a hash per column of each result."""
    os.cpu_count = lambda: threads
    with Project.open(path, read_only=True) as project:
        for name, answers in RUNS:
            analysis = analysis_of(name)
            result = analysis.run(project, analysis.Inputs(**answers), never_stop)
            for column, values in columns_of(result):
                print(f"{name}/{column}", hashlib.sha256(bytes_of(values)).hexdigest())


def columns_of(result: Result) -> Iterator[tuple[str, Values]]:
    """All columns of all tables of a result."""
    tables: dict[str, Table] = {"surfaces": result.surfaces, "points": result.points, "shapes": result.shapes}
    for title, table in (tables | dict(result.tables)).items():
        for name, values in table.columns.items():
            yield f"{title}/{name}", values


def bytes_of(values: Values) -> bytes:
    """Every bit of numbers, every letter of texts."""
    if isinstance(values, np.ndarray):
        return np.ascontiguousarray(values).tobytes()
    return "\n".join(map(str, values)).encode()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
