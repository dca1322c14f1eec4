"""The project file: edits kept whole or not at all, one writer, nothing lost by closing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from layers import importing
from layers.cache import CacheMissing, cache_folder
from layers.data import ReadOptions
from layers.errors import EditError, ProjectError
from layers.exporting import export_layer
from layers.importing import import_files, rebuild
from layers.project import Project
from layers.records import Changes
from layers.schema import SCHEMA_VERSION
from tests.cities import import_here, imported_here
from tests.conftest import real
from tests.houses import HOUSES, make_houses

NOBODY = 65534


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of three houses."""
    with imported_here():
        return make_houses(tmp_path_factory.mktemp("houses"))


@pytest.fixture
def path(houses: Path, tmp_path: Path) -> Path:
    """A copy of it with its cache."""
    shutil.copytree(cache_folder(houses), cache_folder(tmp_path / houses.name))
    return Path(shutil.copy(houses, tmp_path))


@pytest.fixture
def project(path: Path) -> Iterator[Project]:
    """The copy, open for writing."""
    with Project.open(path) as opened:
        yield opened


def fid_of(project: Project, id: str) -> int:
    found = project.by_id(id)
    assert found is not None
    return found.fid


def attributes(project: Project) -> dict[str, dict[str, Any]]:
    return {item.id: item.attributes for item in project.objects()}


# --- edits ----------------------------------------------------------------------------------------


def test_nothing_changes_outside_an_edit(project: Project) -> None:
    fid = fid_of(project, "A")
    with project.edit("Kept") as edit:
        edit.set_attribute(fid, "name", "Mill")
    deeds: list[Callable[[], object]] = [
        lambda: edit.set_attribute(fid, "name", "later"),
        lambda: edit.remove_attribute(fid, "name"),
        lambda: edit.set_valid(fid, "1900-01-01", None),
        lambda: edit.set_layer(project.layers[0].id, name="later"),
        lambda: edit.set_epoch("later", "2050-01-01"),
    ]
    for deed in deeds:
        with pytest.raises(EditError, match="Nothing changes outside an edit"):
            deed()
    assert attributes(project)["A"]["name"] == "Mill"
    assert len(project.history()) == 2


def test_an_exception_puts_everything_back(project: Project) -> None:
    heard: list[Changes] = []
    project.changed.connect(heard.append)
    layer = project.layers[0]
    with pytest.raises(KeyError), project.edit("Half done") as edit:
        edit.set_attribute(fid_of(project, "A"), "name", "half")
        edit.remove_attribute(fid_of(project, "B"), "storeys")
        edit.set_valid(fid_of(project, "C"), "1900-01-01", "1950-01-01")
        edit.set_layer(layer.id, name="half", visible=False, style={"color": "#ff0000"})
        edit.set_epoch("half", "2050-01-01")
        edit.set_project("title", "half")
        raise KeyError
    assert attributes(project) == HOUSES
    assert (project.layers, project.epochs, project.title) == ((layer,), (), "houses")
    assert project.object(fid_of(project, "C")).valid_from is None
    assert (len(project.history()), heard) == (1, [])
    assert project.can_redo is None


def test_an_edit_within_an_edit_is_refused_and_harms_nothing(project: Project) -> None:
    fid = fid_of(project, "A")
    with project.edit("Outer") as outer:
        outer.set_attribute(fid, "name", "outer")
        with pytest.raises(EditError, match="already under way"), project.edit("Inner"):
            raise AssertionError("never comes here")
        with pytest.raises(EditError, match="already under way"):
            project.undo()
        outer.set_attribute(fid, "height", 3)
    assert attributes(project)["A"] == {**HOUSES["A"], "name": "outer", "height": 3}
    project.undo()
    assert attributes(project) == HOUSES


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (lambda edit, fid: edit.set_attribute(10**6, "a", 1), "no such object"),
        (lambda edit, fid: edit.set_attribute(fid, "", 1), "needs a name"),
        (lambda edit, fid: edit.set_attribute(fid, "a", float("nan")), "finite"),
        (lambda edit, fid: edit.set_attribute(fid, "a", object()), "cannot be stored"),
        (lambda edit, fid: edit.set_attribute(fid, "a", "\ud800"), "cannot be stored"),
        (lambda edit, fid: edit.set_layer(1, colour="red"), "no field 'colour'"),
        (lambda edit, fid: edit.set_layer(99, name="x"), "no such layer"),
        (lambda edit, fid: edit.set_layer(1, name=" "), "needs a name"),
        (lambda edit, fid: edit.set_valid(fid, "2000-01-01", "1999-01-01"), "cannot end before"),
    ],
)
def test_wrong_edits_are_refused_with_a_sentence(
    project: Project, deed: Callable[[Any, int], None], words: str
) -> None:
    with pytest.raises(EditError, match=words), project.edit("Wrong") as edit:
        deed(edit, fid_of(project, "A"))
    assert attributes(project) == HOUSES


def test_an_edit_that_changes_nothing_is_no_step(project: Project) -> None:
    fid = fid_of(project, "A")
    with project.edit("Nothing") as edit:
        edit.set_attribute(fid, "measuredHeight", 12.5)
        edit.remove_attribute(fid, "never there")
        edit.set_attribute(fid, "name", "there")
        edit.set_attribute(fid, "name", "Old Mill")
    assert len(project.history()) == 1


def test_undo_and_redo_send_the_same_signal(project: Project) -> None:
    heard: list[Changes] = []
    project.changed.connect(heard.append)
    fid = fid_of(project, "A")
    with project.edit("Correct", why="survey") as edit:
        edit.set_attribute(fid, "name", "Mill")
        edit.set_layer(project.layers[0].id, visible=False)
    project.undo()
    project.redo()
    assert [(c.fids.tolist(), c.keys, c.layers, c.step.undone) for c in heard] == [
        ([fid], frozenset({"name"}), frozenset({project.layers[0].id}), undone)
        for undone in (False, True, False)
    ]


def test_the_journal_survives_closing(path: Path) -> None:
    with Project.open(path) as project:
        fid = fid_of(project, "B")
        with project.edit("Correct roof type", why="survey 2024") as edit:
            edit.set_attribute(fid, "roofType", "1000")
            edit.set_attribute(fid_of(project, "A"), "name", "Mill")
        with project.edit("Storeys") as edit:
            edit.remove_attribute(fid, "storeys")
        project.undo()
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == [path.name]
    with Project.open(path) as project:
        steps = project.history(fid)
        assert [(step.label, step.why, step.undone, step.count) for step in steps] == [
            ("Correct roof type", "survey 2024", False, 1),
            ("Storeys", "", True, 1),
        ]
        (change,) = steps[0].changes
        assert (change.key, change.before, change.after) == ("attr:roofType", '"1030"', '"1000"')
        assert steps[0].who and "T" in steps[0].when
        assert project.can_redo is not None and project.can_redo.label == "Storeys"
        project.redo()
        assert "storeys" not in project.object(fid).attributes
        while project.can_undo and project.can_undo.label != steps[0].label:
            project.undo()
        project.undo()
        assert attributes(project) == HOUSES


def test_an_undone_import_stays_undone_and_comes_back_whole(path: Path) -> None:
    with Project.open(path) as project:
        export_layer(project, project.layers[0], path.with_name("out.city.json"))
        before = path.with_name("out.city.json").read_bytes()
        project.undo()
        assert (project.layers, list(project.objects()), project.find("A")) == ((), [], [])
    with Project.open(path) as project:
        assert not project.layers
        project.redo()
        (layer,) = project.layers
        assert attributes(project) == HOUSES
        assert project.drawable(layer) is not None
        export_layer(project, layer, path.with_name("out.city.json"), overwrite=True)
        assert path.with_name("out.city.json").read_bytes() == before


def test_a_second_import_is_a_step_of_its_own(project: Project) -> None:
    source = real("cityjson/cjio/delft_1b.json")
    import_here(project, source)
    assert [layer.name for layer in project.layers] == ["delft_1b", "houses"]
    assert len(list(project.objects())) == 4
    project.undo()
    assert attributes(project) == HOUSES


# --- opening --------------------------------------------------------------------------------------


def test_the_second_window_reads_and_says_why(path: Path) -> None:
    with Project.open(path) as first, Project.open(path) as second:
        assert (first.read_only, first.read_only_reason) == (False, "")
        assert second.read_only and "another window" in second.read_only_reason
        with first.edit("Seen by both") as edit:
            edit.set_attribute(fid_of(first, "A"), "name", "new")
        assert attributes(second)["A"]["name"] == "new"
        with pytest.raises(EditError, match="another window"), second.edit("Refused"):
            raise AssertionError("never comes here")
        with pytest.raises(EditError, match="reading only"):
            second.undo()
    with Project.open(path) as third:
        assert not third.read_only


def test_a_project_of_a_newer_version_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE project SET value = ? WHERE key = 'schema_version'", (str(SCHEMA_VERSION + 1),)
        )
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ProjectError, match=f"newer version of Citystrata.*version {SCHEMA_VERSION + 1}"):
        Project.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a Citystrata project|no version"),
        (b"not a database at all" * 100, "import FILE --into"),
        (None, "There is no such project"),
    ],
)
def test_what_is_no_project_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "x.city.gpkg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ProjectError, match=words):
        Project.open(path)


def test_folders_and_existing_files_are_refused(path: Path) -> None:
    with pytest.raises(ProjectError, match="This is a folder"):
        Project.open(path.parent)
    with pytest.raises(ProjectError, match="of that name already"):
        Project.create(path)
    with pytest.raises(ProjectError, match="folder does not exist"):
        Project.create(path.parent / "none" / "p.city.gpkg")


def as_nobody(deed: Callable[[], str]) -> str:
    """What `deed` gives for a person without special rights: root may write everywhere."""
    if os.geteuid() != 0:
        return deed()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            os.write(writing, deed().encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as answer:
        return answer.read().decode()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="rights are asked in a forked process")
@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o777), (0o644, 0o555), (0o444, 0o555)])
def test_a_project_one_may_not_write_is_read(houses: Path, file_mode: int, folder_mode: int) -> None:
    def look() -> str:
        with Project.open(copy) as project:
            names = ",".join(item.id for item in project.objects())
            try:
                with project.edit("Refused"):
                    return "an edit was let through"
            except EditError as error:
                return f"{names} {error.sentence()}"

    folder = Path(tempfile.mkdtemp())
    copy = Path(shutil.copy(houses, folder))
    copy.chmod(file_mode)
    folder.chmod(folder_mode)
    try:
        said = as_nobody(look)
        assert said.startswith("A,B,C This project is open for reading only")
        assert "You may not write to this file or its folder" in said
        assert [file.name for file in folder.iterdir()] == [copy.name], "reading leaves nothing behind"
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


# --- looking --------------------------------------------------------------------------------------


def test_find_looks_at_ids_first_and_then_at_attributes(project: Project) -> None:
    assert [item.id for item in project.find("a")] == ["A", "B", "C"]
    assert [item.id for item in project.find("MILL")] == ["A", "B"]
    assert [item.id for item in project.find("1030")] == ["B"]
    assert len(project.find("o", limit=2)) == 2
    for text in ("%", "_", "\\", "'", "", "nowhere"):
        assert project.find(text) == [], text


def test_columns_and_their_types_follow_the_edits(project: Project) -> None:
    layer = project.layers[0]
    assert project.attribute_types(layer) == {
        "measuredHeight": "real",
        "roofType": "text",
        "name": "text",
        "built": "date",
        "storeys": "integer",
        "tags": "list",
    }
    assert project.column(layer, "id") == ["A", "B", "C"]
    assert project.column(layer, "measuredHeight") == [12.5, 4, None]
    with project.edit("Types") as edit:
        edit.set_attribute(fid_of(project, "B"), "storeys", 1.5)
        edit.set_attribute(fid_of(project, "C"), 'in "quotes"\\', {"a": [1]})
        edit.set_attribute(fid_of(project, "C"), "a.b[0]", True)
    types = project.attribute_types(layer)
    assert (types["storeys"], types['in "quotes"\\'], types["a.b[0]"]) == ("real", "nested", "boolean")
    assert project.column(layer, 'in "quotes"\\') == [None, None, {"a": [1]}]
    assert project.column(layer, "a.b[0]") == [None, None, True]
    assert project.column(layer, "never there") == [None] * 3


def test_objects_by_expression_and_by_number(project: Project) -> None:
    layer = project.layers[0]
    assert [item.id for item in project.objects(layer, "measuredHeight > 3 and roofType == '1030'")] == ["B"]
    numbers = project.fids(layer)[::-1]
    assert [item.id for item in project.objects(fids=numbers)] == ["C", "B", "A"]
    assert np.array_equal(project.fids(layer, "type == 'Building'"), project.fids(layer))
    with pytest.raises(ProjectError, match="There is no such object"):
        project.object(10**9)
    with pytest.raises(ProjectError, match=r"There is no layer 'x'.*; allowed: houses"):
        project.layer("x")


def test_a_second_layer_of_a_name_has_a_number(project: Project) -> None:
    first = project.layers[0]
    for wanted in ("houses 2", "houses 3"):
        (layer,) = import_files(project, [Path(first.source_path)])
        assert layer.name == wanted and project.layer(wanted).id == layer.id
    (layer,) = import_files(project, [Path(first.source_path)], name="houses 2")
    assert layer.name == "houses 2 2"
    assert project.layer("houses").id == first.id
    project.undo()
    (layer,) = import_files(project, [Path(first.source_path)])
    assert layer.name == "houses 4"


def test_a_name_that_two_layers_have_is_told_and_not_guessed(project: Project) -> None:
    first = project.layers[0]
    (second,) = import_files(project, [Path(first.source_path)])
    with project.edit("Rename") as edit:
        edit.set_layer(second.id, name="houses")
    with pytest.raises(ProjectError, match="It is not clear which layer is meant") as told:
        project.layer("houses")
    for layer in (first, second):
        assert f"{layer.id} (of kind city, from {Path(first.source_path).name})" in told.value.sentence()
        assert project.layer(str(layer.id)).id == layer.id


def test_an_objects_text_is_what_an_export_would_write(project: Project) -> None:
    fid = fid_of(project, "A")
    with project.edit("Name") as edit:
        edit.set_attribute(fid, "name", "Mühle")
    text = project.source_text(fid)
    assert json.loads(text)["attributes"] == {**HOUSES["A"], "name": "Mühle"}
    assert project.geometries(fid)[0]["type"] == "MultiSurface"
    out = project.path.with_name("out.city.json")
    export_layer(project, project.layers[0], out)
    assert text in out.read_text("utf-8")


def test_a_lost_cache_is_made_again(project: Project) -> None:
    (layer,) = project.layers
    before = project.drawable(layer)
    shutil.rmtree(cache_folder(project.path) / layer.uid)
    with pytest.raises(CacheMissing):
        project.drawable(layer)
    with imported_here():
        rebuild(project, layer)
    assert np.array_equal(vars(project.drawable(layer))["vertices"], vars(before)["vertices"])


def test_an_import_that_was_cut_off_is_swept_away(path: Path, tmp_path: Path) -> None:
    source = real("cityjson/cjio/delft_1b.json")
    with Project.open(path) as project, imported_here():
        importing.stage(project.path, source, ReadOptions(), project.place.crs)
        assert [layer.name for layer in project.layers] == ["houses"]
    with Project.open(path) as project:
        assert project.query("SELECT count(*) FROM layer")[0][0] == 1
        assert project.query("SELECT count(*) FROM object")[0][0] == 3
        assert project.query("SELECT count(*) FROM object_rtree")[0][0] == 3
        with imported_here():
            import_files(project, [source])
        assert len(list(project.objects())) == 4


# --- GIS programs ---------------------------------------------------------------------------------


def ogrinfo(path: Path, *more: str) -> str:
    if shutil.which("ogrinfo") is None:
        pytest.skip("ogrinfo (gdal-bin) is not installed")
    found = subprocess.run(["ogrinfo", "-ro", *more, str(path)], capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stderr
    assert "Warning" not in found.stdout + found.stderr
    assert "ERROR" not in found.stdout + found.stderr
    return found.stdout


def test_gis_programs_see_typed_attributes_crs_and_geometry(path: Path) -> None:
    with Project.open(path) as project, project.edit("For GIS") as edit:
        edit.set_attribute(fid_of(project, "A"), "inhabited", True)
        edit.set_attribute(fid_of(project, "A"), "Name", "differs in case")
    text = ogrinfo(path, "-so", "-al")
    for line in (
        "Layer name: houses",
        "Geometry: 3D Multi Polygon",
        "Feature Count: 3",
        "measuredHeight: Real",
        "storeys: Integer64",
        "inhabited: Integer(Boolean)",
        "name: String",
        "id: String",
        "type: String",
        'PROJCRS["Amersfoort / RD New"',
    ):
        assert line in text, line
    rows = ogrinfo(path, "-sql", "SELECT id, measuredHeight, name FROM houses WHERE storeys = 1")
    assert "New mill" in rows and "Old Mill" not in rows


def test_gis_programs_open_a_project_of_many_layers(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        for name in (
            "cjio/delft.json",
            "denhaag/denhaag.city.json",
            "dynamizer/01-generic-embedded-time-value-pairs.city.json",
        ):
            import_here(project, real(f"cityjson/{name}"))
        counts = {layer.view: layer.object_count for layer in project.layers if layer.view}
    text = ogrinfo(tmp_path / "p.city.gpkg", "-so", "-al")
    for view, count in counts.items():
        assert f"Layer name: {view}" in text
        assert f"Feature Count: {count}" in text
    connection = sqlite3.connect(tmp_path / "p.city.gpkg")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def test_json_in_the_file_is_plain_json(project: Project) -> None:
    for (text,) in project.query("SELECT attributes FROM object"):
        assert isinstance(orjson.loads(text), dict)


def test_what_is_no_project_is_left_as_it_was(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no project", encoding="utf-8")
    with pytest.raises(ProjectError):
        Project.open(text)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
