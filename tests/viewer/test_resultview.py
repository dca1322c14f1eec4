"""A result on a small quarter of boxes: the colours it gives, what it says, and where it keeps out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import shapely

from layers.arrays import CityTiles, Float64, UInt8
from layers.errors import UsageError
from layers.project import Project
from layers.results import Grid, Pedigree, Quantity, Result, Table, Values
from tests.viewer.blocks_in_sun import CORNER, HOUSES, MIDDLE, quarter
from viewer.camera import Camera
from viewer.palette import color_table
from viewer.scene import Reading, Scene

SIZE = (320, 240)
HOURS = Quantity("sunlight_h", "Sunlight", "h", 1, low=0.0, high=10.0)
CHANGE = Quantity("sunlight_h_change", "Sunlight lost or won", "h", 1)
ROOF, STEP_M = 1, 1.0
PEDIGREE = Pedigree("by hand", "", ())
Made = tuple[Project, Scene]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with quarter(tmp_path_factory.mktemp("quarter"), SIZE) as found:
        yield found


def roofs(project: Project) -> Result:
    """2 h on the roof of the first house, 4 h on the second's …; the west half of the third's is dark."""
    (layer,) = project.layers
    rows: dict[str, list[object]] = {name: [] for name in ("fid", "object_id", "hours", "change")}
    points: dict[str, list[Float64]] = {"place": [], "hours": [], "row": []}
    for number, box in enumerate(HOUSES):
        corners = box.corners[4:] + CORNER
        a, along, across = corners[0], corners[1] - corners[0], corners[3] - corners[0]
        u, v = np.meshgrid(
            (np.arange(int(box.length)) + 0.5) / box.length, (np.arange(int(box.width)) + 0.5) / box.width
        )
        place = a + u.reshape(-1, 1) * along + v.reshape(-1, 1) * across
        hours = np.full(len(place), 2.0 * (number + 1))
        if number == 2:
            hours[place[:, 0] < place[:, 0].mean()] = 0.0
        points["place"].append(place)
        points["hours"].append(hours)
        points["row"].append(np.full(len(place), number))
        fid = layer.first_fid + number + 1
        rows["fid"].append(fid)
        rows["object_id"].append(project.object(fid).id)
        rows["hours"].append(hours.mean())
        rows["change"].append(float(number - 1))
    place = np.concatenate(points["place"])
    count = len(HOUSES)
    surfaces: dict[str, Values] = {
        "layer": np.full(count, layer.id), "fid": np.array(rows["fid"], np.int64),
        "object_id": [str(name) for name in rows["object_id"]], "geometry": np.zeros(count, np.int64),
        "surface": np.full(count, ROOF), "surface_id": [f"roof {number}" for number in range(count)],
        "surface_type": ["RoofSurface"] * count, "area_m2": np.ones(count),
        "sunlight_h": np.array(rows["hours"], np.float64),
        "sunlight_h_change": np.array(rows["change"], np.float64),
    }  # fmt: skip
    values = {
        "x": place[:, 0], "y": place[:, 1], "z": place[:, 2], "area_m2": np.full(len(place), STEP_M**2),
        "row": np.concatenate(points["row"]), "sunlight_h": np.concatenate(points["hours"]),
    }  # fmt: skip
    return Result(
        "sunlight", "Hours", {}, PEDIGREE, (HOURS, CHANGE), surfaces=Table(surfaces), points=Table(values)
    )


def look(scene: Scene, camera: Camera) -> UInt8:
    scene.camera = camera
    scene.settle()
    return scene.frame()


def over(number: int, distance_m: float = 60.0) -> Camera:
    """Straight down on a house."""
    box = HOUSES[number]
    return Camera(CORNER + np.array([*box.place, box.top]), distance_m, 0.0, 90.0)


def hue(color: UInt8 | Float64) -> Float64:
    """A colour whatever its brightness."""
    found: Float64 = color / max(float(np.linalg.norm(color.astype(float))), 1e-9)
    return found


def in_map(hours: float) -> Float64:
    table = color_table("sun")
    stops = np.linspace(0, 10, len(table))
    return np.array([np.interp(hours, stops, table[:, channel]) for channel in range(3)])


def middle(picture: UInt8, right_px: int = 0, down_px: int = 0) -> UInt8:
    y, x = SIZE[1] // 2 + down_px, SIZE[0] // 2 + right_px
    found: UInt8 = np.median(picture[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3), axis=0).astype(np.uint8)
    return found


def test_surfaces_have_the_colour_of_their_value_near_and_far(made: Made) -> None:
    project, scene = made
    scene.show_result(roofs(project))
    for number in (0, 1, 3, 4):
        for distance_m in (60.0, 400.0):
            found = middle(look(scene, over(number, distance_m)))
            assert hue(found) @ hue(in_map(2.0 * (number + 1))) > 0.995
    scene.show_result(None)


def test_near_by_every_point_has_its_own_colour(made: Made) -> None:
    project, scene = made
    scene.show_result(roofs(project))
    picture = look(scene, over(2))  # 30 m long, its west half dark
    assert hue(middle(picture, -25)) @ hue(in_map(0.0)) > 0.99
    assert hue(middle(picture, 25)) @ hue(in_map(6.0)) > 0.99
    scene.show_result(None)


def test_what_it_does_not_speak_of_is_pale_and_all_comes_back_afterwards(made: Made) -> None:
    project, scene = made
    before = look(scene, over(0, 90.0))
    scene.show_result(roofs(project))
    picture = look(scene, Camera(over(0).target, 60.0, 0.0, 0.0))  # a wall, from the south
    wall = picture[SIZE[1] // 2 + 40, SIZE[0] // 2].astype(int)
    assert np.ptp(wall) < 12 and wall.min() > 120
    scene.show_result(None)
    assert np.array_equal(look(scene, over(0, 90.0)), before)


def test_changes_diverge_about_nothing(made: Made) -> None:
    project, scene = made
    scene.show_result(roofs(project), "sunlight_h_change")
    scale = scene.result_scale
    assert scale is not None and scale.low == -scale.high == -3.0
    less, same, more = (middle(look(scene, over(number))).astype(int) for number in (0, 1, 4))
    assert less[2] > less[0] + 20 and more[0] > more[2] + 20 and np.ptp(same) < 20
    assert [row.label for row in scene.legend()][:1] == ["+3.0"] and scene.legend()[-1].label == "−3.0"
    scene.show_result(None)


def test_the_place_under_the_cursor_can_be_read(made: Made) -> None:
    project, scene = made
    scene.show_result(roofs(project))
    look(scene, over(2))
    west, east = (scene.pick_result(SIZE[0] / 2 + aside, SIZE[1] / 2) for aside in (-25, 25))
    assert isinstance(west, Reading) and isinstance(east, Reading)
    assert (west.values[0], east.values[0]) == ((HOURS, 0.0), (HOURS, 6.0))
    assert west.is_point and west.surface_id == "roof 2" and west.surface_type == "RoofSurface"
    assert west.object_id == project.object(west.fid or 0).id
    look(scene, Camera(over(0).target, 60.0, 0.0, 0.0))
    assert scene.pick_result(SIZE[0] / 2, SIZE[1] / 2 + 40) is None  # a wall without values
    scene.show_result(None)
    assert scene.pick_result(SIZE[0] / 2, SIZE[1] / 2) is None


def test_the_scale_holds_what_a_histogram_needs(made: Made) -> None:
    project, scene = made
    result = roofs(project)
    scene.show_result(result)
    scale = scene.result_scale
    assert scale is not None and (scale.low, scale.high) == (0.0, 10.0)
    assert len(scale.values) == len(scale.weights) == len(result.points)
    with pytest.raises(UsageError, match="no such quantity"):
        scene.show_result(result, "warmth")
    scene.show_result(None)


def ground(west: float, south: float, side: int) -> Result:
    """1 h and 9 h on the west and the east half of a square of the ground."""
    row, column = np.divmod(np.arange(side * side), side)
    x, y = MIDDLE[0] + west + column + 0.5, MIDDLE[1] + south + side - row - 0.5
    hours = np.where(column < side // 2, 1.0, 9.0)
    count = side * side
    values = {
        "x": x, "y": y, "z": np.full(count, 0.02), "area_m2": np.ones(count),
        "row": np.zeros(count, np.int64), "sunlight_h": hours,
    }  # fmt: skip
    grid = Grid(MIDDLE[0] + west, MIDDLE[1] + south + side, 1.0, side, side, np.arange(count))
    return Result("sunlight", "Yard", {}, PEDIGREE, (HOURS,), points=Table(values), grid=grid)


def test_a_raster_lies_on_the_ground_and_on_no_roof(made: Made) -> None:
    _, scene = made
    scene.show_result(ground(-30.0, -20.0, 30))  # the first house stands in it
    yard = Camera(MIDDLE + np.array([-15.0, -18.0, 0.0]), 60.0, 0.0, 90.0)
    picture = look(scene, yard)
    assert hue(middle(picture, -20)) @ hue(in_map(1.0)) > 0.98
    assert hue(middle(picture, 20)) @ hue(in_map(9.0)) > 0.98
    reading = scene.pick_result(SIZE[0] / 2 + 20, SIZE[1] / 2)
    assert reading is not None and reading.values == ((HOURS, 9.0),) and reading.is_point
    roof = look(scene, over(0))
    scene.show_result(None)
    assert np.abs(roof.astype(int) - look(scene, over(0)))[110:130, 150:170].max() < 3


def test_shadows_are_see_through_fills_with_outlines(made: Made) -> None:
    _, scene = made
    west, south = MIDDLE[0] - 10.0, MIDDLE[1] - 40.0
    square = shapely.box(west, south, west + 20.0, south + 20.0)
    shapes = Table({"wkb": [shapely.to_wkb(square, hex=True)], "area_m2": np.array([400.0])})
    result = Result("shadow", "Shadow", {}, PEDIGREE, (Quantity("area_m2", "Shadow", "m²"),), shapes=shapes)
    camera = Camera(MIDDLE + np.array([0.0, -30.0, 0.0]), 80.0, 0.0, 90.0)
    bare = look(scene, camera).astype(int)
    scene.show_result(result)
    found = look(scene, camera).astype(int)
    darker = (bare - found).sum(axis=2)
    pixels_per_m = SIZE[1] / (2 * camera.half_height * camera.distance_m)
    inside = darker[SIZE[1] // 2 - 20 : SIZE[1] // 2 + 20, SIZE[0] // 2 - 20 : SIZE[0] // 2 + 20]
    assert inside.min() > 60 and inside.max() - inside.min() < 12
    assert (darker > 60).sum() == pytest.approx(400 * pixels_per_m**2, rel=0.03)
    assert darker.max() > inside.max() + 40  # the outline
    both = [shapely.to_wkb(shape, hex=True) for shape in (square, square.buffer(-5))]
    bands = Table({"wkb": both, "hours": np.array([1, 2])})
    scene.show_result(replace(result, tables={"bands": bands}))
    assert [row.label for row in scene.legend()] == ["2 h or more", "1 h or more"]
    graded = look(scene, camera).astype(int)
    assert np.abs(graded[120, 160] - graded[120, 160 + round(7.5 * pixels_per_m)]).sum() > 20
    scene.show_result(None)


def test_half_a_million_points_are_shown_at_once(made: Made) -> None:
    """Points far away cost nothing: only those of near tiles are looked at."""
    project, scene = made
    result = roofs(project)
    many = {name: np.tile(np.asarray(column), 600) for name, column in result.points.columns.items()}
    assert len(many["x"]) > 400_000
    scene.show_result(replace(result, points=Table(many)))
    far = look(scene, Camera(MIDDLE, 3000.0, 0.0, 60.0))
    assert far.shape == (SIZE[1], SIZE[0], 3)
    (layer,) = project.layers
    assert isinstance(project.drawable(layer), CityTiles)
    assert not any(city._coat.result and [*city._coat.result.patches()] for city in scene._cities())
    scene.show_result(None)
