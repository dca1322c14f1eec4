"""Lines of sight against closed forms: walls, a ridge, a tower beyond the horizon, a fan among boxes."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.obstacles import Casters
from analysis.sight.lineofsight import Line, above, obstacles, seen_from_z
from analysis.sight.section import Cutter
from analysis.sight.sightlines import Sightlines
from analysis.sight.sights import EARTH_RADIUS_M, STRAIGHT, Bend, Sights
from layers.arrays import Float64
from tests.validation.record import record
from tests.validation.scenes import Scene, joined, of_quads, wall

SECTION = "Lines of sight"
#: In the middle of a UTM zone.
FAR = np.array([500_000.0, 5_900_000.0, 0.0])


def at(x: float, y: float, z: float) -> Float64:
    """A place of a scene in the world."""
    found: Float64 = FAR + np.array([x, y, z])
    return found


def casters(scene: Scene, fid: int = 7) -> Casters:
    """The scene as one object, at FAR."""
    return Casters.of(scene.vertices + FAR, scene.triangles, np.full(len(scene.triangles), fid))


def looked(cast: Casters, line: Line) -> tuple[float, float, float]:
    """How far away what hides the end is, how far too high, and from which height the end is seen."""
    section = Cutter(cast).along(line.eye, line.end)
    met = obstacles(above(section, line), cast.fid)
    seen_from = seen_from_z(section, cast.fid, line)
    return (met[0].from_m, met[0].excess_m, seen_from) if met else (np.nan, np.nan, seen_from)


def turned(angle_deg: float, points: Float64) -> Float64:
    """Points (…, 3) turned about the upright axis."""
    sine, cosine = np.sin(np.radians(angle_deg)), np.cos(np.radians(angle_deg))
    found: Float64 = points @ np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
    return found


def test_over_a_wall() -> None:
    random = np.random.default_rng(5)
    deviations, angles = [], []
    for _ in range(200):
        eye_z, near, far = random.uniform(1, 40), random.uniform(2, 900), random.uniform(1000, 3000)
        top, end_z, turn = eye_z + random.uniform(0, 60), random.uniform(0, eye_z), random.uniform(0, 360)
        screen = wall((near, -5000), (near, 5000), top + 50, -50)
        cast = casters(of_quads(turned(turn, screen)))
        eye, end = turned(turn, np.array([[0, 0, eye_z], [far, random.uniform(-20, 20), end_z]])) + FAR
        away, excess, seen_from = looked(cast, Line(eye, end))
        aslant = float(np.hypot(*(end - eye)[:2])) / far
        expected = (
            near * aslant,
            top - (eye_z + (end_z - eye_z) * near / far),
            eye_z + (top - eye_z) * far / near,
        )
        found = np.array([away, excess, seen_from]) - expected
        deviations.append(np.abs(found[:2]).max())
        angles.append(abs(found[2]) / (far * aslant))
    record(
        SECTION,
        "where a wall blocks a line of sight, and how much too high it is",
        reference="similar triangles, in float64",
        quantity="largest deviation over 200 walls, targets up to 3 km away",
        found=1000 * max(deviations),
        tolerance=1.0,
        unit="mm",
    )
    record(
        SECTION,
        "the direction in which one just sees over a wall",
        reference="similar triangles, in float64",
        quantity="largest deviation over 200 walls",
        found=max(angles),
        tolerance=1e-6,
        unit="rad",
    )


def test_over_a_ridge() -> None:
    random = np.random.default_rng(6)
    deviations = []
    for _ in range(100):
        crest, rise, fall = random.uniform(300, 900), random.uniform(0.02, 0.3), random.uniform(0.02, 0.3)
        far, turn = random.uniform(1000, 2500), random.uniform(0, 360)
        height = rise * crest
        slopes = [
            [[0, -3000, 0], [crest, -3000, height], [crest, 3000, height], [0, 3000, 0]],
            [
                [crest, -3000, height],
                [4000, -3000, height - fall * (4000 - crest)],
                [4000, 3000, height - fall * (4000 - crest)],
                [crest, 3000, height],
            ],
        ]
        cast = casters(of_quads(turned(turn, np.array(slopes))))
        ground = height - fall * (far - crest)
        eye, end = turned(turn, np.array([[0, 0, 1.6], [far, 0, ground + 0.5]])) + FAR
        away, excess, seen_from = looked(cast, Line(eye, end))
        slope = (ground + 0.5 - 1.6) / far
        enters = 1.6 / (rise - slope)  # where the line goes into the rising slope
        over = height - (1.6 + slope * crest)
        expected = enters, over, 1.6 + (height - 1.6) * far / crest
        found = np.abs(np.array([away, excess, seen_from]) - expected)
        deviations.append(found.max())
    record(
        SECTION,
        "how high a ridge stands before what lies behind it, and what is hidden",
        reference="similar triangles, in float64",
        quantity="largest deviation over 100 ridges, targets up to 2.5 km away",
        found=1000 * max(deviations),
        tolerance=1.0,
        unit="mm",
    )


SEA = of_quads(np.array([[[-1e5, -1e5, 0.0], [1e5, -1e5, 0], [1e5, 1e5, 0], [-1e5, 1e5, 0]]]))


@pytest.mark.parametrize("refraction", [0.0, 0.13])
def test_a_tower_beyond_the_horizon(refraction: float) -> None:
    cast, deviations = casters(SEA), []
    for eye_z in (1.6, 10.0, 25.0):
        line = Line(at(0, 0, eye_z), at(20_000, 0, 0.5), Bend(refraction))
        deviations.append(looked(cast, line)[2] - hidden_by_sphere(eye_z, 20_000.0, refraction))
    record(
        SECTION,
        f"how much of a tower at 20 km the Earth hides, refraction {refraction:g}",
        reference="the tangent to a sphere of radius R / (1 − k), without approximation",
        quantity="largest deviation, eyes at 1.6, 10 and 25 m",
        found=1000 * float(np.abs(deviations).max()),
        tolerance=1.0,
        unit="mm",
        note=f"hidden from 1.6 m: {hidden_by_sphere(1.6, 20_000.0, refraction):.3f} m",
    )


def hidden_by_sphere(eye_z: float, away_m: float, refraction: float) -> float:
    """The height above a sphere that is just seen from an eye above it, so far away along the sphere."""
    radius = EARTH_RADIUS_M / (1 - refraction)
    horizon = np.arccos(radius / (radius + eye_z))
    beyond = away_m / radius - horizon
    # 1/cos - 1, without loss of digits
    return float(radius * 2 * np.sin(beyond / 2) ** 2 / np.cos(beyond))


def test_a_fan_among_boxes_ends_where_their_outlines_are() -> None:
    from shapely import LineString, Point, Polygon, unary_union

    random = np.random.default_rng(8)
    outlines, scenes = [], []
    for _ in range(60):
        middle = random.uniform(-200, 200, 2)
        if np.hypot(*middle) < 20:
            continue
        ring = turned(
            random.uniform(0, 90), np.array([[-6, -4, 0], [6, -4, 0], [6, 4, 0], [-6, 4, 0]], float)
        )
        ring[:, :2] += middle
        outlines.append(Polygon(ring[:, :2]))
        scenes += [
            of_quads(wall(tuple(ring[at, :2]), tuple(ring[(at + 1) % 4, :2]), 30.0)) for at in range(4)
        ]
    state = Sightlines(Sights(casters(joined(*scenes))), lambda fids: fids)
    city, deviations = unary_union(outlines), []
    for turn in np.radians(np.arange(0, 360, 0.5)):
        end = np.array([300 * np.sin(turn), 300 * np.cos(turn), 1.6])
        seen = state.along(at(0, 0, 1.6), FAR + end, with_heights=False)
        cut = LineString(np.array([[0, 0], end[:2]])).intersection(city)
        far = 300.0 if cut.is_empty else cut.distance(Point(0, 0))
        found = seen.obstacles[0].from_m if seen.obstacles else seen.line.length_m
        deviations.append(abs(found - far))
    record(
        SECTION,
        "how far one sees in 720 directions among 60 boxes",
        reference="shapely (GEOS), the outlines of the boxes cut by lines on the map",
        quantity="largest deviation",
        found=1000 * max(deviations),
        tolerance=1.0,
        unit="mm",
    )


def test_sections_agree_with_rays() -> None:
    from tests.analysis.scenes import gabled_houses

    vertices, triangles = gabled_houses(400)
    cast = Casters.of(vertices, triangles, np.arange(len(triangles)))
    sights, random = Sights(cast, bend=STRAIGHT), np.random.default_rng(9)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    low[2] += 1.6
    eyes, ends = random.uniform(low, high, (2, 1500, 3))
    free = sights.free(eyes, ends)
    state = Sightlines(sights, lambda fids: fids)
    found = [state.along(eye, end, with_heights=False) for eye, end in zip(eyes, ends, strict=True)]
    exact = np.array([one.is_free for one in found])
    record(
        SECTION,
        "free or blocked, of 1 500 lines among 400 houses",
        reference="rays through the same triangles (Embree, float32)",
        quantity="share of lines on which both agree",
        found=100 * float((exact == free).mean()),
        tolerance=99.9,
        unit="%",
        at_least=True,
        note=f"{100 * exact.mean():.0f} % of the lines are free",
    )
