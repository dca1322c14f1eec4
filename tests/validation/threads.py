"""Counts sky views and irradiation with some threads and prints their bytes' hash: see test_repeatability.

python -m tests.validation.threads NUMBER
"""

from __future__ import annotations

import hashlib
import os
import sys

import numpy as np

from analysis.casters import Casters
from analysis.irradiation import Irradiation, Spots
from analysis.light import light_of
from analysis.site import site_at
from analysis.skyfactors import sky_factors
from tests.validation import quarter

POINTS = 40_000


def main(threads: int) -> None:
    """Print one hash per quantity."""
    os.cpu_count = lambda: threads
    scene, _ = quarter.scene()
    casters = Casters.of(scene.vertices, scene.triangles)
    random = np.random.default_rng(1)
    points = random.uniform((-60, -60, 0.01), (60, 60, 20), (POINTS, 3))
    normals = random.normal(size=(50, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    row = np.arange(POINTS) % len(normals)
    few = slice(2_000)
    seen = sky_factors(casters, points[few], normals[row][few], 500)
    light = light_of(
        site_at(4.9, 52.4),
        np.arange(
            np.datetime64("2025-03-01T00:30", "ms"), np.datetime64("2025-03-11"), np.timedelta64(1, "h")
        ),
        random.uniform(0, 800, 240),
        random.uniform(1, 300, 240),
        np.arange(240) // 24,
        np.ones(10, bool),
    )
    got = Irradiation(casters, light).on(Spots(points, row, normals))
    for values in (seen.sky_view, seen.sky_component, got.direct, got.diffuse):
        print(hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest())


if __name__ == "__main__":
    main(int(sys.argv[1]))
