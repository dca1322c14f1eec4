"""`citystrata validate`, `repair` and `doctor`, from the command line to the project and its history."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from app.cli import main
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from tests.analysis.test_doctor import terrain, town
from tests.app.test_remedies import turned
from tests.app.verbs.answering import answer
from tests.conftest import real

Capture = pytest.CaptureFixture[str]


def codes(values: dict[str, list[dict[str, str]]]) -> Counter[str]:
    return Counter(item["code"] for item in values["errors"])


def test_what_is_found_is_repaired_and_comes_back_with_undo(tmp_path: Path, capsys: Capture) -> None:
    path = str(turned(tmp_path))
    status, found = answer(capsys, "validate", path, "--layer", "city")
    assert status == 1 and codes(found) == {"405": 1}
    (error,) = found["errors"]
    assert (error["object"], error["geometry"]) == ("house-0", 0)
    status, found = answer(capsys, "repair", path, "--dry-run")
    assert (status, found["objects"], found["step"]) == (0, ["house-0"], None)
    assert main(["repair", path, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert told == "1 object would be repaired: shells turned (1).\nNothing was changed.\n"
    status, found = answer(capsys, "repair", path, "--where", "id != 'house-0'")
    assert (status, found["repaired"], found["step"]) == (0, 0, None)
    status, found = answer(capsys, "repair", path, "--why", "survey")
    assert found["done"] == {"shells turned": 1} and found["step"] is not None
    status, found = answer(capsys, "validate", path)
    assert (status, found["valid"], found["errors"], found["warnings"]) == (0, True, [], [])
    answer(capsys, "undo", path)
    assert codes(answer(capsys, "validate", path)[1]) == {"405": 1}


@pytest.mark.parametrize(
    ("name", "wanted"), [("csol5.gml", {"104"}), ("dh_1.gml", {"203", "601"}), ("DenHaag_1BwBP.gml", {"601"})]
)
def test_files_of_other_formats_are_checked_as_objects(name: str, wanted: set[str], capsys: Capture) -> None:
    status, found = answer(capsys, "validate", str(real(f"citygml/val3dity-gml/{name}")))
    assert status == 1 and set(codes(found)) == wanted


def test_the_doctor_finds_and_corrects(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "p.city.gpkg"
    lifts = dict.fromkeys(range(25), 2.33) | {3: 9.0}
    with Project.create(path) as project:
        import_files(project, [terrain(tmp_path)], ReadOptions(crs="EPSG:7415"))
        import_files(project, [town(tmp_path, lifts)])
    status, found = answer(capsys, "doctor", str(path))
    (layer,) = found["layers"]
    assert status == 0 and (layer["objects"], layer["floating"]) == (25, 25)
    (suspected,) = layer["suspected"]
    assert suspected["kind"] == "offset" and suspected["shift_m"] == pytest.approx(-2.33, abs=0.01)
    assert "TAW taken for NAP" in suspected["text"] and suspected["before_m"] == pytest.approx(2.33, abs=0.01)
    status, found = answer(capsys, "doctor", str(path), "--layer", "town", "--apply", "layer")
    assert status == 0 and found["step"] is not None
    status, found = answer(capsys, "doctor", str(path), "--apply", "objects", "--keep")
    assert [item["id"] for item in found["objects"]] == ["house-3"]
    status, found = answer(capsys, "doctor", str(path))
    assert found["objects"] == [] and found["layers"][0]["suspected"] == []
    with Project.open(path, read_only=True) as project:
        assert [result.kind for result in project.results] == ["doctor"]
        labels = [step.label for step in project.history()]
    assert labels[2:] == ["Correct heights", labels[3], "Set objects on the ground"]


def test_wrong_use_is_told_in_a_sentence(tmp_path: Path, capsys: Capture) -> None:
    path = str(turned(tmp_path))
    status, found = answer(capsys, "doctor", path, "--layer", "nowhere")
    assert status != 0 and found["error"]["what"] == "No city object is meant"
    status, found = answer(capsys, "doctor", path, "--tolerance", "0")
    assert status != 0 and "Tolerance" in found["error"]["what"]


def test_rings_that_are_not_closed_are_told_of_though_they_are_drawn(tmp_path: Path, capsys: Capture) -> None:
    text = real("citygml/val3dity-gml/dh_1.gml").read_text(encoding="utf-8")
    end = text.index("</gml:LinearRing>")
    begin = text.rindex("<gml:pos>", 0, end)
    path = tmp_path / "open.gml"
    path.write_text(text[:begin] + text[end:], encoding="utf-8")
    status, found = answer(capsys, "validate", str(path))
    assert status == 1 and codes(found) == {"103": 1, "203": 2, "601": 1}
    (error,) = (error for error in found["errors"] if error["code"] == "103")
    assert error["text"].startswith("1 rings of")


def test_the_doctor_answers_for_a_network(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "p.city.gpkg"
    with Project.create(path) as project:
        import_files(project, [real("utilities/wntr-ky4/ky4.inp")], ReadOptions(crs="EPSG:3547"))
    assert main(["doctor", str(path)]) == 0
    assert "ky4: there is no terrain to hold its levels against" in capsys.readouterr().out


def test_an_import_says_that_cables_have_no_level(tmp_path: Path, capsys: Capture) -> None:
    klic = real("utilities/klic-give/GI_22G003180_1_V2.redacted.xml")
    assert main(["import", str(klic), "--into", str(tmp_path / "k.city.gpkg")]) == 0
    told = capsys.readouterr().out
    assert "say only how deep below the ground they lie" in told and "no terrain yet" in told
