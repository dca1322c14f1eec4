"""The command line as a person or a script uses it: answers, files, exit status, sentences."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from app.cli import VERBS, main, verb_of, verb_parser
from app.verbs.looking import LOOKING_OPTIONS
from layers.pictures import read_png
from layers.project import Project
from tests.conftest import ROOT, real


def house(x: int, height: int, **attributes: object) -> dict[str, Any]:
    """A box of 10 m by 8 m as a Building, its eight vertices starting at index `x`."""
    low, high = [x, x + 1, x + 2, x + 3], [x + 4, x + 5, x + 6, x + 7]
    walls = [[[low[i], low[(i + 1) % 4], high[(i + 1) % 4], high[i]]] for i in range(4)]
    return {
        "type": "Building",
        "attributes": {"measuredHeight": height / 1000, **attributes},
        "geometry": [
            {
                "type": "Solid",
                "lod": "1.2",
                "boundaries": [[[low[::-1]], [high], *walls]],
                "semantics": {
                    "surfaces": [{"type": "GroundSurface"}, {"type": "RoofSurface"}, {"type": "WallSurface"}],
                    "values": [[0, 1, 2, 2, 2, 2]],
                },
            }
        ],
    }


def hamlet() -> dict[str, Any]:
    heights = (9000, 6500, 12000)
    corners = ((0, 0), (10000, 0), (10000, 8000), (0, 8000))
    vertices = [
        [30000 * i + x, y, z] for i, height in enumerate(heights) for z in (0, height) for x, y in corners
    ]
    return {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [78600.0, 457800.0, 0.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {
            "b1": house(0, heights[0], roofType="1000", owner="Jansen"),
            "b2": house(8, heights[1], roofType="1030", storeysAboveGround=2),
            "b3": house(16, heights[2], roofType="1000", address="Kerkstr. 3"),
        },
        "vertices": vertices,
    }


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Shell:
    """Runs commands in this process, in a folder with a small city and a project of it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.city, self.project = folder / "hamlet.city.json", folder / "hamlet.city.gpkg"
        self.city.write_text(json.dumps(hamlet(), indent=1), encoding="utf-8")

    def run(self, *argv: object) -> tuple[int, str, str]:
        self.capsys.readouterr()
        status = main([str(argument) for argument in argv])
        out, err = self.capsys.readouterr()
        return status, out, err

    def answer(self, *argv: object) -> Any:
        status, out, err = self.run(*argv, "--json")
        assert status == 0, (out, err)
        return json.loads(out)

    def made(self) -> Path:
        self.answer("import", self.city, "--into", self.project)
        return self.project


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


def test_info_tells_what_is_in_a_file(shell: Shell) -> None:
    found = shell.answer("info", shell.city)
    assert found["format"] == "cityjson" and found["version"] == "2.0" and found["crs"] == "EPSG:7415"
    assert found["extent"] == [78600, 457800, 0, 78670, 457808, 12]
    assert found["objects"] == {"Building": 3} and found["lods"] == {"1.2": 3}
    assert found["surfaces"] == {"GroundSurface": 3, "RoofSurface": 3, "WallSurface": 3}
    assert found["attributes"]["measuredHeight"] == "real" and found["dropped"] == 0
    status, out, _ = shell.run("info", shell.city)
    assert status == 0 and "Building 3" in out and "EPSG:7415" in out


@pytest.mark.parametrize(
    "name",
    [
        "denhaag/denhaag.city.json",
        "cjio/delft.json",
        "cjseq-bertt/3dbag_b2.city.jsonl",
    ],
)
def test_info_agrees_with_a_count_of_the_raw_json(shell: Shell, name: str) -> None:
    path = real(f"cityjson/{name}")
    documents = [json.loads(line) for line in path.read_text().splitlines()] if name.endswith("l") else []
    documents = documents or [json.loads(path.read_text())]
    objects = [o for document in documents for o in document["CityObjects"].values()]
    geometries = [(i, g) for i, o in enumerate(objects) for g in o.get("geometry", ())]
    lods = Counter(lod for _, lod in {(i, str(g["lod"])) for i, g in geometries if "lod" in g})
    surfaces = Counter(s["type"] for _, g in geometries for s in g.get("semantics", {}).get("surfaces", ()))
    found = shell.answer("info", path)
    assert found["objects"] == dict(Counter(o["type"] for o in objects))
    assert found["lods"] == dict(lods) and found["surfaces"] == dict(surfaces)
    assert found["dropped"] == 0


def test_a_correction_travels_from_file_to_file(shell: Shell) -> None:
    report = shell.answer("import", shell.city, "--into", shell.project, "--layer", "Hamlet")["layers"]
    assert [(r["name"], r["kind"], r["read"], r["dropped"]) for r in report] == [("Hamlet", "city", 3, 0)]
    chosen = ("--layer", "Hamlet", "--where", "roofType == '1000' and measuredHeight > 10")
    assert [o["id"] for o in shell.answer("query", shell.project, *chosen)] == ["b3"]
    done = shell.answer("set", shell.project, *chosen, "--set", "roofType=1030", "--why", "survey 2024")
    assert done["selected"] == done["changed"] == 1
    assert shell.answer("query", shell.project, "--where", "id == 'b3'", "--select", "roofType") == [
        {"id": "b3", "type": "Building", "roofType": "1030"}
    ]
    last = shell.answer("history", shell.project)[-1]
    assert last["why"] == "survey 2024" and not last["undone"] and last["changes"] == 1
    assert {"step", "label", "who", "when"} <= last.keys()
    out = shell.folder / "corrected.city.json"
    shell.answer("export", shell.project, "--layer", "Hamlet", out)
    assert json.loads(out.read_text())["CityObjects"]["b3"]["attributes"]["roofType"] == "1030"
    same, changed = shell.city.read_bytes(), out.read_bytes()
    at = same.index(b'"b3"')
    assert changed[:at] == same[:at] and sha256(out) != sha256(shell.city)


def test_undoing_everything_brings_the_bytes_back(shell: Shell) -> None:
    shell.made()
    for height in ("7.5", "8.5", "9.5"):
        shell.answer("set", shell.project, "--where", "id == 'b1'", "--set", f"measuredHeight={height}")
    assert len(shell.answer("undo", shell.project, 2)) == 2
    assert len(shell.answer("redo", shell.project)) == 1
    assert len(shell.answer("undo", shell.project, 2)) == 2
    out = shell.folder / "again.city.json"
    shell.answer("export", shell.project, out)
    assert sha256(out) == sha256(shell.city)
    assert [step["undone"] for step in shell.answer("history", shell.project)] == [False, True, True, True]
    history = shell.answer("history", shell.project, "--object", "b1")
    assert history and all(step["details"] for step in history)


def test_all_of_one_command_is_one_step(shell: Shell) -> None:
    shell.made()
    table = shell.folder / "owners.csv"
    table.write_text("id,owner,plot\nb1,Smit,17\nb2,Visser,18\n", encoding="utf-8")
    before = len(shell.answer("history", shell.project))
    shell.answer(
        "set", shell.project,
        "--set", "isListed=true", "note=late 19th century",
        "--calculate", "storeysAboveGround=round(measuredHeight / 3.1)",
        "--replace", "address", "str.", "straat",
        "--join", table, "--by", "id",
    )  # fmt: skip
    found = {o["id"]: o for o in shell.answer("query", shell.project)}
    assert found["b1"]["isListed"] is True and found["b3"]["note"] == "late 19th century"
    assert [found[id]["storeysAboveGround"] for id in ("b1", "b2", "b3")] == [3, 2, 4]
    assert found["b3"]["address"] == "Kerkstraat 3"
    assert found["b1"]["owner"] == "Smit" and found["b2"]["plot"] == 18 and "plot" not in found["b3"]
    assert len(shell.answer("history", shell.project)) == before + 1
    shell.answer("set", shell.project, "--where", "id == 'b1'", "--remove", "owner")
    assert "owner" not in shell.answer("query", shell.project, "--where", "id == 'b1'")[0]


def test_a_table_of_a_layer_comes_back_to_it(shell: Shell) -> None:
    shell.made()
    table = shell.folder / "corrected.csv"
    shell.answer("export", shell.project, table)
    status, _, err = shell.run("import", table, "--into", shell.project)
    assert status == 1 and "a table of the objects of a layer" in err
    assert f"citystrata set P --layer NAME --join {table.name}" in err
    assert shell.answer("set", shell.project, "--join", table)["changed"] == 0
    table.write_text(table.read_text().replace("Kerkstr. 3", "Kerkstr. 5"), encoding="utf-8")
    assert shell.answer("set", shell.project, "--join", table)["changed"] == 1
    assert shell.answer("query", shell.project, "--where", "id == 'b3'")[0]["address"] == "Kerkstr. 5"
    status, _, err = shell.run("set", shell.project, "--join", table, "--by", "type")
    assert status == 1 and err.startswith("No object has a row in this table")


def test_types_are_kept_or_refused_in_a_sentence(shell: Shell) -> None:
    shell.made()
    status, _, err = shell.run("set", shell.project, "--set", "measuredHeight=tall")
    assert status == 1 and "tall" in err and "number" in err
    assert len(shell.answer("history", shell.project)) == 1
    shell.answer("set", shell.project, "--set", "roofType=1040")
    assert {o["roofType"] for o in shell.answer("query", shell.project)} == {"1040"}


def test_numbers_are_set_with_point_or_comma(shell: Shell) -> None:
    shell.made()
    for text in ("12,5", "12.5"):
        shell.answer("set", shell.project, "--set", f"measuredHeight={text}", "--set", f"new_m={text}")
        assert {o["measuredHeight"] for o in shell.answer("query", shell.project)} == {12.5}
        assert {o["new_m"] for o in shell.answer("query", shell.project)} == {12.5}
    status, _, err = shell.run("set", shell.project, "--set", "measuredHeight=1.012,5")
    assert status == 1 and "1.012,5" in err
    shell.answer("set", shell.project, "--set", "roofType=10,40")
    assert {o["roofType"] for o in shell.answer("query", shell.project)} == {"10,40"}


def test_set_that_finds_nothing_is_a_failure(shell: Shell) -> None:
    status, _, err = shell.run("set", shell.made(), "--where", "id == 'b0'", "--set", "roofType=1030")
    assert status == 1 and "No object is like that" in err and "b0" in err


def test_info_says_each_sentence_once_and_names_the_first_attributes(shell: Shell) -> None:
    _, out, _ = shell.run("info", real("citygml/lyon-vaulx/sandbox_houses_003.gml"))
    (told,) = [line for line in out.splitlines() if "[not_gml]" in line]
    assert "and 26 more times" in told
    document = hamlet()
    document["CityObjects"]["b1"]["attributes"] = {f"survey{n:03}": n for n in range(200)}
    shell.city.write_text(json.dumps(document), encoding="utf-8")
    _, out, _ = shell.run("info", shell.city)
    (attributes,) = [line for line in out.splitlines() if line.startswith("attributes")]
    assert "survey000" in attributes and "survey199" not in attributes and "more; --json" in attributes
    assert "survey199" in shell.answer("info", shell.city)["attributes"]


def test_objects_come_back_from_a_geopackage_as_what_they_were(shell: Shell) -> None:
    shell.answer("export", shell.made(), "--layer", "hamlet", shell.folder / "again.gpkg")
    again = shell.answer("info", shell.folder / "again.gpkg")
    assert again["objects"] == {"Building": 3} and "type" not in again["attributes"]


def test_a_failure_with_json_is_one_object_of_five_parts(shell: Shell) -> None:
    status, out, err = shell.run("info", shell.folder / "nowhere.city.json", "--json")
    assert status == 1 and err == ""
    assert set(json.loads(out)["error"]) == {"what", "where", "found", "allowed", "do"}


@pytest.mark.parametrize(
    "argv",
    [
        ("query",),
        ("set", "p.city.gpkg"),
        ("undo", "p.city.gpkg", "many"),
        ("render", "p.city.gpkg", "--out", "x.png", "--size", "huge"),
        ("import", "x.json"),
        ("import", "x.json", "--into", "x.gpkg"),
        ("qery", "p.city.gpkg"),
        ("info", "x.json", "--colour"),
    ],
)
def test_wrong_use_ends_with_2_and_a_sentence(shell: Shell, argv: tuple[str, ...]) -> None:
    status, out, err = shell.run(*argv)
    assert status == 2 and out == "" and err.count("\n") == 1 and "Traceback" not in err
    status, out, _ = shell.run(*argv, "--json")
    assert status == 2 and json.loads(out)["error"]["what"]


def test_expressions_name_what_is_not_understood(shell: Shell) -> None:
    shell.made()
    status, _, err = shell.run("query", shell.project, "--where", "measuredheight > 3")
    assert status == 1 and "measuredHeight" in err
    status, _, err = shell.run("query", shell.project, "--where", "measuredHeight >")
    assert status == 1 and "expression" in err


BAD = {
    "empty.city.json": b"",
    "cut.city.json": json.dumps(hamlet()).encode()[:-400],
    "deep.city.json": b'{"type":"CityJSON","a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "notacity.city.json": b'{"type": "FeatureCollection", "features": []}',
    "wrongindex.city.json": json.dumps(hamlet()).replace("[3, 2, 1, 0]", "[3, 2, 1, 999]").encode(),
    "nan.city.json": json.dumps(hamlet()).replace("78600.0", "NaN").encode(),
    "picture.las": b"\x89PNG\r\n\x1a\n" + b"\0" * 200,
    "unknown.xyz9": b"\0\1\2\3" * 50,
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_file_is_refused_in_one_sentence_and_leaves_no_project(shell: Shell, name: str) -> None:
    path = shell.folder / name
    path.write_bytes(BAD[name])
    status, out, err = shell.run("import", path, "--into", shell.project)
    if name == "wrongindex.city.json" and status == 0:
        assert "warning" in out  # one bad object is told; the good ones still open
        return
    lines = err.strip().splitlines()
    assert status == 1 and "Traceback" not in err and len(lines[-1]) > 20, err
    assert not shell.project.exists() and not list(shell.folder.glob("*.cache"))


def test_an_empty_folder_and_a_file_that_is_no_project_are_refused(shell: Shell) -> None:
    (shell.folder / "empty").mkdir()
    status, _, err = shell.run("info", shell.folder / "empty")
    assert status == 1 and "No file in the folder" in err
    status, _, err = shell.run("query", shell.city)
    assert status == 1 and "project" in err.lower()


def test_what_an_import_noticed_is_said_in_words(shell: Shell) -> None:
    tiles = shell.folder / "tiles"
    tiles.mkdir()
    for name in ("a", "b"):
        text = json.dumps(hamlet()).replace('"b1"', f'"{name}1"').replace('"b2"', f'"{name}2"')
        (tiles / f"{name}.city.json").write_text(text.replace('"b3"', f'"{name}3"'), encoding="utf-8")
    (tiles / "notes.csv").write_text("id;type\n1;x\n", encoding="utf-8")
    status, out, _ = shell.run("import", tiles, "--into", shell.project)
    assert status == 0 and "notes.csv is not CityJSON as the others and was left out" in out


def test_broken_tiles_are_all_named_and_left_out_only_when_asked(shell: Shell) -> None:
    tiles = shell.folder / "tiles"
    tiles.mkdir()
    for name in "abcd":
        text = json.dumps(hamlet())
        for id in ("b1", "b2", "b3"):
            text = text.replace(f'"{id}"', f'"{name}{id}"')
        cut = len(text) // 2 if name in "bd" else len(text)
        (tiles / f"{name}.city.json").write_text(text[:cut], encoding="utf-8")
    status, _, err = shell.run("import", tiles, "--into", shell.project)
    assert status == 1 and "2 of 4 tiles cannot be read" in err
    assert "b.city.json: " in err and "d.city.json: " in err and "--skip-broken" in err
    assert not shell.project.exists()
    (layer,) = shell.answer("import", tiles, "--into", shell.project, "--skip-broken")["layers"]
    assert (layer["read"], layer["dropped"]) == (6, 2)
    told = [(w["code"], w["object"]) for w in layer["warnings"] if w["outcome"] == "dropped"]
    assert told == [("broken", "b.city.json"), ("broken", "d.city.json")]


def test_a_kind_that_a_file_cannot_hold_is_refused_as_wrong_use(shell: Shell) -> None:
    for kind, sentence in (
        ("points", r"\(CityJSON\) holds no layer of this kind"),
        ("terrain", "--kind terrain"),
    ):
        status, _, err = shell.run("import", shell.city, "--into", shell.project, "--kind", kind)
        assert status == 2 and re.search(sentence, err) and "allowed: city" in err
        assert not shell.project.exists()


def test_a_project_that_begins_in_degrees_says_where_it_is(shell: Shell) -> None:
    place = {"type": "Point", "coordinates": [4.36, 52.01]}
    points = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {}, "geometry": place}],
    }
    path = shell.folder / "points.geojson"
    path.write_text(json.dumps(points), encoding="utf-8")
    status, out, _ = shell.run("import", path, "--into", shell.project)
    assert status == 0 and "the project is in WGS 84 / UTM zone 31N (EPSG:32631)" in out
    assert "the project is in" not in shell.run("import", path, "--into", shell.project)[1]


def test_a_new_file_names_the_crs_that_the_person_told(shell: Shell) -> None:
    shell.answer("import", shell.city, "--into", shell.project, "--crs", "EPSG:28992")
    sequence = shell.folder / "out.city.jsonl"
    shell.answer("export", shell.project, sequence)
    assert shell.answer("info", sequence)["crs"] == "EPSG:28992"


def test_export_to_another_format_or_a_wrong_ending(shell: Shell) -> None:
    shell.made()
    assert shell.run("export", shell.project, shell.folder / "out.docx")[0] == 1
    sequence = shell.folder / "out.city.jsonl"
    shell.answer("export", shell.project, sequence)
    assert shell.answer("info", sequence)["objects"] == {"Building": 3}
    assert not [p for p in shell.folder.iterdir() if "partial" in p.name or p.name.endswith(".part")]


def broken(change: str) -> dict[str, Any]:
    document = hamlet()
    first = document["CityObjects"]["b1"]
    solid = first["geometry"][0]
    match change:
        case "schema":
            del document["transform"]
        case "parents_children_consistency":
            first["children"] = ["b9"]
        case "wrong_vertex_index":
            solid["boundaries"][0][0][0][0] = 99
        case "semantics_array":
            solid["semantics"]["values"][0].pop()
        case "materials":
            solid["material"] = {"theme": {"value": 0}}
        case "textures":
            solid["texture"] = {"theme": {"values": [[[[0, 1, 2, 3, 4]]]]}}
        case "203":
            document["vertices"][5][2] += 2000
        case "302":
            solid["boundaries"][0].pop()
            solid["semantics"]["values"][0].pop()
        case "307":
            solid["boundaries"][0][1][0].reverse()
        case "405":
            for face in solid["boundaries"][0]:
                face[0].reverse()
        case "102":
            solid["boundaries"][0][1][0].append(solid["boundaries"][0][1][0][-1])
        case "duplicate_vertices":
            document["vertices"][8:16] = document["vertices"][:8]
        case "unused_vertices":
            document["vertices"].append([1, 2, 3])
        case "extra_root_properties":
            document["author"] = "somebody"
    return document


FAULTS = (
    *(
        "schema",
        "parents_children_consistency",
        "wrong_vertex_index",
        "semantics_array",
        "materials",
        "textures",
    ),
    *("102", "203", "302", "307", "405"),
    *("duplicate_vertices", "unused_vertices", "extra_root_properties"),
)


@pytest.mark.parametrize("code", FAULTS)
def test_validate_names_each_fault_by_its_code(shell: Shell, code: str) -> None:
    assert shell.answer("validate", shell.city) == {"valid": True, "errors": [], "warnings": []}
    shell.city.write_text(json.dumps(broken(code)), encoding="utf-8")
    status, out, _ = shell.run("validate", shell.city, "--json")
    found = json.loads(out)
    is_warning = "_" in code and code.split("_")[0] in ("duplicate", "unused", "extra")
    assert code in {f["code"] for f in found["warnings" if is_warning else "errors"]}
    assert found["valid"] is is_warning and status == (0 if is_warning else 1)
    assert all({"code", "object", "surface", "text"} <= set(f) for f in found["errors"])


#: Which rules the official validator's own examples break.
OFFICIAL = {
    **dict.fromkeys(("texture1", "texture2", "texture6"), ("textures",)),
    **dict.fromkeys(("texture3", "texture4", "texture5", "texture7", "material3", "japanese"), ()),
    "material": ("materials",),
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_validate_agrees_with_the_official_validators_examples(shell: Shell, name: str) -> None:
    _, out, _ = shell.run("validate", real(f"cityjson/cjval-texture/data/{name}.city.json"), "--json")
    rules = {f["code"] for f in json.loads(out)["errors"] if not f["code"].isdigit()}
    assert rules == set(OFFICIAL[name])


def command(*argv: object) -> list[str]:
    return [sys.executable, "-c", "from app.cli import entry; entry()", *map(str, argv)]


def without_display() -> dict[str, str]:
    gone = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {k: v for k, v in os.environ.items() if k not in gone} | {"PYTHONPATH": str(ROOT)}


def test_validate_says_what_it_checked_and_what_not(shell: Shell) -> None:
    status, out, _ = shell.run("validate", real("citygml/citygml4j/invalid_building_v3.gml"), "--json")
    found = json.loads(out)
    assert status == 1 and [error["code"] for error in found["errors"]] == ["id_syntax"]
    assert found["checked"].endswith("Not checked: the full XML schema.")
    assert "checked" not in json.loads(shell.run("validate", shell.city, "--json")[1])


def test_render_draws_without_a_display_and_compares(shell: Shell) -> None:
    shell.made()
    picture = shell.folder / "hamlet.png"
    drawn = command("render", shell.project, "--out", picture, "--size", "320x200", "--json")
    first = subprocess.run(drawn, env=without_display(), capture_output=True, text=True, timeout=120)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout) == {"out": str(picture), "width": 320, "height": 200}
    pixels = read_png(picture)
    assert pixels.shape[:2] == (200, 320) and len({tuple(p) for row in pixels for p in row[:, :3]}) > 20
    again = shell.folder / "again.png"
    same = shell.answer("render", shell.project, "--out", again, "--size", "320x200", "--compare", picture)
    assert same["same"] is True
    other = ("--out", again, "--size", "320x200", "--view", "top", "--compare", picture, "--overwrite")
    assert shell.run("render", shell.project, *other)[0] == 1


def test_a_picture_never_takes_the_place_of_a_project_and_of_files_only_when_asked(shell: Shell) -> None:
    before = shell.made().read_bytes()
    status, _, err = shell.run("render", shell.project, "--out", shell.project)
    assert status == 2 and "Call it hamlet.png" in err
    picture = shell.folder / "old.png"
    picture.write_text("mine")
    status, _, err = shell.run("render", shell.project, "--out", picture)
    assert status == 1 and "There is a file of that name already" in err
    status, _, err = shell.run("render", shell.project, "--out", picture, "--compare", picture, "--overwrite")
    assert status == 2 and "compared with" in err and picture.read_text() == "mine"
    (shell.folder / "hidden.png").hardlink_to(shell.project)
    status, _, err = shell.run("render", shell.project, "--out", shell.folder / "hidden.png", "--overwrite")
    assert status == 1 and "never overwritten" in err and shell.project.read_bytes() == before
    for out in (shell.project, shell.city):
        status, _, err = shell.run("export", shell.project, out)
        assert status == 1 and "never overwritten" in err
    assert shell.project.read_bytes() == before


def test_tiles_of_a_layer_are_never_overwritten(shell: Shell) -> None:
    tiles = shell.folder / "tiles"
    tiles.mkdir()
    for name in ("a", "b"):
        (tiles / f"{name}.city.json").write_text(re.sub(r'"b(\d)"', rf'"{name}\1"', shell.city.read_text()))
    shell.answer("import", tiles, "--into", shell.project)
    before = sha256(tiles / "b.city.json")
    for out in (tiles, tiles / "b.city.json"):
        status, _, err = shell.run("export", shell.project, out)
        assert status == 1 and "The layer 'tiles' comes from this file" in err
    assert sha256(tiles / "b.city.json") == before
    assert shell.run("export", shell.project, shell.folder / "handed")[0] == 0
    assert sha256(shell.folder / "handed" / "b.city.json") == before


def test_what_is_to_be_kept_is_refused_before_it_is_computed(shell: Shell) -> None:
    project = shell.made()
    with Project.open(project) as _writer:
        look = ("--from", "78600,457790,0", "--date", "2026-01-01", "--out", shell.folder / "seen.csv")
        status, _, err = shell.run("visibility", project, *look, "--keep")
    assert status == 1 and "open for reading only" in err
    assert not (shell.folder / "seen.csv").exists()  # refused before anything was computed


def test_every_verb_speaks_in_sentences_and_of_options_that_it_has() -> None:
    for name, where in VERBS.items():
        verb = verb_of(name)
        assert verb.summary[0].isupper() and verb.summary.endswith("."), name
        parser, module = verb_parser(verb), import_module(f"app.verbs.{where.partition(':')[0]}")
        known = {option for action in parser._actions for option in action.option_strings}
        if hasattr(module, "NAMED"):
            # Those that several verbs share are named whether or not this one has them.
            own = set(module.NAMED.items()) - set(LOOKING_OPTIONS.items())
            said = {word for _, option in own for word in option.split() if word.startswith("--")}
            assert said <= known, name


def test_the_window_without_a_display_is_refused_in_a_sentence(shell: Shell) -> None:
    done = subprocess.run(
        command(shell.city), env=without_display(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and "display" in done.stderr and done.stderr.count("\n") == 1


def test_ctrl_c_while_it_is_still_loading_is_answered_too() -> None:
    # What is loaded next stands for the moment at which the person presses the keys.
    pressed = "class P:\n def find_spec(self, name, *_):\n  if name == 'app.cli': raise KeyboardInterrupt\n"
    start = "import sys; sys.meta_path.insert(0, P()); from app.entry import entry; entry()"
    code = f"{pressed}{start}"
    done = subprocess.run(
        [sys.executable, "-c", code], env=without_display(), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (130, "Stopped as you asked. Nothing was left half done.\n")


def test_ctrl_c_leaves_nothing_half_done(shell: Shell) -> None:
    document = hamlet()
    document["CityObjects"] = {f"b{i}": house(8 * (i % 3), 9000) for i in range(6000)}
    shell.city.write_text(json.dumps(document), encoding="utf-8")
    running = subprocess.Popen(
        command("import", shell.city, "--into", shell.project),
        env=without_display(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background job ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not shell.project.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130 and "Traceback" not in err and "Stopped" in err, err
    assert not shell.project.exists() and not list(shell.folder.glob("*.cache"))
