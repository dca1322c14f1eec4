"""Shadow and sky view factor on the surface model of Athens, against UMEP (Lindberg et al. 2018).

UMEP walks over the raster cell by cell towards each direction: k steps along the axis that the direction
is nearer to, the other coordinate rounded to a cell, the height there lowered by what the sun has risen.
Heights so stand at the middles of cells, and the surface between them that this method sees is the one of
triangles between those middles: the model that rays are cast at here. Blocks with upright sides would
stand half a cell nearer. What is left between the two is the rounding; the same walk, written anew below,
gives UMEP's rasters exactly, so that its share in the deviation is known.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.rays import Rays
from analysis.skyfactors import DIRECTIONS, sky_directions
from analysis.sun import directions
from layers.arrays import Float64
from tests.conftest import real
from tests.validation.record import record
from tests.validation.scenes import of_heights

FOLDER = "reference/solweig-golden"
UMEP = "results of UMEP, doi:10.1016/j.envsoft.2017.09.020, kept at https://github.com/UMEP-dev/solweig"
#: Rays start above the surface by this.
LIFT_M = 0.01
#: Rings of UMEP's sky: altitude, patches, azimuth of the first, upper edge (degrees).
RINGS = (
    (6, 31, 0, 12),
    (18, 30, 4, 24),
    (30, 28, 2, 36),
    (42, 24, 5, 48),
    (54, 19, 8, 60),
    (66, 13, 0, 72),
    (78, 7, 10, 84),
    (90, 1, 0, 90),
)


@pytest.fixture(scope="module")
def heights() -> Float64:
    return np.load(real(f"{FOLDER}/input_dsm.npy")).astype(float)


@pytest.fixture(scope="module")
def rays(heights: Float64) -> Rays:
    scene = of_heights(heights)
    return Rays(scene.vertices, scene.triangles)


@pytest.fixture(scope="module")
def points(heights: Float64) -> Float64:
    return of_heights(heights).vertices + np.array([0, 0, LIFT_M])


def walked(
    heights: Float64, cells: NDArray[np.int64], altitude_deg: float, azimuth_deg: float
) -> NDArray[np.bool_]:
    """Which cells are lit, by UMEP's walk over the raster."""
    toward = directions(np.array([azimuth_deg]), np.array([0.0]))[0]
    step = toward / np.abs(toward).max()
    rise = np.hypot(step[0], step[1]) * np.tan(np.radians(altitude_deg))
    rows, columns = heights.shape
    row, column = np.divmod(cells, columns)
    lit = np.ones(len(cells), bool)
    for k in range(1, min(max(heights.shape), int(np.ptp(heights) / rise) + 2)):
        there = (row - round(step[1] * k), column + round(step[0] * k))
        inside = (there[0] >= 0) & (there[0] < rows) & (there[1] >= 0) & (there[1] < columns)
        height = heights[there[0].clip(0, rows - 1), there[1].clip(0, columns - 1)]
        lit &= ~inside | (height - k * rise <= heights[row, column])
    return lit


def patches() -> tuple[Float64, Float64, Float64]:
    """Altitudes, azimuths and weights of UMEP's 153 directions."""
    altitudes, azimuths, weights, below = [], [], [], 0
    for altitude, count, first, above in RINGS:
        ring = np.sin(np.radians(above)) ** 2 - np.sin(np.radians(below)) ** 2
        for number in range(count):
            altitudes.append(altitude)
            azimuths.append((first + number * 360 / count) % 360)
            weights.append(ring / count)
        below = above
    return np.array(altitudes, float), np.array(azimuths), np.array(weights)


def test_shadow_at_noon(heights: Float64, rays: Rays, points: Float64) -> None:
    lit = ~rays.blocked(points, directions(np.array([180.0]), np.array([60.0]))[0])
    theirs = np.load(real(f"{FOLDER}/shadow_noon_bldg_sh.npy")).ravel() > 0.5
    assert (walked(heights, np.arange(heights.size), 60.0, 180.0) == theirs).all()
    record(
        "Shadow",
        "shadow over Athens, sun in the south at 60°, 160 000 cells",
        reference=UMEP,
        quantity="cells that differ",
        found=100 * float((lit != theirs).mean()),
        tolerance=0.05,
        unit="%",
        note=f"{(lit != theirs).sum()} cells, all beside an edge of the shadow",
    )
    edge = beside_an_edge(theirs.reshape(heights.shape)).ravel()
    assert not (lit != theirs)[~edge].any()


def beside_an_edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    found = np.zeros_like(mask)
    for part, whole in ((found, mask), (found.T, mask.T)):
        differs = whole[1:] != whole[:-1]
        part[1:] |= differs
        part[:-1] |= differs
    return found


def test_sky_view_factor(heights: Float64, rays: Rays, points: Float64) -> None:
    theirs = np.load(real(f"{FOLDER}/svf_total.npy")).ravel()
    cells = np.arange(0, heights.size, 83)
    altitudes, azimuths, weights = patches()
    walk, cast = np.zeros(len(cells)), np.zeros(len(cells))
    for altitude, azimuth, weight in zip(altitudes, azimuths, weights, strict=True):
        walk += weight * walked(heights, cells, altitude, azimuth)
        toward = directions(np.array([azimuth]), np.array([altitude]))[0]
        cast += weight * ~rays.blocked(points[cells], toward)
    assert np.abs(walk - theirs[cells]).max() < 1e-5  # the walk is UMEP's
    fine = np.zeros(len(cells))
    sky = sky_directions()
    for toward in sky:
        fine += toward[2] * ~rays.blocked(points[cells], toward)
    fine /= sky[:, 2].sum()
    rounding = cast - walk
    off = fine - theirs[cells]
    median, most = np.percentile(np.abs(off), (50, 95))
    record(
        "Sky view",
        f"sky view factor of the surface of Athens, {len(cells)} of 160 000 cells",
        reference=UMEP,
        quantity="mean deviation",
        found=float(off.mean()),
        tolerance=0.005,
        note=f"half of all cells within {median:.4f}, 95 % within {most:.3f}, r² "
        f"{np.corrcoef(fine, theirs[cells])[0, 1] ** 2:.4f}",
    )
    record(
        "Sky view",
        "sky view factor of Athens, cell by cell",
        reference=UMEP,
        quantity="root mean square deviation",
        found=rms(off),
        tolerance=0.005,
        allowed=0.025,
        because="UMEP rounds the way to each of its 153 directions to whole cells: the same walk over the "
        "raster gives its numbers to 1e-5, and rays in the same 153 directions differ from it by "
        f"{rms(rounding):.4f}; taking {DIRECTIONS} directions instead of 153 adds {rms(fine - cast):.4f}",
    )


def rms(values: Float64) -> float:
    return float(np.sqrt(np.mean(values**2)))
