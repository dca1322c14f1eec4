"""What is gone is cut out of files: all other bytes stay, and undo gives the file as it came."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from layers.data import Gone, LayerData, Piece, ReadOptions
from layers.exporting import export_layer
from layers.formats import _leaving, cityjson, cityjsonseq
from layers.importing import import_files
from layers.project import Project
from layers.records import Layer
from tests.conftest import real
from tests.towns import write_town

blanks = st.sampled_from(("", " ", "\n  ", "\t"))
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)


def read_text(form: Any, text: bytes) -> LayerData:
    with TemporaryDirectory() as folder:
        path = Path(folder, "text.json")
        path.write_bytes(text)
        layers: list[LayerData] = form.read(path, ReadOptions(crs="local"))
        return layers[0]


def left(pieces: list[Piece], gone: set[int], way: Any) -> bytes:
    touched = ((piece, piece.feature) for piece in pieces)
    return b"".join(piece.data for piece, _ in way(touched, Gone(frozenset(gone), {})))


@given(st.lists(names, min_size=1, max_size=6, unique=True), st.sets(st.integers(0, 5)), blanks, blanks)
def test_members_of_any_name_and_style_are_cut_out(
    ids: list[str], gone: set[int], before: str, after: str
) -> None:
    members = (f'{json.dumps(id)}{after}:{before}{{"type":"Building"}}' for id in ids)
    objects = f"{before},{after}".join(members)
    text = f'{{"type":"CityJSON","version":"2.0","CityObjects":{{{after}{objects}{before}}},"vertices":[]}}'
    pieces = read_text(cityjson, text.encode()).pieces
    kept = [id for at, id in enumerate(ids) if at not in gone]
    data = left(pieces, gone, _leaving.members)
    assert list(json.loads(data)["CityObjects"]) == kept
    assert left(pieces, set(), _leaving.members) == text.encode()
    for id in kept:
        assert f'{json.dumps(id)}{after}:{before}{{"type":"Building"}}'.encode() in data


@given(st.lists(st.integers(1, 3), min_size=1, max_size=5), st.sets(st.integers(0, 14)), st.booleans())
def test_lines_of_which_all_is_gone_go_as_a_whole(parts: list[int], gone: set[int], ends: bool) -> None:
    transform = '"transform":{"scale":[1,1,1],"translate":[0,0,0]}'
    head = f'{{"type":"CityJSON","version":"2.0",{transform},"CityObjects":{{}},"vertices":[]}}'
    lines, number, kept = [head], 0, [head]
    for line, count in enumerate(parts):
        ids = [f"{line}-{part}" for part in range(count)]
        here = [id for at, id in enumerate(ids, number) if at not in gone]
        number += count

        def text(ids: list[str], line: int = line) -> str:
            objects = ",".join(f'"{id}":{{"type":"Building"}}' for id in ids)
            return f'{{"type":"CityJSONFeature","id":"{line}-0","CityObjects":{{{objects}}},"vertices":[]}}'

        lines.append(text(ids))
        kept += [text(here)] if here else []
    whole = "\n".join(lines) + "\n" * ends
    pieces = read_text(cityjsonseq, whole.encode()).pieces
    assert left(pieces, set(), _leaving.lines) == whole.encode()
    assert left(pieces, gone, _leaving.lines).decode().splitlines() == kept


def test_parts_and_groups_forget_what_is_gone(tmp_path: Path) -> None:
    source = write_town(tmp_path / "town.city.json")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_files(project, [source])[0]
        gone = [fid for id in ("hall-1", "mill") for fid in ids(project, layer, id)]
        with project.edit("Demolish") as edit:
            edit.remove_objects(gone)
        objects = json.loads(written(project, layer, tmp_path / "out.city.json"))["CityObjects"]
        assert set(objects) == {"barn", "hall", "hall-2", "yard"}
        assert objects["hall"]["children"] == ["hall-2"]
        assert (objects["yard"]["children"], objects["yard"]["children_roles"]) == (["barn"], ["new"])
        project.undo()
        assert written(project, layer, tmp_path / "again.city.json") == source.read_bytes()


def ids(project: Project, layer: Layer, id: str) -> list[int]:
    return [item.fid for item in project.objects(layer) if item.id == id]


def written(project: Project, layer: Layer, out: Path) -> bytes:
    export_layer(project, project.layer(layer.id), out)
    return out.read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "citygml/ogc3/ParkingGarage_CityGML3.0_LOD2_with_CityObjectRelations.gml",
        "citygml/ogc3/Building_LOD3-EPSG25832.gml",
    ],
)
def test_nested_elements_of_citygml_are_cut_out(name: str, tmp_path: Path) -> None:
    source = real(name)
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_files(project, [source])[0]
        gone = [item for item in project.objects(layer) if item.parent][::2]
        with project.edit("Demolish") as edit:
            edit.remove_objects([item.fid for item in gone])
        out = written(project, layer, tmp_path / "out.gml")
        known = set(etree.fromstring(out).xpath("//@*[local-name()='id']"))
        assert not known & {item.id for item in gone}
        assert {item.id for item in project.objects(layer) if "@" not in item.id} <= known
        project.undo()
        assert written(project, layer, tmp_path / "again.gml") == source.read_bytes()


def test_groups_of_citygml_refer_to_what_is_there(tmp_path: Path) -> None:
    source = real("citygml/citygml10/LOD2_CityObjectGroup_v100.gml")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_files(project, [source])[0]
        with project.edit("Close a road") as edit:
            edit.remove_objects(ids(project, layer, "ID_78"))
        out = written(project, layer, tmp_path / "out.gml")
        assert b"ID_78" not in out
        assert out.count(b"groupMember") == source.read_bytes().count(b"groupMember") - 1
