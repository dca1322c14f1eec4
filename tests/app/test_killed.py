"""The window is killed while one drags: the project opens again with all that was done, and nothing more."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.session import Session
from app.window import Window
from layers.modelling.buildings import building
from layers.project import Project
from layers.reworking import Design, Workshop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

SQUARE = [(84_010.0, 446_070.0), (84_030.0, 446_070.0), (84_030.0, 446_082.0), (84_010.0, 446_082.0)]


def test_a_window_killed_in_the_middle_of_a_drag_has_lost_nothing(
    qtbot: QtBot, window: Window, settled: Callable[[Session], None], blocks: Path, tmp_path: Path
) -> None:
    path = tmp_path / "copy" / blocks.name
    shutil.copytree(blocks.parent, path.parent)
    with Project.open(path) as project:
        with project.edit("Begin") as edit:
            scenario = edit.add_scenario("Tower")
        base = project.layers[0].id
        with project.edit("Draw") as edit:
            tower = Design("Building", building([np.array(SQUARE)], 0.0, 21.5))
            (fid,) = Workshop(project, scenario).add(edit, [tower], base)
        before = project.query("SELECT * FROM change ORDER BY step, seq"), project.shape(fid)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.app.dragged", str(path), str(tmp_path / "other"), str(fid)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None and child.stdout.readline() == "dragging\n"
    child.kill()
    child.wait()
    window.open_paths([path])
    qtbot.waitUntil(lambda: bool(window.session.is_open and window.session.project.path == path))
    settled(window.session)
    project = window.session.project
    assert not project.read_only and project.query("PRAGMA integrity_check") == [("ok",)]
    shape = project.shape(fid)
    assert project.query("SELECT * FROM change ORDER BY step, seq") == before[0]
    assert shape is not None and before[1] is not None and shape.text() == before[1].text()
    assert project.can_undo is not None and project.can_undo.label == "Draw"
    with project.edit("Go on") as edit:
        Workshop(project, scenario).remove(edit, [fid])
