"""Several situations in one picture, asked for on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layers.importing import import_files
from layers.pictures import read_png
from layers.project import Project
from tests.app.verbs.answering import answer
from tests.boxes import Box, write_boxes
from tests.cities import imported_here

HOUSES = [Box((0.0, 0.0), 20, 20, 0.0, 0.0, 10.0), Box((40.0, 0.0), 20, 20, 0.0, 0.0, 10.0)]


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two houses, of which the second stands from 2000 on; an epoch and a scenario."""
    folder = tmp_path_factory.mktemp("dated")
    with Project.create(folder / "two.city.gpkg") as project:
        with imported_here():
            import_files(project, [write_boxes(folder / "two.city.jsonl", HOUSES)])
        with project.edit("Dates") as edit:
            edit.set_valid(project.layers[0].first_fid + 1, "2000", None)
            edit.set_epoch("Survey", "1990-06-01")
            scenario = edit.add_scenario("Park", epoch="2020-01-01")
            edit.set_absent(scenario, [project.layers[0].first_fid + 1])
        return project.path


def drawn(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[np.ndarray, dict[str, object]]:
    out = path.with_name("picture.png")
    arguments = ("render", str(path), "--out", str(out), "--size", "302x200", "--overwrite", "--plain")
    status, values = answer(capsys, *arguments, "--view", "top", "--ghosts", "none", *more)
    assert status == 0
    return read_png(out)[..., :3], values


def test_dates_epochs_and_scenarios_stand_side_by_side(
    dated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, values = drawn(dated, capsys, "--split", "Survey,2020,Park,Park:all")
    assert values["views"] == [
        "Survey (1990-06-01)",
        "2020",
        "Park (proposed), 2020-01-01",
        "Park (proposed), All dates",
    ]
    survey, later = picture[:99, :150], picture[:99, 152:]
    park, at_all = picture[101:, :150], picture[101:, 152:]
    assert (survey != later).any()  # the second house
    assert (survey == park).all() and (park == at_all).all()  # which the park takes away again


def test_a_swipe_and_an_onion_skin_have_their_share(dated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, _ = drawn(dated, capsys, "--date", "1990")
    new, _ = drawn(dated, capsys, "--date", "2020")
    swiped, _ = drawn(dated, capsys, "--swipe", "1990,2020@0.25")
    assert (swiped[:, :50] == old[:, :50]).all() and (swiped[:, 100:] == new[:, 100:]).all()
    mixed, _ = drawn(dated, capsys, "--onion", "1990,2020@0.25")
    assert np.abs(mixed - (0.75 * old + 0.25 * new)).max() <= 1
    assert (drawn(dated, capsys, "--scenario", "Park")[0] == old).all()


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (("--split", "1990"), "two situations"),
        (("--split", "1990,no such"), "no such"),
        (("--split", "1990,2000,2010,2020,2030"), "5"),
        (("--swipe", "1990,2000,2010"), "3"),
        (("--swipe", "1990,2000@2"), "0 to 1"),
        (("--swipe", "1990,2000@half"), "half"),
        (("--layout", "grid"), "--split"),
        (("--split", "1990,2000", "--layout", "heap"), "heap"),
        (("--split", "1990,2000", "--color-by", "type,plain,age"), "3"),
        (("--ghosts", "sheets"), "sheets"),
        (("--split", "1990,2000", "--date", "1995"), "--date"),
    ],
)
def test_what_cannot_be_shown_is_said(
    dated: Path, capsys: pytest.CaptureFixture[str], wish: tuple[str, ...], told: str
) -> None:
    status, values = answer(capsys, "render", str(dated), "--out", str(dated.with_name("no.png")), *wish)
    assert status == 2
    assert told in str(values["error"])


def test_a_time_lapse_builds_the_city_up(dated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = dated.with_name("years")
    arguments = ("render", str(dated), "--size", "122x80", "--view", "top", "--plain", "--ghosts", "none")
    span = ("--timelapse", "Survey..2010", "--frames", "3", "--out", str(out))
    status, values = answer(capsys, *arguments, *span)
    assert status == 0
    assert (values["frames"], values["from"], values["to"]) == (3, "1990-06-01", "2010-01-01")
    first, second, last = (read_png(out / f"frame-000{number}.png") for number in (1, 2, 3))
    later = [(first != second).any(), (second != last).any()]
    assert later == [True, False]  # the second house stands at 2000-03-17
    status, values = answer(capsys, *arguments, *span)
    assert status == 1 and "--overwrite" in str(values)
    status, values = answer(capsys, *arguments, *span, "--between", "1", "--overwrite")
    assert status == 0 and values["frames"] == 5
    half = read_png(out / "frame-0002.png")
    assert np.abs(half - (first.astype(float) + second) / 2).max() <= 1
    assert (read_png(out / "frame-0005.png") == last).all()


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (("--timelapse", "1990"), "FROM..TO"),
        (("--timelapse", "1990..all"), "two dates"),
        (("--timelapse", "1990..1990-01-01"), "same date"),
        (("--timelapse", "1990..2000", "--frames", "1"), "2 to"),
        (("--timelapse", "1990..2000", "--between", "-1"), "0 to"),
        (("--timelapse", "1990..2000", "--rate", "0"), "pictures per second"),
        (("--timelapse", "1990..2000", "--split", "1990,2000"), "--split"),
        (("--timelapse", "1990..2000", "--out", "film.gif"), "film.mp4"),
        (("--timelapse", "1990..2000", "--date", "1995"), "--date"),
    ],
)
def test_a_time_lapse_that_cannot_be_is_refused(
    dated: Path, capsys: pytest.CaptureFixture[str], wish: tuple[str, ...], told: str
) -> None:
    status, values = answer(capsys, "render", str(dated), "--out", str(dated.with_name("film")), *wish)
    assert status == 2
    assert told in str(values["error"])
    assert not dated.with_name("film").exists()
