"""`citystrata windowview` and pictures of what an eye sees, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from layers.pictures import read_png
from tests.analysis.town import at, make_town
from tests.app.verbs.answering import answer

#: In the west side of house A; B stood behind it until 2000.
WINDOW = ",".join(str(number) for number in (*at(50, 55, 4.0), -1, 0, 0))
#: Faster than what people want.
QUICK = ("--every", "31", "--step", "30", "--reach", "300")


def test_what_a_window_sees_is_told_kept_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town = str(make_town(tmp_path))
    status, values = answer(capsys, "windowview", town, "--point", WINDOW, *QUICK, "--keep")
    assert status == 0 and values["result"] == 1
    shares = {row["kind"]: row["view_pct"] for row in values["view_shares"]}
    assert sum(shares.values()) == pytest.approx(100) and 40 < shares["sky"] < 55
    assert len(values["months"]) == 12 and values["surfaces"][0]["sky_pct"] == pytest.approx(shares["sky"])
    assert values["findings"][0]["sentence"].startswith("The window of A sees")
    (view,) = values["views"]

    one, other = tmp_path / "one.png", tmp_path / "other.png"
    status, told = answer(
        capsys,
        "render",
        town,
        "--result",
        "1",
        "--look",
        view["name"],
        "--size",
        "300x200",
        "--out",
        str(one),
    )
    assert status == 0 and told["fov_deg"] == 90.0
    ends = [f"{view[x]},{view[y]},{view[z]}" for x, y, z in (("x", "y", "z"), ("to_x", "to_y", "to_z"))]
    eye = ("--from", ends[0], "--to", ends[1], "--fov", "90", "--size", "300x200", "--plain")
    assert answer(capsys, "render", town, *eye, "--out", str(other))[0] == 0
    picture = read_png(other)[..., :3].astype(int)
    sky, ground = picture[20].mean(axis=0), picture[-20].mean(axis=0)
    assert sky[2] > sky[0] and abs(sky - ground).sum() > 60  # blue above, something else below


def test_a_state_before_walls_and_spots(town: str, capsys: pytest.CaptureFixture[str]) -> None:
    x, y, _ = at(75, 55, 0)
    argv = ("windowview", town, "--from", f"{x},{y}", "--no-sun", "--reach", "300")
    status, values = answer(capsys, *argv, "--date", "2020-01-01", "--compare-date", "1990-01-01")
    assert status == 0 and "months" not in values
    seen = {row["name"]: row["view_pct_change"] for row in values["seen_objects"]}
    assert seen["B"] < -5 and seen["A"] > 0  # what stood before it is seen now
    assert values["findings"][0]["sentence"].startswith("A makes the difference")
    walls = ("windowview", town, "--objects", "id == 'A'", "--no-sun", "--spacing", "5", "--reach", "300")
    status, values = answer(capsys, *walls)
    assert status == 0 and {row["object_id"] for row in values["surfaces"]} == {"A"}


def test_a_picture_is_taken_from_the_ground_or_from_the_eye_itself(
    town: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (x, y, ground_z), (to_x, to_y, to_z) = at(20, 30, 0), at(50, 30, 0)
    for begin, end, height, eye_z, end_z in (
        (f"{x},{y}", f"{to_x},{to_y}", (), ground_z + 1.6, to_z),
        (f"{x},{y}", f"{to_x},{to_y},9", ("--height", "3"), ground_z + 3, 9.0),
        (f"{x},{y},4.5", f"{to_x},{to_y},9", (), 4.5, 9.0),
        (f"{x},{y},4.5", f"{to_x},{to_y},9", ("--height", "1.6"), 6.1, 9.0),
    ):
        argv = ("render", town, "--from", begin, "--to", end, *height, "--size", "60x40", "--overwrite")
        status, values = answer(capsys, *argv, "--out", str(tmp_path / "eye.png"))
        assert status == 0
        assert values["from"] == pytest.approx((x, y, eye_z), abs=0.01)
        assert values["to"] == pytest.approx((to_x, to_y, end_z), abs=0.01)
    assert main([*argv, "--out", str(tmp_path / "eye.png")]) == 0
    said = capsys.readouterr().out
    assert "to the east" in said and "from true north" in said
    assert main(["render", town, "--out", str(tmp_path / "b.png"), "--from", "1,2", "--to", "1,2,3"]) == 2
    assert "There is no terrain under a viewing place" in capsys.readouterr().err


def test_what_cannot_be_looked_at_is_said(
    town: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, values = answer(capsys, "windowview", town)
    assert status == 2 and "Click a facade" in values["error"]["do"]
    argv = ("render", town, "--out", str(tmp_path / "a.png"), "--from", "1,2,3")
    status, values = answer(capsys, *argv)
    assert status == 2 and "--to" in values["error"]["what"]
    status, values = answer(capsys, *argv, "--to", "1,2,9", "--fov", "190")
    assert status == 2 and "190" in values["error"]["found"]
    status, values = answer(capsys, *argv, "--to", "1,2,3")
    assert status == 2 and "Give two points" in values["error"]["do"]
    assert answer(capsys, *argv[:4], "--look", "x")[0] == 2
