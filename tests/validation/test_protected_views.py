"""Protected views and skylines against closed forms, and against lines of sight."""

from __future__ import annotations

import numpy as np

from analysis.casters import Casters
from analysis.sight.corridor import Corridor, highest, inside
from analysis.sight.sights import EARTH_RADIUS_M, STRAIGHT, Bend, Sights
from analysis.sight.skyline import envelopes
from layers.arrays import Float64, Int32
from tests.analysis.scenes import FAR, gabled_houses
from tests.validation.record import record

SECTION = "Protected views"
CLOSED_FORM = "closed form"
EYE = FAR + np.array((0.0, 0.0, 1.6))


def towards(azimuth_deg: float, distance_m: float, threshold_up_m: float, bend: Bend) -> Corridor:
    """A corridor 2° wide to a height above the eye."""
    turn, side = np.radians(azimuth_deg), float(np.tan(np.radians(1.0)))
    axis = np.array((np.sin(turn), np.cos(turn)))
    height = float(EYE[2]) + threshold_up_m
    return Corridor(EYE, axis, side, -side, distance_m, height, distance_m, bend)


def slab(look: Corridor, near: float, far: float, low: float, high: float) -> tuple[Float64, Int32]:
    """A roof across a corridor that rises from its near to its far edge, heights above the eye."""
    corners = [(near, -500.0, low), (near, 500.0, low), (far, 500.0, high), (far, -500.0, high)]
    return look.world(np.array(corners)), np.array([(0, 1, 2), (0, 2, 3)], np.int32)


def test_how_far_roofs_rise_above_the_threshold_surface() -> None:
    random = np.random.default_rng(11)
    worst, count = 0.0, 400
    for _ in range(count):
        distance = random.uniform(500, 20_000)
        bend = Bend(random.uniform(0, 0.3))
        look = towards(random.uniform(0, 360), distance, random.uniform(-20, 120), bend)
        near = random.uniform(0.1, 0.8) * distance
        far = near + random.uniform(5, 60)
        low, high = random.uniform(0, 90, 2)
        above, _ = highest(look, inside(look, *slab(look, near, far, low, high)))
        rise = (
            look.threshold_z - EYE[2] - (1 - bend.refraction) / (2 * EARTH_RADIUS_M) * distance**2
        ) / distance
        curve = (1 - bend.refraction) / (2 * EARTH_RADIUS_M)
        ends = [up - rise * along - curve * along**2 for along, up in ((near, low), (far, high))]
        worst = max(worst, abs(above.max() - max(ends)))
    record(
        SECTION,
        "height of roofs above the threshold surface of a corridor, 0.5 to 20 km long, over a round Earth",
        reference=CLOSED_FORM,
        quantity="largest difference",
        found=worst,
        tolerance=0.001,
        unit="m",
        note=f"{count} corridors",
    )


def test_what_just_touches_the_threshold_surface_just_touches_the_line_of_sight() -> None:
    random = np.random.default_rng(12)
    wrong, count = 0, 200
    for _ in range(count):
        look = towards(random.uniform(0, 360), random.uniform(500, 8000), random.uniform(5, 100), Bend())
        along = random.uniform(0.2, 0.8) * look.distance_m
        allowed = float(look.threshold_up(np.array(along), np.array(0.0)))
        end = look.world(np.array((look.distance_m, 0.0, look.threshold_z - EYE[2])))
        for shift, is_free in ((-0.005, True), (0.005, False)):
            top = allowed + shift
            corners = [(along, -30, -50), (along, 30, -50), (along, 30, top), (along, -30, top)]
            cast = Casters.of(look.world(np.array(corners, np.float64)), np.array([(0, 1, 2), (0, 2, 3)]))
            wrong += bool(Sights(cast, bend=look.bend).free(EYE, end[None])[0]) != is_free
    record(
        SECTION,
        "walls 5 mm above and below the threshold surface block lines of sight to its end or do not",
        reference="rays along the curved line of sight",
        quantity="wrong ones",
        found=wrong / (2 * count),
        tolerance=0.0,
        note=f"{2 * count} walls, corridors up to 8 km",
    )


def test_altitudes_of_skylines() -> None:
    random = np.random.default_rng(13)
    worst = 0.0
    for _ in range(50):
        distance, top = random.uniform(20, 20_000), random.uniform(1, 300)
        bend = Bend(random.uniform(0, 0.3))
        look = towards(random.uniform(20, 340), distance, 0.0, bend)
        vertices, triangles = slab(look, distance, distance, -5.0, top)
        vertices[2:, 2], vertices[:2, 2] = EYE[2] + top, EYE[2] - 5.0
        middle = float(np.degrees(np.arctan2(*look.axis)))
        azimuth = middle + np.linspace(-1, 1, 101)
        found, _ = envelopes(vertices, triangles, np.arange(2), EYE, azimuth, bend)
        turn = np.radians(azimuth - middle)
        away = distance / np.cos(turn)
        expected = np.arctan(top / away - (1 - bend.refraction) / (2 * EARTH_RADIUS_M) * away)
        is_on = np.abs(distance * np.tan(turn)) < 499
        worst = max(worst, float(np.abs(np.arctan(found.tangent) - expected)[is_on].max()))
    record(
        SECTION,
        "altitude of the upper edges of walls, 20 m to 20 km away, in the skyline",
        reference=CLOSED_FORM,
        quantity="largest difference",
        found=worst,
        tolerance=1e-6,
        unit="rad",
        note="50 walls in 101 directions each",
    )


def test_skylines_among_houses_against_rays() -> None:
    vertices, triangles = gabled_houses(400)
    cast = Casters.of(vertices, triangles)
    random = np.random.default_rng(14)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    azimuth = np.linspace(0.01, 359.9, 3000)
    turn = np.radians(azimuth)
    agree, asked = 0, 0
    for _ in range(5):
        eye = np.array((*random.uniform(low[:2], high[:2]), high[2] + random.uniform(-4, 8)))
        if cast.inside(eye[None])[0]:
            continue
        found, _ = envelopes(cast.vertices, cast.triangles, np.arange(len(triangles)), eye, azimuth, STRAIGHT)
        known = np.flatnonzero(found.triangle >= 0)
        for shift, is_free in ((1e-4, True), (-1e-4, False)):
            rise = np.tan(np.arctan(found.tangent[known]) + shift)
            ways = np.column_stack((np.sin(turn[known]), np.cos(turn[known]), rise))
            seen = Sights(cast).free(eye, eye + ways * 3000.0)
            agree, asked = agree + int((seen == is_free).sum()), asked + len(known)
    record(
        SECTION,
        "lines of sight 0.1 mrad above the skyline among houses are free, those below it are blocked",
        reference="rays against all triangles",
        quantity="share that agree",
        found=100 * agree / asked,
        tolerance=99.9,
        unit="%",
        at_least=True,
        note=f"{asked} lines of sight among 400 houses",
    )
