"""What one sees through: drawn the quick way where that shows the same, else weighed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from layers.importing import import_files
from layers.project import Project
from tests.boxes import some_boxes, write_boxes
from tests.cities import imported_here
from viewer import stage
from viewer.scene import Scene, prepare

SIZE = (400, 300)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Sixty houses, half of which stand from 2000 on."""
    with Project.create(tmp_path / "town.city.gpkg") as made:
        with imported_here():
            import_files(made, [write_boxes(tmp_path / "town.city.jsonl", some_boxes(60))])
        with made.edit("Dates") as edit:
            for fid in made.fids(made.layers[0])[::2].tolist():
                edit.set_valid(fid, "2000", None)
        yield made


@pytest.fixture
def scene(project: Project) -> Iterator[Scene]:
    made, layer = Scene(project, SIZE), project.layers[0]
    made.add(prepare(layer, project.drawable(layer), project.place, project))
    made.set_date("1990")
    project.changed.connect(made.on_changes)
    yield made
    project.changed.disconnect(made.on_changes)
    made.close()


def is_weighed(scene: Scene) -> bool:
    scene.settle()
    scene.frame()
    return bool(scene._window.renderer.GetUseOIT())


def test_ghosts_look_the_same_however_they_are_drawn(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_weighed(scene)
    scene.needs_frame = True
    quick = scene.frame()
    monkeypatch.setattr(stage, "_is_of_one_tint", lambda _shown: False)
    assert is_weighed(scene)
    scene.needs_frame = True
    weighed = scene.frame()
    assert np.abs(quick.astype(np.int16) - weighed).max() <= 2
    scene.ghosts = False
    scene.settle()
    assert (scene.frame() != weighed).any()


def test_layers_that_one_sees_through_are_weighed(project: Project, scene: Scene) -> None:
    assert not is_weighed(scene)
    with project.edit("Glass") as edit:
        edit.set_layer(project.layers[0].id, opacity=0.5)
    assert is_weighed(scene)
    with project.edit("Stone") as edit:
        edit.set_layer(project.layers[0].id, opacity=1.0)
    assert not is_weighed(scene)
