"""Irradiation of a generated city, hourly over a year, against GRASS r.sun, solweig and rays to every hour.

Buildings per second with one reflection and a point per 4 m², how that grows, how much memory it takes, how
far binned positions of the sun are from exact ones. r.sun (Debian package grass-core) counts one day in
hourly steps on a raster of the same city at 1 m, solweig its sky view factors.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks import solarpeers
from benchmarks.figure import Figure, fastest, in_child, show
from benchmarks.memory import watched
from benchmarks.project import city_project

BUILDINGS = int(os.environ.get("CITYSTRATA_SOLAR_BUILDINGS", "10000"))
#: Receivers at which modes are held against rays to every hour.
SAMPLE = 4_000
LEAST_POINTS, LEAST_RATE, MOST_GROWTH, MOST_GB = 500_000, 250.0, 11.0, 3.0
MOST_RAYS, MOST_RMSE, MOST_EXACT_RMSE = 110.0, 1.25, 0.2
LEAST_R_SUN, LEAST_SOLWEIG = 20.0, 1.4


def whole_city(path: str) -> dict[str, float]:
    """Run the analysis on a project; to be called in a process of its own."""
    from analysis import solar
    from layers.project import Project

    with watched() as memory, Project.open(Path(path), read_only=True) as project:
        start = perf_counter()
        result = solar.run(project, solar.Inputs(spacing_m=2.0, bounces=1))
        seconds = perf_counter() - start
    return {**result.pedigree.numbers, **memory, "seconds": seconds}


def accuracy(path: str) -> dict[str, float]:
    """Direct irradiation of some receivers, in both modes, against a ray and a cosine for every hour."""
    from analysis import solar
    from analysis.casters import casters
    from analysis.clearsky import clear_sky
    from analysis.fineness import BINNED
    from analysis.irradiation import Irradiation, Spots
    from analysis.light import light_by_month
    from analysis.site import site_of
    from analysis.survey import receivers_of
    from layers.project import Project

    with Project.open(Path(path), read_only=True) as project:
        city, site = casters(project), site_of(project)
        receivers = receivers_of(project, solar.Inputs(spacing_m=2.0))
    some = np.linspace(0, len(receivers) - 1, SAMPLE).astype(np.int64)
    spots = Spots(receivers.points[some], receivers.row[some].astype(np.int64), receivers.row_normal)
    light = light_by_month(site, clear_sky(site, 2025))
    normals, judge = receivers.normals[some], np.zeros(SAMPLE)
    for way, energy in zip(light.sun, light.beam, strict=True):
        cosine = normals @ way
        facing = np.flatnonzero(cosine > 0)
        lit = facing[~city.rays.blocked(spots.points[facing], way)]
        judge[lit] += cosine[lit] * energy
    found: dict[str, float] = {}
    for name, bins in (("binned", BINNED.sun_bins), ("exact", 0)):
        whole = Irradiation(city, light, replace(BINNED, sun_bins=bins))
        off = whole.on(spots).direct.sum(axis=1) - judge
        found[f"{name}_rmse"] = 100 * float(np.sqrt(np.mean(off**2)) / judge.mean())
        found[f"{name}_rays"] = float((normals @ whole.lines.directions[:bins].T > 0).sum(axis=1).mean())
    return found


def main() -> int:
    """Measure and print."""
    path, tenth = city_project(BUILDINGS), city_project(BUILDINGS // 10)
    runs = {"small": in_child(__spec__.name, "whole_city", tenth)}
    runs["whole"] = in_child(__spec__.name, "whole_city", path)
    modes = in_child(__spec__.name, "accuracy", path)
    whole, rate = runs["whole"], BUILDINGS / runs["whole"]["seconds"]
    cell_hours = whole["points"] * whole["hours_with_light"] / whole["seconds"]
    figures = [
        Figure("receivers", whole["points"], LEAST_POINTS, at_least=True, note="one per 4 m²"),
        Figure(
            f"irradiation of {BUILDINGS:,} buildings, buildings per second",
            rate,
            LEAST_RATE,
            at_least=True,
            note=f"{whole['rays'] / 1e6:.0f} M rays, {whole['seconds']:.1f} s, all from the project on",
        ),
        Figure("time for ten times the buildings", whole["seconds"] / runs["small"]["seconds"], MOST_GROWTH),
        Figure("memory", whole["peak_mb"] / 1000, MOST_GB, " GB"),
        Figure("rays per point to the sun's path", modes["binned_rays"], MOST_RAYS),
        Figure("direct irradiation against every hour, RMSE", modes["binned_rmse"], MOST_RMSE, " %"),
        Figure("the same in exact mode", modes["exact_rmse"], MOST_EXACT_RMSE, " %"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        in_child(solarpeers.__name__, "write_raster", path, folder)
        rates = {
            "solweig": partial(in_child, solarpeers.__name__, "solweig_points", folder),
            "ours": partial(in_child, solarpeers.__name__, "our_points", path, folder),
        }
        slowness = fastest({name: lambda ask=ask: 1 / ask() for name, ask in rates.items()}, rounds=2)
        figures.append(
            Figure(
                "sky view factors per second, × solweig",
                slowness["solweig"] / slowness["ours"],
                LEAST_SOLWEIG,
                at_least=True,
                note=f"{1 / slowness['ours']:,.0f} points/s by 145 patches, it by 153",
            )
        )
        if solarpeers.has_grass():
            r_sun = in_child(solarpeers.__name__, "r_sun_cell_hours", folder)
            rays = whole["rays"] / whole["seconds"]
            figures.append(
                Figure(
                    "cell-hours per second, × r.sun",
                    cell_hours / r_sun,
                    LEAST_R_SUN,
                    at_least=True,
                    note=f"{cell_hours / 1e6:.3g} M, by {rays / 1e6:.3g} M rays, against {r_sun / 1e6:.3g} M",
                )
            )
        else:
            print("      r.sun is not here (Debian: apt-get install grass-core)")
    return show(*figures)


if __name__ == "__main__":
    sys.exit(main())
