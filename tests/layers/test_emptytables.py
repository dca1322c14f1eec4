"""A table without rows is no layer, but `info` says what there is to know of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from layers import formats
from layers.data import ReadOptions
from layers.errors import ReadError
from tests.conftest import real
from tests.layers.test_vectorfiles import write


def geopackage(folder: Path) -> Path:
    """The real one of places in Göteborg, which has none, with columns."""
    path = folder / "pois.gpkg"
    path.write_bytes(real("reference/goteborg/pois.gpkg").read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT table_name FROM gpkg_geometry_columns").fetchall():
            for column in ("height DOUBLE", "storeys MEDIUMINT", "name TEXT(20)"):
                connection.execute(f'ALTER TABLE "{name}" ADD {column}')
    return path


def shapefile(folder: Path) -> Path:
    return write(folder / "x.shp", (), height=np.zeros(0), storeys=np.zeros(0, np.int32))


@pytest.mark.parametrize(
    ("make", "crs", "fields"),
    [
        (shapefile, "EPSG:28992", "height (real), storeys (integer)"),
        (geopackage, "EPSG:3007", "height (real), storeys (integer), name (text)"),
    ],
)
def test_a_table_without_rows_says_what_it_is(
    tmp_path: Path, make: Callable[[Path], Path], crs: str, fields: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make(tmp_path)
    assert main(["info", str(path)]) == 0
    told = capsys.readouterr().out
    assert f"CRS         {crs}" in told and fields in told
    assert "format      geopackage" in told or "format      shapefile" in told
    assert "There are no features" in told
    with pytest.raises(ReadError, match="There are no features"):
        formats.read(path, ReadOptions())
