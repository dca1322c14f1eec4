"""What windows see against closed forms: solid angles of walls, ponds and pictures."""

from __future__ import annotations

from itertools import product
from math import asin, atan, atan2, hypot, pi, radians, tan

import numpy as np
import pytest

from analysis.casters import Casters
from analysis.landcover import BUILDING, GROUND, KINDS, SKY, WATER, LandCover
from analysis.panorama import around, in_picture
from analysis.rays import Rays
from analysis.receivers import on_points
from analysis.sight.windowlook import Looker
from analysis.sight.windowplaces import Places
from analysis.skyview import error_share
from analysis.windowview import LEAST_ERROR
from layers.arrays import Float64
from layers.views import View
from tests.validation.record import record
from tests.validation.scenes import HALF_LENGTH_M, Scene, of_quads, wall
from viewer.camera import Camera

SECTION = "Views from windows"
#: Shares, 0 … 1: what a result says of them.
TOLERANCE = LEAST_ERROR
STEP_DEG = 0.5
OOSTEROM = "solid angles of rectangles; Van Oosterom & Strackee 1983, doi:10.1109/TBME.1983.325207"
EYE = np.array((0.0, 0.0, 0.0))
#: Turned so that no edge lies along the rays by chance.
TURNS_DEG = (0.0, 13.0, 47.0, 200.0)


def looker(scene: Scene, covers: tuple[tuple[Rays, int], ...] = ()) -> Looker:
    """All that stands is one building."""
    cast = Casters.of(scene.vertices, scene.triangles)
    kinds = np.full(len(cast.triangles), BUILDING, np.uint8)
    return Looker(LandCover(cast, kinds, covers), np.zeros(len(cast.triangles), np.int64))


def window(turn_deg: float) -> tuple[Places, View]:
    """A window at the origin, and its picture."""
    out = toward(turn_deg)
    places = Places(EYE[None], np.zeros(1), out[None], np.zeros(1, bool), ("window",))
    return places, View("window", (0.0, 0.0, 0.0), (out[0], out[1], 0.0), 90.0, 1.5)


def toward(turn_deg: float) -> Float64:
    angle = radians(turn_deg)
    return np.array((np.sin(angle), np.cos(angle), 0.0))


def facing(
    turn_deg: float, away_m: float, left_m: float, right_m: float, low_m: float, high_m: float
) -> Scene:
    """An upright wall straight before a window, from so far left to so far right, as seen from it."""
    out = toward(turn_deg)
    right = np.array((out[1], -out[0], 0.0))
    (x0, y0, _), (x1, y1, _) = (away_m * out + side * right for side in (-left_m, right_m))
    return of_quads(wall((float(x0), float(y0)), (float(x1), float(y1)), high_m - low_m, low_m))


def corner_sr(away: float, wide: float, high: float) -> float:
    """Solid angle of a rectangle whose corner lies straight before the eye; signed as its sides."""
    return atan2(wide * high, away * (away**2 + wide**2 + high**2) ** 0.5)


def rectangle_sr(away: float, left: float, right: float, low: float, high: float) -> float:
    """Solid angle of an upright rectangle, left and right and low and high of straight ahead."""
    sides = product(((right, 1), (-left, -1)), ((high, 1), (low, -1)))
    return sum(a * b * corner_sr(away, wide, up) for (wide, a), (up, b) in sides)


BOXES = ((10.0, 4.0, 4.0, -3.0, 5.0), (6.0, 2.0, 9.0, -6.0, 12.0), (40.0, 30.0, -5.0, -4.0, 20.0))


def test_a_house_before_a_window_takes_its_solid_angle() -> None:
    worst, worst_many = 0.0, 0.0
    for turn, box in product(TURNS_DEG, BOXES):
        places, view = window(turn)
        seen = looker(facing(turn, *box))
        share = rectangle_sr(*box) / (2 * pi)
        whole = seen.sight(places, 0, view, STEP_DEG).whole
        worst = max(worst, abs(whole[BUILDING] - share))
        rest = whole[SKY] + whole[GROUND] + whole[BUILDING]
        assert rest == pytest.approx(1.0)
        points = on_points(np.column_stack((places.eyes, places.normals)))
        many = seen.of_points(points, 2000)[0]
        worst_many = max(worst_many, abs(many[BUILDING] - share))
    record(
        SECTION,
        "the share of the view that a house before a window takes",
        reference=OOSTEROM,
        quantity=f"largest deviation, {len(TURNS_DEG) * len(BOXES)} houses",
        found=100 * worst,
        tolerance=100 * TOLERANCE,
        unit="% of the view",
    )
    record(
        SECTION,
        "the same in 2000 directions, as for many windows at once",
        reference=OOSTEROM,
        quantity="largest deviation",
        found=100 * worst_many,
        tolerance=100 * error_share(1000),
        unit="% of the view",
    )


def test_an_open_plain_is_half_sky_and_a_long_wall_takes_its_angle() -> None:
    worst = 0.0
    for turn in TURNS_DEG:
        places, view = window(turn)
        plain = looker(of_quads(np.empty((0, 4, 3)))).sight(places, 0, view, STEP_DEG).whole
        worst = max(worst, abs(plain[SKY] - 0.5), abs(plain[GROUND] - 0.5))
        for away, low, high in ((12.0, -4.0, 18.0), (30.0, -2.0, 7.0)):
            street = looker(facing(turn, away, HALF_LENGTH_M, HALF_LENGTH_M, low, high))
            sees = street.sight(places, 0, view, STEP_DEG).whole
            worst = max(worst, abs(sees[SKY] - (0.5 - atan(high / away) / pi)))
            worst = max(worst, abs(sees[BUILDING] - (atan(high / away) - atan(low / away)) / pi))
    record(
        SECTION,
        "sky over an open plain, and over an endless row of houses on the other side of a street",
        reference="1/2 and 1/2 - atan(height / distance) / π, the solid angle of a lune",
        quantity="largest deviation of sky and buildings",
        found=100 * worst,
        tolerance=100 * TOLERANCE,
        unit="% of the view",
    )


def test_a_pond_is_water_by_its_solid_angle_from_a_spot_above() -> None:
    worst = 0.0
    size, height = 1_000.0, 6.0
    ground = np.array([[-size, -size], [size, -size], [size, size], [-size, size]])
    ground_z = np.column_stack((ground, np.full(4, -height)))
    vertices, triangles = ground_z, np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    cast = Casters.of(vertices, triangles)
    spot = Places(EYE[None], np.array([-height]), np.array([[0.0, 0.0, 1.0]]), np.ones(1, bool), ("spot",))
    for west, east, south, north in ((-3.0, 8.0, 2.0, 9.0), (5.0, 60.0, -20.0, 20.0)):
        ring = [[west, south], [east, south], [east, north], [west, north]]
        # A little above or below the terrain, as covers are: what lies above a place covers it.
        pond = Rays(np.column_stack((ring, np.full(4, -height - 0.02))), triangles)
        land = LandCover(cast, np.full(2, GROUND, np.uint8), ((pond, WATER),))
        seen = Looker(land, np.full(2, -1, np.int64))
        view = View("spot", (0.0, 0.0, 0.0), (0.0, 1.0, 0.0), 60.0, 1.5)
        whole = seen.sight(spot, 0, view, STEP_DEG).whole
        share = rectangle_sr(height, -west, east, south, north) / (4 * pi)
        worst = max(worst, abs(whole[WATER] - share), abs(whole[SKY] - 0.5))
    record(
        SECTION,
        "the share of all around that a pond takes, seen from above its bank",
        reference=OOSTEROM,
        quantity="largest deviation",
        found=100 * worst,
        tolerance=100 * TOLERANCE,
        unit="% of the view",
    )


def test_a_picture_has_the_solid_angle_of_its_field_of_view() -> None:
    worst = worst_half = 0.0
    for wide, aspect, tilt in ((90.0, 1.5, 0.0), (60.0, 1.0, 20.0), (140.0, 2.0, -10.0)):
        up = radians(tilt)
        view = View("", (0.0, 0.0, 0.0), (0.0, float(np.cos(up)), float(np.sin(up))), wide, aspect)
        a = tan(radians(wide) / 2)
        b = a / aspect
        whole = 4 * asin(a * b / (hypot(1, a) * hypot(1, b)))
        cells = in_picture(view, 480)
        worst = max(worst, abs(cells.weight.sum() / whole - 1))
        assert np.linalg.norm(cells.ways, axis=1) == pytest.approx(1.0)
        # A wall from straight ahead to the right fills half of it.
        half = looker(facing(0.0, 5.0, 0.0, HALF_LENGTH_M, -HALF_LENGTH_M, HALF_LENGTH_M))
        seen = half.land.look(np.zeros_like(cells.ways), cells.ways).kind == BUILDING
        worst_half = max(worst_half, abs(float(cells.weight[seen].sum()) / whole - 0.5))
    assert around(33.0, STEP_DEG).weight.sum() == pytest.approx(4 * pi)
    record(
        SECTION,
        "the solid angle of pictures, and half of it where a wall fills their right half",
        reference="4 asin(ab / √((1 + a²)(1 + b²))), a = tan(width / 2)",
        quantity="largest deviation",
        found=100 * max(worst, worst_half),
        tolerance=100 * TOLERANCE,
        unit="% of the picture",
    )
    assert len(KINDS) == 6


@pytest.mark.parametrize("tilt_deg", [-20.0, 0.0, 35.0])
def test_the_camera_of_a_view_looks_through_each_pixel_where_its_ray_is_cast(tilt_deg: float) -> None:
    wide, high = 480, 320
    up = radians(tilt_deg)
    to = (3.0 + 40 * np.cos(up), 5.0 - 30 * np.cos(up), 2.0 + 50 * np.sin(up))
    view = View("", (3.0, 5.0, 2.0), (float(to[0]), float(to[1]), float(to[2])), 75.0, wide / high)
    ways = in_picture(view, wide).ways.reshape(high, wide, 3)
    camera = Camera.of_view(view)
    for x, y in ((0, 0), (479, 0), (240, 160), (13, 300), (470, 319)):
        assert camera.ray(x + 0.5, y + 0.5, wide, high).direction == pytest.approx(ways[y, x], abs=1e-12)
