"""Projects without a name: kept, listed, given a name, and thrown away."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers import importing
from layers.cache import cache_folder
from layers.errors import ProjectError, WriteError
from layers.project import Project
from layers.results import Pedigree, Result
from layers.untitled import (
    copy_project,
    create_untitled,
    delete_project,
    has_edits,
    move_project,
    untitled_projects,
)
from tests.app.blocks import write_city


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An untitled project of four boxes, one edited."""
    made = create_untitled(tmp_path / "untitled")
    importing.import_files(made, [write_city(tmp_path / "blocks.city.json", 4)])
    assert not has_edits(made)
    fid = int(made.fids(made.layers[0])[0])
    with made.edit("Correct") as edit:
        edit.set_attribute(fid, "roofType", "1000")
    assert has_edits(made)
    return made


def test_a_result_that_was_kept_is_work_too(tmp_path: Path) -> None:
    made = create_untitled(tmp_path / "untitled")
    with made, made.edit("Keep a result") as edit:
        edit.add_result(Result("sunlight", "Hours", {}, Pedigree("", "", ())))
        assert not untitled_projects(tmp_path / "untitled")  # it is open
    with Project.open(made.path) as again:
        assert has_edits(again)


def test_those_that_nobody_has_open_are_offered(project: Project, tmp_path: Path) -> None:
    assert untitled_projects(tmp_path / "untitled") == []
    project.close()
    assert untitled_projects(tmp_path / "untitled") == [project.path]


def test_a_copy_is_whole_and_goes_on_by_itself(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "Delft.city.gpkg"
    copy_project(project, path)
    with Project.open(path) as copy:
        assert [step.label for step in copy.history()] == [step.label for step in project.history()]
        assert copy.drawable(copy.layers[0]) is not None
        copy.undo()
        assert copy.can_redo is not None
    assert project.can_redo is None
    project.close()


def test_a_copy_that_cannot_be_written_leaves_nothing(project: Project, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="could not be copied"):
        copy_project(project, tmp_path / "no such folder" / "Delft.city.gpkg")
    project.close()


def test_moving_takes_the_drawing_data_along_and_never_overwrites(project: Project, tmp_path: Path) -> None:
    project.close()
    path = tmp_path / "Delft.city.gpkg"
    move_project(project.path, path)
    with Project.open(path) as moved:
        assert moved.drawable(moved.layers[0]) is not None
    with pytest.raises(ProjectError, match="already"):
        move_project(path, path)


def test_an_open_project_is_not_deleted_and_a_closed_one_leaves_nothing(project: Project) -> None:
    with pytest.raises(ProjectError, match="open elsewhere"):
        delete_project(project.path)
    project.close()
    delete_project(project.path)
    assert not project.path.exists() and not cache_folder(project.path).exists()
