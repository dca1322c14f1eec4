"""Vector files of GIS programs: what GDAL writes comes in, and nothing is followed or made elsewhere."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers import formats, wkb
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import _ogr
from tests.conftest import DATA, real

LINES = [[[0.0, 0.0], [10.0, 0.0]], [[10.0, 0.0], [10.0, 5.0], [12.0, 7.5]]]
DRIVERS = {
    "x.shp": "ESRI Shapefile",
    "x.fgb": "FlatGeobuf",
    "x.mif": "MapInfo File",
    "x.tab": "MapInfo File",
    "x.gdb": "OpenFileGDB",
    "x.kml": "LIBKML",
}


def write(path: Path, lines: Sequence[Any] = LINES, encoding: str | None = None, **fields: list[Any]) -> Path:
    """A file of lines as GDAL writes it, in RD New unless it is KML."""
    _ogr.load()
    from pyogrio.raw import write as write_by_gdal

    crs = "EPSG:4326" if path.suffix == ".kml" else "EPSG:28992"
    write_by_gdal(
        path,
        np.array([wkb.line(np.array(line)) for line in lines], object),
        [np.array(column) for column in fields.values()],
        list(fields),
        layer="mains",
        driver=DRIVERS[f"x{path.suffix}"],
        geometry_type="LineString",
        crs=crs,
        encoding=encoding,
        **({"SPATIAL_INDEX": "NO"} if path.suffix == ".fgb" else {}),  # which would order them anew
    )
    return path


def read(path: Path, **options: Any) -> list[LayerData]:
    form, source, _ = formats.find(path)
    return formats.read_source(form, source, ReadOptions(**options))


def values(layer: LayerData) -> list[dict[str, Any]]:
    return [json.loads(feature.attributes) for feature in layer.features]


@pytest.mark.parametrize("name", DRIVERS)
def test_lines_with_diameters_are_a_network(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, diameter=[300, 250], owner=["Gemeente", "Waterschap"])
    before = sorted(tmp_path.rglob("*"))
    (layer,) = read(path)
    assert (layer.kind, layer.report.read, layer.report.dropped) == ("pipes", 2, 0)
    assert [float(row["diameter"]) for row in values(layer)] == [300, 250]
    assert values(layer)[1]["owner"] == "Waterschap"
    assert layer.facts["field_map"] == {"diameter_m": "diameter [mm]"}
    line = wkb.read(layer.features[1].geometry or b"").coordinates[:, :2]
    np.testing.assert_allclose(line, LINES[1], atol=0.011)  # the centimetres of a .tab, else exact
    assert sorted(tmp_path.rglob("*")) == before


def test_whole_numbers_stay_whole_beside_missing_ones(tmp_path: Path) -> None:
    path = write(tmp_path / "x.fgb", year=[1974, 0], depth=[1.25, np.nan])
    (layer,) = read(path)
    assert values(layer) == [{"year": 1974, "depth": 1.25}, {"year": 0, "depth": None}]


@pytest.mark.parametrize("encoding", ["UTF-8", "CP1252"])
def test_text_of_unknown_encoding_is_told_by_its_bytes(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "x.shp", encoding=encoding, street=["Große Straße", "Rådhuspladsen"])
    path.with_suffix(".cpg").unlink(missing_ok=True)
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    data[29] = 0  # no code page
    table.write_bytes(data)
    (layer,) = read(path)
    assert [row["street"] for row in values(layer)] == ["Große Straße", "Rådhuspladsen"]
    (told,) = [warning.text for warning in layer.report.warnings if warning.code == "encoding"]
    assert told.endswith(f"{encoding}.")


def test_an_index_that_is_missing_is_made_in_a_folder_of_ours(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = write(tmp_path / "in" / "x.shp", name=["a", "b"])
    path.with_suffix(".shx").unlink()
    (layer,) = read(path, scratch=tmp_path / "scratch")
    assert (len(layer.features), layer.report.repaired) == (2, 1)
    assert not path.with_suffix(".shx").exists()


def test_a_crs_with_letters_of_old_code_pages_is_understood(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = write(tmp_path / "in" / "x.shp", name=["a", "b"])
    crs = path.with_suffix(".prj")
    renamed = re.sub(r'^PROJCS\["[^"]*"', 'PROJCS["Gauß-Krüger"', crs.read_text())
    assert "Gauß" in renamed
    crs.write_text(renamed, encoding="cp1252")
    (layer,) = read(path, scratch=tmp_path / "scratch")
    assert (len(layer.features), layer.report.repaired) == (2, 1)
    assert layer.crs is not None
    assert crs.read_bytes() == renamed.encode("cp1252")


def test_a_zip_of_shapefiles_is_a_layer_each(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    write(folder / "mains.shp", diameter=[1, 2])
    write(folder / "roads.shp", name=["a", "b"])
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"data/{file.name}")
    layers = read(tmp_path / "all.zip", scratch=tmp_path)
    assert [(layer.name, layer.kind) for layer in layers] == [("mains", "pipes"), ("roads", "vector")]


def test_a_field_map_holds_for_the_tables_that_have_its_fields(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "all.sqlite") as database:
        columns = "f_table_name, f_geometry_column, srid, geometry_format"
        database.execute(f"CREATE TABLE geometry_columns ({columns})")
        for name, column in (("mains", "maat"), ("roads", "name")):
            database.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {column}, geometry BLOB)")
            database.execute("INSERT INTO geometry_columns VALUES (?, 'geometry', 0, 'WKB')", (name,))
            row = (7, wkb.line(np.array(LINES[0])))
            database.execute(f"INSERT INTO {name} VALUES (NULL, ?, ?)", row)
    database.close()
    mains, roads = read(tmp_path / "all.sqlite", kind="pipes", field_map={"diameter_m": "maat [cm]"})
    assert mains.facts["field_map"] == {"diameter_m": "maat [cm]"}
    assert (roads.facts["field_map"], roads.report.warnings) == ({}, [])
    with pytest.raises(ReadError, match="no such attribute"):
        read(tmp_path / "all.sqlite", field_map={"diameter_m": "nothing"})


def test_a_geodatabase_is_a_folder_or_a_zip_of_one(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gdb", diameter=[1, 2])
    shutil.make_archive(str(tmp_path / "x.gdb"), "zip", tmp_path, "x.gdb")
    for source in (path, tmp_path / "x.gdb.zip"):
        (layer,) = read(source, scratch=tmp_path)
        assert (layer.kind, len(layer.features)) == ("pipes", 2)


def test_thousands_of_files_in_one_archive_are_refused(tmp_path: Path) -> None:
    text = write(tmp_path / "x.kml", name=["a", "b"]).read_text()
    with zipfile.ZipFile(tmp_path / "x.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(1001):
            archive.writestr(f"{number}.kml", text)
    with pytest.raises(ReadError, match=r"1,001 \.kml"):
        read(tmp_path / "x.kmz", scratch=tmp_path)


def test_a_link_in_kml_is_told_and_not_followed(tmp_path: Path) -> None:
    path = write(tmp_path / "x.kml", name=["a", "b"])
    link = "<NetworkLink><name>more</name><Link><href>http://localhost:1/x.kml</href></Link></NetworkLink>"
    path.write_text(path.read_text().replace("</Document>", f"{link}</Document>", 1))
    (layer,) = read(path)
    (told,) = [warning for warning in layer.report.warnings if warning.code == "link"]
    assert (told.object, told.outcome) == ("more", "unsupported") and "localhost" in told.text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.tab", '!table\n!version 300\n\nOpen Table "../secret"\nCreate View x As Select * From secret\n'),
        ("x.kml", '<!DOCTYPE kml [<!ENTITY a "b">]><kml xmlns="http://www.opengis.net/kml/2.2">&a;</kml>'),
        ("x.dxf", '<OGRVRTDataSource><OGRVRTLayer name="a"/></OGRVRTDataSource>'),
        ("x.fgb", "fgb"),
        ("x.shp", "\0\0\x27\x0a cut off"),
    ],
)
def test_files_that_point_elsewhere_or_are_cut_off_are_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ReadError):
        read(path, scratch=tmp_path)


def test_a_drawing_near_its_origin_lies_nowhere_on_earth(tmp_path: Path) -> None:
    pair = "0\nLINE\n8\n{}\n10\n{}\n20\n0.0\n30\n1.5\n11\n5.0\n21\n5.0\n31\n1.5\n"
    body = pair.format("Kerbs", "0.0") + pair.format("Fences", "2.0")
    (tmp_path / "plan.dxf").write_text(f"0\nSECTION\n2\nENTITIES\n{body}0\nENDSEC\n0\nEOF\n")
    (layer,) = read(tmp_path / "plan.dxf")
    assert (layer.name, layer.kind, layer.facts["local"]) == ("plan", "vector", True)
    assert [row["Layer"] for row in values(layer)] == ["Kerbs", "Fences"]
    assert wkb.read(layer.features[1].geometry or b"").coordinates.tolist() == [[2, 0, 1.5], [5, 5, 1.5]]


def spatialite(code: int, body: bytes) -> bytes:
    return struct.pack("<BBi4dB", 0, 1, 28992, 0, 0, 1, 1, 0x7C) + struct.pack("<I", code) + body + b"\xfe"


def test_geometries_of_spatialite_are_read(tmp_path: Path) -> None:
    point = struct.pack("<2d", 3.0, 4.0)
    two = struct.pack("<I", 2) + (b"\x69" + struct.pack("<I", 1) + point) * 2
    path = tmp_path / "trees.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE Trees (id INTEGER PRIMARY KEY, species TEXT, Geometry BLOB)")
        database.execute(
            "CREATE TABLE geometry_columns (f_table_name TEXT, f_geometry_column TEXT, srid INTEGER)"
        )
        database.execute("CREATE TABLE spatial_ref_sys (srid INTEGER, auth_name TEXT, auth_srid INTEGER)")
        database.execute("INSERT INTO spatial_ref_sys VALUES (28992, 'epsg', 28992)")
        database.execute("INSERT INTO geometry_columns VALUES ('trees', 'geometry', 28992)")
        rows = [("Tilia", spatialite(1, point)), ("Acer", spatialite(4, two)), ("Ulmus", b"\0\1damaged")]
        database.executemany("INSERT INTO Trees VALUES (NULL, ?, ?)", rows)
    database.close()
    (layer,) = read(path)
    assert (layer.name, layer.crs, layer.kind) == ("Trees", "EPSG:28992", "vector")
    shapes = [
        feature.geometry and wkb.read(feature.geometry).coordinates.shape[0] for feature in layer.features
    ]
    assert shapes == [1, 2, None] and layer.report.unsupported == 1


@pytest.mark.parametrize(
    "path",
    sorted(path for ending in ("shp", "sqlite", "xtf") for path in DATA.rglob(f"*.{ending}")),
    ids=lambda path: path.name,
)
def test_real_files_open_with_nothing_dropped_or_say_that_they_are_empty(path: Path) -> None:
    try:
        layers = read(path)
    except ReadError as error:
        assert error.what == "There are no features"
        return
    assert layers and not any(layer.report.dropped for layer in layers)


def test_bgt_footprints_are_areas() -> None:
    (layer,) = read(real("pointcloud/3dfier-ahn3/bgt_pand.sqlite"))
    assert (layer.kind, layer.crs, len(layer.features)) == ("vector", "EPSG:28992", 160)
    assert {feature.type for feature in layer.features} == {"Area"}


def test_text_that_was_cut_within_a_letter_spoils_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tab", owner=["Gemeente", "Große Straße"])
    table = path.with_suffix(".dat")
    data = table.read_bytes()
    spelled = "Große".encode()
    assert data.count(spelled) == 1
    table.write_bytes(data.replace(spelled, spelled[:-2] + b"ee"))  # half a letter
    (layer,) = read(path)
    assert values(layer)[0] == {"owner": "Gemeente"}
    assert values(layer)[1]["owner"].startswith("Gro\ufffdee Stra")
    (told,) = [warning for warning in layer.report.warnings if warning.code == "text"]
    assert (told.outcome, told.text) == (
        "repaired",
        "Some text is no UTF-8: letters that cannot be read are \ufffd.",
    )


def test_a_count_of_rows_is_not_believed(tmp_path: Path) -> None:
    path = write(tmp_path / "x.fgb", name=["a", "b"])
    data = bytearray(path.read_bytes())
    at = data.index(struct.pack("<Q", 2), 12)  # of the features, in the header
    data[at : at + 8] = struct.pack("<Q", 1 << 27)
    path.write_bytes(data)
    with pytest.raises(ReadError, match="134,217,728 rows"):
        read(path)
