"""Moving an observer over a district: how long until the picture shows what they see, by exact rays.

The city has 2,000 buildings, all of them in view. As in the window, the picture is one in motion while the
observer moves, and another process casts the rays; when they rest every pixel gets a ray of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from analysis.casters import casters
from benchmarks.drawing import frame_ms, milliseconds_since, opened, rest_ms
from benchmarks.figure import Figure, in_child, show
from benchmarks.project import city_project
from layers.arrays import Float64
from layers.project import Project
from viewer.scene import Observer

BUILDINGS = 2_000
MOVES = 40
#: The observer moves between those of places so far apart that lie in streets: nothing is above them.
SIDE, APART_M, ABOVE_M = 16, 12.0, 1_000.0
#: A person in the street, and one on a high building, who sees far more.
EYES_M = {"in the streets": 1.6, "on a tower": 60.0}
MOVED_MS = 250
#: Rays are cast in all of the city.
RADIUS_M = 3_000.0


def measured(path: str) -> dict[str, Any]:
    """All of it in one process; times in milliseconds."""
    from app.rayhelper import Around, RayHelper

    with opened(Path(path)) as (project, scene, _layer):
        middle = scene.box.mean(axis=0)
        x, y = middle[:2].tolist()
        helper = RayHelper(Around(str(Path(path).absolute()), "", "", x, y, RADIUS_M), lambda: None)
        scene.fit()
        found: dict[str, Any] = {"size": list(scene.size)}
        for name, height_m in EYES_M.items():
            eyes = streets(project) + np.array([0.0, 0.0, height_m])
            scene.set_observer(Observer(eyes[-1], helper))
            rest_ms(scene)
            scene.moving = True
            frame_ms(scene)
            times = []
            for eye in eyes:
                start = perf_counter()
                scene.set_observer(Observer(eye, helper))
                frame_ms(scene)
                times.append(milliseconds_since(start))
            scene.moving = False
            start = perf_counter()
            around = helper.all_round(eyes[0])
            counted_ms = milliseconds_since(start)
            found[name] = {
                "times": times,
                "rest": rest_ms(scene),
                "counted": counted_ms,
                "objects": around.objects if around is not None else 0,
            }
        helper.end()
    return found


def streets(project: Project) -> Float64:
    """Places (n, 3) between the buildings in the middle of a city, as high as the nearest one stands."""
    cast = casters(project)
    aside = (np.arange(SIDE) - SIDE / 2) * APART_M
    x, y = (part.ravel() for part in np.meshgrid(aside, aside))
    middle = (cast.vertices.min(axis=0) + cast.vertices.max(axis=0)) / 2
    places = middle + np.column_stack((x, y, np.full(len(x), ABOVE_M)))
    places = places[~cast.rays.blocked(places, np.array([0.0, 0.0, -1.0]))]
    away = np.hypot(*(places[:, None, :2] - cast.feet[:, :2]).transpose(2, 0, 1))
    places[:, 2] = cast.feet[away.argmin(axis=1), 2]
    some: Float64 = places[:: max(len(places) // MOVES, 1)][:MOVES]
    return some


def main() -> int:
    """Measure and print."""
    found = in_child(__spec__.name, "measured", city_project(BUILDINGS))
    width, height = found["size"]
    figures = []
    for name in EYES_M:
        times = np.array(found[name]["times"])
        figures.append(
            Figure(
                f"what an observer {name} sees, after a move, {BUILDINGS:,} buildings in view",
                float(np.median(times)),
                MOVED_MS,
                " ms",
                f"95 % within {np.percentile(times, 95):.0f} ms at {width} × {height}; every pixel"
                f" {found[name]['rest']:.0f} ms; counting {found[name]['objects']:,} objects"
                f" {found[name]['counted']:.0f} ms",
            )
        )
    return show(*figures, times_ms={name: found[name]["times"] for name in EYES_M})


if __name__ == "__main__":
    sys.exit(main())
