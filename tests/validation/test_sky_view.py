"""Sky view factor and vertical sky component against closed forms, within 0.005 of absolute value."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.casters import Casters
from analysis.skyfactors import SkyFactors, open_sky_component, sky_factors
from layers.arrays import Float64
from tests.validation.record import record
from tests.validation.scenes import NOTHING, Scene, courtyard, parallel_walls

#: Of absolute value: 0.5 %.
TOLERANCE = 0.005
HOWELL = "Howell et al., Thermal Radiation Heat Transfer, doi:10.1201/9780429327308, configuration factors"
OKE = (
    "Oke 1981, doi:10.1002/joc.3370010304; Johnson & Watson 1984, "
    "doi:10.1175/1520-0450(1984)023<0329:TDOVFI>2.0.CO;2"
)
MOON = "sky of Moon & Spencer 1942 (ISO/CIE 15469), integrated over the visible sky"


def casters(scene: Scene) -> Casters:
    return Casters.of(scene.vertices, scene.triangles)


def looked(scene: Scene, points: list[list[float]], normals: list[list[float]]) -> SkyFactors:
    return sky_factors(casters(scene), np.array(points, float), np.array(normals, float))


def turned(angle_deg: float) -> tuple[float, float]:
    """East and north of a horizontal direction, so that no wall lies along the lattice by chance."""
    return float(np.cos(np.radians(angle_deg))), float(np.sin(np.radians(angle_deg)))


ANGLES_DEG = np.arange(5.0, 90.0, 5.0)


def test_open_surfaces_see_the_sky_of_their_tilt() -> None:
    tilts = np.radians(np.arange(0, 181, 5.0))
    normals = np.column_stack((np.sin(tilts), np.zeros_like(tilts), np.cos(tilts)))
    seen = sky_factors(casters(NOTHING), np.zeros_like(normals), normals)
    integrated = np.array([overcast_integral(normal) for normal in normals])
    wall = int(np.flatnonzero(np.isclose(tilts, np.pi / 2))[0])
    record(
        "Sky view",
        "an unobstructed vertical window has a vertical sky component of 39.6 %",
        reference="Littlefair, BRE 209 (2022), largest value; " + MOON,
        quantity="deviation",
        found=100 * (seen.sky_component[wall] - 0.3962),
        tolerance=0.5,
        unit="%",
    )
    record(
        "Sky view",
        "sky component of unobstructed surfaces of any tilt",
        reference=MOON + ", numerically (2.9 million cells)",
        quantity="largest deviation, tilts of 0 to 180° by 5°",
        found=float(np.abs(seen.sky_component - integrated).max()),
        tolerance=TOLERANCE,
    )
    record(
        "Sky view",
        "sky view factor of unobstructed surfaces of any tilt",
        reference="(1 + cos tilt) / 2; " + HOWELL,
        quantity="largest deviation, tilts of 0 to 180° by 5°",
        found=float(np.abs(seen.sky_view - (1 + np.cos(tilts)) / 2).max()),
        tolerance=TOLERANCE,
    )


def overcast_integral(normal: Float64, altitudes: int = 1200, azimuths: int = 2400) -> float:
    """Share of the overcast sky's horizontal illuminance on an open surface, cell by cell."""
    altitude = (np.arange(altitudes) + 0.5) / altitudes * np.pi / 2
    azimuth = (np.arange(azimuths) + 0.5) / azimuths * 2 * np.pi
    flat, up = np.cos(altitude)[:, None], np.sin(altitude)[:, None]
    toward = np.clip(
        flat * np.cos(azimuth) * normal[0] + flat * np.sin(azimuth) * normal[1] + up * normal[2], 0, None
    )
    cell = np.pi / 2 / altitudes * 2 * np.pi / azimuths
    light = (1 + 2 * up) / 3 * flat * cell
    return float((light * toward).sum() / (7 / 9 * np.pi))


def test_beside_an_infinite_wall() -> None:
    found_ground, found_window, found_light = [], [], []
    for angle_deg in ANGLES_DEG:
        height = 20.0 * np.tan(np.radians(angle_deg))
        east, north = turned(2.3 * angle_deg)
        scene = parallel_walls(height, [20.0], (east, north))
        seen = looked(scene, [[0, 0, 1e-3], [0, 0, 1e-3]], [[0, 0, 1], [east, north, 0]])
        sine, cosine = np.sin(np.radians(angle_deg)), np.cos(np.radians(angle_deg))
        found_ground.append(seen.sky_view[0] - (1 + cosine) / 2)
        found_window.append(seen.sky_view[1] - (1 - sine) / 2)
        found_light.append(seen.sky_component[1] - (3 / 14 * (1 - sine) + 4 / (7 * np.pi) * cosine**2))
    for claim, found, formula in (
        ("sky view factor of ground beside an infinite wall", found_ground, "(1 + cos γ) / 2; " + HOWELL),
        ("sky view factor of a window facing an infinite wall", found_window, "(1 − sin γ) / 2; " + HOWELL),
        (
            "vertical sky component of a window facing an infinite wall",
            found_light,
            "3/14 (1 − sin γ) + 4/7π cos²γ: " + MOON,
        ),
    ):
        record(
            "Sky view",
            claim,
            reference=formula,
            quantity="largest deviation, angles γ of 5 to 85° by 5°",
            found=float(np.abs(found).max()),
            tolerance=TOLERANCE,
        )


def test_an_obstruction_of_25_degrees_leaves_27_percent() -> None:
    scene = parallel_walls(20.0 * np.tan(np.radians(25.0)), [20.0], turned(31.0))
    seen = looked(scene, [[0, 0, 1e-3]], [[*turned(31.0), 0]])
    record(
        "Sky view",
        "a window facing a long obstruction at 25° has a vertical sky component of 27 %",
        reference="Littlefair, BRE 209 (2022), section 2.2",
        quantity="deviation",
        found=100 * (seen.sky_component[0] - 0.27),
        tolerance=0.5,
        unit="%",
    )


@pytest.mark.parametrize("part", ["floor", "wall"])
def test_in_a_street_canyon(part: str) -> None:
    deviations, means = [], []
    for ratio in (0.25, 0.5, 1.0, 2.0, 3.0):
        width, height = 15.0, 15.0 * ratio
        east, north = turned(17 + 40 * ratio)
        scene = parallel_walls(height, [-width / 2, width / 2], (east, north))
        # Over the width or the height, at the middles of 50 strips and in the centre.
        along = (np.arange(50) + 0.5) / 50
        if part == "floor":
            across = np.append(0.0, (along - 0.5) * width)
            points = np.outer(across, [east, north, 0]) + np.array([0, 0, 1e-3])
            normals = np.tile([0.0, 0, 1], (51, 1))
            centre = 1 / np.sqrt(1 + (2 * ratio) ** 2)
            mean = np.sqrt(1 + ratio**2) - ratio
        else:
            up = np.append(0.5, along) * height
            points = np.outer(np.full(51, -width / 2 + 1e-3), [east, north, 0]) + np.outer(up, [0, 0, 1])
            normals = np.tile([east, north, 0.0], (51, 1))
            rise = np.arctan(ratio / 2)
            centre = (1 - np.sin(rise)) / 2
            mean = (ratio + 1 - np.sqrt(1 + ratio**2)) / (2 * ratio)
        seen = sky_factors(casters(scene), points, normals).sky_view
        deviations.append(seen[0] - centre)
        means.append(seen[1:].mean() - mean)
    for what, found in (("in the middle of", deviations), ("averaged over", means)):
        record(
            "Sky view",
            f"sky view factor {what} the {part} of a street canyon",
            reference=OKE,
            quantity="largest deviation, height : width of 0.25 to 3",
            found=float(np.abs(found).max()),
            tolerance=TOLERANCE,
        )


def test_in_a_square_courtyard() -> None:
    floor, wall = [], []
    side = 20.0
    for ratio in (0.25, 0.5, 1.0, 2.0):
        height, turn_deg = side * ratio, 11 + 30 * ratio
        east, north = turned(turn_deg)
        scene = courtyard(side, height, turn_deg)
        on_wall = [(-side / 2 + 1e-3) * east, (-side / 2 + 1e-3) * north, height / 2]
        seen = looked(scene, [[0, 0, 1e-3], on_wall], [[0, 0, 1], [east, north, 0]])
        floor.append(seen.sky_view[0] - 4 * parallel_corner(side / 2 / height, side / 2 / height))
        wall.append(seen.sky_view[1] - 2 * upright_corner(side, side / 2, height / 2))
    for part, found in (("floor", floor), ("walls", wall)):
        record(
            "Sky view",
            f"sky view factor in the middle of the {part} of a square courtyard",
            reference=HOWELL,
            quantity="largest deviation, height : side of 0.25 to 2",
            found=float(np.abs(found).max()),
            tolerance=TOLERANCE,
        )


def parallel_corner(x: float, y: float) -> float:
    """From a plane element to a rectangle parallel to it, above its corner; sides over distance."""
    beside_x, beside_y = np.sqrt(1 + x * x), np.sqrt(1 + y * y)
    return float(
        (x / beside_x * np.arctan(y / beside_x) + y / beside_y * np.arctan(x / beside_y)) / (2 * np.pi)
    )


def upright_corner(away_m: float, along_m: float, above_m: float) -> float:
    """From a plane element to a rectangle at right angles to it, above its corner."""
    reach = np.hypot(away_m, above_m)
    return float((np.arctan(along_m / above_m) - above_m / reach * np.arctan(along_m / reach)) / (2 * np.pi))


def test_the_open_sky_component_is_the_integral() -> None:
    normal = np.array([[0.6, 0.0, 0.8]])
    assert open_sky_component(normal)[0] == pytest.approx(overcast_integral(normal[0]), abs=1e-5)
