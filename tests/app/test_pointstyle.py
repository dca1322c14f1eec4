"""The rows of the style panel that point clouds have: every change is one step that can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import laspy
import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.session import Session
from app.stylepanel import StylePanel
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from tests.app.blocks import write_city
from tests.cities import imported_here

GROUND, ROOF = 2, 6


def write_scan(path: Path) -> Path:
    """A hundred points of ground, fifty of roofs."""
    las = laspy.LasData(laspy.LasHeader(point_format=6, version="1.4"))
    las.header.offsets, las.header.scales = np.array([84_000.0, 447_000, 0]), np.full(3, 0.001)
    rng = np.random.default_rng(1)
    las.x, las.y = rng.uniform((84_000, 447_000), (84_100, 447_080), (150, 2)).T
    las.z = np.repeat([1.0, 9.0], (100, 50))
    las.classification = np.repeat([GROUND, ROOF], (100, 50)).astype(np.uint8)
    las.write(path)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scan")
    with Project.create(folder / "scan.city.gpkg", crs="EPSG:7415") as project, imported_here():
        import_files(project, [write_city(folder / "blocks.city.json")], ReadOptions(crs="EPSG:7415"))
        import_files(project, [write_scan(folder / "scan.las")], ReadOptions(crs="EPSG:7415"))
    return folder / "scan.city.gpkg"


@pytest.fixture
def panel(session: Session, settled: Callable[[Session], None], made: Path) -> Iterator[StylePanel]:
    session.open_project(made)
    settled(session)
    scan = next(layer for layer in session.project.layers if layer.kind == "points")
    session.set_current_layer(scan.id)
    panel = StylePanel(session)
    panel.show()
    yield panel
    while session.project.can_undo and session.project.can_undo.label == "Style of scan":
        session.undo()


def style(panel: StylePanel) -> dict[str, Any]:
    layer = panel._session.current_layer
    assert layer is not None
    return layer.style


def choose_clip(panel: StylePanel, keep: str) -> None:
    clip = panel.points.clip
    clip.setCurrentIndex(clip.findData(keep))
    clip.activated.emit(clip.currentIndex())


def test_classes_are_listed_with_their_counts_and_can_be_hidden(panel: StylePanel) -> None:
    rows = panel.points.classes
    assert [rows.item(number).text() for number in range(rows.count())] == ["Ground  (100)", "Building  (50)"]
    rows.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert style(panel)["hidden_classes"] == [ROOF]
    assert panel.points.classes.item(1).checkState() == Qt.CheckState.Unchecked
    panel._session.undo()
    assert "hidden_classes" not in style(panel)
    assert panel.points.classes.item(1).checkState() == Qt.CheckState.Checked


def test_light_and_gaps_are_steps(panel: StylePanel) -> None:
    points = panel.points
    assert points.dome.isChecked() and points.gaps.isChecked()
    points.dome.click()
    points.gaps.click()
    assert (style(panel)["eye_dome"], style(panel)["fill_gaps"]) == (False, False)
    assert not points.strength.isEnabled()
    points.dome.click()
    points.strength.setValue(25)
    assert style(panel)["eye_dome_strength"] == 2.5


def test_the_clip_box_begins_in_the_middle_and_follows_typed_numbers(panel: StylePanel) -> None:
    choose_clip(panel, "inside")
    (clip,) = style(panel)["clip"]
    low, high = clip["box"][:2], clip["box"][3:5]
    assert low == pytest.approx([84_025, 447_020], abs=3) and high == pytest.approx([84_075, 447_060], abs=3)
    assert (clip["box"][2], clip["box"][5]) == pytest.approx((1.0, 9.0), abs=0.01)
    panel.points.sides[3].setValue(84_060.25)
    assert style(panel)["clip"][0]["box"][3] == 84_060.25
    choose_clip(panel, "outside")
    assert style(panel)["clip"][0] == {"box": [*low, 1.0, 84_060.25, high[1], 9.0], "keep": "outside"}
    choose_clip(panel, "")
    assert style(panel)["clip"] == []


def test_the_clip_box_is_put_around_the_selection(panel: StylePanel) -> None:
    session = panel._session
    assert not panel.points.around.isEnabled()
    block = session.project.fids(next(layer for layer in session.project.layers if layer.kind == "city"))[:1]
    session.select(block)
    assert panel.points.around.isEnabled()
    choose_clip(panel, "inside")
    assert style(panel)["clip"][0]["box"] == pytest.approx(session.project.box(block), abs=0.01)


def test_other_layers_have_no_such_rows(panel: StylePanel) -> None:
    session = panel._session
    assert panel.points.clip.isVisible()
    session.set_current_layer(next(layer.id for layer in session.project.layers if layer.kind == "city"))
    assert not panel.points.clip.isVisible() and not panel.points.classes.isVisible()
