"""An orthophoto in the window: its row in the list, its style, what switching it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.session import Session
from app.stylepanel import StylePanel
from app.tree import LayerTree
from app.window import Window
from layers.importing import import_files
from layers.project import Project
from tests.cities import imported_here
from tests.rasters import write


def test_a_picture_has_a_row_and_an_opacity_but_no_colours_to_choose(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    photo = write(
        tmp_path / "photo.tif", np.full((3, 9, 9), 90, np.uint8), crs="EPSG:25832", photometric="RGB"
    )
    path = tmp_path / "photo.city.gpkg"
    with Project.create(path) as project, imported_here():
        import_files(project, [photo])
    session.open_project(path)
    qtbot.waitUntil(lambda: session.is_open)
    tree, panel = LayerTree(session), StylePanel(session)
    qtbot.addWidget(tree)
    qtbot.addWidget(panel)
    item = tree.topLevelItem(0)
    assert item is not None
    assert (item.text(0), item.icon(0).isNull()) == ("photo", False)
    session.set_current_layer(session.project.layers[0].id)
    assert panel.colour_by.isHidden()
    panel.opacity.setValue(40)
    qtbot.waitUntil(lambda: session.project.layers[0].opacity == 0.4)


def test_a_saved_picture_never_takes_the_place_of_a_layers_own(
    qtbot: QtBot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = write(
        tmp_path / "photo.tif", np.full((3, 9, 9), 90, np.uint8), crs="EPSG:25832", photometric="RGB"
    )
    path, picture = tmp_path / "photo.city.gpkg", tmp_path / "photo.png"
    with Project.create(path) as project, imported_here():
        import_files(project, [photo])
    picture.hardlink_to(photo)
    before = picture.read_bytes()
    window.session.open_project(path)
    qtbot.waitUntil(lambda: window.session.is_open)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(picture), ""))
    with qtbot.waitSignal(window.session.problem) as refused:
        window.actions_["picture"].trigger()
    assert "never overwritten" in str(refused.args) and picture.read_bytes() == before
