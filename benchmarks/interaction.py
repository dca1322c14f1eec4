"""Picking, colouring and filtering in the largest city; vtkHardwareSelector picks in a smaller one.

Times end when what the picture is made of is ready; the picture itself comes after that, as always.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.drawing import (
    middle_of,
    milliseconds_since,
    opened,
    picked_ms,
    rest_ms,
    stations,
)
from benchmarks.figure import BUILDINGS, Figure, in_child, show
from benchmarks.project import city_project, put_back

PICKS = 1000
PICK_MS, RECOLOUR_MS, FILTER_MS = 5, 300, 500
COLOURS = ("attribute:energyLabel", "attribute:measuredHeight", "attribute:yearOfConstruction", "surface")
FILTERS = ("measuredHeight > 20", "energyLabel == 'A'", "roofType in ('gable', 'hip') and floorArea > 200")


def measured(path: str) -> dict[str, Any]:
    """All of it in one process; times in milliseconds."""
    with opened(Path(path)) as (project, scene, layer), put_back(project):
        project.changed.connect(scene.on_changes)
        rest_ms(scene)
        picks = []
        for camera in stations(scene, middle_of(scene)).values():
            scene.camera = camera
            rest_ms(scene)
            picked_ms(scene, 1)  # the first pick makes what the others use
            picks += picked_ms(scene, PICKS)
        answer: dict[str, Any] = {"picks": picks, "recolour": {}, "filter": {}, "frame": {}}
        for way in COLOURS:
            start = perf_counter()
            with project.edit("Colour the city") as edit:
                edit.set_layer(layer.id, style={**layer.style, "color_by": way})
            scene.settle()
            answer["recolour"][way] = milliseconds_since(start)
            answer["frame"][way] = rest_ms(scene)
        for where in FILTERS:
            start = perf_counter()
            scene.isolate(layer.first_fid + np.flatnonzero(project.matching(layer, where)))
            scene.settle()
            answer["filter"][where] = milliseconds_since(start)
            answer["frame"][where] = rest_ms(scene)
            scene.isolate(None)
        return answer


def main() -> int:
    """Measure and print."""
    path = city_project(BUILDINGS)
    with tempfile.TemporaryDirectory() as folder:
        in_child("benchmarks.peers", "write_triangles", path, folder, 3_000_000)
        selector = in_child("benchmarks.peers", "hardware_selector", folder, 3)
    answer = in_child(__spec__.name, "measured", path)
    picks = np.array(answer["picks"])
    city = f"{BUILDINGS:,} buildings"
    selector_ms = float(np.median(selector["frames_ms"]))
    return show(
        Figure(
            f"picking in {city}, 95th percentile",
            float(np.percentile(picks, 95)),
            PICK_MS,
            " ms",
            f"median {np.median(picks):.2f} ms, longest {picks.max():.1f} ms of {len(picks):,};"
            f" vtkHardwareSelector {selector_ms:.0f} ms in 3,000,000 triangles",
        ),
        *(
            Figure(
                f"colouring {city} by {way.removeprefix('attribute:')}",
                took,
                RECOLOUR_MS,
                " ms",
                f"then {answer['frame'][way]:.0f} ms until drawn",
            )
            for way, took in answer["recolour"].items()
        ),
        *(
            Figure(
                f"filtering {city} by {where}",
                took,
                FILTER_MS,
                " ms",
                f"then {answer['frame'][where]:.0f} ms until drawn",
            )
            for where, took in answer["filter"].items()
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
