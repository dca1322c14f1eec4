"""Lines of sight, those who look, and volumes of a result: where they are drawn, and what they say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import shapely

from layers.arrays import Float64, UInt8
from layers.results import OBSERVERS, SIGHTLINES, VOLUMES, Grid, Pedigree, Quantity, Result, Table
from tests.viewer.blocks_in_sun import CORNER, HOUSES, MIDDLE, quarter
from viewer.camera import Camera
from viewer.palette import rgb
from viewer.picking import View2D
from viewer.resultlines import BLOCKED, FREE
from viewer.scene import Scene
from viewer.strokes import strokes

SIZE = (320, 240)
PEDIGREE = Pedigree("by hand", "", ())
EYE = MIDDLE + np.array([0.0, -60.0, 1.6])
#: One free to the east, one blocked half-way to the west.
ENDS = EYE + np.array([(40.0, 60.0, 10.0), (-70.0, 40.0, 10.0)])
AT = EYE + 0.5 * (ENDS[1] - EYE)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with quarter(tmp_path_factory.mktemp("quarter"), SIZE) as (_, made):
        made.camera = Camera(MIDDLE, 220.0, 30.0, 50.0)
        yield made


def sights() -> dict[str, Table]:
    nothing = np.full(3, np.nan)
    columns = {f"{axis}0": np.repeat(EYE[at], 2) for at, axis in enumerate("xyz")}
    columns |= {f"{axis}1": ENDS[:, at] for at, axis in enumerate("xyz")}
    columns |= {f"at_{axis}": np.array([nothing[at], AT[at]]) for at, axis in enumerate("xyz")}
    more = {"visible": np.array([1, 0]), "fid": np.array([-1, 7]), "distance_m": np.array([np.nan, 40.8])}
    line = Table(
        columns | more | {"name": ["east", "west"], "blocked_by": ["", "Tower"], "excess_m": [np.nan, 2.5]}
    )
    place = {axis: EYE[at : at + 1] for at, axis in enumerate("xyz")}
    return {
        SIGHTLINES: line,
        OBSERVERS: Table({"name": ["Lohe park"], **place, "foot_z": EYE[2:] - 1.6}),
    }


def corridor(opening_m: float) -> Table:
    """A level sheet 20 m up, over everything."""
    ring = MIDDLE + np.array([(-1.0, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)]) * opening_m + (0, 0, 40.0)
    return Table(
        {"wkb": [shapely.to_wkb(shapely.Polygon(ring), hex=True)], "name": ["c"], "role": ["corridor"]}
    )


def shown(scene: Scene, result: Result | None) -> UInt8:
    scene.show_result(result)
    scene.settle()
    return scene.frame()


def pixel(scene: Scene, point: Float64) -> tuple[int, int]:
    x, y, _ = View2D(scene.camera, *SIZE).project(point[None])[0]
    return int(y), int(x)


def near(color: UInt8, name: str) -> bool:
    return bool(np.abs(color.astype(int) - rgb(name)).max() < 40)


def test_lines_cover_as_much_as_they_are_wide() -> None:
    ends = np.array([((10.0, 10.0, 1.0), (70.0, 40.0, 3.0)), ((-500.0, 70.0, 0.0), (900.0, 70.0, 1.0))])
    cover, third = np.zeros((100, 100)), np.full((100, 100), np.nan)
    for some in strokes(ends, 2.0, (100, 100)):
        np.maximum.at(cover, (some.row, some.column), some.cover)
        third[some.row, some.column] = some.third
    assert abs(cover[:60].sum() - 2 * np.hypot(60, 30)) < 3  # its area
    assert np.allclose(cover[69:71], 1) and np.allclose(cover[72:], 0)  # from border to border
    assert abs(third[25, 40] - 2.0) < 0.03  # linear along the line


def test_a_line_is_green_as_far_as_one_sees_and_red_behind(scene: Scene) -> None:
    picture = shown(scene, Result("s", "Sights", {}, PEDIGREE, tables=sights()))
    assert near(picture[pixel(scene, EYE + 0.6 * (ENDS[0] - EYE))], FREE)
    assert near(picture[pixel(scene, EYE + 0.2 * (ENDS[1] - EYE))], FREE)
    assert near(picture[pixel(scene, EYE + 0.8 * (ENDS[1] - EYE))], BLOCKED)
    assert near(picture[pixel(scene, AT)], BLOCKED)
    assert {(row.label, row.count) for row in scene.legend()} == {("Free", 1), ("Blocked", 1)}


def test_a_line_behind_a_house_is_faint(scene: Scene) -> None:
    tower = CORNER + np.array([*HOUSES[1].place, 0.0])
    behind = tower + np.array([-3.0, 12.0, 4.0])  # to the north; it is looked at from the south
    tables = sights()
    columns = dict(tables[SIGHTLINES].columns)
    columns |= {f"{axis}{end}": np.repeat(behind[at], 2) + (6.0 if axis == "x" and end == "1" else 0.0)
                for at, axis in enumerate("xyz") for end in "01"}  # fmt: skip
    columns["visible"] = np.array([1, 1])
    camera = scene.camera
    scene.camera = Camera(MIDDLE, 220.0, 0.0, 25.0)
    bare = shown(scene, None)
    picture = shown(scene, Result("s", "Sights", {}, PEDIGREE, tables={SIGHTLINES: Table(columns)}))
    at = pixel(scene, behind + np.array([3.0, 0.0, 0.0]))
    scene.camera = camera
    share = np.abs(picture[at].astype(int) - bare[at]).max() / np.abs(rgb(FREE).astype(int) - bare[at]).max()
    assert 0.1 < share < 0.4


def test_a_click_on_a_line_or_a_pin_says_what_it_is(scene: Scene) -> None:
    shown(scene, Result("s", "Sights", {}, PEDIGREE, tables=sights()))
    y, x = pixel(scene, EYE + 0.75 * (ENDS[1] - EYE))
    line = scene.pick_result(x, y)
    assert line is not None and line.words[:2] == ("west", "Blocked by Tower")
    assert "2.5 m too high" in line.words
    assert np.linalg.norm(line.point_in_world - (EYE + 0.75 * (ENDS[1] - EYE))) < 2.0
    y, x = pixel(scene, EYE)
    pin = scene.pick_result(x, y)
    assert pin is not None and pin.words[0] == "Lohe park"
    assert scene.pick_result(5, 5) is None


def test_a_volume_tints_what_lies_below_it_whatever_is_painted_there(scene: Scene) -> None:
    count, step = 30, 4.0
    x, y = np.meshgrid(np.arange(count) * step - 58, 58 - np.arange(count) * step)
    points = {"x": MIDDLE[0] + x.ravel(), "y": MIDDLE[1] + y.ravel(), "z": np.zeros(count**2)}
    values = {"area_m2": np.full(count**2, 16.0), "row": np.full(count**2, -1), "h": np.ones(count**2)}
    grid = Grid(MIDDLE[0] - 60, MIDDLE[1] + 60, step, count, count, np.arange(count**2))
    made = Result(
        "s", "Heights", {}, PEDIGREE, (Quantity("h", "Height", "m", low=0, high=2),),
        points=Table(points | values), grid=grid,
    )  # fmt: skip
    plain = shown(scene, made).astype(float)
    veiled = Result(**{**vars(made), "tables": {VOLUMES: corridor(100.0)}})
    tinted = shown(scene, veiled).astype(float)
    at = pixel(scene, MIDDLE + np.array([0.0, -25.0, 0.0]))
    blue = rgb("#3a7bd5").astype(float)
    assert np.abs(tinted[at] - (plain[at] + 0.16 * (blue - plain[at]))).max() < 3
    assert any(row.label == "View corridor" for row in scene.legend())
    # Where nothing is painted it is the same veil, in a picture that VTK alone has drawn.
    bare, alone = (
        shown(scene, None).astype(float),
        Result("s", "c", {}, PEDIGREE, tables={VOLUMES: corridor(100.0)}),
    )
    tinted = shown(scene, alone).astype(float)
    assert np.abs(tinted[at] - (bare[at] + 0.16 * (blue - bare[at]))).max() < 3


@pytest.mark.parametrize("parallel", [False, True])
def test_what_lies_exactly_on_a_roof_is_seen_on_it(scene: Scene, parallel: bool) -> None:
    roof = np.round(HOUSES[1].corners[4:], 3) + CORNER
    breach = Table(
        {"wkb": [shapely.to_wkb(shapely.Polygon(roof), hex=True)], "name": ["b"], "role": ["breach"]}
    )
    before = scene.camera
    scene.camera = Camera(MIDDLE, 400.0, 30.0, 50.0, parallel=parallel)
    bare = shown(scene, None).astype(float)
    tinted = shown(scene, Result("s", "b", {}, PEDIGREE, tables={VOLUMES: breach})).astype(float)
    at = pixel(scene, roof.mean(axis=0))
    scene.camera = before
    assert np.abs(tinted[at] - (bare[at] + 0.55 * (rgb("#d03020") - bare[at]))).max() < 3
