"""A scan of half a billion points: decoded, indexed, flown over; and the first picture of a COPC file.

Decoding has bare lazrs as its peer, which decompresses the same tile on all cores and does no more;
frames have the plain VTK scene of 150 000 triangles.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.cloud import cloud_folder
from benchmarks.drawing import milliseconds_since, points_drawn
from benchmarks.figure import PICTURE, POINTS, Figure, fastest, in_child, real_data, show
from benchmarks.million import yardstick_ms
from benchmarks.project import city_project, import_anew, project_beside, timed_import

if TYPE_CHECKING:
    from layers.pointfiles import Stretch

RATE, INDEX_MB, DRAWN_MB = 1e6, 2000, 2000
DECODE_SHARE = 0.9
DECODED = 20_000_000  # points of the tile that is only decoded
AT_ONCE = 1_000_000
COPC_MS = 150
COPC_CRS = "EPSG:32613"  # the file names one that nobody knows
COPC = Path("pointcloud", "pdal", "lone-star.copc.laz")


def decode_ours(path: str) -> float:
    """Seconds until every point of a tile is there as columns, one process per core."""
    from layers.data import ReadOptions
    from layers.formats import las
    from layers.pointfiles import PointFiles

    source = las.read(Path(path), ReadOptions())[0].points
    assert isinstance(source, PointFiles)
    stretches = source.files[0].stretches
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(_ready, range(cores)))
        start = perf_counter()
        count = sum(pool.map(_decode, stretches))
        elapsed = perf_counter() - start
    assert count == source.points
    return elapsed


def _ready(_number: int) -> None:
    from layers.formats import _las_points

    assert _las_points


def _decode(stretch: Stretch) -> int:
    return sum(len(block.stored) for block in stretch.decoded())


def decode_lazrs(path: str) -> float:
    """Seconds that lazrs needs to decompress the tile on all cores."""
    import laspy  # type: ignore[import-untyped]  # it has no types

    start = perf_counter()
    with laspy.open(path, laz_backend=laspy.LazBackend.LazrsParallel) as reader:
        count = sum(len(block) for block in reader.chunk_iterator(AT_ONCE))
    assert count == reader.header.point_count
    return perf_counter() - start


def first_picture_ms(path: str) -> list[float]:
    """From asking for a COPC file's points to a picture that shows some, in a window that is open."""
    from layers.project import Project
    from viewer.scene import Scene, prepare

    times = []
    for _ in range(6):
        with Project.open(Path(path)) as project:
            scene, layer = Scene(project, PICTURE), project.layers[0]
            scene.frame()
            start = perf_counter()
            with project.reader() as reader:
                scene.add(prepare(layer, reader.drawable(layer), project.place, reader))
            scene.frame()
            while not points_drawn(scene):
                scene.frame()
            times.append(milliseconds_since(start))
            scene.close()
    return times[1:]  # the first one loads the libraries and starts the decoder


def main() -> int:
    """Measure and print."""
    tile = next(cloud_folder(min(DECODED, POINTS)).glob("*.laz"))
    decoded = fastest({f: partial(in_child, __spec__.name, f, tile) for f in ("decode_ours", "decode_lazrs")})
    folder = cloud_folder(POINTS)
    cost = import_anew(folder)
    yard_ms = median(yardstick_ms(city_project(10_000)))
    answer: dict[str, Any] = in_child("benchmarks.drawing", "measured", project_beside(folder))
    with tempfile.TemporaryDirectory() as name:
        copc = Path(name, "copc.city.gpkg")
        timed_import(str(real_data(COPC)), str(copc), COPC_CRS)
        copc_ms = median(in_child(__spec__.name, "first_picture_ms", copc))
    rate, cores = POINTS / cost["seconds"], os.cpu_count()
    figures = [
        Figure(
            "decoding LAZ to columns / bare lazrs",
            decoded["decode_lazrs"] / decoded["decode_ours"],
            DECODE_SHARE,
            " ×",
            f"{min(DECODED, POINTS) / decoded['decode_ours'] / 1e6:.2f} M points per second on {cores} cores",
            at_least=True,
        ),
        Figure(
            f"indexing {POINTS:,} points, points per second",
            rate,
            RATE,
            note=f"{cost['seconds']:.0f} s on {cores} cores",
            at_least=True,
        ),
        Figure(f"peak memory while indexing {POINTS:,} points", cost["peak_mb"], INDEX_MB, " MB"),
    ]
    for station, seen in answer["stations"].items():
        times = np.array(seen["frames_ms"])
        usual, slow = float(np.median(times)), float(np.percentile(times, 95))
        figures += [
            Figure(
                f"orbit around {station}, {POINTS:,} points: median frame / yardstick",
                usual / yard_ms,
                1,
                " ×",
                f"{usual:.0f} ms, yardstick {yard_ms:.0f} ms; {seen['moving_points']:,} points in motion,"
                f" {seen['points']:,} at rest after {seen['rest_ms']:.0f} ms",
            ),
            Figure("… 95th percentile / yardstick's median", slow / yard_ms, 2, " ×", f"{slow:.0f} ms"),
        ]
    return show(
        *figures,
        Figure(f"memory with {POINTS:,} points, after flying", answer["peak_mb"], DRAWN_MB, " MB"),
        Figure("from asking for a COPC file to its first picture", copc_ms, COPC_MS, " ms"),
        frames_ms={name: seen["frames_ms"] for name, seen in answer["stations"].items()},
    )


if __name__ == "__main__":
    sys.exit(main())
