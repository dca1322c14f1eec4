"""Codes of CityGML are told with their words, from the lists beside the file, and stay codes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layers import codelists, importing
from layers.codelists import Code
from layers.data import ReadOptions
from layers.exporting import export_layer
from layers.gml.codes import CodeLists
from layers.project import Project
from tests.cities import import_here
from tests.layers.test_gml import building, lod2, model, polygon

USAGE = '<bldg:usage codeSpace="../../codelists/Building_usage.xml">411</bldg:usage>'


def listed(**words: str) -> str:
    entries = "".join(
        f'<gml:dictionaryEntry><gml:Definition gml:id="c{code}"><gml:description>{word}</gml:description>'
        f"<gml:name>{code[1:]}</gml:name></gml:Definition></gml:dictionaryEntry>"
        for code, word in words.items()
    )
    return f'<gml:Dictionary xmlns:gml="http://www.opengis.net/gml" gml:id="d">{entries}</gml:Dictionary>'


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A city with a list, in folders as PLATEAU has them."""
    lists, tiles = tmp_path / "city" / "codelists", tmp_path / "city" / "udx" / "bldg"
    lists.mkdir(parents=True)
    tiles.mkdir(parents=True)
    (lists / "Building_usage.xml").write_text(listed(c411="住宅", c401="業務施設"), "utf-8")
    path = tiles / "city.gml"
    path.write_text(model(*[building(USAGE + lod2(polygon()), f"b{n}") for n in range(40)]), "utf-8")
    return path


def words_of(project: Project) -> codelists.Vocabulary:
    return codelists.told(project.layers[0].facts)


def test_a_code_has_its_word_and_is_written_back_as_a_code(city: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, city)
        layer = project.layers[0]
        words = words_of(project)
        assert words["*", "usage"] == (Code("411", "住宅"), Code("401", "業務施設"))
        assert codelists.label("Building", "usage", "411", words) == "住宅"
        assert codelists.label("Building", "usage", "999", words) == ""
        item = next(iter(project.objects(layer)))
        assert item.attributes["usage"] == "411"
        with project.edit("Correct") as edit:
            edit.set_attribute(item.fid, "usage", "401")
        out = tmp_path / "out.gml"
        export_layer(project, layer, out)
        assert out.read_text("utf-8") == city.read_text("utf-8").replace(">411<", ">401<", 1)


def test_words_are_there_when_a_city_is_read_in_parts(city: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        importing.import_files(project, [city], ReadOptions(crs="EPSG:7415", part_bytes=4000))
        assert codelists.label("Building", "usage", "401", words_of(project)) == "業務施設"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('<a:x codeSpace="http://example.org/codelists/One.xml">', {"x": {"1": "one"}}),
        ("<x role='a' codeSpace = 'One.xml'>", {"x": {"1": "one"}}),
        ('<x codeSpace="One.xml"><x codeSpace="Other.xml">', {"x": {"2": "two"}}),  # 1 means this or that
        ('<x codeSpace="../secret.xml">', {}),
        ('<x codeSpace="..">', {}),
        ('<x codeSpace="Broken.xml">', {}),
        ('<x codeSpace="Entity.xml">', {}),
        ('<x codeSpace="Missing.xml">', {}),
    ],
)
def test_only_lists_in_their_folder_count(
    said: str, words: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    folder = tmp_path / "codelists"
    folder.mkdir()
    (tmp_path / "secret.xml").write_text(listed(c1="secret"), "utf-8")
    (folder / "One.xml").write_text(listed(c1="one"), "utf-8")
    (folder / "Other.xml").write_text(listed(c1="another", c2="two"), "utf-8")
    (folder / "Broken.xml").write_text(listed(c1="one")[:-5], "utf-8")
    (folder / "Entity.xml").write_text('<!DOCTYPE a [<!ENTITY b "b">]>' + listed(c1="&b;"), "utf-8")
    lists = CodeLists()
    lists.begin(tmp_path / "city.gml")
    lists.note(said.encode())
    assert lists.words() == words


def test_definitions_with_identifiers_are_named(tmp_path: Path) -> None:
    (tmp_path / "codelists").mkdir()
    text = listed(c1="x").replace("<gml:name>", "<gml:identifier>1000</gml:identifier><gml:name>")
    (tmp_path / "codelists" / "One.xml").write_text(text.replace(os.linesep, ""), "utf-8")
    lists = CodeLists()
    lists.begin(tmp_path / "a" / "b" / "city.gml")
    lists.note(b'<x codeSpace="One.xml">')
    assert lists.words() == {"x": {"1000": "x"}}
