"""Heritage catalogues: records, their city objects, their scans, and bytes that stay."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from layers import heritage
from layers.data import LayerData, ReadOptions, WriteOptions
from layers.errors import ReadError, WriteError
from layers.exporting import export_layer
from layers.formats import catalogue
from layers.importing import import_files
from layers.jsontext import raw_members
from layers.project import Project
from tests.conftest import real

CATALOGUE = (
    "\ufeffid;Naam;Rijksmonumentnummer;pand;scan;x;y;z;lengte\r\n"
    'M1;"Grote Kerk; toren";012;B1;scans/kerk.ply;10,5;20;3;1.50\r\n'
    "\r\n"
    'M2;"Het ""Huis""\r\nop de hoek";7;B9;../secret.ply;11;21;;2\r\n'
    "M3;Brug;;;gone.ply;;;;\r\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "kerk.ply").write_bytes(b"ply\n")
    (tmp_path / "monuments.csv").write_bytes(CATALOGUE.encode())
    return tmp_path


def read(path: Path) -> LayerData:
    (layer,) = catalogue.read(path, ReadOptions())
    return layer


def edited(layer: LayerData, number: int, after: dict[str, bytes]) -> bytes:
    pieces = ((piece, number if piece.feature == number else None) for piece in layer.pieces)
    return b"".join(catalogue.rewrite(pieces, lambda _: after))


def test_records_keep_their_texts_and_the_file_its_bytes(folder: Path) -> None:
    layer = read(folder / "monuments.csv")
    assert b"".join(piece.data for piece in layer.pieces) == CATALOGUE.encode()
    assert layer.features[0].attributes == (
        b'{"id":"M1","Naam":"Grote Kerk; toren","Rijksmonumentnummer":"012","pand":"B1",'
        b'"scan":"scans/kerk.ply","x":"10,5","y":20,"z":3,"lengte":1.50}'
    )
    assert [feature.id for feature in layer.features] == ["M1", "M2", "M3"]
    assert layer.features[0].box == (10.5, 20, 3, 10.5, 20, 3)
    assert layer.features[2].geometry is None
    same = catalogue.rewrite(
        ((piece, piece.feature) for piece in layer.pieces),
        lambda number: raw_members(layer.features[number].attributes),
    )
    assert b"".join(same) == CATALOGUE.encode()


def test_an_edit_changes_one_field(folder: Path) -> None:
    layer = read(folder / "monuments.csv")
    after = raw_members(layer.features[1].attributes) | {"Naam": b'"Huis; 2"', "z": b"4.20"}
    text = edited(layer, 1, after).decode()
    expected = CATALOGUE.replace('"Het ""Huis""\r\nop de hoek"', '"Huis; 2"').replace("21;;2", "21;4.20;2")
    assert text == expected
    with pytest.raises(WriteError, match="no column"):
        edited(layer, 1, after | {"condition": b'"good"'})


def test_scans_outside_the_folder_are_never_linked(folder: Path) -> None:
    (folder / "link.ply").symlink_to("/etc/passwd")
    outside = [
        "../x",
        "/etc/passwd",
        "a/../../x",
        "C:\\x",
        "\\\\server\\x",
        "http://x/y",
        "file:x",
        "link.ply",
        "",
    ]
    assert [heritage.safe_scan(folder, text) for text in outside] == [None] * len(outside)
    assert heritage.safe_scan(folder, "scans\\kerk.ply") == folder / "scans" / "kerk.ply"
    layer = read(folder / "monuments.csv")
    assert [(w.code, w.object) for w in layer.report.warnings] == [
        ("scan-outside", "../secret.ply"),
        ("scan-missing", "gone.ply"),
    ]


def test_windows_text_is_read_with_a_warning_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "denkmal.csv"
    data = "id,Name,Zustand\n1,Häuschen,gut\n".encode("cp1252")
    path.write_bytes(data)
    layer = read(path)
    assert json.loads(layer.features[0].attributes)["Name"] == "Häuschen"
    assert [warning.code for warning in layer.report.warnings] == ["encoding"]
    after = raw_members(layer.features[0].attributes) | {"Zustand": '"mäßig"'.encode()}
    assert edited(layer, 0, after) == data.replace(b"gut", "mäßig".encode("cp1252"))


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"id,name\n1,\0\n",
        b'id,name\n1,"open\n',
        "id,name\n1,x\n".encode("utf-16"),
        b"id,name\n1," + b"x" * 2_000_000 + b"\n",
        b"temperature,hour\n1,2\n",
    ],
    ids=["blank", "zero byte", "open quote", "utf-16", "giant field", "no catalogue"],
)
def test_what_is_no_catalogue_is_refused_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(ReadError):
        read(path)


def test_a_written_table_reads_back(folder: Path) -> None:
    layer = read(folder / "monuments.csv")
    out = folder / "again.csv"
    catalogue.write(out, layer, WriteOptions())
    again = read(out)
    assert [json.loads(f.attributes) for f in again.features] == [
        json.loads(f.attributes) for f in layer.features
    ]


def test_a_record_is_tied_to_its_city_object_and_its_scan(folder: Path) -> None:
    city = json.loads(real("cityjson/denhaag/denhaag.city.json").read_bytes())
    id = next(iter(city["CityObjects"]))
    source = folder / "monuments.csv"
    source.write_bytes(CATALOGUE.replace("B1", id).encode())
    with Project.create(folder / "p.city.gpkg", crs="EPSG:7415") as project:
        (buildings,) = [
            layer
            for layer in import_files(project, [real("cityjson/denhaag/denhaag.city.json")])
            if layer.kind == "city"
        ]
        (layer,) = import_files(project, [source])
        church, house, bridge = heritage.records(project, layer)
        (fid,) = church.city_fids
        assert project.object(fid).id == id
        assert project.object(fid).layer == buildings.id
        assert (church.name, church.fields["monumentNumber"], house.city_fids) == (
            "Grote Kerk; toren",
            "012",
            (),
        )
        assert bridge.scan is not None and bridge.scan.state() == "missing"
        assert house.scan is None
        assert church.scan is not None and church.scan.state() == "present"
        (folder / "scans" / "kerk.ply").write_bytes(b"PLY\n")
        assert church.scan.state() == "changed"
        with project.edit("Correct the name") as edit:
            edit.set_attribute(church.fid, "Naam", "Oude Kerk")
        out = folder / "out.csv"
        export_layer(project, layer, out)
        assert out.read_bytes() == source.read_bytes().replace(b"Grote Kerk; toren", b"Oude Kerk")
        assert "Oude Kerk" in project.source_text(church.fid)
        project.undo()
        export_layer(project, layer, out, overwrite=True)
        assert hashlib.sha256(out.read_bytes()).hexdigest() == layer.source_sha256
