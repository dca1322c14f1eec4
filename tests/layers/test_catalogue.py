"""Tables whose records lie somewhere: axes in columns, well-known text, coordinates in brackets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layers import wkb
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import catalogue
from layers.jsontext import raw_members
from tests.conftest import real


def read(tmp_path: Path, text: str) -> LayerData:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    (layer,) = catalogue.read(path, ReadOptions())
    return layer


def shape(layer: LayerData, number: int = 0) -> wkb.Shape:
    return wkb.read(layer.features[number].geometry or b"")


def test_points_by_their_axes(tmp_path: Path) -> None:
    layer = read(tmp_path, "soort,x,y,hoogte\nboom,119316.789,485117.781,3.5\nmast,119300,485100,\n")
    assert (layer.kind, [f.type for f in layer.features]) == ("vector", ["Point", "Point"])
    assert shape(layer).coordinates.tolist() == [[119316.789, 485117.781, 3.5]]
    assert np.isnan(shape(layer, 1).coordinates[0, 2])


def test_well_known_text_with_its_crs(tmp_path: Path) -> None:
    text = '"SRID=28992;POLYGON((0 0,4 0,4 4,0 0),(1 .5,2 .5,2 1,1 .5))"'
    layer = read(tmp_path, f'zone,geom\nA,{text}\nB,"LINESTRING Z (0 0 1, 2 2 3)"\n')
    assert layer.crs == "EPSG:28992"
    assert [len(ring) for ring in shape(layer).parts[0]] == [4, 4]
    assert shape(layer, 1).coordinates.tolist() == [[0, 0, 1], [2, 2, 3]]


def test_a_shape_that_is_none_is_told_and_the_record_kept(tmp_path: Path) -> None:
    layer = read(tmp_path, 'zone,wkt\nA,POINT(1 2)\nB,"POLYGON((0 0"\n')
    assert [f.geometry is None for f in layer.features] == [False, True]
    assert (layer.report.unsupported, layer.report.dropped) == (1, 0)


def test_records_without_a_place_are_counted_and_named(tmp_path: Path) -> None:
    layer = read(tmp_path, "id;x;y\n1;abc;5\n2;7.1;52.0\n3;;\n")
    assert [f.geometry is None for f in layer.features] == [True, False, True]
    (told,) = layer.report.warnings
    assert (
        told.text == "2 of 3 records have no place: record 2, x = 'abc', y = '5'; record 4, x = '', y = ''."
    )
    assert (layer.report.unsupported, layer.report.dropped) == (2, 0)
    monuments = read(tmp_path, "id,name,condition,x,y\n1,Church,good,,\n2,Mill,bad,abc,5\n")
    assert [w.object for w in monuments.report.warnings] == ["record 3"]  # the church need not say it


def test_one_edit_changes_one_cell_and_no_shape(tmp_path: Path) -> None:
    path = real("pointcloud/amsterdam/bgt_roads_demo.csv")
    (layer,) = catalogue.read(path, ReadOptions())
    assert (layer.kind, len(layer.features)) == ("vector", 28)
    assert shape(layer).is_area
    after = raw_members(layer.features[3].attributes) | {"bgt_type": b'"voetpad"'}
    pieces = ((piece, 3 if piece.feature == 3 else None) for piece in layer.pieces)
    lines = b"".join(catalogue.rewrite(pieces, lambda _: after)).splitlines()
    changed = [number for number, line in enumerate(path.read_bytes().splitlines()) if line != lines[number]]
    assert changed == [4] and lines[4].startswith(b"voetpad,")


@pytest.mark.parametrize("text", ["timestamp,temperature\n1,2\n", "x,y\n"], ids=["no places", "no records"])
def test_tables_without_places_or_records_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReadError, match=r"where its records lie|no records"):
        read(tmp_path, text)
