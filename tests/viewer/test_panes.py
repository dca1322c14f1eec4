"""Several views in one picture: each draws what a scene of its own would, and all move and pick together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import laspy
import numpy as np
import pytest

from layers.arrays import UInt8
from layers.columns import Column
from layers.data import ReadOptions
from layers.errors import UsageError
from layers.importing import import_files
from layers.project import Project
from layers.results import Pedigree, Quantity, Result, Table, Values
from tests.boxes import Box, write_boxes
from tests.cities import imported_here
from tests.rasters import NORTH, WEST, write
from viewer.age import LABELS, age_classes, years_at
from viewer.arrangement import GAP, Arrangement, mixed
from viewer.panes import Panes
from viewer.scene import Scene, SunLight, prepare
from viewer.showing import Showing
from viewer.told import Told

SIZE = (322, 201)
OLD, NEW = Showing("1990"), Showing("2020")
#: The second house, 40 m beside the first, stands from 2000 on.
HOUSES = [Box((0.0, 0.0), 20, 20, 0.0, 0.0, 10.0), Box((40.0, 0.0), 20, 20, 0.0, 0.0, 10.0)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("panes")
    with Project.create(folder / "two.city.gpkg") as made:
        with imported_here():
            import_files(made, [write_boxes(folder / "two.city.jsonl", HOUSES)])
        first = made.layers[0].first_fid
        with made.edit("Dates") as edit:
            edit.set_valid(first, "1950", None)
            edit.set_valid(first + 1, "2000", None)
        yield made


@pytest.fixture
def panes(project: Project) -> Iterator[Panes]:
    made = Panes(project, SIZE)
    layer = project.layers[0]
    made.lead.add(prepare(layer, project.drawable(layer), project.place, project))
    made.lead.ghosts = made.has_captions = False
    yield made
    made.close()


def arranged(panes: Panes, way: str, *showings: Showing, at: float = 0.5) -> UInt8:
    panes.arrange(Arrangement(way, at), showings)
    panes.bring_all()
    panes.camera = replace(panes.camera, altitude_deg=90.0, azimuth_deg=0.0)
    panes.fit()
    panes.settle()
    return panes.frame()


def alone(project: Project, panes: Panes, number: int, date: str) -> UInt8:
    """What a scene of that size draws that is not in a pane."""
    scene = Scene(project, panes.scenes[number].size)
    layer = project.layers[0]
    scene.add(prepare(layer, project.drawable(layer), project.place, project))
    scene.ghosts = False
    scene.set_date(date)
    scene.camera = panes.camera
    scene.settle()
    picture = scene.frame()
    scene.close()
    return picture


def apart(one: UInt8, other: UInt8) -> float:
    """Share of the pixels that differ by more than rounding."""
    return float((np.abs(one.astype(np.int16) - other).max(axis=2) > 2).mean())


def where(panes: Panes, number: int, house: int) -> tuple[float, float]:
    """The pixel position of the roof of a house in a pane."""
    east, north = HOUSES[house].place
    middle = np.array([[85_000 + east, 447_000 + north, HOUSES[house].top]])
    left, top, wide, high = panes.area(number)
    x, y, _ = panes.scenes[number].camera.project(middle, wide, high)[0]
    return left + float(x), top + float(y)


@pytest.mark.parametrize(("way", "count"), [("row", 2), ("row", 3), ("grid", 3), ("grid", 4)])
def test_panes_side_by_side_draw_what_scenes_would(
    project: Project, panes: Panes, way: str, count: int
) -> None:
    picture = arranged(panes, way, *[OLD, NEW, OLD, NEW][:count])
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    covered = np.zeros(picture.shape[:2], int)
    for number in range(count):
        x, y, wide, high = panes.area(number)
        covered[y : y + high, x : x + wide] += 1
        expected = alone(project, panes, number, "2020" if number % 2 else "1990")
        assert (picture[y : y + high, x : x + wide] == expected).all()
    assert covered.max() == 1
    assert (covered == 0).sum() <= GAP * (count * SIZE[0] + SIZE[1])


def test_a_swipe_shows_one_left_and_the_other_right_of_its_line_and_moves_without_drawing(
    project: Project, panes: Panes
) -> None:
    arranged(panes, "swipe", OLD, NEW)
    old, new = alone(project, panes, 0, "1990"), alone(project, panes, 1, "2020")
    assert (old != new).any()
    for at in (0.25, 0.75, 0.0, 1.0):
        panes.arrangement = panes.arrangement.moved(at)
        assert panes.needs_frame
        assert not any(scene.needs_frame for scene in panes.scenes)
        line = round(at * SIZE[0])
        picture = panes.frame()
        far = np.abs(np.arange(SIZE[0]) - line) > 20  # the line and its handle
        expected = np.concatenate((old[:, :line], new[:, line:]), axis=1)
        assert (picture[:, far] == expected[:, far]).all()
        assert panes.holds_line(line + 5) and not panes.holds_line(line + 30)


def test_in_motion_a_swipe_draws_each_view_where_it_is_seen_alone(project: Project, panes: Panes) -> None:
    whole = arranged(panes, "swipe", OLD, NEW, at=0.3)
    line = round(0.3 * SIZE[0])
    panes.moving = True
    for scene in panes.scenes:
        scene.needs_frame = True
    assert apart(panes.frame(), whole) < 1e-4
    assert [scene.columns for scene in panes.scenes] == [(0, line), (line, SIZE[0])]
    moved = Arrangement("swipe", 0.7)
    panes.arrangement = moved  # more of the first one is seen than was drawn
    panes.frame()
    line = round(0.7 * SIZE[0])
    assert panes.scenes[0].columns == (0, line)
    panes.moving = False
    assert apart(panes.frame(), arranged(panes, "swipe", OLD, NEW, at=0.7)) < 1e-4
    assert [scene.columns for scene in panes.scenes] == [None, None]


@pytest.mark.parametrize(("way", "at", "columns"), [("swipe", 0.0, (0, 1)), ("blink", 1.0, (0, 1))])
def test_in_motion_a_view_that_is_not_seen_is_hardly_drawn(
    panes: Panes, way: str, at: float, columns: tuple[int, int]
) -> None:
    whole = arranged(panes, way, OLD, NEW, at=at)
    panes.moving = True
    for scene in panes.scenes:
        scene.needs_frame = True
    assert apart(panes.frame(), whole) < 1e-4
    assert [scene.columns for scene in panes.scenes] == [columns, (0, SIZE[0])]
    panes.arrangement = Arrangement(way, 1.0 - at)
    panes.moving = False
    assert apart(panes.frame(), arranged(panes, way, OLD, NEW, at=1.0 - at)) < 1e-4


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("columns", [(0, 100), (57, 191), (200, 322)])
def test_a_part_of_a_picture_is_as_it_is_in_the_whole(
    project: Project, panes: Panes, parallel: bool, columns: tuple[int, int]
) -> None:
    scene = panes.lead
    scene.set_sun(SunLight(np.array([0.6, -0.48, 0.64]), 39.8, 128.7))  # what is lit, is so by its depth
    scene.camera = replace(panes.camera, altitude_deg=35.0, parallel=parallel)
    scene.settle()
    whole = scene.frame()
    scene.columns, scene.needs_frame = columns, True
    part = scene.frame()
    first, last = columns
    assert part.shape == whole.shape
    assert apart(part[:, first:last], whole[:, first:last]) < 2e-3
    assert not part[:, :first].any() and not part[:, last:].any()
    scene.columns, scene.needs_frame = None, True
    assert (scene.frame() == whole).all()


def test_onion_skin_mixes_two_and_blink_shows_one_after_the_other(project: Project, panes: Panes) -> None:
    picture = arranged(panes, "onion", OLD, NEW, at=0.25)
    old, new = alone(project, panes, 0, "1990"), alone(project, panes, 1, "2020")
    assert np.abs(picture - (0.75 * old + 0.25 * new)).max() <= 1
    panes.arrangement = Arrangement("blink", 0.0)
    assert (panes.frame() == old).all()
    panes.arrangement = Arrangement("blink", 1.0)
    assert (panes.frame() == new).all()


def test_a_picture_fades_from_the_one_that_was_held(panes: Panes) -> None:
    before = arranged(panes, "row", OLD)
    panes.hold()
    panes.show(0, NEW)
    panes.settle()
    panes.fade = 0.5
    half = panes.frame()
    panes.fade = 1.0
    after = panes.frame()
    assert (before != after).any()
    assert (half == mixed(before, after, 0.5)).all()


def test_linked_cameras_are_one_and_others_are_their_own(panes: Panes) -> None:
    arranged(panes, "row", OLD, NEW)
    moved = panes.camera.zoomed(panes.camera.target, 0.5)
    panes.active, panes.camera = 1, moved
    panes.frame()
    assert all(scene.camera is moved for scene in panes.scenes)
    panes.linked, panes.active = False, 1
    panes.camera = moved.zoomed(moved.target, 0.5)
    panes.frame()
    assert panes.lead.camera is moved and panes.scenes[1].camera is panes.camera


@pytest.mark.parametrize("way", ["row", "swipe"])
def test_a_click_means_the_pane_under_it(project: Project, panes: Panes, way: str) -> None:
    arranged(panes, way, OLD, NEW)
    first = project.layers[0].first_fid
    if way == "row":
        assert panes.pick(*where(panes, 0, 1)) is None  # the new house does not stand in 1990
        hit = panes.pick(*where(panes, 1, 1))
        assert hit is not None and hit.fid == first + 1
        assert panes.pick(panes.area(0).width + 0.5, 10) is None  # between them
        x, y = where(panes, 0, 0)
        assert panes.pick_box(x - 3, y - 3, SIZE[0], SIZE[1]) == [first]
        return
    x, y = where(panes, 1, 1)
    for at, fid in ((x / SIZE[0] - 0.05, first + 1), (x / SIZE[0] + 0.05, None)):
        panes.arrangement = panes.arrangement.moved(at)
        hit = panes.pick(x, y)
        assert (None if hit is None else hit.fid) == fid


def test_what_is_selected_and_hidden_in_the_first_pane_is_so_in_all(project: Project, panes: Panes) -> None:
    before = arranged(panes, "row", NEW, NEW)
    first = project.layers[0].first_fid
    panes.lead.select([first])
    selected = panes.frame()
    panes.lead.hide([first])
    hidden = panes.frame()
    for picture in (selected, hidden):
        a, b = panes.area(0), panes.area(1)
        left = picture[a.y : a.y + a.height, a.x : a.x + a.width]
        right = picture[b.y : b.y + b.height, b.x : b.x + b.width]
        assert (left == right).all()
        assert (picture != before).any()
    panes.lead.select([])
    panes.lead.show_all()
    assert (panes.frame() == before).all()


def test_panes_follow_edits_and_layers_that_are_made_anew(project: Project, panes: Panes) -> None:
    before = arranged(panes, "row", OLD, NEW)
    assert panes.missing() == []
    project.changed.connect(panes.on_changes)
    with project.edit("Colour") as edit:
        edit.set_layer(project.layers[0].id, style={"color_by": "plain", "color": "#2050c0"})
    panes.settle()
    blue = panes.frame()
    project.undo()
    project.changed.disconnect(panes.on_changes)
    panes.settle()
    assert (blue != before).any() and (panes.frame() == before).all()
    layer = project.layers[0]
    panes.lead.add(prepare(layer, project.drawable(layer), project.place, project))
    assert [(number, one.id) for number, one in panes.missing()] == [(1, layer.id)]
    panes.bring_all()
    panes.settle()
    assert panes.missing() == [] and (panes.frame() == before).all()


def test_each_pane_has_its_own_style_and_layers(project: Project, panes: Panes) -> None:
    layer = project.layers[0]
    plain = Showing("2020", color_by="plain")
    arranged(panes, "row", NEW, plain)
    ways = [scene.legend()[0].heading for scene in panes.scenes]
    assert ways[0] != ways[1] and layer.style == project.layers[0].style
    panes.show(1, replace(plain, layers=frozenset()))
    panes.settle()
    empty = panes.frame()[:, panes.area(1).x :]
    assert (empty == empty[:, :1]).all()  # nothing but sky


def test_too_many_views_are_refused_in_a_sentence(panes: Panes) -> None:
    for way, count in (("row", 5), ("swipe", 3), ("onion", 4)):
        with pytest.raises(UsageError, match=way):
            panes.arrange(Arrangement(way), [Showing()] * count)
    with pytest.raises(UsageError, match="diagonal"):
        Arrangement("diagonal")
    with pytest.raises(UsageError, match=r"1\.5"):
        Arrangement("swipe", 1.5)


def test_the_captions_name_date_and_scenario(project: Project, panes: Panes) -> None:
    bare = arranged(panes, "row", OLD, replace(NEW, caption="The plan"))
    panes.has_captions = True
    panes.arrangement = panes.arrangement.moved(0.5)
    named = panes.frame()
    changed = (named != bare).any(axis=2)
    for number in range(2):
        x, y, wide, high = panes.area(number)
        part = changed[y : y + high, x : x + wide]
        assert part[10:40, wide // 2 - 20 : wide // 2 + 20].mean() > 0.8
        assert not part[50:].any()


# -- age ---------------------------------------------------------------------------------------------


def test_ages_are_years_to_the_date_that_is_shown() -> None:
    starts = Column(4, codes=np.array([0, 1, 2, -1], np.int32), values=["1920-01-01", "2019-07-01", "2030"])
    years = years_at(starts, None, "2020-01-01")
    assert np.allclose(years[:3], [100.0, 0.504, -10.0], atol=0.01) and np.isnan(years[3])
    classes = age_classes(years)
    assert [classes.labels[code] for code in classes.codes] == ["100 – 200", "under 2", "to come", "no date"]
    assert np.isclose(years_at(starts, "2010", "2020-01-01")[3], 10.0, atol=0.01)
    assert len(classes.colors) == len(LABELS) + 2


def test_colours_by_age_follow_the_date(project: Project, panes: Panes) -> None:
    arranged(panes, "row", replace(OLD, color_by="age"), replace(NEW, color_by="age"))
    labels = [{row.label for row in scene.legend()} for scene in panes.scenes]
    assert labels == [{"25 – 50"}, {"50 – 100", "10 – 25"}]
    panes.show(0, Showing("2010", color_by="age"))
    assert {row.label for row in panes.lead.legend()} == {"50 – 100", "10 – 25"}


def test_ghosts_are_seen_through_or_outlines(panes: Panes) -> None:
    bare = arranged(panes, "row", OLD)
    panes.lead.ghosts = True
    panes.settle()
    through = panes.frame()
    panes.lead.ghost_outlines = True
    panes.settle()
    outlined = panes.frame()
    changed = [(picture != bare).any(axis=2).sum() for picture in (through, outlined)]
    assert 0 < changed[1] < changed[0] / 2


# -- all kinds of layers -----------------------------------------------------------------------------


@pytest.fixture
def snapshots(tmp_path: Path) -> Iterator[Project]:
    """Terrain, pictures of it and points, each of 1990 and of 2020: 30 m higher, blue, and elsewhere."""
    with Project.create(tmp_path / "snapshots.city.gpkg", "EPSG:25832") as project, imported_here():
        for year, height, color, shift in (
            ("1990", 0.0, (200, 40, 40), 5),
            ("2020", 30.0, (40, 40, 200), 45),
        ):
            ground = write(
                tmp_path / f"dtm{year}.tif", np.full((60, 60), height, np.float32), crs="EPSG:25832"
            )
            bands = np.tile(np.array(color, np.uint8)[:, None, None], (1, 60, 60))
            photo = write(tmp_path / f"photo{year}.tif", bands, crs="EPSG:25832", photometric="RGB")
            cloud = laspy.create(point_format=2, file_version="1.4")
            cloud.header.offsets, cloud.header.scales = [WEST, NORTH, 0], [0.01] * 3
            x, y = (axis.ravel() for axis in np.meshgrid(np.arange(100) * 0.1, np.arange(100) * 0.1))
            cloud.x, cloud.y, cloud.z = WEST + shift + x, NORTH - 20 - y, np.full(len(x), 50.0)
            cloud.green = np.full(len(x), 60_000, np.uint16)
            cloud.write(tmp_path / f"scan{year}.las")
            crs = ReadOptions(crs="EPSG:25832")
            for name, source, kind in (("Ground", ground, "terrain"), ("Photo", photo, "image")):
                options = replace(crs, kind=kind)
                import_files(project, [source], options, name=name, epoch=year)
            import_files(project, [tmp_path / f"scan{year}.las"], crs, name="Scan", epoch=year)
        yield project


def test_snapshots_of_every_kind_take_each_others_place(snapshots: Project) -> None:
    panes = Panes(snapshots, (404, 200))
    panes.has_captions = False
    for layer in reversed(snapshots.layers):
        panes.lead.add(prepare(layer, snapshots.drawable(layer), snapshots.place, snapshots))
    picture = arranged(panes, "row", OLD, NEW)
    for number, (height, channel) in enumerate(((0.0, 0), (30.0, 2))):
        east = (10, 50) if number == 0 else (50, 10)  # where points were scanned, and where not
        spots = [(30, -30, height), (east[0], -25, 50.0), (east[1], -25, height)]
        points = np.array(spots) + np.array([WEST, NORTH, 0.0])
        left, top, wide, high = panes.area(number)
        places = panes.camera.project(points, wide, high)[:, :2] + (left, top)
        ground, scanned, bare = (picture[round(y), round(x)].astype(int) for x, y in places.tolist())
        assert ground.argmax() == channel and ground[channel] > 2 * np.delete(ground, channel).max()
        assert scanned.argmax() == 1 and bare.argmax() == channel
        hit = panes.pick(*places[0])
        assert hit is not None and np.isclose(hit.point_in_world[2], height, atol=0.01)
        assert panes.scenes[number].ground_height(WEST + 30, NORTH - 30) == pytest.approx(height, abs=0.01)
    panes.show(0, NEW)
    panes.settle()
    again = panes.frame()
    a, b = panes.area(0), panes.area(1)
    assert (again[:, a.x : a.x + a.width] == again[:, b.x : b.x + b.width]).all()
    panes.close()


def test_a_picture_of_several_panes_is_finished_though_it_takes_many_steps(project: Project) -> None:
    panes = Panes(project, (200, 100))
    panes.arrange(Arrangement(), [Showing(), Showing()])
    panes.begin()
    assert panes.is_drawing and not panes.needs_frame  # panes whose turn is to come need no other beginning
    panes.scenes[0].select([])
    panes.scenes[1].needs_frame = True
    assert not panes.needs_frame
    while panes.proceed() is None:
        pass
    assert not panes.needs_frame and not panes.is_drawing
    panes.scenes[1].needs_frame = True
    assert panes.needs_frame
    panes.close()


HOURS = tuple(
    Quantity(f"sunlight_h{end}", f"Sunlight{said}", "h") for end, said in (("", ""), ("_before", " before"))
)
CHANGE = Quantity("sunlight_h_change", "Sunlight, change", "h")


def sunlit(project: Project) -> Result:
    """Both roofs had 8 h; the first one has 2 h."""
    layer = project.layers[0]
    fids = layer.first_fid + np.arange(2)
    surfaces: dict[str, Values] = {
        "layer": np.full(2, layer.id), "fid": fids, "geometry": np.zeros(2, np.int64),
        "object_id": [project.object(int(fid)).id for fid in fids], "surface": np.ones(2, np.int64),
        "surface_id": ["roof", "roof"], "surface_type": ["RoofSurface"] * 2, "area_m2": np.full(2, 400.0),
        "sunlight_h": np.array([2.0, 8.0]), "sunlight_h_before": np.array([8.0, 8.0]),
        "sunlight_h_change": np.array([-6.0, 0.0]),
    }  # fmt: skip
    quantities = (*HOURS, CHANGE)
    return Result("sunlight", "", {}, Pedigree("", "", ()), quantities, surfaces=Table(surfaces))


def quantities(panes: Panes) -> list[str]:
    """What each pane is coloured by."""
    panes.frame()
    scales = [scene.result_scale for scene in panes.scenes]
    return [scale.quantity.name for scale in scales if scale is not None]


def test_each_pane_wears_what_a_result_says_of_its_own_situation(project: Project, panes: Panes) -> None:
    states = (("2020", None), ("1990", None))
    panes.tell(Told(sunlit(project), None, states))
    picture = arranged(panes, "row", OLD, NEW, replace(OLD, caption="again"))
    assert quantities(panes) == ["sunlight_h_before", "sunlight_h", "sunlight_h_before"]
    before, now, again = (
        picture[round(y), round(x)].astype(int) for x, y in (where(panes, at, 0) for at in range(3))
    )
    assert np.abs(before - now).max() > 40 and (before == again).all()
    headings = {row.heading for row in panes.legend() if row.heading.startswith("Sunlight")}
    assert headings == {"Sunlight, 2.0 to 8.0"}, "one scale for both, told once"
    panes.tell(Told(panes.lead.shows[0], "sunlight_h_before", states))
    assert quantities(panes) == ["sunlight_h_before", "sunlight_h", "sunlight_h_before"]
    panes.tell(Told(panes.lead.shows[0], "sunlight_h_change", states))
    assert quantities(panes) == ["sunlight_h_change"] * 3
    panes.tell(Told(panes.lead.shows[0], "sunlight_h", states))
    panes.arrange(Arrangement(), [OLD])
    assert quantities(panes) == ["sunlight_h"], "one view shows what was chosen"
    panes.tell(Told())
    assert quantities(panes) == []
