"""A layer is placed from the window: by numbers, by points that are clicked, and back again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.cli import main
from app.dialogs.place import PlaceLayer
from app.session import Session
from app.window import Window
from layers.arrays import Float64
from layers.importing import import_files
from layers.project import Project
from viewer.camera import Camera

LEFT = Qt.MouseButton.LeftButton
Settled = Callable[[Session], None]
#: A slab of 20 by 10 by 2 m in a designer's own coordinates.
SLAB = "".join(f"v {x} {y} {z}\n" for z in (0, 2) for x, y in ((0, 0), (20, 0), (20, 10), (0, 10))) + (
    "f 1 4 3 2\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n"
)


@pytest.fixture
def path(blocks: Path, tmp_path: Path) -> Path:
    """Nine boxes of 10 m, and a slab that names no place on Earth."""
    copy = tmp_path / "copy" / blocks.name
    shutil.copytree(blocks.parent, copy.parent)
    model = tmp_path / "slab.obj"
    model.write_text(SLAB)
    with Project.open(copy) as project:
        import_files(project, [model])
    return copy


@pytest.fixture
def opened(qtbot: QtBot, window: Window, settled: Settled, path: Path) -> Window:
    window.open_paths([path])
    qtbot.waitUntil(lambda: bool(window.session.is_open and window.session.project.layers))
    settled(window.session)
    window.session.set_current_layer(window.session.project.layer("slab").id)
    return window


def asked(window: Window) -> PlaceLayer:
    window.actions_["place"].trigger()
    (dialog,) = window.findChildren(PlaceLayer)
    return dialog


def click(qtbot: QtBot, window: Window, place: Float64) -> None:
    """Look straight down at a place and click it."""
    canvas = window.canvas
    canvas.set_camera(Camera(place, 40.0, 0.0, 90.0))
    x, y, _ = canvas.camera.project(place[None], canvas.width(), canvas.height())[0].tolist()
    qtbot.mouseClick(canvas, LEFT, pos=QPoint(round(x), round(y)))


def test_numbers_say_where_the_foot_stands(qtbot: QtBot, opened: Window, settled: Settled) -> None:
    dialog, session = asked(opened), opened.session
    before = session.project.layer("slab")
    dialog.stance.east.setValue(84_060.0)
    dialog.stance.north.setValue(446_025.0)
    dialog.stance.up.setValue(1.5)
    dialog.stance.rotation.setValue(90.0)
    qtbot.mouseClick(dialog.place, LEFT)
    settled(session)
    layer = session.project.layer("slab")
    assert layer.box == pytest.approx((84_055, 446_015, 1.5, 84_065, 446_035, 3.5))
    drawn = session.scene._views[layer.id].boxes
    assert drawn.min(axis=(0, 1)) == pytest.approx(layer.box[:3])
    session.undo()
    settled(session)
    assert session.project.layer("slab") == before
    assert dialog.stance.rotation.value() == 0.0
    dialog.close()


def test_a_height_with_a_decimal_comma(qtbot: QtBot, opened: Window, settled: Settled) -> None:
    dialog, session = asked(opened), opened.session
    before = session.project.layer("slab").box
    height = dialog.stance.up
    height.selectAll()
    qtbot.keyClicks(height, "1.039,2")
    qtbot.mouseClick(dialog.place, LEFT)
    assert "“1.039,2” is no number" in dialog.said.text() and session.project.layer("slab").box == before
    height.selectAll()
    qtbot.keyClicks(height, "39,2")
    qtbot.mouseClick(dialog.place, LEFT)
    settled(session)
    assert session.project.layer("slab").box[2] == pytest.approx(39.2)
    dialog.close()


def test_points_that_are_clicked_place_the_layer(qtbot: QtBot, opened: Window, settled: Settled) -> None:
    dialog, session = asked(opened), opened.session
    dialog.stance.east.setValue(84_100.0)
    dialog.stance.north.setValue(446_025.0)
    dialog.stance.up.setValue(30.0)
    qtbot.mouseClick(dialog.place, LEFT)
    settled(session)
    qtbot.mouseClick(dialog.pick, LEFT)
    assert "slab" in opened.canvas.picking
    low, high = np.array(session.project.layer("slab").box).reshape(2, 3)
    corners = np.array([low, (high[0], low[1], 0), high])
    corners[:, 2] = high[2]
    inwards = np.array([(1, 1, 0), (-1, 1, 0), (-1, -1, 0)]) * 0.1
    # Corners of the roofs of house-0, 3 m high, and of house-1, 4 m high and 20 m to the east.
    roofs = np.array([(84_000, 446_000, 3), (84_020, 446_000, 4), (84_020, 446_010, 4)], np.float64)
    for corner, inward, roof in zip(corners, inwards, roofs, strict=True):
        click(qtbot, opened, corner + inward)
        assert "belongs" in opened.canvas.picking
        click(qtbot, opened, roof + np.array((0.1, inward[1], 0.0)))
    assert dialog.table.rowCount() == 3
    foot = [field.value() for field in (dialog.stance.east, dialog.stance.north, dialog.stance.up)]
    # The corners meet their goals in plan; in height the mean of 3, 4 and 4 m, less the slab's 2 m.
    assert foot == pytest.approx([84_010, 446_005, 11 / 3 - 2], abs=1e-3)
    assert dialog.stance.rotation.value() == pytest.approx(0, abs=1e-4)
    assert [dialog.table.item(row, 2).text() for row in range(3)] == ["0.667 m", "0.333 m", "0.333 m"]
    assert "0.471 m (root mean square)" in dialog.said.text()
    qtbot.mouseClick(dialog.place, LEFT)
    settled(session)
    assert session.project.layer("slab").box == pytest.approx(
        (84_000, 446_000, 5 / 3, 84_020, 446_010, 11 / 3), abs=1e-3
    )
    assert not opened.canvas.picking
    dialog.close()


def test_the_verb_places_and_fits(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> dict[str, object]:
        assert main(["place", str(path), "--layer", "slab", *arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert run("--to", "84060,446025,1.5", "--rotate", "90")["box"] == pytest.approx(
        [84_055, 446_015, 1.5, 84_065, 446_035, 3.5]
    )
    moved = run("--shift", "-1,2,0.5")["box"]
    assert moved == pytest.approx([84_054, 446_017, 2, 84_064, 446_037, 4])
    upright = run("--up", "y", "--unit", "cm")
    assert upright["box"] == pytest.approx([84_058.99, 446_026.9, 2, 84_059.01, 446_027.1, 2.1])
    run("--up", "z", "--unit", "m")
    fit = run("--pair", "84054,446017,2=84000,446000,0", "--pair", "84064,446017,2=84000,446010,0")
    assert fit["rms_m"] == pytest.approx(0, abs=1e-9)
    assert fit["box"] == pytest.approx([83_980, 446_000, 0, 84_000, 446_010, 2])
    with Project.open(path) as project:
        assert [step.label for step in project.history()][-5:] == ["Place slab"] * 5
    assert main(["place", str(path), "--layer", "slab"]) == 2
    assert "Nothing is to be changed" in capsys.readouterr().err


def test_a_scan_on_its_back_is_set_upright_and_told_its_unit(
    qtbot: QtBot, opened: Window, settled: Settled
) -> None:
    dialog, session = asked(opened), opened.session
    stance = dialog.stance
    assert stance.extent.text() == "It is then 20.0 m by 10.0 m and 2.00 m high."
    stance.axis.setCurrentIndex(stance.axis.findText("y", Qt.MatchFlag.MatchStartsWith))
    stance.axis.activated.emit(stance.axis.currentIndex())
    stance.unit.setCurrentText("centimetres")
    stance.unit.activated.emit(stance.unit.currentIndex())
    assert stance.scale.value() == 0.01
    assert stance.extent.text() == "It is then 0.20 m by 0.02 m and 0.10 m high."
    foot = [field.value() for field in (stance.east, stance.north, stance.up)]
    qtbot.mouseClick(dialog.place, LEFT)
    settled(session)
    east, north, up = foot
    assert session.project.layer("slab").box == pytest.approx(
        (east - 0.1, north - 0.01, up, east + 0.1, north + 0.01, up + 0.1), abs=1e-3
    )
    assert stance.axis.currentText().startswith("y")
    assert stance.unit.currentText() == "centimetres"
    dialog.close()


def test_a_large_scan_without_a_unit_is_asked_for(
    qtbot: QtBot, opened: Window, settled: Settled, tmp_path: Path
) -> None:
    large = tmp_path / "statue.obj"
    large.write_text(SLAB.replace("20", "200"))
    opened.session.import_files([large])
    settled(opened.session)
    qtbot.waitUntil(lambda: "statue" in opened.notices.info.text, timeout=20_000)
    assert "in metres it is 200.0 by 10.0 m and 2.0 m high" in opened.notices.info.text
    opened.notices.info.acted.emit()
    (dialog,) = opened.findChildren(PlaceLayer)
    assert dialog.layer.name == "statue"
    dialog.close()


def test_unit_and_upright_are_told_on_import(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "statue.obj"
    model.write_text(SLAB)
    assert main(["import", str(model), "--into", str(path), "--unit", "cm", "--up", "y"]) == 0
    with Project.open(path) as project:
        layer, slab = project.layer("statue"), project.layer("slab")
        assert layer.box is not None and slab.box is not None
        low, high = np.array(layer.box).reshape(2, 3)
        assert high - low == pytest.approx([0.2, 0.02, 0.1])
        assert (low + high)[:2] / 2 == pytest.approx((np.array(slab.box[:2]) + slab.box[3:5]) / 2)
        assert low[2] == pytest.approx(slab.box[2]), "set down like others"
    capsys.readouterr()
    assert main(["import", str(model), "--into", str(path), "--unit", "cm", "--offset", "1,2,3"]) == 2
    assert "offset" in capsys.readouterr().err


def test_the_dialog_leaves_the_view_free_while_points_are_picked(qtbot: QtBot, opened: Window) -> None:
    dialog = asked(opened)
    whole = dialog.height()
    dialog.pick.setChecked(True)
    assert dialog.stance.isHidden()
    assert dialog.height() < whole
    dialog.pick.setChecked(False)
    assert not dialog.stance.isHidden()
    dialog.close()
