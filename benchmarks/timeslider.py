"""Moving the time slider of the sun: how long until the picture has the new, exact shadows.

The city has 2,000 buildings, all of them in view. As in the window, the picture is one in motion while the
slider moves, and another process casts the rays; when it rests every pixel gets a ray of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.drawing import frame_ms, milliseconds_since, opened, rest_ms
from benchmarks.figure import Figure, in_child, show
from benchmarks.project import city_project

BUILDINGS = 2_000
MOVES, STEP_MINUTES = 40, 7
NEW_SHADOW_MS, SURFACES_MS = 150, 150
#: Points on all roofs and walls that are looked at besides the picture: one for so much of a side.
SPACING_M = 2.0
#: Shadows are cast in all of the city.
RADIUS_M = 3_000.0


def measured(path: str) -> dict[str, Any]:
    """All of it in one process; times in milliseconds."""
    from analysis.casters import casters
    from analysis.facades import on_surfaces
    from analysis.localtime import clock_time, date_from
    from analysis.site import site_of
    from app.rayhelper import Around, RayHelper
    from app.sunlit import cast_of, sun_light

    with opened(Path(path)) as (project, scene, _layer):
        site, cast = site_of(project), casters(project)
        receivers = on_surfaces(project, spacing_m=SPACING_M)
        begin = clock_time(site, date_from("2026-03-21"), "08:00")
        x, y, _ = scene.box.mean(axis=0).tolist()
        helper = RayHelper(Around(str(Path(path).absolute()), "", "", x, y, RADIUS_M), lambda: None)
        shadows = cast_of(helper, site, begin)
        starts = cast.rays.starts(receivers.points)
        scene.fit()
        scene.set_sun(sun_light(site, begin, shadows))
        rest_ms(scene)
        scene.moving = True
        frame_ms(scene)
        times, surfaces = [], []
        for move in range(MOVES):
            start = perf_counter()
            light = sun_light(site, begin + np.timedelta64(STEP_MINUTES * (move + 1), "m"), shadows)
            scene.set_sun(light)
            frame_ms(scene)
            times.append(milliseconds_since(start))
            start = perf_counter()
            cast.rays.blocked(starts, light.direction)
            surfaces.append(milliseconds_since(start))
        rest = rest_ms(scene)
        helper.end()
    return {"times": times, "rest": rest, "surfaces": surfaces, "points": len(receivers)}


def main() -> int:
    """Measure and print."""
    found = in_child(__spec__.name, "measured", city_project(BUILDINGS))
    times, surfaces = np.array(found["times"]), np.array(found["surfaces"])
    return show(
        Figure(
            f"new shadows after moving the time slider, {BUILDINGS:,} buildings in view",
            float(np.median(times)),
            NEW_SHADOW_MS,
            " ms",
            f"95 % within {np.percentile(times, 95):.0f} ms; at rest {found['rest']:.0f} ms more",
        ),
        Figure(
            f"the same on all their roofs and walls, a point every {SPACING_M:g} m",
            float(np.median(surfaces)),
            SURFACES_MS,
            " ms",
            f"{found['points']:,} points",
        ),
        times_ms=times.tolist(),
    )


if __name__ == "__main__":
    sys.exit(main())
