"""`citystrata sightline`, from the command line to files."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from app.cli import main
from layers import wkb
from tests.analysis.town import HOUSE_HEIGHT_M, SLOPE, at
from tests.app.verbs.answering import answer


def place(x: float, y: float, z: float) -> str:
    return ",".join(str(number) for number in at(x, y, z))


def test_one_line_answers_whether_it_is_free_and_what_is_in_the_way(
    town: str, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ("sightline", town, "--from", place(30, 55, 2), "--no-curvature", "--date", "2020-01-01")
    status, values = answer(capsys, *argv, "--to", place(90, 55, 2))
    assert status == 0 and values["visible"] is False and values["blocked_by"] == "A"
    assert values["at"] == pytest.approx(at(50, 55, 2), abs=1e-6)
    assert values["distance_m"] == pytest.approx(20 * (1 + SLOPE**2) ** 0.5, abs=1e-6)
    assert values["excess_m"] == pytest.approx(HOUSE_HEIGHT_M - 2, abs=1e-3)
    assert "profile" not in values and values["obstacles"][0]["name"] == "A"
    status, values = answer(capsys, *argv, "--to", place(90, 55, 60))
    assert (values["visible"], values["blocked_by"], values["at"], values["distance_m"]) == (
        True,
        None,
        None,
        None,
    )


def test_a_place_with_a_height_is_the_eye_itself_unless_its_height_is_given(
    town: str, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ("sightline", town, "--from", place(30, 55, 2), "--to", place(90, 55, 60))
    on_ground = (
        "sightline",
        town,
        "--from",
        ",".join(map(str, at(30, 55, 0)[:2])),
        "--to",
        place(90, 55, 60),
    )
    for given, height in ((argv, 0.0), ((*argv, "--height", "1.7"), 1.7), (on_ground, 1.6)):
        _, values = answer(capsys, *given)
        (observer,) = values["observers"]
        assert observer["eye_height_m"] == height
        assert observer["z"] == pytest.approx(30 * SLOPE + height + 2 * (given is not on_ground), abs=0.01)
        assert ("the given place itself" in values["findings"][-1]["sentence"]) == (height == 0)


def test_the_terrain_hides_too_and_is_called_by_its_layer(
    town: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, values = answer(capsys, "sightline", town, "--from", place(20, 20, 1), "--to", place(60, 20, -1))
    assert values["visible"] is False and values["blocked_by"] == "ground"
    assert values["distance_m"] == pytest.approx(20, abs=0.1)


def test_several_lines_and_a_fan_go_to_a_geopackage_with_their_geometry(
    town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "lines.gpkg"
    status = main(
        [
            "sightline",
            town,
            "--from",
            place(30, 55, 2).rpartition(",")[0],
            "--fan",
            "90,40,80",
            "--out",
            str(out),
        ]
    )
    said = capsys.readouterr().out
    assert status == 0 and "directions are free to 80 m" in said and "blocked by" in said
    with sqlite3.connect(out) as connection:
        kinds = dict(connection.execute("select table_name, geometry_type_name from gpkg_geometry_columns"))
        count = connection.execute("select count(*) from sightlines").fetchone()[0]
        geometry = connection.execute("select geom from sightlines").fetchone()[0]
    assert kinds["observers"] == "POINT" and kinds["sightlines"] == "LINESTRING" and count == 41
    assert len(wkb.read(geometry[wkb_start(geometry) :]).parts) == 1


def wkb_start(geometry: bytes) -> int:
    """Behind GeoPackage's header and envelope."""
    return 8 + {0: 0, 1: 32, 2: 48}[geometry[3] >> 1 & 7]


def test_wrong_use_is_a_sentence(town: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, values = answer(capsys, "sightline", town, "--from", place(30, 55, 2))
    assert status == 2 and "where the lines of sight go" in values["error"]["what"]
    assert "--to-objects" in values["error"]["allowed"]
    status, values = answer(
        capsys, "sightline", town, "--from", "1,2", place(30, 55, 2), "--to", place(90, 55, 2)
    )
    assert status == 2 and "--height" in values["error"]["do"]
    status, values = answer(capsys, "sightline", town, "--from", place(30, 55, 2), "--fan", "90,400,80")
    assert status == 2 and "--fan" in values["error"]["what"]


@pytest.mark.parametrize(
    ("more", "named", "allowed"),
    [
        (("--fan", "90,40,80", "--step", "0.001"), "“--step”", "0.01 to 90"),
        (("--fan", "90,40,80", "--altitude", "89"), "“--altitude”", "-80 to 80"),
        (("--fan", "90,40,0"), "“REACH of --fan”", "1 to 50000 m"),
        (("--fan", "90,400,80"), "“WIDTH of --fan”", "0 to 360"),
        (("--to", "1,2,3", "--target-height", "2000"), "“--target-height”", "-1000 to 1000 m"),
    ],
)
def test_what_is_refused_is_called_by_its_option(
    town: str, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], named: str, allowed: str
) -> None:
    status, values = answer(capsys, "sightline", town, "--from", place(30, 55, 2), *more)
    assert status == 2 and named in values["error"]["what"] and allowed in values["error"]["allowed"]
