"""Materials and textures in the style panel: offered where a layer has some, themes where it has more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.session import Session
from app.stylepanel import StylePanel
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from tests.boxes import some_boxes, write_boxes
from tests.cities import imported_here
from tests.dressed import write_image, write_wall


@pytest.fixture
def panel(session: Session, settled: Callable[[Session], None], tmp_path: Path) -> StylePanel:
    write_image(tmp_path / "wall.png")
    texture = {"photo": {"values": [[[0, 0, 1, 2, 3]]]}}
    wall = write_wall(tmp_path / "wall.city.json", texture=texture, material={"heat": {"value": 0}})
    town = write_boxes(tmp_path / "town.city.jsonl", some_boxes(3))
    with Project.create(tmp_path / "p.city.gpkg", crs="EPSG:7415") as project, imported_here():
        import_files(project, [wall, town])
    session.open_project(tmp_path / "p.city.gpkg")
    settled(session)
    panel = StylePanel(session)
    panel.show()
    return panel


def choose(session: Session, name: str) -> None:
    session.set_current_layer(next(layer.id for layer in session.project.layers if layer.name == name))


def test_appearance_and_its_themes_are_offered_where_there_are_some(
    panel: StylePanel, session: Session
) -> None:
    choose(session, "wall")
    assert panel.colour_by.findData("appearance") >= 0
    assert [panel.theme.itemText(at) for at in range(panel.theme.count())] == ["Automatic", "photo", "heat"]
    assert panel.theme.isVisible()
    choose(session, "town")
    assert panel.colour_by.findData("appearance") < 0 and not panel.theme.isVisible()


def test_a_theme_is_one_undoable_step(panel: StylePanel, session: Session) -> None:
    choose(session, "wall")
    panel.theme.setCurrentIndex(2)
    panel.theme.activated.emit(2)
    layer = session.current_layer
    assert layer is not None and layer.style == {"theme": "heat"}
    session.undo()
    assert panel.theme.currentData() == ""
    panel.colour_by.setCurrentIndex(panel.colour_by.findData("plain"))
    panel.colour_by.activated.emit(panel.colour_by.currentIndex())
    assert not panel.theme.isVisible()


def test_points_have_a_size_and_scanned_meshes_have_none(
    panel: StylePanel, session: Session, settled: Callable[[Session], None], tmp_path: Path
) -> None:
    find = tmp_path / "find.obj"
    find.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    points = tmp_path / "cloud.xyz"
    points.write_text("".join(f"{85000 + at} {446000 + at} {at}\n" for at in range(20)))
    crs = session.project.place.crs
    heritage = ReadOptions(kind="heritage", crs=crs)
    session.import_files([find, points], {find: heritage, points: ReadOptions(crs=crs)})
    settled(session)
    choose(session, "cloud")
    assert panel.point_size.isVisible()
    choose(session, "find")
    assert not panel.point_size.isVisible()
