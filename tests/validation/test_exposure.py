"""How much of an object is seen: against closed forms, and against far more lines of sight."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.exposure import error_share
from analysis.obstacles import Casters
from analysis.rays import Rays
from analysis.sight.appearance import Appearance, appearance
from analysis.sight.patches import PIECES, Patches, patches_of
from analysis.sight.sights import Bend, Sights
from layers.arrays import Float64
from layers.runs import Int64
from tests.analysis.test_shadow import box
from tests.validation.record import record

SECTION = "Isovists and exposure"
OOSTEROM = "Van Oosterom & Strackee 1983, doi:10.1109/TBME.1983.325207"
RECTANGLE = "solid angle of a rectangle above its corner: arcsin(ab / √(a² + d²) / √(b² + d²))"
EYE_M = 1.6
TOWER = box((-10.0, 0.0, 0.0), (10.0, 20.0, 60.0))


def city_of(target: Float64, *others: Float64) -> tuple[Casters, Casters, Int64]:
    """All that stands, and the target alone; the target's triangles are of object 0."""
    corners = np.concatenate((target, *others))
    fid = np.repeat(np.arange(1 + len(others)), [len(part) for part in (target, *others)])
    triangles = np.arange(3 * len(corners), dtype=np.int32).reshape(-1, 3)
    whole = Casters.of(corners.reshape(-1, 3), triangles, fid)
    alone = Casters.of(target.reshape(-1, 3), triangles[: len(target)], fid[: len(target)])
    return whole, alone, fid


def seen_from(
    whole: Casters, alone: Casters, target: Float64, eyes: Float64, pieces: int = PIECES
) -> tuple[Appearance, Patches]:
    patches = patches_of(target, np.zeros(len(target), np.int64), pieces)
    return appearance(Sights(whole), alone, patches, eyes, np.ones(len(eyes))), patches


def corner_sr(wide: Float64, tall: Float64, away: Float64) -> Float64:
    """Solid angle of rectangles seen from before a corner."""
    found: Float64 = np.arcsin(wide * tall / np.hypot(wide, away) / np.hypot(tall, away))
    return found


def front_sr(low: Float64, high: float, away: Float64) -> Float64:
    """Solid angle of the tower's front between two heights, from before its middle."""
    wide = np.full(len(away), 10.0)
    parts = [np.sign(z) * corner_sr(wide, np.abs(z), away) for z in (high - EYE_M, low - EYE_M)]
    found: Float64 = 2 * (parts[0] - parts[1])
    return found


def test_a_tower_alone_looks_as_large_as_the_closed_form_says() -> None:
    away = np.array([1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0])
    eyes = np.column_stack((np.zeros(7), -away, np.full(7, EYE_M)))
    whole, alone, _ = city_of(TOWER)
    seen, patches = seen_from(whole, alone, TOWER, eyes)
    closed = front_sr(np.zeros(7), 60.0, away)
    record(
        SECTION,
        "solid angle of a tower of 20 by 60 m that nothing hides, from 1 m to 1 km away",
        reference=f"{RECTANGLE}; {OOSTEROM}",
        quantity="largest deviation",
        found=float(np.abs(100 * (seen.seen_sr / closed - 1)).max()),
        tolerance=0.5,
        unit="%",
        note=f"{len(patches)} pieces",
    )
    assert seen.share == pytest.approx(1.0) and seen.height_m == pytest.approx(60.0)


def test_a_wall_hides_what_the_closed_form_says() -> None:
    away = np.linspace(60.0, 400.0, 35)
    eyes = np.column_stack((np.zeros(35), -away, np.full(35, EYE_M)))
    wall_m, wall_at_m = 15.0, 50.0
    wall = box((-500.0, -wall_at_m, 0.0), (500.0, -wall_at_m + 0.3, wall_m))
    whole, alone, _ = city_of(TOWER, wall)
    # Past the upper edge of the wall that is nearer to the tower, or to the eye: the steeper one.
    edges = np.array([wall_at_m, wall_at_m - 0.3])
    hidden = EYE_M + ((wall_m - EYE_M) / (away[:, None] - edges)).max(axis=1) * away
    hidden = np.minimum(hidden, 60.0)
    seen, patches = seen_from(whole, alone, TOWER, eyes)
    record(
        SECTION,
        "height of a tower of 60 m seen above a wall of 15 m",
        reference="similar triangles",
        quantity="largest deviation, 35 distances",
        found=float(np.abs(seen.height_m - (60.0 - hidden)).max()),
        tolerance=patches.level_m,
        unit="m",
        note=f"{len(patches)} pieces in slices of {patches.level_m:.2f} m",
    )
    share = front_sr(hidden, 60.0, away) / front_sr(np.zeros(35), 60.0, away)
    record(
        SECTION,
        "share of that tower that is seen",
        reference=RECTANGLE,
        quantity="largest deviation, 35 distances",
        found=float(100 * np.abs(seen.share - share).max()),
        tolerance=100 * error_share(len(patches)),
        unit="% of the tower",
    )


def test_the_curve_of_the_earth_hides_the_foot_of_a_far_tower() -> None:
    away, bend = 30_000.0, Bend(0.13, off_curve_m=0.05)
    sea = box((-5e3, -40e3, -1.0), (5e3, 40e3, 0.0))
    whole, alone, _ = city_of(TOWER, sea)
    patches = patches_of(TOWER, np.zeros(len(TOWER), np.int64), 2000)
    eye = np.array([[0.0, -away, EYE_M]])
    seen = appearance(Sights(whole, bend=bend), alone, patches, eye, np.ones(1))
    to_horizon = np.sqrt(EYE_M / bend.per_m2)
    hidden = bend.per_m2 * (away - to_horizon) ** 2
    record(
        SECTION,
        "height of a tower at 30 km that shows above the horizon of the sea",
        reference="(1 − k) d² / 2R beyond the horizon, k = 0.13",
        quantity="deviation",
        found=float(seen.height_m[0] - (60.0 - hidden)),
        tolerance=patches.level_m,
        unit="m",
        note=f"{hidden:.1f} m are hidden; slices of {patches.level_m:.2f} m",
    )


def houses(count: int, seed: int) -> list[Float64]:
    """Boxes and sheds of all sizes around the tower, none over it."""
    random = np.random.default_rng(seed)
    found: list[Float64] = []
    while len(found) < count:
        x, y = random.uniform(-250, 250, 2)
        wide, deep, tall = random.uniform((6, 6, 3), (25, 20, 28))
        if max(abs(x), abs(y - 10)) > 40:
            found.append(box((x, y, 0.0), (x + wide, y + deep, tall)))
    return found


def by_brute_force(whole: Casters, target: Float64, eye: Float64, rays: int) -> tuple[float, float]:
    """Solid angles of object 0, past all that stands and alone, by rays evenly over a cone."""
    ways = target.reshape(-1, 3) - eye
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    axis = ways.mean(axis=0)
    axis /= np.linalg.norm(axis)
    lowest = float((ways @ axis).min()) - 1e-6
    number = np.arange(rays) + 0.5
    up, turn = 1 - number / rays * (1 - lowest), number * np.pi * (3 - np.sqrt(5))
    side = np.cross(axis, (0.0, 0.0, 1.0))
    side /= np.linalg.norm(side)
    level = np.sqrt(1 - up**2)
    around = np.outer(np.cos(turn) * level, side) + np.outer(np.sin(turn) * level, np.cross(axis, side))
    directions = np.outer(up, axis) + around
    cone = 2 * np.pi * (1 - lowest)
    starts = np.tile(eye, (rays, 1))
    triangle, _ = whole.rays.first(starts, directions)
    alone = Rays(target.reshape(-1, 3), np.arange(3 * len(target), dtype=np.int32).reshape(-1, 3))
    met = (triangle >= 0) & (whole.fid[triangle] == 0)
    return cone * float(met.mean()), cone * float(alone.blocked(starts, directions).mean())


@pytest.mark.parametrize("shape", ["tower", "court"])
def test_shares_among_houses_are_those_of_far_more_lines_of_sight(shape: str) -> None:
    target = TOWER
    if shape == "court":  # an L with a lower wing: it hides parts of itself
        target = np.concatenate(
            (box((-20.0, -5.0, 0.0), (0.0, 25.0, 35.0)), box((0.0, -5.0, 0.0), (25.0, 8.0, 14.0)))
        )
    whole, alone, _ = city_of(target, *houses(160, 5))
    random = np.random.default_rng(8)
    places = np.column_stack((random.uniform(-300, 300, (400, 2)), np.full(400, EYE_M)))
    outside = ~whole.inside(places) & (np.abs(places[:, :2] - (0, 10)).max(axis=1) > 40)
    eyes = places[outside][:150]
    seen, patches = seen_from(whole, alone, target, eyes)
    brute = np.array([by_brute_force(whole, target, eye, 100 * 200) for eye in eyes])
    share = brute[:, 0] / brute[:, 1]
    off = seen.share - share
    exposed = share > 0
    what = {"tower": "a tower", "court": "an L-shaped block, which hides parts of itself,"}[shape]
    record(
        SECTION,
        f"share of {what} that is seen among 160 houses, mean over all places",
        reference="rays evenly over the cone around it, 100 times as many",
        quantity="deviation of the mean",
        found=float(100 * off.mean()),
        tolerance=1.0,
        unit="% of the object",
        note=f"{len(patches)} pieces, {exposed.sum()} of {len(eyes)} places see something",
    )
    record(
        SECTION,
        f"share of {what} that is seen from a place",
        reference="rays evenly over the cone around it, 100 times as many",
        quantity="deviation at 19 of 20 places that see something",
        found=float(100 * np.percentile(np.abs(off[exposed]), 95)),
        tolerance=100 * error_share(len(patches)),
        unit="% of the object",
        note="what is promised",
    )
    assert np.percentile(np.abs(seen.alone_sr / brute[:, 1] - 1), 95) < error_share(len(patches))
