"""An edit in place draws the edited objects anew, and nothing else of their layer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app import revising
from app.session import Session
from app.window import Window
from layers.modelling.moving import moved
from layers.reworking import Workshop
from viewer.camera import Camera
from viewer.scene import Scene, prepare

Settled = Callable[[Session], None]


@pytest.fixture
def session(qtbot: QtBot, window: Window, settled: Settled, blocks: Path, tmp_path: Path) -> Session:
    """The session of a window on nine boxes of 10 m, 20 m apart."""
    path = tmp_path / "copy" / blocks.name
    shutil.copytree(blocks.parent, path.parent)
    window.open_paths([path])
    qtbot.waitUntil(lambda: bool(window.session.is_open and window.session.project.layers))
    settled(window.session)
    window.canvas.set_camera(Camera(np.array([84_025.0, 446_025.0, 0.0]), 150.0, 10.0, 50.0))
    return window.session


def raise_by(
    session: Session, by_m: float, *positions: int, first: Callable[[], object] = lambda: None
) -> None:
    """One edit that raises boxes; `first` is done just before."""
    project = session.project
    workshop, begin = Workshop(project, None), project.layers[0].first_fid
    shapes = workshop.shapes([begin + at for at in positions])
    first()
    with project.edit("Lift") as edit:
        workshop.reshape(edit, {fid: moved(shape, (0, 0, by_m)) for fid, shape in shapes.items()})


def shown(session: Session) -> NDArray[np.uint8]:
    session.scene.settle()
    return session.scene.frame()


def anew(session: Session) -> NDArray[np.uint8]:
    """The picture of a scene into which the layer as it is now was brought as a whole."""
    project, layer = session.project, session.project.layers[0]
    scene = Scene(project, session.scene.size)
    scene.set_background(dark=False)
    scene.add(prepare(layer, project.drawable(layer), project.place, project))
    scene.camera = session.scene.camera
    scene.settle()
    picture = scene.frame()
    scene.close()
    return picture


def apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Share of the pixels that differ by more than rounding."""
    return float((np.abs(one.astype(np.int16) - other).max(axis=2) > 2).mean())


def test_an_edit_an_undo_and_a_redo_draw_the_edited_alone(session: Session, settled: Settled) -> None:
    layer = session.project.layers[0]
    before, made = shown(session), session.scene.made(layer.id)
    drawn: list[int] = []
    session.drawing.shown.connect(drawn.append)
    raise_by(session, 9.0, 4)
    assert session.drawing.is_busy and not session.drawing.to_come
    settled(session)
    assert drawn == [layer.id]
    raised = shown(session)
    assert (raised != before).any() and apart(shown(session), anew(session)) < 0.01
    assert session.scene.made(layer.id) is made
    assert session.project.undo()
    settled(session)
    assert (shown(session) == before).all()
    assert session.project.redo()
    settled(session)
    assert apart(shown(session), raised) < 0.001
    assert session.scene.made(layer.id) is made


def test_edits_that_come_while_objects_are_on_their_way_are_shown_too(
    session: Session, settled: Settled
) -> None:
    for position in (4, 0, 8, 4):
        raise_by(session, 5.0, position)
    settled(session)
    revision = session.scene.revision(session.project.layers[0].id)
    assert revision is not None and revision.objects.tolist() == [0, 4, 8]
    assert apart(shown(session), anew(session)) < 0.01


def test_many_edits_draw_the_whole_layer(
    session: Session, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = session.project.layers[0]
    made = session.scene.made(layer.id)
    monkeypatch.setattr(revising, "MOST", 2)
    raise_by(session, 5.0, 1, 2)
    settled(session)
    assert session.scene.made(layer.id) is made
    raise_by(session, 5.0, 3)
    settled(session)
    assert session.scene.made(layer.id) is not made
    assert session.scene.revision(layer.id) is None
    assert apart(shown(session), anew(session)) < 0.01


def test_where_a_cache_is_gone_the_whole_layer_is_drawn(session: Session, settled: Settled) -> None:
    layer = session.project.layers[0]
    made = session.scene.made(layer.id)
    cache = next(session.project.path.parent.glob("*.cache"))
    raise_by(session, 5.0, 4, first=lambda: shutil.rmtree(cache))
    settled(session)
    assert session.scene.made(layer.id) is not made
    assert apart(shown(session), anew(session)) < 0.01
