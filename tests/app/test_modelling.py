"""Drawing and changing buildings in the view, with clicks, drags and keys."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from app.session import Session
from app.window import Window
from layers import wkb
from layers.arrays import Float64
from layers.checks.geometry import ObjectCheck
from layers.data import ReadOptions
from layers.importing import import_files
from layers.reworking import Workshop
from viewer.camera import Camera

LEFT = Qt.MouseButton.LeftButton
Settled = Callable[[Session], None]
#: North of the nine boxes of 10 m, which stand 20 m apart from 84000, 446000 on.
FREE: Float64 = np.array([84_020.0, 446_075.0, 0.0])
#: House-4, 7 m high, stands in the middle.
ROOF: Float64 = np.array([84_025.0, 446_025.0, 7.0])


@pytest.fixture
def city(qtbot: QtBot, window: Window, settled: Settled, blocks: Path, tmp_path: Path) -> Window:
    """A window on nine boxes, seen from the south."""
    path = tmp_path / "copy" / blocks.name
    shutil.copytree(blocks.parent, path.parent)
    window.open_paths([path])
    qtbot.waitUntil(lambda: bool(window.session.is_open and window.session.project.layers))
    settled(window.session)
    window.canvas.set_camera(Camera(FREE, 120.0, 0.0, 50.0))
    return window


def spot(window: Window, *place: float) -> QPoint:
    """Where a place of the world is in the view."""
    canvas = window.canvas
    x, y, _ = canvas.camera.project(np.array([place]), canvas.width(), canvas.height())[0].tolist()
    return QPoint(round(x), round(y))


def draw(qtbot: QtBot, window: Window, *places: tuple[float, float], level: float = 0.0) -> None:
    """Click corners on the ground."""
    for x, y in places:
        qtbot.mouseMove(window.canvas, spot(window, x, y, level))
        qtbot.mouseClick(window.canvas, LEFT, pos=spot(window, x, y, level))


def drag(qtbot: QtBot, window: Window, start: QPoint, end: QPoint) -> None:
    """Drag from one position to another, in steps."""
    qtbot.mousePress(window.canvas, LEFT, pos=start)
    for share in (0.4, 0.8, 1.0):
        qtbot.mouseMove(window.canvas, start + (end - start) * share)
    qtbot.mouseRelease(window.canvas, LEFT, pos=end)


def start(window: Window, name: str) -> None:
    """Take up a tool from the menu."""
    window.actions_[f"model_{name}"].trigger()


def scenario(window: Window, name: str = "Tower") -> int:
    """Begin a scenario, and look at it."""
    with window.session.project.edit("Begin") as edit:
        number = edit.add_scenario(name)
    window.session.situation.set_scenario(number)
    return number


SQUARE = ((84_010.0, 446_070.0), (84_030.0, 446_070.0), (84_030.0, 446_082.0), (84_010.0, 446_082.0))


def test_a_tower_is_drawn_in_a_scenario_raised_and_undone(
    qtbot: QtBot, city: Window, settled: Settled
) -> None:
    number, project = scenario(city), city.session.project
    before = project.can_undo
    start(city, "building")
    assert (
        city.modelling.panel.isVisible()
        and not city.modelling.panel.visibleRegion().isEmpty()
        and "Tower" in city.modelling.panel.into.text()
    )
    draw(qtbot, city, *SQUARE)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert project.can_undo == before  # a ghost so far
    qtbot.keyClicks(city.canvas, "21.5")
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert city.modelling.panel.fields["eaves_m"].value() == 21.5
    city.modelling.panel.fields["roof"].setCurrentText("Hip")
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert project.can_undo.label == "Draw building in Tower"
    (fid,) = city.session.selection.tolist()
    tower, workshop = project.object(fid), Workshop(project, number)
    assert tower.id == "drawn-1"
    assert project.layer(tower.layer).scenario == number and tower.lods == ("1", "2")
    assert tower.attributes["roofType"] == "1040" and tower.attributes["storeysAboveGround"] == 7
    shape = workshop.shape(fid)
    assert shape is not None
    assert np.allclose(shape.vertices.min(axis=0), (84_010, 446_070, 0), atol=0.5)
    assert not list(ObjectCheck("", shape.vertices).findings(shape.geometries))
    settled(city.session)
    before_m = shape.vertices[:, 2].max()
    start(city, "raise")
    (place, _) = city.modelling.desk.tool.knobs()[0]
    knob = spot(city, *place)
    drag(qtbot, city, knob, knob - QPoint(0, 25))
    after = workshop.shape(fid)
    up = after.vertices[:, 2].max() - before_m
    assert up > 1 and project.can_undo.label == f"Raise by {up:g} m in Tower"
    qtbot.keyClicks(city.canvas, "5")
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert workshop.shape(fid).vertices[:, 2].max() == pytest.approx(before_m + up + 5)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert workshop.shape(fid).vertices[:, 2].max() == pytest.approx(before_m + up)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Escape)
    assert city.modelling.desk.tool is None and not city.modelling.panel.isVisible()


def test_a_tree_of_a_list_is_moved_in_a_scenario_with_the_mouse(
    qtbot: QtBot, city: Window, settled: Settled, tmp_path: Path
) -> None:
    place = {"type": "Point", "coordinates": [84_020.0, 446_075.0]}
    feature = {"type": "Feature", "properties": {"name": "oak"}, "geometry": place}
    path = tmp_path / "trees.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    project = city.session.project
    (trees,) = import_files(project, [path], ReadOptions(kind="vector", crs="EPSG:7415"))
    scenario(city)
    settled(city.session)
    city.session.select([trees.first_fid])
    start(city, "move")
    (foot, _), *_ = city.modelling.desk.tool.knobs()
    drag(qtbot, city, spot(city, *foot), spot(city, 84_026.0, 446_075.0, foot[2]))
    (copy,) = city.session.selection.tolist()
    data = project.wkb(copy)
    assert copy != trees.first_fid and data is not None
    assert wkb.read(data).coordinates[0, :2] == pytest.approx((84_026, 446_075), abs=0.5)
    settled(city.session)
    hit = city.canvas.hit(QPointF(spot(city, 84_026.0, 446_075.0, 4.0)))
    assert hit is not None and hit.fid == copy
    type_in(qtbot, city, "0 4")
    assert wkb.read(project.wkb(copy) or b"").coordinates[0, 1] == pytest.approx(446_079, abs=0.5)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert city.session.selection.tolist() == [trees.first_fid]


def test_a_line_is_drawn_into_the_current_layer_of_the_scenario(
    qtbot: QtBot, city: Window, settled: Settled, tmp_path: Path
) -> None:
    path, project = tmp_path / "paths.geojson", city.session.project
    line = {"type": "LineString", "coordinates": [[84_000.0, 446_000.0], [84_005.0, 446_000.0]]}
    feature = {"type": "Feature", "properties": {}, "geometry": line}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    import_files(project, [path], ReadOptions(kind="vector", crs="EPSG:7415"), name="Paths")
    scenario(city)
    settled(city.session)
    start(city, "plan")
    draw(qtbot, city, *SQUARE[:3])
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert project.can_undo.label == "Draw line in Tower"
    (fid,) = city.session.selection.tolist()
    assert project.any_layer(project.object(fid).layer).name == "Paths – Tower"
    assert np.allclose(wkb.read(project.wkb(fid) or b"").coordinates[:, :2], SQUARE[:3], atol=0.5)
    settled(city.session)
    city.modelling.panel.fields["kind"].setCurrentText("Point")
    draw(qtbot, city, SQUARE[3], SQUARE[0])
    assert project.can_undo.label == "Draw point in Tower" and project.count(project.layers[0]) == 3


def test_a_mansard_has_its_break_and_upper_pitch_in_the_panel(qtbot: QtBot, city: Window) -> None:
    start(city, "building")
    panel = city.modelling.panel
    draw(qtbot, city, *SQUARE)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert not panel.fields["break_m"].isVisible() and not panel.fields["upper_deg"].isVisible()
    panel.fields["roof"].setCurrentText("Mansard")
    assert panel.fields["break_m"].isVisible() and panel.fields["upper_deg"].isVisible()
    for name, value in (("eaves_m", 6), ("pitch_deg", 60), ("break_m", 3), ("upper_deg", 20)):
        panel.fields[name].setValue(value)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    (fid,) = city.session.selection.tolist()
    corners = shape_of(city, fid)
    heights = np.unique(np.round(corners[:, 2] - corners[:, 2].min(), 2))
    deep = np.ptp(corners[:, 1]) / 2
    top = 9 + (deep - 3 / 3**0.5) * np.tan(np.radians(20))
    assert {6.0, 9.0} <= set(heights.tolist()) and heights[-1] == pytest.approx(top, abs=0.02)


def choose(window: Window, id: str) -> int:
    """Select a house."""
    (item,) = [item for item in window.session.project.objects() if item.id == id and not item.gone]
    window.session.select([item.fid])
    return item.fid


def shape_of(window: Window, fid: int) -> Float64:
    """The corners of an object as it is in the scenario that is looked at."""
    shape = Workshop(window.session.project, window.session.situation.scenario).shape(fid)
    assert shape is not None
    assert not list(ObjectCheck("", shape.vertices).findings(shape.geometries))
    return shape.vertices


def type_in(qtbot: QtBot, window: Window, text: str) -> None:
    """Type a number into the view, and Enter."""
    qtbot.keyClicks(window.canvas, text)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("tool", "typed", "label", "expected"),
    [
        ("move", "30<90", "Move by 30.00 m", (30, 0, 0, 10, 10, 7)),
        ("move", "3 -4 1.5", "Move by 5.00 m", (3, -4, 1.5, 10, 10, 7)),
        ("turn", "90", "Rotate by 90°", (0, 0, 0, 10, 10, 7)),
        ("scale", "2", "Scale by 2", (-5, -5, 0, 20, 20, 14)),
        ("raise", "-2", "Raise by -2 m", (0, 0, 0, 10, 10, 5)),
    ],
)
def test_numbers_that_are_typed_change_what_is_selected(
    qtbot: QtBot,
    city: Window,
    tool: str,
    typed: str,
    label: str,
    expected: tuple[float, ...],
) -> None:
    fid = choose(city, "house-4")
    before = shape_of(city, fid).min(axis=0)
    start(city, tool)
    assert "in place" in city.modelling.panel.into.text()
    type_in(qtbot, city, typed)
    assert city.session.project.can_undo.label == label
    after = shape_of(city, fid)
    assert after.min(axis=0) - before == pytest.approx(np.array(expected[:3]), abs=1e-6)
    assert np.ptp(after, axis=0) == pytest.approx(np.array(expected[3:]), abs=1e-6)
    city.actions_["undo"].trigger()
    assert shape_of(city, fid).min(axis=0) == pytest.approx(before)


def test_a_scenario_changes_and_the_base_stays(qtbot: QtBot, city: Window, settled: Settled) -> None:
    fid = choose(city, "house-4")
    before = shape_of(city, fid)
    scenario(city)
    city.session.select([fid])
    start(city, "duplicate")
    type_in(qtbot, city, "0 100")
    (copy,) = city.session.selection.tolist()
    assert copy != fid
    assert shape_of(city, copy).min(axis=0) - before.min(axis=0) == pytest.approx((0, 100, 0))
    city.session.select([fid])
    start(city, "array")
    city.modelling.panel.fields["columns"].setValue(4)
    assert "3 copies" in city.modelling.panel.numbers.text()
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert len(city.session.selection) == 3 and city.modelling.desk.tool is None
    city.session.select([fid])
    start(city, "array_line")
    draw(qtbot, city, *SQUARE[:2])
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    placed = sorted(shape_of(city, each).mean(axis=0)[0] for each in city.session.selection.tolist())
    assert np.diff(placed) == pytest.approx([5.0] * 4, abs=0.2)
    city.session.select([fid])
    start(city, "delete")
    assert city.session.project.can_undo.label == "Delete 1 object in Tower"
    assert not city.session.project.object(fid).gone
    assert np.array_equal(shape_of(city, fid), before)
    city.session.situation.set_scenario(None)
    assert city.session.project.count(city.session.project.layers[-1]) == 9


def test_a_face_is_pulled_with_the_mouse(qtbot: QtBot, city: Window) -> None:
    city.canvas.set_camera(Camera(ROOF, 60.0, 0.0, 30.0))
    fid = choose(city, "house-4")
    start(city, "push")
    wall = np.array([84_025.0, 446_020.0, 4.0])
    qtbot.mouseClick(city.canvas, LEFT, pos=spot(city, *wall))
    ((place, _),) = city.modelling.desk.tool.knobs()
    drag(qtbot, city, spot(city, *place), spot(city, *(place - (0, 3, 0))))
    south = shape_of(city, fid).min(axis=0)[1]
    assert south == pytest.approx(446_017, abs=0.4)
    assert city.session.project.can_undo.label.startswith("Pull a face by ")


def test_buildings_are_split_and_merged_again(qtbot: QtBot, city: Window) -> None:
    city.canvas.set_camera(Camera(ROOF, 80.0, 0.0, 80.0))
    fid = choose(city, "house-4")
    start(city, "split")
    draw(qtbot, city, (84_024.0, 446_012.0), (84_024.0, 446_036.0))
    assert city.session.project.can_undo.label == "Split" and len(city.session.selection) == 2
    kept, other = sorted(city.session.selection.tolist())
    widths = sorted(np.ptp(shape_of(city, each), axis=0)[0] for each in (kept, other))
    assert sum(widths) == pytest.approx(10) and 2 < widths[0] < 5
    start(city, "merge")
    assert city.session.project.can_undo.label == "Merge 2 buildings"
    assert np.ptp(shape_of(city, fid), axis=0)[0] == pytest.approx(10)
    start(city, "split_height")
    type_in(qtbot, city, "3")
    heights = sorted(np.ptp(shape_of(city, each), axis=0)[2] for each in city.session.selection.tolist())
    assert heights == pytest.approx([3, 4])


def test_trees_and_roads_are_drawn(qtbot: QtBot, city: Window) -> None:
    scenario(city)
    start(city, "tree")
    draw(qtbot, city, SQUARE[0], SQUARE[1])
    assert city.session.project.can_undo.label == "Plant a tree in Tower"
    qtbot.keyClick(city.canvas, Qt.Key.Key_Escape)
    start(city, "road")
    draw(qtbot, city, *SQUARE[1:3])
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    found = [item.type for item in city.session.project.objects() if item.type != "Building"]
    assert found == ["SolitaryVegetationObject", "SolitaryVegetationObject", "Road"]


def test_what_cannot_be_is_said_by_the_cursor_and_nothing_changes(qtbot: QtBot, city: Window) -> None:
    before = city.session.project.can_undo
    start(city, "building")
    x, y = SQUARE[0]
    draw(qtbot, city, (x, y), (x + 20, y + 12), (x + 20, y), (x, y + 12))
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert "crosses" in city.modelling.desk.tool.refusal or "self" in city.modelling.desk.tool.refusal
    qtbot.keyClick(city.canvas, Qt.Key.Key_Backspace)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Escape)
    choose(city, "house-4")
    start(city, "raise")
    type_in(qtbot, city, "-8")
    assert city.session.project.can_undo == before and city.modelling.desk.tool is not None


def test_corners_come_to_houses_right_angles_and_typed_numbers(qtbot: QtBot, city: Window) -> None:
    city.canvas.set_camera(Camera(ROOF, 110.0, 0.0, 80.0))
    start(city, "building")
    tool = city.modelling.desk.tool
    azimuth = city.canvas.camera.azimuth_deg
    # The south-east corner of house-7's foot, a little beside it: behind it lies open ground.
    corner = spot(city, 84_030.0, 446_040.0, 0.0) + QPoint(3, 2)
    qtbot.mouseMove(city.canvas, corner)
    qtbot.waitUntil(lambda: tool.aimed is not None)
    assert tool.aimed.to == "corner"
    qtbot.mouseClick(city.canvas, LEFT, pos=corner)
    assert tool.corners[0] == pytest.approx((84_030, 446_040, 0), abs=1e-6)
    qtbot.keyClicks(city.canvas, "12.5<90")  # neither view 1 nor 2
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert tool.corners[1] == pytest.approx((84_042.5, 446_040, 0), abs=1e-6)
    assert city.canvas.camera.azimuth_deg == azimuth
    nearly = spot(city, 84_042.8, 446_034.0, 0.0)
    qtbot.mouseMove(city.canvas, nearly)
    qtbot.waitUntil(lambda: tool.aimed.to == "perpendicular", timeout=2000)
    qtbot.mouseClick(city.canvas, LEFT, pos=nearly)
    assert tool.corners[2][0] == pytest.approx(84_042.5, abs=1e-6)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Backspace)
    assert len(tool.corners) == 2
    qtbot.mouseClick(city.canvas, LEFT, pos=nearly)
    last = spot(city, 84_030.0, 446_034.0, 0.0)
    qtbot.mouseClick(city.canvas, LEFT, pos=last)
    qtbot.mouseDClick(city.canvas, LEFT, pos=last)
    assert tool.is_closed and len(tool.corners) == 4 and not tool.refusal


def test_what_is_moved_comes_to_its_neighbour(qtbot: QtBot, city: Window) -> None:
    city.canvas.set_camera(Camera(ROOF, 120.0, 0.0, 75.0))
    fid = choose(city, "house-4")
    start(city, "move")
    ((foot, _), _) = city.modelling.desk.tool.knobs()
    # Towards house-5, 20 m to the east, until their corners are 0.3 m apart.
    drag(qtbot, city, spot(city, *foot), spot(city, foot[0] + 9.7, foot[1] + 0.2, foot[2]))
    assert shape_of(city, fid).max(axis=0)[:2] == pytest.approx((84_040, 446_030), abs=1e-6)


def test_undo_takes_the_last_corner_back_and_never_the_scenario_under_it(qtbot: QtBot, city: Window) -> None:
    scenario(city)
    before = city.session.project.can_undo
    start(city, "building")
    tool = city.modelling.desk.tool
    draw(qtbot, city, *SQUARE[:2])
    qtbot.keyClick(city.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(tool.corners) == 1 and city.session.project.can_undo == before
    qtbot.keyClicks(city.canvas, "12")
    city.actions_["redo"].trigger()
    qtbot.keyClick(city.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not tool.typed.text and len(tool.corners) == 1
    qtbot.keyClick(city.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not tool.corners and city.session.project.can_undo == before
    said: list[str] = []
    city.session.message.connect(said.append)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert city.session.situation.scenario is None and city.modelling.desk.tool is None
    qtbot.waitUntil(lambda: said[-1] == "Tower is there no more: “Draw building” was put away")


@pytest.fixture
def slope(city: Window, settled: Settled, tmp_path: Path) -> Window:
    """The same on ground that rises by 1 m in 10 m to the east, 0 m where the houses begin."""
    path, side = tmp_path / "slope.tif", 300
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "float32"}
    transform = rasterio.Affine(1, 0, 83_900, 0, -1, 446_200)
    with rasterio.open(path, "w", crs="EPSG:28992", transform=transform, **profile) as raster:
        raster.write(np.tile(((np.arange(side) - 99.5) / 10).astype(np.float32), (side, 1)), 1)
    import_files(city.session.project, [path], name="Ground")
    settled(city.session)
    return city


def test_what_is_moved_stays_on_the_ground_and_it_is_said_what_it_stands_in(
    qtbot: QtBot, slope: Window
) -> None:
    said: list[str] = []
    slope.session.message.connect(said.append)
    fid = choose(slope, "house-4")
    before = shape_of(slope, fid).min(axis=0)
    start(slope, "move")
    qtbot.keyClicks(slope.canvas, "20<90")
    assert slope.modelling.panel.numbers.text() == "2.00 m up, with the ground"
    qtbot.keyClick(slope.canvas, Qt.Key.Key_Return)
    assert shape_of(slope, fid).min(axis=0) - before == pytest.approx((20, 0, 2), abs=0.02)
    assert said[-1] == "Move by 20.00 m: it stands in house-5; Ctrl+Z takes it back"
    slope.actions_["undo"].trigger()
    type_in(qtbot, slope, "0 100")
    assert said[-1] == "Move by 100.00 m; Ctrl+Z takes it back"
    type_in(qtbot, slope, "20 0 0.5")
    assert shape_of(slope, fid).min(axis=0) - before == pytest.approx((20, 100, 0.5), abs=0.02)


def test_a_click_on_a_crown_means_the_ground_behind_it(qtbot: QtBot, slope: Window, settled: Settled) -> None:
    start(slope, "tree")
    foot = (84_020.0, 446_080.0)
    draw(qtbot, slope, foot, level=2.0)
    settled(slope.session)
    (fid,) = slope.session.selection.tolist()
    qtbot.keyClick(slope.canvas, Qt.Key.Key_Escape)
    start(slope, "building")
    tool = slope.modelling.desk.tool
    crown = spot(slope, *foot, 2.0 + 8.0)
    hit = slope.canvas.hit(QPointF(crown))
    assert hit is not None and hit.fid == fid and hit.point_in_world[2] > 6
    qtbot.mouseMove(slope.canvas, crown)
    qtbot.waitUntil(lambda: tool.aimed is not None)
    marked = spot(slope, *tool.aimed.place)
    assert (marked - crown).manhattanLength() <= 4, "the mark is under the cursor"
    qtbot.mouseClick(slope.canvas, LEFT, Qt.KeyboardModifier.ControlModifier, crown)
    (corner,) = tool.corners
    assert (spot(slope, *corner) - crown).manhattanLength() <= 2 and corner[1] > foot[1] + 4
    assert corner[2] == pytest.approx((corner[0] - 84_000) / 10, abs=0.05)


def test_half_a_number_is_not_carried_out(qtbot: QtBot, city: Window) -> None:
    fid = choose(city, "house-4")
    before, last = shape_of(city, fid), city.session.project.can_undo
    start(city, "move")
    tool = city.modelling.desk.tool
    for typed in ("25<", "-", "3 -"):
        type_in(qtbot, city, typed)
        assert city.session.project.can_undo == last and tool.typed.text and not tool.changed
        qtbot.keyClick(city.canvas, Qt.Key.Key_Escape)
    qtbot.keyClicks(city.canvas, "25<195")
    assert tool.way[:2] == pytest.approx((-6.47, -24.15), abs=0.01)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Escape)
    assert not tool.way.any() and not tool.changed and tool is city.modelling.desk.tool
    type_in(qtbot, city, "25<90")
    assert city.session.project.can_undo.label == "Move by 25.00 m"
    assert shape_of(city, fid).min(axis=0) - before.min(axis=0) == pytest.approx((25, 0, 0), abs=1e-6)


def test_a_field_says_why_its_number_may_not_be_and_nothing_is_built(qtbot: QtBot, city: Window) -> None:
    panel = city.modelling.panel
    start(city, "building")
    draw(qtbot, city, *SQUARE)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    before = city.session.project.can_undo
    field = panel.fields["eaves_m"]
    field.selectAll()
    qtbot.keyClicks(field, "-5")
    assert panel.problem.isVisible() and "-5 is not from 0.01 to 2000.00" in panel.problem.text()
    assert not panel.done.isEnabled()
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert city.session.project.can_undo == before
    field.selectAll()
    qtbot.keyClicks(field, "6")
    assert not panel.problem.isVisible() and panel.done.isEnabled()
    qtbot.keyClick(city.canvas, Qt.Key.Key_Escape)
    choose(city, "house-4")
    start(city, "split_height")
    type_in(qtbot, city, "80")
    assert city.session.project.can_undo == before and panel.fields["height_m"].value() == 80
    assert panel.problem.isVisible() and panel.problem.text() and not panel.done.isEnabled()


def test_what_is_found_gives_the_keys_back_to_the_view(qtbot: QtBot, city: Window) -> None:
    city.activateWindow()
    city.actions_["find"].trigger()
    qtbot.keyClicks(city.find_box, "house-4")
    qtbot.waitUntil(lambda: city.find_box.list.count() == 1)
    qtbot.keyClick(city.find_box, Qt.Key.Key_Return)
    assert city.canvas.hasFocus() and len(city.session.selection) == 1


def test_undo_gives_a_tool_back_what_was_copied(qtbot: QtBot, city: Window) -> None:
    fid = choose(city, "house-4")
    scenario(city)
    city.session.select([fid])
    start(city, "raise")
    type_in(qtbot, city, "3")
    (copy,) = city.session.selection.tolist()
    assert copy != fid
    city.actions_["undo"].trigger()
    assert city.session.selection.tolist() == [fid] and city.modelling.desk.tool.shapes
