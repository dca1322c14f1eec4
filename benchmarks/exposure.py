"""From how much of a city one tower is seen, against as many viewsheds of GDAL as the tower has pieces.

The city is a generated one of 10,000 buildings, its highest building the tower. GDAL's viewshed (Debian
package gdal-bin) counts on a raster of the same ground at 1 m, from points at the tower: a few are timed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import Figure, environment, in_child, show
from benchmarks.project import city_project

if TYPE_CHECKING:
    from analysis.exposure import Inputs
    from layers.project import Project

BUILDINGS = int(os.environ.get("CITYSTRATA_EXPOSURE_BUILDINGS", "10000"))
#: Half the side of the square around the tower, and the distance of places in it: 100,000 and more.
HALF_M, SPACING_M = 900.0, 5.0
LEAST_PLACES, MOST_SECONDS, MOST_SHARE = 100_000, 20.0, 0.5
#: Viewsheds of GDAL that are timed, of cells of so many metres.
VIEWSHEDS, CELL_M = 5, 1.0
CRS = "EPSG:28992"


def tower_in(project: Project) -> tuple[int, np.ndarray[Any, np.dtype[np.float64]]]:
    """The fid of the highest building, and its box (2, 3)."""
    from layers.arrays import CityTiles

    layer = project.layers[0]
    city = project.drawable(layer)
    assert isinstance(city, CityTiles)
    boxes = np.asarray(city.entry_box)
    highest = int(np.argmax(boxes[:, 1, 2] - boxes[:, 0, 2]))
    return layer.first_fid + int(city.entry_object[highest]), boxes[highest]


def inputs_of(project: Project) -> Inputs:
    """The tower, seen from all open ground around it."""
    from analysis.exposure import Inputs

    fid, box = tower_in(project)
    x, y = box[:, :2].mean(axis=0).tolist()
    square = f"{x - HALF_M},{y - HALF_M},{x + HALF_M},{y + HALF_M}"
    return Inputs(target_fids=(fid,), box=square, spacing_m=SPACING_M)


def ours(path: str) -> dict[str, float]:
    """Run the analysis on a project, from opening it on; to be called in a process of its own."""
    from analysis import exposure
    from layers.project import Project

    start = perf_counter()
    with Project.open(Path(path), read_only=True) as project:
        result = exposure.run(project, inputs_of(project))
    seen = result.tables["areas"].numbers("seen_area_pct")
    return {**result.pedigree.numbers, "seconds": perf_counter() - start, "seen_pct": float(seen[0])}


def write_raster(path: str, file: str) -> dict[str, float]:
    """The heights of the square at 1 m as a GeoTIFF; gives the middle and the top of the tower."""
    import rasterio
    from rasterio.transform import from_origin

    from analysis.casters import casters
    from layers.project import Project

    with Project.open(Path(path), read_only=True) as project:
        cast = casters(project)
        _, box = tower_in(project)
    side = int(2 * HALF_M / CELL_M)
    x, y = box[:, :2].mean(axis=0).tolist()
    steps = (np.arange(side) + 0.5) * CELL_M
    east, north = np.meshgrid(x - HALF_M + steps, y + HALF_M - steps)
    top = float(cast.vertices[:, 2].max()) + 1.0
    above = np.column_stack((east.ravel(), north.ravel(), np.full(east.size, top)))
    triangle, away = cast.rays.first(above, np.array([0.0, 0.0, -1.0]))
    ground = float(np.median(cast.feet[:, 2]))
    heights = np.where(triangle >= 0, top - away, ground).reshape(side, side).astype(np.float32)
    corner = from_origin(x - HALF_M, y + HALF_M, CELL_M, CELL_M)
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        height=side,
        width=side,
        count=1,
        dtype="float32",
        crs=CRS,
        transform=corner,
    ) as raster:
        raster.write(heights, 1)
    return {"x": x, "y": y, "height_m": float(box[1, 2] - box[0, 2])}


def gdal_viewshed(path: str) -> float:
    """Seconds that GDAL takes for one viewshed from the tower, reading and writing included."""
    with tempfile.TemporaryDirectory() as folder:
        source = str(Path(folder, "heights.tif"))
        at = in_child(__spec__.name, "write_raster", path, source)
        start = perf_counter()
        for number in range(VIEWSHEDS):
            # From roofs: of points in facades a raster knows nothing.
            options = ["-ox", at["x"], "-oy", at["y"], "-oz", 1 + number, "-tz", 1.6, "-md", 2 * HALF_M]
            command = ["gdal_viewshed", "-q", *map(str, options), source, str(Path(folder, f"{number}.tif"))]
            subprocess.run(command, env=environment(), check=True, capture_output=True)
        return (perf_counter() - start) / VIEWSHEDS


def main() -> int:
    """Measure and print."""
    path = city_project(BUILDINGS)
    found = in_child(__spec__.name, "ours", path)
    seconds = found["seconds"]
    figures = [
        Figure("places", found["points"], LEAST_PLACES, at_least=True, note="open ground, one per 25 m²"),
        Figure(
            f"exposure of one tower in a city of {BUILDINGS:,} buildings",
            seconds,
            MOST_SECONDS,
            " s",
            note=f"{found['sights'] / 1e6:.0f} M pairs of places and pieces, {found['pieces']:.0f} pieces, "
            f"seen from {found['seen_pct']:.0f} %, from opening the project on",
        ),
    ]
    if shutil.which("gdal_viewshed"):
        one = gdal_viewshed(str(path))
        figures.append(
            Figure(
                "the same, as part of the time of a viewshed of GDAL per piece",
                seconds / (one * found["pieces"]),
                MOST_SHARE,
                note=f"{one:.2f} s for one of {(2 * HALF_M / CELL_M) ** 2 / 1e6:.1f} M cells of {CELL_M:g} m",
            )
        )
    else:
        print("      gdal_viewshed is not here (Debian: apt-get install gdal-bin)")
    return show(*figures)


if __name__ == "__main__":
    sys.exit(main())
