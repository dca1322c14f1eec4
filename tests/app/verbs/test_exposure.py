"""`citystrata exposure` and `isovist`, from the command line to files."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from tests.analysis.town import at
from tests.app.verbs.answering import answer


def test_a_house_is_seen_from_a_share_of_the_streets(
    town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "exposure.gpkg"
    status, values = answer(
        capsys, "exposure", town, "--of", "id == 'A'", "--spacing", "4", "--date", "2026-01-01",
        "--compare-date", "1990-01-01", "--out", str(out),
    )  # fmt: skip
    assert status == 0
    (street,) = values["areas"]
    assert street["object_id"] == "street"
    assert street["mean_height_m"] > street["mean_height_m_before"], "B has gone"
    shares = [row["seen_area_pct"] for row in values["shares"]]
    assert shares == sorted(shares, reverse=True)
    assert "A is seen from" in values["findings"][0]["sentence"]
    with sqlite3.connect(out) as file:
        names = {name for (name,) in file.execute("SELECT table_name FROM gpkg_contents")}
        (highest,) = file.execute("SELECT max(seen_height_m) FROM points").fetchone()
    assert {"points", "surfaces", "areas", "shares"} <= names and 6 < highest < 8.5


def test_a_map_of_it_is_a_raster(town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import rasterio

    out = tmp_path / "exposure.tif"
    x, y, _ = at(20, 20, 0)
    box = f"{x},{y},{x + 100},{y + 100}"
    argv = ("exposure", town, "--of", "id == 'A'", "--box", box, "--spacing", "5", "--date", "2026-01-01")
    status, values = answer(capsys, *argv, "--out", str(out))
    assert status == 0 and values["points"] > 300
    with rasterio.open(out) as raster:
        assert raster.res == (5.0, 5.0) and raster.descriptions[0].startswith("seen_height_m")
        assert np.nanmax(raster.read(1, masked=True).filled(np.nan)) == pytest.approx(8.0, abs=0.5)


def test_an_isovist_has_an_area_and_an_outline(
    town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "isovist.geojson"
    x, y, _ = at(100, 20, 0)
    status, values = answer(
        capsys, "isovist", town, "--from", f"{x},{y}", "--radius", "20", "--out", str(out)
    )
    assert status == 0
    (found,) = values["isovists"]
    assert found["isovist_area_m2"] == pytest.approx(np.pi * 400, rel=1e-6), "nothing stands there"
    assert found["compactness_pct"] == pytest.approx(100) and found["longest_sight_m"] == 20.0
    assert values["surfaces"][0]["openness_pct"] > 90
    assert out.exists()


def test_what_is_unclear_is_refused(town: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, values = answer(capsys, "isovist", town)
    assert status == 2 and "either --from" in values["error"]["allowed"]
    status, values = answer(capsys, "isovist", town, "--from", "1,2", "--radius", "-3")
    assert status == 2 and values["error"]["what"] == "“--radius” cannot be this"
    status, values = answer(capsys, "exposure", town, "--of", "id == 'Z'")
    assert status == 2 and values["error"]["found"] == "no object matches id == 'Z'"
    status, values = answer(capsys, "exposure", town, "--of", "colour == 'red'")
    assert status == 1 and "colour" in json.dumps(values)
