"""A raster of the generated city, and those who count sun and sky on it: GRASS r.sun, solweig, and we."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.city import MIDDLE, ground_m
from benchmarks.figure import environment

#: Cells of one metre along each side of the raster, and days of the year.
SIDE, DAY = 700, 80
CRS = "EPSG:28992"
#: Points of ours that stand for all cells: rates per point are compared.
SOME_CELLS = 200_000


def has_grass() -> bool:
    """Whether GRASS is there."""
    return shutil.which("grass") is not None


def write_raster(project_path: str, folder: str) -> None:
    """The heights of the middle of the city as heights.npy and heights.tif."""
    import rasterio
    from rasterio.transform import from_origin

    from analysis.casters import casters
    from layers.project import Project

    with Project.open(Path(project_path), read_only=True) as project:
        rays = casters(project).rays
    steps = np.arange(SIDE) + 0.5 - SIDE / 2
    east, north = np.meshgrid(steps, -steps)
    places = np.column_stack((east.ravel(), north.ravel()))
    above = np.column_stack((places + MIDDLE[:2], np.full(len(places), 1_000.0)))
    triangle, distance = rays.first(above, np.array([0.0, 0.0, -1.0]))
    heights = np.where(triangle >= 0, 1_000.0 - distance, ground_m(places)).reshape(SIDE, SIDE)
    np.save(Path(folder, "heights.npy"), heights.astype(np.float32))
    corner = from_origin(MIDDLE[0] - SIDE / 2, MIDDLE[1] + SIDE / 2, 1.0, 1.0)
    with rasterio.open(
        Path(folder, "heights.tif"), "w", driver="GTiff", height=SIDE, width=SIDE, count=1, dtype="float32",
        crs=CRS, transform=corner,
    ) as file:  # fmt: skip
        file.write(heights.astype(np.float32), 1)


def r_sun_cell_hours(folder: str) -> float:
    """Cell-hours per second of r.sun on a day in steps of one hour; only hours with sun count."""
    from analysis.site import site_at
    from analysis.sun import sun_at

    command = (
        f"r.in.gdal -o --quiet input={folder}/heights.tif output=heights && g.region raster=heights && "
        "r.slope.aspect --quiet elevation=heights slope=slope aspect=aspect && date +%s.%N && "
        f"r.sun --quiet elevation=heights slope=slope aspect=aspect day={DAY} step=1 "
        "beam_rad=beam diff_rad=diffuse && date +%s.%N"
    )
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            ["grass", "--tmp-location", CRS, "--exec", "bash", "-c", command],
            env={**environment(), "HOME": home},
            capture_output=True,
            text=True,
            check=False,
        )
    times = [float(line) for line in done.stdout.split() if line.replace(".", "").isdigit()]
    if done.returncode or len(times) < 2:
        raise RuntimeError(f"r.sun failed:\n{done.stdout}\n{done.stderr}")
    hours = np.datetime64("2025-01-01T00:30", "ms") + np.timedelta64(DAY - 1, "D")
    sun = sun_at(site_at(5.387, 52.155), hours + np.arange(24) * np.timedelta64(1, "h"))
    return SIDE * SIDE * int(sun.up.sum()) / (times[-1] - times[-2])


def solweig_points(folder: str) -> float:
    """Sky view factors per second of solweig on the processor, of a cell each."""
    from solweig.rustalgos import shadowing, skyview

    shadowing.disable_gpu()
    heights = np.load(Path(folder, "heights.npy"))
    none = np.zeros_like(heights)
    start = perf_counter()
    skyview.SkyviewRunner().calculate_svf(
        heights, none, none, 1.0, False, float(heights.max() - heights.min()), 2, 3.0
    )
    return heights.size / (perf_counter() - start)


def our_points(project_path: str, folder: str) -> float:
    """Sky view factors per second of ours, at the same cells against the city itself, by 145 patches."""
    from analysis.casters import casters
    from analysis.fineness import Fineness
    from analysis.irradiation import Irradiation, Spots
    from analysis.light import Light
    from analysis.perez import SkyLight
    from layers.project import Project

    heights = np.load(Path(folder, "heights.npy")).astype(np.float64)
    rows, columns = np.divmod(np.arange(SOME_CELLS) + (heights.size - SOME_CELLS) // 2, SIDE)
    east, north = columns + 0.5 - SIDE / 2, SIDE / 2 - rows - 0.5
    points = np.column_stack((east + MIDDLE[0], north + MIDDLE[1], heights[rows, columns] + 0.01))
    up = np.array([(0.0, 0.0, 1.0)])
    one, none = np.ones(1), np.zeros(1)
    even = Light(up, none, SkyLight(one / np.pi, none, none), None, np.zeros(1, np.int64), np.ones(1, bool))
    with Project.open(Path(project_path), read_only=True) as project:
        found = casters(project)
    whole = Irradiation(found, even, Fineness(0))
    assert found.rays and len(whole.lines) == 145
    start = perf_counter()
    whole.on(Spots(points, np.zeros(len(points), np.int64), up))
    return len(points) / (perf_counter() - start)
