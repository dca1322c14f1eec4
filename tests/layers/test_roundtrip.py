"""A file goes through a project and comes out byte by byte; an edit changes its object alone."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layers.data import WriteOptions
from layers.errors import CitystrataError, ReadError, WriteError
from layers.exporting import export_layer
from layers.project import Project
from layers.records import CityObject
from tests.cities import (
    FOLDER,
    each_openable,
    import_here,
    object_span,
    raw_models,
    raw_objects,
    read_layer,
    write_model,
)
from tests.conftest import real

VALUE = ['Zoë "Z" \\ 1/2', 1.5, None, {"a": True}]


def exported(project: Project, folder: Path, ending: str) -> bytes:
    """The first layer as it would be handed back."""
    out = folder / f"out{ending}"
    export_layer(project, project.layers[-1], out, overwrite=True)
    return out.read_bytes()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def in_the_middle(project: Project) -> CityObject | None:
    """An object with attributes from the middle of the layer, or any; None when there are none."""
    objects = list(project.objects(project.layers[-1]))
    with_attributes = [item for item in objects if item.attributes] or objects
    return with_attributes[len(with_attributes) // 2] if with_attributes else None


@each_openable
def test_the_same_bytes_come_out_and_an_edit_changes_its_object_alone(name: str, tmp_path: Path) -> None:
    source = FOLDER / name
    data = source.read_bytes()
    ending = ".city.jsonl" if name.endswith("l") else ".city.json"
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, source)
        assert sha256(exported(project, tmp_path, ending)) == sha256(data)
        item = in_the_middle(project)
        if item is None:
            return
        start, end = object_span(data, item.id)
        expected = {**json.loads(data[start:end]), "attributes": dict(item.attributes)}
        for label, key, value in changes_of(item):
            with project.edit(label) as edit:
                if value is None:
                    edit.remove_attribute(item.fid, key)
                    del expected["attributes"][key]
                else:
                    edit.set_attribute(item.fid, key, value)
                    expected["attributes"][key] = value
            assert object_alone(data, exported(project, tmp_path, ending), start, end) == expected
        while project.can_undo and project.can_undo.label in ("Add", "Change", "Remove"):
            project.undo()
        assert sha256(exported(project, tmp_path, ending)) == sha256(data)


def changes_of(item: CityObject) -> list[tuple[str, str, object]]:
    """An attribute added, and where there are some, the first one changed and the last one removed."""
    changes: list[tuple[str, str, object]] = [("Add", "surveyed by", VALUE)]
    if item.attributes:
        first, *_, last = [*item.attributes, *item.attributes]
        changes += [("Change", first, VALUE), ("Remove", last, None)]
    return changes


def object_alone(before: bytes, after: bytes, start: int, end: int) -> dict[str, Any]:
    """The value that stands where an object stood, once it is sure that nothing else changed."""
    assert after[:start] == before[:start]
    assert after.endswith(before[end:])
    found: dict[str, Any] = json.loads(after[start : len(after) - len(before) + end])
    return found


ODD = b"""\xef\xbb\xbf{"type": "CityJSON", "version": "2.0",\r
  "+note": {"CityObjects": {"a": {"type": "decoy"}}, "text": "\\"CityObjects\\": {"},\r
  "transform": {"scale": [1,1,1], "translate": [85000,446000,0]},\r
  "CityObjects" : {\r
    "a\\u0041\\"\\/\\n": {"type": "Building", "attributes" : {\r
        "n" : -0.0, "big": 123456789012345678901234567890, "x": 1, "y": {"z": [1.50, 2]}, "x": 3,\r
        "caf\\u00e9": "\\ud83d\\ude00", "Name": 1, "name": 2, "\\u0000": 0 } },\r
    "empty"\t:\t{ },\r
    "null": {"type":"Road","attributes":null},\r
    "none": {"type":"Road","attributes":{\r\n}}\r
  },\r
  "vertices": []}\r
\r
"""


@pytest.mark.parametrize("id", ['aA"/\n', "empty", "null", "none"])
def test_odd_texts_are_edited_without_touching_their_surroundings(tmp_path: Path, id: str) -> None:
    source = tmp_path / "odd.city.json"
    source.write_bytes(ODD)
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, source)
        item = project.by_id(id)
        assert item is not None
        with project.edit("Odd") as edit:
            edit.set_attribute(item.fid, "x", 4)
            edit.set_attribute(item.fid, "caf\u00e9", "\u2615")
            edit.set_attribute(item.fid, "new", True)
        found = exported(project, tmp_path, ".city.json")
        values = json.loads(found.decode("utf-8-sig"))["CityObjects"][id]["attributes"]
        assert (values["x"], values["caf\u00e9"], values["new"]) == (4, "\u2615", True)
        assert found.count(b"\r\n") >= ODD.count(b"\r\n") and found.startswith(b"\xef\xbb\xbf")
        for kept in (b'"n" : -0.0', b"123456789012345678901234567890", b"[1.50, 2]", b'"Name": 1, "name": 2'):
            assert kept in found
        with project.edit("Bare") as edit:
            for key in project.object(item.fid).attributes:
                edit.remove_attribute(item.fid, key)
        bare = json.loads(exported(project, tmp_path, ".city.json").decode("utf-8-sig"))["CityObjects"][id]
        assert not bare.get("attributes")
        while project.can_undo and not project.can_undo.label.startswith("Import"):
            project.undo()
        assert exported(project, tmp_path, ".city.json") == ODD


def test_edits_are_in_what_is_written_anew(tmp_path: Path) -> None:
    source = real("cityjson/railway-seq/delft_subset.city.jsonl")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, source)
        (layer, *_), item = project.layers, in_the_middle(project)
        assert item is not None
        with project.edit("Name") as edit:
            edit.set_attribute(item.fid, "name", "Café")
        said = export_layer(project, layer, tmp_path / "whole.city.json")
        assert said == "written anew as CityJSON"
        assert raw_objects(tmp_path / "whole.city.json")[item.id]["attributes"]["name"] == "Café"
        export_layer(project, layer, tmp_path / "moved.city.jsonl", crs="EPSG:28992", lod="0")
        header, *features = raw_models(tmp_path / "moved.city.jsonl")
        assert header["metadata"]["referenceSystem"].endswith("/28992")
        objects = raw_objects(tmp_path / "moved.city.jsonl")
        assert objects[item.id]["attributes"]["name"] == "Café"
        assert {g["lod"] for found in objects.values() for g in found.get("geometry", [])} == {"0"}
        assert len(features) > 1


def test_a_refused_export_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    source = real("cityjson/cjio/delft_1b.json")
    out = tmp_path / "out" / "old.city.json"
    out.parent.mkdir()
    out.write_bytes(b"old")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, source)
        for refused in ({"lod": "9"}, {"crs": "EPSG:1"}, {"crs": "nowhere"}):
            with pytest.raises(CitystrataError):
                export_layer(project, project.layers[0], out, overwrite=True, **refused)
        with pytest.raises(WriteError, match="a file of that name already"):
            export_layer(project, project.layers[0], out)
        for name in ("old.xyz", "old", "old.las"):
            with pytest.raises(WriteError):
                export_layer(project, project.layers[0], out.with_name(name))
        with pytest.raises(WriteError, match="This is a folder"):
            export_layer(project, project.layers[0], _folder(out.with_name("new.city.json")))
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in out.parent.iterdir()) == ["new.city.json", "old.city.json"]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


STRANGE = [
    "null",
    "5",
    "-1",
    '"x"',
    "[]",
    "{}",
    "[[]]",
    "true",
    "1.5",
    "[null]",
    '{"a":1}',
    "1e30",
    "[[[0,1,2]]]",
]


@pytest.mark.parametrize(
    "name", ["cjio/dummy.json", "cjseq-bertt/euromast.json", "railway-seq/geometry_templates.city.json"]
)
def test_whatever_stands_in_a_model_it_is_written_or_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    """Values of a real model are replaced at random; what still opens must not crash a writer."""
    dice = random.Random(name)
    (model,) = raw_models(real(f"cityjson/{name}"))
    text = json.dumps(model)
    written = 0
    for _ in range(25):
        broken = json.loads(text)
        holder, key = dice.choice(list(places_in(broken)))
        holder[key] = json.loads(dice.choice(STRANGE))
        source = tmp_path / "in.city.json"
        source.write_text(json.dumps(broken))
        try:
            layer = read_layer(source)
        except ReadError:
            continue
        layer.crs = "EPSG:7415"
        for options in (WriteOptions(), WriteOptions(crs="EPSG:28992"), WriteOptions(lod="2")):
            for ending in (".city.json", ".city.jsonl"):
                out = tmp_path / f"out{ending}"
                try:
                    write_model(out, layer, options)
                except CitystrataError:
                    continue
                assert read_layer(out).report.read == layer.report.read
                written += 1
    assert written > 40


def places_in(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value where another could stand, the first few of long lists."""
    keys = (
        list(value)
        if isinstance(value, dict)
        else range(min(6, len(value)) if isinstance(value, list) else 0)
    )
    for key in keys:
        yield value, key
        if depth < 9:
            yield from places_in(value[key], depth + 1)
