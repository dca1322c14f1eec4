"""`export`: what a file cannot hold is said before it is written, to people and to programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from tests.app.verbs.answering import answer
from tests.cities import imported_here
from tests.houses import make_houses

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def houses(tmp_path: Path) -> str:
    with imported_here():
        return str(make_houses(tmp_path))


def test_losses_are_in_the_answer_and_beside_it(houses: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "houses.obj"
    status, found = answer(capsys, "export", houses, str(out))
    assert status == 0 and found["bytes"] == out.stat().st_size
    assert found["how"] == "written anew as Wavefront OBJ"
    assert [loss["code"] for loss in found["losses"]] == ["attributes", "crs", "source"]
    assert found["losses"][0]["count"] == 3
    assert main(["export", houses, str(out), "--overwrite"]) == 0
    assert "note: Attributes are not written: measuredHeight" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "kept"), [("a.city.json", "a.city.json"), ("a.obj", "a.mtl")])
def test_what_is_there_stays(houses: str, tmp_path: Path, capsys: Capture, name: str, kept: str) -> None:
    out, there = tmp_path / name, tmp_path / kept
    there.write_bytes(b"important")
    assert main(["export", houses, str(out)]) == 1
    told = capsys.readouterr().err
    assert "There is a file of that name already" in told and "--overwrite" in told and str(there) in told
    assert there.read_bytes() == b"important" and (there == out or not out.exists())
    assert main(["export", houses, str(out), "--overwrite"]) == 0
    assert there.read_bytes() != b"important"


@pytest.mark.parametrize("name", ["a.city.json", "houses.glb"])
def test_the_folder_is_made(houses: str, tmp_path: Path, capsys: Capture, name: str) -> None:
    out = tmp_path / "new" / "deeper" / name
    status, _ = answer(capsys, "export", houses, str(out))
    assert status == 0 and out.stat().st_size > 100
    assert main(["export", houses, str(tmp_path / "other" / "x.city.json"), "--crs", "EPSG:99999"]) != 0
    assert not (tmp_path / "other").exists()
    (tmp_path / "file").write_bytes(b"")
    capsys.readouterr()
    assert main(["export", houses, str(tmp_path / "file" / name)]) == 1
    assert "The file could not be written" in capsys.readouterr().err


def test_they_can_be_asked_for_alone(houses: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "houses.glb"
    status, found = answer(capsys, "export", houses, str(out), "--losses")
    assert status == 0 and {loss["code"] for loss in found["losses"]} == {"nested", "source"}
    assert not out.exists() and "how" not in found
    assert main(["export", houses, str(tmp_path / "houses.city.json"), "--losses"]) == 0
    assert capsys.readouterr().out == "The file would hold all of the layer.\n"


def test_a_section_is_drawn_along_a_line(houses: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "cut.dxf"
    line = "84990,447006;85020,447006"
    status, found = answer(capsys, "export", houses, str(out), "--section", line)
    assert status == 0 and found["losses"][0]["text"] == "Only what the section cuts is drawn."
    assert b"SECTION_1" in out.read_bytes()
    assert main(["export", houses, str(out), "--section", "1,2"]) == 2
    assert "line of the section" in capsys.readouterr().err


def test_a_layer_that_lies_nowhere_is_no_tileset(tmp_path: Path, capsys: Capture) -> None:
    project, out = tmp_path / "p.city.gpkg", tmp_path / "tileset.json"
    model = '{"type":"CityJSON","version":"2.0","transform":{"scale":[1,1,1],"translate":[0,0,0]},'
    source = tmp_path / "local.city.json"
    source.write_text(model + '"CityObjects":{"a":{"type":"Road"}},"vertices":[]}')
    with imported_here():
        assert main(["import", str(source), "--into", str(project), "--crs", "local"]) == 0
    capsys.readouterr()
    status, found = answer(capsys, "export", str(project), str(out))
    assert status == 1 and "does not say where it lies" in found["error"]["what"]
    assert not out.exists()
