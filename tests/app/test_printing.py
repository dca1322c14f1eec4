"""The printed comparison: what is in its views, what it counts, what it says of results, how it is asked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from analysis.analysis import analysis_of, perform
from analysis.situated import situations_named
from analysis.situation import Situation
from app.cli import FAILED, MISUSED, main
from app.dialogs.printing import PICTURE, PrintingForm, Wanted
from app.papergrid import Grid
from app.printed.comparison import Comparison
from app.printed.differences import Differences, differences
from app.printed.tables import counts_of, objects_of, results_of, signed
from app.printed.told import told
from app.printed.views import Seen, seen
from app.printing import request_of
from app.window import Window
from layers.data import never_stop
from layers.pictures import read_png
from layers.project import Project
from layers.scenarios import add, remove
from tests.app.snapshots import drawn, town, two_dates
from tests.app.test_report import pages_in
from tests.app.yard import PLAN, TODAY, judged_yards
from tests.towns import ORIGIN, box
from viewer.camera import Camera
from viewer.shot import camera_from
from viewer.showing import Showing
from viewer.studio import Take

__all__ = ["judged_yards", "town", "two_dates"]

LEFT = Qt.MouseButton.LeftButton
#: Straight down onto mill, barn and inn, without the school.
ABOVE = Camera(np.array([ORIGIN[0] + 45.0, ORIGIN[1], 0.0]), 110.0, 0.0, 90.0, parallel=True)


@pytest.fixture
def dates(two_dates: Path, tmp_path: Path) -> Iterator[Project]:
    """The town of two dates, and a scenario in which a tower is added to it."""
    copy = shutil.copytree(two_dates.parent, tmp_path / "copy") / two_dates.name
    with Project.open(copy) as project:
        yield project


def compared(project: Project, names: str, camera: Camera) -> Comparison:
    found = situations_named(project, names)
    showings = [
        Showing(
            one.situation.date or None,
            project.scenario(one.situation.scenario).id if one.situation.scenario else None,
        )
        for one in found
    ]
    return Comparison(found, showings, Take(camera=camera, marks=False, ghosts="none"))


def differing(project: Project, comparison: Comparison) -> tuple[Seen, list[Differences]]:
    views = seen(project, comparison)
    found = differences(project, [one.situation for one in comparison.situations], never_stop)
    return views, [each.within(views) for each in found]


def rows_of(blocks: Sequence[object]) -> list[list[str]]:
    return [list(row) for block in blocks if isinstance(block, Grid) for row in block.rows]


def test_what_differs_is_counted_in_the_pictures_and_in_the_city(qtbot: QtBot, dates: Project) -> None:
    comparison = compared(dates, "2016,2022", ABOVE)
    views, found = differing(dates, comparison)
    counts = {row[0]: row[1:] for row in rows_of(counts_of(comparison, found))}
    assert counts == {
        "Appeared": ["0", "1", "–"],  # the school lies north of the pictures
        "Vanished": ["1", "1", "−2\u202f400\u202fm³"],
        "Shape changed": ["1", "1", "+2\u202f400\u202fm³"],
    }
    listed = rows_of(objects_of(comparison, found))
    assert [row[0] for row in listed] == ["1", "2"]
    objects = {row[1]: row[2:] for row in listed}
    assert objects["mill"] == [
        "Shape changed",
        "8.0",
        "14.0",
        "+6.0",
        "3\u202f200",
        "5\u202f600",
        "+2\u202f400",
    ]
    assert objects["barn"] == ["Vanished", "6.0", "–", "−6.0", "2\u202f400", "–", "−2\u202f400"]
    one, other = (picture.astype(int) for picture in views.pictures)
    differs = np.abs(one - other).max(axis=2) > 20
    at = {row.name: views.top_of(row.box) for row in found[0].shown if row.box is not None}
    x, y = (round(value) for value in at["barn"])
    assert differs[y - 20 : y + 20, x - 20 : x + 20].all(), "only the first picture has the barn"
    inn = box((80, 0, 20, 20, 0, 7)).vertices
    x, y = (round(value) for value in views.top_of(np.array([inn.min(axis=0), inn.max(axis=0)])))
    assert not differs[y - 20 : y + 20, x - 20 : x + 20].any(), "all else is seen from the very same place"


def test_what_only_reaches_into_the_pictures_is_not_in_them() -> None:
    views = Seen([np.zeros((100, 100, 3), np.uint8)] * 2, [], ABOVE)
    half = ABOVE.half_height * ABOVE.distance_m
    x, y, _ = ABOVE.target

    def at(east: float, north: float, side: float) -> bool:
        return views.holds(np.array([[x + east, y + north, 0.0], [x + east + side, y + north + side, 9.0]]))

    assert at(0.0, 0.0, 5.0) and at(half - 5.0, 0.0, 10.0)
    assert not at(0.0, -half - 9.0, 10.0), "a tenth of it lies within the lower edge"
    assert at(-5 * half, -5 * half, 10 * half), "what is larger than the pictures fills them"


def test_what_differs_fills_the_views_where_no_camera_is_asked_for(
    qtbot: QtBot, dates: Project, tmp_path: Path
) -> None:
    away = Camera(ABOVE.target + np.array([5000.0, 0.0, 0.0]), 110.0, 0.0, 90.0, parallel=True)
    comparison = compared(dates, "2016,2022", away)
    _, found = differing(dates, comparison)
    assert not found[0].shown and found[0].rows
    boxes = [row.box for row in found[0].rows if row.box is not None]
    views = seen(dates, comparison, boxes)
    assert views.camera.altitude_deg == 90.0, "from the same side"
    assert found[0].within(views).shown == found[0].rows
    tops = np.array([views.top_of(box) for box in boxes])
    assert (tops > 0).all() and (tops < views.size).all(), "each with its number"
    one, other = (picture.astype(int) for picture in views.pictures)
    barn = next(row.box for row in found[0].rows if row.name == "barn")
    assert barn is not None
    x, y = (round(value) for value in views.top_of(barn))
    assert np.abs(one[y, x] - other[y, x]).max() > 20, "only the first picture has the barn"


def test_a_scenario_is_compared_and_a_list_that_is_kept_is_not_made_again(
    qtbot: QtBot, dates: Project
) -> None:
    with dates.edit("Begin") as edit:
        number = edit.add_scenario("Tower, tall", epoch="2022-01-01")
    with dates.edit("Draw") as edit:
        add(dates, edit, number, "Building", box((40, 0, 10, 10, 0, 60)), id="tower")
    comparison = compared(dates, "2022,Tower, tall", ABOVE)
    assert [one.title for one in comparison.situations] == ["2022", "Tower, tall (proposed), 2022-01-01"]
    _, found = differing(dates, comparison)
    assert [(each.kind, each.name) for each in found[0].shown] == [("Appeared", "tower")]
    assert found[0].shown[0].volume_change_m3 == pytest.approx(6000.0)
    change = analysis_of("change")
    inputs = change.Inputs(compare_date="2022-01-01", date="2022-01-01", scenario="Tower, tall")
    with dates.edit("Keep") as edit:
        edit.add_result(perform(change, dates, inputs, never_stop))
    _, found = differing(dates, comparison)
    assert found[0].result is not None and found[0].result.id == dates.results[-1].id
    with dates.edit("Another plan") as edit:
        edit.add_scenario("Park")
    assert not dates.is_outdated(dates.results[-1].id), "a plan that is begun changes nothing"
    inn = dates.by_id("inn", next(layer.id for layer in dates.layers if layer.name == "Town 2022"))
    assert inn is not None
    with dates.edit("Take the inn away") as edit:
        remove(dates, edit, [inn.fid], number)
    _, found = differing(dates, comparison)
    assert found[0].result is not None and found[0].result.id == 0, "the city has changed since"
    assert found[0].counts == {"Appeared": 1, "Vanished": 1}


def test_the_same_city_twice_is_said_to_be_that(qtbot: QtBot, dates: Project) -> None:
    comparison = compared(dates, "2022,2022", ABOVE)
    _, found = differing(dates, comparison)
    words = [block.html for block in counts_of(comparison, found) if hasattr(block, "html")]
    assert words == ["Both are the same situation of the city."] and not objects_of(comparison, found)


def test_results_of_both_states_are_told_before_after_and_by_how_much(
    qtbot: QtBot, judged_yards: Path
) -> None:
    with Project.open(judged_yards, read_only=True) as project:
        comparison = compared(project, f"{TODAY},{PLAN}", ABOVE)
        situations = [one.situation for one in comparison.situations]
        rows = rows_of(results_of(comparison, told(project, situations)))
        turned = told(project, situations[::-1])
        alone = told(project, [Situation(TODAY), Situation("1990-01-01")])
    (judged, verdict) = rows
    before, after, difference = (float(text.split("\u202f")[0].replace("−", "-")) for text in judged[2:])
    assert judged[0].startswith("School yard") and before > after
    assert difference == pytest.approx(after - before)
    assert verdict[1:] == ["Verdict", "–", "FAIL", ""]
    values = [float(value) for value in turned[0].lines[0].values]
    assert values == pytest.approx([after, before], abs=0.05), "as the views stand"
    assert alone == [], "what is known of one of them only is no comparison"


def test_one_question_asked_of_each_state_is_told_side_by_side(
    qtbot: QtBot, judged_yards: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(judged_yards.parent, tmp_path / "copy") / judged_yards.name
    sky = analysis_of("skyview")
    with Project.open(copy) as project:
        school = project.by_id("school")
        assert school is not None
        for date in (TODAY, PLAN):
            inputs = sky.Inputs(fids=(school.fid,), date=date, spacing_m=10.0, directions=100)
            result = perform(sky, project, inputs, never_stop)
            with project.edit("Keep") as edit:
                number = edit.add_result(result)
        situations = [Situation(TODAY), Situation(PLAN)]
        found = [one for one in told(project, situations) if one.results[0].kind == "skyview"]
        assert len(found) == 1 and len(found[0].results) == 2
        before, after = found[0].lines[0].values
        assert float(before) > float(after) > 0
        assert [one.results[0].kind for one in told(project, situations, [number])] == []


def test_a_difference_has_its_sign() -> None:
    assert [signed(value, 1) for value in (1.25, -0.51, 0.04, -0.04, np.nan)] == [
        "+1.2",
        "−0.5",
        "0.0",
        "0.0",
        "–",
    ]


def test_the_verb_prints_sheets_and_a_picture_of_the_first_page(
    two_dates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, picture = tmp_path / "c.pdf", tmp_path / "c.png"
    asked = ["report", str(two_dates), "--compare", "2016,2022,all", "--view", "top"]
    assert main([*asked, "--out", str(out), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["pages"] == pages_in(out) >= 2 and values["situations"] == ["2016", "2022", "All dates"]
    assert main([*asked, "--out", str(out)]) == FAILED, "never over a file that is there"
    assert main([*asked, "--out", str(picture), "--paper", "A3", "--title", "Then and now"]) == 0
    height, width, _ = read_png(picture).shape
    assert (width, height) == ((420 * 9), (297 * 9))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--compare", "2016", "--out", "c.pdf"], "So many situations are not compared on a sheet: 1"),
        (["--compare", "2016,1066", "--out", "c.svg"], "Call it c.pdf"),
        (["--compare", "2016,Nothing", "--out", "c.pdf"], "There is no such date, epoch or scenario"),
        (["--paper", "A3", "--out", "c.pdf"], "--paper says how a comparison looks"),
    ],
)
def test_wrong_use_is_told(
    two_dates: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(two_dates), *options]) == MISUSED
    assert words in capsys.readouterr().err and not list(tmp_path.glob("c.*"))


def test_the_window_prints_what_it_compares_from_where_one_looks(
    qtbot: QtBot, town: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(town.canvas, Qt.Key.Key_P, keys)
    form = town.findChild(PrintingForm)
    assert form is not None and town.session.comparing.is_on, "of one view nothing is compared: two come"
    form.reject()
    drawn(qtbot, town)
    out = tmp_path / "compared"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(out), ""))
    qtbot.mouseClick(town.time.bar.print_, LEFT)
    (form,) = [one for one in town.findChildren(PrintingForm) if one.isVisible()]
    assert "2 views" in form.sentence
    form.kind.setCurrentText(PICTURE)
    form.title.setText("Mill, barn and school")
    form.accept()
    qtbot.waitUntil(lambda: out.with_suffix(".png").exists(), timeout=60_000)
    qtbot.waitUntil(lambda: "The comparison is printed, 1 page" in town.notices.info.text, timeout=5000)


def test_what_is_seen_in_the_window_is_asked_of_the_sheet(qtbot: QtBot, town: Window, tmp_path: Path) -> None:
    qtbot.keyClick(town.canvas, Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    drawn(qtbot, town)
    town.time.colour_by_age(True)
    request = request_of(town.session, town.sun, Wanted("Title", "A3", False), tmp_path / "a.pdf")
    assert request[:2] == ["report", str(town.session.project.path)]
    assert request[2:6] == ["--compare", "2016-01-01,2022-01-01", "--paper", "A3"]
    fitted = request_of(town.session, town.sun, Wanted("", "A4", False, True), tmp_path / "a.pdf")
    assert "--fit" in fitted and "--fit" not in request
    assert "--color-by=age,age" in request and "--title=Title" in request and "--sun" not in request
    said = next(option for option in request if option.startswith("--camera="))
    camera, here = camera_from(said.removeprefix("--camera=")), town.session.panes.camera
    assert np.allclose(camera.eye, here.eye, atol=0.1), "from the very same place"
    area = town.session.panes.area(0)
    assert camera.half_height * 1.42 >= here.half_height * area.width / area.height - 1e-3, (
        "nothing is cut off"
    )


def test_dates_are_called_by_their_names_and_scenarios_by_theirs(
    qtbot: QtBot, town: Window, tmp_path: Path
) -> None:
    project = town.session.project
    with project.edit("Plan") as edit:
        edit.set_epoch("survey", "2022-01-01")
        number = edit.add_scenario("Tower, tall", epoch="2022-01-01")
    town.time.scenarios.compare(project.scenario(number))
    drawn(qtbot, town)
    request = request_of(town.session, town.sun, Wanted("", "A4", True), tmp_path / "a.png")
    asked = request[request.index("--compare") + 1]
    assert asked == "survey,Tower, tall:2022-01-01"
    assert [one.situation for one in situations_named(project, asked)] == [
        Situation("2022-01-01"),
        Situation("2022-01-01", scenario="Tower, tall"),
    ]


def test_a_scenario_without_a_date_stands_at_that_of_what_it_is_compared_with(dates: Project) -> None:
    with dates.edit("Plan") as edit:
        edit.add_scenario("Tower")
        edit.add_scenario("Later", epoch="2040-01-01")
    tower, later = Situation("2035-01-01", scenario="Tower"), Situation("2040-01-01", scenario="Later")
    named = [one.situation for one in situations_named(dates, "2022-01-01,Tower,2035-01-01")]
    assert named == [Situation("2022-01-01"), tower, Situation("2035-01-01")]
    assert [one.situation for one in situations_named(dates, "Tower:2035-01-01,Later")] == [tower, later]
    assert [one.situation.date for one in situations_named(dates, "all,Tower")] == ["", ""]
